#!/usr/bin/env python3
"""Start the workshop: make .venv, install into it, check it, open JupyterLab.

    python3 workshop.py              (on Windows: py workshop.py)
    python3 workshop.py --help       what else it can do

Only the standard library is used, and nothing outside this folder is changed.  Python 3.6 has to
be able to read this file, so that an old Python gets a sentence instead of a SyntaxError: that is
why annotations stand in quotes.
"""

import argparse
import ast
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OLDEST: "tuple[int, int]" = (3, 11)  # <- Python 2 stops here. Run: python3 workshop.py
NEWEST: "tuple[int, int]" = (3, 14)  # the lock holds up to here; newer ones lack some wheels

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
NEXT = ROOT / ".next"  # where an environment is made; as many letters as .venv: see `retarget`
LAST = ROOT / ".last"  # where the one before it goes in the moment of the exchange
LOCK = ROOT / ".workshop.lock"
LOG = ROOT / ".workshop.log"  # of an install that failed; that of one that worked is in .venv
FIRST_PORT = 8888
LONGEST_INSIDE = 175  # characters of the longest path that an install makes below this folder
WINDOWS_LIMIT = 259
INSTALLED = 450_000_000  # bytes that an install takes
SCARCE = 10_000_000  # bytes: with less, JupyterLab starts badly and saves nothing

AGAIN = "py workshop.py" if sys.platform == "win32" else "python3 workshop.py"


class Stop(Exception):
    """The one sentence that says what was seen and what to do."""


# --- Can this Python run the workshop? ----------------------------------------------------------


class Interpreter(NamedTuple):
    """What has to be known of a Python before anything is installed with it."""

    version: "tuple[int, int]"
    implementation: str
    is_64_bit: bool
    platform: str
    prefix: PurePath
    can_make_venv: bool
    is_conda_base: bool


def this_interpreter() -> Interpreter:
    """Describe the Python that is reading this line."""
    prefix = Path(sys.base_prefix)
    return Interpreter(
        version=(sys.version_info[0], sys.version_info[1]),
        implementation=sys.implementation.name,
        is_64_bit=sys.maxsize > 2**32,
        platform=sys.platform,
        prefix=prefix,
        can_make_venv=all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
        # Only the base environment holds conda itself; the environments below it do not.
        is_conda_base=(prefix / "conda-meta").is_dir() and (prefix / "condabin").is_dir(),
    )


def objection(python: Interpreter, other: "str | None" = None) -> "str | None":
    """Say why this Python will not do and what to do, or None; `other` is a command that will."""
    seen = "{}.{}".format(*python.version)
    wanted = "Python {}.{} to {}.{}".format(*(OLDEST + NEWEST))
    remedy = f"run {other} workshop.py" if other else "install one from https://www.python.org"
    on_windows = python.platform == "win32"
    if python.version < OLDEST:
        return f"This is Python {seen}, which is too old. The workshop needs {wanted}: {remedy}"
    if python.version > NEWEST:
        return (
            f"This is Python {seen}, which is newer than any this workshop was tested with. "
            f"It needs {wanted}: {remedy}"
        )
    if python.implementation != "cpython":
        return f"This is {python.implementation}. The workshop needs CPython, {wanted}: {remedy}"
    if on_windows and not python.is_64_bit:
        return (
            "This is a 32-bit Python, and some packages exist for 64-bit only. The workshop needs "
            f"{wanted}, 64-bit: {remedy}"
        )
    if python.is_conda_base:
        return (
            "This is Anaconda's base environment, which the workshop leaves alone. Make a new one: "
            f"conda create -n pinning python={OLDEST[0]}.{OLDEST[1] + 1}, then conda activate "
            "pinning, then python workshop.py"
        )
    if not python.can_make_venv:
        return (
            "This Python can't make virtual environments: Debian and Ubuntu ship that part "
            f"separately. Install it and start again: sudo apt install python{seen}-venv"
        )
    return None


