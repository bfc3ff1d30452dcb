"""A lesson as a notebook uses it: questions that run, goals, checkpoints, the projector.

    lesson = start("03")
    lesson.predict("cafe", Scenario(Middle.SELF_SIGNED), other=Scenario(Middle.OTHER_CA))
    lesson.your_turn("cafe", Scenario(Middle.SELF_SIGNED))  # change one thing, run it again
    lesson.panel("cafe")
    lesson.check("pin_check", pin_check)

What it says comes from `data/lessons/NN.toml`; whether an answer holds is for `judges` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any, TypeVar
from weakref import WeakSet

from IPython.core.getipython import get_ipython
from IPython.display import HTML, display
from markupsafe import Markup

from pinlib import Device, Scenario, Verdict
from pinlib.data import glossary
from pinlib.errors import BadInput, PinlibError
from pinlib.teach.drawing import verdict_view
from pinlib.teach.drawing.blocks import stylesheet
from pinlib.teach.drawing.typeset import escape, paragraph
from pinlib.teach.judges import judge_of
from pinlib.teach.kept import Kept
from pinlib.teach.lesson_texts import script
from pinlib.teach.passed_over import run_before
from pinlib.teach.progress import Progress
from pinlib.teach.widgets import page
from pinlib.teach.widgets.checkpoint import Checkpoint
from pinlib.teach.widgets.goals import GoalBoard
from pinlib.teach.widgets.question import SHOWN, Experiment, Prediction, YourTurn
from pinlib.teach.widgets.shown import Shown
from pinlib.teach.widgets.sorting import Placed, Sorting, places

W = TypeVar("W", bound=Shown)

_SCENES = "pinlib.teach.exhibits.attack.scene_view"


class Lesson:
    """One lesson in one notebook."""

    def __init__(self, number: str) -> None:
        self.number = number
        self._script = script(number)
        self._kept = Kept(number)
        self._hints: dict[str, list[str]] = {name: [] for name in self._script.tasks}
        self._shown: WeakSet[Shown] = WeakSet()
        self.presenting = False

    # -- What a notebook calls ---------------------------------------------------------------

    def predict(self, name: str, experiment: object, *, other: object) -> Prediction:
        """Ask a question; its experiment runs once somebody has chosen.

        `experiment` is a Scenario, a Scenario with another device, or a function without arguments
        that gives something to show.  `other` is the world in which another answer would be right,
        or what rules it out.
        """
        question = _named(self._script.questions, name, "prediction")
        run, world = (_experiment(one, ladder=not question.bare) for one in (experiment, other))
        before = import_module(_SCENES).cast() if question.cast else None
        return self._show(Prediction(name, question, self, run, world, before))

    def your_turn(self, name: str, experiment: object) -> YourTurn:
        """Run this code once the question `name` is answered: change it, and run it again."""
        _named(self._script.questions, name, "prediction")
        return self._show(YourTurn(name, self, _experiment(experiment)))

    def sort(
        self,
        name: str,
        things: Mapping[str, Any],
        run: Callable[[Any], Placed],
        *,
        tried: Collection[str] = (),
    ) -> Sorting:
        """Let things be sorted by clicking; `run` says where each belongs, once it was put.

        What the learner has `tried` already is sorted from the start.
        """
        sort = _named(self._script.sorts, name, "sort")
        return self._show(Sorting(name, sort, places(things, run), self, tried))

    def panel(self, name: str) -> GoalBoard:
        """Give a panel with goals; `.panel` is the panel itself, with `show` and `state`."""
        about = _named(self._script.panels, name, "panel")
        kind = getattr(import_module("pinlib.teach"), about.shows)
        return self._show(GoalBoard(name, kind(about.start or None), about.goals, self))

    def check(self, name: str, answer: object) -> Checkpoint:
        """Let the checkpoint's judge look at an answer; unfinished is feedback, not an error."""
        task = _named(self._script.tasks, name, "checkpoint")
        said = judge_of(self.number, name)(answer)
        if said.passed:
            self._kept.put("passed", name, True)
        given = self._hints[name]
        return self._show(Checkpoint(task, passed=said.passed, message=said.message, given=given))

    def word(self, term: str) -> Any:
        """Say what a term means: `lesson.word("SNI")`."""
        known = {
            form.casefold(): one for one in glossary().values() for form in (one.name, *one.also)
        }
        if term.casefold() not in known:
            names = ", ".join(sorted(one.name for one in glossary().values()))
            raise BadInput(f"there is no {term!r} in the glossary; there are {names}", seen=term)
        found = known[term.casefold()]
        said = Markup('{}<div class="pl"><p><b>{}</b>: {}</p></div>')
        return HTML(said.format(stylesheet(), escape(found.name), escape(found.meaning)))  # type: ignore[no-untyped-call]

    def goto(self, name: str) -> None:
        """Start at a question, a panel, a checkpoint or a heading, without the cells before it.

        What those cells would have defined is there, and the questions in them count as shown.
        """
        for passed in run_before(self.number, name):
            if passed in self._script.questions and self.answer(passed) is None:
                self.give(passed, SHOWN)

    def progress(self) -> Progress:
        """Show what was answered, found and passed, over all lessons."""
        return Progress(self.number, self._kept)

    def present(self, on: bool = True) -> None:
        """Set everything large enough for the back of the room; `present(False)` sets it back.

        Every question and goal begins unanswered; what the learner has done is kept, and comes
        back with `present(False)`.  View > Appearance > Simple Interface gives a panel the whole
        projector.
        """
        self.presenting = on
        self._kept.present(on)
        page.present(on)
        self._refresh()
        whole_page = f"document.body.classList.toggle('pinlib-presenting', {str(on).lower()})"
        display(HTML(f"<script>{whole_page}</script>"))  # type: ignore[no-untyped-call]

    def start_over(self) -> None:
        """Forget every answer, goal and hint of this lesson, leave the projector, and say so."""
        self.present(False)
        count = sum(len(held) for held in self._kept.all().values())
        count += sum(map(len, self._hints.values()))
        self._kept.forget()
        for given in self._hints.values():
            given.clear()
        self._refresh()
        things = "1 thing" if count == 1 else f"{count} things"
        self._note(f"Lesson {self.number} starts over: {things} you did here are forgotten.")

    def __repr__(self) -> str:
        return f"lesson {self.number}: predict, your_turn, panel, sort, check, word, goto, progress"

    # -- What its questions, panels and sorts ask of it ----------------------------------------

    def answer(self, name: str) -> str | None:
        """Return the label that was chosen for a question, SHOWN, or None."""
        kept: str | None = self._kept.get("answers", name)
        labels = {SHOWN, *(one.label for one in self._script.questions[name].options)}
        return kept if kept in labels else None  # an option may have been reworded since

    def give(self, name: str, label: str | None) -> None:
        """Keep an answer, and let whatever waits for it follow."""
        self._kept.put("answers", name, label)
        for shown in list(self._shown):
            if isinstance(shown, Prediction | YourTurn) and shown.waits_for(name):
                shown.refresh()
        self._tell_trouble()

    def found(self, name: str) -> list[int]:
        """Return the numbers of the goals that were found in a panel."""
        return list(self._kept.get("goals", name) or [])

    def find(self, name: str, found: list[int]) -> None:
        """Keep the goals that were found."""
        self._kept.put("goals", name, found)

    def sorted(self, name: str) -> dict[str, str]:
        """Return where things were put."""
        return dict(self._kept.get("sorted", name) or {})

    def sort_into(self, name: str, placed: dict[str, str]) -> None:
        """Keep where things were put."""
        self._kept.put("sorted", name, placed)

    # -- Inside ----------------------------------------------------------------------------

    def _show(self, shown: W) -> W:
        self._shown.add(shown)
        return shown

    def _refresh(self) -> None:
        for shown in list(self._shown):
            shown.refresh()

    def _tell_trouble(self) -> None:
        if self._kept.trouble:
            self._note(self._kept.trouble)
            self._kept.trouble = ""

    def _note(self, words: str) -> None:
        said = Markup('<div class="pl">{}</div>').format(paragraph(words, dim=True))
        display({"text/html": said, "text/plain": words}, raw=True)  # type: ignore[no-untyped-call]


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
        lesson._tell_trouble()
    return lesson


def _in_one_sentence(shell: Any, kind: type, error: PinlibError, *_: object, **__: object) -> None:
    """Show an error of ours as what it is: a sentence for the learner, without our own lines."""
    shell._showtraceback(kind, error, [f"{kind.__name__}: {error}"])


def _named(known: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in known:
        raise BadInput(f"no {what} {name!r}; there are {', '.join(known)}", seen=str(name))
    return known[name]


def _experiment(given: object, *, ladder: bool = True) -> Experiment:
    """Make something to run of a scenario, of one with another device, or of a function."""
    match given:
        case Scenario():
            return lambda: import_module("pinlib.teach").show_scenario(given, ladder=ladder)
        case Scenario() as scenario, Device() as device:
            show = import_module("pinlib.teach").show_scenario
            return lambda: show(scenario, device, ladder=ladder)
    if callable(given):
        return given
    wanted = "an experiment is a Scenario, or a function that returns something to show"
    raise BadInput(f"{wanted}, not {given!r}; write lambda: … before it", seen=repr(given))
