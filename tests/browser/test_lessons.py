"""The lessons as a learner meets them: in JupyterLab, in Chromium, on loopback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from pinlib.teach.exhibits.attack.cafe import CafePanel
from pinlib.teach.exhibits.connection.chain import ChainPanel
from pinlib.teach.exhibits.connection.handshake import HandshakePanel
from pinlib.teach.exhibits.inspection.changed_byte import BytePanel
from pinlib.teach.exhibits.inspection.own_server import OwnServerPanel
from pinlib.teach.exhibits.inspection.pin import PinPanel
from pinlib.teach.exhibits.inspection.same_key import TwinsPanel
from pinlib.teach.exhibits.lifecycle.field_updates import FieldPanel
from pinlib.teach.exhibits.lifecycle.renewal_calendar import CalendarPanel
from pinlib.teach.exhibits.lifecycle.rotation_drill import DrillPanel
from pinlib.teach.widgets.panel import Panel
from tests.browser.lab import ROOT, Lab, Notebook, with_a_cell

pytestmark = pytest.mark.browser
NOTEBOOKS = ROOT / "notebooks"
PRESENT = "lesson.present()\n"


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Serve the lessons as they are, and once more as they are presented."""
    lessons = sorted(NOTEBOOKS.glob("*.ipynb"))
    folder = tmp_path_factory.mktemp("presented")
    presented = [
        with_a_cell(one, PRESENT, folder, name=f"presented_{one.name}", after="set-up")
        for one in lessons
    ]
    return start_lab(*lessons, *presented, PINLIB_STRICT="1")


