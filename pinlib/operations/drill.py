"""The rotation drill: a year in which somebody else's decisions arrive, and the bank's are yours.

A run is a seed and the moves made so far, nothing else; `play` says where that has led to.  The
seed decides when the key in use is stolen, when the authority changes its intermediate, and when a
backup is lost.  Everything is a `Plan` in the end, so that who is locked out and who is
robbed is counted from handshakes like any other plan (`pinlib.operations.fleet`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

from pinlib.encoding.naming import letters
from pinlib.errors import BadInput
from pinlib.operations.plans import (
    Attack,
    Deployed,
    Plan,
    PlanEvent,
    Released,
    Stolen,
    authorities,
    root_names,
)

START, ENDS = date(2027, 1, 1), date(2027, 12, 31)
LIFE = 100  # days of a certificate, as the CA/Browser Forum allows in 2027
FIRST, SECOND = "Lab Issuing CA", "Lab Issuing CA 2"
_FRIDAY = 4
NOTHING = "nothing"
"""How a release without a pin is written."""


class Op(Enum):
    """What can be done; the value is how people say it."""

    DAY = "wait a day"
    WEEK = "wait a week"
    MONTH = "wait a month"
    BACKUP = "make a backup key"
    RELEASE = "release the app"
    RENEW = "renew, same key"
    ROTATE = "rotate to the oldest backup"
    REVOKE = "revoke the stolen certificate"

    @property
    def days(self) -> int:
        """How many days it takes; all but waiting is done on the spot."""
        return {Op.DAY: 1, Op.WEEK: 7, Op.MONTH: 30}.get(self, 0)


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that was done; a release has its pins, by name."""

    op: Op
    pins: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = (pin.removeprefix("key ").replace(" ", "_") for pin in self.pins)
        pins = ":" + ("+".join(names) or NOTHING)
        return self.op.name.lower() + (pins if self.op is Op.RELEASE else "")

    @classmethod
    def parse(cls, word: str) -> Move:
        """Read what `str` writes.  Raises BadInput, which says what would be right."""
        name, colon, pins = word.partition(":")
        try:
            op = Op[name.upper()]
        except KeyError:
            known = ", ".join(one.name.lower() for one in Op)
            raise BadInput(f"{word!r} isn’t a move; there are {known}", seen=word) from None
        if (op is Op.RELEASE) is not bool(pins) or (colon and not pins):
            said = "write a release with its pins, as in release:A+B, and other moves without"
            raise BadInput(f"{word!r}: {said}", seen=word)
        names = (
            pin.replace("_", " ") if "_" in pin else f"key {pin}" for pin in pins.split("+") if pin
        )
        return cls(op, () if pins == NOTHING else tuple(names))


@dataclass(frozen=True, slots=True)
class Incident:
    """What arrives, on which day, whatever the bank does."""

    day: date
    what: str


STOLEN, RETIRED, LOST = (
    "the key in use is stolen",
    "the CA changes its intermediate",
    "a backup is lost",
)


def incidents(seed: int) -> tuple[Incident, ...]:
    """Return the year's incidents, in order: the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    fridays = [
        START + timedelta(day)
        for day in range(75, 240)
        if (START + timedelta(day)).weekday() == _FRIDAY
    ]
    found = [
        Incident(chance.choice(fridays), STOLEN),
        Incident(START + timedelta(chance.randrange(30, 300)), RETIRED),
        Incident(START + timedelta(chance.randrange(40, 280)), LOST),
    ]
    return tuple(sorted(found, key=lambda one: (one.day, one.what)))


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a run has led to: the day, what the bank holds, and what has just happened."""

    coming: tuple[Incident, ...]
    life: int
    day: date
    events: tuple[PlanEvent, ...]
    in_use: str
    backups: tuple[str, ...]
    made: int
    issuer: str = FIRST
    lost: tuple[str, ...] = ()
    stolen: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    news: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """Whether the year has ended."""
        return self.day >= ENDS

    @property
    def plan(self) -> Plan:
        """The year as far as it has gone."""
        return Plan("Your run", self.events, self.day)

    @property
    def certificate(self) -> Deployed:
        """The certificate in service."""
        return [one for one in self.events if isinstance(one, Deployed)][-1]

    @property
    def ends(self) -> date:
        """The last day of the certificate in service."""
        return self.certificate.day + timedelta(self.certificate.days - 1)

    @property
    def shipped(self) -> Released:
        """The newest version of the app."""
        return [one for one in self.events if isinstance(one, Released)][-1]

    @property
    def held(self) -> tuple[str, ...]:
        """The keys that can be pinned with some right: the one in use, and those kept offline."""
        return (self.in_use, *self.backups)


