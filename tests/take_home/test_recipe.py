"""The recipes that learners take home: short, complete, and right about every visitor."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pinlib import key_pin
from pinlib.scenes.cast import HOST, LOGIN
from pinlib.scenes.serving import Room
from pinlib.take_home import recipe
from pinlib.take_home.recipe import connect_pinned, connect_pinned_chain
from pinlib.tls.certificates import Authority, Validity

RECIPES = [connect_pinned, connect_pinned_chain]
Recipe = Callable[..., ssl.SSLSocket]


class WithVerifiedChain(ssl.SSLSocket):
    """What the second recipe needs, under its public name: before Python 3.13 it has another."""

    def get_verified_chain(self) -> list[bytes]:
        """Return the verified chain as DER."""
        found = self._sslobj.get_verified_chain()  # type: ignore[attr-defined]
        return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in found]


def trusting(room: Room, *roots: Authority) -> ssl.SSLContext:
    """Return a context of this machine that trusts these roots, for either recipe."""
    return able(room.trusting(*roots))


def able(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return a context of which neither recipe has anything to say."""
    context.hostname_checks_common_name = False
    if sys.version_info < (3, 13):
        context.sslsocket_class = WithVerifiedChain
    return context


def files() -> int:
    """Return how many descriptors are open."""
    return psutil.Process().num_fds()


def all_given_back(before: int) -> bool:
    """Whether no more are open than before; the other side lives here too, and needs a moment."""
    deadline = time.monotonic() + 5
    while files() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    return files() <= before


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    """Open the bank, and somebody in front of it."""
    with Room() as opened:
        yield opened


@pytest.mark.parametrize("function", [connect_pinned, connect_pinned_chain])
def test_a_recipe_fits_on_a_slide_and_needs_nothing_of_ours(function: object) -> None:
    """At most 25 lines, and Python's own library alone: whoever copies the file has all of it."""
    assert len(inspect.getsource(function).splitlines()) <= 25  # type: ignore[arg-type]
    assert len(inspect.getsource(recipe).splitlines()) <= 100
    for node in ast.walk(ast.parse(inspect.getsource(recipe))):
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("function", RECIPES)
def test_the_bank_is_let_in(room: Room, function: Recipe) -> None:
    """With its pin, alone or beside a backup, and data flows both ways."""
    context = trusting(room, room.cast.root)
    for pins in ({str(room.pin)}, {str(key_pin(room.cast.backup)), str(room.pin)}):
        with function(room.bank.address, HOST, pins, context) as tls:
            assert tls.gettimeout() == 10  # who falls silent is not waited for without end
            tls.sendall(LOGIN)
            assert b'"balance"' in b"".join(iter(lambda: tls.recv(1000), b""))


@pytest.mark.parametrize("function", RECIPES)
def test_an_interceptor_who_is_trusted_by_the_machine_gets_no_data(
    room: Room, function: Recipe
) -> None:
    """He sees a finished handshake, no alert, and 0 bytes; the client says why.

    He is hung up on while the client still looks at the error, and its descriptor is given back.
    """
    context = trusting(room, room.cast.root, room.cast.proxy)
    known, before = len(room.notebook), files()
    with pytest.raises(ssl.SSLError, match="pin") as refused:
        function(room.middle.address, HOST, {str(room.pin)}, context)
    page = room.middle.page_after(known, 5)  # it is written once the client has hung up
    assert all_given_back(before)
    assert refused.value.__traceback__ is not None  # whoever keeps it keeps the client's frame
    assert page.established
    assert page.alert is None
    assert page.application_bytes == 0


@pytest.mark.parametrize("function", RECIPES)
@pytest.mark.parametrize("host", [HOST, "shop.example"])
def test_a_pin_does_not_replace_the_other_checks(room: Room, function: Recipe, host: str) -> None:
    """An unknown authority or another name is refused by OpenSSL, whatever is pinned."""
    roots = (room.cast.impostor,) if host == HOST else (room.cast.root,)
    with pytest.raises(ssl.SSLCertVerificationError):
        function(room.bank.address, host, {str(room.pin)}, trusting(room, *roots))


def test_the_second_recipe_takes_any_key_of_the_verified_chain(room: Room) -> None:
    """An intermediate or a root may be pinned; one that was only sent along counts for nothing."""
    context = trusting(room, room.cast.root)
    for one in (room.cast.issuing, room.cast.root):
        pins = {str(key_pin(one.certificate))}
        connect_pinned_chain(room.bank.address, HOST, pins, context).close()
    pins = {str(key_pin(room.cast.proxy.certificate))}
    with pytest.raises(ssl.SSLError, match="no key of the verified chain"):
        connect_pinned_chain(room.bank.address, HOST, pins, context)


