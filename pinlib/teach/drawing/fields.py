"""A message, opened to its bytes: a list of its fields, and the bytes in hex beside it.

Each byte belongs to one innermost field.  Both sides carry the field's path, such as "5.3.2", by
which the page's script lights one up where the other is pointed at.
"""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from pinlib.encoding.anatomy import Part
from pinlib.teach.drawing.typeset import count_of_bytes, escape
from pinlib.wire.meanings import meaning

ACROSS = 8  # bytes in a line


def opened_fields(raw: bytes, whole: Part, *, lit: str = "") -> Markup:
    """Draw a message's fields and its bytes; the first field called `lit` is shown first."""
    named = dict(_paths(whole))
    path = next((path for path, part in named.items() if part.name == lit), "")
    fields = "".join(_field(part, str(at), path) for at, part in enumerate(whole.parts))
    return Markup(
        f'<div class="pl-opened"><div class="pl-fields" role="group" aria-label="Fields of'
        f' {escape(whole.name)}">{fields}</div>{_hex(raw, whole, path)}</div>'
    )


def fields_said(raw: bytes, whole: Part) -> str:
    """Say the same in words: each field, what it says, where it stands, and what it means."""
    lines = [f"{whole.name}, {count_of_bytes(len(raw))}: {raw.hex()}"]
    for depth, part in whole.walk(-1):
        if depth >= 0:
            value = f" ({part.value})" if part.value else ""
            told = meaning(part.name)
            lines.append(
                f"- {part.name}{value}, {count_of_bytes(len(part))} from byte {part.start}: "
                f"{told.means} {told.source}."
            )
    return "\n".join(lines)


def _paths(whole: Part, above: str = "") -> Iterator[tuple[str, Part]]:
    for at, part in enumerate(whole.parts):
        path = f"{above}{at}"
        yield path, part
        yield from _paths(part, f"{path}.")


def _field(part: Part, path: str, lit: str) -> str:
    """Draw a field as something that opens: its meaning, its source, the fields inside it."""
    told = meaning(part.name)
    inside = "".join(_field(one, f"{path}.{at}", lit) for at, one in enumerate(part.parts))
    shown = " open" if lit == path or lit.startswith(f"{path}.") else ""
    light = ' class="pl-lit"' if lit == path else ""
    value = f'<span class="pl-value">{escape(part.value)}</span>' if part.value else ""
    return (
        f'<details data-field="{path}"{light}{shown}><summary><b>{escape(part.name)}</b>{value}'
        f"<small>{count_of_bytes(len(part))}</small></summary>"
        f'<p class="pl-dim">{escape(told.means)}'
        f" <cite>{escape(told.source)}</cite></p>{inside}</details>"
    )


def _hex(raw: bytes, whole: Part, lit: str) -> str:
    """Write the bytes in lines; each run of one field is an element of its own."""
    leaves = [(path, part) for path, part in _paths(whole) if not part.parts]
    lines: list[str] = []
    for start in range(0, len(raw), ACROSS):
        end = min(start + ACROSS, len(raw))
        runs = [
            (path, max(part.start, start), min(part.end, end))
            for path, part in leaves
            if part.start < end and part.end > start
        ]
        cells = " ".join(_run(path, raw[first:last].hex(" "), lit) for path, first, last in runs)
        blank = "   " * (ACROSS - (end - start))
        text = "".join(_run(path, _text(raw[first:last]), lit) for path, first, last in runs)
        lines.append(
            f'<span class="pl-offset">{start:>4}</span>  {cells}{blank}'
            f'  <span class="pl-ascii">{text}</span>'
        )
    return (
        f'<pre class="pl-hex" tabindex="0" role="group" aria-label="{escape(whole.name)} in hex">'
        f'<code data-whole="{raw.hex()}">{chr(10).join(lines)}</code></pre>'
    )


def _run(path: str, words: str, lit: str) -> str:
    inside = path == lit or path.startswith(f"{lit}.")
    return f'<span data-field="{path}"{" class=pl-lit" if lit and inside else ""}>{words}</span>'


def _text(raw: bytes) -> str:
    return str(escape("".join(chr(byte) if 32 <= byte < 127 else "·" for byte in raw)))
