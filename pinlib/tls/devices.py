"""A device: what it trusts, what it pins, and what it checks.

A device that leaves a check out is a careless one; such devices are common, so they can be built
here.  What becomes of the checks is a matter for `pinlib.tls.verdicts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from cryptography import x509

from pinlib.errors import BadPinCheck
from pinlib.pins.pins import Pin, PinSet
from pinlib.tls.openssl import Tls
from pinlib.tls.path_validation import Chain, Path, unchecked, validate


class Check(Enum):
    """The rungs of the ladder, in the order in which they are climbed."""

    CHAIN = "Chain"
    NAME = "Name"
    DATE = "Date"
    KEY = "Owns the key"
    PIN = "Pin"


PATH_CHECKS = frozenset({Check.CHAIN, Check.NAME, Check.DATE})


class Moment(Enum):
    """When the pin is checked."""

    INSIDE = "inside the handshake, before it is finished"
    AFTER = "after the handshake, before the first byte of data"
    LATE = "after the login was sent: too late"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a pin check may look at.

    `presented` is whatever the server sent: anyone may put anything into it.  `verified` leads
    from the leaf to a root that the device trusts; it is empty where the device verified nothing.
    On a resumed session nobody sends a certificate: the chain fails before a pin is asked for.
    """

    presented: Chain
    verified: Chain
    host: str


@dataclass(frozen=True, slots=True)
class Device:
    """A phone, or any other relying party, as its app and its owner have set it up.

    `pins` is None on a device that does not pin.  `pin_check` replaces the library's own check,
    which asks whether any key of the verified chain is pinned; it answers with the pin that
    matched, or None.  `installed` are roots added on this very device, by its user or its
    administrator: apps may ignore them, or exempt them from their pins, as platforms do.
    """

    name: str
    roots: tuple[x509.Certificate, ...]
    pins: PinSet | None = None
    tls: Tls = Tls.V1_3
    checks: frozenset[Check] = PATH_CHECKS
    pin_check: Callable[[Evidence], Pin | None] | None = None
    moment: Moment = Moment.INSIDE
    installed: tuple[x509.Certificate, ...] = ()
    trusts_installed: bool = True
    pins_installed: bool = True

    @property
    def anchors(self) -> Chain:
        """The roots at which a chain may end on this device."""
        return (*self.roots, *self.installed) if self.trusts_installed else self.roots

    @property
    def is_pinned(self) -> bool:
        """Whether this device asks more than the chain, the name and the date."""
        return self.pins is not None or self.pin_check is not None

    def pinning(self, pins: PinSet | None) -> Device:
        """Return the same device with other pins; None takes them away."""
        return replace(self, pins=pins)

    def trusting(self, *roots: x509.Certificate) -> Device:
        """Return the same device with more roots in its store."""
        return replace(self, roots=(*self.roots, *roots))

    def trusting_only(self, *roots: x509.Certificate) -> Device:
        """Return the same device with nothing but these roots in its store."""
        return replace(self, roots=roots)

    def without(self, *checks: Check) -> Device:
        """Return the same device with some checks of the path left out: a careless one."""
        return replace(self, checks=self.checks - set(checks))

    def validate(self, presented: Chain, host: str, date: datetime) -> Path:
        """Return the path that this device accepts, or which of the facts stopped it."""
        name, on_time = Check.NAME in self.checks, Check.DATE in self.checks
        if Check.CHAIN not in self.checks:
            return unchecked(presented, host, date, check_name=name, check_date=on_time)
        return validate(presented, self.anchors, host, date, check_name=name, check_date=on_time)

    def exempts(self, verified: Chain) -> bool:
        """Whether the pins do not count here: the chain ends at a root installed on the device."""
        return not self.pins_installed and verified[-1:] != () and verified[-1] in self.installed

    def match(self, evidence: Evidence) -> Pin | None:
        """Return the pin that lets the peer in, or None; raises `BadPinCheck` for other answers."""
        if self.pin_check is not None:
            answer = self.pin_check(evidence)
            if answer is not None and not isinstance(answer, Pin):
                raise BadPinCheck(answer)
            return answer
        return self.pins.match(evidence.verified) if self.pins is not None else None
