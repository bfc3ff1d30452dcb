"""The learner's copies: made once, updated where nothing was changed, never lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pinlib.errors import BadInput
from pinlib.setup import copies as module
from pinlib.setup.copies import Copies, main

START, CAFE = "00_start_here.ipynb", "03_meet.ipynb"


def notebook(*sources: str, outputs: bool = False) -> str:
    """Return a notebook with cells that say so."""
    shown = [{"output_type": "stream", "name": "stdout", "text": "x"}] if outputs else []
    cells = [{"cell_type": "code", "source": one, "outputs": shown} for one in sources]
    return json.dumps({"cells": cells, "nbformat": 4})


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    """Return the copies of a small workshop, in a folder with a space and an accent."""
    root = tmp_path / "my wörk shop"
    for name in (START, CAFE, f"solutions/{CAFE}"):
        file = root / "notebooks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(notebook(name), encoding="utf-8")
    made = Copies(root)
    made.renew()
    return made


def source(file: Path) -> list[str]:
    """Return what the cells of a notebook say."""
    return [one["source"] for one in json.loads(file.read_text(encoding="utf-8"))["cells"]]


def test_every_notebook_has_a_copy_and_links_lead_from_one_to_the_next(copies: Copies) -> None:
    """Lessons beside each other, solutions below them, as in notebooks/."""
    found = {one.relative_to(copies.work).as_posix() for one in copies.work.rglob("*.ipynb")}
    assert found == {START, CAFE, f"solutions/{CAFE}"}
    assert not list(copies.work.rglob("*.new")), "nothing half-written stays"


def test_an_update_reaches_a_copy_that_was_only_run(copies: Copies) -> None:
    """Outputs are not the learner's words; the answers are kept beside the copy."""
    mine = copies.work / CAFE
    mine.write_text(notebook(CAFE, outputs=True), encoding="utf-8")
    (copies.answers / "03.json").write_text("{}", encoding="utf-8")
    (copies.notebooks / CAFE).write_text(notebook("a better one"), encoding="utf-8")
    assert copies.renew() == ["work/03_meet.ipynb is up to date again."]
    assert source(mine) == ["a better one"]
    assert (copies.answers / "03.json").exists()
    assert copies.renew() == []


def test_an_update_stands_beside_a_copy_that_was_changed(copies: Copies) -> None:
    """What the learner wrote stays; one sentence says where the new one is, once."""
    mine = copies.work / CAFE
    mine.write_text(notebook("my own check"), encoding="utf-8")
    assert copies.renew() == [], "without an update nothing is said"
    (copies.notebooks / CAFE).write_text(notebook("a better one"), encoding="utf-8")
    (said,) = copies.renew()
    assert "stays as you changed it" in said and "03_meet (new).ipynb" in said
    assert source(mine) == ["my own check"]
    assert source(copies.work / "03_meet (new).ipynb") == ["a better one"]
    assert copies.renew() == []


def test_a_copy_that_is_no_notebook_any_more_is_not_lost(copies: Copies) -> None:
    """Half a file is the learner's too."""
    mine = copies.work / CAFE
    mine.write_text('{"cells": [', encoding="utf-8")
    (copies.notebooks / CAFE).write_text(notebook("a better one"), encoding="utf-8")
    assert len(copies.renew()) == 1
    assert mine.read_text(encoding="utf-8") == '{"cells": ['


def test_a_lost_record_loses_nothing(copies: Copies) -> None:
    """Without it every copy counts as changed."""
    (copies.answers / "copies.json").write_text("[", encoding="utf-8")
    (copies.notebooks / CAFE).write_text(notebook("a better one"), encoding="utf-8")
    assert source(copies.work / CAFE) == [CAFE]
    copies.renew()
    assert source(copies.work / CAFE) == [CAFE]


@pytest.mark.parametrize("number", ["03", "3"])
def test_reset_gives_a_fresh_copy_and_keeps_the_old_one(copies: Copies, number: str) -> None:
    """Answers are forgotten by the lesson, and kept under another name."""
    mine = copies.work / CAFE
    for turn in (1, 2):
        mine.write_text(notebook(f"turn {turn}"), encoding="utf-8")
        (copies.answers / "03.json").write_text(str(turn), encoding="utf-8")
        said = copies.reset(number)
        assert f"work/03_meet (old {turn}).ipynb" in said
        assert source(mine) == [CAFE]
        assert source(copies.work / f"03_meet (old {turn}).ipynb") == [f"turn {turn}"]
        assert not (copies.answers / "03.json").exists()
        assert (copies.answers / f"03 (old {turn}).json").read_text() == str(turn)
    assert copies.renew() == []


def test_an_unknown_lesson_lists_those_that_exist(copies: Copies) -> None:
    """One sentence."""
    for wrong in ("77", "", "../03", "three"):
        with pytest.raises(BadInput, match="there are 00, 03"):
            copies.reset(wrong)


def test_the_command_says_what_it_saw(
    copies: Copies, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence and a status; no traceback, also where nothing can be written."""
    monkeypatch.setattr(module, "Copies", lambda: copies)
    assert main([]) == 0
    assert main(["reset"]) == 2
    assert main(["reset", "77"]) == 2
    assert "There is no lesson '77'; there are 00, 03." in capsys.readouterr().err
    assert main(["reset", "3"]) == 0
    shutil.rmtree(copies.work)
    copies.work.write_text("a file where the folder should be", encoding="utf-8")
    assert main([]) == 1
    assert "Your copies in work can’t be written: " in capsys.readouterr().err
