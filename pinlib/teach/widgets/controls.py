"""Controls, declared: what can be changed, in which words, and how a state is written as one line.

A control knows one field of a frozen state.  From the same declaration come the widget, the line of
text that can be pasted into another notebook, and the list of all states that tests walk through.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal, TypeVar

import ipywidgets as widgets
import traitlets

from pinlib.encoding import state_line
from pinlib.errors import BadInput

_S = TypeVar("_S")
ControlKind = Literal[
    "auto", "buttons", "dropdown", "checkbox", "slider", "steps", "text", "file", "press"
]
PACE = 2500  # milliseconds a step lasts when it is played


@dataclass(frozen=True)
class Control:
    """One thing to change: `options` go from the words on screen to the value in the state.

    Without options it is a checkbox over True and False.  For kind "text" the options are examples:
    any text may be typed, and tests walk the examples.  For kind "file" the value is None until a
    file was given, and then what `receive` makes of its name and content; the content itself is
    kept nowhere else.  For kind "steps" the options are numbered from 0, which stands for all of
    them: back, next and play go round in a ring, from the last to all of them, and on to the first.
    """

    field: str
    label: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    tooltip: str = ""
    tooltips: tuple[str, ...] = ()
    kind: ControlKind = "auto"
    more: bool = False
    follows: bool = False
    receive: Callable[[str, bytes], Any] | None = None

    @property
    def choices(self) -> tuple[Any, ...]:
        """Every value on offer; files are not."""
        if self.kind == "file":
            return (None,)
        if self.kind == "press":
            return (0, 1)
        return tuple(self.options.values()) or (True, False)

    def offers(self, value: object) -> bool:
        """Tell whether the control can show this value."""
        if self.kind == "file":
            return value is None or not isinstance(value, str)
        if self.kind == "press":
            return type(value) is int and value >= 0
        return isinstance(value, str) if self.kind == "text" else value in self.choices

    def take(self, widget: Any, held: Any) -> Any:
        """Read what the learner's hand did to the widget; `held` is what the state has."""
        if self.kind != "file":
            return widget.value
        if not widget.value or self.receive is None:  # mypy: a file control has one
            return held
        file = widget.value[0]
        return self.receive(file["name"], bytes(file["content"]))

    def put(self, widget: Any, value: Any) -> None:
        """Set the widget to what the state says; a file that was received is let go of."""
        if self.kind == "file":
            widget.value = ()
            return
        if hasattr(widget, "options") and dict(widget.options) != dict(self.options):
            # A slider whose place lies beyond its new end moves, and tells us that a hand did it:
            # so it goes to the beginning first, which is in reach before and after.
            if hasattr(widget, "index"):
                widget.index = 0
            widget.options = list(self.options.items())
        widget.value = value

    def widget(self, value: Any) -> widgets.DOMWidget:
        """Make the control for the screen, set to `value`."""
        tooltip = self.tooltip or self.label
        if self.kind == "file":
            return widgets.FileUpload(description=self.label, tooltip=tooltip)
        if self.kind == "press":
            return _Press(description=self.label, tooltip=tooltip, value=value)
        common = {"description": self.label, "value": value}
        pairs = list(self.options.items())
        kind = self.kind
        if kind == "auto":
            kind = "checkbox" if not pairs else "buttons" if len(pairs) <= 4 else "dropdown"
        if kind == "checkbox":
            return widgets.Checkbox(**common, indent=False, tooltip=tooltip)
        if kind == "text":
            # The page's script sends what was pasted at once; what is typed goes with Enter.
            return widgets.Text(
                **common, continuous_update=False, tooltip=tooltip, placeholder=tooltip
            )
        if kind == "dropdown":
            return widgets.Dropdown(**common, options=pairs, tooltip=tooltip)
        if kind == "slider":
            return widgets.SelectionSlider(**common, options=pairs, tooltip=tooltip)
        if kind == "steps":
            return _Steps(**common, options=pairs, tooltip=tooltip)
        return widgets.ToggleButtons(
            **common,
            options=pairs,
            tooltips=list(self.tooltips or [tooltip] * len(pairs)),
            style={"button_width": "auto"},
        )


@dataclass(frozen=True)
class Action:
    """Something to do to a state that is no setting of it: a button.

    `do` returns the state that it leads to, and raises BadInput where it cannot be done.
    """

    label: str
    do: Callable[[Any], Any]
    tooltip: str = ""
    final: bool = False
    """Whether it cannot be undone: what was sent was sent."""


class _Press(widgets.Button):
    """A button that counts, so that what it does is part of a state like everything else."""

    value = traitlets.Int(0)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.on_click(lambda _: setattr(self, "value", self.value + 1))


