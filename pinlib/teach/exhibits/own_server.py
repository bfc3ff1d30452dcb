"""Your own server: the commands that save its chain, compute its pins and make a backup key.

Nothing here contacts anybody: the commands are for the learner's own terminal.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address
from typing import ClassVar

from cryptography import x509
from markupsafe import Markup

from pinlib.encoding.naming import general_name
from pinlib.errors import BadHost
from pinlib.scenes.cast import HOST
from pinlib.teach.drawing.blocks import Headline, card, stack
from pinlib.teach.drawing.typeset import command, paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel


class Terminal(Enum):
    """Whose terminal it is."""

    UNIX = "Linux, macOS"
    WINDOWS = "Windows (PowerShell)"


@dataclass(frozen=True, slots=True)
class Asking:
    """A server, and a terminal."""

    host: str = HOST
    system: Terminal = Terminal.UNIX


@dataclass(frozen=True, slots=True)
class Instruction:
    """Something to do: why, and the commands for it, one after the other."""

    title: str
    why: str
    commands: tuple[str, ...]
    note: str


_WINDOWS = "Windows has no openssl of its own; Git for Windows brings one. "


def steps(where: Asking) -> tuple[Instruction, ...]:
    """Return what to do, with commands that can be pasted.  Raises BadHost."""
    windows = where.system is Terminal.WINDOWS
    python = r".venv\Scripts\python" if windows else ".venv/bin/python"
    client = f"openssl s_client {_address(where.host)} -showcerts"
    return (
        Instruction(
            "1. Save its chain",
            "What your server sends to whoever connects:",
            (f'"" | {client} > chain.pem' if windows else f"{client} </dev/null >chain.pem",),
            f"{_WINDOWS if windows else ''}A browser exports the chain that it built itself.",
        ),
        Instruction(
            "2. Compute its pins",
            "In the workshop’s folder; or give chain.pem to the panel above.",
            (f"{python} -m pinlib pin chain.pem",),
            "The first is your server’s own, the others its authorities’. Compare from another "
            "network: whoever sits in yours may have answered.",
        ),
        Instruction(
            "3. Make a backup, today",
            "A key that no server uses yet. It asks for a password to lock the file with.",
            (
                "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 "
                "-out backup.key",
                "openssl pkey -in backup.key -pubout -out backup.pub",
                f"{python} -m pinlib pin backup.pub",
            ),
            "Never upload backup.key. Keep it offline, and more than once; a request (CSR) made "
            "from it has the same key pin.",
        ),
    )


_HOST_AND_PORT = re.compile(
    r"(?:https?://)?(?:\[(?P<v6>[^\]]*)\]|(?P<name>[^:/\s]*))(?::(?P<port>[0-9]{1,5}))?(?:/\S*)?"
)


def _address(text: str) -> str:
    """Return s_client's options for a host, a host with a port, or an address out of a browser.

    Raises BadHost.
    """
    found = _HOST_AND_PORT.fullmatch(text.strip())
    host = (found["v6"] or found["name"]) if found else text.strip()
    port = (found and found["port"]) or "443"
    if not 0 < int(port) < 65536:
        raise BadHost(f"there is no port {port}: they go from 1 to 65535", seen=port)
    with suppress(UnicodeError):  # what cannot be encoded is no host, as general_name will say
        host = host.removesuffix(".").encode("idna").decode("ascii")
    name = general_name(host)
    if isinstance(name, x509.DNSName):
        return f"-connect {name.value}:{port} -servername {name.value}"
    shown = f"[{name.value}]" if isinstance(name.value, IPv6Address) else str(name.value)
    return f"-connect {shown}:{port}"


class OwnServerPanel(Panel[Asking]):
    """Take the lesson home: your server's pins, and a backup."""

    name = "own-server"
    controls = (
        Control(
            "host", "Your server", {HOST: HOST}, "A host name, as in bank.example", kind="text"
        ),
        Control("system", "Your terminal", {system.value: system for system in Terminal}),
    )
    presets: ClassVar = {
        "Linux, macOS": Asking(),
        "Windows": Asking(system=Terminal.WINDOWS),
    }
    initial = Asking()

    def view(self, state: Asking) -> View:
        """Write the commands for this server and terminal."""
        todo = steps(state)
        words = [
            f"{step.title}. {step.why} {' ; '.join(step.commands)} ({step.note})" for step in todo
        ]
        return View(
            Headline(
                "Three steps, in your own terminal",
                f"Nothing here contacts {state.host.strip()}: you do, with the first command.",
                signed=False,
            ),
            stack(*map(_drawn, todo)),
            "\n".join(words),
            {"outcome": "shown", "system": state.system.name.lower()},
        )


def _drawn(step: Instruction) -> Markup:
    commands = map(command, step.commands)
    return card(step.title, paragraph(step.why), *commands, paragraph(step.note, dim=True))
