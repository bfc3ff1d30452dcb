"""Plans: dated events, what holds on a day, and what cannot be a plan."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

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
    root_of,
)

START, END = date(2027, 1, 1), date(2027, 12, 31)
FIRST = (Deployed(START, "key A"), Released(START, "v1", ("key A", "key B")))


def plan(*more: PlanEvent) -> Plan:
    """Return a year that begins with a certificate and an app."""
    return Plan("A year", (*FIRST, *more), END)


def test_replaced_and_ended_are_two_things() -> None:
    """A certificate is replaced on one day, and would have ended on another."""
    first, second = plan(Deployed(date(2027, 5, 14), "key B")).deployments
    assert first.replaced == date(2027, 5, 14)
    assert first.ends == date(2027, 7, 19)  # 200 days, the first and the last included
    assert (first.ends - first.day).days == 199
    assert second.replaced is None


def test_a_deployment_knows_by_which_names_a_pin_may_match() -> None:
    """The certificate, its key, and both authorities above it."""
    (only,) = plan().deployments
    assert only.shows == {"certificate 1", "key A", "Lab Issuing CA", "Lab Root"}
    assert {root_of(name) for name in authorities()} == {"Lab Root", "Other Root"}


def test_the_order_of_equal_dated_events_does_not_matter() -> None:
    """What happens on one day is one day's news."""
    day = date(2027, 5, 14)
    news = [
        Deployed(day, "key B"),
        Released(day, "v2", ("key B",)),
        Stolen(day, "key A"),
        Retired(day, "Other Root"),
        PinsEnd(day, "v1"),
        Attack(day, "key A"),
    ]
    assert plan(*news) == plan(*reversed(news))
    assert plan(*news).events == plan(*news[3:], *news[:3]).events


def test_what_holds_on_a_day_begins_and_ends_with_its_event() -> None:
    """The day itself is included; an attack ends after its days."""
    day, before = date(2027, 5, 14), date(2027, 5, 13)
    year = plan(
        Deployed(day, "key B"),
        Stolen(day, "key A"),
        Retired(day, "Other Root"),
        PinsEnd(day, "v1"),
        Attack(day, "key A", days=3),
    )
    assert (year.deployed(before).key, year.deployed(day).key) == ("key A", "key B")
    assert (year.stolen(before), year.stolen(day)) == ((), ("key A",))
    assert (year.retired(before), year.retired(day)) == (frozenset(), {"Other Root"})
    assert (year.pins_ended("v1", before), year.pins_ended("v1", day)) == (False, True)
    there = [year.attackers(before + timedelta(n)) for n in range(5)]
    assert [bool(who) for who in there] == [False, True, True, True, False]


@pytest.mark.parametrize(
    "day", [START - timedelta(1), END + timedelta(1), datetime(2027, 5, 14), "2027-05-14", None]
)
def test_a_day_outside_of_a_plan_has_no_answer(day: Any) -> None:
    """Nothing was in service before the first certificate, and nobody knows about the day after."""
    year = plan(Stolen(date(2027, 2, 1), "key A"), Attack(date(2027, 12, 30), "key A"))
    for ask in (
        year.deployed,
        year.retired,
        year.stolen,
        year.attackers,
        lambda day: year.pins_ended("v1", day),
    ):
        with pytest.raises(BadInput, match="isn’t in this plan: give a date from 2027-01-01 to"):
            ask(day)


def test_the_first_and_the_last_day_of_a_plan_are_in_it() -> None:
    """Both are included."""
    assert plan().deployed(START) == plan().deployed(END)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([Deployed(START, "key B")], "2 certificates are deployed on 2027-01-01: one at a time"),
        ([Deployed(date(2027, 5, 1), "key 1")], "'key 1' is neither a key nor a CA"),
        ([Deployed(date(2027, 5, 1), "A")], "write key A, or Lab Issuing CA"),
        ([Deployed(date(2027, 5, 1), "key A", "Lab CA")], "no CA is called 'Lab CA'; there are"),
        ([Deployed(date(2027, 5, 1), "key A", days=0)], "0 days is no lifetime"),
        ([Released(date(2027, 5, 1), "v1")], "two releases have the same version"),
        ([Released(date(2027, 5, 1), "v2", ("certificate 1",))], "is neither a key nor a CA"),
        ([Retired(date(2027, 5, 1), "Lab Issuing CA")], "no root is called 'Lab Issuing CA'"),
        ([PinsEnd(date(2027, 5, 1), "v9")], "the pins of 'v9' end, but that version"),
        ([Attack(date(2027, 5, 1), "a thief")], "'a thief' is neither a key nor a CA"),
        ([Stolen(date(2028, 5, 1), "key A")], "something happens on 2028-05-01, and the plan ends"),
        ([Stolen(date(2026, 5, 1), "key A")], "begin with a certificate"),
    ],
)
def test_a_plan_that_cannot_be_lived_through_is_told(wrong: list[PlanEvent], said: str) -> None:
    """One sentence, with what was seen."""
    with pytest.raises(BadInput) as told:
        plan(*wrong)
    assert said in str(told.value)


