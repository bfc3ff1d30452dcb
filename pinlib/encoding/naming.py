"""What to call a certificate, a key and a host: in words that are safe to show, and by which rules.

What stands in a certificate was written by a stranger.  It is read once, and as a whole, so that a
broken piece comes to light here; and a name is shown as one line that hides nothing.

At a broken piece the library raises ValueError, TypeError, KeyError, a warning, or exceptions of
its own that have no base in common, and which one depends on the piece.  So all are caught here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from pinlib.encoding.der import Document, Form, children, element
from pinlib.errors import BadHost, NotReadable

# Letters, digits, hyphens inside (RFC 1123, section 2.1), and the underscore of many a test server.
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")

_EXTENSIONS = 0xA3  # RFC 5280, section 4.1
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87  # RFC 5280, section 4.2.1.6
_LONGEST = 120  # characters of a name that are shown


@lru_cache(maxsize=256)
def general_name(host: str) -> x509.DNSName | x509.IPAddress:
    """Return `host` as certificates write it (RFC 5280, section 4.2.1.6): without a dot at its end.

    Raises `BadHost` for what is neither a DNS name nor an IP address.
    """
    with suppress(ValueError):
        if "%" not in host:  # a zone is this machine's own business (RFC 6874)
            return x509.IPAddress(ip_address(host))
    name = host.removesuffix(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        shown = host if len(host) <= 60 else f"{host[:60]}…"
        raise BadHost(f"{shown!r} isn’t a host name: write one such as bank.example", seen=shown)
    return x509.DNSName(name)


def is_address(text: str) -> bool:
    """Return whether this is an IP address, which only an iPAddress entry can name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_host(text: str) -> bool:
    """Return whether a server can be called so."""
    try:
        general_name(text)
    except BadHost:
        return False
    return True


@lru_cache(maxsize=256)
def read_certificate(der: bytes) -> x509.Certificate:
    """Return a stranger's certificate, of which everything can be read that is shown.

    The library reads a certificate piece by piece, and only when asked: a broken piece must come
    to light here, and not where it is shown.  Raises `NotReadable`.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.subject, certificate.issuer
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except Exception as error:
        seen = f"{len(der):,} bytes beginning {der[:4].hex(' ')}"
        raise NotReadable(f"this can’t be read as a certificate ({seen})", seen=seen) from error
    return certificate


def title_of(document: Document) -> str:
    """Return how people call what was found in a file: its subject, or what it is.  Not escaped."""
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")  # of a stranger's slips; the name is all that is wanted
        if document.form is Form.CERTIFICATE:
            return name_of(x509.load_der_x509_certificate(document.der).subject)
        if document.form is Form.REQUEST:
            return name_of(x509.load_der_x509_csr(document.der).subject)
    return document.form.value


def key_name(info: bytes) -> str:
    """Return the kind and size of the key in an SPKI: "P-256", "RSA-2048".

    A kind that the library does not load is "unknown", and has a pin all the same.
    """
    try:
        key = serialization.load_der_public_key(info)
    except Exception:
        return "unknown"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(key.curve.name, key.curve.name)
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    return type(key).__name__.removeprefix("_").removesuffix("PublicKey")


def letters(index: int) -> str:
    """Return A, B, … Z, AA, AB, …: how the bank's keys are told apart, in their order."""
    high, low = divmod(index, 26)
    return (letters(high - 1) if high else "") + chr(ord("A") + low)


_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


_Kind = TypeVar("_Kind", bound=x509.ExtensionType)


def extension(certificate: x509.Certificate, kind: type[_Kind]) -> _Kind | None:
    """Return what a certificate says in an extension of this kind; None if it says nothing.

    One extension that cannot be read makes the library read none: then this one is read alone.
    """
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except Exception:  # the library fails at a stranger's bytes in many ways, warnings among them
        return _read_alone(certificate, kind)


