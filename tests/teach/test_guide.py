"""The run sheet says what the notebook says, the clock adds up, and a plan fits its time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pinlib.__main__ import main
from pinlib.errors import BadData, BadInput
from pinlib.teach import guide
from pinlib.teach.guide import (
    CLOSE,
    WIDTH,
    all_lessons,
    lesson_list,
    read_lesson,
    run_sheet,
    workshop_plan,
)


def markdown(text: str, tag: str = "core", **instructor: Any) -> dict[str, Any]:
    """Return a markdown cell, with notes for the instructor if there are any."""
    metadata: dict[str, Any] = {"tags": [tag]}
    if instructor:
        metadata["instructor"] = {"say": "", "ask": "", "answer": "", "watch_for": "", **instructor}
    return {"cell_type": "markdown", "metadata": metadata, "source": text}


def write(folder: Path, number: str, live: float, more: float, title: str = "Lesson") -> None:
    """Write a notebook with so many live minutes, and so many more."""
    cells = [
        markdown(f"# {title} {number}", minutes=1, say="Hello."),
        markdown("## Predict\ntext", minutes=live - 1, ask=["One?", "Two?"], cut="Skip it."),
        {**markdown("", minutes=0), "cell_type": "code", "source": ["# not ", "a heading"]},
        markdown("## Deeper", "more", minutes=more, preset="handshake: A normal handshake"),
    ]
    about = {
        "minutes": live + more,
        "live_minutes": live,
        "objectives": ["see a word " * 20],
        "needs": ["00"] if number != "00" else [],
    }
    content = {"cells": cells, "metadata": {"lesson": about}, "nbformat": 4, "nbformat_minor": 5}
    (folder / f"{number}_do_a_thing.ipynb").write_text(json.dumps(content), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with lessons 00 to 03: 20 live minutes and 10 more each."""
    for number in "00", "01", "02", "03":
        write(tmp_path, number, 20, 10)
    return tmp_path


def test_a_run_sheet_has_a_line_for_everything_an_instructor_does(folder: Path) -> None:
    """The clock runs over the core, stands still for what is more, and ends at the live minutes."""
    sheet = run_sheet("01", folder)
    assert [line[:5] for line in sheet.splitlines() if re.match(r"\d\d:|  \+", line)] == [
        "00:00",
        "01:00",
        "20:00",
        "  +  ",
        "20:00",
    ]
    assert "01  Lesson 01" in sheet
    assert "20 min live, 30 min with everything.  Needs 00." in sheet
    assert "01:00  Predict  (19 min)" in sheet
    assert "20:00  Predict  (0 min)" in sheet
    assert "  +    Deeper  (10 min, only for those who are ahead)" in sheet
    for label, text in [
        ("Say", "Hello."),
        ("Ask", "One?"),
        ("Ask", "Two?"),
        ("If late, cut here", "Skip it."),
        ("Panel", "handshake: A normal handshake"),
    ]:
        assert re.search(rf"^       {label}: +{re.escape(text)}$", sheet, re.MULTILINE)
    assert not re.search(r": *$", sheet, re.MULTILINE), "a note without text has no line"


def test_a_run_sheet_fits_on_paper(folder: Path) -> None:
    """No line is wider than the sheet."""
    for text in (
        *(run_sheet(one, folder) for one in ("00", "03")),
        workshop_plan(60, folder=folder),
    ):
        assert max(map(len, text.splitlines())) <= WIDTH


def test_half_minutes_are_counted(tmp_path: Path) -> None:
    """A step of a minute and a half moves the clock by ninety seconds."""
    write(tmp_path, "00", 2.5, 0)
    assert "02:30  End." in run_sheet("00", tmp_path)


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(0, "00:00"), (4.99, "04:59"), (4.999, "05:00"), (59.995, "60:00"), (1.5, "01:30")],
)
def test_a_minute_has_sixty_seconds(minutes: float, shown: str) -> None:
    """Steps of a third of a minute do not add up to whole ones: 04:60 is no time."""
    assert guide._clock(minutes) == shown


