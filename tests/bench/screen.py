"""What a person waits for: from a touched control to the changed picture, in JupyterLab."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright

from tests.bench.table import Row
from tests.browser.lab import FLAGS, Lab
from tests.browser.latency import WALKS, Latency, Walk, measure, notebook

CHANGES = 100


def rows(home: Path) -> list[Row]:
    """Measure the changes of two panels, each followed by one of a bare widget."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return [Row("control → picture", "no chromium on PATH", aim="p95 < 100 ms")]
    files = {walk: notebook(home, walk) for walk in WALKS}
    lab = Lab.start(home / "lab").serving(files.values(), "bench")
    found: list[Row] = []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            for walk, file in files.items():
                opened = lab.open(browser, file.name, height=2000)
                opened.run_all()
                found += _told(walk, measure(opened.page, walk, CHANGES))
                opened.close()
            browser.close()
    finally:
        lab.stop()
    return found


def _told(walk: Walk, found: Latency) -> list[Row]:
    p95 = _p95(found.panel)
    both = f"{median(found.panel):.0f} ms ÷ {median(found.bare):.0f} ms, {CHANGES} pairs"
    bare = f"bare HTML widget: {_p95(found.bare):.0f} ms"
    what = f"{walk.name}: control → picture"
    return [
        Row(f"{what} ÷ bare HTML widget, p50", f"{found.ratio:.2f}", both, "≤ 2"),
        Row(f"{what}, p95", f"{p95:.0f} ms", bare, "< 100 ms"),
    ]


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[-1]
