"""What happens to a bank's certificates over the years: a frozen list of dated events.

    Plan("A year", (Deployed(day, "key A"), Released(day, "v1", ("key A", "key B")), …), ends)

It says what the bank, the app's makers and thieves do, and when; what comes of that is for
handshakes to show (`operations.sweep`).  `operations.schedules` writes plans by a rule, and reads
files.  Everything happens at midnight (UTC).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any

from pinlib.encoding.naming import name_of
from pinlib.errors import BadInput
from pinlib.scenes.cast import story
from pinlib.shared import shared
from pinlib.tls.certificates import Authority

ISSUER = "Lab Issuing CA"
_KEY = re.compile(r"key [A-Z]{1,3}")
_MOST = 40 * 366  # days of a plan


@dataclass(frozen=True, slots=True)
class Deployed:
    """The bank puts a certificate into service, made that day for so many days.

    Which key and which issuer it has, next to the one before, is what this event is about.
    """

    day: date
    key: str
    issuer: str = ISSUER
    days: int = 200


@dataclass(frozen=True, slots=True)
class Released:
    """A version of the app goes out: `pins` are keys, or authorities, by their names."""

    day: date
    version: str
    pins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PinsEnd:
    """A version's pin set expires: from now on it does not ask its pins, as platforms do it."""

    day: date
    version: str


@dataclass(frozen=True, slots=True)
class Stolen:
    """A copy of a private key is somebody else's, too."""

    day: date
    key: str


@dataclass(frozen=True, slots=True)
class Retired:
    """A root goes out of the stores of all devices."""

    day: date
    root: str


@dataclass(frozen=True, slots=True)
class Attack:
    """Somebody stands in the middle, by an authority that certified him or with a stolen key."""

    day: date
    by: str
    days: int = 30

    @property
    def ends(self) -> date:
        """The first day without him."""
        return self.day + timedelta(self.days)


PlanEvent = Deployed | Released | PinsEnd | Stolen | Retired | Attack
_KINDS = (Deployed, Released, PinsEnd, Stolen, Retired, Attack)


_DAY = "a date, such as date(2027, 5, 14)"
_NAME = (lambda given: isinstance(given, str)), "a str"
_VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "day": (lambda given: type(given) is date, _DAY),
    "days": (lambda given: type(given) is int, "an int"),
    "pins": (
        lambda given: type(given) is tuple and all(isinstance(one, str) for one in given),
        "a tuple of names, such as ('key A',)",
    ),
}
"""What an event's fields have to be, and how that is called; all others are names."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A certificate in service, and by which names a pin can know it.

    `ends` is the last day on which it is valid, `replaced` the day on which the next one is put in
    its place, or None; so the two are not the same thing.
    """

    number: int
    day: date
    ends: date
    key: str
    issuer: str
    root: str
    replaced: date | None

    @property
    def certificate(self) -> str:
        """What this very certificate is called here."""
        return f"certificate {self.number}"

    @property
    def shows(self) -> frozenset[str]:
        """Everything that a pin may match in its verified chain, by name."""
        return frozenset({self.certificate, self.key, self.issuer, self.root})


@shared
def authorities() -> Mapping[str, Authority]:
    """Return the authorities that a bank can buy from, by name."""
    cast = story()
    known = (cast.issuing, cast.second_issuing, cast.other_issuing)
    return MappingProxyType({authority.name: authority for authority in known})


def root_of(issuer: str) -> str:
    """Return the name of the root above an issuer."""
    return name_of(authorities()[issuer].certificate.issuer)


@shared
def root_names() -> tuple[str, ...]:
    """Return the names of the roots above all authorities, in the order of the alphabet."""
    return tuple(sorted({root_of(name) for name in authorities()}))


