"""Draw the README's picture anew: `python -m tests.picture`.

Chromium photographs the static copy of the café panel, as a handout shows it: no notebook, no
kernel, no server.  Only what comes from fresh keys (pins, and the sizes of signatures) changes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from pinlib.teach.exhibits.attack.cafe import CafePanel
from tests.browser.lab import FLAGS

DOCS = Path(__file__).parents[1] / "docs"
SCENE = "Company phone, inspecting proxy"
WIDTH = 1100
MOST = 250_000  # bytes; a README that loads slowly on the room's wifi helps nobody
# The panel takes its theme from JupyterLab's marks on the body; the paper below it is JupyterLab's.
THEMES = {"light": ("true", "#ffffff"), "dark": ("false", "#111111")}


def draw(browser: Browser, theme: str) -> Path:
    """Photograph the panel in a theme, and nothing around it."""
    light, paper = THEMES[theme]
    panel = CafePanel(SCENE)._repr_mimebundle_()["text/html"]
    page = browser.new_page(
        viewport={"width": WIDTH, "height": 900},
        device_scale_factor=1.75,
        color_scheme="light" if theme == "light" else "dark",
    )
    page.set_content(
        f'<!doctype html><meta charset="utf-8"><style>body {{ margin: 0; background: {paper}; }}'
        f'</style><body data-jp-theme-light="{light}">{panel}</body>'
    )
    path = DOCS / f"cafe-{theme}.png"
    page.locator(".pinlib-panel").screenshot(path=path, animations="disabled")
    page.close()
    return path


def main() -> int:
    """Draw both themes; a picture that grew too large is an error."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        print("There is no chromium on PATH: install it, and try again.", file=sys.stderr)
        return 1
    DOCS.mkdir(exist_ok=True)
    large = False
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for theme in THEMES:
            path = draw(browser, theme)
            size = path.stat().st_size
            large |= size > MOST
            print(f"{path.relative_to(DOCS.parent)}: {size / 1000:.0f} kB")
        browser.close()
    if large:
        print(f"A picture is larger than {MOST / 1000:.0f} kB.", file=sys.stderr)
    return int(large)


if __name__ == "__main__":
    sys.exit(main())
