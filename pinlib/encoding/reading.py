"""Bytes out of a file, a pipe or standard input: no more than wanted, and not without end.

A shell hands over pipes too: `-`, or `<(command)`, which is /dev/fd/63.  Whoever should write into
one may be silent, and then even opening it waits.  So a thread of its own reads, and is left behind
when its time is over: that works on every system, and needs no clock.  On Windows alone Ctrl-C is
heard only then.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, wait
from pathlib import Path
from threading import Thread

from pinlib.errors import NotReadable

LONGEST_WAIT = 30.0
"""Seconds for the whole; for a person at a terminal there is no limit."""


def read(source: Path | int, most: int, patience: float = LONGEST_WAIT) -> bytes:
    """Return the first bytes of a file, or of an open descriptor: `most` of them, or all there are.

    Raises NotReadable for what cannot be opened, and for what has not ended after `patience`.
    """
    name = repr(str(source)[-120:]) if isinstance(source, Path) else "standard input"
    found: Future[bytes] = Future()

    def work() -> None:
        try:
            with open(source, "rb", closefd=isinstance(source, Path)) as file:
                found.set_result(file.read(most))
        except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
            found.set_exception(error)

    Thread(target=work, daemon=True).start()
    at_a_terminal = isinstance(source, int) and os.isatty(source)
    if not wait([found], None if at_a_terminal else patience).done:
        seen = f"{name} hasn’t ended after {patience:g} seconds"
        raise NotReadable(f"{seen}: save its output to a file, and give that file", seen=seen)
    try:
        return found.result()
    except (OSError, ValueError) as error:
        if isinstance(source, Path) and (kind := _no_file(source)):
            raise NotReadable(f"{name} is {kind}: give one file", seen=kind) from error
        why = getattr(error, "strerror", None) or str(error)
        raise NotReadable(
            f"{name} cannot be opened ({why}): check its name and folder", seen=why
        ) from error


def _no_file(path: Path) -> str:
    try:
        return "a folder" if path.is_dir() else "a socket" if path.is_socket() else ""
    except (OSError, ValueError):
        return ""
