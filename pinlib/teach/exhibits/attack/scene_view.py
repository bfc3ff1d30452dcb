"""A scene: who is in the middle, what everybody sees on their screens, and who was harmed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from markupsafe import Markup

from pinlib import Check, Ending, Tls, Verdict
from pinlib.encoding.naming import name_of
from pinlib.scenes.cast import ACCOUNT, HOST
from pinlib.scenes.scenario import Middle, Scene
from pinlib.teach.drawing import blocks, verdict_view
from pinlib.teach.drawing.blocks import Headline, card, columns
from pinlib.teach.drawing.harm import TONES
from pinlib.teach.drawing.stage import HIDDEN, Actor, HangsUp, Screen, StageLine, stage
from pinlib.teach.drawing.typeset import escape, paragraph
from pinlib.teach.drawing.view import View
from pinlib.tls.devices import PATH_CHECKS

MALLORY, PROXY = "Mallory", "The company’s proxy"


@dataclass(frozen=True, slots=True)
class _Holder:
    """Whoever is in the middle: a name, what they hold, and why TLS would believe them."""

    name: str
    holds: str
    why: str


_HOLDERS = {
    Middle.EAVESDROPPER: _Holder("An eavesdropper", "listens, changes nothing", ""),
    Middle.SELF_SIGNED: _Holder(MALLORY, "a home-made certificate", "She made it herself."),
    Middle.COPY: _Holder(MALLORY, "a copy of the bank’s certificate", "She copied the bank’s."),
    Middle.OTHER_NAME: _Holder(
        MALLORY, "a certificate for another name", "Her certificate is for another name."
    ),
    Middle.COMPANY_PROXY: _Holder(
        PROXY,
        "issues a certificate for any site",
        "Its CA is installed on this phone, so the app trusts it.",
    ),
    Middle.USER_PROXY: _Holder(
        "A proxy",
        "issues a certificate for any site",
        "Its CA was added to this phone, and this app trusts added CAs.",
    ),
    Middle.OTHER_CA: _Holder(
        MALLORY,
        "another CA’s certificate",
        "Another CA the phone trusts issued her a certificate.",
    ),
    Middle.HIJACK: _Holder(
        MALLORY,
        "a hijacked route, another CA’s certificate",
        "She redirected the bank’s traffic, and another CA issued her a certificate.",
    ),
    Middle.HIJACK_OWN_CA: _Holder(
        MALLORY,
        "a hijacked route, a certificate from the bank’s CA",
        "She redirected the bank’s traffic, and its own CA issued her a certificate.",
    ),
    Middle.PINNED_CA: _Holder(
        MALLORY,
        "a certificate from the bank’s CA",
        "The bank’s own CA mis-issued her a certificate.",
    ),
    Middle.STOLEN_KEY: _Holder(MALLORY, "the bank’s stolen key", "She has the bank’s private key."),
    Middle.APPENDED: _Holder(
        MALLORY,
        "another CA’s certificate, the bank’s appended",
        "Another CA issued her a certificate, and she sent the bank’s along.",
    ),
}
_PHONES = {
    Middle.COMPANY_PROXY: "company iPhone",
    Middle.USER_PROXY: "Android phone",
}
_NONE = "none, because a check failed"


def show_scene(
    scene: Scene, other: Scene | None = None, differs: str = "", *, owner: str = "Alice"
) -> View:
    """Draw what happened to the owner of a phone; `other` is the same with one thing changed."""
    said = headline(scene, owner)
    parts, words = [_stage(scene, owner)], _told(scene, owner)
    if other is not None:
        parts += [_ladder(scene.verdict), _compared(differs, other, owner)]
        words += [str(scene.verdict), *_chain_words(scene.verdict)]
        words += [f"{differs}: {_in_short(other, owner)}"]
    page = scene.page
    facts = {
        "outcome": scene.verdict.outcome.name.lower(),
        "by": stopped_by(scene.verdict),
        "late": "yes" if scene.too_late else "no",
        "bytes": str(page.application_bytes if page else 0),
        "who": scene.scenario.middle.name.lower(),
    }
    return View(said, blocks.stack(*parts), "\n".join(words), facts)


def cast() -> tuple[Markup, str]:
    """Draw who is there before anything has happened, and say it: there is no answer yet."""
    password = "•" * HIDDEN
    alice = Actor("Alice", "phone", screen=Screen("password", password))
    actors = [alice, Actor("Mallory’s wifi", "wifi"), Actor(HOST, "bank")]
    words = f"Alice’s phone holds her password. Between it and {HOST} lies Mallory’s wifi."
    return stage(actors, [[], []]), words


def stopped_by(verdict: Verdict) -> str:
    """Say which check refused: "tls", "pin", or "nothing"."""
    failed = verdict.findings.failed
    if verdict.connected:
        return "nothing"
    return "pin" if failed is Check.PIN else "tls"


def headline(scene: Scene, owner: str = "Alice") -> Headline:
    """Say what was lost, and what whoever is in the middle holds."""
    ending, verdict = scene.ending, scene.verdict
    by = "the pin" if stopped_by(verdict) == "pin" else "TLS"
    holder = _HOLDERS.get(scene.scenario.middle)
    if ending is Ending.INTERCEPTED and holder is not None:
        words = (
            f"{holder.name} {'has' if holder.name == MALLORY else 'can read'} {owner}’s password"
        )
        words = f"Refused too late: {words}" if scene.too_late else words
        reason = f"{holder.why} {_why_let_in(scene)}"
    elif ending is Ending.BLOCKED:
        words, reason = f"Attack blocked by {by}", _why_refused(scene)
    elif ending is Ending.LOCKED_OUT:
        words = f"Locked out: {owner} can’t reach her own bank"
        by_pin = "The bank’s key isn’t one the app pins. Nobody attacked."
        reason = by_pin if by == "the pin" else f"{verdict.reason} Nobody attacked."
    else:
        words = f"{owner} is connected to her bank"
        listens = scene.scenario.middle is Middle.EAVESDROPPER
        reason = "The eavesdropper reads nothing of it." if listens else verdict.reason
    return Headline(words, reason, TONES[ending], ending=ending)


def _why_let_in(scene: Scene) -> str:
    verdict, scenario = scene.verdict, scene.scenario
    device = verdict.device
    if scene.too_late:
        return "The app checked its pin after sending the login."
    if not device.checks >= PATH_CHECKS:
        return verdict.reason
    if not device.is_pinned:
        return "The app pins nothing."
    if scenario.middle is Middle.STOLEN_KEY:
        return "It’s the key the app pins."
    if device.pin_check is not None:
        return "The app checks its pin against whatever was sent."
    if verdict.match is None:
        return "Its pins don’t count for CAs installed on the phone."
    return "The app pins that CA’s key."


def _why_refused(scene: Scene) -> str:
    verdict = scene.verdict
    failed = verdict.findings.failed
    if failed is Check.PIN:
        return "TLS found nothing wrong, but this key isn’t one the app pins."
    if failed is Check.KEY:
        return "The certificate is genuine, but she can’t sign with its key."
    if failed is Check.CHAIN and scene.scenario.middle is Middle.USER_PROXY:
        return "The app ignores CAs that were added to this phone."
    if failed is Check.CHAIN:
        return "No CA the phone trusts signed this certificate."
    return verdict.reason


def _stage(scene: Scene, owner: str) -> Markup:
    scenario, verdict = scene.scenario, scene.verdict
    phone = Actor(owner, "phone", _PHONES.get(scenario.middle, ""), _phone_screen(scene))
    balance = f"balance {_balance(ACCOUNT):,}"
    bank = Actor(HOST, "bank", balance)
    holder = _HOLDERS.get(scenario.middle)
    first = [StageLine(f"hello, {HOST}", to_right=True), StageLine(_shown(scene), to_right=False)]
    count = verdict.application_bytes
    login = StageLine("user=alice&password=…" if owner == "Alice" else "the login", to_right=True)
    ends = HangsUp(f"{owner}’s app hangs up here")
    if holder is None:
        rest = [login, StageLine(balance, to_right=False)] if count else [ends]
        return stage([phone, bank], [[*first, *rest]])
    laptop = Actor(holder.name, "laptop", holder.holds, _laptop_screen(scene, owner))
    if scene.page is None:
        sealed = [StageLine("the login, encrypted", to_right=True)]
        sealed += [StageLine("the balance, encrypted", to_right=False)]
        same = [StageLine("the same, byte for byte", to_right=True)]
        same += [StageLine("the same, byte for byte", to_right=False)]
        return stage([phone, laptop, bank], [[*first, *(sealed if count else [ends])], same])
    beyond: list[StageLine | HangsUp] = []
    answered: list[StageLine | HangsUp] = [ends]
    if count:
        if scenario.relays:
            beyond = [StageLine(f"logs in as {owner}", to_right=True)]
            beyond += [StageLine(balance, to_right=False)] if scene.page.reply else []
        back = (
            StageLine(f"balance {_balance(scene.heard):,}", to_right=False) if scene.heard else ends
        )
        answered = [login, back]
    return stage([phone, laptop, bank], [[*first, *answered], beyond])


def _shown(scene: Scene) -> str:
    leaf = scene.verdict.presented[0]
    told = f"a certificate for {name_of(leaf.subject)}"
    if scene.scenario.middle is Middle.APPENDED:
        return f"{told}, and the bank’s after it"
    if scene.page is None and scene.scenario.middle is Middle.EAVESDROPPER:
        sealed = "encrypted" if scene.scenario.tls is Tls.V1_3 else "in clear"
        return f"the certificate, {sealed}"
    return told


def _phone_screen(scene: Scene) -> Screen:
    """Show what the app can know: nothing of who is at the other end."""
    if scene.verdict.connected:
        return Screen("balance", f"{_balance(scene.heard):,}")
    return Screen("", "Can’t connect securely to", HOST)


def _laptop_screen(scene: Scene, owner: str) -> Screen:
    title, page = f"{owner}’s password", scene.page
    if page is None:
        sealed = sum(one.size for one in scene.verdict.eavesdropped if one.encrypted)
        return Screen(title, None, f"{sealed:,} encrypted bytes")
    if not page.application_bytes:
        return Screen(title, None, "0 bytes of data")
    note = f"{page.application_bytes} bytes read"
    if scene.too_late:
        note = f"then {owner}’s app hung up"
    elif page.passed_on != page.reply:
        said = _balance(page.reply or ACCOUNT)
        note = f"balance {said:,} → {_balance(page.passed_on):,}"
    return Screen(title, password_in(page.request), note)


def password_in(request: bytes) -> str:
    """Return the password in a login that was captured."""
    found = re.search(r"password=([^&\s]*)", request.decode("utf-8", "replace"))
    return found[1] if found else ""


def _balance(reply: bytes) -> int:
    """Read the balance in an answer, as the app on the phone does."""
    return int(json.loads(reply.rpartition(b"\r\n\r\n")[2])["balance"])


def _ladder(verdict: Verdict) -> Markup:
    """Set the checks in one line, that opens to each with its evidence."""
    chains = blocks.facts(
        [
            ("presented", verdict_view.subjects(verdict.presented)),
            ("verified", verdict_view.subjects(verdict.verified) or _NONE),
        ]
    )
    form = Markup('<details class="pl-ladder-line"><summary>{}</summary>{}</details>')
    inside = columns(card("What the phone checked", chains, verdict_view.verdict_ladder(verdict)))
    return form.format(verdict_view.verdict_in_a_line(verdict), inside)


def _compared(differs: str, other: Scene, owner: str) -> Markup:
    form = Markup('<details class="pl-compared"><summary>{}</summary>{}</details>')
    return form.format(escape(differs), paragraph(_in_short(other, owner)))


def _in_short(scene: Scene, owner: str) -> str:
    said = headline(scene, owner)
    count = scene.verdict.application_bytes
    whom = "the bank" if scene.page is None else "whoever is in the middle"
    return f"{said.words}. {said.reason} {count} bytes of application data reach {whom}."


def _chain_words(verdict: Verdict) -> list[str]:
    verified = verdict_view.subjects(verdict.verified) or _NONE
    return [f"Presented: {verdict_view.subjects(verdict.presented)}. Verified: {verified}."]


def _told(scene: Scene, owner: str) -> list[str]:
    """Say what the picture shows, a sentence for each screen."""
    scenario, verdict, page = scene.scenario, scene.verdict, scene.page
    phone = _phone_screen(scene)
    seen = f"“{phone.small or phone.large} {phone.large if phone.small else phone.note}”"
    lines = [
        f"In the middle: {scenario.middle.value}.",
        f"{owner}’s phone asks for {HOST} and is shown {_shown(scene)}.",
        f"It {'lets it in' if verdict.connected else 'refuses'}, and its screen shows {seen}.",
    ]
    if scenario.middle in _HOLDERS:
        laptop = _laptop_screen(scene, owner)
        shown = laptop.large if laptop.large is not None else "nothing readable"
        lines.append(
            f"{_HOLDERS[scenario.middle].name} sees {laptop.small}: {shown}; {laptop.note}."
        )
    if page is not None and not page.application_bytes:
        last = f"the alert {page.alert}" if page.alert else "a closed connection, and no alert"
        lines.append(f"What remains: the host name {page.asked_for}, and {last}.")
    if page is not None and page.request:
        form = page.request.decode("utf-8", "replace").splitlines()[-1]
        lines.append(f"Captured, {page.application_bytes} bytes: {form}.")
    lines.append(f"At the bank the balance is {_balance(ACCOUNT):,}.")
    return lines
