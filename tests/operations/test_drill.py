"""The rotation drill: moves, incidents, and what a run comes to."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlib import Strategy
from pinlib.errors import BadInput
from pinlib.operations.drill import (
    ENDS,
    LOST,
    RETIRED,
    RUNBOOK,
    START,
    STOLEN,
    Incident,
    Move,
    Op,
    Situation,
    begin,
    by_the_book,
    incidents,
    live,
    play,
    runbook,
    step,
)
from pinlib.operations.fleet import late_stay_late, locked_out, read_along, usual
from pinlib.operations.plans import Attack, Deployed, Released, authorities
from pinlib.operations.sweep import Sweep

WAY = Strategy.LEAF_KEY_AND_BACKUP


def moves(line: str) -> list[Move]:
    """Read moves as a panel's line has them."""
    return list(map(Move.parse, line.split()))


def after(line: str, seed: int = 3) -> Situation:
    """Return where these moves lead to."""
    return play(seed, moves(line))


def score(now: Situation) -> tuple[float, float]:
    """Return the shares of user-days: locked out, and with the thief let in."""
    sweep = Sweep(now.plan)
    cut = late_stay_late(now.plan, locked_out(sweep, WAY), usual())
    fooled = late_stay_late(now.plan, read_along(sweep, WAY), usual())
    return cut.lost, fooled.lost


def test_a_year_has_its_incidents_and_the_same_seed_the_same() -> None:
    """One of each kind, within the year, the theft on a Friday."""
    for seed in range(50):
        found = incidents(seed)
        assert found == incidents(seed)
        assert {one.what for one in found} == {STOLEN, RETIRED, LOST}
        assert all(START < one.day < ENDS for one in found)
        assert next(one.day.weekday() for one in found if one.what == STOLEN) == 4
    assert len({incidents(seed) for seed in range(50)}) == 50


def test_waiting_stops_at_a_telephone_call() -> None:
    """Nobody sleeps through an incident, and the next day goes on from there."""
    first = incidents(3)[0].day
    now = begin(incidents(3))
    while not now.news:
        now = step(now, Move(Op.MONTH))
    assert now.day == first
    assert step(now, Move(Op.DAY)).day == first + timedelta(1)


def test_waiting_stops_on_the_first_day_without_a_certificate() -> None:
    """A month does not hide that nobody can log in."""
    now = begin([])
    while not now.news:
        now = step(now, Move(Op.MONTH))
    assert now.day == date(2027, 4, 11)
    assert now.news == ("the certificate expired on 2027-04-10: nobody can log in",)
    assert step(now, Move(Op.MONTH)).news == ()


def test_the_year_ends_with_the_year() -> None:
    """Waiting beyond it is told."""
    now = begin(incidents(3))
    while not now.over:
        now = step(now, Move(Op.MONTH))
    assert now.day == ENDS
    with pytest.raises(BadInput, match="the year is over: undo a move"):
        step(now, Move(Op.DAY))


def test_each_move_does_what_it_says() -> None:
    """Keys, certificates and apps, one after the other."""
    now = after("backup")
    assert now.held == ("key A", "key B", "key C")
    now = after("backup release:A+B+C")
    assert (now.shipped.version, now.shipped.pins) == ("v2", ("key A", "key B", "key C"))
    now = after("week renew")
    assert now.certificate == Deployed(date(2027, 1, 8), "key A", "Lab Issuing CA", 100)
    now = after("week rotate")
    assert (now.in_use, now.backups, now.certificate.key) == ("key B", (), "key B")
    assert "the newest app knows it" in now.news[0]
    assert "newest app doesn’t know it" in after("backup week rotate day rotate").news[0]
    assert after("week revoke").plan.deployments == after("week").plan.deployments


def test_incidents_change_what_the_bank_has() -> None:
    """A stolen key, another issuer, a backup that is gone."""
    now = begin(incidents(3))
    while not now.over:
        now = step(now, Move(Op.MONTH))
    assert now.stolen == ("key A",)
    assert now.lost == ("key B",)
    assert now.backups == ()
    attack = next(one for one in now.events if isinstance(one, Attack))
    assert (attack.by, attack.ends) == ("key A", ENDS + timedelta(1))
    lost = after("backup backup month month month renew month month month")
    assert (lost.lost, lost.backups) == (("key B",), ("key C", "key D"))  # the oldest
    assert after("month month month month day renew").certificate.issuer == "Lab Issuing CA 2"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "rotate",
            "move 1, rotate to the oldest backup: you’ve already installed a certificate today",
        ),
        ("day rotate day rotate", "there is no backup key to rotate to: make one first"),
        ("day renew renew", "you’ve already installed a certificate today: wait a day"),
        ("release:A release:A+B", "the app store takes one release a day"),
        ("release:A+Z", "you haven’t made key Z yet: pin key A, key B"),
        ("release:foo_bar", "move 1, release the app: 'foo bar' is neither a key nor a CA"),
        ("release:A+Lab_Issuing_CA_9", "'Lab Issuing CA 9' is neither a key nor a CA"),
        ("release:A+Proxy_CA", "the CAs are Lab Issuing CA, .*, Lab Root, Other Root"),
        ("release:a", "you haven’t made key a yet"),
        ("release:certificate_1", "'certificate 1' is neither a key nor a CA"),
    ],
)
def test_a_move_that_cannot_be_made_is_told(line: str, said: str) -> None:
    """By its number, with what to do instead."""
    with pytest.raises(BadInput, match=said):
        after(line)


