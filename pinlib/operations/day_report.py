"""A plan seen from one day: its apps' years, that day's handshakes, and the users it locks out.

deque(work(asked), maxlen=0)          the handshakes of all the years: kept, done once for a plan
report(asked) ──► DayReport           what there is to see; nothing here draws
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from pinlib.errors import BadInput
from pinlib.operations.fleet import (
    Count,
    People,
    each_time_anew,
    late_stay_late,
    locked_out,
    versions,
)
from pinlib.operations.plans import Plan
from pinlib.operations.sweep import App, Audit, Block, Sweep, Track, apps, verdict_on
from pinlib.pins.pins import Strategy
from pinlib.shared import shared
from pinlib.tls.verdicts import Verdict

AUDITED = 20
"""Days of one audit."""


@dataclass(frozen=True)
class DayQuery:
    """A plan, the day of the cursor, and the version of the app in every row.

    Users are counted of the apps that pin in one `way`.  Each number of `audits` takes other days.
    """

    plan: Plan
    day: date
    version: str
    users: People
    way: Strategy = Strategy.LEAF_KEY_AND_BACKUP
    audits: int = 0
    cards: bool = True
    say: str = ""
    by_hand: bool = False


@dataclass(frozen=True)
class AppYears:
    """One app: what became of it day by day, and who could read along."""

    app: App
    blocks: tuple[Block, ...]
    tracks: tuple[Track, ...]

    def track(self, day: date) -> Track:
        """Return who could read along, and who did, on a day.

        Raises BadInput for a day before the app's release, and for one that is not known yet.
        """
        for one in self.tracks:
            if one.first <= day <= one.last:
                return one
        raise BadInput(f"there’s no result for {self.app.version} on {day}", seen=repr(day))


@dataclass(frozen=True)
class DayReport:
    """What a plan comes to: every app's years, and on the day looked at a whole verdict each.

    `late` and `anew` are the users locked out, by the two models of updating.  `until` is the last
    day that is known; before the plan's end there are neither verdicts nor counts.
    """

    asked: DayQuery
    apps: tuple[AppYears, ...]
    until: date
    handshakes: int
    met: Mapping[Strategy, Verdict]
    counts: tuple[Count, Count] | None
    audits: tuple[Audit, ...] = ()


def work(asked: DayQuery) -> Iterator[date]:
    """Make the handshakes that a report needs, those of one day together.

    Yields each day that is done; who stops in between has what was made so far (`so_far`).
    """
    plan = asked.plan
    yield from swept(plan).work((*apps(plan, asked.version), *versions(plan, asked.way)))
    for day in _random_days(asked):
        _audited(plan, asked.version, day)
        yield plan.ends


def report(asked: DayQuery) -> DayReport:
    """Return all that there is to see, and make whatever handshakes are still wanting.

    Raises BadInput for a day that is not in the plan.
    """
    plan, day = asked.plan, asked.plan.within(asked.day)
    for _ in work(asked):
        pass
    years = _years(plan, asked.version)
    met = {one.app.way: verdict_on(plan, one.app, day) for one in years if one.app.day <= day}
    audits = tuple(_audited(plan, asked.version, one) for one in _random_days(asked))
    counts = _counts(plan, asked.way, asked.users)
    return DayReport(asked, years, plan.ends, swept(plan).handshakes, met, counts, audits)


def so_far(asked: DayQuery, until: date) -> DayReport:
    """Return what is known up to a day, while the rest is still at work."""
    plan = asked.plan
    years = _years(plan, asked.version, until)
    return DayReport(asked, years, until, swept(plan).handshakes, {}, None)


@partial(shared, most=8)
def swept(plan: Plan) -> Sweep:
    """Return the handshakes made so far for a plan."""
    return Sweep(plan)


@partial(shared, most=32)
def _years(plan: Plan, version: str, until: date | None = None) -> tuple[AppYears, ...]:
    sweep, rows = swept(plan), apps(plan, version)
    return tuple(AppYears(app, sweep.blocks(app, until), sweep.tracks(app, until)) for app in rows)


@partial(shared, most=64)
def _counts(plan: Plan, way: Strategy, who: People) -> tuple[Count, Count]:
    flags = locked_out(swept(plan), way)
    return late_stay_late(plan, flags, who), each_time_anew(plan, flags, who)


def _random_days(asked: DayQuery) -> list[date]:
    """Return the days of an audit; each press of the button takes others."""
    if not asked.audits:
        return []
    plan, chosen = asked.plan, random.Random(asked.audits)  # noqa: S311 - days, not secrets
    days = chosen.sample(range(plan.days), min(AUDITED, plan.days))
    return [plan.start + timedelta(day) for day in sorted(days)]


@partial(shared, most=4 * AUDITED)
def _audited(plan: Plan, version: str, day: date) -> Audit:
    return swept(plan).audit(apps(plan, version), [day])
