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
    """One message between two lanes; one that was never sent keeps its row, as a dotted line.

    `step` is its place in a conversation that can be stepped through, and 0 elsewhere.
    """

    name: str
    sender: Literal["left", "right"]
    size: str
    secrecy: Literal["clear", "encrypted", "unsent"]
    detail: Text = ""
    step: int = 0


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """The moment when the left lane decides, drawn across its lifeline."""

    words: str
    mark: Sign
    step: int = 0


SequenceRow = MessageRow | DecisionRow


def sequence(
    left: Lane, right: Lane, rows: Sequence[SequenceRow], *, sizes: str = "", step: int = 0
) -> Markup:
    """Draw a conversation, message by message, with the moment of decision across the lifeline.

    `sizes` says over their column what the sizes are of.  At a `step`, what comes later is left
    empty.
    """
    over = f'<span class="pl-sizes pl-dim">{escape(sizes)}</span>' if sizes else ""
    lanes = (
        f'<li class="pl-lanes"><span>{glyph(left.glyph, left.name)} {escape(left.name)}</span>'
        f"<span>{escape(right.name)} {glyph(right.glyph, right.name)}</span>{over}</li>"
    )
    drawn = (
        _LATER
        if step and not 0 < row.step <= step
        else _decision(row, step)
        if isinstance(row, DecisionRow)
        else _message(row, left, right, step)
        for row in rows
    )
    kind = "pl-sequence pl-stepping" if step else "pl-sequence"
    return Markup(f'<ol class="{kind}">{lanes}{"".join(drawn)}</ol>')


_LATER = '<li class="pl-row pl-later" aria-hidden="true"><div class="pl-wire"></div></li>'


def _current(row: SequenceRow, step: int) -> str:
    return ' aria-current="step"' if step and row.step == step else ""


def _named(row: SequenceRow, words: str) -> str:
    """Set a row's name; in a panel with steps the page's script lets it be clicked."""
    to = f' data-step="{row.step}"' if row.step else ""
    return f'<span class="pl-strong"{to}>{escape(words)}</span>'


def _decision(row: DecisionRow, step: int) -> str:
    return (
        f'<li class="pl-row pl-decision" data-decision="{row.mark}"{_current(row, step)}>'
        f'<div class="pl-wire">{mark(row.mark)}{_named(row, row.words)}</div></li>'
    )


def _message(row: MessageRow, left: Lane, right: Lane, step: int) -> str:
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
        f' data-secrecy="{row.secrecy}" data-from="{row.sender}"{_current(row, step)}>'
        f'<div class="pl-wire"><div class="pl-label">{_named(row, row.name)}{detail}</div>'
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
