"""Charts in one house style: the palette of `svg`, direct labels, the finding as the title.

matplotlib draws them as SVG without a global figure, and what it draws in the text's colour follows
the page's theme.  A chart is a `View`: it says in words what it means, and every number in it.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pinlib.errors import BadInput
from pinlib.operations.expiry import Deadline, in_order
from pinlib.operations.fleet import Count
from pinlib.teach.drawing.blocks import Headline
from pinlib.teach.drawing.palette import BLUE, VERMILLION, Tone
from pinlib.teach.drawing.typeset import escape, middle
from pinlib.teach.drawing.view import View

_TEXT = "#0a0b0c"  # stands for the page's own text colour until the chart is drawn
_SIZE = (9.2, 3.5)  # inches: as wide as a notebook at 100 dots
_STYLE: dict[Any, Any] = {
    "font.size": 11,
    "svg.fonttype": "none",
    "text.parse_math": False,  # a name may hold dollars
    "text.color": _TEXT,
    "axes.labelcolor": _TEXT,
    "axes.edgecolor": _TEXT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "lines.linewidth": 2.5,
}
_SOON = 30  # days, as `python -m pinlib expiry` has it
_YEARS = timedelta(days=3650)  # what lies beyond is drawn at the edge; some end in the year 9999
LATE, ANEW = "late people stay late", "each release a new draw"


def locked_out_over_time(late: Count, anew: Count, what: str) -> View:
    """Draw the share of users locked out, day by day, under both models of updating."""
    days: list[Any] = [late.day(at) for at in range(len(late.share))]
    most = int(late.share.argmax())
    peak, on = float(late.share[most]), late.day(most)
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        axes.fill_between(days, late.share, color=VERMILLION, alpha=0.2, linewidth=0, step="post")
        axes.step(days, late.share, color=VERMILLION, where="post")
        axes.step(days, anew.share, color=_TEXT, where="post", linewidth=1.8, linestyle=(0, (4, 2)))
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        locator = AutoDateLocator(maxticks=9)  # type: ignore[no-untyped-call] # it has no types
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.set_xlim(days[0], days[-1])
        _label(axes, days, late, VERMILLION, LATE)
        _label(axes, days, anew, _TEXT, ANEW)
        picture = _drawn(figure, what)
    if not peak:
        headline = Headline("Nobody is locked out", f"On no day: {what}.", "good")
    else:
        words = f"{late.lost * 100:.1f} % of all user-days are lost"
        worst = f"worst on {on.day} {on:%B %Y}, with {peak * 100:.0f} % locked out"
        headline = Headline(words, f"{what[0].upper()}{what[1:]}: {worst}.", "bad")
    told = (
        f"{LATE}: {late.lost * 100:.1f} % of user-days; {ANEW}: {anew.lost * 100:.1f} %. "
        f"The most on one day is {peak * 100:.0f} %. From {late.first} to {late.day(-1)}; the "
        f"scale goes from 0 to 100 %. {_ticks(picture)}"
    )
    return View(headline, picture, told, {"outcome": "chart"})


def lost_by_lifetime(counts: Mapping[str, tuple[Count, Count]], what: str) -> View:
    """Draw the user-days that each user loses in a year, for one lifetime beside the other."""
    if not counts:
        raise BadInput("there’s nothing to compare: give lifetimes, such as 398, 47", seen="none")
    what = what.strip() or "no name"
    names, pairs = list(counts), list(counts.values())
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        for at, (late, anew) in enumerate(pairs):
            low, high = sorted((late.per_year, anew.per_year))
            axes.bar(at, high, width=0.5, color=VERMILLION, alpha=0.22, linewidth=0)
            axes.bar(at, low, width=0.5, color=VERMILLION, alpha=0.75, linewidth=0)
            said = f"{low:.0f}" if f"{low:.0f}" == f"{high:.0f}" else f"{low:.0f} to {high:.0f}"
            axes.annotate(
                f"{said} days", (at, high), (0, 4), textcoords="offset points", ha="center"
            )
        axes.set_xticks(range(len(names)), names)
        axes.set_ylim(0, max(1.0, *(count.per_year for pair in pairs for count in pair)) * 1.15)
        axes.set_ylabel("days lost per user and year")
        ends = f"upper end: {LATE}; lower end: {ANEW}"
        axes.text(0.01, 0.97, ends, transform=axes.transAxes, va="top")
        axes.tick_params(axis="x", length=0)
        picture = _drawn(figure, what)
    first, last = pairs[0], pairs[-1]
    words = (
        f"From {names[0]} to {names[-1]}: {first[0].per_year:.0f} lost days become "
        f"{last[0].per_year:.0f}"
    )
    tone: Tone = "bad" if last[0].per_year > first[0].per_year else "good"
    each = "; ".join(
        f"{name}: {anew.per_year:.0f} days if each release is a new draw, {late.per_year:.0f} if "
        f"{LATE}"
        for name, (late, anew) in counts.items()
    )
    reason = f"{what[0].upper()}{what[1:]}; per user and year, on average, at the upper end."
    return View(Headline(words, reason, tone), picture, f"{each}. {_ticks(picture)}")


def ends(found: Sequence[Deadline], now: datetime) -> View:
    """Draw what ends when as a calendar: a bar for each, its days left, and a line for now.

    The first to end stands on top.  Raises BadInput for none.
    """
    if not found:
        raise BadInput("nothing here expires: give certificates or pin sets", seen="none")
    if not isinstance(now, datetime) or now.tzinfo is None:
        raise BadInput("give now as a datetime with a zone, such as UTC", seen=repr(now))
    ordered = in_order(found)
    early, late = now - _YEARS, now + _YEARS
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_SIZE[0], 1.1 + 0.42 * len(ordered)), layout="constrained")
        axes = figure.subplots()
        for at, one in enumerate(ordered):
            days: list[Any] = [max(one.starts, early), min(max(one.ends, early), late)]
            over = one.left(now) < 0
            colour, dash = (VERMILLION, (0, (2, 1))) if over else (BLUE, "solid")
            axes.plot(days, [at, at], color=colour, linewidth=7, linestyle=dash)
            said = "expired" if over else f"{_days(one.left(now))} left"
            spot: Any = (days[1], at)
            axes.annotate(said, spot, (8, 0), textcoords="offset points", va="center")
        line: Any = now
        axes.axvline(line, color=_TEXT, linewidth=1.5, linestyle=(0, (4, 2)))
        today: Any = (now, -0.5)
        axes.annotate(f"{now:%Y-%m-%d}", today, (6, -11), textcoords="offset points")
        titles = [" ".join(f"{one.what.value}: {one.name}".split()) for one in ordered]
        names = [middle(title, 44) for title in titles]
        axes.set_yticks(range(len(ordered)), names)
        axes.set_ylim(len(ordered) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.margins(x=0.16)
        locator = AutoDateLocator()  # type: ignore[no-untyped-call] # it has no types
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        picture = _drawn(figure, "what expires when")
    first = next((one for one in ordered if one.left(now) >= 0), None)
    ended = sum(one.left(now) < 0 for one in ordered)
    if first is None:
        headline = Headline("Everything has expired", "None of this is valid today.", "bad")
    else:
        words = f"{_days(first.left(now))} until the first one expires"
        reason = f"{first.what.value.capitalize()} {first.name}: {first.what.to_do}."
        soon = bool(ended) or first.left(now) < _SOON
        headline = Headline(words, reason, "bad" if soon else "plain", signed=soon)
    each = "; ".join(
        f"{one.what.value} {one.name}, from {one.starts:%Y-%m-%d} to {one.day}, "
        + ("expired" if one.left(now) < 0 else f"{_days(one.left(now))} left")
        for one in ordered
    )
    told = f"On {now:%Y-%m-%d}: {each}. {_ticks(picture)}"
    return View(headline, picture, told, {"outcome": "chart", "ended": str(ended)})


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE, layout="constrained")
    return figure, figure.subplots()


def _label(axes: Axes, days: Sequence[Any], count: Count, colour: str, words: str) -> None:
    """Write a line's name where the line is, as far from the other's as they differ."""
    above = count.share[len(days) // 2] < 0.8
    spot = (days[len(days) // 2], float(count.share[len(days) // 2]))
    shift = {LATE: 12, ANEW: -16}[words] if above else {LATE: -16, ANEW: -32}[words]
    axes.annotate(words, spot, (6, shift), textcoords="offset points", color=colour)


def _drawn(figure: Figure, what: str) -> Markup:
    """Return a figure as SVG that follows the page: its colours, its width, no id twice."""
    buffer = io.StringIO()
    unique = uuid4().hex[:8]
    with mpl.rc_context({"svg.hashsalt": unique}), warnings.catch_warnings():
        # The page's own fonts write the text, and they have more letters than matplotlib's.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    used = set(re.findall(r"#([A-Za-z_][\w-]*)", svg))
    svg = re.sub(
        r' id="([^"]+)"',
        lambda found: f' id="{unique}-{found[1]}"' if found[1] in used else "",
        svg,
    )
    svg = re.sub(r"(url\(#|href=\"#)(?=[A-Za-z_])", rf"\g<1>{unique}-", svg)
    svg = svg.replace(_TEXT, "currentColor")
    box = re.search(r'viewBox="[^"]+"', svg)
    start = f'<svg {box[0] if box else ""} xmlns:xlink="http://www.w3.org/1999/xlink" role="img">'
    svg = f"{start}<title>{escape(what)}</title>{svg[svg.index('>') + 1 :]}"
    return Markup(f'<div class="pl-chart">{svg}</div>')


def _ticks(picture: Markup) -> str:
    """Say the axes' own numbers, so that nothing in the picture is missing in its words."""
    found = re.findall(r"<text[^>]*>([^<]*\d[^<]*)</text>", picture)
    return f"On the axes: {', '.join(dict.fromkeys(found))}."
