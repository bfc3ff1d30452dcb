"""Reads the files of data/, and says where one breaks its rules.

Facts live in small files that a person can read and edit: tables (CSV), each row with its source,
and documents (TOML).  A file is checked when it is read, so that a slip of an editor is told by
file and line, or file and key, and never shows as a strange picture later.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pinlib.errors import BadData, BadInput, PinlibError

DATA = Path(__file__).resolve().parent.parent / "data"
"""Beside the package, so the working directory does not matter."""

Reader = Callable[[str], Any]
"""Makes a value of a cell's text; ValueError or PinlibError if that cannot be."""

_LONGEST = 60  # characters of a title

Schema = Any
"""What a TOML value must be: a type; `{key: schema}`, where `key?` may be missing and `*` is any
key; `[schema]`, a list of such; or a function that returns the value or raises ValueError."""


def read_table(name: str, columns: Mapping[str, Reader]) -> tuple[dict[str, Any], ...]:
    """Return the rows of a CSV file, each cell made by its column's reader.

    The header must be exactly these columns, in this order, and one of them `source`: a fact
    without a source is none.  A cell may be empty only if its reader is an `optional` one.
    Raises BadData with the line.
    """
    if "source" not in columns:
        raise ValueError(f"the table {name} needs a column 'source'")
    rows = csv.reader(io.StringIO(_text(name), newline=""), strict=True)
    found: list[dict[str, Any]] = []
    try:
        if (header := next(rows, [])) != list(columns):
            wanted = ",".join(columns)
            raise BadData(f"the header is {','.join(header)!r}, not {wanted!r}", **_at(name, 1))
        found.extend(_row(row, columns, _at(name, rows.line_num)) for row in rows if row)
    except csv.Error as error:
        raise BadData(
            f"{error}: is a quotation mark missing?", **_at(name, rows.line_num)
        ) from error
    return tuple(found)


def optional(reader: Reader) -> Reader:
    """Return a reader that takes an empty cell for None."""

    def read(text: str) -> Any:
        return reader(text) if text else None

    read.optional = True  # type: ignore[attr-defined]
    return read


def read_document(name: str, schema: Schema) -> Any:
    """Return a TOML file's content, checked against the schema.  Raises BadData with the key."""
    text = _text(name)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))  # or "(at end of document)"
        line = int(place[1]) if place else text.count("\n") + 1
        raise BadData(str(error), **_at(name, line)) from error
    return _checked(content, schema, name, "")


class _Titled(Protocol):
    @property
    def title(self) -> str: ...


_T = TypeVar("_T", bound=_Titled)
_V = TypeVar("_V")


def titled(
    folder: str, read: Callable[[str], _T], what: Callable[[_T], object] | None = None
) -> dict[str, _T]:
    """Return what the TOML files of a folder hold, by title, in the order of the files' names.

    No two may have the same title, nor the same of `what`.  Raises BadData, and what `read` raises.
    """
    found: dict[str, _T] = {}
    for file in sorted((DATA / folder).glob("*.toml")):
        name = f"{folder}/{file.name}"
        one = read(name)
        if one.title in found:
            raise BadData(f"another file has the title {one.title!r}", file=name, where="title")
        if what is not None and any(what(one) == what(other) for other in found.values()):
            raise BadData(f"another file has the same {folder[:-1]}", file=name, where=folder[:-1])
        found[one.title] = one
    return found


