"""What people paste, and where in it the pins stand: lists, XML, programs, logs, exceptions.

A list of pins is read strictly, for one bad entry must not leave a shorter list behind.  In a
longer text the pins are looked for; what claims to be one there and is none is an error too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pinlib.errors import BadPin
from pinlib.pins.notations import SIZE, NotedPin, plain, read_notation


class Pasted(NamedTuple):
    """The pins in a text: those that somebody wants, and those that a peer was seen to show.

    Only an exception or a log tells of a peer, by the pins of its whole chain.
    """

    pinned: tuple[NotedPin, ...]
    shown: tuple[NotedPin, ...] = ()


def read_pasted(text: str) -> Pasted:
    """Read all pins in a text.

    What else stands in an HPKP header (RFC 7469, section 2.1) or in XML is passed over, and so is
    what follows a #.  Raises BadPin for the first entry that is no pin.
    """
    text = _BROKEN.sub(lambda pin: re.sub(r"\s", "", pin[0]), _without_comments(plain(text)))
    pieces = _WHOSE.split(text)
    if any(heading in _SHOWN for heading in pieces[1::2]):
        return _sorted_out(pieces)
    return Pasted(tuple(_listed(text)))


_BROKEN = re.compile(r"sha256//?(?:\s*[a-z0-9+/]){43}\s*=", re.IGNORECASE)  # over two lines

# What stands above the pins of a peer, and above those of an app.
# Sources: OkHttp, CertificatePinner.kt; TrustKit, ssl_pin_verifier.m and parse_configuration.m.
_SHOWN = {"Peer certificate chain:", "Testing SSL Pin"}
_PINNED = {"Pinned certificates for", "TSKPublicKeyHashes"}
_WHOSE = re.compile(f"({'|'.join(sorted(_SHOWN | _PINNED))})")


def _sorted_out(pieces: list[str]) -> Pasted:
    """Read what follows each heading; an exception may well be logged twice."""
    shown: dict[NotedPin, None] = {}
    pinned: dict[NotedPin, None] = {}
    for heading, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        found = dict.fromkeys(map(read_notation, _somewhere(piece)))
        (shown if heading in _SHOWN else pinned).update(found)
    return Pasted(tuple(pinned), tuple(shown))


def _listed(text: str) -> Iterator[NotedPin]:
    """Read a single pin, or else a list of pins, or else whatever text they are a part of."""
    try:
        return iter([read_notation(text)])
    except BadPin:
        entries = _entries(text)
    try:
        return iter([read_notation(entry) for entry in entries])
    except BadPin:
        found = _somewhere(text)
        if found and not any(map(_claims, entries)):
            return map(read_notation, found)
        raise


def _entries(text: str) -> tuple[str, ...]:
    """Return the texts of the pins in a list, a curl option, an HPKP header or Android's XML."""
    # Where a list was pasted into a single line, its line ends are gone.
    lines = re.sub(r"</pin>|(?<==)(?=sha256[/:])", r"\g<0>\n", _NO_PIN.sub("", text))
    return tuple(entry for entry in re.split(r"[;,\n]", lines) if entry.strip())


_NO_PIN = re.compile(
    r'Public-Key-Pins(-Report-Only)?:|max-age="?\d*"?|includeSubDomains|report-uri="[^"]*"'
    r"|</?pin-set[^<>]*>|#[^\n]*",
    re.IGNORECASE,
)


def _without_comments(text: str) -> str:
    """Take the comments out of XML: an old pin in one is no pin."""
    first, *rest = text.split("<!--")
    return first + "".join(piece.partition("-->")[2] for piece in rest)


def _claims(entry: str) -> bool:
    """Whether a whole entry of a list would be a pin, and is none."""
    word = entry.strip(" \t\r\"'()[]{}@")
    if not _CLAIM.fullmatch(word):
        return False
    try:
        read_notation(word)
    except BadPin:
        return True
    return False


_CLAIM = re.compile(
    r"(sha-?(1|256)[/:]|pin-sha256=)\S*|(?=\D*\d)[\w+/-]{20,}=*|([0-9a-f]:?){38,70}", re.IGNORECASE
)


def _somewhere(text: str) -> tuple[str, ...]:
    """Return what looks like a pin in a longer text: a command, a line of code, a page of XML."""
    found = _LOOKS_LIKE_A_PIN.finditer(text)
    return tuple(match[0] for match in found if match["run"] is None or _is_digest(match["run"]))


def _is_digest(run: str) -> bool:
    """Whether a run of hex is no longer than a digest: dumps of keys and signatures are."""
    return len(re.sub(r"0x|[\s:,-]", "", run)) == 2 * SIZE


_LOOKS_LIKE_A_PIN = re.compile(
    r"""
      <pin\s[^<>]*>[^<]*</pin>
    | pin-sha256="[^"]*"
    | sha256:[0-9a-f]{64}\b
    | sha(?:256|1)/[\w+/-]+=*
    # A log's own way of leaving out the middle: TrustKit prints NSData so.
    | 0x[0-9a-f]+(?:\s[0-9a-f]+)*\s*(?:\.\.\.|…)\s*[0-9a-f]+(?:\s[0-9a-f]+)*
    | <[0-9a-f]{8}(?:\s+[0-9a-f]{8}){7}>
    | (?<![a-z0-9+/_-])[a-z0-9+/_-]{43}=(?!=)
    | (?<![0-9a-f])(?:0x)?[0-9a-f]{64}(?![0-9a-f])
    | (?<![0-9a-z:])(?P<run>
          (?:0x)?[0-9a-f]{8}(?:\s+[0-9a-f]{8}){7,}
        | [0-9a-f]{4}(?:\s+[0-9a-f]{4}){15,}
        | (?:0x)?[0-9a-f]{2}(?:[\s:,-]+(?:0x)?[0-9a-f]{2}){31,}
      )(?![0-9a-z])
    """,
    re.IGNORECASE | re.VERBOSE,
)
