"""Each rule of an updater is missed: an app without it falls, the complete one stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pinlib import PinSet, key_pin, story
from pinlib.operations.update_attacks import Field, FieldAttack, knock
from pinlib.operations.updater import Updater
from pinlib.operations.updates import FORMS, NotTaken, PinUpdate, Reason, sign
from pinlib.operations.weak_updaters import WithOneKey, without
from pinlib.scenes.cast import TODAY

CAST = story()
KEY = Ed25519PrivateKey.generate()
FIELD = Field.of(CAST, KEY)
ATTACKS = FIELD.attacks
MALLORY = CAST.events["another trusted CA mis-issues"]


def _harmed(attack: FieldAttack, kind: type[Updater]) -> bool:
    """Return whether Alice was locked out, or Mallory let in: a real handshake."""
    app, _ = attack.lived(FIELD.app(kind), FIELD.at)
    return attack.meets(app, FIELD.at).connected is not attack.knocks.honest


@pytest.mark.parametrize("name", ATTACKS)
def test_an_app_that_lacks_one_rule_falls_and_the_complete_one_stands(name: str) -> None:
    """The two differ in that rule alone, and each is judged by a real handshake."""
    attack = ATTACKS[name]
    assert _harmed(attack, attack.weak)
    assert not _harmed(attack, Updater)


@pytest.mark.parametrize("name", ATTACKS)
def test_the_weak_the_complete_and_the_naive_app_take_the_honest_update(name: str) -> None:
    """What a rule is for is worth nothing if the bank is refused by it."""
    weak, complete = (FIELD.app(kind) for kind in (ATTACKS[name].weak, Updater))
    for app in (weak, complete, FIELD.naive()):
        assert not knock(FIELD.moved, app, FIELD.at).connected
        app = app.take(sign(FIELD.next(), KEY), FIELD.at)
        assert knock(FIELD.moved, app, FIELD.at).connected
        assert not knock(MALLORY, app, FIELD.at).connected


def test_every_rule_has_its_attack() -> None:
    """A rule that no attack of ours needs is not taught, and may be none."""
    missed = {*Updater.rules, *FORMS}
    for attack in ATTACKS.values():
        _, refused = attack.lived(FIELD.app(), FIELD.at)
        missed -= {one.reason for one in refused}
    assert not missed


SAID = {
    "rollback": "version 1, and the app has version 2: a rollback attack",
    "freeze": "expired on 2027-02-28, and today is 2027-03-01: an indefinite freeze attack",
    "staging": "for example.bank in staging, and this is example.bank in production: a wrong softw",
    "another app": "for example.partner in production, and this is example.bank in production",
    "another host": "no longer covers bank.example: a rollback attack",
    "too early": "issued on 2027-03-31, and today is 2027-03-01: a set sent before its time",
    "fast-forward": "version 1798761600, over 1,000 ahead of version 2: a fast-forward attack",
    "no number": "Its version is NaN: a value of the wrong type",
    "said twice": 'says "pins" twice',
    "unknown word": 'says "starts", which this app doesn’t know',
    "bare hex": "isn’t written sha256/…: bare hex would be read as a certificate pin",
    "stolen key used after": "None of the app’s update keys signed it",
    "takeover": "changes the online key, and the offline key didn’t sign it: a key compromise",
}


@pytest.mark.parametrize(("name", "said"), SAID.items())
def test_a_refusal_says_what_was_seen_and_what_that_would_have_been(name: str, said: str) -> None:
    """One sentence, with the evidence and with TUF's name for the attack, where it has one."""
    _, refused = ATTACKS[name].lived(FIELD.app(), FIELD.at)
    assert said in str(refused[0])
    assert str(refused[0]).count(". ") == 0 and str(refused[0]).endswith(".")


def _app_after(*texts: bytes) -> Updater:
    app = FIELD.app()
    for text in texts:
        app = app.take(text, FIELD.at)
    return app