def other_python() -> "str | None":
    """Find a command on this machine that starts a Python the workshop can run on."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        version = f"{OLDEST[0]}.{minor}"
        if sys.platform == "win32":
            command = ["py", "-" + version]
        else:
            command = ["python" + version]
        # A name on the PATH proves little: version managers leave stubs that start nothing.
        if shutil.which(command[0]) and not quietly([*command, "-c", ""]).returncode:
            return " ".join(command)
    return None


# --- What went wrong, in one sentence -----------------------------------------------------------

DISK_FULL = "The disk is full. Free about 1 GB, then run the same command again."

# The first pattern that is found in the output decides, so causes stand before their consequences.
CAUSES = (
    (
        r"DO NOT MATCH THE HASHES",
        "A package doesn't match its hash in the requirements, so pip did not install it: the "
        "download was damaged, or someone changed the package. Use another network or another copy "
        "of the folder of wheels, then run the same command again.",
    ),
    (
        r"No space left on device|Errno 28\b|WinError 112\b|not enough space|quota exceeded",
        DISK_FULL,
    ),
    (
        r"Long Path support|WinError 206\b|File ?name too long|Errno 36\b|Errno 63\b",
        "This folder's path is too long for Windows. Move the folder to a short path such as "
        r"C:\pinning and start again there.",
    ),
    (
        r"Permission denied|Access is denied|WinError (5|32)\b|Errno 13\b|Read-only file system",
        "The workshop can't write to one of its files. Close every JupyterLab that still runs from "
        "this folder, or move the folder to where you may write, then run the same command again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLCertVerificationError",
        "Someone answered in place of the package index, with a certificate that pip doesn't "
        "trust: exactly what lesson 03 is about. Usually it's a company's inspecting proxy or an "
        "antivirus. Use another network, or ask for that proxy's root certificate and set PIP_CERT "
        "to its file, or install from a folder of wheels with --from FOLDER.",
    ),
    (
        r"407 Proxy|Cannot connect to proxy|ProxyError",
        "This machine's proxy didn't let pip through. Set HTTPS_PROXY to "
        "http://user:password@proxy:port, or use another network, or install from a folder of "
        "wheels with --from FOLDER.",
    ),
    (
        r"NewConnectionError|NameResolutionError|getaddrinfo failed|name resolution"
        r"|Network is unreachable|ConnectTimeout|Read(Timeout| timed out)|Connection (refused|reset"
        r"|aborted)|Failed to establish a new connection|IncompleteRead|RemoteDisconnected",
        "pip can't reach the package index. Connect to the internet and run the same command "
        "again, or ask for a folder of wheels and install from it with --from FOLDER.",
    ),
    (
        r"No matching distribution found|Could not find a version",
        "A package has no ready-made wheel for this Python on this system. Use 64-bit CPython "
        f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]} from https://www.python.org. With "
        "--from FOLDER, use a folder that was packed for it and for this version of the workshop.",
    ),
)


def explanation(output: str) -> "str | None":
    """Return the sentence for the cause that shows in a program's complaints, if one is known."""
    for pattern, sentence in CAUSES:
        if re.search(pattern, output, re.IGNORECASE):
            return sentence
    return None


def room() -> int:
    """Return how many bytes the disk of this folder has left."""
    return shutil.disk_usage(str(ROOT)).free


def why(output: str) -> "str | None":
    """Explain a failed install, also where the disk was full and the program did not say so."""
    # `python -m venv` hides what pip has told it.
    return explanation(output) or (DISK_FULL if room() < INSTALLED else None)


def too_long(root: PurePath, platform: str, *, long_paths: bool) -> "str | None":
    """Say so before an install fails half-way: Windows ends paths at 260 characters unless told."""
    if platform != "win32" or long_paths or len(str(root)) + 1 + LONGEST_INSIDE <= WINDOWS_LIMIT:
        return None
    return (
        f"This folder's path is too long for Windows ({len(str(root))} characters). Move the "
        r"folder to a short path such as C:\pinning and start again there."
    )


def unusable(root: PurePath, separator: str = os.pathsep) -> "str | None":
    """Name the sign in this path, if there is one, that no environment can have in its own."""
    path = str(root)
    signs = [sign for sign in path if sign == separator or not sign.isprintable()]
    if not signs:
        return None
    return (
        f"This folder's path ({path!a}) contains {signs[0]!a}, and Python can't make an "
        "environment in such a folder. Rename the folder and start again there."
    )


def windows_has_long_paths() -> bool:
    """Tell whether this Windows was told to accept paths of more than 260 characters."""
    if sys.platform != "win32":
        return False
    import winreg

    key = r"SYSTEM\CurrentControlSet\Control\FileSystem"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            return bool(winreg.QueryValueEx(opened, "LongPathsEnabled")[0])
    except OSError:
        return False


