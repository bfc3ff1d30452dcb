"""Hashes of the wrong bytes: what people call a pin, and which bytes they really hashed.

A hash does not show what it was made of.  But there are only so many bytes at hand when somebody
computes a pin, so a pin that does not match is tried against all of them: whoever sees "that is the
hash of the PEM text" knows what to mend.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from textwrap import wrap

from pinlib.encoding.anatomy import KEY_BITS, SPKI, TBS, Part, anatomy
from pinlib.encoding.der import Document, Form
from pinlib.encoding.files import Source, documents, spki
from pinlib.pins.notations import Kind, Notation, NotedPin
from pinlib.pins.pasted import read_pasted
from pinlib.pins.pins import Pin


class Hashed(Enum):
    """What somebody hashed.  The value completes the sentence "this is a hash of …"."""

    SPKI = "the SPKI"
    CERTIFICATE = "the whole certificate"
    KEY_BITS = "the bare key bits"
    PEM = "the PEM text"
    TBS = "the signed part alone (TBS)"
    FILE = "the file as it was uploaded"

    @property
    def story(self) -> str:
        """Say how one comes to hash these bytes, and what to do instead."""
        return _STORIES[self]


# Sources: TrustKit, docs/getting-started.md; Apple, SecKeyCopyExternalRepresentation; RFC 7469,
# appendix A, whose pipeline has the step that is forgotten.
_STORIES = {
    Hashed.SPKI: "The right bytes for a key pin: the key together with its kind.",
    Hashed.CERTIFICATE: "That is a fingerprint: tools that pin keys never find it.",
    Hashed.KEY_BITS: "The header that says the key’s kind is missing: hash the SPKI.",
    Hashed.PEM: "The text of a .pem file was hashed: turn it into DER first.",
    Hashed.TBS: "That is what the authority signed, and no tool pins it: hash the SPKI.",
    Hashed.FILE: "The file was hashed with all that stands in it: hash the SPKI.",
}

FAMOUS = (Hashed.CERTIFICATE, Hashed.KEY_BITS, Hashed.PEM)
"""The wrong hashes that are met again and again."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Bytes that somebody may have hashed; `detail` tells two of a kind apart."""

    hashed: Hashed
    detail: str
    content: bytes

    @property
    def digest(self) -> bytes:
        """Their SHA-256."""
        return sha256(self.content).digest()


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a pasted pin turned out to be; `hashed` is None where nothing in the file fits.

    `number` says of which document of the file, counted from 0.
    """

    pin: Pin
    notation: Notation
    hashed: Hashed | None = None
    detail: str = ""
    number: int = 0

    @property
    def matches(self) -> bool:
        """Whether a tool that reads this notation would find the pin in this file.

        Bare hex is given the benefit of the doubt: it does not say what was hashed.
        """
        if self.hashed is Hashed.CERTIFICATE:
            return self.pin.kind is Kind.CERTIFICATE
        bare = self.notation in {Notation.HEX, Notation.COLON_HEX}
        return self.hashed is Hashed.SPKI and (bare or self.pin.kind is Kind.KEY)


def parts(source: Source) -> dict[str, bytes]:
    """Return the bytes that people hash for a pin, by name; of these the SPKI alone is right.

    The names are "SPKI", "certificate" (of a certificate only), "key bits" and "PEM text" (that of
    the public key).  Raises as `key_pins`; several documents are read as their first.
    """
    document = documents(source)[0]
    names = {
        Hashed.SPKI: "SPKI",
        Hashed.CERTIFICATE: "certificate",
        Hashed.KEY_BITS: "key bits",
        Hashed.PEM: "PEM text",
    }
    found: dict[str, bytes] = {}
    for one in candidates(document):
        if one.hashed in names:
            found.setdefault(names[one.hashed], one.content)
    return found


def candidates(document: Document) -> Iterator[Candidate]:
    """Yield what somebody may have hashed, the usual before the unusual.

    Raises NotReadable for a private key that cannot be loaded.
    """
    info = spki(document)
    key = anatomy(Document(Form.PUBLIC_KEY, info)).find(KEY_BITS)
    yield Candidate(Hashed.SPKI, "", info)
    if document.form is Form.CERTIFICATE:
        yield Candidate(Hashed.CERTIFICATE, "", document.der)
    if key is not None:
        yield Candidate(Hashed.KEY_BITS, "", info[key.bytes])
    yield from _texts("public key", "PUBLIC KEY", info)
    if document.form is Form.CERTIFICATE:
        yield from _texts("certificate", "CERTIFICATE", document.der)
    if document.form is Form.REQUEST:
        yield from _texts("request", "CERTIFICATE REQUEST", document.der)
    if document.layout is not None:
        yield Candidate(Hashed.TBS, "", document.der[document.layout.tbs])


def _texts(whose: str, label: str, der: bytes) -> Iterator[Candidate]:
    body = "\n".join(wrap(b64encode(der).decode(), 64))  # RFC 7468, section 2
    text = f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"
    for detail, variant in {
        f"of the {whose}": text,
        f"of the {whose}, without its last line end": text.rstrip("\n"),
        f"of the {whose}, with the line ends of Windows": text.replace("\n", "\r\n"),
        f"of the {whose}, its base64 alone": body.replace("\n", ""),
    }.items():
        yield Candidate(Hashed.PEM, detail, variant.encode())


def recognise(
    text: str, found: Sequence[Document], *, first: int = 0, file: bytes = b""
) -> tuple[Recognised, ...]:
    """Say of each pin in a text in which notation it is, and what of these documents it hashes.

    `first` is the document that is looked at first; `file` the SHA-256 of the file they came in.
    The text may be one that pins are only a part of, such as a command.
    Raises BadPin for the first entry that is no pin, and as `candidates`.
    """
    order = sorted(range(len(found)), key=lambda number: number != first)
    known: dict[bytes, tuple[Hashed, str, int]] = {}
    for number in order:
        for one in candidates(found[number]):
            known.setdefault(one.digest, (one.hashed, one.detail, number))
    if file:
        known.setdefault(file, (Hashed.FILE, "", first))
    pasted = read_pasted(text)
    return tuple(_recognised(one, known) for one in pasted.pinned)


def _recognised(one: NotedPin, known: dict[bytes, tuple[Hashed, str, int]]) -> Recognised:
    pin = Pin(one.kind, one.digest)
    if one.digest not in known:
        return Recognised(pin, one.notation)
    return Recognised(pin, one.notation, *known[one.digest])


def where(hashed: Hashed, document: Document) -> Part | None:
    """Return the part of a document that was hashed, or None: PEM text is no part of the DER."""
    whole = anatomy(document)
    names = {Hashed.SPKI: SPKI, Hashed.KEY_BITS: KEY_BITS, Hashed.TBS: TBS}
    return whole if hashed is Hashed.CERTIFICATE else whole.find(names.get(hashed, ""))
