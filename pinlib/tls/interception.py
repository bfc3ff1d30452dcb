"""The man in the middle as bytes in, bytes out, and what stands in his notebook afterwards.

    victim ──TLS──► his server's end │ plain text │ his client's end ──TLS──► the bank

He breaks no cipher.  He ends the victim's connection himself, with whatever certificate he can
show for the name asked for, and opens one of his own to the bank.  What he can read is what his
own TLS library decrypted, and that is all that his notebook holds.  Whether the victim lets him in
is the victim's affair: nothing here decides that.

`intercept` lets it happen in memory; `pinlib.tls.sockets` over real sockets, with the same objects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from pinlib.errors import BadHost
from pinlib.tls.certificates import Authority, Identity, Validity
from pinlib.tls.devices import Device
from pinlib.tls.endpoints import Application, Caller, Server
from pinlib.tls.handshake import Connection
from pinlib.tls.records import Sender
from pinlib.tls.transcript import Transcript
from pinlib.tls.verdicts import Verdict

Shows = Callable[[str], Identity]
"""What the man in the middle shows to a victim who asks for a host."""

_PATIENCE = 1 << 16  # bytes of a ClientHello that never ends
_HANDSHAKE = 0x16


@dataclass(frozen=True, slots=True)
class Page:
    """What the man in the middle has of one victim.

    `asked_for` is the name in the ClientHello, which he learns from everybody.  `request` is what
    he read of the victim's, `reply` what the bank answered, `passed_on` what he made of it; all
    three in plain text.  `alert` is the victim's last word, as his TLS library reports it.
    `victim` is where the victim called from, on real sockets.
    """

    asked_for: str
    established: bool
    alert: str | None
    request: bytes
    reply: bytes
    passed_on: bytes
    victim: str = ""

    @property
    def application_bytes(self) -> int:
        """Bytes of the victim's application data that he could read."""
        return len(self.request)


@dataclass
class Interceptor:
    """Somebody in the middle: what she shows, what she changes, and her notes, a page a victim.

    With an `own_answer` she gives that, and never calls the bank.
    """

    shows: Shows
    change: Callable[[bytes], bytes] = bytes
    pages: list[Page] = field(default_factory=list)
    own_answer: bytes | None = None

    def meet(self, victim: str = "") -> Interception:
        """Return what he does with the next victim."""
        return Interception(self, victim)


class Forger:
    """Makes a certificate on the fly for whatever name is asked for, and keeps it for next time."""

    def __init__(self, authority: Authority, valid: Validity) -> None:
        self._authority, self._valid = authority, valid
        self._made: dict[str, Identity] = {}

    def __call__(self, host: str) -> Identity:
        """Return his certificate for a host.  Raises BadHost for what no host can be called."""
        known = self._made.get(host)
        # Two victims may ask at once: what was kept first is what both are shown.
        return known or self._made.setdefault(host, self._authority.issue(host, valid=self._valid))


