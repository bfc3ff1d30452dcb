"""What a pin is, how it is written, and how a set of pins is matched.

A pin is the SHA-256 of something a server shows: of its public key (a key pin), or of its whole
certificate (a certificate pin).  A device that carries pins accepts a connection only if one of
them is found again.  TLS, host names and dates are no business of this module: a pin that matches
says "this key is on the list", never "this is the right host, today".
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from pinlib.der import Document, Form
from pinlib.encodings import Certificate, Source, documents, spki
from pinlib.errors import BadInput, BadPin, NotOne, NotReadable


class Kind(Enum):
    """What was hashed.  A renewal always changes the certificate, and the key only if one wants."""

    KEY = "key"
    CERTIFICATE = "certificate"


class Notation(Enum):
    """The ways in which tools write the same 32 bytes.  The value is the name people know."""

    CURL = "curl"
    OKHTTP = "OkHttp"
    HPKP = "HPKP header"
    KUBEADM = "kubeadm"
    BASE64 = "base64 (TrustKit, Android, Apple)"
    COLON_HEX = "hex with colons (openssl, browsers)"
    HEX = "hex (urllib3)"


# Before the digest, after it, and between the pins of a set.  Read in this order: // before /.
# Sources: curl, docs/cmdline-opts/pinnedpubkey.md; OkHttp, CertificatePinner.kt;
# RFC 7469, section 2.1.
_WRITTEN = {
    Notation.CURL: ("sha256//", "", ";"),
    Notation.OKHTTP: ("sha256/", "", "\n"),
    Notation.HPKP: ('pin-sha256="', '"', "; "),
    Notation.KUBEADM: ("sha256:", "", "\n"),
    Notation.BASE64: ("", "", "\n"),
    Notation.COLON_HEX: ("", "", "\n"),
    Notation.HEX: ("", "", "\n"),
}
_IN_HEX = {Notation.KUBEADM, Notation.COLON_HEX, Notation.HEX}

_SIZE, _IN_BASE64 = 32, 44  # bytes in a SHA-256, and characters that write them
_USUALLY = {
    0: "a copy that missed the text",
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


@dataclass(frozen=True, slots=True)
class Pin:
    """One SHA-256 that a device accepts: of a public key (RFC 7469) or of a whole certificate."""

    kind: Kind
    digest: bytes

    def __post_init__(self) -> None:
        if len(self.digest) != _SIZE:
            raise _wrong_size(self.digest, repr(self.digest[:8]))

    def __str__(self) -> str:
        return self.write(Notation.OKHTTP if self.kind is Kind.KEY else Notation.COLON_HEX)

    def write(self, notation: Notation) -> str:
        """Return the pin as that tool wants it; no notation but HPKP's says what was hashed."""
        before, after, _ = _WRITTEN[notation]
        if notation is Notation.COLON_HEX:
            body = self.digest.hex(":").upper()
        elif notation in _IN_HEX:
            body = self.digest.hex()
        else:
            body = b64encode(self.digest).decode()
        return before + body + after

    def short(self) -> str:
        """Return enough of the pin to recognise it in a picture: never enough to compare by."""
        if self.kind is Kind.KEY:
            text = b64encode(self.digest).decode()
            return f"{text[:4]}…{text[-5:]}"
        text = self.digest.hex(":").upper()
        return f"{text[:5]}…{text[-5:]}"

    @classmethod
    def parse(cls, text: str, kind: Kind | None = None) -> Pin:
        """Read one pin in any notation.

        Bare hex usually means a certificate, all else a key; `kind` overrules that, since the
        text itself does not say.  Raises BadPin, whose sentence names the usual slip.
        """
        body, notation = _unwrap(text.strip())
        digest = (_from_hex if notation in _IN_HEX else _from_base64)(body, text)
        if len(digest) != _SIZE:
            raise _wrong_size(digest, text)
        usual = Kind.CERTIFICATE if notation in {Notation.COLON_HEX, Notation.HEX} else Kind.KEY
        return cls(kind or usual, digest)


