"""One message of a conversation, opened to its bytes; where it carries a signature, with that."""

from __future__ import annotations

from markupsafe import Markup

from pinlib import Message, Verdict, handshake_signature
from pinlib.teach.drawing import fields
from pinlib.teach.drawing.blocks import card, stack
from pinlib.teach.drawing.typeset import paragraph
from pinlib.teach.exhibits.connection.signed_view import SIGNING, signature_card

# What a message is opened at: the field that the lesson is about.
_FIRST_SEEN = {
    "ClientHello": "host_name",
    "ServerHello": "cipher_suite",
    "HelloRetryRequest": "selected_group",
    "EncryptedExtensions": "extensions",
    "Certificate": "cert_data",
    "CertificateVerify": "signature",
    "ServerKeyExchange": "signature",
    "ClientKeyExchange": "public",
    "Finished": "verify_data",
    "Alert": "description",
    "application data": "application_data",
}
_CLOSED = "encrypted_record"
_KEPT_CLOSED = "The phone can read this. The workshop opens the encrypted records of TLS 1.3 only."


def opened_message(message: Message, verdict: Verdict, heading: str) -> tuple[Markup, str]:
    """Draw a message's fields and bytes, and say them in words."""
    whole = message.fields(verdict.device.tls)
    first = _FIRST_SEEN.get(message.name, "")
    lit = first if whole.find(first) else _CLOSED
    picture = card(heading, fields.opened_fields(message.raw, whole, lit=lit))
    words = [fields.fields_said(message.raw, whole)]
    if message.record and message.name in _FIRST_SEEN and message.encrypted:
        picture = stack(picture, paragraph(_KEPT_CLOSED))
        words.append(_KEPT_CLOSED)
    found = handshake_signature(verdict.timeline) if carries_signature(message) else None
    if found is not None:
        signed, said = signature_card(verdict, found, opens=True)
        picture, words = stack(picture, signed), [*words, said]
    return picture, "\n".join(words)


def carries_signature(message: Message) -> bool:
    """Tell whether a message, opened, has the server's signature in it."""
    return message.name in SIGNING and bool(message.body)
