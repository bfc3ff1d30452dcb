"""A plan seen from one day: its rows, that day's handshakes, and the users it cuts off.

What takes long, the handshakes of all the years, is `work`; it is kept, and done once for a plan.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from pinlib import Outcome, Strategy, Verdict
from pinlib.fleet import Count, People, cut_off, each_time_anew, late_stay_late, versions
from pinlib.plans import Plan, authorities
from pinlib.teach import evidence, svg
from pinlib.teach.chronicle import Line, key_index, place, rows_of, short, ticks, words_of
from pinlib.teach.svg import Headline, Html, Mark, card, columns, paragraph
from pinlib.teach.timechart import Curve, Row, Tick, progress, timechart
from pinlib.teach.view import View
from pinlib.timeline import Audit, Sweep, Track, apps, identity, noon, verdict
from pinlib.verdicts import day as in_words

AUDITED = 20
"""Days of one audit."""


@dataclass(frozen=True)
class Sight:
    """A plan, the day of the cursor, and the version of the app in every row.

    Users are counted of the apps that pin in one `way`.  Each number of `audits` takes other days.
    """

    plan: Plan
    day: date
    version: str
    users: People
    way: Strategy = Strategy.LEAF_KEY_AND_BACKUP
    audits: int = 0
    cards: bool = True
    say: str = ""
    by_hand: bool = False


def work(sight: Sight) -> Iterator[date]:
    """Make the handshakes of a picture, those of one day together: a server has to be set up."""
    plan = sight.plan
    yield from swept(plan).work((*apps(plan, sight.version), *versions(plan, sight.way)))
    for day in _random_days(sight):
        _audited(plan, sight.version, day)
        yield plan.ends


@lru_cache(maxsize=8)
def swept(plan: Plan) -> Sweep:
    """Return the handshakes made so far for a plan."""
    return Sweep(plan)


@lru_cache(maxsize=32)
def _lines(plan: Plan, version: str, until: date | None = None) -> tuple[Line, ...]:
    sweep, rows = swept(plan), apps(plan, version)
    return tuple(Line(app, sweep.blocks(app, until), sweep.tracks(app, until)) for app in rows)


@lru_cache(maxsize=64)
def _counts(plan: Plan, way: Strategy, who: People) -> tuple[Count, Count]:
    flags = cut_off(swept(plan), way)
    return late_stay_late(plan, flags, who), each_time_anew(plan, flags, who)


def _random_days(sight: Sight) -> list[date]:
    """Return the days of an audit; each press of the button takes others."""
    if not sight.audits:
        return []
    plan, chosen = sight.plan, random.Random(sight.audits)  # noqa: S311 - days, not secrets
    days = chosen.sample(range(plan.days), min(AUDITED, plan.days))
    return [plan.start + timedelta(day) for day in sorted(days)]


@lru_cache(maxsize=4 * AUDITED)
def _audited(plan: Plan, version: str, day: date) -> Audit:
    return swept(plan).audit(apps(plan, version), [day])


def draw(sight: Sight) -> View:
    """Draw a plan, and what every row's handshake comes to on its day."""
    plan, day = sight.plan, sight.day
    deque(work(sight), maxlen=0)
    rows = _lines(plan, sight.version)
    met = {one.app.way: verdict(plan, one.app, day) for one in rows if one.app.day <= day}
    counts = _counts(plan, sight.way, sight.users)
    drawn, told = _chart(sight, rows, met, counts, plan.ends)
    cards, card_words = _cards(sight, met, counts) if sight.cards else ([], [])
    audits = [_audited(plan, sight.version, day) for day in _random_days(sight)]
    foot = _foot(swept(plan), audits)
    if sight.by_hand:
        foot += " This plan was made by hand: its lives and keys are its own."
    above = [paragraph(sight.say, dim=True)] if sight.say else []
    beside = [columns(*cards)] if cards else []
    picture = svg.stack(*above, drawn, *beside, paragraph(foot, dim=True))
    refused = [way.name.lower().replace("_", "-") for way, one in met.items() if not one.connected]
    facts = {
        "outcome": "locked-out" if refused else "connected" if met else "not-out",
        "refused": " ".join(refused),
        "day": day.isoformat(),
        "cut": f"{_now(counts[0], day):.4f}",
        "drawn": "all",
        "audited": str(len(audits)),
        "disagree": str(sum(len(one.disagreements) for one in audits)),
    }
    words = [sight.say, *told, *map(str, met.values()), *card_words, foot]
    return View(_headline(sight, rows, met), picture, "\n".join(filter(None, words)), facts)


def so_far(sight: Sight, until: date) -> View:
    """Draw what is known up to a day, while the rest is still at work."""
    plan = sight.plan
    rows = _lines(plan, sight.version, until)
    drawn, told = _chart(sight, rows, {}, None, until)
    done = place(plan, until)
    made = f"{swept(plan).handshakes:,} handshakes, up to {in_words(noon(until))}"
    picture = svg.stack(progress(done), drawn)
    headline = Headline(f"Shaking hands: {round(done * 100)} %", made, signed=False)
    told.append(f"{headline.words}: {made}.")
    return View(headline, picture, "\n".join(told), {"outcome": "drawing", "drawn": "part"})


