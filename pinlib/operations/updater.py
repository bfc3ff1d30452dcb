"""What an app does with pin sets: whom it believes, what it takes, what it asks for.

    Updater(offline key, built-in set).take(text, now) ──► the app with that set, or NotTaken

Each rule stops one attack, and `operations.weak_updaters` has an app that lacks that rule alone.
Two keys may sign.  The online key does so every week, and whoever steals it can pin what he likes
until the app drops it.  The offline key lies in a safe, and it alone puts another online key in its
place, which drops the old one at once: that is the root role of TUF, with a threshold of one.
What no set can mend is an offline key that was stolen, or a phone that hears nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pinlib.operations.updates import EitherKey, Enforcement, NotTaken, PinUpdate, Reason, genuine
from pinlib.pins.pins import Pin, PinSet, key_pin
from pinlib.scenes.cast import HOST
from pinlib.tls.verdicts import Verdict

LONGEST_SET = 1 << 16
"""Bytes of the longest set that an app looks at: some thousand pins."""

LONGEST_STEP = 1000
"""How far a version may be ahead: a set a day, and the phone was off for over two years."""

SKEW = timedelta(days=1)
"""How far a signer's clock may be ahead of a phone's."""


class AtExpiry(Enum):
    """What an app does when its set has ended and no newer one has come."""

    OPEN = "stop checking pins"
    CLOSED = "keep checking the old pins"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A genuine set before an app: what the app has, what is new, who signed it, and when."""

    has: PinUpdate
    new: PinUpdate
    by_offline: bool
    time: datetime


TakingRule = Callable[[Arrival], str]
"""Looks at a set that has arrived; returns what it saw that is wrong, or nothing."""


def _audience(at: Arrival) -> str:
    same = at.new.audience == at.has.audience
    return "" if same else f"{at.new.audience}, and this is {at.has.audience}"


def _hosts(at: Arrival) -> str:
    return ", ".join(host for host in at.has.hosts if host not in at.new.hosts)


def _keys(at: Arrival) -> str:
    if (at.new.era, at.new.online) == (at.has.era, at.has.online):
        return ""
    if not at.by_offline:
        return "the offline key didn’t sign it"
    return "it doesn’t start a new era" if at.new.era == at.has.era else ""


def _old(at: Arrival) -> str:
    old = at.new.order <= at.has.order
    return f"{_numbered(at.new)}, and the app has {_numbered(at.has)}" if old else ""


def _step(at: Arrival) -> str:
    before = at.has.version if at.new.era == at.has.era else 0
    if max(at.new.era - at.has.era, at.new.version - before) <= LONGEST_STEP:
        return ""
    return f"{_numbered(at.new)}, over {LONGEST_STEP:,} ahead of {_numbered(at.has)}"


def _numbered(update: PinUpdate) -> str:
    digits = str(update.version)  # of which a signed set may have thousands
    version = digits if len(digits) < 12 else f"{digits[:9]}…"
    return f"version {version} of era {update.era}" if update.era > 1 else f"version {version}"


def _future(at: Arrival) -> str:
    return _dated(at.new.issued, at) if at.new.issued > at.time + SKEW else ""


def _expired(at: Arrival) -> str:
    return _dated(at.new.expires, at) if at.new.expires <= at.time else ""


def _dated(when: datetime, at: Arrival) -> str:
    return f"{when:%Y-%m-%d}, and today is {at.time:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Updater:
    """What an app knows: the offline key, the newest set it has taken, and the one it came with.

    Each change is a new value.  The online key, the audience and the hosts are those of the set in
    force.  `at_expiry` is what it does when nothing newer comes.
    """

    offline: Ed25519PublicKey
    has: PinUpdate
    at_expiry: AtExpiry = AtExpiry.CLOSED
    built_in: PinUpdate | None = None

    rules: ClassVar[Mapping[Reason, TakingRule]] = {
        Reason.AUDIENCE: _audience,
        Reason.HOSTS: _hosts,
        Reason.KEYS: _keys,
        Reason.OLD: _old,
        Reason.STEP: _step,
        Reason.FUTURE: _future,
        Reason.EXPIRED: _expired,
    }

    def __post_init__(self) -> None:
        if self.built_in is None:
            object.__setattr__(self, "built_in", self.has)

    @property
    def trusts(self) -> EitherKey:
        """The update keys of which either may sign."""
        return EitherKey((self.offline, *self.has.keys))

    def read(self, body: bytes) -> PinUpdate:
        """Read a body that is signed.  Raises NotTaken."""
        return PinUpdate.read(body)

    def take(self, text: bytes, now: datetime) -> Updater:
        """Return the app with this set; raises NotTaken, and then nothing has changed.

        The clock of the phone is not believed where it says less than what was signed: who sets it
        back does not bring an old set to life again.
        """
        if len(text) > LONGEST_SET:
            raise NotTaken(Reason.SIZE, f"{len(text):,}")
        body, _, signature = text.partition(b"\n")
        if not signature.strip():
            raise NotTaken(Reason.UNSIGNED)
        if not genuine(text, self.trusts):
            raise NotTaken(Reason.SIGNATURE)
        believed = max(now, self.has.issued)
        at = Arrival(self.has, self.read(body), genuine(text, self.offline), believed)
        for reason, rule in self.rules.items():
            if seen := rule(at):
                raise NotTaken(reason, seen)
        return replace(self, has=at.new)

    def reinstalled(self) -> Updater:
        """Return the app as it was installed: what it had taken, and which version, is forgotten.

        So it takes every set again that is newer than its built-in one and has not ended.
        """
        return replace(self, has=self.built_in or self.has)

    def enforcement(self, now: datetime) -> Enforcement:
        """Return what the app does now: a mode ends with its set, the kill switch too."""
        if now < self.has.expires:
            return self.has.mode
        return Enforcement.OFF if self.at_expiry is AtExpiry.OPEN else Enforcement.ENFORCE

    def pins(self, now: datetime, host: str = HOST) -> PinSet | None:
        """Return what the app asks of a host now; None if it asks no pin, or not this host."""
        off = self.enforcement(now) is Enforcement.OFF
        return None if off or not self.has.covers(host) else self.has.pins

    def lets_in(self, verdict: Verdict, now: datetime, reports: list[Report]) -> bool:
        """Return whether the app goes on after a connection of a phone that pins nothing.

        In report-only mode it always does, and writes down what a pin would have refused.
        """
        pins = self.pins(now, verdict.host)
        if not verdict.connected or pins is None or pins.match(verdict.verified):
            return verdict.connected
        seen = tuple(key_pin(one) for one in verdict.verified)
        reports.append(Report(now, verdict.host, self.has.version, seen))
        return self.enforcement(now) is Enforcement.REPORT


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
