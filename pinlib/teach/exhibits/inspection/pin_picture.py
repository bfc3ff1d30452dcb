"""What is in a file, and what a pasted pin was made of, drawn byte by byte."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cryptography import x509
from markupsafe import Markup

from pinlib import Kind, Notation, Pin, key_pin
from pinlib.encoding.anatomy import SIGNATURE, SPKI, TBS, Part
from pinlib.encoding.files import spki
from pinlib.pins.pins import is_authority, pins_of
from pinlib.pins.wrong_hashes import FAMOUS, Hashed, Recognised, candidates, where
from pinlib.teach.drawing import blocks, bytemap, palette, typeset
from pinlib.teach.drawing.blocks import card, columns
from pinlib.teach.drawing.bytemap import Accent
from pinlib.teach.drawing.typeset import Mono, Text, copyable, paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.exhibits.inspection.pin_answer import Answer, Subject, told_of


class Look(Enum):
    """What to look at: a part of the file, which then fills the map, or the pins as text."""

    WHOLE = "the whole file"
    TBS = f"the {TBS}"
    SPKI = f"the {SPKI}"
    SIGNATURE = f"the {SIGNATURE}"
    NOTATIONS = "every notation"

    def part(self, whole: Part) -> Part | None:
        """Return the part that is looked at, or None where the file has no such part."""
        return whole if self is Look.WHOLE else whole.find(self.value.removeprefix("the "))


TOLD = 12
"""Pasted pins that are told one by one."""


def draw_pasted(subject: Subject, answer: Answer) -> tuple[tuple[Markup, ...], list[str]]:
    """Tell several pasted pins one by one: those that a server showed from those that are pinned.

    A single pin is in the headline, and needs no list.
    """
    if len(answer.pasted) < 2:
        return (), []
    shown = [one for one in answer.pasted if one.shown]
    pinned = [one for one in answer.pasted if not one.shown]
    lists = {"The server showed": shown, "The app pins": pinned} if shown else {"Pasted": pinned}
    cards, words = [], []
    for heading, pins in lists.items():
        if not pins:
            continue
        rows = [(one, told_of(subject, one)) for one in pins[:TOLD]]
        more = f"and {len(pins) - TOLD} more" if len(pins) > TOLD else ""
        table = blocks.grid(
            ("Pin", "Match", "What it is"),
            [
                (
                    typeset.inline(Mono(_bare(one.pin), 13)),
                    Markup('<span class="pl-match">{} {}</span>').format(
                        blocks.mark("holds" if one.matches else "fails"), _matched(one)
                    ),
                    typeset.inline(told),
                )
                for one, told in rows
            ],
        )
        cards.append(card(heading, table, *([paragraph(more, dim=True)] if more else [])))
        words += [f"{heading} {one.pin}: {_matched(one)}, {told}." for one, told in rows]
        words += [f"{heading} … {more}."] if more else []
    return (columns(*cards),), words


def _matched(one: Recognised) -> str:
    return "match" if one.matches else "no match"


def _bare(pin: Pin) -> str:
    return pin.write(Notation.BASE64) if pin.kind is Kind.KEY else str(pin)


def draw_bytes(subject: Subject, answer: Answer, look: Look) -> tuple[Markup, list[str]]:
    """Draw the map of the file, the bytes of the part looked at, and the two pins beside them."""
    document, whole = subject.document, subject.whole
    part = look.part(whole)
    missing = part is None
    part = part or whole
    accents = _accents(subject, answer)
    accented, kind = _first_accent(whole, accents)
    heading = f"{part.name[0].upper()}{part.name[1:]}: {len(part):,} bytes, to scale"
    if missing:
        heading = f"{look.value[4:]}: none in here. The whole: {len(part):,} bytes"
    if len(part) > bytemap.MOST:
        below = f"The first {bytemap.MOST} of them, one by one"
    else:
        below = "The same bytes, one by one"
    tbs = part.find(TBS)
    order = f"In the TBS: {', '.join(one.name for one in tbs.parts)}." if tbs else ""
    left = card(
        heading,
        bytemap.scale_map(whole, part, accents),
        *([paragraph(order, dim=True)] if order else []),
        typeset.subheading(below),
        bytemap.hexdump(document.der, part, accented, kind),
    )
    pins, words = _both_pins(subject)
    slips = _slips(subject, answer)
    pins += [
        typeset.subheading("Three famous wrong hashes"),
        blocks.facts([one.row for one in slips]),
    ]
    return columns(left, card("What the pins hash", *pins), first="wide"), [
        subject.about,
        f"{heading}. {bytemap.said(whole)}.",
        f"{below}: {bytemap.hex_said(document.der, part)}.",
        *(f"Marked: {name}, {accent.words}." for name, accent in accents.items()),
        *words,
        *(one.words for one in slips),
    ]


def _accents(subject: Subject, answer: Answer) -> dict[str, Accent]:
    """Mark what the key pin hashes, or what the pasted pin was made of."""
    if answer.pin is None or answer.pin.hashed is None or answer.pin.number != subject.number:
        part = subject.whole.find(SPKI)
        return {SPKI: Accent("holds", f"the key pin hashes these {len(part):,}")} if part else {}
    part = where(answer.pin.hashed, subject.document)
    if part is None:
        return {}
    refusal = any(one.shown for one in answer.pasted)
    told = "the app pins" if refusal else "the pasted pin hashes"
    told = "the server showed" if answer.pin.shown else told
    mark: palette.Sign = "holds" if answer.pin.matches else "fails"
    return {part.name: Accent(mark, f"{told} these {len(part):,}")}


def _first_accent(whole: Part, accents: dict[str, Accent]) -> tuple[Part | None, palette.Sign]:
    for name, accent in accents.items():
        part = whole.find(name)
        if part is not whole:  # everything at once needs no setting off
            return part, accent.mark
    return None, "holds"


def _both_pins(subject: Subject) -> tuple[list[Markup], list[str]]:
    document = subject.document
    sizes = {Kind.KEY: len(spki(document)), Kind.CERTIFICATE: len(document.der)}
    what = {Kind.KEY: "the SPKI", Kind.CERTIFICATE: "the whole certificate"}
    drawn, words = [], []
    for kind, pin in pins_of(document).items():
        told = f"SHA-256 of {what[kind]}, {sizes[kind]:,} bytes"
        name = f"{kind.value.capitalize()} pin"
        drawn += [
            typeset.subheading(name),
            paragraph(told, dim=True),
            copyable(str(pin), f"the {kind.value} pin"),
        ]
        words.append(f"{name}: {told}: {pin}.")
    if Kind.CERTIFICATE not in pins_of(document):
        told = "There is no certificate pin: only a certificate has one."
        drawn.append(paragraph(told, dim=True))
        words.append(told)
    return drawn, words


def draw_notations(subject: Subject, answer: Answer) -> tuple[Markup, list[str]]:
    """Lay out both pins as every tool writes them, and the hashes of the wrong bytes."""
    pins, authority = pins_of(subject.document), is_authority(subject.document)
    rows, words = [], [subject.about]
    for notation in Notation:
        cells = [typeset.inline(notation.value)]
        for kind in Kind:
            if kind not in pins:
                cells.append(typeset.inline("none: this is no certificate"))
                continue
            text = pins[kind].write(notation, authority=authority)
            reader = notation.reader(kind)
            read = kind in notation.means
            what = f"the {kind.value} pin for {notation.value}"
            cells.append(_written(text, what, "" if read else reader))
            struck = "" if read else f", struck through. Read by {reader}"
            words.append(f"{notation.value}, {kind.value} pin: {text}{struck}.")
        rows.append(cells)
    head: list[Text] = ["Written for", "Key pin", "Certificate pin"]
    slips = _slips(subject, answer)
    picture = blocks.stack(
        card(
            "Both pins, in every notation",
            paragraph(_STRUCK, dim=True),
            blocks.grid(head, rows, even=True),
        ),
        typeset.heading("Three famous wrong hashes, dressed as key pins"),
        columns(*(one.card for one in slips)),
    )
    return picture, [*words, _STRUCK, *(one.words for one in slips)]


_STRUCK = "Struck through: these tools hash the other thing, so it matches nothing there."


@dataclass(frozen=True)
class _Slip:
    """One famous wrong hash of what is looked at; no pin where there are no such bytes."""

    hashed: Hashed
    size: int = 0
    pin: Pin | None = None
    pasted: bool = False
    bad: bool = False

    @property
    def brief(self) -> str:
        return self.hashed.value.removeprefix("the ")

    @property
    def told(self) -> str:
        return f"SHA-256 of {self.size:,} bytes. {self.hashed.story}"

    @property
    def row(self) -> tuple[str, Text]:
        if self.pin is None:
            return self.brief, "none in here"
        name = f"{self.brief}, pasted" if self.pasted else self.brief
        return name, Mono(self.pin.write(Notation.BASE64), 13)

    @property
    def card(self) -> Markup:
        if self.pin is None:
            told = paragraph("There’s none in here.", dim=True)
            return card(f"Wrong: {self.hashed.value}", told)
        name = f"Wrong: {self.hashed.value}{', pasted' if self.pasted else ''}"
        shown = copyable(str(self.pin), f"the hash of {self.hashed.value}")
        tone: palette.Tone = "bad" if self.bad else "plain"
        return card(name, shown, paragraph(self.told, dim=True), tone=tone)

    @property
    def words(self) -> str:
        if self.pin is None:
            return f"A wrong hash that isn’t in here: {self.hashed.value}."
        pasted = ", the one that was pasted" if self.pasted else ""
        return f"A wrong hash: {self.hashed.value}{pasted}: {self.pin}. {self.told}"


def _slips(subject: Subject, answer: Answer) -> list[_Slip]:
    """Make the famous wrong hashes of what is looked at."""
    made = {one.hashed: one for one in reversed(list(candidates(subject.document)))}
    found = []
    for hashed in FAMOUS:
        if hashed not in made:
            found.append(_Slip(hashed))
            continue
        pin = Pin(Kind.KEY, made[hashed].digest)
        pasted = answer.pin is not None and answer.pin.pin.digest == pin.digest
        bad = pasted and answer.pin is not None and not answer.pin.matches
        found.append(_Slip(hashed, len(made[hashed].content), pin, pasted, bad))
    return found


def _written(text: str, what: str, unread: str) -> Markup:
    shown = copyable(text, what)
    if not unread:
        return shown
    told = Markup('<span class="pl-unread">{}</span><div class="pl-dim pl-reader">{}</div>')
    return told.format(shown, typeset.inline(unread))


def every_notation(certificate: x509.Certificate) -> View:
    """Write one key pin as each tool writes it, and say beside it who reads it so."""
    pin = key_pin(certificate)
    rows, words = [], []
    for notation in Notation:
        text, reader = pin.write(notation), notation.reader(pin.kind)
        unread = pin.kind not in notation.means
        written = copyable(text, f"the pin for {notation.value}")
        cell = Markup('<span class="pl-unread">{}</span>').format(written) if unread else written
        rows.append((typeset.inline(notation.value), cell, typeset.inline(reader)))
        words.append(f"{notation.value}: {text}. Read by {reader}.")
    others = sum(pin.kind not in notation.means for notation in Notation)
    return View(
        blocks.Headline(
            f"{_COUNTED[len(Notation)]} notations, one key pin",
            f"{_COUNTED[others]} are struck through: tools that read those hash the certificate.",
            signed=False,
        ),
        card("The same 32 bytes", blocks.grid(("Notation", "Key pin", "Read by"), rows)),
        "\n".join(["The same 32 bytes.", *words]),
        {"outcome": "shown", "unread": str(others)},
    )


_COUNTED = {2: "Two", 9: "Nine"}
