"""The public half of a key, byte for byte as the key's own certificate has it.

A library that loads a key and writes it out again may make another of it: it forgets that an RSA
key is for PSS alone, writes a curve's name for its parameters, a whole point for a compressed one.
So algorithm and bits are taken as they stand, and only bits that stand nowhere are computed.
"""

from __future__ import annotations

import warnings
from typing import Any, get_args

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)

from pinlib.encoding.der import Element, children, cut, element, enclose, tags_of
from pinlib.errors import NotReadable

_PRIVATE = get_args(PrivateKeyTypes)

_SEQUENCE, _BIT_STRING = 0x30, 0x03
_RSA = bytes.fromhex("06092a864886f70d010101")  # RFC 8017, appendix C
_RSA_PSS = bytes.fromhex("06092a864886f70d01010a")
_EC = bytes.fromhex("06072a8648ce3d0201")  # RFC 5480, section 2.1.1
_DSA = bytes.fromhex("06072a8648ce380401")  # RFC 3279, section 2.3.2
# RFC 3279, section 2.3.1: it has a NULL, and openssl writes one even where a key has none.
_RSA_WITH_NULL = enclose(_SEQUENCE, _RSA, b"\x05\x00")
_WHOLE = b"\0"  # no unused bits (X.690, section 8.6.2)


def public_half(der: bytes) -> bytes:
    """Return the SPKI of a private key, PKCS#8 or traditional, or of a bare RSA public key.

    Raises NotReadable, or whatever else the library makes of a broken key.
    """
    fields = _inside(der)
    tags = tags_of(fields)
    if tags.startswith(b"\x02\x30\x04"):  # PKCS#8: RFC 5958, section 2
        algorithm, bits = _pkcs8(der, fields)
    elif tags.startswith(b"\x02\x04"):  # elliptic curve: RFC 5915, section 3
        if not (curve := _tagged(der, 0xA0)):
            raise NotReadable("it names no curve", seen="no curve")
        algorithm, bits = enclose(_SEQUENCE, _EC, _settled(curve)), _point(der)
    elif len(fields) == 6:  # DSA, as OpenSSL writes it: version, p, q, g, y, x
        p, q, g, y = (cut(der, one) for one in fields[1:5])
        algorithm, bits = enclose(_SEQUENCE, _DSA, enclose(_SEQUENCE, p, q, g)), _WHOLE + y
    else:  # RSA: RFC 8017, appendix A.1
        algorithm, bits = _RSA_WITH_NULL, _modulus_and_exponent(der)
    return enclose(_SEQUENCE, algorithm, enclose(_BIT_STRING, bits or _computed(der)))


def written_again(key: Any) -> bytes:
    """Return the SPKI of a key that the library has loaded, or of its public half."""
    public = key.public_key() if isinstance(key, _PRIVATE) else key
    encoded: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def _pkcs8(der: bytes, fields: list[Element]) -> tuple[bytes, bytes]:
    """Return algorithm and bits; no bits where they stand neither in the key nor beside it."""
    algorithm, key = cut(der, fields[1]), der[fields[2][2] : fields[2][3]]
    kind = cut(algorithm, _inside(algorithm)[0])
    if kind == _RSA:
        return _RSA_WITH_NULL, _modulus_and_exponent(key)
    if kind == _RSA_PSS:
        return algorithm, _modulus_and_exponent(key)
    if kind == _EC:
        _settled(cut(algorithm, _inside(algorithm)[1]))
        return algorithm, _point(key) or _tagged(der, 0x81)
    return algorithm, _tagged(der, 0x81)


def _settled(curve: bytes) -> bytes:
    """Return a curve's parameters if openssl, too, leaves them as they stand.

    Of a base point that is not written whole it makes one that is, in certificates and requests
    (RFC 5480 has no such parameters at all; X9.62 has them, with the base point in any form).
    """
    if curve[:1] == b"\x30":
        _, _, base, _ = _inside(curve)[3]
        if curve[base : base + 1] != b"\x04":
            raise NotReadable("its curve’s base point is compressed", seen="a base point")
    return curve


def _modulus_and_exponent(der: bytes) -> bytes:
    numbers = _inside(der)
    n, e = numbers[:2] if len(numbers) == 2 else numbers[1:3]  # a private key has a version
    if not der[e[3] - 1] & 1 or cut(der, e) == b"\x02\x01\x01":
        # Bare parameters of DH are two numbers as well, and the second is usually 2.
        raise NotReadable("its exponent is 1 or even", seen="no RSA exponent")
    return _WHOLE + enclose(_SEQUENCE, cut(der, n), cut(der, e))


def _point(der: bytes) -> bytes:
    tagged = _tagged(der, 0xA1)
    return tagged[element(tagged, 0, len(tagged))[2] :] if tagged else b""


def _computed(der: bytes) -> bytes:
    """Let the library compute the bits; it writes a point whole, as openssl does with such keys."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of kinds that are going out of use
        # Leaving its primes untested is safe, since only the public half is read; testing them
        # would let a file made for the purpose keep us busy for minutes.
        key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
        info = written_again(key)
    _, (_, _, start, end) = _inside(info)
    return info[start:end]


def _tagged(der: bytes, tag: int) -> bytes:
    """Return the content of the field with this tag; nothing if there is none."""
    return next((der[one[2] : one[3]] for one in _inside(der) if one[0] == tag), b"")


def _inside(der: bytes) -> list[Element]:
    _, _, content, end = element(der, 0, len(der))
    return children(der, content, end)
