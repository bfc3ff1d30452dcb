"""Every lesson keeps the rules and runs, twice in one kernel, without leaving the machine.

The rules stand in `lesson_rules`.  Each is first seen to fail here, on a small lesson that breaks
nothing else, for a rule that cannot fail says nothing about the notebooks that pass.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from pinlib.data import Term, glossary
from pinlib.teach import exhibits
from pinlib.teach.lesson_texts import Question, script
from pinlib.teach.widgets.panel import Panel
from tests import lesson_rules as rules
from tests.claims import shown
from tests.kernels import kernel_for

ROOT = Path(__file__).resolve().parent.parent
WORKSHOP = {"00", "03", "04", "05"}
FILES = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
SOLUTIONS = ROOT / "notebooks" / "solutions"
WIDGET = "application/vnd.jupyter.widget-view+json"
LIVE = 85  # minutes of lessons 00, 03, 04 and 05, of a workshop of 90


@cache
def presets() -> dict[str, set[str]]:
    """Return the scenes of each panel."""
    for module in pkgutil.walk_packages(exhibits.__path__, f"{exhibits.__name__}."):
        importlib.import_module(module.name)
    return {panel.name: set(panel.presets) for panel in Panel.__subclasses__()}


def read(file: Path) -> rules.Lesson:
    """Return a lesson, with the scenes and texts that it may use."""
    number = file.name[:2]
    texts = script(number)
    names = {
        "predict": set(texts.questions),
        "panel": set(texts.panels),
        "sort": set(texts.sorts),
        "check": set(texts.tasks),
    }
    asks = {name: len(told(question).split()) for name, question in texts.questions.items()}
    shows = {name: panel.shows for name, panel in texts.panels.items()}
    notebook = nbformat.read(file, as_version=4)
    return rules.Lesson(number, notebook, presets(), names, asks, shows)


def told(question: Question) -> str:
    """Return what a learner reads of a question who meets the longest of its replies."""
    labels = " ".join(option.label for option in question.options)
    reply = max((option.reply for option in question.options), key=lambda one: len(one.split()))
    return f"{question.question} {labels} {reply} {question.explain}"


lessons = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


# -- The lessons -------------------------------------------------------------------------------


def test_there_are_lessons() -> None:
    """The tests below do not pass for want of notebooks, and numbers are given once."""
    numbers = [file.name[:2] for file in FILES]
    assert numbers[:4] == ["00", "01", "02", "03"]
    assert len(numbers) == len(set(numbers))


@lessons
@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_a_lesson_keeps_the_rules(file: Path, rule: rules.Rule) -> None:
    """Each rule, for each notebook; what breaks it is listed."""
    assert list(rule(read(file))) == []


@lessons
def test_solutions_check_what_the_lesson_checks(file: Path) -> None:
    """For every lesson there is a notebook of solutions with the same checkpoints."""
    assert list(rules.same_checkpoints(read(file), read(SOLUTIONS / file.name))) == []


def test_no_solutions_without_a_lesson() -> None:
    """A notebook of solutions that answers no lesson is left over from a renaming."""
    assert {file.name for file in SOLUTIONS.glob("*.ipynb")} == {file.name for file in FILES}


def test_terms_are_defined_before_they_are_used() -> None:
    """Read in order, no lesson says a word of the glossary before it was defined."""
    assert list(rules.defined_before_use([read(file) for file in FILES], glossary())) == []


def test_four_lessons_are_a_workshop_of_ninety_minutes() -> None:
    """Lessons 00, 03, 04 and 05 leave five minutes to close."""
    live = [read(file).about["live_minutes"] for file in FILES if file.name[:2] in WORKSHOP]
    assert len(live) == len(WORKSHOP)
    assert sum(live) <= LIVE


# -- A lesson that breaks nothing --------------------------------------------------------------

NOTE = {"say": "Look.", "ask": "What?", "answer": "It.", "watch_for": "That.", "minutes": 3}
FOLDED = {"jp-MarkdownHeadingCollapsed": True}
SHOWN = {"shown_by": ["question:it", "goal:look.1"]}


def prose(name: str, text: str, *, tag: str = "core", **metadata: Any) -> NotebookNode:
    """Return a markdown cell."""
    return new_markdown_cell(text, id=name, metadata={"tags": [tag], **metadata})


def code(name: str, text: str, *, tag: str = "core", **metadata: Any) -> NotebookNode:
    """Return a code cell."""
    return new_code_cell(text, id=name, metadata={"tags": [tag], **metadata})


def good() -> rules.Lesson:
    """Return a small lesson, number 01, that keeps every rule."""
    cells = [
        prose(
            "title", "# Do a thing\nIt broke. [Here](https://a.example/b) is how.", instructor=NOTE
        ),
        prose("goals", "## You will be able to\n- do\n- see\n\nAbout 9 minutes.", **SHOWN),
        code("set-up", 'from pinlib.teach import start\n\nlesson = start("01")'),
        prose("look", "## First look\nTwo machines talk."),
        code("predict", 'lesson.predict("it", seen, other=seen)', instructor=NOTE | {"cut": "It."}),
        code("turn", 'lesson.your_turn("it", seen)'),
        prose("step", "## A step\nIt happened."),
        code("seen", "seen = lesson.number\nseen"),
        prose("change", "## Change the scenario\nFind one."),
        code("panel", 'lesson.panel("look")'),
        prose("task", "## Checkpoint\nWrite a function.", tag="more", **FOLDED),
        code("check", 'def answer(x):\n    return ...\n\n\nlesson.check("it", answer)', tag="more"),
        prose("deeper", "## Deeper\nMore.", tag="more", **FOLDED),
        code("aside", "aside = 1", tag="more", instructor=NOTE | {"preset": "panel: A scene"}),
        prose("saw", "## What we saw\n- It was done.", shown_by=["cell:panel"]),
        prose("limit", "## Where this stops being true\nElsewhere."),
        prose("next", "## Next\n`02`.\n\n**Start over:** restart."),
    ]
    about = {"minutes": 9, "live_minutes": 6, "objectives": ["do", "see"], "needs": ["00"]}
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "lesson": about}
    return rules.Lesson(
        "01",
        new_notebook(cells=cells, metadata=metadata),
        {"panel": {"A scene"}},
        {"predict": {"it"}, "panel": {"look"}, "check": {"it"}},
        {"it": 100},
        {"look": "CafePanel"},
    )


def cell(lesson: rules.Lesson, name: str) -> NotebookNode:
    """Return a cell by its id."""
    return next(one for one in lesson.cells if one.id == name)


def test_a_good_lesson_breaks_no_rule() -> None:
    """So whatever a rule says below is about the one thing that was broken."""
    for rule in rules.RULES:
        assert list(rule(good())) == [], rule.__name__


# -- Every rule is seen to fail ----------------------------------------------------------------

Break = Callable[[rules.Lesson], Any]


def source(name: str, text: str) -> Break:
    """Return what gives a cell another source."""
    return lambda lesson: cell(lesson, name).update(source=text)


def added(name: str, text: str) -> Break:
    """Return what adds text to a cell."""
    return lambda lesson: cell(lesson, name).update(source=cell(lesson, name).source + text)


def about(**changed: Any) -> Break:
    """Return what changes metadata.lesson."""
    return lambda lesson: lesson.notebook.metadata.lesson.update(changed)


def notes(name: str, **changed: Any) -> Break:
    """Return what changes a cell's notes for the instructor."""
    return lambda lesson: cell(lesson, name).metadata.instructor.update(changed)


