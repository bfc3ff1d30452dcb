"""What every judge needs: a register, a sentence for each slip, and a call that cannot crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a judge says: one message, that names the mistake and the next step."""

    passed: bool
    message: str


class NotYet(Exception):
    """The answer fails here; carries what to say about it."""


UNFINISHED = (
    "Not written yet: replace the dots, then run this cell again. A hint is one click away."
)

Judge = Callable[[Any], Feedback]
_judges: dict[tuple[str, str], Judge] = {}


def judge(lesson: str, checkpoint: str) -> Callable[[Callable[[Any], str]], Judge]:
    """Register the judge of a checkpoint: a function that returns its praise or raises `NotYet`."""

    def register(judging: Callable[[Any], str]) -> Judge:
        def judged(answer: Any) -> Feedback:
            if answer is ... or answer is None:
                return Feedback(False, UNFINISHED)
            try:
                return Feedback(True, judging(answer))
            except NotYet as reason:
                return Feedback(False, str(reason))

        _judges[lesson, checkpoint] = judged
        return judged

    return register


def judge_of(lesson: str, checkpoint: str) -> Judge:
    """Return the judge of a checkpoint; raises KeyError where there is none."""
    return _judges[lesson, checkpoint]


def judged() -> frozenset[tuple[str, str]]:
    """Return every checkpoint that has a judge, as lesson and name."""
    return frozenset(_judges)


def ask(answer: Any, *given: Any, when: str) -> Any:
    """Call a learner's function; whatever goes wrong in it becomes a sentence.

    Raises `NotYet` for an unfinished or failing function, and for one that never came back until
    the stop button ended it.
    """
    if not callable(answer):
        kind = type(answer).__name__
        raise NotYet(f"Give a function here, not a {kind}: just its name, without calling it.")
    try:
        said = answer(*given)
    except NotImplementedError:
        raise NotYet(UNFINISHED) from None
    except KeyboardInterrupt:
        raise NotYet(f"You stopped it: {when}, it never returned. Which loop never ends?") from None
    except Exception as error:
        what = ": ".join(filter(None, (type(error).__name__, str(error))))
        raise NotYet(f"Your function raised {what}, {when}. Look at that case first.") from None
    if said is ... or said is None:
        nothing = f"Your function returned nothing, {when}: did it print instead of return?"
        raise NotYet(UNFINISHED if said is ... else nothing)
    return said


def ask_or_none(answer: Any, *given: Any, when: str) -> Any:
    """Call a learner's function of which None is an answer too; three dots are none."""
    said: list[Any] = []

    def remember(*given: Any) -> bool:
        said.append(answer(*given))
        return True

    ask(answer if not callable(answer) else remember, *given, when=when)
    if said[0] is ...:
        raise NotYet(UNFINISHED)
    return said[0]


def expect(holds: bool, message: str) -> None:
    """Raise `NotYet` with the message unless the answer holds."""
    if not holds:
        raise NotYet(message)
