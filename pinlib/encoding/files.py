"""Whatever people have in their hands: PEM, DER, a file, an object; and what it holds.

Also what is *not* a certificate: the sentence says what was seen, and what to do.
"""

from __future__ import annotations

import binascii
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from pinlib.encoding.der import Document, Form, dissect, is_whole
from pinlib.encoding.reading import read
from pinlib.errors import LockedKey, NotReadable

LIMIT = 1_000_000
"""Bytes.  More is refused: all public roots together take 0.3 MB."""

Certificate = x509.Certificate | bytes
"""A certificate as the laboratory passes it on: loaded, or as bytes (DER; PEM is read too)."""

Source = (
    Certificate | x509.CertificateSigningRequest | PublicKeyTypes | PrivateKeyTypes | str | Path
)
"""All that has a key in it.  A `str` is PEM text, never a file's name: that is a `Path`."""

_PRIVATE, _KEYS = get_args(PrivateKeyTypes), get_args(PrivateKeyTypes) + get_args(PublicKeyTypes)

_INSTEAD = {
    Form.KEY_STORE: "take the certificate out: "
    "openssl pkcs12 -in FILE -nokeys -clcerts -out certificate.pem",
    Form.UNKNOWN: "give a certificate, a certificate request or a key",
}


def documents(source: Source) -> tuple[Document, ...]:
    """Return all certificates in the source, in order; if there are none, all requests and keys.

    So a file with a certificate and its private key is read as the certificate.
    Raises NotReadable, and LockedKey for a private key behind a password.
    """
    found = contents(source)
    return tuple(one for one in found if one.form is Form.CERTIFICATE) or tuple(_keys(found))


def contents(source: Source) -> tuple[Document, ...]:
    """Return everything in the source, in order, usable or not.  Raises NotReadable."""
    if isinstance(source, (x509.Certificate, x509.CertificateSigningRequest)):
        return (dissect(source.public_bytes(Encoding.DER)),)
    if not isinstance(source, bytes) and isinstance(source, _KEYS):
        return (Document(Form.PUBLIC_KEY, _public_half(source)),)
    data = _bytes(source)
    if _BEGIN in data and not is_whole(data):
        return tuple(one for block in _pem_blocks(data) for one in _unwrapped(block))
    if data[:1] == b"\x30":
        return _unwrapped(dissect(data))
    seen = describe(data)
    if not data:
        raise NotReadable(
            "this is empty (0 bytes): what should have filled it has failed", seen=seen
        )
    hint = "give PEM (it begins with -----BEGIN) or DER (it begins with byte 30)"
    if isinstance(source, str):
        hint += "; a str is text, and a file is a Path(…)"
    raise NotReadable(f"no certificate, request or key is in {seen}: {hint}", seen=seen)


