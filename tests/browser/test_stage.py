"""The stage as a page: what is kept, and what a dead kernel says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.lab import ROOT, Lab, Notebook, until

pytestmark = pytest.mark.browser
LESSON = ROOT / "notebooks" / "00_start_here.ipynb"
DEAD = "one => getComputedStyle(one, '::before').content"


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Lab]) -> Lab:
    """Serve lesson 00 as it is."""
    return start_lab(LESSON, PINLIB_STRICT="1")


@pytest.fixture
def notebook(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    """Open it, run from top to bottom."""
    opened = lab.open(browser, LESSON.name)
    opened.run_all()
    yield opened
    opened.close()


def test_a_saved_answer_reads_as_a_finished_page_without_a_kernel(
    lab: Lab, notebook: Notebook, browser: Browser
) -> None:
    """Answer, save, end the kernel, open again: question, choice, outcome, reply, explanation."""
    cell = notebook.scroll_to('"home_made"')
    cell.get_by_role("button", name="The name of Alice's bank").click()
    expect(cell.locator(".pinlib-panel .pl-reply")).to_be_visible()
    expect(cell.locator(".pinlib-kept").first).to_be_hidden()
    notebook.page.keyboard.press("Control+s")

    def saved() -> bool:
        try:
            cells = json.loads((lab.folder / LESSON.name).read_text(encoding="utf-8"))["cells"]
        except ValueError:  # half written
            return False
        return "pl-reply" in json.dumps(next(c for c in cells if c["id"] == "predict-home-made"))

    until(saved, "the notebook on disk")
    lab.end_kernels()
    again = lab.open(browser, LESSON.name)
    try:
        kept = again.scroll_to('"home_made"').locator(".pinlib-kept")
        expect(kept).to_be_visible()
        for words in ("Predict.", "You said:", "Attack blocked by TLS", "Yes, that", "No pin was"):
            expect(kept).to_contain_text(words)
    finally:
        again.close()


def test_a_restarted_kernel_is_said_on_every_panel(notebook: Notebook) -> None:
    """The picture stays, and a sentence says what to do."""
    panel = notebook.scroll_to("who_stops_her").locator(".pinlib-goalboard")
    expect(panel).to_be_visible()
    assert panel.evaluate(DEAD) == "none"
    notebook.menu("Kernel", "Restart Kernel…")
    notebook.page.locator(".jp-Dialog .jp-mod-warn, .jp-Dialog .jp-mod-accept").last.click()
    until(lambda: "run this cell again" in str(panel.evaluate(DEAD)), "what a dead panel says")
    expect(panel.locator(".pl-verdict")).to_be_visible()
    expect(notebook.page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute(
        "data-status", "idle"
    )
