"""Who was harmed, for everything that can happen: decided by where the login went."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from pinlib import Cast, Ending, Middle, Moment, Outcome, Scenario, Strategy, connect, story
from pinlib.scenes.cast import HOST, LOGIN, REPLY
from pinlib.scenes.endings import ending_of
from pinlib.scenes.scenario import Day, HeldAgainst, run

GOOD, OUT, ROBBED, BLOCKED = Ending.CONNECTED, Ending.LOCKED_OUT, Ending.INTERCEPTED, Ending.BLOCKED


@pytest.fixture(scope="module")
def cast() -> Cast:
    """Return everybody."""
    return story()


@pytest.mark.parametrize("moment", Moment, ids=lambda one: one.name)
@pytest.mark.parametrize("strategy", Strategy, ids=lambda one: one.name)
def test_every_event_on_every_phone_ends_as_the_bytes_say(
    cast: Cast, strategy: Strategy, moment: Moment
) -> None:
    """Event × way of pinning × moment of the check, against the two questions asked by hand."""
    met = set()
    for event in cast.events.values():
        device = replace(event.device(strategy), moment=moment)
        verdict = connect(device, event.identity, HOST, event.date, request=LOGIN, reply=REPLY)
        stolen = verdict.application_bytes > 0 and not event.honest
        if stolen:
            expected = ROBBED
        elif not event.honest:
            expected = BLOCKED
        else:
            expected = GOOD if verdict.outcome is Outcome.CONNECTED else OUT
        assert event.ending(verdict) is expected, event.name
        met.add(expected)
    assert met == set(Ending)


@pytest.mark.parametrize("middle", Middle, ids=lambda one: one.name)
def test_every_scenario_ends_as_the_captured_bytes_say(middle: Middle) -> None:
    """Who is in the middle × pins × chain × moment × day: what she captured decides."""
    for given in product(Strategy, HeldAgainst, Moment, Day):
        strategy, chain, moment, day = given
        scene = run(Scenario(middle, strategy, chain, moment, day=day))
        if scene.page is not None:
            assert (scene.ending is ROBBED) is bool(scene.page.request), scene.scenario
            assert scene.ending in {ROBBED, BLOCKED}
            assert scene.too_late is (bool(scene.page.request) and not scene.verdict.connected)
        else:
            assert scene.ending is (GOOD if scene.verdict.connected else OUT), scene.scenario


def test_a_refusal_after_the_login_is_an_interception() -> None:
    """The app says no, and Mallory has the password."""
    scene = run(Scenario(Middle.OTHER_CA, Strategy.LEAF_KEY, moment=Moment.LATE))
    assert scene.verdict.outcome is Outcome.REFUSED_BY_PIN
    assert scene.page is not None and scene.page.request == LOGIN
    assert scene.ending is ROBBED and scene.too_late


def test_a_proxy_that_the_owner_allowed_is_an_interception_too() -> None:
    """The phone's owner wanted it; the bytes went to somebody else all the same."""
    assert run(Scenario(Middle.COMPANY_PROXY)).ending is ROBBED
    exempt = replace(Scenario(Middle.COMPANY_PROXY, Strategy.LEAF_KEY).device, pins_installed=False)
    assert run(Scenario(Middle.COMPANY_PROXY, Strategy.LEAF_KEY), exempt).ending is ROBBED


def test_without_a_handshake_the_bank_locks_out_and_mallory_gets_nothing(cast: Cast) -> None:
    """What broke off is no connection: harm only where the bank was at the other end."""
    verdict = cast.events["the real certificate, copied, without its key"].verdict()
    broken = replace(verdict.findings, broke_off="The server hung up.")
    silent = replace(verdict, findings=broken)
    assert silent.outcome is Outcome.NO_HANDSHAKE
    assert ending_of(silent, by_the_bank=True, leaked=0) is OUT
    assert ending_of(silent, by_the_bank=False, leaked=0) is BLOCKED


def test_the_square_has_one_place_for_each() -> None:
    """Two rows, two columns; harm stands on one diagonal."""
    places = {(one.by_the_bank, one.let_in): one for one in Ending}
    assert len(places) == 4
    assert {one for one in Ending if one.harm} == {places[True, False], places[False, True]}
    assert ROBBED.said(reported=True) == "intercepted (reported)"


def test_who_does_not_relay_answers_by_herself() -> None:
    """The bank hears nothing of it, and the phone shows a balance all the same."""
    scene = run(Scenario(Middle.OTHER_CA, relays=False))
    assert scene.ending is ROBBED
    assert scene.page is not None and scene.page.reply == b""
    assert b"9250" in scene.heard and scene.page.passed_on == scene.heard