class Interception:
    """One victim: two connections, and the plain text between them.

    Feed it what the victim and the bank send; put onto the wires what `to_victim` and `to_bank`
    return.  `calls` is the host that he wants to reach, from the moment when the victim has let
    him in; before that he does not trouble the bank.
    """

    def __init__(self, interceptor: Interceptor, victim: str = "") -> None:
        self._interceptor, self._victim = interceptor, victim
        self._hello, self._held = Transcript(), b""
        self._asked_for = ""
        self._front: Server | None = None
        self._back: Caller | None = None
        self._taken = self._given = 0
        self._passed_on = bytearray()
        self.closed = False

    @property
    def calls(self) -> str | None:
        """The host that a connection is wanted to, or None."""
        return self._asked_for if self._back is not None else None

    @property
    def page(self) -> Page:
        """What he has so far."""
        front, back = self._front, self._back
        return Page(
            asked_for=self._asked_for,
            established=front is not None and front.established,
            alert=front.alert if front else None,
            request=front.received if front else b"",
            reply=back.received if back else b"",
            passed_on=bytes(self._passed_on),
            victim=self._victim,
        )

    def from_victim(self, data: bytes) -> None:
        """Take bytes from the victim; b"" means that the victim has hung up."""
        if self.closed:
            return
        if self._front is None:
            if not data:
                self._end()
                return
            data = self._listen(data)
        if self._front is not None:
            self._front.receive(data)
            self._carry()

    def from_bank(self, data: bytes) -> None:
        """Take bytes from the bank; b"" means that the bank has hung up."""
        if self._back is not None and not self.closed:
            self._back.receive(data)
            self._carry()

    def to_victim(self) -> bytes:
        """Return the bytes that now go to the victim."""
        return self._front.send() if self._front else b""

    def to_bank(self) -> bytes:
        """Return the bytes that now go to the bank."""
        return self._back.send() if self._back else b""

    def _listen(self, data: bytes) -> bytes:
        """Wait for the name that is asked for; then return everything heard, for TLS to read.

        Who asks for no name, or speaks no TLS at all, is let go: he cannot tell whom to be.
        """
        self._held += data
        self._hello.hear(Sender.CLIENT, data)
        self._hello.read()
        name = self._hello.asked_for
        no_hello = self._held[:1] not in (b"", bytes([_HANDSHAKE])) or len(self._held) > _PATIENCE
        if name is None and not no_hello:
            return b""
        self._asked_for = name or ""
        try:
            identity = self._interceptor.shows(self._asked_for)
        except BadHost:  # a name for which nobody can make a certificate: he lets that one go
            self._end()
            return b""
        self._front = Server(identity)
        return self._held

    def _carry(self) -> None:
        """Carry plain text from each side to the other, once both are there."""
        front, back = self._front, self._back
        if front is None:
            return
        own = self._interceptor.own_answer
        if own is not None:
            if front.heard > self._taken and not front.closed:
                self._taken = front.heard
                self._passed_on += own
                front.write(own)
        elif front.established and back is None and not front.closed:
            back = self._back = Caller(self._asked_for)
        if back is not None:
            back.write(front.since(self._taken))
            self._taken = front.heard
            self._answer(front, back.since(self._given))
            self._given = back.heard
        if front.closed or (back is not None and back.closed):
            self._end()

    def _answer(self, front: Server, said: bytes) -> None:
        if said and not front.closed:
            changed = self._interceptor.change(said)
            self._passed_on += changed
            front.write(changed)

    def _end(self) -> None:
        if self.closed:
            return
        self.closed = True
        for end in (self._front, self._back):
            if end is not None:
                end.hang_up()
        self._interceptor.pages.append(self.page)


@dataclass(frozen=True, slots=True)
class Encounter:
    """What came of a connection with somebody in the middle.

    The verdict is the victim's, with the alert and the bytes as they arrived in the middle;
    `heard` is what the victim believes to be the bank's answer.
    """

    verdict: Verdict
    page: Page
    heard: bytes

    @classmethod
    def of(cls, verdict: Verdict, page: Page, heard: bytes) -> Encounter:
        """Put the two sides' knowledge together."""
        count = page.application_bytes
        return cls(replace(verdict, alert=page.alert, application_bytes=count), page, heard)


def intercept(
    device: Device,
    interceptor: Interceptor,
    bank: Identity,
    host: str,
    date: datetime,
    *,
    request: bytes = b"",
    application: Application | bytes = b"",
) -> Encounter:
    """Let a device connect to its bank through the interceptor, in memory."""
    phone, between = Connection(device, host, date), interceptor.meet()
    server = Server(bank, application)
    _carry(phone, between, server)
    if request and phone.established and not phone.closed:
        phone.write(request)
        _carry(phone, between, server)
    between.from_victim(b"")
    if not phone.established:
        phone.receive(b"")
    return Encounter.of(phone.verdict, between.page, phone.received)


def _carry(phone: Connection, between: Interception, server: Server) -> None:
    """Carry bytes between the three until none of them has anything more to say."""
    while True:
        said = phone.send()
        if said:
            between.from_victim(said)
        told = between.to_victim()
        if told:
            phone.receive(told)
        asked = between.to_bank()
        if asked:
            server.receive(asked)
        answered = server.send()
        if answered:
            between.from_bank(answered)
        if not (said or told or asked or answered):
            return