def without(name: str) -> Break:
    """Return what removes a cell."""
    return lambda lesson: lesson.notebook.cells.remove(cell(lesson, name))


def before(name: str, other: NotebookNode) -> Break:
    """Return what puts another cell in front of a cell."""

    def put(lesson: rules.Lesson) -> None:
        lesson.notebook.cells.insert(lesson.cells.index(cell(lesson, name)), other)

    return put


def forbidden(text: str, words: str) -> tuple[rules.Rule, Break, str]:
    """Return the case of one forbidden thing in a code cell."""
    return rules.has_nothing_forbidden, source("seen", text), words


OUTPUT = new_output("stream", name="stdout", text="x")
LONG = "\n".join(f"x{n} = {n}" for n in range(13))
FIVE = "a = 1\nb = 2\nc = 3\nd = 4\ne = 5"

BROKEN: list[tuple[rules.Rule, Break, str]] = [
    (rules.is_stored_clean, lambda n: cell(n, "seen").outputs.append(OUTPUT), "seen: an output"),
    (rules.is_stored_clean, lambda n: cell(n, "seen").update(execution_count=1), "seen: an output"),
    (rules.is_stored_clean, lambda n: n.notebook.metadata.update(widgets={}), "metadata.widgets"),
    (rules.is_stored_clean, lambda n: n.notebook.metadata.kernelspec.update(name="x"), "python3"),
    (rules.is_stored_clean, lambda n: cell(n, "seen").update(id="turn"), "an id of its own"),
    (rules.is_stored_clean, lambda n: cell(n, "seen").pop("id"), "an id of its own"),
    (rules.is_stored_clean, lambda n: n.notebook.update(nbformat_minor=4), "from format 4.5 on"),
    (rules.is_stored_clean, lambda n: cell(n, "seen").pop("outputs"), "is not valid"),
    (rules.says_what_it_is, lambda n: n.notebook.metadata.pop("lesson"), "metadata.lesson has []"),
    (rules.says_what_it_is, lambda n: n.about.pop("needs"), "metadata.lesson has"),
    (rules.says_what_it_is, about(minutes="15"), "are numbers"),
    (rules.says_what_it_is, about(live_minutes=10), "at most minutes"),
    (rules.says_what_it_is, about(live_minutes=0), "at most minutes"),
    (rules.says_what_it_is, about(objectives=["one"]), "two to four"),
    (rules.says_what_it_is, about(objectives=list("12345")), "two to four"),
    (rules.says_what_it_is, about(needs=["01"]), "no earlier lesson"),
    (rules.says_what_it_is, about(needs=["start"]), "no earlier lesson"),
    (rules.is_short, lambda n: n.notebook.cells.extend([OUTPUT] * 30), "47 cells"),
    (rules.is_short, added("step", " word" * 1600), "words; the limit"),
    (rules.is_short, added("step", " word" * 1480), "words; the limit"),
    (rules.is_short, source("seen", LONG), "13 lines of code"),
    (rules.is_short, source("seen", "x = " + "1" * 85), "longer than 88"),
    (
        rules.is_short,
        lambda n: [c.update(source=FIVE) for c in n.code[:5]],
        "half of the code cells",
    ),
    forbidden("class A:\n    pass", "a class"),
    forbidden("from pinlib import *", "import *"),
    forbidden("import sys\nsys.path.append('x')", "sys.path"),
    forbidden("!pip install x", "a magic"),
    forbidden("%matplotlib inline", "a magic"),
    forbidden("x = 1\n%%time", "a magic"),
    forbidden("print?", "a magic"),
    forbidden("x = = 1", "not Python"),
    forbidden("try:\n    x()\nexcept ValueError:\n    pass", "try hides"),
    forbidden("panel.observe(print)", "observe"),
    forbidden("button.on_click(print)", "on_click"),
    forbidden("widgets.Output()", "Output"),
    forbidden("Output()", "Output"),
    forbidden("Layout(width='1px')", "Layout"),
    forbidden("box.layout.width = '1px'", "layout"),
    forbidden("Box(layout={})", "layout"),
    forbidden("HTML('<style>p {}</style>')", "CSS"),
    forbidden("import requests", "the network"),
    forbidden("import urllib.request", "the network"),
    forbidden("from urllib.request import urlopen", "the network"),
    forbidden("import socket", "the network"),
    forbidden("datetime.now()", "the clock: now()"),
    forbidden("date.today()", "the clock: today()"),
    forbidden("time()", "the clock: time()"),
    forbidden("connect('www.bank.com')", "'www.bank.com' is a real host"),
    forbidden("connect('https://bank.co.uk/x')", "'bank.co.uk' is a real host"),
    forbidden("connect('192.0.2.1')", "'192.0.2.1' is a real host"),
    forbidden("x = 1  # as google.com does", "'google.com' is a real host"),
    forbidden("pem = '-----BEGIN CERTIFICATE-----'", "PEM"),
    (rules.has_nothing_forbidden, added("step", " See bank.com."), "step: 'bank.com'"),
    (rules.has_nothing_forbidden, added("step", "\n-----BEGIN X-----"), "step: PEM"),
    (
        rules.has_nothing_forbidden,
        lambda n: [c.metadata.tags.append("raises-exception") for c in n.code[:2]],
        "more than one cell raises",
    ),
    (rules.is_in_order, added("step", "\n# Another title"), "one H1"),
    (rules.is_in_order, source("title", "Do. [It](https://a.example)"), "one H1"),
    (rules.is_in_order, before("title", prose("zero", "## Zero")), "one H1"),
    (rules.is_in_order, source("look", "## Second look"), "it begins with"),
    (rules.is_in_order, without("limit"), "it ends with"),
    (rules.is_in_order, before("next", prose("late", "## Late")), "it ends with"),
    (rules.is_in_order, without("change"), "'Change the scenario'"),
    (rules.is_in_order, without("task"), "0 checkpoints"),
    (rules.is_in_order, added("task", "\n## Checkpoint 2\n## Checkpoint 3"), "3 checkpoints"),
    (rules.is_in_order, source("title", "# Do a thing\nIt broke."), "links no real case"),
    (rules.is_in_order, about(minutes=20), "About N minutes"),
    (rules.is_in_order, about(objectives=["do", "see", "go"]), "not those of the metadata"),
    (rules.is_in_order, source("next", "## Next\n`02`."), "how to start over"),
    (rules.is_in_order, source("set-up", 'lesson = start("02")'), "the first code cell sets up"),
    (rules.is_in_order, added("set-up", "\nx = 1\ny = 2"), "the first code cell sets up"),
    (rules.is_in_order, before("set-up", prose("more", "Before.")), "right after title"),
    (rules.asks_before_it_tells, without("predict"), "nothing is asked"),
    (rules.asks_before_it_tells, without("turn"), "no your-turn cell"),
    (
        rules.asks_before_it_tells,
        before("turn", prose("tell", "It fails.")),
        "tell: only questions",
    ),
    (rules.asks_before_it_tells, before("turn", code("tell", "seen")), "tell: only questions"),
    (rules.asks_before_it_tells, source("predict", 'lesson.predict("it", seen)'), "other=…"),
    (rules.asks_before_it_tells, source("predict", 'lesson.predict("it", other=1)'), "other=…"),
    (rules.asks_before_it_tells, before("look", code("picture", "seen")), "the learner's hand"),
    (rules.uses_its_script, added("seen", '\nlesson.predict("it", 1, other=2)'), "called twice"),
    (
        rules.uses_its_script,
        source("predict", 'lesson.predict("that", 1, other=2)'),
        "differ in it, that",
    ),
    (rules.uses_its_script, without("check"), "check: notebook and data/lessons/ differ in it"),
    (rules.uses_its_script, without("panel"), "panel: notebook and data/lessons/ differ in look"),
    (rules.uses_its_script, source("turn", 'lesson.your_turn("that", 1)'), "which nobody asks"),
    (rules.takes_the_time_it_says, about(live_minutes=5), "the core takes"),
    (rules.takes_the_time_it_says, added("step", " word" * 150), "the core takes"),
    (rules.shows_what_it_claims, added("saw", "\n- And this."), "2 bullets"),
    (rules.shows_what_it_claims, without("panel"), "saw: cell:panel is not met"),
    (rules.shows_what_it_claims, without("predict"), "goals: question:it is not met"),
    (rules.sets_core_apart, lambda n: cell(n, "seen").metadata.pop("tags"), "tag it core or more"),
    (
        rules.sets_core_apart,
        lambda n: cell(n, "seen").metadata.tags.append("more"),
        "tag it core or more",
    ),
    (
        rules.sets_core_apart,
        lambda n: cell(n, "deeper").metadata.pop("jp-MarkdownHeadingCollapsed"),
        "more is folded",
    ),
    (rules.sets_core_apart, before("saw", code("late", "aside + 1")), "'aside' is made in a cell"),
    (rules.can_be_taught, notes("title", hear="x"), "title: the notes are"),
    (rules.can_be_taught, lambda n: cell(n, "title").metadata.instructor.pop("ask"), "the notes"),
    (rules.can_be_taught, notes("title", watch_for=""), "title: a note is empty"),
    (rules.can_be_taught, notes("title", answer=""), "title: what is asked is not answered"),
    (rules.can_be_taught, notes("aside", say=""), "aside: a note is empty"),
    (rules.can_be_taught, notes("title", minutes=6), "the core take 9 minutes"),
    (rules.can_be_taught, notes("aside", minutes=6), "all notes take 12 minutes"),
    (rules.can_be_taught, notes("aside", preset="panel: Another"), "no scene 'panel: Another'"),
    (rules.can_be_taught, notes("aside", preset="other: A scene"), "no scene"),
    (
        rules.can_be_taught,
        lambda n: cell(n, "predict").metadata.instructor.pop("cut"),
        "what to leave out when late",
    ),
]


