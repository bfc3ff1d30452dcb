"""Published pins are held against the real roots; what cannot be computed is only cited."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
from pathlib import Path

import certifi
import pytest

from pinlib import data
from pinlib.encoding.files import documents
from pinlib.errors import BadData
from pinlib.pins import published
from pinlib.pins.notations import Kind, Notation
from pinlib.pins.pins import Pin, certificate_pin, key_pin
from pinlib.pins.published import known_pins, public_roots, root_with, twins, whose

HERE = Path(__file__).parents[2] / "data"


def rows(name: str) -> list[dict[str, str]]:
    """Return a table as it stands in the file."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_public_roots_are_certifis() -> None:
    """All of them, in DER, named, in the order of their names; nothing of ours found them here."""
    text = Path(certifi.where()).read_text(encoding="utf-8")
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", text, re.DOTALL)
    assert sorted(public_roots().values()) == sorted(map(base64.b64decode, blocks))
    assert list(public_roots()) == sorted(public_roots(), key=str.casefold)
    assert "ISRG Root X1" in public_roots()


def test_every_published_pin_is_that_of_the_real_root() -> None:
    """Computed here from certifi, byte by byte the same as others have published."""
    table = rows("known_pins.csv")
    assert len(table) == len(known_pins()) >= 7
    for row, known in zip(table, known_pins(), strict=True):
        assert known.key.write(Notation.BASE64) == row["key_pin"]
        assert (known.note or "", known.source) == (row["note"], row["source"])
        root = root_with(known.certificate)
        if root is None:
            assert known.note, f"{known.name} is no longer in certifi, and nothing says why"
            continue
        assert hashlib.sha256(root).hexdigest() == row["certificate_sha256"]
        assert key_pin(root) == known.key


GONE = "distrusted by Chrome and Mozilla since 15 April 2026"
LEFT = "left Chrome on 1 July 2026"


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("DigiCert Global Root CA", GONE),
        ("DigiCert Assured ID Root CA", GONE),
        ("DigiCert High Assurance EV Root CA", GONE),
        ("DigiCert Assured ID Root G2", LEFT),
        ("DigiCert Assured ID Root G3", LEFT),
        ("DigiCert Trusted Root G4", LEFT),
    ],
)
def test_a_root_that_left_is_recognised_and_says_so(name: str, note: str) -> None:
    """A pin on a root that stores have dropped is the one that somebody has to replace."""
    (known,) = [one for one in known_pins() if one.name == name]
    assert whose(known.key.digest) == whose(known.certificate.digest) == f"{name} ({note})"


def test_a_root_in_good_standing_is_only_named() -> None:
    """ISRG Root X1 has a published pin and no note; a root without a published pin has its name."""
    for name in "ISRG Root X1", "ISRG Root X2":
        assert whose(key_pin(public_roots()[name]).digest) == name


def test_a_root_that_certifi_does_not_have_is_none() -> None:
    """A pin of something else finds nothing, and is not guessed at."""
    assert root_with(Pin(Kind.CERTIFICATE, bytes(32))) is None


def test_twins_share_a_key_and_nothing_else() -> None:
    """Each key of the table has two certificates or more, by different issuers, and one pin."""
    table = rows("same_key_two_certificates.csv")
    assert len(table) == len(twins())
    for twin in twins():
        same = [one for one in twins() if one.key == twin.key]
        assert len(same) >= 2
        assert {one.subject for one in same} == {twin.subject}
        assert len({one.issuer for one in same}) == len(same)
        assert len({one.certificate for one in same}) == len(same)
        assert twin.starts < twin.ends
        assert twin.source


@pytest.mark.parametrize("name", ["ISRG Root X1", "ISRG Root X2"])
def test_the_self_signed_twin_is_the_root_in_certifi(name: str) -> None:
    """The cited pins of its cross-signed twin can be held against a certificate that is here."""
    own, other = (
        next(t for t in twins() if t.subject == name and (t.issuer == name) is self_signed)
        for self_signed in (True, False)
    )
    root = root_with(own.certificate)
    assert root == public_roots()[name]
    assert key_pin(root) == own.key == other.key
    assert certificate_pin(root) == own.certificate != other.certificate
    assert root_with(other.certificate) is None  # so it can only be cited


def test_a_slip_in_a_table_is_told_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor who breaks a pin or a date reads which line it was."""
    monkeypatch.setattr(data, "DATA", tmp_path)
    text = (HERE / "same_key_two_certificates.csv").read_text("utf-8")
    for good, bad in {"2024-03-13": "13.3.2024", "NYbU7PBw": "NYbU"}.items():
        (tmp_path / "same_key_two_certificates.csv").write_text(text.replace(good, bad, 1), "utf-8")
        twins.cache_clear()
        with pytest.raises(BadData, match="line 2: the cell"):
            twins()
    twins.cache_clear()


def test_no_root_is_loaded_through_a_library() -> None:
    """So that odd serial numbers cannot keep a root out: six have one that is not positive."""
    assert "x509" not in Path(published.__file__).read_text(encoding="utf-8")
    assert all(documents(der)[0].der == der for der in public_roots().values())


def test_what_is_computed_is_not_what_is_cited() -> None:
    """A wrong pin in the table would show: the other one comes out of certifi."""
    known = next(one for one in known_pins() if one.name == "ISRG Root X1")
    wrong = published.Published(
        known.name, known.certificate, Pin(Kind.KEY, bytes(32)), None, "nobody"
    )
    assert wrong.computed == known.key != wrong.key
    gone = published.Published("x", Pin(Kind.CERTIFICATE, bytes(32)), known.key, None, "nobody")
    assert gone.computed is None
