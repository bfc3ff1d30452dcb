"""In the field: a pin set arrives at two apps, and then the thief knocks at both, and the bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from markupsafe import Markup

from pinlib import Ending, Event, Identity, PinSet, Verdict, connect, key_pin, story
from pinlib.operations.update_attacks import Attempt, Field
from pinlib.operations.updater import AtExpiry, Report
from pinlib.operations.updates import Enforcement, NotTaken, genuine, sign
from pinlib.operations.weak_updaters import read_anyhow
from pinlib.scenes.cast import HOST
from pinlib.scenes.endings import ending_for_users
from pinlib.shared import shared
from pinlib.teach.drawing import blocks, typeset
from pinlib.teach.drawing.blocks import Headline, card, columns
from pinlib.teach.drawing.harm import TONES
from pinlib.teach.drawing.typeset import paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel
from pinlib.tls import sockets
from pinlib.tls.certificates import Validity
from pinlib.tls.interception import Interceptor

NO_SET, NEXT, OFF = "nothing", "the bank’s next set", "the kill switch"
STALE = "nothing, set ended"
LOST_KEY = "lost key replaced"
STOLEN_KEY = "stolen online key"
DROPPED_KEY = "stolen key, dropped"
SOURCE = "pins.example"


@dataclass(frozen=True, slots=True)
class Wire:
    """What arrives and what had come before; who knocks then, as the bank and as the thief."""

    tried: Attempt
    bank: Event
    thief: Identity
    before: tuple[bytes, ...] = ()


ACCEPTED = "Accepted"


@dataclass(frozen=True, slots=True)
class Meeting:
    """How one app fared: what it made of the set, what it asks now, and whom it let in."""

    said: str
    pins: PinSet | None
    thief: Verdict
    bank: Verdict
    fooled: bool
    served: bool
    reports: tuple[Report, ...] = ()


@shared
def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@shared
def field() -> Field:
    """Return the bank, signed for with a key that lives as long as this kernel."""
    return Field.of(story(), _key())


@shared
def arrivals() -> Mapping[str, Wire]:
    """Return everything that can arrive, by name: the bank's own first, then each attack."""
    events, second, at = story().events, field().second, field().at
    rotated, moved = events["renew with the backup key"], events["renew with an unknown key"]
    his = events["another trusted CA mis-issues"].identity
    new, dropping = field().next(), field().dropping()
    off = field().next(pins=second.pins, mode=Enforcement.OFF)
    hers = sign(field().next(version=new.version + 1, pins=PinSet.of(field().his)), _key())
    ended = second.expires + timedelta(days=1)
    found = {
        NO_SET: Wire(Attempt(b"", at), rotated, his),
        NEXT: Wire(Attempt(sign(new, _key()), at), moved, his),
        OFF: Wire(Attempt(sign(off, _key()), at), rotated, his),
        STALE: Wire(Attempt(b"", ended), moved, his),
        LOST_KEY: Wire(Attempt(dropping, at), moved, his),
        STOLEN_KEY: Wire(Attempt(hers, at), rotated, his),
        DROPPED_KEY: Wire(Attempt(hers, at), moved, his, before=(dropping,)),
    }
    for name, tried in field().attempts.items():
        found[name] = Wire(tried, rotated, story().bank if tried.stolen else his)
    return found


@dataclass(frozen=True, slots=True)
class Delivery:
    """What arrives, and how the signed app was made."""

    arrives: str = "unsigned"
    at_expiry: AtExpiry = AtExpiry.CLOSED
    mode: Enforcement = Enforcement.ENFORCE


def signed_app(delivery: Delivery) -> Meeting:
    """Let the set arrive at an app that checks, then let both knock: real handshakes."""
    wire = arrivals()[delivery.arrives]
    app = field().app()
    app = replace(app, has=replace(app.has, mode=delivery.mode), at_expiry=delivery.at_expiry)
    for text in wire.before:
        app = app.take(text, wire.tried.clock)
    said, era = "Nothing arrived.", app.has.era
    if wire.tried.text:
        try:
            app = app.take(wire.tried.text, wire.tried.clock)
            said = f"Accepted version {app.has.version} (mode: {app.has.mode.value})."
            said += " Its new online key drops the old one." if app.has.era > era else ""
        except NotTaken as refusal:
            said = f"Rejected. {refusal}"
    clock, reports = wire.tried.clock, list[Report]()
    pins = app.pins(clock)
    thief, bank = _met(wire, pins)
    bare_thief, bare_bank = _met(wire, None)
    fooled = app.lets_in(bare_thief, clock, reports)
    served = app.lets_in(bare_bank, clock, reports)
    return Meeting(said, pins, thief, bank, fooled, served, tuple(reports))


