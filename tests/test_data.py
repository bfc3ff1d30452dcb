"""The files of data/: read from anywhere, checked whole, and a slip told by its place."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinlib import data
from pinlib.data import Term, glossary, lesson, optional, read_document, read_table, sentence
from pinlib.errors import BadData, PinlibError
from pinlib.pins.pins import Pin

COLUMNS = {"name": str, "year": int, "note": optional(str), "source": str}
GOOD = "name,year,note,source\nDigiNotar,2011,,CACM 2014-10\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that stands for data/."""
    monkeypatch.setattr(data, "DATA", tmp_path)
    return tmp_path


# -- Our own files -----------------------------------------------------------------------------


def test_every_file_of_data_is_reached_by_a_test() -> None:
    """A table or document that nobody checks would rot: a test names each file, or its folder."""
    tests = "".join(file.read_text("utf-8") for file in Path(__file__).parent.rglob("test_*.py"))
    for file in data.DATA.rglob("*"):
        if file.suffix in {".csv", ".toml"}:
            named = file.name if file.parent == data.DATA else file.parent.name
            assert f'"{named}"' in tests, f"no test reads {file}"


def test_the_glossary_is_whole() -> None:
    """Every meaning is one sentence of at most 35 words that does not lean on the term itself."""
    terms = glossary("glossary.toml")
    assert len(terms) > 30
    written = [form.casefold() for term in terms.values() for form in (term.name, *term.also)]
    assert len(written) == len(set(written)), "one word must not have two meanings"
    for term in terms.values():
        assert len(term.meaning.split()) <= 35, term.name
        assert term.name.casefold() not in term.meaning.casefold().split(), term.name
        assert term.meaning.count(". ") == 0, f"{term.name}: one sentence"


def test_a_term_is_explained_by_earlier_ones() -> None:
    """A meaning of lesson 00 needs no word that is first explained in lesson 01."""
    terms = glossary()
    for term in terms.values():
        for other in terms.values():
            if other.first > term.first:
                for form in other.name, *other.also:
                    found = re.search(rf"\b{re.escape(form)}s?\b", term.meaning, re.IGNORECASE)
                    assert not found, f"{term.name} needs {form}"


@pytest.mark.parametrize("where", ["/", "tmp"])
def test_data_is_found_from_any_working_directory(where: str, tmp_path: Path) -> None:
    """A notebook, a shell and a test stand in different folders, and read the same files."""
    code = "from pinlib.data import glossary; print(len(glossary()))"
    environment = {**os.environ, "PYTHONPATH": str(Path(data.__file__).parent.parent)}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path if where == "tmp" else Path(where).resolve(),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(ran.stdout) == len(glossary())


# -- Tables ------------------------------------------------------------------------------------


def test_a_table_gives_values(folder: Path) -> None:
    """Each cell is what its reader makes of it; an empty optional one is None."""
    (folder / "t.csv").write_text(GOOD, "utf-8")
    assert read_table("t.csv", COLUMNS) == (
        {"name": "DigiNotar", "year": 2011, "note": None, "source": "CACM 2014-10"},
    )


