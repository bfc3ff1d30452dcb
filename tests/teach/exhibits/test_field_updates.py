"""In the field: what the panel says of two apps is what handshakes with their pins give."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pinlib import PinSet, key_pin, story
from pinlib.operations.updates import AtExpiry, Enforcement, Field, NotTaken, sign
from pinlib.teach.exhibits.field_updates import (
    NEXT,
    NO_SET,
    OFF,
    STALE,
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
    app = bank.app(key.public_key())
    third = replace(bank.second, version=3)
    letter = sign(third, key)
    body = replace(third, pins=PinSet.of(bank.his)).body
    forged = body + b"\n" + letter.partition(b"\n")[2]  # his pins, the bank's signature
    heard = fetched(letter), fetched(letter, forged)
    assert heard == (letter, forged)
    assert app.take(heard[0], bank.at).has == third
    with pytest.raises(NotTaken, match="not signed by the update key"):
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
    assert met.said.startswith("Taken") and met.pins is None and met.fooled


def test_the_questions_above_the_panel_have_their_answers() -> None:
    """What the solutions say was to be found can be found."""
    no_pins = {one for one in field().attempts if naive_app(Delivery(one)).pins is None}
    assert no_pins == {"truncated", "replayed after expiry", "clock set forward"}
    for state in FieldPanel.states():
        facts = delivered(state).facts
        refused = facts["served"] == "False"
        closed = (STALE, AtExpiry.CLOSED, Enforcement.ENFORCE)
        assert refused is ((state.arrives, state.at_expiry, state.mode) == closed), state
