"""The ways in which tools write the same 32 bytes, and how a pasted one is read.

A notation is only clothing: two pins are the same if their bytes are, however they were written.
But it also tells what the tool at hand hashes (`Notation.means`), and a pin of the right
certificate in the clothes of another kind of pin never matches anything.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from enum import Enum
from typing import NamedTuple

from pinlib.encoding.files import LIMIT
from pinlib.errors import BadPin


class Kind(Enum):
    """What was hashed.  A renewal always changes the certificate, and the key only if one wants."""

    KEY = "key"
    CERTIFICATE = "certificate"


class Notation(Enum):
    """The ways in which tools write a pin.  The value is the name people know."""

    CURL = "curl"
    OKHTTP = "OkHttp"
    HPKP = "HPKP header"
    KUBEADM = "kubeadm"
    ANDROID = "Android XML"
    TLSA = "DANE TLSA record"
    BASE64 = "base64 (TrustKit, Apple)"
    COLON_HEX = "hex with colons (openssl, browsers)"
    HEX = "hex (urllib3)"

    @property
    def means(self) -> frozenset[Kind]:
        """What the tools that write like this have hashed; anything else they never match.

        Sources: curl, docs/cmdline-opts/pinnedpubkey.md; OkHttp, CertificatePinner.kt; RFC 7469,
        section 2.4; Android, NetworkSecurityTrustManager.java; RFC 6698, section 2.1.2; urllib3,
        connection.py.
        """
        if self is Notation.TLSA:
            return frozenset(Kind)
        hashes_certificates = self in {Notation.COLON_HEX, Notation.HEX}
        return frozenset({Kind.CERTIFICATE if hashes_certificates else Kind.KEY})

    def reader(self, kind: Kind) -> str:
        """Who reads such a pin in this notation; or nobody, and what it is taken for instead.

        Sources: those of `means`; of HPKP's end, chromestatus (Chrome 72) and Firefox 72's notes.
        """
        if kind in self.means:
            return _READ_BY[self]
        (other,) = self.means
        return f"nobody: {_READ_BY[self]} would take it for a {other.value} pin"

    @property
    def refuses_authorities(self) -> str:
        """How a tool that looks at the leaf alone refuses the pin of a CA; empty for all others.

        Sources: curl, docs/cmdline-opts/pinnedpubkey.md and libcurl-errors; urllib3, connection.py.
        """
        return _REFUSES_AUTHORITIES.get(self, "")


class NotedPin(NamedTuple):
    """What stood in a text: 32 bytes, in whose notation, and which kind of pin that says or hints.

    Bare hex usually means a certificate, all else a key.  Of a TLSA record alone the usage is
    known: 0 and 2 are a CA's, 1 and 3 a server's own (RFC 6698, section 2.1.1).
    """

    digest: bytes
    notation: Notation
    kind: Kind
    usage: str = ""


# Before the digest, and after it.  Read in this order: // before /.
# Sources: those of `Notation.means`; RFC 7469, section 2.1; RFC 6698, section 2.2.
_WRITTEN = {
    Notation.CURL: ("sha256//", ""),
    Notation.OKHTTP: ("sha256/", ""),
    Notation.HPKP: ('pin-sha256="', '"'),
    Notation.KUBEADM: ("sha256:", ""),
    Notation.ANDROID: ('<pin digest="SHA-256">', "</pin>"),
    Notation.TLSA: ("3 1 1 ", ""),
    Notation.BASE64: ("", ""),
    Notation.COLON_HEX: ("", ""),
    Notation.HEX: ("", ""),
}
_READ_BY = {
    Notation.CURL: "curl",
    Notation.OKHTTP: "OkHttp",
    Notation.HPKP: "browsers, until they dropped it",
    Notation.KUBEADM: "kubeadm",
    Notation.ANDROID: "Android",
    Notation.TLSA: "DANE clients, such as OpenSSL",
    Notation.BASE64: "TrustKit, iOS",
    Notation.COLON_HEX: "urllib3",
    Notation.HEX: "urllib3",
}
_REFUSES_AUTHORITIES = {
    Notation.CURL: "curl checks only the leaf, and fails with exit code 90",
    Notation.HEX: "urllib3 checks only the leaf, and raises SSLError",
}
_BETWEEN = {Notation.CURL: ";", Notation.HPKP: "; "}  # the others have a line each
_IN_HEX = {Notation.KUBEADM, Notation.TLSA, Notation.COLON_HEX, Notation.HEX}
_SELECTORS = {Kind.KEY: "1", Kind.CERTIFICATE: "0"}  # RFC 6698, section 2.1.2
_USAGES = {False: "3", True: "2"}  # DANE-EE, and for authorities DANE-TA: RFC 7671, section 5

SIZE = 32  # bytes in a SHA-256
_IN_BASE64 = 44  # characters that write them
_USUALLY = {
    0: "an incomplete copy",
    16: "an MD5",
    20: "a SHA-1, too weak to pin with: compute a SHA-256",
    28: "a SHA-224",
    33: "a key itself (a compressed point), not its hash",
    44: "an Ed25519 public key itself: hash it with SHA-256",
    48: "64 hex digits read as base64, or a SHA-384",
    64: "hex text taken for bytes, or a SHA-512",
    65: "the bare point of a P-256 key: hash the whole SPKI instead",
    91: "a P-256 public key itself: hash it with SHA-256",
    294: "an RSA-2048 public key itself: hash it with SHA-256",
}


def write_notation(digest: bytes, kind: Kind, notation: Notation, *, authority: bool) -> str:
    """Return 32 bytes as that tool wants them; only TLSA says what was hashed, and if of a CA."""
    before, after = _WRITTEN[notation]
    if notation is Notation.TLSA:
        before = f"{_USAGES[authority]} {_SELECTORS[kind]} 1 "
    if notation is Notation.COLON_HEX:
        body = digest.hex(":").upper()
    elif notation in _IN_HEX:
        body = digest.hex()
    else:
        body = b64encode(digest).decode()
    return before + body + after


def between(notation: Notation) -> str:
    """Return what stands between two pins of a set."""
    return _BETWEEN.get(notation, "\n")


def plain(text: str) -> str:
    """Return a text with the quotes of a keyboard, and without what cannot be seen in it.

    Raises BadPin for one that is too long to be read.
    """
    if len(text) > LIMIT:
        raise bad_pin(text, f"it’s longer than {LIMIT:,} characters: paste only the pins")
    return text.translate(_PLAIN).strip()


_PLAIN = {
    **dict.fromkeys(map(ord, "“”„‟″«»"), '"'),
    **dict.fromkeys(map(ord, "‘’‚‛′"), "'"),
    **dict.fromkeys(map(ord, "\u00a0\u202f"), " "),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff")),
}


def read_notation(text: str) -> NotedPin:
    """Read one pin in any notation.  Raises BadPin, whose sentence names the usual slip."""
    stripped = _bare(plain(text))
    body, notation, kind, usage = _unwrap(stripped)
    digest = (_from_hex if notation in _IN_HEX else _from_base64)(body, stripped)
    if len(digest) != SIZE:
        raise wrong_size(digest, stripped)
    return NotedPin(digest, notation, kind, usage)


class _Body(NamedTuple):
    """The digest's own characters, the notation they stood in, the kind it hints, TLSA's usage."""

    characters: str
    notation: Notation
    kind: Kind
    usage: str = ""


# SSL Labs, keytool, browsers, openssl x509 -fingerprint -sha256
_LABEL = re.compile(r"^(\w+ )?sha-?256( \w+)?(:\s+| ?= ?)", re.IGNORECASE)


def _bare(text: str) -> str:
    """Take off what clings to a pin that was copied out of a program, or off a tool's output."""
    # A string of Python, Kotlin, Swift or Objective-C, with what follows it in a list.
    if quoted := re.fullmatch(r"""@?(["'])(.*)\1[,;)]*""", text):
        return quoted[2].strip()
    text = _LABEL.sub("", text)
    # openssl dgst -sha256; sha256sum
    text = re.sub(r"^sha2?-?256 ?\(.*\) ?= ?(?=[0-9a-f]{64}$)", "", text, flags=re.IGNORECASE)
    return re.sub(r"(?<=^[0-9a-f]{64}) [ *]\S.*$", "", text)


