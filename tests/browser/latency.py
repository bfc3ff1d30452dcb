"""From a touched control to the changed picture, timed inside the page, beside a bare round trip.

The panel's changes alternate with changes of a plain `widgets.HTML` that swaps two constant strings
of the panel's own making: the two share every cost but the panel's, and so their ratio is steady on
a machine whose milliseconds are not.  The benchmark prints both; a test holds the ratio.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import nbformat

from pinlib import Kind, Strategy, Tls
from pinlib.encoding.state_line import written_value
from pinlib.operations.drill import Op
from pinlib.operations.fleet import people
from pinlib.operations.updater import AtExpiry
from pinlib.operations.updates import Enforcement
from pinlib.scenes.scenario import Middle
from pinlib.teach.charts.plan_rows import named_days
from pinlib.teach.exhibits.attack.cafe import CafePanel
from pinlib.teach.exhibits.connection.chain import ChainPanel, Sends
from pinlib.teach.exhibits.connection.handshake import Eyes, HandshakePanel, Wrong
from pinlib.teach.exhibits.inspection.pin import BANK, REQUEST, ROOT, Look, PinPanel
from pinlib.teach.exhibits.inspection.same_key import CROSSED, TwinsPanel
from pinlib.teach.exhibits.lifecycle.drill_run import Ship
from pinlib.teach.exhibits.lifecycle.field_updates import FieldPanel
from pinlib.teach.exhibits.lifecycle.renewal_calendar import Calendar, CalendarPanel
from pinlib.teach.exhibits.lifecycle.rotation_drill import DrillPanel
from pinlib.teach.widgets.panel import Panel
from pinlib.tls.devices import Moment

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAME = "latency.ipynb"
_CELL = """
import ipywidgets as widgets
from IPython.display import display
from {module} import {panel}
from pinlib.teach.widgets.page import classroom

# Their pictures are about as large as the middle one of those that the walk leads through.
strings = [{panel}(line)._html for line in {bare!r}]
bare = widgets.HTML(strings[0]).add_class("bare")
choice = widgets.ToggleButtons(options=[("one", 0), ("two", 1)]).add_class("bare-choice")


def change(chosen):
    bare.value = strings[chosen["new"]]


choice.observe(change, "value")
display(widgets.HTML(classroom()), {panel}(), choice, bare)
"""


@dataclass(frozen=True)
class Walk:
    """Changes of one panel: each changes the picture, and the last leads back to the start.

    There is an odd number of them; `bare` are the states whose pictures the bare widget swaps.
    """

    panel: type[Panel[Any]]
    steps: tuple[tuple[str, object], ...]
    bare: tuple[str, str]

    @property
    def name(self) -> str:
        """The panel's name."""
        return self.panel.name

    @property
    def on_screen(self) -> Iterator[tuple[str, str, str]]:
        """Say what to touch, in the words that are on the screen today ("" is the checkbox).

        A slider is moved by an arrow key.  The third is what the picture says of itself once it has
        changed: a picture that came late from an earlier change would be a very fast answer to this
        one.
        """
        state = self.panel.initial
        for field, value in self.steps:
            control = next(control for control in self.panel.controls if control.field == field)
            words = next((words for words, of in control.options.items() if of == value), "")
            if control.kind == "steps":
                words = "Next" if value > getattr(state, field) else "Back"
            if control.kind == "slider":
                words = "ArrowRight" if value > getattr(state, field) else "ArrowLeft"
            state = replace(state, **{field: value})
            yield field, words, f"{field}={written_value(value)}"


