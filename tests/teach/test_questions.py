"""Questions that hold their own experiment: nothing is told before, everything after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pinlib import Middle, Scenario
from pinlib.errors import BadInput
from pinlib.teach.lesson import Lesson
from pinlib.teach.lesson_texts import Question
from pinlib.teach.widgets.question import SHOWN, Prediction

RAN = "what the experiment gave"
OTHER = "what the other world gave"


@pytest.fixture
def lesson() -> Iterator[Lesson]:
    """Give lesson 00 with nothing answered, and leave nothing behind."""
    fresh = Lesson("00")
    fresh._kept.forget()
    yield fresh
    fresh._kept.forget()


def asked(lesson: Lesson, name: str = "home_made") -> tuple[Prediction, list[str]]:
    """Ask a question whose two experiments write down when they run."""
    ran: list[str] = []

    def run(what: str) -> str:
        ran.append(what)
        return what

    return lesson.predict(name, lambda: run(RAN), other=lambda: run(OTHER)), ran


def everything(shown: Any) -> str:
    """Return all that a page or a saved notebook could hold of it."""
    bundle = shown._repr_mimebundle_()
    return "\n".join([shown._words.value, str(shown), bundle["text/html"], bundle["text/plain"]])


def told(question: Question) -> list[str]:
    """List what must not be read before the choice."""
    return [question.explain, question.world, *(option.reply for option in question.options)]


def test_nothing_is_told_or_run_before_the_choice(lesson: Lesson) -> None:
    """Question and options alone; the experiment has not even run."""
    prediction, ran = asked(lesson)
    page = everything(prediction)
    assert not ran
    for words in [RAN, OTHER, *told(prediction._question)]:
        assert words[:40].replace("'", "&#x27;") not in page and words[:40] not in page


def test_the_first_question_shows_who_is_there_and_tells_no_answer(lesson: Lesson) -> None:
    """A phone with a password, a wifi and a bank; once answered, the real scene takes its place."""
    prediction, _ = asked(lesson)
    assert prediction._words.value.count('class="pl-actor"') == 3
    assert 'class="pl-ladder' not in prediction._words.value
    assert 'data-line="' not in prediction._words.value
    assert "lies Mallory’s wifi" in str(prediction)
    prediction.show_me()
    assert 'class="pl-actor"' not in prediction._words.value
    assert "lies Mallory’s wifi" not in str(prediction)


@pytest.mark.parametrize("option", [0, 1, 2])
def test_each_option_is_answered_with_its_own_reply_the_outcome_and_why(
    lesson: Lesson, option: int
) -> None:
    """After a click: the choice, the outcome, the thought behind the option, the explanation."""
    prediction, ran = asked(lesson)
    chosen = prediction._question.options[option]
    prediction._options.children[option].click()
    words = str(prediction)
    assert ran == [RAN]
    for part in (f"You said: {chosen.label}", RAN, chosen.reply, prediction._question.explain):
        assert part in words
    assert OTHER not in words and prediction._question.world not in words
    others = [one.reply for one in prediction._question.options if one is not chosen]
    assert not any(reply in words for reply in others)
    assert ("Yes, that" in prediction._words.value) is bool(chosen.right)
    prediction.choose(prediction._question.options[(option + 1) % 3].label)
    assert chosen.reply in str(prediction), "the first answer stands until it is taken back"


def test_the_other_world_is_on_a_button_for_everybody(lesson: Lesson) -> None:
    """Whoever was right gets it too."""
    prediction, ran = asked(lesson)
    prediction.choose(prediction._question.right.label)  # type: ignore[union-attr]
    assert prediction._world.layout.display is None
    prediction._world.click()
    assert ran == [RAN, OTHER]
    assert OTHER in str(prediction) and prediction._question.world in str(prediction)
    assert prediction._world.layout.display == "none"


def test_show_me_tells_without_a_choice(lesson: Lesson) -> None:
    """On stage one button gives the answer, and says nobody chose it."""
    prediction, _ = asked(lesson)
    prediction._show.click()
    assert "The answer: " in str(prediction) and "You said" not in str(prediction)
    assert "Yes, that" not in prediction._words.value
    assert lesson.answer("home_made") == SHOWN


def test_a_question_that_builds_on_another_stays_closed_until_that_is_answered(
    lesson: Lesson,
) -> None:
    """Not even its options are on the page: they would tell."""
    first, _ = asked(lesson)
    second, ran = asked(lesson, "mis_issued")
    assert str(second) == "Answer the one above first."
    assert second._options.layout.display == "none"
    second.choose(second._question.options[0].label)
    assert not ran, "a closed question takes no answer"
    first.show_me()
    assert second._question.question in str(second)
    assert second._options.layout.display is None


def test_a_cell_of_ones_own_opens_by_itself_and_runs_its_own_code(lesson: Lesson) -> None:
    """Closed until the question is answered; then it draws what this code gives."""
    prediction, _ = asked(lesson)
    mine = lesson.your_turn("home_made", lambda: "mine")
    assert "mine" not in everything(mine) and "Your turn" in str(mine)
    prediction.show_me()
    assert str(mine) == "mine"
    assert str(lesson.your_turn("home_made", lambda: "changed")) == "changed"


def test_an_answer_is_kept_when_the_cell_runs_again(lesson: Lesson) -> None:
    """A second run shows the same answer, and Ask again takes it back."""
    prediction, _ = asked(lesson)
    label = prediction._question.options[0].label
    prediction.choose(label)
    again, _ = asked(lesson)
    assert f"You said: {label}" in str(again)
    again._again.click()
    for one in again, prediction:
        assert "You said" not in str(one)


def test_presenting_opens_every_question_and_gives_the_answers_back(lesson: Lesson) -> None:
    """The instructor's own answers neither show nor get lost."""
    prediction, _ = asked(lesson)
    prediction.show_me()
    lesson.present()
    assert "The answer" not in str(prediction)
    prediction.choose(prediction._question.options[0].label)
    lesson.present(False)
    assert "The answer" in str(prediction)


def test_what_goes_wrong_in_an_experiment_is_told(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal is a sentence; a bug of ours is shown, and raises in tests."""

    def refuse() -> None:
        raise BadInput("there is no scene 'x'", seen="x")

    prediction = lesson.predict("home_made", refuse, other=refuse)
    prediction.show_me()
    assert "There is no scene 'x'." in str(prediction)
    lesson.start_over()
    broken = lesson.predict("home_made", lambda: 1 // 0, other=refuse)
    broken.show_me()
    assert "ZeroDivisionError" in str(broken) and 'role="alert"' in broken._words.value
    lesson.start_over()
    monkeypatch.setenv("PINLIB_STRICT", "1")
    with pytest.raises(ZeroDivisionError):
        lesson.predict("home_made", lambda: 1 // 0, other=refuse).show_me()


def test_a_scenario_is_an_experiment(lesson: Lesson) -> None:
    """The café runs where it is asked about."""
    prediction = lesson.predict("home_made", Scenario(Middle.SELF_SIGNED), other=Scenario())
    prediction.show_me()
    assert 'data-outcome="refused_by_chain"' in prediction._words.value
