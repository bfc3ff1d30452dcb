"""The phone's end of a connection as bytes in, bytes out, and a `Verdict` at the end.

    presented chain ──► path validation at a date ──► verified chain ──► the device's pin check

`Connection` drives a real OpenSSL client and holds back its answer to the server's flight.  While
it is held, the ladder of checks is climbed; then the answer is released, or a real TLS alert goes
out in its place.  `connect` lets it talk in memory to a `Server` as servers are.  Nothing here
opens a socket, starts a thread, or asks what time it is.
"""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import datetime

from pinlib.encoding.naming import general_name, read_certificate
from pinlib.errors import NotReadable
from pinlib.tls import openssl
from pinlib.tls.certificates import Identity
from pinlib.tls.devices import Check, Device, Moment
from pinlib.tls.endpoints import End, Server, in_words, unverified_chain
from pinlib.tls.openssl import Tls
from pinlib.tls.path_validation import Chain
from pinlib.tls.records import Content, Sender
from pinlib.tls.transcript import Message, Transcript
from pinlib.tls.verdicts import Findings, Outcome, Verdict

# RFC 8446, section 6.2: which alert says which refusal.  OpenSSL itself says decrypt_error (51)
# about a signature that does not verify.
_ALERTS = {
    Check.CHAIN: ssl.AlertDescription.ALERT_DESCRIPTION_UNKNOWN_CA,
    Check.NAME: ssl.AlertDescription.ALERT_DESCRIPTION_BAD_CERTIFICATE,
    Check.DATE: ssl.AlertDescription.ALERT_DESCRIPTION_CERTIFICATE_EXPIRED,
    Check.PIN: ssl.AlertDescription.ALERT_DESCRIPTION_BAD_CERTIFICATE,
}
_FATAL = 2
_CHANGE_CIPHER_SPEC = b"\x14\x03\x03\x00\x01\x01"  # sent before a second hello, and means nothing


