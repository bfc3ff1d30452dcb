"""Your own server: the commands are run, against a server of ours, by the real openssl."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pinlib import Identity, certificate_pin, key_pin
from pinlib.errors import BadHost
from pinlib.scenes.cast import Cast
from pinlib.teach.exhibits.own_server import Asking, OwnServerPanel, Terminal, steps
from pinlib.tls.openssl import server_context

ROOT = Path(__file__).parents[3]
openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on the PATH")


@pytest.fixture
def port(cast: Cast) -> Iterator[int]:
    """Serve the bank's chain on loopback, to one visitor."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=_answer, args=(listening, cast.bank))
        server.start()
        yield listening.getsockname()[1]
        server.join(60)
        assert not server.is_alive()


def _answer(listening: socket.socket, bank: Identity) -> None:
    listening.settimeout(60)
    with suppress(OSError):
        visitor, _ = listening.accept()
        visitor.settimeout(60)
        with server_context(bank).wrap_socket(visitor, server_side=True) as tls:
            tls.recv(1)


def shell(command: str, folder: Path) -> str:
    """Run a command as it stands on the card, in a shell, with this Python for that of .venv."""
    command = command.replace(".venv/bin/python", shlex.quote(sys.executable))
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )
    return done.stdout


@openssl
def test_the_first_two_steps_give_a_servers_pins(port: int, cast: Cast, tmp_path: Path) -> None:
    """Saved by s_client from a real server, read by our command line: every pin of the chain."""
    save, compute, _ = steps(Asking(f"127.0.0.1:{port}"))
    shell(save.commands[0], tmp_path)
    printed = shell(compute.commands[0], tmp_path)
    for one in cast.bank.chain:
        assert str(key_pin(one)) in printed
        assert str(certificate_pin(one)) in printed


@openssl
def test_the_third_step_makes_a_backup(tmp_path: Path) -> None:
    """A locked key, its public half, and the pin: the private key is behind a password."""
    make, public, compute = steps(Asking())[2].commands
    shell(f"{make} -pass pass:secret", tmp_path)
    assert b"ENCRYPTED PRIVATE KEY" in (tmp_path / "backup.key").read_bytes()
    shell(f"{public} -passin pass:secret", tmp_path)
    assert str(key_pin(tmp_path / "backup.pub")) in shell(compute, tmp_path)


def test_windows_has_commands_of_its_own() -> None:
    """PowerShell has no /dev/null, and Python stands in another folder."""
    text = OwnServerPanel("Windows")._view.text
    assert "/dev/null" not in text
    assert r".venv\Scripts\python -m pinlib pin chain.pem" in text
    unix = OwnServerPanel()._view.text
    assert "</dev/null >chain.pem" in unix
    assert "Scripts" not in unix


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        ("bank.example", "-connect bank.example:443 -servername bank.example"),
        (" bank.example:8443 ", "-connect bank.example:8443 -servername bank.example"),
        ("https://bank.example/login?a=b", "-connect bank.example:443 -servername bank.example"),
        ("https://bank.example:8443", "-connect bank.example:8443 -servername bank.example"),
        ("192.0.2.7", "-connect 192.0.2.7:443"),
        ("bank.example.", "-connect bank.example:443 -servername bank.example"),
        ("bänk.example", "-connect xn--bnk-qla.example:443 -servername xn--bnk-qla.example"),
        ("2001:db8::7", "-connect [2001:db8::7]:443"),
        ("[2001:db8::7]:8443", "-connect [2001:db8::7]:8443"),
    ],
)
def test_what_people_type_becomes_an_address(typed: str, options: str) -> None:
    """A name, a port, a line out of a browser, an address of either kind."""
    for system in Terminal:
        assert (
            f"openssl s_client {options} -showcerts" in steps(Asking(typed, system))[0].commands[0]
        )


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "a b", "bank.example; rm -rf ~", "$(reboot)", "`x`", "bank.example:0"),
        *("bank.example:" + "9" * 5000, "bank.example:４４３", "bank.example:65536"),
        *("bank.example:70000", "bank.example:x", "-h", "x&calc", '"', "b nk.example", "[::1"),
    ],
)
def test_what_is_no_host_never_becomes_a_command(typed: str) -> None:
    """Whatever is typed is refused in a sentence, and nothing that could be pasted is shown."""
    with pytest.raises(BadHost):
        steps(Asking(typed))
    panel = OwnServerPanel()
    panel.control("host").value = typed
    assert panel._view.facts["outcome"] == "error"
    assert "s_client" not in panel._picture.value
    panel.start_over()
    assert panel._view.facts["outcome"] == "shown"


def test_the_last_port_is_one_and_powershell_sends_an_end() -> None:
    """65535 is fine; without the empty line in front s_client would wait for ever."""
    assert ":65535 " in steps(Asking("bank.example:65535"))[0].commands[0]
    assert steps(Asking(system=Terminal.WINDOWS))[0].commands[0].startswith('"" | openssl')
