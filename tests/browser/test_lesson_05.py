"""Lesson 05 as a learner meets it: the rotation drill, played to the end by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from pinlib.operations.drill import Op
from pinlib.teach.exhibits.lifecycle.rotation_drill import DrillPanel
from tests.browser.lab import ROOT, Lab, Notebook, least_contrast, shows, with_a_cell

pytestmark = pytest.mark.browser
LESSON = ROOT / "notebooks" / "05_rotate_to_a_backup_key.ipynb"
FREE = 'from pinlib.teach import DrillPanel\n\nDrillPanel("New Year, number 3")  # free'


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Serve lesson 05 with nothing folded, and with a panel in it that has no goals."""
    folder = tmp_path_factory.mktemp("unfolded")
    file = with_a_cell(LESSON, FREE, folder, name=LESSON.name, after="panel")
    return start_lab(file, PINLIB_STRICT="1")


@pytest.fixture(scope="module")
def fifth(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    """Lesson 05, run from top to bottom."""
    notebook = lab.open(browser, LESSON.name, height=1000)
    notebook.run_all()
    yield notebook
    notebook.close()


@pytest.fixture
def drill(fifth: Notebook) -> Locator:
    """Give the drill as its cell shows it, on New Year's Day."""
    fifth.scroll_to("# free")
    panel = fifth.panel("drill")
    panel.get_by_role("button", name="Start over").click()
    shows(panel, moves="0")
    panel.evaluate("one => one.scrollIntoView({block: 'start'})")
    return panel


def _next(panel: Locator) -> Locator:
    return panel.locator(".widget-dropdown", has_text="Next").locator("select")


def test_run_all_ends_without_an_error_and_stays_home(fifth: Notebook, drill: Locator) -> None:
    """Every picture, and no request away."""
    fifth.screenshot("05-drill")
    fifth.assert_no_error_badge()
    fifth.assert_stayed_home()
    assert not fifth.page_errors and not fifth.dialogs


def test_a_year_is_played_to_its_end_by_keyboard_alone(fifth: Notebook, drill: Locator) -> None:
    """Tab, arrows, Enter: a second backup, a release, renewals, and a Friday that is answered."""
    keys, words = fifth.page.keyboard, list(Op)
    _next(drill).focus()  # where Tab leads to; from here on there is no mouse
    at, moves = words.index(Op.WEEK), 0

    def make(op: Op) -> None:
        nonlocal at, moves
        step = "ArrowDown" if words.index(op) > at else "ArrowUp"
        for _ in range(abs(words.index(op) - at)):
            keys.press(step)
        at, moves = words.index(op), moves + 1
        expect(drill.locator(".pl[data-state]")).to_have_attribute(
            "data-state", _has(f"op={op.name.lower()} ")
        )
        _tab(fifth, "Tab", "Do it")
        keys.press("Enter")
        shows(drill, moves=str(moves))
        _tab(fifth, "Shift+Tab", "Next")

    for op in (Op.BACKUP, Op.RELEASE, Op.MONTH, Op.MONTH, Op.RENEW, Op.MONTH):
        make(op)
    while "stolen" not in drill.locator(".pl-reason").inner_text():
        make(Op.MONTH)
    fifth.screenshot("05-friday")
    for op in (Op.ROTATE, Op.BACKUP, Op.RELEASE):
        make(op)
    while drill.locator(".pl[data-outcome]").get_attribute("data-outcome") != "over":
        panel = drill.locator(".pl-facts").first.inner_text()
        left = int(panel.partition("certificate")[2].split()[0])
        make(Op.RENEW if left < 34 else Op.MONTH)
        assert moves < 60, "the year does not end"
    shows(drill, cut="0.0000")
    assert float(drill.locator(".pl[data-fooled]").get_attribute("data-fooled") or "1") < 0.07
    fifth.screenshot("05-year-over")
    fifth.assert_no_error_badge()


def test_what_cannot_be_done_is_said_and_undo_takes_a_move_back(
    fifth: Notebook, drill: Locator
) -> None:
    """One sentence above the picture, gone with the next move."""
    _next(drill).select_option(label="rotate to the oldest backup")
    drill.get_by_role("button", name="Do it").click()
    expect(drill.locator(".pinlib-notice [role=alert]")).to_contain_text("wait a day")
    fifth.screenshot("05-cannot")
    _next(drill).select_option(label="wait a month")
    drill.get_by_role("button", name="Do it").click()
    shows(drill, moves="1", day="2027-01-31")
    expect(drill.locator(".pinlib-notice [role=alert]")).to_have_count(0)
    drill.get_by_role("button", name="Undo").click()
    shows(drill, moves="0", day="2027-01-01")


def test_every_scene_and_the_dark_theme(fifth: Notebook, drill: Locator) -> None:
    """A click each, readable in the dark."""
    fifth.dark_theme()
    try:
        for number, title in enumerate(DrillPanel.presets):
            drill.locator("select").first.select_option(label=title)
            expect(drill.locator(".pl[data-state]")).to_have_attribute(
                "data-state", DrillPanel(title).text
            )
            assert least_contrast(drill.locator(".pl[data-state]")) >= 4.5, title
            fifth.screenshot(f"05-dark-{number}")
    finally:
        fifth.menu("Settings", "Theme", "JupyterLab Light")


def test_fast_moves_end_where_the_last_one_was(fifth: Notebook, drill: Locator) -> None:
    """Twenty presses as fast as a browser can."""
    _next(drill).select_option(label="wait a day")
    button = drill.get_by_role("button", name="Do it")
    for _ in range(20):
        button.click(no_wait_after=True)
    shows(drill, moves="20", day="2027-01-21")
    fifth.assert_no_error_badge()


def _tab(notebook: Notebook, key: str, label: str) -> None:
    """Press a key until the button or the list with this label has the focus."""
    for _ in range(8):
        notebook.page.keyboard.press(key)
        said = notebook.page.evaluate(
            """() => { const at = document.activeElement;
              const box = at.closest('.widget-dropdown');
              return (box ? box.querySelector('label') : at).textContent.trim(); }"""
        )
        if said == label:
            return
    raise AssertionError(f"{key} never leads to {label!r}, but to {said!r}")


def _has(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))
