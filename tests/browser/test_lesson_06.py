"""Lesson 06 as a learner meets it: a set arrives, and then the thief knocks at two apps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from pinlib.teach.exhibits.lifecycle.field_updates import FieldPanel, arrivals
from tests.browser.lab import ROOT, Lab, Notebook, least_contrast, shows, with_a_cell

pytestmark = pytest.mark.browser
LESSON = ROOT / "notebooks" / "06_change_pins_in_the_field.ipynb"
FREE = 'FieldPanel("A set that nobody signed")  # free'


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Serve lesson 06 with nothing folded, and with a panel in it that has no goals."""
    folder = tmp_path_factory.mktemp("unfolded")
    file = with_a_cell(LESSON, FREE, folder, name=LESSON.name, after="panel")
    return start_lab(file, PINLIB_STRICT="1")


@pytest.fixture(scope="module")
def sixth(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    """Lesson 06, run from top to bottom."""
    notebook = lab.open(browser, LESSON.name, height=1000)
    notebook.run_all()
    yield notebook
    notebook.close()


@pytest.fixture
def field(sixth: Notebook) -> Locator:
    """Give the panel under the three questions, as it began."""
    sixth.scroll_to("# free")
    panel = sixth.panel("field").last
    panel.get_by_role("button", name="Start over").click()
    shows(panel, naive="fooled", outcome="safe")
    panel.evaluate("one => one.scrollIntoView({block: 'start'})")
    return panel


def test_run_all_ends_without_an_error_and_stays_home(sixth: Notebook, field: Locator) -> None:
    """Every picture, and no request away."""
    sixth.screenshot("06-field")
    sixth.scroll_to("ends(deadlines(")
    sixth.screenshot("06-ends")
    sixth.assert_no_error_badge()
    sixth.assert_stayed_home()
    assert not sixth.page_errors and not sixth.dialogs


def test_everything_that_can_arrive_by_hand(sixth: Notebook, field: Locator) -> None:
    """Each choice of the list changes the picture; the attacks fool the naive app alone."""
    for name in arrivals():
        field.locator(".widget-dropdown", has_text="What arrives").locator("select").select_option(
            label=name
        )
        said = FieldPanel(f"field: arrives='{name}' at_expiry=closed mode=enforce")._view.facts
        shows(field, outcome=said["outcome"], naive=said["naive"])
    field.get_by_role("button", name="open").click()
    shows(field, outcome="fooled" if name.startswith("clock") else "safe")
    sixth.assert_no_error_badge()


def test_every_scene_and_the_dark_theme(sixth: Notebook, field: Locator) -> None:
    """A click each, readable in the dark."""
    sixth.dark_theme()
    try:
        for number, title in enumerate(FieldPanel.presets):
            field.locator("select").first.select_option(label=title)
            expect(field.locator(".pl[data-state]")).to_have_attribute(
                "data-state", FieldPanel(title).text
            )
            assert least_contrast(field.locator(".pl[data-state]")) >= 4.5, title
            sixth.screenshot(f"06-dark-{number}")
    finally:
        sixth.menu("Settings", "Theme", "JupyterLab Light")
