"""Devices as people set them up: checks left out, pin checks of one's own, installed roots."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta

import pytest

from pinlib import Cast, Evidence, Mark, Outcome, PinSet, Strategy, Tls, connect, key_pin
from pinlib.errors import BadPinCheck
from pinlib.scenes.cast import HOST, LOGIN, TODAY
from pinlib.tls.certificates import Validity
from pinlib.tls.devices import PATH_CHECKS, Check

VALID = Validity.days(TODAY - timedelta(days=10), 100)


@pytest.mark.parametrize(
    ("check", "event"),
    [
        (Check.CHAIN, "unknown CA"),
        (Check.NAME, "wrong host"),
        (Check.DATE, "expired leaf"),
    ],
)
def test_a_check_left_out_lets_its_attacker_in(
    cast: Cast, tls: Tls, check: Check, event: str
) -> None:
    """Who leaves a check out is let down by exactly that: the rung says so, and the bytes flow."""
    happening = cast.events[event]
    device = happening.device(tls=tls).without(check)
    verdict = connect(device, happening.identity, HOST, happening.date, request=LOGIN)
    assert verdict.connected
    assert verdict.application_bytes == len(LOGIN)
    assert verdict.rung(check).mark is Mark.NOT_CHECKED
    assert check.value.lower() in verdict.reason
    for other in PATH_CHECKS - {check}:
        assert verdict.rung(other).mark is Mark.HOLDS
    careful = happening.verdict(tls=tls)
    assert careful.rung(check).mark is Mark.FAILS


def test_a_check_left_out_keeps_the_others(cast: Cast, tls: Tls) -> None:
    """Without the chain check, name and date are still asked of the leaf; and so on."""
    phone = replace(cast.phone, tls=tls)
    shop = cast.impostor.issue("shop.example", valid=VALID)
    assert connect(phone.without(Check.CHAIN), shop, HOST, TODAY).outcome is (
        Outcome.REFUSED_BY_NAME
    )
    later = TODAY + timedelta(days=500)
    old = cast.impostor.issue(HOST, valid=VALID)
    verdict = connect(phone.without(Check.CHAIN), old, HOST, later)
    assert verdict.outcome is Outcome.REFUSED_BY_DATE
    assert verdict.alert == "certificate_expired"


def test_who_asks_nobody_dates_the_leaf_alone(cast: Cast, tls: Tls) -> None:
    """Without the chain check an expired issuer is not noticed, and not shown as if it had been."""
    old = cast.impostor.intermediate("Old", valid=Validity.days(TODAY - timedelta(days=99), 9))
    verdict = connect(
        replace(cast.phone, tls=tls).without(Check.CHAIN),
        old.issue(HOST, valid=VALID),
        HOST,
        TODAY,
    )
    assert verdict.rung(Check.DATE).mark is Mark.HOLDS
    assert verdict.rung(Check.DATE).evidence[1] == f"valid {VALID}"


def test_a_device_that_checks_nothing_still_wants_the_key(cast: Cast, tls: Tls) -> None:
    """All checks left out: anybody gets in, but the handshake's own signature must verify."""
    blind = replace(cast.phone, tls=tls).without(*PATH_CHECKS)
    stranger = cast.impostor.issue("shop.example", valid=VALID)
    verdict = connect(blind, stranger, HOST, TODAY, request=LOGIN)
    assert verdict.connected
    assert verdict.verified == ()
    assert connect(blind, stranger.copied(), HOST, TODAY).outcome is Outcome.REFUSED_BY_KEY


def test_pins_on_nothing_verified_match_nothing(cast: Cast, tls: Tls) -> None:
    """Without a verified chain the library's own pin check has nothing to match: refused."""
    device = replace(cast.phone, tls=tls, pins=cast.pins(Strategy.LEAF_KEY)).without(Check.CHAIN)
    verdict = connect(device, cast.bank, HOST, TODAY, request=LOGIN)
    assert verdict.outcome is Outcome.REFUSED_BY_PIN
    assert verdict.application_bytes == 0


def test_a_pin_check_of_ones_own_sees_the_evidence(cast: Cast, tls: Tls) -> None:
    """It is asked once, with what was presented and what was verified; its answer is the match."""
    seen: list[Evidence] = []
    pin = key_pin(cast.bank.leaf)

    def check(evidence: Evidence) -> object:
        seen.append(evidence)
        return pin

    verdict = connect(replace(cast.phone, tls=tls, pin_check=check), cast.bank, HOST, TODAY)
    assert verdict.match == pin
    assert seen == [Evidence(cast.bank.chain, cast.verified, HOST)]


