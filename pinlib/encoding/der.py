"""Where the public key stands among a certificate's bytes.

A pin is a hash of bytes exactly as an issuer wrote them.  So nothing here loads a certificate and
writes it out again: the DER is walked, element by element, and certificates that a library refuses
to load have pins all the same.  Rules of DER: X.690, sections 8.1 and 10.1.

This finds where things stand.  It says nothing about whether a certificate is valid, or honest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from pinlib.errors import NotReadable


class Form(Enum):
    """What a file, or a piece of one, turns out to be.  Completes the sentence "this is …"."""

    CERTIFICATE = "a certificate"
    REQUEST = "a certificate request (CSR)"
    PUBLIC_KEY = "a public key"
    RSA_PUBLIC_KEY = "an RSA public key (PKCS#1)"
    PRIVATE_KEY = "a private key"
    LOCKED_KEY = "an encrypted private key"
    SSH_PRIVATE_KEY = "an OpenSSH private key"
    SSH2_PUBLIC_KEY = "an SSH public key in RFC 4716 format"
    KEY_STORE = "a PKCS#12 store (.p12, .pfx)"
    JAVA_STORE = "a Java key store (JKS)"
    JCEKS_STORE = "a Java key store (JCEKS)"
    BUNDLE = "a PKCS#7 bundle (.p7b)"
    SIGNED = "a signed file (CMS), such as a signed .mobileconfig"
    OPEN_ENDED = "a PKCS#7 or CMS file with indefinite lengths (BER)"
    MAIL = "a signed email (S/MIME)"
    REVOCATIONS = "a revocation list (CRL)"
    PARAMETERS = "a file of EC, DH or DSA parameters"
    UNKNOWN = "DER of some other kind"


@dataclass(frozen=True, slots=True)
class Packing:
    """How something stands in its file: as DER or PEM, once a shell has done this step."""

    notation: str = "DER"
    step: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a certificate or request stand: a key pin hashes `der[layout.spki]`.

    `tbs` is what was signed ("to be signed"), `spki` the subject public key info inside it, and
    `signature` the signature's own bytes, without the DER header in front of them.
    """

    tbs: slice
    spki: slice
    signature: slice


@dataclass(frozen=True, slots=True)
class Document:
    """One thing found in the input.  Certificates and requests have a layout; nothing else has.

    `der` is empty where its form says enough.
    """

    form: Form
    der: bytes
    layout: Layout | None = None
    packing: Packing = field(default=Packing(), compare=False)


# The tags that tell one structure from another (X.690, section 8.1.2).
# 02 INTEGER, 03 BIT STRING, 04 OCTET STRING, 06 OBJECT IDENTIFIER, 17 and 18 times, 30 SEQUENCE,
# 31 SET, a0 [0], a1 [1]
_SIGNED = b"\x30\x30\x03"  # what was signed, how, the signature
_CERTIFICATE = re.compile(rb"\xa0?\x02\x30\x30\x30\x30\x30")  # RFC 5280, section 4.1, to the SPKI
_REQUEST = re.compile(rb"\x02\x30\x30(?=\xa0|$)")  # RFC 2986, section 4.1, to the SPKI
_REVOCATIONS = re.compile(rb"\x02?\x30\x30[\x17\x18]")  # RFC 5280, section 5.1
_SPKI = b"\x30\x03"
_UNSIGNED = (
    (re.compile(_SPKI), Form.PUBLIC_KEY),  # RFC 5280, section 4.1
    (re.compile(rb"\x02\x02"), Form.RSA_PUBLIC_KEY),  # RFC 8017, appendix A.1.1
    (re.compile(rb"\x02\x30\x04\xa0?\x81?"), Form.PRIVATE_KEY),  # PKCS#8: RFC 5958, section 2
    (re.compile(rb"\x02\x04\xa0?\xa1?"), Form.PRIVATE_KEY),  # elliptic curve: RFC 5915, section 3
    (re.compile(rb"\x02{9}\x30?"), Form.PRIVATE_KEY),  # RSA: RFC 8017, appendix A.1.2
    (re.compile(rb"\x02{6}"), Form.PRIVATE_KEY),  # DSA, as OpenSSL writes it
    (re.compile(rb"\x30\x04"), Form.LOCKED_KEY),  # RFC 5958, section 3
    (re.compile(rb"\x02\x30\x30?"), Form.KEY_STORE),  # RFC 7292, section 4
)
_MESSAGE = b"\x06\xa0"  # what it is, and the thing itself: RFC 5652, section 3
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_SIGNED_PARTS = re.compile(rb"\x02\x31\x30\xa0?\xa1?\x31")  # RFC 5652, section 5.1
_ENOUGH = 10  # children looked at: what follows them tells nothing more

