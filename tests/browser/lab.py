"""A real JupyterLab in a real browser, for tests: on loopback, and on a copy.

`Lab` is the server, `Notebook` one page with one notebook.  Every wait is a poll with a deadline.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PRIVATE = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
)
QUIET = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}
DEADLINE = 60.0
expect.set_options(timeout=DEADLINE * 1000)  # of its own it waits for 5 seconds


def until(claim: Callable[[], Any], what: str, seconds: float = DEADLINE) -> Any:
    """Poll until `claim` answers with something true; say what was awaited when it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := claim():
            return answer
        time.sleep(0.02)  # between two looks; the deadline is what ends the wait
    raise AssertionError(f"waited {seconds} s for {what}")


@dataclass
class Lab:
    """A running JupyterLab, and the files in a `folder` of its root, which `below` leads to."""

    folder: Path
    process: subprocess.Popen[bytes]
    url: str
    token: str
    below: str = ""

    @classmethod
    def start(cls, home: Path, **environment: str) -> Lab:
        """Serve a folder with a space and an accent in its name."""
        folder = home / "my wörk shop"
        folder.mkdir(parents=True)
        private = {name: str(home / "private" / name.lower()) for name in PRIVATE}
        for place in private.values():
            Path(place).mkdir(parents=True)
        overrides = home / "private" / "jupyter_config_dir" / "labconfig"
        overrides.mkdir()
        (overrides / "default_setting_overrides.json").write_text(json.dumps(QUIET))
        token = secrets.token_hex(16)
        log = (home / "server.log").open("wb")
        process = subprocess.Popen(
            [
                sys.executable,
                *("-m", "jupyterlab", "--no-browser", "--LabApp.extension_manager=readonly"),
                *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--allow-root"),
                f"--ServerApp.root_dir={folder}",
                f"--IdentityProvider.token={token}",
            ],
            cwd=folder,
            env={**os.environ, **private, "PYTHONPATH": str(ROOT), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        runtime = Path(private["JUPYTER_RUNTIME_DIR"])
        lab = cls(folder, process, "", token)
        try:
            lab.url = until(lambda: lab._answers(runtime), f"JupyterLab, see {home}/server.log")
        except BaseException:
            lab.stop()
            raise
        return lab

    def serving(self, files: Iterable[Path], below: str) -> Lab:
        """Give the same server, with copies of `files` in a folder of their own."""
        folder = self.folder / below
        folder.mkdir()
        for file in files:
            (shutil.copytree if file.is_dir() else shutil.copy)(file, folder / file.name)
        return replace(self, folder=folder, below=f"{below}/")

    def end_kernels(self) -> None:
        """End what was started for this lab's files, and leave the server to others."""
        for session in json.loads(self._ask("api/sessions")):
            if session["path"].startswith(self.below):
                self._ask(f"api/sessions/{session['id']}", "DELETE")

    def _ask(self, what: str, method: str = "GET") -> bytes:
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}{what}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            return bytes(answer.read())

    def _answers(self, runtime: Path) -> str | None:
        assert self.process.poll() is None, "JupyterLab ended while it was starting"
        for file in runtime.glob("jpserver-*.json"):
            try:
                url = json.loads(file.read_text())["url"]
                with urllib.request.urlopen(f"{url}api?token={self.token}", timeout=60):  # noqa: S310 - loopback
                    return str(url)
            except (ValueError, urllib.error.URLError):
                continue  # the file is half written, or the port is not yet open
        return None

    def stop(self) -> None:
        """End the server; it ends its kernels."""
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def open(
        self, browser: Browser, name: str, *, width: int = 1280, height: int = 900
    ) -> Notebook:
        """Open a notebook in a page of its own, and wait for its kernel.

        The page asks for no motion, so that what is drawn is whole at once.
        """
        size = {"width": width, "height": height}
        page = browser.new_context(viewport=size, reduced_motion="reduce").new_page()
        page.set_default_timeout(DEADLINE * 1000)
        notebook = Notebook(page, name)
        path = urllib.parse.quote(self.below + name)
        page.goto(f"{self.url}lab/tree/{path}?reset&token={self.token}")
        kernel = page.locator(".jp-NotebookPanel .jp-Toolbar-kernelName")
        expect(kernel).to_contain_text("Python 3", timeout=DEADLINE * 1000)
        expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute(
            "data-status", "idle", timeout=DEADLINE * 1000
        )
        return notebook


class Notebook:
    """One notebook on screen, and everything its page has done since it was opened."""

    def __init__(self, page: Page, name: str) -> None:
        """Listen from the first request on."""
        self.page, self.name = page, name
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self.page_errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":
            self.dialogs.append(dialog.message)
        dialog.dismiss() if dialog.type != "beforeunload" else dialog.accept()

    def menu(self, *items: str) -> None:
        """Choose from the menu bar, as a person does."""
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{items[0]}$")).click()
        for item in items[1:]:
            label = self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}$"))
            label.last.click()

    def run_all(self) -> None:
        """Run every cell, and wait until each shows its number."""
        self.menu("Run", "Run All Cells")
        self.page.wait_for_function(
            """() => {
              const cells = [...document.querySelectorAll('.jp-CodeCell')].filter(
                cell => cell.querySelector('.cm-content')?.textContent.trim());
              return cells.length && cells.every(cell =>
                /\\[\\d+\\]/.test(cell.querySelector('.jp-InputPrompt')?.textContent ?? ''));
            }""",
            timeout=DEADLINE * 1000,
        )

    def panel(self, name: str) -> Locator:
        """Find a panel on screen; the notebook is windowed, so scroll to it first."""
        found = self.page.locator(f".pinlib-panel-{name}").last
        found.scroll_into_view_if_needed(timeout=DEADLINE * 1000)
        return found

    def scroll_to(self, text: str) -> Locator:
        """Bring the code cell with this text onto the page: what is off the screen is not in it."""
        cell = self.page.locator(".jp-CodeCell", has_text=text)
        outer = self.page.locator(".jp-WindowedPanel-outer")
        outer.evaluate("one => one.scrollTo(0, 0)")
        for _ in range(60):
            if cell.count():
                break
            outer.evaluate("one => one.scrollBy(0, 400)")
            self.page.evaluate("() => new Promise(done => requestAnimationFrame(done))")
        cell.first.evaluate("one => one.scrollIntoView({block: 'start'})")
        self.page.evaluate(  # what came back onto the page is put together within two frames
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        return cell.first

    def simple_mode(self) -> None:
        """Show one document alone, sidebars closed, as on a projector."""
        self.menu("View", "Appearance", "Simple Interface")
        expect(self.page.locator("#jp-main-dock-panel[data-mode=single-document]")).to_be_visible()
        if self.page.locator("#jp-left-stack").is_visible():
            self.menu("View", "Appearance", "Show Left Sidebar")
        expect(self.page.locator("#jp-left-stack")).to_be_hidden()

    def dark_theme(self) -> None:
        """Switch JupyterLab to its dark theme."""
        self.menu("Settings", "Theme", "JupyterLab Dark")
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def screenshot(self, name: str) -> Path:
        """Keep a picture for people to look at; no test compares pixels."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def assert_no_error_badge(self) -> None:
        """Errors outside an output show only as a badge in the status bar."""
        expect(self.page.locator(".jp-LogConsoleStatusItem:not(.lm-mod-hidden)")).to_have_count(0)

    def assert_stayed_home(self) -> None:
        """Nothing in the page asked for anything beyond loopback."""
        away = [
            url
            for url in self.requests
            if urllib.parse.urlsplit(url).scheme in {"http", "https", "ws", "wss"}
            and urllib.parse.urlsplit(url).hostname != "127.0.0.1"
        ]
        assert self.requests, "the page was never watched"
        assert not away, f"the page asked for {away}"

    def close(self) -> None:
        """Close the page and its context."""
        self.page.context.close()


def least_contrast(view: Locator) -> float:
    """Compute the lowest contrast of any text to what is painted behind it (WCAG 2.2)."""
    least: float = view.evaluate(
        """view => {
          const canvas = document.createElement('canvas').getContext('2d');
          const parse = css => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css;
            canvas.fillRect(0, 0, 1, 1); const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
            return [r, g, b, a / 255]; };
          const over = (top, under) => [0, 1, 2].map(
            at => top[at] * top[3] + under[at] * (1 - top[3])).concat(1);
          const back = one => !one ? [255, 255, 255, 1] :
            over(parse(getComputedStyle(one).backgroundColor), back(one.parentElement));
          const light = colour => colour.slice(0, 3).map(c => c / 255).map(
            c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
          const texts = [...view.querySelectorAll('*')].filter(one => !one.closest('svg') &&
            [...one.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
          return Math.min(...texts.map(one => {
            const under = back(one), top = over(parse(getComputedStyle(one).color), under);
            const [dark, bright] = [light(under), light(top)].sort((a, b) => a - b);
            return (bright + 0.05) / (dark + 0.05);
          }));
        }"""
    )
    return least


def unfolded(lesson: Path, folder: Path) -> Path:
    """Copy a lesson into a folder with nothing folded, for what is folded is not in the page."""
    notebook = json.loads(lesson.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["metadata"].pop("jp-MarkdownHeadingCollapsed", None)
    copy = folder / lesson.name
    copy.write_text(json.dumps(notebook), encoding="utf-8")
    return copy


def with_a_cell(lesson: Path, source: str, folder: Path, *, name: str, after: str) -> Path:
    """Copy a lesson with one more cell behind the one with this id, and nothing folded."""
    copy = unfolded(lesson, folder)
    notebook = json.loads(copy.read_text(encoding="utf-8"))
    at = next(n for n, cell in enumerate(notebook["cells"]) if cell["id"] == after)
    cell = {"cell_type": "code", "id": "added", "metadata": {}, "source": source}
    notebook["cells"].insert(at + 1, cell | {"outputs": [], "execution_count": None})
    copy.write_text(json.dumps(notebook), encoding="utf-8")
    return copy.rename(folder / name)


def shows(panel: Locator, *, seconds: float = 5.0, **facts: str) -> None:
    """Wait until the picture of a panel says so of itself."""
    picture = panel.locator(".pl[data-outcome]")
    for name, value in facts.items():
        expect(picture).to_have_attribute(f"data-{name}", value, timeout=seconds * 1000)
