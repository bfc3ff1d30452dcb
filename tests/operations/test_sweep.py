"""What comes of a plan: breakpoints against every single day, and the laws that any plan keeps."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlib import Outcome, Strategy, connect, key_pin, story
from pinlib.errors import BadInput
from pinlib.operations.plans import (
    Attack,
    Deployed,
    PinsEnd,
    Plan,
    PlanEvent,
    Released,
    Retired,
    Stolen,
    authorities,
)
from pinlib.operations.schedules import Rule, written_plans
from pinlib.operations.sweep import App, Sweep, _rogue, apps, identity, noon, phone, verdict_on
from pinlib.scenes.cast import HOST

START, END = date(2027, 1, 1), date(2027, 10, 31)
OK, PIN, DATE, CHAIN = (
    Outcome.CONNECTED,
    Outcome.REFUSED_BY_PIN,
    Outcome.REFUSED_BY_DATE,
    Outcome.REFUSED_BY_CHAIN,
)
WAYS = list(Strategy)


def year(*more: PlanEvent, pins: tuple[str, ...] = ("key A", "key B")) -> Plan:
    """Return a year that begins with key A and an app."""
    return Plan(
        "A year", (Deployed(START, "key A", days=365), Released(START, "v1", pins), *more), END
    )


def outcomes(plan: Plan, day: date, version: str = "v1") -> list[Outcome]:
    """Return what comes of each way of pinning on a day, in their order."""
    sweep = Sweep(plan)
    return [sweep.outcome(app, day) for app in apps(plan, version)]


MAY = date(2027, 5, 1)


@pytest.mark.parametrize(
    ("new", "came"),
    [
        (Deployed(MAY, "key A"), [OK, PIN, OK, OK, OK, OK]),
        (Deployed(MAY, "key B"), [OK, PIN, PIN, OK, OK, OK]),
        (Deployed(MAY, "key C"), [OK, PIN, PIN, PIN, OK, OK]),
        (Deployed(MAY, "key A", "Lab Issuing CA 2"), [OK, PIN, OK, OK, PIN, OK]),
        (Deployed(MAY, "key C", "Lab Issuing CA 2"), [OK, PIN, PIN, PIN, PIN, OK]),
        (Deployed(MAY, "key A", "Other Issuing CA"), [OK, PIN, OK, OK, PIN, PIN]),
        (Deployed(MAY, "key B", "Other Issuing CA"), [OK, PIN, PIN, OK, PIN, PIN]),
    ],
    ids=lambda one: f"{one.key}, {one.issuer}" if isinstance(one, Deployed) else "",
)
def test_a_new_certificate_breaks_what_it_does_not_show(new: Deployed, came: list[Outcome]) -> None:
    """The seven renewals of the table of events, out of a plan; the day before, nobody noticed."""
    plan = year(new)
    assert outcomes(plan, MAY - timedelta(1)) == [OK] * 6
    assert outcomes(plan, MAY) == came
    assert outcomes(plan, END) == came


def test_the_end_of_a_replaced_certificate_changes_nothing() -> None:
    """What breaks an app is the replacement, and expiry is no failure of a pin."""
    plan = year(Deployed(MAY, "key A", days=300))
    ended = plan.deployments[0].ends + timedelta(1)
    plan = Plan("P", plan.events, ended)
    assert (
        outcomes(plan, ended - timedelta(1)) == outcomes(plan, ended) == [OK, PIN, OK, OK, OK, OK]
    )


def test_an_expired_certificate_is_refused_by_tls_pins_or_no_pins() -> None:
    """Nobody renewed: every way of pinning, and none, says the same, from noon of the next day."""
    plan = Plan("P", (Deployed(START, "key A", days=10), Released(START, "v1", ("key A",))), END)
    assert outcomes(plan, START + timedelta(9)) == [OK] * 6
    assert outcomes(plan, START + timedelta(10)) == [DATE] * 6


def test_a_retired_root_strands_whoever_still_shows_it() -> None:
    """The chain fails for all; after a move to another authority only its old pins do."""
    assert outcomes(year(Retired(MAY, "Lab Root")), MAY) == [CHAIN] * 6
    moved = year(Retired(MAY, "Lab Root"), Deployed(MAY, "key A", "Other Issuing CA"))
    assert outcomes(moved, MAY) == [OK, PIN, OK, OK, PIN, PIN]


def test_a_later_release_pins_what_is_there_then() -> None:
    """Each version has its own pins, and exists from its day on."""
    plan = year(Deployed(MAY, "key C"), Released(MAY, "v2", ("key C", "key D")))
    assert outcomes(plan, END, "v2") == [OK] * 6
    second = apps(plan, "v2")
    assert {app.day for app in second} == {MAY}
    assert [app.pins for app in second] == [
        (),
        ("certificate 2",),
        ("key C",),
        ("key C", "key D"),
        ("Lab Issuing CA",),
        ("Lab Root",),
    ]
    assert Sweep(plan).blocks(second[0])[0].first == MAY


def test_a_release_may_pin_authorities_too() -> None:
    """A pin on another CA, made ahead, is a backup as well."""
    moved = Deployed(MAY, "key C", "Other Issuing CA")
    plan = year(moved, pins=("key A", "Other Root"))
    assert outcomes(plan, MAY)[WAYS.index(Strategy.LEAF_KEY_AND_BACKUP)] is OK


def test_pins_that_have_ended_keep_nobody_out() -> None:
    """They fail open: the unknown key connects, and so does a stranger."""
    plan = year(PinsEnd(MAY, "v1"), Deployed(date(2027, 6, 1), "key C"))
    assert outcomes(plan, END) == [OK] * 6
    sweep = Sweep(plan)
    leaf = next(app for app in apps(plan, "v1") if app.way is Strategy.LEAF_KEY)
    assert sweep.readers(leaf, MAY - timedelta(1)) == frozenset()
    assert sweep.readers(leaf, MAY) == set(authorities())


# -- Who could read along ----------------------------------------------------------------------


def readers(plan: Plan, day: date) -> dict[Strategy, set[str]]:
    """Return for each way of pinning by whom it could be fooled."""
    sweep = Sweep(plan)
    return {app.way: set(sweep.readers(app, day)) for app in apps(plan, "v1")}


def test_who_could_read_along_is_told_by_handshakes() -> None:
    """Without a pin any authority; with one on an authority, that one; with a key's, nobody."""
    assert readers(year(), MAY) == {
        Strategy.NONE: {"Lab Issuing CA", "Lab Issuing CA 2", "Other Issuing CA"},
        Strategy.LEAF_CERTIFICATE: set(),
        Strategy.LEAF_KEY: set(),
        Strategy.LEAF_KEY_AND_BACKUP: set(),
        Strategy.INTERMEDIATE_KEY: {"Lab Issuing CA"},
        Strategy.ROOT_KEY: {"Lab Issuing CA", "Lab Issuing CA 2"},
    }


