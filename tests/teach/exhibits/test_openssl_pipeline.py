"""The pipeline that openssl runs: the same pin, and an honest word where there is none."""

from __future__ import annotations

import shutil
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from pinlib import key_pin, parts, public_roots
from pinlib.scenes.cast import Cast
from pinlib.teach.exhibits.inspection.openssl_pipeline import STEPS, pipeline
from pinlib.tls.certificates import Validity, ed25519_key, p384, rsa2048

openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on the PATH")


@openssl
@pytest.mark.parametrize("key", [None, p384, rsa2048, ed25519_key])
def test_openssl_comes_to_the_same_pin(cast: Cast, key: object) -> None:
    """For every kind of key, through four real programs, each shown with what came out of it."""
    ages = Validity.of(cast.bank.leaf)
    leaf = cast.issuing.issue("bank.example", valid=ages, key=key).leaf if key else cast.bank.leaf
    view = pipeline(leaf)
    assert view.facts["outcome"] == "same"
    assert view.text.count(str(key_pin(leaf)).removeprefix("sha256/")) == 2
    for words, _ in STEPS:
        assert f"openssl {words}" in view.picture
    assert view.not_in_words() == []


def program(folder: Path, body: str) -> str:
    """Write a program that stands where openssl should, and return its name."""
    file = folder / "openssl-of-mine"
    file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="no shell to write a program for")
@pytest.mark.parametrize(
    ("body", "outcome", "words"),
    [
        ("echo unknown option >&2; exit 1", "absent", "failed: unknown option"),
        ("exit 3", "absent", "failed: no reason given"),
        ("cat >/dev/null; echo AAAA", "differs", "openssl says otherwise"),
        ("cat >/dev/null; printf '<b>\\377'", "differs", "openssl says otherwise"),
    ],
)
def test_a_program_that_does_otherwise_is_told(
    tmp_path: Path, cast: Cast, body: str, outcome: str, words: str
) -> None:
    """It failed, it printed something else, or nothing that is a pin: ours stands beside it."""
    view = pipeline(cast.bank.leaf, program(tmp_path, body))
    assert view.facts["outcome"] == outcome
    assert words in view.text
    assert str(key_pin(cast.bank.leaf)) in view.text
    assert "<b>" not in view.html


def test_a_machine_without_openssl_misses_nothing_else(cast: Cast) -> None:
    """The view says so in a sentence, and our own pin is there."""
    view = pipeline(cast.bank.leaf, "no-such-openssl")
    assert view.facts["outcome"] == "absent"
    assert "isn’t on this machine" in view.headline.reason
    assert str(key_pin(cast.bank.leaf)) in view.text


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="no shell to write a program for")
def test_a_program_that_hangs_is_not_waited_for(
    tmp_path: Path, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell comes back, whatever is called openssl."""
    monkeypatch.setattr("pinlib.teach.exhibits.inspection.openssl_pipeline.SECONDS", 0.2)
    view = pipeline(cast.bank.leaf, program(tmp_path, "exec tail -f /dev/null"))
    assert view.facts["outcome"] == "absent"
    assert "didn’t finish" in view.text


@openssl
def test_a_certificate_that_a_library_finds_odd_goes_through(cast: Cast) -> None:
    """A real root of 4096 bits, handed over as it is."""
    from cryptography import x509

    root = x509.load_der_x509_certificate(public_roots()["ISRG Root X1"])
    assert pipeline(root).facts["outcome"] == "same"


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="no shell to write a program for")
def test_the_last_word_of_a_failing_program_is_told(tmp_path: Path, cast: Cast) -> None:
    """And one that cannot even start is an answer too."""
    view = pipeline(cast.bank.leaf, program(tmp_path, "echo first >&2; echo last >&2; exit 1"))
    assert "failed: last" in view.text
    broken = tmp_path / "no-program"
    broken.write_bytes(b"\x7fELFgarbage")
    broken.chmod(0o755)
    assert pipeline(cast.bank.leaf, str(broken)).facts["outcome"] == "absent"


@openssl
def test_its_second_step_forgotten_is_the_hash_of_the_pem_text(cast: Cast) -> None:
    """What the lesson claims of it is what openssl really prints."""
    forgotten = sha256(parts(cast.bank.leaf)["PEM text"]).digest()
    assert b64encode(forgotten).decode() in pipeline(cast.bank.leaf).text
