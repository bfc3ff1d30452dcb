"""A panel with something to find in it: goals that tick themselves when a hand reaches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from markupsafe import Markup

from pinlib.teach.drawing.typeset import escape
from pinlib.teach.lesson_texts import Goal
from pinlib.teach.widgets.panel import By, Panel
from pinlib.teach.widgets.shown import Shown


class Finds(Protocol):
    """What a board of goals asks of its lesson."""

    def found(self, name: str) -> list[int]:
        """Return the numbers of the goals that were found, from 0."""

    def find(self, name: str, found: list[int]) -> None:
        """Keep what was found."""

    @property
    def presenting(self) -> bool:
        """Whether somebody presents: then scenes are on offer from the start."""


class GoalBoard(Shown):
    """Goals above a panel (below it on a projector), and the panel itself."""

    def __init__(self, name: str, panel: Panel[Any], goals: Sequence[Goal], finds: Finds) -> None:
        super().__init__()
        for goal in goals:
            for fact in {*goal.when, *(fact for near in goal.near for fact in near.when)}:
                if fact not in panel.facts:
                    known = ", ".join(panel.facts)
                    raise TypeError(f"goal {goal.find!r} asks for {fact!r}; there are {known}")
        self.panel = panel
        self._name, self._goals, self._finds = name, goals, finds
        self._hint = ""
        self.children = (self._words, panel)
        self.add_class("pinlib-goalboard")
        panel.watch(self._changed)
        self.refresh()

    @property
    def finished(self) -> bool:
        """Whether anything was found."""
        return bool(self._finds.found(self._name))

    def _changed(self, by: By) -> None:
        with self._lock:
            if by == "hand":
                facts = self.panel.facts
                found = self._finds.found(self._name)
                new = [
                    number
                    for number, goal in enumerate(self._goals)
                    if number not in found and meets(facts, goal.when)
                ]
                self._hint = self._near(facts, [*found, *new])
                if new:
                    self._finds.find(self._name, sorted([*found, *new]))
            self.refresh()

    def _near(self, facts: Mapping[str, str], found: Sequence[int]) -> str:
        left = (goal for number, goal in enumerate(self._goals) if number not in found)
        return next((n.say for goal in left for n in goal.near if meets(facts, n.when)), "")

    def refresh(self) -> None:
        """Draw the goals as they stand; scenes are on offer once all are found."""
        found = self._finds.found(self._name)
        all_found = len(found) == len(self._goals)
        self.panel.offer_scenes(all_found or self._finds.presenting)
        rows, lines = [], []
        for number, goal in enumerate(self._goals):
            is_found = number in found
            why = Markup(" <span>{}</span>").format(escape(goal.why)) if is_found else ""
            row = Markup('<li data-found="{}"><b>{}</b><div><b>{}</b>{}</div></li>')
            rows.append(
                row.format(
                    "yes" if is_found else "no", "✓" if is_found else "○", escape(goal.find), why
                )
            )
            lines.append(
                f"{'✓' if is_found else '○'} {goal.find}{f' {goal.why}' if is_found else ''}"
            )
        head = "You’ve found all of them." if all_found else f"Find ({len(found)} of {len(rows)}):"
        near = Markup('<p class="pl-near">{}</p>').format(escape(self._hint)) if self._hint else ""
        board = Markup('<p class="pl-strong">{}</p><ol class="pl-goals">{}</ol>{}')
        # A result already tells where scenes are on offer again.
        self._say(
            board.format(head, Markup("").join(rows), near),
            "\n".join([head, *lines, *([self._hint] if self._hint else []), str(self.panel)]),
        )


def meets(facts: Mapping[str, str], when: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether each fact has one of the values that are wanted."""
    return all(facts.get(fact) in wanted for fact, wanted in when.items())
