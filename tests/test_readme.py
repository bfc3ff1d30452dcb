"""The README tells of the lessons what their notebooks say themselves."""

from __future__ import annotations

import ast
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


FOREIGN = {  # what others say: Windows, ipykernel, ipywidgets
    "Python was not found",
    "Kernel is running over TCP without encryption",
    "model not found",
}


def test_what_the_readme_says_you_see_is_what_is_said() -> None:
    """A sentence that was reworded can be looked up still."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## When something fails")[2]
    quoted = {one for row in re.findall(r"^\| (.+?) \| ", table, re.M) for one in quotes(row)}
    assert len(quoted) > 12 and quoted >= FOREIGN
    sources = ("workshop.py", "pinlib/setup/copies.py", "pinlib/tls/openssl.py")
    told = " ".join(said_in((ROOT / source).read_text(encoding="utf-8")) for source in sources)
    for quote in quoted - FOREIGN:
        for part in quote.split("…"):
            assert part in told, quote


def quotes(row: str) -> list[str]:
    """Return what stands between quotation marks."""
    return re.findall(r'"([^"]+)"', row)


def said_in(source: str) -> str:
    """Return all strings of a module, each put together from the lines it is written on."""
    said = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts = (one.value if isinstance(one, ast.Constant) else "…" for one in node.values)
            said.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            said.append(node.value)
    return "\n".join(said)


def test_what_the_readme_points_to_is_there() -> None:
    """No link of the README or of CONTRIBUTING leads to a file that is gone."""
    for page in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
        assert page != "README.md" or links
        missing = [link for link in links if not (ROOT / link).exists()]
        assert not missing, f"{page} points to {missing}"
