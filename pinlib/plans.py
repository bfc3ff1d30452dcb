"""What happens to a bank's certificates over the years: a frozen list of dated events.

    Plan("A year", (Deployed(day, "key A"), Released(day, "v1", ("key A", "key B")), …), ends)

A plan is made by hand, by a rule (`Rule`: how long certificates live, which key they get), or read
from `data/plans/`.  It says what the bank, the app's makers and thieves do, and when; what comes of
that is for handshakes to show (`pinlib.timeline`).  Everything happens at midnight (UTC).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date, timedelta
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

from pinlib.cast import story
from pinlib.certificates import Authority
from pinlib.data import Reader, document, optional, sentence, table, title, titled
from pinlib.errors import BadData, BadInput
from pinlib.naming import letters, name_of

ISSUER = "Lab Issuing CA"
ALLOWED = "as allowed"
_KEY = re.compile(r"key [A-Z]{1,2}")
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


Event = Deployed | Released | PinsEnd | Stolen | Retired | Attack
_KINDS = (Deployed, Released, PinsEnd, Stolen, Retired, Attack)


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


@cache
def authorities() -> Mapping[str, Authority]:
    """Return the authorities that a bank can buy from, by name."""
    cast = story()
    known = (cast.issuing, cast.second_issuing, cast.other_issuing)
    return MappingProxyType({authority.name: authority for authority in known})


def root_of(issuer: str) -> str:
    """Return the name of the root above an issuer."""
    return name_of(authorities()[issuer].certificate.issuer)


@dataclass(frozen=True)
class Plan:
    """Dated events, and the last day to look at.

    The order in which events of one day are given does not matter.  Raises BadInput for a plan
    that cannot be lived through.
    """

    title: str
    events: tuple[Event, ...]
    ends: date

    def __post_init__(self) -> None:
        ordered = sorted(self.events, key=lambda one: (one.day, _KINDS.index(type(one)), str(one)))
        object.__setattr__(self, "events", tuple(ordered))
        for wrong in self._slips():
            raise BadInput(f"{self.title}: {wrong}", seen=wrong)

    def _slips(self) -> Iterator[str]:
        deployed, released = self._all(Deployed), self._all(Released)
        days = Counter(one.day for one in deployed)
        versions = {one.version for one in released}
        if not deployed or self.events[0].day != deployed[0].day:
            yield "it begins with a certificate: nothing can happen before one is deployed"
            return
        if not released:
            yield "nobody has an app: release a version of it"
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

    def _slips_of(self, one: Event, versions: set[str]) -> Iterator[str]:
        roots = {root_of(name) for name in authorities()}
        keys = [one.key] if isinstance(one, Deployed | Stolen) else []
        if isinstance(one, Deployed) and one.issuer not in authorities():
            yield f"nobody is called {one.issuer!r}; there are {', '.join(authorities())}"
        if isinstance(one, Deployed | Attack) and one.days < 1:
            yield f"{one.days} days are no time: at least 1"
        if isinstance(one, Retired) and one.root not in roots:
            yield f"no root is called {one.root!r}; there are {', '.join(sorted(roots))}"
        if isinstance(one, PinsEnd) and one.version not in versions:
            yield f"the pins of {one.version!r} end, and no such version is released"
        if isinstance(one, Released):
            keys = [pin for pin in one.pins if pin not in {*authorities(), *roots}]
        if isinstance(one, Attack) and one.by not in authorities():
            keys = [one.by]
        for key in keys:
            if not _KEY.fullmatch(key):
                yield f"{key!r} is no key and no authority: write key A, or {ISSUER}"

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

    def deployed(self, day: date) -> Deployment:
        """Return the certificate in service on a day."""
        return self.deployments[bisect_right(self._since, day) - 1]

    def retired(self, day: date) -> frozenset[str]:
        """Return the roots that devices do not trust any more on a day."""
        return frozenset(one.root for one in self._all(Retired) if one.day <= day)

    def stolen(self, day: date) -> tuple[str, ...]:
        """Return the keys that somebody else has on a day."""
        return tuple(one.key for one in self._all(Stolen) if one.day <= day)

    def pins_ended(self, version: str, day: date) -> bool:
        """Return whether a version does not ask its pins any more on a day."""
        return any(one.version == version and one.day <= day for one in self._all(PinsEnd))

    def attackers(self, day: date) -> frozenset[str]:
        """Return by whom somebody stands in the middle on a day."""
        return frozenset(one.by for one in self.attacks if one.day <= day < one.ends)

    def adding(self, *events: Event) -> Plan:
        """Return the same plan, and more happens in it."""
        return replace(self, events=(*self.events, *events))

    @cached_property
    def turning_points(self) -> tuple[date, ...]:
        """Every day on which anything changes that a handshake could depend on, in order."""
        found = {one.day for one in self.events}
        found |= {one.ends + timedelta(1) for one in self.deployments}
        found |= {one.ends for one in self.attacks}
        return tuple(sorted(day for day in found if day <= self.ends))


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a certificate may live from a day on, or does: `start` is None for "until then"."""

    start: date | None
    days: int
    who: str
    what: str
    source: str


@cache
def lifetimes() -> tuple[Limit, ...]:
    """Return what the CA/Browser Forum allows and what Let's Encrypt does, with sources."""
    day = optional(date.fromisoformat)
    columns: dict[str, Reader] = {"from": day, "days": int, "who": str, "what": str, "source": str}
    return tuple(Limit(*row.values()) for row in table("lifetimes.csv", columns))


