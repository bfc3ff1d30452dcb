"""Bytes out of files, pipes and devices: never more than wanted, never waited for without end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinlib.encoding.reading import read
from pinlib.errors import NotReadable

SHORT = 0.2  # seconds of patience with whom these tests keep silent

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no named pipes in folders")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Return a named pipe that nobody has opened."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_file_is_read_up_to_what_is_wanted(tmp_path: Path) -> None:
    """However much more there is; and an empty one is no error here."""
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    assert read(file, 20) == b"0123456789"
    assert read(file, 4) == b"0123"
    file.write_bytes(b"")
    assert read(file, 4) == b""


@posix
def test_a_pipe_is_read_to_its_end(pipe: Path) -> None:
    """In as many pieces as its writer likes."""

    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            for piece in (b"one ", b"two ", b"three"):
                file.write(piece)

    writer = threading.Thread(target=write)
    writer.start()
    assert read(pipe, 100) == b"one two three"
    writer.join()


@posix
def test_a_pipe_without_a_writer_ends_in_a_sentence(pipe: Path) -> None:
    """Opening it would already wait for ever."""
    with pytest.raises(NotReadable, match=r"pipe' hasn’t ended after 0\.2 seconds: save .* file"):
        read(pipe, 100, SHORT)


@posix
def test_a_writer_that_never_closes_ends_in_a_sentence(pipe: Path) -> None:
    """It said something, and there may be more: half a file is none."""
    keep = os.open(pipe, os.O_RDWR)
    try:
        os.write(keep, b"half")
        with pytest.raises(NotReadable, match="hasn’t ended"):
            read(pipe, 100, SHORT)
    finally:
        os.close(keep)


@posix
def test_a_writer_that_drips_is_not_waited_for(pipe: Path) -> None:
    """The time is that of the whole: a byte now and then wins nobody more of it."""
    over = threading.Event()

    def drip() -> None:
        keep = os.open(pipe, os.O_RDWR)
        while not over.wait(SHORT / 10):
            os.write(keep, b".")
        os.close(keep)

    writer = threading.Thread(target=drip)
    writer.start()
    try:
        with pytest.raises(NotReadable, match="hasn’t ended"):
            read(pipe, 1_000_000, SHORT)
    finally:
        over.set()
        writer.join()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero here")
def test_an_endless_device_is_read_no_further_than_wanted() -> None:
    """And one that is empty ends at once."""
    assert read(Path("/dev/zero"), 1000) == bytes(1000)
    assert read(Path(os.devnull), 1000) == b""


@pytest.fixture
def bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the path of a Unix socket."""
    if not hasattr(socket, "AF_UNIX"):
        pytest.skip("there are no Unix sockets here")
    monkeypatch.chdir(tmp_path)  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as door:
        door.bind("door")
        yield tmp_path / "door"


def test_a_socket_is_told(bound: Path) -> None:
    """It can be connected to, and not read."""
    with pytest.raises(NotReadable, match="door' is a socket: give one file"):
        read(bound, 100)


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """A folder, nothing at all, a name that no file can have; none of it hides anything."""
    for source, words in {
        tmp_path: "is a folder: give one file",
        tmp_path / "none\n\x1b[2J": r"none\\n\\x1b\[2J' cannot be opened \(No such file",
        Path("a\0b"): "cannot be opened",
        Path("x" * 5000): "cannot be opened",
    }.items():
        with pytest.raises(NotReadable, match=words) as refused:
            read(source, 100)
        assert len(str(refused.value)) < 300
        assert str(refused.value).isprintable()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    """The system's own words."""
    (tmp_path / "mine").touch(mode=0o000)
    with pytest.raises(NotReadable, match=r"cannot be opened \(Permission denied\)"):
        read(tmp_path / "mine", 100)


def test_a_silent_writer_does_not_keep_the_process(tmp_path: Path) -> None:
    """Who has given up on standard input ends, though it is open still."""
    code = f"""
from pinlib.encoding.reading import read
from pinlib.errors import NotReadable
try:
    read(0, 100, {SHORT})
except NotReadable as error:
    print(error)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.wait(timeout=60) == 0
        assert process.stdout.read().startswith("standard input hasn’t ended after 0.2 seconds")
