"""Lesson 02 as a learner meets it: files through a real chooser, pins pasted and copied."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, Locator, expect

from pinlib import Kind, Notation, Pin, certificate_pin, key_pin, public_roots
from pinlib.encoding.files import LIMIT
from pinlib.pins.wrong_hashes import Hashed
from pinlib.scenes.cast import Cast
from pinlib.teach.exhibits.inspection.pin import ROOT as REAL
from pinlib.teach.exhibits.inspection.pin import slip
from tests.browser.lab import ROOT, Lab, Notebook, least_contrast, shows, until, with_a_cell

pytestmark = pytest.mark.browser
CLIPBOARD = "navigator.clipboard.readText()"
LESSON = ROOT / "notebooks" / "02_compute_a_pin.ipynb"
FREE = "from pinlib.teach import PinPanel\n\nPinPanel()  # free"


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Serve lesson 02 with nothing folded, and with a panel in it that has no goals."""
    folder = tmp_path_factory.mktemp("unfolded")
    file = with_a_cell(LESSON, FREE, folder, name=LESSON.name, after="panel")
    return start_lab(file, PINLIB_STRICT="1")


@pytest.fixture(scope="module")
def second(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    """Lesson 02, run from top to bottom."""
    notebook = lab.open(browser, LESSON.name)
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.run_all()
    yield notebook
    notebook.close()


@pytest.fixture
def panel(second: Notebook) -> Locator:
    """Give the pin panel as it began."""
    second.scroll_to("# free")
    found = second.panel("pin")
    found.get_by_role("button", name="Start over").click()
    shows(found, outcome="shown", look="whole")
    return found


def give(second: Notebook, panel: Locator, file: Path) -> None:
    """Choose a file as a person does."""
    with second.page.expect_file_chooser() as chosen:
        panel.locator(".widget-upload").click()
    chosen.value.set_files(file)


def test_run_all_leaves_no_error_and_asks_nobody(second: Notebook, panel: Locator) -> None:
    """The lesson runs from a fresh kernel, openssl and all; nothing leaves the machine."""
    expect(panel.locator(".pl-verdict")).to_contain_text("bytes make the key pin")
    second.screenshot("02-first-look")
    second.assert_no_error_badge()
    second.assert_stayed_home()
    assert not second.page_errors and not second.dialogs


def test_a_file_is_read_through_a_real_chooser(
    second: Notebook, panel: Locator, cast: Cast, tmp_path: Path
) -> None:
    """A chain on disk: its first certificate is shown at once, the others are in the list."""
    file = tmp_path / "my <chain>.pem"
    file.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in cast.verified))
    give(second, panel, file)
    names = panel.locator("select").nth(1)
    expect(names.locator("option:checked")).to_have_text("my <chain>.pem, 1 of 3: bank.example")
    for one in (key_pin(cast.bank.leaf), certificate_pin(cast.bank.leaf)):
        expect(panel.locator(f'.pl-whole[title="{one}"]')).to_be_visible()
    names.select_option(label="my <chain>.pem, 3 of 3: Lab Root")
    expect(panel.locator(f'.pl-whole[title="{key_pin(cast.root.certificate)}"]')).to_be_visible()
    second.screenshot("02-own-file")
    # The browser holds on to nothing: ipywidgets counts what its button has.
    expect(panel.locator(".widget-upload")).to_have_text(re.compile(r"\(0\)"))


@pytest.mark.parametrize("megabytes", [2, 11, 60])
def test_a_large_file_is_refused_in_words_and_the_panel_lives_on(
    second: Notebook, panel: Locator, tmp_path: Path, megabytes: int
) -> None:
    """Over 10 MiB a message never arrives, so the page cuts the file off; Python says why."""
    file = tmp_path / "disk.img"
    with file.open("wb") as sparse:
        sparse.truncate(megabytes * 1_000_000)
    give(second, panel, file)
    shows(panel, outcome="refused")
    expect(panel.locator(".pl-reason")).to_contain_text(f"more than {LIMIT:,} bytes")
    second.screenshot(f"02-refused-{megabytes}-MB")
    panel.locator("select").nth(1).select_option(label=REAL)
    shows(panel, outcome="shown")


