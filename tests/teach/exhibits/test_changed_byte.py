"""One byte changed by hand: what the panel says of it is what hashes and validators say."""

from __future__ import annotations

import statistics
import time
import warnings
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from pinlib import certificate_pin, key_pin, parts, story
from pinlib.encoding.der import dissect
from pinlib.errors import NotReadable
from pinlib.teach.exhibits.inspection.changed_byte import (
    BITS_OF_KEY,
    KIND_OF_KEY,
    SERIAL,
    BytePanel,
    Change,
    Touched,
    issued,
    touchable,
)
from pinlib.teach.lesson_texts import script
from pinlib.teach.widgets.goals import meets

CAST = story()
LEAF = CAST.bank.leaf
IN_SPKI = {KIND_OF_KEY, BITS_OF_KEY}


def changed(state: Touched) -> bytes:
    """Return the certificate as somebody with a hex editor would make it."""
    made = bytearray(issued())
    place = touchable()[state.part].start + state.at
    made[place] = state.change.of(made[place])
    return bytes(made)


def hand(panel: BytePanel, part: str, change: Change, at: int | None = None) -> None:
    """Set the controls one after the other, as a hand does."""
    panel.control("part").value = part
    if at is not None:
        panel.control("at").value = at
    panel.control("change").value = change


def test_every_byte_of_every_part_says_what_hashlib_says() -> None:
    """All of them, both ways: each pin is new exactly if its bytes are, the key's never alone."""
    panel = BytePanel()
    spki = parts(LEAF)["SPKI"]
    start = issued().index(spki)
    seen = set()
    for state in BytePanel.states():
        panel.show(state)
        made, facts = changed(state), panel._view.facts
        whole = sha256(made).digest() != sha256(issued()).digest()
        key = made[start : start + len(spki)] != spki
        expected = {(False, False): "same", (True, False): "certificate", (True, True): "both"}
        try:
            readable = dissect(made).layout is not None
        except NotReadable:
            readable = False
        assert facts["outcome"] == (expected[whole, key] if readable else "unreadable"), state
        assert key is (state.part in IN_SPKI and state.change is not Change.NONE)
        seen.add(facts["outcome"])
        if readable:
            assert str(key_pin(made)) in panel._view.text
            assert str(certificate_pin(made)) in panel._view.text
    assert seen == {"same", "certificate", "both", "unreadable"}


def test_tls_refuses_every_change_and_says_why() -> None:
    """A signature that verifies would be a forgery; asked of the library here, without our code."""
    issuer = CAST.issuing.certificate.public_key()
    assert isinstance(issuer, ec.EllipticCurvePublicKey)
    panel = BytePanel()
    told = set()
    for state in BytePanel.states():
        panel.show(state)
        facts, reason = panel._view.facts, panel._view.headline.reason
        assert (facts["tls"] == "verified") is (state.change is Change.NONE)
        if state.change is Change.NONE:
            continue
        assert "TLS refuses it: " in reason
        told.add(reason.partition("TLS refuses it: ")[2])
        if "signature no longer matches" in reason:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                one = x509.load_der_x509_certificate(changed(state))
            with pytest.raises(InvalidSignature):
                issuer.verify(one.signature, one.tbs_certificate_bytes, ec.ECDSA(SHA256()))
    assert "the CA’s signature no longer matches." in told
    assert "it can’t be read as a certificate." in told
    assert any(one.startswith("no CA here is called Lab Issuing ") for one in told)


@pytest.mark.parametrize("part", touchable())
def test_each_part_begins_at_a_byte_that_can_be_read_after_a_change(part: str) -> None:
    """One click, and both pins can be compared; names and dates are told as people read them."""
    panel = BytePanel()
    hand(panel, part, Change.MORE)
    outcome = panel._view.facts["outcome"]
    assert outcome == ("both" if part in IN_SPKI else "certificate")
    reads = {"issuer": "Lab Issuing CA → Lab Issuing CB", "subject": "bank.example → bank.examplf"}
    assert reads.get(part, "") in panel._view.words
    if part == "validity":
        assert "2027" in panel._view.words and "2028" in panel._view.words