# --- The virtual environment --------------------------------------------------------------------


class Layer(NamedTuple):
    """Packages that are installed together, and what shows that they are there."""

    requirements: str
    imports: str

    @property
    def depends_on(self) -> "tuple[str, ...]":
        """The files that say whether an install still fits."""
        return (self.requirements, "pyproject.toml")

    def stamp(self, venv: Path) -> Path:
        """Return the file that is written last: without it nothing in there is believed."""
        return venv / (self.requirements + ".stamp")


LESSONS = Layer("requirements.hashes", "pinlib.teach, jupyterlab, ipykernel")
TESTS = Layer("requirements-test.hashes", "pytest, hypothesis, nbclient, playwright, mypy, ruff")


def venv_python(venv: PurePath, platform: str) -> PurePath:
    """Return the Python inside a virtual environment; it is called by path, never activated."""
    return venv / "Scripts" / "python.exe" if platform == "win32" else venv / "bin" / "python"


PYTHON = str(venv_python(VENV, sys.platform))


def identity(root: Path, version: "tuple[int, int]") -> str:
    """Say whose environment this is: it ends with another Python, or with a move of the folder."""
    return f"{version[0]}.{version[1]} in {root}"


def fingerprint(root: Path, layer: Layer) -> str:
    """Return a hash of everything that decides what this layer installs."""
    digest = hashlib.sha256()
    for name in layer.depends_on:
        digest.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def wanted(layer: Layer) -> "list[str]":
    """Return what the stamp of a layer has to say: identity and fingerprint."""
    return [identity(ROOT, sys.version_info[:2]), fingerprint(ROOT, layer)]


def holds(layer: Layer) -> bool:
    """Tell whether .venv has what a layer asks for; without its stamp nothing is believed."""
    try:
        stamp = layer.stamp(VENV).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return stamp == wanted(layer) and Path(PYTHON).is_file()


