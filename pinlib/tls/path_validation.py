"""Does a presented chain lead to a root this device trusts, for this name, at this date?

The validator is `cryptography.x509.verification`: it takes the clock and the trust store as
arguments, so that a learner can live through the year 2029 in a second.  It answers yes or no;
which *fact* was wrong is found here by changing one fact and asking again, never by reading the
words of its errors, which change between releases.
This says nothing of who owns the key, and nothing of pins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.verification import (
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from pinlib.encoding.naming import general_name, is_address, is_host, names
from pinlib.tls.certificates import Validity

Chain = tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """What path validation found (RFC 5280, section 6; the name by RFC 6125).

    `verified` runs from the leaf to the trust anchor, and is empty when no path was accepted.
    Of the three facts, `None` means not asked: the device ignores it, or an earlier one failed.
    `found` is for showing and never for trusting: a path that holds once name and date are ignored.
    """

    verified: Chain
    found: Chain
    chain: bool | None
    name: bool | None
    date: bool | None


_NOT_ITS_ISSUER = (
    *(VerificationError, InvalidSignature, UnsupportedAlgorithm),
    *(ValueError, TypeError, x509.UnsupportedGeneralNameType),  # it cannot be read
)

NO_PATH = Path((), (), chain=False, name=None, date=None)


def validate(
    presented: Chain,
    roots: Iterable[x509.Certificate],
    host: str,
    date: datetime,
    *,
    check_name: bool = True,
    check_date: bool = True,
) -> Path:
    """Return the path from the leaf of `presented` to one of `roots`, or what stood in its way.

    A careless device is asked about by leaving a check out; it still needs a leaf that names some
    host, since the validator refuses any other.  Raises `BadHost`.
    """
    if not presented:
        return NO_PATH
    ask = _Question(presented, tuple(roots))
    hosts = (host,) if check_name else ask.own_names
    dates = (date,) if check_date else ask.turning_points
    if verified := ask.any_of(hosts, dates):
        return Path(verified, verified, True, check_name or None, check_date or None)
    some_name = ask.own_names or (None,)
    found = ask.any_of(some_name, ask.turning_points)
    if not found:
        return NO_PATH
    name = bool(ask.any_of((host,), ask.turning_points)) if check_name else None
    on_time = bool(ask.any_of(some_name, (date,))) if check_date else None
    if name is False or on_time is False:
        return Path((), found, True, name, on_time)
    # Each fact holds by itself, but on different paths: no single path leads to a root.
    return NO_PATH


def unchecked(
    presented: Chain, host: str, date: datetime, *, check_name: bool, check_date: bool
) -> Path:
    """Return what a device sees that asks nobody who signed: at most the leaf's own claims.

    This is the trust-all manager of the wild (Fahl et al. 2012): it has no verified chain at all.
    """
    if not presented:
        return NO_PATH
    leaf = presented[0]
    on_time = date in Validity.of(leaf)
    return Path(
        verified=(),
        found=(),
        chain=None,
        name=claims(leaf, host) if check_name else None,
        date=on_time if check_date else None,
    )


def claims(leaf: x509.Certificate, host: str) -> bool:
    """Return whether the leaf names `host`, a wildcard standing for one whole label (RFC 9525).

    An address has neither labels nor wildcards.  This says nothing about who vouches for a name.
    """
    wanted = str(general_name(host).value).lower()
    accepted = {wanted}
    if not is_address(wanted):
        accepted.add("*." + wanted.partition(".")[2])
    return any(name.lower() in accepted for name in names(leaf))


class _Question:
    """One presented chain and a device's roots, asked about under different names and dates."""

    def __init__(self, presented: Chain, roots: Chain) -> None:
        self.presented, self.roots = presented, roots
        self.store = Store(list(roots)) if roots else None

    def any_of(self, hosts: Sequence[str | None], dates: Iterable[datetime]) -> Chain:
        """Return the first path accepted for one of the names at one of the dates, or ()."""
        answers = (self._path(host, date) for host in hosts for date in dates)
        return next((path for path in answers if path), ())

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names that the leaf itself claims, as far as a host can have them."""
        claimed = (name.replace("*", "any", 1) for name in names(self.presented[0]))
        return tuple(name for name in claimed if is_host(name))

    @property
    def turning_points(self) -> tuple[datetime, ...]:
        """The instants at which some certificate begins: if a path holds at all, it does at one.

        The roots' are among them, or an expired root would read as an unknown one.
        """
        every = (*self.presented, *self.roots)
        return tuple(sorted({certificate.not_valid_before_utc for certificate in every}))

    def _path(self, host: str | None, date: datetime) -> Chain:
        if self.store is None:
            return ()
        leaf, rest = self.presented[0], list(self.presented[1:])
        policy = PolicyBuilder().store(self.store).time(date)
        if host is None:
            return self._path_of_a_nameless(leaf, rest, policy, date)
        try:
            return tuple(policy.build_server_verifier(general_name(host)).verify(leaf, rest))
        except (VerificationError, ValueError):  # the latter of what cannot be read at all
            return ()

    def _path_of_a_nameless(
        self,
        leaf: x509.Certificate,
        rest: list[x509.Certificate],
        policy: PolicyBuilder,
        date: datetime,
    ) -> Chain:
        """Return the path from a leaf that names no host, to be shown and never trusted.

        The validator refuses such a leaf, or cannot read it, whatever else is true; so its issuers
        are asked about alone.
        """
        authority = ExtensionPolicy.webpki_defaults_ca()
        policy = policy.extension_policies(ee_policy=authority, ca_policy=authority)
        for issuer in (*rest, *self.roots) if date in Validity.of(leaf) else ():
            with suppress(*_NOT_ITS_ISSUER):
                leaf.verify_directly_issued_by(issuer)
                return (leaf, *policy.build_client_verifier().verify(issuer, rest).chain)
        return ()
