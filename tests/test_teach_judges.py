"""The judges of checkpoints: solutions pass, and each wrong answer hears of its own mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pinlib import Check, Mark, Outcome, Strategy, Tls, story
from pinlib.cast import HOST, TODAY
from pinlib.handshake import connect
from pinlib.teach.judges import judge_of
from pinlib.teach.lesson import script

CAST = story()


def _solution(number: str, name: str) -> Any:
    scope: dict[str, Any] = {"Outcome": Outcome, "cast": CAST}
    exec(script(number).tasks[name].solution, scope)  # noqa: S102 - our own solution
    return scope[name]


@pytest.mark.parametrize(
    ("number", "name"), [("00", "who_refused"), ("01", "certificate_in"), ("01", "gullible")]
)
def test_the_solution_passes(number: str, name: str) -> None:
    """What "Show a solution" shows is a solution."""
    feedback = judge_of(number, name)(_solution(number, name))
    assert feedback.passed, feedback.message


def _by_alert(verdict: Any) -> str:
    if verdict.connected:
        return "nobody"
    return "pin" if verdict.alert == "bad_certificate" else "TLS"


def _by_pinned(verdict: Any) -> str:
    if verdict.connected:
        return "nobody"
    return "pin" if verdict.device.is_pinned else "TLS"


def _by_any_refusal(verdict: Any) -> str:
    return "nobody" if verdict.connected else "pin"


def _by_no_match(verdict: Any) -> str:
    if verdict.rung(Check.PIN).mark is Mark.HOLDS:
        return "nobody"
    return "TLS" if verdict.connected else "pin"


WRONG_WHO = {
    _by_any_refusal: "Not every refusal is the pin's",
    _by_pinned: "Having a pin is not the same",
    _by_alert: "The alert alone does not tell",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_WHO.items(), ids=lambda one: str(one)[:30])
def test_a_wrong_who_refused_passes_the_visible_example_and_hears_why(
    answer: Callable[[Any], str], told: str
) -> None:
    """Each wrong answer is right about the notebook's own verdict, and fails a hidden phone."""
    visible = CAST.events["another trusted CA mis-issues"].verdict(Strategy.LEAF_KEY)
    assert answer(visible) == "pin"
    feedback = judge_of("00", "who_refused")(answer)
    assert not feedback.passed
    assert told in feedback.message


def test_a_constant_who_refused_fails() -> None:
    """An answer that suits the example alone is found out at the first hidden phone."""
    assert "Nobody refused it" in judge_of("00", "who_refused")(lambda _: "pin").message
    assert "Nobody refused it" in judge_of("00", "who_refused")(_by_no_match).message


def _by_length(capture: Any) -> bool:
    return len(capture) == 12


def _by_place(capture: Any) -> bool:
    return bool(capture[2].name == "Certificate")


def _by_version(capture: Any) -> bool:
    return not any("TLS_AES" in message.detail for message in capture)


WRONG_CAPTURE = {
    _by_length: "not at the length",
    _by_place: "not at a fixed place",
    _by_version: "The version alone does not tell",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_CAPTURE.items(), ids=lambda one: str(one)[:30])
def test_a_wrong_certificate_in_passes_the_visible_example_and_hears_why(
    answer: Callable[[Any], bool], told: str
) -> None:
    """Each wrong answer is right about the two captures on screen, and fails a hidden one."""
    initial = CAST.events["initial"]
    assert answer(initial.verdict(tls=Tls.V1_2).eavesdropped) is True
    assert answer(initial.verdict(tls=Tls.V1_3).eavesdropped) is False
    feedback = judge_of("01", "certificate_in")(answer)
    assert not feedback.passed
    assert told in feedback.message


def _without_checks(_: Any) -> Any:
    return replace(CAST.phone, checks=frozenset())


def _hard_coded(_: Any) -> Any:
    return CAST.phone.trusting(CAST.impostor.certificate)


def _without_the_chain(_: Any) -> Any:
    return replace(CAST.phone, checks=frozenset({Check.NAME, Check.DATE}))


def _without_the_date(authority: Any) -> Any:
    phone = CAST.phone.trusting(authority.certificate)
    return replace(phone, checks=frozenset({Check.CHAIN, Check.NAME}))


def _without_the_bank(authority: Any) -> Any:
    return replace(CAST.phone, roots=(authority.certificate,))


WRONG_PHONE = {
    _without_checks: "for another name too",
    _hard_coded: "whoever that is",
    _without_the_chain: "every authority there is",
    _without_the_date: "expired",
    _without_the_bank: "keep the roots it had",
}


@pytest.mark.parametrize(("answer", "told"), WRONG_PHONE.items(), ids=lambda one: str(one)[:30])
def test_a_wrong_gullible_passes_the_visible_example_and_hears_why(
    answer: Callable[[Any], Any], told: str
) -> None:
    """Each wrong phone lets the visible impostor in, and fails a hidden visitor."""
    impostor = CAST.events["unknown CA"].identity
    assert connect(answer(CAST.impostor), impostor, HOST, TODAY).connected
    feedback = judge_of("01", "gullible")(answer)
    assert not feedback.passed
    assert told in feedback.message
