"""The café story: a real verdict for everybody in the middle, one line of text, and a list."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlib import Ending, Outcome, Strategy, Tls, data
from pinlib.errors import BadData, BadInput
from pinlib.scenes.cast import FALSE_ACCOUNT, FORM, LOGIN, REPLY
from pinlib.scenes.scenario import Day, HeldAgainst, Middle, Scenario, run, scenarios
from pinlib.teach.exhibits.attack.cafe import CafePanel, show_scenario
from pinlib.tls.devices import Moment

PATH, KEY, PIN = "path", "key", "pin"
_OF = {
    Outcome.REFUSED_BY_CHAIN: PATH,
    Outcome.REFUSED_BY_NAME: PATH,
    Outcome.REFUSED_BY_DATE: PATH,
    Outcome.REFUSED_BY_KEY: KEY,
    Outcome.REFUSED_BY_PIN: PIN,
}
STOPPED = dict.fromkeys(Strategy, PIN) | {Strategy.NONE: "fooled"}
BY_ITS_CA = STOPPED | {Strategy.INTERMEDIATE_KEY: "fooled", Strategy.ROOT_KEY: "fooled"}
TABLE = {
    Middle.NOBODY: dict.fromkeys(Strategy, "bank"),
    Middle.EAVESDROPPER: dict.fromkeys(Strategy, "bank"),
    Middle.SELF_SIGNED: dict.fromkeys(Strategy, PATH),
    Middle.COPY: dict.fromkeys(Strategy, KEY),
    Middle.OTHER_NAME: dict.fromkeys(Strategy, PATH),
    Middle.COMPANY_PROXY: STOPPED,
    Middle.USER_PROXY: dict.fromkeys(Strategy, PATH),
    Middle.OTHER_CA: STOPPED,
    Middle.HIJACK: STOPPED,
    Middle.HIJACK_OWN_CA: BY_ITS_CA,
    Middle.PINNED_CA: BY_ITS_CA,
    Middle.STOLEN_KEY: dict.fromkeys(Strategy, "fooled"),
    Middle.APPENDED: STOPPED,
}


def outcome(scenario: Scenario) -> str:
    """Say in a word what came of it."""
    scene = run(scenario)
    if scene.verdict.connected:
        return "fooled" if scene.ending is Ending.INTERCEPTED else "bank"
    return _OF[scene.verdict.outcome]


@pytest.mark.parametrize("tls", Tls, ids=lambda one: one.value)
@pytest.mark.parametrize("middle", Middle, ids=lambda one: one.name)
def test_who_is_fooled_and_who_is_not(middle: Middle, tls: Tls) -> None:
    """Everybody in the middle × every way of pinning × when it is checked, by real handshakes."""
    for strategy, moment in product(Strategy, Moment):
        scenario = Scenario(middle, strategy, tls=tls, moment=moment)
        assert outcome(scenario) == TABLE[middle][strategy], scenario


def test_a_refused_attacker_has_no_byte_and_a_fooled_phone_gives_all() -> None:
    """0 bytes of application data or the whole login, and nothing in between."""
    for middle, strategy in product(Middle, Strategy):
        scene = run(Scenario(middle, strategy))
        if scene.page is None:
            assert scene.verdict.connected
            continue
        assert scene.page.request == (LOGIN if scene.verdict.connected else b"")
        assert scene.verdict.application_bytes == len(scene.page.request)
        assert scene.page.asked_for == "bank.example"


def test_a_pin_on_what_was_presented_is_no_pin() -> None:
    """The pinned certificate, appended, opens the door; the verified chain keeps it shut."""
    for strategy in set(Strategy) - {Strategy.NONE}:
        fooled = Scenario(Middle.APPENDED, strategy, HeldAgainst.PRESENTED)
        # A root never crosses the wire by itself; he appends it too.
        assert outcome(fooled) == "fooled", strategy
        assert outcome(replace(fooled, chain=HeldAgainst.VERIFIED)) == PIN


def test_who_does_not_check_the_name_is_fooled_by_any_certificate() -> None:
    """A genuine certificate for another name, from the very CA that is pinned."""
    careless = Scenario(Middle.OTHER_NAME, Strategy.INTERMEDIATE_KEY, checks_name=False)
    assert outcome(careless) == "fooled"
    assert outcome(replace(careless, pins=Strategy.LEAF_KEY)) == PIN


def test_an_android_app_refuses_an_added_ca_and_one_that_opted_in_needs_a_pin() -> None:
    """One phone with one CA added, and one proxy: what differs is whether the app trusts it."""
    ordinary = Scenario(Middle.USER_PROXY)
    opted_in = replace(ordinary, trusts_user_roots=True)
    assert ordinary.device == replace(opted_in.device, trusts_installed=False)
    assert ordinary.device.installed == opted_in.device.installed != ()
    assert outcome(ordinary) == PATH
    assert outcome(opted_in) == "fooled"
    assert outcome(replace(opted_in, pins=Strategy.LEAF_KEY)) == PIN


@pytest.mark.parametrize("middle", [Middle.HIJACK, Middle.HIJACK_OWN_CA], ids=lambda one: one.name)
def test_a_pin_on_a_ca_stops_the_hijacker_whom_another_one_certified(middle: Middle) -> None:
    """At jabber.ru it was the owner's own: then only a pin on the leaf is of use."""
    own = middle is Middle.HIJACK_OWN_CA
    for strategy in (Strategy.INTERMEDIATE_KEY, Strategy.ROOT_KEY):
        scene = run(Scenario(middle, strategy))
        leaf = scene.verdict.presented[0]
        assert (leaf.issuer == scene.scenario.bank.leaf.issuer) is own
        assert (scene.ending is Ending.INTERCEPTED) is own
        assert scene.verdict.application_bytes == (len(LOGIN) if own else 0)
    assert run(Scenario(middle)).ending is Ending.INTERCEPTED
    assert outcome(Scenario(middle, Strategy.LEAF_KEY)) == PIN


