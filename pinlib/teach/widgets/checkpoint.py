"""What a judge says of an answer, and help for those who ask for it, one step at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from pinlib.teach.drawing.typeset import escape, escape_lines
from pinlib.teach.lesson_texts import HINTS, Task
from pinlib.teach.widgets.shown import Shown, bar, button


class Checkpoint(Shown):
    """A judge's feedback; hints fold away once the checkpoint is passed."""

    def __init__(self, task: Task, *, passed: bool, message: str, given: list[str]) -> None:
        super().__init__()
        self._task, self._given = task, given
        self.passed, self.message = passed, message
        self._help = button("", self._next_step)
        self.children = (self._words, bar(self._help))
        self.refresh()

    @property
    def finished(self) -> bool:
        """A saved notebook holds what the judge said, passed or not."""
        return True

    def refresh(self) -> None:
        """Show the feedback, and the hints that were asked for."""
        words = "Checkpoint passed" if self.passed else "Not there yet"
        sign = "✓" if self.passed else "–"
        head = Markup('<p class="pl-reply" data-passed="{}"><b>{} {}.</b> {}</p>').format(
            "yes" if self.passed else "no", sign, words, escape(self.message)
        )
        steps = Markup("").join(_steps(self._given))
        if self.passed and steps:
            folded = Markup("<details><summary>Hints you used</summary>{}</details>")
            steps = folded.format(steps)
        self._say(head + steps, "\n".join([f"{words}: {self.message}", *self._given]))
        left = len(self._given)
        self._help.description = (
            f"Hint {left + 1} of {HINTS}" if left < HINTS else "Show a solution"
        )
        self._help.layout.display = "none" if left > HINTS or self.passed else None

    def _next_step(self) -> None:
        with self._lock:
            steps: Sequence[str] = (*self._task.hints, self._task.solution.strip())
            if len(self._given) < len(steps):
                self._given.append(steps[len(self._given)])
            self.refresh()


def _steps(given: Iterable[str]) -> Iterable[Markup]:
    for number, step in enumerate(given, 1):
        title = f"Hint {number}" if number <= HINTS else "A solution"
        kind = "p" if number < HINTS else "pre"  # the last hint is code with a hole
        said = escape_lines(step)
        form = Markup('<div class="pl-step"><b>{0}</b><{1}>{2}</{1}></div>')
        yield form.format(title, kind, said)