def test_a_private_key_is_refused_and_is_not_on_the_page(
    second: Notebook, panel: Locator, cast: Cast, tmp_path: Path
) -> None:
    """The command for its public half is there to copy; the key is nowhere, and not kept."""
    secret = cast.backup.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = tmp_path / "server.key"
    file.write_bytes(secret)
    give(second, panel, file)
    shows(panel, outcome="refused")
    command = "openssl pkey -in server.key -pubout -out public.pem"
    expect(panel.locator(".pl-command .pl-whole")).to_have_text(command)
    page = second.page.content()
    for line in secret.decode().splitlines()[1:-1]:
        assert line not in page
    expect(panel.locator(".widget-upload")).to_have_text(re.compile(r"\(0\)"))
    second.screenshot("02-private-key")


def test_a_pasted_pin_is_answered_without_enter(second: Notebook, panel: Locator) -> None:
    """Paste, and the verdict changes; a typed one goes with Enter."""
    field = panel.locator("input[type=text]")
    panel.locator("select").nth(1).select_option(label=REAL)
    second.page.evaluate("text => navigator.clipboard.writeText(text)", slip(Hashed.KEY_BITS))
    field.click()
    second.page.keyboard.press("Control+V")
    shows(panel, outcome="wrong", hashed="key_bits", notation="okhttp")
    expect(panel.locator('[data-part="key bits"]')).to_have_class(re.compile("pl-fails"))
    second.screenshot("02-bare-key-bits")
    field.fill(key_pin(public_roots()[REAL]).write(Notation.CURL))
    field.press("Enter")
    shows(panel, outcome="match", notation="curl")
    field.fill("<img src=x onerror=alert(1)>")
    field.press("Enter")
    shows(panel, outcome="unreadable")
    assert panel.locator(".pl img").count() == 0
    assert second.dialogs == []


def test_an_apps_refusal_is_pasted_whole(
    second: Notebook, panel: Locator, cast: Cast, tmp_path: Path
) -> None:
    """Nine lines of a log in a field of one: whom the app met beside whom it expects."""
    file = tmp_path / "chain.pem"
    file.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in cast.verified))
    give(second, panel, file)
    expect(panel.locator("select").nth(1).locator("option:checked")).to_contain_text("chain.pem")
    leaf, issuing, root = map(key_pin, cast.verified)
    lines = [
        "10-13 10:20:36.556 I System.out: javax.net.ssl.SSLPeerUnverifiedException: Certificate "
        "pinning failure!",
        "  Peer certificate chain:",
        *(f"    {pin}: CN=somebody,O=Some, Inc." for pin in (leaf, issuing, root)),
        "  Pinned certificates for bank.example:",
        f"    {key_pin(cast.backup)}",
        "    at okhttp3.CertificatePinner.check$okhttp(CertificatePinner.kt:199)",
    ]
    second.page.evaluate("text => navigator.clipboard.writeText(text)", "\n".join(lines))
    panel.locator("input[type=text]").click()
    second.page.keyboard.press("Control+V")
    shows(panel, outcome="shown", notation="okhttp", hashed="spki")
    expect(panel.locator(".pl-verdict")).to_contain_text("The server showed this key")
    tables = panel.locator(".pl-table")
    expect(tables.nth(0).locator("tbody tr")).to_have_count(3)
    expect(tables.nth(1).locator("tbody tr")).to_have_count(1)
    assert least_contrast(panel.locator(".pl")) >= 4.5
    second.screenshot("02-refusal")


def test_every_pin_can_be_copied_by_a_click(second: Notebook, panel: Locator) -> None:
    """What lands in the clipboard is the whole pin, in the notation of its row."""
    panel.locator("select").nth(1).select_option(label=REAL)
    panel.locator("select").nth(2).select_option(label="every notation")
    shows(panel, look="notations")
    root = public_roots()[REAL]
    for pin in key_pin(root), certificate_pin(root):
        for notation in Notation:
            name = f"Copy the {pin.kind.value} pin for {notation.value}"
            panel.get_by_role("button", name=name, exact=True).click()
            second.page.wait_for_function(
                f"text => {CLIPBOARD}.then(has => has === text)",
                arg=pin.write(notation, authority=True),
            )
            assert panel.locator(f'[title="{name}"]').get_attribute("data-said") == "copied"
    second.screenshot("02-every-notation")


