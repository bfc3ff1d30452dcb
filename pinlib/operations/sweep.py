"""What comes of a plan, day by day: which apps reach their bank, and who could have read along.

Each answer is a real handshake.  A handshake's outcome can change only where something that it
depends on changes, so it is made once for each distinct set of these: the chain shown, the roots
trusted, the pins asked, and which of the certificates' dates have passed.  A day in between is
looked up among them, and `audit` makes any day's handshakes again, for real.

All handshakes of a day take place at noon (UTC).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial
from itertools import groupby

from pinlib.errors import BadInput
from pinlib.operations.plans import Deployment, Plan, authorities
from pinlib.pins.pins import Pin, PinSet, Strategy, certificate_pin, key_pin
from pinlib.scenes.cast import HOST, story
from pinlib.shared import shared
from pinlib.tls.certificates import Identity, PrivateKey, Validity, p256
from pinlib.tls.devices import Device
from pinlib.tls.handshake import connect, outcome_of
from pinlib.tls.path_validation import Chain
from pinlib.tls.verdicts import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class App:
    """An app as it went out: what it pins of what the bank showed on the day of its release.

    `pins` are names, as in `Deployment.shows`; an app that does not pin has none.
    """

    version: str
    way: Strategy
    day: date
    pins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Days in a row with one outcome: `shown` was in service on the first, `last` is included."""

    first: date
    last: date
    outcome: Outcome
    shown: Deployment

    @property
    def connects(self) -> bool:
        """Whether the app can log in."""
        return self.outcome is Outcome.CONNECTED


@dataclass(frozen=True, slots=True)
class Track:
    """Days in a row on which the same could read along, by name; and who of them really was there.

    A name is an authority, who certifies a stranger, or a key, which a thief has.
    """

    first: date
    last: date
    could: frozenset[str]
    did: frozenset[str]


@dataclass(frozen=True, slots=True)
class Audit:
    """Days that were lived through again: how many handshakes, and where they did not agree."""

    days: int
    handshakes: int
    disagreements: tuple[str, ...]


def apps(plan: Plan, version: str) -> tuple[App, ...]:
    """Return a version of the app once for each way of pinning.

    Raises BadInput for a version that is never released.
    """
    release = next((one for one in plan.releases if one.version == version), None)
    if release is None:
        known = ", ".join(one.version for one in plan.releases)
        raise BadInput(f"there is no {version!r}; there are {known}", seen=repr(version))
    shown = plan.deployed(release.day)
    pins = {
        Strategy.NONE: (),
        Strategy.LEAF_CERTIFICATE: (shown.certificate,),
        Strategy.LEAF_KEY: (shown.key,),
        Strategy.LEAF_KEY_AND_BACKUP: release.pins,
        Strategy.INTERMEDIATE_KEY: (shown.issuer,),
        Strategy.ROOT_KEY: (shown.root,),
    }
    return tuple(App(version, way, release.day, pins[way]) for way in Strategy)


def noon(day: date) -> datetime:
    """Return the moment at which a day's handshakes take place."""
    return datetime.combine(day, time(12), UTC)


def verdict_on(plan: Plan, app: App, day: date) -> Verdict:
    """Let an app call its bank on a day: a whole handshake, with its ladder.

    Raises BadInput for what is no app, for a day that is not in the plan, and for one before the
    app's release.
    """
    return connect(phone(plan, app, day), identity(plan.deployed(day)), HOST, noon(day))


def identity(deployed: Deployment) -> Identity:
    """Return the certificate in service, with its key: in one kernel always the same."""
    return _issue(deployed.key, deployed.issuer, deployed.day, deployed.ends)


@partial(shared, most=1 << 12)
def _issue(key: str, issuer: str, first: date, last: date) -> Identity:
    midnight = datetime.combine(first, time(), UTC)
    # Both ends count (RFC 5280, section 4.1.2.5), so the last second belongs to the last day.
    ends = datetime.combine(last + timedelta(1), time(), UTC) - timedelta(seconds=1)
    return authorities()[issuer].issue(HOST, valid=Validity(midnight, ends), key=_private(key))


@shared
def _private(name: str) -> PrivateKey:
    known = {"key A": story().bank.key, "key B": story().backup}
    return known.get(name) or p256()


@shared
def _rogue(authority: str) -> Identity:
    """Return what a stranger has whom an authority certified by mistake: valid all the time."""
    issuer = authorities()[authority]
    return issuer.issue(HOST, valid=Validity.of(issuer.certificate))


