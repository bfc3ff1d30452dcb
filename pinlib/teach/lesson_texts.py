"""What a lesson says outside its notebook: its questions, and the hints of its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pinlib.data import DATA, read_document
from pinlib.errors import BadInput

HINTS = 3


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a prediction, and the reply that names the thought behind it."""

    label: str
    reply: str
    right: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A prediction: asked before the result shows, and never scored."""

    question: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A checkpoint: three hints (a direction, a name, a line with a hole), then the solution."""

    task: str
    hints: tuple[str, ...]
    solution: str


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that a lesson says outside its notebook."""

    questions: Mapping[str, Question]
    tasks: Mapping[str, Task]


def script(number: str) -> Script:
    """Read a lesson's texts; raises BadInput for an unknown lesson, BadData for a broken file."""
    known = sorted(file.stem for file in (DATA / "lessons").glob("*.toml"))
    if number not in known:
        raise BadInput(f"there is no lesson {number!r}; there are {', '.join(known)}", seen=number)
    read = read_document(
        f"lessons/{number}.toml",
        {
            "predictions?": {"*": {"question": str, "options": _options}},
            "checkpoints?": {"*": {"task": str, "hints": _hints, "solution": str}},
        },
    )
    return Script(
        {name: Question(**given) for name, given in read.get("predictions", {}).items()},
        {name: Task(**given) for name, given in read.get("checkpoints", {}).items()},
    )


def _options(given: Any) -> tuple[Option, ...]:
    try:
        options = tuple(Option(**one) for one in given)
    except TypeError:
        raise ValueError("an option has a label, a reply, and whether it is right") from None
    if not 2 <= len(options) <= 4 or sum(one.right for one in options) != 1:
        raise ValueError("a prediction has two to four options, and one of them is right")
    return options


def _hints(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) != HINTS:
        raise ValueError("three hints are wanted: a direction, a name, a line with a hole")
    return tuple(str(hint) for hint in given)
