"""What is done to apps whose pins change in the field.

`Field` is a bank that has changed its pins once, with everything an attacker can send.  Each of its
`attacks` is stopped by one rule of `Updater`, and brings a `weak` updater that lacks that rule and
no other: what becomes of either is for a real handshake to show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pinlib.operations.updater import Updater
from pinlib.operations.updates import (
    Audience,
    Enforcement,
    NotTaken,
    PinUpdate,
    Reason,
    sign,
    signed,
)
from pinlib.operations.weak_updaters import (
    ModesWithoutEnd,
    NaiveUpdater,
    NeverDropsAKey,
    NothingBuiltIn,
    WithOneKey,
    WithoutEras,
    without,
)
from pinlib.pins.pins import Pin, PinSet, key_pin
from pinlib.scenes.cast import HOST, TODAY, Cast, Event
from pinlib.tls.handshake import connect
from pinlib.tls.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attacker sends, what he has made of the phone's clock, and what he shows afterwards.

    With `stolen` he brings an old set back, and shows the key that it pinned; else one of his own.
    """

    text: bytes
    clock: datetime
    stolen: bool = False


@dataclass(frozen=True, slots=True)
class FieldAttack:
    """One attack of the field: what arrives, who knocks then, and which updater alone falls to it.

    If the bank knocks, to fall is to lock Alice out; if it is Mallory, to let her in.
    """

    weak: type[Updater]
    arrives: tuple[bytes, ...]
    knocks: Event
    days: int = 0
    reinstalled: bool = False

    def lived(self, app: Updater, at: datetime) -> tuple[Updater, tuple[NotTaken, ...]]:
        """Return what has become of an app, and what it refused, once everything has arrived."""
        refused = []
        for text in self.arrives:
            try:
                app = app.take(text, at)
            except NotTaken as refusal:
                refused.append(refusal)
        return (app.reinstalled() if self.reinstalled else app), tuple(refused)

    def meets(self, app: Updater, at: datetime) -> Verdict:
        """Return how it ends for an app to which this was done: a real handshake."""
        return knock(self.knocks, app, at + timedelta(self.days))


def knock(event: Event, app: Updater | NaiveUpdater, clock: datetime) -> Verdict:
    """Let somebody answer a phone that refuses what this app refuses by that clock."""
    reports = isinstance(app, Updater) and app.enforcement(clock) is Enforcement.REPORT
    device = replace(event.device(), pins=None if reports else app.pins(clock))
    return connect(device, event.identity, HOST, event.date)


