"""Two functions to take home: a pin check for a client that you write yourself.

Copy the whole file: it needs Python's own library and nothing else.  Both let OpenSSL check chain,
name and date first, as it does for everybody, and look at the pin before the first byte of data is
sent.  The other side has then seen a whole handshake, and no alert; it gets no data.
"""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from hashlib import sha256


def connect_pinned(
    address: tuple[str, int],
    host: str,
    pins: AbstractSet[str],
    context: ssl.SSLContext | None = None,
) -> ssl.SSLSocket:
    """Return a connection to a server whose own key is pinned; raise ssl.SSLError for any other."""
    context = _checking(context)
    with ExitStack() as opened:  # closes the connection, whatever goes wrong
        plain = opened.enter_context(socket.create_connection(address, timeout=10))
        tls = context.wrap_socket(plain, server_hostname=host)  # checks chain, name and date
        opened.enter_context(tls)
        if _pin_in(tls.getpeercert(binary_form=True) or b"") not in pins:
            raise ssl.SSLError(1, f"the key of {host} is not pinned")
        opened.pop_all()
    return tls


def connect_pinned_chain(
    address: tuple[str, int],
    host: str,
    pins: AbstractSet[str],
    context: ssl.SSLContext | None = None,
) -> ssl.SSLSocket:
    """Return a connection if any key of the verified chain is pinned (Python 3.13 and later)."""
    context = _checking(context)
    if not hasattr(context.sslsocket_class, "get_verified_chain"):
        raise NotImplementedError("Python tells the verified chain from 3.13 on: pin the leaf")
    with ExitStack() as opened:  # closes the connection, whatever goes wrong
        plain = opened.enter_context(socket.create_connection(address, timeout=10))
        tls = context.wrap_socket(plain, server_hostname=host)  # checks chain, name and date
        opened.enter_context(tls)
        chain = tls.get_verified_chain()  # type: ignore[attr-defined] # not what the server sent
        if not any(_pin_in(certificate) in pins for certificate in chain):
            raise ssl.SSLError(1, f"no key of the verified chain of {host} is pinned")
        opened.pop_all()
    return tls


def _checking(context: ssl.SSLContext | None) -> ssl.SSLContext:
    """Return a context that checks chain and name; raise ValueError for one that does not.

    A pin replaces neither: anybody can put a pinned certificate into a chain that nobody checks.
    """
    if context is None:
        context = ssl.create_default_context()
        context.hostname_checks_common_name = False
    if context.verify_mode != ssl.CERT_REQUIRED or not context.check_hostname:
        raise ValueError("this context accepts any certificate: use ssl.create_default_context()")
    # A common name is no host name (RFC 9525), but OpenSSL takes it for one where no SAN is.
    if context.hostname_checks_common_name:
        raise ValueError("set hostname_checks_common_name = False on this context")
    return context


def _pin_in(certificate: bytes) -> str:
    """Return the pin of a certificate's key, hashed as it stands there (RFC 5280, section 4.1).

    A library that loads a key and writes it out again may write other bytes.
    """

    def content(at: int) -> tuple[int, int]:
        """Return where the content of a DER element starts and ends (X.690, section 8.1)."""
        start, size = at + 2, certificate[at + 1]
        if size == 128:  # no size at all: OpenSSL would look for the end, and find another key
            raise ssl.SSLError(1, "this certificate is not in DER")
        if size > 127:  # then it counts the bytes that hold the size
            start += size - 128
            size = int.from_bytes(certificate[at + 2 : start], "big")
        return start, start + size

    at = content(content(0)[0])[0]  # into the certificate, into what was signed
    for _ in range(6 if certificate[at] == 0xA0 else 5):  # version (unless it is 1) to subject
        at = content(at)[1]
    key = certificate[at : content(at)[1]]
    return "sha256/" + b64encode(sha256(key).digest()).decode()
