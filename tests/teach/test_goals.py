"""Goals: each can be found by hand, none by a scene, and near misses get a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pinlib.teach.lesson import Lesson
from pinlib.teach.lesson_texts import numbers, script
from pinlib.teach.widgets.goals import GoalBoard, meets

PANELS = [(number, name) for number in numbers() for name in script(number).panels]


@pytest.fixture
def lesson() -> Iterator[Lesson]:
    """Give lesson 00 with nothing found, and leave nothing behind."""
    fresh = Lesson("00")
    fresh._kept.forget()
    yield fresh
    fresh._kept.forget()


def set_by_hand(board: GoalBoard, **values: object) -> None:
    """Change controls, one after the other, as a hand does."""
    for field, value in values.items():
        board.panel.control(field).value = value  # type: ignore[attr-defined]


def test_a_goal_is_ticked_when_a_hand_reaches_it(lesson: Lesson) -> None:
    """And says in a line why; the others stay open."""
    board = lesson.panel("who_stops_her")
    wrong = dict(board.panel.controls[0].options)
    assert "Find (0 of 3)" in board._words.value
    set_by_hand(board, wrong=wrong["it has expired"])
    assert lesson.found("who_stops_her") == []
    assert "is there a pin that could have been asked" in board._words.value, "a near miss"
    set_by_hand(board, pinned=True)
    assert lesson.found("who_stops_her") == [0]
    assert script("00").panels["who_stops_her"].goals[0].why in board._words.value
    assert "Find (1 of 3)" in board._words.value
    again = lesson.panel("who_stops_her")
    assert "Find (1 of 3)" in again._words.value, "what is found stays found"


def test_scenes_and_code_find_nothing(lesson: Lesson) -> None:
    """Scenes are hidden until all is found, and whoever shows one has found nothing."""
    board = lesson.panel("who_stops_her")
    scene = board.panel._scene
    assert scene.layout.display == "none"
    board.panel.show("Mis-issued, with a pin")
    scene.value = "A copied certificate"
    assert lesson.found("who_stops_her") == []
    lesson.present()
    assert scene.layout.display is None, "whoever presents has them"
    lesson.present(False)
    lesson.find("who_stops_her", [0, 1, 2])
    board.refresh()
    assert scene.layout.display is None
    assert "You’ve found all of them." in board._words.value


def test_undo_takes_back_anything_and_finds_nothing(lesson: Lesson) -> None:
    """Start over included: a slip costs nothing."""
    board = lesson.panel("who_stops_her")
    panel = board.panel
    first = panel.state
    set_by_hand(board, pinned=True)
    changed = panel.state
    panel.start_over()
    assert panel.state == first
    panel.undo()
    assert panel.state == changed
    panel.undo()
    assert panel.state == first and panel._undo.disabled


@pytest.mark.parametrize(("number", "name"), PANELS)
def test_no_goal_is_met_at_the_start_and_one_takes_two_changes(number: str, name: str) -> None:
    """Reaching it means having done something."""
    lesson = Lesson(number)
    lesson._kept.forget()
    board = lesson.panel(name)
    start = board.panel.facts
    goals = script(number).panels[name].goals
    assert not [goal.find for goal in goals if meets(start, goal.when)]
    fields = {control.field for control in board.panel.controls}
    one_step: set[int] = set()
    for control in board.panel.controls_in(board.panel.state):
        for value in control.choices if control.kind not in {"file", "text", "press"} else ():
            board.panel.show(board.panel._first)
            try:
                board.panel.control(control.field).value = value  # type: ignore[attr-defined]
            except Exception:  # noqa: S112 - a control that another one hides
                continue
            facts = board.panel.facts
            one_step |= {at for at, goal in enumerate(goals) if meets(facts, goal.when)}
    lesson._kept.forget()
    assert fields
    assert len(one_step) < len(goals), "at least one goal takes two controls"