@shared
def _roots() -> dict[str, Chain]:
    cast = story()
    return {one.name: (one.certificate,) for one in (cast.root, cast.other_root)}


def _pin(plan: Plan, name: str) -> Pin:
    if name in authorities():
        return key_pin(authorities()[name].certificate)
    if name in _roots():
        return key_pin(_roots()[name][0])
    number = name.removeprefix("certificate ")
    if number != name:
        return certificate_pin(identity(plan.deployments[int(number) - 1]).leaf)
    return key_pin(_private(name))


def phone(plan: Plan, app: App, day: date) -> Device:
    """Return the phone with this app on a day: its store shrinks, and its pins may have ended.

    Raises as `verdict_on`.
    """
    _possible(plan, app, day)
    retired = plan.retired(day)
    roots = [chain for name, chain in _roots().items() if name not in retired]
    pinned = app.pins and not plan.pins_ended(app.version, day)
    return Device(
        "phone",
        sum(roots, ()),
        PinSet(tuple(_pin(plan, name) for name in app.pins)) if pinned else None,
    )


def _possible(plan: Plan, app: App, day: date) -> None:
    """Raise BadInput for what is no app, and for a day on which nobody has it."""
    if plan.within(day) < _app(app).day:
        said = f"{app.version} is released on {app.day}: give that day or a later one, not {day}"
        raise BadInput(said, seen=repr(day))


def _app(given: object) -> App:
    if not isinstance(given, App):
        raise BadInput("give an app: one of apps(plan, 'v1')", seen=repr(given))
    return given


