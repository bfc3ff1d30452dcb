"""The launcher: each thing that can go wrong, and then the whole way, for real.

`workshop.py` is loaded here as a module for its pure parts; what it does is tried by starting it.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

import psutil
import pytest
import trustme

import workshop
from workshop import Interpreter, explanation, objection

ROOT = Path(__file__).resolve().parent.parent
GOOD = Interpreter((3, 12), "cpython", True, "linux", PurePosixPath("/usr"), True, False)
ON_WINDOWS = GOOD._replace(platform="win32", prefix=PureWindowsPath(r"C:\Python312"))


# --- One sentence for each thing that can go wrong ----------------------------------------------


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_every_supported_python_is_taken(minor: int) -> None:
    """The range that the launcher accepts is the one the package and the lock are made for."""
    assert objection(GOOD._replace(version=(3, minor))) is None
    assert objection(ON_WINDOWS._replace(version=(3, minor))) is None


@pytest.mark.parametrize(
    ("python", "said"),
    [
        (GOOD._replace(version=(3, 10)), "Python 3.10, which is too old"),
        (GOOD._replace(version=(2, 7)), "too old"),
        (GOOD._replace(version=(3, 15)), "Python 3.15, which is newer"),
        (GOOD._replace(implementation="pypy"), "needs CPython"),
        (ON_WINDOWS._replace(is_64_bit=False), "32-bit"),
        (GOOD._replace(is_conda_base=True), "conda create -n pinning python=3.12"),
        (GOOD._replace(can_make_venv=False), "sudo apt install python3.12-venv"),
    ],
)
def test_a_python_that_will_not_do_gets_one_sentence(python: Interpreter, said: str) -> None:
    """It says what was seen and what to do, on one line."""
    sentence = objection(python)
    assert sentence is not None
    assert said in sentence
    assert "\n" not in sentence


def test_a_better_python_on_the_machine_is_named() -> None:
    """Who has the right Python already need not install one."""
    sentence = objection(GOOD._replace(version=(3, 9)), "python3.13")
    assert sentence is not None
    assert sentence.endswith("run python3.13 workshop.py")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("HINT: This error might have occurred since this system does not have Windows Long "
         "Path support enabled.", "too long"),
        ("PermissionError: [WinError 5] Access is denied: 'C:\\\\x'", "can't write"),
        ("[Errno 13] Permission denied: '/opt/x'", "can't write"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate "
         "verify failed: self-signed certificate in certificate chain')) - skipping\n"
         "ERROR: No matching distribution found for jupyterlab", "lesson 03"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407'))",
         "HTTPS_PROXY"),
        ("NewConnectionError('<x>: Failed to establish a new connection: [Errno -2] Name or "
         "service not known')\nERROR: Could not find a version that satisfies", "internet"),
        ("ERROR: No matching distribution found for pyzmq==27", "64-bit CPython"),
    ],
)  # fmt: skip
def test_a_cause_is_recognised_in_what_pip_complains_about(output: str, said: str) -> None:
    """The cause is named, and not its consequence, which pip prints last."""
    sentence = explanation(output)
    assert sentence is not None
    assert said in sentence
    assert "\n" not in sentence


def what_pip_complains_about(index: str) -> str:
    """Let the real pip ask a real index, and return what the launcher then has in hand."""
    command = [sys.executable, "-m", "pip", "download", "--retries=1", "--no-deps", "trustme"]
    variables = {**workshop.for_pip(sys.executable, offline=True), "PIP_INDEX_URL": index}
    status, complaints = workshop.showing_progress(command, variables)
    assert status
    return complaints


def test_an_inspecting_proxy_is_recognised_for_real() -> None:
    """A server on this machine answers with a certificate that nobody vouches for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        proxy = threading.Thread(target=refuse_handshakes, args=(listener, context))
        proxy.start()
        complaints = what_pip_complains_about(f"https://localhost:{port}/simple")
        socket.create_connection(("127.0.0.1", port)).close()  # an empty visit ends it
        proxy.join()
    assert "lesson 03" in (explanation(complaints) or complaints)


