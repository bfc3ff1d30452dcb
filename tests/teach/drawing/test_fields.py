"""A message opened: its fields on one side, its bytes on the other, tied by the field's path."""

from __future__ import annotations

import re
from html import unescape

import pytest

from pinlib import Cast, Tls
from pinlib.encoding.anatomy import Part
from pinlib.teach.drawing.fields import fields_said, opened_fields

RUN = re.compile(r'<span data-field="([\d.]+)"[^>]*>([^<]*)</span>')
HEX = re.compile(r"[0-9a-f]{2}(?: [0-9a-f]{2})*")


@pytest.mark.parametrize("tls", Tls, ids=lambda tls: tls.name)
def test_the_runs_of_bytes_are_the_message_and_each_is_a_fields(cast: Cast, tls: Tls) -> None:
    """In the order of the bytes, none twice and none left out; and each path is on the left."""
    for message in cast.events["initial"].verdict(tls=tls).timeline:
        drawn = opened_fields(message.raw, message.fields(tls))
        hexed = "".join(
            re.findall(r'<span class="pl-offset">.*?<span class="pl-ascii">', drawn, re.S)
        )
        runs = [(path, words) for path, words in RUN.findall(hexed) if HEX.fullmatch(words)]
        assert bytes.fromhex("".join(words for _, words in runs)) == message.raw
        fields = re.findall(r'<details data-field="([\d.]+)"', drawn)
        assert {path for path, _ in runs} <= set(fields)
        assert len(fields) == len(set(fields))


def test_the_field_that_is_lit_is_open_and_so_is_all_around_it() -> None:
    """And its bytes are lit with it, on both of the lines that they stand on."""
    name = Part("host_name", 4, 12, value="x.example")
    whole = Part("hello", 0, 12, (Part("kind", 0, 2), Part("list", 2, 12, (Part("n", 2, 4), name))))
    drawn = opened_fields(bytes(range(12)), whole, lit="host_name")
    opened = set(re.findall(r'<details data-field="([\d.]+)"[^>]* open>', drawn))
    assert opened == {"1", "1.1"}
    assert re.findall(r'<span data-field="1.1" class=pl-lit>([^<]*)<', drawn)[0] == "04 05 06 07"
    assert drawn.count("class=pl-lit") == 4, "two lines, in hex and in letters"


def test_what_a_field_says_is_escaped_and_said_in_words() -> None:
    """A host may be called anything."""
    bad = "<b>&x"
    whole = Part("hello", 0, 3, (Part("host_name", 0, 3, value=bad),))
    drawn = opened_fields(b"<b>", whole)
    assert bad not in drawn and bad in unescape(drawn)
    words = fields_said(b"<b>", whole)
    assert "hello, 3 bytes: 3c623e" in words
    assert "host_name (<b>&x), 3 bytes from byte 0" in words
    assert "RFC 6066" in words
