"""Other programs' files: read where they can be, else named with a command that really helps."""

from __future__ import annotations

import codecs
import shlex
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pinlib.encoding.der import Form
from pinlib.encoding.files import contents, documents
from pinlib.errors import BadInput, LockedKey, NotReadable
from pinlib.operations.expiry import deadlines
from pinlib.pins.pins import certificate_pins, key_pin, key_pins
from pinlib.teach.widgets.uploads import Given

pytestmark = [
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on the PATH"),
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell"),
]

STORES = Path(__file__).parent / "stores"  # certificates only, by keytool 17
PASSWORD = "changeit"  # noqa: S105 (it guards what the test has made)


def run(command: str, folder: Path) -> None:
    """Run a line as a person would, with what asks for a password answered."""
    program = next(word for word in shlex.split(command) if "=" not in word)
    if not shutil.which(program):
        pytest.skip(f"{program} is not on the PATH")
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        input=f"{PASSWORD}\n".encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr.decode()}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a private folder in which openssl has made a server's key and certificate."""
    place = tmp_path_factory.mktemp("foreign")
    run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
        "-subj /CN=bank.example -keyout key.pem -out cert.pem",
        place,
    )
    run("openssl x509 -in cert.pem -outform DER -out cert.der", place)
    run("openssl pkey -in key.pem -outform DER -out key.der", place)
    (place / "profile.xml").write_text("<plist/>")
    yield place
    shutil.rmtree(place)


SIGN = "-sign -binary -in profile.xml -signer cert.pem -inkey key.pem"
P12 = f"openssl pkcs12 -export -passout pass:{PASSWORD} -in cert.pem"
SSH = "ssh-keygen -q -N ''"
SIGNED, OPEN, MAIL = Form.SIGNED, Form.OPEN_ENDED, Form.MAIL

# What it is, and how its own program makes it.
NAMED = {
    "signed.mobileconfig": (SIGNED, f"openssl cms {SIGN} -nodetach -outform DER"),
    "signed-cms.pem": (SIGNED, f"openssl cms {SIGN} -nodetach -outform PEM"),
    "signed-pkcs7.pem": (SIGNED, f"openssl smime {SIGN} -nodetach -outform PEM"),
    "detached.p7s": (SIGNED, f"openssl smime {SIGN} -outform DER"),
    "streamed.mobileconfig": (OPEN, f"openssl cms {SIGN} -nodetach -stream -outform DER"),
    "opaque.eml": (MAIL, f"openssl smime {SIGN} -nodetach"),
    "clear.eml": (MAIL, f"openssl smime {SIGN}"),
    "cms.eml": (MAIL, f"openssl cms {SIGN}"),
    "key.p12": (Form.KEY_STORE, f"{P12} -inkey key.pem"),
    "trust.p12": (Form.KEY_STORE, f"{P12} -nokeys"),
    "key.p12.b64": (Form.KEY_STORE, f"{P12} -inkey key.pem | base64"),
    "signed.b64": (SIGNED, f"openssl cms {SIGN} -nodetach -outform DER | base64"),
    "locked.pem": (Form.LOCKED_KEY, f"openssl pkey -in key.pem -aes256 -passout pass:{PASSWORD}"),
    "locked.der": (
        Form.LOCKED_KEY,
        f"openssl pkcs8 -topk8 -in key.pem -outform DER -passout pass:{PASSWORD}",
    ),
    "id_rsa": (Form.SSH_PRIVATE_KEY, f"{SSH} -t rsa -b 2048"),
    "id_ecdsa": (Form.SSH_PRIVATE_KEY, f"{SSH} -t ecdsa"),
    "id_ed25519": (Form.SSH_PRIVATE_KEY, f"{SSH} -t ed25519"),
    "id.rfc4716": (Form.SSH2_PUBLIC_KEY, f"{SSH} -t ed25519 -f one && ssh-keygen -e -f one"),
    "trust.jks": (Form.JAVA_STORE, ""),
    "trust.jceks": (Form.JCEKS_STORE, ""),
}