def _unwrap(text: str) -> _Body:
    if "-----BEGIN" in text:
        raise bad_pin(text, "it’s PEM, which a pin is computed from: give it as a file")
    if re.match(r"(pin-)?sha-?1[/:= ]", text, re.IGNORECASE):
        raise bad_pin(text, "a SHA-1 pin is too weak to trust: compute the SHA-256")
    if record := _TLSA.fullmatch(text):
        usage, selector, matching, digits = record.groups()
        if matching != "1":
            raise bad_pin(text, f"matching type {matching} isn’t SHA-256: use type 1")
        kind = Kind.KEY if selector == _SELECTORS[Kind.KEY] else Kind.CERTIFICATE
        return _Body(re.sub(r"\s", "", digits), Notation.TLSA, kind, usage)
    if element := _ELEMENT.fullmatch(text):
        return _Body(element[1], Notation.ANDROID, Kind.KEY)
    for notation, (before, after) in _WRITTEN.items():
        # "sha256//…" may be OkHttp's too: one digest in 64 begins with a slash.
        if notation is Notation.CURL and len(text.rstrip("=")) == len("sha256/") + _IN_BASE64 - 1:
            continue
        if before and text.lower().startswith(before):
            return _Body(text[len(before) :].removesuffix(after), notation, Kind.KEY)
    if bytes_ := _NSDATA.fullmatch(text):
        return _Body(_logged(bytes_[1] or bytes_[2], text), Notation.BASE64, Kind.KEY)
    if re.fullmatch(r"[0-9A-Fa-f:\s-]*|(0x[0-9A-Fa-f]{2}[,\s]*)+", text):
        digits = re.sub(r"[\s,]|0x", "", text).replace("-", ":")
        notation = Notation.COLON_HEX if ":" in digits else Notation.HEX
        return _Body(digits, notation, Kind.CERTIFICATE)
    return _Body(text, Notation.BASE64, Kind.KEY)


