"""Sorting by clicking: each thing has a row of places, and its own run says whether it is right."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import ipywidgets as widgets
from markupsafe import Markup

from pinlib.teach.drawing.typeset import escape
from pinlib.teach.lesson_texts import Sort
from pinlib.teach.widgets.shown import Shown, bar, button

_OPEN = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a thing belongs, as its run decided, and the sentence that says why."""

    place: str
    why: str


class Sorted(Protocol):
    """What a sort asks of its lesson."""

    def sorted(self, name: str) -> dict[str, str]:
        """Return where each thing was put first."""

    def sort_into(self, name: str, placed: dict[str, str]) -> None:
        """Keep where each thing was put."""


class Sorting(Shown):
    """Rows to click, and a table of what really happens to each thing that was sorted."""

    def __init__(
        self,
        name: str,
        sort: Sort,
        things: Mapping[str, Callable[[], Placed]],
        keeps: Sorted,
        tried: Collection[str] = (),
    ) -> None:
        super().__init__()
        met = keeps.sorted(name)
        new = {thing: _OPEN for thing in things if thing in tried and thing not in met}
        if new:
            keeps.sort_into(name, {**met, **new})
        self._name, self._sort, self._things, self._keeps = name, sort, things, keeps
        self._results: dict[str, Placed] = {}
        self._rows = {thing: self._row(thing) for thing in things}
        self._box = widgets.VBox(list(self._rows.values())).add_class("pinlib-sort")
        self._show = button("Show me", self.show_me, tooltip="The results, without sorting")
        self.children = (self._words, self._box, bar(self._show))
        self.refresh()

    @property
    def finished(self) -> bool:
        """Whether anything was sorted."""
        return bool(self._keeps.sorted(self._name))

    def put(self, thing: str, place: str) -> None:
        """Sort one thing as a click would; the first answer counts."""
        with self._lock:
            placed = self._keeps.sorted(self._name)
            if thing not in placed:
                self._keeps.sort_into(self._name, {**placed, thing: place})
            self.refresh()

    def show_me(self) -> None:
        """Let each thing that is not sorted run, for an audience."""
        with self._lock:
            placed = self._keeps.sorted(self._name)
            shown = {thing: _OPEN for thing in self._things if thing not in placed}
            self._keeps.sort_into(self._name, {**placed, **shown})
            self.refresh()

    def refresh(self) -> None:
        """Draw the rows that are left, and the table of the others."""
        with self._lock:
            placed = self._keeps.sorted(self._name)
            lines = [self._sort.task]
            rows = []
            right = 0
            for thing, row in self._rows.items():
                row.layout.display = "none" if thing in placed else None
                if thing in placed:
                    result = self._result(thing)
                    said = placed[thing]
                    right += said == result.place
                    rows.append(_told(thing, said, result))
                    lines.append(f"{thing}: {result.place}. {result.why}")
            self._show.layout.display = "none" if len(placed) == len(self._things) else None
            score = f"{len(placed)} of {len(self._things)} sorted, {right} of them right."
            table = Markup('<table class="pl-table pl-sorted"><tbody>{}</tbody></table>')
            ask = Markup('<p class="pl-question"><b>Sort.</b> {}</p><p class="pl-dim">{}</p>{}')
            shown = table.format(Markup("").join(rows)) if rows else ""
            self._say(ask.format(escape(self._sort.task), score, shown), "\n".join([*lines, score]))

    def _result(self, thing: str) -> Placed:
        if thing not in self._results:
            self._results[thing] = self._things[thing]()
        return self._results[thing]

    def _clicked(self, thing: str, place: str | None) -> None:
        if place is not None:
            self.put(thing, place)

    def _row(self, thing: str) -> widgets.ToggleButtons:
        row = widgets.ToggleButtons(
            options=self._sort.places, value=None, description=thing, style={"button_width": "auto"}
        )
        row.observe(lambda change: self._clicked(thing, change["new"]), "value")
        return row


def _told(thing: str, said: str, result: Placed) -> Markup:
    right = "shown" if not said else "yes" if said == result.place else "no"
    sign = {"yes": "✓", "no": "✕", "shown": "–"}[right]
    why = f"You said: {said}. {result.why}" if right == "no" else result.why
    row = Markup('<tr data-right="{}"><th scope="row">{} {}</th><td><b>{}</b></td><td>{}</td></tr>')
    return row.format(right, sign, escape(thing), escape(result.place), escape(why))


def places(
    things: Mapping[str, Any], run: Callable[[Any], Placed]
) -> dict[str, Callable[[], Placed]]:
    """Give each thing its run, to be made when it is sorted."""
    return {name: partial(run, thing) for name, thing in things.items()}
