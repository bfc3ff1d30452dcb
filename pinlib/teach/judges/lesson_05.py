"""Lesson 05: a year of short certificates, a theft and a retired intermediate."""

from __future__ import annotations

from typing import Any

from pinlib import Strategy
from pinlib.errors import BadInput
from pinlib.operations.drill import LOST, STOLEN, Incident, Move, Situation, begin, incidents, live
from pinlib.operations.fleet import late_stay_late, locked_out, read_along, usual
from pinlib.operations.plans import authorities
from pinlib.operations.sweep import Sweep, apps
from pinlib.teach.judges.core import NotYet, ask, expect, judge

_LIFE = 47
CUT, FOOLED = 0.001, 0.065
"""Shares of user-days that a plan may cost: locked out, and with the thief let in.

Two parts in a hundred for the thief, as one would like to have it, cannot be promised: the day
after a certificate came into service a stolen key is good for 46 more days with everybody who has
not updated, and of the fleet assumed here that is 6.4 % of a year at best.
"""
_SEEDS = (3, 1, 2, 5, 8, 11)
_WAY = Strategy.LEAF_KEY_AND_BACKUP


def year(seed: int) -> tuple[Incident, ...]:
    """Return what arrives in a hidden year: one theft, and one intermediate that is retired."""
    return tuple(one for one in incidents(seed) if one.what != LOST)


@judge("05", "decide")
def decide(answer: Any) -> str:
    """Judge a function from a situation to the next move, in six years of 47-day certificates."""
    worst = 0.0
    for number, seed in enumerate(_SEEDS, 1):
        now = _lived(answer, seed, f"in year {number}")
        sweep = Sweep(now.plan)
        _believes_no_authority(now, sweep, number)
        theft = next(one.day for one in year(seed) if one.what == STOLEN)
        cut = late_stay_late(now.plan, locked_out(sweep, _WAY), usual()).lost
        expect(
            cut < CUT,
            f"Year {number}: {cut * 100:.1f} % of user-days are locked out, and 0.1 % are allowed. "
            f"{_why_cut(now, sweep)}",
        )
        expect(
            now.in_use not in now.stolen,
            f"Year {number}: {now.in_use} was stolen on {theft}, and on the last day it is still "
            "in use. Check whether now.in_use is in now.stolen, and rotate to a backup.",
        )
        fooled = late_stay_late(now.plan, read_along(sweep, _WAY), usual()).lost
        expect(
            fooled <= FOOLED,
            f"Year {number}: after the theft of {theft} Mallory is let in on {fooled * 100:.1f} % "
            f"of user-days, and {FOOLED * 100:.1f} % are allowed. After a rotation old apps still "
            "pin the stolen key, until their users update: release an app that doesn’t know it, "
            "the same day.",
        )
        expect(
            bool(now.backups) and set(now.backups) <= set(now.shipped.pins),
            f"Year {number}: on the last day there is no backup that the newest app knows, and the "
            "next theft would leave you with none. Make one whenever you have none, and ship it.",
        )
        worst = max(worst, fooled)
    return (
        "Six years: hardly a user locked out, no CA’s mistake accepted, and Mallory let in "
        f"on {worst * 100:.1f} % of user-days in the worst of them."
    )


def _lived(answer: Any, seed: int, where: str) -> Situation:
    def decided(now: Situation) -> Move:
        said = ask(answer, now, when=f"{where}, on {now.day}")
        if isinstance(said, str):
            return Move.parse(said)
        if not isinstance(said, Move):
            raise NotYet(f"Return a Move, such as Move(Op.WEEK); {where} it was {said!r:.40}.")
        return said

    try:
        return live(begin(year(seed), _LIFE), decided)[0]
    except BadInput as error:
        theft = next(one.day for one in year(seed) if one.what == STOLEN)
        first = (
            " The theft came on that day: check for it first." if str(theft) in str(error) else ""
        )
        said, why = f"{where[0].upper()}{where[1:]} a move couldn’t be made.", str(error)
        raise NotYet(f"{said} {why[0].upper()}{why[1:]}.{first}") from None


def _believes_no_authority(now: Situation, sweep: Sweep, number: int) -> None:
    for release in now.plan.releases:
        app = next(one for one in apps(now.plan, release.version) if one.way is _WAY)
        found = {name for track in sweep.tracks(app) for name in track.could & set(authorities())}
        pinned = "nothing" if not release.pins else ", ".join(release.pins)
        expect(
            not found,
            f"Year {number}: {release.version} pins {pinned}, so it accepts any certificate "
            f"that {min(found, default='')} mis-issues. Pin the bank's own keys alone.",
        )


def _why_cut(now: Situation, sweep: Sweep) -> str:
    """Say what was shown on the first day on which an app could not log in."""
    for release in now.plan.releases:
        app = next(one for one in apps(now.plan, release.version) if one.way is _WAY)
        for block in sweep.blocks(app):
            if not block.connects:
                shown = f"{block.shown.certificate} with {block.shown.key}"
                ended = block.shown.ends < block.first
                why = "it has expired: renew in time" if ended else "that app doesn’t know the key"
                return f"On {block.first} {release.version} meets {shown}: {why}."
    return ""
