"""A day report as a picture: its rows, that day's handshakes, and the users it locks out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from markupsafe import Markup

from pinlib import Ending, Outcome, Strategy, Verdict
from pinlib.operations.day_report import DayQuery, DayReport
from pinlib.operations.fleet import Count
from pinlib.operations.plans import Plan, authorities
from pinlib.operations.sweep import identity, noon
from pinlib.teach.charts.plan_rows import (
    key_index,
    place,
    rows_of,
    short,
    ticks,
    words_of,
)
from pinlib.teach.charts.timechart import Curve, Row, Tick, progress, timechart
from pinlib.teach.drawing import blocks, palette, typeset, verdict_view
from pinlib.teach.drawing.blocks import Headline, card, columns
from pinlib.teach.drawing.palette import Sign
from pinlib.teach.drawing.typeset import paragraph
from pinlib.teach.drawing.view import View
from pinlib.tls.verdicts import day as in_words


def draw(seen: DayReport) -> View:
    """Draw a plan, and what every row's handshake comes to on its day."""
    if seen.counts is None:
        return _draw_unfinished(seen)
    asked, counts, audits = seen.asked, seen.counts, seen.audits
    day, met = asked.day, seen.met
    drawn, told = _chart(seen)
    cards, card_words = _cards(asked, met, counts) if asked.cards else ([], [])
    foot = _foot(seen)
    if asked.by_hand:
        foot += " This plan was made by hand: its lifetimes and keys are its own."
    above = [paragraph(asked.say, dim=True)] if asked.say else []
    beside = [columns(*cards)] if cards else []
    picture = blocks.stack(*above, drawn, *beside, paragraph(foot, dim=True))
    refused = [_word(way) for way, one in met.items() if not one.connected]
    facts = {
        "outcome": "locked-out" if refused else "connected" if met else "not-out",
        "refused": " ".join(refused),
        "day": day.isoformat(),
        "cut": f"{_now(counts[0], day):.4f}",
        "lost": f"{counts[0].lost:.4f}",
        **{_word(way): "held" if one.connected else "refused" for way, one in met.items()},
        "drawn": "all",
        "audited": str(len(audits)),
        "disagree": str(sum(len(one.disagreements) for one in audits)),
    }
    words = [asked.say, *told, *map(str, met.values()), *card_words, foot]
    return View(_headline(seen), picture, "\n".join(filter(None, words)), facts)


def _word(way: Strategy) -> str:
    return way.name.lower().replace("_", "-")


def _draw_unfinished(seen: DayReport) -> View:
    """Draw what is known so far, while the rest is still at work."""
    drawn, told = _chart(seen)
    done = place(seen.asked.plan, seen.until)
    made = f"{seen.handshakes:,} handshakes, up to {in_words(noon(seen.until))}"
    picture = blocks.stack(progress(done), drawn)
    headline = Headline(f"Shaking hands: {round(done * 100)} %", made, signed=False)
    told.append(f"{headline.words}: {made}.")
    return View(headline, picture, "\n".join(told), {"outcome": "drawing", "drawn": "part"})


def _headline(seen: DayReport) -> Headline:
    asked, met = seen.asked, seen.met
    plan, day = asked.plan, asked.day
    on = f"{day.day} {day:%b} {day.year}"  # as on the chart; in full it takes a second line
    if not met:
        out = next(one.day for one in plan.releases if one.version == asked.version)
        out_on = in_words(noon(out))
        return Headline(f"{asked.version} isn’t out yet on {on}", f"It’s released on {out_on}.")
    shown = plan.deployed(day)
    reason = f"The bank presents {shown.certificate} with {shown.key}, from {shown.issuer}"
    refused = {way: one for way, one in met.items() if not one.connected}
    fooled = sum(bool(one.track(day).did) for one in seen.apps if one.app.way in met)
    if fooled:
        lets = "lets" if fooled == 1 else "let"
        words = f"{fooled} of {len(met)} apps {lets} Mallory in on {on}"
        reason = f"{_who(plan, day)}."
        return Headline(words, reason, "bad", ending=Ending.INTERCEPTED)
    if not refused:
        words = f"All {len(met)} apps are connected on {on}"
        return Headline(words, f"{reason}.", "good", ending=Ending.CONNECTED)
    words = f"{len(refused)} of {len(met)} apps locked out on {on}"
    by_tls = next((one for one in refused.values() if one.outcome in _BY_TLS), None)
    if by_tls:
        reason = f"{by_tls.reason} TLS refuses it, pin or no pin."
    else:
        whom = "that app" if len(refused) == 1 else "these apps"
        presented = f"{shown.certificate}, {shown.key}, {shown.issuer}"
        reason = f"{presented[0].upper()}{presented[1:]}: nothing {whom} pinned."
    return Headline(words, reason, "bad", ending=Ending.LOCKED_OUT)


