"""Folders of one's own: gone after use, and swept by the next process if their maker was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import pinlib.scratch
from pinlib.scratch import private_folder, sweep

pytestmark = pytest.mark.slow  # processes, servers and sockets of their own

ROOT = Path(__file__).parent.parent
posix = pytest.mark.skipif(os.name != "posix", reason="Windows keeps files open instead of locking")

MAKER = f"""
import runpy, sys
private_folder = runpy.run_path({pinlib.scratch.__file__!r})["private_folder"]
with private_folder(sys.argv[1]) as folder:
    (folder / "secrets").write_text("of this process")
    print(folder, flush=True)
    sys.stdin.read()
"""


@contextmanager
def another(temporary: Path, use: str = "key") -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start a process that makes a folder, and lives until it is killed or left."""
    with subprocess.Popen(
        [sys.executable, "-c", MAKER, use],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary), "TEMP": str(temporary)},
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


def killed(temporary: Path, use: str = "key") -> Path:
    """Return the folder of a process that was killed with SIGKILL."""
    with another(temporary, use) as (process, folder):
        process.kill()
        process.wait()
    assert (folder / "secrets").exists()
    return folder


def test_a_folder_is_its_owners_alone_and_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the work in it ended, and whatever it put there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def fail() -> None:
        with private_folder("room") as folder:
            assert folder.name.startswith("pinlib-room-")
            assert os.name != "posix" or folder.stat().st_mode & 0o777 == 0o700
            (folder / "below").mkdir()
            (folder / "below" / "file").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("use", ["key", "keylog", "room"])
def test_the_next_process_sweeps_what_a_killed_one_left(tmp_path: Path, use: str) -> None:
    """And ends without leaving anything itself."""
    left = killed(tmp_path, use)
    with another(tmp_path) as (_, folder):
        assert not left.exists()
        assert folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_the_command_sweeps_what_a_killed_one_left(tmp_path: Path) -> None:
    """`serve` takes away an older room and an older key, and, killed, leaves its own room."""
    left = {killed(tmp_path, "room"), killed(tmp_path, "keylog")}
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "pinlib", "serve"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), "TEMP": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("# straight"):
            pass
        process.kill()
    (own,) = tmp_path.glob("pinlib-room-*")
    assert own not in left
    assert not list(tmp_path.glob("pinlib-key*"))


def test_the_folder_of_a_living_process_stays(tmp_path: Path) -> None:
    """However old it is: its maker holds it."""
    with another(tmp_path) as (_, folder):
        os.utime(folder, (0, 0))
        sweep(tmp_path)
        with another(tmp_path):
            assert (folder / "secrets").read_text("utf-8") == "of this process"
    assert list(tmp_path.iterdir()) == []


@posix
def test_what_is_not_surely_ours_stays(tmp_path: Path) -> None:
    """A link, a pipe, a file, a folder that others may enter, one with folders, another name."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / "precious").touch()
    (tmp_path / "pinlib-key-link").symlink_to(elsewhere)
    (tmp_path / "pinlib-key-dangling").symlink_to(tmp_path / "none")
    (tmp_path / "pinlib-key-file").touch()
    os.mkfifo(tmp_path / "pinlib-room-fifo")
    opened, deep = tmp_path / "pinlib-room-opened", tmp_path / "pinlib-room-deep"
    for folder in opened, deep, tmp_path / "pinlib-keyring-mine":
        folder.mkdir(mode=0o700)
        (folder / "precious").touch()
    opened.chmod(0o755)
    (deep / "below").mkdir()
    before = sorted(tmp_path.rglob("*"))
    sweep(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


@posix
def test_a_link_inside_leads_nowhere(tmp_path: Path) -> None:
    """A folder of ours holds files alone; one with a link in it is left as it is."""
    precious = tmp_path / "precious"
    precious.touch()
    left = killed(tmp_path)
    (left / "identity.pem").symlink_to(precious)
    sweep(tmp_path)
    assert precious.exists()
    assert (left / "secrets").exists()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give away"
)
def test_another_users_folder_stays(tmp_path: Path) -> None:
    """Even where we could remove it."""
    left = killed(tmp_path)
    os.chown(left, 65534, 65534)
    sweep(tmp_path)
    assert left.exists()
    os.chown(left, 0, 0)
    sweep(tmp_path)
    assert not left.exists()


def test_many_may_sweep_at_once(tmp_path: Path) -> None:
    """All that is dead goes, nobody stumbles, and what is made meanwhile stays."""
    for number in range(200):
        folder = tmp_path / f"pinlib-key-{number}"
        folder.mkdir(mode=0o700)
        (folder / "identity.pem").touch()
    left = killed(tmp_path)
    code = f"""
import pathlib, runpy
runpy.run_path({pinlib.scratch.__file__!r})["sweep"](pathlib.Path({str(tmp_path)!r}))
"""
    with another(tmp_path, "room") as (_, living):
        sweepers = [
            subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(4)
        ]
        assert [one.communicate(timeout=60)[1] for one in sweepers] == [b""] * 4
        assert not left.exists()
        assert list(tmp_path.iterdir()) == [living]


def test_a_folder_that_is_swept_before_it_is_held_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweeper that never rests finds no moment in which a new folder can be taken away."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    over = threading.Event()

    def again_and_again() -> None:
        while not over.is_set():
            sweep(tmp_path)

    sweepers = [threading.Thread(target=again_and_again) for _ in range(3)]
    for one in sweepers:
        one.start()
    try:
        for _ in range(100):
            with private_folder("key") as folder:
                (folder / "identity.pem").touch()
                assert (folder / "identity.pem").exists()
    finally:
        over.set()
        for one in sweepers:
            one.join()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_not_there_is_no_reason_not_to_start(tmp_path: Path) -> None:
    """There is nothing to sweep then."""
    sweep(tmp_path / "none")
