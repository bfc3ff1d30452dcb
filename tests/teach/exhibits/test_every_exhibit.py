"""Every panel in every state: a verdict, words for every number, and no bug of ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from pinlib import Authority, Tls, connect, story
from pinlib.operations import day_report
from pinlib.operations.schedules import written_plans
from pinlib.scenes.cast import HOST, TODAY
from pinlib.scenes.scenario import Middle
from pinlib.teach.charts.plan_rows import named_days
from pinlib.teach.drawing import palette, verdict_view
from pinlib.teach.exhibits.attack.cafe import CafePanel
from pinlib.teach.exhibits.connection.chain import ChainPanel
from pinlib.teach.exhibits.connection.handshake import Eyes, HandshakePanel, Watched, Wrong
from pinlib.teach.exhibits.inspection.changed_byte import BytePanel
from pinlib.teach.exhibits.inspection.own_server import OwnServerPanel
from pinlib.teach.exhibits.inspection.pin import PinPanel
from pinlib.teach.exhibits.inspection.same_key import TwinsPanel
from pinlib.teach.exhibits.lifecycle.renewal_calendar import CalendarPanel, Life, at
from pinlib.teach.exhibits.lifecycle.rotation_drill import DrillPanel
from pinlib.teach.widgets.panel import Panel
from pinlib.tls.certificates import Validity
from tests.pairwise import pairwise

ON_THE_ENGINE: tuple[type[Panel[Any]], ...] = (HandshakePanel, ChainPanel)
LARGE = (CafePanel, CalendarPanel)  # so many states that a quick run takes some of them
PANELS = (*ON_THE_ENGINE, *LARGE, PinPanel, BytePanel, TwinsPanel, OwnServerPanel, DrillPanel)
SOME = (PinPanel, BytePanel, DrillPanel)  # hundreds, of which a quick run takes a fifth
WHOLE = dict.fromkeys(replace(state, eyes=Eyes.PHONE, step=0) for state in HandshakePanel.states())
SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize("kind", ON_THE_ENGINE, ids=lambda kind: kind.name)
@pytest.mark.parametrize("mode", ["opened", "headers"], indirect=True)
def test_every_state_shows_a_verdict_in_both_modes(
    kind: type[Panel[Any]], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the engine cannot open TLS 1.3, its panels are as whole as where it can."""
    _walk(kind, monkeypatch)


