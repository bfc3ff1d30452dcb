"""The signature of a handshake: what is signed, byte by byte, and whether a key verifies it.

    signed_in(messages)                ──►  HandshakeSignature: what was signed, how, the signature
    HandshakeSignature.verifies(key)   ──►  whether that key's other half made it

TLS 1.3 signs everything that was said before (RFC 8446, section 4.4.3); TLS 1.2 signs both random
numbers and the server's half of the key exchange (RFC 5246, section 7.4.3).  A signature that
verifies says whose private key was at work; whose key it is, the chain has to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

from pinlib.encoding.anatomy import Part
from pinlib.wire.cursor import Cursor, readable
from pinlib.wire.messages import RETRY, message_fields
from pinlib.wire.tls_numbers import number_name

_CLIENT_HELLO, _SERVER_HELLO, _SERVER_KEY_EXCHANGE, _CERTIFICATE_VERIFY = 1, 2, 12, 15
_SPACES, _CONTEXT = 64, b"TLS 1.3, server CertificateVerify"
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


@dataclass(frozen=True, slots=True)
class HandshakeSignature:
    """What a server signed in one handshake: the bytes, the scheme's name, and the signature."""

    signed: bytes
    scheme: str
    signature: bytes
    tls13: bool

    @property
    def fields(self) -> Part:
        """Name every byte of what was signed."""
        cursor = Cursor(self.signed, 0, len(self.signed))
        if self.tls13:
            cursor.take("padding_spaces", _SPACES)
            cursor.take("context_string", len(_CONTEXT), readable)
            cursor.take("separator", 1)
            cursor.take("transcript_hash", cursor.left)
        else:
            cursor.take("client_random", 32)
            cursor.take("server_random", 32)
            cursor.take("key_exchange_parameters", cursor.left)
        return cursor.field("what was signed")

    def verifies(self, key: PublicKeyTypes) -> bool:
        """Tell whether the private half of this key made the signature, over just these bytes."""
        try:
            # mypy: each kind of key that has an algorithm here takes just what that gives.
            key.verify(self.signature, self.signed, *_algorithm(key, self.scheme))  # type: ignore[union-attr, arg-type]
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            return False
        return True

    def signed_with(self, key: PrivateKeyTypes) -> HandshakeSignature:
        """Return the same with a signature made now, with this private key.

        Raises UnsupportedAlgorithm for a key that cannot sign by this scheme.
        """
        made = key.sign(self.signed, *_algorithm(key.public_key(), self.scheme))  # type: ignore[union-attr, arg-type]
        return replace(self, signature=made)


def signed_in(messages: Sequence[bytes]) -> HandshakeSignature | None:
    """Return what the server signed in the course of these handshake messages; None if nothing.

    They are those of both sides, in their order, each whole: what was not opened is missing, and
    then a signature of TLS 1.3 verifies under no key.
    """
    kinds = (_SERVER_KEY_EXCHANGE, _CERTIFICATE_VERIFY)
    at = next((at for at, one in enumerate(messages) if one and one[0] in kinds), None)
    hellos = [_hello(messages, kind) for kind in (_CLIENT_HELLO, _SERVER_HELLO)]
    if at is None or not all(hellos):
        return None
    tls13 = messages[at][0] == _CERTIFICATE_VERIFY
    last = message_fields(messages[at], tls13=tls13)
    scheme, signature = last.find("algorithm"), last.find("signature")
    if scheme is None or signature is None:
        return None
    if tls13:
        signed = b" " * _SPACES + _CONTEXT + b"\0" + _transcript_hash(messages[:at])
    else:
        parameters = messages[at][4 : scheme.start]
        signed = b"".join(hello[6:38] for hello in hellos) + parameters
    number = int.from_bytes(messages[at][scheme.bytes])
    name = number_name("scheme", number)
    return HandshakeSignature(signed, name, messages[at][signature.bytes], tls13)


def _hello(messages: Sequence[bytes], kind: int) -> bytes:
    return next((one for one in messages if one[:1] == bytes([kind])), b"")


def _transcript_hash(messages: Sequence[bytes]) -> bytes:
    """Hash what was said; a first hello that was refused counts as its hash (section 4.4.1)."""
    last = [one for one in messages if one[:1] == bytes([_SERVER_HELLO])][-1]
    suite = message_fields(last, tls13=True).find("cipher_suite")
    digest = hashlib.sha384 if suite and suite.value.endswith("SHA384") else hashlib.sha256
    said = list(messages)
    if len(said) > 1 and said[1][6:38] == RETRY:
        first = digest(said[0]).digest()
        said[0] = b"\xfe\x00\x00" + bytes([len(first)]) + first
    return digest(b"".join(said)).digest()


def _algorithm(key: PublicKeyTypes, scheme: str) -> tuple[object, ...]:
    """Return what a key of this kind is told beside the bytes; raises UnsupportedAlgorithm."""
    kind, _, name = scheme.rpartition("_")
    if isinstance(key, ed25519.Ed25519PublicKey) and scheme == "ed25519":
        return ()
    if isinstance(key, ed448.Ed448PublicKey) and scheme == "ed448":
        return ()
    if name in _HASHES:
        hashed = _HASHES[name]()
        if isinstance(key, ec.EllipticCurvePublicKey) and kind.startswith("ecdsa"):
            return (ec.ECDSA(hashed),)
        if isinstance(key, rsa.RSAPublicKey) and kind.startswith("rsa_pss"):
            return padding.PSS(padding.MGF1(hashed), padding.PSS.DIGEST_LENGTH), hashed
        if isinstance(key, rsa.RSAPublicKey) and kind.startswith("rsa_pkcs1"):
            return padding.PKCS1v15(), hashed
    raise UnsupportedAlgorithm(scheme)
