"""A conversation, message by message, with the moment of decision across the lifeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from pinlib.teach.drawing.blocks import arrow, glyph, mark
from pinlib.teach.drawing.palette import Sign
from pinlib.teach.drawing.typeset import Text, escape, inline


@dataclass(frozen=True, slots=True)
class Lane:
    """One side of a conversation."""

    name: str
    glyph: str


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message between two lanes; one that was never sent keeps its row, as a dotted line."""

    name: str
    sender: Literal["left", "right"]
    size: str
    secrecy: Literal["clear", "encrypted", "unsent"]
    detail: Text = ""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """The moment when the left lane decides, drawn across its lifeline."""

    words: str
    mark: Sign


def sequence(left: Lane, right: Lane, rows: Sequence[MessageRow | DecisionRow]) -> Markup:
    """Draw a conversation, message by message, with the moment of decision across the lifeline."""
    lanes = (
        f'<li class="pl-lanes"><span>{glyph(left.glyph, left.name)} {escape(left.name)}</span>'
        f"<span>{escape(right.name)} {glyph(right.glyph, right.name)}</span></li>"
    )
    drawn = (
        _decision(row) if isinstance(row, DecisionRow) else _message(row, left, right)
        for row in rows
    )
    return Markup(f'<ol class="pl-sequence">{lanes}{"".join(drawn)}</ol>')


def _decision(row: DecisionRow) -> str:
    return (
        f'<li class="pl-row pl-decision" data-decision="{row.mark}"><div class="pl-wire">'
        f'{mark(row.mark)}<span class="pl-strong">{escape(row.words)}</span></div></li>'
    )


def _message(row: MessageRow, left: Lane, right: Lane) -> str:
    start, end = (left, right) if row.sender == "left" else (right, left)
    if row.secrecy == "unsent":
        note = f"never sent, {escape(row.size)}"
    elif row.secrecy == "encrypted":
        note = f"{glyph('lock', 'nobody between them can read it')} encrypted, {escape(row.size)}"
    else:
        note = f"{glyph('eye', 'anyone between them can read it')} in clear, {escape(row.size)}"
    detail = f' <span class="pl-dim">{inline(row.detail)}</span>' if row.detail else ""
    return (
        f'<li class="pl-row pl-{row.secrecy}" data-message="{escape(row.name)}"'
        f' data-secrecy="{row.secrecy}" data-from="{row.sender}"><div class="pl-wire">'
        f'<div class="pl-label"><span class="pl-strong">{escape(row.name)}</span>{detail}</div>'
        f"{_arrow(row, f'from {start.name} to {end.name}')}</div>"
        f'<div class="pl-note">{note}</div></li>'
    )


def _arrow(row: MessageRow, title: str) -> Markup:
    never = "never sent, " if row.secrecy == "unsent" else ""
    return arrow(
        to_right=row.sender == "left",
        sent=row.secrecy != "unsent",
        sealed=row.secrecy == "encrypted",
        title=never + title,
    )
