"""Pins that others have published, and the public roots to check them against.

The roots are those of certifi, which came with the install: real input, and no network.  What is
cited here stands in data/, each row with its source; nothing of it was computed by us.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

import certifi

from pinlib.data import Reader, optional, read_table
from pinlib.encoding.files import documents
from pinlib.pins.notations import Kind
from pinlib.pins.pins import Pin, certificate_pin, key_pin, pins_of

_BLOCK = re.compile(
    rb'^# Label: "([^"\n]+)"(?:(?!^# Label).)*?'
    rb"(^-----BEGIN CERTIFICATE-----.*?^-----END CERTIFICATE-----)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Published:
    """A public root with the key pin that somebody published for it."""

    name: str
    certificate: Pin
    key: Pin
    note: str | None
    """What became of the root, where stores have dropped it."""
    source: str

    @property
    def computed(self) -> Pin | None:
        """The key pin computed here from certifi's root; None if this certifi does not have it."""
        root = root_with(self.certificate)
        return None if root is None else key_pin(root)


@dataclass(frozen=True, slots=True)
class Twin:
    """One of several certificates for the same key, as its issuer lists it: cited, not computed."""

    subject: str
    issuer: str
    starts: date
    ends: date
    certificate: Pin
    key: Pin
    source: str


@cache
def public_roots() -> Mapping[str, bytes]:
    """Return certifi's roots as DER, by the name that certifi gives them.

    They are never loaded as certificates, since some have serial numbers that a library refuses.
    """
    text = Path(certifi.where()).read_bytes()
    named = {
        label.decode("utf-8", "replace"): documents(pem)[0].der
        for label, pem in _BLOCK.findall(text)
    }
    return MappingProxyType(dict(sorted(named.items(), key=lambda item: item[0].casefold())))


@cache
def known_pins() -> tuple[Published, ...]:
    """Return key pins of public roots, as others have published them.  Raises BadData."""
    columns: dict[str, Reader] = {
        "name": str,
        "certificate_sha256": _certificate,
        "key_pin": Pin.parse,
        "note": optional(str),
        "source": str,
    }
    return tuple(Published(*row.values()) for row in read_table("known_pins.csv", columns))


@cache
def twins() -> tuple[Twin, ...]:
    """Return the certificates of Let's Encrypt that share their key with another one."""
    columns: dict[str, Reader] = {
        "subject": str,
        "issuer": str,
        "not_before": date.fromisoformat,
        "not_after": date.fromisoformat,
        "certificate_sha256": _certificate,
        "key_pin": Pin.parse,
        "source": str,
    }
    return tuple(
        Twin(*row.values()) for row in read_table("same_key_two_certificates.csv", columns)
    )


def root_with(certificate: Pin) -> bytes | None:
    """Return the public root with this certificate pin, or None: certifi drops roots in time."""
    return _by_pin().get(certificate)


@cache
def _by_pin() -> dict[Pin, bytes]:
    return {certificate_pin(der): der for der in public_roots().values()}


def whose(digest: bytes) -> str | None:
    """Return the public root whose key or certificate has this SHA-256, or None.

    It is named, with what became of it in brackets where stores have dropped it.
    """
    return _by_digest().get(digest)


@cache
def _by_digest() -> dict[bytes, str]:
    named = {
        pin.digest: name
        for name, der in public_roots().items()
        for pin in pins_of(documents(der)[0]).values()
    }
    for known in known_pins():
        note = f" ({known.note})" if known.note else ""
        for pin in known.key, known.certificate:
            named[pin.digest] = named.get(pin.digest, known.name) + note
    return named


def _certificate(text: str) -> Pin:
    return Pin.parse(text, Kind.CERTIFICATE)
