"""Every byte of a handshake belongs to one field, and each field means something."""

from __future__ import annotations

import csv
import re
import shutil
import ssl
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pinlib import Cast, Connection, Mode, Sender, Server, Tls, Verdict, engine_mode
from pinlib.data import DATA
from pinlib.encoding.anatomy import Part
from pinlib.scenes.cast import HOST, LOGIN, TODAY
from pinlib.tls.handshake import talk
from pinlib.tls.openssl import server_context
from pinlib.tls.sockets import bank_door
from pinlib.tls.transcript import Transcript
from pinlib.wire.cursor import LEFT_OVER
from pinlib.wire.meanings import meaning
from pinlib.wire.messages import content_fields, message_fields, record_fields

EVENTS = ("initial", "wrong host", "the real certificate, copied, without its key")


def joined(raw: bytes, whole: Part) -> bytes:
    """Put the fields together that have none inside."""
    return b"".join(raw[one.bytes] for one in whole.leaves())


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("tls", list(Tls))
def test_the_fields_put_together_are_the_message(cast: Cast, tls: Tls, name: str) -> None:
    """As opened and as it crossed: nothing is left over, and all of it is explained."""
    verdict = cast.events[name].verdict(tls=tls)
    nothing = meaning(LEFT_OVER)
    for message in (*verdict.timeline, *verdict.eavesdropped):
        whole = message.fields(tls)
        assert joined(message.raw, whole) == message.raw
        assert {part.name for _, part in whole.walk() if meaning(part.name) == nothing} == set()


@pytest.mark.parametrize("tls", list(Tls))
def test_the_transcript_reads_what_the_fields_say(cast: Cast, tls: Tls) -> None:
    """It takes three things out of the bytes by itself, for speed: name, suite and chain agree."""
    verdict = cast.events["initial"].verdict(tls=tls)
    parts = {one.name: one.fields(tls) for one in verdict.timeline}
    details = {one.name: one.detail for one in verdict.timeline}
    bodies = {one.name: one.body for one in verdict.timeline}

    def said(message: str, field: str) -> str:
        found = parts[message].find(field)
        assert found is not None
        return found.value

    assert details["ClientHello"] == f"asks for {said('ClientHello', 'host_name')}"
    assert details["ServerHello"] == f"picks {said('ServerHello', 'cipher_suite')}"
    sent = [
        bodies["Certificate"][part.bytes]
        for _, part in parts["Certificate"].walk()
        if part.name == "cert_data"
    ]
    assert sent == [one.public_bytes(Encoding.DER) for one in verdict.presented]


def explained(verdict: Verdict) -> list[str]:
    """Hold every message to its fields, and return what the messages are called."""
    nothing, tls = meaning(LEFT_OVER), verdict.device.tls
    for message in (*verdict.timeline, *verdict.eavesdropped):
        whole = message.fields(tls)
        assert joined(message.raw, whole) == message.raw
        assert not [part for _, part in whole.walk() if meaning(part.name) == nothing]
    return [message.name for message in verdict.timeline]


def test_a_hello_asked_for_again_is_named_to_the_last_byte(cast: Cast) -> None:
    """HelloRetryRequest says which group it wants; the second hello has a key of that."""
    phone = Connection(cast.phone, HOST, TODAY)
    talk(phone, Server(cast.bank, curve="secp384r1"))
    names = explained(phone.verdict)
    assert names.count("ClientHello") == 2
    retry = phone.verdict.timeline[names.index("HelloRetryRequest")]
    group = retry.fields(Tls.V1_3).find("selected_group")
    assert group is not None and group.value == "secp384r1"


def test_a_resumed_handshake_is_named_to_the_last_byte(cast: Cast) -> None:
    """TLS 1.2 by its session id; of TLS 1.3 the hello that offers a session, binders and all."""
    device = replace(cast.phone, tls=Tls.V1_2)
    first, server = Connection(device, HOST, TODAY), Server(cast.bank)
    talk(first, server)
    again = Connection(device, HOST, TODAY, session=first.session)
    talk(again, Server(cast.bank))
    names = explained(again.verdict)
    assert "Certificate" not in names and "ServerHello" in names


def test_a_ticket_and_the_hello_that_comes_back_with_it_are_named(
    tmp_path: Path, cast: Cast
) -> None:
    """Of TLS 1.3: a client and a server that keep sessions, as ours do not."""
    log = tmp_path / "keys"
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    if engine_mode() is Mode.OPENED:
        client.keylog_filename = str(log)
    server = server_context.__wrapped__(cast.bank)  # not the one that is shared
    server.num_tickets, server.minimum_version = 1, ssl.TLSVersion.TLSv1_3
    server.options &= ~ssl.OP_NO_TICKET
    session, seen = None, []
    for _ in range(2):
        heard = Transcript(lambda random: secrets_in(log, random))
        session = shaken(client, server, heard, session)
        heard.read()
        seen.append(heard.opened)
    for message in (*seen[0], *seen[1]):
        whole = message.fields(Tls.V1_3)
        assert joined(message.raw, whole) == message.raw
        assert not [one for _, one in whole.walk() if meaning(one.name) == meaning(LEFT_OVER)]
    offered = seen[1][0].fields(Tls.V1_3).find("pre_shared_key")
    assert offered is not None
    assert [part.name for _, part in offered.walk()].count("binder") == 1
    if engine_mode() is Mode.OPENED:
        assert "NewSessionTicket" in [one.name for one in seen[0]]
        assert "Certificate" not in [one.name for one in seen[1]]


