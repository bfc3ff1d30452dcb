"""The command line: pins from the shell, errors in a sentence, and an honest exit status."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from pinlib import PinSet, certificate_pin, key_pin
from pinlib.__main__ import COMMANDS, main
from pinlib.encoding.files import LIMIT
from pinlib.errors import NotReadable
from pinlib.pins.notations import Kind, Notation
from pinlib.scenes.cast import Cast
from pinlib.tls.certificates import Validity

pytestmark = pytest.mark.slow  # processes, servers and sockets of their own

ROOT = Path(__file__).parent.parent


@pytest.fixture
def files(tmp_path: Path, cast: Cast) -> dict[str, str]:
    """Return the paths of one file of each kind."""
    leaf, key = cast.bank.leaf, cast.backup
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank.example")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    public, pem = PublicFormat.SubjectPublicKeyInfo, Encoding.PEM
    secret = BestAvailableEncryption(b"x")
    contents = {
        "leaf.pem": leaf.public_bytes(pem),
        "leaf.der": leaf.public_bytes(Encoding.DER),
        "chain.pem": b"".join(one.public_bytes(pem) for one in cast.verified),
        "backup.csr": request.public_bytes(pem),
        "backup.pub": key.public_key().public_bytes(pem, public),
        "backup.key": key.private_bytes(pem, PrivateFormat.PKCS8, NoEncryption()),
        "locked.key": key.private_bytes(pem, PrivateFormat.PKCS8, secret),
        "photo.png": b"\x89PNG\r\n\x1a\n",
        "empty": b"",
    }
    for file, content in contents.items():
        (tmp_path / file).write_bytes(content)
    return {file: str(tmp_path / file) for file in contents}


def test_everything_in_a_bundle_is_listed_with_both_pins(
    files: dict[str, str], cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    """A chain as a server sends it: each certificate by its name, with its kind of key."""
    assert main(["pin", files["chain.pem"]]) == 0
    printed = capsys.readouterr().out
    for one in cast.verified:
        assert f"key pin          {key_pin(one)}\n" in printed
        assert f"certificate pin  {certificate_pin(one)}" in printed
    for name in ("bank.example", "Lab Issuing CA", "Lab Root"):
        assert f"  {name}, a certificate, P-256\n" in printed
    assert printed.index("bank.example") < printed.index("Lab Issuing") < printed.index("Lab Root")


@pytest.mark.parametrize("file", ["backup.csr", "backup.pub", "backup.key"])
def test_a_backup_has_a_key_pin_and_no_other(
    files: dict[str, str], cast: Cast, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    """A request, a public key and a private key give the pin that the backup will have."""
    assert main(["pin", files[file]]) == 0
    printed = capsys.readouterr().out
    assert f"key pin          {key_pin(cast.backup)}" in printed
    assert "certificate pin" not in printed


@pytest.mark.parametrize("notation", Notation, ids=lambda one: one.name)
def test_one_notation_is_a_set_for_that_tool(
    files: dict[str, str], cast: Cast, capsys: pytest.CaptureFixture[str], notation: Notation
) -> None:
    """What is printed can be pasted: of keys or of certificates, as the tool hashes them."""
    tool = notation.name.lower().replace("_", "-")
    assert main(["pin", "--as", tool, files["chain.pem"], files["leaf.der"]]) == 0
    printed = capsys.readouterr().out.rstrip("\n")
    pin_of = key_pin if Kind.KEY in notation.means else certificate_pin
    pins, authorities = PinSet(tuple(map(pin_of, cast.verified))), map(pin_of, cast.verified[1:])
    assert printed == pins.write(notation, authorities=set(authorities))


def test_what_is_hashed_can_be_chosen(
    files: dict[str, str], cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever wants the other kind says so."""
    assert main(["pin", "--as", "hex", "--of", "key", files["leaf.pem"]]) == 0
    assert capsys.readouterr().out.strip() == key_pin(cast.bank.leaf).digest.hex()
    assert main(["pin", "--of", "certificate", files["leaf.pem"]]) == 0
    assert "key pin" not in capsys.readouterr().out