HANDSHAKE = Walk(
    HandshakePanel,
    (
        ("tls", Tls.V1_2),
        ("wrong", Wrong.EXPIRED),
        ("eyes", Eyes.EAVESDROPPER),
        ("tls", Tls.V1_3),
        ("eyes", Eyes.PHONE),
        ("wrong", Wrong.MIS_ISSUED),
        ("pinned", True),
        ("tls", Tls.V1_2),
        ("wrong", Wrong.COPY),
        ("eyes", Eyes.EAVESDROPPER),
        ("wrong", Wrong.OTHER_NAME),
        ("eyes", Eyes.PHONE),
        ("tls", Tls.V1_3),
        ("wrong", Wrong.NOTHING),
        ("step", 1),
        ("step", 2),
        ("step", 1),
        ("step", 0),
        ("pinned", False),
    ),
    ("wrong=copy pinned=yes", "wrong=mis-issued pinned=yes"),
)
PIN = Walk(
    PinPanel,
    (
        ("look", Look.SPKI),
        ("source", ROOT),
        ("look", Look.NOTATIONS),
        ("source", "ISRG Root X2"),
        ("look", Look.TBS),
        ("source", REQUEST),
        ("look", Look.SIGNATURE),
        ("source", BANK),
        ("look", Look.WHOLE),
    ),
    ("source='ISRG Root X2' look=tbs", "source='ISRG Root X1' look=spki"),
)
CAFE = Walk(
    CafePanel,
    (
        ("middle", Middle.COMPANY_PROXY),
        ("pins", Strategy.LEAF_KEY),
        ("moment", Moment.AFTER),
        ("middle", Middle.STOLEN_KEY),
        ("pins", Strategy.NONE),
        ("moment", Moment.INSIDE),
        ("middle", Middle.NOBODY),
        ("pins", Strategy.ROOT_KEY),
        ("pins", Strategy.NONE),
    ),
    ("middle=company-proxy pins=leaf-key", "middle=stolen-key pins=none"),
)
_DAYS = [day for day in named_days(Calendar().lived).values() if day >= Calendar().day]
_USERS = list(people())
CALENDAR = Walk(
    CalendarPanel,
    (
        ("day", _DAYS[1]),
        ("day", _DAYS[2]),
        ("users", _USERS[1]),
        ("day", _DAYS[3]),
        ("day", _DAYS[2]),
        ("users", _USERS[2]),
        ("day", _DAYS[1]),
        ("day", _DAYS[0]),
        ("users", _USERS[0]),
    ),
    (f"day={_DAYS[1]}", f"day={_DAYS[2]}"),
)
DRILL = Walk(
    DrillPanel,
    (("op", Op.DAY), ("ship", Ship.ONE), ("op", Op.BACKUP), ("ship", Ship.ALL), ("op", Op.WEEK)),
    ("op=day", "op=week"),
)
FIELD = Walk(
    FieldPanel,
    (
        ("arrives", "rolled back"),
        ("at_expiry", AtExpiry.OPEN),
        ("mode", Enforcement.REPORT),
        ("arrives", "clock set forward"),
        ("at_expiry", AtExpiry.CLOSED),
        ("mode", Enforcement.ENFORCE),
        ("arrives", "unsigned"),
    ),
    ("arrives='rolled back'", "arrives='clock set forward'"),
)
CHAIN = Walk(
    ChainPanel,
    (("sends", Sends.LEAF_ALONE), ("sends", Sends.WITH_ROOT), ("sends", Sends.AS_ISSUED)),
    ("sends=with-root", "sends=as-issued"),
)
TWINS = Walk(
    TwinsPanel,
    (
        ("pinned", Kind.CERTIFICATE),
        ("pair", "E5"),
        ("pinned", Kind.KEY),
        ("pair", "R3"),
        ("pair", CROSSED),
    ),
    ("pair=E5", "pair=R3"),
)
WALKS = (HANDSHAKE, CHAIN, PIN, TWINS, CAFE, CALENDAR, DRILL, FIELD)
HELD = (CAFE, CALENDAR)
"""The two with most to do, held each time; the others by night, and all in the benchmark."""

