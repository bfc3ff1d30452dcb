"""Pins: computed from bytes, written and read in every notation, matched against chains."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

import certifi
import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pinlib.encoding.der import Form, dissect, enclose, layout
from pinlib.encoding.files import LIMIT, documents
from pinlib.errors import BadInput, BadPin, LockedKey, NotOne, NotReadable, PinlibError
from pinlib.pins.notations import Kind, Notation
from pinlib.pins.pins import (
    Pin,
    PinSet,
    Strategy,
    certificate_pin,
    certificate_pins,
    key_pin,
    key_pins,
)
from tests.strangers import SHORT_KEY, strange_bundle

DATA = Path(__file__).parents[2] / "data"
ISRG_X1 = "C5+lpZ7tcVwmwQIMcRtPbsQtWLABXhQzejna0wHFr8M="  # letsencrypt.org, certificates page
DAY = timedelta(days=1)
START = datetime(2030, 1, 1, tzinfo=UTC)

KEYS = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA-2048": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


def issue(key, name: str = "bank.example", issuer_key=None) -> x509.Certificate:
    """Return a certificate for `key`, signed by itself unless an issuer's key is given."""
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer_key or key
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + 90 * DAY)
        .sign(signer, algorithm)
    )


def der(certificate: x509.Certificate) -> bytes:
    """Return its DER."""
    return certificate.public_bytes(Encoding.DER)


def pem(certificate: x509.Certificate) -> bytes:
    """Return its PEM."""
    return certificate.public_bytes(Encoding.PEM)


def spki(key) -> bytes:
    """Return the SPKI of a private key's public half, in DER."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def request(key) -> x509.CertificateSigningRequest:
    """Return a certificate request for `key`."""
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank.example")])
    return x509.CertificateSigningRequestBuilder().subject_name(named).sign(key, hashes.SHA256())


def revocations(key) -> bytes:
    """Return an empty certificate revocation list, in DER."""
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")])
    made = x509.CertificateRevocationListBuilder().issuer_name(named)
    signed = made.last_update(START).next_update(START + DAY).sign(key, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def sequence(*parts: bytes) -> bytes:
    """Return a DER SEQUENCE of these parts."""
    body = b"".join(parts)
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    """Return the server's key."""
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def chain(key: ec.EllipticCurvePrivateKey) -> tuple[x509.Certificate, ...]:
    """Return leaf, intermediate, root.  Pins look at no signature, so self-signed will do here."""
    others = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    return issue(key), issue(others[0], "Intermediate"), issue(others[1], "Root")


@pytest.fixture(scope="module")
def roots() -> tuple[bytes, ...]:
    """Return the DER of every public root, read by nothing of ours but base64."""
    text = Path(certifi.where()).read_text(encoding="ascii")
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", text, re.DOTALL)
    return tuple(base64.b64decode(block) for block in blocks)


# -- Where the bytes stand ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", KEYS)
def test_the_layout_is_where_cryptography_finds_the_parts(kind: str) -> None:
    """TBS, SPKI and signature are the very bytes that another parser reports, for each key type."""
    key = KEYS[kind]()
    certificate = issue(key)
    found = layout(der(certificate))
    assert der(certificate)[found.tbs] == certificate.tbs_certificate_bytes
    assert der(certificate)[found.spki] == spki(key)
    assert der(certificate)[found.signature] == certificate.signature


def test_the_layout_of_a_request(key: ec.EllipticCurvePrivateKey) -> None:
    """A certificate request has its SPKI elsewhere, and it is found there."""
    csr = request(key)
    data = csr.public_bytes(Encoding.DER)
    found = layout(data)
    assert data[found.tbs] == csr.tbs_certrequest_bytes
    assert data[found.spki] == spki(key)
    assert data[found.signature] == csr.signature


def test_only_what_is_signed_has_a_layout(key: ec.EllipticCurvePrivateKey) -> None:
    """Asking a bare key for its signature gets a sentence, not a guess."""
    with pytest.raises(NotReadable, match="a public key: only certificates and requests"):
        layout(spki(key))


