"""Clicks at random moments of a long drawing: each is answered, and the last one counts."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, expect

from pinlib.teach.exhibits.renewal_calendar import Calendar, CalendarPanel, Life
from pinlib.teach.widgets.controls import to_text
from tests.browser.lab import Lab, Notebook, until

pytestmark = pytest.mark.browser
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
SET_UP = "from pinlib.teach.exhibits.renewal_calendar import CalendarPanel\nCalendarPanel()"
CONTROLS = {control.field: control for control in CalendarPanel.controls}
LIVES = CONTROLS["life"].options
ROTATIONS = CONTROLS["rotate"].options
RENEWALS = CONTROLS["reuse"].options
SIX = next(words for words, life in LIVES.items() if life is Life.DAYS_6)
WATCHED = ("life", "reuse", "rotate", "backups")
OTHERS = [words for words, life in LIVES.items() if life.value and life.value > 40]

KEEP_A_DIARY = """panel => {
  panel.diary = [];
  const write = () => {
    const shown = panel.querySelector('.pl[data-outcome]');
    if (shown) panel.diary.push([shown.dataset.state, shown.dataset.drawn]);
  };
  new MutationObserver(write).observe(
    panel.querySelector('.pinlib-view'), { childList: true, subtree: true });
}"""


@pytest.fixture(scope="module")
def opened(
    start_lab: Callable[..., Lab], browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Notebook]:
    """Show a calendar, and nothing beside it."""
    file = tmp_path_factory.mktemp("notebooks") / "hammer.ipynb"
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(SET_UP)], metadata={"kernelspec": KERNEL}
    )
    file.write_text(nbformat.writes(made), encoding="utf-8")
    notebook = start_lab(file, PINLIB_STRICT="1").open(browser, file.name, height=1000)
    notebook.run_all()
    yield notebook
    notebook.close()


@pytest.fixture(scope="module")
def calendar(opened: Notebook) -> Locator:
    """Give the calendar with all its settings open, and let it write down what it shows."""
    panel = opened.panel("calendar")
    panel.get_by_role("button", name="More").click()
    expect(_list(panel, "rotate")).to_be_visible()
    panel.evaluate(KEEP_A_DIARY)
    return panel


def _list(panel: Locator, field: str) -> Locator:
    return panel.locator(".widget-dropdown", has_text=CONTROLS[field].label).locator("select")


def _choose(panel: Locator, field: str, words: str) -> None:
    _list(panel, field).select_option(label=words)


def _says(state: str) -> dict[str, str]:
    """Give what counts here of a state's line."""
    return {field: re.search(f" {field}=(\\S+)", state)[1] for field in WATCHED}


@pytest.mark.parametrize("clicks", [40, pytest.param(200, marks=pytest.mark.nightly)])
def test_each_click_is_answered_in_its_turn(
    opened: Notebook, calendar: Locator, clicks: int
) -> None:
    """Six days are chosen, and something else while they are drawn: that is what stays.

    Where clicks are heard in their turn the calendar shows six days first, if only begun, and what
    was clicked last behind them: only then is a click counted as answered.
    """
    chance = random.Random(clicks)  # noqa: S311 - moments, not secrets
    for click in range(clicks):
        rotate, reuse = chance.choice(list(ROTATIONS)), chance.choice(list(RENEWALS))
        _choose(calendar, "rotate", rotate)
        calendar.get_by_role("button", name=reuse).click()
        calendar.evaluate("panel => { panel.diary.length = 0 }")
        _choose(calendar, "life", SIX)
        opened.page.wait_for_timeout(chance.random() * 600)  # the moment is what is tested
        if chance.random() < 0.5:
            what, wanted = "Start over", Calendar()
            calendar.get_by_role("button", name=what).click()
        else:
            what = chance.choice(OTHERS)
            _choose(calendar, "life", what)
            wanted = Calendar(LIVES[what], RENEWALS[reuse], rotate=ROTATIONS[rotate])
        line = _says(to_text("calendar", CalendarPanel.controls, wanted))
        diary: list[list[str]] = []

        def answered(line: dict[str, str] = line, diary: list[list[str]] = diary) -> bool:
            diary[:] = calendar.evaluate("panel => panel.diary")
            lives = [_says(state)["life"] for state, _ in diary]
            return "days-6" in lives and _says(diary[-1][0]) == line and diary[-1][1] == "all"

        until(answered, f"{what}, click {click}; the calendar showed {diary}")
        shown = _list(calendar, "life").evaluate("one => one.selectedOptions[0].label")
        assert LIVES[shown.replace("\xa0", " ")] is wanted.life, f"{what}, click {click}"
    opened.assert_no_error_badge()
