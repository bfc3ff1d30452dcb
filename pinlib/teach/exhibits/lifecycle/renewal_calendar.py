"""The calendar: years of renewals, and for every way of pinning the day on which it breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from functools import lru_cache, partial

from pinlib import Strategy
from pinlib.data import ByTitle
from pinlib.errors import BadInput
from pinlib.operations.day_report import AUDITED, DayQuery, report, so_far, work
from pinlib.operations.fleet import people, usual
from pinlib.operations.plans import Plan, Released
from pinlib.operations.schedules import Rule, WrittenPlan, lifetimes, written_plans
from pinlib.shared import shared
from pinlib.teach.charts.plan_picture import draw
from pinlib.teach.charts.plan_rows import bare, named_days
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel


class Life(Enum):
    """How long a certificate lives, in days; the value is what a rule takes."""

    DAYS_398 = 398
    DAYS_200 = 200
    DAYS_100 = 100
    DAYS_47 = 47
    DAYS_6 = 6
    ALLOWED = None


_LIVES = {f"{life.value} days": life for life in Life if life.value} | {
    "the most allowed": Life.ALLOWED
}
_ALLOWED = "Renewed after two thirds of it. The CA/Browser Forum allows " + ", ".join(
    f"{one.days} days{f' from {one.start}' if one.start else ''}"
    for one in lifetimes()
    if one.what == "at most"
)
_RENEWALS = {"keeps the key": True, "makes a new key": False}
_ROTATIONS = {"never": 0, "at every renewal": 1, "every 2nd": 2, "every 4th": 4}
_BACKUPS = {"none": 0, "one": 1, "two": 2, "three": 3}
_RULED = ("life", "reuse", "rotate", "backups")


@dataclass(frozen=True, slots=True)
class Calendar:
    """A plan, and where one looks at it.

    `plan` is the title of one that was made by hand, or empty: then the rule counts.  `version` is
    the app in every row, `way` how it pins where users are counted.
    """

    life: Life = Life.DAYS_200
    reuse: bool = True
    day: date = date(2027, 5, 14)
    version: str = "v1"
    way: Strategy = Strategy.LEAF_KEY_AND_BACKUP
    rotate: int = 0
    backups: int = 1
    users: str = usual().name
    audits: int = 0
    plan: str = ""

    @property
    def rule(self) -> Rule:
        """The rule that the controls make; where the limits change, it is lived from 2026 on."""
        rule = Rule(self.life.value, self.reuse, self.rotate, self.backups)
        if self.life is not Life.ALLOWED:
            return rule
        return replace(rule, start=date(2026, 3, 1), ends=date(2029, 8, 31))

    @property
    def lived(self) -> Plan:
        """The plan itself."""
        return written_plans()[self.plan].plan if self.plan else _ruled(self.rule)

    @property
    def asked(self) -> DayQuery:
        """What to see of it, and from where."""
        users = people()[self.users]
        told = (one.say for one in written_plans().values() if self._is(one))
        say = next(told, "")
        return DayQuery(
            *(self.lived, self.day, self.version, users, self.way, self.audits),
            say=say,
            by_hand=bool(self.plan),
        )

    def _is(self, one: WrittenPlan) -> bool:
        return one.title == self.plan if self.plan else one.rule == self.rule


@lru_cache(maxsize=32)
def _ruled(rule: Rule) -> Plan:
    return rule.plan()


def at(written: WrittenPlan) -> Calendar:
    """Return a plan of data/plans/ as the panel shows it first."""
    base = Calendar(day=written.look, version=written.version)
    if written.rule:
        rule = written.rule
        for life in Life:
            state = replace(
                base, life=life, reuse=rule.reuse, rotate=rule.rotate, backups=rule.backups
            )
            offered = rule.rotate in _ROTATIONS.values() and rule.backups in _BACKUPS.values()
            if state.rule == rule and offered:
                return _within(state)
    return _within(replace(base, plan=written.title))


@shared
def _scenes() -> dict[str, Calendar]:
    return {title: at(written) for title, written in written_plans().items()}


class CalendarPanel(Panel[Calendar]):
    """Drag a day through years of renewals."""

    name = "calendar"
    controls = (
        Control("life", "A certificate lives", _LIVES, _ALLOWED),
        Control(
            "reuse",
            "A renewal",
            _RENEWALS,
            tooltips=("The default of acme.sh", "The default of certbot, ACM and cert-manager"),
        ),
        Control(
            "day",
            "Day",
            {},
            "A real handshake on that day, for every row",
            kind="slider",
            follows=True,
        ),
        Control(
            "version",
            "The app is",
            {},
            "The version in every row",
            kind="dropdown",
            more=True,
            follows=True,
        ),
        Control(
            "audits",
            f"Audit {AUDITED} days",
            {},
            "Repeats the handshakes of random days, and compares",
            kind="press",
            more=True,
        ),
        Control(
            "way",
            "Count users who pin the",
            {one.value: one for one in Strategy},
            "Whose users the last row counts",
            more=True,
        ),
        Control(
            "rotate",
            "Switch to a backup key",
            _ROTATIONS,
            "A rotation the app is prepared for",
            kind="dropdown",
            more=True,
        ),
        Control(
            "backups", "Backup keys in the app", _BACKUPS, "Made ahead, kept offline", more=True
        ),
        Control(
            "users",
            "People update",
            {name: name for name in people()},
            "Assumed: how long until a release is installed, and that some never install it",
            kind="dropdown",
            more=True,
        ),
        Control("plan", "Plan", {}, "One of data/plans, made by hand", kind="dropdown", more=True),
    )
    presets = ByTitle("scene", _scenes)
    initial = Calendar()

    def controls_in(self, state: Calendar) -> tuple[Control, ...]:
        """Offer the days and versions of the plan that is shown."""
        plan = state.lived
        titles = {title: title for title, one in _scenes().items() if one.plan}
        offers: dict[str, dict[str, object]] = {
            "day": {**named_days(plan)},
            "version": {_app(one): one.version for one in plan.releases},
            "plan": {"by the settings above": "", **titles},
        }
        return tuple(
            replace(one, options=offers.get(one.field, one.options)) for one in self.controls
        )

    def settle(self, state: Calendar, before: Calendar) -> Calendar:
        """Leave a plan made by hand where the rule was changed; keep day and version in reach."""
        if any(getattr(state, one) != getattr(before, one) for one in _RULED):
            state = replace(state, plan="")
        if state.plan != before.plan and state.plan:
            written = written_plans()[state.plan]
            state = replace(state, day=written.look, version=written.version)
        return _within(state)

    @classmethod
    def states(cls) -> Iterator[Calendar]:
        """Give every rule once, every plan on all its days, and one with all ways to count."""
        every = [at(one) for one in written_plans().values()]
        yield from every
        for life in Life:
            for reuse in (True, False):
                for rotate in _ROTATIONS.values():
                    yield _within(Calendar(life, reuse, rotate=rotate, backups=rotate % 4))
        for state in every:
            if state.life is not Life.DAYS_6:
                for day in named_days(state.lived).values():
                    yield replace(state, day=day)
                for one in state.lived.releases:
                    yield replace(state, version=one.version)
        chosen = next((state for state in every if state.plan), every[0])
        for way in Strategy:
            for who in people():
                yield replace(chosen, way=way, users=who, audits=1)

    def work(self, state: Calendar) -> Iterator[Callable[[], View]]:
        """Shake the hands that the picture needs, day by day."""
        for day in work(state.asked):
            yield partial(_so_far, state.asked, day)

    def view(self, state: Calendar) -> View:
        """Draw all of it, and make the day's handshakes whole."""
        return draw(report(state.asked))


def _so_far(asked: DayQuery, day: date) -> View:
    return draw(so_far(asked, day))


def _within(state: Calendar) -> Calendar:
    """Return the state with a day and a version that its plan has."""
    plan = state.lived
    days = tuple(named_days(plan).values())
    if state.day not in days:
        state = replace(state, day=min(days, key=lambda one: abs((one - state.day).days)))
    if state.version not in {one.version for one in plan.releases}:
        state = replace(state, version=plan.releases[0].version)
    return state


def _app(release: Released) -> str:
    return f"{release.version}, pins {bare(release.pins) or 'nothing'}"


def show_plan(plan: Plan, day: date | None = None, version: str | None = None) -> View:
    """Draw a plan as the panel does, for a cell that ends with it.

    Without a day it is seen from its first, and without a version by the first that was released.
    Raises BadInput for what is no plan, and for a day or a version that is not in it.
    """
    if not isinstance(plan, Plan):
        wanted = "show takes a Plan, such as Rule(200).plan(); CalendarPanel takes a title too"
        raise BadInput(wanted, seen=repr(plan))
    day, version = day or plan.start, version or plan.releases[0].version
    return draw(report(DayQuery(plan, day, version, usual(), cards=False)))
