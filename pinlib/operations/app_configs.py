"""Pin sets in the configuration of apps: the domains that each is for, and the day it ends.

Android's network security config, and TrustKit's and Apple's parts of an Info.plist.  Such a file
may be anybody's, so it is read once, from end to end, and may declare no entity: neither one that
grows without limit (CWE-776) nor one that names another file (CWE-611).
"""

from __future__ import annotations

import plistlib
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

from pinlib.errors import NotReadable

_ANDROID, _PLIST = "Android’s network security config", "an Info.plist"


@dataclass(frozen=True, slots=True)
class PinnedDomains:
    """A pin set: for which domains, and until when, as it is written; None where it has no end."""

    domains: tuple[str, ...]
    expiration: str | None


def android_pin_sets(xml: bytes) -> tuple[PinnedDomains, ...]:
    """Return what Android pins (developer.android.com, "Network security configuration").

    A nested <domain-config> without a set of its own inherits that of the one around it.
    Raises NotReadable for what is not well-formed, and for a file without any set.
    """
    config = _Config()
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = config.start
    parser.EndElementHandler = config.end
    parser.CharacterDataHandler = config.text
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(xml, True)
    except ExpatError as error:
        where = f"line {error.lineno}, column {error.offset + 1}: {ErrorString(error.code)}"
        raise _unlike(_ANDROID, f"this XML is not well-formed ({where})") from error
    except (LookupError, ValueError) as error:  # an encoding that Python lacks, or expat refuses
        raise _unlike(_ANDROID, f"this XML cannot be decoded ({error})") from error
    config.close()
    if not config.found:
        raise _unlike(_ANDROID, "this XML has no <pin-set>")
    return tuple(config.found)


class _Config:
    """What has been read so far.  `_domains` are those of every config still open, in order."""

    def __init__(self) -> None:
        self.found: list[PinnedDomains] = []
        self._domains: list[str] = []
        self._open: list[tuple[int, list[str | None]]] = [(0, [])]  # its first domain, its sets
        self._pieces: list[str] | None = None  # of the domain's text

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "domain-config":
            self._open.append((len(self._domains), []))
        elif tag == "pin-set":
            self._open[-1][1].append(attributes.get("expiration"))
        elif tag == "domain":
            self._pieces = []

    def text(self, text: str) -> None:
        if self._pieces is not None:
            self._pieces.append(text)

    def end(self, tag: str) -> None:
        if tag == "domain-config":
            self.close()
        elif tag == "domain" and self._pieces is not None:
            self._domains.append("".join(self._pieces).strip())
            self._pieces = None

    def close(self) -> None:
        """End the innermost config: its sets take its domains, or they are left to the next one."""
        first, sets = self._open.pop()
        if sets:
            domains = tuple(self._domains[first:])
            del self._domains[first:]
            self.found += [PinnedDomains(domains, one) for one in sets]


def _no_entities(name: str, *_: object) -> None:
    raise _unlike(_ANDROID, f"this XML declares an entity ({name[:40]!r}), which no config needs")


def plist_pin_sets(plist: bytes) -> tuple[PinnedDomains, ...]:
    """Return what TrustKit pins in an Info.plist (TSKConfiguration), and Apple (NSPinnedDomains).

    Apple's have no end.  Raises NotReadable for what is no plist, and for one that pins nothing.
    """
    try:
        said = plistlib.loads(plist)
    except Exception as error:  # at broken bytes it raises ten kinds of them
        raise _unlike(_PLIST, f"this plist cannot be read ({str(error)[:80]})") from error
    trustkit = _inside(said, "TSKConfiguration", "TSKPinnedDomains")
    apple = _inside(said, "NSAppTransportSecurity", "NSPinnedDomains")
    found = [PinnedDomains(tuple(apple), None)] if apple else []
    for domain, policy in trustkit.items():
        if isinstance(policy, dict) and policy.get("TSKPublicKeyHashes"):
            day = policy.get("TSKExpirationDate")
            found.append(PinnedDomains((domain,), day if day is None else str(day)))
    if not found:
        raise _unlike(_PLIST, "this plist has neither TSKPinnedDomains nor NSPinnedDomains")
    return tuple(found)


def _inside(said: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        said = said.get(key) if isinstance(said, dict) else None
    return said if isinstance(said, dict) else {}


def _unlike(expected: str, seen: str) -> NotReadable:
    return NotReadable(f"{seen}: {expected} was expected; give that, or correct it", seen=seen)
