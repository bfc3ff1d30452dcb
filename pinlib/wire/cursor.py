"""Bytes as fields: every byte of a message belongs to exactly one, and none is passed over.

`Cursor` never fails, whatever the bytes: a length that promises more than follows is kept as it is,
and what nobody asked for becomes a field of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from pinlib.encoding.anatomy import Part
from pinlib.encoding.naming import visible

LEFT_OVER = "not understood"

_Say = Callable[[bytes], str]


def readable(raw: bytes) -> str:
    """Return bytes that ought to be text as one printable line, whatever they are."""
    return visible(raw.decode("ascii", "backslashreplace"))


class Cursor:
    """Cut bytes into fields, one after the other."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data, self._at, self._end = data, start, end
        self._start = start
        self._fields: list[Part] = []

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return self._end - self._at

    def peek(self, count: int) -> bytes:
        """Look at the next bytes without taking them."""
        return self._data[self._at : min(self._at + count, self._end)]

    def take(self, name: str, count: int, say: _Say | None = None) -> bytes:
        """Take the next field; fewer bytes than `count` if no more are there."""
        raw = self.peek(count)
        if raw:
            said = say(raw) if say and len(raw) == count else "" if say is None else "cut short"
            self._fields.append(Part(name, self._at, self._at + len(raw), value=said))
            self._at += len(raw)
        return raw

    def number(self, name: str, count: int, say: Callable[[int], str] = str) -> int:
        """Take a number, most significant byte first; 0 if nothing is there."""
        return int.from_bytes(self.take(name, count, lambda raw: say(int.from_bytes(raw))))

    def inside(self, name: str, count: int, read: Callable[[Cursor], str | None]) -> None:
        """Take a field that `read` cuts into fields in turn; it may return what they say."""
        cursor = Cursor(self._data, self._at, min(self._at + count, self._end))
        said = read(cursor) or ""
        field = cursor.field(name, said)
        if len(field):
            self._fields.append(field)
            self._at = field.end

    def vector(
        self,
        name: str,
        width: int,
        say: _Say | None = None,
        *,
        read: Callable[[Cursor], str | None] | None = None,
    ) -> None:
        """Take a length of `width` bytes, and what it promises (RFC 8446, section 3.4)."""
        count = self.number(f"length of {name}", width)
        if read is not None:
            self.inside(name, count, read)
        else:
            self.take(name, count, say)

    def field(self, name: str, value: str = "") -> Part:
        """Give all that was read as one field; what is left over is the last one inside it."""
        self.take(LEFT_OVER, self.left)
        return Part(name, self._start, self._at, tuple(self._fields), value)