def test_every_public_root_has_pins(roots: tuple[bytes, ...]) -> None:
    """All roots give pins while warnings are errors, those with a serial below 1 among them."""
    found = key_pins(Path(certifi.where()))
    assert len(found) == len(roots) > 100
    assert found == tuple(key_pin(root) for root in roots)
    assert certificate_pins(Path(certifi.where())) == tuple(
        Pin(Kind.CERTIFICATE, hashlib.sha256(root).digest()) for root in roots
    )
    # On these cryptography warns when it loads them, which would be an error here.
    serials = [root[layout(root).tbs.start :] for root in roots]
    assert sum(b"\xa0\x03\x02\x01\x02\x02\x01\x00" in tbs[:16] for tbs in serials) >= 1


PUBLISHED = [
    row
    for row in csv.DictReader((DATA / "known_pins.csv").read_text("utf-8").splitlines())
    if "distrusted" not in row["note"]  # those are no longer in certifi
]


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["name"])
def test_pins_agree_with_published_ones(row: dict[str, str], roots: tuple[bytes, ...]) -> None:
    """What we compute from the real root is what others have published for it."""
    (root,) = [one for one in roots if hashlib.sha256(one).hexdigest() == row["certificate_sha256"]]
    assert str(key_pin(root)) == "sha256/" + row["key_pin"]
    assert certificate_pin(root).write(Notation.HEX) == row["certificate_sha256"]


OID_EC_KEY = bytes.fromhex("06072a8648ce3d0201")
OID_P256 = bytes.fromhex("06082a8648ce3d030107")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OID_EC_KEY, bytes.fromhex("06072a8648ce3d0263")),
        (OID_P256, bytes.fromhex("06082a8648ce3d030163")),
        (OID_P256 + b"\x03\x42\x00\x04", OID_P256 + b"\x03\x42\x00\x09"),
    ],
    ids=["unknown algorithm", "unknown curve", "no point of the curve"],
)
def test_a_key_that_cannot_be_loaded_has_a_pin(
    key: ec.EllipticCurvePrivateKey, old: bytes, new: bytes
) -> None:
    """The SPKI is hashed as it stands, so a key that cryptography refuses has a pin too."""
    broken = der(issue(key)).replace(old, new)
    assert broken != der(issue(key))
    with pytest.raises((ValueError, UnsupportedAlgorithm)):
        x509.load_der_x509_certificate(broken).public_key()
    assert key_pin(broken).digest == hashlib.sha256(spki(key).replace(old, new)).digest()


def test_spki_is_hashed_as_it_stands(key: ec.EllipticCurvePrivateKey) -> None:
    """A length written longer than DER asks is kept: re-encoding would give another pin."""
    whole, part = der(issue(key)), spki(key)
    longer = b"\x30\x81" + part[1:]
    odd = odd_certificate(whole, part, longer)
    assert key_pin(odd) == Pin(Kind.KEY, hashlib.sha256(longer).digest()) != key_pin(whole)


def test_a_certificate_of_version_1_has_a_key_pin(key: ec.EllipticCurvePrivateKey) -> None:
    """Old roots carry no version field (RFC 5280, section 4.1.2.1); the key is found."""
    version_3 = b"\xa0\x03\x02\x01\x02"
    assert key_pin(odd_certificate(der(issue(key)), version_3, b"")) == key_pin(key)


def odd_certificate(whole: bytes, old: bytes, new: bytes) -> bytes:
    """Return a certificate with a part of its TBS replaced, and the lengths around it corrected."""
    tbs, after = whole[layout(whole).tbs], whole[layout(whole).tbs.stop :]
    assert old in tbs
    inside = tbs[tbs.index(b"\xa0\x03") :].replace(old, new)
    return sequence(sequence(inside), after)


# -- Everything that has a key in it -----------------------------------------------------------