def refuse_handshakes(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Offer the certificate to each visitor, and end with the first who says nothing."""
    while True:
        visitor, _ = listener.accept()
        with visitor:
            if not visitor.recv(1, socket.MSG_PEEK):
                return
            with suppress(OSError), context.wrap_socket(visitor, server_side=True) as secured:
                secured.recv(1)


def test_a_missing_network_is_recognised_for_real() -> None:
    """Nobody listens on a port that is bound and no more, and nobody else can take it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        complaints = what_pip_complains_about(f"http://127.0.0.1:{port}/simple")
    assert "Connect to the internet" in (explanation(complaints) or complaints)


def test_an_unknown_complaint_is_not_explained_away() -> None:
    """A wrong guess would send people the wrong way."""
    assert explanation("ValueError: something nobody has seen") is None


def test_a_windows_path_that_is_too_long_is_said_before_anything_is_installed() -> None:
    """The limit is Windows' alone, and falls where long paths were switched on."""
    deep = PureWindowsPath("C:\\Users\\someone\\" + "a" * 80)
    assert "too long" in (workshop.too_long(deep, "win32", long_paths=False) or "")
    assert workshop.too_long(deep, "win32", long_paths=True) is None
    assert workshop.too_long(deep, "linux", long_paths=False) is None
    assert workshop.too_long(PureWindowsPath(r"C:\pinning"), "win32", long_paths=False) is None


def test_the_readme_has_a_line_for_each_of_them() -> None:
    """Two cannot be said by the launcher: then no Python has started yet."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for said in ("Microsoft Store", "py workshop.py", "Anaconda", "python3-venv", "PIP_CERT"):
        assert said in readme


# --- Paths and surroundings ---------------------------------------------------------------------


def test_the_python_of_the_environment_is_found_on_every_system() -> None:
    """Nothing is activated, so nothing depends on a shell."""
    windows = workshop.venv_python(PureWindowsPath(r"C:\my wörk shop\.venv"), "win32")
    assert str(windows) == r"C:\my wörk shop\.venv\Scripts\python.exe"
    for platform in ("linux", "darwin"):
        python = workshop.venv_python(PurePosixPath("/my wörk shop/.venv"), platform)
        assert str(python) == "/my wörk shop/.venv/bin/python"


def test_nothing_that_is_inherited_can_open_a_door() -> None:
    """A key log, a token of one's own, another package, another configuration: all are dropped."""
    inherited = {
        "SSLKEYLOGFILE": "/keys",
        "JUPYTER_TOKEN": "",
        "JUPYTER_CONFIG_DIR": "/home/me/.jupyter",
        "jupyterlab_settings_dir": "x",
        "PYTHONPATH": "/elsewhere",
        "VIRTUAL_ENV": "/elsewhere",
        "PATH": "/bin",
    }
    variables = workshop.environment(inherited, Path("/private"))
    assert variables["PATH"] == "/bin"
    assert variables["JUPYTER_CONFIG_DIR"] == str(Path("/private/config"))
    assert not {"SSLKEYLOGFILE", "JUPYTER_TOKEN", "PYTHONPATH", "VIRTUAL_ENV"} & set(variables)
    assert "jupyterlab_settings_dir" not in variables


def test_with_wheels_no_setting_leads_to_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index may be named in the environment or in a file: neither is read."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://x")
    monkeypatch.setenv("PIP_FIND_LINKS", "/elsewhere")
    variables = workshop.for_pip(sys.executable, offline=True)
    assert not {"PIP_INDEX_URL", "PIP_FIND_LINKS"} & set(variables)
    assert variables["PIP_CONFIG_FILE"] == os.devnull


def test_the_fingerprint_depends_on_every_file_that_decides_what_is_installed(
    tmp_path: Path,
) -> None:
    """A stamp that missed one would leave an old install in place."""
    for layer in (workshop.LESSONS, workshop.TESTS):
        names = layer.depends_on
        for name in names:
            shutil.copy(ROOT / name, tmp_path / name)
        before = workshop.fingerprint(tmp_path, layer)
        for name in names:
            kept = (tmp_path / name).read_bytes()
            (tmp_path / name).write_bytes(kept + b"\n")
            assert workshop.fingerprint(tmp_path, layer) != before
            (tmp_path / name).write_bytes(kept)
        assert workshop.fingerprint(tmp_path, layer) == before