def environment(inherited: "dict[str, str]", private: Path) -> "dict[str, str]":
    """Return the environment for everything that is started: nobody else's settings get into it.

    An inherited SSLKEYLOGFILE would make every handshake of every learner readable, a PYTHONPATH
    could put another package in place of ours, IPython takes packages from a VIRTUAL_ENV, and a
    personal Jupyter configuration could bring a kernel, an extension or a news prompt of its own.
    """
    dropped = ("JUPYTER", "IPYTHON", "SSLKEYLOGFILE", "PYTHON", "VIRTUAL_ENV")
    ours = {
        "JUPYTER_CONFIG_PATH": str(ROOT / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(private / "ipython"),
        "PYTHONUTF8": "1",
    }
    kept = {name: text for name, text in inherited.items() if not name.upper().startswith(dropped)}
    return {**kept, **ours}


def surroundings() -> "dict[str, str]":
    """Return `environment` for this very process."""
    return environment(dict(os.environ), VENV / "workshop")


# What may stay of a person's settings for pip: how to get at packages.  The others say where they
# go, which they are, or that nothing is installed at all (prefix, target, constraint, dry-run).
WAYS = (
    *("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "proxy", "cert"),
    *("client-cert", "keyring-provider", "timeout", "default-timeout", "retries"),
    *("cache-dir", "no-cache-dir"),
)


def ways_to_packages(listed: str) -> "dict[str, str]":
    """Read off `pip config list` how pip gets at packages; the environment wins over its files."""
    found = re.findall(r"^(global|install|:env:)\.([\w-]+)=(.*)$", listed, re.MULTILINE)
    found.sort(key=lambda setting: ("global", "install", ":env:").index(setting[0]))
    return {
        "PIP_" + key.upper().replace("-", "_"): str(ast.literal_eval(text.strip()))
        for _, key, text in found
        if key in WAYS
    }


def for_pip(python: str, *, offline: bool = False) -> "dict[str, str]":
    """Return the environment for pip: of a person's settings, the ways to packages alone."""
    variables = surroundings()
    listed = b""
    if not offline:
        heard = {name: text for name, text in variables.items() if name.upper() != "PIP_QUIET"}
        listed = quietly([python, "-m", "pip", "config", "list"], heard).stdout
    kept = {name: text for name, text in variables.items() if not name.upper().startswith("PIP_")}
    ways = ways_to_packages(listed.decode("utf-8", "replace"))
    ours = {"CONFIG_FILE": os.devnull, "DISABLE_PIP_VERSION_CHECK": "1", "NO_INPUT": "1"}
    return {**kept, **ways, **{"PIP_" + name: text for name, text in ours.items()}}


def quietly(
    command: "list[str]",
    variables: "dict[str, str] | None" = None,
    held: "tuple[int, ...]" = (),
) -> "subprocess.CompletedProcess[bytes]":
    """Run a command for its status, and keep what it printed."""
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=variables, pass_fds=held
    )


def showing_progress(
    command: "list[str]",
    variables: "dict[str, str]",
    progress: "Callable[[str], str]" = str,
    held: "tuple[int, ...]" = (),
    every: float = 10,
) -> "tuple[int, str]":
    """Run a command with one line of progress, and keep what it said.

    A terminal shows that line anew; elsewhere, as in a log, a line comes `every` so many seconds.
    """
    said = []  # type: list[str]
    shown, last = "", time.monotonic()
    with subprocess.Popen(
        command,
        cwd=str(ROOT),
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=held,
    ) as running:

        def listen() -> None:
            said.extend(line.decode("utf-8", "replace") for line in running.stdout or ())

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            alive = True
            while alive:
                listener.join(0.2)
                alive = listener.is_alive()
                line = progress("".join(said))
                if sys.stdout.isatty():
                    print("\r" + line, end="" if alive else "\n", flush=True)
                elif line != shown and (not alive or time.monotonic() - last >= every):
                    print(line, flush=True)
                    shown, last = line, time.monotonic()
        except BaseException:
            running.kill()
            raise
    return running.returncode, "".join(said)


@contextmanager
def turn() -> "Iterator[tuple[int, ...]]":
    """Wait until no other start installs here; yield what a child keeps open to hold the turn.

    The system lifts the lock with the last process that holds it.  So a start that was killed
    blocks nobody, but for as long as its pip goes on writing.
    """
    with LOCK.open("a") as file:
        waiting = False
        while not locked(file.fileno()):
            if not waiting:
                print("Another start is at work in this folder; waiting for it ...", flush=True)
            waiting = True
            time.sleep(0.2)
        yield () if sys.platform == "win32" else (file.fileno(),)


def locked(file: int) -> bool:
    """Take the lock, or tell that somebody else has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the second is Windows' way to say it
        return False
    return True


def make_venv(held: "tuple[int, ...]") -> None:
    """Make an environment beside the one in use; what a broken-off install left is replaced."""
    print("Making .venv ...", flush=True)
    discard(NEXT)
    # Started from inside .venv, this Python would saw off the branch it sits on.
    maker = getattr(sys, "_base_executable", None) or sys.executable
    command = [maker, "-m", "venv", "--clear", "--prompt", VENV.name, str(NEXT)]
    made = quietly(command, surroundings(), held)
    if made.returncode:
        output = made.stdout.decode("utf-8", "replace")
        if "WindowsApps" in maker:
            raise Stop(
                "The Microsoft Store's Python couldn't make an environment. Install Python from "
                "https://www.python.org and run py workshop.py"
            )
        raise Stop(why(output) or f"Python couldn't make .venv. It said:\n{output}")


def plainly(name: str, version: str) -> str:
    """Write a package and its version in one way: requirements and folders have several."""
    return re.sub(r"[-_.]+", "-", name).lower() + " " + version


def fill(venv: Path, layer: Layer, wheels: "Path | None", held: "tuple[int, ...]") -> None:
    """Install a layer into an environment, and write the stamp once it has been imported there."""
    print("Installing the packages ...", flush=True)
    python = str(venv_python(venv, sys.platform))
    (site,) = venv.glob("Lib" if sys.platform == "win32" else "lib/python*")
    listed = (ROOT / layer.requirements).read_text(encoding="utf-8")
    pinned = {plainly(*pin) for pin in re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", listed)}
    total = len(pinned)  # about: some are for other systems

    def progress(said: str) -> str:
        # pip says nothing while it unpacks, but what it has unpacked can be counted.
        there = (path.stem.rpartition("-") for path in site.glob("site-packages/*.dist-info"))
        unpacked = len(pinned.intersection(plainly(name, version) for name, _, version in there))
        fetched = len(re.findall(r"(?m)^(?:Collecting|Processing|Requirement already)", said))
        return f"  {fetched} downloaded, {unpacked} installed, of about {total} packages"

    command = [python, "-m", "pip", "install", "--no-deps", "--require-hashes"]
    command += ["--only-binary=:all:", "--progress-bar=off", "-r", layer.requirements]
    command += ["--no-index", "--find-links", str(wheels)] if wheels else ["--retries=3"]
    variables = for_pip(python, offline=wheels is not None)
    status, said = showing_progress(command, variables, progress, held)
    if status:
        LOG.write_text(said, encoding="utf-8")
        last = "\n".join(said.splitlines()[-10:])
        sentence = why(said) or (
            "The install failed; pip's last lines above say why. Nothing is broken: run the same "
            "command to try again."
        )
        raise Stop(f"{last}\n\npip's full output is in {LOG}\n{sentence}")
    with (venv / "install.log").open("a", encoding="utf-8") as log:
        log.write(said)
    with suppress(FileNotFoundError):
        LOG.unlink()
    # Not by `pip install -e .`: setuptools takes {x} and $x in the folder's name for variables.
    # This line is ASCII, whatever the name: each Python reads it in an encoding of its own.
    line = f"import sys; sys.path.append({str(ROOT)!a})\n"
    (site / "site-packages" / "pinlib.pth").write_text(line, encoding="ascii")
    # pip ends well, too, when something has led its packages elsewhere.
    here = "os.path.samefile(os.path.dirname(pinlib.__path__[0]), sys.argv[1])"
    proof = f"import os, sys, pinlib, {layer.imports}; sys.exit(0 if {here} else 'another pinlib')"
    proved = quietly([python, "-P", "-c", proof, str(ROOT)], surroundings(), held)
    if proved.returncode:
        last = proved.stdout.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise Stop(
            f"pip reported no error, but its packages can't be used ({last}). Look for settings "
            "that send them elsewhere (python3 -m pip config list), then run the same command "
            "again."
        )
    layer.stamp(venv).write_text("\n".join(wanted(layer)) + "\n", encoding="utf-8")


def retarget() -> None:
    """Point the commands in .next at .venv, where they will be.

    pip writes the path of its Python into each of them: into scripts, and into Windows' .exe
    files, in which nothing may change its length.
    """
    commands = Path(venv_python(NEXT, sys.platform)).parent
    before, after = (os.fsencode(os.sep + folder.name) for folder in (NEXT, VENV))
    for path in [*commands.iterdir(), NEXT / "pyvenv.cfg"]:
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if before in content:
                path.write_bytes(content.replace(before, after))


def exchange() -> None:
    """Put .next in the place of .venv, with the settings that JupyterLab keeps there."""
    discard(LAST)
    if VENV.exists():
        VENV.rename(LAST)
    NEXT.rename(VENV)
    if (LAST / "workshop").exists():
        (LAST / "workshop").rename(VENV / "workshop")
    discard(LAST)


def discard(folder: Path) -> None:
    """Remove a folder that nobody needs; what cannot go now goes the next time."""
    shutil.rmtree(str(folder), ignore_errors=True)


def install(layer: Layer, wheels: "Path | None") -> bool:
    """Bring .venv to what a layer asks for; return whether anything had to be done.

    An environment that works is replaced only by another that works: the new one is made beside it.
    """
    if holds(layer):
        return False
    with turn() as held:
        if LAST.exists() and not VENV.exists():  # killed in the moment of the exchange
            LAST.rename(VENV)
        if holds(layer):  # while we waited
            return False
        if layer is not LESSONS and holds(LESSONS):
            # Both layers have the same version of every package, so this only adds some.
            fill(VENV, layer, wheels, held)
            return True
        try:
            make_venv(held)
            fill(NEXT, layer, wheels, held)
            retarget()
        except BaseException:
            discard(NEXT)  # it may be what has filled the disk
            raise
        exchange()
    return True


def set_up(wheels: "Path | None" = None, *, tests: bool = False) -> bool:
    """Make sure that .venv holds what is needed; return whether anything had to be done."""
    if wheels is not None:
        wheels = wheels.expanduser().resolve()
        if not any(wheels.glob("*.whl")):
            raise Stop(
                f"There are no wheels in {wheels}. Give --from the folder that "
                f"`{AGAIN} pack FOLDER` filled."
            )
    obstacle = too_long(ROOT, sys.platform, long_paths=windows_has_long_paths()) or unusable(ROOT)
    if obstacle:
        raise Stop(obstacle)
    if room() < SCARCE:
        raise Stop(DISK_FULL)
    done = install(LESSONS, wheels)
    return install(TESTS, wheels) or done if tests else done


# --- The commands -------------------------------------------------------------------------------


def run(*arguments: str, where: Path = ROOT, variables: "dict[str, str] | None" = None) -> int:
    """Run the Python of .venv and return its exit status."""
    return subprocess.call([PYTHON, *arguments], cwd=str(where), env=variables or surroundings())


def copies(*words: str) -> int:
    """Bring the learner's copies of the notebooks up to date, or reset one; only one at a time."""
    with turn():
        return run("-m", "pinlib.setup.copies", *words)


def free_port(asked: "int | None") -> int:
    """Return a port of this machine that nobody listens on: the one asked for, or a near one."""
    for port in [asked] if asked is not None else [*range(FIRST_PORT, FIRST_PORT + 20), 0]:
        with socket.socket() as probe:
            if sys.platform != "win32":
                # As JupyterLab does: a port that was left a minute ago is free.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    if asked is None:
        raise Stop(
            "Python can't open a port on this machine (127.0.0.1). Ask whoever manages its "
            "firewall or security software to let Python listen on 127.0.0.1."
        )
    raise Stop(f"Port {asked} is in use. Leave out --port to use a free one.")


def start(wheels: "Path | None", port: "int | None", *, browser: bool) -> int:
    """Open JupyterLab on the first lesson, and stay until it ends."""
    if set_up(wheels) and run("-m", "pinlib.setup.doctor"):
        raise Stop("The check above found a fault. README.md helps: see 'When something fails'.")
    if copies():
        return 1
    command = [PYTHON, "-m", "pinlib.setup.lab", f"--ServerApp.root_dir={ROOT}"]
    command += [f"--ServerApp.port={free_port(port)}"]
    command += [] if browser else ["--no-browser"]
    print("Starting JupyterLab. Press Ctrl-C here to stop it.", flush=True)
    # A closed terminal window or `kill` has to end JupyterLab too, not only this launcher.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = subprocess.Popen(command, cwd=str(ROOT), env=surroundings())
    try:
        return server.wait()
    except KeyboardInterrupt:
        return ended(server)


def ended(server: "subprocess.Popen[bytes]") -> int:
    """Give JupyterLab the time to stop its kernels after Ctrl-C; return 0, for it was wanted."""
    try:
        # From a terminal Ctrl-C has reached it already; from elsewhere only this launcher.
        server.wait(timeout=2)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.terminate()
        server.wait()
    return 0


class Part(NamedTuple):
    """Tests that one pytest runs: in words, by their marks, and in how many processes."""

    title: str
    marks: str
    processes: "tuple[str, ...]"

    @property
    def one_process(self) -> bool:
        """Whether these tests want the machine to themselves."""
        return self.processes == ALONE


SHARED = ("-n", "auto", "--dist", "worksteal")
BY_FILE = ("-n", "auto", "--dist", "loadfile")  # each process has a browser and a JupyterLab
ALONE = ("-n", "0")


NO_TESTS = 5  # what pytest ends with when it was left with no test to run


def parts(*, quick: bool, everything: bool) -> "list[Part]":
    """Say which tests run, and how: an install and a latency want the machine to themselves."""
    if quick:
        chosen = "not browser and not alone and not slow and not nightly"
        return [Part("the quick tests, on all cores", chosen, SHARED)]
    but = "" if everything else " and not nightly"
    return [
        Part("all others, on all cores", f"not browser and not alone{but}", SHARED),
        Part("browser, a JupyterLab a process", f"browser and not alone{but}", BY_FILE),
        Part("launcher and latencies, in one process", f"alone{but}", ALONE),
    ]


def left_out(*, quick: bool, everything: bool) -> str:
    """Say which tests were not run, and how to run them."""
    nightly = f"{AGAIN} test --all also runs the nightly ones, for every day and every state."
    if quick:
        return f"Skipped: browser, launcher and slow tests. {AGAIN} test runs them. {nightly}"
    return "Nothing was skipped." if everything else f"Skipped: nightly tests. {nightly}"


def test(
    rest: "list[str]", *, quick: bool, everything: bool, cover: bool, marks: "str | None"
) -> int:
    """Run every check there is, all of them even when one fails, and say which failed."""

    def status(*check: str) -> int:
        print("==> " + " ".join(check), flush=True)
        return run("-m", *check)

    checks = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])
    failed = [" ".join(check) for check in checks if status(*check)]
    statuses = []  # type: list[int]
    for part in parts(quick=quick, everything=everything):
        print(f"==> {part.title}", flush=True)
        chosen = f"({part.marks}) and ({marks})" if marks else part.marks
        counted = ["--cov=pinlib", "--cov-report=", *(["--cov-append"] if statuses else [])]
        measured = counted if cover else []
        # The last -n counts: a person's, but ours where only one process will do.
        asked = [*part.processes, *rest, *(part.processes if part.one_process else ())]
        statuses.append(status("pytest", "-m", chosen, *measured, *asked))
        if statuses[-1] not in (0, NO_TESTS):
            failed.append(f"pytest, {part.title}")
    if set(statuses) == {NO_TESTS}:
        failed.append("pytest, because no test was selected")
    if cover:
        status("coverage", "report", "--skip-covered", "--skip-empty")
    print(left_out(quick=quick, everything=everything))
    print("Failed: " + "; ".join(failed) if failed else "Every check passed.", flush=True)
    return 1 if failed else 0


