"""What a kernel needs: to draw a panel, and to run each lesson from its first cell to its last."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import Any

import nbformat
from nbclient import NotebookClient

from pinlib.teach.exhibits.cafe import CafePanel
from pinlib.teach.exhibits.handshake import HandshakePanel
from pinlib.teach.exhibits.pin import PinPanel
from pinlib.teach.exhibits.twins import TwinsPanel
from pinlib.teach.panel import Panel
from tests.bench.table import Row

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
_REFRESH = """
import itertools, json, statistics, time
from {module} import {panel}

def timed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000

panel = {panel}()
for _ in range(20):
    panel.refresh()  # the first ones find everything cold
same = [timed(panel.refresh) for _ in range(200)]
every = [timed(lambda: panel.show(state)) for state in itertools.islice(panel.states(), 1000)]
print(json.dumps([statistics.median(same), statistics.median(every), max(every), len(every)]))
"""


def rows() -> list[Row]:
    """Measure both."""
    panels = (HandshakePanel, PinPanel, TwinsPanel, CafePanel)
    return [*map(_refresh, panels), *(_run_all(path) for path in sorted(NOTEBOOKS.glob("*.ipynb")))]


def _refresh(kind: type[Panel[Any]]) -> Row:
    source = _REFRESH.format(module=kind.__module__, panel=kind.__name__)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    printed = next(one for one in notebook.cells[0].outputs if one.output_type == "stream")
    same, every, slowest, count = json.loads(printed.text)
    from_ = f"each of {count} states shown once: median {every:.1f}, slowest {slowest:.1f} ms"
    return Row(
        f"{kind.name}: panel refresh in the kernel, median", f"{same:.1f} ms", from_, "≤ 10 ms"
    )


def _run_all(path: Path) -> Row:
    """Run a notebook's cells in a kernel that is up, as a person does; the start stands beside."""
    notebook = nbformat.read(path, as_version=4)
    runner = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    began = perf_counter()
    with runner.setup_kernel():
        up = perf_counter()
        for index, cell in enumerate(notebook.cells):
            runner.execute_cell(cell, index)
        done = perf_counter()
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    from_ = f"{cells} code cells; the kernel's start took {up - began:.1f} s more"
    return Row(f"Run All, {path.stem}", f"{done - up:.1f} s", from_, "< 5 s")
