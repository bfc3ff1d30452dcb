"""What a learner answered, found and passed, kept beside their own copies of the notebooks.

The launcher says where, in the environment variable PINLIB_ANSWERS: one small JSON file a lesson.
Without it, what is kept lasts as long as Python runs.  While someone presents, everything begins
unanswered, and nothing is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

FOLDER = "PINLIB_ANSWERS"
KINDS = ("answers", "goals", "sorted", "passed")
_in_memory: dict[str, dict[str, dict[str, Any]]] = {}


class Kept:
    """What one lesson keeps: `answers`, `goals`, `sorted` and `passed`, each by name.

    A file that cannot be read is set aside, never overwritten; `trouble` says so in a sentence.
    """

    def __init__(self, number: str) -> None:
        folder = os.environ.get(FOLDER)
        self._number = number
        self._file = Path(folder) / f"{number}.json" if folder else None
        self._presented: dict[str, dict[str, Any]] | None = None
        self.trouble = ""
        _in_memory[number] = self._read()

    def present(self, on: bool) -> None:
        """Begin unanswered, for an audience; or go back to what the learner has done."""
        self._presented = {} if on else None

    def get(self, kind: str, name: str) -> Any:
        """Return what is kept under a name, or None."""
        return self._held.get(kind, {}).get(name)

    def put(self, kind: str, name: str, value: Any) -> None:
        """Keep a value; None takes it back."""
        held = self._held.setdefault(kind, {})
        if held.get(name) == value:
            return
        if value is None:
            held.pop(name, None)
        else:
            held[name] = value
        self._write()

    def forget(self) -> None:
        """Keep nothing any more."""
        self._held.clear()
        self._write()

    def all(self) -> Mapping[str, Mapping[str, Any]]:
        """Return everything that is kept, by kind and name."""
        return self._held

    @property
    def _held(self) -> dict[str, dict[str, Any]]:
        return _in_memory[self._number] if self._presented is None else self._presented

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._file is None:
            return _in_memory.get(self._number, {})
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            if not isinstance(found, dict):
                raise TypeError
            return {kind: dict(found[kind]) for kind in KINDS if kind in found}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            aside = self._file.with_suffix(".unreadable.json")
            with suppress(OSError):
                self._file.replace(aside)
            self.trouble = (
                f"Your answers in {self._file.name} can't be read ({type(error).__name__}): "
                f"the lesson starts without them, and the file is now {aside.name}."
            )
            return {}

    def _write(self) -> None:
        if self._file is None or self._presented is not None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(
                "w", encoding="utf-8", dir=self._file.parent, suffix=".new", delete=False
            ) as new:
                json.dump(self._held, new, ensure_ascii=False, indent=1)
            Path(new.name).replace(self._file)  # whole or not at all
        except OSError as error:
            why = error.strerror or type(error).__name__
            self.trouble = f"Your answers can't be saved in {self._file.parent.name}: {why}."
