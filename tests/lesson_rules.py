"""What every lesson keeps to: each rule takes a lesson and lists, in sentences, what breaks it.

A rule looks at the stored notebook only.  Limits and forbidden things are those that CONTRIBUTING
explains; the docstring of each rule is its exact meaning.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median
from typing import Any

import nbformat
from nbformat import NotebookNode

from pinlib.data import Term

CELLS, WORDS, WIDTH, LONGEST, MEDIAN = 45, 1600, 88, 12, 4
ABOUT = {"minutes", "live_minutes", "objectives", "needs"}
NOTES = {"say", "ask", "answer", "watch_for", "minutes"}
PREDICTION, SORT, CODING, WORDS_A_MINUTE = 1.5, 3, 6, 150
PANEL = {"MalloryPanel": 12, "DrillPanel": 15}
"""Minutes of a panel with goals: a lab 12, a year of the drill 15, others 4."""
FIRST, LAST = (
    ["You will be able to", "First look"],
    ["What we saw", "Where this stops being true", "Next"],
)


@dataclass(frozen=True)
class Lesson:
    """One notebook, and what the rules compare it with."""

    number: str
    notebook: NotebookNode
    presets: Mapping[str, set[str]] = field(default_factory=dict)
    """Of each panel, the names of its scenes."""
    script: Mapping[str, set[str]] = field(default_factory=dict)
    """The names that have texts in data/lessons/, by the method that uses them."""
    asks: Mapping[str, int] = field(default_factory=dict)
    """Of each prediction, the words of question, options, longest reply and explanation."""
    shows: Mapping[str, str] = field(default_factory=dict)
    """Of each panel with goals, the exhibit that it shows."""

    @property
    def cells(self) -> list[NotebookNode]:
        """Return all cells."""
        return list(self.notebook.cells)

    @property
    def code(self) -> list[NotebookNode]:
        """Return the code cells."""
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @property
    def prose(self) -> list[NotebookNode]:
        """Return the markdown cells."""
        return [cell for cell in self.cells if cell.cell_type == "markdown"]

    @property
    def about(self) -> Mapping[str, Any]:
        """Return metadata.lesson."""
        found = self.notebook.metadata.get("lesson", {})
        return found if isinstance(found, dict) else {}

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        """Return level and text of each heading, in order."""
        return [heading for cell in self.prose for heading in headings(cell)]

    def calls(self, method: str, *, tag: str = "") -> list[str]:
        """Return the names passed to `lesson.predict(…)` and its like, in cells with a tag."""
        return [
            str(node.args[0].value)
            for cell in self.code
            if not tag or tag in cell.metadata.get("tags", ())
            for node in calls(cell, method)
        ]


Rule = Callable[[Lesson], Iterator[str]]


def calls(cell: NotebookNode, method: str) -> list[ast.Call]:
    """Return the calls of `lesson.predict("name", …)` and its like in a cell."""
    return [
        node
        for node in ast.walk(tree(cell))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == method
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]


def words_in(cells: list[NotebookNode]) -> int:
    """Count the words of prose; the address of a link is none."""
    return sum(len(re.sub(r"\]\([^)]*\)", "]", cell.source).split()) for cell in cells)


def core(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells that a room sees."""
    return [cell for cell in cells if "core" in cell.metadata.get("tags", ())]


