"""The handshake panel: stepped through, opened to the byte, and honest about what leaks."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pinlib import Check, Mark, Middle, Scenario, Tls
from pinlib.errors import BadInput
from pinlib.teach.exhibits.connection.handshake import Eyes, HandshakePanel, Watched, Wrong
from pinlib.teach.exhibits.connection.signed_view import show_signature
from pinlib.teach.lesson_texts import script
from pinlib.teach.widgets.goals import meets
from pinlib.tls.openssl import Mode, engine_mode

opened = pytest.mark.skipif(engine_mode() is Mode.HEADERS, reason="this Python cannot open TLS 1.3")
WORDS = {Tls.V1_2: "ServerKeyExchange", Tls.V1_3: "CertificateVerify"}


@opened
@pytest.mark.parametrize("wrong", [Wrong.EXPIRED, Wrong.UNKNOWN_CA, Wrong.COPY])
def test_how_a_refusal_in_tls_1_3_ends_is_told_as_this_librarys_own(wrong: Wrong) -> None:
    """Our gate encrypts its alert, OpenSSL refuses a copy by itself in clear: both are said."""
    words = HandshakePanel().view(Watched(wrong, eyes=Eyes.EAVESDROPPER)).text
    copied = wrong is Wrong.COPY
    assert ("in clear: decrypt_error" in words) == copied
    assert ("OpenSSL found the bad signature itself" in words) == copied
    assert ("other TLS libraries send it in clear, or none" in words) == (not copied)


def test_what_leaks_has_an_eye_and_no_tick() -> None:
    """A tick means that a check holds; from outside nothing is checked."""
    panel = HandshakePanel(Watched(eyes=Eyes.EAVESDROPPER))
    shown = str(panel._view.html)
    assert "pl-mark" not in shown and "pl-rung" not in shown
    assert re.findall(r'data-leak="(\w+)"', shown) == ["yes", "no", "yes", "no", "no"]


def test_sizes_say_what_they_are_of() -> None:
    """The phone counts messages; from outside there are only whole records."""
    inside, outside = HandshakePanel(), HandshakePanel(Watched(eyes=Eyes.EAVESDROPPER))
    assert "message size" in inside._view.html and "record size" in outside._view.html


@pytest.mark.parametrize("eyes", Eyes, ids=lambda eyes: eyes.name)
@pytest.mark.parametrize("tls", Tls, ids=lambda tls: tls.name)
def test_stepping_goes_through_one_connection(tls: Tls, eyes: Eyes) -> None:
    """Each step shows one more row of the same handshake, and ends where it began: with all."""
    panel = HandshakePanel(Watched(tls=tls, eyes=eyes))
    control = panel.control("step")
    verdict = panel._heard(panel.state).verdict
    many = len(panel._heard(panel.state).steps)
    for step in range(1, many + 1):
        control._go(1)  # type: ignore[attr-defined]
        assert panel.state.step == step
        shown = str(panel._view.html)
        rows = re.findall(r'<li class="pl-row [^>]*data-(?:message|decision)="', shown)
        assert len(rows) == step, "nothing that is still to come"
        assert shown.count('aria-current="step"') == 1
        assert panel._heard(panel.state).verdict is verdict
    control._go(1)  # type: ignore[attr-defined]
    assert panel.state.step == 0
    control._go(-1)  # type: ignore[attr-defined]
    assert panel.state.step == many


@pytest.mark.parametrize("wrong", Wrong, ids=lambda wrong: wrong.name)
def test_an_opened_message_shows_all_its_bytes(wrong: Wrong) -> None:
    """Whatever is wrong, in both versions and through both eyes."""
    panel = HandshakePanel()
    for tls in Tls:
        for eyes in Eyes:
            state = Watched(wrong, tls, eyes=eyes)
            for number, step in enumerate(panel._heard(state).steps, 1):
                view = panel.view(replace(state, step=number))
                if step.message is not None:
                    whole = view.html.split('data-whole="', 1)[1].split('"', 1)[0]
                    assert bytes.fromhex(whole) == step.message.raw
                    assert whole in view.words
                else:
                    assert "What the phone checked" in view.html


@opened
@pytest.mark.parametrize("tls", Tls, ids=lambda tls: tls.name)
@pytest.mark.parametrize("wrong", [Wrong.NOTHING, Wrong.COPY, Wrong.UNKNOWN_CA])
def test_the_signature_is_checked_before_ones_eyes(wrong: Wrong, tls: Tls) -> None:
    """It fails for the copy alone; an unknown CA's certificate is signed for all right."""
    panel = HandshakePanel(Watched(wrong, tls))
    heard = panel._heard(panel.state)
    names = [one.name for one in heard.steps]
    panel.show(replace(panel.state, step=names.index(WORDS[tls]) + 1))
    assert panel.facts["signature"] == ("fails" if wrong is Wrong.COPY else "holds")
    said = "It doesn’t verify" if wrong is Wrong.COPY else "It verifies"
    assert said in panel._view.html and said in panel._view.words
    assert "what was signed" in panel._view.words
    owns = heard.verdict.rung(Check.KEY).mark
    assert (owns is Mark.FAILS) == (wrong is Wrong.COPY)


