"""A bank and a man in the middle, open on this machine for tools that we did not write.

Such tools ask the computer's own clock, so certificates are valid around now; keys and names are
the story's.  `python -m pinlib serve` opens this room in a terminal, lesson 03 in a notebook.
"""

from __future__ import annotations

import shlex
import ssl
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.serialization import Encoding

from pinlib.encoding.naming import visible
from pinlib.pins.notations import Notation
from pinlib.pins.pins import Pin, PinSet, key_pin
from pinlib.scenes.cast import FORM, HOST, LOGIN, Cast, lie, story
from pinlib.tls import sockets
from pinlib.tls.certificates import Authority, Validity
from pinlib.tls.interception import Encounter, Forger, Interceptor, Page

PinningClient = Callable[[tuple[str, int], str, AbstractSet[str], ssl.SSLContext], ssl.SSLSocket]
"""Connects to an address as a host, if the server's key is pinned, and raises `ssl.SSLError` if it
is not: such as `connect_pinned` of `take_home.recipe`."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a client that is not ours: what it says, and what the interceptor has of it."""

    said: str
    heard: bytes
    page: Page

    @property
    def connected(self) -> bool:
        """Whether it let its peer in."""
        return not self.said


class Room:
    """The bank's door, and in front of it that of an interceptor whose CA somebody installed.

    `with Room() as room:` opens both, on loopback.  The interceptor lies about the balance if
    `lying`.  Ports are free ones unless given; raises OSError for one that is taken.
    """

    def __init__(self, *, lying: bool = False, bank_port: int = 0, middle_port: int = 0) -> None:
        self.cast: Cast = story()
        self.now = datetime.now(UTC)
        valid = Validity.days(self.now.replace(microsecond=0) - timedelta(days=1), 90)
        renewed = self.cast.issuing.renew(self.cast.bank, valid=valid)
        who = Interceptor(Forger(self.cast.proxy, valid), lie if lying else bytes)
        with ExitStack() as opening:
            self.bank = opening.enter_context(sockets.bank_door(renewed, port=bank_port))
            self.middle = opening.enter_context(
                sockets.MiddleDoor(who, self.bank.address, port=middle_port)
            )
            self._doors = opening.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close both doors; closing twice is no harm."""
        self._doors.close()

    @property
    def pin(self) -> Pin:
        """The key pin of the bank."""
        return key_pin(self.cast.bank.leaf)

    @property
    def notebook(self) -> list[Page]:
        """What the interceptor has, a page a victim."""
        return self.middle.interceptor.pages

    def trusting(self, *authorities: Authority) -> ssl.SSLContext:
        """Return Python's own default context, with these roots instead of the system's."""
        context = ssl.create_default_context(cadata=_pem(*authorities))
        context.hostname_checks_common_name = False  # a common name is no host name (RFC 9525)
        return context

    def gate(self, *, pinned: bool = True) -> Encounter:
        """Let a phone of ours meet the interceptor, whose CA its company has installed."""
        phone = replace(
            self.cast.phone,
            pins=PinSet.of(self.pin) if pinned else None,
            installed=(self.cast.proxy.certificate,),
        )
        return sockets.encounter(phone, self.middle, HOST, self.now, request=LOGIN)

    def attempt(self, connect: PinningClient) -> Tried:
        """Let a client that is not ours meet him, on a machine that trusts the same roots.

        Mallory opens a door for it alone, so what she has is this victim’s and nobody else’s.
        """
        context = self.trusting(self.cast.root, self.cast.proxy)
        who = self.middle.interceptor
        said, heard = "", b""
        with sockets.MiddleDoor(Interceptor(who.shows, who.change), self.bank.address) as door:
            try:
                with connect(door.address, HOST, {str(self.pin)}, context) as tls:
                    tls.sendall(LOGIN)
                    heard = b"".join(iter(lambda: tls.recv(1 << 16), b""))
            except ssl.SSLError as refusal:
                said = str(refusal)
            page = door.page_after(0)
        self.notebook.append(page)
        return Tried(said, heard, page)


@dataclass(frozen=True, slots=True)
class Command:
    """Something to paste into a terminal, what it shows, and the port that it calls."""

    shows: str
    line: str
    port: int


def commands(room: Room, folder: Path, *, windows: bool = False) -> tuple[Command, ...]:
    """Write the roots (public, no key) and a client into a folder; return commands that use them.

    The folder is the caller's to remove.
    """
    bank_ca, both = folder / "bank-ca.pem", folder / "bank-and-proxy-ca.pem"
    bank_ca.write_text(_pem(room.cast.root), encoding="ascii")
    both.write_text(_pem(room.cast.root, room.cast.proxy), encoding="ascii")
    client = folder / "client.py"
    client.write_text(_CLIENT, encoding="utf-8")
    curl = "curl.exe --ssl-no-revoke" if windows else "curl"
    python = "py" if windows else "python3"
    pin = room.pin.write(Notation.CURL)

    def quoted(word: object) -> str:
        return f'"{word}"' if windows else shlex.quote(str(word))

    def log_in(port: int, roots: Path, more: str = "") -> str:
        return (
            f"{curl} -sS --resolve {HOST}:{port}:127.0.0.1 --cacert {quoted(roots)}{more} "
            f"--data {quoted(FORM.decode())} https://{HOST}:{port}/login"
        )

    bank, middle = room.bank.port, room.middle.port
    nothing = '"" | ' if windows else ""
    end = "" if windows else " </dev/null"
    pinned = f" --pinnedpubkey {quoted(pin)}"
    return (
        Command("straight to the bank: a token and a balance", log_in(bank, bank_ca), bank),
        Command(
            "through Mallory, in the middle: her CA is unknown, exit 60",
            log_in(middle, bank_ca),
            middle,
        ),
        Command(
            "the same, with her CA trusted: she reads the password", log_in(middle, both), middle
        ),
        Command(
            "the same, with the bank's key pinned: exit 90", log_in(middle, both, pinned), middle
        ),
        Command(
            "her certificate, as openssl sees it",
            f"{nothing}openssl s_client -connect 127.0.0.1:{middle} -servername {HOST} "
            f"-CAfile {quoted(both)} -verify_return_error{end}",
            middle,
        ),
        Command(
            "a Python client that needs nothing installed",
            f"{python} {quoted(client)} {middle} {quoted(both)}",
            middle,
        ),
    )


_CLIENT = f"""\
import socket, ssl, sys

port, roots = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=roots)
with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
    with context.wrap_socket(plain, server_hostname="{HOST}") as tls:
        print("Connected to", dict(pair[0] for pair in tls.getpeercert()["issuer"]))
        tls.sendall({LOGIN!r})
        print(b"".join(iter(lambda: tls.recv(65536), b"")).decode())
"""


def told(page: Page) -> str:
    """Say in a few lines what the interceptor has of a victim."""
    name = visible(page.asked_for) or "no name"
    if not page.established:
        alert = f"sent the alert {page.alert}" if page.alert else "got no further, without an alert"
        return f"✕ A victim asked for {name} and {alert}: 0 bytes of application data."
    if not page.request:
        return f"✕ A victim asked for {name}, finished the handshake and hung up: 0 bytes."
    lines = (visible(line) for line in page.request.decode("utf-8", "replace").splitlines())
    body = "\n".join(f"    {line}" for line in lines if line)
    return f"✓ A victim asked for {name} and sent {page.application_bytes} bytes:\n{body}"


def _pem(*authorities: Authority) -> str:
    return "".join(one.certificate.public_bytes(Encoding.PEM).decode() for one in authorities)
