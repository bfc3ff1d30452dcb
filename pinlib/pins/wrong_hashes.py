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
from itertools import pairwise
from textwrap import wrap

from pinlib.encoding.anatomy import KEY_BITS, SPKI, TBS, Part, anatomy
from pinlib.encoding.der import Document, Form
from pinlib.encoding.files import Source, documents, spki
from pinlib.pins.notations import Kind, Notation, NotedPin
from pinlib.pins.pasted import read_pasted
from pinlib.pins.pins import Pin, is_authority


class Hashed(Enum):
    """What somebody hashed.  The value completes the sentence "this is a hash of …".

    PLACEHOLDER is none: nobody hashed anything.
    """

    SPKI = "the SPKI"
    CERTIFICATE = "the whole certificate"
    KEY_BITS = "the bare key bits"
    PEM = "the PEM text"
    SPELLED = "bytes spelled as text"
    TBS = "the signed part alone (TBS)"
    FILE = "the file as it was uploaded"
    CHAIN = "the whole chain"
    NOTHING = "nothing at all"
    LINE_END = "a lone newline"
    PLACEHOLDER = "no bytes"

    @property
    def told(self) -> str:
        """What a pin of it is."""
        return "a placeholder" if self is Hashed.PLACEHOLDER else f"a hash of {self.value}"

    @property
    def story(self) -> str:
        """Say how one comes to hash these bytes, and what to do instead."""
        return _STORIES[self]


