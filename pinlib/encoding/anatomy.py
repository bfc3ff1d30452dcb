"""A map of the bytes: which part of a certificate, request or public key stands where.

`der` finds the three parts that matter; this names all the others too, so that a picture can be
drawn to scale.  What lies between two parts is DER's own: tags and lengths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pinlib.encoding.der import Document, Element, Form, children, element

TBS, SPKI, KEY_BITS, SIGNATURE = "TBS", "SPKI", "key bits", "signature"

# RFC 5280, section 4.1; RFC 2986, section 4.1.  What follows the SPKI is named by its tag.
_BEFORE_SPKI = {
    Form.CERTIFICATE: ("serial number", "algorithm", "issuer", "validity", "subject", SPKI),
    Form.REQUEST: ("version", "subject", SPKI),
}
_AFTER_SPKI = {
    Form.CERTIFICATE: {0x81: "issuer's id", 0x82: "subject's id", 0xA3: "extensions"},
    Form.REQUEST: {0xA0: "attributes"},
}
_VERSION = 0xA0  # RFC 5280, section 4.1: left out in certificates of version 1


@dataclass(frozen=True, slots=True)
class Part:
    """A named run of bytes, and the named runs inside it; `end` is the first byte after it.

    `value` is what the bytes say, where that can be said.
    """

    name: str
    start: int
    end: int
    parts: tuple[Part, ...] = ()
    value: str = ""

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def bytes(self) -> slice:
        """Where to cut it out: `der[part.bytes]`."""
        return slice(self.start, self.end)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Part]]:
        """Yield this part and all inside it, each with its depth, in the order of the bytes."""
        yield depth, self
        for part in self.parts:
            yield from part.walk(depth + 1)

    def leaves(self) -> Iterator[Part]:
        """Yield the parts that have none inside."""
        return (part for _, part in self.walk() if not part.parts)

    def find(self, name: str) -> Part | None:
        """Return the first part of that name, this one included."""
        return next((part for _, part in self.walk() if part.name == name), None)


def anatomy(document: Document) -> Part:
    """Return the whole of what was found as one part, with its own parts inside.

    A key that is no SPKI has no parts.  This names bytes: it says nothing about their truth.
    """
    der, form = document.der, document.form
    name = form.value.partition(" ")[2]
    if form is Form.PUBLIC_KEY:
        return _spki(der, element(der, 0, len(der)))
    if document.layout is None:
        return Part(name, 0, len(der))
    tbs, algorithm, _ = _inside(der, element(der, 0, len(der)))
    fields = tuple(_fields(der, form, tbs))
    signature = Part(SIGNATURE, document.layout.signature.start, document.layout.signature.stop)
    return Part(
        name,
        0,
        len(der),
        (Part(TBS, tbs[1], tbs[3], fields), _part("algorithm", algorithm), signature),
    )


def _fields(der: bytes, form: Form, tbs: Element) -> Iterator[Part]:
    found = _inside(der, tbs)
    names = _BEFORE_SPKI[form]
    if form is Form.CERTIFICATE and found[0][0] == _VERSION:
        names = ("version", *names)
    for at, field in enumerate(found):
        name = names[at] if at < len(names) else _AFTER_SPKI[form].get(field[0], "more")
        yield _spki(der, field) if name == SPKI else _part(name, field)


def _spki(der: bytes, found: Element) -> Part:
    algorithm, bits = _inside(der, found)
    _, _, content, end = bits
    # The first byte of a BIT STRING counts its unused bits (X.690, section 8.6.2).
    key = Part(KEY_BITS, min(content + 1, end), end)
    return Part(SPKI, found[1], found[3], (_part("algorithm", algorithm), key))


def _inside(der: bytes, found: Element) -> list[Element]:
    return children(der, found[2], found[3])


def _part(name: str, found: Element) -> Part:
    return Part(name, found[1], found[3])
