"""Every byte of a handshake belongs to one field, and each field means something."""

from __future__ import annotations

import csv

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pinlib import Cast, Tls
from pinlib.data import DATA
from pinlib.encoding.anatomy import Part
from pinlib.wire.cursor import LEFT_OVER
from pinlib.wire.meanings import meaning
from pinlib.wire.messages import message_fields, record_fields

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
