"""A plan as rows of years: what was deployed, what was released, and what became of every app.

Each row has words beside it that say the same; `named_days` are the days worth stopping at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache, partial

from pinlib import Outcome, Strategy
from pinlib.operations.day_report import AppYears
from pinlib.operations.plans import (
    Attack,
    Deployed,
    Deployment,
    PinsEnd,
    Plan,
    PlanEvent,
    Released,
    Retired,
    Stolen,
    authorities,
    root_of,
)
from pinlib.operations.sweep import App, Block, Track
from pinlib.teach.charts.timechart import Milestone, Row, Stretch, Tick
from pinlib.teach.drawing import palette
from pinlib.teach.drawing.palette import Sign, Tone


@lru_cache(maxsize=64)
def named_days(plan: Plan) -> dict[str, date]:
    """Return the days that a slider stops at: where something happens, and each month's first."""
    told: dict[date, list[str]] = {}
    for event in plan.events:
        told.setdefault(event.day, []).append(_happens(event))
    deployments = plan.deployments
    if len(deployments) <= 40:
        for one in deployments:
            late = one.replaced is None or one.replaced > one.ends
            what = f"{one.certificate} has expired" if late else f"{one.certificate} would expire"
            told.setdefault(one.ends + timedelta(1), []).append(what)
    day = plan.start
    while day <= plan.ends:
        told.setdefault(day, [])
        day = (day.replace(day=1) + timedelta(32)).replace(day=1)
    days = sorted(day for day in told if day <= plan.ends)
    return {": ".join(filter(None, (short(day), ", ".join(told[day])))): day for day in days}


def short(day: date) -> str:
    """Return a day as there is room for in a picture: 14 May 2027."""
    return f"{day.day} {day:%b %Y}"


def _happens(event: PlanEvent) -> str:
    match event:
        case Deployed():
            return f"a certificate with {event.key}"
        case Released():
            return f"{event.version} of the app"
        case PinsEnd():
            return f"the pins of {event.version} expire"
        case Stolen():
            return f"{event.key} is stolen"
        case Retired():
            return f"{event.root} is retired"
        case Attack():
            return "someone in the middle"


def rows_of(plan: Plan, lines: Sequence[AppYears], marks: Mapping[Strategy, Sign]) -> list[Row]:
    """Return what was deployed and released, what else happened, and a row for each app.

    `marks` say what the apps came to at the cursor: they reach the bank, and nobody else.
    """
    ways = (_way_row(plan, one, marks) for one in lines)
    return [_deployed_row(plan), _releases_row(plan), *_other_rows(plan), *ways]


def words_of(plan: Plan, lines: Sequence[AppYears]) -> list[str]:
    """Say what the rows show."""
    ways = (words for one in lines for words in _way_words(plan, one))
    return [*_deployed_words(plan), *_release_words(plan), *_other_words(plan), *ways]


def place(plan: Plan, day: date) -> float:
    """Return where a day begins, as a share of the plan's time."""
    return min(max((day - plan.start).days / plan.days, 0.0), 1.0)


def after(plan: Plan, day: date) -> float:
    """Return where a stretch ends whose last day this is."""
    return place(plan, day + timedelta(1))


def ticks(plan: Plan) -> Iterator[Tick]:
    """Give the axis: years, and quarters or halves between them."""
    step = 3 if plan.days < 1000 else 6
    day = plan.start.replace(day=1)
    while day <= plan.ends:
        if day >= plan.start and (day.month - 1) % step == 0:
            year = day.month == 1
            yield Tick(place(plan, day), f"{day:%Y}" if year else f"{day:%b}", year)
        day = (day.replace(day=1) + timedelta(32)).replace(day=1)


def _runs(plan: Plan) -> list[list[Deployment]]:
    """Return the certificates in service, those together that followed with the same key."""
    runs: list[list[Deployment]] = []
    for one in plan.deployments:
        last = runs[-1][-1] if runs else None
        same = last and (last.key, last.issuer) == (one.key, one.issuer)
        if same and last and one.day <= last.ends + timedelta(1):
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _served(plan: Plan, one: Deployment) -> date:
    """Return the last day on which a certificate was in service and valid."""
    until = one.replaced - timedelta(1) if one.replaced else plan.ends
    return min(until, one.ends)


def _deployed_row(plan: Plan) -> Row:
    found = []
    for run in _runs(plan):
        first, last = run[0], run[-1]
        ticks = tuple(place(plan, one.day) for one in run[1:])
        start, end = place(plan, first.day), after(plan, _served(plan, last))
        style = palette.key_style(key_index(first.key))
        whole = f"{first.key}, {first.issuer}, from {short(first.day)}"
        words = _if_room(end - start, {0.07: first.key, 0.024: bare((first.key,))})
        brief = first.issuer.replace(" Issuing", "")
        small = _if_room(end - start, {0.34: first.issuer, 0.19: brief}).replace(" ", "\u00a0")
        found.append(Stretch(start, end, words, whole, key=style, small=small, ticks=ticks))
        gone = last.replaced - timedelta(1) if last.replaced else plan.ends
        if gone > last.ends:
            found.append(Stretch(end, after(plan, gone), "expired", tone="bad", sign="fails"))
    count = len(plan.deployments)
    return Row("deployed", "Deployed", f"{count} certificates", stretches=tuple(found))


def _deployed_words(plan: Plan) -> Iterator[str]:
    runs = _runs(plan)
    yield f"{len(plan.deployments)} certificates; stretches of one key and issuer: {len(runs)}."
    for run in runs[:_MANY]:
        ends = short(_served(plan, run[-1]))
        first = run[0]
        yield f"{first.key}, from {first.issuer}: {short(first.day)} to {ends}, {len(run)} of them"


