"""The doctor: a fault has to show in a line and in the exit status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pinlib.setup.doctor import LOOKS, Finding, examine, line, summary

pytestmark = pytest.mark.slow  # processes, servers and sockets of their own


def visit(**variables: str) -> subprocess.CompletedProcess[str]:
    """Ask the doctor, as `workshop.py check` does."""
    command = [sys.executable, "-m", "pinlib.setup.doctor"]
    environment = {**os.environ, "PYTHONUTF8": "1", **variables}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8"
    )


def test_all_is_well_here() -> None:
    """Each look gives at least a line, and each line holds."""
    said = visit()
    assert said.returncode == 0, said.stdout
    *lines, last = said.stdout.splitlines()
    assert len(lines) >= len(LOOKS)
    assert "✕" not in said.stdout
    number = len(lines)
    assert last.endswith((f"works: {number} of {number} checks passed.", "all but browser."))
    for tls in ("TLS 1.2", "TLS 1.3"):
        assert f"✓ {tls}       the bank: Connected; an impostor: Refused by the pin" in said.stdout


def test_an_engine_that_shows_less_is_said_and_is_no_fault() -> None:
    """Verdicts stay real with headers only, so the workshop goes on."""
    said = visit(PINLIB_ENGINE="headers")
    assert said.returncode == 0
    assert "! TLS 1.3 shown headers only" in said.stdout
    last = said.stdout.splitlines()[-1]
    assert re.fullmatch(r"The workshop works: .+ passed, all but TLS 1\.3 shown.*", last)


def test_a_front_end_that_stands_before_ours_is_a_fault(tmp_path: Path) -> None:
    """One that was installed for the whole user years ago leaves every panel empty."""
    old = tmp_path / "labextensions" / "@jupyter-widgets" / "jupyterlab-manager"
    old.mkdir(parents=True)
    (old / "package.json").write_text(json.dumps({"version": "3.0.0"}), encoding="utf-8")
    said = visit(JUPYTER_PATH=str(tmp_path))
    assert said.returncode == 1
    assert "✕ widgets       JupyterLab loads a different front end from ours" in said.stdout
    assert str(old) in said.stdout
    last = said.stdout.splitlines()[-1]
    assert re.fullmatch(r"1 of \d+ checks failed: widgets\. The lines above say what to do\.", last)


def test_a_look_that_crashes_is_a_finding() -> None:
    """The other lines still matter to whoever has to help."""

    def crashing() -> list[Finding]:
        raise ImportError("no module named ssl")

    (finding,) = examine(crashing)  # type: ignore[arg-type]
    assert not finding.holds
    assert finding.essential
    assert "ImportError: no module named ssl" in finding.seen


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252", "no such encoding"])
def test_an_old_console_gets_letters_for_signs(encoding: str) -> None:
    """Python raises on a sign that the console's encoding lacks."""
    text = line(Finding(False, "widgets", "apart", "repair"), encoding)
    assert text == "FAIL widgets       apart -> repair"
    assert line(Finding(False, "widgets", "apart"), "utf-8") == "✕ widgets       apart"


def test_the_doctor_sums_up_in_a_sentence() -> None:
    """Whoever reads the last line alone knows."""
    good, bad = Finding(True, "Python", "3.13"), Finding(False, "widgets", "none", "reload")
    lesser = Finding(False, "browser", "none found", essential=False)
    assert summary([good, lesser]) == "The workshop works: 1 of 2 checks passed, all but browser."
    assert summary([good, bad]) == "1 of 2 checks failed: widgets. The lines above say what to do."
