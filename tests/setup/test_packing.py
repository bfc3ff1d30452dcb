"""Packing: what another system needs, decided on this one."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from pinlib.setup.packing import LOCK, PYTHONS, SYSTEMS, Target, lacking

TARGETS = [Target(system, python) for system, python in product(SYSTEMS, PYTHONS)]


def lock() -> list[str]:
    """Read the real lock."""
    return LOCK.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_each_system_gets_its_own_packages(target: Target) -> None:
    """The lock's conditions are evaluated for the other system, and not for this one."""
    names = {pin.name for pin in target.pins(lock())}
    assert {"jupyterlab", "cryptography", "setuptools"} <= names
    assert ("pywinpty" in names) == ("colorama" in names) == (target.system == "windows")
    assert ("appnope" in names) == target.system.startswith("macos")
    assert ("ptyprocess" in names) == (target.system != "windows")


def test_intel_macs_stay_on_the_last_cryptography_that_has_a_wheel() -> None:
    """No other system is held back with them."""
    for target in TARGETS:
        (pin,) = (pin for pin in target.pins(lock()) if pin.name == "cryptography")
        assert ("48.0.1" in pin.specifier) == (target.system == "macos-intel")


def test_a_pin_for_some_patch_releases_only_is_packed() -> None:
    """Nobody knows yet which Python 3.11 the people in the room have."""
    conditional = [
        "soup==1 ; python_full_version < '3.11.5'",
        "soup==2 ; python_full_version >= '3.11.5'",
    ]
    found = {str(pin.specifier) for pin in Target("linux", "3.11").pins(conditional)}
    assert found == {"==1", "==2"}
    assert [str(pin.specifier) for pin in Target("linux", "3.12").pins(conditional)] == ["==2"]


@pytest.mark.parametrize(
    ("wheel", "installs_on"),
    [
        ("kit-1.0-py3-none-any.whl", {str(target) for target in TARGETS}),
        ("kit-1.0-cp312-cp312-win_amd64.whl", {"windows, Python 3.12"}),
        ("kit-1.0-cp312-abi3-macosx_11_0_arm64.whl",
         {f"macos-arm, Python 3.{minor}" for minor in (12, 13, 14)}),
        ("kit-1.0-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
         {"linux, Python 3.13"}),
        ("kit-1.0-cp314-cp314-macosx_10_13_universal2.whl",
         {"macos-intel, Python 3.14", "macos-arm, Python 3.14"}),
        ("kit-1.0-cp313-cp313-macosx_14_0_arm64.whl", set()),  # for newer systems alone
        ("kit-1.1-py3-none-any.whl", set()),  # another version than the lock's
    ],
)  # fmt: skip
def test_what_is_lacking_is_read_off_the_wheels_names(
    tmp_path: Path, wheel: str, installs_on: set[str]
) -> None:
    """A folder that is said to be complete has to install in a room without network."""
    (tmp_path / wheel).touch()
    complete = {str(target) for target in TARGETS if not lacking(tmp_path, target, ["kit==1.0"])}
    assert complete == installs_on
