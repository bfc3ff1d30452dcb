"""The first page that a learner sees, from JupyterLab as the launcher starts it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from pinlib.setup.copies import ANSWERS, WORK, WORKSHOP, Copies
from pinlib.setup.lab import on_trial
from tests.browser.lab import DEADLINE, PRIVATE, ROOT, until

pytestmark = pytest.mark.browser
SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"
CODE = "import os; print('kept in', os.environ['PINLIB_ANSWERS'])"
CELL = {"cell_type": "code", "id": "a", "source": CODE, "metadata": {}, "outputs": []}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
PROBE = json.dumps(
    {"cells": [{**CELL, "execution_count": None}], "metadata": KERNEL}
    | {"nbformat": 4, "nbformat_minor": 5}
)


@contextmanager
def started(home: Path) -> Iterator[str]:
    """Start it in a home of its own, and yield the address that opens it."""
    folder = home / "my wörk shop"
    if not folder.exists():
        folder.mkdir()
        (folder / "notebooks").symlink_to(ROOT / "notebooks")
        Copies(folder).renew()
    with pytest.MonkeyPatch.context() as patch:
        for name in PRIVATE:
            patch.setenv(name, str(home / name.lower()))
        patch.setenv("JUPYTER_CONFIG_PATH", str(ROOT / "jupyter"))
        with on_trial(f"--ServerApp.root_dir={folder}", seconds=600) as (place, token):
            yield f"{place}?token={token}"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start it for somebody who has never started it."""
    home = tmp_path_factory.mktemp("first page")
    with started(home) as place:
        (home / "my wörk shop" / WORK / "probe.ipynb").write_text(PROBE, encoding="utf-8")
        yield place


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page as wide as a small laptop."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.set_default_timeout(DEADLINE * 1000)
    yield page
    page.context.close()


def opened(page: Page, title: str) -> None:
    """Wait until a notebook is on screen with its kernel."""
    tab = page.locator(".lm-DockPanel-tabBar .jp-mod-current", has_text=title)
    expect(tab).to_be_visible()
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    indicator = page.locator(f"{SHOWN} .jp-Notebook-ExecutionIndicator")
    expect(indicator).to_have_attribute("data-status", "idle")
    expect(page.locator(f"{SHOWN} .jp-Toolbar-kernelName")).to_contain_text("Python 3")
    # Which file it is the server knows; a tab's tooltip stays empty now and then.
    paths = "async () => (await (await fetch('/api/sessions')).json()).map(one => one.path)"
    until(lambda: f"{WORK}/{title}" in page.evaluate(paths), f"a kernel of {WORK}/{title}")


def test_the_first_page_is_lesson_00_alone(page: Page, address: str) -> None:
    """No list of files, no question about news: the lesson has the width of the window."""
    page.goto(address)
    opened(page, "00_start_here.ipynb")
    for sidebar in ("#jp-left-stack", "#jp-right-stack", ".jp-DirListing"):
        expect(page.locator(sidebar)).to_be_hidden()
    width = page.locator(".jp-NotebookPanel").bounding_box()
    assert width and width["width"] > 1150, width
    expect(page.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)


def _saves_an_open_sidebar(answer: Response) -> bool:
    """Tell whether the workspace was saved as it is now, and not as it was a moment before."""
    if "/api/workspaces/" not in answer.url or answer.request.method != "PUT" or not answer.ok:
        return False
    layout = answer.request.post_data_json["data"].get("layout-restorer:data", {})
    return layout.get("left", {}).get("collapsed") is False


def test_a_sidebar_that_was_opened_stays_open(page: Page, tmp_path: Path) -> None:
    """Closed is where a learner begins; the next start finds what was left."""
    with started(tmp_path) as address:
        page.goto(address)
        opened(page, "00_start_here.ipynb")
        with page.expect_response(_saves_an_open_sidebar):
            page.keyboard.press("Control+b")
        expect(page.locator("#jp-left-stack .jp-DirListing")).to_be_visible()
    with started(tmp_path) as address:
        page.goto(address)
        opened(page, "00_start_here.ipynb")
        expect(page.locator("#jp-left-stack .jp-DirListing")).to_be_visible()


def test_links_lead_from_copy_to_copy(page: Page, address: str) -> None:
    """The lesson after 00 opens beside it, from the same folder."""
    page.goto(address)
    opened(page, "00_start_here.ipynb")
    outer = page.locator(f"{SHOWN} .jp-WindowedPanel-outer")
    link = page.locator(".jp-MarkdownOutput a[href*='01_watch_a_handshake']").first
    for _ in range(60):
        if link.count():
            break
        outer.evaluate("one => one.scrollBy(0, 400)")
        page.evaluate("() => new Promise(done => requestAnimationFrame(done))")
    link.click()
    opened(page, "01_watch_a_handshake.ipynb")


def test_a_kernel_knows_where_answers_are_kept(page: Page, address: str) -> None:
    """It is told by the launcher; without the launcher nothing is written."""
    place, token = address.split("?")
    page.goto(f"{place}lab/tree/{WORK}/probe.ipynb?{token}")
    opened(page, "probe.ipynb")
    page.locator(f"{SHOWN} .jp-CodeCell .cm-content").click()
    page.keyboard.press("Control+Enter")
    folder = Path(WORKSHOP, WORK, ANSWERS)
    output = page.locator(f"{SHOWN} .jp-OutputArea-output")
    expect(output).to_contain_text(f"kept in {folder}")
