"""The handshake: every message of a real one, when the phone decides, and what it decides by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import ClassVar

from pinlib import (
    Check,
    Ending,
    Event,
    Mark,
    Message,
    Outcome,
    Sender,
    Strategy,
    Tls,
    Verdict,
    story,
)
from pinlib.encoding.naming import names
from pinlib.scenes.cast import ACCOUNT, FORM
from pinlib.teach.drawing import verdict_view
from pinlib.teach.drawing.blocks import Headline, LadderRung, card, columns, ladder
from pinlib.teach.drawing.harm import TONES
from pinlib.teach.drawing.sequence import DecisionRow, Lane, MessageRow, sequence
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel
from pinlib.tls.certificates import Validity

_FOOLED = "A CA the phone trusts issued her a certificate, and the app checks nothing more."


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
    """One connection to watch."""

    wrong: Wrong = Wrong.NOTHING
    tls: Tls = Tls.V1_3
    pinned: bool = False
    eyes: Eyes = Eyes.PHONE


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
    )
    presets: ClassVar = {
        "A normal handshake": Watched(),
        "An expired certificate": Watched(Wrong.EXPIRED),
        "A copied certificate": Watched(Wrong.COPY),
        "A mis-issued certificate": Watched(Wrong.MIS_ISSUED),
        "Mis-issued, with a pin": Watched(Wrong.MIS_ISSUED, pinned=True),
        "TLS 1.2, from outside": Watched(tls=Tls.V1_2, eyes=Eyes.EAVESDROPPER),
        "TLS 1.3, from outside": Watched(eyes=Eyes.EAVESDROPPER),
    }
    initial = Watched()

    def view(self, state: Watched) -> View:
        """Let it happen, and draw what crossed the wire."""
        strategy = Strategy.LEAF_KEY if state.pinned else Strategy.NONE
        happening = event(state.wrong)
        verdict = happening.verdict(strategy, state.tls)
        if state.eyes is Eyes.EAVESDROPPER:
            return _outside(verdict)
        return _inside(verdict, happening.ending(verdict))


def _inside(verdict: Verdict, ending: Ending) -> View:
    """Draw what the phone knows: it opened every message."""
    messages = [one for one in verdict.timeline if one.name != "ChangeCipherSpec"]
    before = sum(one.name != "ChangeCipherSpec" for one in verdict.timeline[: verdict.decided])
    rows: list[MessageRow | DecisionRow] = [_row(m, _detail(m, verdict)) for m in messages]
    decides = "decision: accept"
    if not verdict.connected:
        decides = "decision: refuse"
        rows.append(MessageRow("application data", "left", "0 B", "unsent"))
    rows.insert(before, DecisionRow(decides, "holds" if verdict.connected else "fails"))
    picture = columns(
        sequence(Lane("Alice’s phone", "phone"), _peer(ending), rows),
        card("What the phone checked", verdict_view.verdict_ladder(verdict)),
        first="wide",
    )
    words = [
        *(_words(one, _detail(one, verdict)) for one in messages[:before]),
        f"The phone has sent no data yet; {decides}.",
        *(_words(one, _detail(one, verdict)) for one in messages[before:]),
        f"{verdict.application_bytes} B of application data reached the other end.",
        "ChangeCipherSpec, a record of one byte without content, is left out.",
        str(verdict),
    ]
    if not verdict.connected:
        words.insert(-2, "Application data was never sent: 0 B.")
    return View(_headline(verdict, ending), picture, "\n".join(words), _facts(verdict))


def _headline(verdict: Verdict, ending: Ending) -> Headline:
    """Say who was harmed, and why; the ladder beside it says which check decided."""
    by = "the pin" if verdict.outcome is Outcome.REFUSED_BY_PIN else "TLS"
    words, reason = {
        Ending.CONNECTED: ("Alice is connected to her bank", verdict.reason),
        Ending.INTERCEPTED: ("Mallory has Alice’s password", _FOOLED),
        Ending.BLOCKED: (f"Attack blocked by {by}", verdict.reason),
        Ending.LOCKED_OUT: ("Locked out: Alice can’t reach her own bank", verdict.reason),
    }[ending]
    return Headline(words, reason, TONES[ending], ending=ending)


def _peer(ending: Ending) -> Lane:
    return Lane("bank.example", "bank") if ending.by_the_bank else Lane("Mallory", "laptop")


def _outside(verdict: Verdict) -> View:
    """Draw what crossed the wire as records, and what they give away."""
    rows = [_row(one, one.detail) for one in verdict.eavesdropped]
    certificate = _certificate_crossed(verdict)
    learned = _learned(verdict, certificate)
    told = "name and certificate" if certificate else "the name alone"
    headline = Headline(
        f"Seen from outside: {told}",
        "Anyone on the way can read this much, without any key."
        if certificate
        else "The certificate is encrypted. The name in ClientHello isn’t.",
        mark="unchecked",
    )
    picture = columns(
        sequence(Lane("Alice’s phone", "phone"), Lane("Whoever answers", "bank"), rows),
        card("What leaks", ladder(learned)),
        first="wide",
    )
    words = [
        *(_words(one, one.detail) for one in verdict.eavesdropped),
        *(f"{rung.title}: {' '.join(str(line) for line in rung.evidence)}." for rung in learned),
    ]
    return View(headline, picture, "\n".join(words), _facts(verdict))


def _certificate_crossed(verdict: Verdict) -> bool:
    return any("Certificate" in one.name for one in verdict.eavesdropped)


def _learned(verdict: Verdict, certificate: bool) -> list[LadderRung]:
    """List what the records give away; everything in it was read off the wire."""
    asked = next((one.detail for one in verdict.eavesdropped if one.name == "ClientHello"), "")
    claimed = ", ".join(names(verdict.presented[0])) if verdict.presented else ""
    data = sum(
        one.size for one in verdict.eavesdropped if "application data" in one.name or one.encrypted
    )
    alert = next((one for one in verdict.eavesdropped if "Alert" in one.name), None)
    closing = [f"in clear: {alert.detail}" if alert else "nothing that looks different from data"]
    if verdict.device.tls is Tls.V1_3 and verdict.outcome is Outcome.REFUSED_BY_KEY:
        closing.append("OpenSSL found the bad signature itself, and answers before it encrypts")
    elif verdict.device.tls is Tls.V1_3 and not verdict.connected and not alert:
        closing.append(
            "this phone encrypts its alert; other TLS libraries send it in clear, or none at all"
        )
    return [
        LadderRung("The name", "holds", (f"the phone {asked}",)),
        LadderRung(
            "The certificate",
            "holds" if certificate else "unchecked",
            (f"in clear, for {claimed}",) if certificate else ("encrypted",),
        ),
        LadderRung("How much", "holds", (f"{data} B crossed in encrypted records",)),
        LadderRung("How it ended", "holds" if alert else "unchecked", tuple(closing)),
        LadderRung("What was said", "unchecked", ("encrypted",)),
    ]


def _row(message: Message, detail: str) -> MessageRow:
    return MessageRow(
        message.name,
        "left" if message.sender is Sender.CLIENT else "right",
        f"{message.size} B",
        "encrypted" if message.encrypted else "clear",
        detail,
    )


def _words(message: Message, detail: str) -> str:
    who = "The phone" if message.sender is Sender.CLIENT else "The other end"
    how = "encrypted" if message.encrypted else "in clear"
    return f"{who} sends {message.name}{f' ({detail})' if detail else ''}, {how}, {message.size} B."


def _detail(message: Message, verdict: Verdict) -> str:
    """Say in a few words what is in a message, as the phone knows it."""
    if message.name == "Certificate":
        return verdict_view.subjects(verdict.presented)
    if message.name in ("CertificateVerify", "ServerKeyExchange"):
        forged = verdict.rung(Check.KEY).mark is Mark.FAILS
        return "signed with another key" if forged else "signed with its key"
    if message.name == "application data":
        return (FORM if message.sender is Sender.CLIENT else ACCOUNT).decode()
    return message.detail


def _facts(verdict: Verdict) -> dict[str, str]:
    return {
        "outcome": verdict.outcome.name.lower(),
        "alert": "clear" if any("Alert" in one.name for one in verdict.eavesdropped) else "hidden",
        "certificate": "clear" if _certificate_crossed(verdict) else "encrypted",
        "bytes": str(verdict.application_bytes),
    }