@pytest.mark.slow
def test_a_thief_is_let_in_until_the_stolen_certificate_ends() -> None:
    """Rotation does not stop him: an app that pins the key takes the old certificate from him."""
    plan = Plan(
        "P",
        (
            Deployed(START, "key A", days=100),
            Released(START, "v1", ("key A", "key B")),
            Stolen(date(2027, 2, 1), "key A"),
            Deployed(date(2027, 2, 3), "key B", days=300),
        ),
        date(2027, 9, 1),
    )
    last = START + timedelta(99)
    for way in Strategy:
        assert "key A" not in readers(plan, date(2027, 1, 31))[way]
        assert "key A" in readers(plan, date(2027, 2, 1))[way]
        assert "key A" in readers(plan, last)[way]
        assert "key A" not in readers(plan, last + timedelta(1))[way]


def test_a_thief_shows_whichever_of_his_certificates_fits() -> None:
    """An app that pins the first certificate takes that one from him, while it lasts."""
    plan = Plan(
        "P",
        (
            Deployed(START, "key A", days=100),
            Deployed(date(2027, 3, 1), "key A", days=300),
            Stolen(date(2027, 3, 2), "key A"),
            Released(START, "v1", ("key A",)),
        ),
        date(2027, 9, 1),
    )
    last = START + timedelta(99)
    assert "key A" in readers(plan, last)[Strategy.LEAF_CERTIFICATE]
    assert "key A" not in readers(plan, last + timedelta(1))[Strategy.LEAF_CERTIFICATE]
    assert "key A" in readers(plan, last + timedelta(1))[Strategy.LEAF_KEY]


def test_who_could_and_who_did() -> None:
    """An attack is somebody who could; one who is refused did not."""
    plan = year(Attack(MAY, "Other Issuing CA", days=10))
    sweep = Sweep(plan)
    tracks = {app.way: sweep.tracks(app) for app in apps(plan, "v1")}
    during = [one for one in tracks[Strategy.NONE] if one.did]
    assert [(one.first, one.last) for one in during] == [(MAY, MAY + timedelta(9))]
    assert not any(one.did for one in tracks[Strategy.LEAF_KEY])
    assert not any(one.did for one in tracks[Strategy.INTERMEDIATE_KEY])


