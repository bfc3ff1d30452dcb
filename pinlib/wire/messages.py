"""Every byte of a handshake message, named: RFC 8446 for TLS 1.3, RFC 5246 for TLS 1.2.

    message_fields(message, tls13=True)    ──►  a Part, with one inside for each run of bytes
    record_fields(record, tls13=True, …)   ──►  the same for what an eavesdropper writes down

It trusts nobody and never fails.  What a field means is for `data/fields.csv` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pinlib.encoding.anatomy import Part
from pinlib.encoding.naming import read_certificate, subject_of
from pinlib.errors import NotReadable
from pinlib.wire.cursor import Cursor, readable
from pinlib.wire.extensions import read_extensions
from pinlib.wire.tls_numbers import alert_name, number_name, suite_name

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""A HelloRetryRequest is a ServerHello with this random (RFC 8446, section 4.1.3)."""

SEALED = "encrypted_record"


def message_fields(message: bytes, *, tls13: bool) -> Part:
    """Return a handshake message as one field, with a field inside for each run of bytes."""
    cursor = Cursor(message, 0, len(message))
    name = _read_message(cursor, tls13)
    return cursor.field(name)


def content_fields(content: int, body: bytes, *, tls13: bool) -> Part:
    """Return what a record carries as one field: a handshake message, an alert, data."""
    if content == _HANDSHAKE:
        return message_fields(body, tls13=tls13)
    cursor = Cursor(body, 0, len(body))
    _read_other(cursor, content)
    return cursor.field(_MESSAGES.get(content) or number_name("content", content))


def record_fields(record: bytes, *, tls13: bool, sealed: bool) -> Part:
    """Return a record as one field: its header, and what it carries; sealed, that is one field."""
    cursor = Cursor(record, 0, len(record))
    content = cursor.number("type", 1, lambda number: number_name("content", number))
    cursor.take("legacy_record_version", 2, _version)
    count = cursor.number("length", 2)
    if sealed:
        cursor.take(SEALED, count, lambda raw: f"{len(raw):,} bytes, unreadable without the keys")
    elif content == _HANDSHAKE:
        cursor.inside("fragment", count, lambda inside: _read_messages(inside, tls13))
    else:
        cursor.inside("fragment", count, lambda inside: _read_other(inside, content))
    return cursor.field("record")


_ALERT, _HANDSHAKE, _DATA = 21, 22, 23
_MESSAGES = {20: "ChangeCipherSpec", _ALERT: "Alert", _DATA: "application data"}


def _read_messages(cursor: Cursor, tls13: bool) -> None:
    while cursor.left:
        count = 4 + int.from_bytes(cursor.peek(4)[1:])
        name = number_name("message", cursor.peek(1)[0])
        cursor.inside(name, count, lambda inside: _read_message(inside, tls13) and None)


def _read_other(cursor: Cursor, content: int) -> None:
    if content == _ALERT:
        cursor.number("level", 1, lambda number: number_name("level", number))
        cursor.number("description", 1, alert_name)
    elif content == _DATA:
        cursor.take("application_data", cursor.left, readable)
    else:
        cursor.take(number_name("content", content), cursor.left)


def _read_message(cursor: Cursor, tls13: bool) -> str:
    kind = cursor.number("msg_type", 1, lambda number: number_name("message", number))
    cursor.number("message_length", 3)
    read = (_IN_1_3 if tls13 else _IN_1_2).get(kind) or _IN_BOTH.get(kind)
    if read is not None:
        read(cursor)
    return number_name("message", kind)


def _client_hello(cursor: Cursor) -> None:
    cursor.take("legacy_version", 2, _version)
    cursor.take("random", 32)
    cursor.vector("legacy_session_id", 1)
    cursor.vector("cipher_suites", 2, _several(suite_name))
    cursor.vector("legacy_compression_methods", 1, lambda raw: "none" if raw == b"\0" else "")
    read_extensions(cursor, "ClientHello")


def _server_hello(cursor: Cursor) -> None:
    cursor.take("legacy_version", 2, _version)
    retry = cursor.peek(32) == RETRY
    cursor.take("random", 32, lambda _: "the value that means: say hello again" if retry else "")
    cursor.vector("legacy_session_id_echo", 1)
    cursor.number("cipher_suite", 2, suite_name)
    cursor.take("legacy_compression_method", 1, lambda raw: "none" if raw == b"\0" else "")
    read_extensions(cursor, "HelloRetryRequest" if retry else "ServerHello")


def _encrypted_extensions(cursor: Cursor) -> None:
    read_extensions(cursor, "EncryptedExtensions")


