"""Lesson 06: repair an updater that believes whatever arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pinlib import Identity, PinSet, connect, key_pin, story
from pinlib.operations.update_attacks import Attempt, Field
from pinlib.operations.updater import Updater
from pinlib.operations.updates import Enforcement, NotTaken, PinUpdate, sign, signed
from pinlib.scenes.cast import HOST
from pinlib.teach.judges.core import NotYet, ask, expect, judge


@dataclass(frozen=True, slots=True)
class Case:
    """What arrives, who knocks then, whether he should be let in, and what is said if it fails."""

    name: str
    tried: Attempt
    knocks: Identity
    welcome: bool
    next_step: str


_STEPS = {
    "unsigned": "Keep `app` unless genuine(text, app.trusts).",
    "signed by another": "A signature alone proves nothing: check genuine(text, app.trusts).",
    "rolled back": "It’s genuine but old: compare update.version with app.has.version.",
    "replayed after expiry": "It’s genuine but old: compare its version with app.has.version.",
    "clock set back": "By the phone's clock it's good, but its version is below app.has.version.",
    "clock set forward": "An empty text isn’t a set: keep `app`.",
    "truncated": "A text that’s cut short isn’t signed: keep `app` and its pins.",
    "enormous": "Nobody signed it: keep `app` and its pins.",
}


@judge("06", "take")
def take(answer: Any) -> str:
    """Judge a function (app, text, now) → app, at two banks, by whom the app lets in afterwards."""
    count = 0
    for version in (1, 7):
        key = Ed25519PrivateKey.generate()
        field = Field.of(story(), key, version)
        app = field.app()
        for case in (*_attacks(field, key), *_genuine(field, key)):
            then = _taken(answer, app, case)
            about = f"{case.name[0].upper()}{case.name[1:]}"
            expect(
                then.has in (app.has, _read(case.tried.text)),
                f"{about}: `has` is neither the set that the app had nor the one that came. Keep a "
                "set as PinUpdate.read returns it, unchanged: the bank has signed all of it.",
            )
            device = replace(story().phone, pins=then.pins(field.at))
            met = connect(device, case.knocks, HOST, field.at)
            who = "the bank is refused" if case.welcome else "Mallory is let in"
            expect(
                met.connected is case.welcome,
                f"{about}: afterwards {who}. {case.next_step}",
            )
            expect(
                (then.has == app.has) is not case.welcome,
                f"{about}: the app has {'kept its old set' if case.welcome else 'taken it'}. "
                f"{case.next_step}",
            )
            count += 1
    return f"{count} deliveries at two banks: Mallory stays out, and the bank can change its pins."


def _taken(answer: Any, app: Updater, case: Case) -> Updater:
    def guarded(app: Updater, text: bytes, clock: Any) -> Any:
        try:
            return answer(app, text, clock)
        except NotTaken:
            return app  # to refuse aloud is to refuse

    wanted = answer if not callable(answer) else guarded
    then = ask(wanted, app, case.tried.text, case.tried.clock, when=f"when this came: {case.name}")
    if not isinstance(then, Updater):
        raise NotYet(f"Return an app, `app` itself or replace(app, has=update), not {then!r:.40}.")
    expect(
        (then.offline, then.at_expiry, then.built_in) == (app.offline, app.at_expiry, app.built_in),
        "The offline key and what happens at expiry are the app’s own: change only `has`.",
    )
    return then


def _read(text: bytes) -> PinUpdate | None:
    try:
        return PinUpdate.read(text.partition(b"\n")[0])
    except NotTaken:
        return None


def _attacks(field: Field, key: Ed25519PrivateKey) -> Iterator[Case]:
    his = story().events["another trusted CA mis-issues"].identity
    for name, tried in field.attempts.items():
        yield Case(name, tried, story().bank if tried.stolen else his, False, _STEPS[name])
    forged = replace(field.second, version=field.second.version + 1, pins=PinSet.of(field.his))
    signature = sign(field.second, key).partition(b"\n")[2]
    yield Case(
        "Mallory's pins under the bank's signature",
        Attempt(forged.body + b"\n" + signature, field.at),
        his,
        False,
        "A signature is for one text: check genuine(text, app.trusts).",
    )
    stolen = key_pin(story().bank.leaf)
    newer = replace(field.second, version=field.second.version + 1, pins=PinSet.of(stolen))
    for late, when in ((1, "after its end"), (0, "the moment at which it ends")):
        held_back = replace(
            newer, issued=field.at - timedelta(9), expires=field.at - timedelta(late)
        )
        yield Case(
            f"a newer set, held back until {when}",
            Attempt(sign(held_back, key), field.at),
            story().bank,
            False,
            "Compare update.expires with now: at that moment it has expired.",
        )
    again = replace(
        newer,
        version=field.second.version,
        issued=field.at,
        expires=field.second.expires + timedelta(9),
    )
    yield Case(
        "the same version once more, with later dates and other pins",
        Attempt(sign(again, key), field.at),
        story().bank,
        False,
        "Only the version says what is newer: compare update.version with app.has.version.",
    )


def _genuine(field: Field, key: Ed25519PrivateKey) -> Iterator[Case]:
    modes = (
        (1, Enforcement.ENFORCE),
        (5, Enforcement.ENFORCE),
        (6, Enforcement.REPORT),
        (7, Enforcement.OFF),
    )
    for later, mode in modes:
        new = replace(
            field.second,
            version=field.second.version + later,
            pins=PinSet.of(key_pin(story().bank.leaf)),
            issued=field.at - timedelta(hours=1),
            expires=field.at + timedelta(30),  # sooner than the set that the app has
            mode=mode,
        )
        yield Case(
            f"the bank's own set, {later} later, {mode.name.lower()}",
            Attempt(sign(new, key), field.at),
            story().bank,
            True,
            "It’s signed, newer, and hasn’t expired: return replace(app, has=update). "
            "A phone that was off misses some sets.",
        )
    body = json.dumps({"version": field.second.version + 1}).encode()
    yield Case(
        "a set that the bank signed half written",
        Attempt(signed(body, key), field.at),
        story().bank,
        False,
        "PinUpdate.read raises NotTaken: keep `app`.",
    )
