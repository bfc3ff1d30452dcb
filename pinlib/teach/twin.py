"""The promise of the text twin: every number in a picture stands in the words beside it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

NUMBER = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?|\d+(?:[.,:]\d+)*")


class _Reader(HTMLParser):
    """Collect what can be read in a piece of HTML; a shortened key counts as the whole of it."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.whole: list[str] = []
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Skip styles and scripts; of a shortened key take the title, which has the whole."""
        given = dict(attrs)
        full = given.get("title") if tag == "code" else None
        if full is not None:
            self.whole.append(full)
        if full is not None or tag in {"style", "script"}:
            self._skipping.append(tag)
        self.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Words of two elements are two words."""
        if self._skipping and self._skipping[-1] == tag:
            self._skipping.pop()
        self.text.append(" ")

    def handle_data(self, data: str) -> None:
        """Keep what a reader sees."""
        if not self._skipping:
            self.text.append(data)


def numbers_in(markup: str) -> list[str]:
    """List the numbers and dates a reader sees, and each key or run of bytes as a whole."""
    reader = _Reader()
    reader.feed(markup)
    return list(dict.fromkeys([*reader.whole, *NUMBER.findall("".join(reader.text))]))


def missing_from_twin(picture: str, words: str) -> list[str]:
    """List what stands in the picture and not in its words; an empty list keeps the promise."""
    said = set(NUMBER.findall(words))
    return [
        seen
        for seen in numbers_in(picture)
        if seen not in said and (NUMBER.fullmatch(seen) or seen not in words)
    ]