@pytest.mark.parametrize(
    ("rule", "change", "words"),
    BROKEN,
    ids=[f"{rule.__name__}-{n}" for n, (rule, _, _) in enumerate(BROKEN)],
)
def test_a_rule_notices_what_breaks_it(rule: rules.Rule, change: Break, words: str) -> None:
    """A good lesson, changed in one place, is told of by the rule that it breaks."""
    lesson = good()
    change(lesson)
    assert any(words in said for said in rule(lesson)), list(rule(lesson))


def test_every_rule_is_seen_to_fail() -> None:
    """No rule stands in RULES without a lesson that breaks it."""
    assert {rule for rule, _, _ in BROKEN} == set(rules.RULES)


@pytest.mark.parametrize(
    "text",
    [
        "verdict.info.app\nmessage.net.io",
        "connect('bank.example')\nconnect('localhost')\nconnect('127.0.0.1')",
        "der.layout(data)\nlayout(data)",
        "cast.today\nprint('now')",
        "open('server.pem')\nfrom pinlib import pins",
        "await lesson.show()",
        "x = 7 % 2",
    ],
)
def test_a_rule_leaves_the_innocent_alone(text: str) -> None:
    """What only looks like a host, a layout, a clock or a magic may stand in a cell."""
    lesson = good()
    source("seen", text)(lesson)
    assert list(rules.has_nothing_forbidden(lesson)) == []


