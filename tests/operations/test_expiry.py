"""What ends when: files of every kind, in order, and the exit status that a cron job sees."""

from __future__ import annotations

import plistlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pinlib import PinSet, key_pin, public_roots, story
from pinlib.__main__ import main
from pinlib.errors import BadInput, NotReadable, PinlibError
from pinlib.operations.expiry import What, deadlines, in_order
from pinlib.operations.updater import AtExpiry, Updater
from pinlib.operations.updates import PinUpdate, sign
from pinlib.tls.certificates import Validity
from tests.strangers import (
    EDI_PARTY_NAME,
    SAN,
    SHORT_KEY,
    X400_ADDRESS,
    raw,
    strange_bundle,
    stranger,
)

CAST = story()
NOW = datetime.now(UTC)  # the command asks the real clock, and so do these certificates


def pem(days: int) -> bytes:
    """Return a certificate that ends in so many days, with its intermediate."""
    valid = Validity(NOW - timedelta(30), NOW + timedelta(days, hours=1))
    chain = CAST.issuing.renew(CAST.bank, valid=valid).chain
    return b"".join(one.public_bytes(Encoding.PEM) for one in chain)


def pin_set(days: int) -> bytes:
    """Return a signed pin set that ends in so many days."""
    update = PinUpdate(
        *(7, PinSet.of(key_pin(CAST.bank.leaf), key_pin(CAST.backup))),
        *(NOW - timedelta(40), NOW + timedelta(days, hours=1)),
    )
    return sign(update, Ed25519PrivateKey.generate())


ANDROID = b'<pin-set expiration="%s">\n<pin digest="SHA-256">AAAA</pin></pin-set>'


def test_a_chain_ends_with_its_first() -> None:
    """The leaf before its authority, each called what it is."""
    leaf, authority = deadlines(pem(20))
    assert (leaf.what, leaf.name, leaf.left(NOW)) == (What.LEAF, "bank.example", 20)
    assert (authority.what, authority.name) == (What.AUTHORITY, "Lab Issuing CA")
    assert leaf.ends < authority.ends


def test_pin_sets_end_too() -> None:
    """A signed one by what is inside it, Android's by its attribute."""
    (signed,) = deadlines(pin_set(10))
    assert (signed.what, signed.name, signed.left(NOW)) == (What.PIN_SET, "version 7, 2 pins", 10)
    (android,) = deadlines(ANDROID % b"2027-01-31")
    assert android.what is What.PIN_SET
    assert android.ends == datetime(2027, 1, 30, 23, 59, 59, tzinfo=UTC)
    for wrong in (b"soon", b"", b"20270131", b"2027-W04-7", b"2027-02-29", b"2027-01-31T00:00"):
        with pytest.raises(BadInput, match=f"as 2027-01-31, not '{wrong.decode()}'"):
            deadlines(ANDROID % wrong)


def test_the_day_is_the_one_that_the_file_shows() -> None:
    """Not the day before, on whose last second it holds; and not that of another zone."""
    (android,) = deadlines(ANDROID % b"2027-01-31")
    assert str(android.day) == "2027-01-31"
    west = NEW_YEAR.replace("+00:00", "-08:00")
    for expires in (NEW_YEAR, west):
        (signed,) = deadlines((SET % ("1", NO_PIN, "2026-01-01T00:00:00+00:00", expires)).encode())
        assert str(signed.day) == "2027-01-01"
        assert signed.ends == datetime.fromisoformat(expires) - timedelta.resolution
    valid = Validity(NOW - timedelta(1), datetime(2030, 3, 1, tzinfo=UTC))
    (leaf,) = deadlines(CAST.issuing.renew(CAST.bank, valid=valid).leaf.public_bytes(Encoding.DER))
    assert str(leaf.day) == "2030-03-01"


def test_a_signature_is_not_checked_here() -> None:
    """Its key is the app's; that it was not checked is said, and whether there is one at all."""
    body, _, _ = pin_set(10).partition(b"\n")
    assert [deadlines(text)[0].mind for text in (pin_set(10), body, body + b"\n \n")] == [
        *("signature not checked", "not signed", "not signed"),
    ]


SET = (
    '{"version": %s, "pins": ["sha256/%s="], "mode": "enforce", "issued": "%s", "expires": "%s",'
    ' "app": "a", "environment": "test", "hosts": ["bank.example"], "online": "", "era": 1}'
)
NEW_YEAR, NO_PIN = "2027-01-01T00:00:00+00:00", "A" * 43