class _Steps(widgets.HBox):
    """Back, Next and Play through what has an order; the page's script also hears arrow keys."""

    value = traitlets.Int(0)

    def __init__(
        self, *, description: str, options: list[tuple[str, int]], value: int, tooltip: str
    ) -> None:
        self._name = description
        self._label = widgets.Label(description)
        back = widgets.Button(description="Back", tooltip="One back (arrow left)")
        back.add_class("pinlib-step-back")
        onward = widgets.Button(description="Next", tooltip=f"{tooltip} (arrow right)")
        onward.add_class("pinlib-step-on")
        self._play = widgets.Play(min=1, max=2, interval=PACE, show_repeat=False)
        # What is clicked in the picture says here which step it is.
        self._chosen = widgets.Text(continuous_update=False).add_class("pinlib-chosen-step")
        buttons = widgets.HBox([back, onward, self._play, self._chosen])
        super().__init__([self._label, buttons])
        self.add_class("pinlib-steps")
        self.options = options
        self.observe(self._changed, "value")
        back.on_click(lambda _: self._go(-1))
        onward.on_click(lambda _: self._go(1))
        self._play.observe(self._played, "value")
        self._chosen.observe(self._clicked, "value")
        self.value = value

    @property
    def options(self) -> list[tuple[str, int]]:
        """The steps by their names; the first is all of them."""
        return self._options

    @options.setter
    def options(self, given: list[tuple[str, int]]) -> None:
        self._options = list(given)
        self.value = min(self.value, len(given) - 1)
        with self._play.hold_trait_notifications():
            self._play.max = len(given)
            self._play.value = self.value or len(given)
        self._changed()

    def stop(self) -> None:
        """Play no further."""
        self._play.playing = False

    def _go(self, by: int) -> None:
        self.stop()
        self.value = (self.value + by) % len(self._options)

    def _played(self, change: Mapping[str, Any]) -> None:
        self.value = change["new"] % len(self._options)

    def _clicked(self, change: Mapping[str, Any]) -> None:
        chosen = change["new"]
        self._chosen.value = ""  # so that the same one can be clicked again
        if chosen.isascii() and chosen.isdecimal() and int(chosen) < len(self._options):
            self.stop()
            self.value = int(chosen)

    def _changed(self, _: Mapping[str, Any] | None = None) -> None:
        self._play.value = self.value or len(self._options)
        last = len(self._options) - 1
        where = f"{self.value} of {last}" if self.value else f"all {last}"
        self._label.value = f"{self._name}: {where}"


def to_text(name: str, controls: Sequence[Control], state: object) -> str:
    """Write a state as one line, to be pasted into another notebook or read out on stage."""
    return f"{name}: {state_line.write_line({c.field: getattr(state, c.field) for c in controls})}"


def parse(name: str, controls_in: Callable[[_S], Sequence[Control]], line: str, base: _S) -> _S:
    """Read `to_text` back; fields that the line leaves out keep their value in `base`.

    `controls_in` gives the controls, with what they offer in a state.  Raises BadInput, in one
    sentence that names what would have been right.
    """
    head, colon, rest = line.partition(":")
    if colon and "=" not in head:
        if head.strip() != name:
            raise BadInput(f"this line is for {head.strip()!r}, but this is {name!r}", seen=line)
    else:
        rest = line
    known = {c.field: c for c in controls_in(base)}
    words = state_line.read_line(rest, known)
    # A file that is missing is why other words may not fit: it is asked for first.
    in_order = sorted(words, key=lambda field: (known[field].kind != "file", known[field].follows))
    for field in in_order:
        control = next(c for c in controls_in(base) if c.field == field)
        found = {field: _value(control, words[field], getattr(base, field))}
        # mypy cannot know that every state is a dataclass.
        base = replace(base, **found)  # type: ignore[type-var]
    return base


def _value(control: Control, word: str, held: Any) -> Any:
    if control.kind == "text":
        return word
    if control.kind == "file":
        if not word or (held is not None and word == str(held)):
            return held if word else None
        raise BadInput(f"a line can’t hold a file: give {word!r} to this panel first", seen=word)
    if control.kind == "press":
        if not (word.isascii() and word.isdecimal() and len(word) < 10):
            raise BadInput(f"{control.field} is a number such as 0 or 3, not {word!r}", seen=word)
        return int(word)
    return state_line.choose(control.field, word, control.choices)


def every_state(controls: Sequence[Control], base: _S) -> Iterator[_S]:
    """Give each state that the controls can reach, for tests to walk through."""
    for values in product(*(c.choices for c in controls)):
        yield replace(base, **dict(zip((c.field for c in controls), values, strict=True)))  # type: ignore[type-var]
