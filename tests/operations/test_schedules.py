"""The rule that writes plans, how long certificates may live, and the files that hold plans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlib import data
from pinlib.errors import BadData, BadInput
from pinlib.operations.plans import Attack, Deployed, PinsEnd, Plan, Released, Retired, Stolen
from pinlib.operations.schedules import Rule, allowed, lifetimes, written_plans
from pinlib.operations.sweep import Sweep, apps

END = date(2027, 12, 31)


# -- The rule ----------------------------------------------------------------------------------


def test_a_renewal_comes_after_two_thirds_of_a_life() -> None:
    """So an old certificate is still valid for a third when the new one takes its place."""
    for lifetime, step in {398: 265, 200: 133, 100: 66, 47: 31, 6: 4, 2: 1}.items():
        first, second, *_ = Rule(lifetime).plan().deployments
        assert (second.day - first.day).days == step
        assert (first.ends - first.day).days == lifetime - 1
        assert first.ends >= second.day


def test_the_same_key_a_new_key_and_a_rotation() -> None:
    """A kept key needs one release; a new one was never pinned; a rotation was."""
    kept = Rule(100).plan()
    assert {one.key for one in kept.deployments} == {"key A"}
    assert [one.pins for one in kept.releases] == [("key A", "key B")]

    new = Rule(100, reuse=False).plan()
    assert [one.key for one in new.deployments[:4]] == ["key A", "key C", "key D", "key E"]
    pinned: set[str] = set()
    for one in new.deployments[1:]:
        pinned = {pin for r in new.releases if r.day < one.day for pin in r.pins}
        assert one.key not in pinned

    rotated = Rule(100, rotate=2, backups=2).plan()
    keys = [one.key for one in rotated.deployments]
    assert keys[:5] == ["key A", "key A", "key B", "key B", "key C"]
    for one in rotated.deployments:
        known = {pin for r in rotated.releases if r.day <= one.day for pin in r.pins}
        assert one.key in known


def test_a_rotation_without_a_backup_goes_to_a_key_that_nobody_knows() -> None:
    """There is no other to go to."""
    bare = Rule(200, rotate=1, backups=0).plan()
    assert [one.key for one in bare.deployments[:3]] == ["key A", "key B", "key C"]
    assert bare.releases[0].pins == ("key A",)


@given(
    lifetime=st.integers(2, 500),
    reuse=st.booleans(),
    rotate=st.integers(0, 5),
    backups=st.integers(0, 4),
    cadence=st.integers(1, 200),
)
def test_any_rule_makes_a_plan_without_a_gap(
    lifetime: int, reuse: bool, rotate: int, backups: int, cadence: int
) -> None:
    """No day is without a valid certificate; releases differ, and keep their distance."""
    made = Rule(lifetime, reuse, rotate, backups, ends=END, cadence=cadence).plan()
    for one in made.deployments:
        assert one.replaced is None or one.day < one.replaced <= one.ends
    days = [one.day for one in made.releases]
    assert days[0] == made.start
    gaps = [(later - day).days for day, later in pairwise(days)]
    assert all(gap >= cadence for gap in gaps)
    sets = [one.pins for one in made.releases]
    assert all(a != b for a, b in pairwise(sets))
    assert all(len(set(pins)) == backups + 1 for pins in sets)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lifetime": 1}, "lifetime is a number from 2 to"),
        ({"lifetime": "200"}, "lifetime is a number"),
        ({"lifetime": 10**9}, "lifetime is a number"),
        ({"reuse": "no"}, "reuse is True or False"),
        ({"start": "2027-01-01"}, "start is a date"),
        ({"start": date(2030, 1, 1)}, "starts on 2030-01-01 but ends earlier"),
        ({"rotate": -1}, "rotate is a number from 0"),
        ({"backups": -1}, "backups is a number from 0"),
        ({"cadence": 0}, "cadence is a number from 1"),
    ],
)
def test_a_rule_that_cannot_be_is_told(wrong: dict[str, object], said: str) -> None:
    """Before it is followed."""
    with pytest.raises(BadInput, match=said):
        Rule(**wrong)  # type: ignore[arg-type]


def test_the_largest_numbers_and_the_shortest_stretch_are_rules_too() -> None:
    """What the sentences allow is allowed: forty years in days, and a plan of one day."""
    longest = Rule(14_600, rotate=14_600, cadence=14_600).plan()
    assert len(longest.deployments) == len(longest.releases) == 1
    day = date(2027, 1, 1)
    assert Rule(start=day, ends=day).plan().days == 1


def test_a_plan_that_is_none_is_answered_with_those_that_there_are() -> None:
    """By their titles, in one sentence."""
    with pytest.raises(BadInput, match="no plan is called 'nobody renewed'; there are: Renewed"):
        _ = written_plans()["nobody renewed"]


def test_what_the_thread_about_barclays_does_not_say_is_called_assumed() -> None:
    """It gives days, not keys: in both plans the leaf keeps its key, and both say who says so."""
    for title in ("Black Friday 2016, as Barclays feared it", "Black Friday 2016, as it went"):
        written = written_plans()[title]
        assert {one.key for one in written.plan.deployments} == {"key A"}
        assert "that the leaf keeps its key" in written.say
        assert "assumed" in written.say.rpartition("keeps its key")[2]


def test_a_pin_set_with_a_date_is_said_to_be_androids_and_trustkits() -> None:
    """A bare pin has none; these sets end, and then the app checks no pin."""
    written = written_plans()["The pin set expires, and fails open"]
    (end,) = (one for one in written.plan.events if isinstance(one, PinsEnd))
    assert "Android’s and TrustKit’s pin sets can have a date" in written.say
    sweep, key_app = Sweep(written.plan), apps(written.plan, end.version)[2]
    assert sweep.readers(key_app, end.day - timedelta(1)) == set()
    assert "Other Issuing CA" in sweep.readers(key_app, end.day)


def test_a_stolen_keys_certificates_are_those_that_the_bank_had() -> None:
    """The plan says so: the thief is let in for longer where an authority certifies the key."""
    written = written_plans()["A key is stolen on a Friday"]
    sweep = Sweep(written.plan)
    key_app = apps(written.plan, "v1")[2]
    last = max(one.ends for one in written.plan.deployments if one.key == "key A")
    assert sweep.readers(key_app, last) == {"key A"}
    after = last + timedelta(1)
    assert sweep.readers(key_app, after) == set()
    again = Deployed(last, "key A")  # as if an authority had certified it once more
    assert Sweep(written.plan.adding(again)).readers(key_app, after) == {"key A"}
    assert "no CA issues another here" in written.say


def test_what_a_public_authority_may_do_changes_on_the_ballots_days() -> None:
    """SC-081v3: 398 days, then 200, 100 and 47."""
    for day, days in {
        date(2026, 3, 14): 398,
        date(2026, 3, 15): 200,
        date(2027, 3, 14): 200,
        date(2027, 3, 15): 100,
        date(2029, 3, 14): 100,
        date(2029, 3, 15): 47,
    }.items():
        assert allowed(day) == days
    assert all(one.source for one in lifetimes())
    (short,) = (one for one in lifetimes() if one.days == 6)
    assert short.start == date(2026, 1, 15), "from then on whoever asks gets one"
    made = Rule(None, start=date(2026, 3, 1), ends=date(2029, 8, 31)).plan()
    lives = [(one.ends - one.day).days + 1 for one in made.deployments]
    assert lives == sorted(lives, reverse=True)
    assert set(lives) == {398, 200, 100, 47}


# -- The files ---------------------------------------------------------------------------------


def test_every_plan_of_data_can_be_lived_through_and_looked_at() -> None:
    """Each has something to say, and its first look lies in it."""
    assert len(written_plans()) >= 10
    for title, written in written_plans().items():
        assert title == written.title
        assert written.plan.start <= written.look <= written.plan.ends
    kinds = {type(event) for one in written_plans().values() for event in one.plan.events}
    assert kinds == {Deployed, Released, PinsEnd, Stolen, Retired, Attack}


_START = date(2027, 1, 1)
_APP = Released(_START, "v1", ("key A", "key B"))
_MINE = Plan("Mine", (Deployed(_START, "key A"), _APP), END)
GOOD = """title = "Mine"
say = "Look."
ends = 2027-12-31
look = 2027-06-01