def test_every_way_to_hold_a_key_gives_the_same_key_pin(
    key: ec.EllipticCurvePrivateKey, tmp_path: Path
) -> None:
    """Certificate, request, public and private key of one server: one key pin."""
    certificate = issue(key)
    file = tmp_path / "ключ 🔑.pem"
    file.write_bytes(pem(certificate))
    none = NoEncryption()
    held = [
        certificate,
        der(certificate),
        pem(certificate),
        pem(certificate).decode(),
        bytearray(der(certificate)),
        file,
        request(key),
        request(key).public_bytes(Encoding.PEM),
        request(key).public_bytes(Encoding.DER),
        key.public_key(),
        spki(key),
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        key,
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, none),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, none),
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, none),
        key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, none),
        b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        + key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, none),
        b"subject=bank.example\r\n" + pem(certificate).replace(b"\n", b"\r\n"),
        b"\xff\xfe" + pem(certificate).decode().encode("utf-16-le"),
        b"\xfe\xff" + pem(certificate).decode().encode("utf-16-be"),
        b"\xef\xbb\xbf" + pem(certificate),
        b"0 s:CN=bank.example\n" + pem(certificate),  # "0 " would be a DER header of 34 bytes
        pem(certificate) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, none),
    ]
    assert {key_pin(one) for one in held} == {Pin(Kind.KEY, hashlib.sha256(spki(key)).digest())}


@pytest.mark.parametrize("kind", ["RSA-2048", "Ed25519", "DSA"])
def test_private_keys_of_other_kinds_give_their_public_halfs_pin(kind: str) -> None:
    """RSA (PKCS#1 too), Ed25519 and DSA keys are read in every encoding that openssl writes."""
    key = dsa.generate_private_key(2048) if kind == "DSA" else KEYS[kind]()
    expected = Pin(Kind.KEY, hashlib.sha256(spki(key)).digest())
    assert key_pin(key) == key_pin(key.public_key()) == expected
    forms = [PrivateFormat.PKCS8]
    forms += [] if kind == "Ed25519" else [PrivateFormat.TraditionalOpenSSL]
    for form in forms:
        for encoding in Encoding.PEM, Encoding.DER:
            assert key_pin(key.private_bytes(encoding, form, NoEncryption())) == expected
    if kind == "RSA-2048":
        for encoding in Encoding.PEM, Encoding.DER:
            assert key_pin(key.public_key().public_bytes(encoding, PublicFormat.PKCS1)) == expected


def test_a_certificate_may_carry_the_words_of_pem(key: ec.EllipticCurvePrivateKey) -> None:
    """DER with "-----BEGIN CERTIFICATE-----" in its name is still DER."""
    certificate = issue(key, "-----BEGIN CERTIFICATE-----")
    assert key_pin(der(certificate)) == key_pin(key)


def test_renewing_with_the_same_key_keeps_the_key_pin(key: ec.EllipticCurvePrivateKey) -> None:
    """A renewed certificate has another certificate pin, and the same key pin."""
    before, after = issue(key), issue(key)
    assert certificate_pin(before) != certificate_pin(after)
    assert key_pin(before) == key_pin(after)


def test_a_certificate_pin_is_the_fingerprint(key: ec.EllipticCurvePrivateKey) -> None:
    """Whichever way the certificate is given, the pin is the SHA-256 that other tools show."""
    certificate = issue(key)
    expected = Pin(Kind.CERTIFICATE, certificate.fingerprint(hashes.SHA256()))
    for given_as in certificate, der(certificate), pem(certificate), pem(certificate).decode():
        assert certificate_pin(given_as) == expected


def test_a_key_has_no_certificate_pin(key: ec.EllipticCurvePrivateKey) -> None:
    """A key, or a request, is not a certificate, and the sentence offers the other function."""
    for source in key, spki(key), request(key):
        with pytest.raises(NotReadable, match="only a certificate has a certificate pin"):
            certificate_pin(source)


