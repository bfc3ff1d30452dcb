"""Colours, signs and line drawings: the same thing looks the same in every panel.

Blue and vermillion say who was harmed and nothing else, and are never alone: a sign and a line
style go with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pinlib.encoding.naming import letters

Tone = Literal["good", "bad", "new", "plain"]
Sign = Literal["holds", "fails", "unchecked", "unreached"]
BLUE, VERMILLION, GREEN, GREY, VIOLET = "#0072B2", "#D55E00", "#009E73", "#808080", "#9B6BC3"
OCHRE, PLUM = "#A87B00", "#B0559A"
MARK_WORDS: dict[Sign, str] = {
    "holds": "holds",
    "fails": "fails",
    "unchecked": "not checked",
    "unreached": "not reached",
}
MARK_OF_TONE: dict[Tone, Sign] = {
    "good": "holds",
    "bad": "fails",
    "new": "holds",
    "plain": "unchecked",
}
STROKES: dict[Sign, str] = {
    "holds": "M8 14.5l4.3 4.3L20.5 10",
    "fails": "M9.5 9.5l9 9M18.5 9.5l-9 9",
    "unchecked": "M9.5 14h9",
    "unreached": "M14 14h.01",
}
GLYPHS = {
    "phone": "M15 4h18a4 4 0 0 1 4 4v32a4 4 0 0 1-4 4H15a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4zM21 38h6",
    "bank": "M5 17L24 5l19 12zM10 17v20M19 17v20M29 17v20M38 17v20M5 42h38",
    "laptop": "M9 9h30v22H9zM3 37h42",
    "wifi": "M5 19a27 27 0 0 1 38 0M12 27a17 17 0 0 1 24 0M19 34.5a7.5 7.5 0 0 1 10 0M24 41h.01",
    "ca": "M8 5h32v28H8zM15 13h18M15 20h10M25 33a5 5 0 1 0 10 0a5 5 0 1 0-10 0M27 37v8l3-2 3 2v-8",
    "lock": "M9 21h30v22H9zM15 21v-6a9 9 0 0 1 18 0v6",
    "eye": "M3 24c9-15 33-15 42 0c-9 15-33 15-42 0zM24 24m-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0",
}


@dataclass(frozen=True, slots=True)
class Key:
    """How one key is told from another: a name, a colour and a dash, all three together."""

    name: str
    colour: str
    dash: str


KEYS = (
    Key("key A", VIOLET, "none"),
    Key("key B", GREEN, "9 4"),
    Key("key C", GREY, "2 4"),
    Key("key D", OCHRE, "12 3 2 3"),
)
# Of many keys each differs from its neighbours; its name tells it from all.
_LATER = ((GREY, "2 4"), (OCHRE, "14 4"), (VIOLET, "6 3"), (GREEN, "3 3"))
STRANGER = Key("Mallory’s key", PLUM, "5 5")


def key_style(index: int | None) -> Key:
    """Name and draw the bank's `index`-th key; None is Mallory's."""
    if index is None:
        return STRANGER
    if index < len(KEYS):
        return KEYS[index]
    return Key(f"key {letters(index)}", *_LATER[index % len(_LATER)])