def test_what_the_phone_reads_and_we_do_not_is_said() -> None:
    """TLS 1.2 after its ChangeCipherSpec; an eavesdropper is told nothing of the kind."""
    for eyes in Eyes:
        panel = HandshakePanel(Watched(tls=Tls.V1_2, eyes=eyes))
        steps = panel._heard(panel.state).steps
        last = next(at for at, one in enumerate(steps, 1) if one.message and one.message.encrypted)
        told = "The phone can read this" in panel.view(replace(panel.state, step=last)).html
        assert told == (eyes is Eyes.PHONE)


@opened
def test_the_same_message_stays_open_when_a_setting_changes() -> None:
    """And where there is no such message, all of the conversation comes back."""
    panel = HandshakePanel()
    names = [one.name for one in panel._heard(panel.state).steps]
    panel.control("step").value = names.index("Certificate") + 1  # type: ignore[attr-defined]
    panel.control("wrong").value = Wrong.EXPIRED  # type: ignore[attr-defined]
    assert panel.facts["opened"] == "Certificate"
    panel.control("tls").value = Tls.V1_2  # type: ignore[attr-defined]
    assert panel.facts["opened"] == "Certificate"
    panel.control("step").value += 1  # type: ignore[attr-defined]
    assert panel.facts["opened"] == "ServerKeyExchange"
    panel.control("tls").value = Tls.V1_3  # type: ignore[attr-defined]
    assert panel.state.step == 0


@opened
@pytest.mark.parametrize(("number", "name"), [("00", "who_stops_her"), ("01", "handshake")])
def test_each_goal_of_the_panel_can_be_met(number: str, name: str) -> None:
    """Somewhere among all that the controls can reach."""
    panel = HandshakePanel()
    open_goals = list(script(number).panels[name].goals)
    for state in HandshakePanel.states():
        panel.show(state)
        open_goals = [goal for goal in open_goals if not meets(panel.facts, goal.when)]
        if not open_goals:
            return
    assert not open_goals


def test_a_line_of_text_opens_a_step_and_refuses_one_that_is_not_there() -> None:
    """As every state can be pasted into another notebook."""
    panel = HandshakePanel("wrong=expired tls=v1-2 step=3")
    assert panel.state == Watched(Wrong.EXPIRED, Tls.V1_2, step=3)
    assert HandshakePanel(panel.text).state == panel.state
    panel.show("step=9 wrong=nothing")
    assert panel.state.step == 9, "in whatever order they are written"
    with pytest.raises(BadInput, match="step cannot be '99'"):
        panel.show("step=99")


def test_what_the_page_says_was_clicked_is_a_step_or_nothing() -> None:
    """A page may say anything."""
    panel = HandshakePanel()
    chosen = panel.control("step")._chosen  # type: ignore[attr-defined]
    for said, step in {"2": 2, "99": 2, "x": 2, "-1": 2, "": 2, "0": 0}.items():
        chosen.value = said
        assert panel.state.step == step, said


@opened
@pytest.mark.parametrize(
    ("middle", "told", "by_the_bank"),
    [
        (Middle.NOBODY, "holds", "verifies"),
        (Middle.COPY, "fails", "verifies"),
        (Middle.SELF_SIGNED, "holds", "doesn’t verify"),
        (Middle.STOLEN_KEY, "holds", "verifies"),
    ],
)
def test_a_cell_shows_a_signature_being_made_and_checked(
    middle: Middle, told: str, by_the_bank: str
) -> None:
    """Who has the key can sign: the bank, the thief, and Mallory for what she made at home."""
    view, again = show_signature(Scenario(middle)), show_signature(Scenario(middle))
    assert view.facts["signature"] == told
    assert not view.not_in_words()
    made = re.search(r"Signed with the bank’s private key: (\w+): (.*)\.", view.words)
    assert made is not None and made[2] == by_the_bank
    assert made[1] not in again.words, "each run signs anew"
    assert "a key that Mallory just made" in view.words and "doesn’t verify" in view.words