def test_several_where_one_is_meant_are_counted(chain: tuple[x509.Certificate, ...]) -> None:
    """A chain file given to the singular is refused with its count; the plural keeps its order."""
    bundle = b"".join(map(pem, chain))
    for one in key_pin, certificate_pin:
        with pytest.raises(NotOne, match=f"there are 3 here .* {one.__name__}s") as refused:
            one(bundle)
        assert refused.value.count == 3
    assert key_pins(bundle) == tuple(map(key_pin, chain))
    assert certificate_pins(bundle) == tuple(map(certificate_pin, chain))


# -- Bad input ---------------------------------------------------------------------------------


def test_bad_input_says_what_was_seen(key: ec.EllipticCurvePrivateKey, tmp_path: Path) -> None:
    """Each thing that people give by mistake is named, and the sentence says what to do."""
    certificate = issue(key)
    locked = BestAvailableEncryption(b"secret")
    store = pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, locked)
    cut_pem = pem(certificate)[:-10]
    relabelled = pem(certificate).replace(b"CERTIFICATE", b"PUBLIC KEY")
    cases: list[tuple[object, type[BadInput], str]] = [
        (b"", NotReadable, "empty \\(0 bytes\\)"),
        ("", NotReadable, "empty \\(0 bytes\\)"),
        ("server.pem", NotReadable, "'server.pem'.*give a file as a Path"),
        (str(key_pin(key)), NotReadable, "in a pin of 51 bytes"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), NotReadable, "a PNG picture of 107 bytes"),
        (b"\xfe\xed\xfe\xed" + bytes(9), NotReadable, "a Java key store"),
        (bytes(100), NotReadable, "100 bytes beginning 00 00"),
        (b"ssh-ed25519 AAAA", NotReadable, "an SSH public key"),
        (base64.b64encode(der(certificate))[:-9], NotReadable, "without its BEGIN and END lines"),
        (der(certificate)[:-1], NotReadable, "bytes should follow.*cut short"),
        (der(certificate)[:3], NotReadable, "its length can’t be read"),
        (b"0", NotReadable, "stops in the middle"),
        (der(certificate) + b"\0", NotReadable, "1 bytes follow where it should end"),
        (b"\x30\x80\x02\x01\x03\x00\x00", NotReadable, "its length can’t be read"),
        (cut_pem, NotReadable, "has no END line of its own"),
        (b"-----BEGIN CERT", NotReadable, "has no END line of its own"),
        (pem(certificate).replace(b"END CERT", b"END XERT"), NotReadable, "no END line"),
        (relabelled, NotReadable, "'PUBLIC KEY' holds a certificate"),
        (
            pem(certificate).replace(b"CERTIFICATE", b"PGP"),
            NotReadable,
            "'PGP' isn’t a certificate",
        ),
        (pem(certificate).replace(b"MII", b"M!!"), NotReadable, "is damaged"),
        (
            b"-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----",
            NotReadable,
            "EC, DH or DSA parameters",
        ),
        (store, NotReadable, "openssl pkcs12"),
        (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked), LockedKey, "-pubout"),
        (key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, locked), LockedKey, "-pubout"),
        (
            key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, locked),
            LockedKey,
            "-pubout",
        ),
        (b"\x30\x85\0\0\0\0\x02\x05\0", NotReadable, "its length can’t be read"),
        (der(certificate).replace(b"\x03\x42\0", b"\x04\x42\0"), NotReadable, "no public key wh"),
        (revocations(key), NotReadable, r"a revocation list \(CRL\)"),
        (b"\x30\x03\x01\x01\xff", NotReadable, "DER of some other kind"),
        (b"x" * (LIMIT + 1), NotReadable, "more than 1,000,000 bytes"),
        (tmp_path, NotReadable, "is a folder"),
        (tmp_path / "no such file", NotReadable, "cannot be opened"),
        (Path("a\0b"), NotReadable, "cannot be opened"),
        (Path("x" * 5000), NotReadable, "cannot be opened"),
        (42, NotReadable, "nothing can be read from a int"),
        (None, NotReadable, "nothing can be read from a NoneType"),
    ]
    for source, error, words in cases:
        for read in key_pin, certificate_pins:
            with pytest.raises(error, match=words) as refused:
                read(source)  # type: ignore[arg-type]
            assert refused.value.seen
            assert len(str(refused.value)) < 450


