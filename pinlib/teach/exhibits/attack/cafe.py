"""The café: who is in the middle, what the phone asks, and what he holds in the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from markupsafe import Markup

from pinlib import Strategy, Tls, Verdict, key_pin, story
from pinlib.data import ByTitle
from pinlib.encoding.naming import name_of
from pinlib.errors import BadInput
from pinlib.scenes.cast import HOST
from pinlib.scenes.scenario import Day, HeldAgainst, Middle, Scenario, Scene, run, scenarios
from pinlib.teach.drawing import blocks, palette, typeset, verdict_view
from pinlib.teach.drawing.blocks import Headline, card, columns
from pinlib.teach.drawing.palette import Key, Tone
from pinlib.teach.drawing.stage import Actor, StageCard, StageLine, Stop, stage
from pinlib.teach.drawing.typeset import Mono, Text, paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel
from pinlib.tls.devices import Device, Moment

_WHO = {
    Middle.EAVESDROPPER: ("An eavesdropper", "eye", "listens, and changes nothing"),
    Middle.SELF_SIGNED: ("A stranger", "wifi", "made a certificate at home"),
    Middle.COPY: ("A stranger", "wifi", "copied the bank’s certificate"),
    Middle.OTHER_NAME: ("A stranger", "wifi", "has a certificate for another name"),
    Middle.COMPANY_PROXY: ("Inspecting proxy", "wifi", "makes a certificate for every name"),
    Middle.USER_PROXY: ("Inspecting proxy", "wifi", "makes a certificate for every name"),
    Middle.OTHER_CA: ("A stranger", "wifi", "another trusted CA erred for him"),
    Middle.HIJACK: ("A hijacker", "wifi", "certified by another CA"),
    Middle.HIJACK_OWN_CA: ("A hijacker", "wifi", "certified by the bank’s own CA"),
    Middle.PINNED_CA: ("A stranger", "wifi", "the bank’s own CA erred for him"),
    Middle.STOLEN_KEY: ("A thief", "wifi", "has the bank’s private key"),
    Middle.APPENDED: (
        "A stranger",
        "wifi",
        "another CA erred; he appends the bank’s",
    ),
}
_NONE = "none, for a check failed"
_INSTALLED = {
    Middle.COMPANY_PROXY: ("Company iPhone", "the proxy’s CA is installed"),
    Middle.USER_PROXY: ("Android phone", "the proxy’s CA was added"),
}


def _scenes() -> dict[str, Scenario]:
    return {title: told.scenario for title, told in scenarios().items()}


class CafePanel(Panel[Scenario]):
    """Choose who is in the middle, and see who is fooled."""

    name = "cafe"
    controls = (
        Control(
            "middle",
            "In the middle",
            {middle.value: middle for middle in Middle},
            "Who is between the phone and the bank. Unlike an iPhone, or an app made for Android "
            "17, this phone asks for no proof that a certificate was logged",
        ),
        Control(
            "pins", "The app pins", {one.value: one for one in Strategy}, "What the app insists on"
        ),
        Control(
            "moment",
            "It checks",
            {"inside the handshake": Moment.INSIDE, "after it": Moment.AFTER},
            tooltips=(
                "As Android and Apple do: he sees an alert",
                "As OkHttp and curl do: no alert says why",
            ),
        ),
        Control(
            "chain",
            "It checks the pin against",
            {chain.value: chain for chain in HeldAgainst},
            "The second is a famous bug",
            more=True,
        ),
        Control("tls", "Version", {tls.value: tls for tls in Tls}, "The version of TLS", more=True),
        Control("day", "Day", {day.value: day for day in Day}, "When it happens", more=True),
        Control("checks_name", "It checks the name", tooltip="Some libraries forget", more=True),
        Control(
            "trusts_user_roots",
            "Its Android app trusts added CAs",
            tooltip='Apps for Android 7 or later do only with <certificates src="user"/> in their '
            "network security config, whoever added the CA",
            more=True,
        ),
        Control("lies", "He changes the balance", tooltip="If he is let in", more=True),
    )
    presets: ClassVar[Mapping[str, Scenario]] = ByTitle("scene", _scenes)
    initial = Scenario()

    def view(self, state: Scenario) -> View:
        """Let it happen, once as it is and once with the other answer about the pin."""
        return show_scenario(state)


def show_scenario(scenario: Scenario, device: Device | None = None) -> View:
    """Let a scenario happen and draw it, for a cell that ends with it.

    Another `device` takes the place of the scenario's own.  Raises BadInput for anything else.
    """
    if not isinstance(scenario, Scenario):
        wanted = "show takes a Scenario, such as Scenario(Middle.COPY); CafePanel takes a title too"
        raise BadInput(wanted, seen=repr(scenario))
    device = device or scenario.device
    scene, pinned = run(scenario, device), device.is_pinned
    if pinned:
        other = run(scenario, replace(device, pins=None, pin_check=None))
    else:
        same = scenario.pins is not Strategy.NONE  # then it is the device that differs
        other = run(scenario if same else replace(scenario, pins=Strategy.LEAF_KEY_AND_BACKUP))
    headline = _headline(scene)
    holds, holds_words = _holds(scene)
    asked = scenario.pins if pinned else Strategy.NONE
    differs, differs_words = _other(other, pinned)
    picture = blocks.stack(
        _stage(scene),
        columns(
            card(
                "What the phone checked",
                _chains(scene.verdict),
                verdict_view.verdict_ladder(scene.verdict),
            ),
            card(_holder(scenario), *holds, tone="bad" if scene.fooled else "plain"),
            card("The same, unpinned" if pinned else "The same, pinned", *differs),
        ),
    )
    words = [
        _told(scene, asked),
        str(scene.verdict),
        *_chain_words(scene.verdict),
        *holds_words,
        *differs_words,
    ]
    facts = {
        "outcome": scene.verdict.outcome.name.lower(),
        "fooled": "yes" if scene.fooled else "no",
        "bytes": str(scene.page.application_bytes if scene.page else 0),
        "middle": scenario.middle.name.lower(),
    }
    return View(headline, picture, "\n".join(words), facts)


def _headline(scene: Scene) -> Headline:
    if scene.fooled:
        reason = f"{scene.verdict.reason} He reads the password."
        return Headline("Connected, and it is not the bank", reason, "bad", "fails")
    told = verdict_view.verdict_headline(scene.verdict)
    if scene.verdict.connected:
        return told
    return replace(told, reason=f"{told.reason} No data was sent.")


def _stage(scene: Scene) -> Markup:
    scenario, verdict = scene.scenario, scene.verdict
    name, caption = _INSTALLED.get(scenario.middle, ("Phone", "the app of the bank"))
    tone: Tone = "bad" if scene.fooled else "plain"
    phone = Actor(name, "phone", caption)
    bank = Actor(HOST, "bank", _bank_has(scene))
    if scenario.middle is Middle.NOBODY:
        return stage([phone, bank], [_from_phone(scene, to_bank=True)])
    who = Actor(*_WHO[scenario.middle], tone)
    if scenario.middle is Middle.EAVESDROPPER:
        beyond: list[StageLine | Stop] = [
            StageLine("the same, byte for byte", to_right=True),
            StageLine("the answer, sealed", to_right=False, sent=verdict.connected),
        ]
        return stage([phone, who, bank], [_from_phone(scene, to_bank=True), beyond])
    sent = verdict.connected
    beyond = [StageLine("nothing", to_right=True, sent=False)]
    if sent:
        beyond = [
            StageLine("the login, as if he were the phone", to_right=True, tone=tone),
            StageLine("the answer", to_right=False, tone=tone),
        ]
    return stage([phone, who, bank], [_from_phone(scene, to_bank=False), beyond])


def _from_phone(scene: Scene, *, to_bank: bool) -> list[StageLine | Stop]:
    verdict = scene.verdict
    good = verdict.connected and to_bank
    tone: Tone = "good" if good else "bad"
    leaf = verdict.presented[0]
    pin = Mono(str(key_pin(leaf)).removeprefix("sha256/"), verdict_view.PIN_SHOWN)
    shown = StageCard(name_of(leaf.subject), name_of(leaf.issuer), pin, _key(verdict))
    decided = "it decides: let in" if verdict.connected else "it decides: refuse"
    count = verdict.application_bytes
    data = f"the login, {count} bytes" if count else "the login: never sent, 0 bytes"
    return [
        StageLine(f"asks for {HOST}", to_right=True),
        StageLine("", to_right=False, tone=tone, card=shown),
        Stop(decided, "holds" if verdict.connected else "fails"),
        StageLine(data, to_right=True, tone=tone, sent=bool(count)),
    ]


def _key(verdict: Verdict) -> Key:
    """Give the presented key its name and look; a key that is not the bank's is a stranger's."""
    cast = story()
    known = {key_pin(cast.bank.leaf): 0, key_pin(cast.backup): 1}
    return palette.key_style(known.get(key_pin(verdict.presented[0])))


def _bank_has(scene: Scene) -> str:
    if scene.page is None:
        return "received the login" if scene.verdict.connected else "received nothing"
    return "thinks that he is the phone" if scene.fooled else "received nothing"


def _chains(verdict: Verdict) -> Markup:
    rows: list[tuple[str, Text]] = [
        ("presented", verdict_view.subjects(verdict.presented)),
        ("verified", verdict_view.subjects(verdict.verified) or _NONE),
    ]
    return blocks.facts(rows)


def _chain_words(verdict: Verdict) -> list[str]:
    verified = verdict_view.subjects(verdict.verified) or _NONE
    return [f"Presented: {verdict_view.subjects(verdict.presented)}. Verified: {verified}."]


def _holder(scenario: Scenario) -> str:
    if scenario.middle is Middle.NOBODY:
        return "What others hold"
    return "What she holds" if scenario.middle is Middle.EAVESDROPPER else "What he holds"


def _holds(scene: Scene) -> tuple[list[Markup], list[str]]:
    """Say what somebody in the middle has of the phone, counted."""
    page, verdict = scene.page, scene.verdict
    if page is None:
        sealed = sum(one.size for one in verdict.eavesdropped if one.encrypted)
        told = f"Whoever listens knows the name asked for, {HOST}; {sealed} B crossed, sealed."
        return _counted(0, "of application data", told)
    count = page.application_bytes
    if not count:
        last = f"the alert {page.alert}" if page.alert else "a closed door, and no alert"
        seen = f"a finished handshake, then {last}" if page.established else last
        told = f"He knows the name asked for, {page.asked_for}. He saw {seen}."
        return _counted(0, "of application data", told)
    form = page.request.decode("utf-8", "replace").splitlines()[-1]
    told = "And the bank’s answer. To the phone all is in order."
    if page.passed_on != page.reply:
        told = (
            f"And he changed the answer: the phone shows a balance of {_balance(scene.heard)}, "
            f"the bank said {_balance(page.reply)}."
        )
    return _counted(count, "of application data, in plain text", told, Mono(form))


def _counted(
    count: int, of_what: str, told: str, captured: Mono | None = None
) -> tuple[list[Markup], list[str]]:
    shown = [typeset.amount(f"{count} bytes", of_what)]
    words = [f"{count} bytes {of_what}."]
    if captured is not None:
        shown.append(paragraph(captured))
        words.append(f"Captured: {captured.full}.")
    return [*shown, paragraph(told)], [*words, told]


def _balance(reply: bytes) -> int:
    """Read the balance in the answer, as the app on the phone does."""
    return int(json.loads(reply.rpartition(b"\r\n\r\n")[2])["balance"])


def _other(scene: Scene, pinned: bool) -> tuple[list[Markup], list[str]]:
    """Say what would have come of it with the other answer about the pin."""
    verdict = scene.verdict
    if scene.fooled:
        told = "He is let in, and reads the password."
    elif verdict.connected:
        told = "The bank is let in, as it should be."
    else:
        told = f"{verdict.outcome.value}."
    whom = "for him" if scene.page is not None else "for the bank"
    shown, words = _counted(verdict.application_bytes, f"of application data {whom}", told)
    keys = {
        Strategy.NONE: "no pin",
        Strategy.LEAF_KEY_AND_BACKUP: "the bank’s key is pinned, and a backup",
    }
    asked = Strategy.NONE if pinned else scene.scenario.pins
    differs = f"One thing differs: {keys.get(asked, f'it pins the {asked.value}')}."
    return [*shown, paragraph(differs, dim=True)], [*words, differs]


def _told(scene: Scene, asked: Strategy) -> str:
    scenario = scene.scenario
    key = _key(scene.verdict).name
    leaf = scene.verdict.presented[0]
    return (
        f"In the middle: {scenario.middle.value}. The app pins: {asked.value}. "
        f"The phone asks for {HOST} and is shown a certificate of {name_of(leaf.subject)}, "
        f"signed by {name_of(leaf.issuer)}, with {key}, {key_pin(leaf)}. "
        f"It {'lets' if scene.verdict.connected else 'does not let'} its peer in; the login is "
        f"{scene.verdict.application_bytes} bytes at the other end. The bank {_bank_has(scene)}."
    )
