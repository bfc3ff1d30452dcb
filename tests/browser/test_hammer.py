"""Clicks at random moments of a long drawing: each is answered, and the last one counts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, expect

from pinlib.teach.exhibits.lifecycle.renewal_calendar import Calendar, CalendarPanel, Life
from pinlib.teach.widgets.controls import to_text
from tests.browser.lab import DEADLINE, Lab, Notebook, shows, until

pytestmark = pytest.mark.browser
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
SET_UP = "from pinlib.teach import CalendarPanel\nCalendarPanel()"
CONTROLS = {control.field: control for control in CalendarPanel.controls}
LIVES = CONTROLS["life"].options
ROTATIONS = CONTROLS["rotate"].options
RENEWALS = CONTROLS["reuse"].options
SIX = next(words for words, life in LIVES.items() if life is Life.DAYS_6)
WATCHED = ("life=", "reuse=", "rotate=", "backups=")
OTHERS = [words for words, life in LIVES.items() if life.value and life.value > 40]

KEEP_A_DIARY = """panel => {
  panel.diary = [];
  new MutationObserver(seen => {
    for (const one of seen.flatMap(each => [...each.addedNodes])) {
      const { state, drawn } = one.dataset ?? {};
      if (one.matches?.('.pl[data-outcome]')) panel.diary.push([state, drawn]);
    }
  }).observe(panel.querySelector('.pinlib-view'), { childList: true, subtree: true });
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


@pytest.fixture
def calendar(opened: Notebook) -> Locator:
    """Give the calendar as it began, all its settings open; it writes down what it shows."""
    panel = opened.panel("calendar")
    if not _list(panel, "rotate").is_visible():
        panel.get_by_role("button", name="More").click()
    expect(_list(panel, "rotate")).to_be_visible()
    panel.get_by_role("button", name="Start over").click()
    shows(panel, drawn="all", state=CalendarPanel().text, seconds=DEADLINE)
    panel.evaluate(KEEP_A_DIARY)
    return panel


def _list(panel: Locator, field: str) -> Locator:
    return panel.locator(".widget-dropdown", has_text=CONTROLS[field].label).locator("select")


def _choose(panel: Locator, field: str, words: str) -> None:
    _list(panel, field).select_option(label=words)


def _watched(line: str) -> str:
    """Give what counts here of a state's line."""
    return " ".join(word for word in line.split() if word.startswith(WATCHED))


def _in_turn(given: list[str]) -> list[str]:
    """Leave out what repeats the one before it."""
    return [one for one, _ in groupby(given)]


@pytest.mark.parametrize("rounds", [15, pytest.param(200, marks=pytest.mark.nightly)])
def test_each_click_is_answered_in_its_turn(
    opened: Notebook, calendar: Locator, rounds: int
) -> None:
    """Six days are chosen, and other things while they are drawn: the last one is what stays.

    The calendar shows, if only begun, what each click led to, and in the order of the clicks.
    """
    chance = random.Random(rounds)  # noqa: S311 - moments, not secrets
    state = Calendar()
    for number in range(rounds):
        wanted = []
        calendar.evaluate("panel => { panel.diary.length = 0 }")
        what = [SIX, chance.choice(list(ROTATIONS)), chance.choice(list(RENEWALS))]
        what.append(chance.choice([*OTHERS, *len(OTHERS) * ["Start over"]]))
        for words in what:
            state = _click(calendar, words, state)
            wanted.append(_watched(to_text("calendar", CalendarPanel.controls, state)))
            opened.page.wait_for_timeout(chance.random() ** 2 * 400)  # what is tested, no wait
        wanted = _in_turn(wanted)
        diary: list[list[str]] = []

        def answered(wanted: list[str] = wanted, diary: list[list[str]] = diary) -> bool:
            diary[:] = calendar.evaluate("panel => panel.diary")
            shown = _in_turn([_watched(line) for line, _ in diary])
            return shown[-len(wanted) :] == wanted and diary[-1][1] == "all"

        try:
            until(answered, f"{what}, round {number}")
        except AssertionError as never:
            raise AssertionError(f"{never}; the calendar showed {diary}") from None
        life = _list(calendar, "life").evaluate("one => one.selectedOptions[0].label")
        assert LIVES[life.replace("\xa0", " ")] is state.life, f"{what}, round {number}"
    opened.assert_no_error_badge()


def _click(calendar: Locator, words: str, state: Calendar) -> Calendar:
    """Do as a hand does, and return the state that it leads to; only the rule counts here."""
    if words in LIVES:
        _choose(calendar, "life", words)
        return replace(state, life=LIVES[words])
    if words in ROTATIONS:
        _choose(calendar, "rotate", words)
        return replace(state, rotate=ROTATIONS[words])
    calendar.get_by_role("button", name=words).click()
    return replace(state, reuse=RENEWALS[words]) if words in RENEWALS else Calendar()