def test_a_row_of_numbers_is_a_key_only_if_it_has_the_length_of_one() -> None:
    """Nine are an RSA key (RFC 8017); ten, as one of several primes has, are of another kind."""
    assert dissect(sequence(b"\x02\x01\x00" * 9)).form is Form.PRIVATE_KEY
    assert dissect(sequence(b"\x02\x01\x00" * 10)).form is Form.UNKNOWN
    assert dissect(sequence(b"\x02\x01\x00" * 8)).form is Form.UNKNOWN


def test_a_private_key_that_cannot_be_loaded(key: ec.EllipticCurvePrivateKey) -> None:
    """A public half that does not stand there is computed; where that fails, it is said."""
    number = key.private_numbers().private_value.to_bytes(32, "big")
    plain = enclose(0x30, b"\x02\x01\x01", b"\x04\x20" + number, b"\xa0\x0a" + OID_P256)
    assert key_pin(plain) == key_pin(key)
    with pytest.raises(NotReadable, match="looks like a private key, but cannot be loaded"):
        key_pin(plain.replace(OID_P256, bytes.fromhex("06082a8648ce3d030163")))


def test_a_file_is_read_up_to_the_limit(key: ec.EllipticCurvePrivateKey, tmp_path: Path) -> None:
    """The largest file that is looked at is read whole, and one byte more is told."""
    text, file = pem(issue(key)), tmp_path / "file"
    largest = text + b"\n" * (LIMIT - len(text))
    for data, fits in ((largest, True), (largest + b"\n", False)):
        file.write_bytes(data)
        for source in data, data.decode(), file:
            if fits:
                assert key_pin(source) == key_pin(key)
            else:
                with pytest.raises(NotReadable, match="more than 1,000,000 bytes"):
                    key_pin(source)


def test_of_a_huge_file_little_is_read(tmp_path: Path) -> None:
    """It is refused for its size without being held in memory."""
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 27)
    tracemalloc.start()
    try:
        with pytest.raises(NotReadable, match="more than"):
            key_pin(tmp_path / "huge")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * LIMIT


@pytest.mark.slow
def test_large_input_is_refused_at_once(tmp_path: Path) -> None:
    """Ten megabytes of anything, made to be slow or not, are refused quickly."""
    file = tmp_path / "large"
    file.write_bytes(bytes(10_000_000))
    hostile = [
        file,
        bytes(10_000_000),
        "x" * 10_000_000,
        b"-----BEGIN CERTIFICATE-----\n" * 35_000,
        b"-----BEGIN " * 90_000,
        b"-----" * 199_000,
        b"\x30\x83\x0f\x42\x3b" + b"\x02\x00" * 499_997 + b"\0",
    ]
    # Processor time, as a multiple of what hashing as much takes: no other load disturbs it.
    started = process_time()
    for _ in range(11):
        hashlib.sha256(bytes(10_000_000))
    yardstick = process_time() - started
    started = process_time()
    for source in hostile:
        with pytest.raises(NotReadable):
            key_pin(source)
    for text in "0" * 10_000_000, "A" * 10_000_000, "sha256/" * 1_000_000, "=" * 10_000_000:
        with pytest.raises(BadPin) as refused:
            Pin.parse(text)
        assert len(str(refused.value)) < 300
    with pytest.raises(BadPin):
        PinSet.parse(";" * 10_000_000)
    assert process_time() - started < 50 * yardstick


