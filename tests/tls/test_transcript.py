"""Records and messages, told truly, and never with an exception."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlib import Cast, Connection, Sender, Server, Strategy, Tls
from pinlib.scenes.cast import HOST, LOGIN, TODAY, story
from pinlib.tls.handshake import talk
from pinlib.tls.records import Content, Sealer
from pinlib.tls.transcript import NOT_OPENED, Transcript


def record(content: int, body: bytes) -> bytes:
    """Return one record."""
    return bytes([content, 3, 3]) + len(body).to_bytes(2, "big") + body


def message(kind: int, body: bytes) -> bytes:
    """Return one handshake message in a record of its own."""
    return record(22, bytes([kind]) + len(body).to_bytes(3, "big") + body)


def told(*said: tuple[Sender, bytes]) -> Transcript:
    """Return a transcript of what was said."""
    transcript = Transcript()
    for sender, data in said:
        transcript.hear(sender, data)
        transcript.read()
    return transcript


HELLO_BODY = b"\x03\x03" + bytes(32) + b"\0" + b"\x13\x02"
PICKS_1_3 = HELLO_BODY + b"\0" + b"\x00\x06" + b"\x00\x2b\x00\x02\x03\x04"


@given(data=st.binary(max_size=300), more=st.binary(max_size=300))
def test_any_bytes_from_anybody_are_told(data: bytes, more: bytes) -> None:
    """No bytes raise: neither as they come, nor inside a record, nor inside a message."""
    for start in (b"", message(2, PICKS_1_3)):
        for kind in (1, 2, 11, 99):
            transcript = told(
                (Sender.SERVER, start + message(kind, data)),
                (Sender.CLIENT, message(kind, more)),
                (Sender.SERVER, record(22, data) + record(99, more) + record(23, data)),
                (Sender.CLIENT, data + more),
            )
            assert transcript.certificates is None or isinstance(transcript.certificates, tuple)
            for heard in (*transcript.opened, *transcript.eavesdropped):
                assert heard.name
                assert heard.detail.isprintable()


@given(length=st.integers(0, 0xFFFF), cut=st.integers(0, 60))
def test_vectors_that_promise_more_than_follows(length: int, cut: int) -> None:
    """A message whose inner lengths lie is told all the same."""
    lies = length.to_bytes(2, "big")
    body = (HELLO_BODY + lies + b"\0" + lies + b"\x00\x00" + lies)[:cut]
    for kind in (1, 2, 11):
        assert told((Sender.SERVER, message(kind, body))).opened[0].size == len(body) + 4


@pytest.mark.parametrize("name", [b"b\xe4nk.example", b"two\nlines", b"\xe2\x80\xae", b"x" * 250])
def test_a_strange_server_name_is_one_printable_line(name: bytes) -> None:
    """Whoever writes a ClientHello chooses the name in it; it is shown so that it hides nothing."""
    names = b"\0" + len(name).to_bytes(2, "big") + name
    sni = len(names).to_bytes(2, "big") + names
    extension = b"\0\0" + len(sni).to_bytes(2, "big") + sni
    hello = b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
    hello += len(extension).to_bytes(2, "big") + extension
    (seen,) = told((Sender.CLIENT, message(1, hello))).opened
    assert seen.detail.startswith("asks for ")
    assert seen.detail.isprintable()


def test_a_message_may_be_cut_across_records_and_share_one() -> None:
    """Records and messages are different units; every message is told once, where it ends."""
    whole = message(14, b"")[5:] + message(12, b"abcdef")[5:]
    transcript = told((Sender.SERVER, record(22, whole[:7]) + record(22, whole[7:])))
    assert [m.name for m in transcript.opened] == ["ServerHelloDone", "ServerKeyExchange"]
    split = told((Sender.SERVER, record(22, whole[:2]) + record(22, whole[2:])))
    assert [m.name for m in split.eavesdropped] == [
        "more of the same message",
        "ServerHelloDone + ServerKeyExchange",
    ]


@pytest.mark.parametrize("suite", [0x1301, 0x1302, 0x1303])
def test_what_is_sealed_opens_under_the_same_secret_only(suite: int) -> None:
    """One secret seals a direction; another secret, or a record out of turn, does not open it."""
    ours, theirs, stranger = Sealer(suite, b"k" * 48), Sealer(suite, b"k" * 48), Sealer(suite, b"x")
    first, second = (ours.seal(Content.HANDSHAKE, text)[5:] for text in (b"one", b"two"))
    assert stranger.open(first) is None
    assert theirs.open(first) == (Content.HANDSHAKE, b"one")
    assert theirs.open(second) == (Content.HANDSHAKE, b"two")
    assert theirs.open(first) is None
    assert theirs.open(b"") is None


def test_padding_is_stripped() -> None:
    """Zeros may follow the content, to hide its length (RFC 8446, section 5.4)."""
    ours, theirs = Sealer(0x1301, b"k" * 32), Sealer(0x1301, b"k" * 32)
    inner = b"text\x17" + bytes(20)
    header = b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2, "big")
    sealed = ours._aead.encrypt(ours._nonce(), inner, header)
    assert theirs.open(sealed) == (23, b"text")


def test_secrets_that_are_missing_leave_it_closed(cast: Cast) -> None:
    """Without secrets TLS 1.3 is told as records, and nothing is guessed of what is inside."""
    phone, server = Connection(cast.phone, HOST, TODAY), Server(cast.bank)
    transcript = Transcript()
    going = phone.send()
    server.receive(going)
    transcript.hear(Sender.CLIENT, going)
    transcript.hear(Sender.SERVER, server.send())
    transcript.read()
    assert transcript.certificates is None
    assert {m.detail for m in transcript.opened if m.encrypted} == {NOT_OPENED}


@given(tls=st.sampled_from(Tls), sizes=st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_a_transcript_does_not_depend_on_the_pieces_it_hears(tls: Tls, sizes: list[int]) -> None:
    """Messages of any cut are the messages of the whole."""
    cast = story()
    phone, server = Connection(replace(cast.phone, tls=tls), HOST, TODAY), Server(cast.bank)
    hello = phone.send()
    server.receive(hello)
    flight = server.send()
    whole = told((Sender.CLIENT, hello), (Sender.SERVER, flight))
    cut, at = Transcript(), 0
    cut.hear(Sender.CLIENT, hello)
    for size in [*sizes, len(flight)]:
        cut.hear(Sender.SERVER, flight[at : at + size])
        at += size
        cut.read()
    assert cut.opened == whole.opened
    assert cut.eavesdropped == whole.eavesdropped


def test_the_login_is_in_the_phones_timeline_and_not_on_the_wire(cast: Cast, tls: Tls) -> None:
    """The phone knows what it wrote; an eavesdropper sees a size."""
    device = replace(cast.phone, tls=tls, pins=cast.pins(Strategy.LEAF_KEY))
    phone, server = Connection(device, HOST, TODAY), Server(cast.bank)
    talk(phone, server)
    phone.write(LOGIN)
    ours, seen = phone.verdict.timeline[-1], phone.verdict.eavesdropped[-1]
    assert (ours.body, ours.size, ours.encrypted) == (LOGIN, len(LOGIN), True)
    assert seen.size > len(LOGIN)
    assert seen.body == b""
