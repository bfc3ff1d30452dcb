"""The one base of all panels: state, controls, text form, errors, the copy without a kernel."""

from __future__ import annotations

import asyncio
import threading
from ast import literal_eval
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from textwrap import dedent
from time import perf_counter
from typing import Any, ClassVar

import ipywidgets as widgets
import pytest
from jupyter_client.manager import start_new_kernel
from markupsafe import Markup

from pinlib.encoding.files import LIMIT
from pinlib.errors import BadInput
from pinlib.teach.drawing.blocks import Headline
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets import page, slices
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel, TwinIncomplete
from tests.demo_panels import Door, DoorState, Weather
from tests.pairwise import pairwise

ROOT = Path(__file__).parents[3]


@pytest.fixture
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let our own bugs raise, as they do in every test of a panel."""
    monkeypatch.setenv("PINLIB_STRICT", "1")


@pytest.mark.usefixtures("loud")
def test_a_control_changes_the_state_and_the_picture() -> None:
    """What a learner's hand does to a control arrives in the state and in the picture."""
    door = Door()
    before = door._picture.value
    door.control("open").value = False
    assert door.state == DoorState(open=False)
    assert door._picture.value != before
    assert 'data-outcome="refused"' in door._picture.value


@pytest.mark.usefixtures("loud")
def test_a_shown_state_sets_the_controls_and_draws_once() -> None:
    """`show` moves several controls and draws one picture, not one for each."""
    door = Door()
    drawn = []
    door._picture.observe(lambda change: drawn.append(change["new"]), "value")
    door.show(DoorState(open=False, weather=Weather.SNOW, visits=9, owl=True))
    assert (door.control("visits").value, door.control("owl").value) == (9, True)
    assert len(drawn) == 1


@pytest.mark.usefixtures("loud")
def test_every_state_reads_back_from_its_line_of_text() -> None:
    """The line that a panel prints can be pasted into another notebook, whatever is set."""
    for row in pairwise({control.field: control.choices for control in Door.controls}):
        state = replace(Door.initial, **row)
        if state.weather in (Weather.BUG, Weather.REFUSAL):
            continue
        door = Door(state)
        assert Door(door.text).state == state


def test_a_line_for_another_panel_or_a_wrong_word_is_explained() -> None:
    """A pasted line that does not fit is refused in one sentence that says what would."""
    door = Door()
    for line, wanted in {
        "window: open=yes": "door",
        "door: open=maybe": "yes",
        "door: colour=red": "open=",
        "no such scene": "a wet night",
        'door: guest="Ada': "quotation mark",
        "door: open=yes open=no": "twice",
    }.items():
        with pytest.raises(BadInput, match=wanted):
            door.show(line)
        assert door.state == DoorState(), "a refused line must change nothing"


@pytest.mark.usefixtures("loud")
def test_presets_and_start_over_lead_back() -> None:
    """One click to a scene, one click back to how the panel began."""
    door = Door("a wet night")
    door.show("a fine day")
    assert door._scene.value == "a fine day"
    door.control("visits").value = 9
    assert door._scene.label == "your own settings"
    door.start_over()
    assert door.state == Door.presets["a wet night"]


def test_a_bug_of_ours_is_shown_with_the_state_to_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """On stage a bug shows in the panel, escaped; in tests it raises."""
    monkeypatch.delenv("PINLIB_STRICT", raising=False)
    door = Door("door: weather=bug guest='<b>'")
    assert 'role="alert"' in door._picture.value
    assert "weather=bug" in door._picture.value
    assert "&lt;b&gt;" in door._picture.value and "<b>'" not in door._picture.value
    monkeypatch.setenv("PINLIB_STRICT", "1")
    with pytest.raises(ZeroDivisionError):
        Door("door: weather=bug")


@pytest.mark.usefixtures("loud")
def test_a_refusal_is_a_result() -> None:
    """What the laboratory refuses on purpose is shown as a sentence, and is no bug."""
    door = Door("door: weather=refusal")
    assert 'data-outcome="error"' in door._picture.value
    assert "hailstones are not &lt;allowed&gt;" in door._picture.value
    assert 'role="alert"' not in door._picture.value


