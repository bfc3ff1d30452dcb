"""The people of the story, and everything that happens to them.

A bank, the authorities that vouch for it, a phone that asks for it, and those who would like to
stand in between.  `story()` assembles them once; `Cast.events` is the list of what can happen on
a day, from a renewal to a stolen key.  An event says who answers, when, and what the phone trusts;
what comes of it is for a handshake to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256

from pinlib.data import ByTitle
from pinlib.pins.notations import Kind, Notation
from pinlib.pins.pins import Pin, PinSet, Strategy
from pinlib.pins.wrong_hashes import parts
from pinlib.scenes.endings import Ending, ending_of
from pinlib.shared import shared
from pinlib.tls.certificates import Authority, Identity, PrivateKey, Validity, p256
from pinlib.tls.devices import Device
from pinlib.tls.handshake import connect
from pinlib.tls.openssl import Tls
from pinlib.tls.path_validation import Chain
from pinlib.tls.verdicts import Verdict

HOST = "bank.example"
TODAY = datetime(2027, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2027, 6, 15, 12, tzinfo=UTC)  # after the renewal, while the old one still holds
MUCH_LATER = datetime(2028, 3, 1, 12, tzinfo=UTC)
_AFTER_THE_FIRST = datetime(2027, 8, 1, 12, tzinfo=UTC)  # only what was renewed still holds

FORM = b"user=alice&password=hunter22"
ACCOUNT = b'{"token": "t0k3n", "balance": 1250}'


def login(form: bytes) -> bytes:
    """Return what an app sends to log in, as HTTP."""
    head = b"POST /login HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    return head % (HOST.encode(), len(form)) + form


LOGIN = login(FORM)
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ACCOUNT), ACCOUNT)

FALSE_ACCOUNT = ACCOUNT.replace(b"1250", b"9250")


def lie(said: bytes) -> bytes:
    """Change the balance in the bank's answer: what the man in the middle does when he may."""
    return said.replace(ACCOUNT, FALSE_ACCOUNT)


