"""The rotation drill: a year of incidents, played move by move, beside somebody with a runbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import ClassVar

from markupsafe import Markup

from pinlib import Ending, Outcome, Strategy, connect
from pinlib.errors import BadInput
from pinlib.operations.drill import ENDS, LIFE, RUNBOOK, Op, Situation, runbook
from pinlib.operations.fleet import Count, late_stay_late, locked_out, people, read_along
from pinlib.operations.plans import Plan
from pinlib.operations.sweep import Sweep, apps, identity, noon, phone
from pinlib.scenes.cast import HOST
from pinlib.teach.charts.plan_rows import bare, place, rows_of, short, ticks, words_of
from pinlib.teach.charts.timechart import Curve, Row, Tick, timechart
from pinlib.teach.drawing import blocks, typeset
from pinlib.teach.drawing.blocks import Headline, card, columns
from pinlib.teach.drawing.harm import TONES
from pinlib.teach.drawing.typeset import paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.exhibits.lifecycle.drill_run import (
    DrillRun,
    Ship,
    by_runbook,
    do,
    idle,
    played,
    rewind,
)
from pinlib.teach.widgets.controls import Action, Control
from pinlib.teach.widgets.panel import Panel

WAY = Strategy.LEAF_KEY_AND_BACKUP  # an app's own list of pins, whatever is on it


class DrillPanel(Panel[DrillRun]):
    """Live through a year of incidents."""

    name = "drill"
    controls = (
        Control("op", "Next", {op.value: op for op in Op}, "What to do next", kind="dropdown"),
        Control(
            "ship",
            "A release pins",
            {one.value: one for one in Ship},
            "For the next release",
            kind="dropdown",
        ),
        Control("seen", "Replay", {}, "Go back through your moves", kind="slider", follows=True),
        Control(
            "seed",
            "Year",
            {f"number {seed}": seed for seed in range(1, 9)},
            "Each has its incidents on other days",
            kind="dropdown",
            more=True,
        ),
        Control(
            "users",
            "People update",
            {name: name for name in people()},
            "Assumed: how long until a release is installed, and that some never install it",
            kind="dropdown",
            more=True,
        ),
        Control(
            "moves",
            "Moves so far",
            {"none": "", "a few": "backup release:A+B+C month"},
            "Take them along, or paste someone else’s",
            kind="text",
            more=True,
        ),
    )
    actions = (
        Action("Do it", do, "Make the move (Enter, with the button in focus)"),
        Action("Rewind", rewind, "Take back the last move: you can’t in real life"),
    )
    presets: ClassVar[Mapping[str, DrillRun]] = {
        "New Year, number 3": DrillRun(),
        "The runbook, in year 3": by_runbook(3),
        "It only renews, in year 3": idle(3),
    }
    initial = DrillRun()

    def controls_in(self, state: DrillRun) -> tuple[Control, ...]:
        """Offer a place in the replay for each move."""
        try:
            done = state.done
        except BadInput:  # the picture says what is wrong with what was typed
            done = ()
        moves = {f"{at}: {move.op.value}": at for at, move in enumerate(done, 1)}
        places = {"New Year": 0, **moves, "now": -1}
        return tuple(
            replace(one, options=places) if one.field == "seen" else one for one in self.controls
        )

    def settle(self, state: DrillRun, before: DrillRun) -> DrillRun:
        """Begin afresh in another year, and stand at the end of other moves."""
        if state.seed != before.seed:
            return replace(state, moves="", seen=-1, rewound=0)
        return replace(state, seen=-1) if state.moves != before.moves else state

    @classmethod
    def states(cls) -> Iterator[DrillRun]:
        """Give the presets at every move, and each year's beginning and end."""
        for state in cls.presets.values():
            for seen in range(-1, len(state.done)):
                yield replace(state, seen=seen)
        for seed in range(1, 9):
            yield DrillRun(seed)
            yield by_runbook(seed)
        for op in Op:
            for ship in Ship:
                yield DrillRun(op=op, ship=ship)
        for name in people():
            yield replace(by_runbook(3), users=name)

    def view(self, state: DrillRun) -> View:
        """Draw where the moves have led, beside the runbook on the same day."""
        return _draw(state)


LITTLE = 0.09
"""Share of user-days on which Mallory is let in, of which one can say that she got little."""
_known: dict[object, Outcome] = {}


@lru_cache(maxsize=128)
def _counts(plan: Plan, users: str) -> tuple[Count, Count]:
    """Return who is locked out, and who lets Mallory in, if late people stay late."""
    sweep, who = Sweep(plan, _known), people()[users]
    flags = locked_out(sweep, WAY), read_along(sweep, WAY)
    late, fooled = (late_stay_late(plan, one, who) for one in flags)
    return late, fooled


def _until(plan: Plan, today: date) -> Plan:
    """Return a plan as it was on a day."""
    return replace(plan, events=tuple(one for one in plan.events if one.day <= today), ends=today)


