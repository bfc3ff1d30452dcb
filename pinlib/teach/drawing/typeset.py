"""Words, bytes and commands as markup that is safe to show.

Every function takes plain words and returns `markupsafe.Markup`: a string of which everything that
came from outside has been escaped.  Words never become `Markup` without `escape`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from markupsafe import Markup

from pinlib.teach.drawing.palette import Key


@dataclass(frozen=True, slots=True)
class Mono:
    """Bytes, a key or a pin: shortened in the middle when `keep` is given, whole on hover."""

    full: str
    keep: int | None = None


Piece = str | Mono | Key
Text = Piece | tuple[Piece, ...]


def escape(words: str) -> Markup:
    """Make words from anywhere safe to show: no markup, nothing that hides or turns the text."""
    shown = (
        (" " if char in "\n\r\t" else "\ufffd")
        if unicodedata.category(char) in {"Cc", "Cf", "Cs"}
        else char
        for char in words
    )
    return Markup(html.escape("".join(shown)))


def escape_lines(text: str) -> Markup:
    """Escape text whose lines matter."""
    return Markup("\n".join(escape(line) for line in text.splitlines()))


def middle(words: str, keep: int) -> str:
    """Shorten to `keep` characters, keeping both ends: that is how people compare keys."""
    if len(words) <= keep:
        return words
    tail = (keep - 1) // 2
    return f"{words[: keep - 1 - tail]}…{words[len(words) - tail :]}"


def count_of_bytes(number: int) -> str:
    """Say how many bytes: 1 byte, 1,024 bytes."""
    return f"{number:,} byte{'' if number == 1 else 's'}"


def inline(text: Text) -> Markup:
    """Lay out one line of words, bytes and keys."""
    if isinstance(text, tuple):
        return Markup(" ".join(inline(piece) for piece in text))
    if isinstance(text, Mono):
        short = text.full if text.keep is None else middle(text.full, text.keep)
        kind = "pl-mono pl-short" if short != text.full else "pl-mono"
        return Markup(f'<code class="{kind}" title="{escape(text.full)}">{escape(short)}</code>')
    if isinstance(text, Key):
        sample = (
            f'<line x1="1" x2="29" y1="5" y2="5" stroke="{text.colour}" stroke-width="3.5"'
            f' stroke-dasharray="{text.dash}"/>'
        )
        drawn = svg_element(text.name, sample, "pl-keyline", 'width="30" height="10"')
        return Markup(f'<span class="pl-key">{drawn} {escape(text.name)}</span>')
    # A plain str: what `sub` puts into a Markup would be escaped.
    return Markup(_UNBROKEN.sub(r'<span class="pl-unbroken">\g<0></span>', str(escape(text))))


_UNBROKEN = re.compile(r"\d{4}-\d\d-\d\d|\b(?:RSA|P)-\d+")


def paragraph(text: Text, *, dim: bool = False) -> Markup:
    """Set one sentence as text, or as detail."""
    return Markup(f'<p class="{"pl-dim" if dim else "pl-text"}">{inline(text)}</p>')


def heading(words: str) -> Markup:
    """Set a heading over what is not in one card."""
    return Markup(f'<div class="pl-heading pl-over">{escape(words)}</div>')


def subheading(words: str) -> Markup:
    """Set a heading inside a card, between two of its parts."""
    return Markup(f'<div class="pl-strong pl-sub">{escape(words)}</div>')


def amount(number: str, of_what: str) -> Markup:
    """Set one number so large that the back of the room can read it."""
    return Markup(
        f'<div class="pl-amount">{escape(number)}</div><div class="pl-dim">{escape(of_what)}</div>'
    )


def command(text: str) -> Markup:
    """Set a command for the learner's own terminal; on a projector too it is whole."""
    return Markup(f'<div class="pl-command">{copyable(text, "the command")}</div>')


def copyable(text: str, what: str) -> Markup:
    """Set bytes that are meant to be taken along: one click marks all, a button copies.

    The button shows where the page's script is there to do it.  On a projector the text is
    shortened in the middle, for nobody copies from a wall; `what` names it for a screen reader.
    """
    whole, brief = escape(text), inline(Mono(text, 26))
    drawn = svg_element(f"Copy {what}", _COPY, "", _COPY_BOX)
    return Markup(
        f'<span class="pl-copy"><code class="pl-mono pl-whole" title="{whole}">{whole}</code>'
        f'<span class="pl-brief">{brief}</span>'
        f'<button type="button" class="pl-copier" data-copy="{whole}"'
        f' title="Copy {escape(what)}">{drawn}</button></span>'
    )


_COPY = '<path d="M6 6V3h10v10h-3M3 6h10v11H3z"/>'
_COPY_BOX = 'viewBox="0 0 19 20"'


def svg_element(title: str, inside: str, kind: str, attributes: str = "") -> Markup:
    """Draw a picture that says what it shows; `inside` and `attributes` are ours, and safe."""
    return Markup(
        f'<svg class="{kind}" role="img" {attributes}><title>{escape(title)}</title>{inside}</svg>'
    )
