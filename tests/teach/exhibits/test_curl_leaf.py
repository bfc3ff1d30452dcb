"""curl, really run: the leaf's key pin connects, a CA's is refused, and no curl is no error."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pinlib import Notation, key_pin, story
from pinlib.teach.exhibits.inspection.curl_leaf import curl_says

CAST = story()
needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not on the PATH")
needs_shell = pytest.mark.skipif(not Path("/bin/sh").exists(), reason="no shell to write for")


@needs_curl
def test_curl_accepts_the_leafs_key_and_no_cas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 0, 90, 90, whatever proxy the machine is set to; nothing leaves it."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    view = curl_says()
    assert view.facts["outcome"] == "leaf_only"
    assert view.headline.words == "curl looks at the leaf’s key alone"
    for certificate, ended in zip(
        CAST.verified,
        ("connected, exit code 0", *["refused by the pin, exit code 90"] * 2),
        strict=True,
    ):
        assert f"as {key_pin(certificate).write(Notation.CURL)}: {ended}" in view.words
    assert view.not_in_words() == []
    assert view.headline.tone == "plain"


def test_a_machine_without_curl_is_told() -> None:
    """One sentence, and nothing else is missed."""
    view = curl_says("no-such-curl")
    assert view.facts["outcome"] == "absent"
    assert "not installed" in view.headline.reason


def program(folder: Path, body: str) -> str:
    """Write a program that stands where curl should, and return its name."""
    file = folder / "curl-of-mine"
    file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@needs_shell
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("exit 0", "connected, exit code 0"),
        (
            "echo '<b>no option --pinnedpubkey' >&2; exit 2",
            "failed for another reason, exit code 2",
        ),
        ("echo only >&2; exit 90", "refused by the pin, exit code 90, saying: only."),
    ],
)
def test_a_curl_that_does_otherwise_is_told(tmp_path: Path, body: str, words: str) -> None:
    """It is said what it did, and not what it should have done."""
    view = curl_says(program(tmp_path, body))
    assert view.facts["outcome"] == "otherwise"
    assert words in view.words
    assert "<b>" not in view.html
    assert view.not_in_words() == []


@needs_shell
def test_a_program_that_cannot_start_is_told(tmp_path: Path) -> None:
    """A broken file called curl is an answer too."""
    broken = tmp_path / "curl-broken"
    broken.write_bytes(b"\x7fELFgarbage")
    broken.chmod(0o755)
    view = curl_says(str(broken))
    assert view.facts["outcome"] == "absent"
    assert "could not be run" in view.headline.reason
