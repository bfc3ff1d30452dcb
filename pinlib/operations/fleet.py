"""How many users are locked out, given how people update their apps.

A fleet is everybody who has the app.  On the first release's day all of them have it; of every
later one each device takes its time, its lag, and some never come.  There is no universal law of
that: the lags here are log-normal with a share who never update, our own fits to published figures
(`people`), and an assumption with a control.  Counts stop early, that of the usual fleet on day 30,
so what comes later, and who never updates, is the fit's and not its source's.  Two extremes are
computed:

- *late people stay late*: a device has one lag for all releases (closed form);
- *each time anew*: a lag is drawn for every release (Monte Carlo, seeded).

Where there is but one update to take, the two are the same.  A real fleet may lie between.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pinlib.data import Reader, read_table
from pinlib.errors import BadInput
from pinlib.operations.plans import Plan
from pinlib.operations.schedules import Rule
from pinlib.operations.sweep import App, Sweep, apps
from pinlib.pins.pins import Strategy

Days = NDArray[np.float64]
"""One number for each day of a plan."""

USERS = 50_000


@dataclass(frozen=True, slots=True)
class People:
    """How a fleet updates: a log-normal lag (median in days, sigma of its logarithm), and `never`.

    `basis` says what the figures were made of, `source` by whom.
    """

    name: str
    never: float
    median: float
    sigma: float
    basis: str
    source: str

    def updated(self, days: Days) -> Days:
        """Return the share who have a release so many days after it came out."""
        with np.errstate(divide="ignore"):
            z = (np.log(np.maximum(days, 0)) - math.log(self.median)) / self.sigma
        return (1 - self.never) * _phi(z)


@cache
def people() -> dict[str, People]:
    """Return the ways of updating, fitted to published figures or assumed (data/updates.csv)."""
    columns: dict[str, Reader] = {
        "name": str,
        "never": float,
        "median_days": float,
        "sigma": float,
        "basis": str,
        "source": str,
    }
    return {row["name"]: People(*row.values()) for row in read_table("updates.csv", columns)}


def usual() -> People:
    """Return the way of updating that is assumed where nothing else is said."""
    return next(iter(people().values()))


@dataclass(frozen=True, eq=False)
class Count:
    """A share of the fleet for each day, from `first` on: of whom something is true."""

    first: date
    share: Days

    def day(self, at: int) -> date:
        """Return the day at a place in `share`; -1 is the last."""
        return self.first + timedelta(range(len(self.share))[at])

    @property
    def lost(self) -> float:
        """The share of all user-days."""
        return float(self.share.mean())

    @property
    def per_year(self) -> float:
        """User-days in a year, for each user."""
        return self.lost * 365


def versions(plan: Plan, way: Strategy) -> tuple[App, ...]:
    """Return every version of an app that pins so, in the order of release."""
    return tuple(app for one in plan.releases for app in apps(plan, one.version) if app.way is way)


def locked_out(sweep: Sweep, way: Strategy) -> NDArray[np.bool_]:
    """Return for each version (row) and day (column) whether it cannot log in."""
    plan, found = sweep.plan, []
    for app in versions(plan, way):
        row = np.zeros(plan.days, dtype=bool)
        for block in sweep.blocks(app):
            row[_span(plan, block.first, block.last)] = not block.connects
        found.append(row)
    return np.array(found)


def read_along(sweep: Sweep, way: Strategy) -> NDArray[np.bool_]:
    """Return for each version and day whether somebody who was there was let in."""
    plan, found = sweep.plan, []
    for app in versions(plan, way):
        row = np.zeros(plan.days, dtype=bool)
        for track in sweep.tracks(app):
            row[_span(plan, track.first, track.last)] = bool(track.did)
        found.append(row)
    return np.array(found)


def _span(plan: Plan, first: date, last: date) -> slice:
    return slice((first - plan.start).days, (last - plan.start).days + 1)


def late_stay_late(plan: Plan, flags: NDArray[np.bool_], who: People) -> Count:
    """Return the share of users for whom a flag holds, each with one lag for all releases.

    In closed form: on a day a device has the newest release that is older than its lag, so the
    share with a version is the share who have it less the share who have the next.
    """
    have = [_have(plan, at, who) for at in range(len(flags))]
    share = np.zeros(plan.days)
    for at, flag in enumerate(flags):
        following = have[at + 1] if at + 1 < len(have) else 0.0
        share += flag * (have[at] - following)
    return Count(plan.start, share)


def each_time_anew(
    plan: Plan, flags: NDArray[np.bool_], who: People, users: int = USERS, seed: int = 1
) -> Count:
    """Return the same, each lag drawn anew for every release: Monte Carlo, always the same draw."""
    count = len(flags)
    chance = np.random.default_rng(seed)
    lags = chance.lognormal(math.log(who.median), who.sigma, (count, users))
    lags[chance.random((count, users)) < who.never] = np.inf
    return _simulated(plan, flags, lags)


def _simulated(plan: Plan, flags: NDArray[np.bool_], lags: Days) -> Count:
    """Let every user install what comes, at these lags (releases × users)."""
    days, users = plan.days, lags.shape[1]
    lags[0] = 0  # all begin with the first release
    starts = [(one.day - plan.start).days for one in plan.releases]
    installed = np.minimum(np.array(starts)[:, None] + np.ceil(lags), days).astype(int)
    share, until = np.zeros(days), np.full(users, days)
    for at in reversed(range(len(starts))):
        # Whoever has a newer release does not go back to this one.
        held = np.minimum(installed[at], until)
        change = np.bincount(held, minlength=days + 1) - np.bincount(until, minlength=days + 1)
        share += flags[at] * np.cumsum(change)[:days] / users
        until = held
    return Count(plan.start, share)


def _have(plan: Plan, at: int, who: People) -> Days:
    """Return for each day the share whose lag is over for a release; the first has none."""
    since = np.arange(plan.days, dtype=np.float64) - (plan.releases[at].day - plan.start).days
    return np.where(since >= 0, 1.0, 0.0) if at == 0 else who.updated(since)


def _phi(z: Days) -> Days:
    """Return the normal distribution's share below z."""
    found: Days = np.array([0.5 * math.erfc(-one / math.sqrt(2)) for one in z.flat])
    return found.reshape(z.shape)


def by_lifetime(
    rule: Rule,
    lifetimes: Sequence[int],
    way: Strategy = Strategy.LEAF_KEY_AND_BACKUP,
    who: People | None = None,
) -> dict[str, tuple[Count, Count]]:
    """Return who is locked out under one rule and several lifetimes, by both models of updating."""
    if not isinstance(lifetimes, Sequence) or isinstance(lifetimes, str):
        raise BadInput("give several lifetimes, such as (398, 47)", seen=repr(lifetimes))
    who, found = who or usual(), {}
    for days in lifetimes:
        plan = replace(rule, lifetime=days).plan()
        flags = locked_out(Sweep(plan), way)
        counts = late_stay_late(plan, flags, who), each_time_anew(plan, flags, who)
        found[f"{days} days"] = counts
    return found