@pytest.mark.usefixtures("loud")
def test_without_a_front_end_the_panel_still_shows_its_result() -> None:
    """An executed copy holds the picture and its words, with the style it needs."""
    bundle = Door()._repr_mimebundle_()
    assert "<style>" in bundle["text/html"]
    assert "Entered" in bundle["text/html"]
    assert bundle["text/plain"].startswith("Entered. Every check holds")
    assert "door: open=yes" in bundle["text/plain"]


@pytest.mark.usefixtures("loud")
def test_a_number_that_the_words_leave_out_fails() -> None:
    """A picture whose words leave out a number cannot pass any test."""

    class Careless(Door):
        def view(self, state: DoorState) -> View:
            return replace(super().view(state), words="Nothing was counted.")

    with pytest.raises(TwinIncomplete, match="101"):
        Careless()


def test_too_many_controls_at_once_are_refused() -> None:
    """At most six controls are visible: the rest belongs under More."""

    class Crowded(Panel[DoorState]):
        name = "crowded"
        controls = tuple(Control("owl", f"owl {n}") for n in range(7))
        initial = DoorState()

        def view(self, state: DoorState) -> View:
            return View(Headline(str(state.visits), ""), Markup(""), "")

    with pytest.raises(TypeError, match="under More"):
        Crowded()


@pytest.mark.usefixtures("loud")
def test_presenting_reaches_panels_made_before_and_after() -> None:
    """The projector's size goes to everything on screen, and to everything to come."""
    before = Door()
    try:
        page.present()
        after = Door()
        assert "pinlib-presenting" in before._dom_classes
        assert "pinlib-presenting" in after._dom_classes
        assert "pinlib-presenting" in after._repr_mimebundle_()["text/html"]
    finally:
        page.present(False)
    assert "pinlib-presenting" not in before._dom_classes


# -- A file of one's own ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Name:
    """What a box keeps of a file."""

    text: str
    size: int

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Boxed:
    """A box with a file in it, or none, and what is read of it."""

    item: str = "lid"
    file: Name | None = None


def _receive(name: str, content: bytes) -> Name:
    if name == "bug":
        raise ZeroDivisionError("a bug of ours")
    return Name(name, len(content))


class Box(Panel[Boxed]):
    """A panel whose list grows by what is given to it."""

    name = "box"
    controls = (
        Control("item", "Item", {"lid": "lid", "floor": "floor"}, kind="dropdown"),
        Control("file", "Your file", kind="file", receive=_receive),
    )
    initial = Boxed()

    def controls_in(self, state: Boxed) -> tuple[Control, ...]:
        """Offer the file as an item too."""
        item, file = self.controls
        more = {str(state.file): str(state.file)} if state.file else {}
        return replace(item, options={**item.options, **more}), file

    def settle(self, state: Boxed, before: Boxed) -> Boxed:
        """Take the file out as soon as it is in."""
        if state.file is not None and state.file is not before.file:
            return replace(state, item=str(state.file))
        return state

    def view(self, state: Boxed) -> View:
        """Say what is in the box."""
        size = state.file.size if state.file else 0
        return View(Headline("A box", f"{state.item}, {size}."), Markup(""), "In words.")


def _give(box: Box, name: str, content: bytes) -> None:
    about = {"name": name, "type": "", "size": len(content), "last_modified": datetime.now(UTC)}
    box.control("file").value = ({**about, "content": memoryview(content)},)


def test_a_file_arrives_in_the_state_and_leaves_the_widget() -> None:
    """What was made of it is kept; its bytes are not, neither in the widget nor on the page."""
    box = Box()
    _give(box, "notes.txt", b"four")
    assert box.state == Boxed("notes.txt", Name("notes.txt", 4))
    assert box.control("file").value == ()
    assert box.control("item").value == "notes.txt"
    assert list(dict(box.control("item").options)) == ["lid", "floor", "notes.txt"]


