"""Folders for what has to lie on the disk for a while: their owner's alone, and gone after use.

A process that is killed cannot clear up, so the next one does.  Whether the maker of a folder still
lives is neither guessed from its age nor from a number that is given out again: the maker holds a
lock, and the system takes it back at its death, however it dies.

- POSIX: `flock` on the folder itself.  A folder that is found is opened without following links,
  and left alone unless it is ours, closed to others, flat, and its lock can be had.
- Windows has no such lock, but deletes no file that is open: the maker keeps one open.  Nobody else
  writes into a user's temporary folder there.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Literal

Use = Literal["key", "keylog", "room"]
_NAMES = ("pinlib-key-*", "pinlib-keylog-*", "pinlib-room-*")


@contextmanager
def private_folder(use: Use) -> Iterator[Path]:
    """Give a folder that this user alone can read, and remove it with all that was put into it.

    The first one in a process also sweeps away what killed processes have left.
    """
    _sweep_once()
    with ExitStack() as held:
        folder = _made(use, held)
        try:
            yield folder
        finally:
            held.close()  # first, for Windows deletes nothing that is open
            shutil.rmtree(folder, ignore_errors=True)  # what resists is swept another time


def _made(use: Use, held: ExitStack) -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"pinlib-{use}-"))
        with suppress(FileNotFoundError):  # swept away before it was held: make another
            _hold(folder, held)
            return folder


@cache
def _sweep_once() -> None:
    sweep(Path(tempfile.gettempdir()))


def sweep(temporary: Path) -> None:
    """Remove what killed processes of this user have left, and nothing of the living or of others.

    What cannot be removed is left, too: this is housekeeping, and no reason not to start.
    """
    for name in _NAMES:
        for folder in temporary.glob(name):
            with suppress(OSError):
                _remove_if_dead(folder)


if sys.platform == "win32":
    _HELD = "held"

    def _hold(folder: Path, held: ExitStack) -> None:
        held.enter_context((folder / _HELD).open("xb"))

    def _remove_if_dead(folder: Path) -> None:
        if folder.lstat().st_file_attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT:
            return  # a link or a junction
        (folder / _HELD).unlink(missing_ok=True)  # an OSError while its maker lives
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()

else:
    import fcntl

    _FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW

    def _hold(folder: Path, held: ExitStack) -> None:
        lock = os.open(folder, _FOLDER)
        held.callback(os.close, lock)
        with suppress(OSError):  # a file system without locks, where nobody can sweep either
            fcntl.flock(lock, fcntl.LOCK_EX)
        folder.lstat()

    def _remove_if_dead(folder: Path) -> None:
        lock = os.open(folder, _FOLDER)
        try:
            about = os.fstat(lock)
            if about.st_uid != os.geteuid() or about.st_mode & 0o077:
                return
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an OSError while its maker lives
            with os.scandir(lock) as inside:
                files = list(inside)
            if all(one.is_file(follow_symlinks=False) for one in files):
                for one in files:
                    os.unlink(one.name, dir_fd=lock)
                folder.rmdir()
        finally:
            os.close(lock)