def _headline(sight: Sight, rows: Sequence[Line], met: Mapping[Strategy, Verdict]) -> Headline:
    plan, day = sight.plan, sight.day
    on = in_words(noon(day))
    if not met:
        out = next(one.day for one in plan.releases if one.version == sight.version)
        out_on = in_words(noon(out))
        return Headline(f"{sight.version} is not out yet on {on}", f"It is released on {out_on}.")
    shown = plan.deployed(day)
    reason = f"The bank shows {shown.certificate} with {shown.key}, from {shown.issuer}"
    refused = {way: one for way, one in met.items() if not one.connected}
    fooled = sum(bool(_track(one, day).did) for one in rows if one.app.way in met)
    if fooled:
        lets = "lets" if fooled == 1 else "let"
        whom = "a stranger" if plan.attackers(day) & set(authorities()) else "the thief"
        words = f"{fooled} of {len(met)} apps {lets} {whom} in on {on}"
        return Headline(words, f"{_who(plan, day)}; the bank itself shows {shown.key}.", "bad")
    if not refused:
        return Headline(f"All {len(met)} apps log in on {on}", f"{reason}.", "good")
    words = f"{len(refused)} of {len(met)} apps cannot log in on {on}"
    by_tls = next((one for one in refused.values() if one.outcome in _BY_TLS), None)
    if by_tls:
        reason = f"{by_tls.reason} TLS refuses it, pins or no pins."
    else:
        reason += f": not what {'that app' if len(refused) == 1 else 'these apps'} pinned."
    return Headline(words, reason, "bad")


def _who(plan: Plan, day: date) -> str:
    """Say who stands in the middle."""
    who = (
        f"a stranger certified by {by}" if by in authorities() else f"a thief with {by}"
        for by in sorted(plan.attackers(day))
    )
    said = " and ".join(who)
    return f"{said[0].upper()}{said[1:]} is in the middle"


def _track(line: Line, day: date) -> Track:
    return next(one for one in line.tracks if one.first <= day <= one.last)


_BY_TLS = {Outcome.REFUSED_BY_CHAIN, Outcome.REFUSED_BY_DATE}


def _chart(
    sight: Sight,
    rows: Sequence[Line],
    met: Mapping[Strategy, Verdict],
    counts: tuple[Count, Count] | None,
    until: date,
) -> tuple[Html, list[str]]:
    """Draw the rows, and say them."""
    plan = sight.plan
    marks: dict[Strategy, Mark] = {
        one.app.way: "holds" if there.connected and not _track(one, sight.day).did else "fails"
        for one in rows
        if (there := met.get(one.app.way))
    }
    drawn, told = rows_of(plan, rows, marks), words_of(plan, rows)
    if counts:
        users, said = _users(sight, counts)
        drawn.append(users)
        told.append(said)
    cursor = Tick(place(plan, sight.day), short(sight.day), strong=True)
    axis = list(ticks(plan))
    told.append(f"From {plan.start} to {plan.ends}, the cursor on {short(sight.day)}.")
    told += [one.words for one in axis if one.strong]
    end = 1.0 if until == plan.ends else place(plan, until)
    note = "solid: late people stay late; dashed: each release a new draw" if counts else ""
    return timechart(drawn, axis, cursor, note=note, until=end), told


def _users(sight: Sight, counts: tuple[Count, Count]) -> tuple[Row, str]:
    late, anew = counts
    curves = (
        Curve(_points(late), "late people stay late", "solid"),
        Curve(_points(anew), "each release a new draw", "dashed"),
    )
    most = float(max(late.share.max(), anew.share.max()))
    said = (
        f"Users cut off who pin the {sight.way.value}: on {short(sight.day)} "
        f"{_share(_now(late, sight.day))} if late people stay late, "
        f"{_share(_now(anew, sight.day))} if each release is a new draw; "
        f"at most {_share(most)} on any day. The scale goes from 0 to 100 %."
    )
    return Row("users", "Users cut off", sight.way.value, curves=curves), said


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
    sight: Sight, met: Mapping[Strategy, Verdict], counts: tuple[Count, Count]
) -> tuple[list[Html], list[str]]:
    plan, day = sight.plan, sight.day
    shown = plan.deployed(day)
    cards, words = [], []
    if sight.way in met:
        cards.append(card(f"{sight.version}, {sight.way.value}", evidence.ladder(met[sight.way])))
    leaf = identity(shown).leaf
    note = f"{shown.certificate}, in service since {short(shown.day)}"
    cards.append(evidence.certificate_card(leaf, svg.key_style(key_index(shown.key)), note))
    words += [
        f"{note}: {evidence.certificate_words(leaf)}",
        svg.key_style(key_index(shown.key)).name,
    ]
    late, anew = counts
    who = sight.users
    told = (
        f"That is {late.per_year:.0f} days a year on average; {_share(anew.lost)} and "
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


def _foot(sweep: Sweep, audits: Sequence[Audit]) -> str:
    made = f"Drawn from {sweep.handshakes:,} real handshakes."
    if not audits:
        return made
    count = sum(one.handshakes for one in audits)
    again = f"Audit: {len(audits)} random days, {count:,} handshakes made again"
    wrong = [words for one in audits for words in one.disagreements]
    return f"{made} {again}: {f'{len(wrong)} differ, {wrong[0]}' if wrong else 'all agree'}."