def test_the_balance_on_the_screen_may_be_a_lie() -> None:
    """He changes it only where he was let in."""
    scenario = Scenario(Middle.COMPANY_PROXY, lies=True)
    assert run(scenario).heard.endswith(FALSE_ACCOUNT)
    assert run(replace(scenario, lies=False)).heard == REPLY
    assert run(replace(scenario, pins=Strategy.LEAF_KEY)).heard == b""


@pytest.mark.parametrize(
    ("middle", "strategy", "day", "expected"),
    [
        (Middle.NOBODY, Strategy.LEAF_KEY, Day.ROTATED, PIN),
        (Middle.NOBODY, Strategy.LEAF_KEY_AND_BACKUP, Day.ROTATED, "bank"),
        (Middle.STOLEN_KEY, Strategy.LEAF_KEY, Day.ROTATED, "fooled"),
        (Middle.NOBODY, Strategy.NONE, Day.LATE, PATH),
        (Middle.COMPANY_PROXY, Strategy.NONE, Day.LATE, "fooled"),
    ],
)
def test_the_day_matters(middle: Middle, strategy: Strategy, day: Day, expected: str) -> None:
    """Rotation breaks a single pin and stops no thief; a proxy's certificates are always fresh."""
    assert outcome(Scenario(middle, strategy, day=day)) == expected


def test_a_refused_bank_is_not_heard() -> None:
    """A phone that locked itself out hears nothing, though nobody stands between."""
    out = run(Scenario(Middle.NOBODY, Strategy.LEAF_KEY, day=Day.ROTATED))
    assert (out.verdict.connected, out.heard, out.page) == (False, b"", None)
    assert run(Scenario()).heard == REPLY


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"middle": "copy"}, "middle needs a value such as Middle.NOBODY, not 'copy'"),
        ({"pins": "leaf-key"}, "pins needs a value such as Strategy.NONE, not 'leaf-key'"),
        ({"lies": 1}, "lies needs a value such as False, not 1"),
    ],
)
def test_a_word_where_a_value_belongs_is_told(wrong: dict[str, Any], told: str) -> None:
    """At once, in a sentence, and not by the handshake."""
    with pytest.raises(BadInput, match=told):
        Scenario(**wrong)


# -- One line of text ------------------------------------------------------------------------------

any_scenario = st.builds(
    Scenario,
    *map(st.sampled_from, (Middle, Strategy, HeldAgainst, Moment, Tls, Day)),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(any_scenario)
def test_a_scenario_reads_back_from_its_line(scenario: Scenario) -> None:
    """Printed, pasted, and the same again."""
    assert Scenario.parse(str(scenario)) == scenario


def test_what_a_line_leaves_out_is_as_usual() -> None:
    """A short line is enough; words in any order."""
    assert Scenario.parse("") == Scenario()
    line = "pins=leaf-key middle=copy"
    assert Scenario.parse(line) == Scenario(Middle.COPY, Strategy.LEAF_KEY)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("middle=somebody", "middle cannot be 'somebody'; it can be nobody, eavesdropper"),
        ("who=copy", "'who=copy' means nothing here; write middle=…"),
        ("lies=maybe", "lies cannot be 'maybe'; it can be yes, no"),
        ("middle=copy middle=copy", "middle appears twice"),
        ("middle='copy", "quotation mark"),
        ("copy", "'copy' means nothing here"),
    ],
)
def test_a_wrong_word_is_explained(line: str, words: str) -> None:
    """In one sentence that says what would be right."""
    with pytest.raises(BadInput, match=words):
        Scenario.parse(line)


