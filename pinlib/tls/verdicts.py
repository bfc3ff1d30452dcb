"""What a device decides, and by what: the ladder of checks, and the `Verdict`.

The ladder is the same everywhere: chain, name, date, owns the key, pin.  The first rung that
fails decides.  The sentences that a learner reads about a connection are all made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property

from cryptography import x509

from pinlib.encoding.naming import issuer_of, names, subject_of, visible
from pinlib.pins.notations import Kind
from pinlib.pins.pins import Pin, both_pins
from pinlib.tls.certificates import Validity
from pinlib.tls.devices import PATH_CHECKS, Check, Device, Evidence, Moment
from pinlib.tls.openssl import Tls
from pinlib.tls.path_validation import Chain, Path, faults
from pinlib.tls.transcript import Message


class Mark(Enum):
    """What became of a rung; the value is its symbol."""

    HOLDS = "✓"
    FAILS = "✕"
    NOT_CHECKED = "–"
    NOT_REACHED = "·"


class Outcome(Enum):
    """What the device decided.  The value is the headline that a learner reads."""

    CONNECTED = "Connected"
    REFUSED_BY_CHAIN = "Refused by TLS: no valid chain to a trusted root"
    REFUSED_BY_NAME = "Refused by TLS: the certificate is for another name"
    REFUSED_BY_DATE = "Refused by TLS: not valid on this day"
    REFUSED_BY_KEY = "Refused by TLS: the peer doesn’t own the key"
    REFUSED_BY_PIN = "Refused by the pin"
    NO_HANDSHAKE = "No connection"


REFUSALS = {
    Check.CHAIN: Outcome.REFUSED_BY_CHAIN,
    Check.NAME: Outcome.REFUSED_BY_NAME,
    Check.DATE: Outcome.REFUSED_BY_DATE,
    Check.KEY: Outcome.REFUSED_BY_KEY,
    Check.PIN: Outcome.REFUSED_BY_PIN,
}


def day(date: datetime) -> str:
    """Return a date as people say it: 1 March 2027."""
    return f"{date.day} {date:%B %Y}"


@dataclass(frozen=True, slots=True)
class Rung:
    """One check of the ladder: how it went, and what was looked at, a line each.  Not escaped."""

    check: Check
    mark: Mark
    evidence: tuple[str, ...]


@dataclass(slots=True)
class Findings:
    """What a device has found out about a connection so far; the ladder is drawn from it."""

    device: Device
    host: str
    date: datetime
    presented: Chain = ()
    path: Path | None = None
    owns_key: bool | None = None
    pin_checked: bool = False
    match: Pin | None = None
    broke_off: str = ""

    def look(self, presented: Chain) -> None:
        """Validate the path to what the server presented."""
        self.presented = presented
        self.path = self.device.validate(presented, self.host, self.date)

    def check_pin(self) -> None:
        """Ask the device's pin check; it sees the evidence and nothing else."""
        if self._asks_for_a_pin:
            evidence = Evidence(self.presented, self.verified, self.host)
            self.match, self.pin_checked = self.device.match(evidence), True

    @property
    def verified(self) -> Chain:
        """The chain that the device accepted, or ()."""
        return self.path.verified if self.path else ()

    @property
    def failed(self) -> Check | None:
        """The lowest rung that fails, or None."""
        for check, holds in self._facts():
            if holds is False:
                return check
        return None

    def _facts(self) -> tuple[tuple[Check, bool | None], ...]:
        """Return what is known of every rung; None where it was not asked."""
        path = self.path
        return (
            (Check.CHAIN, path.chain if path else None),
            (Check.NAME, path.name if path else None),
            (Check.DATE, path.date if path else None),
            (Check.KEY, self.owns_key),
            (Check.PIN, self.match is not None if self.pin_checked else None),
        )

    @property
    def outcome(self) -> Outcome:
        """What the findings amount to."""
        if self.broke_off:
            return Outcome.NO_HANDSHAKE
        return REFUSALS[self.failed] if self.failed else Outcome.CONNECTED

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """Every rung with its evidence."""
        told = (
            self._chain_evidence,
            self._name_evidence,
            self._date_evidence,
            self._key_evidence,
            self._pin_evidence,
        )
        rungs = []
        for (check, holds), evidence in zip(self._facts(), told, strict=True):
            if holds is not None:
                rungs.append(Rung(check, Mark.HOLDS if holds else Mark.FAILS, evidence()))
            elif check in PATH_CHECKS - self.device.checks:
                rungs.append(Rung(check, Mark.NOT_CHECKED, ("this device doesn’t check it",)))
            elif check is Check.PIN and not self._asks_for_a_pin:
                rungs.append(Rung(check, Mark.NOT_CHECKED, (self._why_no_pin,)))
            else:
                rungs.append(Rung(check, Mark.NOT_REACHED, (self._why_not_reached(check),)))
        return tuple(rungs)

    def _why_not_reached(self, check: Check) -> str:
        if check in PATH_CHECKS and self.path is not None and self.path.chain is False:
            return "not checked: the chain already failed"
        return "not reached"

    @property
    def _asks_for_a_pin(self) -> bool:
        return self.device.is_pinned and not self.device.exempts(self.verified)

    @property
    def _why_no_pin(self) -> str:
        if self.device.is_pinned:
            return "pins don’t count for CAs installed on this device"
        return "not used: any CA this device trusts will do"

    def _chain_evidence(self) -> tuple[str, ...]:
        if not self.presented:
            return ("the server sent no certificate",)
        found = self.path.found if self.path else ()
        if found:
            where = "installed on" if found[-1] in self.device.installed else "in the store of"
            shown = " ← ".join(subject_of(certificate) for certificate in found)
            return (shown, f"{subject_of(found[-1])} is {where} the {self.device.name}")
        sent = " ← ".join(subject_of(certificate) for certificate in self.presented)
        top = issuer_of(self.presented[-1])
        ignored = {subject_of(root) for root in self.device.installed}
        if not self.device.trusts_installed and top in ignored:
            return (sent, f"{top} was installed on the {self.device.name}; this app ignores it")
        wrong = faults(self.presented, self.device.anchors, self.host)
        if wrong is None:
            return (sent, f"signed by {top}, which the {self.device.name} doesn’t trust")
        return (sent, "it leads to a trusted root, but " + "; ".join(map(str, wrong)))

    def _name_evidence(self) -> tuple[str, ...]:
        return (f"asked for {self.host}", f"the certificate is for {self._claimed}")

    @property
    def _claimed(self) -> str:
        return visible(", ".join(names(self.presented[0]))) or "no name at all"

    def _date_evidence(self) -> tuple[str, ...]:
        late = self._out_of_date if self.path and self.path.date is False else None
        certificate = late or self.presented[0]
        whose = "" if certificate == self.presented[0] else f"{subject_of(certificate)} "
        return (f"today {self.date.date()}", f"{whose}valid {Validity.of(certificate)}")

    @property
    def _out_of_date(self) -> x509.Certificate | None:
        chain = (self.path.found if self.path else ()) or self.presented[:1]
        outside = (one for one in chain if self.date not in Validity.of(one))
        return next(outside, None)

    def _key_evidence(self) -> tuple[str, ...]:
        signed = "ServerKeyExchange" if self.device.tls is Tls.V1_2 else "CertificateVerify"
        if self.owns_key:
            return (f"{signed} is signed with it",)
        return (f"the signature in {signed} was made with another key", "a copy has no private key")

    def _pin_evidence(self) -> tuple[str, ...]:
        pinned = self.device.pins or ()
        # The values of the kinds that are pinned: whatever matches stands among them.
        kinds = {pin.kind for pin in pinned} or {Kind.KEY}
        return (
            *(
                f"presented only: {subject_of(one)} {self.match}"
                for one in self._matched_unverified
            ),
            *(
                f"verified {subject_of(one)} {pin}"
                for one in self.verified
                for pin in both_pins(one)
                if pin.kind in kinds
            ),
            *(f"pinned {pin}{' (matches)' if pin == self.match else ''}" for pin in pinned),
        )

    @property
    def _matched_unverified(self) -> Chain:
        """The certificate that matched a pin without being verified, where a pin check errs."""
        if self.match is None:
            return ()
        return tuple(
            one
            for one in self.presented
            if self.match in both_pins(one) and one not in self.verified
        )

    @property
    def reason(self) -> str:
        """The sentence that says why, in the words of the case at hand."""
        if self.broke_off:
            return self.broke_off
        failed = self.failed
        if failed is None:
            return self._reason_to_connect()
        return {
            Check.CHAIN: self._reason_chain,
            Check.NAME: self._reason_name,
            Check.DATE: self._reason_date,
            Check.KEY: self._reason_key,
            Check.PIN: self._reason_pin,
        }[failed]()

    def _reason_to_connect(self) -> str:
        if not self.device.checks >= PATH_CHECKS:
            left_out = PATH_CHECKS - self.device.checks
            skipped = [check.value.lower() for check in Check if check in left_out]
            pinned = "The pin matches." if self.match else "It doesn’t pin either."
            return f"The app doesn’t check the {' or the '.join(skipped)}. {pinned}"
        if self._matched_unverified:
            return "All five hold, but the matching certificate isn’t in the verified chain."
        if self.match is not None:
            return "Chain, name, date, key and pin all hold."
        if self.device.is_pinned:
            return "The CA was installed on this device, and pins don’t count for such CAs."
        return "Chain, name, date and key all hold. The app pins nothing."

    def _reason_chain(self) -> str:
        if not self.presented:
            return "The server sent no certificate, so there’s nothing to trust."
        why = self._chain_evidence()[1]
        return f"{why[0].upper()}{why[1:]}."

    def _reason_name(self) -> str:
        device = self.device.name
        return f"The {device} asked for {self.host}, but the certificate is for {self._claimed}."

    def _reason_date(self) -> str:
        late = self._out_of_date
        if late is None:
            return "No chain to a root is valid on this day."
        who = subject_of(late)
        valid = Validity.of(late)
        if self.date < valid.starts:
            return f"The certificate of {who} isn’t valid before {day(valid.starts)}."
        return f"The certificate of {who} expired on {day(valid.ends)}."

    def _reason_key(self) -> str:
        return "The certificate is genuine, but the peer can’t sign with its key: it’s a copy."

    def _reason_pin(self) -> str:
        return "TLS found nothing wrong, but this key isn’t one the app pins."


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a device decided about one connection, and everything it decided it by.

    The sentences are made when they are asked for, out of what was found.  `alert` is what the
    server's own TLS library reported, or None; `application_bytes` counts the plain text that
    reached it.
    `timeline` holds the messages as the phone knows them, of which the first `decided` came before
    its decision; `eavesdropped` holds the same connection as records seen from outside.
    Strings that come from certificates are not escaped.
    """

    findings: Findings
    alert: str | None
    application_bytes: int
    timeline: tuple[Message, ...]
    decided: int
    eavesdropped: tuple[Message, ...]

    @cached_property
    def outcome(self) -> Outcome:
        """What the device decided."""
        return self.findings.outcome

    @cached_property
    def reason(self) -> str:
        """Why, in a sentence."""
        return self.findings.reason

    @cached_property
    def ladder(self) -> tuple[Rung, ...]:
        """Every check, how it went, and what was looked at."""
        return self.findings.ladder

    @property
    def device(self) -> Device:
        """Whose verdict it is."""
        return self.findings.device

    @property
    def host(self) -> str:
        """The name that the device asked for."""
        return self.findings.host

    @property
    def date(self) -> datetime:
        """When it was."""
        return self.findings.date

    @property
    def presented(self) -> Chain:
        """What the server sent: anyone may put anything into it."""
        return self.findings.presented

    @property
    def verified(self) -> Chain:
        """The chain that the device accepted, from the leaf to one of its roots, or ()."""
        return self.findings.verified

    @property
    def match(self) -> Pin | None:
        """The pin that let the peer in."""
        return self.findings.match

    @property
    def moment(self) -> Moment:
        """When the pin was checked."""
        return self.findings.device.moment

    @property
    def connected(self) -> bool:
        """Whether the device let the peer in."""
        return self.outcome is Outcome.CONNECTED

    @property
    def symbol(self) -> str:
        """The outcome as a sign."""
        mark = Mark.HOLDS if self.connected else Mark.FAILS
        return str(mark.value)

    def rung(self, check: Check) -> Rung:
        """Return one rung of the ladder."""
        return next(rung for rung in self.ladder if rung.check is check)

    def __str__(self) -> str:
        lines = [f"{self.symbol} {self.outcome.value}. {self.reason}"]
        for rung in self.ladder:
            first, *more = rung.evidence
            lines.append(f"  {rung.mark.value} {rung.check.value:14}{first}")
            lines += [" " * 18 + line for line in more]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)
