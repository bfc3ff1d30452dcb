"""Who was harmed, drawn the same everywhere: a word, an icon, a colour with its hatch, one square.

Blue and vermillion belong to this alone.  Of the two harms, an interception is solid and a lock-out
is hatched, so that neither needs its colour to be told apart.
"""

from __future__ import annotations

from markupsafe import Markup

from pinlib import Ending
from pinlib.teach.drawing.blocks import Headline, verdict_line
from pinlib.teach.drawing.palette import Tone
from pinlib.teach.drawing.typeset import escape, inline, svg_element

_ICONS = {
    Ending.CONNECTED: "M24 5a19 19 0 1 0 .01 0zM15 25l6.5 6.5L34 18",
    Ending.BLOCKED: "M24 4l16 6v12c0 11-7 18-16 22-9-4-16-11-16-22V10zM16 23h16",
    Ending.INTERCEPTED: "M6 9h36v24H6zM3 40h42M13 21h.01M20.500 21h.01M27.500 21h.01M35 21h.01",
    Ending.LOCKED_OUT: "M11 4h26v40H11zM18 17l12 12M30 17l-12 12",
}
TONES: dict[Ending, Tone] = {one: "bad" if one.harm else "good" for one in Ending}


def icon(ending: Ending) -> Markup:
    """Draw how it ended, as one sign."""
    path = f'<path d="{_ICONS[ending]}" vector-effect="non-scaling-stroke"/>'
    return svg_element(ending.value, path, "pl-ending-icon", 'viewBox="0 0 48 48"')


def square(ending: Ending) -> Markup:
    """Draw the emblem: who answered by what the phone did, with one place lit."""
    cells = []
    for name, by_the_bank in (("the bank", True), ("someone else", False)):
        cells.append(f'<span class="pl-square-row">{name}</span>')
        for let_in in (True, False):
            place = next(
                one for one in Ending if (one.by_the_bank, one.let_in) == (by_the_bank, let_in)
            )
            lit = ' data-lit="yes"' if place is ending else ""
            cells.append(f'<b data-place="{place.name.lower()}"{lit}></b>')
    let = "let in" if ending.let_in else "refused"
    who = "the bank" if ending.by_the_bank else "someone else"
    words = f"{who}, {let}: {ending.value}"
    return Markup(
        f'<div class="pl-square" role="img" aria-label="{escape(words)}">'
        '<span></span><span class="pl-square-col">let in</span>'
        f'<span class="pl-square-col">refused</span>{"".join(cells)}</div>'
    )


def harm_line(said: Headline) -> Markup:
    """Say the answer first: with who was harmed, where that is known, or else without a colour."""
    if said.ending is None:
        return verdict_line(said)
    ending = said.ending
    return Markup(
        f'<div class="pl-headline pl-harm pl-{TONES[ending]}" data-ending="{ending.name.lower()}">'
        f'{icon(ending)}<div><div class="pl-verdict"><span>{escape(said.words)}</span></div>'
        f'<div class="pl-reason">{inline(said.reason)}</div></div>{square(ending)}</div>'
    )
