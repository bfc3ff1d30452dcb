"""The café story as one frozen value: who is in the middle, and what the phone asks first.

`run` lets it happen: a real interception in memory, or a plain handshake where nobody interferes.
What comes of it is decided by the phone's own checks; nothing here knows any outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum
from typing import Any

from pinlib.data import ByTitle, read_document, sentence, title, titled
from pinlib.encoding import state_line
from pinlib.errors import BadInput
from pinlib.pins.pins import Pin, Strategy
from pinlib.scenes.cast import HOST, LATER, LOGIN, MUCH_LATER, REPLY, TODAY, Cast, Event, lie, story
from pinlib.scenes.endings import Ending, ending_of
from pinlib.shared import shared
from pinlib.tls.certificates import Identity, Validity, self_signed
from pinlib.tls.devices import PATH_CHECKS, Check, Device, Evidence, Moment
from pinlib.tls.handshake import connect
from pinlib.tls.interception import Forger, Interceptor, Page, intercept
from pinlib.tls.openssl import Tls
from pinlib.tls.verdicts import Verdict


class Middle(Enum):
    """Who is between the phone and the bank.  The value is how people say it."""

    NOBODY = "nobody"
    EAVESDROPPER = "an eavesdropper, who only listens"
    SELF_SIGNED = "Mallory, with a home-made certificate"
    COPY = "Mallory, with a copy of the bank’s certificate"
    OTHER_NAME = "Mallory, with a certificate for another name"
    COMPANY_PROXY = "the company’s proxy: its CA is on this company iPhone or laptop"
    USER_PROXY = "a proxy whose CA was added to an Android phone"
    OTHER_CA = "Mallory: another CA mis-issued her a certificate"
    HIJACK = "Mallory, who hijacked the route: another CA issued to her"
    HIJACK_OWN_CA = "Mallory, who hijacked the route: the bank’s own CA issued to her"
    PINNED_CA = "Mallory: the bank’s own CA mis-issued her a certificate"
    STOLEN_KEY = "Mallory, with the bank’s stolen key"
    APPENDED = "Mallory: mis-issued certificate, with the bank’s appended"

    @property
    def interferes(self) -> bool:
        """Whether somebody answers in the bank's place."""
        return self not in {Middle.NOBODY, Middle.EAVESDROPPER}


class HeldAgainst(Enum):
    """Which chain the phone holds its pins against."""

    VERIFIED = "the verified chain"
    PRESENTED = "whatever was presented: a bug"


class Day(Enum):
    """On which day it happens."""

    TODAY = "1 March 2027"
    ROTATED = "15 June 2027, after the bank’s rotation"
    LATE = "1 March 2028, nothing renewed"

    @property
    def date(self) -> datetime:
        """The day as a date."""
        return {Day.TODAY: TODAY, Day.ROTATED: LATER, Day.LATE: MUCH_LATER}[self]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One connection: everything that decides what will come of it."""

    middle: Middle = Middle.NOBODY
    pins: Strategy = Strategy.NONE
    chain: HeldAgainst = HeldAgainst.VERIFIED
    moment: Moment = Moment.INSIDE
    tls: Tls = Tls.V1_3
    day: Day = Day.TODAY
    checks_name: bool = True
    """Whether the phone checks the host name."""
    trusts_user_roots: bool = False
    """Whether an Android app has opted in to the CAs that were added to the phone."""
    lies: bool = False
    """Whether Mallory changes the balance."""
    relays: bool = True
    """Whether whoever is in the middle passes the login on; else Mallory answers by herself."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value, kind = getattr(self, one.name), type(one.default)
            if not isinstance(value, kind):
                such = repr(one.default) if kind is bool else str(one.default)
                raise BadInput(
                    f"{one.name} needs a value such as {such}, not {value!r}", seen=repr(value)
                )

    def __str__(self) -> str:
        return state_line.write_line({one.name: getattr(self, one.name) for one in fields(self)})

    @classmethod
    def parse(cls, line: str) -> Scenario:
        """Read what `str` writes; what is left out is as in `Scenario()`.  Raises BadInput."""
        found = state_line.read_line(line, {one.name: one for one in fields(cls)})
        return cls(**{name: _choose(name, word) for name, word in found.items()})

    @property
    def device(self) -> Device:
        """The phone of this scenario."""
        cast = story()
        proxy = self.middle in {Middle.COMPANY_PROXY, Middle.USER_PROXY}
        pins = cast.pins(self.pins)

        def presented(evidence: Evidence) -> Pin | None:
            return pins.match(evidence.presented) if pins else None

        return replace(
            cast.phone,
            pins=pins,
            tls=self.tls,
            moment=self.moment,
            checks=PATH_CHECKS if self.checks_name else PATH_CHECKS - {Check.NAME},
            pin_check=presented if pins and self.chain is HeldAgainst.PRESENTED else None,
            installed=(cast.proxy.certificate,) if proxy else (),
            # Apps for Android 7 and later trust neither a user's CAs nor an administrator's, which
            # are a user's too, unless their network security config has
            # <certificates src="user"/> (Android developers' blog, 2016-07-07;
            # DevicePolicyManager.installCaCert).
            trusts_installed=self.trusts_user_roots or self.middle is not Middle.USER_PROXY,
        )

    @property
    def bank(self) -> Identity:
        """What the bank itself shows on that day."""
        if self.day is Day.ROTATED:
            return story().events["renew with the backup key"].identity
        return story().bank


