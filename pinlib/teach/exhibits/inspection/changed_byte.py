"""One byte of a certificate, changed by hand: what becomes of both pins, and what TLS says.

The pins are hashed anew, and the certificate is validated anew, with the byte as it is now.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from hashlib import sha256
from typing import ClassVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from markupsafe import Markup

from pinlib import Kind, Pin, story
from pinlib.encoding.anatomy import KEY_BITS, SIGNATURE, SPKI, Part, anatomy
from pinlib.encoding.der import Document, Form, dissect
from pinlib.encoding.naming import issuer_of, names, read_certificate, subject_of
from pinlib.errors import NotReadable
from pinlib.pins.pins import pins_of
from pinlib.scenes.cast import HOST, TODAY
from pinlib.teach.drawing import blocks, bytemap, typeset
from pinlib.teach.drawing.blocks import Headline, LadderRung, card, columns
from pinlib.teach.drawing.bytemap import Accent
from pinlib.teach.drawing.palette import Sign
from pinlib.teach.drawing.typeset import Mono, paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel
from pinlib.tls.certificates import Validity
from pinlib.tls.path_validation import validate

SERIAL = "serial number"
KIND_OF_KEY, BITS_OF_KEY = f"{SPKI}: the key’s kind", f"{SPKI}: the key’s bits"
_AROUND = 2  # lines of bytes shown before and after the changed one
_YEAR = 12  # of the last date's bytes, from their end: the year's last digit


class Change(Enum):
    """What is done to a byte."""

    NONE = "leave it"
    MORE = "add 1"
    BIT = "flip its top bit"

    def of(self, byte: int) -> int:
        """Return what the byte becomes."""
        return {Change.NONE: byte, Change.MORE: (byte + 1) % 256, Change.BIT: byte ^ 0x80}[self]


@dataclass(frozen=True, slots=True)
class Touched:
    """A part of the bank's certificate, one of its bytes counted from 0, and what is done to it.

    `tried` are the parts in which a hand has changed a byte, and both pins could be compared.
    """

    part: str = SERIAL
    at: int = 0
    change: Change = Change.NONE
    tried: frozenset[str] = field(default=frozenset(), compare=False)


@cache
def issued() -> bytes:
    """Return the bank's certificate as its CA issued it."""
    return story().bank.leaf.public_bytes(Encoding.DER)


@cache
def touchable() -> Mapping[str, Part]:
    """Return the parts on offer, in the order of their bytes."""
    whole = anatomy(dissect(issued()))
    spki = whole.find(SPKI)
    plain = (SERIAL, "issuer", "validity", "subject", "extensions", SIGNATURE)
    found = {name: whole.find(name) for name in plain}
    if spki is not None:  # mypy: a certificate has one
        found |= {KIND_OF_KEY: spki.find("algorithm"), BITS_OF_KEY: spki.find(KEY_BITS)}
    there = {name: part for name, part in found.items() if part is not None}
    return dict(sorted(there.items(), key=lambda item: item[1].start))