def _unwrapped(document: Document) -> tuple[Document, ...]:
    """Return the certificates of a PKCS#7 bundle (RFC 2315), or the document as it is."""
    if document.form is not Form.BUNDLE:
        return (document,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd serial numbers: only the bytes are wanted
        try:
            inside = load_der_pkcs7_certificates(document.der)
        except Exception as error:  # any: see `spki`
            seen = document.form.value
            raise NotReadable(
                f"this looks like {seen}, but is broken: save it again", seen=seen
            ) from error
    return tuple(dissect(one.public_bytes(Encoding.DER)) for one in inside)


def _keys(found: tuple[Document, ...]) -> Iterator[Document]:
    if not found:
        raise NotReadable("this PEM has no key, only a curve's parameters", seen="EC PARAMETERS")
    for document in found:
        seen = document.form.value
        if document.form is Form.LOCKED_KEY:
            raise LockedKey(
                "this private key is behind a password, and only its public half is needed: "
                "openssl pkey -in FILE -pubout -out public.pem, then give public.pem",
                seen=seen,
            )
        if document.form in _INSTEAD:
            raise NotReadable(f"this is {seen}: {_INSTEAD[document.form]}", seen=seen)
        yield document


def spki(document: Document) -> bytes:
    """Return the subject public key info: as it stands, or computed where only a key stands.

    Raises NotReadable for a private key that cannot be loaded, since its public half is not in it.
    """
    if document.layout is not None:
        return document.der[document.layout.spki]
    if document.form is Form.PUBLIC_KEY:
        return document.der
    try:
        if document.form is Form.RSA_PUBLIC_KEY:
            return _public_half(load_der_public_key(document.der))
        # Leaving its primes untested is safe, since only the public half is read; testing them
        # would let a file made for the purpose keep us busy for minutes.
        key = load_der_private_key(document.der, None, unsafe_skip_rsa_key_validation=True)
        return _public_half(key)
    except Exception as error:
        # At broken bytes the library raises ValueError, TypeError, and exceptions of its own that
        # have no base in common (InternalError for a short Ed25519 key, UnsupportedAlgorithm).
        seen, why = document.form.value, str(error).partition(". ")[0]
        raise NotReadable(
            f"this looks like {seen}, but cannot be loaded: {why}", seen=seen
        ) from error


def _public_half(key: Any) -> bytes:
    public = key.public_key() if isinstance(key, _PRIVATE) else key
    encoded: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


# PEM (RFC 7468): what each label promises.
_BEGIN, _DASHES = b"-----BEGIN ", b"-----"
_LABELS = {
    "CERTIFICATE": Form.CERTIFICATE,
    "X509 CERTIFICATE": Form.CERTIFICATE,
    "CERTIFICATE REQUEST": Form.REQUEST,
    "NEW CERTIFICATE REQUEST": Form.REQUEST,
    "PUBLIC KEY": Form.PUBLIC_KEY,
    "RSA PUBLIC KEY": Form.RSA_PUBLIC_KEY,
    "PRIVATE KEY": Form.PRIVATE_KEY,
    "RSA PRIVATE KEY": Form.PRIVATE_KEY,
    "EC PRIVATE KEY": Form.PRIVATE_KEY,
    "DSA PRIVATE KEY": Form.PRIVATE_KEY,
    "ENCRYPTED PRIVATE KEY": Form.LOCKED_KEY,
    "PKCS7": Form.BUNDLE,
}


def _pem_blocks(text: bytes) -> Iterator[Document]:
    """Yield each block in order; text between blocks is a comment, as openssl writes it."""
    at = text.find(_BEGIN)
    while at >= 0:
        start = text.find(_DASHES, at + len(_BEGIN))
        end = text.find(_DASHES, start + len(_DASHES))
        label = _printable(text[at + len(_BEGIN) : max(start, 0)])
        name = f"the PEM block {label!r}"
        closing = f"-----END {label}-----".encode()
        if not text.startswith(closing, end):
            raise NotReadable(
                f"{name} has no END line of its own: "
                "copy the whole block, from -----BEGIN to the last dashes",
                seen=name,
            )
        if label != "EC PARAMETERS":  # `openssl ecparam` writes the curve in front of the key
            yield _pem_block(label, name, text[start + len(_DASHES) : end])
        at = text.find(_BEGIN, end + len(closing))


def _pem_block(label: str, name: str, body: bytes) -> Document:
    if label not in _LABELS:
        raise NotReadable(
            f"{name} holds no certificate, request or key of TLS: known are {', '.join(_LABELS)}",
            seen=name,
        )
    if b"Proc-Type: 4,ENCRYPTED" in body:  # RFC 1421, section 4.6.1.1
        return Document(Form.LOCKED_KEY, b"")
    try:
        der = binascii.a2b_base64(body.translate(None, b" \t\r\n"), strict_mode=True)
    except binascii.Error as error:
        raise NotReadable(f"{name} is damaged ({error}): copy it again", seen=name) from error
    document = dissect(der)
    if document.form is not _LABELS[label]:
        raise NotReadable(
            f"{name} holds {document.form.value}: correct the label, or take the right file",
            seen=document.form.value,
        )
    return document


def _bytes(source: object) -> bytes:
    if isinstance(source, Path):
        source = read(source, LIMIT + 1)
    if isinstance(source, str):
        source = source[: LIMIT + 1].encode("ascii", "replace")
    if not isinstance(source, (bytes, bytearray, memoryview)):
        kind = type(source).__name__
        raise NotReadable(
            f"nothing can be read from a {kind}: give bytes, PEM text, a Path or a certificate",
            seen=kind,
        )
    data = bytes(source)
    if len(data) > LIMIT:
        seen = f"more than {LIMIT:,} bytes"
        raise NotReadable(f"{seen}: no certificate is that large; give it alone", seen=seen)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16, which Windows PowerShell's ">" writes
        return data.decode("utf-16", "replace").encode("ascii", "replace")
    return data


_MAGIC = {
    rb"\x89PNG": "a PNG picture",
    rb"\xff\xd8\xff": "a JPEG picture",
    rb"%PDF": "a PDF",
    rb"PK\x03\x04": "a ZIP archive",
    rb"\xfe\xed\xfe\xed": "a Java key store",
    rb"ssh-|ecdsa-sha2": "an SSH public key",
    rb"sha256[/:]|pin-sha256=": "a pin",
    # A DER sequence in base64.  It is not quoted, for it may be a private key.
    rb"M[A-P][A-Za-z0-9+/]{14}": "base64 without its BEGIN and END lines",
}


def describe(data: bytes) -> str:
    """Say in a few printable words what this looks like, quoting its first bytes at most."""
    if not data:
        return "nothing (0 bytes)"
    for magic, name in _MAGIC.items():
        if re.match(magic, data):
            return f"{name} of {len(data):,} bytes"
    if re.fullmatch(rb"[\t\r\n -~]+", data[:40]):
        return f"text, {_printable(data[:24])!r}"
    return f"{len(data):,} bytes beginning {data[:8].hex(' ')}"


def _printable(data: bytes) -> str:
    return "".join(c if c.isprintable() else " " for c in data[:40].decode("ascii", "replace"))