class Connection(End):
    """A device connecting to a host on a date: the client's end, and the gate before its answer.

    Feed it with `receive`, put onto the wire what `send` returns, until `decided`.  Then `write`
    sends application data, if the device let the peer in.  Raises `BadHost` for a host that
    cannot be, and `BadPinCheck` for a pin check that answers neither a pin nor None.

    With `told` left out the chain comes from OpenSSL and nothing of the handshake is opened: that
    is enough for an outcome, and what thousands of them are made with.
    `session` resumes an earlier connection's session, which shows why nobody should pin without
    thinking of it: the peer then sends no certificate at all.
    """

    def __init__(
        self,
        device: Device,
        host: str,
        date: datetime,
        *,
        told: bool = True,
        session: ssl.SSLSession | None = None,
    ) -> None:
        name = general_name(host)
        # TLS 1.2 shows its certificates in clear: there, no secret is asked for.
        self._client = openssl.client(device.tls, logged=told and device.tls is Tls.V1_3)
        super().__init__(self._client.context, host=str(name.value), session=session)
        keylog = self._client.keylog
        start = keylog.size if keylog else 0
        self._transcript = Transcript(
            lambda random: keylog.secrets(random, start) if keylog else {}
        )
        self._findings = Findings(device, host, date)
        self._device = device
        self._outbox = b""
        self._told = told
        self._greeted = self._looked = self._has_decided = False
        self._wrote: list[bytes] = []
        self._advance()

    @property
    def decided(self) -> bool:
        """Whether the device has made up its mind, or sends its login before it does."""
        late = self.established and self._device.moment is Moment.LATE
        return self._has_decided or late

    @property
    def session(self) -> ssl.SSLSession | None:
        """The session as OpenSSL would resume it."""
        return self._tls.session

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; b"" means that the peer has hung up."""
        if self.closed:
            return
        self._transcript.hear(Sender.SERVER, data)
        self._feed(data)
        if self.established:
            self._read()
        else:
            self._advance()

    def send(self) -> bytes:
        """Return the bytes that now go onto the wire: nothing that the gate holds back."""
        data, self._outbox = self._outbox, b""
        return data

    def write(self, data: bytes) -> None:
        """Send application data.  A device that refused its peer has nothing to say to it."""
        if not (self.established and self.decided and not self.closed):
            raise ValueError("this device has not let its peer in: look at the verdict")
        self._tls.write(data)
        self._wrote.append(data)
        self._release(self._outgoing.read())
        if not self._has_decided:
            self._check_afterwards()

    @property
    def outcome(self) -> Outcome:
        """What the device decided, in one word: for whoever shakes thousands of hands."""
        return self._decided().outcome

    @property
    def verdict(self) -> Verdict:
        """What the device decided, as far as its own end knows."""
        return self.judged()

    def judged(self, *, alert: str | None = None, application_bytes: int = 0) -> Verdict:
        """Return the verdict, with what only the other end knows: the alert and the bytes it saw.

        That is for whoever drives both ends to say.
        """
        found = self._decided()
        self._transcript.read()
        return Verdict(
            # A copy, for in TLS 1.2 the server can break off after the device has decided.
            findings=replace(found),
            alert=alert,
            application_bytes=application_bytes,
            timeline=tuple(self._annotated()),
            decided=self._transcript.before_mark,
            eavesdropped=tuple(self._transcript.eavesdropped),
        )

    def _decided(self) -> Findings:
        if self.decided and not self._has_decided:
            self._check_afterwards()  # it had nothing to send
        if not self._has_decided:
            raise ValueError("the handshake is still going on: feed it what the server sends")
        return self._findings

    def _advance(self) -> None:
        """Let OpenSSL go on, and look at what it would answer before that leaves the phone."""
        complete = self._shake_hands()
        answer = self._outgoing.read()
        if self.closed or not (complete or answer):
            return
        if not self._is_hello(answer) and not self._looked:
            inside = self._device.moment is Moment.INSIDE
            failed = self._climb(with_pin=inside)
            if failed:
                self._refuse_with_an_alert(failed)
                return
            if inside:
                self._decide()
        self._release(answer)
        if complete:
            self._finish()

    def _finish(self) -> None:
        self.established = True
        if self._device.moment is Moment.AFTER:
            self._check_afterwards()
        if not self.closed:
            self._read()

    def _check_afterwards(self) -> None:
        """Check the pin once the handshake is complete.

        This client then hangs up: the peer has seen a whole handshake, and no alert.  Others say
        goodbye (close_notify), which is an alert too, and says nothing about a pin.
        """
        self._findings.check_pin()
        self._decide()
        self.closed = self.closed or self._findings.failed is not None

    def _climb(self, *, with_pin: bool) -> Check | None:
        """Climb the ladder on what the server presented; return the rung that fails, if one does.

        OpenSSL has checked the server's signature by now, or would not have answered; on a resumed
        session nobody signed anything.
        """
        found = self._findings
        self._look()
        found.owns_key = True if found.presented else None
        if with_pin and found.failed is None:
            found.check_pin()
        return found.failed

    def _look(self) -> None:
        """Validate what the server presented, at the date of the story."""
        self._looked = True
        try:
            presented = self._presented()
        except NotReadable as error:
            self._findings.broke_off = f"The server sent a broken certificate: {error}."
            presented = ()
        self._findings.look(presented)

    def _presented(self) -> Chain:
        ders = self._transcript.certificates if self._told else None
        if ders is None:
            ders = unverified_chain(self._tls)
        return tuple(read_certificate(der) for der in ders)

    def _is_hello(self, answer: bytes) -> bool:
        """Tell whether what would leave is a ClientHello: the first, or a second on request.

        After the first, all else that a client sends in TLS 1.3 is sealed and looks like
        application data (RFC 8446, section 5.2), and TLS 1.2 knows no second one.
        """
        first, self._greeted = not self._greeted, True
        sent = answer.removeprefix(_CHANGE_CIPHER_SPEC)[:1]
        return first or (self._device.tls is Tls.V1_3 and sent == bytes([Content.HANDSHAKE]))

    def _refuse_with_an_alert(self, failed: Check) -> None:
        """Put an alert where OpenSSL's answer would have gone, sealed as that would have been."""
        self._decide()
        self.closed = True
        alert = bytes([_FATAL, _ALERTS[failed]])
        sealer = None
        if self._device.tls is Tls.V1_3:
            sealer = self._transcript.sealer("CLIENT_HANDSHAKE_TRAFFIC_SECRET")
        if sealer is not None:
            self._release(sealer.seal(Content.ALERT, alert))
        else:
            # Without the secrets of TLS 1.3 the alert goes out in clear: OpenSSL's servers accept
            # that until the client has sent its first encrypted record.
            self._release(b"\x15\x03\x03\x00\x02" + alert)

    def _broken(self, error: ssl.SSLError) -> None:
        """Record that OpenSSL itself gave up, or that the server did; its alert goes out."""
        if error.reason == "BAD_SIGNATURE" and not self.decided:
            self._look()
            self._findings.owns_key = False
        elif not self.established:
            # Even after the decision: in TLS 1.2 the server has yet to show that it saw the same
            # handshake, in a Finished of its own.
            self._findings.broke_off = in_words(error)
        if not self.decided:
            self._decide()
        self._release(self._outgoing.read())
        self.closed = True

    def _decide(self) -> None:
        self._has_decided = True
        self._transcript.mark()

    def _release(self, data: bytes) -> None:
        self._transcript.hear(Sender.CLIENT, data)
        self._outbox += data

    def _annotated(self) -> list[Message]:
        """Return the messages as the phone knows them: it need not decrypt what it wrote itself."""
        written = iter(self._wrote)
        told = []
        for message in self._transcript.opened:
            ours = message.sender is Sender.CLIENT and message.name == "application data"
            plain = next(written, b"") if ours else b""
            if plain:
                data = Content.APPLICATION_DATA
                message = message._replace(size=len(plain), body=plain, content=data, record=b"")
            told.append(message)
        return told


def connect(
    device: Device,
    identity: Identity,
    host: str,
    date: datetime,
    *,
    request: bytes = b"",
    reply: bytes = b"",
) -> Verdict:
    """Let a device connect to whoever holds `identity`, in memory, and return its verdict.

    `request` is what the device sends once it has let its peer in, `reply` what it hears back.
    The verdict holds what the server saw: its alert, and how many bytes reached it.
    """
    phone, server = Connection(device, host, date), Server(identity, reply)
    talk(phone, server)
    if request and phone.established and not phone.closed:
        phone.write(request)
        talk(phone, server)
    if not phone.established:
        phone.receive(b"")
    return phone.judged(alert=server.alert, application_bytes=server.heard)


def outcome_of(device: Device, identity: Identity, host: str, date: datetime) -> Outcome:
    """Return what a device decides about whoever holds `identity`, and nothing beside.

    It is a whole handshake, like `connect`'s, of which nothing is opened: for whoever makes
    thousands.
    """
    phone = Connection(device, host, date, told=False)
    talk(phone, Server(identity))
    return phone.outcome


def talk(phone: Connection, server: Server) -> None:
    """Carry bytes between two ends until neither has anything more to say."""
    while True:
        going, coming = phone.send(), server.send()
        if going:
            server.receive(going)
        if coming:
            phone.receive(coming)
        if phone.closed and not server.closed:
            server.receive(phone.send())
            server.receive(b"")
            return
        if not going and not coming:
            return