def _usual(part: str) -> int:
    """Return the byte to begin with, where a change is easily read: the last, or a year's."""
    return len(touchable()[part]) - (_YEAR if part == "validity" else 1)


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a change has done: bytes and pins before and after, and what TLS says of it."""

    place: int
    before: int
    after: int
    der: bytes
    pins: Mapping[Kind, Pin]
    tls: str
    evidence: str
    reads: str = ""

    @property
    def outcome(self) -> str:
        """Which pins are new; "unreadable" where no key can be found any more."""
        if Kind.KEY not in self.pins:
            return "unreadable"
        new = {kind for kind, pin in _as_issued().items() if self.pins[kind] != pin}
        return {0: "same", 2: "both"}.get(len(new)) or next(iter(new)).value


@cache
def _as_issued() -> Mapping[Kind, Pin]:
    return pins_of(dissect(issued()))


def _effect(state: Touched) -> _Effect:
    place = touchable()[state.part].start + state.at
    before = issued()[place]
    after = state.change.of(before)
    der = issued()[:place] + bytes([after]) + issued()[place + 1 :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a serial number below 0, and the like
        tls, evidence, reads = _tls(der, state.part)
    return _Effect(place, before, after, der, _pins(der), tls, evidence, reads)


def _pins(der: bytes) -> Mapping[Kind, Pin]:
    """Hash what stands there; a hash of all bytes there always is, a key not."""
    try:
        document = dissect(der)
    except NotReadable:
        document = Document(Form.UNKNOWN, der)
    if document.form is Form.CERTIFICATE:
        return pins_of(document)
    return {Kind.CERTIFICATE: Pin(Kind.CERTIFICATE, sha256(der).digest())}


def _tls(der: bytes, part: str) -> tuple[str, str, str]:
    """Validate a chain with this leaf: what came of it, why, and how the part reads now."""
    cast = story()
    old, issuing = cast.bank.chain[:2]
    try:
        leaf = read_certificate(der)
    except NotReadable:
        return "unreadable", "it can’t be read as a certificate", ""
    reads = " → ".join(dict.fromkeys((_read(old, part), _read(leaf, part))))
    reads = reads if "→" in reads else ""
    path = validate((leaf, *cast.bank.chain[1:]), cast.phone.roots, HOST, TODAY)
    if path.verified:
        return "verified", f"the signature of {issuer_of(leaf)} matches", reads
    if leaf.issuer != issuing.subject:
        return "refused", f"no CA here is called {issuer_of(leaf)}", reads
    try:
        leaf.verify_directly_issued_by(issuing)
    except InvalidSignature:
        return "refused", "the CA’s signature no longer matches", reads
    except Exception:  # any: what cannot be read raises in many ways
        return "refused", "its signature can’t be checked", reads
    return "refused", "no path leads to a trusted root", reads


def _read(certificate: x509.Certificate, part: str) -> str:
    """Return what a part says to a person; nothing of what is bytes to people, too."""
    if part == "extensions":
        return ", ".join(names(certificate)) or "no names"
    if part == "validity":
        return str(Validity.of(certificate))
    said = {"issuer": issuer_of, "subject": subject_of}
    return said[part](certificate) if part in said else ""


def _place_in(part: str) -> dict[str, int]:
    size = len(touchable()[part])
    return {f"{at + 1} of {size}": at for at in range(size)}


class BytePanel(Panel[Touched]):
    """Change one byte of the bank's certificate, and watch both pins."""

    name = "byte"
    controls = (
        Control("part", "Part", {name: name for name in touchable()}, "Where", kind="dropdown"),
        Control(
            "at",
            "Byte",
            _place_in(SERIAL),
            "Which of the part’s bytes: drag, or step with the arrow keys",
            kind="slider",
            follows=True,
        ),
        Control("change", "Change", {one.value: one for one in Change}, "What to do to the byte"),
    )
    presets: ClassVar = {
        "As issued": Touched(at=_usual(SERIAL)),
        "A later date": Touched("validity", _usual("validity"), Change.MORE),
        "Another subject": Touched("subject", _usual("subject"), Change.MORE),
        "A bit of the key": Touched(BITS_OF_KEY, _usual(BITS_OF_KEY), Change.BIT),
        "The signature alone": Touched(SIGNATURE, _usual(SIGNATURE), Change.BIT),
        "No certificate any more": Touched(SERIAL, 0, Change.MORE),
    }
    initial = Touched(at=_usual(SERIAL))

    @classmethod
    def states(cls) -> Iterator[Touched]:
        """Give every byte of each part, with everything that can be done to it."""
        for name, part in touchable().items():
            for at in range(len(part)):
                yield from (Touched(name, at, change) for change in Change)

    def controls_in(self, state: Touched) -> tuple[Control, ...]:
        """Let the slider go over the bytes of the part."""
        part, at, change = self.controls
        return part, replace(at, options=_place_in(state.part)), change

    def settle(self, state: Touched, before: Touched) -> Touched:
        """Begin each part at a byte that is easily read, and keep which parts were tried."""
        if state.part != before.part:
            state = replace(state, at=_usual(state.part))
        if state.change is Change.NONE or _effect(state).outcome == "unreadable":
            return state
        return replace(state, tried=state.tried | {state.part})

    def view(self, state: Touched) -> View:
        """Hash and validate the certificate with its byte changed."""
        found = _effect(state)
        left, told = _bytes(state, found)
        right, words = _judged(state, found)
        parts = "all" if len(state.tried) == len(touchable()) else str(len(state.tried))
        facts = {"outcome": found.outcome, "tls": found.tls, "parts": parts}
        return View(
            _headline(found),
            columns(left, right, first="wide"),
            "\n".join([*told, *words]),
            facts,
        )