def test_a_release_may_pin_authorities_too() -> None:
    """By the names that are written with an underscore for each blank."""
    for name in (*authorities(), "Lab Root", "Other Root"):
        now = after(f"release:A+{name.replace(' ', '_')}")
        assert now.shipped.pins == ("key A", name)
        assert now.plan.releases[-1].pins == ("key A", name)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("jump", "'jump' isn’t a move; there are day, week, month, backup"),
        ("release", r"write a release with its pins, as in release:A\+B"),
        ("release:", "write a release with its pins"),
        ("week:A", "other moves without"),
        ("week:", "other moves without"),
    ],
)
def test_a_word_that_is_no_move_is_told(word: str, said: str) -> None:
    """A line of moves may come from anybody."""
    with pytest.raises(BadInput, match=said):
        Move.parse(word)


@given(st.lists(st.sampled_from([*Op]), max_size=12), st.integers(0, 20))
def test_moves_read_back_and_lead_to_the_same_place(ops: list[Op], seed: int) -> None:
    """A run is its seed and its line, and nothing else."""
    now, made = begin(incidents(seed)), []
    for op in ops:
        move = Move(op, now.held if op is Op.RELEASE else ())
        try:
            now = step(now, move)
        except BadInput:
            continue
        made.append(move)
    again = moves(" ".join(map(str, made)))
    assert again == made
    assert play(seed, again) == now


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_runbook_keeps_its_own_rules(seed: int) -> None:
    """Two backups at every week's end, no certificate that ends, a theft answered the same day."""
    now = begin(incidents(seed))
    for move in runbook(seed):
        if move.op is Op.WEEK:
            assert len(now.backups) == 2
            assert now.in_use not in now.stolen
            assert now.shipped.pins == now.held
            assert now.ends > now.day + timedelta(7)
        now = step(now, move)
    assert now.over
    assert len(RUNBOOK) == 4
    theft = next(one.day for one in incidents(seed) if one.what == STOLEN)
    assert any(isinstance(one, Deployed) and one.day == theft for one in now.events)


def test_the_runbook_renews_with_a_third_of_a_life_left() -> None:
    """33 of 100 days: a day before there is nothing to do, and then there is."""
    now = step(step(begin([]), Move(Op.BACKUP)), Move(Op.RELEASE, ("key A", "key B", "key C")))
    while (now.ends - now.day).days > 34:
        now = step(now, Move(Op.DAY))
    assert by_the_book(now) == Move(Op.WEEK)
    assert by_the_book(step(now, Move(Op.DAY))) == Move(Op.RENEW)


def test_a_theft_on_the_day_of_a_renewal_asks_for_no_second_certificate() -> None:
    """The runbook rotates at once where that can be done, and else does something that can."""
    now = step(begin([Incident(START + timedelta(7), STOLEN)]), Move(Op.WEEK))
    assert by_the_book(now) == Move(Op.ROTATE)
    renewed = step(now, Move(Op.RENEW))
    assert step(renewed, by_the_book(renewed)).news
    assert by_the_book(step(renewed, Move(Op.DAY))) == Move(Op.ROTATE)


def test_what_is_revoked_is_what_was_stolen_last() -> None:
    """Two thefts in a year: the certificate of the second is the one that still matters."""
    coming = [Incident(START + timedelta(7), STOLEN), Incident(START + timedelta(14), STOLEN)]
    now = begin(coming)
    for op in (Op.WEEK, Op.ROTATE, Op.WEEK, Op.REVOKE):
        now = step(now, Move(op))
    assert now.stolen == ("key A", "key B")
    assert now.revoked == ("key B",)


def test_doing_nothing_costs_and_is_counted_from_handshakes() -> None:
    """Who never renews is locked out; who renews and never rotates is read along to the end."""
    lapsed = begin(incidents(3))
    while not lapsed.over:
        lapsed = step(lapsed, Move(Op.MONTH))
    cut, _ = score(lapsed)
    assert cut == pytest.approx(265 / 365, abs=0.001)  # a hundred days of service in a year
    kept, answered = begin(incidents(3)), play(3, runbook(3))
    while not kept.over:
        late = (kept.ends - kept.day).days < 33
        kept = step(kept, Move(Op.RENEW if late else Op.WEEK))
    theft = next(one.day for one in incidents(3) if one.what == STOLEN)
    assert score(kept) == pytest.approx((0, ((ENDS - theft).days + 1) / 365))
    cut, fooled = score(answered)
    assert cut == 0
    assert fooled < score(kept)[1] / 5


def test_revoking_changes_nothing_on_a_phone() -> None:
    """Not one user less is locked out, and not one less lets the thief in."""
    stolen = "backup release:A+B+C month month renew month month month"
    assert after(stolen).stolen == ("key A",)
    plain, revoked = after(f"{stolen} week week"), after(f"{stolen} revoke week week")
    assert score(plain) == score(revoked)
    assert revoked.revoked == ("key A",)


def test_who_never_waits_is_stopped() -> None:
    """A judge may be given a decision that goes on for ever: it is told, and nothing hangs."""
    asked = count(1)

    def busy(_: Situation) -> Move:
        assert next(asked) < 1000, "time stands still, and nobody says so"
        return Move(Op.BACKUP)

    with pytest.raises(BadInput, match="501 moves by 2027-01-01 without waiting"):
        live(begin([]), busy)


def test_five_hundred_moves_on_the_spot_are_a_busy_year() -> None:
    """The limit is one that nobody meets who waits in between."""
    asked = count(1)
    now, made = live(begin([]), lambda _: Move(Op.BACKUP if next(asked) <= 500 else Op.MONTH))
    assert now.over
    assert sum(move.op is Op.BACKUP for move in made) == 500


def test_a_run_never_loses_the_past() -> None:
    """Each move adds to what has happened."""
    now = begin(incidents(5))
    for move in runbook(5):
        later = step(now, move)
        assert later.events[: len(now.events)] == now.events
        assert later.day >= now.day
        now = later
    assert sum(isinstance(one, Released) for one in now.events) >= 3
