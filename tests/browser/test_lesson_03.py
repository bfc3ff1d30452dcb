"""Lesson 03 as a learner meets it: the café in JupyterLab, every scene of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from pinlib import Ending
from pinlib.scenes.cast import LOGIN
from pinlib.scenes.scenario import run, scenarios
from pinlib.teach.exhibits.attack.cafe import CafePanel
from tests.browser.lab import ROOT, Lab, Notebook, least_contrast, shows, with_a_cell

pytestmark = pytest.mark.browser
FREE = 'from pinlib.teach import CafePanel\n\nCafePanel("Same proxy, with a pin")'
LESSON = ROOT / "notebooks" / "03_meet_the_man_in_the_middle.ipynb"


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Serve lesson 03 with nothing folded, and with a café in it whose scenes are on offer."""
    folder = tmp_path_factory.mktemp("unfolded")
    file = with_a_cell(LESSON, FREE, folder, name=LESSON.name, after="panel")
    return start_lab(file, PINLIB_STRICT="1")


@pytest.fixture(scope="module")
def third(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    """Lesson 03, run from top to bottom."""
    notebook = lab.open(browser, LESSON.name)
    notebook.run_all()
    yield notebook
    notebook.close()


@pytest.fixture
def cafe(third: Notebook) -> Locator:
    """Give the café as its cell shows it."""
    third.scroll_to('CafePanel("Same proxy')
    panel = third.panel("cafe")
    panel.get_by_role("button", name="Start over").click()
    shows(panel, outcome="refused_by_pin", bytes="0")
    panel.evaluate("one => one.scrollIntoView({block: 'start'})")
    return panel


def test_run_all_intercepts_over_real_sockets_and_stays_home(
    third: Notebook, cafe: Locator
) -> None:
    """Bank, proxy and two clients on loopback, out of a notebook; no error, no request away."""
    third.screenshot("03-cafe")
    third.assert_no_error_badge()
    third.assert_stayed_home()
    assert not third.page_errors and not third.dialogs


def test_every_scene_is_one_click_away(third: Notebook, cafe: Locator) -> None:
    """Outcome, bytes and the password on screen are those of a run of the same scenario."""
    for number, (title, told) in enumerate(scenarios().items()):
        cafe.locator("select").first.select_option(label=title)
        scene = run(told.scenario)
        expect(cafe.locator(".pl[data-state]")).to_have_attribute(
            "data-state", CafePanel(title).text
        )
        shows(
            cafe,
            outcome=scene.verdict.outcome.name.lower(),
            ending=scene.ending.name.lower(),
            bytes=str(len(LOGIN) if scene.ending is Ending.INTERCEPTED else 0),
        )
        password = cafe.locator(".pl-screen-laptop", has_text="hunter22")
        expect(password).to_have_count(1 if scene.ending is Ending.INTERCEPTED else 0)
        third.screenshot(f"03-scene-{number:02}")
    third.assert_no_error_badge()


def test_a_click_back_leads_to_the_start(cafe: Locator) -> None:
    """Whatever was changed, under More too."""
    cafe.get_by_role("button", name="More").click()
    cafe.get_by_role("button", name="whatever was presented").click()
    cafe.get_by_text("Mallory changes the balance").click()
    cafe.locator("select").nth(1).select_option(label="Mallory, with the bank’s stolen key")
    shows(cafe, ending="intercepted")
    cafe.get_by_role("button", name="Start over").click()
    shows(cafe, outcome="refused_by_pin", who="company_proxy")


def test_after_the_handshake_he_sees_no_alert(third: Notebook, cafe: Locator) -> None:
    """One button: the same refusal, and another view of it for him."""
    words = cafe.locator(".pl-words")
    expect(words).to_contain_text("the alert bad_certificate")
    cafe.get_by_role("button", name="right after it").click()
    expect(words).to_contain_text("a closed connection, and no alert")
    shows(cafe, bytes="0")
    cafe.get_by_role("button", name="after the login").click()
    shows(cafe, bytes=str(len(LOGIN)), ending="intercepted", late="yes")


def test_the_keyboard_goes_through_the_attackers(third: Notebook, cafe: Locator) -> None:
    """ArrowDown on the list changes who is in the middle, and neither cell nor output."""
    who = cafe.locator("select").nth(1)
    active = third.page.locator(".jp-Notebook .jp-mod-active")
    cafe.get_by_role("button", name="Start over").focus()
    who.focus()
    before = active.get_attribute("data-windowed-list-index")
    who.press("ArrowDown")
    shows(cafe, who="user_proxy")
    who.press("r")
    expect(cafe.locator(".pl[data-outcome]")).to_be_visible()
    assert active.get_attribute("data-windowed-list-index") == before


def test_fifty_fast_changes_end_where_the_last_one_was(third: Notebook, cafe: Locator) -> None:
    """A whole interception for each of them, and the picture agrees with the list."""
    who = cafe.locator("select").nth(1)
    names = ("nobody", "Mallory, with the bank’s stolen key")
    for change in range(51):
        who.select_option(label=names[change % 2], no_wait_after=True)
    shows(cafe, who="nobody", ending="connected")
    third.assert_no_error_badge()


def test_the_dark_theme_keeps_the_scene_readable(third: Notebook, cafe: Locator) -> None:
    """Every text of the scene and its cards has a contrast of at least 4.5."""
    third.dark_theme()
    try:
        for scene, ending in {
            "Company phone, inspecting proxy": "intercepted",
            "Same proxy, with a pin": "blocked",
            "Locked out: the bank changed its key": "locked_out",
        }.items():
            cafe.locator("select").first.select_option(label=scene)
            shows(cafe, ending=ending)
            assert least_contrast(cafe.locator(".pl")) >= 4.5, scene
            third.screenshot(f"03-dark-{ending}")
    finally:
        third.menu("Settings", "Theme", "JupyterLab Light")