def make(name: str, folder: Path) -> Path:
    """Let the real program make the file, or take the one that it made once."""
    file, command = folder / name, NAMED[name][1]
    if not command:
        shutil.copy(STORES / name, file)
    elif command.startswith(SSH) and "&&" not in command:
        run(f"{command} -f {name}", folder)
    else:
        run(f"{command} > {name}", folder)
    return file


@pytest.mark.parametrize("name", NAMED)
def test_what_cannot_be_read_is_named_with_a_command_that_helps(name: str, folder: Path) -> None:
    """`pin` and `expiry` say what it is; what the command makes has a pin, and none before has."""
    file, form = make(name, folder), NAMED[name][0]
    for read in (key_pins, certificate_pins, deadlines):
        with pytest.raises(BadInput, match=f"^this is {re_escape(form.value)}: ") as refused:
            read(file)
        assert isinstance(refused.value, LockedKey) == (form is Form.LOCKED_KEY)
        assert len(str(refused.value)) < 300
    command = str(refused.value).rpartition(": ")[2]
    output = folder / command.split()[-1]
    if "pkey" in command or "pkcs12" in command:
        command = command.replace(" -out", f" -passin pass:{PASSWORD} -out")
    output.unlink(missing_ok=True)
    run(command.replace("FILE", name), folder)
    made = key_pins(output)
    if not name.startswith(("id", "trust.j")):
        assert made == (key_pin(folder / "cert.pem"),)


def re_escape(words: str) -> str:
    """Return words as a pattern of themselves."""
    return "".join(rf"\{c}" if c in ".()#/" else c for c in words)


def test_a_command_can_be_run_on_what_a_store_of_keytool_says(folder: Path) -> None:
    """What stands in the committed stores is certificates alone, and nothing else."""
    for name in ("trust.jks", "trust.jceks"):
        data = (STORES / name).read_bytes()
        assert data[4:12] == bytes.fromhex("0000000200000001")  # version 2, one entry
        assert data[12:16] == bytes.fromhex("00000002")  # and that is a certificate


@pytest.mark.parametrize("kind", ["rsa -b 2048", "ecdsa", "ed25519"])
def test_an_ssh_public_key_is_read(kind: str, folder: Path) -> None:
    """Its pin is that of the same key in PEM, where ssh-keygen can write it so."""
    for left in folder.glob("pub*"):
        left.unlink()
    run(f"{SSH} -t {kind} -f pub", folder)
    line = folder / "pub.pub"
    assert len(key_pins(line)) == 1
    if kind != "ed25519":
        run("ssh-keygen -e -m PKCS8 -f pub > pub.pem", folder)
        assert key_pins(line) == key_pins(folder / "pub.pem")


def test_a_trusted_certificate_is_read(folder: Path) -> None:
    """What `openssl x509 -trustout` remarks follows the certificate, and is no part of it."""
    for remarks in ("", "-addtrust serverAuth -setalias mine", "-addreject emailProtection"):
        run(f"openssl x509 -in cert.pem -trustout {remarks} -out trusted.pem", folder)
        assert b"TRUSTED" in (folder / "trusted.pem").read_bytes()
        assert certificate_pins(folder / "trusted.pem") == certificate_pins(folder / "cert.der")


def body(pem: bytes, end: bytes = b"\n") -> bytes:
    """Return a PEM block without its BEGIN and END lines."""
    return end.join(pem.splitlines()[1:-1]) + end


def wide(pem: bytes, coding: str) -> bytes:
    """Return a text in two bytes a letter."""
    return pem.decode().encode(coding)


