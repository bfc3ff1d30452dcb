"""What every panel promises, held in a real JupyterLab by a panel that has no engine behind it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.lab import ROOT, Lab, Notebook, least_contrast, shows
from tests.demo_panels import Door

pytestmark = pytest.mark.browser

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
SHOW_BEFORE_SET_UP = "from demo_panels import Door\ndoor = Door()\ndoor"
SET_UP = """from IPython.display import HTML
from pinlib.teach.widgets.page import classroom, present
HTML(classroom())"""


def _notebook(folder: Path, name: str, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    file = folder / name
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    file.write_text(nbformat.writes(made), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Serve two notebooks with the demonstration panel: as it is, and as it is presented."""
    folder = tmp_path_factory.mktemp("notebooks")
    return start_lab(
        _notebook(folder, "door.ipynb", SHOW_BEFORE_SET_UP, SET_UP, SET_UP),
        _notebook(folder, "presented.ipynb", SET_UP, f"{SHOW_BEFORE_SET_UP}", "present()"),
        ROOT / "tests" / "demo_panels.py",
        PINLIB_STRICT="0",
    )


@pytest.fixture(scope="module")
def opened(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    """Open the notebook whose panel stands before its set-up, which runs twice."""
    notebook = lab.open(browser, "door.ipynb")
    notebook.run_all()
    yield notebook
    notebook.close()


@pytest.fixture
def door(opened: Notebook) -> Locator:
    """Give the panel as it began."""
    panel = opened.panel("door")
    panel.get_by_role("button", name="Start over").click()
    shows(panel, outcome="entered", visits="7")
    return panel


def _rests(panel: Locator) -> Locator:
    """Open what lies under More."""
    more = panel.get_by_role("button", name="More")
    if "mod-active" not in (more.get_attribute("class") or ""):
        more.click()
    return panel.locator("input[type=text]")


def test_the_set_up_serves_a_panel_shown_before_it(opened: Notebook, door: Locator) -> None:
    """The set-up may come late, and twice: the verdict is announced, its evidence is not."""
    lasting = door.locator(".pinlib-view")
    expect(lasting).to_have_attribute("aria-live", "polite")
    expect(lasting.locator(".pl-verdict > span")).to_have_text("Entered")
    assert lasting.locator("[aria-live=off] .pl-verdict").count() == 0
    assert lasting.locator("[aria-live=off] .pl-ladder").count() == 1
    opened.assert_no_error_badge()


def test_mouse_changes_the_picture(opened: Notebook, door: Locator) -> None:
    """Buttons, a dropdown and a checkbox each arrive in the picture."""
    door.get_by_role("button", name="shut").click()
    shows(door, outcome="refused")
    door.get_by_role("button", name="open", exact=True).click()
    shows(door, outcome="entered")
    door.locator("select").nth(1).select_option(label="rain")
    shows(door, outcome="refused")
    expect(door.locator("[data-message=gossip]")).to_have_attribute("data-secrecy", "unsent")
    scene = door.locator("select").first.locator("option:checked")
    expect(scene).to_have_text("your own settings")
    opened.assert_no_error_badge()


def test_a_slider_is_moved_by_the_keyboard(door: Locator) -> None:
    """The arrows move a slider over its named stops, and its name shows."""
    handle = door.locator(".noUi-handle")
    handle.focus()
    handle.press("ArrowRight")
    shows(door, visits="8")
    expect(door.locator(".widget-readout")).to_have_text("eight")


def test_keys_in_a_focused_dropdown_stay_there(opened: Notebook, door: Locator) -> None:
    """ArrowDown neither moves the cell selection nor does "r" destroy the output."""
    weather = door.locator("select").nth(1)
    active = opened.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
    weather.focus()
    before = active.get_attribute("data-windowed-list-index")
    weather.press("ArrowDown")
    shows(door, outcome="refused")
    weather.press("r")
    expect(door.locator(".pl-verdict")).to_be_visible()
    assert weather.get_attribute("data-lm-suppress-shortcuts") == "true"
    assert active.get_attribute("data-windowed-list-index") == before


def test_markup_in_a_name_shows_as_text(opened: Notebook, door: Locator) -> None:
    """What a learner types is shown as typed; no element is made of it, and no dialog opens."""
    guest = _rests(door)
    guest.fill(SCRIPT)
    guest.press("Enter")
    expect(door.locator('[data-rung="name"]')).to_contain_text(f"{SCRIPT} asked for")
    assert door.locator(".pl script, .pl img").count() == 0
    assert opened.dialogs == []
    opened.assert_stayed_home()


def test_a_bug_of_ours_is_an_alert_and_the_panel_recovers(opened: Notebook, door: Locator) -> None:
    """The panel says that the bug is ours and gives the line to report; the next click works."""
    door.locator("select").nth(1).select_option(label="bug")
    alert = door.get_by_role("alert")
    expect(alert).to_contain_text("This panel has a bug")
    expect(alert).to_contain_text("door: open=yes weather=bug visits=7")
    expect(alert).to_contain_text("ZeroDivisionError: a bug of ours")
    opened.screenshot("panel-bug")
    door.locator("select").nth(1).select_option(label="fine")
    shows(door, outcome="entered")
    expect(alert).to_have_count(0)


def test_a_refusal_of_ours_is_a_result(door: Locator) -> None:
    """What the laboratory refuses is one sentence in the panel, with its markup as text."""
    door.locator("select").nth(1).select_option(label="refusal")
    expect(door.locator(".pl-reason")).to_have_text("hailstones are not <allowed>")
    expect(door.get_by_role("alert")).to_have_count(0)


def test_in_words_stays_open_while_the_picture_changes(door: Locator) -> None:
    """Who reads the words need not open them again at every click."""
    words = door.locator("details.pl-words")
    words.locator("summary").click()
    expect(words.locator("p")).to_be_visible()
    door.get_by_role("button", name="shut").click()
    shows(door, outcome="refused")
    expect(words.locator("p")).to_be_visible()
    words.locator("summary").click()
    expect(words.locator("p")).to_be_hidden()


def test_fifty_fast_clicks_agree_with_the_controls(opened: Notebook, door: Locator) -> None:
    """Every click is answered, in order; the last one is what the picture shows."""
    buttons = [door.get_by_role("button", name=name, exact=True) for name in ("shut", "open")]
    for click in range(51):
        buttons[click % 2].click(no_wait_after=True)
    shows(door, outcome="refused")
    expect(buttons[0]).to_have_class(re.compile(r"\bmod-active\b"))
    opened.assert_no_error_badge()


def _overlaps(page: Page, root: str) -> list[str]:
    """Find texts that cover each other, or that stick out of the picture."""
    found: list[str] = page.evaluate(
        """root => {
          const view = document.querySelector(root), frame = view.getBoundingClientRect();
          const texts = [...view.querySelectorAll(
            '.pl-verdict span, .pl-reason, .pl-label, .pl-note, .pl-heading, .pl-lanes > span,' +
            '.pl-rung > div, .pl-decision .pl-strong')].filter(one => one.offsetParent);
          const boxes = texts.map(one => [one.textContent.trim(), one.getBoundingClientRect()]);
          const wrong = boxes.filter(([, box]) => box.right > frame.right + 1)
            .map(([text]) => 'sticks out: ' + text);
          boxes.forEach(([a, one], at) => boxes.slice(at + 1).forEach(([b, two]) => {
            const wide = Math.min(one.right, two.right) - Math.max(one.left, two.left);
            const high = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
            if (wide > 1 && high > 1) wrong.push(`${a} covers ${b}`);
          }));
          return wrong;
        }""",
        root,
    )
    return found


@pytest.mark.parametrize("width", [1180, 760, 420, 320])
@pytest.mark.parametrize("guest", ["Ada", "a " * 150, "W" * 200], ids=["short", "words", "long"])
def test_a_static_copy_shows_everything_and_nothing_overlaps(
    browser: Browser, width: int, guest: str
) -> None:
    """Without kernel, widgets or set-up the picture stands, at any width, with any name."""
    panel = Door()
    panel.show(f"guest='{guest}' weather=rain")
    page = browser.new_page(viewport={"width": width, "height": 800})
    try:
        page.set_content(panel._repr_mimebundle_()["text/html"])
        expect(page.locator(".pl")).to_have_attribute("data-outcome", "refused")
        expect(page.locator(".pl-verdict > span")).to_have_text("Turned away")
        assert _overlaps(page, ".pl") == []
        page.locator("summary").click()
        expect(page.locator(".pl-words p")).to_be_visible()
    finally:
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_static_copy_follows_the_readers_colours(browser: Browser, scheme: str) -> None:
    """In a plain page the text keeps a contrast of 4.5 in the reader's light or dark scheme."""
    page = browser.new_page(viewport={"width": 1180, "height": 800}, color_scheme=scheme)
    try:
        page.set_content(Door()._repr_mimebundle_()["text/html"])
        assert least_contrast(page.locator(".pl")) >= 4.5
        page.screenshot(path=ROOT / "screenshots" / f"panel-static-{scheme}.png")
    finally:
        page.close()


def test_both_of_jupyters_themes_keep_the_contrast(opened: Notebook, door: Locator) -> None:
    """Every text of the panel has a contrast of at least 4.5, computed from its real colours."""
    assert least_contrast(door.locator(".pl")) >= 4.5
    opened.screenshot("panel-light")
    opened.dark_theme()
    assert least_contrast(door.locator(".pl")) >= 4.5
    door.get_by_role("button", name="shut").click()
    shows(door, outcome="refused")
    opened.screenshot("panel-dark")
    opened.menu("Settings", "Theme", "JupyterLab Light")
    expect(opened.page.locator("body")).to_have_attribute("data-jp-theme-light", "true")


def test_a_presented_panel_fits_with_its_controls(lab: Lab, browser: Browser) -> None:
    """At 1280 by 720, in Simple mode, a picture as tall as a handshake fits, in large type."""
    notebook = lab.open(browser, "presented.ipynb", width=1280, height=720)
    try:
        notebook.simple_mode()
        notebook.run_all()
        panel = notebook.panel("door")
        panel.evaluate("one => one.scrollIntoView({block: 'start'})")
        for scene in Door.presets:
            panel.locator("select").first.select_option(label=scene)
            shows(panel, outcome="entered" if scene == "a fine day" else "refused")
            box = panel.bounding_box()
            window = notebook.page.locator(".jp-WindowedPanel-outer").bounding_box()
            assert box is not None
            assert window is not None
            assert box["height"] <= window["height"], f"{scene}: {box} in {window}"
            for selector, least in {
                ".pl-verdict": 32,
                ".pl-reason, .pl-heading": 24,
                ".pl *:not(svg *), .pinlib-bar button, .pinlib-bar select, .pinlib-bar label,"
                ".widget-readout": 16,
            }.items():
                sizes = panel.locator(selector).evaluate_all(
                    "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
                )
                assert min(sizes) >= least, selector
            tops = panel.locator(".pinlib-bar .widget-label:visible").evaluate_all(
                "all => all.map(one => one.getBoundingClientRect().top)"
            )
            assert max(tops) - min(tops) <= 1, f"the labels do not stand in one line: {tops}"
            bar = panel.locator(".pinlib-bar").first.bounding_box()
            slider = panel.locator(".slider-container").bounding_box()
            assert bar is not None
            assert slider is not None
            assert slider["y"] + slider["height"] <= bar["y"] + bar["height"]
            notebook.screenshot(f"panel-presented-{scene.replace(' ', '-')}")
    finally:
        notebook.close()


def test_every_click_is_answered(opened: Notebook, door: Locator) -> None:
    """From a click to the changed picture; the milliseconds are printed, and judged by nobody."""
    taken = []
    for click in range(20):
        name, outcome = (("shut", "refused"), ("open", "entered"))[click % 2]
        start = time.perf_counter()
        door.get_by_role("button", name=name, exact=True).evaluate("one => one.click()")
        door.locator(f".pl[data-outcome={outcome}]").wait_for()
        taken.append((time.perf_counter() - start) * 1000)
    print(f"click to picture, median {median(taken):.0f} ms, worst {max(taken):.0f} ms")
    opened.assert_no_error_badge()
