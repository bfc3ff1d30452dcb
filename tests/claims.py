"""Reads all that a learner reads, and finds in it what claims.toml knows to be false."""

from __future__ import annotations

import ast
import csv
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

CLAIMS: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("claims.toml").read_text(encoding="utf-8")
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


def plain(text: str) -> str:
    """Return a text as a reader takes it in: no line breaks, no markup, no addresses of links."""
    text = re.sub(r"\[([^\]]*)\]\([^)\s]*\)", r"\1", text)
    text = re.sub(r"</?[a-z][^<>]*>", " ", text)
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
            yield content
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


def told(claim: str, pieces: Iterable[tuple[str, str]]) -> list[str]:
    """Return where a claim is made, and in which words."""
    wanted = re.compile(CLAIMS[claim]["pattern"], re.IGNORECASE)
    return sorted(
        f"{where}: … {said[max(0, at.start() - 40) : at.end() + 40]} …"
        for where, said in pieces
        for at in wanted.finditer(said)
    )


def shown(outputs: object) -> list[str]:
    """Return every claim that a cell or a panel has drawn, and where: a document of outputs."""
    pieces = {("an output", plain(text)) for text in strings(outputs)}
    return [f"{claim}: {where}" for claim in CLAIMS for where in told(claim, pieces)]
