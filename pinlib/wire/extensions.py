"""The extensions of a handshake message, each to its last byte (RFC 8446, section 4.2).

An extension that is not known here keeps its number and its bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pinlib.wire.cursor import Cursor, readable
from pinlib.wire.tls_numbers import number_name


def read_extensions(cursor: Cursor, message: str) -> None:
    """Read a block of extensions as they stand in this message; an older one may have none."""
    if cursor.left:
        cursor.vector("extensions", 2, read=lambda inside: _all(inside, message))


def _all(cursor: Cursor, message: str) -> str:
    count = 0
    while cursor.left >= 4:
        kind = int.from_bytes(cursor.peek(2))
        size = 4 + int.from_bytes(cursor.peek(4)[2:])
        name = number_name("extension", kind)
        cursor.inside(name, size, partial(_one, kind=kind, message=message))
        count += 1
    return f"{count} extension{'' if count == 1 else 's'}"


def _one(cursor: Cursor, *, kind: int, message: str) -> str:
    cursor.number("extension_type", 2, partial(number_name, "extension"))
    cursor.number("extension_length", 2)
    read = _KNOWN.get(kind)
    said = read(cursor, message) if read is not None and cursor.left else ""
    cursor.take("extension_data", cursor.left)
    return said


def _server_name(cursor: Cursor, _: str) -> str:
    cursor.number("length of server_name_list", 2)
    cursor.number("name_type", 1, lambda number: "host_name" if number == 0 else str(number))
    host = readable(cursor.peek(2 + int.from_bytes(cursor.peek(2)))[2:])
    cursor.vector("host_name", 2, readable)
    return host


def _named(name: str, kind: str, width: int = 2, unit: int = 2) -> Callable[[Cursor, str], str]:
    """Read a list of numbers that have names."""

    def read(cursor: Cursor, _: str) -> str:
        count = int.from_bytes(cursor.peek(width))
        listed = _list(cursor.peek(width + count)[width:], kind, unit)
        cursor.vector(name, width, lambda raw: _list(raw, kind, unit))
        return listed

    return read


def _list(raw: bytes, kind: str, unit: int) -> str:
    numbers = [int.from_bytes(raw[at : at + unit]) for at in range(0, len(raw), unit)]
    return ", ".join(number_name(kind, number) for number in numbers)


def _versions(cursor: Cursor, message: str) -> str:
    if message == "ClientHello":
        return _named("versions", "version", width=1)(cursor, message)
    chosen = number_name("version", int.from_bytes(cursor.peek(2)))
    cursor.number("selected_version", 2, partial(number_name, "version"))
    return chosen


def _key_share(cursor: Cursor, message: str) -> str:
    if message == "HelloRetryRequest":
        group = number_name("group", int.from_bytes(cursor.peek(2)))
        cursor.number("selected_group", 2, partial(number_name, "group"))
        return group
    if message == "ClientHello":
        groups: list[str] = []
        cursor.vector("client_shares", 2, read=lambda inside: _shares(inside, groups))
        return ", ".join(groups)
    return _share(cursor)


def _shares(cursor: Cursor, groups: list[str]) -> None:
    while cursor.left >= 4:
        size = 4 + int.from_bytes(cursor.peek(4)[2:])
        cursor.inside("key_share_entry", size, lambda inside: groups.append(_share(inside)))


def _share(cursor: Cursor) -> str:
    group = number_name("group", int.from_bytes(cursor.peek(2)))
    cursor.number("group", 2, partial(number_name, "group"))
    cursor.vector("key_exchange", 2)
    return group


def _protocols(cursor: Cursor, _: str) -> str:
    said: list[str] = []
    cursor.vector("protocol_name_list", 2, read=lambda inside: _each_protocol(inside, said))
    return ", ".join(said)


def _each_protocol(cursor: Cursor, said: list[str]) -> None:
    while cursor.left:
        said.append(readable(cursor.peek(1 + cursor.peek(1)[0])[1:]))
        cursor.vector("protocol_name", 1, readable)


def _pre_shared_key(cursor: Cursor, message: str) -> str:
    if message != "ClientHello":
        cursor.number("selected_identity", 2)
        return "accepted"
    cursor.vector("identities", 2, read=_identities)
    cursor.vector("binders", 2, read=_binders)
    return "an earlier session"


def _identities(cursor: Cursor) -> None:
    while cursor.left:
        cursor.vector("identity", 2)
        cursor.take("obfuscated_ticket_age", 4)


def _binders(cursor: Cursor) -> None:
    while cursor.left:
        cursor.vector("binder", 1)


def _status_request(cursor: Cursor, message: str) -> str:
    cursor.number("status_type", 1)
    if message == "ClientHello":
        cursor.vector("responder_id_list", 2)
        cursor.vector("request_extensions", 2)
    return ""


def _renegotiation(cursor: Cursor, _: str) -> str:
    cursor.vector("renegotiated_connection", 1)
    return ""


def _cookie(cursor: Cursor, _: str) -> str:
    cursor.vector("cookie_value", 2)
    return ""


_KNOWN: dict[int, Callable[[Cursor, str], str]] = {
    0: _server_name,
    5: _status_request,
    10: _named("named_group_list", "group"),
    11: _named("ec_point_format_list", "point_format", width=1, unit=1),
    13: _named("supported_signature_algorithms", "scheme"),
    16: _protocols,
    41: _pre_shared_key,
    43: _versions,
    44: _cookie,
    45: _named("ke_modes", "psk_mode", width=1, unit=1),
    50: _named("supported_signature_algorithms", "scheme"),
    51: _key_share,
    65281: _renegotiation,
}