_AGES = Validity(datetime(2010, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
# Leaves are valid for 167 days, less than the 200 that the CA/Browser Forum allows from
# 2026-03-15 on (ballot SC-081v3).
_FIRST = Validity.days(datetime(2027, 1, 15, tzinfo=UTC), 167)
_SECOND = Validity.days(datetime(2027, 6, 1, tzinfo=UTC), 167)


@dataclass(frozen=True)
class Event:
    """One thing that can happen: who answers the phone, on which day, and what the phone trusts.

    `honest` says whether it is the bank who answers.
    """

    name: str
    cast: Cast = field(repr=False)
    identity: Identity
    honest: bool
    date: datetime = TODAY
    roots: Chain = ()
    installed: Chain = ()
    trusts_installed: bool = True

    def device(self, strategy: Strategy = Strategy.NONE, tls: Tls = Tls.V1_3) -> Device:
        """Return the phone to which this happens, pinning by the bank's certificates of old."""
        return replace(
            self.cast.phone,
            pins=self.cast.pins(strategy),
            roots=self.roots or self.cast.phone.roots,
            installed=self.installed,
            trusts_installed=self.trusts_installed,
            tls=tls,
        )

    def verdict(self, strategy: Strategy = Strategy.NONE, tls: Tls = Tls.V1_3) -> Verdict:
        """Let it happen: a real handshake, with a login if the phone lets its peer in."""
        device = self.device(strategy, tls)
        return connect(device, self.identity, HOST, self.date, request=LOGIN, reply=REPLY)

    def ending(self, verdict: Verdict) -> Ending:
        """Say who was harmed by this event, given what a phone decided."""
        leaked = 0 if self.honest else verdict.application_bytes
        return ending_of(verdict, by_the_bank=self.honest, leaked=leaked)


@dataclass(frozen=True, eq=False)
class Cast:
    """Everybody in the story.  The phone trusts two public roots, as phones trust many."""

    root: Authority
    issuing: Authority
    second_issuing: Authority
    other_root: Authority
    other_issuing: Authority
    proxy: Authority
    impostor: Authority
    bank: Identity
    backup: PrivateKey = field(repr=False)

    @classmethod
    def assemble(cls) -> Cast:
        """Return a new cast: new keys, the same names and dates."""
        root = Authority.root("Lab Root", valid=_AGES)
        other_root = Authority.root("Other Root", valid=_AGES)
        issuing = root.intermediate("Lab Issuing CA", valid=_AGES)
        return cls(
            root=root,
            issuing=issuing,
            second_issuing=root.intermediate("Lab Issuing CA 2", valid=_AGES),
            other_root=other_root,
            other_issuing=other_root.intermediate("Other Issuing CA", valid=_AGES),
            proxy=Authority.offhand("Proxy CA"),
            impostor=Authority.offhand("Café CA"),
            bank=issuing.issue(HOST, valid=_FIRST),
            backup=p256(),
        )

    @property
    def phone(self) -> Device:
        """A phone as sold: it trusts the public roots and pins nothing."""
        return Device("phone", (self.root.certificate, self.other_root.certificate))

    @property
    def verified(self) -> Chain:
        """The bank's chain as the phone verifies it on an ordinary day."""
        return (*self.bank.chain, self.root.certificate)

    def pins(self, strategy: Strategy) -> PinSet | None:
        """Return what an app pins that was built when the bank's first certificate was new."""
        return strategy.pins(self.verified, self.backup)

    @property
    def colleagues(self) -> dict[str, str]:
        """What five people at the bank have written down as the pin of its certificate.

        Three of them hashed the wrong bytes.
        """
        found = parts(self.bank.leaf)
        return {
            name: Pin(Kind.KEY, sha256(found[what]).digest()).write(notation)
            for name, (what, notation) in self.hashed_by.items()
        }

    @property
    def hashed_by(self) -> dict[str, tuple[str, Notation]]:
        """What each of them hashed, and for which tool it was written."""
        return {
            "Ana": ("SPKI", Notation.OKHTTP),
            "Ben": ("certificate", Notation.OKHTTP),
            "Chloé": ("key bits", Notation.OKHTTP),
            "Dan": ("PEM text", Notation.CURL),
            "Edith": ("SPKI", Notation.KUBEADM),
        }

    @property
    def events(self) -> Mapping[str, Event]:
        """Everything that can happen, by name.  Raises `BadInput` for a name that is none."""
        return _events(self)

    def _the_bank_changes(self) -> list[Event]:
        bank, issuing, second, other = (
            self.bank,
            self.issuing,
            self.second_issuing,
            self.other_issuing,
        )
        crossed = self.other_root.cross_sign(issuing, valid=_AGES)
        renewed = {
            "renew, same key": issuing.renew(bank, valid=_SECOND),
            "renew with the backup key": issuing.renew(bank, valid=_SECOND, key=self.backup),
            "renew with an unknown key": issuing.renew(bank, valid=_SECOND, key=p256),
            "new intermediate, same key": second.renew(bank, valid=_SECOND),
            "new intermediate, new key": second.renew(bank, valid=_SECOND, key=p256),
            "other CA, same key": other.renew(bank, valid=_SECOND),
            "other CA, backup key": other.renew(bank, valid=_SECOND, key=self.backup),
        }
        return [
            Event("initial", self, bank, honest=True),
            *(Event(name, self, new, True, LATER) for name, new in renewed.items()),
            Event("expired leaf", self, bank, True, MUCH_LATER),
            Event(
                "cross-sign: the chain ends at another root",
                self,
                replace(bank, chain=(bank.leaf, *crossed.sent_along)),
                honest=True,
                roots=(self.other_root.certificate,),
            ),
        ]

    def _attacks(self) -> list[Event]:
        bank, other = self.bank, self.other_issuing
        proxy: Chain = (self.proxy.certificate,)
        behind_the_proxy = self.proxy.issue(HOST, valid=_FIRST)
        return [
            Event("proxy CA in the device's store", self, behind_the_proxy, False, installed=proxy),
            Event(
                "proxy CA installed by the user, ignored by the app",
                self,
                behind_the_proxy,
                honest=False,
                installed=proxy,
                trusts_installed=False,
            ),
            Event(
                "the pinned issuer mis-issues", self, self.issuing.issue(HOST, valid=_FIRST), False
            ),
            Event("another trusted CA mis-issues", self, other.issue(HOST, valid=_FIRST), False),
            Event(
                "rogue leaf, pinned certificate appended",
                self,
                other.issue(HOST, valid=_FIRST).presenting(*self.verified),
                honest=False,
            ),
            Event("hijack: genuine, from another CA", self, other.issue(HOST, valid=_FIRST), False),
            Event(
                "hijack: genuine, from the bank's own CA",
                self,
                self.issuing.issue(HOST, valid=_FIRST),
                honest=False,
            ),
            Event("wrong host", self, self.issuing.issue("shop.example", valid=_FIRST), False),
            Event("unknown CA", self, self.impostor.issue(HOST, valid=_FIRST), False),
            Event("the real certificate, copied, without its key", self, bank.copied(), False),
            Event("stolen key and the real certificate", self, bank, False),
            Event("stolen key and old certificate, after rotation", self, bank, False, LATER),
            Event(
                "stolen key, certified again by another CA",
                self,
                other.renew(bank, valid=_SECOND),
                honest=False,
                date=_AFTER_THE_FIRST,
            ),
        ]


@shared
def _events(cast: Cast) -> Mapping[str, Event]:
    every = {one.name: one for one in (*cast._the_bank_changes(), *cast._attacks())}
    return ByTitle("event", lambda: every)


@shared
def story() -> Cast:
    """Return the cast of this kernel: everybody in a notebook meets the same people."""
    return Cast.assemble()
