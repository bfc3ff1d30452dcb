"""The calendar: years of renewals, and for every way of pinning the day on which it breaks."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache, partial

from pinlib import Outcome, Strategy, Verdict
from pinlib.fleet import Count, cut_off, each_time_anew, late_stay_late, people, versions
from pinlib.plans import (
    Attack,
    Deployed,
    Deployment,
    Event,
    PinsEnd,
    Plan,
    Released,
    Retired,
    Stolen,
    authorities,
    root_of,
)
from pinlib.rules import Rule, Written, lifetimes, plans
from pinlib.teach import evidence, svg
from pinlib.teach.controls import Control
from pinlib.teach.panel import Panel, View
from pinlib.teach.svg import Headline, Html, Mark, Tone, card, columns, paragraph
from pinlib.teach.timechart import Curve, Moment, Row, Stretch, Tick, progress, timechart
from pinlib.timeline import App, Audit, Block, Sweep, Track, apps, identity, noon, verdict
from pinlib.verdicts import day as in_words

AUDITED = 30
"""Days of one audit."""


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
_ALLOWED = "Renewed after two thirds of that. The CA/Browser Forum allows " + ", ".join(
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
    users: str = next(iter(people()))
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
        return plans()[self.plan].plan if self.plan else _ruled(self.rule)


@lru_cache(maxsize=32)
def _ruled(rule: Rule) -> Plan:
    return rule.plan()


def at(written: Written) -> Calendar:
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


class _Scenes(Mapping[str, Calendar]):
    """The plans of data/plans/, read when a panel is made."""

    def __getitem__(self, title: str) -> Calendar:
        return at(plans()[title])

    def __iter__(self) -> Iterator[str]:
        return iter(plans())

    def __len__(self) -> int:
        return len(plans())


@lru_cache(maxsize=64)
def named_days(plan: Plan) -> dict[str, date]:
    """Return the days that a slider stops at: where something happens, and each month's first."""
    told: dict[date, list[str]] = {}
    for event in plan.events:
        told.setdefault(event.day, []).append(_happens(event))
    deployments = plan.deployments
    if len(deployments) <= 40:
        for one in deployments:
            late = one.replaced is None or one.replaced > one.ends
            what = f"{one.certificate} has ended" if late else f"{one.certificate} would end"
            told.setdefault(one.ends + timedelta(1), []).append(what)
    day = plan.start
    while day <= plan.ends:
        told.setdefault(day, [])
        day = (day.replace(day=1) + timedelta(32)).replace(day=1)
    days = sorted(day for day in told if day <= plan.ends)
    return {": ".join(filter(None, (_short(day), ", ".join(told[day])))): day for day in days}


