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
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pinlib import Identity, certificate_pin, key_pin, key_pins
from pinlib.errors import BadHost, NotReadable
from pinlib.scenes.cast import Cast
from pinlib.teach.exhibits.inspection.own_server import Asking, OwnServerPanel, Terminal, steps
from pinlib.tls.certificates import Validity, rsa2048
from pinlib.tls.openssl import server_context

ROOT = Path(__file__).parents[3]
Leaves = dict[str, x509.Certificate]
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
    save, compute = steps(Asking(f"127.0.0.1:{port}"))[:2]
    shell(save.commands[0], tmp_path)
    printed = shell(compute.commands[0], tmp_path)
    for one in cast.bank.chain:
        assert str(key_pin(one)) in printed
        assert str(certificate_pin(one)) in printed


@openssl
def test_the_spare_step_makes_a_backup(tmp_path: Path) -> None:
    """A locked key, its public half, and the pin: the private key is behind a password."""
    make, public, compute = steps(Asking(spare=True))[-1].commands
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
        ("straße.de", "-connect xn--strae-oqa.de:443 -servername xn--strae-oqa.de"),
        ("https://STRAẞE.de/a", "-connect xn--strae-oqa.de:443 -servername xn--strae-oqa.de"),
        ("βόλος.com", "-connect xn--nxasmm1c.com:443 -servername xn--nxasmm1c.com"),
        ("Bank.EXAMPLE", "-connect bank.example:443 -servername bank.example"),
        ("bank。example", "-connect bank.example:443 -servername bank.example"),
        (
            "bänk．example｡:8443",
            "-connect xn--bnk-qla.example:8443 -servername xn--bnk-qla.example",
        ),
        ("bank.example.:8443", "-connect bank.example:8443 -servername bank.example"),
        ("xn--bnk-qla.example", "-connect xn--bnk-qla.example:443 -servername xn--bnk-qla.example"),
        ("xn--i-7iq.ws", "-connect xn--i-7iq.ws:443 -servername xn--i-7iq.ws"),
        (
            "r3---sn-4g5e6.bank.example",
            "-connect r3---sn-4g5e6.bank.example:443 -servername r3---sn",
        ),
        ("HTTPS://bank.example?a=b", "-connect bank.example:443 -servername bank.example"),
        ("https://bank.example#top", "-connect bank.example:443 -servername bank.example"),
        ("https://me:secret@bank.example/", "-connect bank.example:443 -servername bank.example"),
        ("wss://bank.example:8443/chat", "-connect bank.example:8443 -servername bank.example"),
        ("\u200bbank.example\u00a0", "-connect bank.example:443 -servername bank.example"),
        ("http://[2001:db8::7]/", "-connect [2001:db8::7]:443"),
        ("2001:db8::7", "-connect [2001:db8::7]:443"),
        ("[2001:db8::7]:8443", "-connect [2001:db8::7]:8443"),
    ],
)
def test_what_people_type_becomes_an_address(typed: str, options: str) -> None:
    """A name, a port, a line out of a browser, an address of either kind."""
    for system in Terminal:
        assert f"openssl s_client {options}" in steps(Asking(typed, system))[0].commands[0]


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "a b", "bank.example; rm -rf ~", "$(reboot)", "`x`", "bank.example:0"),
        *("bank.example:" + "9" * 5000, "bank.example:４４３", "bank.example:65536"),
        *("bank.example:70000", "bank.example:x", "-h", "x&calc", '"', "b nk.example", "[::1"),
        *(
            "i❤.ws",
            "bank..example",
            "。",
            "bank.example。。",
            "-bänk.example",
            "ä" * 64 + ".example",
        ),
        *("bank.example 8443", "https://", "bank.example:443:443", "a@b@", "*.bank.example"),
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


def test_a_name_that_idna_refuses_is_said_to_be() -> None:
    """Browsers go there all the same, by its other form: that one is asked for."""
    with pytest.raises(
        BadHost, match="isn’t a host name: if a browser goes there, copy its xn--… form"
    ):
        steps(Asking("i❤.ws"))


