"""The instructor's run sheet: what to say, ask and watch for, minute by minute.

It is read from the notebooks themselves, so that it cannot speak of another lesson than the one on
the screen.  A notebook's metadata holds `lesson`: minutes (with everything), live_minutes (the core
alone), objectives, needs.  A cell's metadata may hold `instructor`: say, ask, answer, watch_for,
minutes, and optionally cut (what to leave out when late) and preset ("panel: scene").  Its tag,
`core` or `more`, says whether the room sees it or only those who are ahead.

    python -m pinlib guide
    python -m pinlib guide 1
    python -m pinlib guide --plan 90
    python -m pinlib guide --plan 60 00 02 06
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pinlib.encoding.naming import visible
from pinlib.errors import BadData, BadInput

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
WIDTH = 80  # characters of a line on paper

CHOICE = ("00", "03", "04", "05", "01", "02", "06")
"""Which lessons a workshop takes first; those that are not named here come after them."""

CLOSE = 5
"""Minutes to close with."""

BREAK, STRETCH = 10, 85
"""Minutes of a break, and the longest time without one."""


@dataclass(frozen=True, slots=True)
class SheetStep:
    """What an instructor does at one cell."""

    title: str
    core: bool
    minutes: float
    notes: tuple[tuple[str, str], ...]
    """Label and text, in the order in which they are printed."""


@dataclass(frozen=True, slots=True)
class RunSheet:
    """One notebook, as an instructor sees it.  Times are in minutes."""

    number: str
    title: str
    minutes: float
    live_minutes: float
    objectives: tuple[str, ...]
    needs: tuple[str, ...]
    steps: tuple[SheetStep, ...]


def read_lesson(number: str, folder: Path = NOTEBOOKS) -> RunSheet:
    """Read a lesson, "05" or "5", from its notebook.

    Raises BadInput, which lists the lessons that exist, and BadData for broken metadata.
    """
    files = _files(folder)
    file = files.get(number.zfill(2) if number.isdecimal() else number)
    if file is None:
        known = ", ".join(files) or "none yet"
        raise BadInput(f"there’s no lesson {visible(number)!r}; there are: {known}", seen=number)
    return read_notebook(file)


def all_lessons(folder: Path = NOTEBOOKS) -> tuple[RunSheet, ...]:
    """Return all lessons that exist, in teaching order."""
    return tuple(read_notebook(file) for file in _files(folder).values())


def _files(folder: Path) -> dict[str, Path]:
    return {file.name[:2]: file for file in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}


def read_notebook(file: Path) -> RunSheet:
    """Return the lesson that stands in a notebook's file.  Raises BadData."""

    def bad(where: str, message: str) -> BadData:
        return BadData(message, file=file.name, where=where)

    try:
        notebook = json.loads(file.read_text("utf-8"))
        cells = notebook["cells"]
        about = notebook["metadata"]["lesson"]
        found = RunSheet(
            number=file.name[:2],
            title=next(_headings(cells), file.stem),
            minutes=float(about["minutes"]),
            live_minutes=float(about["live_minutes"]),
            objectives=tuple(map(str, about["objectives"])),
            needs=tuple(map(str, about["needs"])),
            steps=tuple(_steps(cells)),
        )
    except OSError as error:
        raise bad("the whole file", f"it cannot be opened ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise bad("the whole file", f"this isn’t a notebook ({error})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise bad("metadata", f"something is missing or of the wrong kind: {error}") from error
    return found


def _headings(cells: list[dict[str, Any]]) -> Iterator[str]:
    for cell in cells:
        if cell["cell_type"] == "markdown":
            yield from re.findall(r"^#{1,6} +(.+?) *$", _source(cell), re.MULTILINE)


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


_NOTES = {
    "preset": "Panel",
    "say": "Say",
    "ask": "Ask",
    "answer": "Answer",
    "watch_for": "Watch for",
    "cut": "If late, cut here",
}


def _steps(cells: list[dict[str, Any]]) -> Iterator[SheetStep]:
    """Yield the cells that have something for the instructor, under the heading they stand in."""
    title = ""
    for cell in cells:
        for title in _headings([cell]):  # noqa: B007 (the last one is kept)
            pass
        metadata = cell["metadata"]
        if "instructor" in metadata:
            about = metadata["instructor"]
            notes = (
                (label, text)
                for key, label in _NOTES.items()
                for text in _lines(about.get(key, ()))
            )
            core = "core" in metadata.get("tags", ())
            yield SheetStep(title, core, float(about["minutes"]), tuple(notes))


def _lines(text: str | list[str]) -> tuple[str, ...]:
    texts = (text,) if isinstance(text, str) else map(str, text)
    return tuple(one for one in texts if one)


# -- On paper ----------------------------------------------------------------------------------


def run_sheet(number: str, folder: Path = NOTEBOOKS) -> str:
    """Return a lesson's run sheet: the clock runs over the core, what is more stands aside.

    Raises as `lesson`.
    """
    one = read_lesson(number, folder)
    rows = [
        f"{one.number}  {one.title}",
        "=" * WIDTH,
        f"{_minutes(one.live_minutes)} live, {_minutes(one.minutes)} with everything."
        + (f"  Needs {', '.join(one.needs)}." if one.needs else ""),
        "Afterwards they can",
        *(_wrapped(f"  - {objective}", "    ") for objective in one.objectives),
    ]
    clock = 0.0
    for step in one.steps:
        time = _clock(clock) if step.core else "  +  "
        aside = "" if step.core else ", only for those who are ahead"
        rows += ["", f"{time}  {step.title}  ({_minutes(step.minutes)}{aside})"]
        rows += [_wrapped(f"       {label + ':':19}{text}", " " * 26) for label, text in step.notes]
        clock += step.minutes if step.core else 0
    return "\n".join([*rows, "", f"{_clock(clock)}  End.", ""])


def lesson_list(folder: Path = NOTEBOOKS) -> str:
    """Return a line for each lesson, and how to go on from there.  Raises BadInput for none."""
    known = all_lessons(folder)
    if not known:
        raise BadInput(
            "there are no lessons here: start this in the workshop’s folder", seen="none"
        )
    widest = max(len(one.title) for one in known)
    return "\n".join(
        [
            *(
                f"{one.number}  {one.title:{widest}}  {_minutes(one.live_minutes):>6} live, "
                f"{one.minutes:g} with everything"
                for one in known
            ),
            "",
            "One lesson’s run sheet: python -m pinlib guide 5",
            "A whole workshop: python -m pinlib guide --plan 90",
        ]
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A lesson in a plan, and the minutes that it gets."""

    lesson: RunSheet
    takes: float

    def __str__(self) -> str:
        one = self.lesson
        how = "the core"
        if self.takes > one.live_minutes:
            how = "everything"
        elif self.takes < one.live_minutes:
            how = f"shortened: the core takes {one.live_minutes:g}, its run sheet says where to cut"
        return f"{one.number}  {one.title}  ({_minutes(self.takes)}, {how})"


def workshop_plan(minutes: int, chosen: Sequence[str] = (), folder: Path = NOTEBOOKS) -> str:
    """Return which lessons fit into a workshop of so many minutes, with the clock and breaks.

    The cores of the lessons that matter most come first; where the next one does not fit, but more
    than half of it does, it is taken in short.  If all fit, what is more is added.  An instructor
    may choose the lessons.  Raises BadInput if they do not fit, or if not even one does.
    """
    room = minutes - CLOSE
    known = [read_lesson(one, folder) for one in chosen] if chosen else list(all_lessons(folder))
    known = sorted({one.number: one for one in known}.values(), key=lambda one: one.number)
    by_weight = sorted(known, key=lambda one: (*(one.number != n for n in CHOICE), one.number))
    parts: list[_Part] = []
    for one in by_weight:
        whole = _in_order([*parts, _Part(one, one.live_minutes)])
        left = room - _timetable(parts)[1]
        if _timetable(whole)[1] <= room:
            parts = whole
        elif chosen:
            names = ", ".join(one.number for one in known)
            needed = _timetable([_Part(one, one.live_minutes) for one in known])[1] + CLOSE
            words = f"lessons {names} take {needed:g} minutes with breaks and a close"
            raise BadInput(f"{words}; {minutes} is too few", seen=f"{minutes} minutes")
        elif one.live_minutes / 2 < left < one.live_minutes:
            short = _in_order([*parts, _Part(one, left)])
            parts = short if _timetable(short)[1] <= room else parts
            break
    if not parts:
        seen = f"{minutes} minutes"
        raise BadInput(f"{seen} is too few for any lesson: try 60, 90 or 180", seen=seen)
    if len(parts) == len(known):
        for at, part in enumerate(parts):
            more = [*parts[:at], _Part(part.lesson, part.lesson.minutes), *parts[at + 1 :]]
            if _timetable(more)[1] <= room:
                parts = more

    rows, end = _timetable(parts)
    taken = {part.lesson.number for part in parts}
    rest = "; ".join(f"{one.number} {one.title}" for one in known if one.number not in taken)
    return "\n".join(
        [
            f"A workshop of {minutes} minutes",
            "=" * WIDTH,
            *rows,
            f"{_clock(end)}  Questions and close  ({_minutes(minutes - end)})",
            f"{_clock(minutes)}  End.",
            *(["", _wrapped(f"For self-study, before or after: {rest}.", "  ")] if rest else []),
            "",
        ]
    )


def _in_order(parts: list[_Part]) -> list[_Part]:
    return sorted(parts, key=lambda part: part.lesson.number)


def _timetable(parts: list[_Part]) -> tuple[list[str], float]:
    """Return a line for each lesson and break, and when they end."""
    rows = []
    clock = sitting = 0.0
    for part in parts:
        if sitting and sitting + part.takes > STRETCH:
            rows.append(f"{_clock(clock)}  Break  ({_minutes(BREAK)})")
            clock, sitting = clock + BREAK, 0.0
        rows.append(_wrapped(f"{_clock(clock)}  {part}", " " * 11))
        clock, sitting = clock + part.takes, sitting + part.takes
    return rows, clock


def _minutes(amount: float) -> str:
    return f"{amount:g} min"


def _clock(minutes: float) -> str:
    """Return the time since the start, as minutes and seconds."""
    whole, seconds = divmod(round(minutes * 60), 60)
    return f"{whole:02}:{seconds:02}"


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
