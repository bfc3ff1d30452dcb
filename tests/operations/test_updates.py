"""Signed pin sets: every attack fails against them, and succeeds against the naive version."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pinlib import Identity, Pin, PinSet, Strategy, connect, key_pin, story
from pinlib.errors import BadInput
from pinlib.operations.updates import (
    LONGEST_SET,
    AtExpiry,
    Enforcement,
    Field,
    NaiveUpdater,
    NotTaken,
    PinUpdate,
    Reason,
    Report,
    Updater,
    genuine,
    sign,
)
from pinlib.scenes.cast import HOST, TODAY

CAST = story()
KEY = Ed25519PrivateKey.generate()
FIELD = Field.of(CAST, KEY)
FIRST, SECOND = PinUpdate.read(FIELD.first.partition(b"\n")[0]), FIELD.second
HIS = CAST.events["another trusted CA mis-issues"].identity
APP = Updater(KEY.public_key(), FIRST).take(sign(SECOND, KEY), TODAY)
ATTACKS = list(FIELD.attempts)


def _shown_by(attack: str) -> Identity:
    """Return what the attacker shows once the app believes him: his own key, or the stolen one."""
    old = attack in {"rolled back", "replayed after expiry", "clock set back"}
    return CAST.bank if old else HIS


def _fooled(pins: PinSet | None, attack: str) -> bool:
    """Return whether a phone with these pins lets him in: a real handshake.

    The certificates are judged on the day of the story; what he did to the clock he did to the app.
    """
    device = replace(CAST.phone, pins=pins)
    return connect(device, _shown_by(attack), HOST, TODAY).connected


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_fails_and_the_naive_app_falls_for_it(attack: str) -> None:
    """With the signed set the thief is refused by a real handshake; without it he is let in."""
    tried = FIELD.attempts[attack]
    with pytest.raises(NotTaken):
        APP.take(tried.text, tried.clock)
    assert APP.has == SECOND
    assert not _fooled(APP.pins(tried.clock), attack)
    naive = NaiveUpdater(SECOND.pins, SECOND.expires).take(tried.text, tried.clock)
    assert _fooled(naive.pins(tried.clock), attack)


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        ("unsigned", Reason.UNSIGNED),
        ("signed by another", Reason.SIGNATURE),
        ("rolled back", Reason.OLD),
        ("clock set back", Reason.OLD),
        ("truncated", Reason.UNSIGNED),
        ("enormous", Reason.SIZE),
    ],
)
def test_each_is_refused_for_its_own_reason(attack: str, reason: Reason) -> None:
    """A learner is told which door was shut."""
    tried = FIELD.attempts[attack]
    with pytest.raises(NotTaken) as refused:
        APP.take(tried.text, tried.clock)
    assert refused.value.reason is reason


def test_a_genuine_set_is_taken_and_the_app_goes_on() -> None:
    """The bank rotates, the app learns it without a release, and logs in."""
    rotated = CAST.events["renew with the backup key"]
    old = replace(rotated.device(), pins=FIRST.pins)
    assert not connect(old, rotated.identity, HOST, rotated.date).connected
    new = replace(rotated.device(), pins=APP.pins(TODAY))
    assert connect(new, rotated.identity, HOST, rotated.date).connected


def test_at_expiry_open_lets_anybody_in_and_closed_lets_nobody_new_in() -> None:
    """Both are lived through: after the end the one asks no pin, the other keeps the old ones."""
    later = SECOND.expires + timedelta(1)
    closed, opened = APP, replace(APP, at_expiry=AtExpiry.OPEN)
    assert closed.pins(later) == SECOND.pins
    assert opened.pins(later) is None
    for app, fooled in ((closed, False), (opened, True)):
        assert _fooled(app.pins(later), "unsigned") is fooled
    unknown = CAST.events["renew with an unknown key"]
    for app, cut_off in ((closed, True), (opened, False)):
        device = replace(unknown.device(), pins=app.pins(later))
        assert connect(device, unknown.identity, HOST, unknown.date).connected is not cut_off


def test_report_only_lets_everybody_in_and_tells() -> None:
    """A proxy shows up in the reports before a pin locks anybody out; a match is not reported."""
    trial = replace(APP, has=replace(SECOND, mode=Enforcement.REPORT))
    reports: list[Report] = []
    proxy = CAST.events["proxy CA in the device's store"].verdict()
    rotated = CAST.events["renew with the backup key"].verdict()
    assert trial.lets_in(proxy, TODAY, reports)
    assert trial.lets_in(rotated, TODAY, reports)
    assert [one.seen[0] for one in reports] == [key_pin(proxy.verified[0])]
    assert str(reports[0]).startswith("2027-03-01 bank.example: set 2 knows none of")
    assert not APP.lets_in(proxy, TODAY, reports)
    assert len(reports) == 2
    refused = CAST.events["unknown CA"].verdict()
    assert not trial.lets_in(refused, TODAY, reports)


def test_the_kill_switch_is_a_signed_set_and_a_danger() -> None:
    """Whoever has the update key may switch pinning off; nobody else can."""
    off = replace(SECOND, version=3, mode=Enforcement.OFF)
    with pytest.raises(NotTaken):
        APP.take(sign(off, Ed25519PrivateKey.generate()), TODAY)
    switched = APP.take(sign(off, KEY), TODAY)
    assert switched.pins(TODAY) is None
    assert _fooled(switched.pins(TODAY), "unsigned")


def test_a_set_that_has_ended_or_would_end_first_is_none() -> None:
    """Not even a newer version."""
    late = replace(SECOND, version=9, expires=TODAY - timedelta(1))
    with pytest.raises(NotTaken, match="It has ended already"):
        APP.take(sign(late, KEY), TODAY)
    with pytest.raises(BadInput, match="a set ends after it begins"):
        replace(SECOND, expires=SECOND.issued)


def test_a_clock_set_back_revives_no_set_that_had_ended() -> None:
    """What had ended when the app's own set was signed is over, whatever the phone's clock says."""
    back = SECOND.issued - timedelta(30)
    over = replace(SECOND, version=3, issued=back, expires=SECOND.issued)
    with pytest.raises(NotTaken) as refused:
        APP.take(sign(over, KEY), back)
    assert refused.value.reason is Reason.EXPIRED
    lives = replace(over, expires=SECOND.issued + timedelta(seconds=1))
    assert APP.take(sign(lives, KEY), back).has == lives


def test_a_set_reads_back() -> None:
    """Every mode, several pins; the body is what is signed, whatever the order of its keys."""
    for mode in Enforcement:
        update = replace(SECOND, mode=mode, pins=PinSet.of(*FIRST.pins, *SECOND.pins))
        assert PinUpdate.read(update.body) == update
        assert sign(update, KEY).startswith(update.body)


@given(st.binary(max_size=400))
def test_nothing_that_arrives_crashes_the_app(junk: bytes) -> None:
    """Junk, and junk that is signed, is refused with a reason, and nothing changes."""
    signed = junk.replace(b"\n", b" ") + b"\n" + b64encode(KEY.sign(junk.replace(b"\n", b" ")))
    for text in (junk, signed):
        with pytest.raises(NotTaken):
            APP.take(text, TODAY)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("pins", []),
        ("pins", ["sha256/AAAA"]),
        ("pins", dict.fromkeys(map(str, SECOND.pins))),
        ("version", "two"),
        ("version", "3"),
        ("version", True),
        ("version", 3.0),
        ("version", 3.9),
        ("version", float("inf")),
        ("version", float("nan")),
        ("version", None),
        ("issued", "0001-01-01T00:00:00+23:59"),
        ("expires", "9999-12-31T23:59:59-23:59"),
        ("expires", "2027-13-01"),
        ("issued", "2027-01-01T00:00:00"),
        ("mode", "perhaps"),
        ("mode", 3),
    ],
)
def test_a_signed_mistake_is_no_set(field: str, wrong: object) -> None:
    """The update key's owner errs too: it is refused, and the app keeps what it has."""
    said = json.loads(replace(SECOND, version=3).body)
    body = json.dumps({**said, field: wrong}).encode()
    with pytest.raises(NotTaken) as refused:
        APP.take(body + b"\n" + b64encode(KEY.sign(body)), TODAY)
    assert refused.value.reason is Reason.FORM


