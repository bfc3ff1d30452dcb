"""The pin: where its bytes stand, how every tool writes it, and what a wrong one was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

from markupsafe import Markup

from pinlib import Kind, Notation, Pin, public_roots, story
from pinlib.encoding.der import Document
from pinlib.encoding.files import LIMIT, Source, documents
from pinlib.pins.wrong_hashes import Hashed, candidates
from pinlib.scenes.cast import HOST
from pinlib.teach.drawing import typeset
from pinlib.teach.drawing.blocks import Headline, card, stack
from pinlib.teach.drawing.typeset import paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.exhibits.inspection.pasted_key import without_secrets
from pinlib.teach.exhibits.inspection.pin_answer import Subject, held_against
from pinlib.teach.exhibits.inspection.pin_picture import (
    Look,
    draw_bytes,
    draw_notations,
    draw_pasted,
)
from pinlib.teach.widgets.controls import Control
from pinlib.teach.widgets.panel import Panel
from pinlib.teach.widgets.uploads import Given
from pinlib.tls.certificates import request

BANK, ROOT = f"{HOST} (lab)", "ISRG Root X1"
REQUEST = "backup key: a request (lab)"
MEGABYTES = LIMIT // 1_000_000


@cache
def shelf() -> Mapping[str, Document]:
    """Return what can be looked at without an upload: the lab's own, then the public roots."""
    cast = story()
    lab: dict[str, Source] = {
        BANK: cast.bank.leaf,
        f"{HOST}, renewed, same key (lab)": cast.events["renew, same key"].identity.leaf,
        f"{HOST}, renewed, new key (lab)": cast.events["renew with an unknown key"].identity.leaf,
        "Lab Issuing CA (lab)": cast.issuing.certificate,
        "Lab Root (lab)": cast.root.certificate,
        REQUEST: request(HOST, cast.backup),
        "backup key: the public key (lab)": cast.backup.public_key(),
    }
    return {name: documents(source)[0] for name, source in {**lab, **public_roots()}.items()}


@dataclass(frozen=True, slots=True)
class Pinned:
    """One certificate, request or key; what to look at; and a pin from somewhere."""

    source: str = BANK
    file: Given | None = None
    look: Look = Look.WHOLE
    pasted: str = ""

    @property
    def from_file(self) -> bool:
        """Whether the source is in the file that was given."""
        return self.file is not None and self.source in self.file.entries


def slip(hashed: Hashed, notation: Notation = Notation.OKHTTP) -> str:
    """Return the pin that somebody gets of ISRG Root X1 who hashes these bytes of it."""
    made = next(one for one in candidates(shelf()[ROOT]) if one.hashed is hashed)
    return Pin(Kind.KEY, made.digest).write(notation)


class PinPanel(Panel[Pinned]):
    """See which bytes a pin is made of, and what somebody else's was made of."""

    name = "pin"
    controls = (
        Control(
            "source",
            "Certificate",
            {name: name for name in shelf()},
            "A certificate, a request or a key",
            kind="dropdown",
        ),
        Control(
            "file",
            "Your own file",
            tooltip=f"Your own file (≤ {MEGABYTES} MB)",
            kind="file",
            receive=Given.of,
        ),
        Control(
            "look", "Look at", {look.value: look for look in Look}, "Bytes to scale, or the pins"
        ),
        Control("pasted", "A pin from somewhere", {"none": ""}, "Paste it here", kind="text"),
    )
    presets: ClassVar = {
        "The bank’s certificate": Pinned(),
        "A real root": Pinned(ROOT),
        "The SPKI, byte by byte": Pinned(look=Look.SPKI),
        "Every notation": Pinned(ROOT, look=Look.NOTATIONS),
        "A backup key’s request": Pinned(REQUEST),
        "A pin that matches": Pinned(ROOT, pasted=slip(Hashed.SPKI)),
        "Hashed: all of it": Pinned(ROOT, pasted=slip(Hashed.CERTIFICATE)),
        "Hashed: the bare bits": Pinned(ROOT, pasted=slip(Hashed.KEY_BITS)),
        "Hashed: the PEM text": Pinned(ROOT, look=Look.NOTATIONS, pasted=slip(Hashed.PEM)),
    }
    initial = Pinned()

    def controls_in(self, state: Pinned) -> tuple[Control, ...]:
        """Let the list of certificates begin with those of the file that was given."""
        source, *rest = self.controls
        given = state.file.entries if state.file else ()
        return replace(source, options={name: name for name in (*given, *shelf())}), *rest

    def settle(self, state: Pinned, before: Pinned) -> Pinned:
        """Show a file as soon as it is there, and keep no private key that was pasted."""
        state = replace(state, pasted=without_secrets(state.pasted))
        if state.file is not None and state.file is not before.file:
            return replace(state, source=state.file.entries[0])
        return state

    def view(self, state: Pinned) -> View:
        """Hash the bytes as they stand, and hold the pasted pin against all of them."""
        if state.file is None or not state.from_file:
            subject = Subject((shelf()[state.source],))
        elif state.file.refusal:
            return _refused(state.file)
        else:
            number = state.file.entries.index(state.source)
            subject = Subject(state.file.documents, number, state.file.digest)
        answer = held_against(subject, state.pasted)
        if state.look is Look.NOTATIONS:
            picture, words = draw_notations(subject, answer)
        else:
            picture, words = draw_bytes(subject, answer, state.look)
        lists, told = draw_pasted(subject, answer)
        facts = {
            "hashed": "nothing",
            "notation": "none",
            "set": "empty",
            **answer.facts,
            "look": state.look.name.lower(),
        }
        return View(answer.headline, stack(*lists, picture), "\n".join([*told, *words]), facts)


def _refused(file: Given) -> View:
    """Say why a file is not looked at, and what to do instead."""
    secret = bool(file.command)
    words = "Refused: this file holds a private key" if secret else "This file can’t be read"
    picture = Markup("")
    if secret:
        picture = card(
            "In your own terminal, beside the file",
            typeset.command(file.command),
            paragraph("The output holds no secret, and has the same key pin.", dim=True),
        )
    told = f"{file.command}\n" if secret else ""
    return View(
        Headline(words, file.refusal, "bad"),
        picture,
        f"{told}Everything else is still in the list of certificates.",
        {"outcome": "refused"},
    )
