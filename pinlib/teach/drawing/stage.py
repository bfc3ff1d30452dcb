"""The story as a scene: screens that show what people can see, and what went between them.

    Alice's phone ──── messages ──── Mallory's laptop ──── messages ──── the bank

Words are HTML and wrap by themselves; drawings are those of `blocks`.  All is in the text's colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pinlib.teach.drawing.blocks import arrow, glyph, mark
from pinlib.teach.drawing.typeset import Text, escape, inline

HIDDEN = 8
"""Blocks that stand where a password would: they tell nothing of its length."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What somebody sees: a small line, a large one (None: blocked characters), and a note."""

    small: str
    large: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody on the stage: a screen of a phone or a laptop, or a line drawing without one."""

    name: str
    drawn: str
    caption: str = ""
    screen: Screen | None = None


@dataclass(frozen=True, slots=True)
class StageLine:
    """Something that went from one actor to the next."""

    words: Text
    to_right: bool


@dataclass(frozen=True, slots=True)
class HangsUp:
    """Where somebody hangs up: an arrow that gets no further."""

    words: str


def stage(actors: Sequence[Actor], links: Sequence[Sequence[StageLine | HangsUp]]) -> Markup:
    """Draw actors from left to right, and between each two of them what went there."""
    parts = [_actor(actors[0])]
    for actor, link in zip(actors[1:], links, strict=True):
        parts.append(f'<ol class="pl-link">{"".join(map(_row, link))}</ol>')
        parts.append(_actor(actor))
    return Markup(f'<div class="pl-stage" data-actors="{len(actors)}">{"".join(parts)}</div>')


def screen(shown: Screen, of: str) -> Markup:
    """Draw the screen of a phone or a laptop, with what can be read on it."""
    if shown.large is None:
        blocked = "<i></i>" * HIDDEN
        large = f'<span class="pl-blocked" role="img" aria-label="not readable">{blocked}</span>'
    else:
        large = f'<span class="pl-large">{escape(shown.large)}</span>'
    small = f'<span class="pl-dim">{escape(shown.small)}</span>' if shown.small else ""
    note = f'<span class="pl-screen-note">{escape(shown.note)}</span>' if shown.note else ""
    return Markup(f'<div class="pl-screen pl-screen-{of}"><div>{small}{large}{note}</div></div>')


def _actor(actor: Actor) -> str:
    drawn = screen(actor.screen, actor.drawn) if actor.screen else glyph(actor.drawn, actor.name)
    caption = f'<div class="pl-dim">{escape(actor.caption)}</div>' if actor.caption else ""
    return (
        f'<div class="pl-actor" data-actor="{escape(actor.name)}">{drawn}'
        f'<div class="pl-heading">{escape(actor.name)}</div>{caption}</div>'
    )


def _row(row: StageLine | HangsUp) -> str:
    if isinstance(row, HangsUp):
        return (
            f'<li class="pl-hangs-up" data-line="unsent">{mark("fails", bare=True)}'
            f"<span>{escape(row.words)}</span></li>"
        )
    drawn = arrow(to_right=row.to_right, sent=True, title="sent")
    return (
        '<li class="pl-line-row" data-line="sent">'
        f'<div class="pl-label">{inline(row.words)}</div>{drawn}</li>'
    )