MARK = codecs.BOM_UTF8
PACKED: dict[str, Callable[[bytes, bytes], bytes]] = {
    "bare base64": lambda der, _: b64encode(der),
    "base64 in lines": lambda _, pem: body(pem),
    "base64 in lines of Windows": lambda _, pem: body(pem, b"\r\n"),
    "base64 after a mark": lambda _, pem: MARK + body(pem),
    "base64 of PEM": lambda _, pem: b64encode(pem),
    "base64 in UTF-16": lambda der, _: wide(b64encode(der), "utf-16-le"),
    "DER and a line end": lambda der, _: der + b"\n",
    "DER and two line ends of Windows": lambda der, _: der + b"\r\n\r\n",
    "DER after a mark": lambda der, _: MARK + der,
    "DER after a mark, and a line end": lambda der, _: MARK + der + b"\n",
    "PEM after a mark": lambda _, pem: MARK + pem,
    "UTF-16": lambda _, pem: wide(pem, "utf-16"),
    "UTF-16, the other way": lambda _, pem: codecs.BOM_UTF16_BE + wide(pem, "utf-16-be"),
    "UTF-16 without a mark": lambda _, pem: wide(pem, "utf-16-le"),
    "UTF-16 without a mark, the other way": lambda _, pem: wide(pem, "utf-16-be"),
    "UTF-16 after a comment": lambda _, pem: wide(b"subject=x\r\n" + pem, "utf-16-le"),
}


@pytest.mark.parametrize("packing", PACKED)
def test_a_packing_is_seen_through(packing: str, folder: Path, tmp_path: Path) -> None:
    """A certificate is read however editors, shells and portals have wrapped it, and so is a key.

    The panel refuses the key all the same, and keeps nothing of it.
    """
    pack = PACKED[packing]
    der, pem = ((folder / name).read_bytes() for name in ("cert.der", "cert.pem"))
    given = tmp_path / "given"
    given.write_bytes(pack(der, pem))
    assert certificate_pins(given) == certificate_pins(der)
    assert key_pins(given.read_bytes()) == key_pins(der)
    (deadline,) = deadlines(given)
    assert deadline.name == "bank.example"
    secret = pack((folder / "key.der").read_bytes(), (folder / "key.pem").read_bytes())
    assert key_pins(secret) == key_pins(der)
    refused = Given.of("server.key", secret)
    assert "private key" in refused.refusal
    assert (refused.documents, refused.digest) == ((), b"")
    given.write_bytes(secret)
    run(refused.command.replace("server.key", shlex.quote(str(given))), tmp_path)
    assert key_pins(tmp_path / "public.pem") == key_pins(der)


def test_text_with_a_mark_is_text(folder: Path) -> None:
    """As a cell of a notebook has it that read the file by itself."""
    pem = (folder / "cert.pem").read_text()
    bare = "".join(pem.splitlines()[1:-1])
    for text in ("\ufeff" + pem, bare, "\ufeff" + bare):
        assert key_pins(text) == key_pins(folder / "cert.pem")


def test_what_may_be_a_private_key_is_not_quoted(folder: Path) -> None:
    """However it was damaged: no eight letters of it are in the sentence."""
    pem = (folder / "key.pem").read_text()
    begin, *lines, end = pem.splitlines()
    bare = "".join(lines)
    damaged = {
        "cut": bare[:-3],
        "its first letter lost": bare[1:],
        "indented": f"\n    {bare[:-3]}",
        "quoted": f"> {bare}",
        "a letter that is none": bare.replace("A", "*", 1),
        "dashes lost": f"{begin.rstrip('-')}\n{bare}\n{end}",
        "no END": f"{begin}\n{bare}\n",
        "no line ends, no dashes": f"-----BEGIN PRIVATE KEY {bare}",
        "no BEGIN": f"{bare}\n{end}\n",
        "a key in YAML": f"key: {bare}",
        "its PEM in base64, cut": b64encode(pem.encode()).decode()[:-3],
    }
    for how, text in damaged.items():
        with pytest.raises(NotReadable) as refused:
            key_pins(text)
        told = str(refused.value) + refused.value.seen + repr(Given.of("k", text.encode()))
        for secret in (bare, b64encode(pem.encode()).decode()):
            pieces = {secret[at : at + 8] for at in range(len(secret) - 8)}
            assert not [piece for piece in pieces if piece in told], how


