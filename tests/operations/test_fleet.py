"""How a fleet updates: figures against their sources, closed form against Monte Carlo."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from pinlib import Strategy, data
from pinlib.data import read_table
from pinlib.errors import BadInput
from pinlib.operations.fleet import (
    Count,
    People,
    _simulated,
    by_lifetime,
    each_time_anew,
    late_stay_late,
    locked_out,
    people,
    read_along,
    usual,
    versions,
)
from pinlib.operations.plans import Attack, Deployed, Plan, Released
from pinlib.operations.schedules import Rule
from pinlib.operations.sweep import Sweep

WAY = Strategy.LEAF_KEY_AND_BACKUP
SLOW, HALF, TAIL, WISH = people().values()


def share(who: People, days: float) -> float:
    """Return who has a release after so many days."""
    return float(who.updated(np.array([days]))[0])


def test_the_figures_are_those_of_their_sources() -> None:
    """A fit misses a published point by three hundredths at most; two points hit both."""
    for days, published in {1: 0.155, 7: 0.421, 30: 0.568}.items():
        assert share(SLOW, days) == pytest.approx(published, abs=0.032)
    assert share(HALF, 7) == pytest.approx(0.5, abs=0.001)
    assert 1 - share(TAIL, 100) == pytest.approx(0.25, abs=0.001)
    assert 1 - share(TAIL, 300) == pytest.approx(0.16, abs=0.001)
    assert all(one.source and one.basis for one in people().values())
    assert len(read_table("updates.csv", dict.fromkeys(_COLUMNS, str))) == len(people())
    assert (data.DATA / "lifetimes.csv").exists()


def test_what_is_assumed_by_default_says_where_the_count_ends() -> None:
    """Neurons.dk counted for a month; that some never update is a fit, and the panel shows it."""
    assert usual().never > 0
    assert "our fit" in usual().basis
    assert "our fit" in usual().name
    assert "day 30, where the count ends" in usual().basis


_COLUMNS = ("name", "never", "median_days", "sigma", "basis", "source")


def test_nobody_has_a_release_before_it_is_out_and_some_never_do() -> None:
    """From zero up to all but those who never update, and never down."""
    days = np.arange(-5.0, 4000.0)
    for who in people().values():
        found = who.updated(days)
        assert (found[:6] == 0).all()
        assert (np.diff(found) >= 0).all()
        assert found[-1] <= 1 - who.never
    assert share(SLOW, 1e9) == pytest.approx(0.62)
    assert share(SLOW, SLOW.median) == pytest.approx(0.31)


def fleet(*days: int, length: int = 400) -> Plan:
    """Return a plan with releases on these days, and one certificate."""
    start = date(2027, 1, 1)
    released = [
        Released(start + timedelta(day), f"v{n}", ("key A",)) for n, day in enumerate(days, 1)
    ]
    first = Deployed(start, "key A", days=length + 10)
    return Plan("P", (first, *released), start + timedelta(length - 1))


def flags(plan: Plan, *breaks: int) -> np.ndarray:
    """Return that version n is locked out from day `breaks[n]` on."""
    row = np.arange(plan.days)
    return np.array([row >= day for day in breaks])


@pytest.mark.parametrize("who", list(people().values()), ids=lambda who: who.name[:12])
def test_one_lag_for_all_releases_by_formula_and_by_drawing(who: People) -> None:
    """A million devices, each with its own lag: the share of user-days agrees within .001."""
    plan = fleet(0, 60, 120, 200, 300)
    cut = flags(plan, 100, 180, 250, 350, 500)
    chance = np.random.default_rng(7)
    lag = chance.lognormal(math.log(who.median), who.sigma, 1_000_000)
    lag[chance.random(lag.size) < who.never] = np.inf
    drawn = _simulated(plan, cut, np.tile(lag, (5, 1)))
    formula = late_stay_late(plan, cut, who)
    assert drawn.lost == pytest.approx(formula.lost, abs=0.001)
    assert np.abs(drawn.share - formula.share).max() < 0.003


@pytest.mark.parametrize("who", list(people().values()), ids=lambda who: who.name[:12])
def test_with_one_update_to_take_the_two_models_are_one(who: People) -> None:
    """Drawn anew or not makes no difference where there is but one draw."""
    plan = fleet(0, 60)
    cut = flags(plan, 100, 500)
    anew = each_time_anew(plan, cut, who, users=1_000_000)
    assert anew.lost == pytest.approx(late_stay_late(plan, cut, who).lost, abs=0.001)


def test_each_release_drawn_anew_is_the_product_of_who_missed_it() -> None:
    """A version is held by whoever took it and none after it: an independent formula."""
    plan = fleet(0, 60, 120, 200)
    cut = flags(plan, 100, 180, 250, 500)
    expected = np.zeros(plan.days)
    missed = np.ones(plan.days)
    for at, release in reversed(list(enumerate(plan.releases))):
        since = np.arange(plan.days, dtype=float) - (release.day - plan.start).days
        has = SLOW.updated(since) if at else np.ones(plan.days)
        expected += cut[at] * has * missed
        missed *= 1 - has
    anew = each_time_anew(plan, cut, SLOW, users=1_000_000)
    assert anew.lost == pytest.approx(float(expected.mean()), abs=0.001)
    assert np.abs(anew.share - expected).max() < 0.003


def test_the_spread_is_real_where_there_are_many_releases() -> None:
    """Whoever is late for ever loses more than whoever is late at times."""
    plan = Rule(200, rotate=1).plan()
    cut = locked_out(Sweep(plan), WAY)
    late, anew = (model(plan, cut, SLOW).lost for model in (late_stay_late, each_time_anew))
    assert late > 1.5 * anew > 0


def test_the_same_seed_gives_the_same_fleet() -> None:
    """A figure on a projector is the figure of yesterday."""
    plan = fleet(0, 60)
    cut = flags(plan, 100, 500)
    one, two = (each_time_anew(plan, cut, SLOW, users=1000) for _ in range(2))
    assert (one.share == two.share).all()
    assert (each_time_anew(plan, cut, SLOW, users=1000, seed=2).share != one.share).any()


def test_who_is_cut_off_is_what_handshakes_say() -> None:
    """A version's row is true from the day on which its handshake is refused."""
    plan = Rule(200, rotate=1).plan()
    sweep = Sweep(plan)
    cut = locked_out(sweep, WAY)
    for app, row in zip(versions(plan, WAY), cut, strict=True):
        for number in range(0, plan.days, 10):
            day = plan.start + timedelta(number)
            cannot = day >= app.day and sweep.outcome(app, day).name != "CONNECTED"
            assert row[number] == cannot


