"""What a pin is, how it is written, and how a set of pins is matched.

A pin is the SHA-256 of something a server shows: of its public key (a key pin), or of its whole
certificate (a certificate pin).  A device that carries pins accepts a connection only if one of
them is found again.  TLS, host names and dates are no business of this module: a pin that matches
says "this key is on the list", never "this is the right host, today".
"""

from __future__ import annotations

import warnings
from base64 import b64encode
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from hashlib import sha256

from cryptography import x509

from pinlib.encoding.der import Document, Form
from pinlib.encoding.files import Certificate, Source, documents, spki
from pinlib.encoding.naming import extension, names
from pinlib.errors import BadInput, BadPin, NotOne, NotReadable
from pinlib.pins.notations import (
    SIZE,
    Kind,
    Notation,
    between,
    read_notation,
    write_notation,
    wrong_size,
)
from pinlib.pins.pasted import read_pasted


@dataclass(frozen=True, slots=True)
class Pin:
    """One SHA-256 that a device accepts: of a public key (RFC 7469) or of a whole certificate."""

    kind: Kind
    digest: bytes

    def __post_init__(self) -> None:
        if len(self.digest) != SIZE:
            raise wrong_size(self.digest, repr(self.digest[:8]))

    def __str__(self) -> str:
        return _as_text(self)

    def write(self, notation: Notation, *, authority: bool = False) -> str:
        """Return the pin as that tool wants it; only TLSA says what was hashed, and if of a CA."""
        return write_notation(self.digest, self.kind, notation, authority=authority)

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
        written = read_notation(text)
        return cls(kind or written.kind, written.digest)


@lru_cache(maxsize=1024)
def _as_text(pin: Pin) -> str:
    return pin.write(Notation.OKHTTP if pin.kind is Kind.KEY else Notation.COLON_HEX)


@dataclass(frozen=True, slots=True)
class PinSet:
    """The pins of one device, in order and without duplicates.  One pin is a set of one.

    An unpinned device has None instead: an empty set would refuse everybody, and is an error.
    """

    pins: tuple[Pin, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "pins", tuple(dict.fromkeys(self.pins)))
        if not self.pins:
            raise BadPin(
                "an empty pin set refuses everyone: use None for no pinning", seen="no pins"
            )

    @classmethod
    def of(cls, *pins: Pin) -> PinSet:
        """Return the set of these pins."""
        return cls(pins)

    @classmethod
    def parse(cls, text: str, kind: Kind | None = None) -> PinSet:
        """Read pins from a curl option, an HPKP header, XML, a list, a program or a log.

        A list goes by lines, commas or semicolons.  Of an exception that has both, the pins that
        the app expects are read, and not those that its peer showed.  Raises BadPin for the first
        entry that is no pin.
        """
        found = read_pasted(text)
        return cls(tuple(Pin(kind or one.kind, one.digest) for one in found.pinned or found.shown))

    def write(self, notation: Notation, *, authorities: Container[Pin] = ()) -> str:
        """Return all pins in one notation, joined as that tool joins them.

        `authorities` are those among them that are of a CA, which TLSA says.
        """
        return between(notation).join(
            pin.write(notation, authority=pin in authorities) for pin in self.pins
        )

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
            for pin in both_pins(certificate):
                if pin in self.pins:
                    return pin
        return None


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
    if isinstance(source, x509.Certificate):
        return both_pins(source)[0]
    return _key_pin(_only(documents(source), key_pins))


def certificate_pins(source: Source) -> tuple[Pin, ...]:
    """Return the pins of all certificates in the source, in order.  Raises as `key_pins`."""
    return tuple(_certificate_pin(document) for document in documents(source))


def certificate_pin(source: Source) -> Pin:
    """Return the pin that ends with this very certificate; the tools' "fingerprint" is the same."""
    if isinstance(source, x509.Certificate):
        return both_pins(source)[1]
    return _certificate_pin(_only(documents(source), certificate_pins))


def pins_of(document: Document) -> dict[Kind, Pin]:
    """Return the pins of one thing out of a file: certificates have two, all else a key pin.

    Raises NotReadable for a private key that cannot be loaded.
    """
    pins = {Kind.KEY: _key_pin(document)}
    if document.form is Form.CERTIFICATE:
        pins[Kind.CERTIFICATE] = _certificate_pin(document)
    return pins


def is_authority(document: Document) -> bool:
    """Return whether this is the certificate of a CA, which no server shows as its own.

    `openssl req -x509` marks whatever it makes as a CA.  What signed itself and names a host is a
    server all the same.  What the library cannot read is taken for a server's.
    """
    if document.form is not Form.CERTIFICATE:
        return False
    with warnings.catch_warnings(), suppress(Exception):  # as `naming` does, for strangers' slips
        warnings.simplefilter("ignore")
        certificate = x509.load_der_x509_certificate(document.der)
        basic = extension(certificate, x509.BasicConstraints)
        own_server = certificate.subject == certificate.issuer and bool(names(certificate))
        return basic is not None and basic.ca and not own_server
    return False


@lru_cache(maxsize=256)
def both_pins(certificate: Certificate) -> tuple[Pin, Pin]:
    """Return the key pin and the certificate pin of a certificate, computed once for each.

    Raises as `key_pin`.
    """
    document = _only(documents(certificate), key_pins)
    return _key_pin(document), _certificate_pin(document)


def _key_pin(document: Document) -> Pin:
    return Pin(Kind.KEY, sha256(spki(document)).digest())


def _certificate_pin(document: Document) -> Pin:
    if document.form is not Form.CERTIFICATE:
        raise NotReadable(
            f"this is {document.form.value}: only a certificate has a certificate pin, "
            "so ask for the key pin",
            seen=document.form.value,
        )
    return Pin(Kind.CERTIFICATE, sha256(document.der).digest())


def _only(
    found: tuple[Document, ...], all_of_them: Callable[[Source], tuple[Pin, ...]]
) -> Document:
    if len(found) != 1:
        raise NotOne(
            f"there are {len(found)} here instead of one: "
            f"give just one, or call {all_of_them.__name__}(…) for all",
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
            raise BadInput(f"{seen} has no {self.value} to pin: pass all of it", seen=seen)
        if self is Strategy.LEAF_CERTIFICATE:
            return PinSet.of(certificate_pin(chain[0]))
        if self is Strategy.INTERMEDIATE_KEY:
            return PinSet.of(key_pin(chain[1]))
        if self is Strategy.ROOT_KEY:
            return PinSet.of(key_pin(chain[-1]))
        if self is Strategy.LEAF_KEY:
            return PinSet.of(key_pin(chain[0]))
        if backup is None:
            raise BadInput(
                "the backup is missing: pass a key kept offline, or its pin", seen="no backup"
            )
        return PinSet.of(key_pin(chain[0]), backup if isinstance(backup, Pin) else key_pin(backup))