def begin(coming: Sequence[Incident], life: int = LIFE) -> Situation:
    """Return New Year's Day: one certificate, one backup key, and an app that pins both.

    `coming` is what will arrive, and `life` how many days a certificate lives.
    """
    key, backup = _key(0), _key(1)
    first = Deployed(START, key, FIRST, life), Released(START, "v1", (key, backup))
    return Situation(tuple(coming), life, START, first, key, (backup,), 2)


def play(seed: int, moves: Sequence[Move]) -> Situation:
    """Return where moves lead to.  Raises BadInput for one that cannot be made there."""
    now = begin(incidents(seed))
    for number, move in enumerate(moves, 1):
        try:
            now = step(now, move)
        except BadInput as error:
            raise BadInput(f"move {number}, {move.op.value}: {error}", seen=str(move)) from None
    return now


def step(now: Situation, move: Move) -> Situation:
    """Return what one move leads to.  Raises BadInput for one that cannot be made."""
    if now.over:
        raise BadInput("the year is over: undo a move, or start over", seen=str(move))
    now = replace(now, news=())
    if move.op.days:
        return _wait(now, move.op.days)
    if move.op is Op.RELEASE:
        return _release(now, move.pins)
    done = {Op.BACKUP: _backup, Op.RENEW: _renew, Op.ROTATE: _rotate, Op.REVOKE: _revoke}
    return done[move.op](now)


def _wait(now: Situation, days: int) -> Situation:
    """Let days pass, up to the next incident, or the first day without a valid certificate."""
    until = min(now.day + timedelta(days), ENDS)
    dead = now.ends + timedelta(1)
    for stop in sorted({dead, *(one.day for one in now.coming)}):
        if now.day < stop <= until:
            until = stop
            break
    ended = until == dead
    now = replace(now, day=until)
    for one in now.coming:
        if one.day == until:
            now = _arrive(now, one.what)
    if ended:
        now = _told(now, f"the certificate expired on {now.ends}: nobody can log in")
    return now


def _arrive(now: Situation, what: str) -> Situation:
    if what == STOLEN:
        key = now.in_use
        rest = (ENDS - now.day).days + 1
        events = Stolen(now.day, key), Attack(now.day, key, rest)
        now = _happened(replace(now, stolen=(*now.stolen, key)), *events)
        return _told(now, f"Friday: {key} is stolen, and the thief is in the middle")
    if what == RETIRED:
        now = replace(now, issuer=SECOND)
        return _told(now, f"the CA now issues from {SECOND}")
    if not now.backups:
        return _told(now, "a disk breaks, but there was no backup key to lose")
    key, *rest_of = now.backups
    now = replace(now, backups=tuple(rest_of), lost=(*now.lost, key))
    return _told(now, f"the disk with {key} breaks: that backup is lost")


def _backup(now: Situation) -> Situation:
    key = _key(now.made)
    now = replace(now, backups=(*now.backups, key), made=now.made + 1)
    return _told(now, f"{key} is made and kept offline; no app knows it yet")


def _renew(now: Situation) -> Situation:
    return _told(_deploy(now, now.in_use), f"a new certificate for {now.in_use}, from {now.issuer}")


def _rotate(now: Situation) -> Situation:
    if not now.backups:
        raise BadInput("there is no backup key to rotate to: make one first", seen="no backup")
    key, *rest = now.backups
    known = key in now.shipped.pins
    now = replace(_deploy(now, key), in_use=key, backups=tuple(rest))
    told = "the newest app knows it" if known else "the newest app doesn’t know it"
    return _told(now, f"a new certificate for {key}, from {now.issuer}: {told}")


