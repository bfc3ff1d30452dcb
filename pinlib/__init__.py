"""The laboratory behind the certificate pinning workshop: real handshakes, real pins, offline.

The words are the field's own.  A server holds an `Identity` that an `Authority` issued; a `Device`
connects to it and comes to a `Verdict`; a `Pin` is what it may insist on, beside a chain to a root.

    >>> from pinlib import Strategy, story
    >>> print(story().events["initial"].verdict(Strategy.LEAF_KEY))
    ✓ Connected. The chain, the name, the date, the key and the pin all hold.
    ...

Each module imports only from those before it:

    errors lines data der encodings notations pins anatomy slips published naming certificates paths
    openssl devices records wire verdicts ends handshake web interception cast scenario
    plans rules timeline fleet drill updates expiry sockets recipe
    | packing doctor room teach __main__

What stands before the bar is the subject: it knows nothing of screens, and never asks the time.
"""

from pinlib.cast import Cast, Event, story
from pinlib.certificates import Authority, Identity
from pinlib.devices import Check, Device, Evidence, Moment
from pinlib.ends import Server
from pinlib.errors import PinlibError
from pinlib.handshake import Connection, connect
from pinlib.notations import Kind, Notation
from pinlib.openssl import Mode, Tls, engine_mode
from pinlib.pins import (
    Pin,
    PinSet,
    Strategy,
    certificate_pin,
    certificate_pins,
    key_pin,
    key_pins,
)
from pinlib.published import known_pins, public_roots, twins
from pinlib.records import Sender
from pinlib.slips import parts
from pinlib.verdicts import Mark, Outcome, Rung, Verdict
from pinlib.wire import Message

__all__ = [
    "Authority",
    "Cast",
    "Check",
    "Connection",
    "Device",
    "Event",
    "Evidence",
    "Identity",
    "Kind",
    "Mark",
    "Message",
    "Mode",
    "Moment",
    "Notation",
    "Outcome",
    "Pin",
    "PinSet",
    "PinlibError",
    "Rung",
    "Sender",
    "Server",
    "Strategy",
    "Tls",
    "Verdict",
    "certificate_pin",
    "certificate_pins",
    "connect",
    "engine_mode",
    "key_pin",
    "key_pins",
    "known_pins",
    "parts",
    "public_roots",
    "story",
    "twins",
]
