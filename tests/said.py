"""Sentences for learners that claim something: of a product, a year, or of all or none."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCTS = (
    *("ACM", "acme.sh", "Alamofire", "Android", "Apple", "AWS", "Barclays", "cert-manager"),
    *("certbot", "Charles", "Chrome", "curl", "DigiNotar", "DST", "Firefox", "Frida", "Google"),
    *("iPhone", "iPhones", "ISRG", "kubeadm", "Let's Encrypt", "mitmproxy", "Mozilla", "OkHttp"),
    *("OpenSSL", "TrustKit", "urllib3"),
)
_NAMED = "|".join(map(re.escape, PRODUCTS))
CLAIMS = re.compile(rf"\b(?:{_NAMED})\b|\b(?:19|20)\d\d\b|\b(?:[Ee]very|[Nn]ever|[Mm]ost)\b")
SILENT = {"solution", "source", "hints", "when", "shows", "start", "scenario", "outcome", "first"}
"""Keys of data files that hold no sentence for learners, or code."""


def said_by_learners_texts() -> Iterator[tuple[str, str]]:
    """Yield the file and each text in it that a learner reads."""
    for file in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                yield file.relative_to(ROOT).as_posix(), "".join(cell["source"])
    for pattern in ("lessons/*.toml", "glossary.toml", "scenarios/*.toml", "plans/*.toml"):
        for file in sorted((ROOT / "data").glob(pattern)):
            content = tomllib.loads(file.read_text(encoding="utf-8"))
            for text in _texts(content):
                yield file.relative_to(ROOT).as_posix(), text


def said_by_learners() -> list[tuple[str, str]]:
    """List each claiming sentence once for each file, in order."""
    found = (
        (file, sentence)
        for file, text in said_by_learners_texts()
        for sentence in sentences(text)
        if CLAIMS.search(sentence)
    )
    return list(dict.fromkeys(found))


def sentences(text: str) -> Iterator[str]:
    """Split a text into sentences, without headings, code blocks, bullets and links' addresses."""
    text = re.sub(r"^```.*?^```|^#.*?$", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    for line in text.splitlines():
        plain = re.sub(r"^\s*(?:-|\d+\.)\s+", "", line).replace("**", "").replace("*", "").strip()
        yield from (one for one in re.split(r"(?<=[.!?:)”])\s+(?=[A-Z“(])", plain) if one)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                if key not in SILENT:
                    yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case _:
            pass
