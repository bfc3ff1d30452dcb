"""Lesson 03: who stops whom, and a pin check of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pinlib import Cast, Event, Evidence, Outcome, Pin, PinSet, Strategy, Tls, connect, story
from pinlib import key_pin as key_pin_of
from pinlib.scenes.cast import HOST
from pinlib.scenes.scenario import Middle, Scenario, run
from pinlib.teach.judges.core import NotYet, ask_or_none, expect, judge

_STOPPED = {
    "TLS": "TLS stops him",
    "pin": "the pin stops him",
    "nothing": "nothing stops him here",
}
_PLACES = tuple(_STOPPED)
_PIN = Strategy.LEAF_KEY_AND_BACKUP
_WHY = {
    Middle.SELF_SIGNED: "No root of the phone vouches for him.",
    Middle.COPY: "The copy is genuine, but he cannot sign with its key.",
    Middle.OTHER_NAME: "It is a certificate for somebody else's name.",
    Middle.USER_PROXY: "An ordinary Android app trusts no CA that was added to the phone.",
    Middle.COMPANY_PROXY: "Apps on a company iPhone trust the company's CA, so TLS is content.",
    Middle.OTHER_CA: "Any authority in the store may vouch for any name: TLS is content.",
    Middle.HIJACK: "His certificate is genuine, and TLS asks for no more; his key is another.",
    Middle.HIJACK_OWN_CA: "The bank's own CA issued the certificate, so TLS is content; but this "
    "app pins the bank's key, not its authority's.",
    Middle.PINNED_CA: "TLS is content; but this app pins the bank's key, not its authority's.",
    Middle.APPENDED: "Another authority signed his own certificate, so TLS is content. He may "
    "append what he likes: the pin is held against the verified chain.",
    Middle.STOLEN_KEY: "He has the very key that is pinned: neither can tell him from the bank.",
}


@judge("03", "places")
def places(answer: Any) -> str:
    """Judge a plan: each attacker placed where a real handshake stops him."""
    attackers = [middle for middle in Middle if middle.interferes]
    boxes = dict(answer) if isinstance(answer, dict) else {}
    if set(boxes) != set(_PLACES):
        raise NotYet(f"Three boxes are wanted, each a set of attackers: {', '.join(_PLACES)}.")
    for box, inside in boxes.items():
        if not isinstance(inside, set | frozenset):
            empty = " An empty one is set()." if not inside else ""
            raise NotYet(
                f"The box {box!r} is a {type(inside).__name__}; a set is wanted, such as "
                f"{{Middle.COPY, Middle.HIJACK}}.{empty}"
            )
        strangers = [one for one in inside if one not in attackers and one is not ...]
        expect(
            not strangers,
            f"In the box {box!r} is {repr(strangers[:1])[1:-1][:60]}, which is no attacker. Write "
            "Middle.COPY, without quotes.",
        )
    for middle in attackers:
        found = [box for box, inside in boxes.items() if middle in inside]
        expect(bool(found), f"Not placed yet: Middle.{middle.name}, {middle.value}.")
        expect(
            len(found) == 1, f"Middle.{middle.name} is in {len(found)} boxes: one stops him first."
        )
        place = found[0]
        for tls in Tls:
            verdict = run(Scenario(middle, _PIN, tls=tls)).verdict
            by_pin = verdict.outcome is Outcome.REFUSED_BY_PIN
            right = "nothing" if verdict.connected else "pin" if by_pin else "TLS"
            expect(
                place == right,
                f"{middle.name}, {middle.value}: you said that {_STOPPED[place]}. A real "
                f"handshake says otherwise. {_WHY[middle]}",
            )
    return f"All {len(attackers)} are where a real handshake stops them, or does not."


def _pin_check_cases(cast: Cast) -> Iterable[tuple[Event, PinSet, bool, str]]:
    """Yield what happens, what the app pins, whether to let in, and what to say otherwise."""
    happens, both = cast.events, PinSet.of(key_pin_of(cast.bank.leaf), key_pin_of(cast.backup))
    yield (
        happens["initial"],
        both,
        True,
        ("This is the bank, and your check refused it. Does it return the pin that matches?"),
    )
    yield (
        *(happens["proxy CA in the device's store"], both, False),
        "This was the company's proxy, and your check let it in: no key of its chain is pinned.",
    )
    yield (
        *(happens["renew with the backup key"], both, True),
        "The bank has rotated to its backup key, which is pinned too, and you refused it. Any pin "
        "of the set may match, not the first alone.",
    )
    yield (
        *(happens["renew, same key"], both, True),
        "The bank renewed its certificate and kept its key, and you refused it. Compare keys, not "
        "whole certificates.",
    )
    yield (
        *(happens["another trusted CA mis-issues"], both, False),
        "Another authority vouched for a stranger, and you let him in.",
    )
    yield (
        *(happens["rogue leaf, pinned certificate appended"], both, False),
        "He appended the bank's certificate to his own, and you let him in. What was presented is "
        "his to choose: look at evidence.verified.",
    )
    yield (
        *(happens["initial"], PinSet.of(key_pin_of(cast.issuing.certificate)), True),
        "This app pins the intermediate's key, and you refused the bank. Any certificate of the "
        "verified chain may match, not the leaf alone.",
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
        "With both chains empty, as on a resumed session, you let the peer in. all() of nothing is "
        "true; ask for a match instead.",
    )
    expect(
        not others, "You let the right peers in, but return a pin that is not the one that matches."
    )
    return f"{len(called)} connections, two versions of TLS, and nobody got in who should not."