@pytest.fixture(scope="module")
def first(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    """Lesson 01, run from top to bottom."""
    notebook = lab.open(browser, "01_watch_a_handshake.ipynb")
    notebook.run_all()
    yield notebook
    notebook.close()


def _outcome(panel: Locator) -> Locator:
    return panel.locator(".pl[data-outcome]").first


def _contrast(one: list[float], two: list[float]) -> float:
    """Return the contrast of two colours (WCAG 2.2, "contrast ratio")."""

    def luminance(colour: list[float]) -> float:
        parts = (c / 255 for c in colour[:3])
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


COLOURS = """element => {
  const paint = (css) => { const c = document.createElement('canvas').getContext('2d');
    c.fillStyle = css; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
  const back = paint(getComputedStyle(element.closest('.pl')).backgroundColor);
  return [paint(getComputedStyle(element).color), back];
}"""


def test_run_all_shows_a_real_handshake_and_no_error(first: Notebook) -> None:
    """The lesson runs from a fresh kernel; nothing fails, and nothing leaves the machine."""
    panel = first.panel("handshake")
    expect(_outcome(panel)).to_have_attribute("data-outcome", "connected")
    expect(panel.locator('[data-message="Certificate"]')).to_have_attribute(
        "data-secrecy", "encrypted"
    )
    first.screenshot("01-first-look")
    first.assert_no_error_badge()
    first.assert_stayed_home()
    assert not first.page_errors and not first.dialogs


def test_a_mouse_changes_what_is_wrong_and_start_over_leads_back(first: Notebook) -> None:
    """Two clicks to a refusal by the pin, one back; scenes are hidden while there are goals."""
    panel = first.panel("handshake")
    expect(panel.locator("select").first).to_be_hidden()
    panel.locator("select").nth(1).select_option(label="a trusted CA mis-issued it")
    panel.locator("input[type=checkbox]").check()
    expect(_outcome(panel)).to_have_attribute("data-outcome", "refused_by_pin")
    expect(panel.locator('[data-message="Alert"]')).to_be_visible()
    expect(panel.locator("input[type=checkbox]")).to_be_checked()
    first.screenshot("01-refused-by-pin")
    panel.get_by_role("button", name="Start over").click()
    expect(_outcome(panel)).to_have_attribute("data-outcome", "connected")


def test_version_and_eyes_show_the_certificate_in_clear(first: Notebook) -> None:
    """TLS 1.2 from outside: the eavesdropper sees the certificate, and TLS 1.3 hides it."""
    panel = first.panel("handshake")
    panel.get_by_role("button", name="an eavesdropper").click()
    expect(_outcome(panel)).to_have_attribute("data-state", re.compile("eyes=eavesdropper"))
    expect(panel.locator('[data-message="Certificate"]')).to_have_count(0)
    panel.get_by_role("button", name="TLS 1.2").click()
    expect(panel.locator('[data-message="Certificate"]')).to_have_attribute("data-secrecy", "clear")
    first.screenshot("01-outside-1-2")
    panel.get_by_role("button", name="Start over").click()
    expect(_outcome(panel)).to_have_attribute("data-state", re.compile("eyes=phone"))


def test_the_keyboard_stays_in_a_focused_dropdown(first: Notebook) -> None:
    """ArrowDown and "r" on a Dropdown change it, and neither moves the cell nor kills its output.

    Without the guard JupyterLab takes both keys (ipywidgets #3912).
    """
    panel = first.panel("handshake")
    wrong = panel.locator("select").nth(1)
    active = first.page.locator(".jp-Notebook .jp-mod-active")
    panel.locator("input[type=checkbox]").focus()
    wrong.focus()
    before = active.get_attribute("data-windowed-list-index")
    wrong.press("ArrowDown")
    expect(_outcome(panel)).to_have_attribute("data-outcome", "refused_by_date")
    wrong.press("r")
    expect(_outcome(panel)).to_be_visible()
    assert active.get_attribute("data-windowed-list-index") == before
    panel.get_by_role("button", name="Start over").click()
    expect(_outcome(panel)).to_have_attribute("data-outcome", "connected")


def test_fast_clicking_ends_where_the_last_click_was(first: Notebook) -> None:
    """Fifty clicks as fast as a browser can: the picture agrees with the controls, no error."""
    panel = first.panel("handshake")
    versions = [panel.get_by_role("button", name=f"TLS 1.{n}") for n in (2, 3)]
    for click in range(50):
        versions[click % 2].click(no_wait_after=True)
    expect(panel.locator('[data-message="CertificateVerify"]')).to_have_count(1)
    expect(panel.locator('[data-message="ServerKeyExchange"]')).to_have_count(0)
    first.assert_no_error_badge()


def _at(panel: Locator, step: int) -> None:
    expect(_outcome(panel)).to_have_attribute("data-state", re.compile(f"step={step}$"))


def test_a_handshake_is_stepped_through_by_mouse_and_by_keys(first: Notebook) -> None:
    """Next, Back, a click on a message, arrow keys on either; and playing goes by itself."""
    panel = first.panel("handshake")
    panel.get_by_role("button", name="Start over").click()
    onward = panel.get_by_role("button", name="Next")
    onward.click()
    _at(panel, 1)
    expect(panel.locator(".pl-opened")).to_be_visible()
    onward.press("ArrowRight")
    _at(panel, 2)
    onward.press("ArrowLeft")
    _at(panel, 1)
    panel.get_by_role("button", name="Back").click()
    _at(panel, 0)
    panel.get_by_role("button", name="Certificate", exact=True).click()
    _at(panel, 4)
    message = panel.locator("[aria-current=step]").get_by_role("button")
    expect(message).to_be_focused()
    message.press("ArrowRight")
    _at(panel, 5)
    expect(message).to_be_focused()
    expect(panel.locator(".pl-signed")).to_contain_text("It verifies")
    panel.get_by_role("button", name="ServerHello").press("Enter")
    _at(panel, 2)
    onward.click(click_count=3)
    _at(panel, 5)
    first.screenshot("01-signature")
    panel.locator(".widget-play button").first.click()
    _at(panel, 6)  # the first step comes at once, the next after `PACE`
    panel.locator(".widget-play button").first.click()
    panel.get_by_role("button", name="Start over").click()
    _at(panel, 0)
    first.assert_no_error_badge()


def test_where_there_are_no_steps_a_message_is_no_button(first: Notebook) -> None:
    """A question draws the same conversation: nothing there may look as if it could be clicked."""
    cell = first.scroll_to('"leak"')
    cell.get_by_role("button", name="Show me").click()
    message = cell.locator('[data-message="ClientHello"]').first
    expect(message).to_be_visible()
    expect(message.get_by_role("button")).to_have_count(0)


def test_a_field_lights_its_bytes_and_a_byte_its_field(first: Notebook) -> None:
    """By pointing and by the keyboard; a byte in a closed field lights what it is folded into."""
    panel = first.panel("handshake")
    panel.get_by_role("button", name="Start over").click()
    panel.get_by_role("button", name="Next").click()
    _at(panel, 1)
    lit = panel.locator("details.pl-lit > summary")
    bytes_lit = panel.locator(".pl-hex .pl-lit")
    expect(lit).to_contain_text("host_name")
    assert b"bank.example".hex(" ").split()[0] in bytes_lit.first.inner_text()
    panel.locator("details[data-field] > summary", has_text="cipher_suites").last.hover()
    expect(lit).to_contain_text("cipher_suites")
    first_bytes = panel.locator('.pl-hex [data-field="0"]').first
    first_bytes.hover()
    expect(lit).to_contain_text("msg_type")
    expect(bytes_lit.first).to_have_text("01")
    panel.locator(".pl-hex").focus()
    panel.locator(".pl-hex").press("ArrowRight")
    expect(lit).to_contain_text("message_length")
    panel.locator("details[data-field] > summary", has_text="msg_type").first.focus()
    expect(lit).to_contain_text("msg_type")
    panel.get_by_role("button", name="Start over").click()
    _at(panel, 0)


def test_the_answer_is_announced_and_its_evidence_is_not(first: Notebook) -> None:
    """A screen reader hears the verdict on each change, from an element that lasts."""
    panel = first.panel("handshake")
    expect(panel.locator(".pinlib-view")).to_have_attribute("aria-live", "polite")
    expect(panel.locator(".pinlib-view [aria-live=off]")).to_have_count(1)


def test_a_prediction_answers_a_click(first: Notebook) -> None:
    """A wrong option is answered there: outcome, reply, explanation, and the other world."""
    cell = first.scroll_to('"copy"')
    cell.get_by_role("button", name="The phone accepts: it's the bank's genuine").click()
    shown = cell.locator(".pinlib-panel").first
    expect(shown.locator('.pl-outcome > [data-ending="blocked"]')).to_be_visible()
    expect(shown.locator(".pl-reply[data-right=no]")).to_contain_text("the first three checks hold")
    expect(shown.get_by_text("a key she doesn't have")).to_be_visible()
    expect(shown.get_by_role("button", name="The phone accepts")).to_be_hidden()
    shown.get_by_role("button", name="What if?").click()
    expect(shown.locator('.pl-world > [data-ending="intercepted"]')).to_be_visible()
    first.screenshot("01-prediction")


def test_an_unfinished_checkpoint_offers_hints(first: Notebook) -> None:
    """The stub is answered in words, and a hint comes when asked for."""
    hint = first.page.get_by_role("button", name="Hint 1 of 3").first
    hint.scroll_into_view_if_needed()
    hint.click()
    expect(first.page.get_by_text("Two things have to be true", exact=False).first).to_be_visible()
    expect(first.page.get_by_role("button", name="Hint 2 of 3").first).to_be_visible()
    first.screenshot("01-checkpoint")


def test_dark_theme_keeps_words_readable(first: Notebook) -> None:
    """In JupyterLab's dark theme text, detail and marks keep their contrast."""
    first.dark_theme()
    panel = first.panel("handshake")
    for name, least in {".pl-verdict": 7.0, ".pl-reason": 7.0, ".pl-dim": 4.5}.items():
        text, back = panel.locator(name).first.evaluate(COLOURS)
        assert _contrast(text, back) >= least, name
    for colour in ([0, 114, 178], [213, 94, 0], [0, 158, 115]):
        assert _contrast(colour, back) >= 3.0
    first.screenshot("01-dark")
    first.menu("Settings", "Theme", "JupyterLab Light")


def _sizes(panel: Locator, selector: str, pseudo: str = "") -> list[float]:
    sizes: list[float] = panel.locator(selector).evaluate_all(
        f"all => all.map(one => parseFloat(getComputedStyle(one, '{pseudo}').fontSize))"
    )
    return sizes


def _covered(panel: Locator) -> list[str]:
    """List the controls whose left end or middle a click would not reach."""
    found: list[str] = panel.locator("button, select, input[type=checkbox]").evaluate_all(
        """all => all.filter(one => one.offsetParent).filter(one => {
          const box = one.getBoundingClientRect(), y = box.top + box.height / 2;
          return [box.left + 4, box.left + box.width / 2].some(x => {
            const hit = document.elementFromPoint(x, y);
            return hit && !one.contains(hit) && !hit.contains(one);
          });
        }).map(one => one.textContent.slice(0, 30))"""
    )
    return found


def _by_night(*values: object) -> Any:
    return pytest.param(*values, marks=pytest.mark.nightly)


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("presented_00_start_here.ipynb", HandshakePanel),
        _by_night("presented_01_watch_a_handshake.ipynb", HandshakePanel),
        _by_night("presented_01_watch_a_handshake.ipynb", ChainPanel),
        _by_night("presented_02_compute_a_pin.ipynb", PinPanel),
        _by_night("presented_02_compute_a_pin.ipynb", BytePanel),
        ("presented_03_meet_the_man_in_the_middle.ipynb", CafePanel),
        _by_night("presented_04_survive_renewal_day.ipynb", CalendarPanel),
        ("presented_05_rotate_to_a_backup_key.ipynb", DrillPanel),
        ("presented_06_change_pins_in_the_field.ipynb", FieldPanel),
        _by_night("presented_02_compute_a_pin.ipynb", TwinsPanel),
        _by_night("presented_02_compute_a_pin.ipynb", OwnServerPanel),
    ],
)
def test_presented_panels_fit_a_projector(
    lab: Lab, browser: Browser, file: str, kind: type[Panel[Any]]
) -> None:
    """At 1280 by 720, in Simple mode, every scene fits without scrolling, in large type."""
    notebook = lab.open(browser, file, width=1280, height=720)
    try:
        notebook.simple_mode()
        notebook.run_all()
        panel = notebook.panel(kind.name)
        panel.evaluate("one => one.scrollIntoView({block: 'start'})")
        for number, scene in enumerate(kind.presets):
            panel.locator("select").first.select_option(label=scene)
            whole = panel.locator(".pl[data-outcome]:not([data-drawn=part])").first
            # A signature is a byte longer or shorter each time, and so is the way to its last byte.
            text = re.sub(r"\bat=\d+", "at=[0-9]+", re.escape(kind(scene).text))
            expect(whole).to_have_attribute("data-state", re.compile(f"^{text}$"))
            box = panel.bounding_box()
            window = notebook.page.locator(".jp-WindowedPanel-outer").bounding_box()
            assert box is not None and window is not None
            assert box["height"] <= window["height"], f"{scene}: {box} in {window}"
            assert box["width"] <= 1280
            assert min(_sizes(panel, ".pl-verdict")) >= 32
            assert min(_sizes(panel, ".pl-reason, .pl-heading")) >= 24
            detail = ".pl-dim, .pl-note, .pl-strong, .pl-part *, td, code, select"
            assert min(_sizes(panel, f"{detail}, button:not(.widget-upload)")) >= 16
            assert min(_sizes(panel, ".widget-upload", "::after"), default=16) >= 16
            wide = panel.locator(".pl").evaluate("one => one.scrollWidth - one.clientWidth")
            assert wide <= 0, f"{scene}: {wide} px stick out"
            panel.evaluate("one => one.scrollIntoView({block: 'start'})")
            assert _covered(panel) == [], "something lies over a control"
            notebook.screenshot(f"presented-{file[10:12]}-{kind.name}-{number:02}")
        notebook.assert_no_error_badge()
    finally:
        notebook.close()


def test_lesson_00_refuses_within_its_first_cells(lab: Lab, browser: Browser) -> None:
    """The very first act is a question; one click, and a real refusal stands in its output."""
    notebook = lab.open(browser, "00_start_here.ipynb")
    try:
        notebook.run_all()
        notebook.assert_no_error_badge()
        notebook.assert_stayed_home()
        cell = notebook.scroll_to('"home_made"')
        cell.get_by_role("button", name="The name of Alice's bank").click()
        shown = cell.locator('[data-outcome="refused_by_chain"]').first
        expect(shown).to_be_visible()
        expect(shown).to_have_attribute("data-ending", "blocked")
        notebook.screenshot("00-refusal")
    finally:
        notebook.close()
