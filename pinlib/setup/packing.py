"""Fill a folder with wheels, so that a room without network can install the workshop from it.

    python3 workshop.py pack [FOLDER]          every system and every Python: some hundred MB
    python3 workshop.py pack --system windows --python 3.12

pip evaluates the conditions in the lock for the Python it runs on, so it cannot tell by itself
what another system needs.  Here they are evaluated for each system, and pip fetches that list.
A wheel that is there already is not fetched again: after a break-off the same command goes on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from packaging import tags
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_GLIBC = (28, 27, 26, 24, 17, 12, 5)  # 2.28 is what Debian 10 and its contemporaries have
_OLD_NAMES = ("manylinux2014", "manylinux2010", "manylinux1")


@dataclass(frozen=True, slots=True)
class System:
    """An operating system on a processor, in the words of wheels and in those of conditions."""

    platforms: tuple[str, ...]
    os_name: str
    sys_platform: str
    platform_system: str
    platform_machine: str

    def conditions(self, python: str, patch: int) -> dict[str, str]:
        """Return the values of every environment marker (PEP 508) on this system."""
        return {
            "os_name": self.os_name,
            "sys_platform": self.sys_platform,
            "platform_system": self.platform_system,
            "platform_machine": self.platform_machine,
            "platform_release": "",
            "platform_version": "",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "implementation_version": f"{python}.{patch}",
            "python_version": python,
            "python_full_version": f"{python}.{patch}",
            "extra": "",
        }


def _linux(machine: str) -> System:
    names = [f"manylinux_2_{minor}" for minor in _GLIBC] + list(_OLD_NAMES)
    platforms = tuple(f"{name}_{machine}" for name in names)
    return System(platforms, "posix", "linux", "Linux", machine)


def _macos(machine: str) -> System:
    platforms = tuple(tags.mac_platforms((12, 0), machine))
    return System(platforms, "posix", "darwin", "Darwin", machine)


SYSTEMS = {
    "windows": System(("win_amd64",), "nt", "win32", "Windows", "AMD64"),
    "macos-intel": _macos("x86_64"),
    "macos-arm": _macos("arm64"),
    "linux": _linux("x86_64"),
    "linux-arm": _linux("aarch64"),
}

NOTE = """\
The wheels of the certificate pinning workshop, for {systems} and Python {pythons}.
Put this folder beside workshop.py, or anywhere, and install from it without a network:

    python3 workshop.py --from FOLDER        (on Windows: py workshop.py --from FOLDER)
"""


@dataclass(frozen=True, slots=True)
class Target:
    """One system with one Python."""

    system: str
    python: str

    def __str__(self) -> str:
        return f"{self.system}, Python {self.python}"

    @property
    def supported(self) -> frozenset[tags.Tag]:
        """Every tag of a wheel that installs there."""
        major, minor = map(int, self.python.split("."))
        platforms, abi = SYSTEMS[self.system].platforms, f"cp{major}{minor}"
        own = tags.cpython_tags((major, minor), [abi], platforms)
        return frozenset(own) | frozenset(tags.compatible_tags((major, minor), abi, platforms))

    def pins(self, lock: Iterable[str]) -> list[Requirement]:
        """Return what the lock asks for there, on the first patch release or on any later one."""
        patches = [SYSTEMS[self.system].conditions(self.python, patch) for patch in (0, 99)]
        requirements = [Requirement(line) for line in lock if line.strip() and line[0] != "#"]
        return [
            pin
            for pin in requirements
            if pin.marker is None or any(map(pin.marker.evaluate, patches))
        ]


def lacking(folder: Path, target: Target, lock: Iterable[str]) -> list[Requirement]:
    """Return the pins for which no wheel in the folder installs on the target."""
    there: set[tuple[str, Version]] = set()
    supported = target.supported
    for wheel in folder.glob("*.whl"):
        name, version, _, wheel_tags = parse_wheel_filename(wheel.name)
        if wheel_tags & supported:
            there.add((name, version))
    return [
        pin
        for pin in target.pins(lock)
        if not any(
            name == canonicalize_name(pin.name) and version in pin.specifier
            for name, version in there
        )
    ]


def fetch(folder: Path, target: Target, pins: Sequence[Requirement]) -> None:
    """Let pip download wheels for another system; what it did not get shows in `lacking`."""
    command = [sys.executable, "-m", "pip", "download", "--only-binary=:all:", "--no-deps"]
    command += ["--dest", str(folder), "--python-version", target.python, "--implementation", "cp"]
    # pip takes 3.11 for 3.11.0, while some pins are for later patches of it.
    command += ["--ignore-requires-python"]
    for platform in SYSTEMS[target.system].platforms:
        command += ["--platform", platform]
    # Two versions of one package cannot be asked for at once (3.11.0 and 3.11.99 may differ).
    rounds: list[dict[str, str]] = []
    for pin in pins:
        fitting = next((names for names in rounds if pin.name not in names), None)
        if fitting is None:
            rounds.append(fitting := {})
        fitting[pin.name] = f"{pin.name}{pin.specifier}"
    for names in rounds:
        if subprocess.call([*command, *names.values()]) and len(names) > 1:
            # One that does not exist stops all: ask for each by itself.
            for name in names.values():
                subprocess.call([*command, name])


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the folder, say what it holds, and return 0 only when nothing is lacking."""
    parser = argparse.ArgumentParser(prog="workshop.py pack", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("wheels"))
    parser.add_argument("--system", action="append", choices=SYSTEMS, help="may be repeated")
    parser.add_argument("--python", action="append", choices=PYTHONS, help="may be repeated")
    options = parser.parse_args(arguments)
    folder: Path = options.folder.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    systems, pythons = options.system or list(SYSTEMS), options.python or list(PYTHONS)
    lock = LOCK.read_text(encoding="utf-8").splitlines()
    report: list[str] = []
    for target in (Target(system, python) for system, python in product(systems, pythons)):
        print(f"==> {target}", flush=True)
        wanted = lacking(folder, target, lock)
        if wanted:
            fetch(folder, target, wanted)
        report += [f"no wheel of {pin} for {target}" for pin in lacking(folder, target, lock)]
    note = NOTE.format(systems=", ".join(systems), pythons=", ".join(pythons))
    (folder / "README.txt").write_text(note, encoding="utf-8")
    wheels = list(folder.glob("*.whl"))
    size = sum(wheel.stat().st_size for wheel in wheels) / 1e6
    print("\n".join(report))
    print(f"{len(wheels)} wheels, {size:.0f} MB, in {folder}")
    print("Hand it round, and install with: workshop.py --from FOLDER")
    return 1 if report else 0


if __name__ == "__main__":
    sys.exit(main())
