"""What is known to be false stands nowhere that a learner reads: claims.toml says what, and why."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.claims import CLAIMS, READ, plain, read, shown, told
from tests.said import CLAIMS as CLAIMING
from tests.said import said_by_learners

ROOT = Path(__file__).resolve().parent.parent

each_claim = pytest.mark.parametrize("name", CLAIMS)


@each_claim
def test_no_false_claim_stands_anywhere(name: str) -> None:
    """Neither in a notebook nor in data, the README, docs, or what pinlib says."""
    assert told(name, read(ROOT)) == [], CLAIMS[name]["why"]


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
    "docs/house.svg": "<svg><text>an absolute</text><text>must</text></svg>",
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
    assert told("must-have", read(tmp_path))


def test_a_claim_that_is_put_together_when_it_runs_is_found_in_what_it_shows() -> None:
    """What a cell prints and what a widget draws are searched where notebooks are run."""
    drawn = [{"outputs": [{"text": "It is "}]}, {"value": "<p>It is an <b>absolute\nmust</b>.</p>"}]
    assert shown(drawn) == ["must-have: an output: … It is an absolute must . …"]
    assert shown([{"value": "<p>Nothing of the kind.</p>"}]) == []


def test_everything_that_is_read_is_searched() -> None:
    """Each pattern of files finds some here, so that a folder that moves is not forgotten."""
    assert [glob for glob in READ if not list(ROOT.glob(glob))] == []


def test_whoever_names_a_product_a_year_or_all_of_something_has_a_source() -> None:
    """Each such sentence of lessons and data has a row in data/claims.csv, and no row is left over.

    A row says where the sentence is borne out: a source outside, or what shows it in the workshop.
    """
    with (ROOT / "data" / "claims.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", row["checked"]) for row in rows)
    assert all(row["source"].strip() for row in rows)
    sourced = {(row["file"], row["sentence"]) for row in rows}
    said = set(said_by_learners())
    assert sorted(said - sourced) == [], "no source: add a row, or say it softly"
    assert sorted(sourced - said) == [], "nobody says this any more"


@pytest.mark.parametrize(
    ("sentence", "claims"),
    [
        ("OkHttp checks the whole chain.", True),
        ("In 2016 an app stopped working.", True),
        ("Pinning never helps.", True),
        ("Mallory answers as the bank.", False),
        ("The bank sends 200 bytes.", False),
    ],
)
def test_what_counts_as_a_claim(sentence: str, claims: bool) -> None:
    """Products, years, and words for all or none."""
    assert bool(CLAIMING.search(sentence)) is claims
