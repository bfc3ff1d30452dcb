"""Bytes, drawn: to scale, whole, and the same in words."""

from __future__ import annotations

import html
import re

import pytest

from pinlib.encoding.anatomy import Part
from pinlib.teach.drawing.bytemap import MOST, Accent, hex_said, hexdump, said, scale_map
from pinlib.teach.drawing.view import missing_from_twin

LEAF = Part("SPKI", 40, 60, (Part("algorithm", 42, 48), Part("key bits", 50, 60)))
WHOLE = Part("<file>", 0, 100, (Part("TBS", 4, 80, (LEAF,)), Part("signature", 85, 100)))


def places(drawn: str) -> dict[str, tuple[float, float]]:
    """Return left and width of each part, in percent of the picture."""
    found = re.findall(r'data-part="([^"]+)" style="left:([\d.]+)%;width:([\d.]+)%"', drawn)
    return {html.unescape(name): (float(left), float(width)) for name, left, width in found}


def test_a_map_is_to_scale() -> None:
    """Every part is where its bytes are, and as wide as they are many."""
    assert places(scale_map(WHOLE, WHOLE, {})) == {
        "<file>": (0, 100),
        "TBS": (4, 76),
        "signature": (85, 15),
        "SPKI": (40, 20),
        "algorithm": (42, 6),
        "key bits": (50, 10),
    }


def test_a_zoomed_part_fills_the_map() -> None:
    """To a scale of its own, with all inside it; a line above says where in the file it is."""
    drawn = scale_map(WHOLE, LEAF, {})
    assert places(drawn) == {"SPKI": (0, 100), "algorithm": (10, 30), "key bits": (50, 50)}
    assert 'class="pl-window" style="left:40.000%;width:20.000%"' in drawn
    assert "pl-overview" not in scale_map(WHOLE, WHOLE, {})


@pytest.mark.parametrize("mark", ["holds", "fails"])
def test_an_accent_is_a_border_a_mark_and_words(mark: str) -> None:
    """Never colour alone: the part is marked, and a sentence under it says why."""
    drawn = scale_map(WHOLE, WHOLE, {"SPKI": Accent(mark, "look <here>")})  # type: ignore[arg-type]
    assert f'class="pl-part pl-{mark}" data-part="SPKI"' in drawn
    assert f'class="pl-mark pl-{mark}"' in drawn
    assert "look &lt;here&gt;" in drawn
    assert drawn.count("pl-mapnote") == 1


def test_a_note_stands_on_the_side_with_more_room() -> None:
    """So that its words are inside the picture wherever the part is."""
    for name, side in {"SPKI": "margin-left:40", "signature": "margin-right:0"}.items():
        assert side in scale_map(WHOLE, WHOLE, {name: Accent("holds", "here")})


def test_names_are_escaped() -> None:
    """A part may be called anything."""
    assert "<file>" not in scale_map(WHOLE, LEAF, {}) + hexdump(bytes(100), WHOLE, None, "holds")


def test_a_dump_shows_every_byte_at_its_place() -> None:
    """Sixteen a line, with the place of the first; what is set off is set off to the byte."""
    data = bytes(range(100))
    drawn = hexdump(data, WHOLE, LEAF, "fails")
    text = re.sub(r"<[^>]+>", "", drawn)
    lines = [re.match(r" *(\d+)  ((?:[0-9a-f]{2} )+)", line) for line in text.splitlines()]
    assert all(lines)
    found = [(int(line[1]), bytes.fromhex(line[2])) for line in lines if line]
    assert [at for at, _ in found] == list(range(0, 100, 16))
    assert b"".join(row for _, row in found) == data
    marked = re.findall(r'<b class="pl-fails">([0-9a-f ]+)</b>', drawn)
    assert bytes.fromhex("".join(marked)) == data[40:60]


def test_a_dump_of_a_part_begins_where_the_part_does() -> None:
    """The places are those in the file, so that they can be found on the map."""
    drawn = hexdump(bytes(100), LEAF, None, "holds")
    assert '<span class="pl-offset">    40</span>' in drawn
    assert "<b" not in drawn


def test_a_long_part_is_shown_in_part_and_says_so() -> None:
    """512 bytes are enough for a screen; how many there are is told."""
    long = Part("long", 0, 2000)
    data = bytes(2000)
    assert f'title="{"00" * MOST}"' in hexdump(data, long, None, "holds")
    assert "first 512 of 2,000 bytes" in hex_said(data, long)


@pytest.mark.parametrize("looked_at", [WHOLE, LEAF])
def test_everything_drawn_is_said(looked_at: Part) -> None:
    """Every number of map and dump stands in the words."""
    data = bytes(range(100))
    accents = {"SPKI": Accent("holds", "these")}
    drawn = scale_map(WHOLE, looked_at, accents) + hexdump(data, looked_at, LEAF, "holds")
    assert missing_from_twin(drawn, f"{said(WHOLE)} {hex_said(data, looked_at)}") == []
    assert missing_from_twin(drawn, said(WHOLE)) != []


def test_one_byte_is_not_bytes() -> None:
    """Words are read aloud."""
    assert said(Part("flag", 1000, 1001)) == "flag, 1 byte from byte 1,000"


def test_a_map_and_a_dump_can_be_read_without_eyes_and_mouse() -> None:
    """Labels say what is drawn; the dump can be scrolled by keyboard; a part is told on hover."""
    inner = WHOLE.parts[0]
    assert 'aria-label="Map of TBS, 76 bytes to scale, of which &lt;file&gt; has 100 bytes"' in (
        scale_map(WHOLE, inner, {})
    )
    assert 'aria-label="Map of &lt;file&gt;, 100 bytes to scale"' in scale_map(WHOLE, WHOLE, {})
    assert 'title="TBS: 76 bytes from byte 4"' in scale_map(WHOLE, WHOLE, {})
    assert 'class="pl-hex" tabindex="0"' in hexdump(bytes(20), Part("x", 0, 20), None, "holds")


def test_every_depth_has_a_line_of_its_own() -> None:
    """File, its parts, theirs, and theirs: four lines, or they would lie over each other."""
    assert scale_map(WHOLE, WHOLE, {}).count('class="pl-maprow"') == 4


def test_the_text_beside_the_bytes_is_aligned_and_prints_nothing_odd() -> None:
    """A short last line keeps its column; bytes that are no letters are dots."""
    drawn = re.sub(r"<[^>]+>", "", hexdump(bytes(20), Part("x", 0, 20), None, "holds"))
    assert len({line.index("·") for line in drawn.splitlines()}) == 1
    assert "> ····<" in hexdump(b"\x7f" * 4, Part("x", 0, 4), None, "holds")
