"""A certificate, request or key that was pasted where a pin was asked for: which pin it has.

A private key is let go of at once; what stays in its place is `LET_GO`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pinlib.encoding.der import Document
from pinlib.encoding.files import LIMIT
from pinlib.encoding.foreign import foreign_form
from pinlib.encoding.naming import title_of
from pinlib.pins.notations import Kind
from pinlib.pins.pins import pins_of
from pinlib.teach.drawing.blocks import Headline
from pinlib.teach.widgets.uploads import Given

LET_GO = "(a private key: not kept)"
_NAME = "what you pasted"
# PEM, an SSH key's line, or base64 of either; longer than any pin.
_LOOKS_LIKE_A_FILE = re.compile(
    r"-----BEGIN |---- BEGIN |^(?:ssh|ecdsa-sha2|sk)-\S+ \S+"
    r"|^(?:M[A-P]|LS0tLS1CRUdJTi)(?:[A-Za-z0-9+/]\s*){60,}={0,2}\s*$"
)


def without_secrets(pasted: str) -> str:
    """Return what was pasted, or `LET_GO` where a private key is in it, or may be."""
    given = _given(pasted)
    return LET_GO if given is not None and given.command and not given.documents else pasted


def pasted_instead(pasted: str, looked_at: Document) -> tuple[Headline, str] | None:
    """Say which pin something that is no pin has, and how that ended; None for all other texts."""
    if pasted == LET_GO or without_secrets(pasted) == LET_GO:
        told = "Paste its public half instead, or its certificate: their key pin is the same."
        return Headline("A private key: it was not kept", told, "bad"), "refused"
    given = _given(pasted)
    if given is None:
        return None
    if given.refusal:
        return Headline("No pin can be computed from this", given.refusal, "bad"), "unreadable"
    return _compared(given.documents, looked_at)


def _given(pasted: str) -> Given | None:
    text = pasted.strip()
    content = text.encode("utf-8", "replace")
    if len(content) > LIMIT:
        return None
    if _LOOKS_LIKE_A_FILE.search(text) or foreign_form(content):
        return Given.of(_NAME, content)
    return None


def _compared(found: Sequence[Document], looked_at: Document) -> tuple[Headline, str]:
    """Hold what was pasted against what is looked at, by key pin."""
    ours = pins_of(looked_at)
    same = [one for one in found if pins_of(one)[Kind.KEY] == ours[Kind.KEY]]
    one = (same or list(found))[0]
    pins = pins_of(one)
    place = f" ({found.index(one) + 1} of {len(found)})" if len(found) > 1 else ""
    title, form = title_of(one), one.form.value
    named = form if title == form else f"{form}, {title}{place}"
    told = f"You pasted {named}, not a pin. Its key pin, {pins[Kind.KEY]}, is what to compare."
    if not same:
        return Headline("Another key, so another key pin", told, signed=False), "other_key"
    words = "The same key, so the same key pin"
    if pins.get(Kind.CERTIFICATE) == ours.get(Kind.CERTIFICATE, ""):
        words = "This very certificate: both pins match"
    return Headline(words, told, signed=False), "same_key"
