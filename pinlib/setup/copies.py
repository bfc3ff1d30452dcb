"""The learner's own copies of the notebooks: an update of the workshop leaves them theirs.

    python -m pinlib.setup.copies              renew: make copies, bring them up to date
    python -m pinlib.setup.copies reset 03     put lesson 03 back, and keep the old copy beside it

Copies lie in work/, which git ignores; what was answered and found lies in work/.answers.  A copy
is brought up to date only where the learner has changed nothing in it.  One process at a time may
do this to a folder: the launcher sees to that.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from stat import S_IMODE, S_IRUSR, S_IWUSR
from tempfile import NamedTemporaryFile
from typing import Any

from pinlib.errors import BadInput

WORKSHOP = Path(__file__).resolve().parents[2]
WORK, ANSWERS = "work", ".answers"
_RECORD = "copies.json"
_HALF_WRITTEN = ".half-written-"


class Copies:
    """The copies below a folder that has the workshop's notebooks/."""

    def __init__(self, root: Path = WORKSHOP) -> None:
        self.notebooks, self.work = root / "notebooks", root / WORK
        self.answers = self.work / ANSWERS

    def renew(self) -> list[str]:
        """Make what is missing, update what is unchanged, and say what was done in sentences."""
        self._sweep()
        copied, said = self._recorded(), []
        for number, file in self._files():
            name = file.relative_to(self.notebooks).as_posix()
            mine, theirs = self.work / name, _fingerprint(file)
            if not mine.exists():
                _put(file, mine)
            elif copied.get(name) != theirs and _fingerprint(mine) != theirs:
                if _fingerprint(mine) == copied.get(name):
                    _put(file, mine)
                    said.append(f"Updated {WORK}/{name}; you hadn’t changed it.")
                else:
                    new = self._beside(mine, copied)
                    _put(file, new)
                    copied[self._name(new)] = theirs
                    said.append(
                        f"The workshop has a new {name}. You changed yours, so yours stays and "
                        f"the new one is beside it, as “{new.name}”" + _taking(number, name)
                    )
            copied[name] = theirs
        self._record(copied)
        return said

    def reset(self, number: str) -> str:
        """Put a lesson back as the workshop has it, forget its answers, and say where the old is.

        Raises BadInput, which lists the lessons, for one that does not exist.
        """
        known = {lesson: file for lesson, file in self._files() if file.parent == self.notebooks}
        file = known.get(number.zfill(2) if number.isdecimal() else number)
        if file is None:
            saw = f"There is no lesson “{number}”." if number else "Which lesson?"
            raise BadInput(f"{saw} The lessons are {', '.join(known)}", seen=number)
        self._sweep()
        copied, theirs = self._recorded(), _fingerprint(file)
        mine, kept = self.work / file.name, ""
        if mine.exists():
            kept = f" Your old copy is {self._shown(_aside(mine))}."
        answers = self.answers / f"{file.name[:2]}.json"
        if answers.exists():
            _aside(answers)
        _put(file, mine)
        for new in self.work.glob(f"{mine.stem} (new*){mine.suffix}"):
            if _fingerprint(new) in (theirs, copied.get(self._name(new))):
                new.unlink()  # nobody wrote in it, and it stands under its own name now
        self._record({**copied, file.name: theirs})
        return (
            f"{self._shown(mine)} is a fresh copy, with nothing answered.{kept} If the lesson is "
            "open in JupyterLab, choose File > Close and Shut Down Notebook, then open it again."
        )

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Go through lessons, then solutions, each with its number."""
        for folder in (self.notebooks, self.notebooks / "solutions"):
            for file in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
                yield file.name[:2], file

    def _name(self, mine: Path) -> str:
        """Return what the record calls a copy."""
        return mine.relative_to(self.work).as_posix()

    def _shown(self, mine: Path) -> str:
        """Return what a learner sees a copy called."""
        return f"{WORK}/{self._name(mine)}"

    def _beside(self, mine: Path, copied: dict[str, str]) -> Path:
        """Return a place for a new one beside a copy: a free one, or one nobody has written in."""
        number = 1
        while True:
            which = "new" if number == 1 else f"new {number}"
            new = mine.with_name(f"{mine.stem} ({which}){mine.suffix}")
            if not new.exists() or _fingerprint(new) == copied.get(self._name(new)):
                return new
            number += 1

    def _sweep(self) -> None:
        """Remove what a start that was killed left half-written."""
        for file in (*self.work.glob(f"{_HALF_WRITTEN}*"), *self.work.glob(f"*/{_HALF_WRITTEN}*")):
            file.unlink()

    def _recorded(self) -> dict[str, str]:
        try:
            found = json.loads((self.answers / _RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _record(self, copied: dict[str, str]) -> None:
        _write(self.answers / _RECORD, json.dumps(copied, indent=1).encode())


def _taking(number: str, name: str) -> str:
    """Say how to take the workshop's new one; solutions have no command of their own."""
    return "." if "/" in name else f" (workshop.py reset {number} takes it and keeps yours)."


def _fingerprint(file: Path) -> str:
    """Return a hash of what a person writes in a notebook: its cells, and what it says to teachers.

    Outputs and counts come from running it, and JupyterLab notes in a cell what is folded.
    """
    content = file.read_bytes()
    try:
        notebook = json.loads(content)
        written: list[Any] = [notebook["metadata"].get("lesson")]
        for cell in notebook["cells"]:
            said = {name: cell["metadata"].get(name) for name in ("tags", "instructor")}
            written.append([cell["cell_type"], "".join(cell["source"]), said])
    except (ValueError, KeyError, TypeError, AttributeError):
        return sha256(content).hexdigest()
    return sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()


def _put(file: Path, place: Path) -> None:
    """Copy a notebook; the copy of one that is read-only can be written in."""
    _write(place, file.read_bytes(), S_IMODE(file.stat().st_mode) | S_IWUSR)


def _write(place: Path, content: bytes, mode: int = S_IRUSR | S_IWUSR) -> None:
    """Write a file, whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=place.parent, prefix=_HALF_WRITTEN, delete=False) as new:
        new.write(content)
    Path(new.name).chmod(mode)
    Path(new.name).replace(place)


def _aside(file: Path) -> Path:
    """Rename a file so that it is kept: its name says which of the old ones it is."""
    number = 1
    while (old := file.with_name(f"{file.stem} (old {number}){file.suffix}")).exists():
        number += 1
    file.replace(old)
    return old


def main(arguments: Sequence[str] | None = None) -> int:
    """Renew, or reset a lesson; return an exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    copies = Copies()
    try:
        if not given:
            for sentence in copies.renew():
                print(sentence)
            return 0
        if given[0] != "reset" or len(given) > 2:
            raise BadInput("Reset one lesson at a time, such as: reset 03", seen=" ".join(given))
        print(copies.reset(*given[1:] or [""]))
    except BadInput as error:
        print(f"{error}.", file=sys.stderr)
        return 2
    except OSError as error:
        why = error.strerror or type(error).__name__
        print(
            f"Your copies of the notebooks can’t be written to {WORK}: {why}. Move the workshop to "
            "a folder with some space, where you may write, and start again.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