def test_the_map_and_the_bytes_mark_the_one_that_was_changed() -> None:
    """Its hex as it is now, once; and the byte before it stays."""
    for state in (Touched("subject", 3, Change.MORE), Touched(BITS_OF_KEY, 0, Change.BIT)):
        panel = BytePanel(state)
        place = touchable()[state.part].start + state.at
        now = changed(state)[place]
        html = panel._picture.value
        assert html.count(f'<b class="pl-fails">{now:02x}</b>') == 1
        assert html.count('data-part="the byte"') == 1
        assert f"byte {place}: {issued()[place]:02x} → {now:02x}" in html


def test_colour_is_left_to_who_was_harmed() -> None:
    """Nobody is harmed here: no card and no headline takes a tone."""
    panel = BytePanel()
    for state in BytePanel.presets.values():
        panel.show(state)
        assert panel._view.headline.tone == "plain"
        assert not panel._view.headline.signed
        assert "pl-card pl-good" not in panel._picture.value
        assert "pl-card pl-bad" not in panel._picture.value


# -- Its goals ------------------------------------------------------------------------------------


def reached(panel: BytePanel) -> list[int]:
    """List the goals of lesson 02 that a state reaches."""
    goals = script("02").panels["byte"].goals
    return [number for number, goal in enumerate(goals, 1) if meets(panel.facts, goal.when)]


def test_the_goals_are_reached_by_hand_and_not_by_themselves() -> None:
    """One by one change, one by two controls, and the last by trying all parts."""
    panel = BytePanel()
    assert reached(panel) == []
    panel.control("change").value = Change.MORE
    assert reached(panel) == [1]
    panel.control("part").value = BITS_OF_KEY
    assert reached(panel) == [2]
    for number, part in enumerate(touchable(), 1):
        assert 3 not in reached(panel)
        panel.control("part").value = part
        if number < len(touchable()):
            assert panel._view.facts["parts"] == str(max(number, len(panel.state.tried)))
    assert reached(panel)[-1] == 3
    assert "Tried in 8 of 8 parts" in panel._view.words
    panel.start_over()
    assert panel._view.facts["parts"] == "0"


def test_what_breaks_the_certificate_is_no_try() -> None:
    """Without a key there is no key pin to compare; the panel says so."""
    panel = BytePanel()
    hand(panel, SERIAL, Change.MORE, at=0)
    assert panel._view.headline.words == "Not a certificate any more"
    assert panel._view.facts["parts"] == "0"
    assert "Key pin: no key found" in panel._view.words


def test_each_near_miss_gets_a_sentence() -> None:
    """The byte is in the wrong place, or parts are left: what to do next."""
    first, second, third = script("02").panels["byte"].goals
    panel = BytePanel()
    hand(panel, BITS_OF_KEY, Change.BIT)
    assert meets(panel.facts, first.near[0].when)
    assert meets(panel.facts, third.near[0].when)
    hand(panel, "signature", Change.BIT)
    assert meets(panel.facts, second.near[0].when)


# -- As a panel -----------------------------------------------------------------------------------


def test_a_line_of_text_brings_a_state_back() -> None:
    """Also one that names a part and a byte that the part before does not have."""
    panel = BytePanel()
    for state in BytePanel.presets.values():
        panel.show(state)
        other = BytePanel()
        other.show(panel.text)
        assert other.state == state
    panel.show("part=extensions")
    assert panel.state.part == "extensions"


def test_undo_and_the_slider_follow_the_part() -> None:
    """Each part has its own number of bytes, and undo goes back over a change of part."""
    panel = BytePanel()
    hand(panel, "signature", Change.BIT, at=0)
    size = len(touchable()["signature"])
    assert len(panel.control("at").options) == size
    assert panel.control("at").options[0] == (f"1 of {size}", 0)
    panel.undo()
    panel.undo()
    panel.undo()
    assert panel.state == BytePanel.initial


def test_a_change_is_drawn_fast() -> None:
    """Hashing, validating and drawing take a few milliseconds: a slider can be dragged."""
    panel = BytePanel()
    taken = []
    for at in range(40):
        start = time.perf_counter()
        panel.show(Touched("extensions", at, Change.BIT))
        taken.append(time.perf_counter() - start)
    assert statistics.median(taken) < 0.02


def test_the_certificate_is_the_banks_and_stays_so() -> None:
    """What is changed is a copy; nothing of the story is touched."""
    before = LEAF.public_bytes(Encoding.DER)
    BytePanel(replace(BytePanel.initial, change=Change.BIT))
    assert issued() == before == CAST.bank.leaf.public_bytes(Encoding.DER)
