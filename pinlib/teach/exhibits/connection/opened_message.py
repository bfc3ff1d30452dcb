"""One message of a conversation, opened to its bytes; where it carries a signature, with that."""

from __future__ import annotations

from markupsafe import Markup

from pinlib import Message, Verdict, handshake_signature
from pinlib.teach.drawing import fields
from pinlib.teach.drawing.blocks import card, stack
from pinlib.teach.drawing.typeset import count_of_bytes, paragraph
from pinlib.teach.exhibits.connection.signed_view import SIGNING, signature_card, verifies
from pinlib.tls.transcript import CLOSED
from pinlib.wire.messages import SEALED

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
_KEPT_CLOSED = "The phone can read this. The workshop opens the encrypted records of TLS 1.3 only."


def opened_message(message: Message, verdict: Verdict, *, inside: bool) -> tuple[Markup, str, str]:
    """Draw a message's fields and bytes, say them in words, and say if its signature "holds".

    It "fails", or is "none", elsewhere.  `inside` tells whether it is the phone who looks.
    """
    whole = message.fields(verdict.device.tls)
    first = _FIRST_SEEN.get(message.name, "")
    lit = first if whole.find(first) else SEALED
    heading = f"{message.name}, {count_of_bytes(len(message.raw))}"
    parts = [card(heading, fields.opened_fields(message.raw, whole, lit=lit))]
    words = [fields.fields_said(message.raw, whole)]
    if inside and message.record and message.name != CLOSED:
        parts.append(paragraph(_KEPT_CLOSED))
        words.append(_KEPT_CLOSED)
    signs = message.name in SIGNING and message.body
    found = handshake_signature(verdict.timeline) if signs else None
    if found is None:
        return stack(*parts), "\n".join(words), "none"
    signed, said = signature_card(verdict, found, opens=True)
    holds = "holds" if verifies(verdict, found) else "fails"
    return stack(*parts, signed), "\n".join([*words, said]), holds
