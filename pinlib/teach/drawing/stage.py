"""The story as a scene: who is where, what went between them, and where it stopped.

    phone ──── messages ──── somebody in the middle ──── messages ──── bank

Words are HTML and wrap by themselves; drawings are those of `svg`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pinlib.teach.drawing.blocks import arrow, glyph, mark
from pinlib.teach.drawing.palette import Key, Sign, Tone
from pinlib.teach.drawing.typeset import Text, escape, inline


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody on the stage; a tone colours whoever the verdict is about."""

    name: str
    glyph: str
    caption: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class StageCard:
    """A certificate on its way: whose it says it is, who vouches for it, and its key."""

    subject: str
    issuer: str
    pin: Text
    key: Key


@dataclass(frozen=True, slots=True)
class StageLine:
    """Something that went from one actor to the next, or that never did."""

    words: Text
    to_right: bool
    tone: Tone = "plain"
    sent: bool = True
    card: StageCard | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """The moment of decision, drawn across the left actor's line."""

    words: str
    mark: Sign


def stage(actors: Sequence[Actor], links: Sequence[Sequence[StageLine | Stop]]) -> Markup:
    """Draw actors from left to right, and between each two of them what went there."""
    parts = [_actor(actors[0])]
    for actor, link in zip(actors[1:], links, strict=True):
        parts.append(f'<ol class="pl-link">{"".join(map(_row, link))}</ol>')
        parts.append(_actor(actor))
    return Markup(f'<div class="pl-stage" data-actors="{len(actors)}">{"".join(parts)}</div>')


def _actor(actor: Actor) -> str:
    return (
        f'<div class="pl-actor pl-{actor.tone}" data-actor="{escape(actor.name)}">'
        f'{glyph(actor.glyph, actor.name)}<div class="pl-heading">{escape(actor.name)}</div>'
        f'<div class="pl-dim">{escape(actor.caption)}</div></div>'
    )


def _row(row: StageLine | Stop) -> str:
    if isinstance(row, Stop):
        tone = "bad" if row.mark == "fails" else "good"
        return (
            f'<li class="pl-stop pl-{tone}" data-decision="{row.mark}">{mark(row.mark)}'
            f'<span class="pl-strong">{escape(row.words)}</span></li>'
        )
    state = "sent" if row.sent else "unsent"
    drawn = arrow(to_right=row.to_right, sent=row.sent, title="sent" if row.sent else "never sent")
    card = _card(row.card) if row.card else ""
    return (
        f'<li class="pl-line-row pl-{row.tone} pl-{state}" data-line="{state}">'
        f'<div class="pl-label">{inline(row.words)}</div>{card}{drawn}</li>'
    )


def _card(card: StageCard) -> str:
    dash = "solid" if card.key.dash == "none" else "dashed"
    return (
        f'<div class="pl-cert" style="border: 2.5px {dash} {card.key.colour}">'
        f'<span class="pl-strong">{escape(card.subject)}</span> <span class="pl-signed pl-dim">'
        f"{glyph('ca', 'an authority')} signed by {escape(card.issuer)}</span> "
        f"{inline(card.key)} {inline(card.pin)}</div>"
    )
