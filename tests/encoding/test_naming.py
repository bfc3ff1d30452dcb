"""What things are called: hosts by their rules, strangers' names in one line that hides nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from pinlib import Authority, Cast, Identity, public_roots
from pinlib.encoding.files import documents, spki
from pinlib.encoding.naming import (
    general_name,
    is_host,
    key_name,
    letters,
    name_of,
    names,
    read_certificate,
    title_of,
    visible,
)
from pinlib.errors import BadHost, NotReadable
from pinlib.tls.certificates import Validity, p256, request
from tests.strangers import EDI_PARTY_NAME, SAN, X400_ADDRESS, raw, stranger

START = datetime(2027, 1, 1, tzinfo=UTC)
VALID = Validity.days(START, 90)


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


def test_what_can_be_read_at_one_look_is_shown_whole() -> None:
    """A hundred and twenty characters are; of one more the end is left out, and that is seen."""
    assert visible("n" * 120) == "n" * 120
    assert visible("n" * 121) == "n" * 120 + "…"


def test_keys_are_lettered_as_columns_of_a_spreadsheet() -> None:
    """After Z comes AA, and none is left out."""
    told = {0: "A", 25: "Z", 26: "AA", 27: "AB", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"}
    assert {index: letters(index) for index in told} == told
    assert len({letters(index) for index in range(1000)}) == 1000


def test_a_certificate_without_names_is_for_nobody() -> None:
    """No SAN means no name: the subject's common name does not count (RFC 9525)."""
    assert names(named("bank.example").leaf) == ()


UNREADABLE = {
    "an x400Address": (SAN, X400_ADDRESS),
    "an ediPartyName": (SAN, EDI_PARTY_NAME),
    "a broken ediPartyName": (SAN, bytes.fromhex("300ea500820a") + b"we.example"),
    "an address of three bytes": (SAN, bytes.fromhex("300587030a0000")),
    "a short address before others": (
        SAN,
        bytes.fromhex("30108703010203") + b"\x82\3a.b\x87\4\n\0\0\1",
    ),
    "no DER": (SAN, b"bank.example"),
    "nothing": (SAN, b""),
    "a TLS feature that nobody knows": (ExtensionOID.TLS_FEATURE, bytes.fromhex("300402020101")),
    "no list of TLS features": (ExtensionOID.TLS_FEATURE, bytes.fromhex("3000")),
    "a serial number below zero": (
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        bytes.fromhex("30048202ff00"),
    ),
}

BESIDE = {
    UNREADABLE["an ediPartyName"]: ("bank.example",),
    UNREADABLE["a broken ediPartyName"]: ("we.example",),
    UNREADABLE["a short address before others"]: ("a.b", "10.0.0.1"),
}


@pytest.mark.parametrize("strange", UNREADABLE.values(), ids=UNREADABLE)
def test_an_extension_that_cannot_be_read_hides_no_name_beside_it(
    strange: tuple[x509.ObjectIdentifier, bytes],
) -> None:
    """The library fails in many ways at such bytes, and none of them gets past this."""
    extensions = [] if strange[0] == SAN else [x509.SubjectAlternativeName([x509.DNSName("x.y")])]
    unsigned = Authority.root("Root", valid=VALID)
    leaf = stranger(unsigned, VALID, *extensions, raw(*strange)).leaf
    assert names(leaf) == BESIDE.get(strange, () if strange[0] == SAN else ("x.y",))


def test_a_dns_name_that_looks_like_an_address_is_told_from_one() -> None:
    """It names nobody: nobody is called so, and an address is written another way (RFC 5280)."""
    issuer = Authority.root("Root", valid=VALID)
    dns = [x509.DNSName(name) for name in ("bank.example", "10.0.0.1", "2001:db8::1")]
    leaf = stranger(issuer, VALID, x509.SubjectAlternativeName(dns)).leaf
    assert names(leaf) == ("bank.example", "DNS:10.0.0.1", "DNS:2001:db8::1")
    assert names(issuer.issue("10.0.0.1", valid=VALID).leaf) == ("10.0.0.1",)


@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.integers(0, 600))
def test_a_broken_certificate_is_read_or_not_readable(at: int, byte: int, cut: int) -> None:
    """Of what a stranger sends, everything that is shown can be read, or it is NotReadable."""
    der = bytearray(DER)
    der[at % len(der)] = byte
    try:
        certificate = read_certificate(bytes(der) if cut < 300 else bytes(der[:cut]))
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
        read_certificate(DER.replace(version_3, bytes.fromhex("a003020103"), 1))


DER = (
    Authority.root("Root", valid=VALID)
    .issue("bank.example", valid=VALID)
    .leaf.public_bytes(Encoding.DER)
)


def test_things_in_a_file_are_called_by_their_subject_or_by_what_they_are(cast: Cast) -> None:
    """Certificates and requests say a name; keys have none; an odd serial number warns nobody."""
    key = cast.backup
    names = [
        title_of(documents(one)[0]) for one in (cast.bank.leaf, request("x.example", key), key)
    ]
    assert names == ["bank.example", "x.example", "a public key"]
    assert all(title_of(documents(der)[0]) for der in public_roots().values())


def test_a_key_of_no_known_kind_is_unknown() -> None:
    """It can be hashed, and is not given another's name."""
    info = spki(documents(p256().public_key())[0])
    strange = info.replace(bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d02ff"))
    assert key_name(strange) == "unknown"
    assert key_name(b"") == "unknown"


def test_a_name_is_the_common_one_before_the_organisations() -> None:
    """So that a real root is called as everybody calls it."""
    root = x509.load_der_x509_certificate(public_roots()["ISRG Root X1"])
    assert name_of(root.subject) == "ISRG Root X1"


def test_what_the_library_refuses_is_called_by_what_it_is(cast: Cast) -> None:
    """A version that nobody knows, a name that is no text: a certificate, and no exception."""
    der = cast.bank.leaf.public_bytes(Encoding.DER)
    strange = der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020103"), 1)
    at = der.index(b"bank.example")
    broken = der[:at] + b"\xff\xfe\xfd\xfc" + der[at + 4 :]
    for one in (strange, broken):
        assert title_of(documents(one)[0]) == "a certificate"


@pytest.mark.parametrize("host", ["fe80::1%eth0", ".".join(["a" * 63] * 4)])
def test_a_zone_or_a_name_without_end_is_no_host(host: str) -> None:
    """The longest that can be is still one."""
    with pytest.raises(BadHost):
        general_name(host)
    assert general_name(".".join(["a" * 63] * 3 + ["a" * 61]))


def test_addresses_are_names_of_a_certificate(cast: Cast) -> None:
    """As they are of some servers."""
    made = cast.issuing.issue("192.0.2.7", valid=Validity.of(cast.bank.leaf))
    assert names(made.leaf) == ("192.0.2.7",)
