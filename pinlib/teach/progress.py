"""How far a learner has come: what was answered, found and passed, over all lessons."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from pinlib.teach.drawing.blocks import stylesheet
from pinlib.teach.kept import Kept
from pinlib.teach.lesson_texts import numbers, script


@dataclass(frozen=True, slots=True)
class _Row:
    number: str
    answered: tuple[int, int]
    found: tuple[int, int]
    passed: tuple[int, int]


class Progress:
    """A table with a row for each lesson; `str` gives the same in words."""

    def __init__(self, number: str, kept: Kept) -> None:
        self.rows = [_row(one, kept if one == number else Kept(one)) for one in numbers()]

    def _repr_html_(self) -> str:
        count = "<td>{} of {}</td>"
        line = Markup(f'<tr><th scope="row">Lesson {{}}</th>{count * 3}</tr>')  # noqa: S704 - ours
        body = Markup("").join(
            line.format(row.number, *row.answered, *row.found, *row.passed) for row in self.rows
        )
        heads = "<tr><th></th><th>questions</th><th>goals and sorts</th><th>checkpoints</th></tr>"
        return (
            f'{stylesheet()}<div class="pl"><table class="pl-table pl-progress-table">'
            f"<thead>{heads}</thead><tbody>{body}</tbody></table></div>"
        )

    def __str__(self) -> str:
        return "\n".join(
            "Lesson {}: {} of {} questions, {} of {} goals and sorts, {} of {} checkpoints.".format(
                row.number, *row.answered, *row.found, *row.passed
            )
            for row in self.rows
        )

    def __repr__(self) -> str:
        return str(self)


def _row(number: str, kept: Kept) -> _Row:
    texts, held = script(number), kept.all()
    goals = sum(len(panel.goals) for panel in texts.panels.values())
    found = sum(len(held.get("goals", {}).get(name, ())) for name in texts.panels)
    placed = sum(bool(held.get("sorted", {}).get(name)) for name in texts.sorts)
    return _Row(
        number,
        (sum(name in texts.questions for name in held.get("answers", {})), len(texts.questions)),
        (found + placed, goals + len(texts.sorts)),
        (sum(name in texts.tasks for name in held.get("passed", {})), len(texts.tasks)),
    )