def _read_alone(certificate: x509.Certificate, kind: type[_Kind]) -> _Kind | None:
    """Return an extension as the library reads it where no other stands beside it."""
    with suppress(Exception):
        one, critical = raw_extensions(certificate)[kind.oid.dotted_string]
        request = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(one, critical)
        signed = request.sign(ec.generate_private_key(ec.SECP256R1()), SHA256())
        return signed.extensions.get_extension_for_class(kind).value
    return None


RawExtensions = dict[str, tuple[x509.ExtensionType, bool]]
"""By OID: the extension, and whether it is critical."""


def raw_extensions(certificate: x509.Certificate) -> RawExtensions:
    """Return the bytes of all extensions; one that cannot be read hides no other."""
    tbs = certificate.tbs_certificate_bytes
    fields = children(tbs, element(tbs, 0, len(tbs))[2], len(tbs))
    found: RawExtensions = {}
    for _, _, block, end in (field for field in fields if field[0] == _EXTENSIONS):
        at = element(tbs, block, end)[2]
        while at < end:
            _, _, start, at = element(tbs, at, end)
            oid, *flag, value = children(tbs, start, at)
            name = _dotted(tbs[oid[2] : oid[3]])
            body = tbs[value[2] : value[3]]
            critical = any(tbs[one[2] : one[3]] != b"\0" for one in flag)
            found[name] = x509.UnrecognizedExtension(x509.ObjectIdentifier(name), body), critical
    return found


def _dotted(oid: bytes) -> str:
    """Return an object identifier as people write it (X.690, section 8.19)."""
    numbers, number = [], 0
    for byte in oid:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


@lru_cache(maxsize=1024)
def names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the DNS names and IP addresses a certificate is valid for.

    None is an answer too; an entry that cannot be read names nobody.  A DNS name that looks like
    an address is not that address (RFC 5280, section 4.2.1.6), so it is marked: DNS:10.0.0.1.
    """
    san = extension(certificate, x509.SubjectAlternativeName)
    entries = tuple(san or _readable_entries(certificate))
    dns = (one.value for one in entries if isinstance(one, x509.DNSName))
    addresses = (str(one.value) for one in entries if isinstance(one, x509.IPAddress))
    return (*(f"DNS:{name}" if is_address(name) else name for name in dns), *addresses)


def _readable_entries(certificate: x509.Certificate) -> Iterator[x509.GeneralName]:
    """Yield the names that stand beside one that the library does not read (an ediPartyName)."""
    with suppress(KeyError, NotReadable):
        one, _ = raw_extensions(certificate)[x509.SubjectAlternativeName.oid.dotted_string]
        san = one.public_bytes()
        _, _, at, end = element(san, 0, len(san))
        while at < end:
            tag, _, start, at = element(san, at, end)
            with suppress(ValueError):
                if tag == _DNS_NAME:
                    yield x509.DNSName(san[start:at].decode("ascii"))
                elif tag == _IP_ADDRESS:
                    yield x509.IPAddress(ip_address(san[start:at]))


def name_of(name: x509.Name) -> str:
    """Return the one line by which people call a subject or an issuer.  Not escaped."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(kind):
            if attribute.value:
                return visible(str(attribute.value))
    return visible(name.rfc4514_string()) or "(no name)"


@lru_cache(maxsize=1024)
def subject_of(certificate: x509.Certificate) -> str:
    """Return the name of whom a certificate speaks for.  Not escaped."""
    return name_of(certificate.subject)


@lru_cache(maxsize=1024)
def issuer_of(certificate: x509.Certificate) -> str:
    """Return the name of whoever signed a certificate.  Not escaped."""
    return name_of(certificate.issuer)


def visible(text: str) -> str:
    r"""Return what a stranger wrote as one line that hides nothing.  Not escaped for HTML.

    Newlines, control characters and those that turn the direction of writing become \n, \u202e
    and the like, and what is too long to read ends in an ellipsis.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