def _revoke(now: Situation) -> Situation:
    key = now.stolen[-1] if now.stolen else now.in_use
    revoked = (*now.revoked, key)
    told = f"the CA has revoked the certificate for {key}; this phone doesn’t check"
    return _told(replace(now, revoked=revoked), told)


def _release(now: Situation, pins: tuple[str, ...]) -> Situation:
    if any(isinstance(one, Released) and one.day == now.day for one in now.events[2:]):
        raise BadInput("the app store takes one release a day: wait a day", seen=str(pins))
    made, certified = {_key(at) for at in range(now.made)}, (*authorities(), *root_names())
    for pin in pins:
        if pin.startswith("key ") and pin not in made:
            raise BadInput(f"you haven’t made {pin} yet: pin {', '.join(now.held)}", seen=pin)
        if pin not in made and pin not in certified:
            known = ", ".join(certified)
            said = f"{pin!r} is neither a key nor a CA; the CAs are {known}"
            raise BadInput(said, seen=pin)
    version = f"v{sum(isinstance(one, Released) for one in now.events) + 1}"
    now = _happened(now, Released(now.day, version, pins))
    return _told(now, f"{version} is out, and pins {', '.join(pins) or NOTHING}")


def _deploy(now: Situation, key: str) -> Situation:
    if now.certificate.day == now.day:
        raise BadInput("you’ve already installed a certificate today: wait a day", seen=key)
    return _happened(now, Deployed(now.day, key, now.issuer, now.life))


def _happened(now: Situation, *events: PlanEvent) -> Situation:
    return replace(now, events=(*now.events, *events))


def _told(now: Situation, words: str) -> Situation:
    return replace(now, news=(*now.news, words))


def _key(index: int) -> str:
    return f"key {letters(index)}"


RUNBOOK = (
    "Keep two backup keys offline at all times; replace one that is used or lost the same day.",
    "Every app pins the key in use and both backups; ship a new one the day they change.",
    "Renew a certificate when a third of its life is left, with the same key.",
    "Give up a stolen key the same day: rotate, and release an app that doesn’t know it.",
)
"""What the other bank does in the same year."""


def by_the_book(now: Situation) -> Move:
    """Return what somebody does next who keeps to the runbook."""
    if now.in_use in now.stolen and now.backups and now.certificate.day < now.day:
        return Move(Op.ROTATE)
    if len(now.backups) < 2:
        return Move(Op.BACKUP)
    if now.shipped.pins != now.held:
        released_today = now.shipped.day == now.day and len(now.events) > 2
        return Move(Op.DAY) if released_today else Move(Op.RELEASE, now.held)
    if (now.ends - now.day).days <= now.life // 3:
        return Move(Op.RENEW)
    return Move(Op.WEEK)


def runbook(seed: int) -> tuple[Move, ...]:
    """Return the moves of somebody who keeps to the runbook, whatever arrives."""
    return live(begin(incidents(seed)), by_the_book)[1]


def live(now: Situation, decide: Callable[[Situation], Move]) -> tuple[Situation, tuple[Move, ...]]:
    """Let somebody decide to the end of the year; return where that led, and the moves.

    Raises BadInput for a move that cannot be made, and where no day passes any more.
    """
    moves: list[Move] = []
    while not now.over:
        moves.append(decide(now))
        try:
            now = step(now, moves[-1])
        except BadInput as error:
            said = f"on {now.day}, {moves[-1].op.value}: {error}"
            raise BadInput(said, seen=str(moves[-1])) from None
        idle = len(moves) - sum(bool(move.op.days) for move in moves)
        if idle > _MOST:
            raise BadInput(
                f"you made {idle} moves by {now.day} without waiting: wait a day", seen="no wait"
            )
    return now, tuple(moves)


_MOST = 500
"""Moves on the spot in one year, after which nobody believes that it will end."""
