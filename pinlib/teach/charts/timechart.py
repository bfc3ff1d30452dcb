"""Years as rows: what lasted how long, what happened when, and a cursor through all of it.

Places are shares of the whole time, 0 to 1.  Words are HTML: what does not fit into its stretch is
not shown there, and stands in the title and in the words beside the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from pinlib.teach.drawing.blocks import mark
from pinlib.teach.drawing.palette import Key, Sign, Tone
from pinlib.teach.drawing.typeset import escape


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that lasted: a tone and a sign, or a key's colour and dash, with renewals in it.

    `whole` is what the words are short for.
    """

    start: float
    end: float
    words: str
    whole: str = ""
    tone: Tone = "plain"
    sign: Sign | None = None
    key: Key | None = None
    small: str = ""
    ticks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that happened; its words have the room up to the next."""

    at: float
    words: str
    whole: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Curve:
    """Shares over time, 0 to 1, as points; `kind` is how it is drawn, `words` what it is."""

    points: tuple[tuple[float, float], ...]
    words: str
    kind: Literal["solid", "dashed"]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the chart; `now` is what holds at the cursor, `under` a second, thin track."""

    name: str
    title: str
    note: str = ""
    now: Sign | None = None
    stretches: tuple[Stretch, ...] = ()
    moments: tuple[Milestone, ...] = ()
    under: tuple[Stretch, ...] = ()
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """A day on the axis."""

    at: float
    words: str
    strong: bool = False


def timechart(
    rows: Sequence[Row], ticks: Sequence[Tick], cursor: Tick, *, note: str = "", until: float = 1.0
) -> Markup:
    """Draw rows over an axis, with the cursor through them; after `until` nothing is known yet.

    The note stands beside the axis.
    """
    pending = f'<div class="pl-pending" style="left:{_percent(until)}"></div>' if until < 1 else ""
    return Markup(
        f'<div class="pl-time" role="group">{"".join(_row(row) for row in rows)}'
        f"{_axis(ticks, cursor, note)}"
        f'<div class="pl-over-time"><div class="pl-cursor" style="left:{_percent(cursor.at)}">'
        f"</div>{pending}</div></div>"
    )


def progress(share: float) -> Markup:
    """Draw how much of a piece of work is done."""
    return Markup(
        f'<div class="pl-progress" role="progressbar" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{share * 100:.0f}"><div style="width:{_percent(share)}"></div></div>'
    )


def _row(row: Row) -> str:
    sign = mark(row.now) if row.now else ""
    note = f'<div class="pl-dim">{escape(row.note)}</div>' if row.note else ""
    now = f' data-now="{row.now}"' if row.now else ""
    tall, kind = (" pl-tall", " pl-ttall") if row.curves else ("", "")
    inside = "".join((*map(_stretch, row.stretches), *_moments(row.moments), _curves(row.curves)))
    under = "".join(map(_under, row.under))
    under = f'<div class="pl-tunder">{under}</div>' if under else ""
    return (
        f'<div class="pl-trow{kind}" data-row="{escape(row.name)}"{now}>'
        f'<div class="pl-tlabel"><div class="pl-strong">{sign}{escape(row.title)}</div>{note}</div>'
        f'<div class="pl-ttrack"><div class="pl-tmain{tall}">{inside}</div>{under}</div></div>'
    )


def _stretch(one: Stretch) -> str:
    place = f"left:{_percent(one.start)};width:{_percent(one.end - one.start)}"
    if one.key:
        dash = "solid" if one.key.dash == "none" else "dashed"
        place += f";border:2px {dash} {one.key.colour}"
    whole = one.end - one.start
    ticks = "".join(
        f'<i style="left:{_percent((at - one.start) / whole)}"></i>' for at in one.ticks
    )
    sign = mark(one.sign, bare=True) if one.sign else ""
    small = f" <small>{escape(one.small)}</small>" if one.small else ""
    words = f"{escape(one.words)}{small}"
    if one.ticks and words:
        words = f"<b>{words}</b>"  # no line goes through it
    kind = "pl-tkey" if one.key else f"pl-tblock pl-{one.tone}"
    return (
        f'<div class="{kind}" style="{place}" title="{escape(one.whole or one.words)}">{ticks}'
        f"<span>{sign}{words}</span></div>"
    )


def _under(one: Stretch) -> str:
    place = f"left:{_percent(one.start)};width:{_percent(one.end - one.start)}"
    return (
        f'<div class="pl-tline pl-{one.tone}" style="{place}"'
        f' title="{escape(one.whole or one.words)}"><span>{escape(one.words)}</span></div>'
    )


def _moments(moments: Sequence[Milestone]) -> Iterable[str]:
    before = 0.0
    for number, one in enumerate(moments, 1):
        end = moments[number].at if number < len(moments) else 1.0
        flip = one.at > 0.9 and one.at - before > 0.25  # there is room on the other side only
        place = f"left:{_percent(one.at)};width:{_percent(end - one.at)}"
        if flip:
            place = f"right:{_percent(1 - one.at)};width:{_percent(one.at - before)}"
        kind = f"pl-moment pl-{one.tone}{' pl-flip' if flip else ''}"
        yield (
            f'<div class="{kind}" style="{place}" title="{escape(one.whole or one.words)}"><b></b>'
            f"<span>{escape(one.words)}</span></div>"
        )
        before = one.at


def _curves(curves: Sequence[Curve]) -> str:
    if not curves:
        return ""
    lines = ""
    for one in curves:
        points = " ".join(f"{x * 1000:.1f},{100 - y * 100:.1f}" for x, y in one.points)
        if one.kind == "solid" and points:
            first, last = one.points[0][0] * 1000, one.points[-1][0] * 1000
            lines += f'<polygon points="{first:.1f},100 {points} {last:.1f},100"/>'
        lines += f'<polyline class="pl-{one.kind}" points="{points}"/>'
    said = "; ".join(one.words for one in curves)
    return (
        '<div class="pl-scale">100 %</div>'
        '<svg class="pl-curves" role="img" viewBox="0 0 1000 100" preserveAspectRatio="none">'
        f"<title>{escape(said)}</title>{lines}</svg>"
    )


def _axis(ticks: Sequence[Tick], cursor: Tick, note: str) -> str:
    shown = "".join(
        f'<div class="pl-tick{" pl-strong" if one.strong else ""}" style="left:{_percent(one.at)}">'
        f"{escape(one.words)}</div>"
        for one in ticks
    )
    side = " pl-flip" if cursor.at > 0.8 else ""
    return (
        '<div class="pl-trow pl-axis"><div class="pl-tlabel">'
        f'<div class="pl-dim">{escape(note)}</div></div><div class="pl-ttrack">{shown}'
        f'<div class="pl-today pl-strong{side}" style="left:{_percent(cursor.at)}">'
        f"{escape(cursor.words)}</div></div></div>"
    )


def _percent(share: float) -> str:
    return f"{share * 100:.2f}%"