def test_the_list_is_as_it_was_after_starting_over() -> None:
    """What a state no longer offers is gone from the list, and its value with it."""
    box = Box()
    _give(box, "notes.txt", b"four")
    box.control("item").value = "floor"
    assert box.state.file is not None  # choosing another item keeps the file at hand
    box.start_over()
    assert box.state == Boxed()
    assert list(dict(box.control("item").options)) == ["lid", "floor"]
    with pytest.raises(BadInput, match=r"item cannot be 'notes\.txt' here"):
        box.show(Boxed("notes.txt"))


def test_a_line_of_text_cannot_bring_a_file() -> None:
    """It names the file: a panel that has it shows it, and another one asks for it first."""
    box = Box()
    assert box.text == "box: item=lid file=''"
    _give(box, "my notes", b"four")
    line = box.text
    assert line == "box: item='my notes' file='my notes'"
    box.control("item").value = "floor"
    box.show(line)
    assert box.state.item == "my notes"
    with pytest.raises(BadInput, match="a line can’t hold a file: give 'my notes' to this panel"):
        Box().show(line)
    box.show("box: item=lid file=''")
    assert box.state == Boxed()


def test_a_bug_in_receiving_a_file_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab would hide it; the panel says that it is ours, and takes the next file."""
    monkeypatch.setenv("PINLIB_STRICT", "0")
    box = Box()
    _give(box, "bug", b"x")
    assert 'role="alert"' in box._picture.value
    assert "ZeroDivisionError" in box._picture.value
    assert box.control("file").value == ()
    _give(box, "notes.txt", b"four")
    assert 'role="alert"' not in box._picture.value


@pytest.mark.usefixtures("loud")
def test_a_bug_in_receiving_a_file_raises_in_tests() -> None:
    """Or ours would pass all of them; the file is let go of all the same."""
    box = Box()
    with pytest.raises(ZeroDivisionError):
        _give(box, "bug", b"x")
    assert box.control("file").value == ()


def test_the_page_cuts_off_where_python_would_refuse() -> None:
    """One number for both, written once."""
    assert f"file.size <= {LIMIT})" in page.classroom()


def test_a_long_list_is_not_read_out() -> None:
    """A wrong word among hundreds is answered with the nearest, not with all of them."""

    class Many(Box):
        controls = (
            Control("item", "Item", {f"item {n}": f"item {n}" for n in range(300)}),
            Control("file", "Your file", kind="file", receive=_receive),
        )
        initial = Boxed("item 0")

    with pytest.raises(BadInput, match=r"did you mean 'item \d+'.* another of 300") as refused:
        Many().show("item='item x'")
    assert len(str(refused.value)) < 150


def test_a_finding_has_no_sign() -> None:
    """Neither right nor wrong: a dash in front of a number would make it negative."""
    assert "<svg" not in View(Headline("9 of 10", "Why.", signed=False), Markup(""), "9 10").html
    assert "<svg" in View(Headline("9 of 10", "Why."), Markup(""), "9 10").html


def test_a_view_shows_itself_where_a_cell_ends_with_it() -> None:
    """As HTML with its style, and as words in a terminal."""
    view = View(Headline("9 of 10", "Why."), Markup("<p>9 10</p>"), "All in words.")
    assert view._repr_html_().startswith("<style>")
    assert view.html in view._repr_html_()
    assert repr(view) == "9 of 10. Why.\nAll in words."


# -- Drawing in slices -------------------------------------------------------------------------


@dataclass(frozen=True)
class Long:
    """A state that takes many bits of work."""

    size: int = 0


class Slow(Panel[Long]):
    """Counts to a hundred times its size, one bit at a time; `done` is what was worked for."""

    name = "slow"
    controls = (Control("size", "Size", {str(n): n for n in range(6)}, kind="dropdown"),)
    initial = Long()
    done: ClassVar[dict[int, int]] = {}
    breaks_at = -1
    seconds = 0.0  # that each bit takes at least

    def work(self, state: Long) -> Iterator[Callable[[], View]]:
        """Do a bit, of a length that a clock can see."""
        for bit in range(self.done.get(state.size, 0), state.size * 100):
            if bit == self.breaks_at:
                raise RuntimeError("a bit that cannot be done")
            end = perf_counter() + self.seconds
            while perf_counter() < end:
                pass
            self.done[state.size] = bit + 1
            yield partial(self._so_far, bit)

    def _so_far(self, bit: int) -> View:
        return View(Headline("So far", f"{bit}."), Markup(""), f"{bit}", {"outcome": "drawing"})

    def view(self, state: Long) -> View:
        """Draw, whether the work was done before or not."""
        deque(self.work(state), maxlen=0)
        return View(Headline("Done", f"{state.size}."), Markup(""), "", {"outcome": "done"})


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Return a panel that has done nothing yet, and looks for clicks after every bit of work.

    So no test depends on how many bits this machine does in the time that a slice has.
    """
    monkeypatch.setattr(slices, "SLICE", 0)
    Slow.done.clear()
    return Slow()


