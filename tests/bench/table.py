"""One measured thing as a row, and all of them as an aligned table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"[-−]?\d[\d,]*\.?\d*")


@dataclass(frozen=True)
class Row:
    """What was measured, the figure that counts, what it was measured from, and what we aim at."""

    what: str
    figure: str
    absolutes: str = ""
    aim: str = "–"

    @property
    def judged(self) -> str:
        """Hold the figure to the aim, both in the same unit; without a number nothing is judged."""
        found, wanted = _NUMBER.search(self.figure), _NUMBER.search(self.aim)
        if wanted is None:
            return ""
        if found is None:
            return "not measured"
        figure, aim = (
            float(one.group().replace(",", "").replace("−", "-")) for one in (found, wanted)
        )
        return "ok" if figure < aim or ("≤" in self.aim and figure == aim) else "short"


def summary(rows: Sequence[Row]) -> str:
    """Say in one line what fell short of its aim, or was not measured."""
    short = [row.what for row in rows if row.judged not in {"", "ok"}]
    return f"Short of the aim: {'; '.join(short)}." if short else "Every aim is reached."


def table(rows: Sequence[Row]) -> str:
    """Return the rows as lines of text whose columns stand under their headings."""
    lines = [("what", "figure", "from", "aim", "")]
    lines += [(row.what, row.figure, row.absolutes, row.aim, row.judged) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
