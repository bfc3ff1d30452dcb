"""A question that holds its own experiment, and a cell that opens when it is answered.

Nothing of the experiment runs, and nothing of it is on the page, until somebody has chosen.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, Protocol

import ipywidgets as widgets
from markupsafe import Markup

from pinlib.errors import PinlibError
from pinlib.teach.drawing.typeset import escape, escape_lines, paragraph
from pinlib.teach.lesson_texts import Option, Question
from pinlib.teach.widgets.faults import strict
from pinlib.teach.widgets.shown import Shown, bar, button, drawn, refused
from pinlib.teach.widgets.toolbar import display

Experiment = Callable[[], Any]
SHOWN = ""
"""What is kept of a question whose answer was shown and not chosen."""


class Desk(Protocol):
    """What a question asks of its lesson."""

    def answer(self, name: str) -> str | None:
        """Return the label that was chosen, SHOWN, or None before either."""

    def give(self, name: str, label: str | None) -> None:
        """Keep an answer, and let everything that waits for it follow."""


class Prediction(Shown):
    """Ask; then run the experiment, reply, explain, and offer the other world."""

    def __init__(
        self,
        name: str,
        question: Question,
        desk: Desk,
        experiment: Experiment,
        other: Experiment,
        before: tuple[Markup, str] | None = None,
    ) -> None:
        super().__init__()
        self._before = before or (Markup(""), "")
        self._name, self._question, self._desk = name, question, desk
        self._experiment, self._other = experiment, other
        self._world_shown = False
        self._ran: tuple[Markup, str] | None = None
        self._options = widgets.VBox(
            [button(one.label, lambda one=one: self.choose(one.label)) for one in question.options]
        ).add_class("pinlib-options")
        self._show = button("Show me", self.show_me, tooltip="The result, without choosing")
        self._world = button("What if?", self.other_world)
        self._again = button("Ask again", self.ask_again, tooltip="Take your answer back")
        self._asking = bar(self._show)
        self._asked = bar(self._world, self._again)
        self.children = (self._words, self._options, self._asking, self._asked)
        self.refresh()

    @property
    def finished(self) -> bool:
        """Whether it was answered, or shown."""
        return not self._closed and self._desk.answer(self._name) is not None

    @property
    def _closed(self) -> bool:
        after = self._question.after
        return bool(after) and self._desk.answer(after) is None

    def waits_for(self, name: str) -> bool:
        """Whether an answer to question `name` changes what is shown here."""
        return name in {self._name, self._question.after}

    def choose(self, label: str) -> None:
        """Answer as a click would."""
        with self._lock:
            if not self._closed and self._desk.answer(self._name) is None:
                self.add_class("pinlib-plays")
                self._desk.give(self._name, label)

    def show_me(self) -> None:
        """Reveal the result without a choice, for an audience that has raised its hands."""
        self.choose(SHOWN)

    def other_world(self) -> None:
        """Run the world in which another answer would be right."""
        with self._lock:
            self._world_shown = True
            self.remove_class("pinlib-plays")
            self.refresh()

    def ask_again(self) -> None:
        """Take the answer back."""
        with self._lock:
            self._world_shown = False
            self._desk.give(self._name, None)

    def refresh(self) -> None:
        """Draw the question as it stands: closed, open or answered."""
        with self._lock:
            label = None if self._closed else self._desk.answer(self._name)
            chosen = next((one for one in self._question.options if one.label == label), None)
            open_ = not self._closed and label is None
            display(self._options, shown=open_)
            display(self._asking, shown=open_)
            display(self._asked, shown=label is not None)
            display(self._world, shown=not self._world_shown)
            if self._closed:
                self._say(
                    _closed("Answer the question above first."), "Answer the one above first."
                )
            elif label is None:
                picture, words = self._before
                lines = [f"Predict: {self._question.question}", *filter(None, [words])]
                lines += [f"- {one.label}" for one in self._question.options]
                self._say(self._ask() + picture, "\n".join(lines))
            else:
                self._say(*self._answered(chosen))

    def _ask(self) -> Markup:
        return Markup('<p class="pl-question"><b>Predict.</b> {}</p>').format(
            escape(self._question.question)
        )

    def _answered(self, chosen: Option | None) -> tuple[Markup, str]:
        question, said = self._question, chosen or self._question.right
        who = "You said:" if chosen else "The answer:"
        lines = [f"Predict: {question.question}"]
        parts = [self._ask()]
        if said:
            parts.append(paragraph((who, said.label), dim=True))
            lines.append(f"{who} {said.label}")
        self._ran = self._ran or run_experiment(self._experiment)
        picture, words = self._ran
        parts.append(Markup('<div class="pl-outcome">{}</div>').format(picture))
        lines.append(words)
        if said:
            parts.append(_reply(said, asked=bool(chosen)))
            lines.append(said.reply)
        explain = Markup('<p class="pl-explain">{}</p>')
        parts += [explain.format(escape(one)) for one in question.explain.split("\n\n")]
        lines.append(question.explain)
        if self._world_shown:
            picture, words = run_experiment(self._other)
            parts.append(explain.format(escape(question.world)))
            parts.append(Markup('<div class="pl-outcome pl-world">{}</div>').format(picture))
            lines += [question.world, words]
        return Markup("").join(parts), "\n".join(lines)


class YourTurn(Shown):
    """The learner's own cell: closed until its question is answered, then it runs this code."""

    def __init__(self, name: str, desk: Desk, experiment: Experiment) -> None:
        super().__init__()
        self._name, self._desk, self._experiment = name, desk, experiment
        self.children = (self._words,)
        self.refresh()

    @property
    def finished(self) -> bool:
        """Whether it is open."""
        return self._desk.answer(self._name) is not None

    def waits_for(self, name: str) -> bool:
        """Whether an answer to question `name` changes what is shown here."""
        return name == self._name

    def refresh(self) -> None:
        """Run the code once the question has been answered."""
        with self._lock:
            if not self.finished:
                words = "Your turn, after the question above: answer it and this cell runs itself."
                self._say(_closed(words), words)
                return
            picture, words = run_experiment(self._experiment)
            lead = paragraph(
                "Your turn: change one thing in this cell, and run it again.", dim=True
            )
            self._say(lead + Markup('<div class="pl-outcome">{}</div>').format(picture), words)


def run_experiment(experiment: Experiment) -> tuple[Markup, str]:
    """Run it and draw it; a refusal is a sentence, and a bug of ours is shown as one."""
    try:
        return drawn(experiment())
    except PinlibError as error:
        return refused(error)
    except Exception as bug:
        if strict():
            raise
        trace = "".join(traceback.format_exception(bug))
        shown = Markup('<div class="pl-bug" role="alert"><pre>{}</pre></div>')
        return shown.format(escape_lines(trace)), f"{type(bug).__name__}: {bug}"


def _reply(said: Option, *, asked: bool) -> Markup:
    """Set the reply in the text's colour: blue and vermillion say who was harmed."""
    sign, words = "", ""
    if said.right is not None and asked:
        sign = "✓" if said.right else "✕"
        words = "Yes, that’s what happens." if said.right else "No, that’s not what happens."
    form = Markup('<p class="pl-reply" data-right="{}"><b>{} {}</b> {}</p>')
    right = {True: "yes", False: "no", None: "poll"}[said.right]
    return form.format(right, sign, words, escape(said.reply))


def _closed(words: str) -> Markup:
    return Markup('<p class="pl-closed">{}</p>').format(escape(words))