# -- Breakpoints against every day -------------------------------------------------------------


def _compare(plan: Plan, step: int = 1) -> tuple[int, int, list[str]]:
    """Live through the days of a plan, for every app, and compare with the sweep."""
    sweep, cells, wrong = Sweep(plan), 0, []
    turns = {day + timedelta(n) for day in sweep.turning_points for n in (-1, 0)}
    for release in plan.releases:
        for app in apps(plan, release.version):
            for number in range(plan.days):
                day = plan.start + timedelta(number)
                if day < app.day or (number % step and day not in turns):
                    continue
                cells += 1
                if _every_day(plan, app, day) != (sweep.outcome(app, day), sweep.readers(app, day)):
                    wrong.append(f"{app} {day}")
    return cells, sweep.handshakes, wrong


def _every_day(plan: Plan, app: App, day: date) -> tuple[Outcome, frozenset[str]]:
    """Ask handshakes of this very day: the bank's, every authority's rogue, and every thief's."""
    device = phone(plan, app, day)

    def lets_in(peer: object) -> bool:
        return connect(device, peer, HOST, noon(day)).connected  # type: ignore[arg-type]

    fooled = {name for name in authorities() if lets_in(_rogue(name))}
    for key in plan.stolen(day):
        shown = [one for one in plan.deployments if one.key == key and one.day <= day]
        if any(lets_in(identity(one)) for one in shown):
            fooled.add(key)
    return verdict_on(plan, app, day).outcome, frozenset(fooled)


EVENTFUL = Plan(
    "Everything that can happen, in ten weeks",
    (
        Deployed(START, "key A", days=21),
        Released(START, "v1", ("key A", "key B")),
        Deployed(date(2027, 1, 13), "key A", days=30),
        Stolen(date(2027, 1, 16), "key A"),
        Attack(date(2027, 1, 17), "key A", days=9),
        Deployed(date(2027, 1, 18), "key B", days=20),
        Released(date(2027, 1, 20), "v2", ("key B", "Other Root")),
        Deployed(date(2027, 2, 10), "key C", "Other Issuing CA", days=12),
        Retired(date(2027, 2, 14), "Lab Root"),
        Attack(date(2027, 2, 16), "Other Issuing CA", days=5),
        PinsEnd(date(2027, 2, 19), "v1"),
        Deployed(date(2027, 2, 24), "key A", "Other Issuing CA", days=60),
    ),
    date(2027, 3, 10),
)


@pytest.mark.slow
def test_the_sweep_equals_the_handshakes_around_every_change() -> None:
    """Ten weeks in which everything happens: each turning point, and the day before."""
    cells, handshakes, wrong = _compare(EVENTFUL, 1000)
    assert wrong == []
    assert cells > 200
    assert handshakes < cells


@pytest.mark.nightly
def test_the_sweep_equals_the_handshakes_of_every_single_day() -> None:
    """The same ten weeks, and not one cell differs."""
    cells, handshakes, wrong = _compare(EVENTFUL)
    assert wrong == []
    assert cells == 6 * (69 + 50)
    assert handshakes < cells / 2


@pytest.mark.slow
def test_a_theft_equals_the_handshakes_around_every_change() -> None:
    """A year and a half, two versions, every thief and every authority: where anything changes."""
    cells, _, wrong = _compare(written_plans()["A key is stolen on a Friday"].plan, 1000)
    assert wrong == []
    assert cells > 100


@pytest.mark.nightly
def test_a_theft_equals_every_single_day() -> None:
    """A year and a half, two versions, every thief and every authority: not one cell differs."""
    cells, _, wrong = _compare(written_plans()["A key is stolen on a Friday"].plan)
    assert wrong == []
    assert cells > 5000


def _three_years() -> tuple[Sweep, tuple[App, ...]]:
    plan = Rule(100, rotate=3, start=date(2028, 1, 1), ends=date(2030, 12, 31)).plan()
    return Sweep(plan), tuple(apps(plan, "v1"))


@pytest.mark.slow
def test_three_years_equal_the_days_around_every_change() -> None:
    """Six ways of pinning on each day of a change, the day before, and every 50th day agree."""
    sweep, rows = _three_years()
    days = {sweep.plan.start + timedelta(number) for number in range(0, sweep.plan.days, 50)}
    days |= {day - timedelta(n) for day in sweep.turning_points[1:] for n in (0, 1)}
    audit = sweep.audit(rows, sorted(days))
    assert audit.disagreements == ()
    assert audit.handshakes == 4 * 6 * len(days)
    assert len(days) > 50


