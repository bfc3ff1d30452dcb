"""The drawing vocabulary: the same thing looks the same in every panel.

Words are laid out by HTML and CSS, so that nothing overlaps at any length and a narrow notebook
reflows; SVG draws what words cannot: marks, arrows, line drawings, the dash of a key's border.
Every function takes plain words and returns `Html`; words never become `Html` without `escape`.
No element has an id, so two panels on a page cannot clash.  How things look is in `panel.css`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NewType

from pinlib.naming import letters

Html = NewType("Html", str)
"""Markup that is safe to show: everything in it that came from outside has been escaped."""

Tone = Literal["good", "bad", "new", "plain"]
Mark = Literal["holds", "fails", "unchecked", "unreached"]

BLUE, VERMILLION, GREEN, GREY, VIOLET = "#0072B2", "#D55E00", "#009E73", "#808080", "#9B6BC3"

MARK_WORDS: dict[Mark, str] = {
    "holds": "holds",
    "fails": "fails",
    "unchecked": "not checked",
    "unreached": "not reached",
}
MARK_OF_TONE: dict[Tone, Mark] = {
    "good": "holds",
    "bad": "fails",
    "new": "holds",
    "plain": "unchecked",
}
STROKES: dict[Mark, str] = {
    "holds": "M8 14.5l4.3 4.3L20.5 10",
    "fails": "M9.5 9.5l9 9M18.5 9.5l-9 9",
    "unchecked": "M9.5 14h9",
    "unreached": "M14 14h.01",
}
GLYPHS = {
    "phone": "M15 4h18a4 4 0 0 1 4 4v32a4 4 0 0 1-4 4H15a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4zM21 38h6",
    "bank": "M5 17L24 5l19 12zM10 17v20M19 17v20M29 17v20M38 17v20M5 42h38",
    "wifi": "M5 19a27 27 0 0 1 38 0M12 27a17 17 0 0 1 24 0M19 34.5a7.5 7.5 0 0 1 10 0M24 41h.01",
    "ca": "M8 5h32v28H8zM15 13h18M15 20h10M25 33a5 5 0 1 0 10 0a5 5 0 1 0-10 0M27 37v8l3-2 3 2v-8",
    "lock": "M9 21h30v22H9zM15 21v-6a9 9 0 0 1 18 0v6",
    "eye": "M3 24c9-15 33-15 42 0c-9 15-33 15-42 0zM24 24m-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0",
}


@dataclass(frozen=True, slots=True)
class Mono:
    """Bytes, a key or a pin: shortened in the middle when `keep` is given, whole on hover."""

    full: str
    keep: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """How one key is told from another: a name, a colour and a dash, all three together."""

    name: str
    colour: str
    dash: str


KEYS = (
    Key("key A", BLUE, "none"),
    Key("key B", GREEN, "9 4"),
    Key("key C", GREY, "2 4"),
    Key("key D", VIOLET, "12 3 2 3"),
)
# Of many keys each differs from its neighbours; its name tells it from all.
_LATER = ((GREY, "2 4"), (BLUE, "14 4"), (VIOLET, "6 3"), (GREEN, "3 3"))
STRANGER = Key("a stranger’s key", VERMILLION, "5 5")

Piece = str | Mono | Key
Text = Piece | tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """The answer, before any evidence: at most twelve words, and one sentence with the reason."""

    words: str
    reason: str
    tone: Tone = "plain"
    mark: Mark | None = None
    signed: bool = True
    """Whether a sign stands before the words: a finding is neither right nor wrong."""

    def __post_init__(self) -> None:
        if len(self.words.split()) > 12:
            raise ValueError(f"a verdict has at most 12 words: {self.words!r}")


@dataclass(frozen=True, slots=True)
class Rung:
    """One check on the ladder, with the evidence for its mark, a line each."""

    title: str
    mark: Mark
    evidence: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """One side of a conversation."""

    name: str
    glyph: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message between two lanes; one that was never sent keeps its row, as a dotted line."""

    name: str
    sender: Literal["left", "right"]
    size: str
    secrecy: Literal["clear", "encrypted", "unsent"]
    detail: Text = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Decision:
    """The moment when the left lane decides, drawn across its lifeline."""

    words: str
    mark: Mark


