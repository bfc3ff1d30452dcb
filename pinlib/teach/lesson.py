"""A lesson as a notebook uses it: predictions before a cell, checkpoints after it, the projector.

    lesson = start("01")
    lesson.predict("copy")
    lesson.check("certificate_in", certificate_in)

What it says comes from `data/lessons/NN.toml`; whether an answer holds is for `judges` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from weakref import WeakSet

import ipywidgets as widgets
from IPython.core.getipython import get_ipython
from IPython.display import HTML, display
from markupsafe import Markup

from pinlib import Verdict
from pinlib.errors import BadInput, PinlibError
from pinlib.teach.drawing import verdict_view
from pinlib.teach.drawing.blocks import Headline, stylesheet, verdict_line
from pinlib.teach.drawing.typeset import escape, escape_lines, paragraph
from pinlib.teach.judges import Feedback, judge_of
from pinlib.teach.lesson_texts import HINTS, Option, Question, Task, script
from pinlib.teach.widgets import page

W = TypeVar("W", bound="_Shown")


class _Shown(widgets.VBox):
    """What predictions and checkpoints share: a place for words, and a copy without a kernel."""

    def __init__(self) -> None:
        self._words = widgets.HTML()
        self._words.add_class("pinlib-view")
        super().__init__()
        page.presentable(self).add_class("pinlib-panel")

    def _say(self, *parts: Markup) -> None:
        self._words.value = f'{stylesheet()}<div class="pl">{"".join(parts)}</div>'

    def _plain(self) -> str:
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs) or {}
        bundle["text/html"] = f'<div class="pinlib-panel">{self._words.value}</div>'
        bundle["text/plain"] = self._plain()
        return bundle

    def start_over(self) -> None:
        """Forget what was clicked."""
        raise NotImplementedError


class Prediction(_Shown):
    """A question with buttons; each click is answered at once, and none is scored."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question
        buttons = [_button(one.label, self._chosen, one) for one in question.options]
        right = next(one for one in question.options if one.right)
        show = _button("Show me", self._shown, right)
        show.tooltip = "For the projector: the answer, without a click on it"
        self._options = _column(buttons)
        self.children = (self._words, self._options, _bar([show]))
        self.start_over()

    def start_over(self) -> None:
        """Ask the question afresh."""
        self._say(_asked(self._question.question))

    def choose(self, label: str) -> None:
        """Answer as a click would."""
        self._chosen(next(one for one in self._question.options if one.label == label))

    def _chosen(self, option: Option) -> None:
        self._reply(option, "You said:")

    def _shown(self, right: Option) -> None:
        self._reply(right, "The answer:")

    def _reply(self, chosen: Option, who: str) -> None:
        tone = Headline(
            "That is what happens" if chosen.right else "That is not what happens",
            chosen.reply,
            "good" if chosen.right else "bad",
        )
        said = paragraph((who, chosen.label), dim=True)
        self._say(_asked(self._question.question), said, verdict_line(tone))

    def _plain(self) -> str:
        options = "\n".join(f"- {one.label}" for one in self._question.options)
        return f"Predict: {self._question.question}\n{options}"


class Checkpoint(_Shown):
    """What a judge says of an answer, and help for those who ask for it, one step at a time."""

    def __init__(self, task: Task, feedback: Feedback, given: list[str]) -> None:
        super().__init__()
        self._task, self._feedback, self._given = task, feedback, given
        self._help = _button("", self._next_step, None)
        self.children = (self._words, _bar([self._help]))
        self._draw()

    @property
    def passed(self) -> bool:
        """Whether the answer holds in every hidden case."""
        return self._feedback.passed

    @property
    def message(self) -> str:
        """What the judge said."""
        return self._feedback.message

    def start_over(self) -> None:
        """Take the hints back."""
        self._given.clear()
        self._draw()

    def _next_step(self, _: None) -> None:
        steps = (*self._task.hints, self._task.solution.strip())
        self._given.append(steps[len(self._given)])
        self._draw()

    def _draw(self) -> None:
        words = "Checkpoint passed" if self.passed else "Not there yet"
        tone = Headline(words, self.message, "good" if self.passed else "bad")
        self._say(verdict_line(tone), *_steps(self._given))
        left = len(self._given)
        self._help.description = (
            f"Hint {left + 1} of {HINTS}" if left < HINTS else "Show a solution"
        )
        self._help.layout.display = "none" if left > HINTS or self.passed else None

    def _plain(self) -> str:
        return f"{'Checkpoint passed' if self.passed else 'Not there yet'}: {self.message}"