def test_a_lost_online_key_is_lived_through() -> None:
    """With one key the bank is locked out for good; with two, its sets go on after the loss."""
    fresh = Ed25519PrivateKey.generate()
    online = fresh.public_key().public_bytes_raw()
    app = _app_after(FIELD.dropping(online=online))
    assert knock(FIELD.moved, app, FIELD.at).connected
    again = FIELD.next(era=2, online=online, version=4, pins=FIELD.second.pins)
    assert app.take(sign(again, fresh), FIELD.at).has == again
    with pytest.raises(NotTaken):
        FIELD.app(WithOneKey).take(FIELD.dropping(), FIELD.at)


def test_a_stolen_online_key_signs_until_the_app_hears_that_it_was_dropped() -> None:
    """What two keys of which either may sign do not give: Mallory is in, until that set arrives."""
    hers = sign(FIELD.next(pins=PinSet.of(FIELD.his)), KEY)
    app = _app_after(hers)
    assert knock(MALLORY, app, FIELD.at).connected
    app = app.take(FIELD.dropping(), FIELD.at)
    assert not knock(MALLORY, app, FIELD.at).connected
    assert knock(FIELD.moved, app, FIELD.at).connected


def test_a_stolen_offline_key_can_be_dropped_by_no_set() -> None:
    """Whoever has it can begin era after era; only a release ships another."""
    own = Ed25519PrivateKey.generate()
    hers = FIELD.dropping(online=own.public_key().public_bytes_raw(), pins=PinSet.of(FIELD.his))
    app = _app_after(FIELD.dropping(), FIELD.dropping(era=3, pins=PinSet.of(FIELD.his)))
    assert knock(MALLORY, app, FIELD.at).connected
    assert knock(MALLORY, _app_after(hers), FIELD.at).connected


def test_an_old_online_key_does_not_come_back() -> None:
    """Neither by a set of its era, nor by the offline key naming another key in the same era."""
    app = _app_after(FIELD.dropping())
    before = FIELD.next(version=99)
    with pytest.raises(NotTaken) as refused:
        app.take(sign(before, FIELD.offline), FIELD.at)
    assert refused.value.reason is Reason.OLD
    assert "version 99, and the app has version 3 of era 2" in str(refused.value)
    with pytest.raises(NotTaken, match="it doesn’t start a new era"):
        app.take(FIELD.dropping(version=9), FIELD.at)


def test_after_a_reinstall_an_old_set_is_new_again() -> None:
    """What a built-in set does not give: the version is forgotten, and a rollback succeeds.

    The end of the old set puts a stop to it, and so does a release with a newer built-in one.
    """
    thief = CAST.events["stolen key and the real certificate"]
    first = PinUpdate.read(FIELD.first.partition(b"\n")[0])
    built_in = replace(FIELD.second, version=1, issued=first.issued)
    offline = FIELD.offline.public_key()
    again = sign(replace(first, version=2), KEY)
    app = Updater(offline, built_in).take(sign(FIELD.next(), KEY), TODAY)
    with pytest.raises(NotTaken):
        app.take(again, TODAY)
    app = app.reinstalled()
    assert app.has == built_in
    assert not knock(thief, app, TODAY).connected
    assert knock(thief, app.take(again, TODAY), TODAY).connected
    with pytest.raises(NotTaken, match="an indefinite freeze attack"):
        app.take(again, first.expires)
    with pytest.raises(NotTaken, match="a rollback attack"):
        Updater(offline, FIELD.second).take(again, TODAY)


def test_a_version_that_no_step_reaches_is_reached_by_many() -> None:
    """What the longest step does not give: whoever can sign walks there; a new era brings back."""
    app = FIELD.app()
    for steps in range(1, 4):
        app = app.take(sign(FIELD.next(version=2 + 1000 * steps), KEY), FIELD.at)
    with pytest.raises(NotTaken, match="a rollback attack"):
        app.take(sign(FIELD.next(), KEY), FIELD.at)
    app = app.take(FIELD.dropping(), FIELD.at)
    assert app.has.order == (2, 3)


def test_the_weak_lack_one_rule_each() -> None:
    """None of them is the complete one by another name, and none lacks two."""
    for reason in (*Updater.rules, *FORMS):
        lacking = without(reason)
        assert set(lacking.rules) == set(Updater.rules) - {reason}
    assert key_pin(CAST.bank.leaf) not in FIELD.second.pins
    assert timedelta(0) < FIELD.second.expires - FIELD.at
