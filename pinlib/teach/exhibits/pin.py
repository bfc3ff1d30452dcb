"""The pin: where its bytes stand, how every tool writes it, and what a wrong one was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import ClassVar

from pinlib import Kind, Notation, Pin, public_roots, story
from pinlib.anatomy import SIGNATURE, SPKI, TBS, Part, anatomy
from pinlib.cast import HOST
from pinlib.certificates import request
from pinlib.der import Document
from pinlib.encodings import LIMIT, Source, documents, spki
from pinlib.errors import BadPin
from pinlib.naming import key_name, title
from pinlib.pins import pins_of
from pinlib.published import whose
from pinlib.slips import FAMOUS, Hashed, Recognised, candidates, recognise, where
from pinlib.teach import bytemap, svg
from pinlib.teach.bytemap import Accent
from pinlib.teach.controls import Control
from pinlib.teach.given import Given
from pinlib.teach.panel import Panel
from pinlib.teach.svg import Headline, Html, Mono, Text, card, columns, copyable, paragraph
from pinlib.teach.view import View

BANK, ROOT = f"{HOST} (lab)", "ISRG Root X1"
REQUEST = "backup key: a request (lab)"
MEGABYTES = LIMIT // 1_000_000


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


@cache
def shelf() -> Mapping[str, Document]:
    """Return what can be looked at without an upload: the lab's own, then the public roots."""
    cast = story()
    lab: dict[str, Source] = {
        BANK: cast.bank.leaf,
        f"{HOST}, renewed, same key (lab)": cast.events["renew, same key"].identity.leaf,
        f"{HOST}, renewed, new key (lab)": cast.events["renew with an unknown key"].identity.leaf,
        "Lab Issuing CA (lab)": cast.issuing.certificate,
        "Lab Root (lab)": cast.root.certificate,
        REQUEST: request(HOST, cast.backup),
        "backup key: the public key (lab)": cast.backup.public_key(),
    }
    return {name: documents(source)[0] for name, source in {**lab, **public_roots()}.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """One certificate, request or key; what to look at; and a pin from somewhere."""

    source: str = BANK
    file: Given | None = None
    look: Look = Look.WHOLE
    pasted: str = ""

    @property
    def from_file(self) -> bool:
        """Whether the source is in the file that was given."""
        return self.file is not None and self.source in self.file.entries


def slip(hashed: Hashed, notation: Notation = Notation.OKHTTP) -> str:
    """Return the pin that somebody gets of ISRG Root X1 who hashes these bytes of it."""
    made = next(one for one in candidates(shelf()[ROOT]) if one.hashed is hashed)
    return Pin(Kind.KEY, made.digest).write(notation)


class PinPanel(Panel[Asked]):
    """See which bytes a pin is made of, and what somebody else's was made of."""

    name = "pin"
    controls = (
        Control(
            "source",
            "Certificate",
            {name: name for name in shelf()},
            "A certificate, a request or a key",
            kind="dropdown",
        ),
        Control(
            "file",
            "Your own file",
            tooltip=f"Your own file (≤ {MEGABYTES} MB)",
            kind="file",
            receive=Given.of,
        ),
        Control(
            "look", "Look at", {look.value: look for look in Look}, "Bytes to scale, or the pins"
        ),
        Control("pasted", "A pin from somewhere", {"none": ""}, "Paste it here", kind="text"),
    )
    presets: ClassVar = {
        "The bank’s certificate": Asked(),
        "A real root": Asked(ROOT),
        "The SPKI, byte by byte": Asked(look=Look.SPKI),
        "Every notation": Asked(ROOT, look=Look.NOTATIONS),
        "A backup key’s request": Asked(REQUEST),
        "A pin that matches": Asked(ROOT, pasted=slip(Hashed.SPKI, Notation.CURL)),
        "Hashed: all of it": Asked(ROOT, pasted=slip(Hashed.CERTIFICATE)),
        "Hashed: the bare bits": Asked(ROOT, pasted=slip(Hashed.KEY_BITS)),
        "Hashed: the PEM text": Asked(ROOT, look=Look.NOTATIONS, pasted=slip(Hashed.PEM)),
    }
    initial = Asked()

    def controls_in(self, state: Asked) -> tuple[Control, ...]:
        """Let the list of certificates begin with those of the file that was given."""
        source, *rest = self.controls
        given = state.file.entries if state.file else ()
        return replace(source, options={name: name for name in (*given, *shelf())}), *rest

    def settle(self, state: Asked, before: Asked) -> Asked:
        """Show a file as soon as it is there."""
        if state.file is not None and state.file is not before.file:
            return replace(state, source=state.file.entries[0])
        return state

    def view(self, state: Asked) -> View:
        """Hash the bytes as they stand, and hold the pasted pin against all of them."""
        if state.file is None or not state.from_file:
            subject = _Subject((shelf()[state.source],))
        elif state.file.refusal:
            return _refused(state.file)
        else:
            number = state.file.entries.index(state.source)
            subject = _Subject(state.file.documents, number, state.file.digest)
        answer = _answer(subject, state.pasted)
        if state.look is Look.NOTATIONS:
            picture, words = _notations(subject, answer)
        else:
            picture, words = _bytes(subject, answer, state.look)
        facts = {**answer.facts, "look": state.look.name.lower()}
        return View(answer.headline, picture, "\n".join(words), facts)


@dataclass(frozen=True)
class _Subject:
    """What is looked at, among what came with it."""

    all: tuple[Document, ...]
    number: int = 0
    file: bytes = b""

    @property
    def document(self) -> Document:
        return self.all[self.number]

    @property
    def whole(self) -> Part:
        return anatomy(self.document)

    @property
    def name(self) -> str:
        return title(self.document)

    @property
    def about(self) -> str:
        form = self.document.form.value
        named = "" if self.name == form else f"{self.name}: "
        told = f"{named}{form} with a key of type {key_name(spki(self.document))}."
        return told if named else f"{told[0].upper()}{told[1:]}"


@dataclass(frozen=True)
class _Answer:
    """What is to be said first, and the pasted pin that it is said of."""

    headline: Headline
    facts: dict[str, str]
    pin: Recognised | None = None


def _answer(subject: _Subject, pasted: str) -> _Answer:
    if not pasted.strip():
        return _Answer(_finding(subject), {"outcome": "shown"})
    try:
        found = recognise(pasted, subject.all, first=subject.number, file=subject.file)
    except BadPin as unreadable:
        return _Answer(
            Headline("That is no pin", f"{unreadable}.", "bad"), {"outcome": "unreadable"}
        )
    if not found:
        return _Answer(_finding(subject), {"outcome": "shown"})
    # A device that carries several pins accepts any one of them.
    best = max(found, key=lambda one: (one.matches, one.hashed is not None))
    facts = {
        "outcome": "match" if best.matches else "wrong" if best.hashed else "stranger",
        "notation": best.notation.name.lower(),
        "hashed": best.hashed.name.lower() if best.hashed else "nothing",
    }
    return _Answer(_judged(subject, best, len(found)), facts, best)


def _finding(subject: _Subject) -> Headline:
    """Say how much of the file a key pin looks at."""
    part, size = subject.whole.find(SPKI), len(subject.document.der)
    key = len(spki(subject.document))
    if part is None:
        words = f"The key pin is computed: {key:,} bytes"
        reason = "The SPKI is built around it."
    elif len(part) == size:
        words = f"All {size:,} bytes make the key pin"
        reason = "It is an SPKI, and nothing else."
    else:
        words = f"{key:,} of {size:,} bytes make the key pin"
        reason = "The SPKI is hashed, and nothing else."
    return Headline(words, f"{subject.about} {reason}", signed=False)


def _judged(subject: _Subject, found: Recognised, count: int) -> Headline:
    """Say what a pasted pin is a hash of, and whether a tool would find it here."""
    notation = f"Written for {found.notation.value}"
    if count > 1:
        notation = f"Of {count} pins, this one decides. {notation}"
    if found.hashed is None:
        name = whose(found.pin.digest)
        told = (
            f"It belongs to the public root {name}."
            if name
            else "Neither its SPKI nor any bytes that people hash by mistake: it is another’s."
        )
        return Headline("No match: made of nothing in here", f"{notation}. {told}", "bad")
    of = title(subject.all[found.number])
    if len(subject.all) > 1:
        of = f"{of}, number {found.number + 1} of {len(subject.all)}"
    detail = f" ({found.detail})" if found.detail else ""
    made = f"{notation}, made from {of}{detail}."
    if found.matches:
        if found.hashed is Hashed.SPKI and Kind.KEY not in found.notation.means:
            told = "The right 32 bytes; but tools that read bare hex want the whole certificate’s."
            return Headline("The key’s hash, in bare hex", f"{made} {told}", signed=False)
        kind = "certificate pin" if found.hashed is Hashed.CERTIFICATE else "key pin"
        return Headline(f"It matches: this is the {kind}", made, "good")
    told = found.hashed.story
    if found.hashed is Hashed.SPKI:
        told = "The record says that it is of a certificate, and it is of a key: write 3 1 1."
    return Headline(f"No match: a hash of {found.hashed.value}", f"{made} {told}", "bad")


def _bytes(subject: _Subject, answer: _Answer, look: Look) -> tuple[Html, list[str]]:
    """Draw the map of the file, the bytes of the part looked at, and the two pins beside them."""
    document, whole = subject.document, subject.whole
    part = look.part(whole)
    missing = part is None
    part = part or whole
    accents = _accents(subject, answer)
    accented, kind = _first_accent(whole, accents)
    heading = f"{part.name[0].upper()}{part.name[1:]}: {len(part):,} bytes, to scale"
    if missing:
        heading = f"{look.value[4:]}: there is none in here. The whole: {len(part):,} bytes"
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
        svg.subheading(below),
        bytemap.hexdump(document.der, part, accented, kind),
    )
    pins, words = _both_pins(subject)
    slips = _slips(subject, answer)
    pins += [svg.subheading("Three famous wrong hashes"), svg.facts([one.row for one in slips])]
    return columns(left, card("What the pins hash", *pins), first="wide"), [
        subject.about,
        f"{heading}. {bytemap.said(whole)}.",
        f"{below}: {bytemap.hex_said(document.der, part)}.",
        *(f"Marked: {name}, {accent.words}." for name, accent in accents.items()),
        *words,
        *(one.words for one in slips),
    ]