def test_without_a_clipboard_the_text_is_marked(lab: Lab, browser: Browser) -> None:
    """Where the browser forbids copying, one more key press does it."""
    notebook = lab.open(browser, LESSON.name)
    try:
        notebook.run_all()
        notebook.page.locator(".jp-WindowedPanel-outer").evaluate("one => one.scrollTo(0, 0)")
        panel = notebook.panel("pin")
        forbidden = "{value: () => Promise.reject()}"
        notebook.page.evaluate(
            f"Object.defineProperty(navigator.clipboard, 'writeText', {forbidden})"
        )
        button = panel.get_by_role("button", name="Copy the key pin")
        button.click()
        marked = until(lambda: notebook.page.evaluate("getSelection().toString()"), "a selection")
        assert Pin.parse(marked).kind is Kind.KEY
        assert button.get_attribute("data-said") == "marked"
    finally:
        notebook.close()


def test_the_keyboard_stays_in_the_long_list(second: Notebook, panel: Locator) -> None:
    """ArrowDown goes to the next certificate and "r" to one of that letter; the output stays."""
    names = panel.locator("select").nth(1)
    active = second.page.locator(".jp-Notebook .jp-mod-active")
    panel.locator("input[type=text]").focus()
    names.focus()
    before = active.get_attribute("data-windowed-list-index")
    names.press("ArrowDown")
    expect(names.locator("option:checked")).to_have_text(re.compile(r"renewed,\ssame\skey"))
    names.press("r")
    expect(panel.locator(".pl[data-outcome]")).to_be_visible()
    assert active.get_attribute("data-windowed-list-index") == before


def test_fast_changes_end_where_the_last_one_was(second: Notebook, panel: Locator) -> None:
    """Fifty changes as fast as a browser can make them: picture and controls agree."""
    look = panel.locator("select").nth(2)
    for change in range(51):
        look.select_option(label=("the SPKI", "every notation")[change % 2], no_wait_after=True)
    shows(panel, look="spki")
    expect(look.locator("option:checked")).to_have_text("the SPKI")
    second.assert_no_error_badge()


def test_bytes_that_are_set_off_are_in_sight(second: Notebook, panel: Locator) -> None:
    """A dump scrolls by itself to what is marked, for a click on stage is one too many."""
    panel.locator("select").first.select_option(label="Hashed: the bare bits")
    shows(panel, outcome="wrong")
    first = panel.locator(".pl-hex b").first.bounding_box()
    dump = panel.locator(".pl-hex").bounding_box()
    assert first is not None and dump is not None
    assert dump["y"] <= first["y"] <= dump["y"] + dump["height"] - first["height"]


def test_names_in_the_map_are_whole_or_hidden(second: Notebook, panel: Locator) -> None:
    """No name is cut off in the middle, in any certificate of the list that is tried."""
    for name in ("bank.example (lab)", REAL, "backup key: a request (lab)", "ISRG Root X2"):
        panel.locator("select").nth(1).select_option(label=name)
        expect(panel.locator(".pl[data-outcome]")).to_have_attribute(
            "data-state", re.compile(re.escape(name))
        )
        cut = panel.locator(".pl-part").evaluate_all(
            """all => all.flatMap(part => {
                 const box = part.getBoundingClientRect();
                 return [...part.children].map(word => [word, word.getBoundingClientRect()])
                   .filter(([, its]) => its.top < box.bottom - 2
                     && (its.left < box.left - 1 || its.right > box.right + 1))
                   .map(([word]) => word.textContent);
               })"""
        )
        assert cut == [], name