Element = tuple[int, int, int, int]
"""Tag, start, start of the content, and end."""


def dissect(der: bytes) -> Document:
    """Say what one piece of DER is and where its parts stand.  NotReadable if it is not whole."""
    tag, _, content, end = element(der, 0, len(der))
    if tag != 0x30:
        raise _broken(der, 0, "it should begin with byte 30")
    if end != len(der):
        raise _broken(der, end, f"{len(der) - end:,} bytes follow where it should end")
    outer = children(der, content, end)
    shape = tags_of(outer)
    if shape == _MESSAGE:
        return Document(_message(der, *outer), der)
    if shape != _SIGNED:
        return Document(
            next((f for tags, f in _UNSIGNED if tags.fullmatch(shape)), Form.UNKNOWN), der
        )

    (_, tbs, content, tbs_end), _, (_, _, bits, _) = outer
    fields = children(der, content, tbs_end)
    tags = tags_of(fields)
    form = Form.CERTIFICATE
    if not (upto := _CERTIFICATE.match(tags)):
        form = Form.REQUEST
        if not (upto := _REQUEST.match(tags)):
            return Document(Form.REVOCATIONS if _REVOCATIONS.match(tags) else Form.UNKNOWN, der)
    _, spki, content, spki_end = fields[upto.end() - 1]
    if tags_of(children(der, content, spki_end)) != _SPKI:
        raise _broken(der, spki, "there’s no public key where one should be")
    # The first byte of a BIT STRING counts its unused bits (X.690, section 8.6.2).
    signature = slice(bits + 1, end)
    return Document(form, der, Layout(slice(tbs, tbs_end), slice(spki, spki_end), signature))


def _message(der: bytes, kind: Element, content: Element) -> Form:
    """Tell a bundle, which nobody signed, from what carries the certificates of its signer."""
    inside = children(der, *content[2:])
    if cut(der, kind) != _SIGNED_DATA or tags_of(inside) != b"\x30":
        return Form.UNKNOWN
    parts = children(der, *inside[0][2:])
    if not _SIGNED_PARTS.fullmatch(tags_of(parts)):
        return Form.UNKNOWN
    what, (_, _, signers, end) = parts[2], parts[-1]
    bare = signers == end and len(children(der, *what[2:])) == 1
    return Form.BUNDLE if bare else Form.SIGNED


def layout(der: bytes) -> Layout:
    """Return where TBS, SPKI and signature stand in the DER of one certificate or request.

    Raises NotReadable for anything else.
    """
    document = dissect(der)
    if document.layout is None:
        found = document.form.value
        raise NotReadable(f"this is {found}: only certificates and requests are signed", seen=found)
    return document.layout


def whole(data: bytes) -> bytes | None:
    """Return the DER that this is, without blank lines after it; None tells text from DER.

    (A certificate may well carry "-----BEGIN" in its subject’s name.)
    """
    try:
        tag, _, _, end = element(data, 0, len(data))
    except NotReadable:
        return None
    return data[:end] if tag == 0x30 and not data[end:].strip() else None


def enclose(tag: int, *parts: bytes) -> bytes:
    """Write an element of DER around these parts (X.690, section 8.1.3)."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def cut(der: bytes, found: Element) -> bytes:
    """Return an element as it stands, with its header."""
    return der[found[1] : found[3]]


def element(der: bytes, at: int, end: int) -> Element:
    """Read the header of the element at `at`, and make sure that all of it lies before `end`.

    Raises NotReadable.
    """
    if at + 2 > end:
        raise _broken(der, at, "it stops in the middle")
    length, content = der[at + 1], at + 2
    if length > 0x7F:  # then it counts the bytes of the length, which follow
        size = length & 0x7F
        content += size
        if not 0 < size <= 4 or content > end:
            raise _broken(der, at, "its length can’t be read")
        length = int.from_bytes(der[at + 2 : content], "big")
    stop = content + length
    if stop > end:
        raise _broken(der, at, f"{length:,} bytes should follow, but only {end - content:,} do")
    return der[at], at, content, stop


def children(der: bytes, at: int, end: int) -> list[Element]:
    """Return the first elements between two places, ten at most.  Raises NotReadable."""
    found: list[Element] = []
    while at < end and len(found) < _ENOUGH:
        child = element(der, at, end)
        found.append(child)
        at = child[3]
    return found


def tags_of(elements: list[Element]) -> bytes:
    """Return the tags of a row of elements: they tell one structure from another."""
    return bytes([element[0] for element in elements])


def _broken(der: bytes, at: int, why: str) -> NotReadable:
    return NotReadable(
        f"the DER breaks at byte {at:,} of {len(der):,} ({why}): "
        "it was cut short or copied as text, so save it again",
        seen=f"{len(der):,} bytes beginning {der[:4].hex(' ')}",
    )
