"""The signature of a handshake: what was signed, with which key, and checked with which."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from markupsafe import Markup

from pinlib import HandshakeSignature, Scenario, Verdict, handshake_signature, story
from pinlib.encoding.naming import subject_of
from pinlib.scenes.scenario import run
from pinlib.teach.drawing import blocks, fields
from pinlib.teach.drawing.blocks import Headline
from pinlib.teach.drawing.typeset import Mono, Text, inline, paragraph, subheading
from pinlib.teach.drawing.view import View
from pinlib.tls.certificates import p256
from pinlib.wire.meanings import meaning

SIGNING = ("CertificateVerify", "ServerKeyExchange")
"""The messages that carry the server's signature: TLS 1.3's, and TLS 1.2's."""

_VERIFIES = "verifies", "Whoever answered has the certificate’s private key."
_FAILS = "doesn’t verify", "Whoever answered signed with another key."


def show_signature(scenario: Scenario) -> View:
    """Let a connection happen, and check its signature once more, in the open."""
    verdict = run(scenario).verdict
    found = handshake_signature(verdict.timeline)
    if found is None:
        why = "Nobody signed, or this Python can’t open TLS 1.3: try it with tls=Tls.V1_2."
        headline = Headline("No signature to look at", why, signed=False)
        return View(headline, Markup(""), why, {"signature": "none"})
    holds = verifies(verdict, found)
    told, why = _VERIFIES if holds else _FAILS
    headline = Headline(f"The signature {told}", why, mark="holds" if holds else "fails")
    picture, words = signature_card(verdict, found)
    again, said = _signed_again(verdict, found)
    facts = {"signature": "holds" if holds else "fails"}
    return View(headline, blocks.stack(picture, again), f"{words}\n{said}", facts)


def _signed_again(verdict: Verdict, found: HandshakeSignature) -> tuple[Markup, str]:
    """Sign the same bytes here and now, with two keys, and check each with the certificate's."""
    keys = {"the bank’s private key": story().bank.key, "a key that Mallory just made": p256()}
    rows, words = [], []
    for whose, key in keys.items():
        made = found.signed_with(key)
        holds = verifies(verdict, made)
        told = (_VERIFIES if holds else _FAILS)[0]
        sign = Markup('<span class="pl-match">{} {}</span>').format(
            blocks.mark("holds" if holds else "fails"), told
        )
        rows.append((inline(whose), inline(Mono(made.signature.hex(), 29)), sign))
        words.append(f"Signed with {whose}: {made.signature.hex()}: {told}.")
    head = ("Signed with", "Signature", "With the certificate’s key it")
    title = "The same bytes, signed again just now"
    return blocks.card(title, blocks.grid(head, rows)), "\n".join([f"{title}.", *words])


def verifies(verdict: Verdict, found: HandshakeSignature) -> bool:
    """Verify a signature with the key in the leaf that was presented."""
    return bool(verdict.presented) and found.verifies(verdict.presented[0].public_key())


def signature_card(
    verdict: Verdict, found: HandshakeSignature, *, opens: bool = False
) -> tuple[Markup, str]:
    """Draw how a signature was checked, over what was signed; and the same in words.

    With `opens` the answer alone is there, and a click shows the rest.
    """
    key = verdict.presented[0].public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    holds = verifies(verdict, found)
    signed = meaning("what was signed")
    rows: list[tuple[str, Text]] = [
        ("signed", f"the {len(found.signed)} bytes below, with a private key that stays at home"),
        ("scheme", found.scheme),
        ("signature", Mono(found.signature.hex(), 29)),
        (
            "checked with",
            f"the public key in the certificate presented for {subject_of(verdict.presented[0])}",
        ),
        ("that key", Mono(spki.hex(), 29)),
    ]
    told = Markup('{}<span class="pl-strong">{}</span>').format(
        blocks.mark("holds" if holds else "fails"), _line(holds)
    )
    rest = (
        blocks.facts(rows),
        subheading("What was signed"),
        fields.opened_fields(found.signed, found.fields, lit=_fresh(found)),
        paragraph(f"{signed.means} {signed.source}.", dim=True),
    )
    if opens:
        hint = Markup('<span class="pl-dim">{}</span>').format("how it was checked")
        summary = Markup('<summary class="pl-checked">{}{}</summary>').format(told, hint)
        form = Markup('<details class="pl-signed">{}{}</details>')
        picture = blocks.card("", form.format(summary, Markup("").join(rest)))
    else:
        line = Markup('<div class="pl-checked">{}</div>').format(told)
        picture = blocks.card("Signed and checked", line, *rest)
    words = [
        _line(holds),
        *(f"{name}: {value.full if isinstance(value, Mono) else value}." for name, value in rows),
        f"{signed.means} {signed.source}.",
        fields.fields_said(found.signed, found.fields),
    ]
    return picture, "\n".join(words)


def _line(holds: bool) -> str:
    told, why = _VERIFIES if holds else _FAILS
    return f"It {told}: {why[0].lower()}{why[1:]}"


def _fresh(found: HandshakeSignature) -> str:
    """Name the part of what was signed that no other handshake has."""
    return "transcript_hash" if found.tls13 else "server_random"
