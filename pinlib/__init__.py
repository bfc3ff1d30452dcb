"""The laboratory behind the certificate pinning workshop: real handshakes, real pins, offline.

The words are the field's own.  A server holds an `Identity` that an `Authority` issued; a `Device`
connects to it and comes to a `Verdict`; a `Pin` is what it may insist on, beside a chain to a root.

    >>> from pinlib import Strategy, story
    >>> print(story().events["initial"].verdict(Strategy.LEAF_KEY))
    ✓ Connected. Chain, name, date, key and pin all hold.
    ...

This is the front door: notebooks take everything of the subject from here, and everything on screen
from `pinlib.teach`.  Behind it are rooms, each of which knows only those before it:

    encoding ─ pins ─ tls ─ scenes ─ operations ─ take_home ─ setup ─ teach

All before `setup` is the subject: it knows nothing of screens, and never asks the time.  What each
room is for, and how a click travels through them, is in docs/architecture.md; the order of rooms
and modules is held by the contracts in pyproject.toml.
"""

import signal
import sys

if sys.argv[:1] == ["-m"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # `python -m pinlib`, before anything of it runs: half a second of imports.  Who ends it now
    # wants no traceback of them; `__main__` takes Ctrl-C over from here.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from pinlib.errors import PinlibError
from pinlib.operations.drill import Move, Op
from pinlib.operations.expiry import deadlines
from pinlib.operations.fleet import (
    by_lifetime,
    each_time_anew,
    late_stay_late,
    locked_out,
    people,
    usual,
)
from pinlib.operations.plans import Deployed, Plan, Released
from pinlib.operations.schedules import Rule, written_plans
from pinlib.operations.sweep import Sweep, apps, verdict_on
from pinlib.operations.update_attacks import Field
from pinlib.operations.updater import AtExpiry
from pinlib.operations.updates import PinUpdate, genuine, sign
from pinlib.pins.notations import Kind, Notation
from pinlib.pins.pins import (
    Pin,
    PinSet,
    Strategy,
    certificate_pin,
    certificate_pins,
    key_pin,
    key_pins,
)
from pinlib.pins.published import known_pins, public_roots, twins
from pinlib.pins.wrong_hashes import parts
from pinlib.scenes.cast import Cast, Event, story
from pinlib.scenes.endings import Ending
from pinlib.scenes.scenario import Day, Middle, Scenario
from pinlib.scenes.serving import Room, told
from pinlib.take_home.recipe import connect_pinned
from pinlib.tls.certificates import Authority, Identity, Validity, request
from pinlib.tls.devices import Check, Device, Evidence, Moment
from pinlib.tls.endpoints import Server
from pinlib.tls.handshake import Connection, connect
from pinlib.tls.openssl import Mode, Tls, engine_mode
from pinlib.tls.records import Sender
from pinlib.tls.transcript import Message, handshake_signature
from pinlib.tls.verdicts import Mark, Outcome, Rung, Verdict
from pinlib.wire.signatures import HandshakeSignature

__all__ = [
    "AtExpiry",
    "Authority",
    "Cast",
    "Check",
    "Connection",
    "Day",
    "Deployed",
    "Device",
    "Ending",
    "Event",
    "Evidence",
    "Field",
    "HandshakeSignature",
    "Identity",
    "Kind",
    "Mark",
    "Message",
    "Middle",
    "Mode",
    "Moment",
    "Move",
    "Notation",
    "Op",
    "Outcome",
    "Pin",
    "PinSet",
    "PinUpdate",
    "PinlibError",
    "Plan",
    "Released",
    "Room",
    "Rule",
    "Rung",
    "Scenario",
    "Sender",
    "Server",
    "Strategy",
    "Sweep",
    "Tls",
    "Validity",
    "Verdict",
    "apps",
    "by_lifetime",
    "certificate_pin",
    "certificate_pins",
    "connect",
    "connect_pinned",
    "deadlines",
    "each_time_anew",
    "engine_mode",
    "genuine",
    "handshake_signature",
    "key_pin",
    "key_pins",
    "known_pins",
    "late_stay_late",
    "locked_out",
    "parts",
    "people",
    "public_roots",
    "request",
    "sign",
    "story",
    "told",
    "twins",
    "usual",
    "verdict_on",
    "written_plans",
]
