"""What an app takes: every attack fails against it, and succeeds against the naive version."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pinlib import Identity, Pin, PinSet, Strategy, connect, key_pin, story
from pinlib.errors import BadInput
from pinlib.operations.update_attacks import Field
from pinlib.operations.updater import LONGEST_SET, LONGEST_STEP, SKEW, AtExpiry, Report, Updater
from pinlib.operations.updates import Enforcement, NotTaken, PinUpdate, Reason, sign, signed
from pinlib.operations.weak_updaters import NaiveUpdater
from pinlib.scenes.cast import HOST, TODAY

CAST = story()
KEY = Ed25519PrivateKey.generate()
FIELD = Field.of(CAST, KEY)
FIRST, SECOND = PinUpdate.read(FIELD.first.partition(b"\n")[0]), FIELD.second
HIS = CAST.events["another trusted CA mis-issues"].identity
APP = Updater(FIELD.offline.public_key(), FIRST).take(sign(SECOND, KEY), TODAY)
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


def test_pins_that_nobody_signed_are_trusted_on_every_use_and_not_on_the_first() -> None:
    """Whatever the bank sent before, the naive app lets in whoever answers last."""
    third, forged = sign(FIELD.next(), KEY), FIELD.attempts["unsigned"]
    app = NaiveUpdater(FIRST.pins, FIRST.expires)
    for text in FIELD.first, sign(SECOND, KEY), third:
        app = app.take(text, TODAY)
        assert not _fooled(app.pins(TODAY), "unsigned")
        assert _fooled(app.take(forged.text, TODAY).pins(TODAY), "unsigned")


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
    for app, locked_out in ((closed, True), (opened, False)):
        device = replace(unknown.device(), pins=app.pins(later))
        assert connect(device, unknown.identity, HOST, unknown.date).connected is not locked_out


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
    with pytest.raises(NotTaken, match="It expired on 2027-02-28"):
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


@given(st.binary(max_size=400))
def test_nothing_that_arrives_crashes_the_app(junk: bytes) -> None:
    """Junk, and junk that is signed, is refused with a reason, and nothing changes."""
    for text in (junk, signed(junk.replace(b"\n", b" "), KEY)):
        with pytest.raises(NotTaken):
            APP.take(text, TODAY)
        NaiveUpdater(SECOND.pins, SECOND.expires).take(text, TODAY)


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

    longest = signed(update.body + b" " * room, KEY)  # JSON may end in blanks
    assert len(longest) == LONGEST_SET
    assert APP.take(longest, TODAY).has == update
    for text in (signed(update.body + b" " * (room + 1), KEY), b" " * (LONGEST_SET + 1)):
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


def test_pins_of_a_set_are_pins() -> None:
    """As in every other lesson."""
    assert all(isinstance(pin, Pin) for pin in APP.pins(TODAY) or ())
    assert Strategy.LEAF_KEY.pins(CAST.verified) == FIRST.pins


# --- what ends, and what is newer


LATE = SECOND.expires


@pytest.mark.parametrize("mode", [Enforcement.OFF, Enforcement.REPORT])
def test_a_mode_ends_with_its_set_and_then_at_expiry_decides(mode: Enforcement) -> None:
    """Up to its end the kill switch or the trial lets Mallory in; from then on only `open` does."""
    mallory = CAST.events["another trusted CA mis-issues"].verdict()
    closed = replace(APP, has=replace(SECOND, mode=mode))
    opened = replace(closed, at_expiry=AtExpiry.OPEN)
    for app in closed, opened:
        assert app.enforcement(LATE - timedelta.resolution) is mode
        assert app.lets_in(mallory, LATE - timedelta.resolution, [])
    reports: list[Report] = []
    assert closed.enforcement(LATE) is Enforcement.ENFORCE
    assert not closed.lets_in(mallory, LATE, reports)
    assert len(reports) == 1
    assert closed.pins(LATE) == SECOND.pins
    assert not _fooled(closed.pins(LATE), "unsigned")
    assert opened.enforcement(LATE) is Enforcement.OFF
    assert opened.pins(LATE) is None
    assert opened.lets_in(mallory, LATE, [])


def test_a_host_that_no_pattern_covers_is_not_pinned() -> None:
    """The pins of one host say nothing about another, in a report either."""
    assert APP.pins(TODAY, "shop.example") is None
    assert APP.pins(TODAY) == APP.pins(TODAY, HOST) == SECOND.pins
    shop = replace(APP, has=replace(SECOND, hosts=("shop.example",)))
    reports: list[Report] = []
    assert shop.lets_in(CAST.events["another trusted CA mis-issues"].verdict(), TODAY, reports)
    assert not reports


def test_a_set_may_cover_more_hosts_and_never_fewer() -> None:
    """Who wants a host to be without pins has to release an app that says so."""
    more = replace(SECOND, version=3, hosts=("*.bank.example", HOST))
    app = APP.take(sign(more, KEY), TODAY)
    assert app.pins(TODAY, "www.bank.example") == SECOND.pins
    with pytest.raises(NotTaken, match=r"no longer covers \*\.bank\.example: ") as refused:
        app.take(sign(replace(SECOND, version=4), KEY), TODAY)
    assert refused.value.reason is Reason.HOSTS


def test_the_longest_step_is_taken_and_one_more_is_not() -> None:
    """In a version, in an era, and in the first version of an era."""
    far = SECOND.version + LONGEST_STEP
    for near, beyond in [
        ({"version": far}, {"version": far + 1}),
        ({"version": 3}, {"version": 10**4000}),
        ({"era": 1 + LONGEST_STEP}, {"era": 2 + LONGEST_STEP}),
        ({"era": 2, "version": LONGEST_STEP}, {"era": 2, "version": LONGEST_STEP + 1}),
    ]:
        taken, not_taken = replace(SECOND, **near), replace(SECOND, **beyond)
        assert APP.take(sign(taken, FIELD.offline), TODAY).has == taken
        with pytest.raises(NotTaken, match="a fast-forward attack") as refused:
            APP.take(sign(not_taken, FIELD.offline), TODAY)
        assert refused.value.reason is Reason.STEP
        assert len(str(refused.value)) < 160


def test_a_clock_may_be_a_day_slow_and_no_more() -> None:
    """Two clocks differ; and a phone's that is years behind refuses no honest set."""
    for late, taken in ((SKEW, True), (SKEW + timedelta.resolution, False)):
        new = replace(SECOND, version=3, issued=TODAY + late)
        if taken:
            assert APP.take(sign(new, KEY), TODAY).has == new
            continue
        with pytest.raises(NotTaken) as refused:
            APP.take(sign(new, KEY), TODAY)
        assert refused.value.reason is Reason.FUTURE
    soon = replace(SECOND, version=3, issued=SECOND.issued + SKEW)
    assert APP.take(sign(soon, KEY), TODAY - timedelta(3650)).has == soon


def test_an_app_without_an_online_key_believes_the_offline_one_alone() -> None:
    """The online key of a bank that has none signs nothing."""
    alone = replace(SECOND, online=b"", version=1)
    app = Updater(FIELD.offline.public_key(), alone)
    with pytest.raises(NotTaken):
        app.take(sign(replace(alone, version=2), KEY), TODAY)
    assert app.take(sign(replace(alone, version=2), FIELD.offline), TODAY).has.version == 2


def test_what_an_app_has_taken_is_forgotten_with_it() -> None:
    """Installed again, it has the set that it came with, and no version or key of a later one."""
    fresh = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    new = replace(SECOND, version=3, era=2, online=fresh)
    app = APP.take(sign(new, FIELD.offline), TODAY)
    assert app.has == new
    assert app.reinstalled().has == FIRST
    assert app.reinstalled().trusts == replace(APP, has=FIRST).trusts