def secrets_in(log: Path, random: bytes) -> dict[str, bytes]:
    """Return what a key log has for a hello's random."""
    lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return {one[0]: bytes.fromhex(one[2]) for one in lines if one[1:2] == [random.hex()]}


def shaken(
    client: ssl.SSLContext,
    server: ssl.SSLContext,
    heard: Transcript,
    session: ssl.SSLSession | None,
) -> ssl.SSLSession | None:
    """Connect two plain ends, let the client take in what follows, and return its session."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    phone = client.wrap_bio(back, there, server_hostname=HOST, session=session)
    bank = server.wrap_bio(there, back, server_side=True)
    for end, out, sender in [(phone, there, Sender.CLIENT), (bank, back, Sender.SERVER)] * 3:
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
        said = out.read()
        heard.hear(sender, said)
        out.write(said)
    with suppress(ssl.SSLWantReadError):
        phone.read()
    return phone.session


@pytest.mark.parametrize("tls", list(Tls))
@pytest.mark.parametrize("name", ["expired leaf", "unknown CA"])
def test_a_refused_handshake_is_named_to_the_last_byte(cast: Cast, tls: Tls, name: str) -> None:
    """The alert included."""
    verdict = cast.events[name].verdict(tls=tls)
    assert not verdict.connected
    assert explained(verdict)[-1] == "Alert"


SAID = re.compile(r"^(?:>>>|<<<) TLS [\d.]+, (Handshake|Alert) \[length (\w+)\], (.*)$", re.M)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on the PATH")
@pytest.mark.parametrize("flag", ["-tls1_2", "-tls1_3"])
def test_openssl_calls_each_message_the_same_and_counts_as_many_bytes(
    cast: Cast, flag: str
) -> None:
    """`openssl s_client -msg`, at our bank: type and length of whatever crosses, both ways."""
    with bank_door(cast.bank) as door:
        at = ("-connect", f"127.0.0.1:{door.port}", "-servername", HOST)
        # Of itself it hangs up when its input ends, maybe in the middle of the handshake.
        done = subprocess.run(
            ["openssl", "s_client", "-msg", "-ign_eof", flag, *at],  # noqa: S607 - the one on PATH
            input=LOGIN,
            capture_output=True,
            timeout=60,
            check=False,
        )
    told = done.stdout.decode("ascii", "replace")
    names = []
    for found in SAID.finditer(told):
        kind, count, name = found[1], int(found[2], 16), found[3]
        lines = re.match(r"(?:\n +[0-9a-f ]+)+", told[found.end() :])
        assert lines is not None
        raw = bytes.fromhex(lines[0])
        assert len(raw) == count
        if kind == "Alert":
            whole = content_fields(21, raw, tls13=flag == "-tls1_3")
            assert [part.value for part in whole.parts] == name.split(" ", 1)
            continue
        whole = message_fields(raw, tls13=flag == "-tls1_3")
        length = whole.find("message_length")
        assert (whole.name, len(whole)) == (name, count)
        assert length is not None and int(length.value) + 4 == count
        names.append(name)
    assert {"ClientHello", "ServerHello", "Certificate", "Finished"} <= set(names)


def test_an_extension_that_nobody_knows_keeps_its_number() -> None:
    """As TLS itself skips what it doesn't know (RFC 8446, section 4.1.2); browsers send such."""
    grease = bytes.fromhex("1a1a 0003 010203".replace(" ", ""))
    block = len(grease).to_bytes(2) + grease
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0" + block
    hello = b"\x01" + len(body).to_bytes(3) + body
    whole = message_fields(hello, tls13=True)
    assert joined(hello, whole) == hello
    found = whole.find("extension 6682")
    assert found is not None and hello[found.bytes] == grease
    assert "TLS skips what it doesn’t know" in meaning(found.name).means


def test_every_name_and_meaning_has_a_source() -> None:
    """Both tables are read whole, and say where each line is laid down."""
    for name in ("tls_fields.csv", "tls_numbers.csv"):
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            assert all(row["source"] for row in csv.DictReader(file))


@given(data=st.binary(max_size=300), kind=st.sampled_from([1, 2, 4, 8, 11, 12, 13, 15, 16, 20, 99]))
def test_any_bytes_are_cut_into_fields(data: bytes, kind: int) -> None:
    """No bytes raise, and none is passed over."""
    raw = bytes([kind]) + data
    for tls13 in (True, False):
        assert joined(raw, message_fields(raw, tls13=tls13)) == raw
        record = b"\x16\x03\x03" + data
        assert joined(record, record_fields(record, tls13=tls13, sealed=False)) == record