def test_the_clock_never_says_sixty_seconds() -> None:
    """However the minutes of a lesson were cut into pieces."""
    clocks = {guide._clock(sum([1 / pieces] * n)) for pieces in range(1, 61) for n in range(300)}
    assert not [clock for clock in clocks if clock.endswith(":60")]


def times(text: str) -> list[tuple[float, str]]:
    """Return the clock and the words of each line of a plan."""
    found = re.findall(r"^(\d+):(\d\d)  (.+)$", text, re.MULTILINE)
    return [(int(m) + int(s) / 60, words) for m, s, words in found]


@pytest.mark.parametrize("minutes", [60, 90, 180])
def test_a_plan_fits_its_time(folder: Path, minutes: int) -> None:
    """Five minutes stay free, nobody sits for over 85 minutes, and lessons keep their order."""
    for number in ("04", "05", "06"):
        write(folder, number, 20, 10)
    rows = times(workshop_plan(minutes, folder=folder))
    clock = [time for time, _ in rows]
    assert clock == sorted(clock)
    assert clock[-1] == minutes
    assert clock[-2] <= minutes - CLOSE
    numbers = [words[:2] for _, words in rows if words[:2].isdigit()]
    assert numbers == sorted(numbers)
    assert numbers[0] == "00"
    sitting = 0.0
    for (time, words), (after, _) in pairwise(rows):
        sitting = 0 if words.startswith(("Break", "Questions")) else sitting + after - time
        assert sitting <= 85


def test_a_plan_takes_what_matters_most_and_the_last_in_short(folder: Path) -> None:
    """An hour holds 00, 03 and three quarters of the next; the rest is named, to be read alone."""
    write(folder, "04", 20, 10)
    text = workshop_plan(60, folder=folder)
    assert "00  Lesson 00  (20 min, the core)" in text
    assert "20:00  03  Lesson 03  (20 min, the core)" in text
    assert "40:00  04  Lesson 04  (15 min, shortened: the core takes 20" in text
    assert "For self-study, before or after: 01 Lesson 01; 02 Lesson 02." in text
    assert "alone:" not in workshop_plan(180, folder=folder)


def test_an_instructor_may_choose_the_lessons(folder: Path) -> None:
    """In teaching order, each once; what does not fit is said with what it would take."""
    rows = times(workshop_plan(60, ["2", "01", "02"], folder))
    assert [words[:13] for _, words in rows[:2]] == ["01  Lesson 01", "02  Lesson 02"]
    with pytest.raises(BadInput, match="lessons 01, 02 take 45 minutes with breaks and a close"):
        workshop_plan(44, ["01", "02"], folder)
    with pytest.raises(BadInput, match="there’s no lesson '77'"):
        workshop_plan(60, ["77"], folder)


def test_a_long_plan_takes_more_and_a_break(folder: Path) -> None:
    """When every core fits, what is more is added in order, and a break within 85 minutes."""
    assert times(workshop_plan(180, folder=folder)) == [
        (0, "00  Lesson 00  (30 min, everything)"),
        (30, "01  Lesson 01  (30 min, everything)"),
        (60, "Break  (10 min)"),
        (70, "02  Lesson 02  (30 min, everything)"),
        (100, "03  Lesson 03  (30 min, everything)"),
        (130, "Questions and close  (50 min)"),
        (180, "End."),
    ]


def test_too_little_time_is_said(folder: Path) -> None:
    """A plan for five minutes is no plan."""
    with pytest.raises(BadInput, match="5 minutes is too few"):
        workshop_plan(5, folder=folder)