def _accents(subject: _Subject, answer: _Answer) -> dict[str, Accent]:
    """Mark what the key pin hashes, or what the pasted pin was made of."""
    if answer.pin is None or answer.pin.hashed is None or answer.pin.number != subject.number:
        part = subject.whole.find(SPKI)
        return {SPKI: Accent("holds", f"the key pin hashes these {len(part):,}")} if part else {}
    part = where(answer.pin.hashed, subject.document)
    if part is None:
        return {}
    good = answer.pin.matches
    return {
        part.name: Accent(
            "holds" if good else "fails", f"the pasted pin hashes these {len(part):,}"
        )
    }


def _first_accent(whole: Part, accents: dict[str, Accent]) -> tuple[Part | None, svg.Mark]:
    for name, accent in accents.items():
        part = whole.find(name)
        if part is not whole:  # everything at once needs no setting off
            return part, accent.mark
    return None, "holds"


def _both_pins(subject: _Subject) -> tuple[list[Html], list[str]]:
    document = subject.document
    sizes = {Kind.KEY: len(spki(document)), Kind.CERTIFICATE: len(document.der)}
    what = {Kind.KEY: "the SPKI", Kind.CERTIFICATE: "the whole certificate"}
    drawn, words = [], []
    for kind, pin in pins_of(document).items():
        told = f"SHA-256 of {what[kind]}, {sizes[kind]:,} bytes"
        name = f"{kind.value.capitalize()} pin"
        drawn += [
            svg.subheading(name),
            paragraph(told, dim=True),
            copyable(str(pin), f"the {kind.value} pin"),
        ]
        words.append(f"{name}: {told}: {pin}.")
    if Kind.CERTIFICATE not in pins_of(document):
        told = "There is no certificate pin: only a certificate has one."
        drawn.append(paragraph(told, dim=True))
        words.append(told)
    return drawn, words