def test_a_number_too_large_for_any_version_is_no_set() -> None:
    """JSON has numbers that Python reads as infinity."""
    said = replace(SECOND, version=3).body
    for number in (b"1e999", b"-1e999", b"Infinity", b"9" * 5000):
        with pytest.raises(NotTaken) as refused:
            PinUpdate.read(said.replace(b'"version": 3', b'"version": ' + number))
        assert refused.value.reason is Reason.FORM
    with pytest.raises(BadInput, match="a version is a whole number"):
        replace(SECOND, version=True)


@given(st.integers(0, 600), st.integers(0, 7))
def test_one_bit_changed_is_not_signed(place: int, bit: int) -> None:
    """Wherever it is, in the body or in the signature."""
    text = bytearray(sign(replace(SECOND, version=3), KEY))
    place %= len(text)
    text[place] ^= 1 << bit
    if bytes(text) == sign(replace(SECOND, version=3), KEY):
        return
    with pytest.raises(NotTaken):
        APP.take(bytes(text), TODAY)


def test_the_longest_set_is_read_and_a_byte_more_is_not() -> None:
    """Size is looked at before anything else: one byte too many, and a genuine set is none."""
    update = replace(SECOND, version=3)
    room = LONGEST_SET - len(sign(update, KEY))

    def signed(body: bytes) -> bytes:
        return body + b"\n" + b64encode(KEY.sign(body))

    longest = signed(update.body + b" " * room)  # JSON may end in blanks
    assert len(longest) == LONGEST_SET
    assert APP.take(longest, TODAY).has == update
    for text in (signed(update.body + b" " * (room + 1)), b" " * (LONGEST_SET + 1)):
        with pytest.raises(NotTaken) as refused:
            APP.take(text, TODAY)
        assert refused.value.reason is Reason.SIZE
    assert len(update.body) < 1000


