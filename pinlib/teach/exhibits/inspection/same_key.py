"""Twins: two certificates side by side, and what a pin on the first says of the second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

from cryptography import x509
from markupsafe import Markup

from pinlib import Kind, Pin, certificate_pin, key_pin, story, twins
from pinlib.encoding.naming import name_of
from pinlib.pins.published import Twin, root_with
from pinlib.teach.drawing import blocks, palette, typeset
from pinlib.teach.drawing.blocks import Headline, LadderRung, card, columns
from pinlib.teach.drawing.palette import key_style
from pinlib.teach.drawing.typeset import Mono
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel
from pinlib.tls.certificates import Validity

CROSSED = "cross-signed in the lab"
RENEWED, REKEYED = "renewed, same key (lab)", "renewed, new key (lab)"
_PIN_SHOWN = 17


@dataclass(frozen=True, slots=True)
class Side:
    """One certificate of a pair: what it says, its pins, and whether we computed them."""

    subject: str
    issuer: str
    valid: str
    pins: Mapping[Kind, Pin]
    origin: str
    cited: bool = False

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Side:
        """Return a certificate of which all bytes are here."""
        return cls(
            name_of(certificate.subject),
            name_of(certificate.issuer),
            str(Validity.of(certificate)),
            {Kind.KEY: key_pin(certificate), Kind.CERTIFICATE: certificate_pin(certificate)},
            "computed here, from the lab's certificate",
        )

    @classmethod
    def published(cls, twin: Twin) -> Side:
        """Return a certificate that somebody published; computed if certifi has it, else cited."""
        root = root_with(twin.certificate)
        if root is None:
            pins = {Kind.KEY: twin.key, Kind.CERTIFICATE: twin.certificate}
            origin = f"cited, not computed: {twin.source}"
        else:
            pins = {Kind.KEY: key_pin(root), Kind.CERTIFICATE: certificate_pin(root)}
            origin = "computed here, from certifi's root"
        valid = f"{twin.starts} … {twin.ends}"
        return cls(twin.subject, twin.issuer, valid, pins, origin, cited=root is None)


def compare(one: x509.Certificate, other: x509.Certificate, pinned: Kind = Kind.KEY) -> View:
    """Lay any two certificates side by side: what becomes of a pin on the first at the second?"""
    return _drawn(Side.of(one), Side.of(other), pinned)


@cache
def pairs() -> Mapping[str, tuple[Side, Side]]:
    """Return the pairs by name: the lab's, then those that an authority published."""
    cast = story()
    events = cast.events
    crossed = events["cross-sign: the chain ends at another root"].identity.chain[1]
    found = {
        CROSSED: (cast.issuing.certificate, crossed),
        RENEWED: (cast.bank.leaf, events["renew, same key"].identity.leaf),
        REKEYED: (cast.bank.leaf, events["renew with an unknown key"].identity.leaf),
    }
    lab = {name: (Side.of(one), Side.of(other)) for name, (one, other) in found.items()}
    return {**lab, **_published()}


def _published() -> dict[str, tuple[Side, Side]]:
    by_key: dict[Pin, list[Side]] = {}
    for twin in twins():
        by_key.setdefault(twin.key, []).append(Side.published(twin))
    # Whatever could be computed stands first: it is what the cited one is held against.
    ordered = [sorted(sides, key=lambda side: side.cited) for sides in by_key.values()]
    ordered.sort(key=lambda sides: (sides[0].cited, sides[0].subject))
    return {sides[0].subject: (sides[0], sides[1]) for sides in ordered}


@dataclass(frozen=True, slots=True)
class Paired:
    """A pair, and what the app has pinned of the first."""

    pair: str = CROSSED
    pinned: Kind = Kind.KEY


class TwinsPanel(Panel[Paired]):
    """See which pin outlives a certificate, on the lab's and on real ones."""

    name = "twins"
    controls = (
        Control("pair", "Two certificates", {name: name for name in pairs()}, kind="dropdown"),
        Control(
            "pinned",
            "Pinned of the first",
            {"its key": Kind.KEY, "the whole certificate": Kind.CERTIFICATE},
            tooltips=("A key pin", "A certificate pin"),
        ),
    )
    presets: ClassVar = {
        "Cross-signed: the key pin": Paired(),
        "Cross-signed: the other pin": Paired(pinned=Kind.CERTIFICATE),
        "A new key": Paired(REKEYED),
        "ISRG Root X1, both of it": Paired("ISRG Root X1"),
        "ISRG Root X2, both of it": Paired("ISRG Root X2"),
    }
    initial = Paired()

    def view(self, state: Paired) -> View:
        """Hold the pin of the first against the second."""
        return _drawn(*pairs()[state.pair], state.pinned)


def _drawn(one: Side, other: Side, pinned: Kind) -> View:
    same = {kind: one.pins[kind] == other.pins[kind] for kind in Kind}
    key = replace(key_style(0), name="the same key" if same[Kind.KEY] else "one key")
    second = key if same[Kind.KEY] else replace(key_style(2), name="another key")
    rungs = [
        LadderRung(
            f"{kind.value.capitalize()} pin",
            "holds" if same[kind] else "fails",
            _evidence(one.pins[kind], other.pins[kind]),
        )
        for kind in Kind
    ]
    picture = columns(
        _side("First", one, key),
        _side("Second", other, second),
        card("What happens to the pins", blocks.ladder(rungs)),
    )
    words = [
        f"First: {_said(one)}",
        f"Second: {_said(other)}",
        *(f"The {k.value} pins {'are the same' if same[k] else 'differ'}." for k in Kind),
    ]
    facts = {
        "outcome": "same" if same[pinned] else "differs",
        "pinned": pinned.value,
        "cited": str(one.cited + other.cited),
    }
    return View(_headline(pinned, same), picture, "\n".join(words), facts)


def _evidence(one: Pin, other: Pin) -> tuple[typeset.Text, ...]:
    if one == other:
        return (("on both", _brief(one)),)
    return ("first", _brief(one)), ("second", _brief(other))


def _headline(pinned: Kind, same: Mapping[Kind, bool]) -> Headline:
    if same[pinned]:
        return Headline(
            "The pin holds for both",
            "They are two certificates for one key, and a key pin looks at nothing else.",
            "good",
        )
    if pinned is Kind.KEY:
        return Headline(
            "The pin ends with the key",
            "The second certificate has a different key, and a key pin tells keys apart.",
            "bad",
        )
    return Headline(
        "The pin ends with the first",
        "A certificate pin is a hash of every byte, and the second certificate’s bytes differ.",
        "bad",
    )


def _side(which: str, side: Side, key: palette.Key) -> Markup:
    return blocks.certificate(
        f"{which}: {side.subject}",
        (
            ("signed by", side.issuer),
            ("valid", side.valid),
            *((f"{kind.value} pin", _brief(side.pins[kind])) for kind in Kind),
        ),
        key,
        side.origin,
    )


def _brief(pin: Pin) -> Mono:
    return Mono(str(pin).removeprefix("sha256/"), _PIN_SHOWN)


def _said(side: Side) -> str:
    pins = ", ".join(f"{kind.value} pin {side.pins[kind]}" for kind in Kind)
    return f"{side.subject}, signed by {side.issuer}, valid {side.valid}, {pins}; {side.origin}."