_TLSA = re.compile(r"(?:.*\sTLSA\s+)?(?:\(\s*)?([0-3]) ([01]) ([012])\s+([\w\s]+)\)?")
_ELEMENT = re.compile(r"<pin\s+digest\s*=\s*[\"']SHA-256[\"']\s*>([^<]*)</pin>")
# Objective-C's NSData: TrustKit, whose pins are base64 in the app, logs them so.
_NSDATA = re.compile(
    r"<([0-9a-f\s]+)>|(?:\{length = \d+, bytes = )?(0x[0-9a-f]{8}[0-9a-f\s.…]*)\}?", re.IGNORECASE
)


def _logged(digits: str, text: str) -> str:
    """Return the base64 of what a log shows in hex."""
    digest = _from_hex(re.sub(r"0x|[\s.…]", "", digits), text)
    if re.search(r"[.…]", digits):
        found = f"the log shows only {len(digest)} of its 32 bytes"
        raise bad_pin(text, f"{found}: log it in base64 instead")
    return b64encode(digest).decode()


def _from_hex(body: str, text: str) -> bytes:
    if ":" in body and not re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*", body):
        raise bad_pin(text, "it needs two hex digits between colons")
    digits = body.replace(":", "")
    if not re.fullmatch(r"[0-9A-Fa-f]*", digits):
        hint = (
            "base64 goes after sha256/"
            if len(digits) == _IN_BASE64
            else "another character is in it"
        )
        raise bad_pin(text, f"hex digits are expected here; {hint}")
    if len(digits) % 2:
        raise bad_pin(text, f"it has {len(digits)} hex digits, and a pin has 64: copy all of them")
    return bytes.fromhex(digits)


def _from_base64(body: str, text: str) -> bytes:
    joined = re.sub(r"\s", "", body)  # a pin that was broken over two lines
    if _is_pin(joined):
        return b64decode(joined)
    if body != body.strip() or re.search(r"\s", body):
        raise bad_pin(text, "there’s a space in it: remove it")
    if re.fullmatch(r"[0-9A-Fa-f]{64}", body):
        raise bad_pin(text, "it looks like hex: write sha256:<hex>")
    if _is_pin(right := body.translate(_FROM_URL_SAFE).rstrip("=") + "="):
        slips = ["this is URL-safe base64"] if re.search(r"[-_]", body) else []
        if len(body) != len(right):
            slips.append(
                "the = at the end is missing" if len(body) < len(right) else "one = will do"
            )
        raise bad_pin(text, f"{', and '.join(slips)}: write {text.replace(body, right)} instead")
    if re.fullmatch(r"([^=])\1{19,42}=*", body):
        raise bad_pin(text, "it’s a placeholder from an example: compute your own")
    try:
        digest = b64decode(body.encode("ascii", "replace"), validate=True)
    except binascii.Error as error:
        raise bad_pin(text, "this is neither base64 nor hex") from error
    if len(digest) == SIZE:
        raise bad_pin(text, "no 32 bytes encode to this: check the last letter before =")
    return digest


_FROM_URL_SAFE = str.maketrans("-_", "+/")


def _is_pin(body: str) -> bool:
    """Whether 32 bytes are written exactly so.

    The last character carries two bits that must be 0 (RFC 4648, section 3.5).
    """
    if not re.fullmatch(r"[A-Za-z0-9+/]{43}=", body):
        return False
    return b64encode(b64decode(body)).decode() == body


def bad_pin(text: str, why: str) -> BadPin:
    """Return the error for a text that is no pin, quoting at most 60 characters of it."""
    seen = text if len(text) <= 60 else f"{text[:40]}… ({len(text):,} characters)"
    return BadPin(f"{seen!r} is not a pin: {why}", seen=seen)


def wrong_size(digest: bytes, text: str) -> BadPin:
    """Return the error for a hash of another length, which says what such a one usually is."""
    usually = _USUALLY.get(len(digest))
    count = f"{len(digest):,} byte{'' if len(digest) == 1 else 's'}"
    found = f"{count} {'was' if len(digest) == 1 else 'were'} found, and a SHA-256 has {SIZE}"
    return bad_pin(text, f"{found}; that is usually {usually}" if usually else found)
