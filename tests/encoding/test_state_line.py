"""One line of text: what was written reads back, and a slip is told."""

from __future__ import annotations

from datetime import date
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlib.encoding.state_line import choose, read_line, write_line, written_value
from pinlib.errors import BadInput


class Colour(Enum):
    """For tests."""

    DARK_RED = 1
    BLUE = 2


@given(st.dictionaries(st.sampled_from("abc"), st.text(min_size=1)))
def test_any_text_reads_back(values: dict[str, str]) -> None:
    """Blanks, quotation marks and equal signs in a value do no harm."""
    assert read_line(write_line(values), dict.fromkeys("abc")) == values


@pytest.mark.parametrize(
    ("value", "word"),
    [
        *((True, "yes"), (False, "no"), (Colour.DARK_RED, "dark-red"), (None, "''")),
        *((date(2027, 3, 1), "2027-03-01"), ("a b", "'a b'"), (7, "7")),
    ],
)
def test_values_are_written_as_people_say_them(value: object, word: str) -> None:
    """Words, not Python."""
    assert written_value(value) == word


def test_a_name_without_a_value_says_nothing() -> None:
    """Half a word is no empty value: that is written with its equal sign."""
    with pytest.raises(BadInput, match="'a' means nothing here; write a=…"):
        read_line("a", {"a": None})
    assert read_line("a=", {"a": None}) == {"a": ""}


def test_a_word_is_chosen_among_those_that_there_are() -> None:
    """And a wrong one is answered with them."""
    assert choose("colour", "dark-red", tuple(Colour)) is Colour.DARK_RED
    with pytest.raises(BadInput, match="colour cannot be 'green'; it can be dark-red, blue"):
        choose("colour", "green", tuple(Colour))


def test_of_a_long_list_the_nearest_are_told_or_the_first() -> None:
    """Twenty are read out; of more, what is near, and where nothing is, how they begin."""
    with pytest.raises(BadInput, match="it can be 0, 1, 2"):
        choose("n", "x", tuple(range(20)))
    with pytest.raises(BadInput, match="it can be '0', '1', '2', or another of 21"):
        choose("n", "zzzz", tuple(range(21)))
