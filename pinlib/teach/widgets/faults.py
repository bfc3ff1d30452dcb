"""What goes wrong, shown: a refusal as a sentence, and a bug of ours as what it is."""

from __future__ import annotations

import os
import traceback

from markupsafe import Markup

from pinlib.errors import PinlibError
from pinlib.teach.drawing.blocks import Headline, verdict_line
from pinlib.teach.drawing.typeset import escape, escape_lines
from pinlib.teach.drawing.view import View


def strict() -> bool:
    """Tell whether our own bugs should raise as well as show: tests set PINLIB_STRICT=1."""
    return os.environ.get("PINLIB_STRICT", "") not in {"", "0"}


def refusal_view(refusal: PinlibError) -> View:
    """Show what cannot be done as a result like others."""
    return View(
        Headline("This can’t be shown", str(refusal)),
        Markup(""),
        "Choose another setting, or start over.",
        {"outcome": "error", "error": type(refusal).__name__},
    )


def bug_view(bug: Exception, line: str) -> tuple[View, Markup]:
    """Show a bug of ours with the lines to report."""
    kind = f"{type(bug).__name__}: {bug}"
    view = View(
        Headline("This panel has a bug", "It’s ours, not yours. Please report these lines."),
        Markup(""),
        f"{kind}\n{line}",
        {"outcome": "bug"},
    )
    trace = escape_lines("".join(traceback.format_exception(bug)))
    return view, Markup(
        '<div class="pl" data-outcome="bug"><div class="pl-bug" role="alert">'
        "{}<pre>{}\n{}</pre></div>"
        '<details class="pl-words"><summary>Traceback</summary><pre>{}</pre></details></div>'
    ).format(verdict_line(view.headline), escape(line), escape(kind), trace)
