"""One value for everybody in a kernel, however many threads ask for it first, and at once."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from contextlib import suppress

import pytest

from pinlib.shared import shared

CROWD = """
    import sys, threading
    from pinlib.operations import sweep
    from pinlib.scenes.cast import TODAY, story
    from pinlib.tls.certificates import Validity
    from pinlib.tls.interception import Forger

    sys.setswitchinterval(1e-6)

    def at_once(ask):
        start, given = threading.Barrier(4), []
        def asker():
            start.wait()
            given.append(ask())
        crowd = [threading.Thread(target=asker) for _ in range(4)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        return len({id(one) for one in given}) if len(given) == 4 else 0

    print("story", at_once(story))
    print("events", at_once(lambda: story().events["renew with an unknown key"].identity))
    print("keys", max(at_once(lambda: sweep._private(f"key {letter}")) for letter in "CDEFGHIJ"))
    print("rogues", at_once(lambda: sweep._rogue("Other Issuing CA")))
    forger = Forger(story().proxy, Validity.days(TODAY, 9))
    print("forged", max(at_once(lambda: forger(f"{n}.example")) for n in range(20)))
"""


def test_four_threads_that_ask_at_once_get_the_same_people() -> None:
    """The cast, its events, a plan's keys and rogues, a forger's certificates: each is made once.

    In a kernel of its own, in which nobody has asked yet.
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CROWD)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    everything = ("story", "events", "keys", "rogues", "forged")
    assert done.stdout.splitlines() == [f"{what} 1" for what in everything]


def test_a_value_is_made_once_in_whatever_thread() -> None:
    """Whoever comes while it is being made waits for it, and makes no other."""
    made: list[int] = []
    two_makers = threading.Barrier(2)

    @shared
    def slow(number: int) -> object:
        made.append(number)
        with suppress(threading.BrokenBarrierError):  # nobody came: that is right
            two_makers.wait(0.2)
        return object()

    given: list[object] = []
    crowd = [threading.Thread(target=lambda: given.append(slow(1))) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert made == [1]
    assert len(given) == 8
    assert len(set(given)) == 1


def test_what_fails_is_made_by_the_next() -> None:
    """An error is nobody's value."""
    tries: list[int] = []

    @shared
    def at_the_second_go() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("not now")
        return "made"

    with pytest.raises(OSError, match="not now"):
        at_the_second_go()
    assert at_the_second_go() == at_the_second_go() == "made"
    assert len(tries) == 2


def test_the_last_made_are_remembered_and_all_can_be_forgotten() -> None:
    """`most` bounds them; what was forgotten is made anew."""
    made: list[int] = []

    def double(number: int) -> int:
        made.append(number)
        return 2 * number

    few = shared(double, most=2)
    assert [few(n) for n in (1, 2, 2, 3, 1)] == [2, 4, 4, 6, 2]
    assert made == [1, 2, 3, 1]
    few.forget()
    assert few(1) == 2
    assert made == [1, 2, 3, 1, 1]
