"""The story: what happens on every event, to every way of pinning, by real handshakes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pinlib import Cast, Outcome, Strategy, Tls
from pinlib.encoding.files import documents
from pinlib.errors import BadInput
from pinlib.pins.notations import Notation, read_notation
from pinlib.pins.wrong_hashes import recognise
from pinlib.scenes.cast import LOGIN, REPLY, story

# One letter a strategy, in the order of `Strategy`: o connected; p refused by the pin;
# c, n, d, k refused by the chain, the name, the date, the key.
WHAT_HAPPENS = {
    "initial": "oooooo",
    "renew, same key": "opoooo",
    "renew with the backup key": "oppooo",
    "renew with an unknown key": "opppoo",
    "new intermediate, same key": "opoopo",
    "new intermediate, new key": "oppppo",
    "other CA, same key": "opoopp",
    "other CA, backup key": "oppopp",
    "proxy CA in the device's store": "oppppp",
    "the pinned issuer mis-issues": "opppoo",
    "another trusted CA mis-issues": "oppppp",
    "rogue leaf, pinned certificate appended": "oppppp",
    "expired leaf": "dddddd",
    "wrong host": "nnnnnn",
    "unknown CA": "cccccc",
    "stolen key and the real certificate": "oooooo",
    "the real certificate, copied, without its key": "kkkkkk",
    "proxy CA installed by the user, ignored by the app": "cccccc",
    "hijack: genuine, from another CA": "oppppp",
    "hijack: genuine, from the bank's own CA": "opppoo",
    "stolen key and old certificate, after rotation": "oooooo",
    "stolen key, certified again by another CA": "opoopp",
    "cross-sign: the chain ends at another root": "ooooop",
}
LETTER = {
    "o": (Outcome.CONNECTED, None),
    "p": (Outcome.REFUSED_BY_PIN, "bad_certificate"),
    "c": (Outcome.REFUSED_BY_CHAIN, "unknown_ca"),
    "n": (Outcome.REFUSED_BY_NAME, "bad_certificate"),
    "d": (Outcome.REFUSED_BY_DATE, "certificate_expired"),
    "k": (Outcome.REFUSED_BY_KEY, "decrypt_error"),
}
HONEST = {
    "initial",
    "renew, same key",
    "renew with the backup key",
    "renew with an unknown key",
    "new intermediate, same key",
    "new intermediate, new key",
    "other CA, same key",
    "other CA, backup key",
    "expired leaf",
    "cross-sign: the chain ends at another root",
}


@pytest.mark.usefixtures("mode")
def test_the_table_of_events_is_what_handshakes_give(cast: Cast, tls: Tls) -> None:
    """Every event under every strategy ends as published, and a refused peer gets no byte."""
    for name, row in WHAT_HAPPENS.items():
        for strategy, letter in zip(Strategy, row, strict=True):
            verdict = cast.events[name].verdict(strategy, tls)
            outcome, alert = LETTER[letter]
            at = (name, strategy, str(verdict))
            assert (verdict.outcome, verdict.alert) == (outcome, alert), at
            assert verdict.application_bytes == (len(LOGIN) if letter == "o" else 0), at
            assert bool(verdict.match) == (letter == "o" and strategy is not Strategy.NONE), at


def test_the_table_leaves_no_event_out(cast: Cast) -> None:
    """What the cast can live through is exactly what is tabled, and honest where the bank is."""
    assert set(cast.events) == set(WHAT_HAPPENS)
    assert {name for name, event in cast.events.items() if event.honest} == HONEST


def test_an_accepted_server_gets_the_login_and_answers(cast: Cast, tls: Tls) -> None:
    """The bytes that cross are the login and the reply themselves, as the phone's timeline says."""
    verdict = cast.events["initial"].verdict(Strategy.LEAF_KEY, tls)
    bodies = [m.body for m in verdict.timeline if m.name == "application data"]
    assert bodies[:1] == [LOGIN]
    if tls is Tls.V1_3 and len(bodies) > 1 and bodies[1]:
        assert bodies[1] == REPLY


def test_everybody_in_a_kernel_meets_the_same_people() -> None:
    """`story` is one cast; a cast of one's own has other keys."""
    assert story() is story()
    assert Cast.assemble().bank.leaf != story().bank.leaf


def test_a_certificate_appended_is_presented_and_not_verified(cast: Cast, tls: Tls) -> None:
    """CVE-2016-2402: the bank's own leaf is presented, and no trusted path runs to it."""
    verdict = cast.events["rogue leaf, pinned certificate appended"].verdict(tls=tls)
    assert cast.bank.leaf in verdict.presented
    assert cast.bank.leaf not in verdict.verified


def test_a_thief_is_let_in_until_the_certificate_ends_and_longer_if_certified_again(
    cast: Cast, tls: Tls
) -> None:
    """On one day the old certificate is refused, and a new one for the stolen key is let in."""
    again = cast.events["stolen key, certified again by another CA"]
    old = replace(again, identity=cast.bank)
    for strategy in (Strategy.LEAF_KEY, Strategy.LEAF_KEY_AND_BACKUP):
        assert old.verdict(strategy, tls).outcome is Outcome.REFUSED_BY_DATE
        assert again.verdict(strategy, tls).connected


def test_an_event_that_is_none_is_answered_with_those_that_are(cast: Cast) -> None:
    """A learner who mistypes a name is told the names."""
    with pytest.raises(BadInput, match=r"'unknown ca'.*unknown CA"):
        cast.events["unknown ca"]


def test_three_of_five_colleagues_hashed_the_wrong_bytes(cast: Cast) -> None:
    """All five pins look alike; told apart by nothing but what was hashed, each by another."""
    found = {
        name: recognise(pin, documents(cast.bank.leaf))[0] for name, pin in cast.colleagues.items()
    }
    assert [name for name, one in found.items() if one.matches] == ["Ana", "Edith"]
    assert len({one.hashed for one in found.values()}) == 4
    assert found["Edith"].pin == found["Ana"].pin


def test_the_five_pins_wear_three_kinds_of_clothes(cast: Cast) -> None:
    """Or Edith's would be Ana's letter for letter, and nobody had anything to find out."""
    assert [read_notation(pin).notation for pin in cast.colleagues.values()] == [
        *[Notation.OKHTTP] * 3,
        *(Notation.CURL, Notation.KUBEADM),
    ]
