"""What is said about a connection: one line each, the lowest failing rung first."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from pinlib import (
    Authority,
    Cast,
    Connection,
    Identity,
    Kind,
    Mark,
    Moment,
    Outcome,
    PinSet,
    Server,
    Strategy,
    Tls,
    Verdict,
    certificate_pin,
    connect,
    key_pin,
)
from pinlib.scenes.cast import HOST, TODAY
from pinlib.tls.certificates import Validity, p256
from pinlib.tls.devices import Check
from pinlib.tls.handshake import talk
from pinlib.tls.verdicts import day

VALID = Validity.days(TODAY - timedelta(days=10), 100)


def lines(verdict: Verdict) -> list[str]:
    """Return everything that is said, sentence by sentence."""
    evidence = [line for rung in verdict.ladder for line in rung.evidence]
    return [verdict.reason, verdict.outcome.value, *evidence]


def issued_to(name: str | None, san: str | None, issuer: Authority) -> Identity:
    """Return a server whose certificate calls it what a stranger likes."""
    subject = x509.Name(
        [] if name is None else [x509.NameAttribute(NameOID.COMMON_NAME, name, _validate=False)]
    )
    key = p256()
    builder = x509.CertificateBuilder(
        issuer.certificate.subject, subject, key.public_key(), 9, VALID.starts, VALID.ends
    ).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False
    )
    if san is not None:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(san)]), critical=name is None
        )
    return Identity((builder.sign(issuer.key, hashes.SHA256()), *issuer.sent_along), key)


@pytest.mark.filterwarnings("ignore:Attribute's length")  # what the library thinks of such names
@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "n" * 200, "two\nlines", "a\u202eb", "\x1b[31mred", "", None],
)
@pytest.mark.parametrize("san", [HOST, "shop.example", "two\nlines", None])
def test_whatever_a_certificate_is_called_sentences_stay_one_line(
    cast: Cast, tls: Tls, name: str | None, san: str | None
) -> None:
    """Names from strangers break no line, hide nothing, and do not go on for ever."""
    phone = replace(cast.phone, tls=tls, pins=cast.pins(Strategy.LEAF_KEY))
    for issuer in (cast.issuing, cast.impostor):
        verdict = connect(phone, issued_to(name, san, issuer), HOST, TODAY)
        for line in lines(verdict):
            assert line.isprintable(), line
            assert len(line) < 500
        assert not verdict.connected


def test_a_leaf_without_names_is_refused_by_the_name(cast: Cast, tls: Tls) -> None:
    """A common name alone names nobody; the server hears bad_certificate."""
    phone = replace(cast.phone, tls=tls)
    verdict = connect(phone, issued_to(HOST, None, cast.issuing), HOST, TODAY)
    assert (verdict.outcome, verdict.alert) == (Outcome.REFUSED_BY_NAME, "bad_certificate")
    assert verdict.reason.endswith("the certificate is for no name at all.")


def test_a_certificate_not_yet_valid_says_when_it_begins(cast: Cast, tls: Tls) -> None:
    """Too early and too late are both matters of date, told apart in the sentence."""
    phone = replace(cast.phone, tls=tls)
    early = connect(phone, cast.bank, HOST, datetime(2027, 1, 1, tzinfo=UTC))
    late = connect(phone, cast.bank, HOST, datetime(2028, 1, 1, tzinfo=UTC))
    for verdict in (early, late):
        assert (verdict.outcome, verdict.alert) == (Outcome.REFUSED_BY_DATE, "certificate_expired")
    assert early.reason == "The certificate of bank.example isn’t valid before 15 January 2027."
    assert late.reason == "The certificate of bank.example expired on 1 July 2027."


def test_the_certificate_that_is_out_of_date_is_named(cast: Cast, tls: Tls) -> None:
    """Where the root has expired, the root is named, and not the leaf."""
    old = Authority.root("Old Root", valid=Validity.days(TODAY - timedelta(days=100), 90))
    bank = old.issue(HOST, valid=Validity.days(TODAY - timedelta(days=50), 100))
    device = replace(cast.phone, tls=tls, roots=(old.certificate,))
    verdict = connect(device, bank, HOST, TODAY)
    assert verdict.outcome is Outcome.REFUSED_BY_DATE
    assert verdict.reason.startswith("The certificate of Old Root expired on ")
    assert any("Old Root" in line for line in verdict.rung(Check.DATE).evidence)


def test_the_lowest_failing_rung_decides(cast: Cast, tls: Tls) -> None:
    """Name and date both wrong: both rungs show it, and the name decides."""
    phone = replace(cast.phone, tls=tls, pins=cast.pins(Strategy.LEAF_KEY))
    verdict = connect(phone, cast.bank, "shop.example", datetime(2028, 1, 1, tzinfo=UTC))
    assert verdict.outcome is Outcome.REFUSED_BY_NAME
    marks = {rung.check: rung.mark for rung in verdict.ladder}
    assert marks[Check.CHAIN] is Mark.HOLDS
    assert marks[Check.NAME] is Mark.FAILS
    assert marks[Check.DATE] is Mark.FAILS
    assert marks[Check.PIN] is Mark.NOT_REACHED


def test_the_pin_rung_shows_both_sides(cast: Cast, tls: Tls) -> None:
    """What was verified and what is pinned stand beside each other, the match is marked."""
    verdict = cast.events["initial"].verdict(Strategy.LEAF_KEY_AND_BACKUP, tls)
    evidence = verdict.rung(Check.PIN).evidence
    assert evidence[0] == f"verified bank.example {key_pin(cast.bank.leaf)}"
    assert evidence[3] == f"pinned {key_pin(cast.bank.leaf)} (matches)"
    assert evidence[4] == f"pinned {key_pin(cast.backup)}"


@pytest.mark.parametrize("moment", Moment)
def test_every_verdict_of_the_story_can_be_read(cast: Cast, tls: Tls, moment: Moment) -> None:
    """Five rungs in order, each with evidence; a full sentence; the text twin says it all."""
    for event in cast.events.values():
        device = replace(event.device(Strategy.LEAF_KEY, tls), moment=moment)
        verdict = connect(device, event.identity, HOST, event.date)
        assert [rung.check for rung in verdict.ladder] == list(Check)
        assert all(rung.evidence for rung in verdict.ladder)
        assert verdict.reason[0].isupper()
        assert verdict.reason[-1] == "."
        text = str(verdict)
        assert text.startswith(f"{verdict.symbol} {verdict.outcome.value}. ")
        assert all(line in text for line in lines(verdict))
        failing = [rung.check for rung in verdict.ladder if rung.mark is Mark.FAILS]
        assert verdict.connected == (not failing)


def test_a_verdict_is_final(cast: Cast) -> None:
    """Nobody edits a verdict: a change makes a new value."""
    verdict = cast.events["initial"].verdict()
    with pytest.raises((FrozenInstanceError, TypeError)):
        verdict.outcome = Outcome.NO_HANDSHAKE  # type: ignore[misc]


def test_a_day_reads_as_people_say_it() -> None:
    """No leading zero, the month by its name."""
    assert day(datetime(2027, 3, 1, tzinfo=UTC)) == "1 March 2027"


def test_a_mixed_set_stands_beside_both_kinds_of_values(cast: Cast) -> None:
    """Of each verified certificate the pins of every kind that is pinned: one of them matches."""
    key, whole = key_pin(cast.bank.leaf), certificate_pin(cast.issuing.certificate)
    for pins, kinds in (
        (PinSet.of(whole, key), {Kind.KEY, Kind.CERTIFICATE}),
        (PinSet.of(key), {Kind.KEY}),
        (PinSet.of(whole), {Kind.CERTIFICATE}),
    ):
        verdict = connect(cast.phone.pinning(pins), cast.bank, HOST, TODAY)
        evidence = verdict.rung(Check.PIN).evidence
        shown = [line.split(" ")[-1] for line in evidence if line.startswith("verified")]
        assert len(shown) == len(kinds) * len(verdict.verified)
        assert str(verdict.match) in shown
        assert f"pinned {verdict.match} (matches)" in evidence


def test_what_happens_afterwards_does_not_change_a_verdict(cast: Cast) -> None:
    """A verdict is of its moment: whoever looks at it later reads what was found then."""
    phone, server = Connection(cast.phone, HOST, TODAY), Server(cast.bank)
    talk(phone, server)
    verdict = phone.verdict
    phone._findings.broke_off = "The server broke off."
    assert verdict.outcome is Outcome.CONNECTED
    assert "broke off" not in verdict.reason
    assert phone.verdict.outcome is Outcome.NO_HANDSHAKE
