"""The café: what is drawn is what happened, and the one difference is marked."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from pinlib import Ending, Strategy, story
from pinlib.errors import BadInput
from pinlib.scenes.cast import FORM, HOST, LOGIN
from pinlib.scenes.scenario import Day, HeldAgainst, Middle, Scenario, run, scenarios
from pinlib.teach.drawing.palette import BLUE, VERMILLION
from pinlib.teach.drawing.view import View
from pinlib.teach.exhibits.attack.cafe import CafePanel, show_event, show_scenario
from pinlib.tls.devices import Moment

UNPINNED = Scenario(Middle.COMPANY_PROXY)
PINNED = replace(UNPINNED, pins=Strategy.LEAF_KEY_AND_BACKUP)
LOCKED = Scenario(pins=Strategy.LEAF_KEY, day=Day.ROTATED)
LATE = Scenario(Middle.OTHER_CA, Strategy.LEAF_KEY, moment=Moment.LATE)


def phone(view: View) -> str:
    """Return the markup of Alice's screen."""
    return view.picture.partition('<div class="pl-screen pl-screen-phone">')[2].partition(
        '<div class="pl-heading">'
    )[0]


def test_the_panel_says_what_a_real_interception_says() -> None:
    """Outcome, ending, bytes and the password: those of a run of its own, for every pin."""
    for middle, strategy, moment in product(Middle, Strategy, Moment):
        scenario = Scenario(middle, strategy, moment=moment)
        scene, view = run(scenario), show_scenario(scenario)
        assert view.facts["outcome"] == scene.verdict.outcome.name.lower()
        assert view.facts["ending"] == scene.ending.name.lower()
        robbed = scene.ending is Ending.INTERCEPTED
        assert view.facts["bytes"] == str(len(LOGIN) if robbed else 0)
        assert ("hunter22" in view.picture) is robbed
        assert (FORM.decode() in view.words) is robbed


@pytest.mark.parametrize(
    ("scenario", "words", "reason"),
    [
        (Scenario(), "Alice is connected to her bank", "hold"),
        (Scenario(Middle.EAVESDROPPER), "Alice is connected to her bank", "reads nothing"),
        (Scenario(Middle.OTHER_CA), "Mallory has Alice’s password", "The app pins nothing."),
        (UNPINNED, "The company’s proxy can read Alice’s password", "Its CA is installed"),
        (PINNED, "Attack blocked by the pin", "TLS found nothing wrong"),
        (Scenario(Middle.SELF_SIGNED), "Attack blocked by TLS", "No CA the phone trusts"),
        (Scenario(Middle.COPY), "Attack blocked by TLS", "she can’t sign with its key"),
        (Scenario(Middle.USER_PROXY), "Attack blocked by TLS", "ignores CAs"),
        (LOCKED, "Locked out: Alice can’t reach her own bank", "Nobody attacked."),
        (LATE, "Refused too late: Mallory has Alice’s password", "after sending the login"),
        (
            Scenario(Middle.STOLEN_KEY, Strategy.LEAF_KEY),
            "Mallory has Alice’s password",
            "the key the app pins",
        ),
        (
            Scenario(Middle.PINNED_CA, Strategy.INTERMEDIATE_KEY),
            "Mallory has Alice’s password",
            "The app pins that CA’s key.",
        ),
        (
            Scenario(Middle.APPENDED, Strategy.LEAF_KEY, HeldAgainst.PRESENTED),
            "Mallory has Alice’s password",
            "against whatever was sent",
        ),
        (
            Scenario(Middle.OTHER_NAME, checks_name=False),
            "Mallory has Alice’s password",
            "doesn’t check the name",
        ),
    ],
    ids=lambda one: str(one) if isinstance(one, Scenario) else "",
)
def test_the_headline_says_what_was_lost_and_what_mallory_holds(
    scenario: Scenario, words: str, reason: str
) -> None:
    """In at most twelve words, and one sentence why."""
    view = show_scenario(scenario)
    assert view.headline.words == words
    assert reason in view.headline.reason
    assert view.picture.count('class="pl-screen pl-screen-phone"') == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Scenario(), Scenario(Middle.OTHER_CA)),
        (PINNED, LOCKED),
        (LATE, LOCKED),
        (Scenario(Middle.SELF_SIGNED), LOCKED),
    ],
    ids=["connected and intercepted", "blocked and locked out", "too late", "by TLS"],
)
def test_alice_cannot_see_what_we_see(one: Scenario, other: Scenario) -> None:
    """Both phones of a pair show the same, to the last character."""
    first, second = show_scenario(one), show_scenario(other)
    assert first.facts["ending"] != second.facts["ending"]
    assert phone(first) == phone(second) != ""


def test_the_square_has_one_place_lit() -> None:
    """The emblem: the place is that of the ending."""
    for scenario in (Scenario(), Scenario(Middle.OTHER_CA), PINNED, LOCKED):
        view = show_scenario(scenario)
        assert view.html.count('data-lit="yes"') == 1
        assert f'data-place="{view.facts["ending"]}" data-lit="yes"' in view.html


def test_blue_and_vermillion_say_who_was_harmed_and_nothing_else() -> None:
    """No key, arrow or mark has their colour."""
    for scenario in (Scenario(Middle.OTHER_CA), PINNED):
        picture = show_scenario(scenario).picture
        assert BLUE not in picture and VERMILLION not in picture
        assert "pl-bad" not in picture and "pl-good" not in picture


