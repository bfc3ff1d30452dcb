"""The handshake: every message of a real one, when the phone decides, and what it decides by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import ClassVar

from pinlib import Event, Strategy, Tls, Verdict, story
from pinlib.teach.drawing.view import View
from pinlib.teach.exhibits.connection import conversation
from pinlib.teach.exhibits.connection.conversation import Conversation
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel
from pinlib.tls.certificates import Validity


class Wrong(Enum):
    """What is wrong with the certificate of whoever answers."""

    NOTHING = "nothing"
    EXPIRED = "it has expired"
    EARLY = "it is not valid yet"
    OTHER_NAME = "it is for another name"
    UNKNOWN_CA = "its CA is unknown"
    COPY = "it is a copy"
    MIS_ISSUED = "a trusted CA mis-issued it"


class Eyes(Enum):
    """Who is looking."""

    PHONE = "the phone"
    EAVESDROPPER = "an eavesdropper"


@dataclass(frozen=True, slots=True)
class Watched:
    """One connection to watch, and which of its steps is opened; 0 shows all of them."""

    wrong: Wrong = Wrong.NOTHING
    tls: Tls = Tls.V1_3
    pinned: bool = False
    eyes: Eyes = Eyes.PHONE
    step: int = 0


def event(wrong: Wrong) -> Event:
    """Return what happens in the story when this is wrong."""
    events = story().events
    initial = events["initial"]
    before = Validity.of(initial.identity.leaf).starts - timedelta(days=1)
    early = replace(initial, name="too early", date=before)
    return {
        Wrong.NOTHING: initial,
        Wrong.EXPIRED: events["expired leaf"],
        Wrong.EARLY: early,
        Wrong.OTHER_NAME: events["wrong host"],
        Wrong.UNKNOWN_CA: events["unknown CA"],
        Wrong.COPY: events["the real certificate, copied, without its key"],
        Wrong.MIS_ISSUED: events["another trusted CA mis-issues"],
    }[wrong]


class HandshakePanel(Panel[Watched]):
    """Watch a phone connect, message by message."""

    name = "handshake"
    controls = (
        Control(
            "wrong",
            "What is wrong",
            {wrong.value: wrong for wrong in Wrong},
            "What is wrong with the certificate of whoever answers",
        ),
        Control(
            "tls",
            "Version",
            {tls.value: tls for tls in Tls},
            tooltips=("TLS 1.2 sends the certificate in clear", "TLS 1.3 encrypts it"),
        ),
        Control(
            "eyes",
            "Seen by",
            {eyes.value: eyes for eyes in Eyes},
            tooltips=("It has the keys, and sees inside", "Anyone on the same wifi"),
        ),
        Control("pinned", "Pin the bank's key", tooltip="The app carries a list: key A, no other"),
        Control("step", "Step", {"all": 0}, "Open the next message", kind="steps", follows=True),
    )
    presets: ClassVar = {
        "A normal handshake": Watched(),
        "An expired certificate": Watched(Wrong.EXPIRED),
        "A copied certificate": Watched(Wrong.COPY),
        "A mis-issued certificate": Watched(Wrong.MIS_ISSUED),
        "Mis-issued, with a pin": Watched(Wrong.MIS_ISSUED, pinned=True),
        "TLS 1.2, from outside": Watched(tls=Tls.V1_2, eyes=Eyes.EAVESDROPPER),
        "TLS 1.3, from outside": Watched(eyes=Eyes.EAVESDROPPER),
        "The name, opened": Watched(step=1),
        "The signature, opened": Watched(step=5),
        "A copy’s signature, opened": Watched(Wrong.COPY, step=5),
    }
    initial = Watched()

    def __init__(self, state: Watched | str | None = None) -> None:
        self._connected: tuple[Watched, Verdict] | None = None
        super().__init__(state)

    def controls_in(self, state: Watched) -> tuple[Control, ...]:
        """Let it be stepped through as many messages as there were."""
        *others, step = self.controls
        names = (f"{at} {one.name}" for at, one in enumerate(self._heard(state).steps, 1))
        options = {"all": 0, **{name: at for at, name in enumerate(names, 1)}}
        return (*others, replace(step, options=options))

    def settle(self, state: Watched, before: Watched) -> Watched:
        """Stay at the message that was opened, if there is one of that name now."""
        if not before.step or state.step != before.step:
            return state
        opened = self._heard(before).steps[before.step - 1].name
        steps = enumerate(self._heard(state).steps, 1)
        return replace(state, step=next((at for at, one in steps if one.name == opened), 0))

    @classmethod
    def states(cls) -> Iterator[Watched]:
        """Give every connection as a whole, and at each of its steps."""
        panel = cls()
        for state in super().states():
            for step in range(len(panel._heard(state).steps) + 1):
                yield replace(state, step=step)

    def view(self, state: Watched) -> View:
        """Let it happen, and draw what crossed the wire."""
        heard = self._heard(state)
        return (
            conversation.at_step(heard, state.step) if state.step else conversation.all_of_it(heard)
        )

    def _heard(self, state: Watched) -> Conversation:
        """Connect, or listen once more to the connection there is: stepping makes no new one."""
        happening = event(state.wrong)
        which = replace(state, step=0, eyes=Eyes.PHONE)
        if self._connected is None or self._connected[0] != which:
            strategy = Strategy.LEAF_KEY if state.pinned else Strategy.NONE
            self._connected = which, happening.verdict(strategy, state.tls)
        verdict = self._connected[1]
        ending = happening.ending(verdict)
        if state.eyes is Eyes.EAVESDROPPER:
            return conversation.heard_from_outside(verdict, ending)
        return conversation.heard_by_the_phone(verdict, ending)