[[deployed]]
day = 2027-01-01
key = "key A"

[[released]]
day = 2027-01-01
version = "v1"
pins = ["key A", "key B"]
"""
RULED = 'title = "Ruled"\nsay = "Look."\n[rule]\nlifetime = 47\nrotate = 1\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty folder of plans."""
    _ = lifetimes()  # a rule reads them, and they do not lie in that folder
    monkeypatch.setattr(data, "DATA", tmp_path)
    (tmp_path / "plans").mkdir()
    written_plans.forget()
    yield tmp_path / "plans"
    written_plans.forget()


def test_an_instructor_may_add_one(folder: Path) -> None:
    """By events, by a rule, or by a rule and what else happens."""
    (folder / "10.toml").write_text(GOOD, "utf-8")
    (folder / "20.toml").write_text(RULED, "utf-8")
    both = RULED.replace("Ruled", "Both") + '[[stolen]]\nday = 2027-04-01\nkey = "key A"\n'
    (folder / "30.toml").write_text(both, "utf-8")
    mine, ruled, both_of = written_plans().values()
    assert mine.plan == _MINE
    assert (mine.rule, mine.look, mine.version) == (None, date(2027, 6, 1), "v1")
    assert ruled.rule == Rule(47, rotate=1)
    assert ruled.plan.events == Rule(47, rotate=1).plan().events
    assert both_of.rule is None
    assert set(both_of.plan.events) - set(ruled.plan.events) == {Stolen(date(2027, 4, 1), "key A")}


