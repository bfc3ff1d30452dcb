"""The building blocks of a picture: headline, ladder, card, certificate, columns.

Words are laid out by HTML and CSS, so that nothing overlaps at any length and a narrow notebook
reflows; SVG draws what words cannot: marks, arrows, line drawings, the dash of a key's border.
No element has an id, so two panels on a page cannot clash.  How things look is in `style.css`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from pinlib import Ending
from pinlib.teach.drawing.palette import (
    GLYPHS,
    MARK_OF_TONE,
    MARK_WORDS,
    STROKES,
    Key,
    Sign,
    Tone,
)
from pinlib.teach.drawing.typeset import Text, escape, inline, svg_element


@dataclass(frozen=True, slots=True)
class Headline:
    """The answer, before any evidence: at most twelve words, and one sentence with the reason."""

    words: str
    reason: str
    tone: Tone = "plain"
    mark: Sign | None = None
    signed: bool = True
    """Whether a sign stands before the words: a finding is neither right nor wrong."""
    ending: Ending | None = None
    """Who was harmed, where that is known: then it is told by icon, colour and square."""

    def __post_init__(self) -> None:
        if len(self.words.split()) > 12:
            raise ValueError(f"a verdict has at most 12 words: {self.words!r}")


@dataclass(frozen=True, slots=True)
class LadderRung:
    """One check on the ladder, with the evidence for its mark, a line each."""

    title: str
    mark: Sign
    evidence: tuple[Text, ...] = ()


def glyph(name: str, title: str = "") -> Markup:
    """Draw one of the cast (or a lock, or an eye) in the text's colour."""
    path = f'<path d="{GLYPHS[name]}" vector-effect="non-scaling-stroke"/>'
    return svg_element(title or name, path, f"pl-glyph pl-glyph-{name}", 'viewBox="0 0 48 48"')


def mark(kind: Sign, *, bare: bool = False) -> Markup:
    """Draw a mark in the text's colour: ✓ on a disc, ✕ in a ring, the others hollow."""
    stroke = f'<path class="pl-stroke" d="{STROKES[kind]}"/>'
    if bare:
        return svg_element(MARK_WORDS[kind], stroke, "pl-sign", 'viewBox="6 6 16 16"')
    disc = f'<circle class="pl-disc" cx="14" cy="14" r="{10.5 if kind == "fails" else 13}"/>'
    ring = '<circle class="pl-ring" cx="14" cy="14" r="13"/>' if kind == "fails" else ""
    return svg_element(
        MARK_WORDS[kind], disc + ring + stroke, f"pl-mark pl-{kind}", 'viewBox="0 0 28 28"'
    )


def verdict_line(headline: Headline) -> Markup:
    """Say the answer first, large, with its mark; then the reason."""
    sign = mark(headline.mark or MARK_OF_TONE[headline.tone], bare=True) if headline.signed else ""
    return Markup(
        f'<div class="pl-headline">'
        f'<div class="pl-verdict">{sign} <span>{escape(headline.words)}</span></div>'
        f'<div class="pl-reason">{inline(headline.reason)}</div></div>'
    )


def ladder(rungs: Sequence[LadderRung]) -> Markup:
    """Draw the checks in their order; learners recognise it like a traffic light."""
    return Markup(f'<ol class="pl-ladder">{"".join(_rung(rung) for rung in rungs)}</ol>')


def _rung(rung: LadderRung) -> str:
    lines = "".join(f'<div class="pl-dim">{inline(line)}</div>' for line in rung.evidence)
    name = escape(rung.title.lower().replace(" ", "-"))
    return (
        f'<li class="pl-rung" data-rung="{name}" data-mark="{rung.mark}">{mark(rung.mark)}'
        f'<div><div class="pl-strong">{escape(rung.title)}</div>{lines}</div></li>'
    )


def card(title: str, *body: Markup, tone: Tone = "plain") -> Markup:
    """Draw a titled box; a tone colours its border, where the verdict lies in it."""
    heading = f'<div class="pl-heading">{escape(title)}</div>'
    return Markup(f'<section class="pl-card pl-{tone}">{heading}{"".join(body)}</section>')


def certificate(title: str, rows: Sequence[tuple[str, Text]], key: Key, note: Text = "") -> Markup:
    """Draw a certificate: its border has the colour and the dash of the key it certifies."""
    border = svg_element(
        key.name,
        f'<rect x="1.25" y="1.25" rx="7" stroke="{key.colour}" stroke-dasharray="{key.dash}"/>',
        "pl-border",
    )
    under = f'<div class="pl-dim">{inline(note)}</div>' if note else ""
    top = f'<div class="pl-top"><div class="pl-heading">{escape(title)}</div>{inline(key)}</div>'
    return Markup(
        f'<section class="pl-certificate" data-certificate="{escape(title)}">{border}'
        f"{top}{under}{facts(rows)}</section>"
    )


def facts(rows: Sequence[tuple[str, Text]]) -> Markup:
    """Lay out names and values, aligned."""
    inside = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{inline(value)}</dd></div>" for name, value in rows
    )
    return Markup(f'<dl class="pl-facts">{inside}</dl>')


def grid(head: Sequence[Text], rows: Sequence[Sequence[Markup]], *, even: bool = False) -> Markup:
    """Lay out cells in rows under their headings; the first cell of a row names it.

    With `even` all columns but the first are equally wide.
    """
    kind = "pl-table pl-even" if even else "pl-table"
    top = "".join(f'<th scope="col">{inline(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return Markup(
        f'<table class="{kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
    )


def columns(*parts: Markup, first: Literal["wide", "equal"] = "equal") -> Markup:
    """Set parts side by side on the grid; in a narrow notebook, one under the other."""
    return Markup(f'<div class="pl-columns pl-first-{first}">{"".join(parts)}</div>')


def stack(*parts: Markup) -> Markup:
    """Set parts one under the other, with the grid's distance between them."""
    return Markup(f'<div class="pl-stack">{"".join(parts)}</div>')


def arrow(*, to_right: bool, sent: bool = True, sealed: bool = False, title: str) -> Markup:
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
    return svg_element(title, line + tip, "pl-arrow", 'height="14"')


@cache
def stylesheet() -> Markup:
    """Give the one style sheet, as an element: a page or a panel carries it once."""
    here = Path(__file__)
    css = (here.with_name(name).read_text(encoding="utf-8") for name in ("style.css", "lesson.css"))
    return Markup(f"<style>{''.join(css)}</style>")
