"""Does a presented chain lead to a root this device trusts, for this name, at this date?

The validator is `cryptography.x509.verification`: it takes the clock and the trust store as
arguments, so that a learner can live through the year 2029 in a second.  It answers yes or no;
which *fact* was wrong is found here by changing one fact and asking again, never by reading the
words of its errors, which change between releases.  `faults` does the same with every
fact of a chain that a trusted root did sign.
This says nothing of who owns the key, and nothing of pins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, PublicKeyAlgorithmOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from pinlib.encoding.naming import (
    general_name,
    is_address,
    is_host,
    names,
    raw_extensions,
    subject_of,
)
from pinlib.tls.certificates import PrivateKey, Validity, p256, usual_extensions

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

_WEAKEST_RSA = 2048  # bits (CA/Browser Forum, Baseline Requirements, section 6.1.5)


def _for_servers(_: Policy, __: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    """Refuse a leaf that is for other purposes than being a server (RFC 5280, section 4.2.1.12)."""
    if usage is not None and ExtendedKeyUsageOID.SERVER_AUTH not in usage:
        raise ValueError("this certificate is not for servers")


_AUTHORITIES = ExtensionPolicy.webpki_defaults_ca()
_SERVERS = ExtensionPolicy.webpki_defaults_ee().may_be_present(
    x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _for_servers
)


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
    return any(name.lower().removesuffix(".") in accepted for name in names(leaf))


def _strong(path: Chain) -> Chain:
    """Return the path, or () where the leaf's key is too weak: the validator asks its issuers'."""
    if path[0].public_key_algorithm_oid != PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5:
        return path  # to read a key costs more than all else here
    key = path[0].public_key()
    return () if isinstance(key, rsa.RSAPublicKey) and key.key_size < _WEAKEST_RSA else path


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
        with suppress(VerificationError, ValueError):  # the latter of what cannot be read at all
            server = policy.build_server_verifier(general_name(host))
            return _strong(tuple(server.verify(leaf, rest)))
        # An underscore and a last dot are no names to the library: it is then asked for all the
        # rest, as of a client's certificate.
        strange = "_" in host or any(name.endswith(".") for name in names(leaf))
        with suppress(VerificationError, ValueError):
            if strange and claims(leaf, host):
                policy = policy.extension_policies(ee_policy=_SERVERS, ca_policy=_AUTHORITIES)
                return _strong(tuple(policy.build_client_verifier().verify(leaf, rest).chain))
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
        policy = policy.extension_policies(ee_policy=_AUTHORITIES, ca_policy=_AUTHORITIES)
        for issuer in (*rest, *self.roots) if date in Validity.of(leaf) else ():
            with suppress(*_NOT_ITS_ISSUER):
                leaf.verify_directly_issued_by(issuer)
                return (leaf, *policy.build_client_verifier().verify(issuer, rest).chain)
        return ()


# --- what is wrong with a chain that a trusted root did sign


@dataclass(frozen=True, slots=True)
class Fault:
    """A fact of one certificate that keeps a chain from a trusted root that signed it."""

    certificate: x509.Certificate
    about: str

    def __str__(self) -> str:
        return f"{subject_of(self.certificate)}: {self.about}"


_Fact = tuple[int, str]
"""The place in a path, and an extension's OID, or the leaf's "key"."""

_TOGETHER = "nothing is wrong on its own, but its chain doesn’t fit together"
_SKI, _SAN = "2.5.29.14", "2.5.29.17"
_BOTH = ("2.5.29.15", "2.5.29.19", "2.5.29.35")
_MOST = 50  # certificates and facts looked at: a stranger may send thousands
_ALWAYS = Validity.days(datetime(2020, 1, 1, tzinfo=UTC), 1)
_WORDS = {
    "2.5.29.14": "subject key identifier",
    "2.5.29.15": "key usage",
    "2.5.29.17": "list of names (SAN)",
    "2.5.29.19": "basic constraints",
    "2.5.29.30": "name constraints",
    "2.5.29.35": "authority key identifier",
    "2.5.29.37": "extended key usage",
}


@lru_cache(maxsize=64)
def faults(presented: Chain, roots: Chain, host: str) -> tuple[Fault, ...] | None:
    """Return what keeps a chain from the root that signed it; None where no trusted root did.

    The chain is issued again, with new keys and the same facts but one, and validated: the fact
    without which it holds was the fault.  Where no single one is, there are several: each is then
    put into a chain that is in order, and those that break it are told.  This costs a hundred
    signatures, so it is asked for after a refusal only.
    """
    issuers = (*roots, *presented[1:_MOST])
    path = _signed(presented[:1], issuers, roots) if presented else ()
    if not path:
        return None
    facts = sorted(_facts_of(path), reverse=True)[:_MOST]  # from the root down
    if _holds(path, facts, host):
        return tuple(_weak_signatures(path)) or (Fault(path[0], _TOGETHER),)
    others = ((one, [fact for fact in facts if fact != one]) for one in facts)
    mended = next((one for one, kept in others if _holds(path, kept, host)), None)
    wrong = [mended] if mended else [one for one in facts if not _holds(path, [one], host)]
    found = tuple(Fault(path[at], _told(path[at], fact)) for at, fact in wrong)
    return found or (Fault(path[0], _TOGETHER),)


def _signed(leaf: Chain, issuers: Chain, roots: Chain) -> Chain:
    """Return a way from a leaf to a root by names and signatures, whatever else is true, or ().

    Each certificate is met once, for a stranger may send many that have signed each other.
    """
    ways, left = [leaf], set(issuers) - set(leaf)
    for way in ways:
        if way[-1] in roots:
            return way
        for issuer in [one for one in issuers if one in left and _has_signed(one, way[-1])]:
            left.discard(issuer)
            ways.append((*way, issuer))
    return ()


def _has_signed(issuer: x509.Certificate, below: x509.Certificate) -> bool:
    """Tell whether a key signed a certificate, over MD5 or SHA-1 too: that is another fault."""
    if issuer.subject != below.issuer:
        return False
    try:
        key, digest = issuer.public_key(), below.signature_hash_algorithm
        signed = below.signature, below.tbs_certificate_bytes
        if isinstance(key, rsa.RSAPublicKey) and digest:
            how = below.signature_algorithm_parameters
            key.verify(*signed, how if isinstance(how, PSS) else PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and digest:
            key.verify(*signed, ec.ECDSA(digest))
        else:
            below.verify_directly_issued_by(issuer)
    except _NOT_ITS_ISSUER:
        return False
    return True


def _facts_of(path: Chain) -> set[_Fact]:
    """Return what can be wrong: each extension that is there, or should be, and the leaf's key."""
    facts = {(0, "key")}
    for at, certificate in enumerate(path):
        usual = (_SAN, *_BOTH) if at == 0 else (_SKI, *_BOTH)
        facts |= {(at, oid) for oid in (*usual, *raw_extensions(certificate))}
    return facts