def escape(words: str) -> Html:
    """Make words from anywhere safe to show: no markup, nothing that hides or turns the text."""
    shown = (
        (" " if char in "\n\r\t" else "\ufffd")
        if unicodedata.category(char) in {"Cc", "Cf", "Cs"}
        else char
        for char in words
    )
    return Html(html.escape("".join(shown)))


def middle(words: str, keep: int) -> str:
    """Shorten to `keep` characters, keeping both ends: that is how people compare keys."""
    if len(words) <= keep:
        return words
    tail = (keep - 1) // 2
    return f"{words[: keep - 1 - tail]}…{words[len(words) - tail :]}"


def inline(text: Text) -> Html:
    """Lay out one line of words, bytes and keys."""
    if isinstance(text, tuple):
        return Html(" ".join(inline(piece) for piece in text))
    if isinstance(text, Mono):
        short = text.full if text.keep is None else middle(text.full, text.keep)
        kind = "pl-mono pl-short" if short != text.full else "pl-mono"
        return Html(f'<code class="{kind}" title="{escape(text.full)}">{escape(short)}</code>')
    if isinstance(text, Key):
        sample = (
            f'<line x1="1" x2="29" y1="5" y2="5" stroke="{text.colour}" stroke-width="3.5"'
            f' stroke-dasharray="{text.dash}"/>'
        )
        drawn = _svg(text.name, sample, "pl-keyline", 'width="30" height="10"')
        return Html(f'<span class="pl-key">{drawn} {escape(text.name)}</span>')
    return Html(_UNBROKEN.sub(r'<span class="pl-unbroken">\g<0></span>', escape(text)))


_UNBROKEN = re.compile(r"\d{4}-\d\d-\d\d|\b(?:RSA|P)-\d+")


def command(text: str) -> Html:
    """Set a command for the learner's own terminal; on a projector too it is whole."""
    return Html(f'<div class="pl-command">{copyable(text, "the command")}</div>')


def copyable(text: str, what: str) -> Html:
    """Set bytes that are meant to be taken along: one click marks all, a button copies.

    The button shows where the page's script is there to do it.  On a projector the text is
    shortened in the middle, for nobody copies from a wall; `what` names it for a screen reader.
    """
    whole, brief = escape(text), inline(Mono(text, 26))
    return Html(
        f'<span class="pl-copy"><code class="pl-mono pl-whole" title="{whole}">{whole}</code>'
        f'<span class="pl-brief">{brief}</span>'
        f'<button type="button" class="pl-copier" data-copy="{whole}"'
        f' title="Copy {escape(what)}">{_svg(f"Copy {what}", _COPY, "", _COPY_BOX)}</button></span>'
    )


_COPY = '<path d="M6 6V3h10v10h-3M3 6h10v11H3z"/>'
_COPY_BOX = 'viewBox="0 0 19 20"'


