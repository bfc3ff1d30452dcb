"""The bank's web application: HTTP/1.1 as bytes in, bytes out.

HTTP itself is h11's affair; what a bank says is ours.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import h11

JSON, TEXT = b"application/json", b"text/plain; charset=utf-8"
_LONGEST = 100_000  # bytes of a body that a login form never has


class Bank:
    """One connection to the bank: call it with what arrives, and send what it returns.

    `POST /login` with a form that has a user and a password is answered with a token and a
    balance, as JSON; `GET /` with a line of text.  `closed` says that the bank has no more to say.
    """

    def __init__(self, token: str = "t0k3n", balance: int = 1250) -> None:  # noqa: S107 (a toy)
        self._http = h11.Connection(h11.SERVER)
        self._account = {"token": token, "balance": balance}
        self._asked: h11.Request | None = None
        self._body = b""

    @property
    def closed(self) -> bool:
        """Whether this connection has come to its end."""
        return self._http.our_state in {h11.CLOSED, h11.MUST_CLOSE, h11.ERROR}

    def __call__(self, data: bytes) -> bytes:
        """Take application data as it arrives; return what to answer now."""
        answered = b""
        try:
            self._http.receive_data(data)
            while True:
                event = self._http.next_event()
                if isinstance(event, h11.Request):
                    self._asked, self._body = event, b""
                    if self._http.they_are_waiting_for_100_continue:
                        answered += self._sent(
                            h11.InformationalResponse(status_code=100, headers=[])
                        )
                elif isinstance(event, h11.Data):
                    self._body = (self._body + bytes(event.data))[: _LONGEST + 1]
                elif isinstance(event, h11.EndOfMessage):
                    answered += self._answer()
                else:
                    return answered
        except h11.RemoteProtocolError as error:
            return answered + self._apologise(error)

    def _answer(self) -> bytes:
        asked = self._asked
        target = bytes(asked.target).partition(b"?")[0] if asked else b""
        if asked and (asked.method, target) == (b"POST", b"/login"):
            answer = self._login()
        elif asked and asked.method in {b"GET", b"HEAD"} and target == b"/":
            answer = 200, TEXT, b"This is the bank.\n"
        else:
            answer = 404, TEXT, b"The bank knows / and POST /login.\n"
        sent = self._respond(*answer)
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._asked = None
        return sent

    def _login(self) -> tuple[int, bytes, bytes]:
        form = parse_qs(self._body[:_LONGEST].decode("utf-8", "replace"))
        if not {"user", "password"} <= set(form):
            return 401, TEXT, b"A login form has a user and a password.\n"
        return 200, JSON, json.dumps(self._account).encode()

    def _apologise(self, error: h11.RemoteProtocolError) -> bytes:
        if self._http.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return b""
        return self._respond(error.error_status_hint, TEXT, b"That was no HTTP/1.1.\n")

    def _respond(self, status: int, kind: bytes, content: bytes) -> bytes:
        # What answers a HEAD has no body, also where it is an apology (RFC 9110, section 9.3.2).
        body = self._asked is None or self._asked.method != b"HEAD"
        headers = [(b"Content-Type", kind), (b"Content-Length", b"%d" % len(content))]
        head = h11.Response(status_code=status, headers=headers)
        parts = [head, *([h11.Data(content)] if body else []), h11.EndOfMessage()]
        return b"".join(self._sent(part) for part in parts)

    def _sent(self, event: h11.Event) -> bytes:
        return self._http.send(event) or b""
