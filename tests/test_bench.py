"""The benchmark's table: what it judges, and its last line."""

from __future__ import annotations

import pytest

from tests.bench.table import Row, summary, table


@pytest.mark.parametrize(
    ("figure", "aim", "judged"),
    [
        ("-1", "≤ 0", "ok"),
        ("−1", "≤ 0", "ok"),
        ("1", "≤ 0", "short"),
        ("0", "≤ 0", "ok"),
        ("1.65", "≤ 1.65", "ok"),
        ("1.66  (1.5 ms ÷ 0.9 ms)", "≤ 1.65", "short"),
        ("0.5 s", "< 0.5 s", "short"),
        ("52,302 per second", "–", ""),
        ("not on this Python", "≤ 1.5", "not measured"),
    ],
)
def test_a_figure_is_held_to_its_aim(figure: str, aim: str, judged: str) -> None:
    """Fewer files than before are not too many, and what was not measured is no success."""
    assert Row("what", figure, aim=aim).judged == judged


def test_the_last_line_says_what_fell_short() -> None:
    """Nobody has to look for it among forty rows."""
    rows = [Row("fast", "1", aim="≤ 2"), Row("slow", "3", aim="≤ 2"), Row("gone", "–", aim="≤ 2")]
    assert table(rows).count("\n") == 4
    assert summary(rows) == "Short of the aim: slow; gone."
    assert summary(rows[:1]) == "Every aim is reached."
