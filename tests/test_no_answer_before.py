"""Nothing on a lesson's page tells before the learner has chosen; once chosen, everything does.

Run All in a fresh kernel, answering nothing: then read every cell as a learner would see it, its
words, its outputs and what its widgets show.
"""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from pinlib.teach.lesson_texts import Question, script
from tests.kernels import kernel_for
from tests.lesson_rules import calls

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
ANSWER = """
import json
from pinlib.teach.widgets.question import Prediction
asked = [one for one in list(lesson._shown) if isinstance(one, Prediction)]
for one in asked:
    lesson.give(one._name, "")
print(json.dumps({one._name: one._ran[1] for one in asked}))
"""
"""Show every answer, and print what each experiment gave, in words."""


def plain(text: str) -> str:
    """Return what a reader sees of markup or of Markdown, in one line."""
    text = re.sub(r"<style>.*?</style>|<script>.*?</script>", " ", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def shown_by(model: str, states: dict[str, Any]) -> str:
    """Return all that a widget and its children show; what is hidden is not shown."""
    state = states.get(model, {})
    layout = states.get(str(state.get("layout", "")).removeprefix("IPY_MODEL_"), {})
    if layout.get("display") == "none":
        return ""
    own = [str(state[key]) for key in ("value", "description") if isinstance(state.get(key), str)]
    children = (str(one).removeprefix("IPY_MODEL_") for one in state.get("children", ()))
    return " ".join([*own, *(shown_by(one, states) for one in children)])


def read_cell(cell: NotebookNode, states: dict[str, Any]) -> str:
    """Return what a learner can read of a cell; its code is in sight too."""
    parts = [cell.source]
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        view = data.get("application/vnd.jupyter.widget-view+json")
        if view:
            parts.append(shown_by(view["model_id"], states))
        else:
            parts += [data.get("text/html", ""), data.get("text/plain", ""), output.get("text", "")]
    return plain(" ".join(parts))


def telling(question: Question) -> list[str]:
    """List what only whoever has chosen may read."""
    return [question.explain, question.world, *(option.reply for option in question.options)]


class Page:
    """A lesson in a kernel of its own, read before and after everything was answered."""

    def __init__(self, file: Path) -> None:
        self.notebook = nbformat.read(file, as_version=4)
        self.questions = script(file.name[:2]).questions
        with kernel_for(self.notebook, file.parent) as client:
            for index, cell in enumerate(self.notebook.cells):
                client.execute_cell(cell, index)
            self.before = self._read(client.widget_state)
            last = new_code_cell(ANSWER)
            self.notebook.cells.append(last)
            client.execute_cell(last, len(self.notebook.cells) - 1)
            self.gave: dict[str, str] = json.loads(last.outputs[-1]["text"])
            self.after = self._read(client.widget_state)

    def _read(self, states: dict[str, Any]) -> dict[str, str]:
        return {cell.id: read_cell(cell, states) for cell in self.notebook.cells}

    def asked(self) -> list[tuple[str, str]]:
        """List each question's name with the id of its cell, in the page's order."""
        return [
            (str(call.args[0].value), cell.id)  # type: ignore[attr-defined]
            for cell in self.notebook.cells
            if cell.cell_type == "code"
            for call in calls(cell, "predict")
        ]


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.stem)
def page(request: pytest.FixtureRequest) -> Page:
    """Run a lesson once for all that is asked of it here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.getenv("PYTHONPATH", "")]))
        patch.delenv("PINLIB_ANSWERS", raising=False)
        return Page(request.param)


@pytest.mark.slow
def test_no_reply_or_explanation_stands_anywhere_before_the_choice(page: Page) -> None:
    """Not in prose, outputs, titles or later options, on the whole page."""
    for name, question in page.questions.items():
        for words in telling(question):
            for where, text in page.before.items():
                assert plain(words) not in text, f"{name}: {where} tells {words[:60]!r}"


@pytest.mark.slow
def test_no_outcome_stands_between_a_question_and_the_next(page: Page) -> None:
    """The headline that the experiment gives is in no cell from its question to the next one's."""
    ids = [cell.id for cell in page.notebook.cells[:-1]]
    starts = [ids.index(cell) for _, cell in page.asked()] + [len(ids)]
    for (name, _), start, end in zip(page.asked(), starts, starts[1:], strict=False):
        headline = page.gave[name].splitlines()[0].partition(". ")[0]
        section = next(
            (at for at in range(start + 1, end) if page.before[ids[at]].startswith("## ")), end
        )
        for cell in ids[start:section]:
            assert plain(headline) not in page.before[cell], f"{name}: {cell} shows {headline!r}"


@pytest.mark.slow
def test_the_options_of_a_closed_question_are_not_on_the_page(page: Page) -> None:
    """They would tell of the question before."""
    for name, question in page.questions.items():
        if question.after:
            for option in question.options:
                where = [one for one, text in page.before.items() if plain(option.label) in text]
                assert where == [], f"{name}: {option.label!r} is in {where}"


@pytest.mark.slow
def test_every_question_is_answered_in_its_own_output(page: Page) -> None:
    """Once shown: outcome, reply and explanation, there; and your-turn cells have opened."""
    for name, cell in page.asked():
        question, text = page.questions[name], page.after[cell]
        assert plain(question.explain) in text, name
        if question.right is not None:
            assert plain(question.right.reply) in text, name
        assert plain(page.gave[name].splitlines()[0])[:30] in text, name
    assert not [one for one, text in page.after.items() if "Your turn, once" in text]
