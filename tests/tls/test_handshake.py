"""The gate, possession, every way in which a connection can end, and bytes in any chunking."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlib import (
    Cast,
    Check,
    Connection,
    Device,
    Identity,
    Mark,
    Moment,
    Outcome,
    Sender,
    Server,
    Strategy,
    Tls,
    Verdict,
    connect,
)
from pinlib.errors import BadHost
from pinlib.scenes.cast import HOST, LOGIN, TODAY, story
from pinlib.tls import handshake
from pinlib.tls.certificates import Validity, ed25519_key, p384, rsa2048, rsa3072
from pinlib.tls.handshake import outcome_of, talk
from pinlib.tls.openssl import server_context
from pinlib.tls.transcript import NOT_OPENED
from tests.strangers import EDI_PARTY_NAME, SAN, X400_ADDRESS, raw, stranger

ANSWERS = {"ClientKeyExchange", "ChangeCipherSpec", "Finished"}
A_YEAR = Validity.days(TODAY, 365)


class Raw:
    """A real OpenSSL server under a context of the test's own."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.error: ssl.SSLError | None = None

    def answer(self, data: bytes) -> bytes:
        """Return what the server says to these bytes."""
        self.incoming.write(data)
        try:
            self.tls.do_handshake()
            self.tls.read()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self.error = error
        return self.outgoing.read()


def context(tls: Tls, identity: Identity | None, ciphers: str = "") -> ssl.SSLContext:
    """Return a plain server context of one version, with a certificate or without."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if identity is None else server_context(identity)
    if identity is not None:
        server_context.cache_clear()  # this one is changed, so nobody else may get it
    version = {Tls.V1_2: ssl.TLSVersion.TLSv1_2, Tls.V1_3: ssl.TLSVersion.TLSv1_3}[tls]
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.maximum_version = version
    made.minimum_version = version
    if ciphers:
        made.set_ciphers(ciphers)
    return made


def pinned(cast: Cast, tls: Tls, **more: Any) -> Device:
    """Return the phone with the bank's key pinned."""
    return replace(cast.phone, tls=tls, pins=cast.pins(Strategy.LEAF_KEY), **more)


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """Return the data cut at these places."""
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[a:b] for a, b in pairwise(places)]


def in_pieces(phone: Connection, server: Server, cut: Callable[[bytes], list[bytes]]) -> None:
    """Let the two talk, every delivery cut up."""
    for _ in range(12):
        for piece in cut(phone.send()):
            server.receive(piece)
        for piece in cut(server.send()):
            phone.receive(piece)


def same(one: Verdict, other: Verdict) -> bool:
    """Say whether two verdicts tell the same story."""
    return (one.outcome, one.reason, one.ladder, one.match) == (
        other.outcome,
        other.reason,
        other.ladder,
        other.match,
    )


# --- possession and alerts


@pytest.mark.usefixtures("mode")
def test_a_copied_certificate_stops_at_a_signature(cast: Cast, tls: Tls) -> None:
    """OpenSSL itself finds the signature bad; the server hears decrypt_error."""
    verdict = connect(pinned(cast, tls), cast.bank.copied(), HOST, TODAY, request=LOGIN)
    assert verdict.outcome is Outcome.REFUSED_BY_KEY
    assert verdict.alert == "decrypt_error"
    assert [rung.mark for rung in verdict.ladder] == [
        Mark.HOLDS,
        Mark.HOLDS,
        Mark.HOLDS,
        Mark.FAILS,
        Mark.NOT_REACHED,
    ]
    assert verdict.presented == cast.bank.chain
    assert verdict.application_bytes == 0