def naive_app(delivery: Delivery) -> Meeting:
    """Let the same arrive at an app that believes what it gets."""
    wire = arrivals()[delivery.arrives]
    app, said = field().naive(), "Nothing arrived."
    for text in wire.before:
        app = app.take(text, wire.tried.clock)
    if wire.tried.text:
        app = app.take(wire.tried.text, wire.tried.clock)
        said = (
            "Believed as is: its pins and its expiry date, nothing else."
            if app.pinned
            else "It couldn’t be read, so its pins are gone."
        )
    pins = app.pins(wire.tried.clock)
    thief, bank = _met(wire, pins)
    return Meeting(said, pins, thief, bank, thief.connected, bank.connected)


def _met(wire: Wire, pins: PinSet | None) -> tuple[Verdict, Verdict]:
    """Let the thief and the bank answer a phone with these pins, on the days of the story."""
    phone = replace(story().phone, pins=pins)
    theirs = replace(wire.bank.device(), pins=pins)
    thief = connect(phone, wire.thief, HOST, field().at)
    return thief, connect(theirs, wire.bank.identity, HOST, wire.bank.date)


def fetched(letter: bytes, instead: bytes | None = None) -> bytes:
    """Fetch a set over TLS from a second source on this machine, and return what was heard.

    Mallory is in between, with a certificate that a CA mis-issued her: TLS accepts it, and this
    connection has no pin yet.  She reads, and with `instead` she answers that.
    """
    cast = story()
    valid = Validity.of(cast.bank.leaf)
    source = cast.issuing.issue(SOURCE, valid=valid)
    his = cast.other_issuing.issue(SOURCE, valid=valid)
    between = Interceptor(lambda _: his, lambda reply: reply if instead is None else instead)
    with (
        sockets.bank_door(source, lambda: _Once(letter)) as door,
        sockets.MiddleDoor(between, door.address) as middle,
    ):
        asked = b"GET /pins"
        return sockets.encounter(cast.phone, middle, SOURCE, field().at, request=asked).heard


@dataclass
class _Once:
    """A server's side of a fetch: one answer, and no more to say."""

    letter: bytes
    closed: bool = False

    def __call__(self, _: bytes) -> bytes:
        self.closed = True
        return self.letter


class FieldPanel(Panel[Delivery]):
    """See what arrives at two apps, and whom they let in afterwards."""

    name = "field"
    controls = (
        Control(
            "arrives",
            "What arrives",
            {name: name for name in arrivals()},
            "A pin set from the bank, or what an attacker made of one",
            kind="dropdown",
        ),
        Control(
            "at_expiry",
            "When the set has expired",
            {"closed": AtExpiry.CLOSED, "open": AtExpiry.OPEN},
            tooltips=("Keep checking the old pins", "Stop checking pins"),
        ),
        Control(
            "mode",
            "The set in force",
            {"enforces": Enforcement.ENFORCE, "only reports": Enforcement.REPORT},
            tooltips=(
                "A mismatch is refused, until a newer set says otherwise",
                "Nobody is refused, and each mismatch is reported: for at least one renewal",
            ),
        ),
    )
    presets: ClassVar[Mapping[str, Delivery]] = {
        "The bank’s next set": Delivery(NEXT),
        "A set that nobody signed": Delivery(),
        "An old set, sent again": Delivery("rolled back"),
        "The clock set forward, open": Delivery("clock set forward", AtExpiry.OPEN),
        "Only reports": Delivery(NO_SET, mode=Enforcement.REPORT),
        "The kill switch": Delivery(OFF),
        "Online key stolen": Delivery(STOLEN_KEY),
        "Stolen key dropped": Delivery(DROPPED_KEY),
    }
    initial = Delivery()

    def view(self, state: Delivery) -> View:
        """Deliver it, and let both knock."""
        return delivered(state)