def test_a_pin_that_its_tool_never_matches_is_printed_with_a_warning(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What was asked for goes to standard output; that it is no use goes to the other."""
    assert main(["pin", "--as", "CURL", "--of", "certificate", files["leaf.pem"]]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("sha256//")
    assert err == "Note: curl never matches the pin of a certificate.\n"
    for fine in (["--as", "curl"], ["--as", "hex"], ["--as", "tlsa", "--of", "certificate"]):
        assert main(["pin", *fine, files["leaf.pem"]]) == 0
        assert capsys.readouterr().err == ""


def test_who_reads_no_further_breaks_nothing(files: dict[str, str]) -> None:
    """`pin … | head -1` ends without a traceback."""
    command = [sys.executable, "-m", "pinlib", "pin", *[files["chain.pem"]] * 300]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert err == b""
    assert process.returncode == 0


def test_one_bad_file_does_not_hide_the_others(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The list goes on, the slip is told with its file, and the status is 1."""
    missing = files["empty"] + "-not"
    bad = [files[name] for name in ("photo.png", "empty", "locked.key")]
    assert main(["pin", *bad, missing, files["leaf.pem"]]) == 1
    out, err = capsys.readouterr()
    assert "bank.example" in out
    lines = err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [*bad, missing]
    for line, words in zip(
        lines, ("a PNG picture", "(0 bytes)", "openssl pkey", "cannot be opened"), strict=True
    ):
        assert words in line


def test_a_set_for_a_tool_is_whole_or_not_at_all(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A shorter set would leave a host unpinned, and nobody would see it."""
    assert main(["pin", "--as", "curl", files["leaf.pem"], files["photo.png"]]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "a PNG picture" in err
    assert main(["pin", "--as", "hex", files["backup.csr"]]) == 1
    assert "only a certificate has a certificate pin" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--as", "okhtp", "x"], ["--of", "nothing", "x"]])
def test_a_wrong_option_is_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What was asked wrongly is told apart from what could not be read."""
    with pytest.raises(SystemExit) as ended:
        main(["pin", *words])
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_standard_input_and_another_folder(files: dict[str, str], cast: Cast) -> None:
    """As at the end of a pipeline, from a folder that is not ours."""
    done = subprocess.run(
        [sys.executable, "-m", "pinlib", "pin", "--as", "okhttp", "-"],
        input=Path(files["leaf.der"]).read_bytes(),
        capture_output=True,
        check=True,
        cwd=Path(files["leaf.der"]).parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.decode().strip() == str(key_pin(cast.bank.leaf))


def shell(line: str, files: dict[str, str], **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line in bash: `pinlib` is our command, and a file is $file, without its suffix."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not on the PATH")
    named = {Path(path).stem: path for path in files.values()}
    return subprocess.run(
        [bash, "-c", f'pinlib() {{ "{sys.executable}" -m pinlib "$@"; }}\n{line}'],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **named, **more},
        timeout=60,
    )


@pytest.mark.parametrize(
    "line", ['pin <(cat "$chain")', 'expiry <(cat "$chain")', 'expiry - <"$chain"']
)
def test_a_pipe_is_read_like_the_file_that_is_in_it(
    files: dict[str, str], capsys: pytest.CaptureFixture[str], line: str
) -> None:
    """Process substitution and standard input say what the file says, to both commands."""
    status = main([line.split()[0], files["chain.pem"]])
    plain, piped = capsys.readouterr(), shell(f"pinlib {line}", files)
    assert (piped.returncode, piped.stderr.decode()) == (status, plain.err)
    told, by_pipe = plain.out.splitlines(), piped.stdout.decode().splitlines()
    assert len(told) == len(by_pipe) >= 3
    assert told[-1].partition(" (")[0] == by_pipe[-1].partition(" (")[0]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero here")
@pytest.mark.parametrize("line", ["pin <(yes)", "expiry /dev/zero", "expiry - </dev/zero"])
def test_what_never_ends_is_told(files: dict[str, str], line: str) -> None:
    """In one sentence, without filling the memory."""
    done = shell(f"ulimit -v 4000000; pinlib {line}", files)
    assert (done.returncode, done.stdout) == (1 if line.startswith("pin") else 2, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"more than 1,000,000 bytes" in done.stderr


def test_a_closed_standard_input_is_told(files: dict[str, str]) -> None:
    """As some cron daemons leave it."""
    done = shell("pinlib expiry - <&-", files)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"standard input cannot be opened" in done.stderr


def test_a_closed_standard_error_sends_nothing_to_the_other(files: dict[str, str]) -> None:
    """What is read as pins has no sentence among them."""
    done = shell('pinlib pin --as hex "$leaf" "$empty" 2>&-', files)
    assert (done.returncode, done.stdout) == (1, b"")


full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


FULL = "Can't write the output (No space left on device): free some space, or send it elsewhere."


@full
@pytest.mark.parametrize("buffered", [-1, 1], ids=["at its end", "at each line"])
@pytest.mark.parametrize("command", ["pin", "expiry", "guide", "guide 00", "check", "--help"])
def test_a_full_disk_is_one_sentence(
    files: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    buffered: int,
) -> None:
    """Whenever a command notices it."""
    file = [files["leaf.pem"]] if command in ("pin", "expiry") else []
    with Path("/dev/full").open("w", buffered, encoding="utf-8") as output:
        monkeypatch.setattr(sys, "stdout", output)
        assert main([*command.split(), *file]) == 1
        assert capsys.readouterr().err == f"{FULL}\n"


@full
@pytest.mark.parametrize("command", ["guide", "serve"])
def test_a_full_disk_is_not_told_again_by_python(files: dict[str, str], command: str) -> None:
    """As it does for what is written at its very end."""
    done = shell(f"pinlib {command} >/dev/full", files, PYTHONUNBUFFERED="")
    assert (done.returncode, done.stderr.decode()) == (1, f"{FULL}\n")


@full
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_sentence_that_cannot_be_written_changes_no_status(
    files: dict[str, str], unbuffered: str
) -> None:
    """A full disk may hold both outputs, and Python may hold back what it writes or not."""
    how = {"PYTHONUNBUFFERED": unbuffered}
    assert shell('pinlib pin "$empty" "$leaf" 2>/dev/full', files, **how).returncode == 1
    assert shell("pinlib guide 77 >/dev/full 2>&1", files, **how).returncode in (1, 2)


@pytest.mark.parametrize("command", ["", *(one.__name__ for one in COMMANDS)])
def test_help_fits_a_screen(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty-four lines of eighty characters, with the command above and the next prompt below."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"] if command else ["--help"])
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 22
    assert max(map(len, lines)) <= 80


def interrupted(
    *words: str, after: str, stdin: int = subprocess.DEVNULL, ignored: bool = False
) -> tuple[int, str]:
    """Press Ctrl-C once Python has imported a module; return the exit status and what was said."""
    command = [sys.executable, "-X", "importtime", "-m", "pinlib", *words]
    if ignored:
        command = ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", *command]
    with subprocess.Popen(
        command,
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.endswith(f" {after}\n"):
                break
        process.send_signal(signal.SIGINT)
        said = [line for line in process.stderr if not line.startswith("import time:")]
        process.wait(timeout=60)
    return process.returncode, "".join(said)


signals = pytest.mark.skipif(os.name != "posix", reason="Windows has no signals between processes")


@signals
@pytest.mark.parametrize("module", ["pinlib.errors", "pinlib.operations.plans"])
def test_ctrl_c_among_the_imports_shows_none_of_them(module: str) -> None:
    """They take half a second, and whoever mistyped the command ends it before."""
    assert interrupted("check", after=module) == (-signal.SIGINT, "")


@signals
def test_ctrl_c_ends_a_command_that_waits() -> None:
    """Without a word, and by the signal, so that a shell's loop ends as well."""
    silent, kept_open = os.pipe()
    try:
        ended = interrupted("expiry", "-", after="pinlib.operations.updates", stdin=silent)
    finally:
        os.close(silent)
        os.close(kept_open)
    assert ended == (-signal.SIGINT, "")


@signals
def test_who_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    """Such as a job in the background, which is meant to survive it."""
    assert interrupted("guide", "00", after="pinlib.errors", ignored=True) == (0, "")


def test_a_name_cannot_write_over_the_screen(
    tmp_path: Path, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    """A certificate may be named anything, and a terminal obeys escape sequences: it gets none."""
    evil = cast.root.intermediate("\x1b[2J\x1b[31mgotcha", valid=Validity.of(cast.root.certificate))
    file = tmp_path / "evil.pem"
    file.write_bytes(evil.certificate.public_bytes(Encoding.PEM))
    assert main(["pin", str(file)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_standard_input_is_not_cut_off_in_silence(files: dict[str, str]) -> None:
    """Nor is a file or a text: more than the limit is refused, and never read in part."""
    large = Path(files["leaf.pem"]).read_bytes() + b"#" * LIMIT
    Path(files["empty"]).write_bytes(large)
    for source, given in (("-", large), (files["empty"], b"")):
        done = subprocess.run(
            [sys.executable, "-m", "pinlib", "pin", source],
            input=given,
            capture_output=True,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode == 1
        assert b"more than 1,000,000 bytes" in done.stderr
    with pytest.raises(NotReadable, match="more than 1,000,000 bytes"):
        key_pin(large.decode())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows allows no such names")
def test_a_file_name_cannot_write_over_the_screen(
    tmp_path: Path, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in the list nor in an error."""
    file = tmp_path / "\x1b[2J.pem"
    file.write_bytes(cast.bank.leaf.public_bytes(Encoding.PEM))
    assert main(["pin", str(file), f"{file}-not"]) == 1
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err


def test_a_backups_pin_is_written_for_a_tool(
    files: dict[str, str], cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    """That is what it is for; asked for a pin that it cannot have, it says so."""
    assert main(["pin", "--as", "curl", files["backup.csr"]]) == 0
    assert capsys.readouterr().out.strip() == key_pin(cast.backup).write(Notation.CURL)
    assert main(["pin", "--of", "certificate", files["backup.csr"]]) == 1
    assert "only a certificate has a certificate pin" in capsys.readouterr().err
    assert main(["pin", files["backup.pub"]]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "  a public key, P-256"
