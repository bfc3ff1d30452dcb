"""Lesson 01: when to send the password, and a phone that believes too much."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pinlib import (
    Authority,
    Cast,
    Device,
    HandshakeSignature,
    Identity,
    Mode,
    Tls,
    Verdict,
    connect,
    engine_mode,
    handshake_signature,
    story,
)
from pinlib.scenes.cast import HOST, MUCH_LATER, TODAY
from pinlib.teach.judges.core import ask, expect, judge
from pinlib.tls.certificates import Validity

COPIED = "the real certificate, copied, without its key"


@judge("01", "may_log_in")
def may_log_in(answer: Any) -> str:
    """Judge a function from presented chain, verified chain and signature to True or False."""
    cast = story()
    versions = (Tls.V1_2, Tls.V1_3) if engine_mode() is Mode.OPENED else (Tls.V1_2,)
    count = 0
    for tls in versions:
        for verdict, right, message in _connections(cast, tls):
            _may(answer, verdict, _signature(verdict), right, message)
            count += 1
        first, again = (cast.events["initial"].verdict(tls=tls) for _ in range(2))
        replayed = replace(_signature(again), signature=_signature(first).signature)
        told = (
            "Mallory showed the copy and replayed a signature that she recorded earlier. It’s for "
            "another handshake: ask signature.verifies about this one."
        )
        _may(answer, again, replayed, False, told)
        count += 1
    return (
        f"Right in {count} of {count} connections: the bank got the password, and nobody else "
        "did. You asked for a verified chain, and for a signature with its leaf’s key."
    )


def _may(
    answer: Any, verdict: Verdict, signature: HandshakeSignature, right: bool, message: str
) -> None:
    version = verdict.device.tls.value
    given = (verdict.presented, verdict.verified, signature)
    said = ask(answer, *given, when=f"about a connection in {version}")
    expect(isinstance(said, bool), f"Answer True or False; this was {said!r}.")
    expect(said is right, message)


def _connections(cast: Cast, tls: Tls) -> tuple[tuple[Verdict, bool, str], ...]:
    """Return connections, whether the password may go there, and what a wrong answer hears."""

    def met(event: str) -> Verdict:
        return cast.events[event].verdict(tls=tls)

    return (
        (met("initial"), True, "That was the bank itself, and Alice couldn’t log in."),
        (
            met(COPIED),
            False,
            "Mallory showed a copy of the bank’s certificate and signed with her own key. The "
            "certificate is public; only the signature tells who has its key.",
        ),
        (
            met("unknown CA"),
            False,
            "Mallory made a certificate at home and signed with its key, so the signature "
            "verifies. It proves that she has that key, not that she is the bank: no chain of hers "
            "was verified.",
        ),
        (
            connect(replace(cast.phone, tls=tls), _with_her_own(cast), HOST, TODAY),
            False,
            "Mallory sent the bank’s certificates and one of her own behind them, and signed with "
            "her own key. A signature counts if the leaf’s key verifies it, not just any of them.",
        ),
        (
            met("expired leaf"),
            False,
            "The certificate had expired, so nothing was verified. The signature alone can’t tell.",
        ),
    )


def _signature(verdict: Verdict) -> HandshakeSignature:
    """Return the signature of a connection in which a certificate was presented."""
    found = handshake_signature(verdict.timeline)
    if found is None:
        raise LookupError("a server that presents a certificate signs")
    return found


def _with_her_own(cast: Cast) -> Identity:
    """Return who shows the bank's chain, and behind it a certificate for the key that she has."""
    copied = cast.bank.copied()
    ages = Validity.of(cast.bank.leaf)
    own = Authority.offhand("Corner CA").issue(HOST, valid=ages, key=copied.key)
    return replace(copied, chain=(*copied.chain, own.leaf))


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