def test_a_password_in_a_url_is_never_shown() -> None:
    """Neither in a command nor in the sentence above them; the name is the one that is asked."""
    panel = OwnServerPanel()
    panel.control("host").value = "https://me:hunter2@STRAßE.de/login"
    assert panel._view.facts["outcome"] == "shown"
    assert "hunter2" not in panel._view.text
    assert "Nothing here contacts xn--strae-oqa.de" in panel._view.headline.reason


# -- A server with two certificates ----------------------------------------------------------------


@pytest.fixture(params=["TLS 1.3", "TLS 1.2"])
def two(request: pytest.FixtureRequest, cast: Cast, tmp_path: Path) -> Iterator[tuple[int, Leaves]]:
    """Let openssl serve an RSA and an ECDSA certificate, for as long as the test takes."""
    valid = Validity.of(cast.bank.leaf)
    rsa = cast.issuing.issue("bank.example", valid=valid, key=rsa2048)
    leaves = {"rsa": rsa, "ecdsa": cast.bank}
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    words = []
    for name, one in leaves.items():
        pem = "".join(c.public_bytes(Encoding.PEM).decode() for c in one.chain)
        secret = one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (private / f"{name}.pem").write_text(pem)
        (private / f"{name}.key").write_bytes(secret)
        d = "d" if words else ""
        words += [f"-{d}cert", f"{name}.pem", f"-{d}key", f"{name}.key"]
        words += [f"-{d}cert_chain", f"{name}.pem"]
    if request.param == "TLS 1.2":
        words.append("-no_tls1_3")
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", *words]
    with subprocess.Popen(
        command,
        cwd=private,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            said = next(line for line in server.stdout if line.startswith("ACCEPT"))
            yield (
                int(said.rpartition(":")[2]),
                {name: one.leaf for name, one in leaves.items()},
            )
        finally:
            server.kill()


@openssl
def test_both_leaves_of_a_server_are_shown(two: tuple[int, Leaves], tmp_path: Path) -> None:
    """Asked as in the first step it shows one; each of the next commands has a leaf of its own."""
    port, leaves = two
    save, _, both = steps(Asking(f"127.0.0.1:{port}"))
    shell(save.commands[0], tmp_path)
    seen = key_pins(tmp_path / "chain.pem")
    assert len({key_pin(leaf) for leaf in leaves.values()} & set(seen)) == 1
    *ask, compute = both.commands
    for command in ask:
        shell(command, tmp_path)
    for name, leaf in leaves.items():
        assert key_pins(tmp_path / f"{name}.pem")[0] == key_pin(leaf)
    printed = shell(compute, tmp_path)
    assert all(str(key_pin(leaf)) in printed for leaf in leaves.values())


@openssl
def test_a_server_with_one_leaf_has_no_other(port: int, cast: Cast, tmp_path: Path) -> None:
    """The kind that it has not: no certificate comes, and the command line says so."""
    command = steps(Asking(f"127.0.0.1:{port}"))[2].commands[0]
    with pytest.raises(subprocess.CalledProcessError):
        shell(command, tmp_path)
    with pytest.raises(NotReadable):
        key_pins(tmp_path / "rsa.pem")


def test_the_second_leaf_is_asked_for_in_either_terminal() -> None:
    """And it is said that a CDN may have more, and what macOS lacks."""
    for system in Terminal:
        both = steps(Asking(system=system))[2]
        assert "CDN" in both.note
        assert ("LibreSSL" in both.note) is (system is Terminal.UNIX)
        assert [" > " in one for one in both.commands[:2]] == [system is Terminal.WINDOWS] * 2
        assert all("-sigalgs" in one for one in both.commands[:2])


def test_a_spare_key_waits_until_it_is_asked_for() -> None:
    """Lesson 05 is about backups: here nothing is said of one, unless under More."""
    plain, spare = OwnServerPanel(), OwnServerPanel(Asking(spare=True))
    assert "backup" not in plain._view.text
    assert "Three steps" in plain._view.headline.words
    assert "openssl genpkey" in spare._view.text
    assert "Four steps" in spare._view.headline.words
    core = [one for one in OwnServerPanel.controls if not one.more]
    assert "spare" not in {one.field for one in core}