def test_sources_may_be_linked() -> None:
    """The one place for a real host is a link in prose."""
    lesson = good()
    added("step", " See [example.com says](https://www.example.com/a) and <https://b.org>.")(lesson)
    assert list(rules.has_nothing_forbidden(lesson)) == []


def test_solutions_must_answer_their_lesson() -> None:
    """A checkpoint without a solution, or in another order, is told."""
    solution = good()
    solution.notebook.metadata.update(widgets={})
    source("check", 'lesson.check("that", x)')(solution)
    said = list(rules.same_checkpoints(good(), solution))
    assert any("its solution ['that']" in one for one in said)
    assert any("solution: metadata.widgets" in one for one in said)


TERMS = {
    "pin": Term("pin", "A hash.", "01"),
    "key pin": Term("key pin", "A hash of a key.", "02", also=("key hash",)),
    "pin set": Term("pin set", "Several pins.", "02"),
}


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (
            "A pin is a hash of what you expect.",
            "",
            "01 step: 'pin' is said here first, and not in",
        ),
        ("**Pins**.", "", "not in bold in a paragraph"),
        ("A **pin** is a hash of the **key pin** kind.", "", "and the glossary says 02"),
        ("Nothing.", "A **pin** is a hash of what you expect.", "and the glossary says 01"),
        ("A **pin** is a hash of what you expect.", "Its key hash.", "02 step: 'key pin' is said"),
        ("A **pin** is a hash of what you expect.", "Pin sets.", "02 step: 'pin set' is said"),
    ],
)
def test_a_term_before_its_definition_is_told(first: str, second: str, words: str) -> None:
    """Said in another lesson, not in bold, or with nothing around it that could define it."""
    one, two = good(), rules.Lesson("02", good().notebook)
    source("step", first)(one)
    source("step", second)(two)
    said = list(rules.defined_before_use([one, two], TERMS))
    assert any(words in fault for fault in said), said


