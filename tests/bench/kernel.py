"""What a kernel needs: to draw a panel, and to run each lesson from its first cell to its last."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import Any

import nbformat
from nbclient import NotebookClient

from pinlib.teach.exhibits.attack.cafe import CafePanel
from pinlib.teach.exhibits.connection.handshake import HandshakePanel
from pinlib.teach.exhibits.inspection.pin import PinPanel
from pinlib.teach.exhibits.inspection.same_key import TwinsPanel
from pinlib.teach.exhibits.lifecycle.field_updates import FieldPanel
from pinlib.teach.exhibits.lifecycle.renewal_calendar import CalendarPanel
from pinlib.teach.exhibits.lifecycle.rotation_drill import DrillPanel
from pinlib.teach.widgets.panel import Panel
from tests.bench.table import Row

QUIET = ["--IPKernelApp.log_level=40"]  # a kernel warns at each start that it is not encrypted
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
every = []
for state in itertools.islice(panel.states(), 1000):
    for _ in panel.work(state):
        pass  # what takes longer than a click is measured by itself
    every.append(timed(lambda: panel.show(state)))
print(json.dumps([statistics.median(same), statistics.median(every), max(every), len(every)]))
"""


_REBUILD = """
import json, time
from pinlib.teach.exhibits.lifecycle.renewal_calendar import CalendarPanel

def timed(line):
    start = time.perf_counter()
    panel.show(line)
    return time.perf_counter() - start

panel = CalendarPanel("calendar: life=days-398 rotate=4 backups=0")
print(json.dumps({
    days: [timed(f"life=days-{days} rotate=0 backups=1 reuse={reuse}") for reuse in ("yes", "no")]
    for days in (398, 200, 100, 47, 6)
}))
"""


_SEND = """
import json, time
from pinlib.scenes.evening import Bet, meet
from pinlib.teach import MalloryPanel

panel = MalloryPanel()
took = []
for state in list(panel.states())[:42] * 3:
    meet.cache_clear()
    panel.start_over()
    for name in "victim", "shows", "appends":
        panel.control(name).value = getattr(state, name)
    panel.control("bet").value = Bet.NOTHING
    start = time.perf_counter()
    panel.button("Send").click()
    took.append((time.perf_counter() - start) * 1000)
    assert panel.facts["outcome"] != "none"
took.sort()
print(json.dumps([took[len(took) // 2], took[int(len(took) * 0.95)], took[-1], len(took)]))
"""


def rows() -> list[Row]:
    """Measure panels, then lessons."""
    panels = (
        HandshakePanel,
        PinPanel,
        TwinsPanel,
        CafePanel,
        CalendarPanel,
        DrillPanel,
        FieldPanel,
    )
    lessons = sorted(NOTEBOOKS.glob("*.ipynb"))
    return [*map(_refresh, panels), _send(), *_rebuild(), *map(_run_all, lessons)]


def _send() -> Row:
    """Press Send in the lab, each time for an interception that was never made before."""
    median, slow, slowest, count = _printed(_SEND)
    from_ = f"{count} interceptions: median {median:.1f}, slowest {slowest:.1f} ms"
    return Row(
        "mallory: a Send in the lab, in the kernel, p95", f"{slow:.1f} ms", from_, "< 150 ms"
    )


def _printed(source: str) -> Any:
    """Run a cell in a kernel of its own, and read what it prints."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=240, kernel_name="python3", extra_arguments=QUIET).execute()
    return json.loads(
        next(one for one in notebook.cells[0].outputs if one.output_type == "stream").text
    )


def _rebuild() -> list[Row]:
    """Draw two years that were never drawn before, for each lifetime, with the same key and new."""
    found: dict[str, list[float]] = _printed(_REBUILD)
    return [
        Row(
            f"calendar: rebuild, {days}-day certificates, the slower",
            f"{max(seconds):.2f} s",
            f"same key {seconds[0]:.2f} s, new keys {seconds[1]:.2f} s, nothing known before",
            "< 2.5 s" if days == "6" else "< 0.5 s",
        )
        for days, seconds in found.items()
    ]


def _refresh(kind: type[Panel[Any]]) -> Row:
    source = _REFRESH.format(module=kind.__module__, panel=kind.__name__)
    same, every, slowest, count = _printed(source)
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
        extra_arguments=QUIET,
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
