"""Charts: the finding is computed, the words are whole, and the picture follows its page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import matplotlib.pyplot as plt
import numpy as np
import pytest

from pinlib import Strategy
from pinlib.errors import BadInput
from pinlib.operations.expiry import Deadline, What
from pinlib.operations.fleet import (
    Count,
    by_lifetime,
    each_time_anew,
    late_stay_late,
    locked_out,
    usual,
)
from pinlib.operations.schedules import Rule
from pinlib.operations.sweep import Sweep
from pinlib.teach.charts.plots import ends, locked_out_over_time, lost_by_lifetime
from pinlib.teach.drawing.view import View

WAY = Strategy.LEAF_KEY_AND_BACKUP


def counts(rule: Rule) -> tuple[Count, Count]:
    """Return who is locked out under a rule, by both models."""
    plan = rule.plan()
    cut = locked_out(Sweep(plan), WAY)
    return late_stay_late(plan, cut, usual()), each_time_anew(plan, cut, usual())


NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ENDINGS = [
    Deadline(What.PIN_SET, "version 2", NOW - timedelta(10), NOW + timedelta(80)),
    Deadline(What.LEAF, "<b>$bank^$.example</b>", NOW - timedelta(40), NOW + timedelta(7)),
    Deadline(What.AUTHORITY, "Old CA", NOW - timedelta(900), NOW - timedelta(3)),
]


@pytest.fixture(scope="module")
def charts() -> list[View]:
    """Return one of each kind."""
    rule = Rule(200, rotate=1)
    return [
        locked_out_over_time(*counts(rule), "<b>a rotation</b> each time"),
        lost_by_lifetime(by_lifetime(rule, (398, 200)), "<b>a rotation</b> each time"),
        ends(ENDINGS, NOW),
    ]


def test_every_number_of_a_chart_stands_in_its_words(charts: list[View]) -> None:
    """Ticks, labels and all."""
    for chart in charts:
        assert len(re.findall(r"<text", chart.picture)) > 5
        assert chart.not_in_words() == []


def test_a_chart_follows_the_page(charts: list[View]) -> None:
    """Its text has the page's colour, its width the page's, and no id is there twice."""
    both = "".join(chart.picture for chart in charts)
    assert "currentColor" in both
    assert "#0a0b0c" not in both
    assert not re.search(r"<svg[^>]* width=", both)
    ids = re.findall(r' id="([^"]+)"', both)
    assert ids
    assert len(ids) == len(set(ids))
    for used in re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", both):
        assert (used[0] or used[1]) in ids


def test_what_a_caller_writes_is_escaped(charts: list[View]) -> None:
    """A title may come from a learner."""
    for chart in charts:
        assert "<b>" not in chart.html
        assert "&lt;b&gt;" in chart.picture
        assert 'role="img"' in chart.picture


def test_no_figure_is_left_open(charts: list[View]) -> None:
    """Pyplot never hears of them: a notebook that draws fifty charts holds none."""
    assert plt.get_fignums() == []


def test_the_finding_is_the_figure() -> None:
    """The title says what was computed, and another computation says another."""
    late, anew = counts(Rule(200, rotate=1))
    told = locked_out_over_time(late, anew, "one backup")
    assert told.headline.words == f"{late.lost * 100:.1f} % of all user-days are lost"
    assert f"{anew.lost * 100:.1f} %" in told.words
    worst = late.day(int(late.share.argmax()))
    assert f"worst on {worst.day} {worst:%B %Y}" in str(told.headline.reason)
    zero = replace(late, share=np.zeros_like(late.share))
    nobody = locked_out_over_time(zero, zero, "no change")
    assert (nobody.headline.words, nobody.headline.tone) == ("Nobody is locked out", "good")


def test_lifetimes_are_compared_by_what_a_user_loses() -> None:
    """First beside last, in days a year."""
    found = by_lifetime(Rule(rotate=1), (398, 100))
    assert list(found) == ["398 days", "100 days"]
    told = lost_by_lifetime(found, "one backup")
    first, last = (round(late.per_year) for late, _ in found.values())
    assert told.headline.words == f"From 398 days to 100 days: {first} lost days become {last}"
    assert told.headline.tone == "bad"
    back = lost_by_lifetime(dict(reversed(found.items())), "one backup")
    assert back.headline.tone == "good"


def test_a_count_knows_its_days() -> None:
    """The first, the last, and none beyond."""
    count = Count(date(2027, 1, 1), np.array([0.0, 1.0, 0.5]))
    assert (count.day(0), count.day(-1)) == (date(2027, 1, 1), date(2027, 1, 3))
    with pytest.raises(IndexError):
        count.day(3)
    assert count.lost == 0.5
    assert count.per_year == 182.5


def test_nothing_to_compare_is_told() -> None:
    """And a chart without a name is still drawn."""
    with pytest.raises(BadInput, match="nothing to compare"):
        lost_by_lifetime({}, "x")
    assert lost_by_lifetime(by_lifetime(Rule(), (398,)), "").headline.words


def test_a_calendar_of_ends_puts_the_next_one_first() -> None:
    """What has ended is said to have; what ends next is the finding, with what to do before."""
    chart = ends(ENDINGS, NOW)
    assert chart.headline.words == "7 days until the first one expires"
    assert What.LEAF.to_do in chart.headline.reason
    assert chart.facts["ended"] == "1"
    assert chart.picture.index("Old CA") < chart.picture.index("version 2")
    assert "<b>" not in chart.html
    assert ends(ENDINGS[2:], NOW).headline.words == "Everything has expired"
    with pytest.raises(BadInput, match="nothing here expires"):
        ends([], NOW)
    with pytest.raises(BadInput, match="with a zone"):
        ends(ENDINGS, datetime(2027, 3, 1))


def test_a_calendar_of_ends_draws_what_certificates_really_say() -> None:
    """RFC 5280's "no end", a name in another script or with a line end, and one day left."""
    never = Deadline(
        What.LEAF, "東京銀行\nsecond line", NOW, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    )
    tomorrow = Deadline(What.LEAF, "one.example", NOW, NOW + timedelta(1))
    chart = ends([never, tomorrow], NOW)
    assert chart.headline.words == "1 day until the first one expires"
    assert chart.headline.tone == "bad"
    assert "東京銀行 second line" in chart.picture
    assert chart.not_in_words() == []
