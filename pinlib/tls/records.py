"""The record layer: how TLS cuts up what it sends, and how TLS 1.3 seals it.

Nothing here knows what the messages mean; `pinlib.tls.transcript` does.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from enum import Enum, IntEnum
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305


class Sender(Enum):
    """Who sent it."""

    CLIENT = "client"
    SERVER = "server"


class Content(IntEnum):
    """The type that every record carries in clear (RFC 8446, section 5.1)."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23


class Record(NamedTuple):
    """One record, the unit in which TLS cuts up what it sends: five bytes of header, and a body."""

    sender: Sender
    content: int
    body: bytes
    version: bytes = b"\x03\x03"

    def __bytes__(self) -> bytes:
        """Give the record as it crossed."""
        return bytes([self.content]) + self.version + len(self.body).to_bytes(2, "big") + self.body

    @property
    def size(self) -> int:
        """Bytes on the wire, the header included."""
        return 5 + len(self.body)


# RFC 8446, section B.4: AEAD, key length in bytes, hash.
SUITES: dict[int, tuple[type[AESGCM] | type[ChaCha20Poly1305], int, str]] = {
    0x1301: (AESGCM, 16, "sha256"),
    0x1302: (AESGCM, 32, "sha384"),
    0x1303: (ChaCha20Poly1305, 32, "sha256"),
}


class Sealer:
    """One direction's record protection in TLS 1.3, under one secret (RFC 8446, section 5)."""

    def __init__(self, suite: int, secret: bytes) -> None:
        aead, length, self._hash = SUITES[suite]
        self._aead = aead(self._expand(secret, b"key", length))
        self._iv = int.from_bytes(self._expand(secret, b"iv", 12), "big")
        self._count = 0

    def seal(self, content: Content, plain: bytes) -> bytes:
        """Return the next record of this direction, header included."""
        inner = plain + bytes([content])
        header = b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2, "big")
        return header + self._aead.encrypt(self._nonce(), inner, header)

    def open(self, body: bytes) -> tuple[int, bytes] | None:
        """Return the true type and content of the next record, or None where the key is wrong."""
        header = b"\x17\x03\x03" + len(body).to_bytes(2, "big")
        try:
            inner = self._aead.decrypt(self._nonce(), body, header).rstrip(b"\0")
        except InvalidTag:
            return None
        return (inner[-1], inner[:-1]) if inner else None

    def _nonce(self) -> bytes:
        self._count += 1
        return (self._iv ^ (self._count - 1)).to_bytes(12, "big")

    def _expand(self, secret: bytes, label: bytes, length: int) -> bytes:
        label = b"tls13 " + label
        info = length.to_bytes(2, "big") + bytes([len(label)]) + label + b"\0"
        # HKDF-Expand (RFC 5869, section 2.3), whose first block is long enough for either.
        return hmac.digest(secret, info + b"\x01", self._hash)[:length]


class Direction:
    """What one side has sent: bytes not yet a record, handshake bytes not yet a message."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.pending = bytearray()
        self.handshake = bytearray()
        self.sealer: Sealer | None = None
        self.changed_cipher = self.finished = False

    def records(self, data: bytes) -> Iterator[Record]:
        """Yield whole records; the bytes may stop anywhere."""
        if self.pending:
            self.pending += data
            data = bytes(self.pending)
            self.pending.clear()
        at, length = 0, len(data)
        while at + 5 <= length:
            end = at + 5 + (data[at + 3] << 8 | data[at + 4])
            if end > length:
                break
            yield Record(self.sender, data[at], data[at + 5 : end], data[at + 1 : at + 3])
            at = end
        self.pending += data[at:]

    def messages(self, fragment: bytes) -> Iterator[bytes]:
        """Yield whole handshake messages; one may be cut across records, or share one."""
        if self.handshake:
            self.handshake += fragment
            fragment = bytes(self.handshake)
            self.handshake.clear()
        at, length = 0, len(fragment)
        while at + 4 <= length:
            end = at + 4 + int.from_bytes(fragment[at + 1 : at + 4], "big")
            if end > length:
                break
            yield fragment[at:end]
            at = end
        self.handshake += fragment[at:]
