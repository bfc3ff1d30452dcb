"""Bytes, drawn: a map to scale, and the bytes themselves.

Both take a `Part` and know nothing of certificates.  Widths are shares of the part that is looked
at, so that a picture may be any size and stays to scale; what is too narrow for its name shows it
on hover, and the words beside the picture name every part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from pinlib.encoding.anatomy import Part
from pinlib.teach.drawing.blocks import mark
from pinlib.teach.drawing.palette import Sign
from pinlib.teach.drawing.typeset import count_of_bytes, escape

ROW = 16  # bytes in a line
MOST = 512  # bytes shown one by one


@dataclass(frozen=True, slots=True)
class Accent:
    """What is to be seen first: a mark, and a few words that stand below the part."""

    mark: Sign
    words: str


def scale_map(whole: Part, looked_at: Part, accents: Mapping[str, Accent]) -> Markup:
    """Draw a file to scale: all of it in a line, then the part looked at with all inside it.

    `accents` go by the names of parts.
    """
    inside = list(looked_at.walk())
    deepest = max(depth for depth, _ in inside)
    rows = "".join(
        f'<div class="pl-maprow">{"".join(_segments(inside, depth, looked_at, accents))}</div>'
        for depth in range(deepest + 1)
    )
    notes = "".join(
        _note(part, looked_at, accents[part.name]) for _, part in inside if part.name in accents
    )
    over = "" if looked_at == whole else _overview(whole, looked_at)
    where = (
        "" if looked_at == whole else f", of which {whole.name} has {count_of_bytes(len(whole))}"
    )
    told = f"Map of {looked_at.name}, {count_of_bytes(len(looked_at))} to scale{where}"
    return Markup(
        f'<div class="pl-map" role="group" aria-label="{escape(told)}">{over}{rows}{notes}</div>'
    )


def _segments(
    inside: list[tuple[int, Part]], wanted: int, frame: Part, accents: Mapping[str, Accent]
) -> Iterator[str]:
    for depth, part in inside:
        if depth == wanted:
            accent = accents.get(part.name)
            kind = f" pl-{accent.mark}" if accent else ""
            told = f"{part.name}: {count_of_bytes(len(part))} from byte {part.start:,}"
            yield (
                f'<div class="pl-part{kind}" data-part="{escape(part.name)}"'
                f' style="{_place(part, frame)}" title="{escape(told)}">'
                f"<span>{escape(part.name)}</span><small>{len(part):,}</small></div>"
            )


def _overview(whole: Part, looked_at: Part) -> str:
    return (
        '<div class="pl-maprow pl-overview"><div class="pl-part" style="left:0;width:100%"'
        f' title="{escape(whole.name)}: {count_of_bytes(len(whole))}">'
        f"<span>{escape(whole.name)}</span><small>{len(whole):,}</small></div>"
        f'<div class="pl-window" style="{_place(looked_at, whole)}"></div></div>'
    )


def _note(part: Part, frame: Part, accent: Accent) -> str:
    """Say under a part what it is that is marked there, from whichever edge leaves more room."""
    left = 100 * (part.start - frame.start) / len(frame)
    right = 100 * (frame.end - part.end) / len(frame)
    side = f"margin-left:{left:.3f}%" if left <= right else f"margin-right:{right:.3f}%"
    edge = "pl-from-left" if left <= right else "pl-from-right"
    return (
        f'<div class="pl-mapnote {edge} pl-{accent.mark}" style="{side}">'
        f"{mark(accent.mark)}<span>{escape(accent.words)}</span></div>"
    )


def _place(part: Part, frame: Part) -> str:
    left = 100 * (part.start - frame.start) / len(frame)
    return f"left:{left:.3f}%;width:{100 * len(part) / len(frame):.3f}%"


def hexdump(der: bytes, part: Part, accented: Part | None, kind: Sign) -> Markup:
    """Write a part byte by byte, with its place in the file; `accented` is set off by `kind`."""
    shown = der[part.bytes][:MOST]
    lines = []
    for at in range(0, len(shown), ROW):
        row = shown[at : at + ROW]
        start = part.start + at
        cells = "".join(_cells(row, start, accented, kind))
        blank = "   " * (ROW - len(row))
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in row)
        lines.append(
            f'<span class="pl-offset">{start:>6}</span>  {cells}{blank}'
            f'<span class="pl-ascii"> {escape(text)}</span>'
        )
    return Markup(
        f'<pre class="pl-hex" tabindex="0" aria-label="{escape(part.name)} in hex">'
        f'<code title="{shown.hex()}">{chr(10).join(lines)}</code></pre>'
    )


def _cells(row: bytes, start: int, accented: Part | None, kind: Sign) -> Iterator[str]:
    """Yield the bytes of a line in hex, runs of accented ones as one element."""
    first = accented.start - start if accented else 0
    last = accented.end - start if accented else 0
    first, last = max(0, min(first, len(row))), max(0, min(last, len(row)))
    yield _hex(row[:first])
    if first < last:
        yield f'<b class="pl-{kind}">{row[first:last].hex(" ")}</b> '
    yield _hex(row[last:])


def _hex(some: bytes) -> str:
    return f"{some.hex(' ')} " if some else ""


def said(whole: Part) -> str:
    """Name every part of a map with its size and place."""
    return "; ".join(
        f"{part.name}, {count_of_bytes(len(part))} from byte {part.start:,}"
        for _, part in whole.walk()
    )


def hex_said(der: bytes, part: Part) -> str:
    """Write the bytes that `hexdump` shows as one run of digits, and say how many those are."""
    shown = der[part.bytes][:MOST]
    count = (
        count_of_bytes(len(part))
        if len(shown) == len(part)
        else f"first {MOST} of {len(part):,} bytes"
    )
    return f"{part.name} in hex ({count}): {shown.hex()}"
