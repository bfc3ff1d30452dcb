"""The panel answers about as fast as JupyterLab can; milliseconds belong to the benchmark."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.lab import Lab
from tests.browser.latency import HELD, WALKS, Walk, measure, notebook

pytestmark = [pytest.mark.browser, pytest.mark.alone]


@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(walk, marks=[] if walk in HELD else pytest.mark.nightly, id=walk.name)
        for walk in WALKS
    ],
)
def test_a_panel_costs_at_most_twice_a_bare_round_trip(
    browser: Browser, start_lab: Callable[..., Lab], tmp_path: Path, walk: Walk
) -> None:
    """Were it more, people would wait for our Python and not for their browser."""
    file = notebook(tmp_path, walk)
    opened = start_lab(file).open(browser, file.name, height=2000)
    opened.run_all()
    # On a machine that others share a block of changes may meet somebody else's minute; a panel
    # that is really slower is slower in every block, and in its quiet moments too.
    blocks = (measure(opened.page, walk, pairs) for pairs in (15, 15, 30, 30, 30))
    seen = list(takewhile(lambda found: found.quiet_ratio > 2, blocks))
    assert len(seen) < 5, f"panel and bare, in ms: {seen}"
    opened.assert_no_error_badge()
    opened.close()
