"""The drawing vocabulary: everything from outside is escaped, every drawing has a title."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlib.teach.drawing import blocks, palette, sequence, typeset
from pinlib.teach.drawing.blocks import Headline
from pinlib.teach.drawing.typeset import Mono, inline
from pinlib.teach.drawing.view import missing_from_twin, numbers_in

NASTY = '<script>alert(1)</script>"&\u202e\n'


def _everything(words: str) -> str:
    rung = blocks.LadderRung(
        words[:40] or "x", "fails", (words, Mono(words, 9), palette.key_style(1))
    )
    lane = sequence.Lane(words, "phone")
    message = sequence.MessageRow(words, "left", words, "encrypted", words)
    return "".join(
        [
            blocks.verdict_line(Headline("A verdict", words, "bad")),
            blocks.ladder([rung]),
            blocks.card(words, typeset.paragraph(words), typeset.amount(words, words)),
            blocks.certificate(words, [(words, words)], palette.STRANGER, words),
            sequence.sequence(lane, lane, [message, sequence.DecisionRow(words, "holds")]),
        ]
    )


@given(st.text(min_size=1, max_size=60))
def test_words_from_outside_never_become_markup(words: str) -> None:
    """Whatever a certificate or a learner says, the elements on the page stay the same."""
    tags = re.findall(r"<[a-z/][^>]*", re.sub(r'"[^"]*"', "", _everything(words)))
    plain = re.findall(r"<[a-z/][^>]*", re.sub(r'"[^"]*"', "", _everything("x")))
    longer = [tag for tag in tags if "pl-short" not in tag]
    assert [t.split()[0] for t in longer] == [t.split()[0] for t in plain]


def test_a_script_in_a_name_shows_as_text() -> None:
    """No markup, no line break and no reversed writing survives."""
    drawn = _everything(NASTY)
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn
    assert "\u202e" not in drawn


def test_every_drawing_says_what_it_is() -> None:
    """Each SVG is an image with a title, and has no id that could clash on a page."""
    drawn = _everything("words")
    assert drawn.count("<title>") == drawn.count('role="img"') > 0
    assert " id=" not in drawn


def test_a_verdict_has_at_most_twelve_words() -> None:
    """What the back of the room reads is short."""
    with pytest.raises(ValueError, match="12 words"):
        Headline("one two three four five six seven eight nine ten eleven twelve thirteen", "")


@given(st.text(max_size=80), st.integers(3, 40))
def test_shortening_keeps_both_ends(words: str, keep: int) -> None:
    """A shortened key keeps its ends, by which people compare, and is never longer than asked."""
    short = typeset.middle(words, keep)
    assert len(short) <= max(keep, 0) or short == words
    assert short[0:1] == words[0:1] and short[-1:] == words[-1:]


def test_keys_differ_in_name_colour_and_dash() -> None:
    """Meaning is never colour alone."""
    keys = [*palette.KEYS, palette.STRANGER]
    for trait in ("name", "colour", "dash"):
        assert len({getattr(key, trait) for key in keys}) == len(keys)


def test_the_twin_is_compared_number_by_number() -> None:
    """A number, a date or a whole key that the words leave out is found."""
    picture = typeset.paragraph(("sent 164 B on 2027-03-01", Mono("sha256/AAAABBBBCCCC", 9)))
    assert numbers_in(picture) == ["sha256/AAAABBBBCCCC", "164", "2027-03-01"]
    assert missing_from_twin(picture, "164 B, on 2027-03-01, key sha256/AAAABBBBCCCC") == []
    assert missing_from_twin(picture, "1640 B, on 2027-03-02") == numbers_in(picture)


@pytest.mark.parametrize(
    "colour", [palette.BLUE, palette.VERMILLION, palette.GREEN, palette.GREY, palette.VIOLET]
)
def test_every_colour_can_be_told_from_both_backgrounds(colour: str) -> None:
    """Lines and marks keep a contrast of 3.4 on white, and of 3.6 on the dark theme's #111."""

    def light(hexadecimal: str) -> float:
        parts = [int(hexadecimal[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert (1 + 0.05) / (light(colour) + 0.05) >= 3.4
    assert (light(colour) + 0.05) / (light("#111111") + 0.05) >= 3.6


def test_a_date_is_set_as_one_piece_and_shows_no_markup() -> None:
    """What we put around a date is markup, and what a stranger wrote beside it is not."""
    assert inline("today 2027-03-01 <b>") == (
        'today <span class="pl-unbroken">2027-03-01</span> &lt;b&gt;'
    )
