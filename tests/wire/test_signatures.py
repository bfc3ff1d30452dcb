"""What a server signs, rebuilt from what crossed, verifies where OpenSSL was content with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pinlib import Cast, Check, Connection, Identity, Mark, Server, Tls, Verdict
from pinlib.scenes.cast import HOST, TODAY
from pinlib.tls.certificates import Validity, ed25519_key, p384, rsa2048
from pinlib.tls.handshake import talk
from pinlib.tls.openssl import Mode, engine_mode
from pinlib.tls.transcript import handshake_signature
from pinlib.wire.signatures import HandshakeSignature, signed_in

pytestmark = pytest.mark.skipif(
    engine_mode() is Mode.HEADERS, reason="this Python cannot open TLS 1.3"
)
YEAR = Validity.days(TODAY, 365)


def shaken(cast: Cast, identity: Identity, tls: Tls, **server: str) -> Verdict:
    """Let a phone and a server shake hands."""
    phone = Connection(replace(cast.phone, tls=tls), HOST, TODAY)
    talk(phone, Server(identity, **server))
    return phone.verdict


def signature(verdict: Verdict) -> HandshakeSignature:
    """Return what was signed, which there is."""
    found = handshake_signature(verdict.timeline)
    assert found is not None
    return found


@pytest.mark.parametrize("tls", Tls, ids=lambda tls: tls.name)
def test_it_verifies_just_where_openssl_was_content(cast: Cast, tls: Tls) -> None:
    """In everything that happens in the story: the rung that OpenSSL decided agrees."""
    told = set()
    for event in cast.events.values():
        verdict = event.verdict(tls=tls)
        owns = verdict.rung(Check.KEY).mark is not Mark.FAILS
        assert signature(verdict).verifies(verdict.presented[0].public_key()) is owns, event.name
        told.add(owns)
    assert told == {True, False}


@pytest.mark.parametrize("tls", Tls, ids=lambda tls: tls.name)
def test_a_copy_is_signed_with_the_key_of_whoever_shows_it(cast: Cast, tls: Tls) -> None:
    """It is a whole signature, and of this handshake: only the key is another."""
    copied = cast.bank.copied()
    found = signature(shaken(cast, copied, tls))
    assert found.verifies(copied.key.public_key())
    assert not found.verifies(cast.bank.leaf.public_key())


@pytest.mark.parametrize("tls", Tls, ids=lambda tls: tls.name)
@pytest.mark.parametrize("key", [p384, rsa2048, ed25519_key], ids=lambda key: key.__name__)
def test_other_kinds_of_key_sign_too(cast: Cast, tls: Tls, key: object) -> None:
    """ECDSA on another curve, RSA as PSS, Ed25519: each is verified as its scheme says."""
    made = key()  # type: ignore[operator]
    identity = cast.issuing.issue(HOST, valid=YEAR, key=made)
    found = signature(shaken(cast, identity, tls))
    assert found.verifies(made.public_key())
    others = (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048))
    assert not any(found.verifies(one.public_key()) for one in (*others, ed25519_key()))


def test_a_hello_that_was_asked_for_again_is_signed_as_its_hash(cast: Cast) -> None:
    """After a HelloRetryRequest the first hello counts as a message_hash (RFC 8446, 4.4.1)."""
    verdict = shaken(cast, cast.bank, Tls.V1_3, curve="secp384r1")
    assert "HelloRetryRequest" in [one.name for one in verdict.timeline]
    assert signature(verdict).verifies(cast.bank.leaf.public_key())


@pytest.mark.parametrize("tls", Tls, ids=lambda tls: tls.name)
def test_a_recorded_signature_is_worth_nothing_the_next_time(cast: Cast, tls: Tls) -> None:
    """The random numbers are new, so what is signed is."""
    first, second = (signature(shaken(cast, cast.bank, tls)) for _ in range(2))
    assert first.signed != second.signed
    replayed = replace(second, signature=first.signature)
    assert not replayed.verifies(cast.bank.leaf.public_key())


def test_one_changed_byte_of_any_message_before_it_shows(cast: Cast) -> None:
    """In TLS 1.3 all of them are signed."""
    timeline = shaken(cast, cast.bank, Tls.V1_3).timeline
    bodies = [one.body for one in timeline if one.name != "ChangeCipherSpec"]
    signed = next(at for at, one in enumerate(bodies) if one[:1] == b"\x0f")
    whole = signed_in(bodies)
    assert whole is not None and whole.verifies(cast.bank.leaf.public_key())
    for at in range(signed):
        changed = list(bodies)
        changed[at] = bodies[at][:-1] + bytes([bodies[at][-1] ^ 1])
        found = signed_in(changed)
        assert found is not None
        assert not found.verifies(cast.bank.leaf.public_key()), f"message {at}"


@pytest.mark.parametrize("tls", Tls, ids=lambda tls: tls.name)
def test_every_byte_that_was_signed_has_a_name(cast: Cast, tls: Tls) -> None:
    """The parts put together are what was signed; of TLS 1.3, as RFC 8446 spells it."""
    found = signature(shaken(cast, cast.bank, tls))
    parts = {part.name: found.signed[part.bytes] for part in found.fields.parts}
    assert b"".join(parts.values()) == found.signed
    if tls is Tls.V1_3:
        assert parts["padding_spaces"] == b" " * 64
        assert parts["context_string"] == b"TLS 1.3, server CertificateVerify"
        assert parts["separator"] == b"\0"
        assert len(parts["transcript_hash"]) in {32, 48}
    else:
        assert [len(parts[one]) for one in ("client_random", "server_random")] == [32, 32]


@pytest.mark.parametrize("tls", Tls, ids=lambda tls: tls.name)
def test_the_same_bytes_can_be_signed_again(cast: Cast, tls: Tls) -> None:
    """By whoever has a key that the scheme is for; a certificate's key tells whose it was."""
    found = signature(shaken(cast, cast.bank, tls))
    other = p384()
    assert found.signed_with(cast.bank.key).verifies(cast.bank.leaf.public_key())
    assert not found.signed_with(other).verifies(cast.bank.leaf.public_key())
    assert found.signed_with(other).verifies(other.public_key())
    for unfit in (rsa2048(), ed25519_key()):
        with pytest.raises(UnsupportedAlgorithm):
            found.signed_with(unfit)


@pytest.mark.parametrize("scheme", ["rsa_pss_rsae_sha256", "ed25519", "ecdsa_sha1", "scheme 9"])
def test_a_signature_of_another_kind_than_it_says_does_not_verify(cast: Cast, scheme: str) -> None:
    """The scheme says what the key has to be, and how the bytes were hashed."""
    found = signature(shaken(cast, cast.bank, Tls.V1_3))
    assert not replace(found, scheme=scheme).verifies(cast.bank.leaf.public_key())


def test_where_nobody_signed_there_is_nothing(cast: Cast) -> None:
    """No message at all, and a conversation that ended before the signature."""
    timeline = shaken(cast, cast.bank, Tls.V1_3).timeline
    assert handshake_signature(()) is None
    assert handshake_signature(timeline[:2]) is None
    assert signed_in([b"\x0f", b"\x0c\x00"]) is None