def reader() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(
        prog=AGAIN,
        description="Without a command: make .venv, install, check, open JupyterLab.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--from",
        dest="wheels",
        type=Path,
        metavar="FOLDER",
        help="install from a folder of wheels, without a network",
    )
    parser.add_argument("--port", type=int, help="JupyterLab's port (default: a free one)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("check", help="the doctor: versions, a handshake, the widgets")
    again = commands.add_parser("reset", help="a fresh copy of a lesson; your old one is kept")
    again.add_argument("lesson", nargs="*", metavar="LESSON", help="such as 03")
    tests = commands.add_parser(
        "test", help="run all tests; what follows goes to pytest", allow_abbrev=False
    )
    extent = tests.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="leave out browser and slow tests")
    extent.add_argument(
        "--all", action="store_true", help="the nightly tests too: every day, every state"
    )
    tests.add_argument("--cover", action="store_true", help="say how much of pinlib the tests run")
    tests.add_argument(
        "-m", dest="marks", metavar="MARKS", help="of these, only the tests with these marks"
    )
    commands.add_parser(
        "pack",
        help="fill FOLDER (wheels) for a room without a network; see pack -h",
        add_help=False,
    )
    commands.add_parser("bench", help="the table of ratios and times", add_help=False)
    commands.add_parser("picture", help="redraw the README's picture", add_help=False)
    commands.add_parser("screens", help="photograph every lesson at every size", add_help=False)
    return parser


