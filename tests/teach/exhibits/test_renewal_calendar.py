"""The calendar: what a plan looks like, and that the picture says what the handshakes say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pinlib import Strategy, data
from pinlib.errors import BadData, BadInput
from pinlib.operations import day_report
from pinlib.operations.day_report import report
from pinlib.operations.fleet import people
from pinlib.operations.plans import Deployed, Plan, Released, Retired
from pinlib.operations.schedules import Rule, written_plans
from pinlib.operations.sweep import App, Sweep, apps, verdict_on
from pinlib.teach.charts.plan_picture import draw
from pinlib.teach.charts.plan_rows import key_index, named_days
from pinlib.teach.drawing.palette import key_style
from pinlib.teach.drawing.view import View
from pinlib.teach.exhibits.lifecycle.renewal_calendar import (
    Calendar,
    CalendarPanel,
    Life,
    _scenes,
    at,
    show_plan,
)

SAME, NEW = Rule(200).plan(), Rule(200, reuse=False).plan()
RENEWAL = SAME.deployments[1].day


@pytest.fixture(autouse=True)
def _strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that the words leave out is a failure."""
    monkeypatch.setenv("PINLIB_STRICT", "1")


def row(view: View, name: str) -> str:
    """Return the markup of one row."""
    return view.picture.partition(f'data-row="{name}"')[2].partition('class="pl-trow')[0]


def test_every_mark_is_a_handshake_of_that_very_day() -> None:
    """Six rows on six days: the mark beside the name is what `verdict` says."""
    for days in (0, 50, 133, 134, 400, 700):
        day = NEW.start + timedelta(days)
        view = show_plan(NEW, day)
        refused = set(view.facts["refused"].split())
        for app in apps(NEW, "v1"):
            name = app.way.name.lower().replace("_", "-")
            held = verdict_on(NEW, app, day).connected
            mark = "holds" if held else "fails"
            assert f'data-now="{mark}"' in view.picture.partition(f'data-row="{name}"')[2][:20]
            assert (name in refused) is not held


def test_a_stretch_is_as_long_as_its_days() -> None:
    """Places are shares of the time; the reason is one, and has its day."""
    certificate = row(show_plan(SAME, RENEWAL), "leaf-certificate")
    spans = [
        (float(a), float(b)) for a, b in re.findall(r"left:([\d.]+)%;width:([\d.]+)%", certificate)
    ]
    share = (RENEWAL - SAME.start).days / SAME.days * 100
    assert spans == [
        (0, pytest.approx(share, abs=0.01)),
        (pytest.approx(share, abs=0.01), pytest.approx(100 - share, abs=0.01)),
    ]
    assert "a new certificate, 14 May 2027" in certificate


def test_each_reason_is_that_of_its_row() -> None:
    """A key that is not pinned, an authority that is not, an end, a root that is gone."""
    titles = {
        "A new key each time, as certbot and ACM do": ("leaf-key", "key C is not pinned"),
        "The CA issues from another intermediate": (
            "intermediate-key",
            "Lab Issuing CA 2 is not pinned",
        ),
        "The bank buys from another CA": ("root-key", "Other Root is not pinned"),
        "Nobody renewed": ("none", "certificate 1 has expired"),
    }
    for title, (name, reason) in titles.items():
        assert reason in row(show_plan(written_plans()[title].plan), name), title
    events = (Deployed(SAME.start, "key A"), Released(SAME.start, "v1", ("key A",)))
    gone = Plan("P", (*events, Retired(date(2027, 3, 1), "Lab Root")), date(2027, 6, 1))
    assert "Lab Root is no longer trusted" in row(show_plan(gone), "none")


def test_an_apps_own_list_is_called_so_where_authorities_are_on_it() -> None:
    """Barclays pinned an intermediate: its row is no leaf key, and its reason is the list's."""
    feared, spared = (
        written_plans()[f"Black Friday 2016, {how}"]
        for how in ("as Barclays feared it", "as it went")
    )
    own = row(show_plan(feared.plan, feared.look), "leaf-key-and-backup")
    assert "Its own list" in own
    assert "nothing on its list matches, 25 Nov 2016" in own
    refused = {one: show_plan(one.plan, one.look).facts["refused"] for one in (feared, spared)}
    assert refused[feared] == "leaf-certificate leaf-key-and-backup intermediate-key"
    assert refused[spared] == "leaf-certificate"