@pytest.mark.parametrize(
    ("version", "issued", "expires"),
    [
        ("1e999", NEW_YEAR, "2028-01-01T00:00:00+00:00"),
        ("true", NEW_YEAR, "2028-01-01T00:00:00+00:00"),
        ("1", "0001-01-01T00:00:00+23:59", NEW_YEAR),
        ("1", NEW_YEAR, "9999-12-31T23:59:59-23:59"),
    ],
)
def test_a_set_that_cannot_be_is_no_set(version: str, issued: str, expires: str) -> None:
    """An update that no app takes has no end either."""
    with pytest.raises(NotReadable, match=r"in lesson 06 \(a value in it"):
        deadlines((SET % (version, NO_PIN, issued, expires)).encode())


def test_the_ends_of_the_calendar_are_told() -> None:
    """A set may have held for the first moment of all; Android's could not have."""
    first = "0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00.5+00:00"
    (end,) = deadlines((SET % ("1", NO_PIN, *first)).encode())
    assert end.starts <= end.ends < datetime(1, 1, 1, 0, 0, 1, tzinfo=UTC)
    with pytest.raises(BadInput, match="write an expiration as 2027-01-31, not '0001-01-01'"):
        deadlines(ANDROID % b"0001-01-01")


def test_the_last_moment_of_a_pin_set_is_the_last_at_which_an_app_asks_for_it() -> None:
    """A second after what is told, whoever fails open asks no pin: for both kinds of sets."""
    key, second = Ed25519PrivateKey.generate(), timedelta(seconds=1)
    end = datetime(2027, 1, 31, tzinfo=UTC)
    update = PinUpdate(7, PinSet.of(key_pin(CAST.bank.leaf)), end - timedelta(9), end)
    app = Updater(key.public_key(), update, AtExpiry.OPEN)
    for text in (sign(update, key), ANDROID % b"2027-01-31"):
        (told,) = deadlines(text)
        assert app.pins(told.ends) is not None
        assert app.pins(told.ends + second) is None


def test_the_last_moment_of_a_certificate_is_its_last_second() -> None:
    """It is told as the certificate states it: both ends belong to its life."""
    (told,) = deadlines(CAST.bank.leaf.public_bytes(Encoding.DER))
    valid = Validity.of(CAST.bank.leaf)
    assert (told.starts, told.ends) == (valid.starts, valid.ends)


def test_days_left_are_whole_ones() -> None:
    """At the last moment none is left, and it is not over; a second later it has ended."""
    (told,) = deadlines(ANDROID % b"2027-01-31")
    day, second = timedelta(days=1), timedelta(seconds=1)
    assert told.left(told.ends - day) == 1
    assert told.left(told.ends - day + second) == 0
    assert told.left(told.ends) == 0
    assert told.left(told.ends + second) == -1
    assert told.left(told.ends + day) == -1
    assert told.left(told.ends + day + second) == -2


def test_several_files_are_told_in_one_order(tmp_path: Path) -> None:
    """The soonest first, whatever file it is in, and what stands in two is told once."""
    found = [*deadlines(pem(50)), *deadlines(pin_set(10)), *deadlines(pem(5))]
    left = [one.left(NOW) for one in in_order(found)]
    assert left == sorted(left)
    assert left[:3] == [5, 10, 50]
    assert len(in_order([*found, *found])) == len(in_order(found))


def test_every_public_root_has_an_end() -> None:
    """Odd serial numbers among them."""
    for der in public_roots().values():
        (root,) = deadlines(der)
        assert root.what is What.AUTHORITY or root.ends


@pytest.mark.parametrize("san", [X400_ADDRESS, EDI_PARTY_NAME])
def test_a_certificate_with_a_strange_name_ends_like_any_other(san: bytes) -> None:
    """What it is for cannot be read; when it ends can."""
    valid = Validity(NOW - timedelta(30), NOW + timedelta(20, hours=1))
    leaf = stranger(CAST.issuing, valid, raw(SAN, san)).leaf
    (end,) = deadlines(leaf.public_bytes(Encoding.DER))
    assert (end.what, end.name, end.left(NOW)) == (What.LEAF, "stranger", 20)


