"""Lesson 04: the day on which an app's pins refuse its bank."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from pinlib import Outcome, Strategy
from pinlib.operations.plans import Deployed, Plan, Released
from pinlib.operations.sweep import App, Sweep, apps
from pinlib.teach.judges.core import ask_or_none, expect, judge

_START = date(2027, 1, 1)
_PINS = ("key A", "key B")


def _plan(title: str, *events: Deployed | Released, pins: tuple[str, ...] = _PINS) -> Plan:
    """Return a plan that begins with key A and an app, and what happens then."""
    first = Deployed(_START, "key A", days=200), Released(_START, "v1", pins)
    return Plan(title, (*first, *events), date(2028, 6, 30))


def _on(month: int, key: str, issuer: str = "Lab Issuing CA", year: int = 2027) -> Deployed:
    return Deployed(date(year, month, 1), key, issuer, days=200)


def _cases() -> Iterator[tuple[Plan, str]]:
    """Yield plans, and what each of them is good for finding out."""
    yield (
        _plan("A new key each time", _on(5, "key C"), _on(9, "key D"), _on(1, "key E", year=2028)),
        "Each renewal brings a key that no app knows: every pin on the leaf breaks at the "
        "first, and the pins on a CA hold.",
    )
    yield (
        _plan("The same key", _on(5, "key A"), _on(9, "key A")),
        "This bank keeps its key. Only the pin on the whole certificate breaks, on the day "
        "the certificate is replaced, whenever it would have expired.",
    )
    yield (
        _plan("A rotation, then an unknown key", _on(5, "key B"), _on(9, "key C")),
        "This bank switches to its backup key first, and to an unknown one at the next renewal. "
        "Look at every deployment, and at every pin of the app.",
    )
    yield (
        _plan("Another intermediate", _on(5, "key A", "Lab Issuing CA 2")),
        "Here the key stays, and another intermediate signs. What an app has pinned may be a "
        "CA: `shows` has its name too.",
    )
    yield (
        _plan("Another CA", _on(5, "key A"), _on(9, "key B", "Other Issuing CA")),
        "Here the bank moves to another CA, with its backup key.",
    )
    yield (
        _plan(
            "A release after the renewal",
            _on(5, "key C"),
            Released(date(2027, 7, 1), "v2", ("key C",)),
        ),
        "The second version came out after the new key: what the bank showed before app.day does "
        "not concern it.",
    )
    yield (
        _plan("There and back", _on(5, "key C"), _on(9, "key A")),
        "This bank switched keys and switched back. Return the first day, not the last.",
    )
    yield (
        _plan("Forgotten", _on(9, "key C")),
        "Nobody renewed in time. From July to September TLS refuses an expired certificate, and no "
        "pin is checked; the pins refuse the new one, on the day it’s deployed.",
    )
    yield (
        _plan(
            "Pins on a CA",
            _on(5, "key C", "Other Issuing CA"),
            pins=("key A", "Other Root"),
        ),
        "This app has pinned a key and another CA’s root. One matching pin is enough: "
        "it need not be the key.",
    )


def _first_refusal(sweep: Sweep, app: App) -> date | None:
    refused = (one.first for one in sweep.blocks(app) if one.outcome is Outcome.REFUSED_BY_PIN)
    return next(refused, None)


@judge("04", "breaks")
def breaks(answer: Any) -> str:
    """Judge a function from plan and app to the first day on which its pins refuse, or None."""
    count = 0
    for plan, message in _cases():
        sweep = Sweep(plan)
        for release in plan.releases:
            for app in apps(plan, release.version):
                count += 1
                who = f"{app.version} ({app.way.value})"
                said = ask_or_none(answer, plan, app, when=f"given {who}, in “{plan.title}”")
                expect(_is_a_day(said), f"Return a date, or None; for {who} it was {said!r}.")
                right = _first_refusal(sweep, app)
                if said == right:
                    continue
                if app.way is Strategy.NONE:
                    expect(
                        False, "An app that pins nothing has no pin to refuse with: return None."
                    )
                came = f"on {right}" if right else "on no day"
                expect(
                    False,
                    f"“{plan.title}”, {who}: you said {said}, but in real handshakes its pins "
                    f"refuse {came}. {message}",
                )
    return f"{count} apps in nine plans, and each breaks on the day you said, or never."


def _is_a_day(said: Any) -> bool:
    return said is None or (isinstance(said, date) and not isinstance(said, datetime))
