"""Every error the laboratory raises on purpose, in one tree.

Each carries what was seen, and its sentence says what to do next::

    PinlibError
    ├── BadInput            what was given cannot be read            .seen
    │   ├── NotReadable     no certificate, CSR or key in it         .seen
    │   ├── NotOne          several where one is meant, or none      .seen .count
    │   ├── LockedKey       a key behind a password                  .seen
    │   ├── BadPin          text that is not a pin                   .seen
    │   └── BadHost         text that no server can be called        .seen
    ├── NotLoopback         an address that is not this machine's own    .seen
    ├── Silence             a peer that says nothing                 .address .seconds
    ├── BadPinCheck         a pin check answered neither pin nor None  .seen
    └── BadData             a file of data/ that breaks its rules    .file .where

A refused handshake is not an error: it is a `pinlib.Verdict`.
"""

from __future__ import annotations


class PinlibError(Exception):
    """Whatever the laboratory refuses to do, said in one sentence."""


class BadInput(PinlibError):
    """What was given cannot be read; `seen` is a short, printable account of it."""

    def __init__(self, message: str, *, seen: str) -> None:
        super().__init__(message)
        self.seen = seen


class NotReadable(BadInput):
    """There is no certificate, certificate request or key in what was given."""


class NotOne(BadInput):
    """One certificate was meant, and `count` were found."""

    def __init__(self, message: str, *, seen: str, count: int) -> None:
        super().__init__(message, seen=seen)
        self.count = count


class LockedKey(BadInput):
    """A private key behind a password: only its public half is wanted here."""


class BadPin(BadInput):
    """The text is not a pin in any known notation."""


class BadHost(BadInput):
    """The text is neither a DNS name nor an IP address."""


class NotLoopback(PinlibError):
    """An address beyond this machine: the laboratory neither serves, calls nor relays there."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host!r} isn’t this machine: the lab stays on loopback (127.0.0.1), so nobody is "
            "attacked and nothing leaks; leave out the address"
        )
        self.seen = host


class Silence(PinlibError):
    """A peer that says nothing, and would hold up a notebook for ever."""

    def __init__(self, address: tuple[str, int], seconds: float) -> None:
        super().__init__(
            f"port {address[1]} said nothing for {seconds:g} seconds: check that its server is "
            "still running, and speaks TLS"
        )
        self.address, self.seconds = address, seconds


class BadPinCheck(PinlibError):
    """A pin check has to answer with the pin that matched, or with None; `seen` is what it said."""

    def __init__(self, seen: object) -> None:
        super().__init__(
            f"the pin check returned {seen!r}: return the Pin that matched, or None to refuse"
        )
        self.seen = seen


class BadData(PinlibError):
    """A file of data/ breaks its rules; `where` names the key, or the line."""

    def __init__(self, message: str, *, file: str, where: str) -> None:
        super().__init__(f"{file}, {where}: {message}")
        self.file, self.where = file, where
