"""What a state, a plan or a chart looks like: the answer first, then a picture and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pinlib.teach.svg import Headline, Html, escape, stylesheet, verdict_line
from pinlib.teach.twin import missing_from_twin


@dataclass(frozen=True, repr=False)
class View:
    """What a state looks like: the answer, the picture, the same in words, and facts for tests.

    `words` is the picture's text twin: it says what the picture means and holds its every number.
    """

    headline: Headline
    picture: Html
    words: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def html(self) -> Html:
        """The whole view as one element; only the answer is read aloud when it changes."""
        data = "".join(f' data-{escape(k)}="{escape(v)}"' for k, v in self.facts.items())
        return Html(
            f'<div class="pl" data-tone="{self.headline.tone}"{data}>{verdict_line(self.headline)}'
            f'<div aria-live="off">{self.picture}<details class="pl-words">'
            f"<summary>In words</summary><p>{escape(self.words)}</p></details></div></div>"
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