_GOOD_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Field:
    """A bank that has changed its pins once, and what an attacker can have of it.

    `first` pinned a key that was stolen since, `second` does not know it any more; both were sent
    over the wire, so he has them.  `his` is a key of his own.  The bank signs with `online`, and
    has `offline` in a safe.
    """

    cast: Cast = field(repr=False)
    online: Ed25519PrivateKey = field(repr=False)
    offline: Ed25519PrivateKey = field(repr=False)
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
        online = key.public_key().public_bytes_raw()
        pins = PinSet.of(key_pin(cast.bank.leaf))
        first = PinUpdate(version, pins, old, old + _GOOD_FOR, online=online)
        pins = PinSet.of(key_pin(cast.backup))
        second = PinUpdate(version + 1, pins, new, new + _GOOD_FOR, online=online)
        his = cast.events["another trusted CA mis-issues"].identity
        offline = Ed25519PrivateKey.generate()
        return cls(cast, key, offline, sign(first, key), second, key_pin(his.leaf), TODAY)

    def app(self, kind: type[Updater] = Updater) -> Updater:
        """Return an app that has the second set, and came with it."""
        return kind(self.offline.public_key(), self.second)

    def naive(self) -> NaiveUpdater:
        """Return the naive app, with the pins of the second set."""
        return NaiveUpdater(self.second.pins, self.second.expires)

    def next(self, **changed: Any) -> PinUpdate:
        """Return the bank's next set, or what else can be made of it: it pins a key new to all."""
        moved = PinSet.of(key_pin(self.moved.identity.leaf))
        ahead = {"version": self.second.version + 1, "pins": moved}
        return replace(self.second, **{**ahead, **changed})

    def dropping(self, **changed: Any) -> bytes:
        """Return the next set as the offline key signs it, with a new online key: an era begins."""
        fresh = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        return sign(self.next(**{"online": fresh, "era": 2, **changed}), self.offline)

    @property
    def moved(self) -> Event:
        """The bank, gone over to the key of its next set."""
        return self.cast.events["renew with an unknown key"]

    @property
    def attempts(self) -> dict[str, Attempt]:
        """Everything that he tries without a key of the bank's, by name."""
        forged = self.next(pins=PinSet.of(self.his))
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

    @property
    def attacks(self) -> Mapping[str, FieldAttack]:
        """At least one attack for each rule, by name."""
        return {**self._sent_again(), **self._slips(), **self._key_compromise(), **self._modes()}

    def _sent_again(self) -> dict[str, FieldAttack]:
        """Return what needs no key: the bank's own sets, at a wrong time or in a wrong place."""
        events = self.cast.events
        thief, mallory = (
            events["stolen key and the real certificate"],
            events["another trusted CA mis-issues"],
        )
        stolen, test_key = PinSet.of(key_pin(self.cast.bank.leaf)), PinSet.of(self.his)
        early = self.at + timedelta(30)
        late = self.next(pins=stolen, expires=self.at - timedelta(1))
        staging = self.next(pins=test_key, audience=Audience("example.bank", "staging"))
        partner = self.next(pins=test_key, audience=Audience("example.partner", "production"))
        return {
            "rollback": self._by_rule(Reason.OLD, thief, self.first),
            "freeze": self._by_rule(Reason.EXPIRED, thief, late),
            "staging": self._by_rule(Reason.AUDIENCE, mallory, staging),
            "another app": self._by_rule(Reason.AUDIENCE, mallory, partner),
            "another host": self._by_rule(
                Reason.HOSTS, mallory, self.next(hosts=("shop.example",))
            ),
            "too early": self._by_rule(
                Reason.FUTURE,
                events["renew with the backup key"],
                self.next(issued=early, expires=early + _GOOD_FOR),
            ),
        }

    def _slips(self) -> dict[str, FieldAttack]:
        """Return slips of the signer's, and what Mallory makes of them."""
        events = self.cast.events
        thief, mallory = (
            events["stolen key and the real certificate"],
            events["another trusted CA mis-issues"],
        )
        said = json.loads(self.next().body)
        twice = self.next().body[:-1] + f', "pins": ["{self.his}"]}}'.encode()
        in_hex = [pin.digest.hex() for pin in self.second.pins]
        starts = (self.at + timedelta(30)).isoformat()
        rotated = events["renew with the backup key"]
        build = self.next(version=1_798_761_600, pins=self.second.pins)  # a Unix time
        return {
            "fast-forward": self._by_rule(Reason.STEP, self.moved, build, self.next()),
            "no number": self._by_rule(
                Reason.TYPE, thief, {**said, "version": float("nan")}, self.first
            ),
            "said twice": self._by_rule(Reason.TWICE, mallory, twice),
            "unknown word": self._by_rule(Reason.UNKNOWN, rotated, {**said, "starts": starts}),
            "bare hex": self._by_rule(Reason.NOTATION, rotated, {**said, "pins": in_hex}),
        }

    def _key_compromise(self) -> dict[str, FieldAttack]:
        """Return what becomes of an online key that is lost, or Mallory's."""
        mallory = self.cast.events["another trusted CA mis-issues"]
        hers, dropped = PinSet.of(self.his), self.dropping()
        era = PinUpdate.read(dropped.partition(b"\n")[0])
        after = replace(era, version=era.version + 1, pins=hers)
        own = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        far = [
            self.next(version=self.second.version + steps, pins=hers)
            for steps in (1000, 2000, 3000)
        ]
        return {
            "online key lost": FieldAttack(WithOneKey, (dropped,), self.moved),
            "stolen key used after": FieldAttack(
                NeverDropsAKey,
                (dropped, sign(after, self.online)),
                mallory,
            ),
            "takeover": self._by_rule(
                Reason.KEYS, mallory, self.next(online=own, era=2, pins=hers), dropped
            ),
            "walked forward": FieldAttack(
                WithoutEras,
                (*(sign(one, self.online) for one in far), dropped),
                mallory,
            ),
        }

    def _modes(self) -> dict[str, FieldAttack]:
        """Return what was not meant for long, and what a phone forgets."""
        mallory = self.cast.events["another trusted CA mis-issues"]
        week = self.at + timedelta(7)
        brief = {
            mode: sign(self.next(mode=mode, expires=week, pins=self.second.pins), self.online)
            for mode in (Enforcement.OFF, Enforcement.REPORT)
        }
        return {
            "kill switch without end": FieldAttack(
                ModesWithoutEnd, (brief[Enforcement.OFF],), mallory, days=8
            ),
            "reports without end": FieldAttack(
                ModesWithoutEnd, (brief[Enforcement.REPORT],), mallory, days=8
            ),
            "reinstalled": FieldAttack(NothingBuiltIn, (), mallory, reinstalled=True),
        }

    def _by_rule(
        self, reason: Reason, knocks: Event, *sets: PinUpdate | dict[str, Any] | bytes
    ) -> FieldAttack:
        """Return the attack that this rule stops; what is not signed yet, the online key signs."""
        return FieldAttack(without(reason), tuple(map(self._sent, sets)), knocks)

    def _sent(self, one: PinUpdate | dict[str, Any] | bytes) -> bytes:
        if isinstance(one, PinUpdate):
            return sign(one, self.online)
        body = one if isinstance(one, bytes) else json.dumps(one).encode()
        return body if b"\n" in body else signed(body, self.online)
