"""Draw the house from its real imports: `python -m tests.house` writes docs/house.svg.

A row is a room: its modules, and how many imports lead from it into each room before it.  Every dot
lies left of the diagonal, for a room knows only those before it.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from html import escape
from pathlib import Path

import grimp

PICTURE = Path(__file__).parents[1] / "docs" / "house.svg"
ROOMS = ("encoding", "wire", "pins", "tls", "scenes", "operations", "take_home", "setup", "teach")
TOP, LEFT, CELL, MODULES = 60, 130, 74, 400
LINE, PER_LINE = 18, 50  # pixels, characters
STYLE = (
    "text{font:15px system-ui,sans-serif;fill:#111}.room{font-weight:600;font-size:17px}"
    ".dim{font-size:13px;fill:#555}.grid{stroke:#999}.dot{fill:#111}.count{font-size:13px;fill:#fff}"
    "@media(prefers-color-scheme:dark){text{fill:#eee}.dim{fill:#aaa}.dot{fill:#eee}"
    ".count{fill:#111}}"
)


def imports() -> Counter[tuple[str, str]]:
    """Count the imports from each room into each other."""
    graph = grimp.build_graph("pinlib", cache_dir=None)
    found: Counter[tuple[str, str]] = Counter()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            start, end = (name.split(".")[1:2] for name in (module, imported))
            if start != end and {*start, *end} <= set(ROOMS) and start and end:
                found[start[0], end[0]] += 1
    return found


def modules(room: str) -> list[str]:
    """Return what stands in a room: its modules, and the rooms inside it."""
    graph = grimp.build_graph("pinlib", cache_dir=None)
    inside = sorted(graph.find_children(f"pinlib.{room}"))
    return [one.rpartition(".")[2] + ("/" if graph.find_children(one) else "") for one in inside]


def draw() -> str:
    """Return the picture as SVG."""
    counts, drawn, y = imports(), [], TOP
    start = LEFT + MODULES
    for at, room in enumerate(ROOMS):
        lines = textwrap.wrap("\u00a0· ".join(modules(room)), PER_LINE) or [""]
        height = max(CELL, LINE * len(lines) + 24)
        middle = y + height / 2
        drawn.append(
            f'<line class="grid" x1="16" x2="{start + CELL * len(ROOMS)}" y1="{y}" y2="{y}"/>'
        )
        drawn.append(f'<text class="room" x="16" y="{middle + 6:g}">{room}</text>')
        first = middle + 5 - LINE * (len(lines) - 1) / 2
        drawn += [
            f'<text class="dim" x="{LEFT}" y="{first + LINE * n:g}">{escape(line)}</text>'
            for n, line in enumerate(lines)
        ]
        for column, other in enumerate(ROOMS):
            x = start + CELL * column + CELL / 2
            if column == at:
                place = f'text-anchor="middle" x="{x:g}" y="{middle + 5:g}"'
                drawn.append(f'<text class="dim" {place}>{room}</text>')
            elif count := counts[room, other]:
                radius = 11 + min(count, 80) ** 0.5 * 1.6
                drawn.append(
                    f'<circle class="dot" cx="{x:g}" cy="{middle:g}" r="{radius:.1f}">'
                    f"<title>{room} imports {other} {count} times</title></circle>"
                    f'<text class="count" text-anchor="middle" x="{x:g}" y="{middle + 5:g}">'
                    f"{count}</text>"
                )
        y += height
    told = "How many imports lead from each room (row) into those before it (column)"
    head = f'<text class="dim" x="16" y="34">{told}: none leads the other way.</text>'
    width = start + CELL * len(ROOMS) + 16
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {y + 16:g}">'
        f"<title>{told}</title><style>{STYLE}</style>{head}{''.join(drawn)}</svg>\n"
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
    print(PICTURE)