def test_primes_are_not_tested_to_read_a_public_half() -> None:
    """Testing an RSA key's primes can take minutes; only its public half is wanted, so none is."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    prime = key.private_numbers().p.to_bytes(128, "big")
    wrong = plain.replace(prime, bytes([prime[0] ^ 1]) + prime[1:])
    assert wrong != plain
    assert key_pin(wrong) == key_pin(key)


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_arbitrary_input_raises_nothing_but_our_errors(source: bytes | str) -> None:
    """Whatever bytes or text come in, what goes out is a pin or a PinlibError."""
    for read in key_pin, key_pins, certificate_pin, certificate_pins:
        with suppress(PinlibError):
            read(source)
    for parse in Pin.parse, PinSet.parse:
        with suppress(PinlibError):
            parse(source if isinstance(source, str) else source.decode("latin-1"))


KEY = ec.derive_private_key(2, ec.SECP256R1())
WHOLE = {
    "certificate": der(issue(KEY)),
    "request": request(KEY).public_bytes(Encoding.DER),
    "SPKI": spki(KEY),
    "private key": KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    "Ed25519 private key": ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    ),
    "bundle": pkcs7.serialize_certificates([issue(KEY)], Encoding.DER),
    "PEM": pem(issue(KEY)),
}


@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 10_000), st.binary(max_size=4))
def test_damaged_input_raises_nothing_but_our_errors(name: str, at: int, patch: bytes) -> None:
    """Real files with a few bytes overwritten, or cut off, give a pin or a PinlibError."""
    whole = WHOLE[name]
    at %= len(whole)
    for damaged in (whole[:at] + patch + whole[at + len(patch) :], whole[:at]):
        for read in key_pin, certificate_pin:
            with suppress(PinlibError):
                read(damaged)


@given(st.binary(max_size=60))
def test_no_length_reaches_beyond_the_input(tail: bytes) -> None:
    """What `dissect` reports lies inside the bytes it was given, in order."""
    for start in b"\x30", b"\x30\x82", der(issue(KEY))[:-20]:
        data = start + tail
        try:
            found = dissect(data).layout
        except PinlibError:
            continue
        if found:
            assert 0 < found.tbs.start < found.spki.start < found.spki.stop <= found.tbs.stop
            assert found.tbs.stop < found.signature.start <= found.signature.stop == len(data)


# -- Sets --------------------------------------------------------------------------------------

pins_ = st.builds(Pin, st.sampled_from(Kind), st.binary(min_size=32, max_size=32))

A, B, C = (Pin(Kind.KEY, bytes([n]) * 32) for n in range(3))


@given(st.binary(max_size=100).filter(lambda digest: len(digest) != 32))
def test_a_pin_has_32_bytes(digest: bytes) -> None:
    """No pin of another size can be made, and the size found is told."""
    with pytest.raises(BadPin, match=f"{len(digest)} bytes? wa?e?r?e?s? found"):
        Pin(Kind.KEY, digest)


def test_a_short_pin_is_its_two_ends() -> None:
    """Pictures show the ends, each kind in its own notation."""
    assert Pin.parse(ISRG_X1).short() == "C5+l…Fr8M="
    assert Pin.parse("96:BC" + ":EC" * 28 + ":08:C6").short() == "96:BC…08:C6"


@given(st.lists(pins_, min_size=1, max_size=5), st.sampled_from(Notation), st.sampled_from(Kind))
def test_reading_a_written_set_gives_the_set_back(
    pins: list[Pin], notation: Notation, kind: Kind
) -> None:
    """Order is kept and duplicates collapse, in every notation; mixed kinds go through str()."""
    same_kind = PinSet.of(*(Pin(kind, pin.digest) for pin in pins))
    assert PinSet.parse(same_kind.write(notation), kind) == same_kind
    assert PinSet.parse(str(PinSet.of(*pins))) == PinSet.of(*pins)


def test_a_set_keeps_order_and_drops_duplicates() -> None:
    """One pin is a set of one; a repeated pin counts once; the order given stays."""
    assert len(PinSet.of(A)) == 1
    assert list(PinSet.of(B, A, B)) == [B, A]
    assert A in PinSet.of(B, A)
    assert C not in PinSet.of(B, A)
    assert PinSet([A, B]).pins == (A, B)  # type: ignore[arg-type]


def test_an_empty_set_is_an_error() -> None:
    """A device without pins has None: a set that refuses everybody is a mistake."""
    for make in (lambda: PinSet.of(), lambda: PinSet.parse("\n# nothing yet\n")):
        with pytest.raises(BadPin, match="use None for no pinning"):
            make()


@pytest.mark.parametrize(
    "text",
    [
        f"sha256//{A.write(Notation.BASE64)};sha256//{B.write(Notation.BASE64)}",
        f"Public-Key-Pins: {A.write(Notation.HPKP)}; {B.write(Notation.HPKP)}; max-age=5184000; "
        'includeSubDomains; report-uri="https://bank.example/a;b,c#d"',
        f"{A}, {B}",
        f"# ours\n{A}  # until spring\n\n{B}\n",
        f"{A}\r\n{B.write(Notation.KUBEADM)}\r\n",
    ],
    ids=["curl", "HPKP", "commas", "lines and comments", "Windows lines, two notations"],
)
def test_lists_of_pins_are_read(text: str) -> None:
    """What tools and people write is one set of the same two pins."""
    assert PinSet.parse(text) == PinSet.of(A, B)


def test_a_list_with_a_slip_is_refused_whole() -> None:
    """One bad entry must not leave a shorter list behind: it is named instead."""
    with pytest.raises(BadPin, match="'sha256/AAAA' is not a pin: 3 bytes"):
        PinSet.parse(f"{A}\nsha256/AAAA")


def test_any_certificate_of_the_chain_may_match(chain: tuple[x509.Certificate, ...]) -> None:
    """match() returns the pin that was found, whatever its kind and wherever in the chain."""
    for certificate in chain:
        for pin in key_pin(certificate), certificate_pin(certificate):
            for form in chain, [der(one) for one in chain]:
                assert PinSet.of(A, pin, B).match(form) == pin
    assert PinSet.of(A, B).match(chain) is None


def test_a_match_is_looked_for_from_the_leaf_upwards(chain: tuple[x509.Certificate, ...]) -> None:
    """When several pins would match, the one nearest to the leaf is reported."""
    both = PinSet.of(key_pin(chain[2]), key_pin(chain[0]))
    assert both.match(chain) == key_pin(chain[0])


def test_the_leaf_alone_is_a_slice(chain: tuple[x509.Certificate, ...]) -> None:
    """Who means the leaf passes chain[:1]; an empty chain matches nothing."""
    root_pin = PinSet.of(key_pin(chain[-1]))
    assert root_pin.match(chain) is not None
    assert root_pin.match(chain[:1]) is None
    assert root_pin.match(()) is None


def test_a_digest_of_the_other_kind_does_not_match(chain: tuple[x509.Certificate, ...]) -> None:
    """A certificate's hash taken for a key pin matches nothing: the famous mistake is visible."""
    mistaken = Pin(Kind.KEY, certificate_pin(chain[0]).digest)
    assert PinSet.of(mistaken).match(chain) is None


