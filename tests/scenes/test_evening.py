"""Mallory's evening: what can be had, what cannot, and that knowing is what solves it."""

from __future__ import annotations

from itertools import cycle, product

import pytest

from pinlib import Check
from pinlib.errors import BadInput
from pinlib.scenes.evening import STOCK, TRIES, Bet, Evening, Ruse, Try, Victim, meet
from pinlib.scenes.scenario import Middle

EVERY = [Ruse(shows, appends) for shows, appends in product(STOCK, (False, True))]


def winners(victim: Victim) -> set[tuple[Middle, bool]]:
    """Try everything on somebody, by real interceptions."""
    tries = (Try(victim, attack, Bet.NOTHING) for attack in EVERY)
    return {(one.ruse.shows, one.ruse.appends) for one in tries if one.won}


def test_whose_password_can_be_had_and_how() -> None:
    """Alice: by any trusted CA; Carol: if the bank's lies beside it; Bob: by the key alone."""
    issued = (Middle.OTHER_CA, Middle.HIJACK)
    key = {(Middle.STOLEN_KEY, False), (Middle.STOLEN_KEY, True)}
    assert winners(Victim.ALICE) == {*product(issued, (False, True)), *key}
    assert winners(Victim.BOB) == key
    assert winners(Victim.CAROL) == {*product(issued, (True,)), *key}


@pytest.mark.parametrize(
    ("shows", "victim", "check"),
    [
        (Middle.SELF_SIGNED, Victim.ALICE, Check.CHAIN),
        (Middle.COMPANY_PROXY, Victim.ALICE, Check.CHAIN),
        (Middle.OTHER_NAME, Victim.ALICE, Check.NAME),
        (Middle.COPY, Victim.ALICE, Check.KEY),
        (Middle.COMPANY_PROXY, Victim.BOB, Check.PIN),
        (Middle.OTHER_CA, Victim.BOB, Check.PIN),
        (Middle.HIJACK, Victim.CAROL, Check.PIN),
    ],
)
def test_each_impossible_one_is_stopped_by_its_own_check(
    shows: Middle, victim: Victim, check: Check
) -> None:
    """The check that a learner has to name."""
    assert meet(victim, Ruse(shows)).verdict.findings.failed is check


def test_what_is_captured_is_each_persons_own_login() -> None:
    """Three people, three passwords, read out of the interceptor's own TLS library."""
    for victim in Victim:
        page = meet(victim, Ruse(Middle.STOLEN_KEY)).page
        assert page is not None and page.request.endswith(victim.form)


SOLUTION = (
    (Victim.ALICE, Ruse(Middle.SELF_SIGNED), Bet.NOTHING),
    (Victim.ALICE, Ruse(Middle.OTHER_CA), Bet.PASSWORD),
    (Victim.CAROL, Ruse(Middle.OTHER_CA, appends=True), Bet.PASSWORD),
    (Victim.BOB, Ruse(Middle.HIJACK), Bet.NOTHING),
    (Victim.BOB, Ruse(Middle.STOLEN_KEY), Bet.PASSWORD),
)


def test_who_knows_why_solves_it_and_the_line_of_text_brings_it_back() -> None:
    """Five tries: three passwords, and two of which it is known that nothing can be had."""
    evening = Evening()
    for victim, attack, bet in SOLUTION:
        assert not evening.solved
        evening = evening.after(victim, attack, bet)
    assert evening.solved and evening.wrong_bets == 0
    assert Evening.parse(str(evening)) == evening


def test_the_stolen_key_is_wasted_on_who_can_be_had_without() -> None:
    """It works once, so Bob cannot be had any more that evening."""
    evening = Evening().after(Victim.ALICE, Ruse(Middle.STOLEN_KEY), Bet.PASSWORD)
    with pytest.raises(BadInput, match="replaced its key"):
        evening.after(Victim.BOB, Ruse(Middle.STOLEN_KEY), Bet.PASSWORD)


@pytest.mark.parametrize("bet", [Bet.PASSWORD, Bet.NOTHING])
@pytest.mark.parametrize("start", range(len(EVERY)))
def test_going_through_all_options_does_not_solve_it(start: int, bet: Bet) -> None:
    """Whoever tries one option after the other, from anywhere, and always bets the same."""
    evening = Evening()
    for victim in Victim:
        options = cycle(EVERY[start:] + EVERY[:start])
        for _ in range(len(EVERY)):
            if evening.left[victim] == 0 or victim in evening.won:
                break
            attack = next(options)
            if not (attack.shows is Middle.STOLEN_KEY and evening.key_used):
                evening = evening.after(victim, attack, bet)
    assert not evening.solved


def test_a_try_needs_a_bet_and_there_are_three() -> None:
    """One sentence each, and nothing is lost."""
    with pytest.raises(BadInput, match="bet first: will you get Alice’s password"):
        Evening().after(Victim.ALICE, Ruse(), Bet.OPEN)
    evening = Evening()
    for _ in range(TRIES):
        evening = evening.after(Victim.ALICE, Ruse(), Bet.NOTHING)
    with pytest.raises(BadInput, match="Alice has left after 3 tries"):
        evening.after(Victim.ALICE, Ruse(), Bet.NOTHING)


@pytest.mark.parametrize(
    "line",
    ["x", "alice", "alice:copy", "alice:copy:open", "dave:copy:nothing", "alice:copy:nothing:x"],
)
def test_a_line_that_says_nothing_is_told(line: str) -> None:
    """Pasted text is read try by try."""
    with pytest.raises(BadInput):
        Evening.parse(line)