def _certificate_1_3(cursor: Cursor) -> None:
    cursor.vector("certificate_request_context", 1)
    cursor.vector("certificate_list", 3, read=lambda inside: _entries(inside, tls13=True))


def _certificate_1_2(cursor: Cursor) -> None:
    cursor.vector("certificate_list", 3, read=lambda inside: _entries(inside, tls13=False))


def _entries(cursor: Cursor, *, tls13: bool) -> str:
    count = 0
    while cursor.left >= 3:
        size = 3 + int.from_bytes(cursor.peek(3))
        if tls13:
            size += 2 + int.from_bytes(cursor.peek(size + 2)[size:])
        cursor.inside("certificate_entry", size, lambda inside: _entry(inside, tls13))
        count += 1
    return f"{count} certificate{'' if count == 1 else 's'}"


def _entry(cursor: Cursor, tls13: bool) -> str:
    der = cursor.peek(3 + int.from_bytes(cursor.peek(3)))[3:]
    cursor.vector("cert_data", 3, _subject)
    if tls13:
        read_extensions(cursor, "Certificate")
    return _subject(der)


def _certificate_verify(cursor: Cursor) -> None:
    cursor.number("algorithm", 2, lambda number: number_name("scheme", number))
    cursor.vector("signature", 2)


def _server_key_exchange(cursor: Cursor) -> None:
    kind = cursor.number("curve_type", 1, lambda number: number_name("curve_type", number))
    if kind == _NAMED_CURVE:
        cursor.number("named_curve", 2, lambda number: number_name("group", number))
        cursor.vector("public", 1)
        _certificate_verify(cursor)


_NAMED_CURVE = 3


def _client_key_exchange(cursor: Cursor) -> None:
    # With (EC)DHE it is a public key with one byte of length; the suite that RSA needs has two.
    if cursor.left and cursor.peek(1)[0] == cursor.left - 1:
        cursor.vector("public", 1)
    else:
        cursor.vector("encrypted_premaster_secret", 2)


def _certificate_request_1_3(cursor: Cursor) -> None:
    cursor.vector("certificate_request_context", 1)
    read_extensions(cursor, "CertificateRequest")


def _certificate_request_1_2(cursor: Cursor) -> None:
    cursor.vector("certificate_types", 1)
    cursor.vector("supported_signature_algorithms", 2, _several(_scheme))
    cursor.vector("certificate_authorities", 2)


def _ticket_1_3(cursor: Cursor) -> None:
    cursor.number("ticket_lifetime", 4, lambda seconds: f"{seconds:,} s")
    cursor.take("ticket_age_add", 4)
    cursor.vector("ticket_nonce", 1)
    cursor.vector("ticket", 2)
    read_extensions(cursor, "NewSessionTicket")


def _ticket_1_2(cursor: Cursor) -> None:
    cursor.number("ticket_lifetime_hint", 4, lambda seconds: f"{seconds:,} s")
    cursor.vector("ticket", 2)


def _finished(cursor: Cursor) -> None:
    cursor.take("verify_data", cursor.left)


def _key_update(cursor: Cursor) -> None:
    cursor.number("request_update", 1)


def _certificate_status(cursor: Cursor) -> None:
    cursor.number("status_type", 1)
    cursor.vector("response", 3)


def _nothing(cursor: Cursor) -> None:
    """Read nothing: a ServerHelloDone is empty."""


_Reading = Mapping[int, Callable[[Cursor], None]]
_IN_BOTH: _Reading = {
    1: _client_hello,
    2: _server_hello,
    14: _nothing,
    15: _certificate_verify,
    20: _finished,
    22: _certificate_status,
}
_IN_1_3: _Reading = {
    4: _ticket_1_3,
    8: _encrypted_extensions,
    11: _certificate_1_3,
    13: _certificate_request_1_3,
    24: _key_update,
}
_IN_1_2: _Reading = {
    4: _ticket_1_2,
    11: _certificate_1_2,
    12: _server_key_exchange,
    13: _certificate_request_1_2,
    16: _client_key_exchange,
}


def _version(raw: bytes) -> str:
    return number_name("version", int.from_bytes(raw))


def _scheme(number: int) -> str:
    return number_name("scheme", number)


def _several(name: Callable[[int], str]) -> Callable[[bytes], str]:
    """Say the names of numbers of two bytes each."""

    def say(raw: bytes) -> str:
        numbers = [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw) - 1, 2)]
        return ", ".join(map(name, numbers))

    return say


def _subject(der: bytes) -> str:
    try:
        return subject_of(read_certificate(der))
    except NotReadable:
        return "no certificate that can be read"
