"""The cover that stands in for all states covers what it says."""

from __future__ import annotations

from itertools import combinations

from pinlib.teach.exhibits.attack.cafe import CafePanel
from tests.pairwise import pairs, pairwise


def test_every_two_values_meet_in_few_rows() -> None:
    """The café has 13,824 states; under a hundred of them hold every pair of settings."""
    choices = {control.field: control.choices for control in CafePanel.controls}
    rows = list(pairwise(choices))
    met = {two for row in rows for two in pairs(row)}
    sizes = [len(values) for values in choices.values()]
    assert len(met) == sum(one * other for one, other in combinations(sizes, 2))
    assert all(set(row) == set(choices) for row in rows)
    assert len(rows) < 100
