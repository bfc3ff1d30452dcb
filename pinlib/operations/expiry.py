"""What ends when, in order: certificates, bundles and pin sets, and what to do before.

    endings(Path("fullchain.pem"))

A certificate's end is refused by TLS; a pin set's end may let everybody in (Android's
`expiration` fails open).  Which of them comes first, and what has to be ready before, is told here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509

from pinlib.encoding.der import Form
from pinlib.encoding.files import LIMIT, documents
from pinlib.encoding.naming import extension, name_of, read_certificate
from pinlib.errors import BadInput, NotReadable
from pinlib.operations.updates import NotTaken, PinUpdate
from pinlib.tls.certificates import Validity


class What(Enum):
    """What ends, and what to do before; the value is how people call it."""

    LEAF = "certificate"
    AUTHORITY = "authority’s certificate"
    PIN_SET = "pin set"

    @property
    def to_do(self) -> str:
        """What has to happen first."""
        return {
            What.LEAF: "renew it; if the key changes, an app that knows it goes out before",
            What.AUTHORITY: "whoever pins it needs an app with another pin before; ask the CA when",
            What.PIN_SET: "ship the next set before: after its end Android asks no pin at all",
        }[self]


@dataclass(frozen=True, slots=True)
class Deadline:
    """One thing that ends: `ends` is the last moment at which it holds."""

    what: What
    name: str
    starts: datetime
    ends: datetime
    source: str = ""

    def left(self, now: datetime) -> int:
        """Return the whole days that are left; below zero it has ended."""
        return (self.ends - now) // timedelta(days=1)


def deadlines(source: Path | bytes, name: str = "") -> tuple[Deadline, ...]:
    """Return everything in a file that ends, the soonest first.

    Certificates as PEM, DER or a bundle; pin sets as `operations.updates` signs them, or as
    Android's XML with an `expiration`.  Raises NotReadable for what has no end, and LockedKey.
    """
    called = name or (str(source) if isinstance(source, Path) else "")
    found = _pin_sets(source, called) or _certificates(source, called)
    return tuple(sorted(found, key=lambda one: one.ends))


def in_order(found: Iterable[Deadline]) -> tuple[Deadline, ...]:
    """Return endings of several files, the soonest first, each once."""
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.ends, one.name)))


def _certificates(source: Path | bytes, called: str) -> list[Deadline]:
    found = []
    for document in documents(source):
        if document.form is not Form.CERTIFICATE:
            raise NotReadable(
                f"this is {document.form.value}: it has no end; give the certificate",
                seen=document.form.value,
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd serial numbers: only the dates are wanted
            certificate = read_certificate(document.der)
        valid = Validity.of(certificate)
        what = What.AUTHORITY if _is_authority(certificate) else What.LEAF
        name = name_of(certificate.subject)
        found.append(Deadline(what, name, valid.starts, valid.ends, called))
    return found


def _is_authority(certificate: x509.Certificate) -> bool:
    constraints = extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


# developer.android.com, "Network security configuration", <pin-set>: yyyy-MM-dd.
_ANDROID = re.compile(rb'<pin-set\b[^>]*?\bexpiration\s*=\s*["\']([^"\']*)["\']')


def _pin_sets(source: Path | bytes, called: str) -> list[Deadline]:
    """Return what is a pin set in it; nothing if it is something else, or not there."""
    try:
        text = source if isinstance(source, bytes) else source.read_bytes()[: LIMIT + 1]
    except OSError:
        return []  # the other reader says in its own words what is wrong with the file
    try:
        update = PinUpdate.read(text.partition(b"\n")[0])
        pins = "1 pin" if len(update.pins) == 1 else f"{len(update.pins)} pins"
        name = f"version {update.version}, {pins}"
        last = update.expires - timedelta.resolution
        return [Deadline(What.PIN_SET, name, update.issued, last, called)]
    except NotTaken:
        return [_android(day.decode("utf-8", "replace"), called) for day in _ANDROID.findall(text)]


def _android(day: str, called: str) -> Deadline:
    try:
        ends = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
        began = ends - timedelta(days=1)  # the file does not say since when
    except (ValueError, OverflowError):
        raise BadInput(f"an expiration is written 2027-01-31, not {day!r}", seen=day) from None
    return Deadline(What.PIN_SET, "Android’s pin-set", began, ends - timedelta(seconds=1), called)