@pytest.mark.nightly
def test_three_years_equal_every_single_day() -> None:
    """Six ways of pinning on each of 1,096 days, and all 6,576 cells agree."""
    sweep, rows = _three_years()
    plan = sweep.plan
    audit = sweep.audit(rows, [plan.start + timedelta(number) for number in range(plan.days)])
    assert audit.disagreements == ()
    assert audit.handshakes == 4 * 6576  # the bank’s, and what three authorities could do
    assert sweep.handshakes < 6576 / 20


def test_no_handshake_is_made_twice_and_more_days_need_no_more() -> None:
    """Cost grows with events: the same ones over ten times the days need the same handshakes."""
    counts = []
    for stretch in (1, 10):
        plan = Plan(
            "P",
            (
                *(
                    Deployed(START + timedelta(n * 20 * stretch), key, days=30 * stretch)
                    for n, key in enumerate(("key A", "key B", "key C", "key A"))
                ),
                Released(START, "v1", ("key A", "key B")),
            ),
            START + timedelta(80 * stretch),
        )
        sweep = Sweep(plan)
        list(sweep.work(apps(plan, "v1")))
        counts.append(sweep.handshakes)
        list(sweep.work(apps(plan, "v1")))
        assert sweep.handshakes == counts[-1]
    assert counts[0] == counts[1]


def test_when_the_work_is_done_nothing_is_left_to_ask() -> None:
    """Not even of the day of a release, whose certificate was in service for that day alone."""
    plan = year(
        Deployed(MAY, "key C"),
        Released(MAY, "v2", ("key C",)),
        Deployed(MAY + timedelta(1), "key D"),
    )
    sweep = Sweep(plan)
    rows = apps(plan, "v2")
    assert list(sweep.work(rows)) == list(sweep.turning_points)
    made = sweep.handshakes
    for app in rows:
        sweep.blocks(app)
        sweep.tracks(app)
    assert sweep.handshakes == made


def test_authorities_that_end_are_turning_points_too() -> None:
    """Beyond 2039 nothing of the story's holds any more, and the sweep finds the day."""
    start = date(2039, 12, 1)
    plan = Plan(
        "P",
        (Deployed(start, "key A", days=100), Released(start, "v1", ("key A",))),
        date(2040, 2, 1),
    )
    sweep, app = Sweep(plan), apps(plan, "v1")[0]
    first, second = sweep.blocks(app)
    assert (first.outcome, second.outcome) == (OK, DATE)
    assert second.first == date(2040, 1, 1)
    assert verdict_on(plan, app, first.last).outcome is OK
    assert verdict_on(plan, app, second.first).outcome is DATE


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("v1", MAY), r"give an app: one of apps\(plan, 'v1'\)"),
        ((None, date(2026, 1, 1)), "isn’t in this plan: give a date from 2027-01-01"),
        ((None, date(2027, 11, 1)), "isn’t in this plan"),
        ((None, "2027-05-14"), "isn’t in this plan"),
        ((None, datetime(2027, 5, 14)), "isn’t in this plan"),
    ],
)
def test_what_has_no_verdict_is_told(given: tuple[Any, Any], said: str) -> None:
    """A day before the first certificate has none, and neither has a word for an app."""
    plan, (app, day) = year(), given
    app, sweep = app or apps(plan, "v1")[0], Sweep(plan)
    for ask in (
        lambda: verdict_on(plan, app, day),
        lambda: sweep.outcome(app, day),
        lambda: sweep.readers(app, day),
        lambda: sweep.blocks(app, day),
        lambda: sweep.tracks(app, day),
        lambda: sweep.audit([app], [day]),
    ):
        with pytest.raises(BadInput, match=said):
            ask()
    assert sweep.handshakes == 0
    with pytest.raises(BadInput, match="there is no 'v2'; there are v1"):
        apps(plan, "v2")


def test_nobody_has_an_app_before_it_is_released() -> None:
    """It has neither a verdict nor readers on that day; its stretches begin with its release."""
    plan = year(Released(MAY, "v2", ("key A",)))
    app, before, sweep = apps(plan, "v2")[0], MAY - timedelta(1), Sweep(plan)
    for ask in (
        lambda: verdict_on(plan, app, before),
        lambda: phone(plan, app, before),
        lambda: sweep.outcome(app, before),
        lambda: sweep.readers(app, before),
    ):
        with pytest.raises(
            BadInput, match="v2 is released on 2027-05-01: give that day or a later one"
        ):
            ask()
    assert sweep.blocks(app, before) == sweep.tracks(app, before) == ()
    assert sweep.audit([app], [before]).handshakes == 0
    assert sweep.outcome(app, MAY) is OK