def test_the_headline_counts_apps_and_names_what_the_bank_shows() -> None:
    """Nobody, some, TLS, and a stranger."""
    assert show_plan(SAME).headline.words == "All 6 apps are connected on 1 Jan 2027"
    renewed = show_plan(SAME, RENEWAL).headline
    assert renewed.words == "1 of 6 apps locked out on 14 May 2027"
    assert "Certificate 2, key A" in str(renewed.reason)
    forgotten = written_plans()["Nobody renewed"]
    told = show_plan(forgotten.plan, forgotten.look).headline
    assert told.words.startswith("6 of 6 apps locked out")
    assert "TLS refuses it, pin or no pin" in str(told.reason)
    stolen = written_plans()["A key is stolen on a Friday"]
    told = show_plan(stolen.plan, stolen.look).headline
    assert (told.words, told.tone) == ("6 of 6 apps let Mallory in on 1 Jul 2027", "bad")
    assert "Mallory is in the middle, with the stolen key A" in str(told.reason)
    later = show_plan(stolen.plan, stolen.look, "v2").headline
    assert later.words == "3 of 6 apps let Mallory in on 1 Jul 2027"


def test_a_mark_is_for_who_reaches_the_bank_and_nobody_else() -> None:
    """An app that lets the thief in gets a cross, whether it reaches its bank or not."""
    stolen = written_plans()["A key is stolen on a Friday"]
    assert show_plan(stolen.plan, stolen.look).picture.count('data-now="fails"') == 6
    later = show_plan(stolen.plan, date(2027, 12, 1))
    assert later.picture.count('data-now="holds"') == 4
    expired = written_plans()["The pin set expires, and fails open"]
    told = show_plan(expired.plan, expired.look).headline
    assert told.words == "6 of 6 apps let Mallory in on 10 Dec 2027"


def test_a_scene_is_told_in_its_own_words() -> None:
    """What its file says stands above the chart, and goes when the rule is another."""
    panel = CalendarPanel("A root is retired")
    assert written_plans()["A root is retired"].say in panel._view.words
    assert "made by hand" in panel._view.picture
    panel.control("life").value = Life.DAYS_47
    assert "made by hand" not in panel._view.picture
    assert panel.state.asked.say == ""


def test_issuers_are_told_apart_where_there_is_room_and_never_cut() -> None:
    """A name without its last part would be another authority's."""
    deployed = row(
        show_plan(written_plans()["The CA issues from another intermediate"].plan), "deployed"
    )
    assert deployed.count("Lab\u00a0CA\u00a02") == 2
    assert "Lab Issuing CA<" not in deployed


def test_who_could_read_along_stands_under_each_row() -> None:
    """No pin: any; an authority's: that one; the leaf's: nobody, and no line is drawn."""
    view = show_plan(SAME)
    assert "exposed to a mistake by any trusted CA" in row(view, "none")
    assert "exposed to a mistake by Lab Issuing CA<" in row(view, "intermediate-key")
    assert "pl-tline" not in row(view, "leaf-key")


def test_a_version_that_is_not_out_yet_has_no_verdict() -> None:
    """It is said when it comes."""
    view = show_plan(NEW, NEW.start, "v2")
    assert view.facts["outcome"] == "not-out"
    assert view.headline.words == "v2 isn’t out yet on 1 Jan 2027"
    out = NEW.releases[1].day
    assert show_plan(NEW, out, "v2").facts["outcome"] == "connected"


def test_many_keys_have_names_and_looks_of_their_own() -> None:
    """A, B, … Z, AA: the place in the row of keys gives colour and dash."""
    names = [key_style(index).name for index in range(60)]
    assert len(set(names)) == 60
    assert [key_index(name) for name in names] == list(range(60))
    assert names[26] == "key AA"
    for one, other in zip(range(59), range(1, 60), strict=True):
        a, b = key_style(one), key_style(other)
        assert (a.colour, a.dash) != (b.colour, b.dash)


