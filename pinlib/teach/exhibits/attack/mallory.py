"""You are Mallory: choose what to present, bet, send, and see what you get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from markupsafe import Markup

from pinlib.errors import BadInput
from pinlib.scenes.evening import NAMED, STOCK, TRIES, WRONG_BETS, Bet, Evening, Ruse, Try, Victim
from pinlib.scenes.scenario import Middle
from pinlib.teach.drawing.blocks import Headline, columns, stack
from pinlib.teach.drawing.stage import Screen, screen
from pinlib.teach.drawing.typeset import escape, paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.exhibits.attack.scene_view import password_in, show_scene
from pinlib.teach.widgets.controls import Action, Control
from pinlib.teach.widgets.panel import Panel

_PRESENTS = {
    "a home-made certificate": Middle.SELF_SIGNED,
    "a copy of the bank’s certificate": Middle.COPY,
    "a real certificate for shop.example": Middle.OTHER_NAME,
    "a certificate another CA mis-issued": Middle.OTHER_CA,
    "a certificate from the company’s CA": Middle.COMPANY_PROXY,
    "a certificate won by hijacking the route": Middle.HIJACK,
    "the bank’s stolen key (works once)": Middle.STOLEN_KEY,
}


@dataclass(frozen=True, slots=True)
class Bench:
    """What is set on Mallory's laptop, and what was sent so far."""

    victim: Victim = Victim.ALICE
    shows: Middle = Middle.SELF_SIGNED
    appends: bool = False
    relays: bool = True
    lies: bool = False
    bet: Bet = Bet.OPEN
    sent: str = ""


def send(bench: Bench) -> Bench:
    """Meet whoever comes by, as it is set; the next try needs a bet of its own."""
    attack = Ruse(bench.shows, bench.appends, bench.relays, bench.lies)
    evening = Evening.parse(bench.sent).after(bench.victim, attack, bench.bet)
    return replace(bench, sent=str(evening), bet=Bet.OPEN)


class MalloryPanel(Panel[Bench]):
    """Stand in the middle, over the real interception."""

    name = "mallory"
    controls = (
        Control(
            "victim",
            "Who comes by",
            {one.value: one for one in Victim},
            tooltips=tuple(one.app for one in Victim),
        ),
        Control("shows", "You present", _PRESENTS, "What you show in the bank’s place"),
        Control("appends", "append the bank’s certificate", tooltip="Anyone has a copy of it"),
        Control("relays", "pass the login on to the bank", tooltip="Or answer it yourself"),
        Control("lies", "change the balance", tooltip="In the bank’s answer"),
        Control(
            "bet",
            "You bet you’ll get",
            {one.value: one for one in Bet},
            "Before each try",
        ),
        Control(
            "sent",
            "Sent so far",
            {"nothing": "", "one": "alice:self-signed:nothing:relays"},
            "Take your evening along, or paste someone else’s",
            kind="text",
            more=True,
        ),
    )
    actions = (Action("Send", send, "Let the phone connect to you, for real", final=True),)
    initial = Bench()

    @classmethod
    def states(cls) -> Iterator[Bench]:
        """Give every try as the first of an evening, and an evening that is solved."""
        for victim in Victim:
            for shows in STOCK:
                for appends in (False, True):
                    one = Try(victim, Ruse(shows, appends), Bet.NOTHING)
                    yield Bench(victim, shows, appends, sent=str(one))
        yield Bench()

    def view(self, state: Bench) -> View:
        """Draw the last try, and what lies before Mallory."""
        evening = Evening.parse(state.sent)
        facts = {
            **{one.name.lower(): "password" if one in evening.won else "nothing" for one in Victim},
            "wrong": str(evening.wrong_bets),
            "key": "used" if evening.key_used else "unused",
            "evening": "won" if evening.solved else "open",
            "outcome": "none",
        }
        board, told = _board(evening)
        if not evening.tries:
            said = Headline("Nobody has come by yet", "Choose, bet, then press Send.", signed=False)
            return View(said, board, told, facts)
        last = evening.tries[-1]
        name = last.victim.value
        seen = show_scene(last.scene, owner=name)
        right = "You bet right." if last.bet_was_right else f"You bet on {last.bet.value}."
        picture = stack(board, paragraph(f"{right} {_why(last)}"), seen.picture)
        facts["outcome"] = seen.facts["outcome"]
        words = f"{right} {_why(last)}\n{seen.words}\n{told}"
        return View(seen.headline, picture, words, facts)

    @property
    def tried(self) -> list[str]:
        """Name the attackers that were tried on Bob, whose app does what it should."""
        try:
            tries = Evening.parse(self.state.sent).tries
        except BadInput:
            return []
        return [one.ruse.shows.value for one in tries if one.victim is Victim.BOB]


def _why(last: Try) -> str:
    """Name the check that stopped this try, or say that none did."""
    failed = last.scene.verdict.findings.failed
    if failed is None:
        return "No check stopped you."
    return f"Stopped by: {failed.value.lower()}."


def _board(evening: Evening) -> tuple[Markup, str]:
    """Draw a place for each password, and count what is left."""
    places, lines = [], []
    for one in Victim:
        wins = [t for t in evening.tries if t.victim is one and t.won]
        page = wins[-1].scene.page if wins else None
        found = password_in(page.request) if page else None
        left = evening.left[one]
        tries = f"{left} of {TRIES} tries left"
        small = f"{one.value}’s password"
        form = Markup('<div class="pl-victim">{}<div class="pl-dim">{}</div></div>')
        places.append(form.format(screen(Screen(small, found, tries), "laptop"), escape(one.app)))
        lines.append(f"- {small}: {found or 'not yet'}; {tries}. {one.value}: {one.app}.")
    key = "used" if evening.key_used else "not used yet"
    bets = (
        f"Wrong bets: {evening.wrong_bets} (at most {WRONG_BETS}). Right bets on “nothing”: "
        f"{evening.named} (at least {NAMED}). The stolen key: {key}."
    )
    board = stack(columns(*places), paragraph(bets, dim=True))
    return board, "\n".join([*lines, bets])
