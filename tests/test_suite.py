"""The suite itself: ids that can be typed again, and a run that may be started in any way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_with(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start pytest in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.slow
def test_every_id_can_be_typed_again() -> None:
    """Collected twice, in processes with other hashes, keys and addresses: the ids are the same."""
    running = [pytest_with("--collect-only", PYTHONHASHSEED=seed) for seed in ("1", "2")]
    said = [process.communicate()[0] for process in running]
    one, other = ([line for line in text.splitlines() if "::" in line] for text in said)
    assert len(one) > 1000
    assert one == other
    assert len(set(one)) == len(one)
    assert not [name for name in one if re.search(r"[<>]|\b0x[0-9a-f]{6}", name)]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="this system ignores no signal")
def test_ctrl_c_is_heard_where_the_run_was_started_in_the_background() -> None:
    """A shell has what it starts with `&` ignore SIGINT, and so do all its children."""
    claim = "tests/scenes/test_serving.py::test_serve_without_an_interceptor_offers_the_bank_alone"
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" & wait $!', "sh", sys.executable, "-m", "pytest", "-q", claim],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