def test_a_table_from_a_spreadsheet_is_read(folder: Path) -> None:
    """A byte order mark, Windows lines, quoted commas and blank lines change nothing."""
    text = GOOD.replace("DigiNotar", '"DigiNotar, NL"').replace("\n", "\r\n\r\n")
    (folder / "t.csv").write_bytes(text.encode("utf-8-sig"))
    assert read_table("t.csv", COLUMNS)[0]["name"] == "DigiNotar, NL"


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("", "line 1", "the header is ''"),
        ("name,year,source\n", "line 1", "not 'name,year,note,source'"),
        (GOOD + "x,1\n", "line 3", "2 cells for 4 columns"),
        (GOOD + "x,1,,\n", "line 3", "the cell 'source' is empty"),
        (GOOD + "x,1,,  \n", "line 3", "the cell 'source' is empty"),
        (GOOD + "\n ,1,,s\n", "line 4", "the cell 'name' is empty"),
        (GOOD + "x,MMXI,,s\n", "line 3", "the cell 'year' holds 'MMXI'"),
        (GOOD + '"x"y,1,,s\n', "line 3", "quotation mark"),
        (GOOD + '"x,1,,s\n', "line 3", "quotation mark"),
        (GOOD + "Zürich,1,,s\n", "line 3", "isn’t UTF-8"),
    ],
)
def test_a_slip_in_a_table_is_told_by_its_line(
    folder: Path, text: str, where: str, words: str
) -> None:
    """Whoever edited the file finds the line, and reads what is wrong with it."""
    (folder / "t.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadData, match=words) as refused:
        read_table("t.csv", COLUMNS)
    assert (refused.value.file, refused.value.where) == ("t.csv", where)
    assert str(refused.value).startswith(f"t.csv, {where}: ")


def test_what_a_reader_raises_is_told_by_its_line(folder: Path) -> None:
    """A pin that is none, in a table of pins, is refused with the pin's own sentence."""
    (folder / "t.csv").write_text("pin,source\nsha256/AAAA,me\n", "utf-8")
    with pytest.raises(BadData, match=r"line 2: the cell 'pin' .* 3 bytes were found"):
        read_table("t.csv", {"pin": Pin.parse, "source": str})


def test_a_table_without_sources_is_a_bug(folder: Path) -> None:
    """Code cannot ask for facts without their source."""
    (folder / "t.csv").write_text("name\nx\n", "utf-8")
    with pytest.raises(ValueError, match="needs a column 'source'"):
        read_table("t.csv", {"name": str})


def test_a_missing_file_is_named(folder: Path) -> None:
    """So is the folder where it was looked for."""
    for read in (lambda: read_table("no.csv", COLUMNS), lambda: read_document("no.toml", {})):
        with pytest.raises(
            BadData, match=r"no\.\w+, the whole file: cannot be read from"
        ) as refused:
            read()
        assert str(folder) in str(refused.value)


# -- Documents ---------------------------------------------------------------------------------

SCHEMA = {
    "title": str,
    "minutes?": int,
    "options": [{"text": sentence, "right?": bool}],
    "days?": {"*": lesson},
}


def test_a_document_gives_values(folder: Path) -> None:
    """Tables, lists, optional keys and keys of any name come back as they are written."""
    (folder / "d.toml").write_text(
        'title = "a"\n[[options]]\ntext = "Yes."\nright = true\n[days]\nfirst = "01"\n', "utf-8"
    )
    assert read_document("d.toml", SCHEMA) == {
        "title": "a",
        "options": [{"text": "Yes.", "right": True}],
        "days": {"first": "01"},
    }


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ('title = "a', "line 1", "Illegal|Unterminated|Expected"),
        ('title = "a"\ntitle = "b"', "line 2", "Cannot overwrite"),
        ('\nx = "\\q"', "line 2", "Unescaped"),
        ("options = []", "the whole file", "the key 'title' is missing"),
        ("title = 3\noptions = []", "key 'title'", "a str is expected here, not 3"),
        ('title = "a"\noptions = 3', "key 'options'", "a list is expected here"),
        ('title = "a"\noptions = [3]', "key 'options[0]'", "a table is expected here"),
        ('title = "a"\n[[options]]\n', "key 'options[0]'", "the key 'text' is missing"),
        (
            'title = "a"\n[[options]]\ntext = "A."\n[[options]]\ntext = "no stop"',
            "key 'options[1].text'",
            "ends with a full stop",
        ),
        ('title = "a"\noptions = []\nminuts = 3', "key 'minuts'", "did you mean 'minutes'"),
        ('title = "a"\noptions = []\nzzz = 3', "key 'zzz'", "there are"),
        ('title = "a"\noptions = []\nminutes = true', "key 'minutes'", "a int is expected"),
        ('title = "a"\noptions = []\ndays.x = "1"', "key 'days.x'", "two digits"),
        ('title = "Zürich"', "line 1", "isn’t UTF-8"),
    ],
)
def test_a_slip_in_a_document_is_told_by_its_key(
    folder: Path, text: str, where: str, words: str
) -> None:
    """Syntax is told by the line, a wrong value by its key, a misspelt key by the one meant."""
    (folder / "d.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadData, match=words) as refused:
        read_document("d.toml", SCHEMA)
    assert (refused.value.file, refused.value.where) == ("d.toml", where)


def test_a_term_is_a_value(folder: Path) -> None:
    """What the file says of a term is what code gets, with nothing for what is left out."""
    (folder / "g.toml").write_text('[leaf]\nmeaning = "It is."\nfirst = "01"\nalso = ["x"]\n')
    assert glossary("g.toml") == {"leaf": Term("leaf", "It is.", "01", ("x",), None)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_arbitrary_files_raise_nothing_but_our_errors(folder: Path, content: bytes) -> None:
    """Whatever stands in the file, reading it gives rows, a document, or BadData."""
    (folder / "f").write_bytes(content)
    reads: list[Any] = [lambda: read_table("f", COLUMNS), lambda: read_document("f", SCHEMA)]
    for prefix in b"", GOOD.encode():
        (folder / "f").write_bytes(prefix + content)
        for read in reads:
            try:
                read()
            except PinlibError as refused:
                assert isinstance(refused, BadData)  # noqa: PT017 (many kinds may be raised)