_SCRIPT = """async ([name, steps, seconds, pause]) => {
  const one = (root, selector) => {
    const found = root.querySelector(selector);
    if (!found) throw new Error(`nothing on the page is ${selector}`);
    return found;
  };
  const panel = one(document, `.pinlib-panel-${name}`);
  // ipywidgets writes an option's blanks as no-break spaces.
  const plain = text => text.replaceAll("\\u00a0", " ").trim();
  const press = (root, label) => {
    const button = [...root.querySelectorAll("button")].find(b => plain(b.textContent) === label);
    if (!button) throw new Error(`no button says ${label}`);
    return () => button.click();
  };
  const touch = ([name, option]) => {
    if (name === "bare") return press(one(document, ".bare-choice"), option);
    if (option === "") {
      const box = one(panel, "input[type=checkbox]");
      return () => box.click();
    }
    if (option.startsWith("Arrow")) {
      const handle = one(panel, ".noUi-handle");
      return () => handle.dispatchEvent(
        new KeyboardEvent("keydown", { key: option, bubbles: true }));
    }
    const buttons = [...panel.querySelectorAll("button")];
    if (buttons.some(b => plain(b.textContent) === option)) return press(panel, option);
    const list = [...panel.querySelectorAll("select")].find(
      s => [...s.options].some(o => plain(o.label) === option));
    if (!list) throw new Error(`no list offers ${option}`);
    return () => {
      list.value = [...list.options].find(o => plain(o.label) === option).value;
      list.dispatchEvent(new Event("change", { bubbles: true }));
    };
  };
  // Long enough for the kernel and the page to finish with the change before: what is left of it
  // would be charged to this one.
  const rest = () => new Promise(done => requestAnimationFrame(() => setTimeout(done, pause)));
  const timed = step => new Promise((done, fail) => {
    const picture = step[0] === "bare" ? one(document, ".bare") : one(panel, ".pinlib-view");
    const before = picture.innerHTML, act = touch(step);
    let start;
    const observer = new MutationObserver(() => {
      const end = performance.now();
      if (picture.innerHTML === before) return;
      const said = picture.querySelector("[data-state]")?.dataset.state ?? "";
      if (step[2] && !` ${said} `.includes(` ${step[2]} `)) return;
      clearTimeout(deadline);
      observer.disconnect();
      done([end - start, picture.querySelector("[data-outcome]")?.dataset.outcome]);
    });
    const deadline = setTimeout(
      () => { observer.disconnect(); fail(new Error(`nothing changed after ${step}`)); },
      seconds * 1000);
    observer.observe(picture, { childList: true, subtree: true, characterData: true });
    start = performance.now();
    act();
  });
  const times = [];
  for (const step of steps) {
    await rest();
    times.push(await timed(step));
  }
  return times;
}"""


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the touch to the changed picture, of each change of each kind."""

    panel: tuple[float, ...]
    bare: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How much the panel adds to what JupyterLab itself needs."""
        return median(self.panel) / median(self.bare)

    @property
    def quiet_ratio(self) -> float:
        """The same in the quietest tenth of each, which a busy machine disturbs least."""
        return sorted(self.panel)[len(self.panel) // 10] / sorted(self.bare)[len(self.bare) // 10]


def notebook(folder: Path, walk: Walk) -> Path:
    """Write the notebook that shows the panel, and below it the bare widget."""
    cell = _CELL.format(
        module=walk.panel.__module__, panel=walk.panel.__name__, bare=list(walk.bare)
    )
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip())])
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    path = folder / f"{walk.name}-{NAME}"
    nbformat.write(made, path)
    return path


def measure(page: Page, walk: Walk, pairs: int) -> Latency:
    """Change the panel and the bare widget in turn; the first round of each is thrown away.

    Nothing of the first round counts: there the browser lays out, and Python imports, for the first
    time.
    """
    page.wait_for_selector(f".pinlib-panel-{walk.name} .pinlib-view [data-outcome]")
    page.wait_for_selector(".bare [data-outcome]")
    _run(page, walk, len(walk.steps), pause=0)
    answers = _run(page, walk, pairs)
    assert not {"bug", "error"} & {outcome for _, outcome in answers}, "the panel broke"
    times = [milliseconds for milliseconds, _ in answers]
    return Latency(tuple(times[::2]), tuple(times[1::2]))


def _run(page: Page, walk: Walk, pairs: int, pause: int = 150) -> list[Any]:
    """Take `pairs` steps; as a round is odd and the bare widget has two states, it is told which.

    Before each step the page rests for `pause` milliseconds.

    The page starts every run at the beginning of the walk, at a picture that has arrived.
    """
    showing = page.locator(".bare-choice button.mod-active").inner_text().strip()
    bare = cycle(("one", "two") if showing == "two" else ("two", "one"))
    page.locator(f".pinlib-panel-{walk.name} button", has_text="Start over").click()
    page.wait_for_function(
        """([name, line]) => document.querySelector(
             `.pinlib-panel-${name} .pinlib-view [data-state]`)?.dataset.state === line""",
        arg=[walk.name, walk.panel().text],
    )
    panel = islice(cycle(walk.on_screen), pairs)
    steps = [step for change in panel for step in (change, ("bare", next(bare)))]
    answers: list[Any] = page.evaluate(_SCRIPT, [walk.name, steps, 60, pause])
    return answers
