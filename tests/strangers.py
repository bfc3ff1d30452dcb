"""Certificates that no authority of ours would write: real ones, signed, with a strange piece."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from pinlib import Authority, Identity, Validity
from pinlib.tls.certificates import p256

SAN = ExtensionOID.SUBJECT_ALTERNATIVE_NAME

# RFC 5280, section 4.2.1.6: kinds of names that the library does not read.
X400_ADDRESS = bytes.fromhex("3002a300")
EDI_PARTY_NAME = bytes.fromhex("3015a505a1030c0178820c") + b"bank.example"  # and a DNS name

# PKCS#8 (RFC 8410): an Ed25519 key has 32 bytes, and this one has one.
SHORT_KEY = bytes.fromhex("3011020100300506032b657004050403e280ae")


def strange_bundle(certificate: x509.Certificate) -> bytes:
    """Return a PKCS#7 bundle of a certificate that calls itself version 67 of X.509."""
    bundle = pkcs7.serialize_certificates([certificate], Encoding.DER)
    version_3 = bytes.fromhex("a003020102")
    assert version_3 in bundle
    return bundle.replace(version_3, bytes.fromhex("a003020142"), 1)


def raw(oid: x509.ObjectIdentifier, value: bytes) -> x509.UnrecognizedExtension:
    """Return an extension with these very bytes as its value."""
    return x509.UnrecognizedExtension(oid, value)


def stranger(issuer: Authority, valid: Validity, *extensions: x509.ExtensionType) -> Identity:
    """Return a server under this issuer whose leaf has these extensions, whatever they are."""
    key = p256()
    builder = x509.CertificateBuilder(
        issuer.certificate.subject,
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")]),
        key.public_key(),
        7,
        valid.starts,
        valid.ends,
    )
    usual = (
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
    )
    for extension in {one.oid: one for one in (*usual, *extensions)}.values():
        builder = builder.add_extension(extension, critical=False)
    return Identity((builder.sign(issuer.key, hashes.SHA256()), *issuer.sent_along), key)
