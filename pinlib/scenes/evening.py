"""Mallory's evening in the café: three people come by, and each connection is a real interception.

Alice's app pins nothing.  Bob's pins the bank's key and a backup, on his company's iPhone, where
the company's CA is installed.  Carol's pins the same, and checks the pins against whatever chain
was presented.  Mallory bets before each try, has three tries a person, and can use the stolen key
once: the bank replaces it as soon as it notices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from pinlib.encoding import state_line
from pinlib.errors import BadInput
from pinlib.pins.pins import Strategy
from pinlib.scenes.cast import HOST, REPLY, TODAY, lie, login, story
from pinlib.scenes.endings import Ending
from pinlib.scenes.scenario import HeldAgainst, Middle, Scenario, Scene, shown_by
from pinlib.tls.certificates import Identity
from pinlib.tls.devices import Device
from pinlib.tls.interception import Interceptor, intercept

TRIES, WRONG_BETS, NAMED = 3, 2, 2
"""Tries a person; of a solved evening the wrong bets at most, and the right bets on nothing."""

_PINS = Strategy.LEAF_KEY_AND_BACKUP


class Victim(Enum):
    """Who comes by.  The value is the name."""

    ALICE = "Alice"
    BOB = "Bob"
    CAROL = "Carol"

    @property
    def app(self) -> str:
        """What is known of phone and app."""
        return {
            Victim.ALICE: "her own phone; the app pins nothing",
            Victim.BOB: "his company’s iPhone; the app pins the bank’s key and a backup",
            Victim.CAROL: "her own phone; the app pins the same, and checks whatever is presented",
        }[self]

    @property
    def scenario(self) -> Scenario:
        """The scenario whose phone is this one."""
        return {
            Victim.ALICE: Scenario(),
            Victim.BOB: Scenario(Middle.COMPANY_PROXY, _PINS),
            Victim.CAROL: Scenario(pins=_PINS, chain=HeldAgainst.PRESENTED),
        }[self]

    @property
    def device(self) -> Device:
        """The phone."""
        return self.scenario.device

    @property
    def form(self) -> bytes:
        """What the app sends to log in."""
        return {
            Victim.ALICE: b"user=alice&password=hunter22",
            Victim.BOB: b"user=bob&password=tr0ub4dor",
            Victim.CAROL: b"user=carol&password=earl-grey",
        }[self]


class Bet(Enum):
    """What Mallory expects, said before she tries.  The value is how people say it."""

    OPEN = "not yet"
    PASSWORD = "the password"  # noqa: S105 - what somebody expects
    NOTHING = "nothing"


STOCK = (
    Middle.SELF_SIGNED,
    Middle.COPY,
    Middle.OTHER_NAME,
    Middle.OTHER_CA,
    Middle.COMPANY_PROXY,
    Middle.HIJACK,
    Middle.STOLEN_KEY,
)
"""What Mallory can present: the certificates of these scenes."""


@dataclass(frozen=True, slots=True)
class Ruse:
    """What Mallory does: which certificate, the bank's appended or not, relay, lie."""

    shows: Middle = Middle.SELF_SIGNED
    appends: bool = False
    relays: bool = True
    lies: bool = False


@dataclass(frozen=True, slots=True)
class Try:
    """One connection: whose, how, and what Mallory bet."""

    victim: Victim
    ruse: Ruse
    bet: Bet

    def __str__(self) -> str:
        words = [self.victim.name, self.ruse.shows.name, self.bet.name]
        flags = [name for name in ("appends", "relays", "lies") if getattr(self.ruse, name)]
        return ":".join([*(one.lower().replace("_", "-") for one in words), *flags])

    @classmethod
    def parse(cls, word: str) -> Try:
        """Read what `str` writes.  Raises BadInput for anything else."""
        victim, shows, bet, *flags = [*word.split(":"), "", "", ""]
        given = [flag for flag in flags if flag]
        if not set(given) <= {"appends", "relays", "lies"}:
            raise BadInput(f"{word!r} isn’t a try: copy a whole line", seen=word)
        ruse = Ruse(
            state_line.choose("what she presents", shows, STOCK),
            *("appends" in given, "relays" in given, "lies" in given),
        )
        who = state_line.choose("who comes by", victim, tuple(Victim))
        return cls(who, ruse, state_line.choose("the bet", bet, (Bet.PASSWORD, Bet.NOTHING)))

    @property
    def scene(self) -> Scene:
        """What came of it: a real interception."""
        return meet(self.victim, self.ruse)

    @property
    def won(self) -> bool:
        """Whether the password lies before Mallory."""
        return self.scene.ending is Ending.INTERCEPTED

    @property
    def bet_was_right(self) -> bool:
        """Whether Mallory knew."""
        return self.won is (self.bet is Bet.PASSWORD)