def test_a_slider_stops_where_something_happens() -> None:
    """Every event, the first of every month, and the day on which a certificate would end."""
    days = named_days(SAME)
    assert set(days.values()) >= {one.day for one in SAME.events}
    assert {day for day in days.values() if day.day == 1} >= {date(2027, 2, 1), date(2028, 12, 1)}
    assert "20 Jul 2027: certificate 1 would expire" in days
    assert "20 Jul 2027: certificate 1 has expired" in named_days(
        written_plans()["Nobody renewed"].plan
    )
    assert list(days.values()) == sorted(set(days.values()))


# -- The panel ---------------------------------------------------------------------------------


def test_every_plan_of_data_is_a_scene() -> None:
    """By its title, on the day that its file says; a rule can be changed from there."""
    assert list(CalendarPanel.presets) == list(written_plans())
    for title, written in written_plans().items():
        state = CalendarPanel.presets[title]
        assert state.lived.events == written.plan.events
        assert state.day == written.look, title
        assert (state.plan == "") is (written.rule is not None)
    assert CalendarPanel("Nobody renewed").state == at(written_plans()["Nobody renewed"])


def test_a_changed_rule_leaves_the_plan_made_by_hand() -> None:
    """And the day goes to the nearest that the new plan has."""
    panel = CalendarPanel("A key is stolen on a Friday")
    panel.control("life").value = Life.DAYS_47
    assert panel.state.plan == ""
    assert panel.state.lived == Rule(47).plan()
    assert panel.state.day in named_days(panel.state.lived).values()
    panel.control("plan").value = "Nobody renewed"
    assert panel.state.day == written_plans()["Nobody renewed"].look


def test_a_version_that_another_plan_lacks_is_let_go() -> None:
    """The first one is shown instead."""
    panel = CalendarPanel(
        replace(at(written_plans()["A new key each time, as certbot and ACM do"]), version="v3")
    )
    panel.control("reuse").value = True
    assert panel.state.version == "v1"


@pytest.mark.slow
def test_each_audit_takes_other_days_and_agrees() -> None:
    """Twenty days, every row, the bank and every stranger; another press, another sample."""
    panel = CalendarPanel("A new key each time, as certbot and ACM do")
    assert panel._view.facts["audited"] == "0"
    samples = []
    for number in (1, 2):
        panel.control("audits").click()
        assert panel.state.audits == number
        assert (panel._view.facts["audited"], panel._view.facts["disagree"]) == ("20", "0")
        samples.append(day_report._random_days(panel.state.asked))
        assert "20 random days, 480 handshakes repeated: all agree" in panel._view.words
    assert samples[0] != samples[1]


