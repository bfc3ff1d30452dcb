"""What crossed the wire: records, messages, the chain presented, alerts.  It trusts nobody.

`Transcript` hears both directions of one connection as bytes and tells it twice: as an
eavesdropper sees it, and as it is once opened with the secrets that our own client logs.
It never fails, whatever the bytes: what cannot be read is told as it is, or cut short.

TLS 1.2 sends the server's certificate in clear (RFC 5246).  TLS 1.3 encrypts all handshake
messages after ServerHello (RFC 8446, section 1.2), in records that all look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from pinlib.encoding.anatomy import Part
from pinlib.encoding.naming import visible
from pinlib.tls.openssl import Tls
from pinlib.tls.records import SUITES, Content, Direction, Record, Sealer, Sender
from pinlib.wire.messages import RETRY, content_fields, record_fields
from pinlib.wire.signatures import HandshakeSignature, signed_in
from pinlib.wire.tls_numbers import alert_name, number_name, suite_name

Secrets = Mapping[str, bytes]


class Message(NamedTuple):
    """One thing said, as somebody sees it.

    `size` is in bytes: of the message itself when it was opened, of the whole record for an
    eavesdropper.  `encrypted` is how it travelled.  `body` is empty where it stayed closed, and for
    an eavesdropper; then `record` is what crossed the wire.
    """

    sender: Sender
    name: str
    size: int
    encrypted: bool
    detail: str = ""
    body: bytes = b""
    content: int = Content.HANDSHAKE
    record: bytes = b""

    @property
    def raw(self) -> bytes:
        """The bytes that `fields` names: the message, or the record where it stayed closed."""
        return self.record or self.body

    def fields(self, tls: Tls) -> Part:
        """Name every byte of `raw`."""
        tls13 = tls is Tls.V1_3
        if self.record:
            return record_fields(self.record, tls13=tls13, sealed=self.encrypted)
        return content_fields(self.content, self.body, tls13=tls13)

    def __repr__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.name}{detail}, {self.size} B, from the {self.sender.value}"


def handshake_signature(timeline: Iterable[Message]) -> HandshakeSignature | None:
    """Return what the server signed in a conversation as the phone knows it; None if nothing."""
    return signed_in([m.body for m in timeline if m.body and m.content == Content.HANDSHAKE])


CLOSED = "encrypted record"
NOT_OPENED = "not opened on this Python"

# What follows ChangeCipherSpec in TLS 1.2: as the two ends know it, and from outside.
_SEALED_1_2: dict[int, tuple[str, str]] = {
    Content.HANDSHAKE: ("Finished", "encrypted handshake message"),
    Content.ALERT: ("Alert", "encrypted alert"),
    Content.APPLICATION_DATA: ("application data", "encrypted application data"),
}


class Transcript:
    """Everything two sides said, told as it happened.

    It listens all the time and reads when it is asked to: who wants an outcome alone opens nothing.
    `secrets` gives the client's key log for a ClientHello's random: name to secret.  Without it
    TLS 1.3 stays closed after ServerHello, and `presented` with it.
    """

    def __init__(self, secrets: Callable[[bytes], Secrets] = lambda _: {}) -> None:
        self._secrets_of = secrets
        self._secrets: Secrets = {}
        self._client, self._server = Direction(Sender.CLIENT), Direction(Sender.SERVER)
        self._heard: list[tuple[Sender, bytes]] = []
        self._read = 0  # of what was heard
        self._marked: int | None = None
        self.before_mark = 0
        self._presented: tuple[bytes, ...] | None = None
        self.random = b""
        self.suite = 0
        self.version = 0
        self.opened: list[Message] = []
        self.eavesdropped: list[Message] = []

    def hear(self, sender: Sender, data: bytes) -> None:
        """Take bytes as they crossed; they may stop anywhere."""
        self._heard.append((sender, data))

    def mark(self) -> None:
        """Remember this moment: `before_mark` counts the messages that came before it."""
        self._marked = len(self._heard)
        if self._read == self._marked:
            self.before_mark = len(self.opened)

    def read(self) -> None:
        """Bring `opened`, `eavesdropped` and `before_mark` up to date.

        Called once the client has processed what was heard: the secrets exist only then.
        """
        while self._read < len(self._heard):
            sender, data = self._heard[self._read]
            direction = self._client if sender is Sender.CLIENT else self._server
            for record in direction.records(data):
                self._take(record, direction)
            self._read += 1
            if self._read == self._marked:
                self.before_mark = len(self.opened)

    def _take(self, record: Record, direction: Direction) -> None:
        if record.content == Content.CHANGE_CIPHER_SPEC:
            self._note(record, [_changed_cipher(record)])
            direction.changed_cipher = self.version < 0x0304
        elif self._is_clear(record, direction):
            self._note(record, self._plain(record.content, record.body, direction, False))
        elif self.version < 0x0304:
            inside, outside = _SEALED_1_2.get(record.content, (CLOSED, CLOSED))
            message = Message(record.sender, inside, record.size, True, record=bytes(record))
            self._note(record, [message], outside)
        else:
            self._note(record, self._open(record, direction), CLOSED)

    @property
    def asked_for(self) -> str | None:
        """The host that the ClientHello names, '' if it names none, None before there is one."""
        hello = next((one.body for one in self.opened if one.name == "ClientHello"), None)
        return None if hello is None else _server_name(hello)

    @property
    def certificates(self) -> tuple[bytes, ...] | None:
        """The chain presented, as DER; () if the server sent none, None if it stayed closed."""
        self.read()
        if self._presented is not None:
            return self._presented
        closed = any(message.name == CLOSED for message in self.opened)
        return None if closed else ()

    def sealer(self, secret: str) -> Sealer | None:
        """Return the protection under a secret of the key log, such as the client's handshake's."""
        self.read()
        return self._sealer(secret)

    def _sealer(self, secret: str) -> Sealer | None:
        if secret not in self._secrets:
            self._secrets = self._secrets_of(self.random)
        found = self._secrets.get(secret)
        return Sealer(self.suite, found) if found and self.suite in SUITES else None

    def _is_clear(self, record: Record, direction: Direction) -> bool:
        if self.version >= 0x0304:
            return record.content != Content.APPLICATION_DATA
        return not direction.changed_cipher

    def _note(self, record: Record, inside: list[Message], sealed_as: str = "") -> None:
        self.opened += inside
        name, detail = sealed_as, ""
        if not sealed_as and len(inside) == 1:
            name, detail = inside[0].name, inside[0].detail
        elif not sealed_as:
            name = " + ".join(message.name for message in inside) or "more of the same message"
            detail = "; ".join(message.detail for message in inside if message.detail)
        sealed, raw = bool(sealed_as), bytes(record)
        seen = Message(record.sender, name, record.size, sealed, detail, record=raw)
        self.eavesdropped.append(seen)

    def _open(self, record: Record, direction: Direction) -> list[Message]:
        if direction.sealer is None:
            state = "TRAFFIC_SECRET_0" if direction.finished else "HANDSHAKE_TRAFFIC_SECRET"
            direction.sealer = self._sealer(f"{record.sender.name}_{state}")
        inside = direction.sealer.open(record.body) if direction.sealer else None
        if inside is None:
            raw = bytes(record)
            return [Message(record.sender, CLOSED, record.size, True, NOT_OPENED, record=raw)]
        messages = self._plain(*inside, direction, True)
        if any(message.name == "Finished" for message in messages):
            direction.finished, direction.sealer = True, None  # another secret, if more follows
        return messages

    def _plain(
        self, content: int, body: bytes, direction: Direction, encrypted: bool
    ) -> list[Message]:
        sender = direction.sender
        if content == Content.ALERT and len(body) == 2:
            detail = alert_name(body[1])
            return [Message(sender, "Alert", len(body), encrypted, detail, body, content)]
        if content == Content.APPLICATION_DATA:
            return [Message(sender, "application data", len(body), encrypted, "", body, content)]
        if content != Content.HANDSHAKE:
            return [
                Message(
                    sender, f"record of type {content}", len(body), encrypted, "", body, content
                )
            ]
        return [self._handshake(sender, raw, encrypted) for raw in direction.messages(body)]

    def _handshake(self, sender: Sender, raw: bytes, encrypted: bool) -> Message:
        name, detail = number_name("message", raw[0]), ""
        if name == "ClientHello":
            self.random = raw[6:38]
            host = _server_name(raw)
            detail = f"asks for {host}" if host else "asks for no name"
        elif name == "ServerHello":
            self.suite, self.version = _server_hello(raw)
            detail = f"picks {suite_name(self.suite)}"
            if raw[6:38] == RETRY:
                name, detail = "HelloRetryRequest", "asks for another kind of key"
        elif name == "Certificate":
            chain = tuple(_certificates(raw, tls13=self.version >= 0x0304))
            detail = f"{len(chain)} certificate{'' if len(chain) == 1 else 's'}"
            if sender is Sender.SERVER and self._presented is None:
                self._presented = chain
        return Message(sender, name, len(raw), encrypted, detail, raw)


def _changed_cipher(record: Record) -> Message:
    size = len(record.body)
    return Message(record.sender, "ChangeCipherSpec", size, False, "", record.body, record.content)


def _vector(data: bytes, at: int, width: int) -> tuple[bytes, int]:
    """Return a vector whose length is written in `width` bytes, and where the next thing starts."""
    start = at + width
    end = start + int.from_bytes(data[at:start], "big")
    return data[start:end], end


def _extensions(raw: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    block, _ = _vector(raw, at, 2)
    at = 0
    while at + 4 <= len(block):
        kind = int.from_bytes(block[at : at + 2], "big")
        body, at = _vector(block, at + 2, 2)
        yield kind, body


def _server_name(hello: bytes) -> str:
    """Return the host that a ClientHello asks for in clear (RFC 6066, section 3), or ''."""
    _, at = _vector(hello, 38, 1)  # session id
    _, at = _vector(hello, at, 2)  # cipher suites
    _, at = _vector(hello, at, 1)  # compression methods
    for kind, body in _extensions(hello, at):
        if kind == 0:
            return visible(_vector(body, 3, 2)[0].decode("ascii", "backslashreplace"))
    return ""


def _server_hello(hello: bytes) -> tuple[int, int]:
    """Return the cipher suite and the version that the server picked."""
    _, at = _vector(hello, 38, 1)
    suite = int.from_bytes(hello[at : at + 2], "big")
    for kind, body in _extensions(hello, at + 3):
        if kind == 43:  # supported_versions (RFC 8446, section 4.2.1)
            return suite, int.from_bytes(body, "big")
    return suite, int.from_bytes(hello[4:6], "big")


def _certificates(raw: bytes, *, tls13: bool) -> Iterator[bytes]:
    at = _vector(raw, 4, 1)[1] if tls13 else 4
    block, _ = _vector(raw, at, 3)
    at = 0
    while at + 3 <= len(block):
        certificate, at = _vector(block, at, 3)
        yield certificate
        if tls13:
            _, at = _vector(block, at, 2)
