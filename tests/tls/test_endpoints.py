"""The two ends on memory BIOs: what arrives is kept once, in linear time, and not without end."""

from __future__ import annotations

from collections.abc import Iterator
from time import thread_time

import pytest

from pinlib import Cast, Connection, Server
from pinlib.scenes.cast import HOST, TODAY
from pinlib.tls import endpoints
from pinlib.tls.handshake import talk


def connected(cast: Cast) -> tuple[Connection, Server]:
    """Return a phone and a bank that have shaken hands."""
    phone, server = Connection(cast.phone, HOST, TODAY), Server(cast.bank)
    talk(phone, server)
    assert phone.established
    assert server.established
    return phone, server


def sent(phone: Connection, server: Server, size: int) -> Iterator[int]:
    """Let the phone say so much, 16 kB at a time; yield what has arrived each time."""
    for _ in range(size >> 14):
        phone.write(b"x" * (1 << 14))
        server.receive(phone.send())
        yield server.heard


def test_ten_times_as_much_takes_ten_times_as_long(cast: Cast) -> None:
    """What has arrived is not copied for every record that follows it."""

    def seconds(size: int) -> float:
        phone, server = connected(cast)
        start = thread_time()
        for _ in sent(phone, server, size):
            pass
        assert server.heard == size
        assert server.received == b"x" * size
        return thread_time() - start

    small, large = (min(seconds(size) for _ in range(3)) for size in (1 << 20, 1 << 24))
    assert large / small < 4 * 16


def test_whoever_says_too_much_is_hung_up_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """An end keeps what it hears, so there is an end to it: the visitor hears a goodbye."""
    monkeypatch.setattr(endpoints, "LONGEST", 1 << 20)
    phone, server = connected(cast)
    arrived = list(sent(phone, server, 1 << 21))
    assert server.closed
    assert max(arrived) <= (1 << 20) + (1 << 14)
    phone.receive(server.send())
    assert phone.closed


@pytest.mark.parametrize(
    ("code", "name"),
    [(42, "bad_certificate"), (70, "protocol_version"), (109, "missing_extension")],
)
def test_a_server_names_an_alert_of_every_age(cast: Cast, code: int, name: str) -> None:
    """SSL 3.0, TLS 1.0 and TLS 1.3 each brought alerts, and OpenSSL names them each in its way."""
    server = Server(cast.bank)
    server.receive(Connection(cast.phone, HOST, TODAY).send())
    server.receive(b"\x15\x03\x03\x00\x02\x02" + bytes([code]))
    assert server.closed
    assert server.alert == name