def test_a_taken_port_is_passed_over_unless_it_was_asked_for() -> None:
    """Who names a port is told so; who does not never hears of it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(workshop.Stop, match="Leave out --port"):
            workshop.free_port(port)
        assert workshop.free_port(None) != port
    # What was free a moment ago may be another program's now; it is not so ten times running.
    assert any(can_be_bound(workshop.free_port(None)) for _ in range(10))


def can_be_bound(port: int) -> bool:
    """Tell whether a port is nobody's at this moment."""
    with socket.socket() as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def test_progress_in_a_log_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is another one, the last says how it ended, and in between they wait."""
    slow = "import time\nfor n in range(4): print(n, flush=True); time.sleep(0.5)"

    def said(every: float) -> list[str]:
        command = [sys.executable, "-c", slow]
        status, _ = workshop.showing_progress(
            command, dict(os.environ), lambda text: f"{len(text.split())} of 4", every=every
        )
        assert status == 0
        return capsys.readouterr().out.splitlines()

    often = said(0)
    assert often == sorted(set(often)) and often[-1] == "4 of 4"
    assert len(often) > 2
    assert said(60) == ["4 of 4"]


# --- The launcher, started ----------------------------------------------------------------------


def old_pythons() -> list[str]:
    """Find Pythons that are too old, to see what they really print."""
    found = Path.home().glob(".pyenv/versions/3.*/bin/python")
    names = [str(path) for path in found if re.search(r"/3\.([6-9]|10)\.", str(path))]
    return sorted(names) + [path for path in map(shutil.which, ("python3.9", "python3.10")) if path]


def test_the_launcher_keeps_to_an_old_grammar() -> None:
    """Python 3.6 and later read the file: they get a sentence, and not a SyntaxError."""
    ast.parse((ROOT / "workshop.py").read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.slow
def test_an_old_python_reads_the_launcher_and_says_what_to_do(tmp_path: Path) -> None:
    """Not a SyntaxError: the file keeps to what Python 3.6 understands."""
    shutil.copy(ROOT / "workshop.py", tmp_path)
    tried = 0
    for python in old_pythons():
        said = subprocess.run([python, "workshop.py"], cwd=tmp_path, capture_output=True, text=True)
        if "pyenv" in said.stderr and "workshop" not in said.stderr:
            continue  # a stub that starts nothing
        tried += 1
        assert said.returncode == 1, said
        assert "too old" in said.stderr
        assert "Traceback" not in said.stderr
    if not tried:
        pytest.skip("no old Python is installed here")


def test_a_python_without_venv_is_told_the_package_to_install(tmp_path: Path) -> None:
    """As on Debian: `ensurepip` is not there to be found."""
    shutil.copy(ROOT / "workshop.py", tmp_path)
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['ensurepip'] = None\n")
    said = subprocess.run(
        [sys.executable, "workshop.py", "check"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 1
    assert "sudo apt install python3." in said.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_word_that_is_no_command_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    """A slip of the finger costs nothing."""
    shutil.copy(ROOT / "workshop.py", tmp_path)
    for words in (["chekc"], ["check", "--form"], ["--from", "nowhere", "check"]):
        said = subprocess.run(
            [sys.executable, "workshop.py", *words], cwd=tmp_path, capture_output=True
        )
        assert said.returncode != 0, words
        assert b"Traceback" not in said.stderr
    assert not (tmp_path / ".venv").exists()


class Tripwire:
    """A port that counts who comes: an index that must never be asked."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/simple"
        self.visits = 0
        self._thread = threading.Thread(target=self._count)
        self._thread.start()

    def _count(self) -> None:
        while True:
            visitor, _ = self._socket.accept()
            first = visitor.recv(1)
            visitor.close()
            if not first:  # that was `close`
                return
            self.visits += 1

    def close(self) -> None:
        """Stop counting."""
        socket.create_connection(self._socket.getsockname()).close()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def tripwire() -> Iterator[Tripwire]:
    """Stand in for a package index."""
    wire = Tripwire()
    yield wire
    wire.close()