def _choose(name: str, word: str) -> Any:
    default: Any = getattr(Scenario(), name)
    kind: Any = type(default)
    choices = (True, False) if kind is bool else tuple(kind)
    return state_line.choose(name, word, choices)


@dataclass(frozen=True, slots=True)
class Scene:
    """What came of a scenario; `page` is what somebody who interferes has of the phone."""

    scenario: Scenario
    verdict: Verdict
    heard: bytes
    page: Page | None

    @property
    def ending(self) -> Ending:
        """Who was harmed."""
        leaked = self.page.application_bytes if self.page else 0
        return ending_of(self.verdict, by_the_bank=self.page is None, leaked=leaked)

    @property
    def too_late(self) -> bool:
        """Whether the app hung up on somebody who had its login already."""
        return self.ending is Ending.INTERCEPTED and not self.verdict.connected


def run(scenario: Scenario, device: Device | None = None) -> Scene:
    """Let it happen, and return what everybody has of it.

    Another `device` takes the place of the scenario's own.
    """
    device, date = device or scenario.device, scenario.day.date
    if not scenario.middle.interferes:
        verdict = connect(device, scenario.bank, HOST, date, request=LOGIN, reply=REPLY)
        return Scene(scenario, verdict, REPLY if verdict.connected else b"", None)
    who = Interceptor(
        shown_by(scenario.middle),
        lie if scenario.lies else bytes,
        own_answer=None if scenario.relays else lie(REPLY),
    )
    told = intercept(*(device, who, scenario.bank, HOST, date), request=LOGIN, application=REPLY)
    return Scene(scenario, told.verdict, told.heard, told.page)


@shared
def shown_by(middle: Middle) -> Forger | Fixed:
    """Return what somebody in the middle shows; a proxy makes it when it is asked for."""
    cast = story()
    valid = Validity.of(cast.bank.leaf)
    if middle in {Middle.COMPANY_PROXY, Middle.USER_PROXY}:
        return Forger(cast.proxy, replace(valid, ends=MUCH_LATER))
    return Fixed(_certificate_of(middle, cast, valid))


@dataclass(frozen=True)
class Fixed:
    """Shows the same certificate, whatever is asked for."""

    identity: Identity

    def __call__(self, _: str) -> Identity:
        """Return the certificate."""
        return self.identity


def _certificate_of(middle: Middle, cast: Cast, valid: Validity) -> Identity:
    if middle is Middle.SELF_SIGNED:
        return self_signed(HOST, valid=valid)
    name = next(name for name, who in _WHO.items() if who is middle)
    return cast.events[name].identity


_WHO = {
    "the real certificate, copied, without its key": Middle.COPY,
    "wrong host": Middle.OTHER_NAME,
    "another trusted CA mis-issues": Middle.OTHER_CA,
    "hijack: genuine, from another CA": Middle.HIJACK,
    "hijack: genuine, from the bank's own CA": Middle.HIJACK_OWN_CA,
    "the pinned issuer mis-issues": Middle.PINNED_CA,
    "stolen key and the real certificate": Middle.STOLEN_KEY,
    "rogue leaf, pinned certificate appended": Middle.APPENDED,
    "stolen key and old certificate, after rotation": Middle.STOLEN_KEY,
    "stolen key, certified again by another CA": Middle.STOLEN_KEY,
    "unknown CA": Middle.SELF_SIGNED,
    "proxy CA in the device's store": Middle.COMPANY_PROXY,
    "proxy CA installed by the user, ignored by the app": Middle.USER_PROXY,
}
"""Who stands in the middle in each event in which it is not the bank that answers."""


def run_event(event: Event, strategy: Strategy = Strategy.NONE, tls: Tls = Tls.V1_3) -> Scene:
    """Let one of the story's events happen as a scene: with whoever answers, and what they hold."""
    device = event.device(strategy, tls)
    middle = Middle.NOBODY if event.honest else _WHO[event.name]
    scenario = Scenario(middle, strategy, tls=tls)
    if event.honest:
        verdict = connect(device, event.identity, HOST, event.date, request=LOGIN, reply=REPLY)
        return Scene(scenario, verdict, REPLY if verdict.connected else b"", None)
    who = Interceptor(Fixed(event.identity))
    bank = story().bank
    met = intercept(device, who, bank, HOST, event.date, request=LOGIN, application=REPLY)
    return Scene(scenario, met.verdict, met.heard, met.page)


@dataclass(frozen=True, slots=True)
class Told:
    """A scenario with the name that it has in a list, and what to say of it."""

    title: str
    say: str
    scenario: Scenario


@shared
def scenarios() -> Mapping[str, Told]:
    """Return the scenarios of data/scenarios/ by title, in the order of their files' names.

    Anybody may add a file.  Raises BadData, which names file and key.
    """
    found = titled("scenarios", _read, lambda told: told.scenario)
    return ByTitle("scene", lambda: found)


def _read(name: str) -> Told:
    schema = {
        "title": title,
        "say": sentence,
        "scenario": {f"{one.name}?": _word(one.name) for one in fields(Scenario)},
    }
    read = read_document(name, schema)
    return Told(read["title"], read["say"], Scenario(**read["scenario"]))


def _word(name: str) -> Callable[[Any], Any]:
    """Return a schema for one word of a scenario: as in its line of text, or true and false."""

    def check(value: Any) -> Any:
        if isinstance(value, bool):
            value = state_line.written_value(value)
        if not isinstance(value, str):
            raise BadInput("a word in quotes is expected here", seen=repr(value))
        return _choose(name, value)

    return check