# Sources: TrustKit, docs/getting-started.md; Apple, SecKeyCopyExternalRepresentation; RFC 7469,
# appendix A, whose pipeline has the step that is forgotten; V2Ray, transport/internet/tls/pin.go.
_STORIES = {
    Hashed.SPKI: "The right bytes for a key pin: the key together with its kind.",
    Hashed.CERTIFICATE: "That’s a fingerprint: tools that pin keys never match it.",
    Hashed.KEY_BITS: "The header that says the key’s kind is missing: hash the SPKI.",
    Hashed.PEM: "The text of a .pem file was hashed: convert it to DER first.",
    Hashed.SPELLED: "Letters and digits were hashed: hash the bytes themselves, without .hex().",
    Hashed.TBS: "That’s what the CA signed, but not what tools pin: hash the SPKI.",
    Hashed.FILE: "The file was hashed as a whole: hash the SPKI.",
    Hashed.CHAIN: "V2Ray pins chains, and a renewal breaks the pin. Elsewhere, hash the SPKI.",
    Hashed.NOTHING: "The step before the hash failed and passed no bytes on: run that step alone.",
    Hashed.LINE_END: "The step before the hash passed on nothing else: run that step alone.",
    Hashed.PLACEHOLDER: "No hash looks like this. It’s from an example: compute your own.",
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

    `number` says of which document of the file, counted from 0; `shown` that a peer was seen to
    show it, while everything else is what somebody pins; `misused` is the usage of a TLSA record
    that says CA of a server's own certificate, or the other way about.
    """

    pin: Pin
    notation: Notation
    hashed: Hashed | None = None
    detail: str = ""
    number: int = 0
    shown: bool = False
    misused: str = ""

    @property
    def matches(self) -> bool:
        """Whether a tool that reads this notation would find the pin in this file.

        Bare hex is given the benefit of the doubt: it does not say what was hashed.
        """
        if self.misused:
            return False
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
    yield from _spelled("SPKI", info)
    if document.form is Form.CERTIFICATE:
        yield from _spelled("certificate", document.der)
    if key is not None:
        yield from _spelled("key bits", info[key.bytes])
        text = b64encode(info[key.bytes])
        yield Candidate(Hashed.SPELLED, "base64 of the key bits", text)


def _spelled(whose: str, content: bytes) -> Iterator[Candidate]:
    """Yield bytes as people print them, and then hash what was printed."""
    for how, text in {
        "hex digits": content.hex(),
        "hex in capitals": content.hex().upper(),
        "hex with colons": content.hex(":"),
        "hex in capitals, with colons,": content.hex(":").upper(),
        "what Python prints": str(content),
    }.items():
        yield Candidate(Hashed.SPELLED, f"{how} of the {whose}", text.encode())


def _texts(whose: str, label: str, der: bytes) -> Iterator[Candidate]:
    body = "\n".join(wrap(b64encode(der).decode(), 64))  # RFC 7468, section 2
    text = f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"
    for detail, variant in {
        f"of the {whose}": text,
        f"of the {whose}, without its final newline": text.rstrip("\n"),
        f"of the {whose}, with Windows line endings": text.replace("\n", "\r\n"),
        f"of the {whose}, its base64 alone": body.replace("\n", ""),
    }.items():
        yield Candidate(Hashed.PEM, detail, variant.encode())


def _chains(found: Sequence[Document]) -> Iterator[Candidate]:
    """Yield what V2Ray hashes last of a chain, for all of the certificates and for fewer.

    Each step hashes the hash so far, and after it that of the next certificate.
    """
    ders = [one.der for one in found if one.form is Form.CERTIFICATE]
    so_far = sha256(ders[0]).digest() if ders else b""
    for count, der in enumerate(ders[1:], 2):
        step = Candidate(
            Hashed.CHAIN, f"the first {count} certificates", so_far + sha256(der).digest()
        )
        yield step
        so_far = step.digest


_OF_NO_FILE = (
    Candidate(Hashed.NOTHING, "", b""),
    Candidate(Hashed.LINE_END, "", b"\n"),
    Candidate(Hashed.LINE_END, "as Windows writes it", b"\r\n"),
)


def is_placeholder(digest: bytes) -> bool:
    """Tell what somebody typed from a hash: it repeats itself after a few bytes, or it counts."""
    steps = {(after - before) % 256 for before, after in pairwise(digest)}
    repeats = any(digest == (digest[:size] * len(digest))[: len(digest)] for size in range(1, 9))
    return repeats or len(steps) == 1


def recognise(
    text: str, found: Sequence[Document], *, first: int = 0, file: bytes = b""
) -> tuple[Recognised, ...]:
    """Say of each pin in a text in which notation it is, and what of these documents it hashes.

    `first` is the document that is looked at first; `file` the SHA-256 of the file they came in.
    The text may be one that pins are only a part of, such as a command; those that a peer showed
    come last.  Raises BadPin for the first entry that is no pin, and as `candidates`.
    """
    order = sorted(range(len(found)), key=lambda number: number != first)
    known: dict[bytes, tuple[Hashed, str, int]] = {}
    for number in order:
        for one in candidates(found[number]):
            known.setdefault(one.digest, (one.hashed, one.detail, number))
    if file:
        known.setdefault(file, (Hashed.FILE, "", first))
    for one in (*_chains(found), *_OF_NO_FILE):
        known.setdefault(one.digest, (one.hashed, one.detail, first))

    def told(pin: NotedPin, *, shown: bool) -> Recognised:
        made_up = Hashed.PLACEHOLDER if is_placeholder(pin.digest) else None
        hashed, detail, number = known.get(pin.digest, (made_up, "", first))
        right = hashed in {Hashed.SPKI, Hashed.CERTIFICATE}
        misused = pin.usage if right and _misused(pin.usage, found[number]) else ""
        return Recognised(
            Pin(pin.kind, pin.digest), pin.notation, hashed, detail, number, shown, misused
        )

    pasted = read_pasted(text)
    return (
        *(told(pin, shown=False) for pin in pasted.pinned),
        *(told(pin, shown=True) for pin in pasted.shown),
    )


def _misused(usage: str, document: Document) -> bool:
    """Whether a record's usage is of the other kind of certificate; a key alone is of either."""
    if not usage or document.form is not Form.CERTIFICATE:
        return False
    return is_authority(document) is not (usage in "02")


def where(hashed: Hashed, document: Document) -> Part | None:
    """Return the part of a document that was hashed, or None: PEM text is no part of the DER."""
    whole = anatomy(document)
    names = {Hashed.SPKI: SPKI, Hashed.KEY_BITS: KEY_BITS, Hashed.TBS: TBS}
    return whole if hashed is Hashed.CERTIFICATE else whole.find(names.get(hashed, ""))