OTHERS = {
    "DH parameters": ("openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048", "PARAM"),
    "DH parameters, X9.42": ("openssl genpkey -genparam -algorithm DHX -pkeyopt dh_rfc5114:2", ""),
    "DSA parameters": ("openssl dsaparam 1024", "PARAMETERS"),
    "a curve": ("openssl ecparam -name prime256v1", "PARAMETERS"),
    "a revocation list": ("", "REVOCATIONS"),
    "an OpenSSH key": ("", "SSH_PRIVATE_KEY"),
}


def other(kind: str, folder: Path) -> bytes:
    """Return a block that servers keep beside their certificates."""
    if kind == "a revocation list":
        (folder / "ca.conf").write_text("[ca]\ndatabase=index.txt\ndefault_md=sha256\n")
        (folder / "index.txt").touch()
        run(
            "openssl ca -gencrl -config ca.conf -name ca -crldays 9 -keyfile key.pem "
            "-cert cert.pem -out other.pem",
            folder,
        )
    elif kind == "an OpenSSH key":
        (folder / "other.pem").unlink(missing_ok=True)
        run(f"{SSH} -t ed25519 -f other.pem", folder)
    else:
        run(f"{OTHERS[kind][0]} > other.pem", folder)
    return (folder / "other.pem").read_bytes()


@pytest.mark.parametrize("kind", OTHERS)
def test_other_peoples_blocks_are_passed_over_beside_a_certificate(kind: str, folder: Path) -> None:
    """HAProxy wants them all in one file; before or after, and beside a key, a request too."""
    block = other(kind, folder)
    certificate, key = ((folder / name).read_bytes() for name in ("cert.pem", "key.pem"))
    for file in (certificate + block, block + certificate + block, key + block, block + key):
        assert key_pins(file) == key_pins(certificate)
    assert certificate_pins(certificate + block + certificate) == certificate_pins(certificate) * 2
    secret = kind == "an OpenSSH key"
    assert bool(Given.of("site.pem", certificate + block).refusal) == secret


@pytest.mark.parametrize("kind", OTHERS)
def test_other_peoples_blocks_are_named_alone(kind: str, folder: Path) -> None:
    """Whoever gives the wrong file hears which one it is."""
    block = other(kind, folder)
    (found,) = contents(block)
    assert OTHERS[kind][1] in found.form.name
    with pytest.raises(NotReadable, match=f"^this is {re_escape(found.form.value)}: "):
        documents(block)


def test_a_revocation_list_in_der_is_named(folder: Path) -> None:
    """It is signed, as a certificate is, and holds no key."""
    other("a revocation list", folder)
    run("openssl crl -in other.pem -outform DER -out list.crl", folder)
    with pytest.raises(NotReadable, match=r"^this is a revocation list \(CRL\): it holds no key"):
        key_pins(folder / "list.crl")


def test_a_bundle_without_a_certificate_is_told(folder: Path) -> None:
    """A .p7b can hold revocation lists alone."""
    other("a revocation list", folder)
    run("openssl crl2pkcs7 -in other.pem -outform DER -out empty.p7b", folder)
    with pytest.raises(NotReadable, match=r"PKCS#7 bundle \(.p7b\)"):
        key_pins(folder / "empty.p7b")
    run("openssl crl2pkcs7 -in other.pem -certfile cert.pem -outform DER -out full.p7b", folder)
    assert key_pins(folder / "full.p7b") == key_pins(folder / "cert.pem")


@pytest.mark.parametrize("name", ["key.p12", "trust.p12", "id_rsa", "trust.jks", "trust.jceks"])
def test_what_may_hold_a_private_key_is_not_kept(name: str, folder: Path) -> None:
    """Nobody sees from outside whether a store holds one; the panel has the command that helps."""
    for left in (folder / name, folder / f"{name}.pub"):
        left.unlink(missing_ok=True)
    file = make(name, folder)
    given = Given.of(name, file.read_bytes())
    assert given.refusal
    assert given.command
    assert (given.documents, given.digest) == ((), b"")
    with pytest.raises(BadInput) as told:
        key_pins(file)
    assert str(told.value).endswith(given.command.replace(name, "FILE"))