def test_the_dark_theme_keeps_everything_readable(second: Notebook, panel: Locator) -> None:
    """Struck-through pins, marks and bytes keep a contrast of 4.5 in JupyterLab's dark theme."""
    second.dark_theme()
    try:
        for scene, hashed in {
            "Hashed: the bare bits": "key_bits",
            "Hashed: the PEM text": "pem",
        }.items():
            panel.locator("select").first.select_option(label=scene)
            shows(panel, hashed=hashed)
            assert least_contrast(panel.locator(".pl")) >= 4.5, scene
            second.screenshot(f"02-dark-{hashed}")
        for name in ("twins", "own-server"):
            second.panel(name).evaluate("one => one.scrollIntoView({block: 'center'})")
            second.screenshot(f"02-dark-{name}")
    finally:
        second.menu("Settings", "Theme", "JupyterLab Light")


def test_the_commands_follow_the_host_that_is_typed(second: Notebook) -> None:
    """One's own name goes into every command; nonsense is refused, and nobody is contacted."""
    panel = second.panel("own-server")
    field = panel.locator("input[type=text]")
    field.fill("https://shop.example/cart")
    field.press("Enter")
    expect(panel.locator(".pl-command").first).to_contain_text("-connect shop.example:443")
    second.screenshot("02-own-server")
    field.fill("shop.example; reboot")
    field.press("Enter")
    shows(panel, outcome="error")
    panel.get_by_role("button", name="Start over").click()
    shows(panel, outcome="shown")
    second.assert_stayed_home()


def test_a_checkpoint_is_passed_from_the_keyboard(second: Notebook) -> None:
    """A learner types the function into the cell, runs it, and is told at once."""
    cell = second.page.locator(".jp-CodeCell", has_text="def key_pin(certificate)").first
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    second.page.keyboard.press("Control+A")
    second.page.keyboard.insert_text(
        "def key_pin(certificate):\n    return str(pinlib.key_pin(certificate))\n\n\n"
        'lesson.check("key_pin", key_pin)'
    )
    second.page.keyboard.press("Control+Enter")
    expect(cell.get_by_text("Checkpoint passed").first).to_be_visible()
    second.screenshot("02-checkpoint")


def test_a_byte_is_changed_by_clicks_and_arrow_keys(second: Notebook) -> None:
    """The three goals of the byte panel, by hand: a button, a list, a slider; nothing is typed."""
    second.scroll_to('lesson.panel("byte")')
    panel = second.panel("byte")
    shows(panel, outcome="same", tls="verified")
    panel.get_by_role("button", name="add 1").click()
    shows(panel, outcome="certificate", tls="refused", parts="1")
    parts = panel.locator("select:visible").first
    names = parts.locator("option").all_text_contents()
    assert len(names) == 8
    for number, name in enumerate(names[1:], 2):
        parts.select_option(label=name)
        shows(panel, parts="all" if number == len(names) else str(number))
    board = panel.locator("xpath=ancestor::*[contains(@class, 'pinlib-goalboard')]")
    expect(board.locator('.pl-goals li[data-found="yes"]')).to_have_count(3)
    second.screenshot("02-byte-all-found")
    parts = panel.locator("select:visible").nth(1)  # scenes are on offer now
    parts.select_option(label="SPKI: the key’s bits")
    shows(panel, outcome="both")
    state = panel.locator(".pl[data-outcome]").first
    before = state.get_attribute("data-state")
    handle = panel.locator(".noUi-handle")
    handle.focus()
    handle.press("ArrowLeft")
    expect(state).not_to_have_attribute("data-state", before or "")
    expect(panel.locator(".pl-hex b.pl-fails")).to_have_count(1)
    second.assert_no_error_badge()


def test_several_pins_are_pasted_as_they_were_printed(second: Notebook, panel: Locator) -> None:
    """All five colleagues' lines at once: two match, and each row says so."""
    lines = second.scroll_to("cast.colleagues.items()").locator("pre").last.inner_text()
    second.scroll_to("# free")
    second.page.evaluate("text => navigator.clipboard.writeText(text)", lines)
    panel.locator("input[type=text]").click()
    second.page.keyboard.press("Control+V")
    shows(panel, set="some")
    expect(panel.locator(".pl-match")).to_have_count(5)
    second.screenshot("02-several-pins")