async def shows(panel: Slow, outcome: str) -> None:
    """Let the loop turn until the picture says so."""
    end = perf_counter() + 60
    while panel._view.facts["outcome"] != outcome:
        assert perf_counter() < end, f"never {outcome}: {panel._view}"
        await asyncio.sleep(0)


def stop_button(panel: Slow) -> widgets.Button:
    """Return the button, and whether it can be seen."""
    return panel._stop


def test_without_a_loop_all_is_drawn_at_once(slow: Slow) -> None:
    """In a script, and where a cell asks for it."""
    slow.control("size").value = 1
    assert slow._view.facts["outcome"] == "done"
    assert stop_button(slow).layout.display == "none"


def test_a_click_draws_in_slices_and_ends_whole(slow: Slow) -> None:
    """The callback comes back early, the picture grows, and Stop can be seen meanwhile."""

    async def clicked() -> None:
        slow.control("size").value = 3
        assert slow._view.facts["outcome"] == "drawing"
        assert stop_button(slow).layout.display is None
        assert 0 < Slow.done[3] < 300
        await shows(slow, "done")
        assert Slow.done[3] == 300
        assert stop_button(slow).layout.display == "none"

    asyncio.run(clicked())


def test_what_is_quick_is_drawn_at_once(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    """No slice, no button, no flicker."""
    monkeypatch.setattr(slices, "SLICE", 60)

    async def clicked() -> None:
        Slow.done[1] = 98
        slow.control("size").value = 1
        assert slow._view.facts["outcome"] == "done"
        assert slow._drawing is None

    asyncio.run(clicked())


def test_stop_keeps_what_is_there_and_go_on_goes_on(slow: Slow) -> None:
    """Nothing more is worked while it stands still, and nothing is done twice."""

    async def clicked() -> None:
        slow.control("size").value = 4
        stop_button(slow).click()
        assert slow._view.headline.words == "Stopped"
        assert "Go on, or change a setting" in str(slow._view.headline.reason)
        assert stop_button(slow).description == "Go on"
        before = Slow.done[4]
        for _ in range(50):
            await asyncio.sleep(0)
        assert Slow.done[4] == before
        stop_button(slow).click()
        assert stop_button(slow).description == "Stop"
        await shows(slow, "done")
        assert Slow.done[4] == 400

    asyncio.run(clicked())


def test_another_click_leaves_off_what_is_being_drawn(slow: Slow) -> None:
    """The last one counts; what was begun for the other is kept for later."""

    async def clicked() -> None:
        slow.control("size").value = 5
        begun = Slow.done[5]
        slow.control("size").value = 1
        await shows(slow, "done")
        for _ in range(50):
            await asyncio.sleep(0)
        assert slow.state == Long(1)
        assert str(slow._view.headline.reason) == "1."
        assert Slow.done == {5: begun, 1: 100}

    asyncio.run(clicked())


def test_start_over_ends_a_drawing(slow: Slow) -> None:
    """One click back, whatever goes on."""

    async def clicked() -> None:
        slow.control("size").value = 5
        slow.start_over()
        assert (slow.state, slow._view.facts["outcome"]) == (Long(), "done")

    asyncio.run(clicked())


def test_show_from_a_cell_is_whole_when_it_returns(slow: Slow) -> None:
    """The next line of the cell may ask for the picture, with a loop around it or without."""

    async def asked() -> None:
        slow.show(Long(2))
        assert slow._view.facts["outcome"] == "done"

    asyncio.run(asked())


@pytest.mark.slow
def test_two_threads_may_ask_at_once(slow: Slow) -> None:
    """A cell in one, a hand in the other, and Stop in a third: one picture, and no work twice."""
    slow.seconds = 0.01

    async def clicked() -> None:
        slow.control("size").value = 5
        for _ in range(3):
            await asyncio.sleep(0)

    hand = threading.Thread(target=asyncio.run, args=(clicked(),))
    hand.start()
    end = perf_counter() + 60
    while slow._view.facts["outcome"] != "drawing":
        assert perf_counter() < end
    stop_button(slow).click()  # from this thread, which has no loop
    assert slow._view.headline.words == "Stopped"
    hand.join(60)
    assert not hand.is_alive()
    assert slow._view.headline.words == "Stopped"
    slow.show(Long(1))
    assert (slow._view.facts["outcome"], slow.state) == ("done", Long(1))


def test_a_bug_in_the_work_is_shown(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its first slice and in a later one."""
    monkeypatch.delenv("PINLIB_STRICT", raising=False)
    for place in (1, 120):

        async def clicked(place: int = place) -> None:
            slow.breaks_at = place
            Slow.done.clear()
            slow.control("size").value = 0
            slow.control("size").value = 3
            await shows(slow, "bug")
            assert "a bit that cannot be done" in slow._html

        asyncio.run(clicked())


# -- In a kernel -------------------------------------------------------------------------------


class Kernel:
    """A kernel, and what JupyterLab does to it: cells in one thread, what hands do in another."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(cwd=str(ROOT))
        self.client.control_channel.send(self.client.session.msg("create_subshell_request"))
        self.subshell = self.client.get_control_msg(timeout=60)["content"]["subshell_id"]

    def run(self, code: str, **asked: str) -> dict[str, Any]:
        """Run a cell, and return the values that were asked for behind it."""
        reply = self.client.execute_interactive(
            dedent(code), user_expressions=asked, timeout=60, output_hook=lambda _: None
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        told = reply["content"]["user_expressions"]
        return {name: literal_eval(one["data"]["text/plain"]) for name, one in told.items()}

    def hand(self, model: str, **data: object) -> None:
        """Do something to a widget, and wait until the kernel has done with it."""
        message = self.client.session.msg("comm_msg", {"comm_id": model, "data": data})
        message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)
        while True:
            heard = self.client.get_iopub_msg(timeout=60)
            done = heard["content"].get("execution_state") == "idle"
            if done and heard["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return

    def close(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """Start a kernel with nothing of the person's own, which ends with the test."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    started = Kernel()
    yield started
    started.close()


def test_all_of_a_panel_is_heard_in_one_thread(kernel: Kernel) -> None:
    """In two, Start over would overtake what was chosen before it, and be forgotten."""
    models = kernel.run(
        """
        import threading
        from tests.demo_panels import Door

        heard = []
        door = Door()
        owl = door.control("owl")
        over = next(one for one in door.children[1].children if one.description == "Start over")
        owl.observe(lambda _: heard.append(threading.current_thread().name), "value")
        over.on_click(lambda _: heard.append(threading.current_thread().name))
        """,
        owl="owl.model_id",
        over="over.model_id",
    )
    for turn in (True, False):
        kernel.run(f"owl.value = {not turn}; heard.clear()")  # a cell has a word with it, too
        kernel.hand(models["owl"], method="update", state={"value": turn})
        kernel.hand(models["over"], method="custom", content={"event": "click"})
        (thread,) = set(kernel.run("", heard="heard")["heard"])
        assert thread.startswith("subshell-")
