"""The page around the panels: its style, the keyboard's guard, and the size for a projector."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import Lock
from weakref import WeakSet

import ipywidgets as widgets
from markupsafe import Markup

from pinlib.encoding.files import LIMIT
from pinlib.teach.drawing.blocks import stylesheet


class _Screen:
    """Everything on screen, and whether it is large; panels are made in more than one thread."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.shown: WeakSet[widgets.DOMWidget] = WeakSet()
        self.presenting = False


_screen = _Screen()


def present(on: bool = True) -> None:
    """Set everything on screen, and everything to come, large enough for the back of the room."""
    with _screen.lock:
        _screen.presenting = on
        shown = list(_screen.shown)
    for widget in shown:
        _set_form(widget)


def presenting() -> bool:
    """Tell whether everything is large."""
    return _screen.presenting


def presentable(widget: widgets.DOMWidget) -> widgets.DOMWidget:
    """Let `present` reach a widget."""
    with _screen.lock:
        _screen.shown.add(widget)
    _set_form(widget)
    return widget


def heard_in_order(*shown: widgets.DOMWidget) -> None:
    """Let widgets be heard in the thread that the page asks for, which is one for all of them.

    ipykernel would hear each in the thread that last said something to it.  A button that never
    changes is then heard in another one than the list beside it, and overtakes it: what was chosen
    before the button was pressed arrives after it, and stays.
    """
    for widget in shown:
        heard_in_order(*getattr(widget, "children", ()))
        if hasattr(widget.comm, "_reply_subshell_for"):  # since ipykernel 7.4
            widget.comm._reply_subshell_for = lambda _message, asked: asked


@cache
def classroom() -> Markup:
    """Give the set-up of a page: style, the keyboard's guard, a voice for changed pictures."""
    script = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
    script = script.replace("UPLOAD_LIMIT", str(LIMIT))
    return stylesheet() + Markup("<script>{}</script>").format(Markup(script))  # noqa: S704 - ours


def _set_form(widget: widgets.DOMWidget) -> None:
    (widget.add_class if _screen.presenting else widget.remove_class)("pinlib-presenting")
