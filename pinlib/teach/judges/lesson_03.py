"""Lesson 03: a pin check of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pinlib import Cast, Event, Evidence, Pin, PinSet, Tls, connect, story
from pinlib import key_pin as key_pin_of
from pinlib.scenes.cast import HOST
from pinlib.teach.judges.core import NotYet, ask_or_none, expect, judge


def _pin_check_cases(cast: Cast) -> Iterable[tuple[Event, PinSet, bool, str]]:
    """Yield what happens, what the app pins, whether to let in, and what to say otherwise."""
    happens, both = cast.events, PinSet.of(key_pin_of(cast.bank.leaf), key_pin_of(cast.backup))
    yield (
        happens["initial"],
        both,
        True,
        "This is the bank, and your check refused it. One matching pin is enough: don’t ask for "
        "all of them. And compare pins with pins: text such as str(pin) is never in the set.",
    )
    yield (
        *(happens["proxy CA in the device's store"], both, False),
        "This was the company’s proxy, and your check accepted it: no key in its chain is pinned.",
    )
    yield (
        *(happens["renew with the backup key"], both, True),
        "The bank has rotated to its backup key, which is pinned too, and you refused it. One "
        "matching pin is enough: any of them, not all of them, and not just the first.",
    )
    yield (
        *(happens["renew, same key"], both, True),
        "The bank renewed its certificate and kept its key, and you refused it. That’s a "
        "certificate pin: compare keys, not whole certificates.",
    )
    yield (
        *(happens["another trusted CA mis-issues"], both, False),
        "Another CA issued Mallory a certificate, and you let her in.",
    )
    yield (
        *(happens["rogue leaf, pinned certificate appended"], both, False),
        "Mallory appended the bank’s certificate to her own, and you let her in. She chooses what "
        "is presented: look at evidence.verified.",
    )
    yield (
        *(happens["initial"], PinSet.of(key_pin_of(cast.issuing.certificate)), True),
        "This app pins the intermediate’s key, and you refused the bank. Any certificate in the "
        "verified chain may match, not only the leaf.",
    )


@judge("03", "pin_check")
def pin_check(answer: Any) -> str:
    """Judge a function from evidence and pins to the pin that matches, or None."""
    cast = story()
    called: list[Evidence] = []
    others: list[Event] = []

    def checked(pins: PinSet) -> Callable[[Evidence], Pin | None]:
        def check(evidence: Evidence) -> Pin | None:
            called.append(evidence)
            said = ask_or_none(
                answer, evidence, pins, when=f"given {len(evidence.verified)} verified certificates"
            )
            if said is None or isinstance(said, Pin):
                return said
            if isinstance(said, str | bytes):
                raise NotYet(
                    "You returned text or bytes. Compare and return Pin values: the same pin has "
                    "nine notations, and no two of them are equal as text."
                )
            raise NotYet(f"Return the Pin that matches, or None; this was {repr(said)[:40]}.")

        return check

    for event, pins, right, message in _pin_check_cases(cast):
        for tls in Tls:
            device = replace(event.device(tls=tls), pins=pins, pin_check=checked(pins))
            met = connect(device, event.identity, HOST, event.date)
            expect(met.connected is right, f"{message} ({tls.value})")
            if met.match != pins.match(met.verified):
                others.append(event)
    nobody = Evidence((), (), HOST)
    expect(
        checked(PinSet.of(key_pin_of(cast.bank.leaf)))(nobody) is None,
        "On a resumed session nobody sends a certificate, so both chains are empty, and you let "
        "the peer in. all() of nothing is true: look for a match instead.",
    )
    expect(
        not others, "You accept the right peers, but return a pin that isn’t the one that matches."
    )
    return f"{len(called)} connections, two versions of TLS, and nobody got in who shouldn’t have."
