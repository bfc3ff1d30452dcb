"""Everyone: no serious fault that axe-core finds, and everything by keys alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, expect

from tests.browser.lab import ROOT, Lab, Notebook, unfolded

pytestmark = pytest.mark.browser
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
OURS = ".jp-OutputArea-output .pinlib-panel, .jp-OutputArea-output .pl"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
PLANTED = """() => {
  const cell = document.querySelector('.jp-OutputArea-output .pinlib-panel');
  cell.insertAdjacentHTML('beforeend', '<button id="planted"></button>');
}"""


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Serve all lessons with nothing folded, and once more for the keys: a kernel for each."""
    folder = tmp_path_factory.mktemp("unfolded")
    keys = [unfolded(one, folder).rename(folder / f"keys_{one.name}") for one in LESSONS]
    return start_lab(*keys, *(unfolded(one, folder) for one in LESSONS), PINLIB_STRICT="1")


@pytest.fixture
def opened(lab: Lab, browser: Browser) -> Iterator[Callable[..., Notebook]]:
    """Open lessons by number, run from top to bottom, on a screen so tall that all is on it."""
    shown: list[Notebook] = []

    def open_(number: str, copy: str = "", height: int = 16_000) -> Notebook:
        name = next(one.name for one in LESSONS if one.name.startswith(number))
        shown.append(lab.open(browser, copy + name, height=height))
        shown[-1].run_all()
        return shown[-1]

    yield open_
    for one in shown:
        one.close()


def faults(notebook: Notebook) -> list[str]:
    """List the serious faults of what is on the page now; JupyterLab's own are not ours."""
    # axe takes a body that is 0 px high for one that shows nothing.
    notebook.page.evaluate("() => { document.body.style.overflow = 'visible' }")
    found = Axe().run(notebook.page, context=OURS, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def test_axe_sees_a_planted_fault(opened: Callable[..., Notebook]) -> None:
    """Otherwise an empty list would say nothing."""
    notebook = opened("00")
    notebook.scroll_to("who_stops_her")
    assert faults(notebook) == []
    notebook.page.evaluate(PLANTED)
    assert any(one.startswith("button-name") for one in faults(notebook))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.stem)
def test_no_lesson_has_a_serious_fault(lesson: Path, opened: Callable[..., Notebook]) -> None:
    """Each question answered, each panel as it begins; every output was looked at."""
    notebook = opened(lesson.name[:2])
    left = notebook.page.locator(".widget-button:visible", has_text="Show me")
    while left.count():  # an answer may open the next question
        show = left.first.element_handle()
        show.click()
        show.wait_for_element_state("hidden")
    assert notebook.page.locator(".jp-OutputArea .pl:visible").count() > 5
    assert faults(notebook) == []
    notebook.assert_no_error_badge()


def number_of(cell: Locator) -> str:
    """Return how often the notebook has run, as the cell's prompt has it."""
    return cell.locator(".jp-InputPrompt").inner_text()


def focused(notebook: Notebook) -> str:
    """Return the accessible name of what has the focus."""
    return str(
        notebook.page.evaluate(
            "() => { const one = document.activeElement; "
            "return one.getAttribute('aria-label') || one.textContent || one.title || one.tagName }"
        )
    )


def tab_to(notebook: Notebook, name: str, *, back: bool = False) -> None:
    """Press Tab until the element with this name has the focus."""
    for _ in range(60):
        if name in focused(notebook):
            return
        notebook.page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"60 times Tab did not lead to {name!r}")


def test_a_question_is_answered_and_left_by_keys_alone(opened: Callable[..., Notebook]) -> None:
    """Tab and Space choose; Shift+Enter goes to the next cell, and runs nothing again."""
    notebook = opened("00", "keys_", 900)
    cell = notebook.scroll_to('"home_made"')
    before = number_of(cell)
    cell.get_by_role("button", name="Alice's password").focus()
    tab_to(notebook, "The name of Alice")
    notebook.page.keyboard.press("Space")
    expect(cell.locator(".pl-reply[data-right=yes]").first).to_be_visible()
    tab = cell.get_by_role("button", name="What if?")
    tab.focus()
    notebook.page.keyboard.press("Control+Enter")
    expect(cell.locator(".pl-world")).to_have_count(0)
    notebook.page.keyboard.press("Shift+Enter")
    active = notebook.page.locator(".jp-Notebook .jp-mod-active")
    expect(active).to_contain_text('"mis_issued"')
    assert number_of(cell) == before
    tab.focus()
    notebook.page.keyboard.press("Escape")
    expect(active).to_contain_text('"home_made"')
    assert number_of(cell) == before


def choose(notebook: Notebook, control: Locator, *keys: str) -> None:
    """Give a control the focus, and press keys."""
    control.focus()
    for key in keys:
        notebook.page.keyboard.press(key)


def test_the_lab_is_solved_by_keys_alone(opened: Callable[..., Notebook]) -> None:
    """Choose, bet and send without a mouse; the goals tick, and the cell does not run again."""
    notebook = opened("03", "keys_", 900)
    cell = notebook.scroll_to('lesson.panel("mallory")')
    before = number_of(cell)
    panel = cell.locator(".pinlib-panel-mallory")
    presents = panel.locator("select").first
    tries = [
        ("Alice", "a home-made certificate", False, "nothing"),
        ("Alice", "a certificate another CA mis-issued", False, "the password"),
        ("Carol", "a certificate another CA mis-issued", True, "the password"),
        ("Bob", "a certificate another CA mis-issued", False, "nothing"),
        ("Bob", "the bank’s stolen key (works once)", False, "the password"),
    ]
    for sent, (who, what, appends, bet) in enumerate(tries, 1):
        choose(notebook, panel.get_by_role("button", name=who, exact=True), "Space")
        expect(presents).to_be_visible()
        # ipywidgets sets the spaces of an option as such that do not break.
        texts = presents.locator("option").all_text_contents()
        place = [text.replace("\xa0", " ").strip() for text in texts].index(what)
        choose(notebook, presents, "Home", *["ArrowDown"] * place)
        expect(presents.locator("option:checked")).to_have_text(what)
        append = panel.get_by_role("checkbox", name="append the bank’s certificate")
        if append.is_checked() is not appends:
            choose(notebook, append, "Space")
        choose(notebook, panel.get_by_role("button", name=bet, exact=True), "Space")
        choose(notebook, panel.get_by_role("button", name="Send"), "Enter")
        expect(panel.locator(".pl[data-state]")).to_have_attribute(
            "data-state", sends(sent), timeout=20_000
        )
    expect(cell.locator('.pinlib-goalboard .pl-goals li[data-found="yes"]')).to_have_count(4)
    assert number_of(cell) == before
    notebook.screenshot("03-lab-solved")


def sends(count: int) -> re.Pattern[str]:
    """Match a state in which so many tries were made."""
    one = r"[a-z]+:[a-z-]+:[a-z]+:[a-z:]*"
    return re.compile(rf"sent='?{one}( {one}){{{count - 1}}}'?$")
