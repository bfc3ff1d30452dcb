"""Take pictures of every scene at every size, for people to look at: `workshop.py screens`.

Each lesson is opened in a real JupyterLab, run, and photographed cell by cell, asked and answered:
on a laptop, presented on a projector, small with the sidebar open, at 200 % zoom; light and dark.
The pictures lie in screenshots/; no test compares them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.lab import FLAGS, ROOT, SCREENSHOTS, Lab, Notebook, with_a_cell


@dataclass(frozen=True)
class Size:
    """One way to see a page."""

    name: str
    width: int
    height: int
    presented: bool = False
    dark: bool = False
    zoom: int = 1


SIZES = (
    Size("laptop", 1440, 900),
    Size("laptop-dark", 1440, 900, dark=True),
    Size("projector", 1280, 720, presented=True),
    Size("projector-dark", 1280, 720, presented=True, dark=True),
    Size("small", 1024, 768),
    Size("zoomed", 1440, 900, zoom=2),
)


def photograph(notebook: Notebook, lesson: str, size: Size) -> int:
    """Show every answer, and take a picture of each code cell that draws something."""
    theme = "JupyterLab Dark" if size.dark else "JupyterLab Light"
    notebook.menu("Settings", "Theme", theme)
    if size.presented:
        notebook.simple_mode()
    notebook.run_all()
    # At 200 % a page has half as many points to a side.
    seen = {"width": size.width // size.zoom, "height": size.height // size.zoom}
    notebook.page.set_viewport_size(seen)  # type: ignore[arg-type]
    taken = 0
    for at in range(60):
        cell = notebook.page.locator(f'.jp-CodeCell[data-windowed-list-index="{at}"]')
        if not cell.count():
            notebook.page.locator(".jp-WindowedPanel-outer").evaluate("one => one.scrollBy(0, 300)")
            continue
        cell.evaluate("one => one.scrollIntoView({block: 'start'})")
        show = cell.locator(".widget-button:visible", has_text="Show me")
        if show.count():
            notebook.screenshot(f"{lesson}-{size.name}-{at:02}-asked")
            taken += 1
            asked = show.first.element_handle()
            asked.click()
            asked.wait_for_element_state("hidden")
        if cell.locator(".pl").count():
            notebook.screenshot(f"{lesson}-{size.name}-{at:02}")
            taken += 1
    return taken


def main() -> int:
    """Take them all, or those of the lessons that are named."""
    wanted = sys.argv[1:]
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        print("No Chromium on PATH: install it, then run this again.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="pinlib-screens-") as folder, sync_playwright() as play:
        browser: Browser = play.chromium.launch(executable_path=program, args=FLAGS)
        lab = Lab.start(Path(folder))
        try:
            for file in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
                if wanted and file.name[:2] not in wanted:
                    continue
                for size in SIZES:
                    source = "lesson.present()" if size.presented else "lesson"
                    name = f"{size.name}_{file.name}"
                    with_a_cell(file, source, lab.folder, name=name, after="set-up")
                    opened = lab.open(browser, name, width=size.width, height=size.height)
                    count = photograph(opened, file.name[:2], size)
                    print(f"{file.name[:2]} {size.name}: {count} pictures in {SCREENSHOTS}")
                    opened.close()
                lab.end_kernels()
        finally:
            lab.stop()
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
