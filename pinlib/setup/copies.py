"""The learner's own copies of the notebooks: an update of the workshop leaves them theirs.

    python -m pinlib.setup.copies              renew: make copies, bring them up to date
    python -m pinlib.setup.copies reset 03     put lesson 03 back, and keep the old copy beside it

Copies lie in work/, which git ignores; what was answered and found lies in work/.answers.  A copy
is brought up to date only where the learner has changed no cell of it.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from pinlib.errors import BadInput

WORKSHOP = Path(__file__).resolve().parents[2]
WORK, ANSWERS = "work", ".answers"
_RECORD = "copies.json"


class Copies:
    """The copies below a folder that has the workshop's notebooks/."""

    def __init__(self, root: Path = WORKSHOP) -> None:
        self.notebooks, self.work = root / "notebooks", root / WORK
        self.answers = self.work / ANSWERS

    def renew(self) -> list[str]:
        """Make what is missing, update what is unchanged, and say what was done in sentences."""
        copied = self._recorded()
        said = []
        for file in self._files():
            name = file.relative_to(self.notebooks).as_posix()
            mine, theirs = self.work / name, _fingerprint(file)
            if not mine.exists():
                _put(file, mine)
            elif copied.get(name) != theirs and _fingerprint(mine) != theirs:
                if _fingerprint(mine) == copied.get(name):
                    _put(file, mine)
                    said.append(f"{WORK}/{name} is up to date again.")
                else:
                    beside = mine.with_name(f"{mine.stem} (new){mine.suffix}")
                    _put(file, beside)
                    said.append(
                        f"{WORK}/{name} stays as you changed it; the workshop’s new one is "
                        f"beside it: {beside.name}."
                    )
            copied[name] = theirs
        self._record(copied)
        return said

    def reset(self, number: str) -> str:
        """Put a lesson back as the workshop has it, forget its answers, and say where the old is.

        Raises BadInput, which lists the lessons, for one that does not exist.
        """
        known = {file.name[:2]: file for file in sorted(self.notebooks.glob("[0-9][0-9]_*.ipynb"))}
        file = known.get(number.zfill(2) if number.isdecimal() else number)
        if file is None:
            raise BadInput(
                f"there is no lesson {number!r}; there are {', '.join(known)}", seen=number
            )
        mine, kept = self.work / file.name, ""
        if mine.exists():
            old = _aside(mine)
            kept = f" Your old copy is {WORK}/{old.name}."
        answers = self.answers / f"{file.name[:2]}.json"
        if answers.exists():
            _aside(answers)
        _put(file, mine)
        self._record({**self._recorded(), file.name: _fingerprint(file)})
        return f"{WORK}/{file.name} is new, with nothing answered.{kept}"

    def _files(self) -> Iterator[Path]:
        yield from sorted(self.notebooks.glob("[0-9][0-9]_*.ipynb"))
        yield from sorted((self.notebooks / "solutions").glob("[0-9][0-9]_*.ipynb"))

    def _recorded(self) -> dict[str, str]:
        try:
            found = json.loads((self.answers / _RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _record(self, copied: dict[str, str]) -> None:
        self.answers.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=self.answers, suffix=".new", delete=False
        ) as new:
            json.dump(copied, new, indent=1)
        Path(new.name).replace(self.answers / _RECORD)


def _fingerprint(file: Path) -> str:
    """Return a hash of what a notebook's cells say: outputs and counts are not the learner's."""
    content = file.read_bytes()
    try:
        cells = json.loads(content)["cells"]
        said = [[one["cell_type"], "".join(one["source"])] for one in cells]
    except (ValueError, KeyError, TypeError):
        return sha256(content).hexdigest()
    return sha256(json.dumps(said).encode()).hexdigest()


def _put(file: Path, place: Path) -> None:
    """Copy a file, whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=place.parent, suffix=".new", delete=False) as new:
        new.write(file.read_bytes())
    shutil.copymode(file, new.name)
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
            print("\n".join(copies.renew()), end="")
            return 0
        if given[0] != "reset" or len(given) != 2:
            raise BadInput("name the lesson: workshop.py reset 03", seen=" ".join(given))
        print(copies.reset(given[1]))
    except BadInput as error:
        print(f"{str(error)[:1].upper()}{str(error)[1:]}.", file=sys.stderr)
        return 2
    except OSError as error:
        why = error.strerror or type(error).__name__
        print(f"Your copies in {WORK} can’t be written: {why}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
