"""The README tells of the lessons what their notebooks say themselves."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_table_of_lessons_is_that_of_the_notebooks() -> None:
    """Each lesson is listed once, with its own objectives and minutes, and nothing else is."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\d\d_\w+)\]\((\S+)\) \| (.+) \| (\d+) \| (\d+) \|$", readme, re.M)
    told = {
        name: (link, aims.split("; "), int(all_), int(live))
        for name, link, aims, all_, live in rows
    }
    held = {}
    for file in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        lesson = json.loads(file.read_text(encoding="utf-8"))["metadata"]["lesson"]
        link = f"notebooks/{file.name}"
        held[file.stem] = (link, lesson["objectives"], lesson["minutes"], lesson["live_minutes"])
    assert told == held


def test_what_the_readme_points_to_is_there() -> None:
    """No link of the README or of CONTRIBUTING leads to a file that is gone."""
    for page in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
        assert page != "README.md" or links
        missing = [link for link in links if not (ROOT / link).exists()]
        assert not missing, f"{page} points to {missing}"
