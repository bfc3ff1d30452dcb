"""The package as a whole: its rooms, its front doors, its size, and what it never does."""

from __future__ import annotations

import ast
import doctest
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import pinlib
import pinlib.teach

ROOT = Path(__file__).parent.parent
PACKAGE = Path(pinlib.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
ROOMS = sorted({path.parent for path in MODULES})
CLASSROOM = PACKAGE / "teach"
SUBJECT = [
    path
    for path in MODULES
    if path.parent.name in {"encoding", "wire", "pins", "tls", "scenes", "operations", "take_home"}
    or path.name in {"data.py", "shared.py", "errors.py", "scratch.py"}
]
ENOUGH = 280  # lines of code in a module; docstrings, comments, blanks not counted
CROWDED = 12  # modules in a room
ONE_EACH = {"main", "cases", "view"}  # roles that a module has once, by design
CLOCK = {"now", "utcnow", "today", "monotonic", "perf_counter"}
ON_THE_CLOCK = {"serving.py"}  # other people's tools ask the computer's own


def named(path: Path) -> str:
    """Return a module's place in the package, as a person says it."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names of all that a file imports, wherever in it that happens."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by a relative name"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def defined(path: Path) -> Iterator[str]:
    """Yield the public names that a module defines at its top."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        found: list[str] = []
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found = [
                one.id
                for target in targets
                for one in ast.walk(target)
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            ]
        yield from (name for name in found if not name.startswith("_"))


def code_lines(path: Path) -> int:
    """Count the lines that hold code."""
    source = path.read_text(encoding="utf-8")
    passive = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.ENCODING,
    }
    with path.open("rb") as file:
        tokens = [token for token in tokenize.tokenize(file.readline) if token.type not in passive]
    lines = {n for token in tokens for n in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Hold a copy of the package to the contracts of its pyproject.toml."""
    program = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(
        [program, "--no-cache"],
        cwd=root,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


def test_rooms_and_modules_know_only_those_before_them(tmp_path: Path) -> None:
    """The contracts of pyproject.toml hold, and notice an import that goes the wrong way."""
    kept = lint(ROOT)
    assert kept.returncode == 0, kept.stdout
    assert "0 broken" in kept.stdout
    shutil.copytree(PACKAGE, tmp_path / "pinlib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, upwards in {
        "pins/pins.py": "from pinlib.tls.openssl import Tls",
        "tls/records.py": "from pinlib.tls.transcript import Message",
        "operations/plans.py": "import matplotlib",
        "take_home/recipe.py": "from pinlib.errors import BadPin",
    }.items():
        file = tmp_path / "pinlib" / module
        before = file.read_text("utf-8")
        file.write_text(before + f"\n{upwards}\n", "utf-8")
        broken = lint(tmp_path)
        assert broken.returncode == 1, upwards
        assert "1 broken" in broken.stdout, upwards
        file.write_text(before, "utf-8")


def test_one_name_for_one_thing() -> None:
    """No public name is defined in two modules."""
    where: dict[str, list[str]] = {}
    for path in MODULES:
        for name in dict.fromkeys(defined(path)):
            where.setdefault(name, []).append(named(path))
    twice = {name: found for name, found in where.items() if len(found) > 1}
    assert not {name: found for name, found in twice.items() if name not in ONE_EACH}


def test_a_room_or_module_is_called_like_nothing_else() -> None:
    """Neither like an object of a front door, nor like a module of the standard library."""
    names = {path.stem for path in MODULES} | {path.name for path in ROOMS} - {"pinlib"}
    names -= {"__main__"}
    assert not names & {*pinlib.__all__, *pinlib.teach.__all__}
    assert not names & sys.stdlib_module_names


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_is_not_crowded(room: Path) -> None:
    """Twelve modules are as many as one finds one's way among; each room says what it is for."""
    inside = [path for path in room.iterdir() if path.suffix == ".py" and path.name[0] != "_"]
    assert len(inside) <= CROWDED
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))