@dataclass(frozen=True)
class Plan:
    """Dated events, and the last day to look at.

    The order in which events of one day are given does not matter.  Raises BadInput for a plan
    that cannot be lived through.
    """

    title: str
    events: tuple[PlanEvent, ...]
    ends: date

    def __post_init__(self) -> None:
        if isinstance(self.events, Iterable):  # a list, or what yields them one by one
            object.__setattr__(self, "events", tuple(self.events))
        for wrong in self._wrong_kinds():
            raise BadInput(f"{self.title}: {wrong}", seen=wrong)
        ordered = sorted(self.events, key=lambda one: (one.day, _KINDS.index(type(one)), str(one)))
        object.__setattr__(self, "events", tuple(ordered))
        for wrong in self._slips():
            raise BadInput(f"{self.title}: {wrong}", seen=wrong)

    def _wrong_kinds(self) -> Iterator[str]:
        if type(self.ends) is not date:
            yield f"it ends on {_DAY}, not on {self.ends!r}"
        if not isinstance(self.events, tuple):
            yield f"its events are a tuple, not {self.events!r}"
            return
        for one in self.events:
            if type(one) not in _KINDS:
                known = ", ".join(kind.__name__ for kind in _KINDS)
                yield f"{one!r} isn’t an event: there are {known}"
                return
            for field in fields(one):
                is_one, called = _VALUES.get(field.name, _NAME)
                given = getattr(one, field.name)
                if not is_one(given):
                    yield f"{type(one).__name__}: its {field.name} is {called}, not {given!r}"

    def _slips(self) -> Iterator[str]:
        deployed, released = self._all(Deployed), self._all(Released)
        days = Counter(one.day for one in deployed)
        versions = {one.version for one in released}
        if not deployed or self.events[0].day != deployed[0].day:
            yield "begin with a certificate: nothing can happen before one is deployed"
            return
        if not released:
            yield "nobody has an app: release a version"
        if len(versions) < len(released):
            yield "two releases have the same version: give each its own"
        if not self.start <= self.events[-1].day <= self.ends:
            yield f"something happens on {self.events[-1].day}, and the plan ends on {self.ends}"
        if (self.ends - self.start).days > _MOST:
            yield "it is longer than 40 years"
        for day, count in days.items():
            if count > 1:
                yield f"{count} certificates are deployed on {day}: one at a time"
        for one in self.events:
            yield from self._slips_of(one, versions)

    def _slips_of(self, one: PlanEvent, versions: set[str]) -> Iterator[str]:
        roots = root_names()
        keys = [one.key] if isinstance(one, Deployed | Stolen) else []
        if isinstance(one, Deployed) and one.issuer not in authorities():
            yield f"no CA is called {one.issuer!r}; there are {', '.join(authorities())}"
        if isinstance(one, Deployed | Attack) and not 1 <= one.days <= _MOST:
            yield f"{one.days} days is no lifetime: use 1 to {_MOST}"
        if isinstance(one, Retired) and one.root not in roots:
            yield f"no root is called {one.root!r}; there are {', '.join(roots)}"
        if isinstance(one, PinsEnd) and one.version not in versions:
            yield f"the pins of {one.version!r} end, but that version is never released"
        if isinstance(one, Released):
            keys = [pin for pin in one.pins if pin not in {*authorities(), *roots}]
        if isinstance(one, Attack) and one.by not in authorities():
            keys = [one.by]
        for key in keys:
            if not _KEY.fullmatch(key):
                yield f"{key!r} is neither a key nor a CA: write key A, or {ISSUER}"

    @cached_property
    def _by_kind(self) -> dict[type[Any], tuple[Any, ...]]:
        return {kind: tuple(one for one in self.events if type(one) is kind) for kind in _KINDS}

    def _all(self, kind: type[Any]) -> tuple[Any, ...]:
        return self._by_kind[kind]

    @property
    def start(self) -> date:
        """The first day."""
        return self.events[0].day

    @property
    def days(self) -> int:
        """How many days it covers, both ends included."""
        return (self.ends - self.start).days + 1

    @cached_property
    def deployments(self) -> tuple[Deployment, ...]:
        """Every certificate, in the order of service."""
        found: tuple[Deployed, ...] = self._all(Deployed)
        following = (*(one.day for one in found[1:]), None)
        return tuple(
            Deployment(
                *(number, one.day, one.day + timedelta(one.days - 1), one.key, one.issuer),
                *(root_of(one.issuer), after),
            )
            for number, (one, after) in enumerate(zip(found, following, strict=True), 1)
        )

    @cached_property
    def releases(self) -> tuple[Released, ...]:
        """Every version of the app, in the order of release."""
        return self._all(Released)

    @property
    def attacks(self) -> tuple[Attack, ...]:
        """Everybody who stands in the middle, and when."""
        return self._all(Attack)

    @cached_property
    def _since(self) -> list[date]:
        return [one.day for one in self.deployments]

    def within(self, day: date) -> date:
        """Return a day of this plan as it is; of any other there is nothing to say.

        Raises BadInput, and so does all that is asked about a day.
        """
        if type(day) is not date or not self.start <= day <= self.ends:
            wanted = f"a date from {self.start} to {self.ends}, such as date(2027, 5, 14)"
            raise BadInput(f"{day!r} isn’t in this plan: give {wanted}", seen=repr(day))
        return day

    def deployed(self, day: date) -> Deployment:
        """Return the certificate in service on a day."""
        return self.deployments[bisect_right(self._since, self.within(day)) - 1]

    def retired(self, day: date) -> frozenset[str]:
        """Return the roots that devices do not trust any more on a day."""
        self.within(day)
        return frozenset(one.root for one in self._all(Retired) if one.day <= day)

    def stolen(self, day: date) -> tuple[str, ...]:
        """Return the keys that somebody else has on a day."""
        self.within(day)
        return tuple(one.key for one in self._all(Stolen) if one.day <= day)

    def pins_ended(self, version: str, day: date) -> bool:
        """Return whether a version does not ask its pins any more on a day."""
        self.within(day)
        return any(one.version == version and one.day <= day for one in self._all(PinsEnd))

    def attackers(self, day: date) -> frozenset[str]:
        """Return by whom somebody stands in the middle on a day."""
        self.within(day)
        return frozenset(one.by for one in self.attacks if one.day <= day < one.ends)

    def adding(self, *events: PlanEvent) -> Plan:
        """Return the same plan, and more happens in it."""
        return replace(self, events=(*self.events, *events))

    @cached_property
    def turning_points(self) -> tuple[date, ...]:
        """Every day on which anything changes that a handshake could depend on, in order."""
        found = {one.day for one in self.events}
        found |= {one.ends + timedelta(1) for one in self.deployments}
        found |= {one.ends for one in self.attacks}
        return tuple(sorted(day for day in found if day <= self.ends))