# -- The list --------------------------------------------------------------------------------------


def test_the_scenarios_are_what_their_titles_say() -> None:
    """Each file of "scenarios" runs, and comes out as an instructor announces it."""
    came = {title: outcome(told.scenario) for title, told in scenarios().items()}
    assert len(came) >= 12
    for title, expected in {
        "Nobody in the middle": "bank",
        "An eavesdropper listens": "bank",
        "A home-made certificate": PATH,
        "A copy of the bank’s certificate": KEY,
        "Company phone, inspecting proxy": "fooled",
        "Same proxy, with a pin": PIN,
        "Android: a proxy’s CA added": PATH,
        "Android: the app opted in": "fooled",
        "Hijack, certificate from another CA": "fooled",
        "Same hijack, the bank’s key pinned": PIN,
        "Same hijack, the bank’s CA pinned": PIN,
        "Hijack, certificate from the bank’s own CA": "fooled",
        "Own-CA hijack, the bank’s key pinned": PIN,
        "The pinned CA mis-issues": "fooled",
        "A bug: the pin checks what was sent": "fooled",
        "Locked out: the bank changed its key": PIN,
        "Checked too late": PIN,
        "The bank’s key was stolen": "fooled",
    }.items():
        assert came[title] == expected, title


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder of scenarios."""
    monkeypatch.setattr(data, "DATA", tmp_path)
    (tmp_path / "scenarios").mkdir()
    scenarios.forget()
    yield tmp_path / "scenarios"
    scenarios.forget()


GOOD = 'title = "Mine"\nsay = "Look."\n[scenario]\nmiddle = "hijack"\nlies = true\n'


def test_an_instructor_may_add_one(folder: Path) -> None:
    """A file more is a scenario more, in the order of the names."""
    (folder / "20.toml").write_text(GOOD, "utf-8")
    first = GOOD.replace("Mine", "First").replace("hijack", "copy")
    (folder / "10.toml").write_text(first, "utf-8")
    assert list(scenarios()) == ["First", "Mine"]
    assert scenarios()["Mine"].scenario == Scenario(Middle.HIJACK, lies=True)


@pytest.mark.parametrize(
    ("good", "bad", "where"),
    [
        ('"hijack"', '"hijak"', "key 'scenario.middle'"),
        ('"hijack"', "3", "key 'scenario.middle'"),
        ("lies", "lie", "key 'scenario.lie'"),
        ("lies = true", 'lies = "perhaps"', "key 'scenario.lies'"),
        ('say = "Look."', 'say = "Look"', "key 'say'"),
        ('title = "Mine"\n', "", "the whole file"),
        ('"Mine"', '""', "key 'title'"),
        ('"Mine"', '"  "', "key 'title'"),
        ('"Mine"', '"a\\nb"', "key 'title'"),
        ('"Mine"', f'"{"m" * 61}"', "key 'title'"),
        ('"Mine"', '"Mine', "line 1"),
    ],
)
def test_a_slip_names_file_and_key(folder: Path, good: str, bad: str, where: str) -> None:
    """Whoever added the file finds the place."""
    (folder / "mine.toml").write_text(GOOD.replace(good, bad), "utf-8")
    with pytest.raises(BadData) as refused:
        scenarios()
    assert (refused.value.file, refused.value.where) == ("scenarios/mine.toml", where)


def test_a_scenario_is_given_once(folder: Path) -> None:
    """A list could not tell which of the two is shown."""
    for title in ("Mine", "Yours"):
        (folder / f"{title}.toml").write_text(GOOD.replace("Mine", title), "utf-8")
    with pytest.raises(BadData, match=r"Yours\.toml.*the same scenario"):
        scenarios()


def test_a_file_that_cannot_be_read_stops_the_panel_and_not_the_lesson(folder: Path) -> None:
    """Whatever a cell shows without the list of scenes is still shown."""
    (folder / "mine.toml").write_text(GOOD.replace("hijack", "hijak"), "utf-8")
    assert show_scenario(Scenario()).facts["outcome"] == "connected"
    with pytest.raises(BadData, match=r"scenarios/mine\.toml"):
        CafePanel()


def test_a_title_is_given_once(folder: Path) -> None:
    """Two files of one title would hide one of the two."""
    for name in ("a.toml", "b.toml"):
        (folder / name).write_text(GOOD, "utf-8")
    with pytest.raises(BadData, match=r"b\.toml, title: another file"):
        scenarios()


def test_every_field_can_be_set_in_a_file() -> None:
    """Nothing of a scenario is out of an instructor's reach."""
    assert {one.name for one in fields(Scenario)} == {
        *("middle", "pins", "chain", "moment", "tls", "day", "checks_name"),
        *("trusts_user_roots", "lies", "relays"),
    }
    assert FORM in LOGIN