def _draw(state: DrillRun) -> View:
    now = state.now
    theirs = _until(played(state.seed, runbook(state.seed)).plan, now.day)
    mine, other = _counts(now.plan, state.users), _counts(theirs, state.users)
    year = replace(now.plan, ends=ENDS)
    drawn = [*rows_of(year, (), {}), _curves("you", "You", year, mine)]
    drawn.append(_curves("runbook", "The runbook", year, other))
    cursor = Tick(place(year, now.day), short(now.day), strong=True)
    note = "solid: locked out; dashed: intercepted"
    axis = list(ticks(year))
    until = place(year, now.day)
    chart = timechart(drawn, axis, cursor, note=note, until=until)
    assumed = f"Assumed: {state.users}."
    held, held_words = _held(now)
    cards = (
        card("What you hold", held),
        _score("You", mine, _made(state), assumed),
        _score("The runbook", other, *RUNBOOK),
    )
    revoked, revoked_words = _revoked(state, now)
    picture = blocks.stack(chart, *revoked, columns(*cards))
    words = [
        f"{now.day:%A}, {short(now.day)}, after {_made(state)}.",
        *now.news,
        *words_of(year, ()),
        held_words,
        *revoked_words,
        _score_words("You", mine),
        _score_words("The runbook", other),
        *RUNBOOK,
        assumed,
        f"The year goes from {short(year.start)} to {short(ENDS)}; shares from 0 to 100 %.",
    ]
    facts = {
        "outcome": "over" if now.over else "playing",
        "day": now.day.isoformat(),
        "moves": str(len(state.shown)),
        "cut": f"{mine[0].lost:.4f}",
        "fooled": f"{mine[1].lost:.4f}",
        "locked": "nobody" if mine[0].lost == 0 else "somebody",
        "mallory": "little" if mine[1].lost < LITTLE else "much",
        "stolen": "yes" if now.stolen else "no",
        "lets": "somebody" if float(mine[1].share[-1]) else "nobody",
        "revoked": "yes" if now.revoked else "no",
    }
    return View(_headline(now, mine), picture, "\n".join(words), facts)


def _headline(now: Situation, counts: tuple[Count, Count]) -> Headline:
    cut, fooled = (float(one.share[-1]) for one in counts)
    on = f"{now.day.day} {now.day:%B}"
    ending = Ending.INTERCEPTED if fooled else Ending.LOCKED_OUT if cut else Ending.CONNECTED
    if cut and fooled:
        words = f"{on}: {_share(cut)} locked out, {_share(fooled)} intercepted"
    elif fooled:
        words = f"{now.day:%A} {on}: {_share(fooled)} intercepted"
    elif cut:
        words = f"{now.day:%A} {on}: {_share(cut)} locked out"
    else:
        words = f"{now.day:%A} {on}: everyone is connected"
    news = "; ".join(now.news) or "no news"
    over = " The year is over." if now.over else ""
    return Headline(words, f"{news[0].upper()}{news[1:]}.{over}", TONES[ending], ending=ending)


def _made(state: DrillRun) -> str:
    """Count the moves, and those that were taken back."""
    count = len(state.shown)
    moves = "1 move" if count == 1 else f"{count} moves"
    again = {0: "", 1: ", rewound once"}.get(state.rewound, f", rewound {state.rewound} times")
    return f"{moves}{again}"


def _share(share: float) -> str:
    return f"{share * 100:.1f} %"


def _curves(name: str, title: str, year: Plan, counts: tuple[Count, Count]) -> Row:
    cut, fooled = counts
    curves = (
        Curve(_points(cut, year), "locked out", "solid"),
        Curve(_points(fooled, year), "intercepted", "dashed"),
    )
    note = f"{_share(cut.lost)} out; {_share(fooled.lost)} robbed"
    return Row(name, title, note, curves=curves)


def _points(count: Count, year: Plan) -> tuple[tuple[float, float], ...]:
    return tuple((at / year.days, float(share)) for at, share in enumerate(count.share))


def _score(title: str, counts: tuple[Count, Count], *told: str) -> Markup:
    cut, fooled = counts
    return card(
        title,
        typeset.amount(_share(cut.lost), "of user-days locked out so far"),
        typeset.amount(_share(fooled.lost), "of user-days on which Mallory is let in"),
        *(paragraph(line, dim=True) for line in told),
    )


def _score_words(title: str, counts: tuple[Count, Count]) -> str:
    cut, fooled = counts
    return (
        f"{title}: {_share(cut.lost)} of user-days locked out so far, {_share(fooled.lost)} on "
        f"which Mallory is let in; on this day {_share(float(cut.share[-1]))} and "
        f"{_share(float(fooled.share[-1]))}."
    )


def _held(now: Situation) -> tuple[Markup, str]:
    left = (now.ends - now.day).days
    rows: list[tuple[str, typeset.Text]] = [
        ("in use", now.in_use + (", stolen" if now.in_use in now.stolen else "")),
        ("backups", ", ".join(now.backups) or "none"),
        ("lost", ", ".join(now.lost) or "none"),
        ("certificate", f"{left} of {LIFE} days left" if left >= 0 else "expired"),
        ("issued by", now.certificate.issuer),
        ("newest app", f"{now.shipped.version}, pins {bare(now.shipped.pins)}"),
    ]
    for key in now.stolen:
        last = max(one.ends for one in now.plan.deployments if one.key == key)
        held = f"{key}; its certificate is valid until {short(last)}, and no CA issues another"
        rows.append(("stolen", held))
    if now.revoked:
        rows.append(("revoked", ", ".join(now.revoked)))
    words = "; ".join(f"{name}: {value}" for name, value in rows)
    return blocks.facts(rows), f"You hold: {words}."


def _revoked(state: DrillRun, now: Situation) -> tuple[list[Markup], list[str]]:
    """Show what revoking has changed on a phone: a handshake with who shows the certificate."""
    if not state.shown or state.shown[-1].op is not Op.REVOKE:
        return [], []
    app = next(one for one in apps(now.plan, now.shipped.version) if one.way is WAY)
    shown = identity([one for one in now.plan.deployments if one.key == now.revoked[-1]][-1])
    met = connect(phone(now.plan, app, now.day), shown, HOST, noon(now.day))
    said = (
        f"A phone with {now.shipped.version} meets someone who shows the revoked certificate and "
        f"has its key: {met.outcome.value}. {met.reason}"
    )
    return [paragraph(said)], [said]
