"""A conversation as somebody hears it, message by message: whole, or up to one of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from pinlib import Check, Ending, Mark, Message, Outcome, Sender, Tls, Verdict
from pinlib.encoding.naming import names
from pinlib.scenes.cast import ACCOUNT, FORM
from pinlib.teach.drawing import verdict_view
from pinlib.teach.drawing.blocks import Headline, card, columns, glyph
from pinlib.teach.drawing.harm import TONES
from pinlib.teach.drawing.sequence import DecisionRow, Lane, MessageRow, SequenceRow, sequence
from pinlib.teach.drawing.typeset import inline
from pinlib.teach.drawing.view import View
from pinlib.teach.exhibits.connection.opened_message import opened_message
from pinlib.teach.exhibits.connection.signed_view import SIGNING
from pinlib.wire.meanings import meaning

_PHONE = Lane("Alice’s phone", "phone")
_FOOLED = "A CA the phone trusts issued her a certificate, and the app checks nothing more."
_PADDING = "ChangeCipherSpec, a record of one byte without content, is left out."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens: a message, or (without one) the phone's decision."""

    row: SequenceRow
    words: str
    message: Message | None = None

    @property
    def name(self) -> str:
        """What it's called on a list of steps."""
        return self.row.name if isinstance(self.row, MessageRow) else "the decision"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What crossed between a phone and its peer, step by step, as somebody hears it.

    `inside` tells whether that is the phone, who opens messages; others have whole records.
    """

    verdict: Verdict
    ending: Ending
    peer: Lane
    steps: tuple[Step, ...]
    inside: bool

    def drawn(self, step: int = 0) -> Markup:
        """Draw the conversation, or as much of it as there is at a step, counted from 1."""
        rows: list[SequenceRow] = [one.row for one in self.steps]
        if not self.verdict.connected and self.inside:
            rows.append(MessageRow("application data", "left", "0 B", "unsent"))
        sizes = "message size" if self.inside else "record size"
        return sequence(_PHONE, self.peer, rows, sizes=sizes, step=step)

    @property
    def facts(self) -> dict[str, str]:
        """What came of it, as words."""
        seen = self.verdict.eavesdropped
        return {
            "outcome": self.verdict.outcome.name.lower(),
            "alert": "clear" if any("Alert" in one.name for one in seen) else "hidden",
            "certificate": "clear" if certificate_crossed(self.verdict) else "encrypted",
            "bytes": str(self.verdict.application_bytes),
            "opened": "none",
            "secrecy": "none",
            "signature": "none",
        }


def heard_by_the_phone(verdict: Verdict, ending: Ending) -> Conversation:
    """Tell what the phone knows: it opened every message."""
    decides = "decision: accept" if verdict.connected else "decision: refuse"
    steps = []
    for at, one in enumerate(verdict.timeline):
        if at == verdict.decided:
            steps.append(_decision(decides, verdict))
        if one.name != "ChangeCipherSpec":
            detail = _detail(one, verdict)
            steps.append(Step(_row(one, detail), _words(one, detail), one))
    if verdict.decided == len(verdict.timeline):
        steps.append(_decision(decides, verdict))
    peer = Lane("bank.example", "bank") if ending.by_the_bank else Lane("Mallory", "laptop")
    return Conversation(verdict, ending, peer, _numbered(steps), inside=True)


def heard_from_outside(verdict: Verdict, ending: Ending) -> Conversation:
    """Tell what crossed as records, as whoever is on the way hears it."""
    steps = [Step(_row(m, m.detail), _words(m, m.detail), m) for m in verdict.eavesdropped]
    peer = Lane("Whoever answers", "bank")
    return Conversation(verdict, ending, peer, _numbered(steps), inside=False)


def _numbered(steps: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(
        replace(one, row=replace(one.row, step=number)) for number, one in enumerate(steps, 1)
    )


def _decision(decides: str, verdict: Verdict) -> Step:
    words = f"The phone has sent no data yet; {decides}."
    return Step(DecisionRow(decides, "holds" if verdict.connected else "fails"), words)


def all_of_it(heard: Conversation) -> View:
    """Draw all of a conversation, and what came of it."""
    return _inside(heard) if heard.inside else _outside(heard)


def at_step(heard: Conversation, number: int) -> View:
    """Draw a conversation up to a step, counted from 1, and open that step's message."""
    step, many = heard.steps[number - 1], len(heard.steps)
    where = f"{number} of {many}"
    facts = {**heard.facts, "opened": step.name}
    said = [one.words for one in heard.steps[:number]]
    if step.message is None:
        verdict = heard.verdict
        words = "The phone accepts" if verdict.connected else "The phone refuses"
        headline = Headline(f"{where}: {words}", verdict.reason, signed=False)
        opened = card("What the phone checked", verdict_view.verdict_ladder(verdict))
        said.append(str(verdict))
    else:
        message = step.message
        facts["secrecy"] = "encrypted" if message.encrypted else "clear"
        told = meaning(message.name if message.body or not message.encrypted else "record")
        headline = Headline(
            f"{where}: {message.name}", f"{told.means} {told.source}.", signed=False
        )
        opened, words, signature = opened_message(message, heard.verdict, inside=heard.inside)
        facts["signature"] = signature
        said.append(words)
    picture = Markup('<div class="pl-stepped">{}<div>{}</div></div>').format(
        heard.drawn(number), opened
    )
    return View(headline, picture, "\n".join(said), facts)


