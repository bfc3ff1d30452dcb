"""What stands between a lesson's words: a place for answers, which a saved notebook keeps.

A widget lives as long as its kernel.  So beside each stands a copy of what it says, hidden while
the widget is there: a notebook that is opened without a kernel reads as a finished page.
"""

from __future__ import annotations

import threading
from typing import Any

import ipywidgets as widgets
from IPython.core.formatters import DisplayFormatter
from IPython.core.getipython import get_ipython
from IPython.display import display, publish_display_data
from markupsafe import Markup

from pinlib.errors import PinlibError
from pinlib.teach.drawing.blocks import stylesheet
from pinlib.teach.drawing.typeset import escape, escape_lines, paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets import page

_KEPT = "<style>.jp-OutputArea:has(.pinlib-panel) .pinlib-kept { display: none; }</style>"


class Shown(widgets.VBox):
    """Words that change when somebody acts, and a copy of them without a kernel."""

    def __init__(self) -> None:
        self._html = Markup("")
        self._plain = ""
        self._copy: Any = None
        # JupyterLab hears clicks in a thread beside the one that runs cells.
        self._lock = threading.RLock()
        self._words = widgets.HTML()
        self._words.add_class("pinlib-view")
        super().__init__()
        page.presentable(self).add_class("pinlib-panel")

    def refresh(self) -> None:
        """Draw afresh what there is to see now."""
        raise NotImplementedError

    @property
    def finished(self) -> bool:
        """Whether there is something that a saved notebook should hold."""
        return False

    def _say(self, html: Markup, plain: str) -> None:
        """Show words, and let the copy follow."""
        self._html, self._plain = html, plain
        self._words.value = f'{stylesheet()}<div class="pl pl-lesson">{html}</div>'
        self._keep()

    def _keep(self) -> None:
        if self._copy is not None:
            bundle = {"text/html": "", "text/plain": ""}
            if self.finished:
                bundle = {"text/html": f"{_KEPT}{self._still('pinlib-kept')}"}
                bundle["text/plain"] = self._plain
            self._copy.update(bundle, raw=True)

    def _still(self, form: str) -> Markup:
        words = Markup('<div class="{}">{}<div class="pl pl-lesson">{}</div></div>')
        return words.format(form, stylesheet(), self._html)

    def _ipython_display_(self) -> None:
        """Show the widget, and after it the copy, empty until there is something to keep."""
        publish_display_data(self._repr_mimebundle_())  # type: ignore[no-untyped-call]
        self._copy = display({"text/html": "", "text/plain": ""}, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        self._keep()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs) or {}
        bundle["text/html"] = str(self._still("pinlib-panel"))
        bundle["text/plain"] = self._plain
        return bundle

    def __str__(self) -> str:
        return self._plain

    def __repr__(self) -> str:
        return self._plain


def drawn(result: object) -> tuple[Markup, str]:
    """Draw what an experiment gave: as a picture where it is one, and the same in words."""
    if isinstance(result, View):
        return result.html, result.text
    if isinstance(result, str):
        return Markup("<pre>{}</pre>").format(escape_lines(result)), result
    shell = get_ipython()
    formatter = shell.display_formatter if shell is not None else DisplayFormatter()
    bundle, _ = formatter.format(result)  # type: ignore[union-attr]
    plain = bundle.get("text/plain", "")
    for kind in "text/html", "image/svg+xml":
        if kind in bundle:
            return Markup(bundle[kind]), plain  # noqa: S704 - made by our drawing, or IPython's
    if "image/png" in bundle:
        image = Markup('<img alt="{}" src="data:image/png;base64,{}">')
        return image.format(escape(plain), bundle["image/png"]), plain
    return Markup("<pre>{}</pre>").format(escape_lines(plain)), plain


def refused(error: PinlibError) -> tuple[Markup, str]:
    """Say what cannot be done: what was seen, and what to do."""
    said = f"{str(error)[:1].upper()}{str(error)[1:]}."
    return Markup('<div role="alert">{}</div>').format(paragraph(said)), said


def button(label: str, act: Any, *, tooltip: str = "") -> widgets.Button:
    """Make a button that does one thing."""
    made = widgets.Button(description=label, tooltip=tooltip or label)
    made.on_click(lambda _: act())
    return made


def bar(*shown: widgets.Widget) -> widgets.Box:
    """Set buttons in a row that wraps."""
    return widgets.Box(shown).add_class("pinlib-bar")
