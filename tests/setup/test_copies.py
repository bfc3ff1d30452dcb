"""The learner's copies: made once, updated where nothing was changed, never lost."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from pinlib.errors import BadInput
from pinlib.setup import copies as module
from pinlib.setup.copies import Copies, main

START, CAFE = "00_start_here.ipynb", "03_meet.ipynb"


def notebook(*sources: str, run: bool = False, **noted: object) -> str:
    """Return a notebook with cells that say so, run and folded or not, and have this noted."""
    shown = [{"output_type": "stream", "name": "stdout", "text": "x"}] if run else []
    metadata = {**noted, **({"jp-MarkdownHeadingCollapsed": True} if run else {})}
    cells = [
        {"cell_type": "code", "source": one, "outputs": shown, "metadata": metadata}
        | {"execution_count": 7 if run else None}
        for one in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4})


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


def test_every_link_of_a_real_copy_leads_somewhere(tmp_path: Path) -> None:
    """Lessons lead to the next one; nothing leads out of the copies, where no notebook is."""
    shutil.copytree(module.WORKSHOP / "notebooks", tmp_path / "notebooks")
    copies = Copies(tmp_path)
    copies.renew()
    found = 0
    for copy in copies.work.rglob("*.ipynb"):
        for link in re.findall(r"\]\(([\w./-]+\.ipynb)", copy.read_text(encoding="utf-8")):
            found += 1
            assert (copy.parent / link).is_file(), f"{copy.name} leads to {link}"
            assert ".." not in link, f"{copy.name} leads out: {link}"
    assert found >= 6


def test_what_was_left_half_written_is_swept(copies: Copies) -> None:
    """A start that was killed in the middle of a copy leaves a file that nobody wants."""
    for folder in (copies.work, copies.work / "solutions", copies.answers):
        (folder / ".half-written-x").write_text('{"cells": [', encoding="utf-8")
    (copies.work / "mine.ipynb").touch()
    copies.renew()
    assert not list(copies.work.rglob(".half*"))
    assert (copies.work / "mine.ipynb").exists()


@pytest.mark.skipif(os.name == "nt", reason="looks at POSIX's permissions")
def test_the_copy_of_a_read_only_notebook_can_be_written_in(copies: Copies) -> None:
    """A workshop handed round on a stick may be read-only, and is still worked through."""
    (copies.notebooks / CAFE).chmod(0o444)
    (copies.work / CAFE).unlink()
    copies.renew()
    assert (copies.work / CAFE).stat().st_mode & 0o777 == 0o644


def test_an_update_reaches_a_copy_that_was_only_run(copies: Copies) -> None:
    """Outputs and folds are not the learner's words; the answers are kept beside the copy."""
    mine = copies.work / CAFE
    mine.write_text(notebook(CAFE, run=True), encoding="utf-8")
    (copies.answers / "03.json").write_text("{}", encoding="utf-8")
    (copies.notebooks / CAFE).write_text(notebook("a better one"), encoding="utf-8")
    assert copies.renew() == ["Updated work/03_meet.ipynb; you hadn’t changed it."]
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
    assert said == (
        "The workshop has a new 03_meet.ipynb. You changed yours, so yours stays and the new one "
        "is beside it, as “03_meet (new).ipynb” (workshop.py reset 03 takes it and keeps yours)."
    )
    assert source(mine) == ["my own check"]
    assert source(copies.work / "03_meet (new).ipynb") == ["a better one"]
    assert copies.renew() == []


def test_updates_beside_a_changed_copy_overwrite_nobodys_words(copies: Copies) -> None:
    """The next one takes the place of the last, unless the learner went on in that."""
    (copies.work / CAFE).write_text(notebook("my own check"), encoding="utf-8")
    for version in ("second", "third"):
        (copies.notebooks / CAFE).write_text(notebook(version), encoding="utf-8")
        copies.renew()
    new = copies.work / "03_meet (new).ipynb"
    assert source(new) == ["third"]
    new.write_text(notebook("my other check"), encoding="utf-8")
    (copies.notebooks / CAFE).write_text(notebook("fourth"), encoding="utf-8")
    assert "“03_meet (new 2).ipynb”" in copies.renew()[0]
    assert source(new) == ["my other check"]
    assert source(copies.work / "03_meet (new 2).ipynb") == ["fourth"]
    copies.reset("03")
    left = {file.name for file in copies.work.glob("03*")}
    assert left == {CAFE, "03_meet (new).ipynb", "03_meet (old 1).ipynb"}


def test_what_an_instructor_noted_in_a_copy_is_kept(copies: Copies) -> None:
    """Notes for teaching stand beside a cell, not in it; the workshop's own arrive by updates."""
    (copies.work / CAFE).write_text(notebook(CAFE, instructor={"say": "mine"}), encoding="utf-8")
    (copies.notebooks / CAFE).write_text(notebook("a better one"), encoding="utf-8")
    (copies.notebooks / START).write_text(notebook(START, tags=["core"]), encoding="utf-8")
    updated, kept = copies.renew()
    assert "Updated work/00_start_here" in updated
    assert "yours stays" in kept
    assert source(copies.work / CAFE) == [CAFE]


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
    """Nothing is reset, and nothing above the folder of copies can be named."""
    for wrong in ("77", "", "../03", "three"):
        with pytest.raises(BadInput, match="The lessons are 00, 03"):
            copies.reset(wrong)


def test_the_command_says_what_it_saw(
    copies: Copies, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence and a status; no traceback, also where nothing can be written."""
    monkeypatch.setattr(module, "Copies", lambda: copies)
    assert main([]) == 0
    assert main(["reset"]) == 2
    assert main(["reset", "77"]) == 2
    assert capsys.readouterr().err == (
        "Which lesson? The lessons are 00, 03.\nThere is no lesson “77”. The lessons are 00, 03.\n"
    )
    assert main(["reset", "3"]) == 0
    shutil.rmtree(copies.work)
    copies.work.write_text("a file where the folder should be", encoding="utf-8")
    assert main([]) == 1
    assert "Your copies of the notebooks can’t be written to work: " in capsys.readouterr().err