def test_a_term_defined_where_it_is_said_first_is_fine() -> None:
    """Headings, objectives, code and what comes next may name it before."""
    one, two = good(), rules.Lesson("02", good().notebook)
    source("look", "## First pin\nSee `pin` and [this](https://a.example/pin); spin, pin-up.")(one)
    added("goals", "\n\nYou make a pin.")(one)
    source("step", "A **pin** is a hash of what you expect. Pins are short.")(one)
    added("next", "\n\nThe key pin.")(one)
    source("step", "A **key hash** is a pin on the key, and nothing else.")(two)
    assert list(rules.defined_before_use([one, two], TERMS)) == []


# -- Running -----------------------------------------------------------------------------------

# Python runs this file at its start, in the kernel and in whatever the kernel starts.
GUARD = """
import ipaddress, os, sys

LOG = os.environ["PINLIB_TEST_LOG"]


def note(line):
    with open(LOG, "a", encoding="utf-8") as log:
        log.write(line + "\\n")


def watch(event, args):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    elif event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"):
        if not isinstance(args[1], tuple):
            return  # a Unix socket
        host = args[1][0]
    else:
        return
    host = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    try:
        inside = host in (None, "localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = False
    if not inside:
        note(f"left {event} {host}")
        raise PermissionError(f"{event}: {host} is not this machine")


sys.addaudithook(watch)
note(f"guarded {os.getpid()}")
"""


