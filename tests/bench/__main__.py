"""Print the table of ratios and times: `python -m tests.bench`.

What is divided was measured in turns within this run, so the ratios hold on any machine; the
milliseconds beside them are this machine's, on this day.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.bench import engine, kernel, screen
from tests.bench.table import Row, summary, table
from tests.browser.lab import PRIVATE


def main() -> int:
    """Measure everything, with nothing of the person's own Jupyter in it."""
    with tempfile.TemporaryDirectory(prefix="pinlib-bench-") as folder:
        home = Path(folder)
        for name in PRIVATE:
            os.environ[name] = str(home / "bench" / name.lower())
            Path(os.environ[name]).mkdir(parents=True)
        rows: list[Row] = []
        rows += [_split(*row) for row in engine.rows()]
        rows += kernel.rows()
        rows += screen.rows(home)
    print(table(rows), summary(rows), sep="\n\n")
    return 0


def _split(what: str, figure: str, aim: str) -> Row:
    """Take what stands in brackets after a figure for what it was measured from."""
    figure, _, absolutes = figure.partition("  (")
    return Row(what, figure, absolutes.removesuffix(")"), aim)


if __name__ == "__main__":
    sys.exit(main())
