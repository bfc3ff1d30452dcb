"""What authorities issue, and how strangers' names are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pinlib import Authority, Cast, Identity, certificate_pin, key_pin, public_roots
from pinlib.certificates import Validity, ed25519_key, p256, p384, request, rsa2048
from pinlib.encodings import documents, spki
from pinlib.errors import BadHost, NotReadable
from pinlib.naming import general_name, is_host, key_name, name_of, names, read, title, visible

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


@given(text=st.text(max_size=300))
def test_any_text_is_a_host_or_bad_host(text: str) -> None:
    """A name that no server can have is a BadHost that shows at most sixty characters of it."""
    if is_host(text):
        assert general_name(text)
        assert text.isascii()
    else:
        with pytest.raises(BadHost) as caught:
            general_name(text)
        assert len(caught.value.seen) <= 61


def named(name: str | None) -> Identity:
    """Return a server whose subject is a stranger's idea of a name."""
    issuer = Authority.root("Root", valid=VALID)
    attributes = []
    if name is not None:
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name, _validate=False)]
    key = p256()
    builder = x509.CertificateBuilder(
        x509.Name(attributes) if name else issuer.certificate.subject,
        x509.Name(attributes),
        key.public_key(),
        5,
        VALID.starts,
        VALID.ends,
    )
    return Identity((builder.sign(issuer.key, hashes.SHA256()),), key)


@pytest.mark.filterwarnings("ignore:Attribute's length")  # what the library thinks of such names
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("two\nlines", r"two\nlines"),
        ("a\u202egnp.exe", r"a\u202egnp.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("n" * 200, "n" * 120 + "…"),
        ("", "CN="),
        (None, "(no name)"),
        ("Café", "Café"),
    ],
)
def test_a_strangers_name_is_one_line_that_hides_nothing(name: str | None, shown: str) -> None:
    """Newlines, reversed writing and invisible characters become visible; markup stays as it is."""
    assert name_of(named(name).leaf.subject) == shown


@given(text=st.text())
def test_what_is_visible_is_one_printable_line(text: str) -> None:
    """Whatever a stranger wrote is printable, one line, and bounded."""
    shown = visible(text)
    assert shown.isprintable()
    assert len(shown) <= 121


def test_a_certificate_without_names_is_for_nobody() -> None:
    """No SAN means no name: the subject's common name does not count (RFC 9525)."""
    assert names(named("bank.example").leaf) == ()


@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.integers(0, 600))
def test_a_broken_certificate_is_read_or_not_readable(at: int, byte: int, cut: int) -> None:
    """Of what a stranger sends, everything that is shown can be read, or it is NotReadable."""
    der = bytearray(DER)
    der[at % len(der)] = byte
    try:
        certificate = read(bytes(der) if cut < 300 else bytes(der[:cut]))
    except NotReadable:
        return
    assert name_of(certificate.subject).isprintable()
    assert name_of(certificate.issuer).isprintable()
    assert str(Validity.of(certificate))
    assert isinstance(names(certificate), tuple)


def test_a_version_nobody_knows_is_not_readable() -> None:
    """OpenSSL reads a certificate of X.509 version 4; path validation does not."""
    version_3 = bytes.fromhex("a003020102")
    assert version_3 in DER
    with pytest.raises(NotReadable):
        read(DER.replace(version_3, bytes.fromhex("a003020103"), 1))


DER = (
    Authority.root("Root", valid=VALID)
    .issue("bank.example", valid=VALID)
    .leaf.public_bytes(Encoding.DER)
)


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


def test_things_in_a_file_are_called_by_their_subject_or_by_what_they_are(cast: Cast) -> None:
    """Certificates and requests say a name; keys have none; an odd serial number warns nobody."""
    key = cast.backup
    names = [title(documents(one)[0]) for one in (cast.bank.leaf, request("x.example", key), key)]
    assert names == ["bank.example", "x.example", "a public key"]
    assert all(title(documents(der)[0]) for der in public_roots().values())


def test_a_key_of_no_known_kind_is_unknown() -> None:
    """It can be hashed, and is not given another's name."""
    info = spki(documents(p256().public_key())[0])
    strange = info.replace(bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d02ff"))
    assert key_name(strange) == "unknown"
    assert key_name(b"") == "unknown"