def test_nobody_is_cut_off_where_nothing_changes() -> None:
    """And everybody where the only app breaks."""
    kept = Rule(200).plan()
    assert late_stay_late(kept, locked_out(Sweep(kept), WAY), SLOW).lost == 0
    new = Plan(
        "P",
        (
            Deployed(date(2027, 1, 1), "key A"),
            Deployed(date(2027, 3, 1), "key C"),
            Released(date(2027, 1, 1), "v1", ("key A",)),
        ),
        date(2027, 6, 30),
    )
    gone = late_stay_late(new, locked_out(Sweep(new), WAY), SLOW)
    assert gone.share[58] == 0
    assert gone.share[59] == 1
    assert gone.lost == pytest.approx(122 / 181)
    assert gone.per_year == pytest.approx(365 * 122 / 181)


def test_who_is_read_along_is_counted_the_same_way() -> None:
    """While somebody is in the middle, and only with whoever lets him in."""
    plan = replace(fleet(0), ends=date(2027, 3, 31))
    plan = plan.adding(Attack(date(2027, 2, 1), "Other Issuing CA", days=10))
    for way, days in {Strategy.NONE: 10, WAY: 0, Strategy.ROOT_KEY: 0}.items():
        read: Count = late_stay_late(plan, read_along(Sweep(plan), way), SLOW)
        assert read.share.sum() == pytest.approx(days)


def test_a_place_in_a_count_is_a_day() -> None:
    """Counted from either end, as in any list."""
    count = Count(date(2027, 1, 1), np.zeros(31))
    assert [count.day(at) for at in (0, 30, -1)] == [date(2027, 1, n) for n in (1, 31, 31)]
    with pytest.raises(IndexError):
        count.day(31)


def test_one_lifetime_is_not_several() -> None:
    """It is told which shape is wanted."""
    with pytest.raises(BadInput, match=r"such as \(398, 47\)"):
        by_lifetime(Rule(), 47)  # type: ignore[arg-type]
