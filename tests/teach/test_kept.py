"""What a learner did is kept: over a restart, a broken file, and somebody who presents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pinlib.teach.kept import FOLDER, Kept


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep answers in a folder of this test, one that does not exist yet."""
    kept = tmp_path / "my wörk" / "answers"
    monkeypatch.setenv(FOLDER, str(kept))
    return kept


def test_an_answer_outlives_its_python(folder: Path) -> None:
    """A new Kept, as after a restart, reads what the last one wrote."""
    Kept("91").put("answers", "cafe", "Nothing")
    assert Kept("91").get("answers", "cafe") == "Nothing"
    assert Kept("92").get("answers", "cafe") is None, "a lesson keeps its own"
    assert [file.name for file in folder.iterdir()] == ["91.json"], "nothing half-written stays"


def test_whoever_presents_begins_unanswered_and_touches_nothing(folder: Path) -> None:
    """present() hides what was done; present(False) brings it back."""
    kept = Kept("91")
    kept.put("goals", "cafe", [0, 2])
    before = (folder / "91.json").read_bytes()
    kept.present(True)
    assert kept.get("goals", "cafe") is None
    kept.put("goals", "cafe", [1])
    assert (folder / "91.json").read_bytes() == before
    kept.present(False)
    assert kept.get("goals", "cafe") == [0, 2]


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"answers": 3}'])
def test_a_file_that_cannot_be_read_is_set_aside_and_told(folder: Path, content: str) -> None:
    """Nothing is overwritten, and the learner reads one sentence."""
    folder.mkdir(parents=True)
    (folder / "91.json").write_text(content, encoding="utf-8")
    kept = Kept("91")
    assert "91.json can't be read" in kept.trouble
    assert (folder / "91.unreadable.json").read_text(encoding="utf-8") == content
    kept.put("answers", "cafe", "x")
    assert json.loads((folder / "91.json").read_text(encoding="utf-8")) == {
        "answers": {"cafe": "x"}
    }


def test_where_nothing_can_be_written_a_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lesson goes on, in memory."""
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv(FOLDER, str(tmp_path / "file"))
    kept = Kept("91")
    kept.put("answers", "cafe", "x")
    assert kept.trouble.startswith("Your answers can't be saved in file: ")
    assert kept.get("answers", "cafe") == "x"


def test_without_a_folder_answers_last_as_long_as_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second start of the same lesson keeps them; nothing is written anywhere."""
    monkeypatch.delenv(FOLDER, raising=False)
    Kept("93").put("passed", "check", True)
    assert Kept("93").get("passed", "check") is True
    Kept("93").forget()
    assert Kept("93").get("passed", "check") is None