_MANY = 12
"""Runs that are told one by one."""


def key_index(key: str) -> int:
    """Return the place of a key among all: A is 0, AA is 26."""
    index = 0
    for letter in key.removeprefix("key "):
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def bare(pins: Sequence[str]) -> str:
    """Write names of pins as briefly as can be: A, B, Other Root."""
    return ", ".join(pin.removeprefix("key ") for pin in pins)


def _releases_row(plan: Plan) -> Row:
    found = []
    following = (*(place(plan, one.day) for one in plan.releases[1:]), 1.0)
    for one, later in zip(plan.releases, following, strict=True):
        at, whole = place(plan, one.day), f"{one.version} pins {bare(one.pins) or 'nothing'}"
        words = _if_room(later - at, {0.17: whole, 0.045: one.version})
        found.append(Milestone(at, words, whole))
    return Row("releases", "App releases", moments=tuple(found))


def _if_room(share: float, words: Mapping[float, str]) -> str:
    """Return the longest words that have room, by the least share of the width that they need."""
    return next((said for least, said in words.items() if share >= least), "")


def _release_words(plan: Plan) -> Iterator[str]:
    for one in plan.releases:
        yield f"{short(one.day)}: {one.version} of the app pins {bare(one.pins) or 'nothing'}"


def _else(plan: Plan) -> list[PlanEvent]:
    return [one for one in plan.events if not isinstance(one, Deployed | Released)]


def _other_rows(plan: Plan) -> Iterator[Row]:
    found: list[Milestone] = []
    for event in _else(plan):
        at, words = place(plan, event.day), _happens(event)
        if found and at - found[-1].at < _CLOSE:
            found[-1] = replace(found[-1], words=f"{found[-1].words}, {words}")
        else:
            found.append(Milestone(at, words, tone="bad"))
    if found:
        yield Row("else", "What else", moments=tuple(found))


_CLOSE = 0.012
"""What lies closer together is told in one."""


def _other_words(plan: Plan) -> Iterator[str]:
    for one in _else(plan):
        yield f"{short(one.day)}: {_happens(one)}"


def _way_row(plan: Plan, line: AppYears, marks: Mapping[Strategy, Sign]) -> Row:
    app = line.app
    blocks = tuple(map(partial(_block, plan, app), line.blocks))
    tracks = tuple(
        Stretch(
            *(place(plan, one.first), after(plan, one.last)),
            *("intercepted" if one.did else _readers(plan, one), _readers(plan, one)),
            tone="bad" if one.did else "plain",
        )
        for one in line.tracks
        if one.could
    )
    return Row(
        app.way.name.lower().replace("_", "-"),
        app.way.value[0].upper() + app.way.value[1:] if _keys_alone(app) else "Its own list",
        _note(app),
        marks.get(app.way),
        stretches=blocks,
        under=tracks,
    )


def _block(plan: Plan, app: App, block: Block) -> Stretch:
    start, end, whole = place(plan, block.first), after(plan, block.last), _came(app, block)
    tone: Tone = "good" if block.connects else "bad"
    sign: Sign = "holds" if block.connects else "fails"
    return Stretch(start, end, _if_room(end - start, {0.1: whole}), whole, tone=tone, sign=sign)


def _keys_alone(app: App) -> bool:
    """Whether the app's own list is what its row is called by; it may have authorities on it."""
    listed = app.way is Strategy.LEAF_KEY_AND_BACKUP
    return not listed or all(pin.startswith("key ") for pin in app.pins)


def _note(app: App) -> str:
    return f"{app.version}, pins {bare(app.pins) or 'nothing'}"


def _came(app: App, block: Block) -> str:
    """Say what a stretch is: that it connects, or its one reason, and since when."""
    shown = block.shown
    if block.connects:
        return "connects"
    reason = {
        Outcome.REFUSED_BY_PIN: {
            Strategy.LEAF_CERTIFICATE: "a new certificate",
            Strategy.INTERMEDIATE_KEY: f"{shown.issuer} is not pinned",
            Strategy.ROOT_KEY: f"{shown.root} is not pinned",
            Strategy.LEAF_KEY_AND_BACKUP: f"{shown.key} is not pinned"
            if _keys_alone(app)
            else "nothing on its list matches",
        }.get(app.way, f"{shown.key} is not pinned"),
        Outcome.REFUSED_BY_DATE: f"{shown.certificate} has expired",
        Outcome.REFUSED_BY_CHAIN: f"{shown.root} is no longer trusted",
    }.get(block.outcome, block.outcome.value)
    return f"{reason}, {short(block.first)}"


def _readers(plan: Plan, track: Track) -> str:
    whom = track.did or track.could
    trusted = {name for name in authorities() if root_of(name) not in plan.retired(track.first)}
    cas = sorted(whom & set(authorities()))
    who = [f"a thief with {name}" for name in sorted(whom - set(authorities()))]
    if cas:
        by = "any trusted CA" if set(cas) == trusted else " or ".join(cas)
        who.insert(0, f"a certificate from {by}" if track.did else f"a mistake by {by}")
    return f"{'intercepted:' if track.did else 'exposed to'} {', '.join(who)}"


def _way_words(plan: Plan, line: AppYears) -> Iterator[str]:
    title = f"{line.app.way.value} ({_note(line.app)})"
    if not line.blocks:
        yield f"{title}: not out yet"
    for block in line.blocks:
        yield f"{title}, {short(block.first)} to {short(block.last)}: {_came(line.app, block)}"
    for track in line.tracks:
        if track.could:
            span = f"{short(track.first)} to {short(track.last)}"
            yield f"{title}, {span}: {_readers(plan, track)}"