def _short(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _happens(event: Event) -> str:
    match event:
        case Deployed():
            return f"a certificate with {event.key}"
        case Released():
            return f"{event.version} of the app"
        case PinsEnd():
            return f"the pins of {event.version} end"
        case Stolen():
            return f"{event.key} is stolen"
        case Retired():
            return f"{event.root} is retired"
        case Attack():
            return "somebody in the middle"


class CalendarPanel(Panel[Calendar]):
    """Drag a day through years of renewals."""

    name = "calendar"
    controls = (
        Control("life", "A certificate lives", _LIVES, _ALLOWED),
        Control(
            "reuse",
            "A renewal",
            _RENEWALS,
            tooltips=("As with certbot --reuse-key", "The default of certbot, and of ACM"),
        ),
        Control("day", "Day", {}, "A real handshake on that day, for every row", kind="slider"),
        Control(
            "version", "The app is", {}, "The version in every row", kind="dropdown", more=True
        ),
        Control(
            "audits",
            f"Audit {AUDITED} days",
            {},
            "Makes the handshakes of random days again, and compares",
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
            "Goes to a backup key",
            _ROTATIONS,
            "A rotation that the app was prepared for",
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
            "An assumption: how long until a release is installed",
            kind="dropdown",
            more=True,
        ),
        Control("plan", "Plan", {}, "One of data/plans, made by hand", kind="dropdown", more=True),
    )
    presets = _Scenes()
    initial = Calendar()

    def controls_in(self, state: Calendar) -> tuple[Control, ...]:
        """Offer the days and versions of the plan that is shown."""
        plan = state.lived
        titles = {title: title for title, one in _Scenes().items() if one.plan}
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
            written = plans()[state.plan]
            state = replace(state, day=written.look, version=written.version)
        return _within(state)

    @classmethod
    def states(cls) -> Iterator[Calendar]:
        """Give every rule and every plan once, and of one plan everything."""
        every = [at(one) for one in plans().values()]
        yield from every
        for life in Life:
            for reuse in (True, False):
                for rotate in _ROTATIONS.values():
                    yield _within(Calendar(life, reuse, rotate=rotate, backups=rotate % 4))
        for state in every:
            if state.plan:
                for day in named_days(state.lived).values():
                    yield replace(state, day=day)
                for one in state.lived.releases:
                    yield replace(state, version=one.version)
        stolen = every[-1] if not every[0].plan else every[0]
        for way in Strategy:
            for who in people():
                yield replace(stolen, way=way, users=who, audits=1)

    def work(self, state: Calendar) -> Iterator[Callable[[], View]]:
        """Shake the hands that the picture needs, day by day."""
        for day in _work(state):
            yield partial(_so_far, state, day)

    def view(self, state: Calendar) -> View:
        """Draw all of it, and make the day's handshakes whole."""
        return show(state)


def _within(state: Calendar) -> Calendar:
    """Return the state with a day and a version that its plan has."""
    plan = state.lived
    days = tuple(named_days(plan).values())
    if state.day not in days:
        state = replace(state, day=min(days, key=lambda one: abs((one - state.day).days)))
    if state.version not in {one.version for one in plan.releases}:
        state = replace(state, version=plan.releases[0].version)
    return state


def _work(state: Calendar) -> Iterator[date]:
    """Make the handshakes of a picture, those of one day together: a server has to be set up."""
    plan = state.lived
    return swept(plan).work((*apps(plan, state.version), *versions(plan, state.way)))


@lru_cache(maxsize=8)
def swept(plan: Plan) -> Sweep:
    """Return the handshakes made so far for a plan."""
    return Sweep(plan)


@dataclass(frozen=True)
class _Line:
    """One row: an app, its stretches, and who could read along."""

    app: App
    blocks: tuple[Block, ...]
    tracks: tuple[Track, ...]


@lru_cache(maxsize=32)
def _lines(plan: Plan, version: str, until: date | None = None) -> tuple[_Line, ...]:
    sweep, rows = swept(plan), apps(plan, version)
    return tuple(_Line(app, sweep.blocks(app, until), sweep.tracks(app, until)) for app in rows)


@lru_cache(maxsize=64)
def _counts(plan: Plan, way: Strategy, who: str) -> tuple[Count, Count]:
    flags = cut_off(swept(plan), way)
    return late_stay_late(plan, flags, people()[who]), each_time_anew(plan, flags, people()[who])


@lru_cache(maxsize=16)
def _audit(plan: Plan, version: str, number: int) -> Audit:
    """Live through random days again; each press of the button takes other days."""
    chosen = random.Random(number)  # noqa: S311 - days, not secrets
    days = sorted(chosen.sample(range(plan.days), min(AUDITED, plan.days)))
    rows = apps(plan, version)
    return swept(plan).audit(rows, [plan.start + timedelta(day) for day in days])


# -- The picture -------------------------------------------------------------------------------


def show(state: Calendar) -> View:
    """Draw a plan, and what every row's handshake comes to on its day."""
    plan, day = state.lived, state.day
    deque(_work(state), maxlen=0)
    rows = _lines(plan, state.version)
    met = {one.app.way: verdict(plan, one.app, day) for one in rows if one.app.day <= day}
    counts = _counts(plan, state.way, state.users)
    drawn, told = _chart(state, rows, met, counts, plan.ends)
    cards, card_words = _cards(state, met, counts)
    audit = _audit(plan, state.version, state.audits) if state.audits else None
    foot = _foot(swept(plan), audit)
    picture = svg.stack(drawn, columns(*cards), paragraph(foot, dim=True))
    refused = [way.name.lower().replace("_", "-") for way, one in met.items() if not one.connected]
    facts = {
        "outcome": "locked-out" if refused else "connected" if met else "not-out",
        "refused": " ".join(refused),
        "day": day.isoformat(),
        "cut": f"{_now(counts[0], day):.4f}",
        "drawn": "all",
        "audit": "" if audit is None else "disagrees" if audit.disagreements else "agrees",
    }
    words = [*told, *map(str, met.values()), *card_words, foot]
    return View(_headline(state, rows, met), picture, "\n".join(words), facts)


def _so_far(state: Calendar, until: date) -> View:
    """Draw what is known up to a day, while the rest is still at work."""
    plan = state.lived
    rows = _lines(plan, state.version, until)
    drawn, told = _chart(state, rows, {}, None, until)
    done = _place(plan, until)
    made = f"{swept(plan).handshakes:,} handshakes, up to {in_words(noon(until))}"
    picture = svg.stack(progress(done), drawn)
    headline = Headline(f"Shaking hands: {round(done * 100)} %", made, signed=False)
    told.append(f"{headline.words}: {made}.")
    return View(headline, picture, "\n".join(told), {"outcome": "drawing", "drawn": "part"})


def _headline(state: Calendar, rows: Sequence[_Line], met: Mapping[Strategy, Verdict]) -> Headline:
    plan, day = state.lived, state.day
    on = in_words(noon(day))
    if not met:
        out = next(one.day for one in plan.releases if one.version == state.version)
        out_on = in_words(noon(out))
        return Headline(f"{state.version} is not out yet on {on}", f"It is released on {out_on}.")
    shown = plan.deployed(day)
    reason = f"The bank shows {shown.certificate} with {shown.key}, from {shown.issuer}"
    refused = {way: one for way, one in met.items() if not one.connected}
    fooled = sum(bool(_track(one, day).did) for one in rows if one.app.way in met)
    if fooled:
        words = f"{fooled} of {len(met)} ways let a stranger in on {on}"
        return Headline(words, f"{_who(plan, day)}; the bank itself shows {shown.key}.", "bad")
    if not refused:
        return Headline(f"All {len(met)} ways of pinning connect on {on}", f"{reason}.", "good")
    words = f"{len(refused)} of {len(met)} ways of pinning fail on {on}"
    by_tls = next((one for one in refused.values() if one.outcome in _BY_TLS), None)
    if by_tls:
        reason = f"{by_tls.reason} TLS refuses it, pins or no pins."
    else:
        reason += ": not what these apps pinned."
    return Headline(words, reason, "bad")


def _who(plan: Plan, day: date) -> str:
    """Say who stands in the middle."""
    who = (
        f"a stranger certified by {by}" if by in authorities() else f"a thief with {by}"
        for by in sorted(plan.attackers(day))
    )
    said = " and ".join(who)
    return f"{said[0].upper()}{said[1:]} is in the middle"


def _track(line: _Line, day: date) -> Track:
    return next(one for one in line.tracks if one.first <= day <= one.last)


_BY_TLS = {Outcome.REFUSED_BY_CHAIN, Outcome.REFUSED_BY_DATE}


def _chart(
    state: Calendar,
    rows: Sequence[_Line],
    met: Mapping[Strategy, Verdict],
    counts: tuple[Count, Count] | None,
    until: date,
) -> tuple[Html, list[str]]:
    """Draw the rows, and say them."""
    plan = state.lived
    drawn = [_deployed(plan), _releases(plan), *_others(plan)]
    drawn += [_way(plan, one, met) for one in rows]
    told = [*_deployed_words(plan), *_release_words(plan), *_other_words(plan)]
    told += [line for one in rows for line in _way_words(plan, one)]
    if counts:
        users, said = _users(state, counts)
        drawn.append(users)
        told.append(said)
    cursor = Tick(_place(plan, state.day), _short(state.day), strong=True)
    ticks = list(_ticks(plan))
    told.append(f"From {plan.start} to {plan.ends}, the cursor on {_short(state.day)}.")
    told += [one.words for one in ticks if one.strong]
    end = 1.0 if until == plan.ends else _place(plan, until)
    note = "solid: late people stay late; dashed: each release a new draw" if counts else ""
    return timechart(drawn, ticks, cursor, note=note, until=end), told


def _place(plan: Plan, day: date) -> float:
    return min(max((day - plan.start).days / plan.days, 0.0), 1.0)


def _after(plan: Plan, day: date) -> float:
    """Return where a stretch ends whose last day this is."""
    return _place(plan, day + timedelta(1))


def _ticks(plan: Plan) -> Iterator[Tick]:
    step = 3 if plan.days < 1000 else 6
    day = plan.start.replace(day=1)
    while day <= plan.ends:
        if day >= plan.start and (day.month - 1) % step == 0:
            year = day.month == 1
            yield Tick(_place(plan, day), f"{day:%Y}" if year else f"{day:%b}", year)
        day = (day.replace(day=1) + timedelta(32)).replace(day=1)


def _runs(plan: Plan) -> list[list[Deployment]]:
    """Return the certificates in service, those together that followed with the same key."""
    runs: list[list[Deployment]] = []
    for one in plan.deployments:
        last = runs[-1][-1] if runs else None
        same = last and (last.key, last.issuer) == (one.key, one.issuer)
        if same and last and one.day <= last.ends + timedelta(1):
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _served(plan: Plan, one: Deployment) -> date:
    """Return the last day on which a certificate was in service and valid."""
    until = one.replaced - timedelta(1) if one.replaced else plan.ends
    return min(until, one.ends)


def _deployed(plan: Plan) -> Row:
    found = []
    for run in _runs(plan):
        first, last = run[0], run[-1]
        ticks = tuple(_place(plan, one.day) for one in run[1:])
        start, end = _place(plan, first.day), _after(plan, _served(plan, last))
        style = svg.key_style(_index(first.key))
        whole = f"{first.key}, {first.issuer}, from {_short(first.day)}"
        words = _if_room(end - start, {0.07: first.key, 0.024: _bare((first.key,))})
        small = _if_room(end - start, {0.25: first.issuer})
        found.append(Stretch(start, end, words, whole, key=style, small=small, ticks=ticks))
        gone = last.replaced - timedelta(1) if last.replaced else plan.ends
        if gone > last.ends:
            found.append(Stretch(end, _after(plan, gone), "expired", tone="bad", sign="fails"))
    count = len(plan.deployments)
    return Row("deployed", "Deployed", f"{count} certificates", stretches=tuple(found))


def _deployed_words(plan: Plan) -> Iterator[str]:
    runs = _runs(plan)
    yield f"{len(plan.deployments)} certificates, in {len(runs)} runs of one key and issuer."
    for run in runs[:_MANY]:
        ends = _short(_served(plan, run[-1]))
        first = run[0]
        yield f"{first.key}, from {first.issuer}: {_short(first.day)} to {ends}, {len(run)} of them"


_MANY = 12
"""Runs that are told one by one."""


def _index(key: str) -> int:
    """Return the place of a key among all: A is 0, AA is 26."""
    index = 0
    for letter in key.removeprefix("key "):
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _bare(pins: Sequence[str]) -> str:
    """Write names of pins as briefly as can be: A, B, Other Root."""
    return ", ".join(pin.removeprefix("key ") for pin in pins)


def _releases(plan: Plan) -> Row:
    found = []
    following = (*(_place(plan, one.day) for one in plan.releases[1:]), 1.0)
    for one, after in zip(plan.releases, following, strict=True):
        place, whole = _place(plan, one.day), f"{one.version} pins {_bare(one.pins) or 'nothing'}"
        words = _if_room(after - place, {0.17: whole, 0.045: one.version})
        found.append(Moment(place, words, whole))
    return Row("releases", "App releases", moments=tuple(found))


def _if_room(share: float, words: Mapping[float, str]) -> str:
    """Return the longest words that have room, by the least share of the width that they need."""
    return next((said for least, said in words.items() if share >= least), "")


def _release_words(plan: Plan) -> Iterator[str]:
    for one in plan.releases:
        yield f"{_short(one.day)}: {one.version} of the app pins {_bare(one.pins) or 'nothing'}"


def _else(plan: Plan) -> list[Event]:
    return [one for one in plan.events if not isinstance(one, Deployed | Released)]


def _others(plan: Plan) -> Iterator[Row]:
    found: list[Moment] = []
    for event in _else(plan):
        place, words = _place(plan, event.day), _happens(event)
        if found and place - found[-1].at < _CLOSE:
            found[-1] = replace(found[-1], words=f"{found[-1].words}, {words}")
        else:
            found.append(Moment(place, words, tone="bad"))
    if found:
        yield Row("else", "What else", moments=tuple(found))


_CLOSE = 0.02
"""What lies closer together is told in one."""


def _other_words(plan: Plan) -> Iterator[str]:
    for one in _else(plan):
        yield f"{_short(one.day)}: {_happens(one)}"


def _way(plan: Plan, line: _Line, met: Mapping[Strategy, Verdict]) -> Row:
    app = line.app
    there = met.get(app.way)
    blocks = tuple(map(partial(_block, plan, app), line.blocks))
    tracks = tuple(
        Stretch(
            *(_place(plan, one.first), _after(plan, one.last)),
            *(_reads(one) if one.did else _readers(plan, one), _readers(plan, one)),
            tone="bad" if one.did else "plain",
        )
        for one in line.tracks
        if one.could
    )
    return Row(
        app.way.name.lower().replace("_", "-"),
        app.way.value[0].upper() + app.way.value[1:],
        _note(app),
        None if there is None else "holds" if there.connected else "fails",
        stretches=blocks,
        under=tracks,
    )


def _block(plan: Plan, app: App, block: Block) -> Stretch:
    start, end, whole = _place(plan, block.first), _after(plan, block.last), _came(app, block)
    tone: Tone = "good" if block.connects else "bad"
    sign: Mark = "holds" if block.connects else "fails"
    return Stretch(start, end, _if_room(end - start, {0.1: whole}), whole, tone=tone, sign=sign)


def _note(app: App) -> str:
    return f"{app.version}, pins {_bare(app.pins) or 'nothing'}"


def _came(app: App, block: Block) -> str:
    """Say what a stretch is: that it connects, or its one reason, and since when."""
    shown = block.shown
    if block.connects:
        return "connects"
    reason = {
        Outcome.REFUSED_BY_PIN: {
            Strategy.LEAF_CERTIFICATE: "a new certificate",
            Strategy.INTERMEDIATE_KEY: f"{shown.issuer} is not pinned",
            Strategy.ROOT_KEY: f"{shown.root} is not pinned",
        }.get(app.way, f"{shown.key} is not pinned"),
        Outcome.REFUSED_BY_DATE: f"{shown.certificate} has expired",
        Outcome.REFUSED_BY_CHAIN: f"{shown.root} is not trusted any more",
    }.get(block.outcome, block.outcome.value)
    return f"{reason}, {_short(block.first)}"


def _readers(plan: Plan, track: Track) -> str:
    whom, what = (track.did, "reads along") if track.did else (track.could, "could read along")
    trusted = {name for name in authorities() if root_of(name) not in plan.retired(track.first)}
    cas = sorted(whom & set(authorities()))
    who = [f"a thief with {name}" for name in sorted(whom - set(authorities()))]
    if cas:
        who.insert(0, "by any CA it trusts" if set(cas) == trusted else f"by {' or '.join(cas)}")
    return f"{what}: {', '.join(who)}"


def _reads(track: Track) -> str:
    """Say in two words that somebody is there and reads."""
    return "stranger reads" if track.did & set(authorities()) else "thief reads"


def _way_words(plan: Plan, line: _Line) -> Iterator[str]:
    title = f"{line.app.way.value} ({_note(line.app)})"
    if not line.blocks:
        yield f"{title}: not out yet"
    for block in line.blocks:
        yield f"{title}, {_short(block.first)} to {_short(block.last)}: {_came(line.app, block)}"
    for track in line.tracks:
        if track.could:
            span = f"{_short(track.first)} to {_short(track.last)}"
            yield f"{title}, {span}: {_readers(plan, track)}"


def _users(state: Calendar, counts: tuple[Count, Count]) -> tuple[Row, str]:
    late, anew = counts
    curves = (
        Curve(_points(late), "late people stay late", "solid"),
        Curve(_points(anew), "each release a new draw", "dashed"),
    )
    most = float(max(late.share.max(), anew.share.max()))
    said = (
        f"Users cut off who pin the {state.way.value}: on {_short(state.day)} "
        f"{_share(_now(late, state.day))} if late people stay late, "
        f"{_share(_now(anew, state.day))} if each release is a new draw; "
        f"at most {_share(most)} on any day. The scale goes from 0 to 100 %."
    )
    return Row("users", "Users cut off", state.way.value, curves=curves), said


def _now(count: Count, day: date) -> float:
    return float(count.share[(day - count.first).days])


def _points(count: Count) -> tuple[tuple[float, float], ...]:
    """Return a curve's points, those left out that a straight line leads through."""
    days = len(count.share)
    kept = [(0.0, float(count.share[0]))]
    for at in range(1, days):
        share = float(count.share[at])
        if abs(share - kept[-1][1]) > 0.004 or at == days - 1:
            if abs(share - float(count.share[at - 1])) > 0.004:
                kept.append((at / days, float(count.share[at - 1])))  # a step is steep
            kept.append((at / days, share))
    return tuple(kept)


def _share(share: float) -> str:
    return f"{share * 100:.1f} %"


def _cards(
    state: Calendar, met: Mapping[Strategy, Verdict], counts: tuple[Count, Count]
) -> tuple[list[Html], list[str]]:
    plan, day = state.lived, state.day
    shown = plan.deployed(day)
    cards, words = [], []
    if state.way in met:
        cards.append(card(f"{state.version}, {state.way.value}", evidence.ladder(met[state.way])))
    leaf = identity(shown).leaf
    note = f"{shown.certificate}, in service since {_short(shown.day)}"
    cards.append(evidence.certificate_card(leaf, svg.key_style(_index(shown.key)), note))
    words += [f"{note}: {evidence.certificate_words(leaf)}", svg.key_style(_index(shown.key)).name]
    late, anew = counts
    who = people()[state.users]
    told = (
        f"That is {late.per_year:.0f} days a year for each user; {_share(anew.lost)} and "
        f"{anew.per_year:.0f} days, if each release is a new draw."
    )
    model = f"Assumed: {who.name}: {who.basis}. Source: {who.source}."
    of_what = "of all user-days are lost, if late people stay late"
    cards.append(
        card(
            "Users cut off",
            svg.amount(_share(late.lost), of_what),
            paragraph(told),
            paragraph(model, dim=True),
        )
    )
    return cards, [*words, f"{_share(late.lost)} {of_what}. {told} {model}"]


def _foot(sweep: Sweep, audit: Audit | None) -> str:
    made = f"Drawn from {sweep.handshakes:,} real handshakes."
    if audit is None:
        return f"{made} An audit (under More) makes those of {AUDITED} random days again."
    again = f"Audit: {audit.days} random days, {audit.handshakes} handshakes made again"
    if audit.disagreements:
        return f"{made} {again}; {len(audit.disagreements)} differ: {audit.disagreements[0]}."
    return f"{made} {again}: all agree."


def _app(release: Released) -> str:
    return f"{release.version}, pins {_bare(release.pins) or 'nothing'}"
