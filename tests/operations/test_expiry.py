"""What ends when: files of every kind, in order, and the exit status that a cron job sees."""

from __future__ import annotations

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
    with pytest.raises(BadInput, match="an expiration is written 2027-01-31, not 'soon'"):
        deadlines(ANDROID % b"soon")


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
    """An update that no app takes has no end either: it is told as any other text."""
    with pytest.raises(NotReadable, match="no certificate, request or key"):
        deadlines((SET % (version, NO_PIN, issued, expires)).encode())


def test_the_ends_of_the_calendar_are_told() -> None:
    """A set may have held for the first moment of all; Android's could not have."""
    first = "0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00.5+00:00"
    (end,) = deadlines((SET % ("1", NO_PIN, *first)).encode())
    assert end.starts <= end.ends < datetime(1, 1, 1, 0, 0, 1, tzinfo=UTC)
    with pytest.raises(BadInput, match="an expiration is written 2027-01-31, not '0001-01-01'"):
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


def test_what_has_no_end_is_told(tmp_path: Path) -> None:
    """A key, nothing, a folder."""
    key = CAST.bank.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(PinlibError, match="it has no end; give the certificate"):
        deadlines(key)
    strange = SHORT_KEY, strange_bundle(CAST.bank.leaf)
    for source in (*strange, b"", b"hello", tmp_path, tmp_path / "none.pem"):
        with pytest.raises(PinlibError):
            deadlines(source)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a cron job does."""
    command = [sys.executable, "-m", "pinlib", "expiry", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


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
    assert "ends in 10 days: pin set version 7, 2 pins" in lines[0]
    assert "ship the next set before" in lines[1]
    assert "ends in 20 days: certificate bank.example" in lines[2]
    assert run("--days", "5", soon).returncode == 0
    ended = run(gone)
    assert ended.returncode == 1
    assert "ended 3 days ago: certificate bank.example" in ended.stdout
    broken = run(late, tmp_path / "none.pem")
    assert broken.returncode == 2
    assert "none.pem" in broken.stderr
    assert "ends in 200 days" in broken.stdout
    assert run("--days", "soon", late).returncode == 2
    assert "Traceback" not in broken.stderr