# -- Laws --------------------------------------------------------------------------------------

KEYS = st.sampled_from(["key A", "key B", "key C"])
ISSUERS = st.sampled_from(["Lab Issuing CA", "Lab Issuing CA 2", "Other Issuing CA"])


@given(st.lists(st.integers(1, 60), min_size=1, max_size=4))
@settings(max_examples=20)
def test_a_plan_that_never_changes_breaks_nobody(steps: list[int]) -> None:
    """The same certificate put back into service is the same certificate: only a change breaks.

    Here nothing is deployed after the first: whatever else goes on, releases say.
    """
    days = [START + timedelta(sum(steps[: n + 1])) for n in range(len(steps))]
    more = [Released(day, f"v{n}", ("key A",)) for n, day in enumerate(days, 2)]
    plan = year(*more)
    sweep = Sweep(plan)
    for release in plan.releases:
        for app in apps(plan, release.version):
            assert [one.outcome for one in sweep.blocks(app)] == [OK]


@given(
    changes=st.lists(st.tuples(st.integers(5, 40), KEYS, ISSUERS), min_size=1, max_size=4),
    pins=st.lists(KEYS, min_size=1, max_size=2, unique=True),
    backup=KEYS,
)
@settings(max_examples=25)
def test_adding_a_backup_never_makes_an_honest_day_worse(
    changes: list[tuple[int, str, str]], pins: list[str], backup: str
) -> None:
    """Whatever the bank does, who was let in with fewer pins is let in with more."""
    day, deployed = START, []
    for step, key, issuer in changes:
        day += timedelta(step)
        deployed.append(Deployed(day, key, issuer, days=200))
    fewer = year(*deployed, pins=tuple(pins))
    more = year(*deployed, pins=tuple(dict.fromkeys((*pins, backup))))
    at = WAYS.index(Strategy.LEAF_KEY_AND_BACKUP)
    one, other = apps(fewer, "v1")[at], apps(more, "v1")[at]
    sweeps = Sweep(fewer), Sweep(more)
    for day in sweeps[0].turning_points:
        if sweeps[0].outcome(one, day) is OK:
            assert sweeps[1].outcome(other, day) is OK


@given(st.permutations(EVENTFUL.events))
@settings(max_examples=10)
def test_the_order_in_which_events_are_given_does_not_matter(order: list[PlanEvent]) -> None:
    """A plan is a set of dated events."""
    plan = Plan(EVENTFUL.title, tuple(order), EVENTFUL.ends)
    assert plan == EVENTFUL
    app = apps(plan, "v1")[3]
    assert Sweep(plan).blocks(app) == _EVENTFUL_SWEEP.blocks(app)


_EVENTFUL_SWEEP = Sweep(EVENTFUL)


# -- The audit ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_audit_makes_the_handshakes_again() -> None:
    """Days × apps that are out, and all agree."""
    rows = apps(EVENTFUL, "v1") + apps(EVENTFUL, "v2")
    days = [START + timedelta(3 * n) for n in range(20)]
    audit = Sweep(EVENTFUL).audit(rows, days)
    assert audit.days == 20
    calls = 20 + sum(day >= date(2027, 1, 20) for day in days)
    assert audit.handshakes > 6 * 4 * calls  # the bank's, three authorities' and the thief's
    assert audit.disagreements == ()


def test_an_audit_finds_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep that missed a turning point does not agree with the days behind it."""
    plan = year(Deployed(MAY, "key C"))
    sweep = Sweep(plan)
    monkeypatch.setitem(sweep.__dict__, "turning_points", (START,))
    audit = sweep.audit(apps(plan, "v1"), [START, END])
    assert len(audit.disagreements) == 3
    assert "leaf key, v1, 2027-10-31: Refused by the pin" in audit.disagreements


def test_keys_have_one_name_in_every_lesson() -> None:
    """Key A and key B of a plan are the bank's key and its backup, as everywhere else."""
    plan = year(Deployed(MAY, "key B"))
    pins = [key_pin(identity(one).leaf) for one in plan.deployments]
    assert pins == [key_pin(story().bank.leaf), key_pin(story().backup)]
