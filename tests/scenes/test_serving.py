"""The room for other tools: real curl, real openssl, and what the interceptor has of them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from pinlib import Outcome
from pinlib.scenes.cast import FORM, HOST
from pinlib.scenes.serving import Room, commands, told
from pinlib.take_home.recipe import connect_pinned
from pinlib.tls.interception import Page

pytestmark = pytest.mark.slow  # processes, servers and sockets of their own

ROOT = Path(__file__).parents[2]
curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not on the PATH")
openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on the PATH")


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    """Open the bank, and somebody in front of it who lies."""
    with Room(lying=True) as opened:
        yield opened


@pytest.fixture
def lines(room: Room, tmp_path: Path) -> dict[str, str]:
    """Return the commands by what they show."""
    return {one.shows: one.line for one in commands(room, tmp_path)}


def run(line: str) -> subprocess.CompletedProcess[str]:
    """Paste a command into a shell; `python3` is the one that runs these tests."""
    folder = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, text=True, timeout=60, check=False, env=env
    )


def find(lines: dict[str, str], words: str) -> str:
    """Return the command whose description has these words."""
    return next(line for shows, line in lines.items() if words in shows)


@curl
@pytest.mark.parametrize(
    ("words", "status", "balance", "captured"),
    [
        ("straight to the bank", 0, 1250, None),
        ("her CA is unknown", 60, None, b""),
        ("her CA trusted", 0, 9250, FORM),
        ("key pinned", 90, None, b""),
    ],
)
def test_curl_is_fooled_or_not(
    room: Room,
    lines: dict[str, str],
    words: str,
    status: int,
    balance: int | None,
    captured: bytes | None,
) -> None:
    """Exit 0 direct; 60 with an unknown CA; 0 and captured with his; 90 and nothing when pinned."""
    known = len(room.notebook)
    done = run(find(lines, words))
    assert done.returncode == status, done.stderr
    assert (f'"balance": {balance}' in done.stdout) is (balance is not None)
    if captured is None:
        assert len(room.notebook) == known
    else:
        page = room.middle.page_after(known)
        assert page.request.endswith(captured)
        assert bool(page.request) is bool(captured)
        assert page.asked_for == HOST


@openssl
def test_openssl_sees_his_certificate(lines: dict[str, str]) -> None:
    """The issuer is the proxy's authority, and with its root the chain is in order."""
    done = run(find(lines, "as openssl sees it"))
    assert done.returncode == 0, done.stderr
    assert "Proxy CA" in done.stdout
    assert "Verify return code: 0" in done.stdout


def test_a_client_that_needs_nothing_is_fooled_too(room: Room, lines: dict[str, str]) -> None:
    """Python's own library believes the roots that it was given."""
    known = len(room.notebook)
    done = run(find(lines, "Python client"))
    assert done.returncode == 0, done.stderr
    assert '"balance": 9250' in done.stdout
    assert room.middle.page_after(known).request.endswith(FORM)


def test_windows_has_commands_of_its_own(room: Room, tmp_path: Path) -> None:
    """PowerShell's curl is another program, has no /dev/null, and looks for revocation lists."""
    text = "\n".join(one.line for one in commands(room, tmp_path, windows=True))
    assert text.count("curl.exe --ssl-no-revoke") == 4
    assert "/dev/null" not in text
    assert "'" not in text
    assert "py " in text


def test_no_private_key_is_written(room: Room, tmp_path: Path) -> None:
    """What the commands need on disk are public certificates and a script."""
    commands(room, tmp_path)
    written = [file.read_text("utf-8") for file in tmp_path.iterdir()]
    assert len(written) == 3
    assert not any("PRIVATE" in text for text in written)


def test_the_gate_and_the_recipe_side_by_side(room: Room) -> None:
    """Both give him 0 bytes; one shows him an alert, the other a finished handshake."""
    gate, plain = room.gate(), room.attempt(connect_pinned)
    assert gate.verdict.outcome is Outcome.REFUSED_BY_PIN
    assert (gate.page.established, gate.page.alert) == (False, "bad_certificate")
    assert (plain.page.established, plain.page.alert) == (True, None)
    assert gate.page.application_bytes == plain.page.application_bytes == 0
    assert not plain.connected
    assert "is not pinned" in plain.said
    assert room.gate(pinned=False).page.request.endswith(FORM)


@pytest.mark.slow
def test_an_attempt_has_its_own_victims_page_however_busy_the_room(room: Room) -> None:
    """A hundred refused attempts, while others log in through the same interceptor all the time."""
    over = threading.Event()

    def log_in_again_and_again() -> int:
        count = 0
        while not over.is_set():
            assert room.gate(pinned=False).page.request.endswith(FORM)
            count += 1
        return count

    with ThreadPoolExecutor(3) as crowd:
        visitors = [crowd.submit(log_in_again_and_again) for _ in range(3)]
        try:
            tried = [room.attempt(connect_pinned) for _ in range(100)]
        finally:
            over.set()
        assert all(visitor.result() for visitor in visitors)
    assert [one.page.request for one in tried] == [b""] * 100
    assert not any(one.connected for one in tried)
    assert all(any(page is one.page for page in room.notebook) for one in tried)


