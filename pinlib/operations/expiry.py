"""What ends when, in order: certificates, bundles and pin sets, and what to do before.

    deadlines(Path("fullchain.pem"))

A certificate's end is refused by TLS; a pin set's end may let everybody in (Android's
`expiration` fails open).  Which of them comes first, and what has to be ready before, is told here.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509

from pinlib.encoding.der import Form
from pinlib.encoding.files import LIMIT, documents
from pinlib.encoding.naming import extension, name_of, read_certificate, visible
from pinlib.encoding.reading import read
from pinlib.errors import BadInput, NotReadable
from pinlib.operations.app_configs import PinnedDomains, android_pin_sets, plist_pin_sets
from pinlib.operations.updates import NotTaken, PinUpdate
from pinlib.tls.certificates import Validity

_NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280, section 4.1.2.5


class What(Enum):
    """What ends, and what to do before; the value is how people call it."""

    LEAF = "certificate"
    AUTHORITY = "CA certificate"
    PIN_SET = "pin set"

    @property
    def to_do(self) -> str:
        """What has to happen first."""
        return {
            What.LEAF: "renew it; if the key changes, first ship an app that pins the new one",
            What.AUTHORITY: "if you pin it, first ship another pin; ask the CA when it changes",
            What.PIN_SET: "ship the next set first: once it expires, Android checks no pins at all",
        }[self]


@dataclass(frozen=True, slots=True)
class Deadline:
    """One thing that ends: `ends` is the last moment at which it holds.

    `written` is the day that stands in the file, where that is another: a day's beginning, at which
    it holds no more, or the day in another zone.
    """

    what: What
    name: str
    starts: datetime
    ends: datetime
    source: str = ""
    written: date | None = None
    mind: str = ""

    @property
    def day(self) -> date:
        """The day that people find in the file, if they look."""
        return self.written or self.ends.date()

    @property
    def endless(self) -> bool:
        """Whether it says that it never ends."""
        return self.ends >= _NEVER

    def left(self, now: datetime) -> int:
        """Return the whole days that are left; below zero it has ended."""
        return (self.ends - now) // timedelta(days=1)


def deadlines(source: Path | bytes, name: str = "") -> tuple[Deadline, ...]:
    """Return everything in a file that ends, the soonest first.

    Certificates as PEM, DER or a bundle; pin sets as `operations.updates` signs them, as Android's
    XML, or in an Info.plist.  Raises NotReadable for what has no end, and LockedKey.
    """
    called = name or (str(source) if isinstance(source, Path) else "")
    suffix = (source if isinstance(source, Path) else Path(name)).suffix.lower()
    text = read(source, LIMIT + 1) if isinstance(source, Path) else source
    if len(text) > LIMIT:
        seen = f"more than {LIMIT:,} bytes"
        raise NotReadable(f"{seen}: give just the certificates, or one pin set", seen=seen)
    return in_order(_read(text, suffix, called))


def _read(raw: bytes, suffix: str, called: str) -> list[Deadline]:
    """Return what ends in a text: how it begins says what it is, or else the file's suffix."""
    text = raw.translate(None, b"\0").lstrip(_BEFORE)
    first = text[:1]
    if raw.startswith(b"bplist") or (first == b"<" and b"<plist" in text[:1000]):
        suffix = ".plist"
    elif first == b"<":
        suffix = ".xml"
    elif first == b"{":
        suffix = ".json"
    elif first in (b"", b"\x30") or b"-----BEGIN" in text:
        suffix = ""
    if suffix == ".plist":
        return [_in_app(one, called) for one in plist_pin_sets(raw)]
    if suffix == ".xml":
        return [_in_app(one, called) for one in android_pin_sets(raw)]
    if suffix == ".json":
        return [_signed(text, called)]
    return _certificates(raw, called)


_BEFORE = b"\xef\xbb\xbf\xff\xfe \t\r\n"  # the marks of UTF-8 and UTF-16, and blanks


def in_order(found: Iterable[Deadline]) -> tuple[Deadline, ...]:
    """Return endings of several files, the soonest first, each once."""
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.ends, one.name)))


def _certificates(source: bytes, called: str) -> list[Deadline]:
    found = []
    for document in documents(source):
        if document.form is not Form.CERTIFICATE:
            raise NotReadable(
                f"this is {document.form.value}: it doesn’t expire; give the certificate",
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


def _signed(text: bytes, called: str) -> Deadline:
    """Return when a pin set ends that `operations.updates` has written."""
    body, _, signature = text.partition(b"\n")
    try:
        update = PinUpdate.read(body)
    except NotTaken:
        seen = _amiss(body)
        raise NotReadable(
            f"this isn’t a pin set as signed in lesson 06 ({seen}): its first line is "
            f"JSON with {', '.join(_KEYS)}, its second the signature",
            seen=seen,
        ) from None
    pins = "1 pin" if len(update.pins) == 1 else f"{len(update.pins)} pins"
    return Deadline(
        What.PIN_SET,
        f"version {update.version}, {pins}",
        update.issued,
        update.expires - timedelta.resolution,
        called,
        written=datetime.fromisoformat(json.loads(body)["expires"]).date(),
        mind="signature not checked" if signature.strip() else "not signed",
    )


_KEYS = ("version", "pins", "mode", "issued", "expires")


def _amiss(body: bytes) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return "the first line isn’t JSON"
    missing = [key for key in _KEYS if not isinstance(said, dict) or key not in said]
    return f"it lacks {', '.join(missing)}" if missing else "a value in it is invalid"


_NAMED = 4  # domains of a set that are told by name


def _in_app(one: PinnedDomains, called: str) -> Deadline:
    """Return when a pin set in an app's configuration ends: at midnight, taken as that of UTC."""
    first = one.domains[:_NAMED]
    more = f" and {len(one.domains) - _NAMED} more" if one.domains[_NAMED:] else ""
    name = f"for {visible(', '.join(first)) or 'no domain'}{more}"
    if one.expiration is None:
        return Deadline(What.PIN_SET, name, datetime.min.replace(tzinfo=UTC), _NEVER, called)
    try:
        midnight = datetime.strptime(one.expiration, "%Y-%m-%d").replace(tzinfo=UTC)
        began = midnight - timedelta(days=1)  # the file does not say since when
    except (ValueError, OverflowError):
        seen = visible(one.expiration)
        raise BadInput(f"write an expiration as 2027-01-31, not {seen!r}", seen=seen) from None
    last = midnight - timedelta(seconds=1)
    return Deadline(What.PIN_SET, name, began, last, called, written=midnight.date())
