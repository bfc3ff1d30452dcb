"""Is everything in place?  One line for each thing that the workshop stands on.

    python3 workshop.py check        (or: python -m pinlib.setup.doctor)

The exit status is 0 when everything essential holds.  It looks, and repairs nothing; each line
that fails says what to do.
"""

from __future__ import annotations

import json
import platform
import shutil
import ssl
import sys
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from jupyter_core.paths import jupyter_path
from packaging.requirements import Requirement

from pinlib.pins.pins import Strategy
from pinlib.scenes.cast import story
from pinlib.setup.lab import on_trial
from pinlib.tls.openssl import Mode, Tls, engine_mode
from pinlib.tls.verdicts import Outcome

_WIDGETS = Path("labextensions/@jupyter-widgets/jupyterlab-manager/package.json")
_REPAIR = "delete the folder .venv and run workshop.py again"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found; a finding that is not `essential` lessens the workshop, no more."""

    holds: bool
    what: str
    seen: str
    remedy: str = ""
    essential: bool = True


def packages() -> Iterator[Finding]:
    """Compare what is installed with nothing: the lock did that.  It is for bug reports."""
    seen = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding(True, "Python", seen)
    yield Finding(
        ssl.HAS_TLSv1_2 and ssl.HAS_TLSv1_3,
        "OpenSSL",
        ssl.OPENSSL_VERSION,
        "this Python's OpenSSL lacks TLS 1.2 or 1.3: use a Python from https://www.python.org",
    )
    for package in ("jupyterlab", "ipywidgets", "cryptography", "matplotlib"):
        try:
            yield Finding(True, package, metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Finding(False, package, "not installed", _REPAIR)


def handshake() -> Iterator[Finding]:
    """Let a phone that pins meet its bank, and then an impostor whose certificate is valid."""
    cast, strategy = story(), Strategy.LEAF_KEY
    for tls in Tls:
        bank = cast.events["initial"].verdict(strategy, tls)
        impostor = cast.events["another trusted CA mis-issues"].verdict(strategy, tls)
        yield Finding(
            bank.connected
            and impostor.outcome is Outcome.REFUSED_BY_PIN
            and impostor.application_bytes == 0,
            tls.value,
            f"the bank: {bank.outcome.value}; an impostor: {impostor.outcome.value}",
            "this Python's OpenSSL behaves unexpectedly: please report these lines",
        )


def engine() -> Iterator[Finding]:
    """Say how much of TLS 1.3 can be shown; with headers only, every verdict is still real."""
    mode = engine_mode()
    remedy = "lessons work; use another build of Python to see inside TLS 1.3"
    yield Finding(mode is Mode.OPENED, "TLS 1.3 shown", mode.value, remedy, essential=False)


def widgets() -> Iterator[Finding]:
    """Compare the widgets' two halves: apart, panels stay empty without a word of why.

    Jupyter takes the first front end on its path, and one installed long ago for the whole user
    may lie in front of the one that belongs to this Python.
    """
    fitting = _needed_by("ipywidgets", "jupyterlab_widgets")
    installed = metadata.version("jupyterlab_widgets")
    found = [folder for folder in map(Path, jupyter_path()) if (folder / _WIDGETS).is_file()]
    own = Path(sys.prefix) / "share" / "jupyter"
    seen = f"ipywidgets {metadata.version('ipywidgets')}, jupyterlab_widgets {installed}"
    if not fitting.specifier.contains(installed):
        yield Finding(False, "widgets", f"{seen}: these versions don't match", _REPAIR)
    elif not found:
        yield Finding(False, "widgets", f"{seen}, but JupyterLab can't find it", _REPAIR)
    elif _version(found[0]) != _version(own):
        remedy = f"remove {(found[0] / _WIDGETS).parent}"
        yield Finding(
            False, "widgets", f"JupyterLab loads a different front end from ours: {seen}", remedy
        )
    else:
        yield Finding(True, "widgets", f"{seen}, front end {_version(own)}")


def _needed_by(package: str, wanted: str) -> Requirement:
    requirements = map(Requirement, metadata.requires(package) or ())
    return next(requirement for requirement in requirements if requirement.name == wanted)


def _version(folder: Path) -> str | None:
    """Return the front end's version below a folder of Jupyter's path."""
    try:
        return str(json.loads((folder / _WIDGETS).read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError):
        return None


def token() -> Iterator[Finding]:
    """Ask JupyterLab with its token and without: a configuration may have switched it off."""
    with on_trial() as (address, right):
        refused, served = (_status(f"{address}api/contents?token={it}") for it in ("", right))
    yield Finding(
        refused == 403 and served == 200,
        "token",
        f"JupyterLab answers {refused} without it, {served} with it",
        "a Jupyter configuration interferes: look in /etc/jupyter and in "
        f"{Path(sys.prefix, 'etc', 'jupyter')}",
    )


def _status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own, on loopback
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


def browser() -> Iterator[Finding]:
    """Find a browser: the person's own, or one on the PATH, as a test machine has it."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "firefox")
    on_path = next(filter(None, map(shutil.which, names)), None)
    try:
        seen = on_path or str(getattr(webbrowser.get(), "name", "the system's own"))
        yield Finding(True, "browser", seen, essential=False)
    except webbrowser.Error:
        remedy = "copy the address that JupyterLab prints into a browser by hand"
        yield Finding(False, "browser", "none found", remedy, essential=False)


LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    packages,
    handshake,
    engine,
    widgets,
    token,
    browser,
)


def examine(look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """Look, and take a crash of the look itself for a finding: the other looks still matter."""
    try:
        return list(look())
    except Exception as error:  # whatever it is, the person needs the line and not a traceback
        return [Finding(False, look.__name__, f"{type(error).__name__}: {error}", _REPAIR)]


def line(finding: Finding, encoding: str) -> str:
    """Return what is printed, with signs that the terminal can show."""
    good, bad, lesser = _signs(encoding)
    sign = good if finding.holds else bad if finding.essential else lesser
    remedy = "" if finding.holds or not finding.remedy else f" -> {finding.remedy}"
    return f"{sign} {finding.what:<13} {finding.seen}{remedy}"


def _signs(encoding: str) -> tuple[str, str, str]:
    try:
        "✓✕".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "ok  ", "FAIL", "note"  # an old console's letters
    return "✓", "✕", "!"


def summary(findings: Sequence[Finding]) -> str:
    """Say in one sentence what all the findings come to."""
    failed = [finding for finding in findings if not finding.holds]
    names = ", ".join(finding.what for finding in failed)
    if not failed:
        return f"Everything works: {len(findings)} of {len(findings)} checks passed."
    if not any(finding.essential for finding in failed):
        passed = len(findings) - len(failed)
        return f"The workshop works: {passed} of {len(findings)} checks passed, all but {names}."
    which = f"{len(failed)} of {len(findings)} checks failed: {names}"
    return f"{which}. The lines above say what to do."


def main() -> int:
    """Print a line for each finding and one for all; return 0 when everything essential holds."""
    findings = []
    for look in LOOKS:
        for finding in examine(look):
            print(line(finding, sys.stdout.encoding or "ascii"), flush=True)
            findings.append(finding)
    print(summary(findings))
    return 0 if all(finding.holds for finding in findings if finding.essential) else 1


def check_machine() -> None:
    """Print what `main` prints, for a cell that ends with it."""
    main()


if __name__ == "__main__":
    sys.exit(main())