def obey(arguments: "list[str]") -> int:
    """Carry out a command line."""
    parser = reader()
    options, rest = parser.parse_known_args(arguments)
    command = options.command
    if rest and command not in ("test", "pack", "bench", "picture", "screens"):
        parser.error("unknown: " + " ".join(rest))
    if command is None:
        return start(options.wheels, options.port, browser=not options.no_browser)
    set_up(options.wheels, tests=command in ("test", "bench", "picture", "screens"))
    if command == "check":
        return run("-m", "pinlib.setup.doctor")
    if command == "reset":
        return copies("reset", *options.lesson)
    if command == "test":
        return test(
            rest,
            quick=options.quick,
            everything=options.all,
            cover=options.cover,
            marks=options.marks,
        )
    if command == "pack":
        fetching = for_pip(PYTHON)
        return run("-m", "pinlib.setup.packing", *rest, where=Path.cwd(), variables=fetching)
    return run("-m", "tests." + command, *rest)


def main() -> int:
    """Turn every way this can end into an exit status and, when it is not 0, a sentence."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(
                errors="replace"
            )  # a folder's name may not fit the console's letters
    try:
        refusal = objection(this_interpreter())
        if refusal:
            raise Stop(objection(this_interpreter(), other_python()) or refusal)
        return obey(sys.argv[1:])
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nStopped, and nothing is broken: the same command goes on from here.", file=sys.stderr
        )
        return 130
    except OSError as error:
        print(f"\n{explanation(str(error)) or error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
