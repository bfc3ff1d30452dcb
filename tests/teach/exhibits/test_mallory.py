"""The lab: a bet before each try, real results, and goals that only knowing reaches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pinlib.scenes.evening import Bet, Victim
from pinlib.scenes.scenario import Middle
from pinlib.teach.exhibits.attack.mallory import Bench, MalloryPanel
from pinlib.teach.exhibits.attack.places import BY, attackers, where_stopped
from pinlib.teach.lesson import Lesson


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lesson]:
    """Give lesson 03 with nothing found."""
    monkeypatch.setenv("PINLIB_STRICT", "1")
    fresh = Lesson("03")
    fresh._kept.forget()
    yield fresh
    fresh._kept.forget()


def send(
    panel: MalloryPanel,
    victim: Victim,
    shows: Middle,
    *,
    appends: bool = False,
    bet: Bet = Bet.PASSWORD,
) -> None:
    """Set the bench by hand, bet, and press Send."""
    panel.control("victim").value = victim  # type: ignore[attr-defined]
    panel.control("shows").value = shows  # type: ignore[attr-defined]
    panel.control("appends").value = appends  # type: ignore[attr-defined]
    panel.control("bet").value = bet  # type: ignore[attr-defined]
    panel.button("Send").click()


def test_every_state_says_something_and_its_words_hold_its_numbers(lesson: Lesson) -> None:
    """Each certificate on each phone, with and without the bank's behind it."""
    panel = lesson.panel("mallory").panel
    seen = set()
    for state in MalloryPanel.states():
        panel.show(state)
        seen.add((panel.facts["outcome"], panel.facts.get("ending")))
    assert len(seen) > 4


def test_all_three_passwords_are_found_by_who_knows_why(lesson: Lesson) -> None:
    """Each goal ticks as its password arrives; the evening is won without a wrong bet."""
    board = lesson.panel("mallory")
    panel = board.panel
    assert isinstance(panel, MalloryPanel)
    send(panel, Victim.ALICE, Middle.OTHER_CA)
    assert lesson.found("mallory") == [0]
    assert "hunter22" in panel._picture.value
    send(panel, Victim.CAROL, Middle.OTHER_CA, bet=Bet.NOTHING)
    assert lesson.found("mallory") == [0]
    send(panel, Victim.CAROL, Middle.OTHER_CA, appends=True)
    assert lesson.found("mallory") == [0, 1]
    send(panel, Victim.BOB, Middle.OTHER_CA, bet=Bet.NOTHING)
    send(panel, Victim.BOB, Middle.STOLEN_KEY)
    assert lesson.found("mallory") == [0, 1, 2, 3]


def test_the_stolen_key_wasted_on_alice_is_told(lesson: Lesson) -> None:
    """A near miss: whoever can be had without it."""
    board = lesson.panel("mallory")
    send(board.panel, Victim.ALICE, Middle.STOLEN_KEY)  # type: ignore[arg-type]
    assert "stolen key" in board._words.value.lower()
    assert lesson.found("mallory") == [0]


def test_no_send_without_a_bet_and_no_send_is_undone(lesson: Lesson) -> None:
    """What cannot be done is a sentence; what was sent was sent."""
    panel = lesson.panel("mallory").panel
    panel.button("Send").click()
    assert "Bet first" in panel._notice.value
    panel.control("bet").value = Bet.NOTHING  # type: ignore[attr-defined]
    panel.button("Send").click()
    assert panel.state == Bench(sent="alice:self-signed:nothing:relays")
    assert panel._undo.disabled
    panel.start_over()
    assert panel.state == Bench()


def test_the_sort_knows_what_a_real_interception_says(lesson: Lesson) -> None:
    """Eleven attackers; what was tried on Bob is sorted, the rest by clicking."""
    everyone = attackers()
    assert len(everyone) == 11
    board = lesson.panel("mallory")
    send(board.panel, Victim.BOB, Middle.OTHER_CA)  # type: ignore[arg-type]
    tried = board.panel.tried  # type: ignore[attr-defined]
    sorting = lesson.sort("places", everyone, where_stopped, tried=tried)
    assert "1 of 11 sorted" in str(sorting)
    for name, middle in everyone.items():
        sorting.put(name, "TLS")
        assert where_stopped(middle).place in BY.values()
    assert "11 of 11 sorted, 4 of them right." in str(sorting)
    assert "You said: TLS." in sorting._words.value