@pytest.mark.parametrize("path", SUBJECT, ids=named)
def test_the_subject_knows_no_clock(path: Path) -> None:
    """Time is an argument, and of the libraries that count only a fleet's lags need one."""
    roots = {name.partition(".")[0] for name in imports(path)}
    assert "numpy" not in roots or path.name == "fleet.py"
    if path.name not in ON_THE_CLOCK:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in CLOCK


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    """Small is a feature."""
    assert code_lines(path) <= ENOUGH


@pytest.mark.parametrize("door", [pinlib, pinlib.teach], ids=lambda door: door.__name__)
def test_a_front_door_is_sorted_and_true(door: ModuleType) -> None:
    """`__all__` names what can be imported, all of it, in order."""
    assert door.__all__ == sorted(door.__all__, key=lambda name: (name != name.upper(), name))
    for name in door.__all__:
        assert hasattr(door, name)
    if door is pinlib:
        found = imports(PACKAGE / "__init__.py")
        imported = {name.rpartition(".")[2] for name in found if name.startswith("pinlib.")}
        assert set(door.__all__) == imported
    with pytest.raises(AttributeError, match="no attribute 'Hostage'"):
        _ = door.Hostage


def test_notebooks_come_in_by_the_front_door() -> None:
    """A cell imports from `pinlib` and `pinlib.teach`, and from no room behind them."""
    count = 0
    for file in (ROOT / "notebooks").rglob("*.ipynb"):
        for cell in json.loads(file.read_text("utf-8"))["cells"]:
            for name in re.findall(r"^(?:from|import) (pinlib\S*)", "".join(cell["source"]), re.M):
                assert name in {"pinlib", "pinlib.teach"}, f"{file.name}: {name}"
                count += 1
    assert count > 20


def test_the_first_example_is_true() -> None:
    """What the package's docstring promises is what it prints."""
    tried = doctest.testmod(pinlib, optionflags=doctest.ELLIPSIS)
    assert tried.attempted
    assert not tried.failed


def test_importing_the_package_draws_nothing_and_reaches_nobody() -> None:
    """`import pinlib` loads nothing that draws, opens no socket and starts no process."""
    code = """
import sys
seen = []
sys.addaudithook(lambda name, _: seen.append(name) if name.startswith(("socket.", "subprocess."))
    else None)
import pinlib
assert not {"ipywidgets", "matplotlib", "IPython", "pinlib.teach"} & set(sys.modules)
assert not seen, seen
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=PACKAGE.parent)


# --- the guard in conftest.py


def test_reaching_for_another_machine_fails_the_test(reached_for: list[str]) -> None:
    """Whoever connects, binds, sends or looks up a name beyond loopback is stopped before it."""
    there = ("192.0.2.1", 443)
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        attempts = [
            lambda: socket.create_connection(there, timeout=1),
            lambda: socket.getaddrinfo("bank.example", 443),
            lambda: socket.gethostbyname("bank.example"),
            lambda: tcp.bind(("0.0.0.0", 0)),  # noqa: S104 - refused, that is the point
            lambda: tcp.connect(there),
            lambda: udp.sendto(b"x", there),
        ]
        for attempt in attempts:
            with pytest.raises(Exception, match=r"socket\.") as caught:
                attempt()
            assert type(caught.value).__name__ == "LeftTheMachine"
    assert len(reached_for) == len(attempts)
    reached_for.clear()  # or this very test would fail, as it should elsewhere


@pytest.mark.slow
def test_swallowing_the_exception_does_not_help(tmp_path: Path) -> None:
    """A test that hides its call beyond loopback fails all the same; one that stays here passes."""
    conftest = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
    (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(
        "import socket, contextlib\n"
        "def test_hidden():\n"
        "    with contextlib.suppress(BaseException):\n"
        "        socket.getaddrinfo('bank.example', 443)\n"
        "def test_here():\n"
        "    socket.getaddrinfo('127.0.0.1', 443)\n"
        "    with socket.socket() as one:\n"
        "        one.bind(('127.0.0.1', 0))\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        cwd=PACKAGE.parent,
    )
    assert done.returncode == 1, done.stdout
    assert "a test left the machine" in done.stdout
    assert "2 passed, 1 error" in done.stdout