def test_an_unknown_lesson_lists_those_that_exist(folder: Path, tmp_path: Path) -> None:
    """One clear sentence, whatever was asked for; and so in a workshop without any lesson."""
    for wrong in "04", "4", "001", "", "../01", "\x1b[2J", "9" * 9999:
        with pytest.raises(BadInput, match=r"there are: 00, 01, 02, 03$") as refused:
            read_lesson(wrong, folder)
        assert refused.value.seen == wrong
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 200
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="there are: none yet"):
        read_lesson("00", tmp_path / "empty")
    with pytest.raises(BadInput, match="there are no lessons here"):
        lesson_list(tmp_path / "empty")


def test_a_lesson_may_be_called_by_its_number(folder: Path) -> None:
    """Nobody says "zero one"."""
    assert read_lesson("1", folder) == read_lesson("01", folder)


def test_all_lessons_are_listed_in_a_line_each(folder: Path) -> None:
    """Number, title and times, and how to go on; none is wider than a terminal."""
    write(folder, "04", 7.5, 1, title="A longer title than all the others,")
    lines = lesson_list(folder).splitlines()
    assert [line[:2] for line in lines[:5]] == ["00", "01", "02", "03", "04"]
    assert re.fullmatch(r"01  Lesson 01 +20 min live, 30 with everything", lines[1])
    assert "others, 04  7.5 min live, 8.5 with everything" in lines[4]
    assert "guide 5" in lines[-2]
    assert max(map(len, lines)) < 80
    assert max(map(len, lesson_list().splitlines())) < 80


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("no notebook", "the whole file"),
        ("[]", "metadata"),
        ('{"cells": [], "metadata": {}}', "metadata"),
        ('{"cells": [], "metadata": {"lesson": {"minutes": 3}}}', "metadata"),
        ('{"cells": [{}], "metadata": {"lesson": {}}}', "metadata"),
    ],
)
def test_a_broken_notebook_is_named(tmp_path: Path, content: str, where: str) -> None:
    """Whoever edits metadata by hand is told the file and the place."""
    (tmp_path / "00_x.ipynb").write_text(content, "utf-8")
    with pytest.raises(BadData) as refused:
        all_lessons(tmp_path)
    assert (refused.value.file, refused.value.where) == ("00_x.ipynb", where)


def test_every_lesson_has_a_run_sheet_and_a_place_in_the_plans() -> None:
    """The real notebooks: each sheet ends at the live minutes that the lesson announces."""
    assert all_lessons(), "there are no lessons"
    for one in all_lessons():
        *_, end = times(run_sheet(one.number))
        assert end == (one.live_minutes, "End.")
    for minutes in 60, 90, 180:
        assert times(workshop_plan(minutes))


# -- The command line --------------------------------------------------------------------------


def test_the_commands_print_what_the_functions_return(capsys: pytest.CaptureFixture[str]) -> None:
    """`guide 00` is a run sheet, `guide --plan 90` a plan, `guide` the list: all with status 0."""
    first = all_lessons()[0].number
    assert main(["guide", first]) == 0
    assert capsys.readouterr().out == run_sheet(first) + "\n"
    assert main(["guide", first, "1"]) == 0
    assert capsys.readouterr().out == f"{run_sheet(first)}\n{run_sheet('01')}\n"
    assert main(["guide", "--plan", "90"]) == 0
    assert capsys.readouterr().out == workshop_plan(90) + "\n"
    assert main(["guide"]) == 0
    assert capsys.readouterr().out == lesson_list() + "\n"


def test_what_was_asked_wrongly_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence goes to stderr, without a traceback."""
    for wrong in ["guide", "77"], ["guide", "00", "77"], ["guide", "--plan", "1"]:
        assert main(wrong) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert len(err.splitlines()) == 1
    for wrong in [], ["nothing"]:
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2


def test_the_module_runs_where_the_terminal_knows_ascii_only() -> None:
    """On a terminal that lacks a character the sheet still prints, with a ? in its place."""
    ran = subprocess.run(
        [sys.executable, "-m", "pinlib", "guide", all_lessons()[0].number],
        cwd=guide.NOTEBOOKS.parent,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        check=True,
    )
    assert b"End." in ran.stdout