def test_an_authority_with_something_unreadable_is_called_an_authority() -> None:
    """What stands beside the unreadable is read, or its end would be read as a server's."""
    valid = Validity.of(CAST.root.certificate)
    builder = x509.CertificateBuilder(
        *(CAST.root.certificate.issuer, CAST.root.certificate.subject, CAST.backup.public_key()),
        *(7, valid.starts, valid.ends),
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    root = builder.add_extension(raw(SAN, X400_ADDRESS), False).sign(CAST.backup, hashes.SHA256())
    (told,) = deadlines(root.public_bytes(Encoding.DER))
    assert told.what is What.AUTHORITY


def test_a_certificate_that_says_something_twice_has_an_end() -> None:
    """What is wrong with its extensions is no reason not to be warned of its end."""
    valid = Validity.of(CAST.root.certificate)
    builder = x509.CertificateBuilder(
        *(CAST.root.certificate.issuer, CAST.root.certificate.subject, CAST.backup.public_key()),
        *(7, valid.starts, valid.ends),
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    other = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.18"), b"\x30\x00")
    der = builder.add_extension(other, critical=False).sign(CAST.backup, hashes.SHA256())
    once, twice = (bytes([0x55, 0x1D, number]) for number in (18, 19))
    (told,) = deadlines(der.public_bytes(Encoding.DER).replace(once, twice))
    assert told.ends == valid.ends


JSON_KEYS = "it lacks version, pins, mode, issued, expires.: its first line is JSON with"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("pins.json", b"hello", "in lesson 06 .the first line isn’t JSON"),
        ("pins.json", b"[]", JSON_KEYS),
        ("pins", b'{"pins": [], "mode": "x", "issued": 1}', "it lacks version, expires.: "),
        ("pins", b"{" * 100_000, "the first line isn’t JSON"),
        ("pins", b"{" + b"[" * 100_000, "the first line isn’t JSON"),
        ("config.xml", b"hello", "Android’s network security config was expected"),
        ("config", b"<a><b></a>", r"not well-formed \(line 1, column 9: mismatched tag\): Android"),
        ("config", b"<network-security-config/>", "no <pin-set>: Android’s network"),
        ("Info.plist", b"<plist><dict/></plist>", "neither TSKPinnedDomains nor NSPinned"),
        ("Info.plist", b"<plist><dict>", "this plist cannot be read .*: an Info.plist was exp"),
        ("Info.plist", b"hello", r"this plist cannot be read .*: an Info.plist was expected"),
        ("Info.plist", b"bplist00hello", "this plist cannot be read .*: an Info.plist was exp"),
        ("leaf.pem", b"hello", "no certificate, request or key"),
        ("leaf.CRT", b"hello", "no certificate, request or key"),
        ("notes.txt", b"hello", "no certificate, request or key"),
        ("notes", b"\x1b[2J\n", "no certificate, request or key"),
        *((name, b"", "this is empty") for name in ("a.json", "a.xml", "a.pem", "a")),
        *((name, bytes(1_000_001), "more than 1,000,000 bytes") for name in ("a.xml", "a.pem")),
    ],
)
def test_an_error_names_what_this_file_should_have_been(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    """As it begins, or else as it is called."""
    file = tmp_path / name
    file.write_bytes(content)
    for source, called in ((file, ""), (content, name)):
        with pytest.raises(NotReadable, match=words) as refused:
            deadlines(source, called)
        assert len(str(refused.value)) < 300
        assert str(refused.value).isprintable()


def test_the_pin_sets_of_an_app_are_called_by_their_domains() -> None:
    """Some of them, for there may be thousands; those of an Info.plist like Android's."""
    domains = "".join(f"<domain>{letter}.example</domain>" for letter in "abcdef")
    (many,) = deadlines(f"<c>{domains}<pin-set expiration='2027-01-31'/></c>".encode())
    assert many.name == "for a.example, b.example, c.example, d.example and 2 more"
    policy = {"TSKPublicKeyHashes": ["A", "B"], "TSKExpirationDate": "2027-01-31"}
    info = plistlib.dumps({"TSKConfiguration": {"TSKPinnedDomains": {"a.example": policy}}})
    (trustkit,) = deadlines(info)
    assert (trustkit.name, trustkit.ends) == ("for a.example", many.ends)
    assert str(trustkit.day) == "2027-01-31"


def test_the_content_counts_more_than_the_name(tmp_path: Path) -> None:
    """A pipe has no suffix, and people name files as they like; Windows writes UTF-16."""
    texts = {"x.json": pem(20), "x.xml": pin_set(10), "x.pem": ANDROID % b"2027-01-31"}
    for name, text in texts.items():
        there = [(one.what, one.ends) for one in deadlines(text, name)]
        assert there == [(one.what, one.ends) for one in deadlines(text)]
        for wide in (text.decode().encode("utf-16"), b"\xef\xbb\xbf" + text):
            assert there == [(one.what, one.ends) for one in deadlines(wide, name)]


def test_what_has_no_end_is_told(tmp_path: Path) -> None:
    """A key, nothing, a folder."""
    key = CAST.bank.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(PinlibError, match="it doesn’t expire; give the certificate"):
        deadlines(key)
    strange = SHORT_KEY, strange_bundle(CAST.bank.leaf)
    for source in (*strange, b"", b"hello", tmp_path, tmp_path / "none.pem"):
        with pytest.raises(PinlibError):
            deadlines(source)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a cron job does."""
    command = [sys.executable, "-m", "pinlib", "expiry", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_the_exit_status_says_whether_to_wake_somebody(tmp_path: Path) -> None:
    """0 if all is well, 1 if something ends soon or has, 2 if a file cannot be read."""
    late, soon, gone = (tmp_path / f"{name}.pem" for name in ("late", "soon", "gone"))
    late.write_bytes(pem(200))
    soon.write_bytes(pem(20))
    gone.write_bytes(pem(-3))
    (tmp_path / "pins.json").write_bytes(pin_set(10))
    assert run(late).returncode == 0
    told = run(late, soon, tmp_path / "pins.json")
    assert told.returncode == 1
    lines = told.stdout.splitlines()
    assert "expires in 10 days: pin set version 7, 2 pins" in lines[0]
    assert lines[0].endswith("pins.json), signature not checked")
    assert "ship the next set first" in lines[1]
    assert "expires in 20 days: certificate bank.example" in lines[2]
    assert run("--days", "5", soon).returncode == 0
    ended = run(gone)
    assert ended.returncode == 1
    assert "expired 3 days ago: certificate bank.example" in ended.stdout
    broken = run(late, tmp_path / "none.pem")
    assert broken.returncode == 2
    assert "none.pem" in broken.stderr
    assert "expires in 200 days" in broken.stdout
    assert run("--days", "soon", late).returncode == 2
    assert "Traceback" not in broken.stderr


def test_what_never_ends_is_told_last(tmp_path: Path) -> None:
    """A pin set without expiration, its domains named, and a certificate of RFC 5280's last day."""
    config, forever = tmp_path / "config.xml", tmp_path / "forever.der"
    config.write_text(
        "<c><domain-config><domain>b.example</domain><pin-set/></domain-config>"
        "<domain-config><domain>a.example</domain><pin-set expiration='2027-01-31'/>"
        "</domain-config></c>",
        encoding="utf-8",
    )
    valid = Validity(NOW - timedelta(1), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    forever.write_bytes(
        CAST.root.intermediate("Eternal CA", valid=valid).certificate.public_bytes(Encoding.DER)
    )
    told = run("--days", "0", forever, config)
    first, *rest = [line.partition(" (")[0] for line in told.stdout.splitlines() if line[0] != " "]
    assert first.startswith("2027-01-31  ")
    assert first.endswith("pin set for a.example")
    assert rest == [
        "never       has no expiry date: CA certificate Eternal CA",
        "never       has no expiry date: pin set for b.example",
    ]


def test_one_day_is_no_days(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """In both directions."""
    for days, words in (
        (1, "expires in 1 day:"),
        (0, "expires in 0 days:"),
        (-1, "expired 1 day ago:"),
    ):
        (tmp_path / "leaf.pem").write_bytes(pem(days))
        assert main(["expiry", str(tmp_path / "leaf.pem")]) == 1
        assert words in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows allows no such names")
def test_nothing_in_a_file_or_its_name_writes_over_the_screen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Neither in the list nor in an error."""
    evil = tmp_path / "a\n\x1b[2J.xml"
    for content in (
        "<domain-config><domain>\u202e&#x9b;2J</domain><pin-set/></domain-config>",
        "<pin-set expiration='\u202e'/>",
        "<\u202e><b/>",
        "{",
        "hello",
    ):
        evil.write_text(content, encoding="utf-8")
        main(["expiry", str(evil), f"{evil}-not"])
        out, err = capsys.readouterr()
        assert all(line.isprintable() for line in (out + err).splitlines()), content
        assert len((out + err).splitlines()) == 2
