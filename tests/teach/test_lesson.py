"""Predictions, checkpoints and hints, and the texts behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pinlib import Outcome, Scenario, data
from pinlib.errors import BadData, BadInput
from pinlib.teach import lesson_texts
from pinlib.teach.judges import judged
from pinlib.teach.judges.core import NotYet, ask
from pinlib.teach.lesson import Lesson, start
from pinlib.teach.lesson_texts import HINTS, script
from pinlib.teach.widgets.question import SHOWN

ALL = sorted(file.stem for file in (data.DATA / "lessons").glob("*.toml"))


@pytest.mark.parametrize("number", ALL)
def test_every_checkpoint_has_a_judge_three_hints_and_a_solution(number: str) -> None:
    """Nobody is left alone with a task, and no judge waits for a task that is gone."""
    tasks = script(number).tasks
    assert {(number, name) for name in tasks} == {one for one in judged() if one[0] == number}
    for task in tasks.values():
        assert len(task.hints) == HINTS and task.solution.strip()
        assert "___" in task.hints[2], "the third hint is a line with a hole"


@pytest.mark.parametrize("number", ALL)
def test_each_reply_is_its_own(number: str) -> None:
    """Each option of a prediction gets a reply that names the thought behind it."""
    for question in script(number).questions.values():
        replies = [option.reply for option in question.options]
        assert len(set(replies)) == len(replies)
        assert all(len(reply.split()) >= 8 for reply in replies)
        assert question.world and question.explain


def test_hints_come_one_at_a_time_and_the_solution_last() -> None:
    """Three hints, each asked for; then the solution; then no more."""
    lesson = Lesson("00")
    checkpoint = lesson.check("who_refused", ...)
    task = script("00").tasks["who_refused"]
    for shown in range(1, HINTS + 2):
        assert checkpoint._words.value.count('class="pl-step"') == shown - 1
        checkpoint._help.click()
    assert "def who_refused" in checkpoint._words.value
    assert checkpoint._help.layout.display == "none"
    assert task.hints[0].split(".")[0][:20] in checkpoint._words.value
    again = lesson.check("who_refused", ...)
    assert again._words.value.count('class="pl-step"') == HINTS + 1, "hints outlive a second run"
    lesson.start_over()
    assert lesson.check("who_refused", ...)._words.value.count('class="pl-step"') == 0


@pytest.mark.parametrize("unfinished", [..., None, lambda _: ...], ids=["stub", "None", "empty"])
def test_unfinished_is_feedback_and_no_exception(unfinished: Any) -> None:
    """The stub of a checkpoint can be run as it stands."""
    checkpoint = Lesson("00").check("who_refused", unfinished)
    assert not checkpoint.passed
    assert "Not written yet" in checkpoint.message


def test_a_learners_exception_becomes_a_sentence() -> None:
    """The name of the error, and the case in which it came; no traceback."""

    def broken(verdict: Any) -> str:
        return {}["missing"]

    message = Lesson("00").check("who_refused", broken).message
    assert "KeyError: 'missing'" in message and "when the verdict was" in message


def test_the_stop_button_ends_an_endless_loop_with_a_sentence() -> None:
    """No traceback through the judge's own lines: the case in which it never came back."""

    def endless(_: Any) -> str:
        raise KeyboardInterrupt

    message = Lesson("00").check("who_refused", endless).message
    assert message.startswith("You stopped it: when the verdict was")


def test_calling_the_function_instead_of_giving_it_is_explained() -> None:
    """A common slip: f(x) where f was meant."""
    with pytest.raises(NotYet, match="without calling"):
        ask("pin", 1, when="now")


def test_unknown_names_list_the_known_ones() -> None:
    """One sentence, with what there is."""
    with pytest.raises(BadInput, match="there are 00, 01"):
        start("99")
    with pytest.raises(BadInput, match="home_made"):
        Lesson("00").predict("hom_made", Scenario(), other=Scenario())
    with pytest.raises(BadInput, match="write lambda"):
        Lesson("00").predict("home_made", 7, other=Scenario())
    with pytest.raises(BadInput, match="who_stops_her"):
        Lesson("00").panel("who")
    with pytest.raises(BadInput, match="SNI"):
        Lesson("00").word("SMI")
    with pytest.raises(BadInput, match="who_refused"):
        Lesson("00").check("who", ...)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[predictions.a", "line 1"),
        ("[predictions.a]\nquestion = 'Q?'\nexplain = 'E'\noptions = []", "predictions.a.options"),
        ("[predictions.a]\nquestion = 'Q?'\nexplain = ''\noptions = []", "predictions.a.explain"),
        ("[panels.a]\nshows = 'CafePanel'\ngoals = [{ find = 'x' }]", "panels.a.goals"),
        ("[sorts.a]\ntask = 'T'\nplaces = ['one']", "sorts.a.places"),
        ("[checkpoints.a]\ntask = 'T'\nhints = ['one']\nsolution = 's'", "checkpoints.a.hints"),
        ("[checkpoints.a]\nhints = ['1', '2', '3']\nsolution = 's'", "checkpoints.a"),
    ],
)
def test_a_broken_file_of_texts_is_named_with_its_key(
    text: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instructor who edits the texts is told the file and the key."""
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "07.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(data, "DATA", tmp_path)
    monkeypatch.setattr(lesson_texts, "DATA", tmp_path)
    with pytest.raises(BadData) as raised:
        script("07")
    assert "07.toml" in str(raised.value) and where in str(raised.value)


def test_hints_fold_away_once_the_checkpoint_is_passed() -> None:
    """Whoever has passed is done with hints, and may still look them up."""
    lesson = Lesson("00")
    lesson.check("who_refused", ...)._help.click()
    space: dict[str, Any] = {"Outcome": Outcome}
    exec(script("00").tasks["who_refused"].solution, space)  # noqa: S102 - our own
    passed = lesson.check("who_refused", space["who_refused"])
    assert passed.passed
    assert "<details><summary>Hints you used" in passed._words.value
    assert lesson.progress().rows[0].passed == (1, 1)


def test_start_over_says_what_it_forgot(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody wonders whether a click did anything."""
    lesson = Lesson("00")
    lesson.give("home_made", SHOWN)
    lesson.start_over()
    assert lesson.answer("home_made") is None
    assert lesson.progress().rows[0].answered[0] == 0


def test_a_word_is_looked_up_in_any_of_its_forms() -> None:
    """A term is explained anywhere, not only where it first appears."""
    assert "SNI" in Lesson("00").word("sni").data


def test_a_section_that_does_not_exist_lists_those_that_do() -> None:
    """By question, panel, checkpoint or heading."""
    with pytest.raises(BadInput, match=r"lesson 03 has no section 'moon'; there are .*cafe"):
        Lesson("03").goto("moon")
    lesson = Lesson("00")
    lesson.goto("pinned")
    assert lesson.answer("home_made") == lesson.answer("mis_issued") == SHOWN
    assert lesson.answer("pinned") is None
    lesson.start_over()