@pytest.mark.parametrize("kind", SOME, ids=lambda kind: kind.name)
def test_every_fifth_state_shows_an_answer(
    kind: type[Panel[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every certificate once, each at the next one's zoom; every fifth move of each drill."""
    states = list(kind.states())
    _walk(kind, monkeypatch, [states[at] for at in _diagonal(len(states), 5)])


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[pytest.mark.slow] if kind in SOME else [], id=kind.name)
        for kind in PANELS
        if kind not in (*ON_THE_ENGINE, *LARGE)
    ],
)
def test_every_state_shows_an_answer(
    kind: type[Panel[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every certificate, at every zoom and in every notation; every pair; every terminal."""
    _walk(kind, monkeypatch)


def _diagonal(length: int, step: int) -> list[int]:
    """Take one of each `step`, each time the next: of five looks at every file, a look at each."""
    return [at for at in range(length) if at % step == at // step % step]


@pytest.mark.parametrize(
    "mode", ["opened", pytest.param("headers", marks=pytest.mark.slow)], indirect=True
)
def test_the_cafe_shows_everybody_with_every_pin(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every scene, and every two settings together: also each in the middle × way of pinning."""
    _walk(CafePanel, monkeypatch, [*CafePanel.presets.values(), *_pairwise(CafePanel)])


@pytest.mark.nightly
@pytest.mark.parametrize("middle", Middle, ids=lambda one: one.name)
def test_every_state_of_the_cafe_shows_an_answer(
    middle: Middle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that the controls can reach: some fourteen thousand."""
    states = [state for state in CafePanel.states() if state.middle is middle]
    assert len(states) > 1000
    _walk(CafePanel, monkeypatch, states)


@pytest.mark.parametrize(
    "mode", ["opened", pytest.param("headers", marks=pytest.mark.slow)], indirect=True
)
def test_the_calendar_shows_every_plan(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each plan of data/plans/ but the one with hundreds of certificates, swept afresh."""
    for cached in (
        day_report.swept,
        day_report._years,
        day_report._counts,
        day_report._audited,
    ):
        cached.forget()
    states = [at(one) for one in written_plans().values()]
    states = [state for state in states if state.life is not Life.DAYS_6]
    assert len(states) > 10
    _walk(CalendarPanel, monkeypatch, states)


@pytest.mark.slow
def test_the_calendar_shows_every_two_settings_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rule and way of counting with each other, on the first day and the last.

    But for certificates of six days, hundreds to a plan: those are drawn in tests/browser.
    """
    states = []
    for number, state in enumerate(_pairwise(CalendarPanel, but=("day", "version", "plan"))):
        if state.life is Life.DAYS_6:
            continue
        days = list(named_days(state.lived).values())
        states.append(
            replace(state, day=days[-(number % 2)], version=state.lived.releases[0].version)
        )
    assert len(states) < 50
    _walk(CalendarPanel, monkeypatch, states)


@pytest.mark.nightly
def test_every_state_of_the_calendar_shows_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rule, every day and version of each plan made by hand, every way of counting."""
    states = list(CalendarPanel.states())
    assert len(states) > 250
    _walk(CalendarPanel, monkeypatch, states)


def _pairwise(kind: type[Panel[Any]], but: tuple[str, ...] = ()) -> list[Any]:
    """Return states in which every two values of two controls stand together."""
    chosen = {one.field: one.choices for one in kind.controls if one.field not in but}
    return [replace(kind.initial, **row) for row in pairwise(chosen)]


def _walk(
    kind: type[Panel[Any]],
    monkeypatch: pytest.MonkeyPatch,
    states: Iterable[Any] | None = None,
) -> None:
    """No state is empty, has a bug, shows markup, or a number that its words leave out."""
    monkeypatch.setenv("PINLIB_STRICT", "1")
    panel = kind()
    for state in kind.states() if states is None else states:
        panel.show(state)
        assert "data-outcome=" in panel._picture.value, state
        assert 'role="alert"' not in panel._picture.value, state
        assert "&lt;span" not in panel._picture.value, state  # our own markup, escaped
        assert panel._view.words.strip() and panel._view.headline.reason.endswith("."), state
        assert panel._view.not_in_words() == []


@pytest.mark.parametrize("kind", PANELS, ids=lambda kind: kind.name)
def test_every_preset_is_a_state_that_the_controls_can_reach(kind: type[Panel[Any]]) -> None:
    """A scene is nothing that a learner could not have set; text can be typed."""
    typed = {one.field: "" for one in kind.controls if one.kind == "text"}
    reached = {replace(state, **typed) for state in kind.states()}
    assert {replace(state, **typed) for state in kind.presets.values()} <= reached


def test_the_handshake_panel_decides_before_any_data() -> None:
    """The mark of the decision stands before the first application data, in every state."""
    panel = HandshakePanel()
    for state in WHOLE:
        panel.show(state)
        html = panel._picture.value
        assert html.count("data-decision=") == 1
        assert html.index("data-decision=") < html.index('data-message="application data"')


def test_a_copy_is_shown_signed_with_another_key() -> None:
    """The words beside the signature are those of this handshake: a copy's was forged."""
    for tls in Tls:
        honest, copied = (
            HandshakePanel(Watched(wrong, tls)) for wrong in (Wrong.NOTHING, Wrong.COPY)
        )
        assert "signed with its key" in honest._picture.value
        assert "signed with its key" not in copied._picture.value
        assert "signed with another key" in copied._picture.value


def test_only_a_mis_issued_certificate_fools_the_phone_and_the_pin_ends_it() -> None:
    """Of all that can be wrong, one thing passes TLS; the pin is what stops it."""
    fooled = set()
    for state in WHOLE:
        panel = HandshakePanel(state)
        if panel._view.facts["ending"] == "intercepted":
            fooled.add((state.wrong, state.pinned))
    assert fooled == {(Wrong.MIS_ISSUED, False)}


def test_a_script_in_a_certificate_shows_as_text() -> None:
    """A certificate may be named anything; every view shows the name, and runs nothing."""
    ages = Validity.days(TODAY.replace(year=2026), 3650)
    root = Authority.root(f"{SCRIPT} Root", valid=ages)
    issuing = root.intermediate(SCRIPT, valid=ages)
    phone = story().phone.trusting(root.certificate)
    verdict = connect(phone, issuing.issue(HOST, valid=ages), HOST, TODAY)
    assert verdict.connected
    shown = [
        verdict_view.verdict_html(verdict),
        verdict_view.verdict_ladder(verdict),
        *(verdict_view.certificate_card(one, palette.STRANGER, SCRIPT) for one in verdict.verified),
    ]
    for html in shown:
        assert "<script" not in html
        assert "&lt;script&gt;" in html
