"""One end of a TLS connection on memory BIOs, and the server as servers are.

Bytes in, bytes out: nothing here opens a socket, and nothing here trusts or refuses anybody.
"""

from __future__ import annotations

import ssl

from pinlib import openssl
from pinlib.certificates import Identity

_CHUNK = 1 << 16


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
        self.received = b""

    def _feed(self, data: bytes) -> None:
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

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
                self.received += data
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._broken(error)

    def _broken(self, error: ssl.SSLError) -> None:
        """Take note that OpenSSL gave up."""
        raise NotImplementedError


class Server(End):
    """A server as they are: OpenSSL, an identity, and an answer to whatever it is asked.

    `alert` is what its own TLS library reported of the peer's last word, or None; `received` is
    the application data that it decrypted.
    """

    def __init__(self, identity: Identity, reply: bytes = b"", *, curve: str | None = None) -> None:
        super().__init__(openssl.server_context(identity, curve), server_side=True)
        self._reply = reply
        self.alert: str | None = None

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; b"" means that the peer has hung up."""
        if self.closed:
            return
        self._feed(data)
        self.established = self.established or self._shake_hands()
        if self.established:
            self._read()
        if self.received and self._reply and not self.closed:
            self._tls.write(self._reply)
            self._reply = b""

    def send(self) -> bytes:
        """Return the bytes that now go onto the wire."""
        return self._outgoing.read()

    def _broken(self, error: ssl.SSLError) -> None:
        self.closed = True
        self.alert = _alert_in(error)


def unverified_chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """Return the presented chain as DER where the transcript stayed closed."""
    public = getattr(tls, "get_unverified_chain", None)
    if public is not None:  # Python 3.13
        return tuple(public())
    private = tls._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
    return tuple(ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in private or ())


def _alert_in(error: ssl.SSLError) -> str | None:
    """Return the alert that an error of OpenSSL's reports, or None where it reports none."""
    before, found, name = (error.reason or "").partition("ALERT_")
    return name.lower() if found and before in ("SSLV3_", "TLSV1_", "TLSV13_") else None


def in_words(error: ssl.SSLError) -> str:
    """Return why a handshake broke off, as a sentence."""
    alert = _alert_in(error)
    if alert:
        return f"The server broke off: it sent the alert {alert}."
    if isinstance(error, ssl.SSLEOFError):
        return "The server hung up before the handshake was finished."
    said = (error.reason or "something unreadable").replace("_", " ").lower()
    return f"The handshake broke off; OpenSSL says: {said}."