MAY = date(2027, 5, 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("a thief comes", "'a thief comes' isn’t an event: there are Deployed, Released, PinsEnd"),
        (None, "None isn’t an event"),
        (FIRST, "isn’t an event"),
        (Deployed, "isn’t an event"),
        (date(2027, 5, 1), "isn’t an event"),
        (
            Deployed("2027-05-01", "key A"),
            "its day is a date, such as date(2027, 5, 14), not",
        ),
        (Stolen(datetime(2027, 5, 1), "key A"), "its day is a date"),
        (Stolen(MAY, 1), "key is a str, not 1"),
        (Deployed(MAY, "key A", None), "issuer is a str, not None"),
        (Deployed(MAY, "key A", days="47"), "days is an int, not '47'"),
        (Deployed(MAY, "key A", days=True), "days is an int, not True"),
        (Deployed(MAY, "key A", days=10**9), "1000000000 days is no lifetime: use 1 to"),
        (Attack(MAY, "key A", days=1.5), "days is an int, not 1.5"),
        (Attack(MAY, None), "by is a str, not None"),
        (Released(MAY, "v2", "key A"), "pins is a tuple of names, such as ('key A',), not 'key A'"),
        (Released(MAY, "v2", ("key A", 2)), "pins is a tuple of names"),
        (Released(MAY, ["v2"]), "version is a str, not ['v2']"),
        (Retired(MAY, ("Lab Root",)), "root is a str, not ('Lab Root',)"),
        (PinsEnd(MAY, {}), "version is a str, not {}"),
    ],
)
def test_what_is_no_event_is_told(wrong: Any, said: str) -> None:
    """Written by hand, a plan is wrong in more ways than in its days."""
    with pytest.raises(BadInput) as told:
        plan(wrong)
    assert said in str(told.value)
    assert str(told.value).startswith("A year: ")


@pytest.mark.parametrize(
    ("events", "ends", "said"),
    [
        (None, END, "its events are a tuple, not None"),
        (7, END, "its events are a tuple, not 7"),
        (FIRST, "2027-12-31", "it ends on a date, such as date(2027, 5, 14), not on '2027-12-31'"),
        (FIRST, datetime(2027, 12, 31), "it ends on a date"),
        (FIRST, None, "it ends on a date"),
    ],
)
def test_what_is_no_plan_is_told(events: Any, ends: Any, said: str) -> None:
    """So is one that has no events, or no end."""
    with pytest.raises(BadInput) as told:
        Plan("A year", events, ends)
    assert said in str(told.value)


def test_events_may_come_from_anywhere() -> None:
    """From a list, or one by one."""
    assert Plan("A year", list(FIRST), END) == Plan("A year", iter(FIRST), END) == plan()  # type: ignore[arg-type]


def test_forty_years_are_a_plan_and_a_day_more_is_none() -> None:
    """The limit is where it is said to be."""
    last = START + timedelta(40 * 366)
    assert Plan("P", FIRST, last).days == 40 * 366 + 1
    with pytest.raises(BadInput, match="longer than 40 years"):
        Plan("P", FIRST, last + timedelta(1))


def test_a_plan_needs_a_certificate_an_app_and_an_end_in_sight() -> None:
    """Nothing can come of less, and forty years are enough."""
    for events, ends, said in (
        ((), END, "begin with a certificate"),
        (FIRST[:1], END, "nobody has an app"),
        (FIRST, date(2070, 1, 1), "longer than 40 years"),
        (FIRST, date(2026, 1, 1), "the plan ends on"),
    ):
        with pytest.raises(BadInput, match=said):
            Plan("P", events, ends)
