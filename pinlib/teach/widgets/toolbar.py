"""The bars above a panel's picture: what is always there, and what More shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from pinlib.teach.drawing.blocks import stylesheet


def press(label: str, tooltip: str, act: Callable[[widgets.Button], Any]) -> widgets.Button:
    """Make a button that does one thing."""
    button = widgets.Button(description=label, tooltip=tooltip or label)
    button.on_click(act)
    return button


def bars(
    front: Sequence[widgets.DOMWidget],
    more: Sequence[widgets.DOMWidget],
    actions: Sequence[widgets.DOMWidget],
    ends: Sequence[widgets.DOMWidget],
) -> list[widgets.Box]:
    """Set controls and buttons in a row, and what comes under More in one below it."""
    rest = widgets.Box(list(more)).add_class("pinlib-bar")
    rest.layout.display = "none"
    opener = []
    if more:
        toggle = widgets.ToggleButton(description="More", tooltip="More settings")
        toggle.observe(lambda change: display(rest, shown=change["new"]), "value")
        opener = [toggle]
    top = widgets.Box([*front, *actions, *opener, *ends]).add_class("pinlib-bar")
    return [top, rest]


def style() -> widgets.HTML:
    """Carry the style sheet along, for a page that has none of ours."""
    sheet = widgets.HTML(stylesheet())
    sheet.layout.display = "none"
    return sheet


def display(widget: widgets.DOMWidget, *, shown: bool) -> None:
    """Show a widget, or hide it."""
    widget.layout.display = None if shown else "none"
