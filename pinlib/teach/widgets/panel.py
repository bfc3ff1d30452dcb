"""The one base of every panel: a frozen state, its controls, and a pure picture of it.

A subclass says what can be changed and how it looks; the ten promises of a panel (speed, keyboard,
projector, static copy, …) are kept here, once::

    class Door(Panel[DoorState]):
        name = "door"
        controls = (Control("open", "The door is", {"open": True, "shut": False}),)
        initial = DoorState()

        def view(self, state: DoorState) -> View: ...
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Generic, Literal, TypeVar

import ipywidgets as widgets
from markupsafe import Markup

from pinlib.encoding import state_line
from pinlib.errors import BadInput, PinlibError
from pinlib.teach.drawing.blocks import Headline, stylesheet
from pinlib.teach.drawing.typeset import paragraph
from pinlib.teach.drawing.view import View
from pinlib.teach.widgets import page, toolbar
from pinlib.teach.widgets.controls import Action, Control, every_state, parse, to_text
from pinlib.teach.widgets.faults import bug_view, refusal_view, strict
from pinlib.teach.widgets.slices import SlicedWork

_S = TypeVar("_S")
MOST_VISIBLE = 6
MOST_REMEMBERED = 200
STOP, GO_ON = "Stop", "Go on"
By = Literal["hand", "scene", "code"]
"""Who brought a panel to its state: its controls, one of its scenes, or a call."""
_OWN = ""  # no preset; a Dropdown with the value None would show an empty line


class TwinIncomplete(AssertionError):
    """A picture holds numbers that its words leave out."""


class Panel(widgets.VBox, Generic[_S]):
    """Show one state at a time, and let its controls change it."""

    name: ClassVar[str]
    controls: ClassVar[tuple[Control, ...]]
    actions: ClassVar[tuple[Action, ...]] = ()
    presets: ClassVar[Mapping[str, Any]] = {}
    initial: ClassVar[Any]

    def __init__(self, state: _S | str | None = None) -> None:
        visible = sum(not control.more for control in self.controls) + bool(self.presets)
        if visible > MOST_VISIBLE:
            raise TypeError(f"{visible} controls are visible at once; put some under More")
        self._state: _S = self.initial
        self._state = self._first = self._read(self.initial if state is None else state)
        self._syncing = False
        self._buttons: dict[str, widgets.Button] = {}
        self._html = Markup("")
        # JupyterLab sends what a hand does to a thread beside the one that runs cells (a subshell),
        # or to that one until there is another: two of them may ask a panel at once.
        self._lock = threading.RLock()
        self._drawing: SlicedWork[View] | None = None
        self._past: list[_S] = []
        self._by: By = "code"
        self._watchers: list[Callable[[By], None]] = []
        self._stop = toolbar.press(STOP, "Stop drawing; what is there stays", self._stop_or_go_on)
        self._notice = widgets.HTML()
        self._notice.add_class("pinlib-notice")
        self._picture = widgets.HTML()
        self._picture.add_class("pinlib-view")
        self._scene = widgets.Dropdown(
            description="Scene",
            options=[("your own settings", _OWN), *((name, name) for name in self.presets)],
            value=self._preset_shown(),
            tooltip="Go to a scene by name",
        )
        self._widgets = {
            c.field: c.widget(getattr(self._state, c.field)) for c in self.controls_in(self._state)
        }
        super().__init__(children=self._children())
        page.heard_in_order(*(one for bar in self.children for one in getattr(bar, "children", ())))
        self._scene.observe(self._scene_chosen, "value")
        for widget in self._widgets.values():
            widget.observe(self._control_changed, "value")
        page.presentable(self).add_class("pinlib-panel").add_class(f"pinlib-panel-{self.name}")
        self.refresh()

    def view(self, state: _S) -> View:
        """Draw a state; pure, so that every state can be tested without a screen."""
        raise NotImplementedError

    def work(self, state: _S) -> Iterator[Callable[[], View]]:  # noqa: ARG002 (mostly it is nothing)
        """Do, bit by bit, what takes too long to be done between a click and its picture.

        Each bit gives a way to draw what there is so far; what is done is kept, so that `view` has
        no more to do than to draw.  Between two of them a learner may stop it, or click elsewhere.
        """
        return iter(())

    def controls_in(self, state: _S) -> tuple[Control, ...]:  # noqa: ARG002 (mostly they do not differ)
        """Give the controls, with what they offer in this state."""
        return self.controls

    def settle(self, state: _S, before: _S) -> _S:  # noqa: ARG002 (mostly it does not matter)
        """Give the state that a hand's change leads to, where one field has a say in another."""
        return state

    @property
    def state(self) -> _S:
        """What the panel shows."""
        return self._state

    @property
    def text(self) -> str:
        """The state as one line: paste it into another notebook, in `panel.show("…")`."""
        return to_text(self.name, self.controls, self._state)

    @property
    def facts(self) -> dict[str, str]:
        """What the panel shows, as words: the fields of its state, and the facts of its picture."""
        fields = {
            c.field: state_line.written_value(getattr(self._state, c.field)) for c in self.controls
        }
        return {**self._view.facts, **fields}

    def watch(self, tell: Callable[[By], None]) -> None:
        """Call `tell` after each new picture, with who brought it about."""
        self._watchers.append(tell)

    def offer_scenes(self, on: bool) -> None:
        """Show the list of scenes, or hide it: a scene gives away what is there to find."""
        toolbar.display(self._scene, shown=on)

    def show(self, wanted: _S | str) -> None:
        """Go to a state, to a preset by its name, or to a line of text from another panel."""
        with self._lock:
            self._by = "code"
            self._go_to(self._read(wanted))
            self.refresh()

    def start_over(self) -> None:
        """Go back to the state the panel was made with; Undo comes back from there."""
        with self._lock:
            self._arrive(self._first, "code")

    def undo(self) -> None:
        """Take back the last change, whatever it was."""
        with self._lock:
            if self._past:
                self._by = "code"
                self._adopt(self._past.pop())
                self._redraw()

    def _arrive(self, state: _S, by: By) -> None:
        """Go to a state and draw it; a hand's change is heard between two slices of work."""
        self._by = by
        self._go_to(state)
        self._redraw()

    def _go_to(self, state: _S) -> None:
        """Adopt a state, and remember the one before."""
        if state != self._state:
            self._past.append(self._state)
            del self._past[:-MOST_REMEMBERED]
        self._adopt(state)

    @classmethod
    def states(cls) -> Iterator[_S]:
        """Give every state that the controls can reach."""
        return every_state(cls.controls, cls.initial)

    def button(self, label: str) -> widgets.Button:
        """Give the button of an action, as a learner's hand would find it."""
        return self._buttons[label]

    def control(self, name: str) -> widgets.DOMWidget:
        """Give the widget of one field, as a learner's hand would find it."""
        return self._widgets[name]

    def refresh(self) -> None:
        """Draw the state: the only door, because JupyterLab hides what callbacks raise."""
        with self._lock:
            self._leave_off()
            with self._guarded():
                self._paint(self.view(self._state))
            for tell in self._watchers:
                tell(self._by)

    def _paint(self, drawn: View) -> None:
        self._view = replace(drawn, facts={**drawn.facts, "state": self.text})
        self._html = self._view.html
        if strict() and (missing := self._view.not_in_words()):
            raise TwinIncomplete(f"the words of {self.text!r} leave out {missing}")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Show what was painted, a refusal in its own words, and a bug as what it is."""
        try:
            yield
        except PinlibError as refusal:
            self._view = refusal_view(refusal)
            self._html = self._view.html
        except Exception as bug:
            self._own_up(bug)
            if strict():
                raise
        finally:
            self._picture.value = self._html

    def _redraw(self) -> None:
        """Draw after a hand's change: in slices where it takes long and a page can follow."""
        self._leave_off()
        self._drawing = SlicedWork(
            self.work(self._state),
            show=self._paint_unfinished,
            finish=self.refresh,
            lock=self._lock,
            guard=self._guarded,
        )
        self._drawing.go_on()

    def _paint_unfinished(self, so_far: View) -> None:
        self._paint(so_far)
        toolbar.display(self._stop, shown=True)

    def _leave_off(self) -> None:
        """Forget a drawing that is going on."""
        if self._drawing is not None:
            self._drawing.leave_off()
            self._drawing = None
        self._stop.description = STOP
        toolbar.display(self._stop, shown=False)

    def _stop_or_go_on(self, _: widgets.Button) -> None:
        with self._lock:
            drawing = self._drawing
            if drawing is None:
                return
            if drawing.stopped:
                self._stop.description = STOP
                drawing.go_on()
                return
            drawing.stop()
            self._stop.description = GO_ON
            why = f"{self._view.headline.words}. Go on, or change a setting."
            with self._guarded():
                said = Headline("Stopped", why, signed=False)
                self._paint(replace(self._view, headline=said))

    def _own_up(self, bug: Exception) -> None:
        self._view, self._html = bug_view(bug, self.text)
        self._picture.value = self._html

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Offer the picture without its controls too: a handout has no kernel to ask."""
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs) or {}
        form = "pinlib-panel pinlib-presenting" if page.presenting() else "pinlib-panel"
        bundle["text/html"] = f'{stylesheet()}<div class="{form}">{self._html}</div>'
        bundle["text/plain"] = f"{self._view.text}\n({self.text})"
        return bundle

    def __str__(self) -> str:
        return self._view.text

    def __repr__(self) -> str:
        return f"{self._view.text}\n({self.text})"

    def _children(self) -> list[widgets.DOMWidget]:
        for action in self.actions:
            act = partial(self._act, action)
            self._buttons[action.label] = toolbar.press(action.label, action.tooltip, act)
        self._undo = toolbar.press("Undo", "Take back your last change", lambda _: self.undo())
        over = toolbar.press(
            "Start over", "Back to how this panel began", lambda _: self.start_over()
        )
        front = [self._scene] if self.presets else []
        front += [self._widgets[c.field] for c in self.controls if not c.more]
        rest = [self._widgets[c.field] for c in self.controls if c.more]
        ends = [*self._buttons.values()], [self._undo.add_class("pinlib-undo"), over, self._stop]
        bars = toolbar.bars(front, rest, *ends)
        return [toolbar.style(), *bars, self._notice, self._picture]

    def _read(self, wanted: _S | str) -> _S:
        kind = type(self.initial)
        if not isinstance(wanted, str | kind):
            words = f"this panel takes a scene's name, a line of text or a {kind.__name__}"
            raise BadInput(words, seen=repr(wanted))
        state: _S
        if not isinstance(wanted, str):
            state = wanted
        elif wanted in self.presets:
            state = self.presets[wanted]
        elif "=" in wanted or not self.presets:
            state = parse(self.name, self.controls_in, wanted, self._state)
            if not all(one.offers(getattr(state, one.field)) for one in self.controls_in(state)):
                state = self.settle(state, self._state)  # something that the line leaves out
        else:
            names = ", ".join(repr(name) for name in self.presets)
            raise BadInput(f"there is no scene {wanted!r}; there are {names}", seen=wanted)
        for control in self.controls:
            if control.kind == "file" and not control.offers(getattr(state, control.field)):
                raise BadInput("a file can’t be given as text here", seen=control.field)
        for control in self.controls_in(state):
            value = getattr(state, control.field)
            if not control.offers(value):
                raise BadInput(f"{control.field} cannot be {value!r} here", seen=repr(value))
        return state

    def _preset_shown(self) -> str:
        return next((name for name, state in self.presets.items() if state == self._state), _OWN)

    def _adopt(self, state: _S) -> None:
        self._state = state
        self._notice.value = ""
        self._undo.disabled = not self._past
        self._syncing = True
        try:
            for control in self.controls_in(state):
                control.put(self._widgets[control.field], getattr(state, control.field))
            self._scene.value = self._preset_shown()
        finally:
            self._syncing = False

    def _control_changed(self, _change: Mapping[str, Any]) -> None:
        with self._lock:
            if self._syncing:
                return
            try:
                state = self.settle(self._held(), self._state)
            except Exception as bug:
                self._adopt(self._state)
                self._leave_off()
                self._own_up(bug)
                if strict():
                    raise
                return
            self._arrive(state, "hand")

    def _act(self, action: Action, _: widgets.Button) -> None:
        """Do what a button is for; what cannot be done is told, and nothing is lost."""
        with self._lock:
            try:
                state = action.do(self._state)
            except PinlibError as error:
                said = f"{str(error)[0].upper()}{str(error)[1:]}."
                self._notice.value = f'<div class="pl" role="alert">{paragraph(said)}</div>'
                return
            self._arrive(state, "hand")
            if action.final:
                self._past.clear()
                self._undo.disabled = True

    def _held(self) -> _S:
        """Give the state that the widgets show, as a hand has left them."""
        found = {}
        for control in self.controls:
            widget, held = self._widgets[control.field], getattr(self._state, control.field)
            found[control.field] = control.take(widget, held)
        return replace(self._state, **found)  # type: ignore[type-var]

    def _scene_chosen(self, change: Mapping[str, Any]) -> None:
        with self._lock:
            if not self._syncing:
                self._arrive(self.presets.get(change["new"], self._state), "scene")
