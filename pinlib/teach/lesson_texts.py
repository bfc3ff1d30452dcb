"""What a lesson says outside its notebook: its questions, goals and sorts, and its hints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pinlib.data import DATA, read_document
from pinlib.errors import BadInput

HINTS = 3
EXPLAIN = 80
"""Words of an explanation, at most."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question, and the reply that names the thought behind it.

    `right` is None in a poll, where each answer can be defended.
    """

    label: str
    reply: str
    right: bool | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A prediction: asked before its experiment runs, and never scored.

    `after` names the question that has to be answered first.  A `bare` one draws its scene without
    the checks, which have not been named yet.  One with a `cast` draws who is there before anything
    happens.  `world` introduces the world in which another answer would be right, or the evidence
    that rules it out.
    """

    question: str
    options: tuple[Option, ...]
    explain: str
    world: str = ""
    after: str = ""
    bare: bool = False
    cast: bool = False

    @property
    def right(self) -> Option | None:
        """The option that the experiment bears out; a poll has none."""
        return next((one for one in self.options if one.right), None)


@dataclass(frozen=True, slots=True)
class Near:
    """A setting that comes close to a goal, and what is still missing."""

    when: Mapping[str, tuple[str, ...]]
    say: str


@dataclass(frozen=True, slots=True)
class Goal:
    """Something to find in a panel: reached when each fact named in `when` has one of its values.

    Facts are those of the panel's picture (`data-…` on the page) and the fields of its state, as
    its line of text writes them.
    """

    find: str
    when: Mapping[str, tuple[str, ...]]
    why: str
    near: tuple[Near, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A panel of a lesson: the exhibit that it shows, how it begins, and what is there to find."""

    shows: str
    goals: tuple[Goal, ...]
    start: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A checkpoint: three hints (a direction, a name, a line with a hole), then the solution."""

    task: str
    hints: tuple[str, ...]
    solution: str


@dataclass(frozen=True, slots=True)
class Sort:
    """Something to sort by clicking: what is asked, and the places to choose from."""

    task: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that a lesson says outside its notebook."""

    questions: Mapping[str, Question]
    panels: Mapping[str, Stage]
    sorts: Mapping[str, Sort]
    tasks: Mapping[str, Task]


def numbers() -> list[str]:
    """List the lessons that have a file of texts, in order."""
    return sorted(file.stem for file in (DATA / "lessons").glob("*.toml"))


def script(number: str) -> Script:
    """Read a lesson's texts; raises BadInput for an unknown lesson, BadData for a broken file."""
    if number not in (known := numbers()):
        raise BadInput(f"there is no lesson {number!r}; there are {', '.join(known)}", seen=number)
    read = read_document(f"lessons/{number}.toml", _SCHEMA)
    questions = {name: Question(**given) for name, given in read.get("predictions", {}).items()}
    return Script(
        questions,
        {name: Stage(**given) for name, given in read.get("panels", {}).items()},
        {name: Sort(**given) for name, given in read.get("sorts", {}).items()},
        {name: Task(**given) for name, given in read.get("checkpoints", {}).items()},
    )


def _options(given: Any) -> tuple[Option, ...]:
    try:
        options = tuple(Option(**one) for one in given)
    except TypeError:
        raise ValueError("an option has a label, a reply, and whether it is right") from None
    right = [one.right for one in options]
    if not 2 <= len(options) <= 4:
        raise ValueError("a question has two to four options")
    if right.count(True) != 1 and right != [None] * len(right):
        raise ValueError("one option is right; in a poll no option says whether it is")
    if len({one.label for one in options}) != len(options):
        raise ValueError("two options have the same label")
    return options


def _explain(given: Any) -> str:
    if not isinstance(given, str) or not 0 < len(given.split()) <= EXPLAIN:
        raise ValueError(f"an explanation has 1 to {EXPLAIN} words")
    return given


def _when(given: Any) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(given, dict) or not given:
        raise ValueError("a goal needs at least one fact")
    return {
        fact: tuple(map(str, wanted)) if isinstance(wanted, list) else (str(wanted),)
        for fact, wanted in given.items()
    }


def _goals(given: Any) -> tuple[Goal, ...]:
    try:
        return tuple(
            Goal(
                one["find"],
                _when(one["when"]),
                one["why"],
                tuple(Near(_when(near["when"]), near["say"]) for near in one.get("near", ())),
            )
            for one in given
        )
    except (KeyError, TypeError, AttributeError):
        raise ValueError("a goal has find, when and why; near has when and say") from None


def _hints(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) != HINTS:
        raise ValueError("three hints are wanted: a direction, a name, a line with a hole")
    return tuple(str(hint) for hint in given)


def _places(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not 2 <= len(given) <= 4:
        raise ValueError("a sort has two to four places")
    return tuple(map(str, given))


_SCHEMA = {
    "predictions?": {
        "*": {
            "question": str,
            "options": _options,
            "explain": _explain,
            "world?": str,
            "after?": str,
            "bare?": bool,
            "cast?": bool,
        }
    },
    "panels?": {"*": {"shows": str, "goals": _goals, "start?": str}},
    "sorts?": {"*": {"task": str, "places": _places}},
    "checkpoints?": {"*": {"task": str, "hints": _hints, "solution": str}},
}
