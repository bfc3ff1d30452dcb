"""The locks and their hashes: one truth, written twice, because pip wants it so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
both = pytest.mark.parametrize("name", ["requirements", "requirements-test"])


def entries(file: str) -> list[list[str]]:
    """Return each entry of a file as its requirement and its hashes."""
    text = (ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    return [re.split(r"\s+--hash=", line.strip()) for line in lines]


@both
def test_lock_and_hashes_name_the_same_versions(name: str) -> None:
    """Binder and pip read the one, the launcher the other; a hash in a lock would stop pip."""
    locked, hashed = entries(f"{name}.lock"), entries(f"{name}.hashes")
    assert locked
    assert [one[0] for one in locked] == [one[0] for one in hashed]
    assert all(len(one) == 1 for one in locked)
    for requirement, *hashes in hashed:
        assert hashes, requirement
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for one in hashes), requirement


@both
def test_what_is_asked_for_is_what_is_locked(name: str) -> None:
    """A bound that moves without `bash .ci/lock` would never reach the launcher."""
    locked = [Requirement(one) for (one,) in entries(f"{name}.lock")]
    for asked in (ROOT / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if not asked or asked[0] in "#-":
            continue
        wanted = Requirement(asked)
        pins = [pin for pin in locked if pin.name == wanted.name.replace("_", "-").lower()]
        versions = [next(iter(pin.specifier)).version for pin in pins]
        assert any(version in wanted.specifier for version in versions), asked


def test_the_tests_run_what_attendees_run() -> None:
    """The test tools only add packages: so they can be put into the environment of the lessons."""
    ours, theirs = (
        {(one.partition(" ")[0], *hashes) for one, *hashes in entries(f"{name}.hashes")}
        for name in ("requirements", "requirements-test")
    )
    assert ours <= theirs


@both
def test_no_mirror_has_got_into_the_files(name: str) -> None:
    """Whoever writes them anew may have an index of their own."""
    for ending in ("lock", "hashes"):
        text = (ROOT / f"{name}.{ending}").read_text(encoding="utf-8")
        assert not re.search(r"https?:|file:|index-url|find-links", text)
