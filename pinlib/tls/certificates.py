"""Who may sign certificates, and who holds one: `Authority` and `Identity`.

An authority issues; an identity is what a server shows (a chain) and what it can prove (a private
key).  Every change makes a new value: the old certificate stays as it was, as in the world.

The certificates follow RFC 5280, section 4.2, closely enough for the strictest client in use:
extensions marked critical or not as a public authority marks them, an authority key identifier on
everything that is not self-signed, a subject that is not empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes,
    CertificateIssuerPublicKeyTypes,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pinlib.encoding.naming import general_name, name_of, names

PrivateKey = CertificateIssuerPrivateKeyTypes
PublicKey = CertificateIssuerPublicKeyTypes


def p256() -> PrivateKey:
    """Return a new key on the curve P-256: the usual choice, and made in microseconds."""
    return ec.generate_private_key(ec.SECP256R1())


def p384() -> PrivateKey:
    """Return a new key on the curve P-384."""
    return ec.generate_private_key(ec.SECP384R1())


def rsa2048() -> PrivateKey:
    """Return a new RSA key of 2048 bits; takes thousands of times as long to make as `p256`."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def rsa3072() -> PrivateKey:
    """Return a new RSA key of 3072 bits."""
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


def ed25519_key() -> PrivateKey:
    """Return a new Ed25519 key.  Fit for a leaf; path validators refuse it in an issuer."""
    return ed25519.Ed25519PrivateKey.generate()


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a certificate holds, both included (RFC 5280, section 4.1.2.5)."""

    starts: datetime
    ends: datetime

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Validity:
        """Return the validity that a certificate states."""
        return cls(certificate.not_valid_before_utc, certificate.not_valid_after_utc)

    @classmethod
    def days(cls, starts: datetime, days: int) -> Validity:
        """Return a validity of so many days."""
        return cls(starts, starts + timedelta(days=days))

    def __contains__(self, date: datetime) -> bool:
        return self.starts <= date <= self.ends

    def __str__(self) -> str:
        return f"{self.starts.date()} … {self.ends.date()}"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server shows and what it can prove.

    `chain` is presented as it stands: leaf first, the root left out.  `key` signs the handshake.
    It is the leaf's own key, unless the leaf was copied (`copied`).
    """

    chain: tuple[x509.Certificate, ...]
    key: PrivateKey = field(repr=False)
    is_copy: bool = False

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate that speaks for the server itself."""
        return self.chain[0]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that the leaf is valid for."""
        return names(self.leaf)

    def presenting(self, *more: x509.Certificate) -> Identity:
        """Return the same server, sending `more` certificates after its chain."""
        return replace(self, chain=(*self.chain, *more))

    def alone(self) -> Identity:
        """Return the same server, its intermediates forgotten: a common mistake of set-up."""
        return replace(self, chain=self.chain[:1])

    def copied(self) -> Identity:
        """Return an impostor who shows this very chain, and lacks its private key.

        Anyone can copy a certificate: it is sent to whoever connects.
        """
        return Identity(self.chain, p256(), is_copy=True)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority (CA): a name and a key that others have agreed to believe.

    `certificate` vouches for the key.  `above` are the certificates that lead from it towards a
    root, which a server sends along; it is empty for a root.
    """

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    above: tuple[x509.Certificate, ...] = ()

    @classmethod
    def root(cls, name: str, *, valid: Validity) -> Authority:
        """Return an authority that vouches for itself: a trust anchor for whoever stores it."""
        key = p256()
        subject = _subject(name)
        certificate = _authority_certificate(subject, key.public_key(), subject, key, valid)
        return cls(certificate, key)

    @classmethod
    def offhand(cls, name: str) -> Authority:
        """Return a root such as proxies and impostors make (by trustme; valid 2000 to 3000)."""
        made = trustme.CA(organization_name=name, organization_unit_name="made by itself")
        key = serialization.load_pem_private_key(made.private_key_pem.bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"trustme made a {type(key).__name__} where a P-256 key was expected")
        return cls(x509.load_pem_x509_certificate(made.cert_pem.bytes()), key)

    @property
    def name(self) -> str:
        """What the authority calls itself."""
        return name_of(self.certificate.subject)

    @property
    def is_root(self) -> bool:
        """Whether it vouches for itself."""
        return self.certificate.issuer == self.certificate.subject

    @property
    def sent_along(self) -> tuple[x509.Certificate, ...]:
        """The certificates that a server under this authority presents after its leaf."""
        return () if self.is_root else (self.certificate, *self.above)

    def intermediate(
        self, name: str, *, valid: Validity, key: PrivateKey | None = None
    ) -> Authority:
        """Return an authority under this one."""
        key = key or p256()
        certificate = _authority_certificate(
            _subject(name), key.public_key(), self.certificate.subject, self.key, valid
        )
        return Authority(certificate, key, self.sent_along)

    def cross_sign(self, other: Authority, *, valid: Validity) -> Authority:
        """Return `other` as this authority vouches for it: same name and key, new certificate.

        What `other` has issued now leads to two roots; which one a device finds is up to the
        device.
        """
        certificate = _authority_certificate(
            other.certificate.subject,
            other.key.public_key(),
            self.certificate.subject,
            self.key,
            valid,
        )
        return Authority(certificate, other.key, self.sent_along)

    def issue(
        self,
        *hosts: str,
        valid: Validity,
        key: PrivateKey | Callable[[], PrivateKey] = p256,
    ) -> Identity:
        """Return a server's new certificate with its key: a new P-256 key unless `key` says other.

        A `key` that is given is used again: renewal with the same key, or rotation to a backup.
        Raises `BadHost` for a name that no server can have.
        """
        san = x509.SubjectAlternativeName([_san(host) for host in hosts])
        private = key() if callable(key) else key
        public, issuer = private.public_key(), self.certificate.subject
        builder = _builder(_subject(hosts[0]), public, issuer, valid)
        builder = builder.add_extension(san, critical=False)
        for extension, critical in usual_extensions(public, self.key.public_key(), authority=False):
            builder = builder.add_extension(extension, critical)
        return Identity((_sign(builder, self.key), *self.sent_along), private)

    def renew(
        self,
        identity: Identity,
        *,
        valid: Validity,
        key: PrivateKey | Callable[[], PrivateKey] | None = None,
    ) -> Identity:
        """Return a new certificate for the same hosts: same key, unless another is given."""
        return self.issue(*identity.hosts, valid=valid, key=identity.key if key is None else key)


def self_signed(host: str, *, valid: Validity) -> Identity:
    """Return what anybody can make at home: a certificate for a host that vouches for itself."""
    key, san = p256(), x509.SubjectAlternativeName([_san(host)])
    builder = _builder(_subject(host), key.public_key(), _subject(host), valid)
    return Identity((_sign(builder.add_extension(san, critical=False), key),), key)


def request(host: str, key: PrivateKey) -> x509.CertificateSigningRequest:
    """Return what is sent to an authority for a certificate (CSR, RFC 2986): it has the key's pin.

    Made ahead and kept offline, it is where a backup pin comes from.
    """
    builder = x509.CertificateSigningRequestBuilder(_subject(host))
    return builder.add_extension(x509.SubjectAlternativeName([_san(host)]), critical=False).sign(
        key, _hash_for(key)
    )


def usual_extensions(
    key: PublicKey, issuer: PublicKey, *, authority: bool
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """Yield what a certificate in order has beside its names, and whether each is critical."""
    yield x509.BasicConstraints(ca=authority, path_length=None), True
    yield _usage(digital_signature=not authority, authority=authority), True
    if authority:
        yield x509.SubjectKeyIdentifier.from_public_key(key), False
    else:
        yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False
    if key != issuer:
        yield _signed_by(issuer), False


def _san(host: str) -> x509.GeneralName:
    wildcard = host.startswith("*.") and general_name(host.removeprefix("*."))
    return x509.DNSName(host) if wildcard else general_name(host)


def _subject(name: str) -> x509.Name:
    # X.520 allows 64 characters, and a host name may have 253: the whole one stands in the SAN.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _builder(
    subject: x509.Name,
    key: PublicKey,
    issuer: x509.Name,
    valid: Validity,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=valid.starts,
        not_valid_after=valid.ends,
    )


def _authority_certificate(
    subject: x509.Name,
    key: PublicKey,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    valid: Validity,
) -> x509.Certificate:
    builder = _builder(subject, key, issuer, valid)
    for extension, critical in usual_extensions(key, issuer_key.public_key(), authority=True):
        builder = builder.add_extension(extension, critical)
    return _sign(builder, issuer_key)


def _sign(builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    return builder.sign(key, _hash_for(key))


def _hash_for(key: PrivateKey) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _signed_by(key: PublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)


def _usage(*, digital_signature: bool, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
