"""A section without the cells before it: what they would have defined, without what they show."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

from IPython.core.getipython import get_ipython

from pinlib.data import DATA
from pinlib.errors import BadInput

_DEFINES = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.FunctionDef)


def run_before(number: str, name: str) -> list[str]:
    """Define what the cells before a section define, and list the questions that they ask.

    A section is named by the question, panel or checkpoint in it, or by the id of its heading.
    Raises BadInput for a name that the lesson does not have.
    """
    cells = _cells(number)
    at = next((at for at, cell in enumerate(cells) if name in _names(cell)), None)
    if at is None:
        known = ", ".join(dict.fromkeys(one for cell in cells for one in _names(cell)))
        raise BadInput(f"lesson {number} has no section {name!r}; there are {known}", seen=name)
    before = [cell for cell in cells[:at] if cell["cell_type"] == "code"]
    shell = get_ipython()
    for cell in before:
        tree = ast.parse("".join(cell["source"]))
        if shell is None or any("start(" in line for line in cell["source"]):
            continue  # the lesson has been started already
        tree.body = [node for node in tree.body if isinstance(node, _DEFINES)]
        code = compile(tree, str(cell["id"]), "exec")
        exec(code, shell.user_ns)  # noqa: S102 - the lesson's own cells, which Run All would run
    return [asked for cell in before for method, asked in _calls(cell) if method == "predict"]


def _cells(number: str) -> list[dict[str, Any]]:
    [file] = (DATA.parent / "notebooks").glob(f"{number}_*.ipynb")
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return found


def _names(cell: dict[str, Any]) -> list[str]:
    if cell["cell_type"] != "code":
        return [cell["id"]] if "".join(cell["source"]).startswith("## ") else []
    return [asked for _, asked in _calls(cell)]


def _calls(cell: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse("".join(cell["source"]))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="lesson"), attr=method),
                args=[ast.Constant(value=str(asked)), *_],
            ):
                yield method, asked