class Sweep:
    """A plan, and every handshake that was needed so far to answer for it.

    What was met for another plan may be `known`: a handshake depends on what is shown and asked
    alone, so a plan that goes on where another ended needs only what is new.

    What is asked about an app raises BadInput for what is no app, and for a day that is not in the
    plan; `outcome` and `readers` also for one before the app's release.
    """

    def __init__(self, plan: Plan, known: dict[object, Outcome] | None = None) -> None:
        self.plan = plan
        self._met: dict[object, Outcome] = {} if known is None else known
        self._answers: dict[tuple[App, date], tuple[Outcome, frozenset[str]]] = {}
        self._bounds: dict[object, list[datetime]] = {}
        self._devices: dict[object, Device] = {}

    @property
    def handshakes(self) -> int:
        """How many handshakes have been made."""
        return len(self._met)

    @cached_property
    def turning_points(self) -> tuple[date, ...]:
        """Return the days on which anything can change, in order: the first is the plan's start."""
        plan = self.plan
        lives = [Validity.of(one.certificate) for one in authorities().values()]
        lives += [Validity.of(root) for (root,) in _roots().values()]
        ends = {_first_noon(one.ends + timedelta(seconds=1)) for one in lives}
        starts = {_first_noon(one.starts) for one in lives}
        found = {*plan.turning_points, *(day for day in ends | starts if day > plan.start)}
        return tuple(sorted(day for day in found if day <= plan.ends))

    def outcome(self, app: App, day: date) -> Outcome:
        """Return what becomes of an app that calls its bank on a day."""
        _possible(self.plan, app, day)
        return self._answer(app, day)[0]

    def readers(self, app: App, day: date) -> frozenset[str]:
        """Return by which authority's mistake, or with which stolen key, an app would be fooled.

        A thief shows what the bank showed with that key: its certificates are public, and what
        counts is whether one of them still holds.  Here no authority certifies a stolen key again;
        one that did would let the thief in for longer.
        """
        _possible(self.plan, app, day)
        return self._answer(app, day)[1]

    def work(self, whom: Iterable[App]) -> Iterator[date]:
        """Make every handshake that these apps need, day by day; yield each turning point.

        Who stops in between has what was made so far: `until` of the other methods.
        """
        last = self.turning_points[-1]
        chosen = [app for app in dict.fromkeys(whom) if (app, last) not in self._answers]
        for day in self.turning_points if chosen else ():
            for app in chosen:
                if app.day <= day:
                    self._answer(app, day)
            yield day

    def blocks(self, app: App, until: date | None = None) -> tuple[Block, ...]:
        """Return an app's days from its release on, in stretches of one outcome."""
        found = [(day, self._answer(app, day)[0]) for day in self._days(app, until)]
        runs = [next(run) for _, run in groupby(found, key=lambda one: one[1])]
        return tuple(
            Block(day, last, outcome, self.plan.deployed(day))
            for (day, outcome), last in zip(runs, self._lasts(runs, until), strict=True)
        )

    def tracks(self, app: App, until: date | None = None) -> tuple[Track, ...]:
        """Return an app's days from its release on, in stretches of the same who could read."""
        found = []
        for day in self._days(app, until):
            could = self._answer(app, day)[1]
            found.append((day, (could, could & self.plan.attackers(day))))
        runs = [next(run) for _, run in groupby(found, key=lambda one: one[1])]
        return tuple(
            Track(day, last, *both)
            for (day, both), last in zip(runs, self._lasts(runs, until), strict=True)
        )

    def audit(self, whom: Sequence[App], days: Iterable[date]) -> Audit:
        """Live through these days again, with handshakes of their own, and compare.

        Both answers are compared: what became of the app, and who could have read along.
        """
        count, handshakes, wrong = 0, 0, []
        for day in days:
            count += 1
            for app in whom:
                if _app(app).day > self.plan.within(day):
                    continue
                device = phone(self.plan, app, day)
                met = {
                    name: [connect(device, one, HOST, noon(day)) for one in shown]
                    for name, shown in self._strangers(day)
                }
                fooled = frozenset(
                    name for name, all_of in met.items() if any(v.connected for v in all_of)
                )
                again = verdict_on(self.plan, app, day).outcome
                handshakes += 1 + sum(map(len, met.values()))
                if (again, fooled) != self._answer(app, day):
                    wrong.append(f"{app.way.value}, {app.version}, {day}: {again.value}")
        return Audit(count, handshakes, tuple(wrong))

    def _days(self, app: App, until: date | None) -> list[date]:
        first, end = _app(app).day, self.plan.within(until or self.plan.ends)
        return [day for day in self.turning_points if first <= day <= end]

    def _lasts(self, runs: Sequence[tuple[date, object]], until: date | None) -> list[date]:
        later = [day - timedelta(1) for day, _ in runs[1:]]
        return [*later, until or self.plan.ends] if runs else []

    def _answer(self, app: App, day: date) -> tuple[Outcome, frozenset[str]]:
        """Return what the last turning point before a day came to, or find out."""
        points = self.turning_points
        point = points[bisect_right(points, day) - 1]
        if (app, point) not in self._answers:
            device = self._device(app, point)
            honest = self._meet(device, point, identity(self.plan.deployed(point)))
            self._answers[app, point] = honest, frozenset(self._fooled(device, point))
        return self._answers[app, point]

    def _fooled(self, device: Device, day: date) -> Iterator[str]:
        for name, shown in self._strangers(day):
            if any(self._meet(device, day, one) is Outcome.CONNECTED for one in shown):
                yield name

    def _strangers(self, day: date) -> Iterator[tuple[str, list[Identity]]]:
        """Give everybody who could stand in the middle on a day, and all that he could show."""
        for name in authorities():
            yield name, [_rogue(name)]
        for key in self.plan.stolen(day):
            shown = [one for one in self.plan.deployments if one.key == key and one.day <= day]
            # Those that have ended are refused for that; one of them is asked all the same.
            living = [one for one in shown if day <= one.ends] or shown[-1:]
            yield key, [identity(one) for one in living]

    def _meet(self, device: Device, day: date, peer: Identity) -> Outcome:
        trusted = (*peer.chain, *device.roots)
        if (bounds := self._bounds.get(trusted)) is None:
            lives = [Validity.of(one) for one in trusted]
            ends = {one.ends + timedelta(microseconds=1) for one in lives}
            bounds = self._bounds[trusted] = sorted(ends | {one.starts for one in lives})
        window = bisect_left(bounds, noon(day))
        facts = (peer.chain, device.roots, device.pins, window)
        if facts not in self._met:
            self._met[facts] = outcome_of(device, peer, HOST, noon(day))
        return self._met[facts]

    def _device(self, app: App, day: date) -> Device:
        plan = self.plan
        facts = (app, plan.retired(day), plan.pins_ended(app.version, day))
        if facts not in self._devices:
            self._devices[facts] = phone(plan, app, day)
        return self._devices[facts]


def _first_noon(moment: datetime) -> date:
    """Return the first day whose noon is not before a moment."""
    day = moment.date()
    return day if noon(day) >= moment else day + timedelta(1)
