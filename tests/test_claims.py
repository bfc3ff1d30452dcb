"""What is known to be false stands nowhere that a learner reads: claims.toml says what, and why."""

from __future__ import annotations

import ast
import csv
import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CLAIMS: dict[str, dict[str, Any]] = tomllib.loads(
    (ROOT / "tests" / "claims.toml").read_text(encoding="utf-8")
)
READ = (
    "*.md",
    "data/**/*.csv",
    "data/**/*.toml",
    "docs/**/*.md",
    "docs/**/*.svg",
    "notebooks/**/*.ipynb",
    "pinlib/**/*.css",
    "pinlib/**/*.js",
    "pinlib/**/*.py",
    "workshop.py",
)

each_claim = pytest.mark.parametrize("name", CLAIMS)


def plain(text: str) -> str:
    """Return a text as a reader takes it in: no line breaks, no marks, no addresses of links."""
    text = re.sub(r"\[([^\]]*)\]\([^)\s]*\)", r"\1", text)
    text = re.sub(r"[*`]", "", text.translate({ord("’"): "'", ord("“"): '"', ord("”"): '"'}))
    return " ".join(text.split())


def strings(value: object) -> Iterator[str]:
    """Return every string of a document, keys too; of a list of lines also the whole."""
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield from (str(key), *strings(inner))
        case list() if value and all(isinstance(one, str) for one in value):
            yield from (*value, "".join(value))
        case list():
            for inner in value:
                yield from strings(inner)
        case _:
            pass


def literals(source: str) -> Iterator[str]:
    """Return the strings of Python code, docstrings too; those that are put together, together."""
    for node in ast.walk(ast.parse(source)):
        if (text := literal(node)) is not None:
            yield text


def literal(node: ast.AST) -> str | None:
    """Return what a node says as text, with … for what is only known when it runs; or None."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(literal(part) or "…" for part in parts)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            found = literal(left), literal(right)
            return None if found == (None, None) else "".join(one or "…" for one in found)
        case _:
            return None


def texts(file: Path) -> Iterator[str]:
    """Return what a file says, piece by piece."""
    content = file.read_text(encoding="utf-8")
    match file.suffix:
        case ".ipynb":
            notebook = json.loads(content)
            yield from strings(notebook)
            for cell in notebook["cells"]:
                if cell["cell_type"] == "code":
                    yield from literals("".join(cell["source"]))
        case ".toml":
            yield from strings(tomllib.loads(content))
        case ".csv":
            yield from (cell for row in csv.reader(content.splitlines()) for cell in row)
        case ".py":
            yield from literals(content)
        case ".svg":
            yield re.sub(r"<[^>]*>", " ", content)
        case _:
            yield from content.split("\n\n")


@cache
def read(folder: Path) -> frozenset[tuple[str, str]]:
    """Return all that learners read in a folder, each piece with its file."""
    return frozenset(
        (str(file.relative_to(folder)), plain(text))
        for glob in READ
        for file in folder.glob(glob)
        for text in texts(file)
    )


def told(folder: Path, pattern: str) -> list[str]:
    """Return where in a folder, of what learners read, a claim is made, and in which words."""
    wanted = re.compile(pattern, re.IGNORECASE)
    return sorted(
        f"{file}: … {said[max(0, at.start() - 40) : at.end() + 40]} …"
        for file, said in read(folder)
        for at in wanted.finditer(said)
    )


@each_claim
def test_no_false_claim_stands_anywhere(name: str) -> None:
    """Neither in a notebook nor in data, the README, docs, or what pinlib says."""
    claim = CLAIMS[name]
    assert told(ROOT, claim["pattern"]) == [], claim["why"]


@each_claim
def test_a_claim_is_found_in_its_wordings_and_nothing_else(name: str) -> None:
    """Each has a reason and a source, finds what is wrong, and leaves alone what is right."""
    claim = CLAIMS[name]
    assert set(claim) == {"pattern", "why", "source", "wrong", "right"}
    assert all(claim.values()), "a part is empty"
    for sentence in claim["wrong"]:
        assert re.search(claim["pattern"], plain(sentence), re.IGNORECASE), sentence
    for sentence in claim["right"]:
        assert not re.search(claim["pattern"], plain(sentence), re.IGNORECASE), sentence


def code(text: str) -> dict[str, Any]:
    """Return a code cell."""
    return {"cell_type": "code", "source": text.splitlines(keepends=True), "metadata": {}}


PLANTED: dict[str, str] = {
    "README.md": "It is a\n[must-\nhave](https://a.example), a **must-\n  have**, a must-have.",
    "data/lessons/99.toml": '[[options]]\nreply = """It is a\nmust-have."""',
    "data/glossary.toml": '["must-have"]\nmeaning = "?"',
    "data/plans.csv": 'name,note\nx,"a\tmust-have"',
    "docs/deep/page.md": "Every app needs it.\n\nIt’s an absolute\nmust.",
    "docs/house.svg": "<svg><text>a</text><text>must-have</text></svg>",
    "notebooks/prose.ipynb": json.dumps(
        {"cells": [{"cell_type": "markdown", "source": ["an absolute\n", "**must**"]}]}
    ),
    "notebooks/code.ipynb": json.dumps({"cells": [code('print("an absolute "\n    "must")')]}),
    "notebooks/output.ipynb": json.dumps(
        {"cells": [code("1") | {"outputs": [{"data": {"text/html": ["an absolute\n", "must"]}}]}]}
    ),
    "notebooks/note.ipynb": json.dumps(
        {"cells": [], "metadata": {"instructor": {"say": "a must-have"}}}
    ),
    "pinlib/deep/er.py": 'def f(n):\n    """An absolute\n    must."""',
    "pinlib/joined.py": 'said = ("an absolute "\n    "must")',
    "pinlib/added.py": 'said = f"{n} say: an absolute " + "must"',
    "pinlib/page.js": "say('a must-have')",
    "workshop.py": 'print("an absolute "\n      "must")',
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_claim_is_found(name: str, tmp_path: Path) -> None:
    """Over two lines or literals, in a link, a key, a table, an output, an instructor's note."""
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PLANTED[name], encoding="utf-8")
    assert told(tmp_path, CLAIMS["must-have"]["pattern"])


def test_everything_that_is_read_is_searched() -> None:
    """Each pattern of files finds some here, so that a folder that moves is not forgotten."""
    assert [glob for glob in READ if not list(ROOT.glob(glob))] == []