@lru_cache(maxsize=256)
def meet(victim: Victim, ruse: Ruse) -> Scene:
    """Let somebody's app connect through Mallory's laptop, in memory."""
    cast = story()
    make = shown_by(ruse.shows)

    def shows(host: str) -> Identity:
        made = make(host)
        return made.presenting(cast.bank.leaf) if ruse.appends else made

    who = Interceptor(
        shows, lie if ruse.lies else bytes, own_answer=None if ruse.relays else lie(REPLY)
    )
    met = intercept(
        *(victim.device, who, cast.bank, HOST, TODAY),
        request=login(victim.form),
        application=REPLY,
    )
    appended = ruse.appends and ruse.shows is Middle.OTHER_CA
    own = victim.scenario
    scenario = Scenario(
        Middle.APPENDED if appended else ruse.shows,
        *(own.pins, own.chain),
        lies=ruse.lies,
        relays=ruse.relays,
    )
    return Scene(scenario, met.verdict, met.heard, met.page)


@dataclass(frozen=True, slots=True)
class Evening:
    """What was tried so far."""

    tries: tuple[Try, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.tries))

    @classmethod
    def parse(cls, line: str) -> Evening:
        """Read what `str` writes, try by try.  Raises BadInput, also for what cannot be."""
        evening = cls()
        for word in line.split():
            one = Try.parse(word)
            evening = evening.after(one.victim, one.ruse, one.bet)
        return evening

    def after(self, victim: Victim, ruse: Ruse, bet: Bet) -> Evening:
        """Return the evening after one more try.  Raises BadInput where it cannot be made."""
        name = victim.value
        if bet is Bet.OPEN:
            raise BadInput(f"bet first: will you get {name}’s password, or nothing", seen=name)
        if self.left[victim] == 0:
            said = f"{name} has left after {TRIES} tries: try someone else, or start over"
            raise BadInput(said, seen=name)
        if ruse.shows is Middle.STOLEN_KEY and self.key_used:
            said = "the bank noticed the theft and replaced its key: the stolen one worked once"
            raise BadInput(said, seen="the stolen key")
        return Evening((*self.tries, Try(victim, ruse, bet)))

    @property
    def left(self) -> Mapping[Victim, int]:
        """How many tries are left with each person."""
        return {one: TRIES - sum(t.victim is one for t in self.tries) for one in Victim}

    @property
    def key_used(self) -> bool:
        """Whether the stolen key has had its one use."""
        return any(one.ruse.shows is Middle.STOLEN_KEY for one in self.tries)

    @property
    def won(self) -> frozenset[Victim]:
        """Whose passwords lie before Mallory."""
        return frozenset(one.victim for one in self.tries if one.won)

    @property
    def wrong_bets(self) -> int:
        """How often Mallory was mistaken."""
        return sum(not one.bet_was_right for one in self.tries)

    @property
    def named(self) -> int:
        """How often Mallory knew beforehand that nothing could be had."""
        return sum(one.bet_was_right and not one.won for one in self.tries)

    @property
    def solved(self) -> bool:
        """Whether all passwords are there, by somebody who knew what cannot be had."""
        knew = self.wrong_bets <= WRONG_BETS and self.named >= NAMED
        return self.won == frozenset(Victim) and knew