def _holds(path: Chain, kept: Sequence[_Fact], host: str) -> bool:
    """Tell whether the path holds, issued again as it should have been, but for the facts kept."""
    with suppress(*_NOT_ITS_ISSUER):  # a fact of which no certificate can be made
        twins = _twins(path, kept, host)
        ask = _Question(twins[:-1] or twins, twins[-1:])
        return bool(ask.any_of((*ask.own_names, host), (_ALWAYS.starts,)))
    return False


def _twins(path: Chain, kept: Sequence[_Fact], host: str) -> Chain:
    """Return the path with new keys, dates and extensions, but for the facts kept."""
    twins: Chain = ()
    above: tuple[x509.Name, PrivateKey] | None = None
    for at in reversed(range(len(path))):
        old, key = path[at], p256()
        facts = {fact for place, fact in kept if place == at}
        public = old.public_key() if "key" in facts else key.public_key()
        issuer, signer = above or (old.subject, key)
        builder = x509.CertificateBuilder(
            issuer, old.subject, public, at + 1, _ALWAYS.starts, _ALWAYS.ends
        )
        usual = dict(usual_extensions(key.public_key(), signer.public_key(), authority=at > 0))
        if at == 0:
            usual[x509.SubjectAlternativeName([general_name(host)])] = False
        mended = {one.oid.dotted_string: (one, critical) for one, critical in usual.items()}
        found = {oid: one for oid, one in mended.items() if oid not in facts}
        found |= {oid: one for oid, one in raw_extensions(old).items() if oid in facts}
        for one, critical in found.values():
            builder = builder.add_extension(one, critical)
        twins = (builder.sign(signer, SHA256()), *twins)
        above = old.subject, key
    return twins


def _weak_signatures(path: Chain) -> Iterator[Fault]:
    """Yield what no new keys would share: small keys of authorities, old hashes, other kinds."""
    if max(Validity.of(one).starts for one in path) > min(Validity.of(one).ends for one in path):
        yield Fault(path[0], "there’s no day on which its whole chain is valid")
    for above, one in zip(path[1:], path, strict=False):
        key, digest = above.public_key(), one.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < _WEAKEST_RSA:
            yield Fault(above, f"its RSA key of {key.key_size} bits is too weak")
        if digest is None or digest.digest_size < SHA256.digest_size:
            name = digest.name.upper() if digest else "an algorithm of its own"
            yield Fault(one, f"it is signed with {name}, which clients no longer accept")


def _told(certificate: x509.Certificate, fact: str) -> str:
    """Say what is wrong with a fact."""
    if fact == "key":
        return "its own key is too weak, or of an unknown kind"
    found = raw_extensions(certificate).get(fact)
    if found is None:
        return f"it has no {_WORDS[fact]}"
    if fact not in _WORDS:
        return f"it has an unknown critical extension ({fact})"
    return f"its {_WORDS[fact]} cannot be accepted here"
