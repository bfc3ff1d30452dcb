"""Signed pin sets: what travels to an app whose pins change in the field, and how it is read.

    sign(PinUpdate(…), key) ──► text ──► over any wire ──► genuine(text, keys), PinUpdate.read(body)

No wire is trusted: the app has pinned update keys, which sign pin sets and nothing else.  For whom
a set is, how new it is and when it ends stand inside what is signed.  A signature says who wrote a
text, not that two readers understand the same by it: so each thing is said once, in its own type,
and a body that says anything else is no set.  Attacks have the names that The Update Framework
gives them (TUF, theupdateframework.github.io/specification, section 1.5.2).
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pinlib.encoding.naming import visible
from pinlib.errors import BadInput, PinlibError
from pinlib.pins.notations import Kind
from pinlib.pins.pins import Pin, PinSet
from pinlib.scenes.cast import HOST


class Enforcement(Enum):
    """What an app does with its pins until its set ends; the value is how people say it."""

    ENFORCE = "enforce"
    REPORT = "report only"
    OFF = "off: the kill switch"


class Reason(Enum):
    """Why a set was not taken.  The value is the sentence that a learner reads, with what was seen.

    What TUF has a name for is called by it.
    """

    SIZE = "It has {seen} bytes, more than any pin set: an endless data attack."
    UNSIGNED = "It has no signature: an arbitrary installation attack."
    SIGNATURE = "None of the app’s update keys signed it: an arbitrary installation attack."
    FORM = "It can’t be read as a pin set: {seen}."
    TWICE = "It says {seen} twice: two readers could see two different sets."
    UNKNOWN = "It says {seen}, which this app doesn’t know and can’t obey."
    TYPE = "Its {seen}: a value of the wrong type slips past comparisons."
    NOTATION = "Its pin {seen} isn’t written sha256/…: bare hex would be read as a certificate pin."
    AUDIENCE = "It is for {seen}: a wrong software installation."
    HOSTS = "It no longer covers {seen}: a rollback attack, to a host without a pin."
    KEYS = "It changes the online key, and {seen}: a key compromise."
    OLD = "It is {seen}: a rollback attack."
    STEP = "It is {seen}: a fast-forward attack."
    FUTURE = "It was issued on {seen}: a set sent before its time."
    EXPIRED = "It expired on {seen}: an indefinite freeze attack."


class NotTaken(PinlibError):
    """A set that the app does not take; `reason` says why, and the pins stay as they were."""

    def __init__(self, reason: Reason, seen: str = "") -> None:
        super().__init__(reason.value.format(seen=seen))
        self.reason, self.seen = reason, seen


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom a set is: one update key may sign for several apps, and for those under test too."""

    app: str
    environment: str

    def __post_init__(self) -> None:
        if not (self.app and self.environment):
            raise BadInput("give an audience an app and its environment", seen=str(self))

    def __str__(self) -> str:
        return f"{visible(self.app)} in {visible(self.environment)}"


BANK_APP = Audience("example.bank", "production")
"""The app of the story: Alice's."""


@dataclass(frozen=True, slots=True)
class PinUpdate:
    """A pin set with what must be signed beside it: which version, from when, until when, for whom.

    `hosts` are names, or `*.` and a name for every host one label below it.  `online` is the update
    key in daily use from this set on, as its 32 bytes; empty, the offline key alone signs.  `era`
    counts the online keys: a set of a later era is newer, whatever its version.

    Raises BadInput for what could not be read back as it was meant.
    """

    version: int
    pins: PinSet
    issued: datetime
    expires: datetime
    mode: Enforcement = Enforcement.ENFORCE
    audience: Audience = BANK_APP
    hosts: tuple[str, ...] = (HOST,)
    online: bytes = b""
    era: int = 1

    def __post_init__(self) -> None:
        for number in self.version, self.era:
            if type(number) is not int or number < 1:  # True and 1.9 compare with numbers too
                raise BadInput("a version is a whole number, such as 7", seen=repr(number))
        if self.expires <= self.issued:
            raise BadInput("a set ends after it begins: give a later day", seen=str(self.expires))
        if any(pin.kind is not Kind.KEY for pin in self.pins):
            raise BadInput("a signed set pins keys, not certificates", seen=str(self.pins))
        for host in self.hosts or ("",):
            if not _HOST.fullmatch(host):
                shown = repr(visible(host))
                raise BadInput(
                    f"hosts are named bank.example or *.bank.example, not {shown}", seen=host
                )
        if len(self.online) not in (0, 32):
            raise BadInput("an Ed25519 key has 32 bytes", seen=f"{len(self.online)} bytes")

    @property
    def keys(self) -> tuple[Ed25519PublicKey, ...]:
        """The online key, to verify with; none where the offline key signs alone."""
        return (Ed25519PublicKey.from_public_bytes(self.online),) if self.online else ()

    @property
    def order(self) -> tuple[int, int]:
        """How new it is: the era first, so that a new online key makes up for any old version."""
        return self.era, self.version

    def covers(self, host: str) -> bool:
        """Return whether the set pins this host: `*.` is exactly one label, as in OkHttp."""
        name = host.lower().removesuffix(".")
        return name in self.hosts or f"*.{name.partition('.')[2]}" in self.hosts

    @property
    def body(self) -> bytes:
        """What is signed: JSON, its keys in order."""
        said = {
            "app": self.audience.app,
            "environment": self.audience.environment,
            "era": self.era,
            "expires": self.expires.isoformat(),
            "hosts": self.hosts,
            "issued": self.issued.isoformat(),
            "mode": self.mode.name.lower(),
            "online": b64encode(self.online).decode(),
            "pins": [str(pin) for pin in self.pins],
            "version": self.version,
        }
        return json.dumps(said, sort_keys=True).encode()

    @classmethod
    def read(cls, body: bytes) -> PinUpdate:
        """Read a body.  Raises NotTaken for what is none, or is written in any other way."""
        return read_body(body, FORMS, cls)