def _who(plan: Plan, day: date) -> str:
    """Say what Mallory holds."""
    held = (
        f"a certificate from {by}" if by in authorities() else f"the stolen {by}"
        for by in sorted(plan.attackers(day))
    )
    return f"Mallory is in the middle, with {' and '.join(held)}"


_BY_TLS = {Outcome.REFUSED_BY_CHAIN, Outcome.REFUSED_BY_DATE}


def _chart(seen: DayReport) -> tuple[Markup, list[str]]:
    """Draw the rows, and say them."""
    asked, plan, until = seen.asked, seen.asked.plan, seen.until
    marks: dict[Strategy, Sign] = {
        one.app.way: "holds" if there.connected and not one.track(asked.day).did else "fails"
        for one in seen.apps
        if (there := seen.met.get(one.app.way))
    }
    drawn, told = rows_of(plan, seen.apps, marks), words_of(plan, seen.apps)
    if seen.counts:
        users, said = _users(asked, seen.counts)
        drawn.append(users)
        told.append(said)
    cursor = Tick(place(plan, asked.day), short(asked.day), strong=True)
    axis = list(ticks(plan))
    told.append(f"From {plan.start} to {plan.ends}, the cursor on {short(asked.day)}.")
    told += [one.words for one in axis if one.strong]
    end = 1.0 if until == plan.ends else place(plan, until)
    note = "solid: late people stay late; dashed: each release a new draw" if seen.counts else ""
    return timechart(drawn, axis, cursor, note=note, until=end), told


def _users(asked: DayQuery, counts: tuple[Count, Count]) -> tuple[Row, str]:
    late, anew = counts
    curves = (
        Curve(_points(late), "late people stay late", "solid"),
        Curve(_points(anew), "each release a new draw", "dashed"),
    )
    most = float(max(late.share.max(), anew.share.max()))
    said = (
        f"Users locked out who pin the {asked.way.value}: on {short(asked.day)} "
        f"{_share(_now(late, asked.day))} if late people stay late, "
        f"{_share(_now(anew, asked.day))} if each release is a new draw; "
        f"at most {_share(most)} on any day. The scale goes from 0 to 100 %."
    )
    return Row("users", "Users locked out", asked.way.value, curves=curves), said


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
    asked: DayQuery, met: Mapping[Strategy, Verdict], counts: tuple[Count, Count]
) -> tuple[list[Markup], list[str]]:
    plan, day = asked.plan, asked.day
    shown = plan.deployed(day)
    cards, words = [], []
    if asked.way in met:
        cards.append(
            card(f"{asked.version}, {asked.way.value}", verdict_view.verdict_ladder(met[asked.way]))
        )
    leaf = identity(shown).leaf
    note = f"{shown.certificate}, in service since {short(shown.day)}"
    cards.append(verdict_view.certificate_card(leaf, palette.key_style(key_index(shown.key)), note))
    words += [
        f"{note}: {verdict_view.certificate_words(leaf)}",
        palette.key_style(key_index(shown.key)).name,
    ]
    late, anew = counts
    who = asked.users
    told = (
        f"That is {late.per_year:.0f} days a year on average; {_share(anew.lost)} and "
        f"{anew.per_year:.0f} days, if each release is a new draw."
    )
    model = f"Assumed: {who.name}: {who.basis}. Source: {who.source}."
    of_what = "of all user-days are lost, if late people stay late"
    cards.append(
        card(
            "Users locked out",
            typeset.amount(_share(late.lost), of_what),
            paragraph(told),
            paragraph(model, dim=True),
        )
    )
    return cards, [*words, f"{_share(late.lost)} {of_what}. {told} {model}"]


def _foot(seen: DayReport) -> str:
    made = f"Drawn from {seen.handshakes:,} real handshakes."
    audits = seen.audits
    if not audits:
        return made
    count = sum(one.handshakes for one in audits)
    again = f"Audit: {len(audits)} random days, {count:,} handshakes repeated"
    wrong = [words for one in audits for words in one.disagreements]
    return f"{made} {again}: {f'{len(wrong)} differ, {wrong[0]}' if wrong else 'all agree'}."
