"""Pins that change in the field: a signed set, fetched from a second source, and what goes wrong.

    sign(PinUpdate(…), key) ──► text ──► over any wire ──► Updater(public key).take(text, now)

The app trusts no wire: it has pinned one more key, the update key, which signs pin sets and nothing
else.  A set carries its version and its dates inside what is signed, so that an old one is known as
old.  `NaiveUpdater` is how it is often written; every attack of `attacks` succeeds against it.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pinlib.errors import BadInput, PinlibError
from pinlib.pins.pins import Pin, PinSet, key_pin
from pinlib.scenes.cast import TODAY, Cast
from pinlib.tls.verdicts import Verdict

LONGEST_SET = 1 << 16
"""Bytes of the longest set that an app looks at: some thousand pins."""


class Enforcement(Enum):
    """What an app does with its pins; the value is how people say it."""

    ENFORCE = "refuse what does not match"
    REPORT = "let it in, and report"
    OFF = "ask no pin: the kill switch"


class AtExpiry(Enum):
    """What an app does when its set has ended and no newer one has come."""

    OPEN = "ask no pin any more"
    CLOSED = "keep to the old pins"


class Reason(Enum):
    """Why a set was not taken.  The value is the sentence that a learner reads."""

    SIZE = "It is longer than any pin set: it was not even read."
    FORM = "It cannot be read: something is missing, or it is not a pin set."
    UNSIGNED = "It has no signature: nobody signed it, or it was cut short."
    SIGNATURE = "It is not signed by the update key, or was changed on the way."
    OLD = "It is not newer than the set that the app has."
    EXPIRED = "It has ended already."


class NotTaken(PinlibError):
    """A set that the app does not take; `reason` says why, and the pins stay as they were."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PinUpdate:
    """A pin set with what must be signed beside it: which version, from when, until when.

    Raises BadInput for one that would end before it begins, and for a version that is no number.
    """

    version: int
    pins: PinSet
    issued: datetime
    expires: datetime
    mode: Enforcement = Enforcement.ENFORCE

    def __post_init__(self) -> None:
        if type(self.version) is not int:  # True and 1.9 compare with numbers, and are none
            raise BadInput("a version is a whole number, such as 7", seen=repr(self.version))
        if self.expires <= self.issued:
            raise BadInput("a set ends after it begins: give a later day", seen=str(self.expires))

    @property
    def body(self) -> bytes:
        """What is signed: JSON, its keys in order."""
        said = {
            "expires": self.expires.isoformat(),
            "issued": self.issued.isoformat(),
            "mode": self.mode.name.lower(),
            "pins": [str(pin) for pin in self.pins],
            "version": self.version,
        }
        return json.dumps(said, sort_keys=True).encode()

    @classmethod
    def read(cls, body: bytes) -> PinUpdate:
        """Read a body.  Raises NotTaken for what is none."""
        try:
            said = json.loads(body)
            return cls(
                version=said["version"],
                pins=PinSet(tuple(map(Pin.parse, _listed(said["pins"])))),
                issued=_moment(said["issued"]),
                expires=_moment(said["expires"]),
                mode=Enforcement[said["mode"].upper()],
            )
        except _NO_SET:
            raise NotTaken(Reason.FORM) from None


_NO_SET = (
    *(ValueError, KeyError, TypeError, AttributeError, RecursionError, BadInput),
    OverflowError,  # a time so near the calendar's end that it has none in UTC
)


def _listed(pins: object) -> list[str]:
    if not isinstance(pins, list):
        raise TypeError("pins stand in a list")
    return pins


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is no moment")
    return moment.astimezone(UTC)


def sign(update: PinUpdate, key: Ed25519PrivateKey) -> bytes:
    """Return a set as it travels: the body, a line end, the signature in base64 (RFC 8032)."""
    return update.body + b"\n" + b64encode(key.sign(update.body))