@pytest.mark.parametrize("function", RECIPES)
def test_refusing_leaves_no_socket_open(room: Room, function: Recipe) -> None:
    """Neither where OpenSSL refuses, nor where the pin does, nor where nobody answers."""
    before, kept = files(), []
    for roots in ((room.cast.root, room.cast.proxy), (room.cast.root,)):
        with pytest.raises(ssl.SSLError) as refused:
            function(room.middle.address, HOST, {str(room.pin)}, trusting(room, *roots))
        kept.append(refused)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = gone.getsockname()
    with pytest.raises(ConnectionRefusedError):
        function(address, HOST, set(), able(ssl.create_default_context()))
    assert all_given_back(before)


class Interrupted(ssl.SSLContext):
    """A context that somebody interrupts with Ctrl-C."""

    def wrap_socket(self, *_: object, **__: object) -> ssl.SSLSocket:  # type: ignore[override]
        """Begin no handshake."""
        raise KeyboardInterrupt


@pytest.mark.parametrize("function", RECIPES)
@pytest.mark.parametrize(
    ("kind", "error"),
    [(ssl.SSLContext, ValueError), (Interrupted, KeyboardInterrupt)],
    ids=["no name to check", "Ctrl-C"],
)
def test_where_no_handshake_begins_the_connection_ends_too(
    function: Recipe, kind: type[ssl.SSLContext], error: type[BaseException]
) -> None:
    """The peer is hung up on, and the descriptor given back, whatever the reason was."""
    context = able(kind(ssl.PROTOCOL_TLS_CLIENT))
    with socket.create_server(("127.0.0.1", 0)) as mute:
        before = files()
        with pytest.raises(error) as refused:
            function(mute.getsockname(), "", set(), context)
        assert files() == before
        visitor, _ = mute.accept()
        with visitor:
            visitor.settimeout(5)
            assert visitor.recv(1) == b""
        assert refused.value.__traceback__ is not None


def _careless(context: ssl.SSLContext) -> None:
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE


def _not_asking_the_name(context: ssl.SSLContext) -> None:
    context.check_hostname = False


def _taking_a_common_name(context: ssl.SSLContext) -> None:
    context.hostname_checks_common_name = True


@pytest.mark.parametrize("function", RECIPES)
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_careless, "accepts any certificate"),
        (_not_asking_the_name, "accepts any certificate"),
        (_taking_a_common_name, "set hostname_checks_common_name = False"),
    ],
    ids=["checks nothing", "checks no name", "common name"],
)
def test_a_context_that_does_not_verify_is_refused_before_anybody_is_called(
    function: Recipe, spoil: Callable[[ssl.SSLContext], None], told: str
) -> None:
    """A pin on a chain that nobody checks lets in whoever sends the pinned certificate along."""
    context = able(ssl.create_default_context())
    spoil(context)
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        nobody.setblocking(False)
        with pytest.raises(ValueError, match=told):
            function(nobody.getsockname(), HOST, set(), context)
        with pytest.raises(BlockingIOError):
            nobody.accept()


@pytest.mark.parametrize("function", RECIPES)
def test_the_callers_context_stays_as_it_was(room: Room, function: Recipe) -> None:
    """It may serve other connections: a recipe asks of it what it needs, and changes nothing."""
    context = trusting(room, room.cast.root)
    settings = ("verify_mode", "check_hostname", "hostname_checks_common_name", "verify_flags")
    before = [getattr(context, name) for name in settings]
    function(room.bank.address, HOST, {str(room.pin)}, context).close()
    assert [getattr(context, name) for name in settings] == before


@pytest.mark.parametrize("function", RECIPES)
def test_a_refusal_says_not_pinned_and_offers_no_pin_to_paste(room: Room, function: Recipe) -> None:
    """The pin at hand may be an attacker's: who pastes it from an error has pinned her."""
    context = trusting(room, room.cast.root, room.cast.proxy)
    with pytest.raises(ssl.SSLError, match="pinned") as refused:
        function(room.middle.address, HOST, {str(room.pin)}, context)
    assert "sha256/" not in str(refused.value)
    assert "changed" not in str(refused.value)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="this Python tells the verified chain")
