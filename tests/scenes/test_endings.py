"""Who was harmed, for everything that can happen: decided by where the login went."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pinlib import (
    Cast,
    Ending,
    Middle,
    Moment,
    Outcome,
    PinSet,
    Scenario,
    Strategy,
    connect,
    key_pin,
    story,
)
from pinlib.operations.updater import Report, Updater
from pinlib.operations.updates import Enforcement, PinUpdate
from pinlib.scenes.cast import HOST, LOGIN, REPLY, TODAY
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


def test_somebody_let_in_who_has_heard_nothing_yet_is_no_rescue(cast: Cast) -> None:
    """Without a request no byte can tell; whoever was let in gets the next ones."""
    event = cast.events["another trusted CA mis-issues"]
    verdict = connect(event.device(), event.identity, HOST, event.date)
    assert (verdict.connected, verdict.application_bytes) == (True, 0)
    assert event.ending(verdict) is ROBBED


@pytest.mark.parametrize("mode", Enforcement, ids=lambda one: one.name)
def test_an_app_that_only_reports_lets_in_and_says_so(cast: Cast, mode: Enforcement) -> None:
    """Every event met by an app whose set enforces, reports or is switched off: real handshakes."""
    online = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    offline = Ed25519PrivateKey.generate().public_key()
    pins, ends = PinSet.of(key_pin(cast.bank.leaf)), TODAY + timedelta(60)
    app = Updater(offline, PinUpdate(1, pins, TODAY, ends, online=online, mode=mode))
    met = set()
    for event in cast.events.values():
        plain, reports = event.verdict(), list[Report]()
        let_in = app.lets_in(plain, TODAY, reports)
        asked = None if mode is Enforcement.REPORT else app.pins(TODAY)
        device = event.device().pinning(asked)
        verdict = connect(device, event.identity, HOST, event.date, request=LOGIN, reply=REPLY)
        assert verdict.connected is let_in, event.name
        ending = event.ending(verdict)
        assert ending.let_in is let_in
        reported = bool(reports) and let_in
        mismatch = plain.connected and not pins.match(plain.verified)
        assert reported is (mode is Enforcement.REPORT and mismatch), event.name
        met.add(ending.said(reported=reported))
    assert ("intercepted (reported)" in met) is (mode is Enforcement.REPORT)
    assert ("connected (reported)" in met) is (mode is Enforcement.REPORT)
