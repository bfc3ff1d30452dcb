"""Whatever people have in their hands: PEM, DER, a file, an object; and what it holds.

Also what is *not* a certificate: the sentence says what was seen, and what to do.
"""

from __future__ import annotations

import binascii
import codecs
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import get_args

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, load_ssh_public_key
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from pinlib.encoding.der import Document, Form, dissect, whole
from pinlib.encoding.foreign import command_for, describe, foreign_form, unreadable
from pinlib.encoding.pem import BEGIN, pem_blocks
from pinlib.encoding.private_keys import public_half, written_again
from pinlib.encoding.reading import read
from pinlib.errors import NotReadable

LIMIT = 1_000_000
"""Bytes.  More is refused: all public roots together take 0.3 MB."""

Certificate = x509.Certificate | bytes
"""A certificate as the laboratory passes it on: loaded, or as bytes (DER; PEM is read too)."""

Source = (
    Certificate | x509.CertificateSigningRequest | PublicKeyTypes | PrivateKeyTypes | str | Path
)
"""All that has a key in it.  A `str` is PEM text, never a file's name: that is a `Path`."""

_KEYS = get_args(PrivateKeyTypes) + get_args(PublicKeyTypes)
_HAS_A_KEY = {Form.REQUEST, Form.PUBLIC_KEY, Form.RSA_PUBLIC_KEY, Form.PRIVATE_KEY}


def documents(source: Source) -> tuple[Document, ...]:
    """Return all certificates in the source, in order; if there are none, all requests and keys.

    So a file with a certificate and its private key is read as the certificate, and what else
    servers keep beside them (parameters, revocation lists, SSH keys) is passed over.
    Raises NotReadable, and LockedKey for a private key behind a password.
    """
    found = contents(source)
    if certificates := tuple(one for one in found if one.form is Form.CERTIFICATE):
        return certificates
    keys = tuple(one for one in found if one.form in _HAS_A_KEY)
    for one in found:
        if one.form is Form.LOCKED_KEY or not keys:
            raise unreadable(one)
    return keys


def contents(source: Source) -> tuple[Document, ...]:
    """Return everything in the source, in order, usable or not.  Raises NotReadable."""
    if isinstance(source, (x509.Certificate, x509.CertificateSigningRequest)):
        return (dissect(source.public_bytes(Encoding.DER)),)
    if not isinstance(source, bytes) and isinstance(source, _KEYS):
        return (Document(Form.PUBLIC_KEY, written_again(source)),)
    data, step = _plain(_bytes(source))
    if found := _found(data):
        return _after(step, found)
    if found := _in_base64(data):
        if b"\r" in data:
            step = _CLEAN
        return _after(f"{step} | base64 -d" if step else "base64 -d FILE", found)
    seen = describe(data)
    if not data:
        raise NotReadable(
            "this is empty (0 bytes): the step that should have filled it failed", seen=seen
        )
    hint = "give PEM (it begins with -----BEGIN) or DER (it begins with byte 30)"
    if isinstance(source, str):
        hint += "; a str is read as text, so give a file as a Path(…)"
    raise NotReadable(f"there’s no certificate, request or key in {seen}: {hint}", seen=seen)


def _found(data: bytes) -> tuple[Document, ...]:
    """Return what stands here; nothing if it is of no kind that is known."""
    if der := whole(data):
        return _unwrapped(dissect(der))
    if BEGIN in data:
        return tuple(one for block in pem_blocks(data) for one in _unwrapped(block))
    if form := foreign_form(data):
        return (Document(form, b""),)
    if keys := _SSH_KEY.findall(data):
        return tuple(map(_from_ssh, keys))
    return (dissect(data),) if data[:1] == b"\x30" else ()


# As people copy it out of a portal or a Kubernetes secret: DER begins so, or PEM ("-----").
_BASE64 = re.compile(rb"M[A-P]|LS0tLS1CRUdJTi")


