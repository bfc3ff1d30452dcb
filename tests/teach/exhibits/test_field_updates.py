"""In the field: what the panel says of two apps is what handshakes with their pins give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pinlib import PinSet, key_pin, story
from pinlib.operations.update_attacks import Field
from pinlib.operations.updater import AtExpiry
from pinlib.operations.updates import Enforcement, NotTaken, sign
from pinlib.teach.exhibits.lifecycle.field_updates import (
    DROPPED_KEY,
    LOST_KEY,
    NEXT,
    NO_SET,
    OFF,
    STALE,
    STOLEN_KEY,
    Delivery,
    FieldPanel,
    arrivals,
    delivered,
    fetched,
    field,
    naive_app,
    signed_app,
)


@pytest.mark.parametrize("attack", field().attempts)
def test_an_attack_fools_the_naive_app_alone(attack: str) -> None:
    """And the bank logs in at the signed one, by a real handshake."""
    signed, naive = signed_app(Delivery(attack)), naive_app(Delivery(attack))
    assert not signed.thief.connected and not signed.fooled
    assert signed.bank.connected and signed.served
    assert naive.thief.connected and naive.fooled


def test_a_set_goes_over_a_wire_that_nobody_has_to_trust() -> None:
    """Over real sockets: as it was sent, whoever reads it; with his pins, it is not taken."""
    key = Ed25519PrivateKey.generate()
    bank = Field.of(story(), key)
    app = bank.app()
    third = replace(bank.second, version=3)
    letter = sign(third, key)
    body = replace(third, pins=PinSet.of(bank.his)).body
    forged = body + b"\n" + letter.partition(b"\n")[2]  # his pins, the bank's signature
    heard = fetched(letter), fetched(letter, forged)
    assert heard == (letter, forged)
    assert app.take(heard[0], bank.at).has == third
    with pytest.raises(NotTaken, match="None of the app’s update keys signed it"):
        app.take(heard[1], bank.at)


def test_the_next_set_brings_a_key_that_no_app_knew() -> None:
    """Both apps follow the bank; before it came, both refuse."""
    moved = arrivals()[NEXT].bank.identity
    for app in signed_app, naive_app:
        met = app(Delivery(NEXT))
        assert met.pins == PinSet.of(key_pin(moved.leaf))
        assert met.bank.connected and not met.thief.connected
        assert met.served and not met.fooled
        assert app(Delivery(NO_SET)).pins == PinSet.of(key_pin(story().backup))
    assert not signed_app(Delivery(STALE)).bank.connected


def test_open_at_the_end_is_an_open_door_for_who_sets_the_clock() -> None:
    """The one attack that needs no set: what was a refusal becomes a login."""
    late = "clock set forward"
    assert not signed_app(Delivery(late)).fooled
    met = signed_app(Delivery(late, AtExpiry.OPEN))
    assert met.pins is None and met.thief.connected and met.fooled


def test_report_only_lets_in_and_tells() -> None:
    """The handshake with the pins refuses; the app goes on, and its report names the keys."""
    met = signed_app(Delivery(NO_SET, mode=Enforcement.REPORT))
    assert not met.thief.connected and met.fooled
    assert len(met.reports) == 1
    assert met.reports[0].seen[0] == field().his
    assert "Let in, and reported" in delivered(Delivery(NO_SET, mode=Enforcement.REPORT)).text


def test_the_kill_switch_opens_the_signed_app() -> None:
    """It is signed, so it is taken; and the thief needs no more."""
    met = signed_app(Delivery(OFF))
    assert met.said.startswith("Accepted") and met.pins is None and met.fooled


def test_the_questions_above_the_panel_have_their_answers() -> None:
    """What the solutions say was to be found can be found."""
    no_pins = {one for one in field().attempts if naive_app(Delivery(one)).pins is None}
    assert no_pins == {"truncated", "replayed after expiry", "clock set forward"}
    for state in FieldPanel.states():
        facts = delivered(state).facts
        refused = facts["served"] == "False"
        ended_closed = (state.arrives, state.at_expiry) == (STALE, AtExpiry.CLOSED)
        assert refused is (ended_closed or state.arrives == STOLEN_KEY), state
        ended = arrivals()[state.arrives].tried.clock > field().second.expires
        taken = state.arrives in {NEXT, OFF, LOST_KEY, STOLEN_KEY, DROPPED_KEY}
        opened = state.at_expiry is AtExpiry.OPEN if ended else state.mode is Enforcement.REPORT
        untouched = opened and not taken
        assert (facts["outcome"] == "fooled") is (
            untouched or state.arrives in {OFF, STOLEN_KEY}
        ), state


def test_a_lost_online_key_is_no_loss() -> None:
    """The offline key signs the next set, and puts another online key in the place of the lost."""
    met = signed_app(Delivery(LOST_KEY))
    assert met.bank.connected and met.served and not met.fooled
    assert met.said.endswith("Its new online key drops the old one.")
    assert "signature: the offline key’s" in delivered(Delivery(LOST_KEY)).text


def test_a_stolen_online_key_is_believed_until_the_offline_key_has_dropped_it() -> None:
    """Either may sign, so the thief is in; then the same set meets an app that has heard of it."""
    before, after = signed_app(Delivery(STOLEN_KEY)), signed_app(Delivery(DROPPED_KEY))
    assert before.said.startswith("Accepted version 4") and before.thief.connected and before.fooled
    assert "until the app drops it" in delivered(Delivery(STOLEN_KEY)).headline.reason
    assert after.said == (
        "Rejected. None of the app’s update keys signed it: an arbitrary installation attack."
    )
    assert not after.thief.connected and not after.fooled
    assert after.bank.connected and after.served
    for stolen in STOLEN_KEY, DROPPED_KEY:
        assert naive_app(Delivery(stolen)).fooled
    assert "signature: the online key’s" in delivered(Delivery(STOLEN_KEY)).text
    assert "signature: the dropped key’s" in delivered(Delivery(DROPPED_KEY)).text


def test_the_lesson_says_what_a_reinstall_forgets() -> None:
    """No panel shows it, for nothing arrives: it is a limit of whatever is remembered."""
    lesson = Path("notebooks/06_change_pins_in_the_field.ipynb")
    told = "Reinstalling forgets the version: the app starts from its built-in set again"
    assert told in (Path(__file__).parents[3] / lesson).read_text("utf-8")


def test_only_reports_ends_with_its_set() -> None:
    """After that it is for `closed` or `open` to say who is let in."""
    trial = Delivery(STALE, mode=Enforcement.REPORT)
    assert not signed_app(trial).fooled and not signed_app(trial).served
    trial = replace(trial, at_expiry=AtExpiry.OPEN)
    assert signed_app(trial).fooled and signed_app(trial).served


def test_reports_are_for_at_least_one_renewal() -> None:
    """A fault that comes with a renewal shows only at one: the choice says how long to wait."""
    (mode,) = (one for one in FieldPanel.controls if one.field == "mode")
    told = dict(zip(mode.options, mode.tooltips, strict=True))
    assert "at least one renewal" in told["only reports"]