@pytest.mark.parametrize(
    ("good", "bad", "where", "said"),
    [
        ('"key A"\n', '"key 1"\n', "the whole file", "is neither a key nor a CA"),
        ("day = 2027-01-01\nkey", 'day = "2027-01-01"\nkey', "key 'deployed[0].day'", "quotes"),
        ("day = 2027-01-01\nkey", "day = 2027-01-01T10:00:00\nkey", "key 'deployed[0].day'", "day"),
        ('["key A", "key B"]', '"key A"', "key 'released[0].pins'", "a list of names"),
        ('["key A", "key B"]', "[1]", "key 'released[0].pins'", "a list of names"),
        ("[[released]]", "[[release]]", "key 'release'", "did you mean 'released'"),
        ("version =", "name =", "key 'released[0]'", "'version' is missing"),
        ("ends = 2027-12-31\n", "", "the whole file", "'ends' is missing"),
        ("look = 2027-06-01", "look = 2029-06-01", "key 'look'", "not in the plan"),
        ("look = 2027-06-01", 'version = "v7"', "key 'version'", "never released"),
        ('say = "Look."', 'say = "Look"', "key 'say'", "full stop"),
        ('title = "Mine"', 'title = ""', "key 'title'", "1 to 60 characters"),
    ],
)
def test_a_slip_names_file_and_key(
    folder: Path, good: str, bad: str, where: str, said: str
) -> None:
    """Whoever added the file finds the place."""
    (folder / "mine.toml").write_text(GOOD.replace(good, bad), "utf-8")
    with pytest.raises(BadData, match=said) as told:
        written_plans()
    assert (told.value.file, told.value.where) == ("plans/mine.toml", where)


def test_a_rules_lifetime_is_days_or_as_allowed(folder: Path) -> None:
    """Anything else is told."""
    (folder / "a.toml").write_text(RULED.replace("47", '"as allowed"'), "utf-8")
    assert next(iter(written_plans().values())).rule == Rule(None, rotate=1)
    written_plans.forget()
    (folder / "a.toml").write_text(RULED.replace("47", '"long"'), "utf-8")
    with pytest.raises(BadData, match='days are expected here, or "as allowed"'):
        written_plans()