def test_a_client_that_does_not_pin_is_read_and_lied_to(room: Room) -> None:
    """His page of it stands in the room's notebook too, after those of everybody before."""
    known = list(room.notebook)

    def unpinned(
        address: tuple[str, int], host: str, _: Set[str], context: ssl.SSLContext
    ) -> ssl.SSLSocket:
        plain = socket.create_connection(address, timeout=10)
        return context.wrap_socket(plain, server_hostname=host)

    tried = room.attempt(unpinned)
    assert tried.connected
    assert b'"balance": 9250' in tried.heard
    assert tried.page.request.endswith(FORM)
    assert room.notebook == [*known, tried.page]


@pytest.mark.parametrize("error", [ZeroDivisionError, OSError])
def test_a_client_that_fails_has_refused_nobody(room: Room, error: type[Exception]) -> None:
    """A refusal is an SSLError; what else a learner's client raises is the learner's to see."""

    def broken(*_: object) -> ssl.SSLSocket:
        raise error("mine")

    with pytest.raises(error, match="mine"):
        room.attempt(broken)


def test_a_room_that_cannot_open_is_closed(room: Room) -> None:
    """Where the second door's port is taken the first is shut again, before the error is read."""
    with socket.create_server(("127.0.0.1", 0)) as lent:
        port = lent.getsockname()[1]
    with pytest.raises(OSError, match=r"[Aa]ddress already in use|10048") as refused:
        Room(bank_port=port, middle_port=room.middle.port)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 10)
    assert refused.value.__traceback__ is not None  # whoever keeps it keeps the half-open room


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (Page(HOST, False, "unknown_ca", b"", b"", b""), "sent the alert unknown_ca: 0 bytes"),
        (
            Page("", False, None, b"", b"", b""),
            "no name and got no further, without an alert",
        ),
        (Page(HOST, True, None, b"", b"", b""), "finished the handshake and hung up: 0 bytes"),
        (Page(HOST, True, None, b"a\x1b[2Jb\r\nc", b"", b""), "    a\\x1b[2Jb\n    c"),
        (Page("a\x1b[2J", False, None, b"", b"", b""), "asked for a\\x1b[2J and got"),
        (Page("a\x1b[2J", True, None, b"", b"", b""), "asked for a\\x1b[2J, finished"),
        (Page("a\x1b[2J", True, None, b"x", b"", b""), "asked for a\\x1b[2J and sent 1 bytes"),
    ],
)
def test_a_page_is_told_in_words(page: Page, words: str) -> None:
    """And nothing that a victim sends can write over the instructor's terminal."""
    assert words in told(page)
    assert "\x1b" not in told(page)


@contextmanager
def _serving(*options: str, folder: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pinlib", "serve", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **({"TMPDIR": str(folder)} if folder else {})},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()  # one that has ended already is not harmed


@curl
def test_serve_tells_what_it_reads_and_ends_with_ctrl_c() -> None:
    """The whole command: its own curl line, pasted, and the password in the terminal."""
    with _serving("--intercept") as process:
        assert process.stdout is not None
        line = ""
        while not line.startswith("# the same, with her CA trusted"):
            line = process.stdout.readline()
            assert line, "it said all that it had to say"
        done = run(process.stdout.readline())
        assert done.returncode == 0, done.stderr
        while not line.startswith("✓ A victim asked for bank.example"):
            line = process.stdout.readline()
            assert line, "it said all that it had to say"
        while FORM.decode() not in line:
            line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert out.endswith("Closed.\n")
    assert (process.returncode, err) == (0, "")


def test_serve_without_an_interceptor_offers_the_bank_alone() -> None:
    """Only commands that go straight to the bank are shown."""
    with _serving() as process:
        assert process.stdout is not None
        text = "".join(iter(process.stdout.readline, "\n")) + process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert "Mallory listens" not in text + out
    assert err == ""


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_cannot_be_is_told(port: str) -> None:
    """In a sentence, with status 2."""
    with _serving("--port", port) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"a port is a number from 0 to 65535, not '{port}'" in err
    assert "Traceback" not in err


def test_a_taken_port_is_told(room: Room) -> None:
    """So is one that somebody else has."""
    with _serving("--port", str(room.bank.port)) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert re.search(r"Can't open port .*in use", err)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_closed_terminal_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    """The folder with the roots goes, whoever ends the command."""
    stop = getattr(signal, name, None)
    if stop is None:
        pytest.skip(f"there is no {name} here")
    with _serving("--intercept", folder=tmp_path) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("# a Python client"):
            pass
        assert list(tmp_path.iterdir())
        process.send_signal(stop)
        out, err = process.communicate(timeout=60)
    assert out.endswith("Closed.\n")
    assert (process.returncode, err) == (0, "")
    assert not list(tmp_path.iterdir())


def test_a_liar_has_to_be_there() -> None:
    """`--lie` without `--intercept` would do nothing, and nobody would see it."""
    with _serving("--lie") as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "--lie needs --intercept" in err


def test_a_low_port_number_is_no_part_of_an_address(room: Room, tmp_path: Path) -> None:
    """One command calls the bank; 127.0.0.1 has a 1 in it, and means no port."""
    ports = [one.port for one in commands(room, tmp_path)]
    assert ports == [room.bank.port, *[room.middle.port] * 5]
