"""Your own server: the commands that save its chain and compute its pins; a spare key on demand.

Nothing here contacts anybody: the commands are for the learner's own terminal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address
from typing import ClassVar

import idna
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
    """A server, a terminal, and whether a spare key is wanted, which lesson 05 is about."""

    host: str = HOST
    system: Terminal = Terminal.UNIX
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Instruction:
    """Something to do: why, and the commands for it, one after the other."""

    title: str
    why: str
    commands: tuple[str, ...]
    note: str


_WINDOWS = "Windows has no openssl of its own; Git for Windows brings one. "
_MACOS = "If openssl doesn’t know -sigalgs, it is LibreSSL, as on macOS: brew install openssl. "

# What a client can verify decides which certificate it gets: RFC 8446, section 4.4.2.2.
_SIGNED_WITH = {
    "rsa": "rsa_pss_rsae_sha256:rsa_pkcs1_sha256",
    "ecdsa": "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384",
}


def steps(where: Asking) -> tuple[Instruction, ...]:
    """Return what to do, with commands that can be pasted.  Raises BadHost."""
    windows = where.system is Terminal.WINDOWS
    python = r".venv\Scripts\python" if windows else ".venv/bin/python"
    client = f"openssl s_client {_address(where.host)} -showcerts"

    def saving(file: str, options: str = "") -> str:
        """Return the command that asks once, and says goodbye at once."""
        if windows:
            return f'"" | {client}{options} > {file}'
        return f"{client}{options} </dev/null >{file}"

    todo = (
        Instruction(
            "1. Save its chain",
            "What your server sends to whoever connects:",
            (saving("chain.pem"),),
            f"{_WINDOWS if windows else ''}A browser exports the chain that it built itself.",
        ),
        Instruction(
            "2. Compute its pins",
            "In the workshop’s folder; or give chain.pem to the panel above.",
            (f"{python} -m pinlib pin chain.pem",),
            "The first is your server’s own, the others its CAs’. Compare from another "
            "network: someone in yours may have answered.",
        ),
        Instruction(
            "3. Look for a second leaf",
            "Many servers have an RSA and an ECDSA certificate, and show each client one. Ask for "
            "each:",
            (
                *(saving(f"{kind}.pem", f" -sigalgs {one}") for kind, one in _SIGNED_WITH.items()),
                f"{python} -m pinlib pin rsa.pem ecdsa.pem",
            ),
            f"{'' if windows else _MACOS}A handshake failure means there’s no such leaf. Pin "
            "every leaf you find. A CDN may present others elsewhere: ask from there, too.",
        ),
        Instruction(
            "4. Make a spare key",
            "A key that no server uses yet. openssl asks for a password to encrypt it with.",
            (
                "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 "
                "-out backup.key",
                "openssl pkey -in backup.key -pubout -out backup.pub",
                f"{python} -m pinlib pin backup.pub",
            ),
            "Never upload backup.key. Keep it offline, in two places; a request (CSR) made "
            "from it has the same key pin.",
        ),
    )
    return todo if where.spare else todo[:-1]


_TYPED = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#\s@]*@)?)?"  # a password may stand there
    r"(?:\[(?P<v6>[^\]]*)\]|(?P<name>[^:/?#\s@\[\]]*))(?::(?P<port>[0-9]{1,5}))?(?:[/?#]\S*)?"
)
_UNSEEN = "\u200b\u2060\ufeff"  # clings to what is copied from a page


def _asked(text: str) -> tuple[x509.DNSName | x509.IPAddress, int]:
    """Read a host, a host with a port, or an address out of a browser.  Raises BadHost."""
    text = text.strip().strip(_UNSEEN).strip()
    found = _TYPED.fullmatch(text)
    host = (found["v6"] or found["name"]) if found else text
    port = int((found and found["port"]) or 443)
    if not 0 < port < 65536:
        raise BadHost(f"there’s no port {port}: ports go from 1 to 65535", seen=str(port))
    return general_name(_in_letters_of_dns(host)), port


def _in_letters_of_dns(host: str) -> str:
    """Return the name that DNS and certificates have, as browsers do: IDNA 2008, UTS #46.

    Raises BadHost.
    """
    if host.isascii() or len(host) > 253:
        return host.lower().removesuffix(".")
    try:
        return idna.encode(host, uts46=True).decode("ascii").removesuffix(".")
    except idna.IDNAError:
        seen = host if len(host) <= 60 else f"{host[:60]}…"
        told = f"{seen!r} isn’t a host name: if a browser goes there, copy its xn--… form"
        raise BadHost(told, seen=seen) from None


def _address(text: str) -> str:
    """Return s_client's options for what was typed.  Raises BadHost."""
    name, port = _asked(text)
    if isinstance(name, x509.DNSName):
        return f"-connect {name.value}:{port} -servername {name.value}"
    shown = f"[{name.value}]" if isinstance(name.value, IPv6Address) else str(name.value)
    return f"-connect {shown}:{port}"


class OwnServerPanel(Panel[Asking]):
    """Take the lesson home: your server's pins."""

    name = "own-server"
    controls = (
        Control(
            "host", "Your server", {HOST: HOST}, "A host name, as in bank.example", kind="text"
        ),
        Control("system", "Your terminal", {system.value: system for system in Terminal}),
        Control("spare", "A spare key, too", tooltip="Lesson 05 shows what it’s for", more=True),
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
                f"{'Four' if state.spare else 'Three'} steps, in your own terminal",
                f"Nothing here contacts {_asked(state.host)[0].value}: you do, with the first "
                "command.",
                signed=False,
            ),
            stack(*map(_drawn, todo)),
            "\n".join(words),
            {"outcome": "shown", "system": state.system.name.lower()},
        )


def _drawn(step: Instruction) -> Markup:
    commands = map(command, step.commands)
    return card(step.title, paragraph(step.why), *commands, paragraph(step.note, dim=True))
