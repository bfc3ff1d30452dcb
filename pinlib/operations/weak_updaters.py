"""Updaters that lack something, each one rule.  NEVER COPY THEM.

They are here to be attacked: `operations.update_attacks` has for each the attack that it falls to,
and the complete `Updater` does not.  `NaiveUpdater` lacks them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from pinlib.operations.updater import Arrival, TakingRule, Updater
from pinlib.operations.updates import (
    FORMS,
    EitherKey,
    Enforcement,
    NotTaken,
    PinUpdate,
    Reason,
    read_body,
)
from pinlib.pins.pins import PinSet


class Unchecked(PinUpdate):
    """A set as somebody holds it who has not looked what is in it."""

    __slots__ = ()

    def __post_init__(self) -> None:
        """Look at nothing."""


def without(reason: Reason) -> type[Updater]:
    """Return the updater that never refuses for this reason, and is complete but for that."""

    class Lacking(Updater):
        __slots__ = ()
        rules: ClassVar[Mapping[Reason, TakingRule]] = {
            one: rule for one, rule in Updater.rules.items() if one is not reason
        }

        def read(self, body: bytes) -> PinUpdate:
            forms = {one: form for one, form in FORMS.items() if one is not reason}
            return read_body(body, forms, Unchecked if reason in FORMS else PinUpdate)

    return Lacking


class WithOneKey(Updater):
    """Believes the online key alone: nobody has made another, or shipped it."""

    __slots__ = ()

    @property
    def trusts(self) -> EitherKey:
        """The online key."""
        return EitherKey(self.has.keys)


class NeverDropsAKey(Updater):
    """Goes on believing the key that it came with, whatever was put in its place."""

    __slots__ = ()

    @property
    def trusts(self) -> EitherKey:
        """The keys of today, and the online key of the set that it came with."""
        return EitherKey((self.offline, *self.has.keys, *self.reinstalled().has.keys))


def _no_newer(at: Arrival) -> str:
    return "no newer, by the version alone" if at.new.version <= at.has.version else ""


class WithoutEras(Updater):
    """Compares versions alone, so that whoever had the online key has set the mark for all time."""

    __slots__ = ()
    rules: ClassVar[Mapping[Reason, TakingRule]] = {**Updater.rules, Reason.OLD: _no_newer}


class ModesWithoutEnd(Updater):
    """Does what its set says for as long as no newer one comes."""

    __slots__ = ()

    def enforcement(self, now: datetime) -> Enforcement:  # noqa: ARG002 (that is the point)
        """Return the mode of the set."""
        return self.has.mode


class NothingBuiltIn(Updater):
    """Comes without pins, and waits for the first set."""

    __slots__ = ()

    def reinstalled(self) -> Updater:
        """Return an app that asks no pin yet."""
        begins = super().reinstalled()
        return replace(begins, has=replace(begins.has, mode=Enforcement.OFF))


@dataclass(frozen=True, slots=True)
class NaiveUpdater:
    """Believes whatever arrives, and what cannot be read too: it is left without a pin then."""

    pinned: PinSet | None
    expires: datetime

    def take(self, text: bytes, now: datetime) -> NaiveUpdater:  # noqa: ARG002 (that is the point)
        """Return the app with these pins; what cannot be read leaves it without any."""
        update = read_anyhow(text)
        return NaiveUpdater(update.pins, update.expires) if update else replace(self, pinned=None)

    def pins(self, now: datetime) -> PinSet | None:
        """Return what the app asks for now: nothing, once its set has expired."""
        return self.pinned if now < self.expires else None


def read_anyhow(text: bytes) -> PinUpdate | None:
    """Return what a text seems to say, whoever has signed it; None if it seems to say nothing."""
    try:
        return read_body(text.partition(b"\n")[0], {}, Unchecked)
    except NotTaken:
        return None