Members = tuple[tuple[str, Any], ...]
"""What an object of JSON says, in its order, and as often as it says it."""

BodyRule = Callable[[Members], str]
"""Looks at what a body says; returns what it saw that is wrong, or nothing."""

_TYPES = {
    "app": str,
    "environment": str,
    "era": int,
    "expires": str,
    "hosts": str,
    "issued": str,
    "mode": str,
    "online": str,
    "pins": str,
    "version": int,
}
_LISTS = {"hosts", "pins"}
_MODES = {mode.name.lower(): mode for mode in Enforcement}
_HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_PIN = re.compile(r"sha256/[A-Za-z0-9+/]{43}=")


def _twice(said: Members) -> str:
    times = Counter(name for name, _ in said)
    return next((_quoted(name) for name, often in times.items() if often > 1), "")


def _unknown(said: Members) -> str:
    return next((_quoted(name) for name, _ in said if name not in _TYPES), "")


def _mistyped(said: Members) -> str:
    for name, value in said:
        listed = type(value) is list
        wrong = [one for one in (value if listed else [value]) if type(one) is not _TYPES.get(name)]
        if name in _TYPES and (wrong or listed is not (name in _LISTS)):
            return f"{name} is {_quoted(wrong[0] if wrong else value)}"
    return ""


def _not_sha256(said: Members) -> str:
    pins = dict(said).get("pins", ())
    return next((_quoted(pin) for pin in pins if not _PIN.fullmatch(pin)), "")


FORMS: Mapping[Reason, BodyRule] = {
    Reason.TWICE: _twice,
    Reason.UNKNOWN: _unknown,
    Reason.TYPE: _mistyped,
    Reason.NOTATION: _not_sha256,
}
"""What is looked at before a body is believed to be a set, in this order."""


def read_body(body: bytes, forms: Mapping[Reason, BodyRule], made: type[PinUpdate]) -> PinUpdate:
    """Read a body as one who looks at these forms.  Raises NotTaken."""
    try:
        said = json.loads(body.decode(), object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        raise NotTaken(Reason.FORM, "it isn’t JSON in UTF-8") from None
    if type(said) is not tuple:
        raise NotTaken(Reason.FORM, "it isn’t a JSON object")
    for reason, form in forms.items():
        if seen := form(said):
            raise NotTaken(reason, seen)
    return _understood(dict(said), made)


def _understood(said: Mapping[str, Any], made: type[PinUpdate]) -> PinUpdate:
    try:
        return made(
            version=said["version"],
            pins=PinSet(tuple(map(Pin.parse, said["pins"]))),
            issued=_moment(said["issued"]),
            expires=_moment(said["expires"]),
            mode=_MODES[said["mode"]],
            audience=Audience(said["app"], said["environment"]),
            hosts=tuple(said["hosts"]),
            online=b64decode(said["online"], validate=True),
            era=said["era"],
        )
    except KeyError as wanted:
        raise NotTaken(Reason.FORM, f"it has no {_quoted(wanted.args[0])}") from None
    except (ValueError, TypeError, AttributeError, BadInput, OverflowError) as wrong:
        # OverflowError: a time so near the calendar's end that it has none in UTC.
        raise NotTaken(Reason.FORM, visible(str(wrong))) from None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs a time zone")
    return moment.astimezone(UTC)


def _quoted(value: object) -> str:
    """Quote what a stranger wrote on one line, and no more of it than is needed to find it."""
    if isinstance(value, list | tuple):
        return "a list" if isinstance(value, list) else "an object"
    text = visible(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= 24 else f"{text[:20]}…"


class Verifier(Protocol):
    """What verifies a signature: one public key, or several of which any may have signed."""

    def verify(self, signature: bytes, data: bytes, /) -> None:
        """Return if it is a signature of these bytes; raises InvalidSignature."""


@dataclass(frozen=True, slots=True)
class EitherKey:
    """Keys of which each may sign alone: a threshold of one, in TUF's words.

    So losing one key is no loss, and stealing one is enough.
    """

    keys: Sequence[Verifier]

    def verify(self, signature: bytes, data: bytes, /) -> None:
        """Return if one of them signed these bytes; raises InvalidSignature."""
        for key in self.keys:
            try:
                return key.verify(signature, data)
            except InvalidSignature:
                continue
        raise InvalidSignature


def sign(update: PinUpdate, key: Ed25519PrivateKey) -> bytes:
    """Return a set as it travels: the body, a line end, the signature in base64 (RFC 8032)."""
    return signed(update.body, key)


def signed(body: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return any body as it travels, whatever it says."""
    return body + b"\n" + b64encode(key.sign(body))


def genuine(text: bytes, key: Verifier) -> bool:
    """Return whether a text is signed by this key, or by one of these; unsigned, it is not."""
    body, _, written = text.partition(b"\n")
    try:
        signature = b64decode(written, validate=True)
        key.verify(signature, body)
    except (InvalidSignature, ValueError):
        return False
    # One text for one set: the last digit of base64 has bits to spare (RFC 4648, section 3.5).
    return b64encode(signature) == written