def headings(cell: NotebookNode) -> list[tuple[int, str]]:
    """Return level and text of the headings in a markdown cell, code blocks left out."""
    text = re.sub(r"^```.*?^```", "", cell.source, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^(#{1,6})\s+(.+?)\s*$", text, re.MULTILINE)
    return [(len(marks), words) for marks, words in found]


def tree(cell: NotebookNode) -> ast.Module:
    """Return a code cell's syntax tree, empty if it has none; top-level await is allowed."""
    try:
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        parsed = compile(cell.source, cell.id, "exec", flags)
    except (SyntaxError, ValueError):
        return ast.Module([], [])
    assert isinstance(parsed, ast.Module)
    return parsed


def lines(cell: NotebookNode) -> list[str]:
    """Return the lines of a cell that are not blank."""
    return [line for line in cell.source.splitlines() if line.strip()]


# -- The file ----------------------------------------------------------------------------------


def is_stored_clean(lesson: Lesson) -> Iterator[str]:
    """It is valid, runs on `python3`, and holds no output, execution count or widget state."""
    notebook = lesson.notebook
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        yield "cells have ids from format 4.5 on"
    if "widgets" in notebook.metadata:
        yield "metadata.widgets is stored: clear all outputs before saving"
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not python3"
    ids = [cell.get("id") for cell in lesson.cells]
    if not all(ids) or len(ids) != len(set(ids)):
        yield "every cell needs an id of its own"
        return
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        yield f"the notebook is not valid: {error.message}"
    for cell in lesson.code:
        if cell.outputs or cell.execution_count is not None:
            yield f"{cell.id}: an output or execution count is stored"


def says_what_it_is(lesson: Lesson) -> Iterator[str]:
    """metadata.lesson has minutes, live_minutes, 2-4 objectives, and needs: earlier lessons."""
    about = lesson.about
    if set(about) != ABOUT:
        yield f"metadata.lesson has {sorted(about)}, not {sorted(ABOUT)}"
        return
    if not all(isinstance(about[key], int | float) for key in ("minutes", "live_minutes")):
        yield "minutes and live_minutes are numbers"
    elif not 0 < about["live_minutes"] <= about["minutes"]:
        yield "live_minutes is the core alone, so at most minutes"
    if not 2 <= len(about["objectives"]) <= 4:
        yield "there are two to four objectives"
    for needed in about["needs"]:
        if not re.fullmatch(r"\d\d", needed) or needed >= lesson.number:
            yield f"it needs {needed!r}, which is no earlier lesson"


def is_short(lesson: Lesson) -> Iterator[str]:
    """At most 45 cells and 1,600 words; code cells of 4 lines (median) to 12, no line over 88.

    The words are those of the core: Markdown, and of each question its options, its longest reply
    and its explanation; all Markdown together keeps the same limit.  Blank lines are not counted,
    and neither is the address of a link a word.
    """
    if len(lesson.cells) > CELLS:
        yield f"{len(lesson.cells)} cells; the limit is {CELLS}"
    asked = sum(lesson.asks.get(name, 0) for name in lesson.calls("predict", tag="core"))
    for words in words_in(lesson.prose), words_in(core(lesson.prose)) + asked:
        if words > WORDS:
            yield f"{words} words; the limit is {WORDS}"
    for cell in lesson.code:
        if len(lines(cell)) > LONGEST:
            yield f"{cell.id}: {len(lines(cell))} lines of code; the limit is {LONGEST}"
        if any(len(line) > WIDTH for line in lines(cell)):
            yield f"{cell.id}: a line is longer than {WIDTH} characters"
    if lesson.code and median(len(lines(cell)) for cell in lesson.code) > MEDIAN:
        yield f"half of the code cells have more than {MEDIAN} lines"


# -- What stands in a cell ---------------------------------------------------------------------

_TLD = "app|biz|cloud|com|dev|edu|eu|gov|info|io|net|org|tv|uk|us|xyz|ch|cn|de|fr|it|jp|nl|pl|ru|se"
_HOST = re.compile(rf"(?<![\w.@-])(?:[a-z0-9-]+\.)+(?:{_TLD})(?![\w(-])(?!\.\w)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\w.])(?!127\.)\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
_LINK = re.compile(r"\[[^\]]*\]\([^)]*\)|<https?://[^>]*>")
_NETWORK = {"aiohttp", "http", "httpx", "requests", "socket", "urllib", "urllib3"}
_CLOCK = {"now", "utcnow", "today", "time", "time_ns", "gmtime", "localtime"}


def has_nothing_forbidden(lesson: Lesson) -> Iterator[str]:
    """No plumbing, classes, magics, clock, network, keys or swallowed errors in a code cell.

    A host name is anything with a well-known top-level domain; bank.example and localhost are none.
    In prose, real hosts stand only inside links to sources.  One traceback may be shown on purpose,
    tagged `raises-exception`.
    """
    for cell in lesson.code:
        for what in (*_by_line(cell), *_by_syntax(cell)):
            yield f"{cell.id}: {what}"
    for cell in lesson.cells:
        text = _LINK.sub("", cell.source) if cell.cell_type == "markdown" else _literals(cell)
        for real in _HOST.findall(text) + _ADDRESS.findall(text):
            yield f"{cell.id}: {real!r} is a real host; take bank.example"
        if "-----BEGIN" in cell.source:
            yield f"{cell.id}: PEM"
    if sum("raises-exception" in cell.metadata.get("tags", ()) for cell in lesson.cells) > 1:
        yield "more than one cell raises an exception on purpose"


def _literals(cell: NotebookNode) -> str:
    """Return a code cell's strings and comments; `message.info` is an attribute, and no host."""
    strings = [
        node.value
        for node in ast.walk(tree(cell))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return "\n".join([*strings, *re.findall(r"#.*", cell.source)])


def _by_line(cell: NotebookNode) -> Iterator[str]:
    for line in cell.source.splitlines():
        if re.match(r"\s*[%!?]|.*\?$", line):
            yield f"{line.strip()!r}: a magic, or a command of the shell"
            return
    try:
        compile(cell.source, cell.id, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        yield f"this is not Python: {error.msg}"


def _by_syntax(cell: NotebookNode) -> Iterator[str]:
    for node in ast.walk(tree(cell)):
        match node:
            case ast.ClassDef():
                yield "a class"
            case ast.Try() | ast.TryStar():
                yield "try hides errors"
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                yield "import *"
            case ast.Import(names=names) if {n.name.split(".")[0] for n in names} & _NETWORK:
                yield "the network"
            case ast.ImportFrom(module=str(name)) if name.split(".")[0] in _NETWORK:
                yield "the network"
            case ast.Attribute(value=ast.Name(id="sys"), attr="path"):
                yield "sys.path"
            case ast.Attribute(attr="observe" | "on_click" | "Output" | "Layout"):
                yield f"plumbing: {node.attr}"
            case ast.Name(id="Output" | "Layout"):
                yield f"plumbing: {node.id}"
            case ast.Attribute(value=ast.Attribute(attr="layout" | "style")):
                yield "plumbing: layout"
            case ast.keyword(arg="layout" | "style"):
                yield "plumbing: layout"
            case ast.Constant(value=str(text)) if re.search(r"<style|style=|<script", text):
                yield "plumbing: CSS"
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in _CLOCK:
                yield f"the clock: {name}()"
            case _:
                pass


# -- Order -------------------------------------------------------------------------------------


def is_in_order(lesson: Lesson) -> Iterator[str]:
    """Title and linked stake, objectives, set-up of 3 lines, first look … what we saw, limit, next.

    "Change the scenario" comes before the last checkpoint or stands alone; there are one or two
    checkpoints; the objectives' cell says how long the lesson takes.
    """
    titles = [words for level, words in lesson.headings if level == 1]
    parts = [words for level, words in lesson.headings if level == 2]
    if len(titles) != 1 or lesson.headings[:1] != [(1, titles[0])]:
        yield f"one H1 at the start, not {titles}"
    if parts[:2] != FIRST:
        yield f"it begins with {FIRST}, not with {parts[:2]}"
    if parts[-3:] != LAST:
        yield f"it ends with {LAST}, not with {parts[-3:]}"
    if "Change the scenario" not in parts:
        yield "there is no part 'Change the scenario'"
    checkpoints = sum(words.startswith("Checkpoint") for words in parts)
    if not 1 <= checkpoints <= 2:
        yield f"{checkpoints} checkpoints; one or two are right"
    if not lesson.prose or not re.search(r"\]\(https?://", lesson.prose[0].source):
        yield "the title's cell links no real case"
    for cell in lesson.prose:
        if (2, FIRST[0]) in headings(cell):
            if f"About {lesson.about.get('minutes')} minutes" not in cell.source:
                yield "the objectives' cell does not say 'About N minutes', as metadata has it"
            if len(re.findall(r"^- ", cell.source, re.MULTILINE)) != len(
                lesson.about.get("objectives", ())
            ):
                yield "the objectives in the text are not those of the metadata"
    if not lesson.prose or "**Start over:**" not in lesson.prose[-1].source:
        yield "the last cell does not say how to start over"
    if not lesson.code:
        yield "there is no code"
    else:
        set_up = lesson.code[0]
        if len(lines(set_up)) > 3 or f'start("{lesson.number}")' not in set_up.source:
            yield f'the first code cell sets up, in three lines with start("{lesson.number}")'
        if lesson.cells.index(set_up) != 2:
            yield "the set-up comes right after title and objectives"


def asks_before_it_tells(lesson: Lesson) -> Iterator[str]:
    """Each question holds its experiment and another world; nothing stands between that could tell.

    From a question to the next "## " stand only questions and your-turn cells, of which each
    section that asks has one.  The first output after the set-up answers to the learner's hand.
    """
    if not lesson.calls("predict") and "MalloryPanel" not in lesson.shows.values():
        yield "nothing is asked"
    asking, turns = "", 0
    for cell in [*lesson.cells, None]:
        if cell is None or (cell.cell_type == "markdown" and headings(cell)):
            if asking and not turns:
                yield f"{asking}: no your-turn cell in the section that asks"
            asking, turns = "", 0
            continue
        asked = calls(cell, "predict") if cell.cell_type == "code" else []
        turn = calls(cell, "your_turn") if cell.cell_type == "code" else []
        for call in asked:
            if len(call.args) != 2 or [one.arg for one in call.keywords] != ["other"]:
                yield f"{cell.id}: a question has an experiment, and other=… for the other world"
        if asking and not (asked or turn):
            yield f"{cell.id}: only questions and your-turn cells stand behind a question"
        asking, turns = (cell.id if asked else asking), turns + len(turn)
    first = next((cell for cell in lesson.code[1:]), None)
    if first is None or not any(calls(first, method) for method in ("predict", "panel", "sort")):
        yield "the first output does not answer to the learner's hand"


def uses_its_script(lesson: Lesson) -> Iterator[str]:
    """Questions, panels, sorts and checkpoints are those of data/lessons/, each used once."""
    for method in "predict", "panel", "sort", "check":
        used, known = lesson.calls(method), lesson.script.get(method, set())
        if len(used) != len(set(used)):
            yield f"{method} is called twice for the same name"
        if set(used) != known:
            differ = ", ".join(sorted(set(used) ^ known))
            yield f"{method}: notebook and data/lessons/ differ in {differ}"
    for name in set(lesson.calls("your_turn")) - set(lesson.calls("predict")):
        yield f"your_turn waits for {name}, which nobody asks"


def takes_the_time_it_says(lesson: Lesson) -> Iterator[str]:
    """live_minutes is what the core takes: by its questions, sorts, panels, coding and words."""
    shown = (lesson.shows.get(name, "") for name in lesson.calls("panel", tag="core"))
    takes = (
        PREDICTION * len(lesson.calls("predict", tag="core"))
        + SORT * len(lesson.calls("sort", tag="core"))
        + CODING * len(lesson.calls("check", tag="core"))
        + sum(PANEL.get(exhibit, 4) for exhibit in shown)
        + words_in(core(lesson.prose)) / WORDS_A_MINUTE
    )
    if not 0 <= lesson.about.get("live_minutes", 0) - takes < 1.5:
        yield f"the core takes {takes:.1f} minutes, not live_minutes"


def shows_what_it_claims(lesson: Lesson) -> Iterator[str]:
    """Each objective, and each bullet of "What we saw", names what shows it, met in the core.

    The cell's metadata has `shown_by`, one for each bullet: "question:cafe", "goal:cafe.2" (from
    1), "sort:places" or "checkpoint:pin_check", or "cell:" with the id of a cell.
    """
    met = {
        "question": set(lesson.calls("predict", tag="core")),
        "goal": set(lesson.calls("panel", tag="core")),
        "sort": set(lesson.calls("sort", tag="core")),
        "checkpoint": set(lesson.calls("check")),
        "cell": {cell.id for cell in core(lesson.cells)},
    }
    for cell in lesson.prose:
        if not {(2, FIRST[0]), (2, LAST[0])} & set(headings(cell)):
            continue
        bullets = len(re.findall(r"^- ", cell.source, re.MULTILINE))
        shown = cell.metadata.get("shown_by", [])
        if len(shown) != bullets:
            yield f"{cell.id}: {bullets} bullets, and shown_by names {len(shown)}"
        for one in shown:
            kind, _, name = one.partition(":")
            if name.partition(".")[0] not in met.get(kind, set()):
                yield f"{cell.id}: {one} is not met in the core"


def sets_core_apart(lesson: Lesson) -> Iterator[str]:
    """Each cell is tagged core or more; what is more is folded; core needs no name from it."""
    names: dict[str, set[str]] = {"core": set(), "more": set()}
    for cell in lesson.cells:
        tags = {"core", "more"} & set(cell.metadata.get("tags", ()))
        if len(tags) != 1:
            yield f"{cell.id}: tag it core or more"
            continue
        tag = tags.pop()
        if cell.cell_type == "markdown" and tag == "more" and headings(cell):
            if not cell.metadata.get("jp-MarkdownHeadingCollapsed"):
                yield f"{cell.id}: what is more is folded (jp-MarkdownHeadingCollapsed)"
        elif cell.cell_type == "code":
            bound, used = _names(cell)
            names[tag] |= bound
            if tag == "core":
                for name in sorted(used & names["more"] - names["core"]):
                    yield f"{cell.id}: {name!r} is made in a cell that is more"


def _names(cell: NotebookNode) -> tuple[set[str], set[str]]:
    bound, used = set(), set()
    for node in ast.walk(tree(cell)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
    return bound, used


def can_be_taught(lesson: Lesson) -> Iterator[str]:
    """The instructor's notes are whole, their minutes add up, and each scene they name exists.

    Core minutes make live_minutes; all make minutes.  In core, say, ask and watch_for are texts,
    and whatever is asked is answered.
    """
    total = {"core": 0.0, "more": 0.0}
    for cell in lesson.cells:
        notes = cell.metadata.get("instructor")
        if notes is None:
            continue
        if not NOTES <= set(notes) <= NOTES | {"cut", "preset"}:
            yield f"{cell.id}: the notes are {sorted(notes)}"
            continue
        tag = "core" if "core" in cell.metadata.get("tags", ()) else "more"
        total[tag] += notes["minutes"]
        if not notes["say"] or (tag == "core" and not (notes["ask"] and notes["watch_for"])):
            yield f"{cell.id}: a note is empty"
        if bool(notes["ask"]) != bool(notes["answer"]):
            yield f"{cell.id}: what is asked is not answered"
        if "preset" in notes:
            panel, _, scene = notes["preset"].partition(": ")
            if scene not in lesson.presets.get(panel, ()):
                yield f"{cell.id}: there is no scene {notes['preset']!r}"
    if total["core"] != lesson.about.get("live_minutes"):
        yield f"the notes of the core take {total['core']:g} minutes, not live_minutes"
    if sum(total.values()) != lesson.about.get("minutes"):
        yield f"all notes take {sum(total.values()):g} minutes, not minutes"
    cuts = [c for c in lesson.cells if "cut" in c.metadata.get("instructor", {})]
    if not cuts:
        yield "no cell says what to leave out when late"


RULES: tuple[Rule, ...] = (
    is_stored_clean,
    says_what_it_is,
    is_short,
    has_nothing_forbidden,
    is_in_order,
    asks_before_it_tells,
    uses_its_script,
    takes_the_time_it_says,
    shows_what_it_claims,
    sets_core_apart,
    can_be_taught,
)


# -- Several notebooks together ----------------------------------------------------------------


def same_checkpoints(lesson: Lesson, solution: Lesson) -> Iterator[str]:
    """The solutions check what the lesson checks, in the same order, and are stored clean."""
    yield from (f"solution: {what}" for what in is_stored_clean(solution))
    if solution.calls("check") != lesson.calls("check"):
        yield f"the lesson checks {lesson.calls('check')}, its solution {solution.calls('check')}"


def defined_before_use(lessons: list[Lesson], terms: Mapping[str, Term]) -> Iterator[str]:
    """A term of the glossary is in bold in the first cell that says it, in its lesson `first`.

    Lessons are read in order, markdown only.  Headings, the objectives, the cell "Next", code
    (`…`) and the addresses of links are left out, for they name what is still to come.  A term is
    found in any of its forms (`also`, a plural in -s), in any case, as a whole word, and the
    longest term wins: "key pin" is no "pin".  The paragraph with the bold term has at least six
    words, for it should say what the term means.  A term that no lesson says is no fault.
    """
    forms = {form.casefold(): term for term in terms.values() for form in (term.name, *term.also)}
    if not forms:
        return
    words = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w-])({words})(?:'s|s|es)?(?![\w-])", re.IGNORECASE)
    met: set[str] = set()
    for lesson in lessons:
        for cell_id, text in _said(lesson):
            said = {forms[found.casefold()].name for found in pattern.findall(text)} - met
            met |= said
            defined = {
                forms[found.casefold()].name
                for paragraph in text.splitlines()
                if len(paragraph.split()) >= 6
                for bold in re.findall(r"\*\*([^*]+)\*\*", paragraph)
                for found in pattern.findall(bold)
            }
            for name in sorted(said):
                where = f"{lesson.number} {cell_id}: {name!r}"
                if lesson.number != terms[name].first:
                    yield f"{where} is said here first, and the glossary says {terms[name].first}"
                if name not in defined:
                    yield f"{where} is said here first, and not in bold in a paragraph about it"


def _said(lesson: Lesson) -> Iterator[tuple[str, str]]:
    """Yield the id and text of each cell of prose, without what `defined_before_use` leaves out."""
    for cell in lesson.prose:
        if {(2, FIRST[0]), (2, LAST[-1])} & set(headings(cell)):
            continue
        text = re.sub(r"^```.*?^```|^#.*?$", "", cell.source, flags=re.MULTILINE | re.DOTALL)
        text = re.sub(r"`[^`]*`|\]\([^)]*\)", " ", text)
        yield cell.id, text
