"""What a state, a plan or a chart looks like: the answer first, then a picture and its words.

Every number in a picture stands in the words beside it: the text twin's promise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markupsafe import Markup

from pinlib.teach.drawing.blocks import Headline, stylesheet
from pinlib.teach.drawing.harm import harm_line
from pinlib.teach.drawing.typeset import escape

NUMBER = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?|\d+(?:[.,:]\d+)*")


class _Reader(HTMLParser):
    """Collect what can be read in a piece of HTML; bytes and keys in short count as the whole."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.whole: list[str] = []
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Skip styles and scripts; of a shortened key take the title, which has the whole."""
        given = dict(attrs)
        full = given.get("data-whole") or given.get("title") if tag == "code" else None
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


@dataclass(frozen=True, repr=False)
class View:
    """What a state looks like: the answer, the picture, the same in words, and facts for tests.

    `words` is the picture's text twin: it says what the picture means and holds its every number.
    """

    headline: Headline
    picture: Markup
    words: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.picture, Markup):
            kind = type(self.picture).__name__
            raise TypeError(f"a picture is Markup, of which all is escaped, and no {kind}")
        if self.headline.ending is not None:
            facts = {**self.facts, "ending": self.headline.ending.name.lower()}
            object.__setattr__(self, "facts", facts)  # a frozen value's own way to be completed

    @property
    def html(self) -> Markup:
        """The whole view as one element; only the answer is read aloud when it changes."""
        data = "".join(f' data-{escape(k)}="{escape(v)}"' for k, v in self.facts.items())
        return Markup(
            f'<div class="pl" data-tone="{self.headline.tone}"{data}>{harm_line(self.headline)}'
            f'<div aria-live="off">{self.picture}<details class="pl-words">'
            f"<summary>In words</summary>{_paragraphs(self.words)}</details></div></div>"
        )

    def _repr_html_(self) -> str:
        """Show the view where a cell ends with it."""
        return f"{stylesheet()}{self.html}"

    def __repr__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """Everything the view says, for a terminal, a handout or a screen reader."""
        return f"{self.headline.words}. {self.headline.reason}\n{self.words}"

    def not_in_words(self) -> list[str]:
        """List the numbers of the picture that its words leave out; there must be none."""
        return missing_from_twin(self.html, self.text)


def _paragraphs(words: str) -> Markup:
    """Set a paragraph a line; lines that are set in, or begin with a dash, make a list."""
    parts: list[Markup] = []
    for line in filter(str.strip, words.splitlines()):
        item = line.startswith((" ", "- "))
        form = Markup("<li>{}</li>") if item else Markup("<p>{}</p>")
        parts.append(form.format(escape(line.strip().removeprefix("- "))))
    return Markup("").join(parts)
