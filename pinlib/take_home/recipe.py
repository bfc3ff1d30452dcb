"""Two functions to take home: a pin check for a client that you write yourself.

They use nothing of this package.  Both let OpenSSL check chain, name and date first, as it does
for everybody, and look at the pin before the first byte of data is sent.  The other side has then
seen a whole handshake, and no alert; it gets no data.
"""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Set as AbstractSet
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def connect_pinned(
    address: tuple[str, int],
    host: str,
    pins: AbstractSet[str],
    context: ssl.SSLContext | None = None,
) -> ssl.SSLSocket:
    """Return a connection to a server whose own key is pinned; raise ssl.SSLError for any other."""
    context = context or ssl.create_default_context()
    plain = socket.create_connection(address, timeout=10)
    try:
        tls = context.wrap_socket(plain, server_hostname=host)  # checks chain, name and date
    except BaseException:
        plain.close()
        raise
    leaf = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"")
    spki = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pin = "sha256/" + b64encode(sha256(spki).digest()).decode()
    if pin not in pins:
        tls.close()
        raise ssl.SSLError(1, f"the key of {host} has changed: its pin is {pin}")
    return tls


def connect_pinned_chain(
    address: tuple[str, int],
    host: str,
    pins: AbstractSet[str],
    context: ssl.SSLContext | None = None,
) -> ssl.SSLSocket:
    """Return a connection if any key of the verified chain is pinned (Python 3.13 and later)."""
    context = context or ssl.create_default_context()
    plain = socket.create_connection(address, timeout=10)
    try:
        tls = context.wrap_socket(plain, server_hostname=host)  # checks chain, name and date
    except BaseException:
        plain.close()
        raise
    for der in tls.get_verified_chain():  # type: ignore[attr-defined] # not what the server sent
        key = x509.load_der_x509_certificate(der).public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if "sha256/" + b64encode(sha256(spki).digest()).decode() in pins:
            return tls
    tls.close()
    raise ssl.SSLError(1, f"no key of the verified chain of {host} is pinned")