def _unwrap(text: str) -> tuple[str, Notation]:
    """Return the digest's own characters, and the notation they stood in."""
    if "-----BEGIN" in text:
        raise _bad(text, "this is PEM, not a pin: key_pin(…) computes the pin of it")
    if re.match(r"(pin-)?sha-?1[/:= ]", text, re.IGNORECASE):
        raise _bad(text, "a SHA-1 pin is too weak to trust: compute the SHA-256")
    for notation, (before, after, _) in _WRITTEN.items():
        # "sha256//…" may be OkHttp's too: one digest in 64 begins with a slash.
        if notation is Notation.CURL and len(text) == len("sha256/") + _IN_BASE64:
            continue
        if before and text.lower().startswith(before):
            return text[len(before) :].removesuffix(after), notation
    # As `openssl x509 -fingerprint -sha256` prints it.
    text = re.sub(r"^sha-?256 fingerprint ?=", "", text, flags=re.IGNORECASE)
    if re.fullmatch(r"[0-9A-Fa-f:]*", text):
        return text, Notation.COLON_HEX if ":" in text else Notation.HEX
    return text, Notation.BASE64


def _from_hex(body: str, text: str) -> bytes:
    if ":" in body and not re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*", body):
        raise _bad(text, "between colons there must be two hex digits each")
    digits = body.replace(":", "")
    if not re.fullmatch(r"[0-9A-Fa-f]*", digits):
        hint = (
            "base64 goes after sha256/"
            if len(digits) == _IN_BASE64
            else "there is another character"
        )
        raise _bad(text, f"after sha256: hex digits are expected; {hint}")
    if len(digits) % 2:
        raise _bad(text, f"{len(digits)} hex digits: one is missing, for a pin has 64")
    return bytes.fromhex(digits)


def _from_base64(body: str, text: str) -> bytes:
    if re.search(r"\s", body):
        raise _bad(text, "there is a blank in the pin: take it out (PinSet.parse reads a list)")
    if re.search(r"[-_]", body) and re.fullmatch(r"[\w=-]*", body, re.ASCII):
        raise _bad(text, "this is URL-safe base64: write + for - and / for _")
    if re.fullmatch(r"[0-9A-Fa-f]{64}", body):
        raise _bad(text, "it looks like hex, which as base64 is 48 bytes: write sha256:<hex>")
    if re.fullmatch(r"[A-Za-z0-9+/]{43}", body):
        raise _bad(text, "the = at the end is missing")
    try:
        digest = b64decode(body.encode("ascii", "replace"), validate=True)
    except binascii.Error as error:
        raise _bad(text, f"this is neither base64 nor hex ({error})") from error
    # The last character carries two bits that must be 0 (RFC 4648, section 3.5).
    if len(digest) == _SIZE and b64encode(digest).decode() != body:
        raise _bad(text, "no 32 bytes are written like this: look at the last letter before =")
    return digest


def _bad(text: str, why: str) -> BadPin:
    seen = text if len(text) <= 60 else f"{text[:40]}… ({len(text):,} characters)"
    return BadPin(f"{seen!r} is not a pin: {why}", seen=seen)


def _wrong_size(digest: bytes, text: str) -> BadPin:
    usually = _USUALLY.get(len(digest))
    found = f"{len(digest):,} bytes were found, and a SHA-256 has {_SIZE}"
    return _bad(text, f"{found}; that is usually {usually}" if usually else found)


@dataclass(frozen=True, slots=True)
class PinSet:
    """The pins of one device, in order and without duplicates.  One pin is a set of one.

    An unpinned device has None instead: an empty set would refuse everybody, and is an error.
    """

    pins: tuple[Pin, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "pins", tuple(dict.fromkeys(self.pins)))
        if not self.pins:
            raise BadPin("an empty pin set refuses everybody: not pinned is None", seen="no pins")

    @classmethod
    def of(cls, *pins: Pin) -> PinSet:
        """Return the set of these pins."""
        return cls(pins)

    @classmethod
    def parse(cls, text: str, kind: Kind | None = None) -> PinSet:
        """Read pins from a curl option, an HPKP header, or a list by lines, commas or semicolons.

        An HPKP header's other directives are passed over (RFC 7469, section 2.1), and so is what
        follows a #.  Raises BadPin for the first entry that is no pin.
        """
        entries = re.split(r"[;,\n]", _NO_PIN.sub("", text))
        return cls(tuple(Pin.parse(entry, kind) for entry in entries if entry.strip()))

    def write(self, notation: Notation) -> str:
        """Return all pins in one notation, joined as that tool joins them."""
        return _WRITTEN[notation][2].join(pin.write(notation) for pin in self.pins)

    def __str__(self) -> str:
        return "\n".join(map(str, self.pins))

    def __iter__(self) -> Iterator[Pin]:
        return iter(self.pins)

    def __len__(self) -> int:
        return len(self.pins)

    def __contains__(self, pin: object) -> bool:
        return pin in self.pins

    def match(self, chain: Sequence[Certificate]) -> Pin | None:
        """Return the first pin found going up the chain from the leaf, or None.

        Any certificate of the chain will do; who means the leaf alone passes `chain[:1]`.
        This trusts the chain it is given: pass the verified one, not the one presented
        (CVE-2016-2402).
        """
        for certificate in chain:
            document = _only(documents(certificate), key_pins)
            for pin in (_key_pin(document), _certificate_pin(document)):
                if pin in self.pins:
                    return pin
        return None


