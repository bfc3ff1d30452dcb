"""What the messages and fields of TLS mean: a sentence each, with its source, from `data/`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from pinlib.data import read_table, sentence
from pinlib.wire.cursor import LEFT_OVER


class Meaning(NamedTuple):
    """What a field is for, and where that is laid down."""

    means: str
    source: str


def meaning(name: str) -> Meaning:
    """Return what a message or a field of this name means; an unknown one is said to be unknown."""
    known = _meanings()
    if name.startswith("length of "):
        name = "length"
    elif name.startswith("extension ") or name not in known:
        name = "extension" if name.startswith("extension ") else LEFT_OVER
    return known[name]


@cache
def _meanings() -> Mapping[str, Meaning]:
    rows = read_table("tls_fields.csv", {"name": str, "means": sentence, "source": str})
    return {row["name"]: Meaning(row["means"], row["source"]) for row in rows}
