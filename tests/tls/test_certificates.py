"""What authorities issue, and how strangers' names are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pinlib import Authority, certificate_pin, key_pin
from pinlib.encoding.files import documents, spki
from pinlib.encoding.naming import key_name, name_of
from pinlib.errors import BadHost
from pinlib.tls.certificates import Validity, ed25519_key, p256, p384, request, rsa2048

START = datetime(2027, 1, 1, tzinfo=UTC)
VALID = Validity.days(START, 90)


@pytest.fixture
def root() -> Authority:
    """Return a root of the test's own."""
    return Authority.root("Root", valid=VALID)


def extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> Any:
    """Return one extension with its critical flag."""
    return certificate.extensions.get_extension_for_class(kind)


def test_renewing_keeps_the_key_and_changes_the_certificate(root: Authority) -> None:
    """A renewal with the same key keeps the key pin; a rotation to another changes both pins."""
    first = root.issue("bank.example", valid=VALID)
    renewed, rotated = root.renew(first, valid=VALID), root.renew(first, valid=VALID, key=p256)
    assert key_pin(renewed.leaf) == key_pin(first.leaf)
    assert certificate_pin(renewed.leaf) != certificate_pin(first.leaf)
    assert key_pin(rotated.leaf) != key_pin(first.leaf)
    assert rotated.hosts == first.hosts


def test_a_backup_key_becomes_the_next_certificate(root: Authority) -> None:
    """The pin of a backup key, computed before there is a certificate, is the next one's pin."""
    backup = p256()
    first = root.issue("bank.example", valid=VALID)
    assert key_pin(root.renew(first, valid=VALID, key=backup).leaf) == key_pin(backup)


def test_extensions_are_marked_as_public_authorities_mark_them(root: Authority) -> None:
    """SAN and EKU are not critical; constraints and usage are; only the self-signed lack an AKI."""
    issuing = root.intermediate("Issuing", valid=VALID)
    leaf = issuing.issue("bank.example", "192.0.2.1", valid=VALID).leaf
    for kind, critical in [
        (x509.SubjectAlternativeName, False),
        (x509.ExtendedKeyUsage, False),
        (x509.AuthorityKeyIdentifier, False),
        (x509.BasicConstraints, True),
        (x509.KeyUsage, True),
    ]:
        assert extension(leaf, kind).critical is critical, kind
    assert len(leaf.subject.rdns) == 1
    crossed = Authority.root("Other", valid=VALID).cross_sign(root, valid=VALID)
    for authority in (root, issuing, crossed):
        assert extension(authority.certificate, x509.BasicConstraints).critical
        assert extension(authority.certificate, x509.KeyUsage).value.key_cert_sign
        assert extension(authority.certificate, x509.SubjectKeyIdentifier)
    for authority in (issuing, crossed):
        assert extension(authority.certificate, x509.AuthorityKeyIdentifier)
    with pytest.raises(x509.ExtensionNotFound):
        extension(root.certificate, x509.AuthorityKeyIdentifier)


def test_an_identity_presents_the_way_to_its_root_without_it(root: Authority) -> None:
    """The chain is leaf first, each signed by the next, and the root is left out."""
    below = root.intermediate("A", valid=VALID).intermediate("B", valid=VALID)
    identity = below.issue("bank.example", valid=VALID)
    assert [name_of(one.subject) for one in identity.chain] == ["bank.example", "B", "A"]
    for one, issuer in zip(identity.chain, (*identity.chain[1:], root.certificate), strict=True):
        one.verify_directly_issued_by(issuer)
    assert root.issue("bank.example", valid=VALID).chain[1:] == ()
    assert identity.alone().chain == identity.chain[:1]
    assert identity.presenting(root.certificate).chain[-1] == root.certificate


def test_cross_signing_keeps_name_and_key(root: Authority) -> None:
    """What a cross-signed authority issued leads to either root."""
    other = Authority.root("Other", valid=VALID)
    issuing = root.intermediate("Issuing", valid=VALID)
    crossed = other.cross_sign(issuing, valid=VALID)
    leaf = issuing.issue("bank.example", valid=VALID).leaf
    assert crossed.certificate != issuing.certificate
    leaf.verify_directly_issued_by(crossed.certificate)
    crossed.certificate.verify_directly_issued_by(other.certificate)
    assert key_pin(crossed.certificate) == key_pin(issuing.certificate)


def test_who_is_cross_signed_from_below_sends_the_way_along(root: Authority) -> None:
    """Cross-signed by an intermediate, an authority's servers present that intermediate too."""
    between = Authority.root("Other", valid=VALID).intermediate("Between", valid=VALID)
    crossed = between.cross_sign(root.intermediate("Issuing", valid=VALID), valid=VALID)
    chain = crossed.issue("bank.example", valid=VALID).chain
    assert [name_of(one.subject) for one in chain] == ["bank.example", "Issuing", "Between"]


def test_an_offhand_authority_is_valid_for_a_thousand_years() -> None:
    """Proxies make such roots: self-signed, believed by nobody until somebody installs it."""
    made = Authority.offhand("Café CA")
    assert made.is_root
    assert made.name == "Café CA"
    assert Validity.of(made.certificate).ends.year == 3000


def test_a_copy_shows_the_chain_and_holds_another_key(root: Authority) -> None:
    """An impostor has everything that is sent to him, and not the private key."""
    bank = root.issue("bank.example", valid=VALID)
    copied = bank.copied()
    raw = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert copied.chain == bank.chain
    assert copied.is_copy
    assert copied.key.public_key().public_bytes(*raw) != bank.key.public_key().public_bytes(*raw)


@pytest.mark.parametrize("key", [p256, p384, rsa2048, ed25519_key])
def test_a_private_key_is_never_printed(root: Authority, key: Any) -> None:
    """Whoever prints an identity or an authority sees certificates only."""
    assert "key" not in repr(root.issue("bank.example", valid=VALID, key=key))
    assert "key" not in repr(root)


def test_validity_includes_both_ends() -> None:
    """A certificate holds at its first and at its last second (RFC 5280, section 4.1.2.5)."""
    second = timedelta(seconds=1)
    assert VALID.starts in VALID
    assert VALID.ends in VALID
    assert VALID.starts - second not in VALID
    assert VALID.ends + second not in VALID
    assert str(VALID) == "2027-01-01 … 2027-04-01"


def test_a_long_host_name_stands_whole_in_the_san(root: Authority) -> None:
    """A subject has room for 64 characters; the name that counts is in the SAN."""
    host = ".".join(["a" * 50] * 4)
    assert root.issue(host, valid=VALID).hosts == (host,)


@pytest.mark.parametrize(
    ("make", "name"),
    [(p256, "P-256"), (p384, "P-384"), (rsa2048, "RSA-2048"), (ed25519_key, "Ed25519")],
)
def test_a_request_has_the_key_that_the_certificate_will_have(make: Any, name: str) -> None:
    """A backup pin can be had before any authority was asked."""
    key = make()
    made = request("bank.example", key)
    assert made.is_signature_valid
    assert key_pin(made) == key_pin(key)
    assert key_name(spki(documents(made)[0])) == name
    with pytest.raises(BadHost):
        request("no host", key)
