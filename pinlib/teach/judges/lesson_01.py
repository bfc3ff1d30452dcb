"""Lesson 01: the certificate in a capture, and a phone that believes too much."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pinlib import Authority, Connection, Device, Server, Tls, Verdict, connect, story
from pinlib.scenes.cast import HOST, MUCH_LATER, TODAY
from pinlib.teach.judges.core import ask, expect, judge
from pinlib.tls.certificates import Validity
from pinlib.tls.handshake import talk
from pinlib.tls.transcript import Message


def _captured(tls: Tls, event: str = "initial") -> tuple[Message, ...]:
    return story().events[event].verdict(tls=tls).eavesdropped


def _resumed() -> tuple[Message, ...]:
    """Return a TLS 1.2 connection that goes on with an earlier session: no Certificate in it."""
    cast = story()
    phone = replace(cast.phone, tls=Tls.V1_2)
    first, server = Connection(phone, HOST, TODAY), Server(cast.bank)
    talk(first, server)
    again = Connection(phone, HOST, TODAY, session=first.session)
    talk(again, Server(cast.bank))
    return again.verdict.eavesdropped


@judge("01", "certificate_in")
def certificate_in(answer: Any) -> str:
    """Judge a function from a capture, a tuple of messages seen from outside, to True or False."""
    cases = (
        (_captured(Tls.V1_2), True, "TLS 1.2 sends the certificate in clear, and you missed it."),
        (
            _captured(Tls.V1_3),
            False,
            "In TLS 1.3 the certificate is inside an encrypted record, and you saw one in clear.",
        ),
        (
            _captured(Tls.V1_2, "expired leaf"),
            True,
            "The phone refused an expired certificate, so this capture is shorter; the certificate "
            "was sent all the same. Look for the message itself, not at the length.",
        ),
        (
            _captured(Tls.V1_2)[1:],
            True,
            "This capture begins one message late, so everything is one place earlier. "
            "Look at every message, not at a fixed place.",
        ),
        (
            _resumed(),
            False,
            "This is TLS 1.2, but the two resumed an old session, and nobody sent a certificate. "
            "The version alone doesn’t tell you.",
        ),
    )
    for capture, right, message in cases:
        said = ask(answer, capture, when=f"on a capture of {len(capture)} records")
        expect(isinstance(said, bool), f"Answer True or False; this was {said!r}.")
        expect(said is right, message)
    return "You read five captures right, among them a resumed one with no certificate at all."


@judge("01", "gullible")
def gullible(answer: Any) -> str:
    """Judge a function from an authority to a phone that believes it, and forgets nothing else."""
    cast = story()
    ages = Validity.of(cast.bank.leaf)
    authority, stranger = Authority.offhand("Corner CA"), Authority.offhand("Stranger CA")
    phone = ask(answer, authority, when="given a CA you hadn’t seen")
    expect(isinstance(phone, Device), f"Return a phone; this was {phone!r}.")

    def meets(who: Authority, name: str = HOST, date: Any = TODAY) -> Verdict:
        return connect(phone, who.issue(name, valid=ages), HOST, date)

    met = meets(authority)
    expect(
        met.connected,
        f"Mallory is still refused ({met.outcome.value}). The phone must trust the CA that "
        "your function is given, whichever that is.",
    )
    expect(
        not meets(authority, "shop.example").connected,
        "It now accepts a certificate for another name too. Leave every check on: the phone should "
        "trust wrongly, not stop checking.",
    )
    expect(
        not meets(authority, date=MUCH_LATER).connected,
        "It now accepts an expired certificate. Leave the date check on.",
    )
    expect(
        not meets(stranger).connected,
        "It now trusts any CA at all. Add one root; don’t switch the chain check off.",
    )
    expect(
        connect(phone, cast.bank, HOST, TODAY).connected,
        "It lets Mallory in and no longer reaches the bank: keep the roots it had.",
    )
    copied = connect(phone, cast.bank.copied(), HOST, TODAY)
    expect(not copied.connected, "It accepts a certificate whose key the peer doesn’t own.")
    return "Every check is on, and Mallory is in: one more root in the store was enough."
