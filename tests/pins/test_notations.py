"""Notations: the same 32 bytes in every tool's clothes, read back, and slips told by name."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from pinlib.errors import BadPin
from pinlib.pins.notations import Kind, Notation, read_notation
from pinlib.pins.pins import Pin, PinSet

ISRG_X1 = "C5+lpZ7tcVwmwQIMcRtPbsQtWLABXhQzejna0wHFr8M="  # letsencrypt.org, certificates page
DIGITS = base64.b64decode(ISRG_X1).hex()
COLONS = ":".join(DIGITS[i : i + 2] for i in range(0, 64, 2)).upper()
PUBLIC = ec.generate_private_key(ec.SECP256R1()).public_key()
SPKI = PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

pins_ = st.builds(Pin, st.sampled_from(Kind), st.binary(min_size=32, max_size=32))


@given(pins_, st.sampled_from(Notation))
def test_reading_what_was_written_gives_the_pin_back(pin: Pin, notation: Notation) -> None:
    """In every notation, told the kind, parse undoes write; and str() needs no help."""
    assert Pin.parse(pin.write(notation), pin.kind) == pin
    assert Pin.parse(f"  {pin.write(notation)}\n", pin.kind) == pin
    assert Pin.parse(str(pin)) == pin


@given(pins_, st.sampled_from(Notation))
def test_what_was_written_says_in_which_notation(pin: Pin, notation: Notation) -> None:
    """A pasted pin is known by its clothes, even where a digest begins with a slash of its own."""
    assert read_notation(pin.write(notation)).notation is notation


def test_each_notation_looks_as_its_tool_wants_it() -> None:
    """The written forms, letter by letter, for the published pin of ISRG Root X1."""
    pin = Pin.parse(ISRG_X1)
    assert {notation: pin.write(notation) for notation in Notation} == {
        Notation.OKHTTP: f"sha256/{ISRG_X1}",
        Notation.CURL: f"sha256//{ISRG_X1}",
        Notation.HPKP: f'pin-sha256="{ISRG_X1}"',
        Notation.KUBEADM: f"sha256:{DIGITS}",
        Notation.ANDROID: f'<pin digest="SHA-256">{ISRG_X1}</pin>',
        Notation.TLSA: f"3 1 1 {DIGITS}",
        Notation.BASE64: ISRG_X1,
        Notation.HEX: DIGITS,
        Notation.COLON_HEX: COLONS,
    }
    for notation in Notation:
        usual = Kind.CERTIFICATE if notation in {Notation.HEX, Notation.COLON_HEX} else Kind.KEY
        assert Pin.parse(pin.write(notation)) == Pin(usual, pin.digest)
    assert str(pin) == f"sha256/{ISRG_X1}"
    assert str(Pin(Kind.CERTIFICATE, pin.digest)) == COLONS


def test_a_tlsa_record_says_what_was_hashed() -> None:
    """The second number is the selector: 1 a key, 0 a certificate (RFC 6698, section 2.1.2)."""
    digest = bytes.fromhex(DIGITS)
    assert Pin(Kind.CERTIFICATE, digest).write(Notation.TLSA) == f"3 0 1 {DIGITS}"
    for selector, kind in {"0": Kind.CERTIFICATE, "1": Kind.KEY}.items():
        for record in (f"2 {selector} 1 {DIGITS}", f"_443._tcp.x. IN TLSA 3 {selector} 1 {DIGITS}"):
            assert Pin.parse(record) == Pin(kind, digest)


def test_a_notation_means_what_its_tools_hash() -> None:
    """Keys in most, certificates in bare hex, and either in a TLSA record, which says so."""
    means = {notation: notation.means for notation in Notation}
    assert means.pop(Notation.TLSA) == {Kind.KEY, Kind.CERTIFICATE}
    certificates = {Notation.COLON_HEX, Notation.HEX}
    assert {one for one, kinds in means.items() if kinds == {Kind.CERTIFICATE}} == certificates
    assert all(kinds == {Kind.KEY} for one, kinds in means.items() if one not in certificates)


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        (f"sha256 Fingerprint={COLONS}", Notation.COLON_HEX),
        (f"SHA256 Fingerprint={COLONS}", Notation.COLON_HEX),
        (f"SHA2-256(stdin)= {DIGITS}", Notation.HEX),
        (f"SHA256(cert.pem)= {DIGITS}", Notation.HEX),
        (f"{DIGITS}  cert.der", Notation.HEX),
        (f"{DIGITS} *cert.der", Notation.HEX),
        (f"SHA256:{DIGITS.upper()}", Notation.KUBEADM),
        (f'"sha256/{ISRG_X1}",', Notation.OKHTTP),
        (f"'sha256//{ISRG_X1}'", Notation.CURL),
        (f'@"{ISRG_X1}",', Notation.BASE64),
        (f"<pin  digest='SHA-256'> {ISRG_X1} </pin>", Notation.ANDROID),
    ],
)
def test_a_pin_is_read_as_it_is_copied(text: str, notation: Notation) -> None:
    """What openssl and sha256sum print, and what stands in a program, is read as it stands."""
    assert read_notation(text).notation is notation
    assert read_notation(text).digest.hex() == DIGITS


def test_a_digest_may_begin_with_a_slash() -> None:
    """OkHttp's one slash before a digest that begins with one is not taken for curl's two."""
    pin = Pin(Kind.KEY, b"\xff" * 32)
    assert pin.write(Notation.OKHTTP).startswith("sha256//")
    assert pin.write(Notation.CURL).startswith("sha256///")
    assert Pin.parse(pin.write(Notation.OKHTTP)) == Pin.parse(pin.write(Notation.CURL)) == pin


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0 bytes were found"),
        ("a" * 40, "20 bytes were found, and a SHA-256 has 32; that is usually a SHA-1"),
        ("ab:" * 19 + "ab", "20 bytes .* SHA-1"),
        ("sha1/" + "A" * 27 + "=", "SHA-1 pin is too weak"),
        ("sha256/" + "ab" * 32, "looks like hex: write sha256:"),
        ("sha256/" + "+" * 64, "48 bytes .* usually 64 hex digits read as base64"),
        ("sha256:" + ISRG_X1, "base64 goes after sha256/"),
        ("sha256:xyz", "hex digits are expected"),
        ("3 1 1 xyz", "hex digits are expected"),
        ("3 1 2 " + "ab" * 64, "matching type 2 isn’t SHA-256"),
        ("3 1 0 " + SPKI.hex(), "matching type 0 isn’t SHA-256"),
        ("3 1 1 " + "ab" * 20, "20 bytes .* SHA-1"),
        ('<pin digest="SHA-256">AAAA</pin>', "3 bytes were found"),
        ("ab" * 31 + "a", "63 hex digits, and a pin has 64"),
        ("ab:c:" + "ab" * 30, "two hex digits between colons"),
        (base64.b64encode(SPKI).decode(), "91 bytes .* a P-256 public key itself"),
        (ISRG_X1.replace("+", "-"), "URL-safe base64"),
        ("sha256/" + ISRG_X1[:-1], "the = at the end is missing"),
        ("sha256/" + ISRG_X1 + "=", "one = will do: write sha256/C5.*r8M= instead"),
        ("sha256/" + ISRG_X1[:20] + " " + ISRG_X1[21:], "there’s a space"),
        (ISRG_X1.replace("8M=", "8N="), "the last letter before ="),
        (PEM, "PEM, which a pin is computed from"),
        ("password", "6 bytes were found"),
        ("é" * 10, "neither base64 nor hex"),
    ],
)
def test_a_slip_is_named(text: str, words: str) -> None:
    """What is no pin is refused with the usual reason, and carries what was seen."""
    with pytest.raises(BadPin, match=words) as refused:
        Pin.parse(text)
    assert refused.value.seen == (text if len(text) <= 60 else refused.value.seen)


def test_androids_xml_is_read_whole() -> None:
    """A <pin-set> as it stands in an app, on several lines or pasted into one, is its pins."""
    first, second = (Pin(Kind.KEY, bytes([n]) * 32) for n in range(2))
    lines = [
        '<pin-set expiration="2028-01-01">',
        f"  {first.write(Notation.ANDROID)}",
        f"  {second.write(Notation.ANDROID)}",
        "</pin-set>",
    ]
    for text in "\n".join(lines), "".join(lines):
        assert PinSet.parse(text) == PinSet.of(first, second)


def test_a_list_pasted_into_one_line_is_a_list_still() -> None:
    """A field of one line takes the line ends away; where a pin ends is seen all the same."""
    first, second = (Pin(Kind.KEY, bytes([n]) * 32) for n in range(2))
    assert PinSet.parse(f"{first}{second}") == PinSet.of(first, second)


def test_a_header_of_the_web_is_read_without_its_other_words() -> None:
    """In any capitals, and in the form that only reports (RFC 7469, section 2.1)."""
    zeros = Pin(Kind.KEY, bytes(32))
    pin = zeros.write(Notation.HPKP)
    for header in (
        f"Public-Key-Pins-Report-Only: {pin}; max-age=5; includeSubDomains",
        f"public-key-pins: {pin}; MAX-AGE=5; includesubdomains",
    ):
        assert PinSet.parse(header) == PinSet.of(zeros)
    two = PinSet.of(zeros, Pin(Kind.KEY, b"1" * 32))
    assert two.write(Notation.HPKP).count("; ") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SHA1/" + "A" * 27 + "=", "SHA-1 pin is too weak"),
        ("-" + "A" * 42 + "=", "URL-safe"),
        ("_" + "A" * 42 + "=", "URL-safe"),
        ("ab" * 16, "usually an MD5"),
        ("ab" * 28, "usually a SHA-224"),
        ("é-", "neither base64 nor hex"),
        ("SHA256(x)= " + "A" * 43 + "=", "a space"),
        ("AB==", "1 byte was found"),
    ],
)
def test_more_slips_are_named(text: str, words: str) -> None:
    """Capitals, other hashes, letters of other alphabets."""
    with pytest.raises(BadPin, match=words):
        read_notation(text)


@pytest.mark.parametrize(("size", "whole"), [(60, True), (61, False)])
def test_a_long_text_is_quoted_in_part(size: int, whole: bool) -> None:
    """Sixty characters are, one more is cut."""
    with pytest.raises(BadPin) as refused:
        read_notation("!" * size)
    assert (refused.value.seen == "!" * size) is whole
