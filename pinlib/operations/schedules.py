"""Plans by a rule: how long certificates live, which key the next one gets, what the app knows.

    Rule(lifetime=47, rotate=1, backups=3).plan()

The rule is the bank's own; how long a public authority may certify at all is the CA/Browser
Forum's, and changes (data/lifetimes.csv).  Plans that somebody wrote down lie in data/plans/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, timedelta
from functools import cache
from typing import Any, get_type_hints

from pinlib.data import (
    ByTitle,
    Reader,
    optional,
    read_document,
    read_table,
    sentence,
    title,
    titled,
)
from pinlib.encoding.naming import letters
from pinlib.errors import BadData, BadInput
from pinlib.operations.plans import (
    Attack,
    Deployed,
    PinsEnd,
    Plan,
    PlanEvent,
    Released,
    Retired,
    Stolen,
)
from pinlib.shared import shared

_MOST = 14_600  # days, or keys: forty years are enough
ALLOWED = "as allowed"
"""How a file writes a lifetime that is as long as it may be."""


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
    return tuple(Limit(*row.values()) for row in read_table("lifetimes.csv", columns))


def allowed(day: date) -> int:
    """Return for how many days a public authority may issue on a day (ballot SC-081v3)."""
    limits = [one for one in lifetimes() if one.what == "at most"]
    return min(one.days for one in limits if one.start is None or one.start <= day)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a bank renews, as a rule; `plan` writes it out.

    `lifetime` is in days; None means as long as the CA/Browser Forum allows on the day.  A renewal
    comes after two thirds of that.  With `reuse` it keeps the key, else it makes a new one that
    nobody has seen before, as certbot does.  Every `rotate`-th renewal goes to the next backup
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
        if self.lifetime is not None:
            least["lifetime"] = 2
        for name, low in least.items():
            given = getattr(self, name)
            if type(given) is not int or not low <= given <= _MOST:
                raise BadInput(f"{name} is a number from {low} to {_MOST}", seen=repr(given))
        if type(self.reuse) is not bool:
            raise BadInput("reuse is True or False", seen=repr(self.reuse))
        for name in ("start", "ends"):
            if type(getattr(self, name)) is not date:
                said = f"{name} is a date, such as date(2027, 1, 1)"
                raise BadInput(said, seen=repr(getattr(self, name)))
        if self.ends < self.start:
            raise BadInput(f"it starts on {self.start} but ends earlier", seen=str(self.ends))

    def plan(self) -> Plan:
        """Return the plan that follows from it."""
        return Plan("By the rule", tuple(self._events()), self.ends)

    def _events(self) -> Iterator[PlanEvent]:
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
class WrittenPlan:
    """A plan with what to say of it, and the day and the version to look at first.

    `rule` is what it was made by, if by nothing else.
    """

    title: str
    say: str
    plan: Plan
    rule: Rule | None
    look: date
    version: str


@shared
def written_plans() -> Mapping[str, WrittenPlan]:
    """Return the plans of data/plans/ by title, in the order of their files' names.

    Anybody may add a file.  Raises BadData, which names file and key.
    """
    found = titled("plans", _read)
    return ByTitle("plan", lambda: found)


_LISTS: Mapping[str, type[Any]] = {
    "deployed": Deployed,
    "released": Released,
    "pins_end": PinsEnd,
    "stolen": Stolen,
    "retired": Retired,
    "attack": Attack,
}


def _read(name: str) -> WrittenPlan:
    schema = {"title": title, "say": sentence, "ends?": _day, "rule?": _schema(Rule)}
    schema |= {"look?": _day, "version?": str}
    lists = {f"{word}?": [_schema(kind)] for word, kind in _LISTS.items()}
    given = read_document(name, {**schema, **lists})
    listed = [(word, one) for word in _LISTS for one in given.get(word, ())]
    try:
        rule = Rule(**given["rule"]) if "rule" in given else None
        events: tuple[PlanEvent, ...] = tuple(_LISTS[word](**one) for word, one in listed)
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
    return WrittenPlan(given["title"], given["say"], plan, None if listed else rule, look, version)


def _schema(kind: type[Any]) -> dict[str, Any]:
    """Return what a TOML table must hold to become one of these."""
    known: dict[Any, Any] = {int: int, bool: bool, str: str}
    known |= {date: _day, tuple[str, ...]: _words, int | None: _lifetime}
    types = get_type_hints(kind)
    return {
        one.name if one.default is MISSING else f"{one.name}?": known[types[one.name]]
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