def genuine(text: bytes, key: Ed25519PublicKey) -> bool:
    """Return whether a text is signed by this key; without a signature it is not."""
    body, _, signature = text.partition(b"\n")
    try:
        key.verify(b64decode(signature, validate=True), body)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Updater:
    """What an app knows: whom it believes about pins, and the newest set it has taken.

    Each change is a new value.  `at_expiry` is what it does when nothing newer comes.
    """

    trusts: Ed25519PublicKey
    has: PinUpdate
    at_expiry: AtExpiry = AtExpiry.CLOSED

    def take(self, text: bytes, now: datetime) -> Updater:
        """Return the app with this set; raises NotTaken, and then nothing has changed.

        The clock of the phone is not believed where it says less than what was signed: who sets it
        back does not bring an old set to life again.
        """
        if len(text) > LONGEST_SET:
            raise NotTaken(Reason.SIZE)
        body, _, signature = text.partition(b"\n")
        if not signature.strip():
            raise NotTaken(Reason.UNSIGNED)
        if not genuine(text, self.trusts):
            raise NotTaken(Reason.SIGNATURE)
        update = PinUpdate.read(body)
        if update.version <= self.has.version:
            raise NotTaken(Reason.OLD)
        if update.expires <= max(now, self.has.issued):
            raise NotTaken(Reason.EXPIRED)
        return replace(self, has=update)

    def pins(self, now: datetime) -> PinSet | None:
        """Return what the app asks for now; None if it asks no pin."""
        ended = now >= self.has.expires
        if self.has.mode is Enforcement.OFF or (ended and self.at_expiry is AtExpiry.OPEN):
            return None
        return self.has.pins

    def lets_in(self, verdict: Verdict, now: datetime, reports: list[Report]) -> bool:
        """Return whether the app goes on after a connection of a phone that pins nothing.

        In report-only mode it always does, and writes down what a pin would have refused.
        """
        pins = self.pins(now)
        if not verdict.connected or pins is None or pins.match(verdict.verified):
            return verdict.connected
        seen = tuple(key_pin(one) for one in verdict.verified)
        reports.append(Report(now, verdict.host, self.has.version, seen))
        return self.has.mode is Enforcement.REPORT


@dataclass(frozen=True, slots=True)
class Report:
    """What an app tells its makers: that a verified chain had none of its pins."""

    when: datetime
    host: str
    version: int
    seen: tuple[Pin, ...]

    def __str__(self) -> str:
        pins = ", ".join(pin.short() for pin in self.seen)
        return f"{self.when:%Y-%m-%d} {self.host}: set {self.version} knows none of {pins}"


@dataclass(frozen=True, slots=True)
class NaiveUpdater:
    """The same as it is often written: whatever arrives is believed, and what cannot be read too.

    NEVER COPY THIS.  It is here to be attacked.
    """

    pinned: PinSet | None
    expires: datetime

    def take(self, text: bytes, now: datetime) -> NaiveUpdater:  # noqa: ARG002 (that is the point)
        """Return the app with these pins; what cannot be read leaves it without any."""
        try:
            update = PinUpdate.read(text.partition(b"\n")[0])
        except NotTaken:
            return replace(self, pinned=None)
        return NaiveUpdater(update.pins, update.expires)

    def pins(self, now: datetime) -> PinSet | None:
        """Return what the app asks for now: nothing, once its set has ended."""
        return self.pinned if now < self.expires else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attacker sends, what he has made of the phone's clock, and what he shows afterwards.

    With `stolen` he brings an old set back, and shows the key that it pinned; else one of his own.
    """

    text: bytes
    clock: datetime
    stolen: bool = False


_GOOD_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Field:
    """A bank that has changed its pins once, and what an attacker can have of it.

    `first` pinned a key that was stolen since, `second` does not know it any more; both were sent
    over the wire, so he has them.  `his` is a key of his own.
    """

    first: bytes
    second: PinUpdate
    his: Pin
    at: datetime

    @classmethod
    def of(cls, cast: Cast, key: Ed25519PrivateKey, version: int = 1) -> Field:
        """Return the story's bank: its stolen key is in set `version`, its backup in the next.

        The first was good for 90 days, which the thief lets pass; `key` signs for the bank.
        """
        old, new = TODAY - timedelta(60), TODAY - timedelta(10)
        first = PinUpdate(version, PinSet.of(key_pin(cast.bank.leaf)), old, old + _GOOD_FOR)
        second = PinUpdate(version + 1, PinSet.of(key_pin(cast.backup)), new, new + _GOOD_FOR)
        his = cast.events["another trusted CA mis-issues"].identity
        return cls(sign(first, key), second, key_pin(his.leaf), TODAY)

    def app(self, trusts: Ed25519PublicKey) -> Updater:
        """Return an app that has the second set."""
        return Updater(trusts, self.second)

    @property
    def attempts(self) -> dict[str, Attempt]:
        """Everything that he tries, by name."""
        forged = replace(self.second, version=self.second.version + 1, pins=PinSet.of(self.his))
        another = sign(forged, Ed25519PrivateKey.generate())
        stuffed = json.loads(forged.body)
        stuffed["padding"] = "A" * 10_000_000
        long_ago = PinUpdate.read(self.first.partition(b"\n")[0]).issued
        after_its_end = self.second.expires + timedelta(1)
        return {
            "unsigned": Attempt(forged.body, self.at),
            "signed by another": Attempt(another, self.at),
            "rolled back": Attempt(self.first, self.at, stolen=True),
            "replayed after expiry": Attempt(self.first, after_its_end, stolen=True),
            "clock set back": Attempt(self.first, long_ago + timedelta(1), stolen=True),
            "clock set forward": Attempt(b"", self.second.expires + timedelta(days=3650)),
            "truncated": Attempt(self.first[: len(self.first) // 2], self.at),
            "enormous": Attempt(json.dumps(stuffed).encode(), self.at),
        }