def test_a_version_is_taken_once() -> None:
    """Other pins under the number that the app has are no newer set, whoever signed them."""
    same = replace(SECOND, pins=FIRST.pins)
    with pytest.raises(NotTaken) as refused:
        APP.take(sign(same, KEY), TODAY)
    assert refused.value.reason is Reason.OLD


def test_a_set_ends_at_one_moment_for_all_who_ask() -> None:
    """Up to it the app asks its pins, however it fails; from it on no such set is taken."""
    end, before = SECOND.expires, SECOND.expires - timedelta(microseconds=1)
    opened, naive = replace(APP, at_expiry=AtExpiry.OPEN), NaiveUpdater(SECOND.pins, end)
    for app in (APP, opened, naive):
        assert app.pins(before) == SECOND.pins
    assert APP.pins(end) == SECOND.pins
    assert opened.pins(end) is None
    assert naive.pins(end) is None
    newer = replace(SECOND, version=3)
    assert APP.take(sign(newer, KEY), before).has == newer
    with pytest.raises(NotTaken) as refused:
        APP.take(sign(newer, KEY), end)
    assert refused.value.reason is Reason.EXPIRED


@pytest.mark.parametrize("junk", [b" ", b"\n", b"!", b"\xff", b"="])
def test_a_signature_is_base64_and_nothing_else(junk: bytes) -> None:
    """One text for one set: nobody can write a second one that is genuine too."""
    text = sign(replace(SECOND, version=3), KEY)
    assert genuine(text, KEY.public_key())
    for changed in (text[:-10] + junk + text[-10:], text + junk):
        assert not genuine(changed, KEY.public_key())


def test_whoever_asks_with_the_wrong_kind_of_key_is_not_told_that_it_is_no_signature() -> None:
    """The private key verifies nothing: that is a slip in a program, and no forged set."""
    with pytest.raises(AttributeError, match="verify"):
        genuine(sign(SECOND, KEY), KEY)  # type: ignore[arg-type]


def test_brackets_without_end_are_no_set() -> None:
    """Signed nonsense that is nested too deeply to be read is refused as such."""
    body = b"[" * 60_000
    with pytest.raises(NotTaken) as refused:
        APP.take(body + b"\n" + b64encode(KEY.sign(body)), TODAY)
    assert refused.value.reason is Reason.FORM


def test_pins_of_a_set_are_pins() -> None:
    """As in every other lesson."""
    assert all(isinstance(pin, Pin) for pin in APP.pins(TODAY) or ())
    assert Strategy.LEAF_KEY.pins(CAST.verified) == FIRST.pins
