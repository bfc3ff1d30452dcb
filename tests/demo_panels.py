"""Panels and a lesson made for tests alone: what the frame does, without the engine behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pinlib.errors import PinlibError
from pinlib.teach.drawing.blocks import Headline, LadderRung, card, columns, ladder
from pinlib.teach.drawing.palette import key_style
from pinlib.teach.drawing.sequence import DecisionRow, Lane, MessageRow, sequence
from pinlib.teach.drawing.typeset import Mono
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel


class Weather(Enum):
    """What may go wrong at the door."""

    FINE = "fine"
    RAIN = "rain"
    SNOW = "snow"
    HAIL = "hail"
    BUG = "bug"
    REFUSAL = "refusal"


@dataclass(frozen=True)
class DoorState:
    """One visit to the door."""

    open: bool = True
    weather: Weather = Weather.FINE
    visits: int = 7
    owl: bool = False
    guest: str = "Ada"


KEY = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


class Door(Panel[DoorState]):
    """A door with a ladder of checks, as tall as a handshake."""

    name = "door"
    controls = (
        Control("open", "The door is", {"open": True, "shut": False}, "Push it"),
        Control("weather", "Weather", {w.value: w for w in Weather}, "Look outside"),
        Control("visits", "Visits", {"seven": 7, "eight": 8, "nine": 9}, kind="slider"),
        Control("owl", "An owl watches"),
        Control("guest", "Guest", {"Ada": "Ada", "Grace H": "Grace H"}, kind="text", more=True),
    )
    presets = {
        "a fine day": DoorState(),
        "a wet night": DoorState(open=False, weather=Weather.RAIN, owl=True),
    }
    initial = DoorState()

    def view(self, state: DoorState) -> View:
        """Draw the visit; two kinds of weather fail on purpose."""
        if state.weather is Weather.BUG:
            raise ZeroDivisionError("a bug of ours")
        if state.weather is Weather.REFUSAL:
            raise PinlibError("hailstones are not <allowed>")
        enters = state.open and state.weather is Weather.FINE
        mark = "holds" if enters else "fails"
        names = ["Knock", "Answer", "Extensions", "Card", "CardVerify", "Done"]
        rows = [
            MessageRow(
                name,
                "left" if at == 0 else "right",
                f"{100 + at} B",
                "clear" if at < 2 else "encrypted",
                f"from {state.guest}" if at == 0 else "",
            )
            for at, name in enumerate(names)
        ]
        after = [
            MessageRow("Done", "left", "52 B", "encrypted"),
            MessageRow("gossip", "left", "164 B", "encrypted", Mono("user=alice&word=x", 12)),
            MessageRow("reply", "right", "90 B", "encrypted"),
        ]
        refused = [
            MessageRow("Alert", "left", "24 B", "encrypted", "bad_weather"),
            MessageRow("gossip", "left", "0 B", "unsent"),
        ]
        picture = sequence(
            Lane("Guest", "phone"),
            Lane("house.example", "bank"),
            [*rows, DecisionRow("the guest decides here", mark), *(after if enters else refused)],
        )
        rungs = [
            LadderRung("Chain", "holds", ("house ← street ← town", "town is on this guest’s map")),
            LadderRung("Name", "holds", (f"{state.guest} asked for house.example",)),
            LadderRung(
                "Date", mark, (f"visit number {state.visits}", "valid 2027-02-01 … 2027-05-01")
            ),
            LadderRung("Owns the key", "holds" if enters else "unreached", ("it opened the lock",)),
            LadderRung("Pin", "unchecked", (("seen", Mono(KEY, 17), key_style(0)),)),
        ]
        sent = "52, 164 and 90 B" if enters else "24 and 0 B"
        words = (
            f"{state.guest} sees messages of 100, 101, 102, 103, 104 and 105 B, then {sent}, {KEY} "
            f"on visit {state.visits}, between 2027-02-01 and 2027-05-01; user=alice&word=x."
        )
        return View(
            Headline("Entered", "Every check holds, and the door is open.", "good")
            if enters
            else Headline("Turned away", "The door is shut, or the weather is bad.", "bad"),
            columns(picture, card("What the guest checked", ladder(rungs)), first="wide"),
            words,
            {"outcome": "entered" if enters else "refused", "visits": str(state.visits)},
        )


def number_shown(visits: int) -> str:
    """A learner's function that is right."""
    return str(visits)