class Kernel:
    """Runs notebooks as a learner does, with a guard in every Python that it starts."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"

    def run(self, notebook: NotebookNode, times: int = 1) -> list[str]:
        """Run all cells, so many times in one kernel; return what went wrong."""
        found: list[str] = []
        with kernel_for(notebook, ROOT / "notebooks") as client:
            for _ in range(times):
                try:
                    for index, cell in enumerate(notebook.cells):
                        client.execute_cell(cell, index)
                except CellExecutionError as error:
                    found.append(str(error))
                found += wrong(notebook, client.widget_state)
        log = self.log.read_text("utf-8").splitlines()
        assert any(line.startswith("guarded ") for line in log), "the kernel ran without a guard"
        return found + [line for line in log if line.startswith("left ")]


def wrong(notebook: NotebookNode, widgets: dict[str, Any]) -> list[str]:
    """List errors in the cells' outputs and Output widgets, a panel's bugs, and false claims."""
    outputs = [
        (cell.id, output)
        for cell in notebook.cells
        if cell.cell_type == "code" and "raises-exception" not in cell.metadata.get("tags", ())
        for output in cell.outputs
    ]
    outputs += [("a widget", output) for w in widgets.values() for output in w.get("outputs", ())]
    found = [
        f"{where}: {output.get('ename') or output.get('text')}"
        for where, output in outputs
        if output["output_type"] == "error" or output.get("name") == "stderr"
    ]
    for state in widgets.values():
        found += [f"a panel: {text}" for text in state.values() if 'role="alert"' in str(text)]
    return found + shown([[output for _, output in outputs], *widgets.values()])


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Return a kernel with a private home for Jupyter, and a guard on the network."""
    (tmp_path / "sitecustomize.py").write_text(GUARD, "utf-8")
    path = os.pathsep.join([str(tmp_path), str(ROOT), *filter(None, [os.getenv("PYTHONPATH")])])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("PINLIB_TEST_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")  # no kernel of another environment
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    for name in "IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR":
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return Kernel(tmp_path)


