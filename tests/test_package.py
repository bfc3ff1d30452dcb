"""The package as a whole: its layers, its front door, its size, and what it never does."""

from __future__ import annotations

import ast
import doctest
import socket
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import pinlib

PACKAGE = Path(pinlib.__file__).parent
_ORDER = (pinlib.__doc__ or "").partition("imports only from those before it:")[2]
_SUBJECT, _REST = (part.split() for part in _ORDER.partition("What stands")[0].split("|"))
LAYERS = [*_SUBJECT, *_REST]
ENOUGH = 250  # lines of code in a module of the subject; docstrings, comments, blanks not counted


def files(module: str) -> list[Path]:
    """Return the files of a module or sub-package."""
    path = PACKAGE / f"{module}.py"
    return [path] if path.exists() else sorted((PACKAGE / module).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names of all that a file imports, wherever in it that happens."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by a relative name"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


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


def test_every_module_has_its_place_in_the_order() -> None:
    """What stands in the folder stands in the docstring of the package, once."""
    there = {
        path.stem if path.suffix == ".py" else path.name
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert there - {"__init__"} == set(LAYERS)
    assert len(LAYERS) == len(set(LAYERS))


@pytest.mark.parametrize("module", LAYERS)
def test_a_module_imports_only_from_those_before_it(module: str) -> None:
    """A learner who reads upwards meets nothing that was not explained before."""
    allowed = LAYERS[: LAYERS.index(module)] + ([module] if module not in _SUBJECT else [])
    for path in files(module):
        for name in imports(path):
            first, _, rest = name.partition(".")
            inner = rest.partition(".")[0]
            if first == "pinlib" and inner in LAYERS:
                assert inner in allowed, f"{path.name} imports {name}"
            elif first == "pinlib":
                assert module not in _SUBJECT, f"{path.name} comes in by the front door: {name}"


@pytest.mark.parametrize("module", _SUBJECT)
def test_the_subject_knows_no_screen_and_no_clock(module: str) -> None:
    """Time is an argument, and nothing that draws is imported."""
    for path in files(module):
        roots = {name.partition(".")[0] for name in imports(path)}
        assert not roots & {"ipywidgets", "matplotlib", "IPython", "time"}, path.name
        assert "numpy" not in roots or module == "fleet", path.name  # it draws a fleet's lags
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"now", "utcnow", "today", "monotonic", "perf_counter"}


@pytest.mark.parametrize("module", _SUBJECT)
def test_a_module_can_be_read_in_one_sitting(module: str) -> None:
    """Small is a feature."""
    assert code_lines(PACKAGE / f"{module}.py") <= ENOUGH


def test_the_front_door_is_sorted_and_true() -> None:
    """`__all__` names what can be imported, all of it, in order."""
    assert pinlib.__all__ == sorted(pinlib.__all__)
    imported = {name.rpartition(".")[2] for name in imports(PACKAGE / "__init__.py")}
    assert set(pinlib.__all__) == imported
    assert all(hasattr(pinlib, name) for name in pinlib.__all__)


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