_TOLD = {
    "certificate": "New certificate pin, same key pin",
    "both": "Both pins are new",
    "unreadable": "Not a certificate any more",
}


def _headline(found: _Effect) -> Headline:
    if found.outcome == "same":
        words, reason = "As issued: both pins match", "Pick a part, and change one of its bytes."
        return Headline(words, reason, signed=False)
    change = f"Byte {found.place}: {found.before:02x} → {found.after:02x}"
    refused = f"TLS refuses it: {found.evidence}."
    return Headline(_TOLD[found.outcome], f"{change}. {refused}", signed=False)


def _bytes(state: Touched, found: _Effect) -> tuple[Markup, list[str]]:
    """Draw the map with the byte in it, and the lines around the byte."""
    changed = state.change is not Change.NONE
    byte = Part("the byte", found.place, found.place + 1)
    whole = _with(anatomy(dissect(issued())), byte)
    told = f"{found.before:02x} → {found.after:02x}" if changed else f"{found.before:02x}"
    spki = whole.find(SPKI) or whole
    accents = {
        SPKI: Accent("holds", f"the key pin hashes these {len(spki)}"),
        byte.name: Accent("fails" if changed else "unchecked", f"byte {found.place}: {told}"),
    }
    first = max(0, found.place // bytemap.ROW - _AROUND) * bytemap.ROW
    end = min(len(found.der), first + (2 * _AROUND + 1) * bytemap.ROW)
    around = Part(f"bytes {first} to {end - 1}", first, end)
    heading = f"The certificate: {len(found.der)} bytes, to scale"
    drawn = card(
        heading,
        bytemap.scale_map(whole, whole, accents),
        typeset.subheading(f"{around.name[0].upper()}{around.name[1:]}, as they are now"),
        bytemap.hexdump(found.der, around, byte, "fails"),
    )
    return drawn, [
        f"{heading}. {bytemap.said(whole)}.",
        *(f"Marked: {name}, {accent.words}." for name, accent in accents.items()),
        f"{bytemap.hex_said(found.der, around)}.",
    ]


def _with(part: Part, byte: Part) -> Part:
    """Return a part with one byte as a part of the innermost that holds it."""
    inner = next((one for one in part.parts if one.start <= byte.start < one.end), None)
    if inner is None:
        return replace(part, parts=(*part.parts, byte))
    return replace(part, parts=tuple(_with(p, byte) if p is inner else p for p in part.parts))


def _judged(state: Touched, found: _Effect) -> tuple[Markup, list[str]]:
    """Lay out both pins before and after, what TLS says, and where a byte was tried."""
    rows, words = [], []
    for kind, old in _as_issued().items():
        new = found.pins.get(kind)
        name, same = f"{kind.value.capitalize()} pin", new == old
        mark: Sign = "holds" if same else "fails"
        rows.append(LadderRung(f"{name}: {_became(new, old)}", mark, _evidence(new, old)))
        words.append(f"{name}: {_became(new, old)}: as issued {old}, now {new or 'none'}.")
    said = {"verified": "accepted", "refused": "refused", "unreadable": "refused"}[found.tls]
    sign: Sign = "holds" if found.tls == "verified" else "fails"
    chain = LadderRung(f"TLS, chain: {said}", sign, (found.evidence,))
    tried = f"Tried in {len(state.tried)} of {len(touchable())} parts"
    named = [name for name in touchable() if name in state.tried]
    drawn = card(
        "Pins and TLS",
        *([paragraph(f"{state.part}: {found.reads}")] if found.reads else []),
        blocks.ladder([*rows, chain]),
        paragraph(f"{tried}.", dim=True),
    )
    words.append(f"{chain.title}: {found.evidence}.")
    words += [f"{state.part}: {found.reads}."] if found.reads else []
    words.append(f"{tried}: {', '.join(named)}." if named else f"{tried}.")
    return drawn, words


def _became(new: Pin | None, old: Pin) -> str:
    if new is None:
        return "no key found"
    return "the same" if new == old else "new"


def _evidence(new: Pin | None, old: Pin) -> tuple[typeset.Text, ...]:
    if new is None or new == old:
        return (("both" if new else "was", _brief(old)),)
    return ("was", _brief(old)), ("is", _brief(new))


def _brief(pin: Pin) -> Mono:
    return Mono(str(pin).removeprefix("sha256/"), 23)