class Lesson:
    """One lesson in one notebook."""

    def __init__(self, number: str) -> None:
        self.number = number
        self._script = script(number)
        self._hints: dict[str, list[str]] = {name: [] for name in self._script.tasks}
        self._shown: WeakSet[_Shown] = WeakSet()

    def predict(self, name: str) -> Prediction:
        """Ask for a prediction by its name in the lesson's file."""
        return self._show(Prediction(_named(self._script.questions, name, "prediction")))

    def check(self, name: str, answer: object) -> Checkpoint:
        """Let the checkpoint's judge look at an answer; unfinished is feedback, not an error."""
        task = _named(self._script.tasks, name, "checkpoint")
        feedback = judge_of(self.number, name)(answer)
        return self._show(Checkpoint(task, feedback, self._hints[name]))

    def __repr__(self) -> str:
        return f"lesson {self.number}: predict, check, present, start_over"

    def present(self, on: bool = True) -> None:
        """Set everything large enough for the back of the room; `present(False)` sets it back.

        What is on the page already follows.  View > Appearance > Simple Interface, and Ctrl+B for
        the sidebar, give a panel the whole projector.
        """
        page.present(on)
        whole_page = f"document.body.classList.toggle('pinlib-presenting', {str(on).lower()})"
        display(HTML(f"<script>{whole_page}</script>"))  # type: ignore[no-untyped-call]

    def start_over(self) -> None:
        """Forget every prediction and hint, and leave the projector."""
        self.present(False)
        for shown in self._shown:
            shown.start_over()
        for given in self._hints.values():
            given.clear()

    def _show(self, shown: W) -> W:
        self._shown.add(shown)
        return shown


def start(number: str) -> Lesson:
    """Open a lesson: the page is set up for its panels, and verdicts show as pictures."""
    lesson = Lesson(number)
    shell = get_ipython()
    if shell is not None and shell.display_formatter is not None:
        html = shell.display_formatter.formatters["text/html"]
        html.for_type(Verdict, verdict_view.verdict_html)
        shell.set_custom_exc((PinlibError,), _in_one_sentence)  # type: ignore[no-untyped-call]
        ready = paragraph(f"Lesson {number} is ready.", dim=True)
        display(HTML(page.classroom() + Markup('<div class="pl">{}</div>').format(ready)))  # type: ignore[no-untyped-call]
    return lesson


def _in_one_sentence(shell: Any, kind: type, error: PinlibError, *_: object, **__: object) -> None:
    """Show an error of ours as what it is: a sentence for the learner, without our own lines."""
    shell._showtraceback(kind, error, [f"{kind.__name__}: {error}"])


def _named(known: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in known:
        raise BadInput(f"no {what} {name!r}; there are {', '.join(known)}", seen=str(name))
    return known[name]


def _button(label: str, act: Any, value: Any) -> widgets.Button:
    button = widgets.Button(description=label, tooltip=label)
    button.on_click(lambda _: act(value))
    return button


def _bar(buttons: list[widgets.Button]) -> widgets.Box:
    return widgets.Box(buttons).add_class("pinlib-bar")


def _column(buttons: list[widgets.Button]) -> widgets.VBox:
    return widgets.VBox(buttons).add_class("pinlib-options")


def _asked(text: str) -> Markup:
    return Markup('<p class="pl-question"><b>Predict.</b> {}</p>').format(escape(text))


def _steps(given: Iterable[str]) -> Iterable[Markup]:
    for number, step in enumerate(given, 1):
        title = f"Hint {number}" if number <= HINTS else "A solution"
        kind = "p" if number < HINTS else "pre"  # the last hint is code with a hole
        said = escape_lines(step)
        form = Markup('<div class="pl-step"><b>{0}</b><{1}>{2}</{1}></div>')
        yield form.format(title, kind, said)