def table(head: Sequence[Text], rows: Sequence[Sequence[Html]], *, even: bool = False) -> Html:
    """Lay out cells in rows under their headings; the first cell of a row names it.

    With `even` all columns but the first are equally wide.
    """
    kind = "pl-table pl-even" if even else "pl-table"
    top = "".join(f'<th scope="col">{inline(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return Html(f'<table class="{kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>')


def key_style(index: int | None) -> Key:
    """Name and draw the bank's `index`-th key; None is a key that is not the bank's."""
    if index is None:
        return STRANGER
    if index < len(KEYS):
        return KEYS[index]
    return Key(f"key {letters(index)}", *_LATER[index % len(_LATER)])


def glyph(name: str, title: str = "") -> Html:
    """Draw one of the cast (or a lock, or an eye) in the text's colour."""
    path = f'<path d="{GLYPHS[name]}" vector-effect="non-scaling-stroke"/>'
    return _svg(title or name, path, f"pl-glyph pl-glyph-{name}", 'viewBox="0 0 48 48"')


def mark(kind: Mark, *, bare: bool = False) -> Html:
    """Draw a mark: ✓ on a blue disc, ✕ in a dashed vermillion ring, the others hollow."""
    stroke = f'<path class="pl-stroke" d="{STROKES[kind]}"/>'
    if bare:
        return _svg(MARK_WORDS[kind], stroke, "pl-sign", 'viewBox="6 6 16 16"')
    disc = f'<circle class="pl-disc" cx="14" cy="14" r="{10.5 if kind == "fails" else 13}"/>'
    ring = '<circle class="pl-ring" cx="14" cy="14" r="13"/>' if kind == "fails" else ""
    return _svg(MARK_WORDS[kind], disc + ring + stroke, f"pl-mark pl-{kind}", 'viewBox="0 0 28 28"')


def verdict_line(headline: Headline) -> Html:
    """Say the answer first, large, with its mark and a rule in its colour; then the reason."""
    sign = mark(headline.mark or MARK_OF_TONE[headline.tone], bare=True) if headline.signed else ""
    return Html(
        f'<div class="pl-headline pl-{headline.tone}">'
        f'<div class="pl-verdict">{sign} <span>{escape(headline.words)}</span></div>'
        f'<div class="pl-reason">{inline(headline.reason)}</div></div>'
    )


def ladder(rungs: Sequence[Rung]) -> Html:
    """Draw the checks in their order; learners recognise it like a traffic light."""
    return Html(f'<ol class="pl-ladder">{"".join(_rung(rung) for rung in rungs)}</ol>')


def _rung(rung: Rung) -> str:
    lines = "".join(f'<div class="pl-dim">{inline(line)}</div>' for line in rung.evidence)
    name = escape(rung.title.lower().replace(" ", "-"))
    return (
        f'<li class="pl-rung" data-rung="{name}" data-mark="{rung.mark}">{mark(rung.mark)}'
        f'<div><div class="pl-strong">{escape(rung.title)}</div>{lines}</div></li>'
    )


def card(title: str, *body: Html, tone: Tone = "plain") -> Html:
    """Draw a titled box; a tone colours its border, where the verdict lies in it."""
    heading = f'<div class="pl-heading">{escape(title)}</div>'
    return Html(f'<section class="pl-card pl-{tone}">{heading}{"".join(body)}</section>')


def certificate(title: str, rows: Sequence[tuple[str, Text]], key: Key, note: Text = "") -> Html:
    """Draw a certificate: its border has the colour and the dash of the key it certifies."""
    border = _svg(
        key.name,
        f'<rect x="1.25" y="1.25" rx="7" stroke="{key.colour}" stroke-dasharray="{key.dash}"/>',
        "pl-border",
    )
    under = f'<div class="pl-dim">{inline(note)}</div>' if note else ""
    top = f'<div class="pl-top"><div class="pl-heading">{escape(title)}</div>{inline(key)}</div>'
    return Html(
        f'<section class="pl-certificate" data-certificate="{escape(title)}">{border}'
        f"{top}{under}{facts(rows)}</section>"
    )


def facts(rows: Sequence[tuple[str, Text]]) -> Html:
    """Lay out names and values, aligned."""
    inside = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{inline(value)}</dd></div>" for name, value in rows
    )
    return Html(f'<dl class="pl-facts">{inside}</dl>')


def paragraph(text: Text, *, dim: bool = False) -> Html:
    """Set one sentence as text, or as detail."""
    return Html(f'<p class="{"pl-dim" if dim else "pl-text"}">{inline(text)}</p>')


def heading(words: str) -> Html:
    """Set a heading over what is not in one card."""
    return Html(f'<div class="pl-heading pl-over">{escape(words)}</div>')


def subheading(words: str) -> Html:
    """Set a heading inside a card, between two of its parts."""
    return Html(f'<div class="pl-strong pl-sub">{escape(words)}</div>')


def amount(number: str, of_what: str) -> Html:
    """Set one number so large that the back of the room can read it."""
    return Html(
        f'<div class="pl-amount">{escape(number)}</div><div class="pl-dim">{escape(of_what)}</div>'
    )