def test_without_a_verified_chain_the_second_recipe_calls_nobody(room: Room) -> None:
    """Before Python 3.13 it says so at once, and not after a whole handshake."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        nobody.setblocking(False)
        for context in (None, room.trusting(room.cast.root)):
            with pytest.raises(NotImplementedError, match=r"3\.13"):
                connect_pinned_chain(nobody.getsockname(), HOST, set(), context)
        with pytest.raises(BlockingIOError):
            nobody.accept()


# --- servers of others, and other Pythons

OPENSSL = shutil.which("openssl")
PYTHONS = sorted(
    {f"3.{minor}" for minor in range(11, 15)}
    & {at.parts[-3].rpartition(".")[0] for at in Path.home().glob(".pyenv/versions/3.*/bin/python")}
)
VISITOR = """
import json, runpy, ssl, sys
recipe = runpy.run_path(sys.argv[1])
found = []
for function, port, pins, version in json.load(sys.stdin):
    context = ssl.create_default_context(cafile="ca.pem")
    context.hostname_checks_common_name = False
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    try:
        with recipe[function](("127.0.0.1", port), "bank.example", set(pins), context) as tls:
            found.append(tls.version())
    except (ssl.SSLError, NotImplementedError) as error:
        found.append(type(error).__name__)
json.dump([sys.version_info[:2], found], sys.stdout)
"""


@dataclass(frozen=True)
class Elsewhere:
    """An `openssl s_server`: its port, and the pins of its key and of its issuer's by openssl."""

    port: int
    pin: str
    issuers: str


def openssl(*words: object, cwd: Path) -> str:
    """Run openssl, and return what it says."""
    command = [str(OPENSSL), *map(str, words)]
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout


def pin_by_openssl(certificate: str, cwd: Path) -> str:
    """Return the pin of a key as openssl writes it: with its points and parameters as they are."""
    written = openssl("x509", "-in", certificate, "-noout", "-pubkey", cwd=cwd)
    return str(key_pin(b64decode("".join(written.splitlines()[1:-1]))))


def port_in(log: Path) -> int:
    """Return the port that a server of openssl says it listens on, as soon as it does."""
    deadline = time.monotonic() + 20
    while not (said := re.search(r"ACCEPT .*:(\d+)", log.read_text())):
        assert time.monotonic() < deadline, f"no server came up: {log.read_text()}"
        time.sleep(0.01)
    return int(said[1])


LEAVES = {
    "PSS": ("-newkey rsa-pss -pkeyopt rsa_keygen_bits:2048", True),
    "compressed": ("-key compressed.key", True),
    "no SAN": ("-newkey ec -pkeyopt ec_paramgen_curve:P-256", False),
}


