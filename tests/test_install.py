"""Installing on a machine that means no good: real starts of the launcher, in a small project.

The project has the real `workshop.py`, a package of two empty files, and two wheels that are made
here.  So an install takes seconds, and needs no network.
"""

from __future__ import annotations

import base64
import hashlib
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

import workshop

ROOT = Path(__file__).resolve().parent.parent
AWKWARD = "{x} $y %z #w 'q' \"d\" é;&!"
KIT = {
    "jupyterlab.py": "def main():\n    print('at your service')\n",
    "ipykernel.py": "",
    "kit-1.dist-info/entry_points.txt": "[console_scripts]\nkit = jupyterlab:main\n",
}
pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="uses POSIX's signals")]


def wheel(folder: Path, name: str, files: dict[str, str]) -> str:
    """Make a wheel, and return its line in a file of requirements with hashes."""
    info = f"{name}-1.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},sha256={digest(text)},{len(text)}\n" for file, text in files.items())
    path = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in {**files, f"{info}/RECORD": record + f"{info}/RECORD,,\n"}.items():
            archive.writestr(file, text)
    return f"{name}==1 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def digest(text: str) -> str:
    """Hash a file as the RECORD of a wheel wants it."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class Project:
    """A copy of the launcher, what it installs, and the wheels for that."""

    folder: Path
    wheels: Path

    @classmethod
    def begin(cls, folder: Path, wheels: Path) -> Project:
        """Make it, with nothing installed yet."""
        folder.mkdir(exist_ok=True)
        wheels.mkdir(exist_ok=True)
        for name in ("workshop.py", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)
        for package in ("pinlib", "pinlib/teach", "pinlib/setup"):
            (folder / package).mkdir()
            (folder / package / "__init__.py").touch()
        (folder / "pinlib" / "setup" / "doctor.py").write_text("print('healthy')\n")
        (folder / "pinlib" / "setup" / "lab.py").write_text("print('lessons are open')\n")
        for name in ("pinlib/errors.py", "pinlib/setup/copies.py"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "notebooks").mkdir()
        for number in range(7):
            (folder / "notebooks" / f"0{number}_lesson.ipynb").write_text("{}" * 10_000)
        project = cls(folder, wheels)
        project.requirements.write_text(wheel(wheels, "kit", KIT))
        return project

    @property
    def requirements(self) -> Path:
        """What is installed."""
        return self.folder / "requirements.hashes"

    @property
    def venv(self) -> Path:
        """Where it goes."""
        return self.folder / ".venv"

    def starting(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Start the launcher as a person does, whose pip knows where packages are."""
        ways = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(
            [sys.executable, "workshop.py", *(words or ["check"])],
            cwd=self.folder,
            env={**os.environ, "PIP_CONFIG_FILE": os.devnull, **ways, **variables},
            text=True,
            encoding="utf-8",
            **pipes,  # type: ignore[call-overload]
        )

    def start(self, *words: str, **variables: str) -> tuple[int, str]:
        """Start it, and return how it ended and what it said."""
        with self.starting(*words, **variables) as process:
            said, _ = process.communicate(timeout=120)
            return process.returncode, said

    def works(self) -> bool:
        """Ask the environment itself."""
        python = [self.venv / "bin" / "python", "-Ec", "import jupyterlab, pinlib.teach"]
        return subprocess.run(python, cwd="/", capture_output=True).returncode == 0

    def refuses(self, said: str, *words: str, **variables: str) -> None:
        """Hold it to one sentence, and to nothing half-made that counts as done."""
        status, output = self.start(*words, **variables)
        assert status == 1, output
        assert said in output.splitlines()[-1]
        assert "Traceback" not in output
        assert not (self.folder / ".next").exists()
        assert not self.venv.exists() or self.works()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give one in which nothing is installed yet."""
    return Project.begin(tmp_path / "project", tmp_path / "wheels")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give one in a folder with every sign that a name may have, installed before a terminal."""
    project = Project.begin(
        tmp_path_factory.mktemp("names") / AWKWARD, tmp_path_factory.mktemp("wheels")
    )
    ours, theirs = pty.openpty()
    command = [sys.executable, "workshop.py", "--from", str(project.wheels), "check"]
    with subprocess.Popen(command, cwd=project.folder, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while chunk := read(ours):
            said += chunk
    os.close(ours)
    assert process.returncode == 0, said.decode()
    assert b"healthy" in said
    assert b"\r  1 downloaded, 1 installed, of about 1 packages\r\n" in said
    assert b"\nCollecting" not in said
    return project


def read(terminal: int) -> bytes:
    """Read on; Linux ends a terminal with an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


# --- What is installed, and where ---------------------------------------------------------------


def test_any_name_of_the_folder_will_do(installed: Project) -> None:
    """Braces, dollars, per cent, quotes: tools on the way take some of them for their own signs."""
    assert installed.works()
    status, said = installed.start()
    assert status == 0
    assert said == "healthy\n"  # and nothing was installed


def test_the_commands_of_an_environment_run_where_it_has_been_put(project: Project) -> None:
    """Each of them begins with the path of its Python, which was another while it was made."""
    assert project.start()[0] == 0
    for name in ("kit", "pip", "python"):
        command = [project.venv / "bin" / name, *(["--version"] if name != "kit" else [])]
        assert subprocess.run(command, capture_output=True).returncode == 0, name
    files = [path for path in project.venv.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert [path for path in files if b"project/.next" in path.read_bytes()] == []


def test_a_name_that_no_environment_can_have_gets_one_sentence(tmp_path: Path) -> None:
    """A colon would end the folder's path wherever paths are listed."""
    for name in ("a:b", "a\nb"):
        project = Project.begin(tmp_path / name, tmp_path / "wheels")
        project.refuses("Rename the folder")
        assert not (project.folder / ".workshop.lock").exists()


@pytest.mark.parametrize("setting", ["PREFIX", "TARGET", "ROOT", "DRY_RUN", "file", "PYTHONPATH"])
def test_no_setting_leads_the_packages_elsewhere(
    project: Project, tmp_path: Path, setting: str
) -> None:
    """With each of them pip ends well, and has installed nothing into .venv."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "pinlib").mkdir(parents=True)
    (elsewhere / "pinlib" / "__init__.py").write_text("raise SystemExit('not ours')")
    variables = {"PIP_" + setting: "1" if setting == "DRY_RUN" else str(elsewhere)}
    if setting == "PYTHONPATH":
        variables = {setting: str(elsewhere), "PYTHONWARNINGS": "error", "VIRTUAL_ENV": "/"}
    if setting == "file":
        config = tmp_path / "pip.conf"
        config.write_text(f"[install]\nprefix = {elsewhere}\n[global]\ndry-run = true\n")
        variables = {"PIP_CONFIG_FILE": str(config)}
    status, said = project.start(**variables)
    assert status == 0, said
    assert project.works()
    assert [path.name for path in elsewhere.iterdir()] == ["pinlib"]


def test_pips_ways_to_packages_stay() -> None:
    """A company's index, proxy and root certificate are needed; the environment wins over files."""
    listed = (
        ":env:.index-url='http://env'\nglobal.index-url='http://file'\nglobal.cert='/ca'\n"
        "install.prefix='/opt'\nglobal.extra-index-url='a\\nb'\ndownload.proxy='no'\n"
    )
    assert workshop.ways_to_packages(listed) == {
        "PIP_INDEX_URL": "http://env",
        "PIP_CERT": "/ca",
        "PIP_EXTRA_INDEX_URL": "a\nb",
    }


def test_nothing_counts_as_installed_that_cannot_be_imported(project: Project) -> None:
    """The package is there, and empty; pip had no complaint."""
    project.requirements.write_text(wheel(project.wheels, "kit", {"other.py": ""}))
    project.refuses("No module named 'jupyterlab'")
    assert not project.venv.exists()


def test_a_wheel_that_was_changed_is_refused(project: Project) -> None:
    """One byte more, from the same place, under the same name."""
    with (project.wheels / "kit-1-py3-none-any.whl").open("ab") as changed:
        changed.write(b"\0")
    project.refuses("doesn't match its hash in the requirements")


# --- One environment at a time, and always one that works ---------------------------------------


def test_an_environment_that_works_goes_only_when_another_works(project: Project) -> None:
    """An update that fails leaves it as it was; one that succeeds takes its place and settings."""
    assert project.start()[0] == 0
    (project.venv / "workshop").mkdir()
    (project.venv / "workshop" / "settings").touch()
    before = project.requirements.read_text()
    project.requirements.write_text(before + "missing==1 --hash=sha256:" + "0" * 64 + "\n")
    project.refuses("A package has no ready-made wheel")
    assert project.works()
    project.requirements.write_text(before)
    assert project.start() == (0, "healthy\n")  # it is still the one for these requirements

    project.requirements.write_text(before + wheel(project.wheels, "more", {"more.py": ""}))
    assert project.start()[0] == 0
    assert list(project.venv.glob("lib/*/site-packages/more.py"))
    assert (project.venv / "workshop" / "settings").exists()
    assert sorted(path.name for path in project.folder.glob(".[!w]*")) == [".venv"]


def test_a_start_killed_in_the_moment_of_the_exchange_loses_nothing(project: Project) -> None:
    """Then the old environment has gone, the new one has not come, and both are whole."""
    assert project.start()[0] == 0
    project.venv.rename(project.folder / ".last")
    assert project.start() == (0, "healthy\n")


def test_of_two_first_starts_one_waits(project: Project) -> None:
    """Two of them in one folder break each other; the second finds all done."""
    with project.starting() as one, project.starting() as other:
        said = [process.communicate(timeout=120)[0] for process in (one, other)]
        assert (one.returncode, other.returncode) == (0, 0), said
    assert sorted("waiting for it" in it for it in said) == [False, True]
    assert sorted("Installing" in it for it in said) == [False, True]


OPEN = "--no-browser"  # the command is the one that has no name: start


def test_a_start_opens_the_learners_own_copies(installed: Project) -> None:
    """They are made once; `reset` gives a fresh one and keeps the old one beside it."""
    mine = installed.folder / "work" / "03_lesson.ipynb"
    status, said = installed.start(OPEN)
    assert status == 0, said
    assert said == "Starting JupyterLab. Press Ctrl-C here to stop it.\nlessons are open\n"
    assert len(list(mine.parent.glob("*.ipynb"))) == 7
    mine.write_text("my notes")
    assert installed.start(OPEN)[0] == 0
    assert mine.read_text() == "my notes"
    status, said = installed.start("reset", "3")
    assert status == 0, said
    assert "work/03_lesson.ipynb is a fresh copy" in said
    assert mine.with_name("03_lesson (old 1).ipynb").read_text() == "my notes"
    assert mine.read_text() == "{}" * 10_000


def test_reset_says_which_lessons_there_are(installed: Project) -> None:
    """Also where no number was given, or too many."""
    assert installed.start("reset") == (
        2,
        "Which lesson? The lessons are 00, 01, 02, 03, 04, 05, 06.\n",
    )
    status, said = installed.start("reset", "31")
    assert (status, said.count("\n")) == (2, 1)
    assert said.startswith("There is no lesson “31”. The lessons are 00, 01, ")
    assert installed.start("reset", "1", "2") == (
        2,
        "Reset one lesson at a time, such as: reset 03.\n",
    )


def test_two_starts_at_once_make_one_set_of_copies(installed: Project) -> None:
    """Each finds all its copies whole, and nothing is left half-written or made twice."""
    shutil.rmtree(installed.folder / "work", ignore_errors=True)
    with installed.starting(OPEN) as one, installed.starting(OPEN) as other:
        said = [process.communicate(timeout=120)[0] for process in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0), said
    made = sorted(path.name for path in (installed.folder / "work").iterdir())
    assert made == [".answers", *(f"0{number}_lesson.ipynb" for number in range(7))]


def test_two_resets_at_once_keep_both_old_copies(installed: Project) -> None:
    """Without a turn both would take the same name for what they put aside."""
    assert installed.start(OPEN)[0] == 0
    work = installed.folder / "work"
    (work / "05_lesson.ipynb").write_text("my notes")
    resets = [installed.starting("reset", "05") for _ in range(6)]
    for process in resets:
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
    old = {path.name: path.read_text() for path in work.glob("05_lesson (old*")}
    assert sorted(old) == [f"05_lesson (old {number}).ipynb" for number in range(1, 7)]
    assert list(old.values()).count("my notes") == 1


def test_a_failed_install_says_where_its_log_lies(project: Project) -> None:
    """The last lines of pip, the place of all, and the sentence; a good one's log is in .venv."""
    before = project.requirements.read_text()
    missing = "".join(f"missing{n}==1 --hash=sha256:{'0' * 64}\n" for n in range(3))
    project.requirements.write_text(missing)
    status, said = project.start()
    log = project.folder / ".workshop.log"
    *_, last, empty, where, sentence = said.splitlines()
    assert (status, empty, where) == (1, "", f"pip's full output is in {log}")
    assert last == log.read_text(encoding="utf-8").splitlines()[-1]
    assert "No matching distribution found for missing0" in last
    assert sentence.startswith("A package has no ready-made wheel")
    project.requirements.write_text(before)
    assert project.start()[0] == 0
    assert not log.exists()
    kept = project.venv / "install.log"
    assert "Successfully installed kit-1" in kept.read_text(encoding="utf-8")


def test_without_a_terminal_progress_is_few_plain_lines(project: Project) -> None:
    """Nothing is rewritten where nothing can be, and pip's own lines stay in the log."""
    status, said = project.start()
    assert status == 0
    assert said == (
        "Making .venv ...\nInstalling the packages ...\n"
        "  1 downloaded, 1 installed, of about 1 packages\nhealthy\n"
    )


class Stall:
    """An index that takes a request and keeps silent, until it is let go."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/simple"
        self.asked, self._release = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def _answer(self) -> None:
        visitor, _ = self._socket.accept()
        self._socket.close()
        with visitor:
            visitor.recv(65536)
            self.asked.set()
            self._release.wait(120)

    def end(self) -> None:
        """Hang up."""
        self._release.set()
        self._thread.join()


@pytest.fixture
def stall() -> Iterator[Stall]:
    """Give one; a test that has failed before anybody came is let go too."""
    index = Stall()
    yield index
    if not index.asked.is_set():
        host, port = index.url.split("/")[2].split(":")
        socket.create_connection((host, int(port))).close()
    index.end()


def stuck(project: Project, stall: Stall) -> subprocess.Popen[str]:
    """Bring a start into the middle of its install, and hold it there."""
    process = project.starting(
        PIP_NO_INDEX="0", PIP_FIND_LINKS="", PIP_INDEX_URL=stall.url, PIP_RETRIES="0"
    )
    assert stall.asked.wait(60), "pip never came"
    return process


def test_a_start_that_was_killed_blocks_only_while_its_pip_writes(
    project: Project, stall: Stall
) -> None:
    """The next start waits for the orphan, and then begins afresh."""
    with stuck(project, stall) as killed:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        with project.starting() as second:
            assert second.stdout is not None
            assert "waiting for it" in second.stdout.readline()
            stall.end()
            rest = second.communicate(timeout=120)[0]
        killed.communicate()
    assert second.returncode == 0, rest
    assert project.works()


def test_ctrl_c_ends_pip_too(project: Project, stall: Stall) -> None:
    """Also where it reaches the launcher alone, as from a button of an editor."""
    with stuck(project, stall) as process:
        (pip,) = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "nothing is broken" in said
        assert not pip.is_running()
    assert not project.venv.exists()
    assert project.start()[0] == 0


# --- A full disk --------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of a few megabytes; `grow` gives it more."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place])
    if mounted.returncode:
        pytest.skip("only root can mount a small disk to fill")
    yield place
    subprocess.run(["umount", place], check=True)


def grow(disk: Path, size: str) -> None:
    """Make room, as a person does who has read the sentence."""
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


def test_a_full_disk_is_told_in_a_sentence_whatever_filled_it(
    small_disk: Path, tmp_path: Path
) -> None:
    """Nothing fits, then not pip, then not a package; and when all fits, a notebook would not."""
    project = Project.begin(small_disk / "project", tmp_path / "wheels")
    ballast = wheel(project.wheels, "ballast", {"ballast.txt": "0" * 40_000_000})
    project.requirements.write_text(project.requirements.read_text() + ballast)
    project.refuses("The disk is full")
    for size in ("14m", "40m"):
        grow(small_disk, size)
        project.refuses("The disk is full")
        assert not project.venv.exists()
    grow(small_disk, "200m")
    assert project.start()[0] == 0
    with suppress(OSError), (small_disk / "holiday.mp4").open("wb") as film:
        while film.write(bytes(1_000_000)):
            film.flush()
    project.refuses("The disk is full")
    (small_disk / "holiday.mp4").unlink()
    assert project.start() == (0, "healthy\n")


def test_a_disk_that_became_read_only_is_told_in_a_sentence(
    small_disk: Path, tmp_path: Path
) -> None:
    """The folder as a whole, and then the folder of the copies alone; nothing is lost."""
    grow(small_disk, "200m")
    project = Project.begin(small_disk / "project", tmp_path / "wheels")
    assert project.start(OPEN)[0] == 0
    mine = project.folder / "work" / "00_lesson.ipynb"
    mine.write_text("my notes")
    grow(small_disk, "200m,ro")
    project.refuses("The workshop can't write to one of its files.", OPEN)
    grow(small_disk, "200m,rw")
    subprocess.run(["mount", "--bind", mine.parent, mine.parent], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", mine.parent], check=True)
    try:
        project.refuses("Your copies of the notebooks can’t be written to work: Read-only", OPEN)
        project.refuses("Your copies of the notebooks can’t be written to work: ", "reset", "00")
    finally:
        subprocess.run(["umount", mine.parent], check=True)
    assert mine.read_text() == "my notes"
