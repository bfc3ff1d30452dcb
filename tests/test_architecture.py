"""docs/architecture.md: its picture is that of the real imports, its click that of a real panel."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests import house

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def test_the_picture_is_drawn_from_the_imports_of_today() -> None:
    """`python -m tests.house` would draw the same."""
    assert house.PICTURE.read_text("utf-8") == house.draw()


def test_every_module_that_the_page_names_is_there() -> None:
    """Whoever follows the page arrives."""
    named = set(re.findall(r"`((?:encoding|pins|tls|scenes|operations|teach)/[a-z_/]+)`", PAGE))
    assert len(named) > 30
    for name in named:
        place = ROOT / "pinlib" / name
        assert place.is_dir() or place.with_suffix(".py").is_file(), name


def test_a_real_click_runs_through_the_modules_that_the_page_lists() -> None:
    """Each module once, in the order in which it is first entered."""
    command = [sys.executable, "-m", "tests.cafe_click"]
    entered = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    told = PAGE.partition("<!-- café click -->")[2].partition("<!-- end -->")[0]
    listed = re.findall(r"`((?:[a-z_]+/)+[a-z_]+|data|shared|scratch)`", told)
    assert entered == listed
