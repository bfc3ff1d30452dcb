"""A frozen state as one line of text: to paste into another notebook, or to read out on stage.

middle=company-proxy pins=leaf-key tls=v1-3 lies=no
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from enum import Enum
from typing import Any

from pinlib.errors import BadInput

MANY = 20
"""Words that are listed when a wrong one was given; of more, only the nearest are."""


def written_value(value: object) -> str:
    """Write one value as a word: yes, expired, v1-3, 2027-03-01, nothing; a file by its name."""
    if value is None:
        return "''"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return value.name.lower().replace("_", "-")
    if isinstance(value, date):
        return value.isoformat()
    return shlex.quote(str(value))


def write_line(values: Mapping[str, object]) -> str:
    """Write names and values as one line."""
    return " ".join(f"{name}={written_value(value)}" for name, value in values.items())


def read_line(line: str, names: Mapping[str, object]) -> dict[str, str]:
    """Return the words of a line by their names.  Raises BadInput for what says nothing here."""
    try:
        words = shlex.split(line)
    except ValueError:
        raise BadInput(f"a quotation mark in {line!r} is never closed", seen=line) from None
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name not in names or not equals:
            fields = ", ".join(f"{one}=…" for one in names)
            raise BadInput(f"{word!r} means nothing here; write {fields}", seen=word)
        if name in found:
            raise BadInput(f"{name} appears twice", seen=word)
        found[name] = value
    return found


def choose(name: str, word: str, choices: tuple[Any, ...]) -> Any:
    """Return the value that is written so.  Raises BadInput, which says what would be right."""
    by_word = {shlex.split(written_value(choice))[0]: choice for choice in choices}
    if word not in by_word:
        raise BadInput(f"{name} cannot be {word!r}; {_offer(word, by_word)}", seen=word)
    return by_word[word]


def _offer(word: str, known: Mapping[str, Any]) -> str:
    if len(known) <= MANY:
        return f"it can be {', '.join(known)}"
    near = get_close_matches(word, known, 3)
    some = ", ".join(repr(one) for one in near or list(known)[:3])
    return f"{'did you mean' if near else 'it can be'} {some}, or another of {len(known)}?"