def test_the_same_with_another_answer_about_the_pin_opens_on_demand() -> None:
    """One thing differs, and what it says is a run of its own."""
    assert "Same connection, without a pin" in show_scenario(PINNED).picture
    assert f"{len(LOGIN)} bytes of application data reach" in show_scenario(PINNED).words
    assert (
        "Same connection, with a pin: Attack blocked by the pin." in show_scenario(UNPINNED).words
    )


def test_the_first_scene_has_no_ladder_yet() -> None:
    """Rungs appear once they have been named."""
    view = show_scenario(UNPINNED, ladder=False)
    assert "pl-ladder-line" not in view.picture and "Same connection" not in view.picture
    assert "✓ Chain" not in view.words


def test_a_root_that_was_installed_is_on_a_company_iphone_or_an_android_phone() -> None:
    """A guest of a café cannot install one, and on Android the app has to opt in."""
    phones = {Middle.COMPANY_PROXY: "company iPhone", Middle.USER_PROXY: "Android phone"}
    for middle in Middle:
        picture = show_scenario(Scenario(middle)).picture
        for kind in phones.values():
            assert (kind in picture) is (phones.get(middle) == kind), middle


def test_what_is_left_for_mallory_is_said() -> None:
    """Inside the handshake an alert, after it none; the host name in both."""
    inside, after = show_scenario(PINNED), show_scenario(replace(PINNED, moment=Moment.AFTER))
    assert "the host name bank.example, and the alert bad_certificate" in inside.words
    assert "the host name bank.example, and a closed connection, and no alert" in after.words


def test_a_changed_balance_is_written_where_it_is_changed() -> None:
    """The numbers are those of the answers themselves."""
    view = show_scenario(Scenario(Middle.OTHER_CA, lies=True))
    assert "balance 1,250 → 9,250" in view.picture
    assert "9,250" in phone(view)
    assert "9,250" not in show_scenario(Scenario(Middle.OTHER_CA)).text


def test_presented_beside_verified() -> None:
    """The bug's scene shows the appended certificate in one chain and not in the other."""
    view = show_scenario(Scenario(Middle.APPENDED, Strategy.LEAF_KEY, HeldAgainst.PRESENTED))
    presented, verified = (
        view.picture.partition(f"<dt>{word}</dt>")[2].partition("</dd>")[0]
        for word in ("presented", "verified")
    )
    assert presented.count(HOST) == 2
    assert verified.count(HOST) == 1
    assert "and the bank’s after it" in view.picture


def test_another_device_can_take_the_phones_place() -> None:
    """The owner who takes the pin out: the same attack, and the password is gone."""
    view = show_scenario(PINNED, replace(PINNED.device, pins=None))
    assert view.facts["ending"] == "intercepted"
    assert FORM.decode() in view.text
    assert "Same connection, with a pin: Attack blocked by the pin." in view.words


def test_an_event_is_a_scene_too() -> None:
    """Whoever answers in the story's events is drawn, and the phone's own date counts."""
    for name, event in story().events.items():
        for strategy in (Strategy.NONE, Strategy.LEAF_KEY):
            view, verdict = show_event(event, strategy), event.verdict(strategy)
            assert view.facts["ending"] == event.ending(verdict).name.lower(), name
            assert view.facts["outcome"] == verdict.outcome.name.lower(), name


@pytest.mark.parametrize("wrong", [Middle.COPY, "Company phone, inspecting proxy", None])
def test_what_is_no_scenario_is_told(wrong: object) -> None:
    """A name out of the list is for the panel; a panel does not take everything either."""
    with pytest.raises(BadInput, match="show takes a Scenario"):
        show_scenario(wrong)  # type: ignore[arg-type]
    if not isinstance(wrong, str) and wrong is not None:
        with pytest.raises(BadInput, match="a scene's name, a line of text or a Scenario"):
            CafePanel(wrong)  # type: ignore[arg-type]


def test_a_pin_that_matched_what_was_only_presented_is_shown() -> None:
    """The bug is on the rung and in the sentence; without it neither is there."""
    for strategy in (Strategy.LEAF_KEY, Strategy.LEAF_CERTIFICATE, Strategy.ROOT_KEY):
        bug = show_scenario(Scenario(Middle.APPENDED, strategy, HeldAgainst.PRESENTED))
        assert bug.text.count("presented only: ") == 1
        assert "the matching certificate isn’t in the verified chain" in bug.text
    honest = show_scenario(Scenario(pins=Strategy.LEAF_KEY, chain=HeldAgainst.PRESENTED))
    assert "presented only" not in honest.text


def test_a_check_left_out_does_not_hide_the_pin() -> None:
    """The name is not checked; whether a pin was is said all the same."""
    left_out = Scenario(Middle.STOLEN_KEY, Strategy.LEAF_KEY, checks_name=False)
    assert "doesn’t check the name. The pin matches." in show_scenario(left_out).text
    unpinned = replace(left_out, pins=Strategy.NONE)
    assert "doesn’t check the name. It doesn’t pin either." in show_scenario(unpinned).text


def test_the_scenes_are_those_of_the_folder() -> None:
    """An instructor's file is a scene of the panel."""
    assert list(CafePanel.presets) == list(scenarios())
    assert CafePanel("Nobody in the middle").facts["ending"] == "connected"


def test_tooltips_say_what_real_phones_do_beyond_this_one() -> None:
    """Certificate Transparency, and how an Android app opts in to added CAs."""
    tips = {one.field: one.tooltip for one in CafePanel.controls}
    assert "Unlike an iPhone, or an app made for Android 17" in tips["middle"]
    assert "doesn’t ask for proof that a certificate was logged" in tips["middle"]
    assert '<certificates src="user"/>' in tips["trusts_user_roots"]
