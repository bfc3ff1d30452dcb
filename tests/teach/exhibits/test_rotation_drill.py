"""The drill's panel: buttons that act, undo, replay, and the runbook on the same day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pinlib.errors import BadInput
from pinlib.operations.drill import Op, play, runbook
from pinlib.operations.plans import Released
from pinlib.teach.exhibits.lifecycle.drill_run import DrillRun, Ship, by_runbook, idle
from pinlib.teach.exhibits.lifecycle.rotation_drill import DrillPanel, _counts, _draw, _until


@pytest.fixture
def drill(monkeypatch: pytest.MonkeyPatch) -> DrillPanel:
    """Return the panel on New Year's Day of year 3."""
    monkeypatch.setenv("PINLIB_STRICT", "1")
    return DrillPanel()


def make(panel: DrillPanel, *ops: Op) -> None:
    """Choose and do, as a hand does it."""
    for op in ops:
        panel.control("op").value = op
        panel.button("Do it").click()


def test_a_move_is_two_hands_work_and_rewound_by_one(drill: DrillPanel) -> None:
    """Choose, do, rewind; the line of moves goes with it."""
    make(drill, Op.BACKUP, Op.RELEASE, Op.WEEK)
    assert drill.state.moves == "backup release:A+B+C week"
    assert drill._view.facts["day"] == "2027-01-08"
    drill.button("Rewind").click()
    assert drill.state.moves == "backup release:A+B+C"
    for _ in range(2):
        drill.button("Rewind").click()
    assert drill.state.moves == ""
    assert "0 moves, rewound 3 times" in drill._view.words, "nobody can do this in life"
    drill.button("Rewind").click()
    assert "There’s no move to rewind." in drill._notice.value


def test_what_cannot_be_done_is_told_and_nothing_is_lost(drill: DrillPanel) -> None:
    """The picture stays, the sentence says what to do, and it goes with the next move."""
    make(drill, Op.WEEK, Op.ROTATE)
    before = drill.state
    make(drill, Op.RENEW)
    assert drill.state == replace(before, op=Op.RENEW)
    assert 'role="alert"' in drill._notice.value
    assert "wait a day" in drill._notice.value
    make(drill, Op.DAY)
    assert drill._notice.value == ""


def test_the_next_release_pins_what_was_chosen(drill: DrillPanel) -> None:
    """Five ways to fill it, in the words of the list."""
    make(drill, Op.BACKUP)
    now = drill.state.now
    assert [ship.pins(now) for ship in Ship] == [
        ("key A", "key B", "key C"),
        ("key A", "key B"),
        ("key A",),
        ("key B", "key C"),
        ("Lab Issuing CA",),
    ]
    drill.control("ship").value = Ship.AUTHORITY
    make(drill, Op.RELEASE)
    assert drill.state.now.shipped.pins == ("Lab Issuing CA",)
    again = DrillPanel(drill.text)
    assert again.state == drill.state


def test_no_backup_no_pin_on_one(drill: DrillPanel) -> None:
    """It is said before anything is shipped."""
    make(drill, Op.WEEK, Op.ROTATE)
    drill.control("ship").value = Ship.BACKUPS
    make(drill, Op.RELEASE)
    assert "There is no backup key to pin" in drill._notice.value


def test_a_replay_goes_back_and_a_new_move_gives_up_what_came_after(drill: DrillPanel) -> None:
    """The past can be looked at, and changed."""
    make(drill, Op.BACKUP, Op.RELEASE, Op.MONTH, Op.MONTH)
    drill.control("seen").value = 2
    assert drill._view.facts == drill._view.facts | {"day": "2027-01-01", "moves": "2"}
    assert drill.state.moves.split()[-1] == "month"
    make(drill, Op.WEEK)
    assert drill.state.moves == "backup release:A+B+C week"
    assert drill.state.seen == -1


def test_another_year_begins_afresh(drill: DrillPanel) -> None:
    """Its incidents are on other days, so the moves of this one mean nothing there."""
    make(drill, Op.BACKUP, Op.WEEK)
    drill.control("seed").value = 5
    assert drill.state == replace(DrillRun(5), op=Op.WEEK)


def test_moves_can_be_pasted_and_a_wrong_one_is_told(drill: DrillPanel) -> None:
    """By its number or its word."""
    drill.control("moves").value = "backup release:A+B+C month"
    assert drill._view.facts["moves"] == "3"
    drill.control("moves").value = "backup jump"
    assert "isn’t a move" in str(drill._view.headline.reason)
    drill.control("moves").value = "month " * 20
    assert "move 16" in str(drill._view.headline.reason)
    drill.start_over()
    assert drill._view.facts["moves"] == "0"


def test_the_runbook_is_shown_as_far_as_the_same_day(drill: DrillPanel) -> None:
    """Its figures are those of its own run, locked out on this day."""
    make(drill, Op.MONTH, Op.MONTH)
    now = drill.state.now
    theirs = _until(play(3, runbook(3)).plan, now.day)
    assert all(one.day <= now.day for one in theirs.events)
    cut, fooled = _counts(theirs, drill.state.users)
    card = drill._view.picture.rpartition("The runbook</div>")[2]
    assert f"{cut.lost * 100:.1f} %" in card
    assert f"{fooled.lost * 100:.1f} %" in card


def test_revoking_is_tried_on_a_phone(drill: DrillPanel) -> None:
    """A real handshake with the certificate that was revoked: the phone asks nobody."""
    make(drill, Op.MONTH, Op.REVOKE)
    assert "shows the revoked certificate and has its key: Connected." in drill._view.words
    make(drill, Op.DAY)
    assert "shows the revoked certificate" not in drill._view.words


def test_what_is_revoked_is_the_stolen_key_even_after_a_rotation(drill: DrillPanel) -> None:
    """The bank's new certificate is not the one to list; how long the old one holds is shown."""
    make(drill, Op.MONTH, Op.MONTH, Op.RENEW, Op.MONTH, Op.MONTH, Op.MONTH, Op.ROTATE, Op.REVOKE)
    assert drill.state.now.revoked == ("key A",)
    assert "stolen: key A; its certificate is valid until 9 Jun 2027" in drill._view.words
    assert "shows the revoked certificate and has its key: Connected." in drill._view.words


def test_the_scenes_tell_three_stories() -> None:
    """A beginning, a careful year, and one in which nobody answers the telephone."""
    careful, nobody = _draw(by_runbook(3)), _draw(idle(3))
    assert careful.facts["outcome"] == nobody.facts["outcome"] == "over"
    assert float(careful.facts["cut"]) == float(nobody.facts["cut"]) == 0
    assert float(nobody.facts["fooled"]) > 5 * float(careful.facts["fooled"]) > 0
    assert any(isinstance(one, Released) for one in by_runbook(3).now.events)


def test_a_seed_that_is_none_is_told() -> None:
    """As any word of a line."""
    with pytest.raises(BadInput, match="seed cannot be '99'"):
        DrillPanel("drill: seed=99")


def test_how_people_update_is_called_an_assumption(drill: DrillPanel) -> None:
    """That some never do is our fit, and it is said beside the figures that depend on it."""
    for view in (drill._view, DrillPanel(by_runbook(3))._view):
        assert "Assumed: most within a month, many never (our fit" in view.picture


def test_the_thief_has_the_banks_certificates_and_no_other() -> None:
    """How long the stolen key's last one holds is shown, and that nobody certifies it again."""
    view = DrillPanel(idle(3))._view
    assert "no CA issues another" in view.picture
    assert "no CA issues another" in view.words
