"""One end of a TLS connection on memory BIOs, the server as servers are, and a careless client.

Bytes in, bytes out: nothing here opens a socket, and nothing here trusts or refuses anybody.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress

from pinlib.tls import openssl
from pinlib.tls.certificates import Identity

_DER = 2  # `_ssl.ENCODING_DER`
LONGEST = 1 << 25
"""Bytes of application data that an end takes in before it hangs up: nobody here has more to say,
and all of it is kept."""

_CHUNK = 1 << 14


class End:
    """One end of a TLS connection on memory BIOs: what both ends have in common."""

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        server_side: bool = False,
        host: str | None = None,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side, server_hostname=host, session=session
        )
        self.established = False
        self.closed = False
        self._received = bytearray()

    @property
    def received(self) -> bytes:
        """The application data that has arrived."""
        return bytes(self._received)

    @property
    def heard(self) -> int:
        """How many bytes of application data have arrived."""
        return len(self._received)

    def since(self, count: int) -> bytes:
        """Return what has arrived after so many bytes."""
        return bytes(self._received[count:])

    def _feed(self, data: bytes) -> None:
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def send(self) -> bytes:
        """Return the bytes that now go onto the wire."""
        return self._outgoing.read()

    def hang_up(self) -> None:
        """Say goodbye as TLS does (close_notify: RFC 8446, section 6.1), and say no more."""
        if not self.closed:
            self.closed = True
            if self.established:
                with suppress(ssl.SSLError):  # it would like to wait for the peer's own goodbye
                    self._tls.unwrap()

    def _shake_hands(self) -> bool:
        """Let OpenSSL go on with the handshake; return whether it is complete."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            self._broken(error)
            return False
        return True

    def _read(self) -> None:
        """Take in whatever application data has arrived."""
        try:
            # One record at a time, for a chunk is larger than a record can be.
            while self._incoming.pending or self._incoming.eof:
                data = self._tls.read(_CHUNK)
                if not data:
                    self.closed = True
                    return
                self._received += data
                if len(self._received) > LONGEST:
                    self.hang_up()
                    return
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._broken(error)

    def _broken(self, error: ssl.SSLError) -> None:
        """Take note that OpenSSL gave up."""
        raise NotImplementedError


Application = Callable[[bytes], bytes]
"""What runs on a server: takes application data as it arrives, returns what to answer now."""


def once(reply: bytes) -> Application:
    """Return an application that gives one answer, to whatever it hears first."""
    left = [reply]
    return lambda _: left.pop() if left else b""


class Server(End):
    """A server as they are: OpenSSL, an identity, and an application (or one answer to anything).

    `alert` is what its own TLS library reported of the peer's last word, or None; `received` is
    the application data that it decrypted.
    """

    def __init__(
        self,
        identity: Identity,
        application: Application | bytes = b"",
        *,
        curve: str | None = None,
    ) -> None:
        super().__init__(openssl.server_context(identity, curve), server_side=True)
        self._application = application if callable(application) else once(application)
        self.alert: str | None = None

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; b"" means that the peer has hung up."""
        if self.closed:
            return
        self._feed(data)
        self.established = self.established or self._shake_hands()
        heard = self.heard
        if self.established:
            self._read()
        if self.heard > heard and not self.closed:
            self.write(self._application(self.since(heard)))

    def write(self, data: bytes) -> None:
        """Send application data to a peer that has let us in."""
        if data:
            self._tls.write(data)

    def _broken(self, error: ssl.SSLError) -> None:
        self.closed = True
        self.alert = _alert_in(error)


class Caller(End):
    """A client that checks nothing, and so belongs in nobody's app: it is an attacker's.

    What is written before the handshake is complete goes out as soon as it is.  Whoever sat
    between him and the server could do to him what he does to others.
    """

    def __init__(self, host: str) -> None:
        super().__init__(openssl.careless_client(), host=host)
        self._waiting = b""
        self._shake_hands()

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; b"" means that the peer has hung up."""
        if self.closed:
            return
        self._feed(data)
        self.established = self.established or self._shake_hands()
        if self.established:
            self.write(b"")
            self._read()

    def write(self, data: bytes) -> None:
        """Send application data, now or as soon as that can be."""
        self._waiting += data
        if self.established and self._waiting:
            self._tls.write(self._waiting)
            self._waiting = b""

    def _broken(self, _: ssl.SSLError) -> None:
        self.closed = True


def unverified_chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """Return the presented chain as DER where the transcript stayed closed."""
    public = getattr(tls, "get_unverified_chain", None)
    if public is not None:  # Python 3.13
        return tuple(public())
    private = tls._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
    return tuple(one.public_bytes(_DER) for one in private or ())


def _alert_in(error: ssl.SSLError) -> str | None:
    """Return the alert that an error of OpenSSL's reports, or None where it reports none."""
    before, found, name = (error.reason or "").partition("ALERT_")
    return name.lower() if found and before in ("SSLV3_", "TLSV1_", "TLSV13_") else None


def in_words(error: ssl.SSLError) -> str:
    """Return why a handshake broke off, as a sentence."""
    alert = _alert_in(error)
    if alert:
        return f"The server aborted the handshake with the alert {alert}."
    # Python 3.11.2 tells an end in the middle as one that was announced.
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "The server hung up before the handshake was finished."
    said = (error.reason or "something unreadable").replace("_", " ").lower()
    return f"The handshake failed; OpenSSL says: {said}."