def _notations(subject: _Subject, answer: _Answer) -> tuple[Html, list[str]]:
    """Lay out both pins as every tool writes them, and the hashes of the wrong bytes."""
    pins = pins_of(subject.document)
    rows, words = [], [subject.about]
    for notation in Notation:
        cells = [svg.inline(notation.value)]
        for kind in Kind:
            if kind not in pins:
                cells.append(svg.inline("none: this is no certificate"))
                continue
            text, read = pins[kind].write(notation), kind in notation.means
            cells.append(_written(text, f"the {kind.value} pin for {notation.value}", read))
            struck = "" if read else ", struck through"
            words.append(f"{notation.value}, {kind.value} pin: {text}{struck}.")
        rows.append(cells)
    head: list[Text] = ["Written for", "Key pin", "Certificate pin"]
    slips = _slips(subject, answer)
    picture = svg.stack(
        card(
            "Both pins, in every notation",
            paragraph(_STRUCK, dim=True),
            svg.table(head, rows, even=True),
        ),
        svg.heading("Three famous wrong hashes, dressed as key pins"),
        columns(*(one.card for one in slips)),
    )
    return picture, [*words, _STRUCK, *(one.words for one in slips)]


_STRUCK = "Struck through: these tools hash the other thing, so there it matches nothing."


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
    def card(self) -> Html:
        if self.pin is None:
            told = paragraph("There is none in here.", dim=True)
            return card(f"Wrong: {self.hashed.value}", told)
        name = f"Wrong: {self.hashed.value}{', pasted' if self.pasted else ''}"
        shown = copyable(str(self.pin), f"the hash of {self.hashed.value}")
        tone: svg.Tone = "bad" if self.bad else "plain"
        return card(name, shown, paragraph(self.told, dim=True), tone=tone)

    @property
    def words(self) -> str:
        if self.pin is None:
            return f"A wrong hash that there is none of here: {self.hashed.value}."
        pasted = ", the one that was pasted" if self.pasted else ""
        return f"A wrong hash: {self.hashed.value}{pasted}: {self.pin}. {self.told}"


def _slips(subject: _Subject, answer: _Answer) -> list[_Slip]:
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


def _written(text: str, what: str, read: bool) -> Html:
    shown = copyable(text, what)
    return shown if read else Html(f'<span class="pl-unread">{shown}</span>')


def _refused(file: Given) -> View:
    """Say why a file is not looked at, and what to do instead."""
    secret = bool(file.command)
    words = "Refused: this file holds a private key" if secret else "This file cannot be read"
    picture = Html("")
    if secret:
        picture = card(
            "In your own terminal, beside the file",
            svg.command(file.command),
            paragraph("What comes out holds nothing secret. Its key pin is the same.", dim=True),
        )
    told = f"{file.command}\n" if secret else ""
    return View(
        Headline(words, file.refusal, "bad"),
        picture,
        f"{told}The list of certificates still has everything else.",
        {"outcome": "refused"},
    )