def allowed(day: date) -> int:
    """Return for how many days a public authority may issue on a day (ballot SC-081v3)."""
    limits = [one for one in lifetimes() if one.what == "at most"]
    return min(one.days for one in limits if one.start is None or one.start <= day)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a bank renews, as a rule; `plan` writes it out.

    `lifetime` is in days; None means as long as the CA/Browser Forum allows on the day.  A renewal
    comes after two thirds of that.  With `reuse` it keeps the key, else it makes a new one that
    nobody has seen before, as most tools do.  Every `rotate`-th renewal goes to the next backup
    key instead (0: never).  The app comes out every `cadence` days, where its pins would differ:
    the key in use, and `backups` more that wait offline.
    """

    lifetime: int | None = 200
    reuse: bool = True
    rotate: int = 0
    backups: int = 1
    start: date = date(2027, 1, 1)
    ends: date = date(2028, 12, 31)
    cadence: int = 90

    def __post_init__(self) -> None:
        least = {"rotate": 0, "backups": 0, "cadence": 1}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise BadInput(f"{name} is at least {low}", seen=repr(getattr(self, name)))
        if self.lifetime is not None and self.lifetime < 2:
            raise BadInput("a certificate lives for 2 days at least", seen=repr(self.lifetime))

    def plan(self) -> Plan:
        """Return the plan that follows from it."""
        return Plan("By the rule", tuple(self._events()), self.ends)

    def _events(self) -> Iterator[Event]:
        made = self.backups + 1
        key, waiting = 0, list(range(1, made))
        day, number = self.start, 0
        due = self.start  # the next day on which the app may come out
        shipped: tuple[str, ...] = ()
        version = 0
        while day <= self.ends:
            life = self.lifetime or allowed(day)
            yield Deployed(day, _key(key), days=life)
            following = day + timedelta(max(1, life * 2 // 3))
            pins = tuple(map(_key, (key, *waiting)))
            while due < min(following, self.ends + timedelta(1)):
                if pins != shipped:
                    version += 1
                    yield Released(due, f"v{version}", pins)
                    shipped = pins
                due += timedelta(self.cadence)
            day, number = following, number + 1
            rotates = self.rotate and number % self.rotate == 0
            if rotates and waiting:
                key = waiting.pop(0)
                waiting.append(made)
                made += 1
            elif rotates or not self.reuse:
                key, made = made, made + 1


def _key(index: int) -> str:
    return f"key {letters(index)}"


@dataclass(frozen=True, slots=True)
class Written:
    """A plan with what to say of it, and the day and the version to look at first.

    `rule` is what it was made by, if by nothing else.
    """

    title: str
    say: str
    plan: Plan
    rule: Rule | None
    look: date
    version: str


@cache
def plans() -> Mapping[str, Written]:
    """Return the plans of data/plans/ by title, in the order of their files' names.

    Anybody may add a file.  Raises BadData, which names file and key.
    """
    return MappingProxyType(titled("plans", _read))


_LISTS: Mapping[str, type[Any]] = {
    "deployed": Deployed,
    "released": Released,
    "pins_end": PinsEnd,
    "stolen": Stolen,
    "retired": Retired,
    "attack": Attack,
}


def _read(name: str) -> Written:
    schema = {"title": title, "say": sentence, "ends?": _day, "rule?": _schema(Rule)}
    schema |= {"look?": _day, "version?": str}
    lists = {f"{word}?": [_schema(kind)] for word, kind in _LISTS.items()}
    given = document(name, {**schema, **lists})
    listed = [(word, one) for word in _LISTS for one in given.get(word, ())]
    try:
        rule = Rule(**given["rule"]) if "rule" in given else None
        events: tuple[Event, ...] = tuple(_LISTS[word](**one) for word, one in listed)
        if rule:
            events += rule.plan().events
        ends = given.get("ends") or (rule.ends if rule else None)
        if ends is None:
            raise BadInput("'ends' is missing, the last day to look at", seen="no end")
        plan = Plan(given["title"], events, ends)
    except BadInput as error:
        raise BadData(str(error), file=name, where="the whole file") from error
    look, version = given.get("look", plan.start), given.get("version", plan.releases[0].version)
    if not plan.start <= look <= plan.ends:
        raise BadData(f"{look} is not in the plan", file=name, where="key 'look'")
    if version not in {one.version for one in plan.releases}:
        raise BadData(f"{version!r} is never released", file=name, where="key 'version'")
    return Written(given["title"], given["say"], plan, None if listed else rule, look, version)


def _schema(kind: type[Any]) -> dict[str, Any]:
    """Return what a TOML table must hold to become one of these."""
    known: dict[str, Any] = {"int": int, "bool": bool, "str": str}
    known |= {"date": _day, "tuple[str, ...]": _words, "int | None": _lifetime}
    return {
        one.name if one.default is MISSING else f"{one.name}?": known[str(one.type)]
        for one in fields(kind)
    }


def _lifetime(value: Any) -> int | None:
    if type(value) is int or value == ALLOWED:
        return None if value == ALLOWED else int(value)
    raise BadInput(f'days are expected here, or "{ALLOWED}"', seen=repr(value))


def _day(value: Any) -> date:
    if type(value) is date:
        return value
    raise BadInput("a day is written 2027-01-31, without quotes", seen=repr(value))


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise BadInput('a list of names is expected, such as ["key A", "key B"]', seen=repr(value))