# -- Strategies --------------------------------------------------------------------------------


def test_each_strategy_pins_what_it_says(chain: tuple[x509.Certificate, ...]) -> None:
    """Six ways to pin one chain, in the words that people use for them."""
    backup = ec.generate_private_key(ec.SECP256R1())
    leaf, intermediate, root = chain
    assert {strategy.value: strategy.pins(chain, backup) for strategy in Strategy} == {
        "no pin": None,
        "leaf certificate": PinSet.of(certificate_pin(leaf)),
        "leaf key": PinSet.of(key_pin(leaf)),
        "leaf key + backup": PinSet.of(key_pin(leaf), key_pin(backup)),
        "intermediate key": PinSet.of(key_pin(intermediate)),
        "root key": PinSet.of(key_pin(root)),
    }
    as_pin = Strategy.LEAF_KEY_AND_BACKUP.pins(chain, key_pin(backup))
    assert as_pin == Strategy.LEAF_KEY_AND_BACKUP.pins(chain, request(backup))


def test_the_intermediate_is_the_one_that_signed_the_leaf(
    chain: tuple[x509.Certificate, ...],
) -> None:
    """Where two authorities stand between leaf and root, the one next to the leaf is pinned."""
    leaf, intermediate, root = chain
    upper = issue(ec.generate_private_key(ec.SECP256R1()), "Upper")
    pins = Strategy.INTERMEDIATE_KEY.pins((leaf, intermediate, upper, root))
    assert pins == PinSet.of(key_pin(intermediate))