def columns(*parts: Html, first: Literal["wide", "equal"] = "equal") -> Html:
    """Set parts side by side on the grid; in a narrow notebook, one under the other."""
    return Html(f'<div class="pl-columns pl-first-{first}">{"".join(parts)}</div>')


def stack(*parts: Html) -> Html:
    """Set parts one under the other, with the grid's distance between them."""
    return Html(f'<div class="pl-stack">{"".join(parts)}</div>')


def sequence(left: Lane, right: Lane, rows: Sequence[Message | Decision]) -> Html:
    """Draw a conversation, message by message, with the moment of decision across the lifeline."""
    lanes = (
        f'<li class="pl-lanes"><span>{glyph(left.glyph, left.name)} {escape(left.name)}</span>'
        f"<span>{escape(right.name)} {glyph(right.glyph, right.name)}</span></li>"
    )
    drawn = (
        _decision(row) if isinstance(row, Decision) else _message(row, left, right) for row in rows
    )
    return Html(f'<ol class="pl-sequence">{lanes}{"".join(drawn)}</ol>')


def _decision(row: Decision) -> str:
    tone = "bad" if row.mark == "fails" else "good"
    return (
        f'<li class="pl-row pl-decision pl-{tone}" data-decision="{row.mark}"><div class="pl-wire">'
        f'{mark(row.mark)}<span class="pl-strong">{escape(row.words)}</span></div></li>'
    )


def _message(row: Message, left: Lane, right: Lane) -> str:
    start, end = (left, right) if row.sender == "left" else (right, left)
    if row.secrecy == "unsent":
        note = f"never sent, {escape(row.size)}"
    elif row.secrecy == "encrypted":
        note = f"{glyph('lock', 'nobody between them can read it')} encrypted, {escape(row.size)}"
    else:
        note = f"{glyph('eye', 'anyone between them can read it')} in clear, {escape(row.size)}"
    detail = f' <span class="pl-dim">{inline(row.detail)}</span>' if row.detail else ""
    return (
        f'<li class="pl-row pl-{row.secrecy} pl-{row.tone}" data-message="{escape(row.name)}"'
        f' data-secrecy="{row.secrecy}" data-from="{row.sender}"><div class="pl-wire">'
        f'<div class="pl-label"><span class="pl-strong">{escape(row.name)}</span>{detail}</div>'
        f"{_arrow(row, f'from {start.name} to {end.name}')}</div>"
        f'<div class="pl-note">{note}</div></li>'
    )


def _arrow(row: Message, title: str) -> Html:
    never = "never sent, " if row.secrecy == "unsent" else ""
    return arrow(
        to_right=row.sender == "left",
        sent=row.secrecy != "unsent",
        sealed=row.secrecy == "encrypted",
        title=never + title,
    )


def arrow(*, to_right: bool, sent: bool = True, sealed: bool = False, title: str) -> Html:
    """Draw an arrow as long as there is room: thick if sealed, dotted if it was never sent."""
    if sealed:
        start = 0 if to_right else 12
        line = f'<rect class="pl-pipe" x="{start}" y="3" width="100%" height="8" rx="4"/>'
    else:
        line = '<line class="pl-line" x1="0" x2="100%" y1="7" y2="7"/>'
    if not sent:
        edge, shape, kind = ("0" if to_right else "100%"), "M-5 2l10 10M5 2l-10 10", "pl-stop"
    else:
        edge, kind = ("100%" if to_right else "0"), "pl-head"
        shape = "M0 7L-14 1v12z" if to_right else "M0 7L14 1v12z"
    tip = f'<svg x="{edge}" overflow="visible"><path class="{kind}" d="{shape}"/></svg>'
    return _svg(title, line + tip, "pl-arrow", 'height="14"')


def _svg(title: str, inside: str, kind: str, attributes: str = "") -> Html:
    return Html(
        f'<svg class="{kind}" role="img" {attributes}><title>{escape(title)}</title>{inside}</svg>'
    )


@cache
def stylesheet() -> Html:
    """Give the one style sheet, as an element: a page or a panel carries it once."""
    css = Path(__file__).with_name("panel.css").read_text(encoding="utf-8")
    return Html(f"<style>{css}</style>")