def _in_base64(data: bytes) -> tuple[Document, ...]:
    bare = data.translate(None, b" \t\r\n")
    if not _BASE64.match(bare):
        return ()
    try:
        inside = binascii.a2b_base64(bare, strict_mode=True)
    except binascii.Error:
        return ()
    return _found(inside)


def _after(step: str, found: tuple[Document, ...]) -> tuple[Document, ...]:
    """Return what was found once a step was done, and say so."""
    return tuple(replace(one, packing=replace(one.packing, step=step)) for one in found)


# RFC 4253, section 6.6, as a line of text: the kind, and the key in base64.
_SSH_KEY = re.compile(rb"(?m)^(?:ssh|ecdsa-sha2|sk)-\S+[ \t]+\S+")


def _from_ssh(line: bytes) -> Document:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of kinds that are going out of use
        try:
            return Document(Form.PUBLIC_KEY, written_again(load_ssh_public_key(line)))
        except Exception as error:  # any: see `spki`
            seen = describe(line)
            raise NotReadable(
                f"this looks like {seen}, but cannot be loaded: copy the whole line", seen=seen
            ) from error


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


def spki(document: Document) -> bytes:
    """Return the subject public key info: as it stands, or computed where only a key stands.

    Raises NotReadable for a private key of which that cannot be computed.
    """
    if document.layout is not None:
        return document.der[document.layout.spki]
    if document.form is Form.PUBLIC_KEY:
        return document.der
    try:
        return public_half(document.der)
    except Exception as error:
        # At broken bytes the library raises ValueError, TypeError, and exceptions of its own that
        # have no base in common (InternalError for a short Ed25519 key, UnsupportedAlgorithm).
        seen, why = document.form.value, str(error).partition(". ")[0]
        if document.form is Form.PRIVATE_KEY:
            why += f"; let openssl extract its public half: {command_for(document)}"
        raise NotReadable(
            f"this looks like {seen}, but cannot be loaded: {why}", seen=seen
        ) from error


def _bytes(source: object) -> bytes:
    if isinstance(source, Path):
        source = read(source, LIMIT + 1)
    if isinstance(source, str):
        source = source[: LIMIT + 1].removeprefix("\ufeff").encode("ascii", "replace")
    if not isinstance(source, (bytes, bytearray, memoryview)):
        kind = type(source).__name__
        raise NotReadable(
            f"nothing can be read from a {kind}: give bytes, PEM text, a Path or a certificate",
            seen=kind,
        )
    data = bytes(source)
    if len(data) > LIMIT:
        seen = f"more than {LIMIT:,} bytes"
        raise NotReadable(
            f"{seen}: no certificate is that large, so give just the certificate", seen=seen
        )
    return data


_MARKS = {  # of byte order: editors on Windows begin a text with one
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_UNMARKED = {  # ASCII in two bytes each
    re.compile(rb"(?:[\t\n\r -~]\0){4}"): "utf-16-le",
    re.compile(rb"(?:\0[\t\n\r -~]){4}"): "utf-16-be",
}
# Without marks, zeros and the line ends of Windows all of them are one.
_CLEAN = r"LC_ALL=C tr -d '\000\015\273\277\357\376\377' < FILE"


def _plain(data: bytes) -> tuple[bytes, str]:
    """Return text in one byte a letter, without a mark, and the step in a shell that does it.

    Windows PowerShell's ">" writes UTF-16; a mark in front of DER is taken away too.
    """
    if whole(data):
        return data, ""
    if (der := data.removeprefix(codecs.BOM_UTF8)) != data and whole(der):
        return der, "tail -c +4 FILE"
    coded = [
        (data.removeprefix(mark), name) for mark, name in _MARKS.items() if data.startswith(mark)
    ]
    coded += [(data, name) for start, name in _UNMARKED.items() if start.match(data)]
    for text, name in coded:
        return text.decode(name, "replace").encode("ascii", "replace"), _CLEAN
    return data, ""
