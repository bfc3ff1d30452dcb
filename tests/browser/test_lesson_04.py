"""Lesson 04 as a learner meets it: the calendar in JupyterLab, dragged, stopped and audited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from pinlib.operations.schedules import Rule, written_plans
from pinlib.teach.charts.plan_rows import named_days
from pinlib.teach.exhibits.lifecycle.renewal_calendar import CalendarPanel, at, show_plan
from tests.browser.lab import DEADLINE, ROOT, Lab, Notebook, least_contrast, shows, with_a_cell

pytestmark = pytest.mark.browser
LESSON = ROOT / "notebooks" / "04_survive_renewal_day.ipynb"
FIRST = "A new key each time, as certbot and ACM do"
FREE = f"from pinlib.teach import CalendarPanel\n\nCalendarPanel({FIRST!r})  # free"


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Serve lesson 04 with nothing folded, and with a panel in it that has no goals."""
    folder = tmp_path_factory.mktemp("unfolded")
    file = with_a_cell(LESSON, FREE, folder, name=LESSON.name, after="panel")
    return start_lab(file, PINLIB_STRICT="1")


@pytest.fixture(scope="module")
def fourth(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    """Lesson 04, run from top to bottom."""
    notebook = lab.open(browser, LESSON.name, height=1000)
    notebook.run_all()
    yield notebook
    notebook.close()


@pytest.fixture
def calendar(fourth: Notebook) -> Locator:
    """Give the calendar as its cell shows it."""
    fourth.scroll_to("# free")
    panel = fourth.panel("calendar")
    panel.get_by_role("button", name="Start over").click()
    _is_at(panel, CalendarPanel(FIRST).text)
    panel.evaluate("one => one.scrollIntoView({block: 'start'})")
    return panel


def _is_at(panel: Locator, state: str | re.Pattern[str], seconds: float = 5.0) -> None:
    """Wait until the whole of this state is drawn."""
    drawn = panel.locator(".pl[data-drawn=all]")
    expect(drawn).to_have_attribute("data-state", state, timeout=seconds * 1000)


def _choose(panel: Locator, label: str, option: str) -> None:
    panel.locator(".widget-dropdown", has_text=label).locator("select").select_option(label=option)


def test_run_all_draws_every_picture_and_stays_home(fourth: Notebook, calendar: Locator) -> None:
    """Calendars, charts and the panel; no error, no request away."""
    fourth.screenshot("04-calendar")
    fourth.assert_no_error_badge()
    fourth.assert_stayed_home()
    assert not fourth.page_errors and not fourth.dialogs


def test_every_scene_is_one_click_away(fourth: Notebook, calendar: Locator) -> None:
    """What is refused on screen is what handshakes refuse, for each plan of data/plans/."""
    for number, (title, written) in enumerate(written_plans().items()):
        calendar.locator("select").first.select_option(label=title)
        _is_at(calendar, CalendarPanel(title).text)
        facts = show_plan(written.plan, at(written).day, at(written).version).facts
        shows(calendar, outcome=facts["outcome"], refused=facts["refused"])
        fourth.screenshot(f"04-scene-{number:02}")
    fourth.assert_no_error_badge()


def test_the_arrow_keys_move_the_day_and_nothing_else(fourth: Notebook, calendar: Locator) -> None:
    """Each step is the next named day, and its six verdicts are that very day's."""
    plan = Rule(200, reuse=False).plan()
    days = list(named_days(plan).values())
    start = days.index(plan.deployments[1].day)
    handle = calendar.locator(".noUi-handle")
    handle.focus()
    active = fourth.page.locator(".jp-Notebook .jp-mod-active")
    before = active.get_attribute("data-windowed-list-index")
    for day in days[start + 1 : start + 5]:
        handle.press("ArrowRight")
        shows(calendar, day=day.isoformat(), refused=show_plan(plan, day).facts["refused"])
    handle.press("ArrowLeft")
    shows(calendar, day=days[start + 3].isoformat())
    assert active.get_attribute("data-windowed-list-index") == before


def test_a_drag_ends_where_the_hand_let_go(fourth: Notebook, calendar: Locator) -> None:
    """From one end to the other: the cursor stands on the last day, and before all on the first."""
    plan = Rule(200, reuse=False).plan()
    days = list(named_days(plan).values())
    base = calendar.locator(".noUi-base").bounding_box()
    assert base is not None
    mouse, y = fourth.page.mouse, base["y"] + base["height"] / 2
    for x, day in ((base["x"] + base["width"], days[-1]), (base["x"], days[0])):
        handle = calendar.locator(".noUi-handle").bounding_box()
        assert handle is not None
        mouse.move(handle["x"] + handle["width"] / 2, y)
        mouse.down()
        mouse.move(x, y, steps=15)
        mouse.up()
        shows(calendar, day=day.isoformat(), refused=show_plan(plan, day).facts["refused"])
    fourth.assert_no_error_badge()


def test_six_day_certificates_are_drawn_in_slices(fourth: Notebook, calendar: Locator) -> None:
    """A click, a picture that grows, Stop at once, and go on to the end."""
    _choose(calendar, "A certificate lives", "6 days")
    shows(calendar, drawn="part", seconds=DEADLINE)
    stop = calendar.get_by_role("button", name="Stop")
    stop.click()
    expect(calendar.get_by_role("button", name="Go on")).to_be_visible(timeout=DEADLINE * 1000)
    expect(calendar.locator(".pl-verdict")).to_contain_text("Stopped", timeout=DEADLINE * 1000)
    expect(calendar.locator(".pl-pending")).to_have_count(1)
    fourth.screenshot("04-stopped")
    shown = calendar.locator(".pl-reason").inner_text()
    calendar.get_by_role("button", name="More").click()  # the kernel answers, and nothing moves on
    expect(calendar.locator(".widget-dropdown", has_text="People update")).to_be_visible(
        timeout=DEADLINE * 1000
    )
    calendar.get_by_role("button", name="More").click()
    assert calendar.locator(".pl-reason").inner_text() == shown
    calendar.get_by_role("button", name="Go on").click()
    refused = "leaf-certificate leaf-key leaf-key-and-backup"
    shows(calendar, drawn="all", refused=refused, seconds=DEADLINE)
    expect(stop).to_be_hidden(timeout=DEADLINE * 1000)
    fourth.assert_no_error_badge()


def test_a_click_elsewhere_ends_a_long_drawing(fourth: Notebook, calendar: Locator) -> None:
    """Start over answers while hundreds of hands are being shaken."""
    calendar.get_by_role("button", name="More").click()
    _choose(calendar, "Switch to a backup key", "every 4th")
    calendar.get_by_role("button", name="More").click()
    _choose(calendar, "A certificate lives", "6 days")
    shows(calendar, drawn="part", seconds=DEADLINE)
    calendar.get_by_role("button", name="Start over").click()
    _is_at(calendar, CalendarPanel(FIRST).text, DEADLINE)
    fourth.assert_no_error_badge()


def test_an_audit_is_a_click_and_agrees(fourth: Notebook, calendar: Locator) -> None:
    """Twenty random days, again and again, and the figure stands under the chart."""
    calendar.get_by_role("button", name="More").click()
    for _ in range(2):
        calendar.get_by_role("button", name="Audit 20 days").click()
    shows(calendar, audited="20", disagree="0")
    expect(calendar.get_by_text("480 handshakes repeated: all agree").first).to_be_visible()
    calendar.get_by_role("button", name="More").click()


def test_fast_changes_end_where_the_last_one_was(fourth: Notebook, calendar: Locator) -> None:
    """Forty changes of the lifetime without a pause between them."""
    select = calendar.locator(".widget-dropdown", has_text="A certificate lives").locator("select")
    for change in range(40):
        select.select_option(label=("47 days", "100 days")[change % 2], no_wait_after=True)
    _is_at(calendar, re.compile("life=days-100 "))
    fourth.assert_no_error_badge()


def test_the_dark_theme_keeps_calendar_and_charts_readable(
    fourth: Notebook, calendar: Locator
) -> None:
    """Every text of the calendar has a contrast of at least 4.5; charts take the page's colour."""
    fourth.dark_theme()
    try:
        for title in ("A key is stolen on a Friday", "Nobody renewed"):
            calendar.locator("select").first.select_option(label=title)
            _is_at(calendar, CalendarPanel(title).text)
            assert least_contrast(calendar.locator(".pl")) >= 4.5, title
            fourth.screenshot(f"04-dark-{title[:6].strip().lower()}")
        cell = fourth.scroll_to('"shorter"')
        cell.get_by_role("button", name="Show me").click()
        chart = cell.locator(".pinlib-panel .pl-chart svg")
        colour = chart.locator("text").first.evaluate("one => getComputedStyle(one).fill")
        page = chart.evaluate("one => getComputedStyle(one.closest('.pl')).color")
        assert colour == page
        fourth.screenshot("04-dark-chart")
    finally:
        fourth.menu("Settings", "Theme", "JupyterLab Light")


@pytest.mark.nightly
def test_words_stay_inside_their_stretches(fourth: Notebook, calendar: Locator) -> None:
    """Nothing sticks out of a stretch, and no two labels of one row lie upon another."""
    for title in written_plans():
        calendar.locator("select").first.select_option(label=title)
        _is_at(calendar, CalendarPanel(title).text)
        overlaps = calendar.locator(".pl-trow").evaluate_all(
            """rows => rows.flatMap(row => ['.pl-tblock', '.pl-tkey', '.pl-tline', '.pl-moment']
              .flatMap(kind => {
                const boxes = [...row.querySelectorAll(kind + ' > span')].filter(
                  one => one.textContent.trim()).map(one => one.getBoundingClientRect());
                boxes.sort((a, b) => a.left - b.left);
                return boxes.slice(1).map((box, n) => boxes[n].right - box.left)
                  .filter(over => over > 1);
              }))"""
        )
        assert overlaps == [], title