def delivered(state: Delivery) -> View:
    """Draw what arrived, and what became of it at the signed app and at the naive one."""
    signed, naive = signed_app(state), naive_app(state)
    letter, letter_words = _letter(arrivals()[state.arrives])
    picture = columns(
        card("What arrives", letter),
        _app("The signed app", signed),
        _app("The naive app", naive),
    )
    words = [letter_words, _said("The signed app", signed), _said("The naive app", naive)]
    told = _ending(signed).said(reported=bool(signed.reports))
    words.append(f"Users of the signed app: {told}.")
    facts = {
        "outcome": "fooled" if signed.fooled else "safe",
        "naive": "fooled" if naive.fooled else "safe",
        "naive_pins": "some" if naive.pins else "none",
        "accepted": "yes" if signed.said.startswith(ACCEPTED) else "no",
        "served": str(signed.served),
        "reports": str(len(signed.reports)),
    }
    return View(_headline(signed, naive), picture, "\n".join(words), facts)


def _headline(signed: Meeting, naive: Meeting) -> Headline:
    ending = _ending(signed)
    if signed.fooled:
        words = "Both apps let Mallory in" if naive.fooled else "The signed app lets Mallory in"
    elif not signed.served:
        words = "The signed app’s users are locked out"
    elif naive.fooled:
        words, ending = "Only the naive app lets Mallory in", Ending.INTERCEPTED
    else:
        words = "Neither app lets Mallory in"
    words += " (reported)" if signed.reports else ""
    reason = signed.said
    if signed.pins is None:
        reason += " The signed app doesn’t check pins now."
    elif signed.fooled and not signed.thief.connected:
        reason += " The signed app only reports."
    elif signed.fooled:
        reason += " Whoever has the online key can sign as the bank until the app drops it."
    elif not signed.served:
        reason += " It refuses the bank too, which has moved to a new key."
    return Headline(words, reason, TONES[ending], ending=ending)


def _ending(met: Meeting) -> Ending:
    return ending_for_users(mallory_let_in=met.fooled, bank_let_in=met.served)


def _letter(wire: Wire) -> tuple[Markup, str]:
    """Show what is on the wire, as far as it can be read, and what the phone's clock says."""
    tried = wire.tried
    rows: list[tuple[str, typeset.Text]] = [("phone’s clock", f"{tried.clock:%Y-%m-%d}")]
    if tried.text:
        rows.append(("length", f"{len(tried.text):,} bytes"))
        rows.append(("signature", _signer(wire)))
        rows += _read(tried.text)
    words = "; ".join(f"{name}: {value}" for name, value in rows)
    return blocks.facts(rows), f"What arrives: {words}."


def _signer(wire: Wire) -> str:
    """Say whose signature it is: before the wire, the offline key may have dropped the online."""
    if b"\n" not in wire.tried.text:
        return "none"
    online = "the dropped key’s" if wire.before else "the online key’s"
    keys = {online: field().online, "the offline key’s": field().offline}
    signers = [name for name, key in keys.items() if genuine(wire.tried.text, key.public_key())]
    return signers[0] if signers else "someone else’s"


def _read(text: bytes) -> list[tuple[str, typeset.Text]]:
    update = read_anyhow(text)
    if update is None:
        return [("pin set", "can’t be read")]
    return [
        ("version", str(update.version)),
        ("expires", f"{update.expires:%Y-%m-%d}"),
        ("mode", update.mode.name.lower()),
        ("pins", ", ".join(_whose(update.pins))),
    ]


def _whose(pins: PinSet) -> list[str]:
    """Name the keys of a set: a pin alone tells a learner nothing."""
    cast = story()
    known = {
        key_pin(cast.bank.leaf): "the stolen key",
        key_pin(cast.backup): "the backup key",
        key_pin(arrivals()[NEXT].bank.identity.leaf): "the bank’s newest key",
        field().his: "Mallory’s key",
    }
    return [known[pin] for pin in pins]


def _app(title: str, met: Meeting) -> Markup:
    return card(
        title, blocks.stack(paragraph(met.said), blocks.facts(_rows(met))), tone=TONES[_ending(met)]
    )


def _rows(met: Meeting) -> list[tuple[str, typeset.Text]]:
    rows: list[tuple[str, typeset.Text]] = [
        ("pins", ", ".join(_whose(met.pins)) if met.pins else "nothing"),
        ("Mallory", _became(met.thief, let_in=met.fooled)),
        ("the bank", _became(met.bank, let_in=met.served)),
    ]
    return rows + [("reported", str(report)) for report in met.reports]


def _became(verdict: Verdict, *, let_in: bool) -> str:
    if verdict.connected or not let_in:
        return f"{'✓' if verdict.connected else '✕'} {verdict.outcome.value}"
    return "✓ Let in, and reported: the pin doesn’t match"


def _said(title: str, met: Meeting) -> str:
    rows = "; ".join(f"{name}: {value}" for name, value in _rows(met))
    return f"{title}: {met.said} {rows}."