def test_a_pin_check_on_the_presented_chain_is_fooled(cast: Cast, tls: Tls) -> None:
    """CVE-2016-2402 in one line: the attacker appends the pinned certificate, and is let in."""
    event = cast.events["rogue leaf, pinned certificate appended"]
    pins = cast.pins(Strategy.LEAF_KEY)
    assert pins is not None
    naive = replace(event.device(tls=tls), pin_check=lambda seen: pins.match(seen.presented))
    assert connect(naive, event.identity, HOST, event.date).connected
    assert not event.verdict(Strategy.LEAF_KEY, tls).connected


@pytest.mark.parametrize("answer", [True, False, 0, "sha256/AAAA", b"", [], object])
def test_a_pin_check_answers_a_pin_or_none(cast: Cast, tls: Tls, answer: object) -> None:
    """True is no pin: who returns it made a mistake, and is told what was expected."""
    with pytest.raises(BadPinCheck, match="return the Pin that matched") as caught:
        connect(replace(cast.phone, tls=tls, pin_check=lambda _: answer), cast.bank, HOST, TODAY)
    assert caught.value.seen is answer


@pytest.mark.parametrize("error", [ZeroDivisionError, ssl.SSLError, ssl.SSLWantReadError])
def test_what_a_pin_check_raises_is_the_learners_to_see(
    cast: Cast, tls: Tls, error: type[Exception]
) -> None:
    """An exception in a learner's check propagates, even one that OpenSSL might have raised."""

    def check(_: Evidence) -> None:
        raise error("mine")

    with pytest.raises(error, match="mine"):
        connect(replace(cast.phone, tls=tls, pin_check=check), cast.bank, HOST, TODAY)


def test_roots_installed_on_the_device(cast: Cast, tls: Tls) -> None:
    """An app may trust them, ignore them, or trust them and exempt them from its pins."""
    event = cast.events["proxy CA in the device's store"]
    pinned = event.device(Strategy.LEAF_KEY, tls)
    for trusts, pins, outcome in [
        (True, True, Outcome.REFUSED_BY_PIN),
        (True, False, Outcome.CONNECTED),
        (False, True, Outcome.REFUSED_BY_CHAIN),
        (False, False, Outcome.REFUSED_BY_CHAIN),
    ]:
        device = replace(pinned, trusts_installed=trusts, pins_installed=pins)
        verdict = connect(device, event.identity, HOST, event.date, request=LOGIN)
        assert verdict.outcome is outcome, (trusts, pins)
        assert bool(verdict.application_bytes) == (outcome is Outcome.CONNECTED)
    verdict = connect(replace(pinned, pins_installed=False), event.identity, HOST, event.date)
    assert verdict.rung(Check.PIN).mark is Mark.NOT_CHECKED
    assert "don’t count" in verdict.reason


def test_the_exemption_is_for_installed_roots_only(cast: Cast, tls: Tls) -> None:
    """Chromium's bypass helps no authority that came with the device."""
    event = cast.events["another trusted CA mis-issues"]
    device = replace(
        event.device(Strategy.LEAF_KEY, tls),
        installed=(cast.proxy.certificate,),
        pins_installed=False,
    )
    assert connect(device, event.identity, HOST, event.date).outcome is Outcome.REFUSED_BY_PIN


def test_an_empty_store_trusts_nobody(cast: Cast, tls: Tls) -> None:
    """A device without roots refuses everybody by the chain."""
    verdict = connect(replace(cast.phone, tls=tls, roots=()), cast.bank, HOST, TODAY)
    assert (verdict.outcome, verdict.alert) == (Outcome.REFUSED_BY_CHAIN, "unknown_ca")


def test_a_root_sent_along_is_not_trusted_for_that(cast: Cast, tls: Tls) -> None:
    """Presenting a root does not make it one; where it is trusted, it does no harm."""
    stranger = cast.impostor.issue(HOST, valid=VALID).presenting(cast.impostor.certificate)
    phone = replace(cast.phone, tls=tls)
    assert connect(phone, stranger, HOST, TODAY).outcome is Outcome.REFUSED_BY_CHAIN
    with_root = cast.bank.presenting(cast.root.certificate)
    verdict = connect(phone, with_root, HOST, TODAY)
    assert verdict.connected
    assert verdict.verified == cast.verified


def test_pins_are_set_and_taken_away(cast: Cast) -> None:
    """A device changes by becoming another one."""
    pins = PinSet.of(key_pin(cast.bank.leaf))
    assert not cast.phone.is_pinned
    assert cast.phone.pinning(pins).is_pinned
    assert cast.phone.pinning(pins).pinning(None) == cast.phone