class ByTitle(Mapping[str, _V]):
    """Things by title, as they stand when one is asked for: a list to choose from.

    Nothing is read before that, so a file that cannot be read is told where its thing is wanted.
    A title that is none raises BadInput, with those that there are.
    """

    def __init__(self, what: str, read: Callable[[], Mapping[str, _V]]) -> None:
        self._what, self._read = what, read

    def __getitem__(self, title: str) -> _V:
        known = self._read()
        if title not in known:
            there = "; ".join(known)
            raise BadInput(f"no {self._what} is called {title!r}; there are: {there}", seen=title)
        return known[title]

    def __contains__(self, title: object) -> bool:
        return title in self._read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def title(text: Any) -> str:
    """Check that a text can stand in a list: a schema for the name of a scene or a plan."""
    if isinstance(text, str) and text.strip() and text.isprintable() and len(text) <= _LONGEST:
        return text
    raise BadInput(f"a title is one line of 1 to {_LONGEST} characters", seen=repr(text))


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the field: its meaning in one sentence, and the lesson that says it first."""

    name: str
    meaning: str
    first: str
    also: tuple[str, ...] = ()
    source: str | None = None


def glossary(name: str = "glossary.toml") -> dict[str, Term]:
    """Return the workshop's words, in the file's order.  Raises BadData."""
    schema = {"*": {"meaning": sentence, "first": lesson, "also?": [str], "source?": str}}
    return {
        term: Term(term, **{**entry, "also": tuple(entry.get("also", ()))})
        for term, entry in read_document(name, schema).items()
    }


def sentence(text: Any) -> str:
    """Check that a text is one full sentence: a schema for what a learner reads."""
    if not isinstance(text, str) or not re.fullmatch(r"\S.*[.?!]", text):
        raise ValueError(f"a sentence ends with a full stop and fits on one line, not {text!r}")
    return text


def lesson(text: Any) -> str:
    """Check that a text is the number of a lesson, as in the file names: "00", "01", …."""
    if not isinstance(text, str) or not re.fullmatch(r"\d\d", text):
        raise ValueError(f'a lesson is named by two digits, "01", not {text!r}')
    return text


def _text(name: str) -> str:
    try:
        content = (DATA / name).read_bytes()
    except OSError as error:
        why = f"cannot be read from {DATA} ({error.strerror})"
        raise BadData(why, file=name, where="the whole file") from error
    try:
        return content.decode("utf-8-sig")  # Excel puts a byte order mark in front
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadData("this isn’t UTF-8: save the file as UTF-8", **_at(name, line)) from error


def _at(name: str, line: int) -> dict[str, str]:
    return {"file": name, "where": f"line {line}"}


def _row(row: list[str], columns: Mapping[str, Reader], at: dict[str, str]) -> dict[str, Any]:
    if len(row) != len(columns):
        raise BadData(
            f"{len(row)} cells for {len(columns)} columns: "
            "put quotation marks around a cell with a comma in it",
            **at,
        )
    values = {}
    for (column, reader), cell in zip(columns.items(), row, strict=True):
        text = cell.strip()
        if not text and not getattr(reader, "optional", False):
            raise BadData(f"the cell {column!r} is empty", **at)
        try:
            values[column] = reader(text)
        except (ValueError, PinlibError) as error:
            raise BadData(f"the cell {column!r} holds {text!r}: {error}", **at) from error
    return values


def _checked(value: Any, schema: Schema, file: str, key: str) -> Any:
    """Return the value if it fits; `key` is its place as TOML writes it."""

    def bad(message: str, at: str = key) -> BadData:
        return BadData(message, file=file, where=f"key {at!r}" if at else "the whole file")

    if isinstance(schema, dict):
        if not isinstance(value, dict):
            raise bad(f"a table is expected here, not {value!r}")
        known = {name.removesuffix("?"): inner for name, inner in schema.items()}
        for name in schema:
            if name != "*" and not name.endswith("?") and name not in value:
                raise bad(f"the key {name!r} is missing")
        checked = {}
        for name, inner in value.items():
            at = f"{key}.{name}" if key else name
            if name not in known and "*" not in known:
                near = get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {sorted(known)}"
                raise bad(f"no such key; {hint}", at)
            checked[name] = _checked(inner, known.get(name, known.get("*")), file, at)
        return checked
    if isinstance(schema, list):
        if not isinstance(value, list):
            raise bad(f"a list is expected here, not {value!r}")
        return [_checked(v, schema[0], file, f"{key}[{n}]") for n, v in enumerate(value)]
    if isinstance(schema, type):
        if type(value) is not schema:  # isinstance would take true for the number 1
            raise bad(f"a {schema.__name__} is expected here, not {value!r}")
        return value
    try:
        return schema(value)
    except (ValueError, PinlibError) as error:
        raise bad(str(error)) from error