@pytest.mark.usefixtures("mode")
def test_a_copy_fails_openssls_own_check(
    cast: Cast, tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rung reports what OpenSSL raised: BAD_SIGNATURE, seen on its way."""
    seen = []
    broken = Connection._broken

    def watch(self: Connection, error: ssl.SSLError) -> None:
        seen.append(error.reason)
        broken(self, error)

    monkeypatch.setattr(Connection, "_broken", watch)
    connect(pinned(cast, tls), cast.bank.copied(), HOST, TODAY)
    assert seen == ["BAD_SIGNATURE"]


@pytest.mark.usefixtures("mode")
def test_a_pin_checked_late_ends_in_silence(cast: Cast, tls: Tls) -> None:
    """Checked after the handshake, a mismatch sends no alert: a finished handshake and no byte."""
    event = cast.events["another trusted CA mis-issues"]
    device = replace(event.device(Strategy.LEAF_KEY, tls), moment=Moment.AFTER)
    phone, server = Connection(device, HOST, TODAY), Server(event.identity)
    talk(phone, server)
    assert server.established
    assert (server.alert, server.received) == (None, b"")
    verdict = phone.verdict
    assert verdict.outcome is Outcome.REFUSED_BY_PIN
    assert verdict.moment is Moment.AFTER
    assert verdict.decided == len(verdict.timeline)
    with pytest.raises(ValueError, match="not let its peer in"):
        phone.write(LOGIN)


@pytest.mark.usefixtures("mode")
def test_both_moments_agree_on_who_gets_in(cast: Cast, tls: Tls) -> None:
    """When the pin is checked changes what the other side sees, never the outcome.

    Nor the bytes, unless it is checked after the login was sent: then all of it is gone.
    """
    for event in cast.events.values():
        inside = event.device(Strategy.LEAF_KEY, tls)
        verdicts = [
            connect(replace(inside, moment=moment), event.identity, HOST, event.date, request=LOGIN)
            for moment in Moment
        ]
        assert same(*verdicts[:2]) and same(*verdicts[1:]), event.name
        assert verdicts[0].application_bytes == verdicts[1].application_bytes, event.name
        by_pin = verdicts[0].outcome is Outcome.REFUSED_BY_PIN
        late = len(LOGIN) if by_pin else verdicts[0].application_bytes
        assert verdicts[2].application_bytes == late, event.name


def test_a_late_check_does_not_open_a_connection_again(cast: Cast, tls: Tls) -> None:
    """The bank hung up before a word was said; reading the verdict leaves the connection closed."""
    event = cast.events["initial"]
    device = replace(event.device(Strategy.LEAF_KEY, tls), moment=Moment.LATE)
    phone, server = Connection(device, HOST, event.date), Server(event.identity)
    talk(phone, server)
    phone.receive(b"")
    assert phone.closed
    assert phone.verdict.connected
    assert phone.closed
    with pytest.raises(ValueError, match="not let its peer in"):
        phone.write(LOGIN)


# --- the gate and the timeline


def check_the_gate(device: Device, identity: Identity) -> Verdict:
    """Watch the wire until the verdict."""
    asked = []

    def look(evidence: Any) -> Any:
        asked.append(phone.send())  # what would leave the phone while the pin is being checked
        return device.pins.match(evidence.verified) if device.pins else None

    phone, server = Connection(replace(device, pin_check=look), HOST, TODAY), Server(identity)
    server.receive(phone.send())
    phone.receive(server.send())
    if not asked:  # another round trip
        server.receive(phone.send())
        phone.receive(server.send())
    assert asked == [b""]
    talk(phone, server)
    return phone.verdict


@pytest.mark.usefixtures("mode")
def test_nothing_is_answered_before_the_verdict(cast: Cast, tls: Tls) -> None:
    """While the pin is checked, nothing waits to be sent; `decided` stands before our answer."""
    verdict = check_the_gate(pinned(cast, tls), cast.bank)
    before, after = verdict.timeline[: verdict.decided], verdict.timeline[verdict.decided :]
    assert [m.name for m in before if m.sender is Sender.CLIENT] == ["ClientHello"]
    assert before[-1].sender is Sender.SERVER
    assert after[0].sender is Sender.CLIENT
    assert after[0].name in ANSWERS


def test_a_refusal_puts_an_alert_where_the_answer_would_stand(
    cast: Cast, tls: Tls, mode: str
) -> None:
    """After a refusal inside the handshake the phone says one thing only, an alert.

    In TLS 1.3 it is sealed, as far as this Python has the secrets to seal it with.
    """
    verdict = cast.events["another trusted CA mis-issues"].verdict(Strategy.LEAF_KEY, tls)
    (after,) = verdict.timeline[verdict.decided :]
    assert after.sender is Sender.CLIENT
    assert (after.name, after.detail) == ("Alert", "bad_certificate")
    sealed = tls is Tls.V1_3 and mode == "opened"
    assert after.encrypted == sealed
    assert (verdict.eavesdropped[-1].name == "Alert") == (not sealed)


def test_the_timeline_is_the_handshake_of_the_rfcs(cast: Cast, tls: Tls, mode: str) -> None:
    """The messages come in the order of RFC 5246 and RFC 8446, and no session ticket among them."""
    verdict = cast.events["initial"].verdict(Strategy.LEAF_KEY, tls)
    names = [m.name for m in verdict.timeline if m.name != "ChangeCipherSpec"]
    flights = {
        Tls.V1_2: "ClientHello ServerHello Certificate ServerKeyExchange ServerHelloDone "
        "ClientKeyExchange Finished Finished",
        Tls.V1_3: "ClientHello ServerHello EncryptedExtensions Certificate CertificateVerify "
        "Finished Finished",
    }
    if tls is Tls.V1_3 and mode == "headers":
        assert names[:2] == ["ClientHello", "ServerHello"]
        assert {m.detail for m in verdict.timeline if m.encrypted} == {NOT_OPENED}
    else:
        assert names == [*flights[tls].split(), "application data", "application data"]
    assert "NewSessionTicket" not in names


@pytest.mark.usefixtures("mode")
def test_an_eavesdropper_sees_every_byte_and_no_certificate_in_tls_1_3(
    cast: Cast, tls: Tls
) -> None:
    """Record sizes sum to all that crossed; the leaf is among it in TLS 1.2 and not in TLS 1.3."""
    phone, server = Connection(pinned(cast, tls), HOST, TODAY), Server(cast.bank, b"hi")
    crossed = b""
    for turn in range(6):
        if going := phone.send():
            server.receive(going)
        coming = server.send()
        if coming:
            phone.receive(coming)
        crossed += going + coming
        if turn == 3:
            phone.write(LOGIN)
    verdict = phone.verdict
    assert sum(m.size for m in verdict.eavesdropped) == len(crossed)
    in_clear = cast.bank.leaf.public_bytes(Encoding.DER) in crossed
    assert in_clear == (tls is Tls.V1_2)
    named = [m for m in verdict.eavesdropped if "Certificate" in m.name.split(" + ")]
    assert bool(named) == (tls is Tls.V1_2)
    assert LOGIN not in crossed
    assert not any(m.body for m in verdict.eavesdropped if m.encrypted)


# --- chunks, round trips, hang-ups


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("name", ["initial", "another trusted CA mis-issues", "expired leaf"])
def test_one_byte_at_a_time_gives_the_same_verdict(cast: Cast, tls: Tls, name: str) -> None:
    """TCP may deliver anything down to a byte; the verdict is about what was said."""
    event = cast.events[name]
    device = event.device(Strategy.LEAF_KEY, tls)
    phone, server = Connection(device, HOST, event.date), Server(event.identity)
    in_pieces(phone, server, lambda data: [bytes([byte]) for byte in data])
    assert same(phone.verdict, event.verdict(Strategy.LEAF_KEY, tls))


@given(cuts=st.lists(st.integers(1, 2500), max_size=12), tls=st.sampled_from(Tls))
@settings(max_examples=40)
def test_any_splits_give_the_same_verdict(cuts: list[int], tls: Tls) -> None:
    """However the bytes are cut, the verdict is the same."""
    cast = story()
    phone, server = Connection(pinned(cast, tls), HOST, TODAY), Server(cast.bank)
    in_pieces(phone, server, lambda data: pieces(data, cuts))
    assert phone.verdict.connected


@pytest.mark.usefixtures("mode")
def test_a_hello_retry_request_is_one_more_round_trip(cast: Cast) -> None:
    """A server that insists on another curve sends HelloRetryRequest; gate and verdict hold."""
    for name in ("initial", "another trusted CA mis-issues"):
        event = cast.events[name]
        device = event.device(Strategy.LEAF_KEY, Tls.V1_3)
        phone, server = (
            Connection(device, HOST, event.date),
            Server(event.identity, curve="secp384r1"),
        )
        talk(phone, server)
        verdict = phone.verdict
        said = [m.name for m in verdict.timeline]
        assert said[1] == "HelloRetryRequest"
        assert said.count("ClientHello") == 2
        assert same(verdict, event.verdict(Strategy.LEAF_KEY))


@pytest.mark.usefixtures("mode")
def test_a_peer_may_hang_up_anywhere(cast: Cast, tls: Tls) -> None:
    """Wherever the server's bytes stop, there is a verdict; Connected only after the handshake."""
    reference = Connection(pinned(cast, tls), HOST, TODAY)
    server = Server(cast.bank)
    server.receive(reference.send())
    length = len(server.send())
    for stop in range(0, length, 37):
        phone, server = Connection(pinned(cast, tls), HOST, TODAY), Server(cast.bank)
        server.receive(phone.send())
        phone.receive(server.send()[:stop] or b"")
        phone.receive(b"")
        phone.receive(b"")
        assert phone.decided
        assert phone.closed
        verdict = phone.verdict
        assert verdict.outcome is Outcome.NO_HANDSHAKE
        assert verdict.reason == "The server hung up before the handshake was finished."


def test_a_tls_1_2_server_that_never_finishes_has_not_connected(cast: Cast) -> None:
    """In TLS 1.2 the server speaks last: until then nothing is connected."""
    for hang_up in (True, False):
        phone, server = Connection(pinned(cast, Tls.V1_2), HOST, TODAY), Server(cast.bank)
        server.receive(phone.send())
        phone.receive(server.send())
        assert phone.decided
        phone.receive(b"" if hang_up else b"\x15\x03\x03\x00\x02\x02\x33")
        assert phone.verdict.outcome is Outcome.NO_HANDSHAKE
        with pytest.raises(ValueError, match="not let its peer in"):
            phone.write(LOGIN)


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("name", ["initial", "another trusted CA mis-issues"])
@pytest.mark.parametrize("turns", [1, 5])
@pytest.mark.parametrize("ends", [b"", b"\x15\x03\x03\x00\x02\x02\x28", b"\x17\x03\x03\x00\x02no"])
def test_a_device_decides_once(
    cast: Cast, tls: Tls, moment: Moment, name: str, turns: int, ends: bytes
) -> None:
    """Its place in the timeline stays, whatever follows: an answer, an alert, noise, a hang-up."""
    event = cast.events[name]
    device = replace(event.device(Strategy.LEAF_KEY, tls), moment=moment)
    phone, server = Connection(device, HOST, event.date), Server(event.identity, b"hi")
    decided = []

    def hear(said: bytes) -> None:
        phone.receive(said)
        if phone.decided:
            decided.append(phone.verdict.decided)

    for _ in range(turns):
        server.receive(phone.send() or b"")
        if said := server.send():
            hear(said)
        if phone.established and not phone.closed and not server.received:
            phone.write(LOGIN)
    hear(ends)
    hear(b"")
    assert len(decided) >= 2
    assert len(set(decided)) == 1
    assert decided[0] <= len(phone.verdict.timeline)


@pytest.mark.usefixtures("mode")
def test_versions_that_do_not_meet(cast: Cast, tls: Tls) -> None:
    """A server that speaks only the other version ends in a sentence, not in an exception."""
    other = next(one for one in Tls if one is not tls)
    phone, raw = Connection(pinned(cast, tls), HOST, TODAY), Raw(context(other, cast.bank))
    phone.receive(raw.answer(phone.send()))
    phone.receive(b"")
    verdict = phone.verdict
    assert verdict.outcome is Outcome.NO_HANDSHAKE
    assert verdict.reason.endswith(".")
    assert "\n" not in verdict.reason


@pytest.mark.usefixtures("mode")
def test_a_server_that_speaks_http_is_no_tls_server(cast: Cast, tls: Tls) -> None:
    """Garbage in place of ServerHello is told as such."""
    phone = Connection(pinned(cast, tls), HOST, TODAY)
    phone.receive(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert phone.verdict.outcome is Outcome.NO_HANDSHAKE
    assert phone.verdict.reason.startswith("The handshake failed; OpenSSL says: ")


def test_an_unheard_of_alert_is_no_alert(cast: Cast, tls: Tls) -> None:
    """What OpenSSL cannot read as an alert is not told as one."""
    phone = Connection(pinned(cast, tls), HOST, TODAY)
    phone.receive(b"\x15\x03\x03\x00\x02\x07\x2a")
    assert phone.verdict.reason == "The handshake failed; OpenSSL says: unknown alert type."


def test_a_server_takes_an_unheard_of_alert_for_none(cast: Cast, tls: Tls) -> None:
    """It breaks off, and says of no alert that the phone had sent it."""
    server = Server(cast.bank)
    server.receive(Connection(pinned(cast, tls), HOST, TODAY).send())
    # TLS 1.3 looks at the number alone (RFC 8446, section 6), TLS 1.2 at the level too.
    level, number = (7, 42) if tls is Tls.V1_2 else (2, 200)
    server.receive(b"\x15\x03\x03\x00\x02" + bytes([level, number]))
    assert server.closed
    assert server.alert is None


@pytest.mark.usefixtures("mode")
def test_a_long_answer_arrives_whole(cast: Cast, tls: Tls) -> None:
    """An answer of several records is read to its end, however it was cut."""
    reply = b"x" * 50_000
    phone, server = Connection(pinned(cast, tls), HOST, TODAY), Server(cast.bank, reply)
    talk(phone, server)
    phone.write(LOGIN)
    talk(phone, server)
    assert phone.received == reply
    assert server.received == LOGIN


def test_hanging_up_after_the_handshake_takes_nothing_back(cast: Cast, tls: Tls) -> None:
    """A peer that was let in may leave: the connection is over, and the verdict stands."""
    phone, server = Connection(pinned(cast, tls), HOST, TODAY), Server(cast.bank)
    talk(phone, server)
    phone.receive(b"")
    assert phone.closed
    assert phone.verdict.connected
    with pytest.raises(ValueError, match="not let its peer in"):
        phone.write(LOGIN)


# --- no certificate at all


def shake(phone: Connection, raw: Raw) -> None:
    """Let a phone and a plain server finish their handshake, if they can."""
    for _ in range(4):
        said = raw.answer(phone.send())
        if said and not phone.closed:
            phone.receive(said)


@pytest.fixture
def resuming(cast: Cast) -> Callable[[Device], Connection]:
    """Give a TLS 1.2 server that resumes by session id, and a way to come back to it."""
    server = context(Tls.V1_2, cast.bank)
    # OpenSSL forgets a session whose connection goes without a farewell, so `again` keeps it.
    first, raw = Connection(pinned(cast, Tls.V1_2), HOST, TODAY), Raw(server)
    shake(first, raw)
    assert first.verdict.connected

    def again(device: Device) -> Connection:
        assert raw.error is None
        phone = Connection(device, HOST, TODAY, session=first.session)
        shake(phone, Raw(server))
        return phone

    return again


@pytest.mark.parametrize("moment", Moment)
def test_a_resumed_session_shows_no_certificate_and_is_refused(
    cast: Cast, resuming: Callable[[Device], Connection], moment: Moment
) -> None:
    """On a resumed TLS 1.2 session nobody presents anything: refused, and no IndexError."""
    verdict = resuming(pinned(cast, Tls.V1_2, moment=moment)).verdict
    assert verdict.presented == ()
    assert verdict.outcome is Outcome.REFUSED_BY_CHAIN
    assert "no certificate" in verdict.reason
    assert "Certificate" not in [message.name for message in verdict.timeline]
    assert verdict.rung(Check.KEY).mark is Mark.NOT_REACHED  # nobody signed anything
    assert all(rung.evidence for rung in verdict.ladder)
    assert str(verdict)


def test_a_careless_device_on_a_resumed_session(
    cast: Cast, resuming: Callable[[Device], Connection]
) -> None:
    """Without any path check the chain rung still fails: there is nothing to look at."""
    careless = pinned(cast, Tls.V1_2, checks=frozenset())
    verdict = resuming(careless).verdict
    assert not verdict.connected
    assert verdict.presented == ()


def test_a_server_without_a_certificate_is_no_partner(cast: Cast) -> None:
    """An anonymous cipher suite (aNULL) is not even offered, so no handshake comes about."""
    anonymous = context(Tls.V1_2, None, "aNULL:@SECLEVEL=0")
    phone, raw = Connection(pinned(cast, Tls.V1_2), HOST, TODAY), Raw(anonymous)
    phone.receive(raw.answer(phone.send()))
    assert phone.verdict.outcome is Outcome.NO_HANDSHAKE
    assert phone.verdict.presented == ()


# --- hostile bytes


@given(said=st.binary(max_size=400), prefix=st.sampled_from([b"", b"\x16\x03\x03\x00"]))
@settings(max_examples=150)
def test_arbitrary_bytes_never_connect_and_never_raise(said: bytes, prefix: bytes) -> None:
    """Whatever a peer that is no TLS server says, the verdict is that there was no handshake."""
    cast = story()
    for tls in Tls:
        phone = Connection(pinned(cast, tls), HOST, TODAY)
        phone.receive(prefix + said or b"?")
        phone.receive(b"")
        assert phone.verdict.outcome is Outcome.NO_HANDSHAKE
        assert len(str(phone.verdict).splitlines()[0]) > 10


@pytest.mark.usefixtures("mode")
def test_flipped_bits_never_raise_and_never_connect_unnoticed(cast: Cast, tls: Tls) -> None:
    """A bit changed on its way: a verdict always; Connected only if all is as it was said.

    A record's header carries a version that nobody checks (RFC 8446, section 5.1), so some flips
    change no message.
    """

    @given(flips=st.lists(st.tuples(st.integers(0, 1199), st.integers(1, 255)), max_size=3))
    @settings(max_examples=120)
    def flip(flips: list[tuple[int, int]]) -> None:
        heard: list[bytes] = []
        phone, server = Connection(pinned(cast, tls), HOST, TODAY), Server(cast.bank)
        said = b""
        for turn in range(4):
            server.receive(phone.send())
            coming = server.send()
            said += coming
            changed = bytearray(coming)
            if turn == 0:
                for at, by in flips:
                    changed[at % len(changed)] ^= by
            heard.append(bytes(changed))
            if changed:
                phone.receive(bytes(changed))
        phone.receive(b"")
        verdict = phone.verdict
        assert verdict.reason.endswith(".")
        if verdict.connected:
            assert bodies(b"".join(heard)) == bodies(said)

    flip()


def bodies(records: bytes) -> list[bytes]:
    """Return the contents of TLS records, type and headers left out."""
    found = []
    while len(records) >= 5:
        end = 5 + int.from_bytes(records[3:5], "big")
        found.append(records[5:end])
        records = records[end:]
    return found


# --- keys, hosts, threads, sockets


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("key", [p384, rsa2048, rsa3072, ed25519_key])
def test_every_kind_of_leaf_key_connects(cast: Cast, tls: Tls, key: Callable[[], Any]) -> None:
    """P-384, RSA and Ed25519 leaves shake hands as P-256 does."""
    identity = cast.issuing.issue(HOST, valid=A_YEAR, key=key)
    device = replace(cast.phone, tls=tls, pins=Strategy.LEAF_KEY.pins(identity.chain))
    verdict = connect(device, identity, HOST, TODAY, request=LOGIN)
    assert verdict.connected
    assert verdict.application_bytes == len(LOGIN)


def test_addresses_and_wildcards_are_names_too(cast: Cast, tls: Tls) -> None:
    """An IP address is matched as one; a wildcard stands for one label."""
    phone = replace(cast.phone, tls=tls)
    for host, named, outcome in [
        ("192.0.2.7", "192.0.2.7", Outcome.CONNECTED),
        ("192.0.2.8", "192.0.2.7", Outcome.REFUSED_BY_NAME),
        ("2001:db8::1", "2001:db8:0::1", Outcome.CONNECTED),
        ("www.bank.example", "*.bank.example", Outcome.CONNECTED),
        ("a.www.bank.example", "*.bank.example", Outcome.REFUSED_BY_NAME),
        ("bank.example", "*.bank.example", Outcome.REFUSED_BY_NAME),
        ("BANK.example", "bank.example", Outcome.CONNECTED),
        ("bank.example.", "bank.example", Outcome.CONNECTED),
        ("my_host.example", "my_host.example", Outcome.CONNECTED),
        ("my_host.bank.example", "*.bank.example", Outcome.CONNECTED),
        ("my_host.example", "bank.example", Outcome.REFUSED_BY_NAME),
    ]:
        identity = cast.issuing.issue(named, valid=A_YEAR)
        assert connect(phone, identity, host, TODAY).outcome is outcome, (host, named)


BAD_HOSTS = ["", "not a host!", "a" * 300, ".".join(["a" * 60] * 5), "*.x", "bänk.example", "x.."]


@pytest.mark.parametrize("host", [*BAD_HOSTS, "-a.example", "fe80::1%eth0", "a\n"])
def test_a_host_that_cannot_be_is_an_error(cast: Cast, host: str) -> None:
    """What nobody can be called is a BadHost that shows what was written, before any handshake."""
    with pytest.raises(BadHost, match="isn’t a host name") as caught:
        connect(cast.phone, cast.bank, host, TODAY)
    assert len(caught.value.seen) <= 61


@given(host=st.from_regex(r"[a-z0-9.:-]{1,20}", fullmatch=True))
def test_any_host_gives_a_verdict_or_bad_host(host: str) -> None:
    """A host is either refused as such, or asked for: no third thing happens."""
    cast = story()
    try:
        verdict = connect(cast.phone, cast.bank, host, TODAY)
    except BadHost:
        return
    assert verdict.outcome in (Outcome.CONNECTED, Outcome.REFUSED_BY_NAME)


def test_connecting_starts_no_thread_and_opens_no_socket(
    cast: Cast, tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two ends talk in memory: no socket is made, no thread started, nobody sleeps."""
    cast.events["initial"].verdict(tls=tls)
    events = []
    watching = [True]
    sys.addaudithook(lambda name, _: events.append(name) if watching[0] else None)
    started = threading.active_count()

    def never(*_: object) -> None:
        raise AssertionError("somebody slept")

    monkeypatch.setattr(time, "sleep", never)
    cast.events["initial"].verdict(Strategy.LEAF_KEY, tls)
    watching[0] = False
    assert not [name for name in events if name.startswith(("socket.", "_thread."))]
    assert threading.active_count() == started


@pytest.mark.parametrize("each", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_fifty_threads_agree_with_one(cast: Cast, tls: Tls, each: int) -> None:
    """Fifty at once, some handshakes each: every verdict as if alone, and no secret missed."""
    event = cast.events["initial"]
    alone = event.verdict(Strategy.LEAF_KEY, tls)
    told = [(m.sender, m.name) for m in alone.timeline]
    gate, wrong = threading.Barrier(50), []

    def work() -> None:
        gate.wait()
        for _ in range(each):
            verdict = event.verdict(Strategy.LEAF_KEY, tls)
            if not same(verdict, alone) or [(m.sender, m.name) for m in verdict.timeline] != told:
                wrong.append(verdict)

    threads = [threading.Thread(target=work) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("turns", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_many_handshakes_leave_nothing_open(cast: Cast, turns: int) -> None:
    """Open files don't grow with handshakes, and the cache of server contexts keeps its bound.

    A tenth of a file for each turn leaves room for other tests' threads, and for no leak.
    """
    if not os.path.isdir("/proc/self/fd"):  # noqa: PTH112 - a question about this system
        pytest.skip("open files are counted in /proc")
    event = cast.events["initial"]
    event.verdict(tls=Tls.V1_3)
    event.verdict(tls=Tls.V1_2)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(turns):
        for tls in Tls:
            phone, server = Connection(pinned(cast, tls), HOST, TODAY), Server(event.identity)
            talk(phone, server)
    assert len(os.listdir("/proc/self/fd")) < before + turns / 10  # noqa: PTH208
    for _ in range(70):
        server_context(cast.issuing.issue(HOST, valid=A_YEAR))
    assert server_context.cache_info().currsize <= 64


# --- certificates that cannot be read


def test_a_certificate_that_cannot_be_read_is_a_sentence(
    cast: Cast, tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL reads more than path validation can: the phone then refuses, and says so."""
    broken = b"\x30\x03\x02\x01\x05"
    monkeypatch.setattr(
        handshake.Transcript, "certificates", property(lambda _: (broken,)), raising=True
    )
    verdict = connect(pinned(cast, tls), cast.bank, HOST, TODAY, request=LOGIN)
    assert verdict.outcome is Outcome.NO_HANDSHAKE
    assert "can’t be read as a certificate" in verdict.reason
    assert (verdict.presented, verdict.application_bytes) == ((), 0)


@pytest.mark.parametrize(
    ("san", "told"), [(X400_ADDRESS, "no name at all"), (EDI_PARTY_NAME, "bank.example")]
)
def test_a_name_that_cannot_be_read_is_a_refusal(
    cast: Cast, tls: Tls, san: bytes, told: str
) -> None:
    """A real certificate of an authority in the store, which names somebody in words of its own."""
    peer = stranger(cast.issuing, A_YEAR, raw(SAN, san))
    for checks in (frozenset(Check), frozenset(Check) - {Check.CHAIN}):
        device = replace(cast.phone, tls=tls, checks=checks)
        verdict = connect(device, peer, "shop.example", TODAY)
        assert verdict.outcome is Outcome.REFUSED_BY_NAME, str(verdict)
        assert verdict.alert == "bad_certificate"
        assert f"the certificate is for {told}" in verdict.rung(Check.NAME).evidence


def test_an_unfinished_handshake_has_no_verdict(cast: Cast) -> None:
    """Asked too early, the connection says what is missing."""
    phone = Connection(cast.phone, HOST, TODAY)
    with pytest.raises(ValueError, match="still going on"):
        _ = phone.verdict


@pytest.mark.usefixtures("mode")
def test_an_outcome_alone_is_the_verdicts(cast: Cast, tls: Tls) -> None:
    """Nothing of the handshake is opened, and everybody is let in or refused all the same."""
    for event in cast.events.values():
        for way in Strategy:
            device = event.device(way, tls)
            alone = outcome_of(device, event.identity, HOST, event.date)
            assert alone is event.verdict(way, tls).outcome, (event.name, way)


@pytest.mark.usefixtures("mode")
def test_what_was_not_opened_can_still_be_told(cast: Cast, tls: Tls) -> None:
    """Without the secrets the verdict is the same, and after a second hello too."""
    for name in ("initial", "another trusted CA mis-issues", "wrong host"):
        event = cast.events[name]
        for curve in (None, "secp384r1"):
            device = event.device(Strategy.LEAF_KEY, tls)
            phone = Connection(device, HOST, event.date, told=False)
            talk(phone, Server(event.identity, curve=curve))
            verdict, whole = phone.verdict, event.verdict(Strategy.LEAF_KEY, tls)
            assert same(verdict, whole)
            assert verdict.presented == whole.presented
            assert verdict.decided <= len(verdict.timeline)


# --- weak chains, and what a server without a key of its own would be


@pytest.mark.parametrize("digest", ["sha1", "md5"])
def test_a_chain_signed_with_an_old_hash_is_a_verdict(
    cast: Cast, tls: Tls, tmp_path: Path, digest: str
) -> None:
    """A root did sign it; what is wrong is the hash, and OpenSSL is not heard to complain."""
    openssl = shutil.which("openssl")
    if openssl is None:
        if os.environ.get("CI"):
            pytest.fail("no openssl here, and CI has one")
        pytest.skip("no openssl here: nobody signs with old hashes")
    new = "-newkey rsa:2048 -nodes -keyout {0}.key -out {0}.pem"
    for words in (
        f"{new.format('ca')} -subj /CN=Old -addext keyUsage=critical,keyCertSign",
        f"{new.format('leaf')} -subj /CN={HOST} -CA ca.pem -CAkey ca.key -{digest} "
        f"-addext subjectAltName=DNS:{HOST} -addext basicConstraints=critical,CA:FALSE",
    ):
        command = [openssl, "req", "-x509", *words.split()]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    root, leaf = (
        x509.load_pem_x509_certificate((tmp_path / name).read_bytes())
        for name in ("ca.pem", "leaf.pem")
    )
    key = load_pem_private_key((tmp_path / "leaf.key").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    device = replace(cast.phone, tls=tls, roots=(root,))
    verdict = connect(device, Identity((leaf,), key), HOST, leaf.not_valid_before_utc)
    assert (verdict.outcome, verdict.alert) == (Outcome.REFUSED_BY_CHAIN, "unknown_ca")
    assert f"it is signed with {digest.upper()}" in verdict.reason


def test_a_weak_key_is_a_verdict(cast: Cast, tls: Tls) -> None:
    """RSA-1024: every rule but this one is kept, and the reason says so."""
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused
    server = cast.issuing.issue(HOST, valid=A_YEAR, key=weak)
    verdict = connect(replace(cast.phone, tls=tls), server, HOST, TODAY)
    assert (verdict.outcome, verdict.alert) == (Outcome.REFUSED_BY_CHAIN, "unknown_ca")
    assert "its own key is too weak" in verdict.reason
    assert "vouches" not in str(verdict)


def test_a_server_that_offers_rsa_key_transport_alone_gets_no_handshake(cast: Cast) -> None:
    """There no ServerKeyExchange is signed; the ladder speaks of its signature, so none is had."""
    identity = cast.issuing.issue(HOST, valid=A_YEAR, key=rsa2048)
    phone = Connection(replace(cast.phone, tls=Tls.V1_2), HOST, TODAY)
    phone.receive(Raw(context(Tls.V1_2, identity, "kRSA")).answer(phone.send()))
    assert phone.outcome is Outcome.NO_HANDSHAKE
    assert "handshake_failure" in phone.verdict.reason


def test_a_refusal_after_the_handshake_sends_nothing_at_all(cast: Cast, tls: Tls) -> None:
    """Neither an alert of refusal nor a goodbye, which is an alert too (close_notify)."""
    pins = cast.pins(Strategy.LEAF_KEY)
    phone = Connection(replace(cast.phone, tls=tls, pins=pins, moment=Moment.AFTER), HOST, TODAY)
    server = Server(cast.issuing.issue(HOST, valid=A_YEAR))
    talk(phone, server)
    assert phone.outcome is Outcome.REFUSED_BY_PIN
    assert phone.send() == b""
    assert "Alert" not in [message.name for message in phone.verdict.timeline]