@pytest.mark.slow
def test_an_audit_that_disagrees_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep that missed the renewals is found out on screen."""
    state = Calendar(Life.DAYS_100, reuse=False, audits=3)
    broken = Sweep(state.lived)
    monkeypatch.setitem(broken.__dict__, "turning_points", (state.lived.start,))
    monkeypatch.setattr(day_report, "swept", lambda _: broken)
    day_report._audited.forget()
    day_report._years.forget()
    day_report._counts.forget()
    try:
        view = draw(report(state.asked))
        assert int(view.facts["disagree"]) > 0
        assert "differ" in view.words
    finally:
        for cached in (day_report._audited, day_report._years, day_report._counts):
            cached.forget()


def test_users_are_counted_for_the_way_that_is_asked() -> None:
    """Who pins the certificate loses more than who pins the key, and the picture says whose."""
    shares = {}
    for way in Strategy:
        view = draw(report(replace(Calendar(reuse=False, way=way).asked, day=date(2027, 6, 1))))
        shares[way] = float(view.facts["cut"])
        assert f"Users locked out who pin the {way.value}" in view.words
    assert shares[Strategy.NONE] == shares[Strategy.ROOT_KEY] == 0
    assert shares[Strategy.LEAF_CERTIFICATE] == shares[Strategy.LEAF_KEY_AND_BACKUP] == 1


def test_the_assumption_about_people_is_on_screen_with_its_source() -> None:
    """Whatever is chosen."""
    for who in people().values():
        words = draw(report(Calendar(users=who.name).asked)).words
        assert who.source in words
        assert who.basis in words


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("Renewed with the same key",), "show takes a Plan, such as Rule"),
        ((None,), "show takes a Plan"),
        ((SAME, date(2030, 1, 1)), r"isn’t in this plan: give a date from 2027-01-01 to"),
        ((SAME, "2027-05-14"), "isn’t in this plan"),
        ((SAME, RENEWAL, "v9"), "there is no 'v9'; there are v1"),
        ((SAME, date(2020, 1, 1)), "isn’t in this plan"),
    ],
)
def test_what_cannot_be_shown_is_told(given: tuple[object, ...], said: str) -> None:
    """In one sentence that says what would be right."""
    with pytest.raises(BadInput, match=said):
        show_plan(*given)  # type: ignore[arg-type]


def test_a_report_ends_with_its_plan() -> None:
    """A day that is not in it has no report, and no app has a track on it."""
    asked = Calendar().asked
    with pytest.raises(BadInput, match="isn’t in this plan"):
        report(replace(asked, day=asked.plan.start - timedelta(1)))
    (first, *_) = report(asked).apps
    with pytest.raises(BadInput, match="there’s no result for"):
        first.track(asked.plan.ends + timedelta(1))


@pytest.mark.slow
def test_a_line_of_text_brings_the_calendar_back() -> None:
    """Plans by hand and by rule, days and audits."""
    by_hand = replace(
        at(written_plans()["Nobody renewed"]), day=date(2027, 8, 9)
    )  # no other plan's day
    by_rule = Calendar(Life.ALLOWED, False, audits=4, day=date(2026, 11, 21), version="v2")
    for state in (by_hand, by_rule):
        other = CalendarPanel(CalendarPanel(state).text)
        assert other.state == state
    part = CalendarPanel("calendar: life=days-398 reuse=no")
    assert part.state.day == date(2027, 5, 1)  # the nearest to 14 May that this plan has
    with pytest.raises(BadInput, match="audits is a number"):
        CalendarPanel("calendar: audits=often")
    with pytest.raises(BadInput, match="day cannot be '2040-01-01'"):
        CalendarPanel("calendar: day=2040-01-01")


@pytest.fixture
def broken_plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give a data folder whose one plan cannot be read."""
    monkeypatch.setattr(data, "DATA", tmp_path)
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "x.toml").write_text("title = 1", "utf-8")
    written_plans.forget()
    _scenes.forget()
    yield
    written_plans.forget()
    _scenes.forget()


def test_a_file_that_cannot_be_read_stops_the_panel_and_not_the_lesson(broken_plans: None) -> None:
    """Whatever a cell shows without the list of plans is still shown."""
    assert show_plan(SAME).facts["outcome"] == "connected"
    with pytest.raises(BadData, match=r"plans/x\.toml"):
        CalendarPanel()


def test_strings_from_a_plan_are_escaped() -> None:
    """A version may be called anything."""
    script = "<script>alert(1)</script>"
    plan = Plan(
        script,
        (Deployed(SAME.start, "key A"), Released(SAME.start, script, ("key A",))),
        date(2027, 6, 1),
    )
    view = show_plan(plan)
    assert script not in view.html
    assert "&lt;script&gt;" in view.html
    assert isinstance(apps(plan, script)[0], App)


def test_each_renewal_tool_is_named_by_what_it_does_unless_told_otherwise() -> None:
    """acme.sh reuses the key; certbot and ACM make a new one, and cert-manager since 1.18."""
    (reuse,) = (one for one in CalendarPanel.controls if one.field == "reuse")
    told = dict(zip(reuse.options, reuse.tooltips, strict=True))
    assert told == {
        "keeps the key": "The default of acme.sh",
        "makes a new key": "The default of certbot, ACM and cert-manager",
    }
