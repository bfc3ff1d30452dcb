"""What a person waits for: from a touched control to the changed picture, in JupyterLab."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright

from tests.bench.table import Row
from tests.browser.lab import FLAGS, Lab
from tests.browser.latency import NAME, measure, notebook

CHANGES = 100


def rows(home: Path) -> list[Row]:
    """Measure the panel's changes, each followed by one of a bare widget."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return [Row("control → picture", "no chromium on PATH", aim="p95 < 100 ms")]
    lab = Lab.start(home / "lab", [notebook(home)])
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            opened = lab.open(browser, NAME, height=2000)
            opened.run_all()
            found = measure(opened.page, CHANGES)
            opened.close()
            browser.close()
    finally:
        lab.stop()
    p95 = _p95(found.panel)
    both = f"{median(found.panel):.0f} ms ÷ {median(found.bare):.0f} ms, {CHANGES} pairs"
    bare = f"bare HTML widget: {_p95(found.bare):.0f} ms"
    return [
        Row("control → picture ÷ bare HTML widget, p50", f"{found.ratio:.2f}", both, "≤ 2"),
        Row("control → picture, p95", f"{p95:.0f} ms", bare, "< 100 ms"),
    ]


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[-1]