def _inside(heard: Conversation) -> View:
    verdict = heard.verdict
    picture = columns(
        heard.drawn(),
        card("What the phone checked", verdict_view.verdict_ladder(verdict)),
        first="wide",
    )
    words = [
        *(one.words for one in heard.steps),
        *([] if verdict.connected else ["Application data was never sent: 0 B."]),
        f"{verdict.application_bytes} B of application data reached the other end.",
        _PADDING,
        str(verdict),
    ]
    return View(_headline(verdict, heard.ending), picture, "\n".join(words), heard.facts)


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


def _outside(heard: Conversation) -> View:
    verdict = heard.verdict
    certificate = certificate_crossed(verdict)
    leaks = _leaks(verdict, certificate)
    told = "name and certificate" if certificate else "the name alone"
    headline = Headline(
        f"Seen from outside: {told}",
        "Anyone on the way can read this much, without any key."
        if certificate
        else "The certificate is encrypted. The name in ClientHello isn’t.",
        mark="unchecked",
    )
    rows = Markup("").join(_leak(*one) for one in leaks)
    picture = columns(
        heard.drawn(),
        card("What leaks", Markup('<ul class="pl-leaks">{}</ul>').format(rows)),
        first="wide",
    )
    words = [
        *(one.words for one in heard.steps),
        *(
            f"{title}: {'readable' if leaked else 'hidden'}. {' '.join(lines)}."
            for title, leaked, lines in leaks
        ),
    ]
    return View(headline, picture, "\n".join(words), heard.facts)


def certificate_crossed(verdict: Verdict) -> bool:
    """Tell whether anyone on the way could read the server's certificate."""
    return any("Certificate" in one.name for one in verdict.eavesdropped)


_Leak = tuple[str, bool, tuple[str, ...]]
"""What somebody may want to know, whether it leaked, and the evidence."""


def _leak(title: str, leaked: bool, lines: tuple[str, ...]) -> Markup:
    sign = glyph("eye", "readable") if leaked else glyph("lock", "hidden")
    told = Markup("").join(Markup('<div class="pl-dim">{}</div>').format(inline(x)) for x in lines)
    form = Markup('<li data-leak="{}">{}<div><div class="pl-strong">{}</div>{}</div></li>')
    return form.format("yes" if leaked else "no", sign, title, told)


def _leaks(verdict: Verdict, certificate: bool) -> list[_Leak]:
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
    shown = (f"in clear, for {claimed}",) if certificate else ("encrypted",)
    return [
        ("The name", True, (f"the phone {asked}",)),
        ("The certificate", certificate, shown),
        ("How much", True, (f"{data} B crossed in encrypted records",)),
        ("How it ended", alert is not None, tuple(closing)),
        ("What was said", False, ("encrypted",)),
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
    if message.name in SIGNING:
        forged = verdict.rung(Check.KEY).mark is Mark.FAILS
        return "signed with another key" if forged else "signed with its key"
    if message.name == "application data":
        return (FORM if message.sender is Sender.CLIENT else ACCOUNT).decode()
    return message.detail