def texts(notebook: NotebookNode) -> list[str]:
    """Return the first line of what each checkpoint shows, as a front end without widgets does."""
    return [
        output.data["text/plain"].partition(":")[0]
        for cell in notebook.cells
        if cell.cell_type == "code" and ".check(" in cell.source
        for output in cell.outputs
        if WIDGET in output.get("data", {})  # and not its copy, for a page without a kernel
    ]


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@lessons
def test_a_lesson_runs_in_one_kernel(file: Path, kernel: Kernel, times: int) -> None:
    """Run All, and Run All again: no error anywhere, no network, and the stubs do not pass."""
    lesson = read(file)
    assert kernel.run(lesson.notebook, times=times) == []
    assert texts(lesson.notebook) == ["Not there yet"] * len(lesson.calls("check"))
    set_up = next(cell for cell in lesson.notebook.cells if cell.id == "set-up")
    shown = set_up.outputs[-1].data["text/html"]
    assert f"Lesson {lesson.number} is ready." in shown
    assert "&lt;" not in shown, "markup that is shown as text"


@pytest.mark.slow
@lessons
def test_the_core_runs_without_what_is_more(file: Path, kernel: Kernel) -> None:
    """A workshop that leaves out what is more misses nothing that it needs."""
    notebook = read(file).notebook
    notebook.cells = [cell for cell in notebook.cells if "core" in cell.metadata.tags]
    assert kernel.run(notebook) == []


@pytest.mark.slow
@lessons
def test_solutions_pass(file: Path, kernel: Kernel) -> None:
    """Every checkpoint of the solutions is passed."""
    solution = read(SOLUTIONS / file.name)
    assert kernel.run(solution.notebook) == []
    assert texts(solution.notebook) == ["Checkpoint passed"] * len(solution.calls("check"))


OUTPUT_WIDGET = """
import ipywidgets
from IPython.display import display
display(shown := ipywidgets.Output())
with shown:
    1 / 0
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        (OUTPUT_WIDGET, "ZeroDivisionError"),
        ("import ipywidgets\nipywidgets.HTML('<p role=\"alert\">Our bug')", "a panel: "),
        ("import sys\nprint('careful', file=sys.stderr)", "careful"),
        ("print('It is a must' + '-have.')", "must-have: an output"),
        (
            "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 9), 1)\n"
            "except OSError:\n    pass",
            "left socket.",
        ),
        ("import socket\ns = socket.socket()\ns.bind(('0.0.0.0', 0))", "left socket.bind 0.0.0.0"),
        (
            "import subprocess, sys\n"
            "subprocess.run([sys.executable, '-c', "
            "'import socket; socket.getaddrinfo(\"bank.example\", 1)'], stderr=-3)",
            "left socket.getaddrinfo bank.example",
        ),
    ],
)
def test_running_notices(kernel: Kernel, text: str, words: str) -> None:
    """An error anywhere, and any step off this machine, fails the run, swallowed or not."""
    notebook = new_notebook(cells=[new_code_cell(text, id="cell")])
    assert any(words in one for one in kernel.run(notebook))


@pytest.mark.slow
def test_loopback_is_no_network(kernel: Kernel) -> None:
    """Servers on loopback are what later lessons use: the guard lets them be."""
    text = "import socket\ns = socket.create_server(('127.0.0.1', 0))\ns.close()"
    assert kernel.run(new_notebook(cells=[new_code_cell(text, id="cell")])) == []


@pytest.mark.slow
def test_a_section_starts_without_the_cells_before_it(kernel: Kernel) -> None:
    """What they would have defined is there, and the questions before count as shown."""
    cells = [
        new_code_cell('from pinlib.teach import start\nlesson = start("05")', id="set-up"),
        new_code_cell('lesson.goto("tail")\nlost.title, day, lesson.answer("second")', id="goto"),
    ]
    notebook = new_notebook(cells=cells)
    assert kernel.run(notebook) == []
    assert notebook.cells[1].outputs[-1].data["text/plain"].startswith("('Lost', ")
    assert notebook.cells[1].outputs[-1].data["text/plain"].endswith(", '')")
