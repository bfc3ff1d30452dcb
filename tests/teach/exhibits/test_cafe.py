"""The café: what is drawn is what happened, and the one difference is marked."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from pinlib import Outcome, Strategy
from pinlib.errors import BadInput
from pinlib.scenes.cast import FORM, HOST, LOGIN
from pinlib.scenes.scenario import Day, HeldAgainst, Middle, Scenario, run, scenarios
from pinlib.teach.drawing.view import View
from pinlib.teach.exhibits.attack.cafe import CafePanel, show_scenario
from pinlib.tls.devices import Moment

UNPINNED = Scenario(Middle.COMPANY_PROXY)
PINNED = replace(UNPINNED, pins=Strategy.LEAF_KEY_AND_BACKUP)


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let our own bugs raise."""
    monkeypatch.setenv("PINLIB_STRICT", "1")


def test_the_panel_says_what_a_real_interception_says() -> None:
    """Outcome, bytes and the password: those of a run of its own, for everybody and every pin."""
    for middle, strategy in product(Middle, Strategy):
        scene, view = run(Scenario(middle, strategy)), show_scenario(Scenario(middle, strategy))
        assert view.facts["outcome"] == scene.verdict.outcome.name.lower()
        assert view.facts["fooled"] == ("yes" if scene.fooled else "no")
        count = len(LOGIN) if scene.fooled else 0
        assert view.facts["bytes"] == str(count)
        assert ("password=hunter22" in view.picture) is scene.fooled
        assert f"{count} bytes" in view.picture


def test_nobody_is_called_fooled_who_talks_to_the_bank() -> None:
    """A listener changes nothing; the headline is good, and her card has 0 bytes."""
    view = show_scenario(Scenario(Middle.EAVESDROPPER))
    assert view.headline.tone == "good"
    assert "What she holds" in view.picture
    assert "0 bytes" in view.picture
    assert HOST in view.picture


def test_a_fooled_phone_is_not_shown_as_good_news() -> None:
    """Connected, and the verdict is dashed and crossed all the same."""
    for middle in (Middle.COMPANY_PROXY, Middle.OTHER_CA, Middle.HIJACK, Middle.STOLEN_KEY):
        headline = show_scenario(Scenario(middle)).headline
        assert (headline.tone, headline.mark) == ("bad", "fails")
        assert headline.words == "Connected, and it is not the bank"


def _card(view: View, title: str) -> str:
    return view.picture.partition(f'<div class="pl-heading">{title}</div>')[2].partition(
        "<section"
    )[0]


def test_the_same_without_the_pin_stands_beside_it() -> None:
    """One thing differs, and the card says which; what it shows is a run of its own."""
    pinned, unpinned = show_scenario(PINNED), show_scenario(UNPINNED)
    beside = _card(pinned, "The same, unpinned")
    assert f"{len(LOGIN)} bytes" in beside
    assert "One thing differs: no pin." in beside
    beside = _card(unpinned, "The same, pinned")
    assert "0 bytes" in beside
    assert "Refused by the pin" in beside


def test_the_decision_is_drawn_before_the_data() -> None:
    """The mark stands on the phone's line above the login, sent or not."""
    for scenario in (PINNED, UNPINNED, Scenario()):
        picture = show_scenario(scenario).picture
        assert picture.count("data-decision=") == 1
        assert picture.index("data-decision=") < picture.index("the login")
    assert "never sent, 0 bytes" in show_scenario(PINNED).picture


def test_a_root_that_was_installed_is_on_a_company_iphone_or_an_android_phone() -> None:
    """A guest of a café cannot install one, and on Android the app has to opt in."""
    phones = {Middle.COMPANY_PROXY: "Company iPhone", Middle.USER_PROXY: "Android phone"}
    for middle in Middle:
        picture = show_scenario(Scenario(middle)).picture
        assert f'data-actor="{phones.get(middle, "Phone")}"' in picture, middle


def test_he_sees_a_closed_door_where_the_check_comes_late() -> None:
    """Inside the handshake an alert, after it none; 0 bytes in both."""
    inside, after = show_scenario(PINNED), show_scenario(replace(PINNED, moment=Moment.AFTER))
    assert "He saw the alert bad_certificate." in inside.picture
    assert "He saw a finished handshake, then a closed door, and no alert." in after.picture


def test_a_changed_balance_is_read_out_of_both_answers() -> None:
    """The numbers are those of the answers themselves."""
    view = show_scenario(Scenario(Middle.COMPANY_PROXY, lies=True))
    assert "the phone shows a balance of 9250, the bank said 1250" in view.text
    assert "9250" not in show_scenario(Scenario(Middle.COMPANY_PROXY)).text


def test_presented_beside_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bug's scene shows the appended certificate in one chain and not in the other."""
    view = show_scenario(Scenario(Middle.APPENDED, Strategy.LEAF_KEY, HeldAgainst.PRESENTED))
    card = _card(view, "What the phone checked")
    presented, verified = (
        card.partition(word)[2].partition("</dd>")[0] for word in ("presented", "verified")
    )
    assert presented.count(HOST) == 2
    assert verified.count(HOST) == 1


def test_another_device_can_take_the_phones_place() -> None:
    """The owner who takes the pin out: the same attack, and he is fooled."""
    view = show_scenario(PINNED, replace(PINNED.device, pins=None))
    assert view.facts["fooled"] == "yes"
    assert FORM.decode() in view.text
    assert "The app pins: no pin" in view.text
    beside = _card(view, "The same, pinned")
    assert "0 bytes" in beside
    assert "the bank’s key is pinned, and a backup" in beside


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
        assert "what matched the pin was presented only, never verified" in bug.text
    honest = show_scenario(Scenario(pins=Strategy.LEAF_KEY, chain=HeldAgainst.PRESENTED))
    assert "presented only" not in honest.text


def test_who_listens_hears_no_answer_where_none_was_sent() -> None:
    """The phone refuses the bank on a day when nothing is renewed: nothing came back."""
    for day, unsent in ((Day.LATE, 2), (Day.TODAY, 0)):
        view = show_scenario(Scenario(Middle.EAVESDROPPER, day=day))
        assert view.picture.count('data-line="unsent"') == unsent


def test_a_check_left_out_does_not_hide_the_pin() -> None:
    """The name is not checked; whether a pin was is said all the same."""
    left_out = Scenario(Middle.STOLEN_KEY, Strategy.LEAF_KEY, checks_name=False)
    assert "did not check: name. The pin matches." in show_scenario(left_out).text
    unpinned = replace(left_out, pins=Strategy.NONE)
    assert "did not check: name. No pin was asked." in show_scenario(unpinned).text


def test_the_scenes_are_those_of_the_folder() -> None:
    """An instructor's file is a scene of the panel."""
    assert list(CafePanel.presets) == list(scenarios())
    assert CafePanel("The bank itself")._view.facts["outcome"] == Outcome.CONNECTED.name.lower()


def test_tooltips_say_what_real_phones_do_beyond_this_one() -> None:
    """Certificate Transparency, and how an Android app opts in to added CAs."""
    tips = {one.field: one.tooltip for one in CafePanel.controls}
    assert "Unlike an iPhone, or an app made for Android 17" in tips["middle"]
    assert "asks for no proof that a certificate was logged" in tips["middle"]
    assert '<certificates src="user"/>' in tips["trusts_user_roots"]