def test_the_root_is_the_last_of_a_long_chain(chain: tuple[x509.Certificate, ...]) -> None:
    """Where two authorities stand between leaf and root, the root is still the one at the end."""
    leaf, intermediate, root = chain
    upper = issue(ec.generate_private_key(ec.SECP256R1()), "Upper")
    assert Strategy.ROOT_KEY.pins((leaf, intermediate, upper, root)) == PinSet.of(key_pin(root))


def test_a_strategy_says_what_it_lacks(chain: tuple[x509.Certificate, ...]) -> None:
    """No intermediate, no chain at all, no backup: each is told in a sentence."""
    with pytest.raises(BadInput, match=r"a chain of 2 .* intermediate key"):
        Strategy.INTERMEDIATE_KEY.pins(chain[:2])
    with pytest.raises(BadInput, match=r"a chain of 0 .* root key"):
        Strategy.ROOT_KEY.pins(())
    with pytest.raises(BadInput, match="the backup is missing"):
        Strategy.LEAF_KEY_AND_BACKUP.pins(chain)


def test_a_pkcs7_bundle_is_read_as_its_certificates(chain: tuple[x509.Certificate, ...]) -> None:
    """What Windows exports as .p7b, in DER or PEM: the same bytes, in any order."""
    for form in Encoding.DER, Encoding.PEM:
        bundle = pkcs7.serialize_certificates(list(chain), form)
        assert {one.der for one in documents(bundle)} == {der(one) for one in chain}
        assert set(key_pins(bundle)) == {key_pin(one) for one in chain}


def test_a_broken_bundle_is_told(chain: tuple[x509.Certificate, ...]) -> None:
    """It looks like one, and cannot be read: a sentence."""
    bundle = bytearray(pkcs7.serialize_certificates(list(chain[:1]), Encoding.DER))
    at = bundle.index(der(chain[0])[:8])
    bundle[at] = 0x04
    with pytest.raises(NotReadable, match="PKCS#7 bundle"):
        documents(bytes(bundle))


def test_what_the_library_fails_at_in_its_own_way_is_told(
    chain: tuple[x509.Certificate, ...],
) -> None:
    """A key of one byte is an internal error of its, a version nobody knows an invalid one."""
    for read in (key_pin, key_pins):
        with pytest.raises(NotReadable, match=r"looks like a private key, .* loaded: [^\n]+$"):
            read(SHORT_KEY)
        with pytest.raises(NotReadable, match="looks like a PKCS#7 bundle"):
            read(strange_bundle(chain[0]))


def test_documents_are_what_the_file_holds(chain: tuple[x509.Certificate, ...]) -> None:
    """Other modules can read a file's certificates, in order, without loading them."""
    found = documents(b"".join(map(pem, chain)))
    assert [one.der for one in found] == [der(one) for one in chain]


def test_a_public_key_from_pem_is_taken_as_an_object(key: ec.EllipticCurvePrivateKey) -> None:
    """Objects that cryptography loads are read like the bytes they came from."""
    text = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert key_pin(load_pem_public_key(text)) == key_pin(text)
