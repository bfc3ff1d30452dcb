"""The chain: what a server sends, beside what leads from it to a root that the phone trusts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar

from cryptography import x509
from markupsafe import Markup

from pinlib import Cast, Identity, Pin, connect, key_pin, story
from pinlib.encoding.naming import extension
from pinlib.scenes.cast import HOST, LATER, TODAY
from pinlib.teach.drawing import palette, verdict_view
from pinlib.teach.drawing.blocks import card, columns
from pinlib.teach.drawing.palette import Key, key_style
from pinlib.teach.drawing.typeset import paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel


class Sends(Enum):
    """What the server puts into its Certificate message."""

    AS_ISSUED = "leaf, intermediate"
    LEAF_ALONE = "the leaf alone"
    WITH_ROOT = "the root as well"
    STRANGER = "a stranger as well"
    SAME_KEY = "renewed, same key"
    NEW_KEY = "renewed, new key"


class Store(Enum):
    """Which roots the phone trusts."""

    PUBLIC = "Lab Root and Other Root"
    OTHER = "Other Root alone"


@dataclass(frozen=True, slots=True)
class Chained:
    """One server, and one phone's store."""

    sends: Sends = Sends.AS_ISSUED
    store: Store = Store.PUBLIC


class ChainPanel(Panel[Chained]):
    """See which of the certificates sent count, and which one never crosses the wire."""

    name = "chain"
    controls = (
        Control(
            "sends",
            "The server sends",
            {sends.value: sends for sends in Sends},
            "What is in the Certificate message",
        ),
        Control(
            "store",
            "The phone trusts",
            {store.value: store for store in Store},
            "The roots in the phone's own store",
        ),
    )
    presets: ClassVar = {
        "An ordinary day": Chained(),
        "One forgotten": Chained(Sends.LEAF_ALONE),
        "Something added": Chained(Sends.STRANGER),
        "The same key again": Chained(Sends.SAME_KEY),
    }
    initial = Chained()

    def view(self, state: Chained) -> View:
        """Let the phone connect, and lay both chains side by side."""
        cast = story()
        phone = cast.phone
        if state.store is Store.OTHER:
            phone = replace(phone, roots=(cast.other_root.certificate,))
        renewed = state.sends in (Sends.SAME_KEY, Sends.NEW_KEY)
        verdict = connect(phone, _server(cast, state.sends), HOST, LATER if renewed else TODAY)
        keys = _keys(cast)
        sent = [_card(one, keys, _role(one)) for one in verdict.presented]
        used = [_card(one, keys, _part(one, verdict.verified)) for one in verdict.verified]
        if not used:
            used = [paragraph("Nothing: no chain from this leaf to a root in the store.")]
        words = [
            "Presented by the server:",
            *(f"{verdict_view.certificate_words(one)}, {_role(one)}." for one in verdict.presented),
            "Verified by the phone:",
            *(
                f"{verdict_view.certificate_words(one)}, {_part(one, verdict.verified)}."
                for one in verdict.verified
            ),
            f"{len(verdict.presented)} were sent, {len(verdict.verified)} verified.",
        ]
        count = f"Presented: {len(verdict.presented)} certificates"
        return View(
            verdict_view.verdict_headline(verdict),
            columns(
                card(count.removesuffix("s") if len(verdict.presented) == 1 else count, *sent),
                card(f"Verified: {len(verdict.verified) or 'none'}", *used),
            ),
            "\n".join(words),
            {
                "outcome": verdict.outcome.name.lower(),
                "presented": str(len(verdict.presented)),
                "verified": str(len(verdict.verified)),
            },
        )


def _server(cast: Cast, sends: Sends) -> Identity:
    return {
        Sends.AS_ISSUED: cast.bank,
        Sends.LEAF_ALONE: cast.bank.alone(),
        Sends.WITH_ROOT: cast.bank.presenting(cast.root.certificate),
        Sends.STRANGER: cast.bank.presenting(cast.impostor.certificate),
        Sends.SAME_KEY: cast.events["renew, same key"].identity,
        Sends.NEW_KEY: cast.events["renew with an unknown key"].identity,
    }[sends]


def _keys(cast: Cast) -> dict[Pin, Key]:
    """Give every key in the story its name and its look; what is missing is a stranger's."""
    known = {
        key_pin(cast.bank.leaf): key_style(0),
        key_pin(cast.events["renew with an unknown key"].identity.leaf): key_style(2),
    }
    for authority in (cast.issuing, cast.root):
        name = f"{authority.name}’s key"
        known[key_pin(authority.certificate)] = replace(key_style(3), name=name)
    return known


def _card(certificate: x509.Certificate, keys: dict[Pin, Key], note: str) -> Markup:
    key = keys.get(key_pin(certificate), palette.STRANGER)
    return verdict_view.certificate_card(certificate, key, note)


def _role(certificate: x509.Certificate) -> str:
    if certificate.issuer == certificate.subject:
        return "a CA that vouches for itself"
    if _is_leaf(certificate):
        return "says which key belongs to this name"
    return "a CA: its key signed the leaf"


def _part(certificate: x509.Certificate, verified: tuple[x509.Certificate, ...]) -> str:
    if certificate == verified[-1]:
        return "root: trust anchor, from the phone's own store"
    return "leaf" if certificate == verified[0] else "intermediate"


def _is_leaf(certificate: x509.Certificate) -> bool:
    constraints = extension(certificate, x509.BasicConstraints)
    return constraints is None or not constraints.ca