_NO_PIN = re.compile(
    r'Public-Key-Pins(-Report-Only)?:|max-age="?\d*"?|includeSubDomains|report-uri="[^"]*"|#[^\n]*',
    re.IGNORECASE,
)


def key_pins(source: Source) -> tuple[Pin, ...]:
    """Return the pins of all public keys in the source, in order (RFC 7469, section 2.4).

    The hash is of the SPKI as it stands in the DER.  Where there are certificates, keys and
    requests beside them are passed over.  Raises NotReadable and LockedKey.
    """
    return tuple(_key_pin(document) for document in documents(source))


def key_pin(source: Source) -> Pin:
    """Return the pin that survives a renewal: it depends on the key alone (RFC 7469, section 2.4).

    Takes a certificate, a request, a public key, or a private key (its public half): loaded, as
    PEM or DER bytes, as PEM text, or in a file given as Path.  Raises as `key_pins`, and NotOne.
    """
    return _key_pin(_only(documents(source), key_pins))


def certificate_pins(source: Source) -> tuple[Pin, ...]:
    """Return the pins of all certificates in the source, in order.  Raises as `key_pins`."""
    return tuple(_certificate_pin(document) for document in documents(source))


def certificate_pin(source: Source) -> Pin:
    """Return the pin that ends with this very certificate; the tools' "fingerprint" is the same."""
    return _certificate_pin(_only(documents(source), certificate_pins))


def _key_pin(document: Document) -> Pin:
    return Pin(Kind.KEY, sha256(spki(document)).digest())


def _certificate_pin(document: Document) -> Pin:
    if document.form is not Form.CERTIFICATE:
        raise NotReadable(
            f"this is {document.form.value}: only a certificate has a certificate pin, "
            "and key_pin(…) gives the other kind",
            seen=document.form.value,
        )
    return Pin(Kind.CERTIFICATE, sha256(document.der).digest())


def _only(
    found: tuple[Document, ...], all_of_them: Callable[[Source], tuple[Pin, ...]]
) -> Document:
    if len(found) != 1:
        raise NotOne(
            f"{len(found)} are here where one is meant: "
            f"give one alone, or ask {all_of_them.__name__}(…) for all",
            seen=f"{len(found)} certificates or keys",
            count=len(found),
        )
    return found[0]


class Strategy(Enum):
    """What of a server to pin.  The value is how people say it."""

    NONE = "no pin"
    LEAF_CERTIFICATE = "leaf certificate"
    LEAF_KEY = "leaf key"
    LEAF_KEY_AND_BACKUP = "leaf key + backup"
    INTERMEDIATE_KEY = "intermediate key"
    ROOT_KEY = "root key"

    def pins(
        self, chain: Sequence[Certificate], backup: Source | Pin | None = None
    ) -> PinSet | None:
        """Return the pins an app would ship today; None is an app that does not pin.

        `chain` is verified, leaf first and root last; `backup` a spare key, or its pin, which only
        LEAF_KEY_AND_BACKUP asks for.  The intermediate is the one that signed the leaf.
        Raises BadInput where the chain or the backup lacks what is to be pinned.
        """
        if self is Strategy.NONE:
            return None
        least = 3 if self is Strategy.INTERMEDIATE_KEY else 1
        if len(chain) < least:
            seen = f"a chain of {len(chain)}"
            raise BadInput(f"{seen} has nothing to pin by {self.value}: pass all of it", seen=seen)
        if self is Strategy.LEAF_CERTIFICATE:
            return PinSet.of(certificate_pin(chain[0]))
        if self is Strategy.INTERMEDIATE_KEY:
            return PinSet.of(key_pin(chain[1]))
        if self is Strategy.ROOT_KEY:
            return PinSet.of(key_pin(chain[-1]))
        if self is Strategy.LEAF_KEY:
            return PinSet.of(key_pin(chain[0]))
        if backup is None:
            raise BadInput("a backup is wanted: a key kept offline, or its pin", seen="no backup")
        return PinSet.of(key_pin(chain[0]), backup if isinstance(backup, Pin) else key_pin(backup))