@pytest.fixture(scope="module")
def elsewhere(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, dict[str, Elsewhere]]]:
    """Open openssl's own servers: a PSS key, a compressed point, a common name without a SAN."""
    if OPENSSL is None:
        if os.environ.get("CI"):
            pytest.fail("no openssl here, and CI has one")
        pytest.skip("no openssl here: its servers are not asked")
    folder = tmp_path_factory.mktemp("elsewhere")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    subject = ("-subj", "/CN=Test Root", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-x509", *curve, *subject, *usage, cwd=folder)
    openssl(
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        "p.key",
        cwd=folder,
    )
    openssl("ec", "-in", "p.key", "-conv_form", "compressed", "-out", "compressed.key", cwd=folder)
    servers = {}
    with ExitStack() as running:
        for name, (key, named) in LEAVES.items():
            file = name.split()[0]
            openssl(
                *("req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-nodes", *key.split()),
                *("-keyout", f"{file}.key", "-out", f"{file}.pem", "-subj", "/CN=bank.example"),
                *("-addext", "basicConstraints=critical,CA:FALSE"),
                *(("-addext", "subjectAltName=DNS:bank.example") if named else ()),
                cwd=folder,
            )
            command = [OPENSSL, "s_server", "-accept", "127.0.0.1:0", "-cert", f"{file}.pem"]
            # It writes some 1600 bytes a visit: into a pipe that nobody reads it would write until
            # the pipe is full, and then answer nobody.
            log = folder / f"{file}.log"
            server = subprocess.Popen(
                [*command, "-key", f"{file}.key"],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=running.enter_context(log.open("w")),
                stderr=subprocess.STDOUT,
            )
            running.callback(server.communicate, timeout=10)
            running.callback(server.kill)
            servers[name] = Elsewhere(
                port_in(log),
                pin_by_openssl(f"{file}.pem", folder),
                pin_by_openssl("ca.pem", folder),
            )
        yield folder, servers


def test_a_server_of_openssl_answers_however_often_it_is_asked(
    elsewhere: tuple[Path, dict[str, Elsewhere]],
) -> None:
    """More visits than a pipe could hold the words of: the last is answered as the first."""
    folder, servers = elsewhere
    server, context = servers["PSS"], ssl.create_default_context(cafile=folder / "ca.pem")
    for _ in range(60):
        connect_pinned(("127.0.0.1", server.port), HOST, {server.pin}, able(context)).close()


@pytest.mark.parametrize("python", ["this one", *PYTHONS])
def test_servers_of_openssl_are_pinned_by_the_bytes_that_they_show(
    elsewhere: tuple[Path, dict[str, Elsewhere]], python: str
) -> None:
    """A PSS key and a compressed point are hashed as they stand; a common name names nobody."""
    folder, servers = elsewhere
    program = Path(sys.executable)
    if python != "this one":
        program = next(Path.home().glob(f".pyenv/versions/{python}.*/bin/python"))
    visits, expected = [], []
    for name, server in servers.items():
        for tls in ("TLSv1.2", "TLSv1.3"):
            for function, good in (
                ("connect_pinned", server.pin),
                ("connect_pinned_chain", server.issuers),
            ):
                for pin in (good, "sha256/" + "B" * 43 + "="):
                    visits.append((function, server.port, [pin], tls.replace(".", "_")))
                    if name == "no SAN":
                        expected.append("SSLCertVerificationError")
                    else:
                        expected.append(tls if pin == good else "SSLError")
    asked = json.dumps(visits)
    command = [program, "-I", "-c", VISITOR, recipe.__file__]
    said = subprocess.run(
        command, input=asked, cwd=folder, check=True, stdout=-1, text=True, timeout=120
    )
    version, found = json.loads(said.stdout)
    if version < [3, 13]:
        without = "NotImplementedError"
        expected = [
            without if function == "connect_pinned_chain" else one
            for (function, *_), one in zip(visits, expected, strict=True)
        ]
    assert found == expected


# --- an issuer who is trusted, and writes what no honest one would


def _element(tag: int, content: bytes) -> bytes:
    """Return a DER element (X.690, section 8.1)."""
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def test_a_certificate_that_two_readers_read_differently_is_refused(
    room: Room, tmp_path: Path
) -> None:
    """An element of no stated length hides the pinned key where a naive reader would find its own.

    BER has such elements (X.690, section 8.1.3.6), DER has not, and OpenSSL reads them all the
    same: the handshake is signed with the attacker's key, and the chain and the name hold.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    attacker = room.cast.proxy.issue(HOST, valid=Validity.days(now - timedelta(days=1), 9))
    point = serialization.PublicFormat.SubjectPublicKeyInfo
    pinned = room.cast.bank.key.public_key().public_bytes(serialization.Encoding.DER, point)
    honest = bytes.fromhex("300a06082a8648ce3d040302")  # ecdsa-with-SHA256
    ends = bytes(4)
    forged = bytes.fromhex("308006082a8648ce3d04030230800500") + pinned + ends
    tbs = _element(0x30, attacker.leaf.tbs_certificate_bytes[4:].replace(honest, forged))
    signer = room.cast.proxy.key
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    signature = signer.sign(tbs, ec.ECDSA(hashes.SHA256()))
    der = _element(0x30, tbs + forged + _element(3, b"\0" + signature))
    assert pinned in der
    key = attacker.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    file = tmp_path / "attacker.pem"
    file.write_bytes(key + ssl.DER_cert_to_PEM_cert(der).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, password=lambda: b"x")
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(20)

        def serve() -> None:
            for _ in RECIPES:
                visitor, _ = door.accept()
                visitor.settimeout(20)
                with (
                    visitor,
                    suppress(OSError),
                    context.wrap_socket(visitor, server_side=True) as tls,
                ):
                    heard.append(tls.recv(1))

        serving = threading.Thread(target=serve)
        serving.start()
        for function in RECIPES:
            before = files()
            with pytest.raises(ssl.SSLError, match="not in DER"):
                function(door.getsockname(), HOST, {str(room.pin)}, trusting(room, room.cast.proxy))
            assert all_given_back(before)
        serving.join(10)
    assert b"".join(heard) == b""
