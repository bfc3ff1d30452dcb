"""A few states in place of thousands: each value of a control meets each value of every other.

Most bugs need two settings at most; what needs three is left to the nightly walk through every
state.  `allpairspy` does the same, and is one more package to keep for thirty lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

Choice = tuple[str, Any]
"""A field and one of its values."""


def pairs(row: Mapping[str, Any]) -> set[frozenset[Choice]]:
    """Return every two settings that stand together in a row."""
    return {frozenset(two) for two in combinations(row.items(), 2)}


def pairwise(choices: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Give rows until every two values of two fields have stood together in one of them.

    Each row begins with a pair that has not, and takes for each other field the value that brings
    the most new pairs: no fewest of rows, but close to it, and the same on every run.
    """
    left = {
        frozenset(two): None
        for (one, its), (other, others) in combinations(choices.items(), 2)
        for two in product([(one, value) for value in its], [(other, value) for value in others])
    }
    while left:
        row = dict(next(iter(left)))
        for field in sorted(choices, key=lambda name: -len(choices[name])):
            if field not in row:
                row[field] = max(
                    choices[field],
                    key=lambda value: sum(
                        frozenset([(field, value), chosen]) in left for chosen in row.items()
                    ),
                )
        for two in pairs(row):
            left.pop(two, None)
        yield row