def launch(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start the launcher in a folder as a person does, and wait for its end."""
    environment = {**os.environ, **variables}
    command = [sys.executable, "workshop.py", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8"
    )


def copy_of_the_project(folder: Path) -> Path:
    """Copy what git knows or would add: what a fresh clone holds once this is committed."""
    listed = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


AUDIT = """
import os, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"):
        place = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
        host = place[0] if isinstance(place, tuple) else place
        with open(os.environ["AUDITED"], "a", encoding="utf-8") as file:
            file.write(f"{event} {host}\\n")

if "AUDITED" in os.environ:
    sys.addaudithook(note)
"""


@dataclass(frozen=True)
class Fresh:
    """A first install in an awkward folder: broken off once, then carried through."""

    folder: Path
    broken_off: subprocess.CompletedProcess[str]
    left_when_broken_off: bool
    seconds: float


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Install for real, with a Ctrl-C in the middle of the first try."""
    folder = tmp_path_factory.mktemp("fresh") / "my wörk shop {x} $y"
    folder.mkdir()
    copy_of_the_project(folder)
    broken_off = break_off(folder)
    left = any((folder / name).exists() for name in (".venv", ".next"))
    began = time.monotonic()
    said = launch(folder, "check")
    seconds = time.monotonic() - began
    if said.returncode and "can't reach the package index" in said.stderr:
        missing = "no network: the install from the package index was left out"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    assert said.returncode == 0, said.stdout + said.stderr
    return Fresh(folder, broken_off, left, seconds)


def break_off(folder: Path) -> subprocess.CompletedProcess[str]:
    """Begin an install, and press Ctrl-C as a terminal does it: for the launcher and for pip."""
    process = subprocess.Popen(
        [sys.executable, "workshop.py", "check"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if line.startswith("Installing"):
            wait_for_pip(process.pid)
            os.killpg(process.pid, signal.SIGINT)
            break
    rest, complaints = process.communicate(timeout=120)
    return subprocess.CompletedProcess([], process.returncode, seen + rest, complaints)


def wait_for_pip(launcher: int) -> None:
    """Return once pip is at work."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for child in psutil.Process(launcher).children():
            with suppress(psutil.NoSuchProcess):
                if "--require-hashes" in child.cmdline():
                    return
        threading.Event().wait(0.05)
    raise AssertionError("pip never came")


@pytest.mark.alone
@pytest.mark.slow
def test_a_second_start_installs_nothing(fresh: Fresh) -> None:
    """It takes a small part of the first: about a second, the check's two handshakes included."""
    began = time.monotonic()
    said = launch(fresh.folder, "check")
    second = time.monotonic() - began
    assert said.returncode == 0, said.stdout
    assert "Installing" not in said.stdout
    assert "Refused by the pin" in said.stdout
    print(f"first start {fresh.seconds:.1f} s, second {second:.2f} s")
    assert second < fresh.seconds / 4


@pytest.mark.alone
@pytest.mark.slow
def test_the_longest_path_of_an_install_is_known(fresh: Fresh) -> None:
    """The warning about Windows' limit counts with it; a new release may make it longer."""
    longest = 0
    for path in (fresh.folder / ".venv").rglob("*"):
        inside = str(path.relative_to(fresh.folder))
        on_windows = re.sub(r"lib/python3\.\d+/", "Lib/", inside)
        longest = max(longest, len(on_windows))
    print(f"longest path inside: {longest} characters")
    assert longest <= workshop.LONGEST_INSIDE


@pytest.mark.alone
@pytest.mark.slow
def test_jupyterlab_starts_on_this_machine_alone(fresh: Fresh, tmp_path: Path) -> None:
    """A token, loopback only, no news, no look outside, and Ctrl-C ends it with its kernels."""
    (site,) = (fresh.folder / ".venv").glob("lib/python3.*/site-packages")
    # A `sitecustomize` would lose to the one that Debian's own Python has.
    (site / "audited.py").write_text(AUDIT, encoding="utf-8")
    hook = site / "audited.pth"
    hook.write_text("import audited\n", encoding="utf-8")
    foreign = fresh.folder / ".venv" / "etc" / "jupyter" / "jupyter_server_config.json"
    foreign.write_text('{"IdentityProvider": {"token": ""}}', encoding="utf-8")
    log = tmp_path / "audit.txt"
    variables = {"AUDITED": str(log), "SSLKEYLOGFILE": str(tmp_path / "keys"), "JUPYTER_TOKEN": ""}
    command = [sys.executable, "workshop.py", "--no-browser"]
    process = subprocess.Popen(
        command,
        cwd=fresh.folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    watchdog = threading.Timer(120, end, [process])  # a hang becomes a failure
    watchdog.start()
    try:
        said = []
        address = None
        for line in process.stdout:
            said.append(line)
            address = re.search(r"(http://127\.0\.0\.1:\d+)(/lab\S*)\?token=(\w{32,})", line)
            if address:
                break
        assert address, "".join(said)
        base, page, token = address.groups()
        assert page == "/lab/tree/work/00_start_here.ipynb"
        wait_for_the_port(int(base.rsplit(":", 1)[1]))

        with urllib.request.urlopen(f"{base}{page}?token={token}") as answer:
            html = answer.read().decode()
        assert '"news": {"disabled": true}' in html
        assert '"can_install": false' in html
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(f"{base}/api/contents")
        refused.value.close()

        notification = "/lab/api/settings/@jupyterlab/apputils-extension:notification"
        with urllib.request.urlopen(f"{base}{notification}?token={token}") as answer:
            properties = json.load(answer)["schema"]["properties"]
        assert properties["fetchNews"]["default"] == "false"
        assert properties["checkForUpdates"]["default"] is False
        with urllib.request.urlopen(f"{base}/lab/api/update?token={token}") as answer:
            assert json.load(answer)["notification"] is None
        with urllib.request.urlopen(f"{base}/lab/api/news?token={token}") as answer:
            assert json.load(answer)["news"] == []

        kernel = urllib.request.Request(
            f"{base}/api/kernels?token={token}", data=b'{"name": "python3"}', method="POST"
        )
        with urllib.request.urlopen(kernel) as answer:
            assert answer.status == 201
        family = listeners(psutil.Process(process.pid))
        assert {ip for ips in family.values() for ip in ips} == {"127.0.0.1"}
        assert not any("SSLKEYLOGFILE" in member.environ() for member in family)

        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait() == 0, rest
        assert "Traceback" not in "".join(said) + rest
        _, alive = psutil.wait_procs(list(family), timeout=60)
        assert not alive
    finally:
        watchdog.cancel()
        end(process)
        process.stdout.close()
        hook.unlink()
        foreign.unlink()
    outside = {
        line
        for line in log.read_text(encoding="utf-8").splitlines()
        if line.split(maxsplit=1)[1] not in ("127.0.0.1", "localhost", "::1", "", "None")
    }
    assert not outside
    assert not (tmp_path / "keys").exists()


def end(launcher: subprocess.Popen[str]) -> None:
    """Leave no server behind, whatever became of the test."""
    with suppress(psutil.NoSuchProcess):
        for process in psutil.Process(launcher.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()
    launcher.kill()
    launcher.wait()


def wait_for_the_port(port: int) -> None:
    """Return once somebody answers: JupyterLab prints its address a moment before it listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"nobody ever listened on port {port}")


def listeners(launcher: psutil.Process) -> dict[psutil.Process, set[str]]:
    """Return the addresses on which server and kernel listen, as soon as both of them do."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: dict[psutil.Process, set[str]] = {}
        for process in launcher.children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # the server's own short-lived helpers
                for connection in process.net_connections("all"):
                    if connection.status == psutil.CONN_LISTEN:
                        found.setdefault(process, set()).add(connection.laddr.ip)
        if len(found) == 2:
            return found
        threading.Event().wait(0.05)
    raise AssertionError("the kernel never came up")


@pytest.mark.alone
@pytest.mark.slow
def test_ctrl_c_in_the_middle_of_an_install_breaks_nothing(fresh: Fresh) -> None:
    """It leaves nothing half-made, and the next start ends well."""
    assert fresh.broken_off.returncode == 130, fresh.broken_off
    assert "nothing is broken" in fresh.broken_off.stderr
    assert "Traceback" not in fresh.broken_off.stderr
    assert not fresh.left_when_broken_off
    assert (fresh.folder / ".venv" / "requirements.hashes.stamp").exists()


@pytest.mark.alone
@pytest.mark.nightly
def test_a_folder_of_wheels_replaces_the_network(
    fresh: Fresh, tmp_path: Path, tripwire: Tripwire
) -> None:
    """What `pack` fills is enough: with an index in reach that counts its visitors, none comes."""
    wheels = tmp_path / "the wheels"
    machine = {"x86_64": "linux", "aarch64": "linux-arm"}[os.uname().machine]
    python = "{}.{}".format(*sys.version_info)
    packed = launch(fresh.folder, "pack", str(wheels), "--system", machine, "--python", python)
    assert packed.returncode == 0, packed.stdout + packed.stderr

    offline = tmp_path / "öffline"
    offline.mkdir()
    copy_of_the_project(offline)
    index = {"PIP_INDEX_URL": tripwire.url, "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull}
    said = launch(offline, "--from", str(wheels), "check", **index)
    assert said.returncode == 0, said.stdout + said.stderr
    assert tripwire.visits == 0

    shutil.rmtree(offline / ".venv")
    asked = launch(offline, "check", **index)  # and the wire is not dead
    assert asked.returncode == 1
    assert "can't reach the package index" in asked.stderr
    assert tripwire.visits > 0
