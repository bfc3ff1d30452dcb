"""PEM: what stands between BEGIN and END lines (RFC 7468), and what each label promises."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import replace

from pinlib.encoding.der import Document, Form, Packing, dissect, element
from pinlib.errors import NotReadable

BEGIN = b"-----BEGIN "
"""How each block begins."""

_DASHES, _PEM = b"-----", Packing("PEM")
_LABELS = {
    "CERTIFICATE": Form.CERTIFICATE,
    "X509 CERTIFICATE": Form.CERTIFICATE,
    "TRUSTED CERTIFICATE": Form.CERTIFICATE,
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
    "CMS": Form.BUNDLE,
}
_BESIDE = {  # what stands beside certificates and keys in servers' files, and is named alone
    "OPENSSH PRIVATE KEY": Form.SSH_PRIVATE_KEY,
    "X509 CRL": Form.REVOCATIONS,
    "EC PARAMETERS": Form.PARAMETERS,
    "SM2 PARAMETERS": Form.PARAMETERS,
    "DH PARAMETERS": Form.PARAMETERS,
    "X9.42 DH PARAMETERS": Form.PARAMETERS,
    "DSA PARAMETERS": Form.PARAMETERS,
}


def pem_blocks(text: bytes) -> Iterator[Document]:
    """Yield each block in order; text between blocks is a comment, as openssl writes it.

    Raises NotReadable.
    """
    at = text.find(BEGIN)
    while at >= 0:
        start = text.find(_DASHES, at + len(BEGIN))
        end = text.find(_DASHES, start + len(_DASHES))
        # No more than a line, for where dashes are lost a private key follows.
        label = printable(text[at + len(BEGIN) : max(start, 0)].partition(b"\n")[0])
        name = f"the PEM block {label!r}"
        closing = f"-----END {label}-----".encode()
        if not text.startswith(closing, end):
            raise NotReadable(
                f"{name} has no END line of its own: "
                "copy the whole block, from -----BEGIN to the last dashes",
                seen=name,
            )
        yield _block(label, name, text[start + len(_DASHES) : end])
        at = text.find(BEGIN, end + len(closing))


def _block(label: str, name: str, body: bytes) -> Document:
    if label in _BESIDE:
        return Document(_BESIDE[label], b"", packing=_PEM)
    if label not in _LABELS:
        raise NotReadable(
            f"{name} isn’t a certificate, request or key for TLS: give {', '.join(_LABELS)}",
            seen=name,
        )
    if b"Proc-Type: 4,ENCRYPTED" in body:  # RFC 1421, section 4.6.1.1
        return Document(Form.LOCKED_KEY, b"", packing=_PEM)
    try:
        der = binascii.a2b_base64(body.translate(None, b" \t\r\n"), strict_mode=True)
    except binascii.Error as error:
        raise NotReadable(f"{name} is damaged ({error}): copy it again", seen=name) from error
    if label == "TRUSTED CERTIFICATE" and der:
        der = der[: element(der, 0, len(der))[3]]  # openssl's own remarks follow the certificate
    found = dissect(der)
    promised = _LABELS[label]
    if found.form is not promised and (found.form, promised) != (Form.SIGNED, Form.BUNDLE):
        raise NotReadable(
            f"{name} holds {found.form.value}: correct the label, or give the right file",
            seen=found.form.value,
        )
    return replace(found, packing=_PEM)


def printable(data: bytes) -> str:
    """Return the first forty bytes as text that cannot disturb a terminal."""
    return "".join(c if c.isprintable() else " " for c in data[:40].decode("ascii", "replace"))
