"""Real sockets on loopback: the same as in memory, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pinlib import Authority, Device, Event, Identity, Outcome, Strategy, Tls, connect
from pinlib.errors import NotLoopback, Silence
from pinlib.scenes.cast import HOST, LOGIN, TODAY, Cast
from pinlib.tls.certificates import Validity, p256, usual_extensions
from pinlib.tls.devices import Moment
from pinlib.tls.interception import Encounter, Forger, Interceptor, intercept
from pinlib.tls.sockets import Door, MiddleDoor, bank_door, dial, encounter, only_here
from pinlib.tls.web import Bank
from tests.strangers import EDI_PARTY_NAME, SAN, X400_ADDRESS, raw, stranger

pytestmark = pytest.mark.slow  # processes, servers and sockets of their own

ROOT = Path(__file__).parents[2]
CURL = shutil.which("curl")
PROXY = "proxy CA in the device's store"
FACTS = ("outcome", "reason", "match", "alert", "application_bytes")


def in_memory(event: Event, device: object, who: Interceptor) -> Encounter:
    """Let the same people meet without sockets."""
    return intercept(
        *(device, who, event.cast.bank, HOST, event.date),  # type: ignore[arg-type]
        request=LOGIN,
        application=Bank(),
    )


@pytest.mark.parametrize("moment", Moment)
def test_both_drivers_agree(cast: Cast, tls: Tls, moment: Moment) -> None:
    """Every attack, pinned and not: outcome, reason, pin, alert, bytes and captured text."""
    attacks = [event for event in cast.events.values() if not event.honest]
    with bank_door(cast.bank) as vault:
        for event in attacks:
            who = Interceptor(lambda _, event=event: event.identity)
            with MiddleDoor(who, vault.address) as middle:
                for strategy in (Strategy.NONE, Strategy.LEAF_KEY):
                    device = replace(event.device(strategy, tls), moment=moment)
                    wired = encounter(device, middle, HOST, event.date, request=LOGIN)
                    told = in_memory(event, device, who)
                    for fact in FACTS:
                        seen = getattr(wired.verdict, fact), getattr(told.verdict, fact)
                        assert seen[0] == seen[1], (event.name, strategy, fact)
                    theirs = replace(wired.page, victim="")
                    if moment is Moment.LATE:  # the bank's answer and the victim's goodbye race
                        theirs = replace(theirs, reply=b"", passed_on=b"")
                        told = replace(told, page=replace(told.page, reply=b"", passed_on=b""))
                    assert theirs == told.page, event.name
                    assert wired.heard == told.heard


def test_a_phone_reaches_its_bank(cast: Cast, tls: Tls) -> None:
    """With nobody in the middle, over a real socket, its pin matched."""
    device = cast.events["initial"].device(Strategy.LEAF_KEY, tls)
    with bank_door(cast.bank) as vault:
        phone = dial(device, vault.address, HOST, TODAY, request=LOGIN)
    assert phone.verdict.connected
    assert phone.verdict.match is not None
    assert b'"balance": 1250' in phone.received


@pytest.mark.parametrize("san", [X400_ADDRESS, EDI_PARTY_NAME])
def test_a_name_that_cannot_be_read_is_a_refusal(cast: Cast, tls: Tls, san: bytes) -> None:
    """A server of anybody's may show one: the phone says so, and hangs up."""
    peer = stranger(cast.issuing, Validity.days(TODAY, 9), raw(SAN, san))
    with bank_door(peer) as vault:
        phone = dial(replace(cast.phone, tls=tls), vault.address, "shop.example", TODAY)
    assert phone.verdict.outcome is Outcome.REFUSED_BY_NAME


def test_fifty_victims_at_once_have_a_page_each(cast: Cast) -> None:
    """Each page holds its own victim's password, and nobody else's."""
    event = cast.events[PROXY]
    who = Interceptor(Forger(cast.proxy, Validity.days(TODAY, 9)))
    passwords = [secrets.token_hex(12).encode() for _ in range(50)]

    with bank_door(cast.bank) as vault, MiddleDoor(who, vault.address) as middle:

        def fall_for_it(password: bytes) -> Encounter:
            request = LOGIN.replace(b"hunter22", password).replace(b": 28", b": 44")
            return encounter(event.device(), middle, HOST, TODAY, request=request)

        with ThreadPoolExecutor(50) as crowd:
            told = list(crowd.map(fall_for_it, passwords))
    for password, one in zip(passwords, told, strict=True):
        assert one.verdict.connected
        assert one.page.request.endswith(b"password=" + password)
        assert b'"balance"' in one.heard
    assert len(who.pages) == 50


def test_a_port_that_comes_again_has_a_new_page(cast: Cast) -> None:
    """Ports are lent anew, so a page of an earlier caller from there is not this victim's."""
    event = cast.events[PROXY]
    who = Interceptor(Forger(cast.proxy, Validity.days(TODAY, 9)))
    with bank_door(cast.bank) as vault, MiddleDoor(who, vault.address) as middle:
        read = encounter(event.device(), middle, HOST, TODAY, request=LOGIN).page
        who.pages += [replace(read, victim=f"port {port}") for port in range(1024, 1 << 16)]
        pinned = encounter(event.device(Strategy.LEAF_KEY), middle, HOST, TODAY, request=LOGIN)
    assert read.application_bytes == len(LOGIN)
    assert pinned.page.application_bytes == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "10.0.0.1", "::", "bank.example", ""])  # noqa: S104
def test_nothing_beyond_this_machine(cast: Cast, host: str) -> None:
    """Neither bound, nor called, nor relayed to: the error says why."""
    who = Interceptor(Forger(cast.proxy, Validity.days(TODAY, 9)))
    attempts = (
        lambda: only_here(host),
        lambda: Door(lambda *_: None, host=host),  # type: ignore[arg-type,return-value]
        lambda: MiddleDoor(who, (host, 443)),
        lambda: dial(cast.phone, (host, 443), HOST, TODAY),
    )
    for attempt in attempts:
        with pytest.raises(NotLoopback, match="stays on loopback"):
            attempt()


def test_a_silent_peer_cannot_hang_a_notebook(cast: Cast) -> None:
    """A deadline, and a sentence: for a phone that waits, and for a page that never comes."""
    told = pytest.raises(Silence, match=r"said nothing for 0\.2 seconds")
    with socket.create_server(("127.0.0.1", 0)) as mute, told:
        dial(cast.phone, mute.getsockname(), HOST, TODAY, patience=0.2)
    who = Interceptor(Forger(cast.proxy, Validity.days(TODAY, 9)))
    with (
        bank_door(cast.bank) as vault,
        MiddleDoor(who, vault.address) as middle,
        pytest.raises(Silence),
    ):
        middle.page_after(0, 0.1, victim="port 1")


def test_a_silent_victim_is_hung_up_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is a bank's visitor who says nothing: nobody is waited for without end."""
    monkeypatch.setattr("pinlib.tls.sockets.PATIENCE", 0.2)
    with bank_door(cast.bank) as vault, socket.create_connection(vault.address, 60) as mute:
        assert mute.recv(1) == b""


def test_a_bank_that_is_not_there_is_an_error(cast: Cast) -> None:
    """Nobody listens: the phone says so, and the man in the middle lets his victim go."""
    event = cast.events[PROXY]
    who = Interceptor(Forger(cast.proxy, Validity.days(TODAY, 9)))
    with socket.socket() as held:  # bound, so that nobody else can listen there, and no more
        held.bind(("127.0.0.1", 0))
        address = held.getsockname()
        with pytest.raises(ConnectionRefusedError):
            dial(cast.phone, address, HOST, TODAY)
        with MiddleDoor(who, address) as middle:
            told = encounter(event.device(), middle, HOST, TODAY, request=LOGIN)
    assert told.page.established
    assert told.heard == b""


def test_a_port_that_is_taken_is_an_error(cast: Cast) -> None:
    """Two doors cannot have one number; the first is not disturbed."""
    with bank_door(cast.bank) as vault:
        with pytest.raises(OSError, match=r"[Aa]ddress already in use|10048"):
            bank_door(cast.bank, port=vault.port)
        assert dial(cast.phone, vault.address, HOST, TODAY, request=LOGIN).verdict.connected


def _left() -> tuple[int, int, int, int]:
    process = psutil.Process()
    mine, files = process.num_threads(), process.num_fds()
    return mine, threading.active_count(), files, len(process.net_connections())


def _nothing_more_than(before: tuple[int, int, int, int], slack: int = 0) -> bool:
    """Whether nothing is left; a thread that has said goodbye needs a moment to go."""
    deadline = time.monotonic() + 60
    while _more_than(before, slack) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not _more_than(before, slack)


def _more_than(before: tuple[int, int, int, int], slack: int) -> bool:
    return any(now > then + slack for now, then in zip(_left(), before, strict=True))


def test_two_hundred_doors_leave_nothing_open(cast: Cast) -> None:
    """No thread, no file, no socket: also where the `with` ends in an exception."""
    with bank_door(cast.bank):
        pass
    before = _left()
    for turn in range(200):
        with suppress(ZeroDivisionError), bank_door(cast.bank) as vault:
            socket.create_connection(vault.address, 60).close()
            assert turn / (turn % 2)
        with pytest.raises(ConnectionRefusedError):  # closed means now
            socket.create_connection(vault.address, 60)
    assert _nothing_more_than(before)


def _anyone() -> ssl.SSLContext:
    """Return a client of Python's own that checks nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _heard(address: tuple[str, int], said: bytes) -> bytes:
    """Say something to a server; return all that it says until it hangs up."""
    with (
        socket.create_connection(address, 10) as plain,
        _anyone().wrap_socket(plain, server_hostname=HOST) as tls,
    ):
        tls.sendall(said)
        with suppress(ssl.SSLEOFError, ConnectionResetError):
            return b"".join(iter(lambda: tls.recv(1000), b""))
    return b""


def test_a_broken_request_leaves_nothing_open(cast: Cast) -> None:
    """A HEAD with a body that is no body: an answer without one, and the connection is closed."""
    said = b"HEAD / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n"
    with bank_door(cast.bank) as vault:
        answers = {_heard(vault.address, said)}
        before = _left()
        answers |= {_heard(vault.address, said) for _ in range(10)}
        assert _nothing_more_than(before, slack=5)  # one that leaks costs ten
    (answer,) = answers
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.endswith(b"\r\n\r\n")


def test_an_application_that_fails_leaves_nothing_open(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    """Its visitor is hung up on, the next is served, and the error is told."""

    def fails(_: bytes) -> bytes:
        raise ZeroDivisionError("an application's own")

    with bank_door(cast.bank, lambda: fails) as vault:
        assert _heard(vault.address, b"hello") == b""
        before = _left()
        for _ in range(10):
            assert _heard(vault.address, b"hello") == b""
        assert _nothing_more_than(before, slack=5)  # one that leaks costs ten
    gc.collect()  # a task tells its error when it goes
    assert "an application's own" in caplog.text


def test_a_door_that_nobody_holds_is_closed(cast: Cast) -> None:
    """An interruption may come before the `with`: then nobody can close it by hand."""
    before = _left()
    bank_door(cast.bank)
    assert _nothing_more_than(before)


def test_a_victim_in_the_doorway_does_not_keep_it_open(cast: Cast) -> None:
    """Whoever is in the middle of something is hung up on."""
    who = Interceptor(Forger(cast.proxy, Validity.days(TODAY, 9)))
    with bank_door(cast.bank) as vault, MiddleDoor(who, vault.address) as middle:
        mute = [socket.create_connection(door.address, 60) for door in (vault, middle)]
    for one in mute:
        with one, suppress(ConnectionResetError):
            assert one.recv(1) == b""


@contextmanager
def _nobody_sweeps() -> Iterator[None]:
    """Let nothing be closed by the garbage collector: what is forgotten stays open, and is seen."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_a_visitor_who_does_not_read_does_not_keep_it_open() -> None:
    """What waits to be sent to him is dropped, and so is he: nothing of him is left."""

    async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(1 << 24))  # more than any two sockets hold
        await writer.drain()

    with _nobody_sweeps():
        before = _left()
        door = Door(pour)
        with socket.create_connection(door.address, 10) as deaf:
            assert deaf.recv(1)
            door.close()
            assert _ends(deaf)
        assert _nothing_more_than(before)


def _ends(visitor: socket.socket) -> bool:
    """Whether a visitor is hung up on, or thrown out, before he has waited long."""
    visitor.settimeout(5)
    try:
        while visitor.recv(1 << 20):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


def _alone(script: str) -> str:
    """Run a script in a Python of its own, which has to end well; return what it says."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


INTERRUPTED = """
    import signal, sys, threading, time
    import psutil
    from pinlib.scenes.cast import HOST, LOGIN, TODAY, story
    from pinlib.tls.certificates import Validity
    from pinlib.tls.interception import Forger, Interceptor
    from pinlib.tls.sockets import MiddleDoor, bank_door, encounter

    cast = story()
    device = cast.events["proxy CA in the device's store"].device()
    forger = Forger(cast.proxy, Validity.days(TODAY, 9))

    def session():
        who = Interceptor(forger)
        with bank_door(cast.bank) as vault, MiddleDoor(who, vault.address) as middle:
            encounter(device, middle, HOST, TODAY, request=LOGIN)

    process = psutil.Process()
    left = lambda: (process.num_fds(), process.num_threads(), threading.active_count())
    calm = process.num_threads()  # numpy has some of its own
    session()  # the first of all opens files for good, such as the one for random numbers
    while process.num_threads() > calm:
        time.sleep(0.001)
    before = left()

    def timed():
        began = time.perf_counter()
        session()
        return time.perf_counter() - began

    whole = min(timed() for _ in range(10))  # the busier the machine, the more are struck
    armed, stopped = False, 0

    def strike(*_):
        if armed:
            raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, strike)
    for turn in range(200):
        signal.setitimer(signal.ITIMER_REAL, whole * (turn % 50 + 1) / 50)
        try:
            armed = True
            session()
            armed = False
        except KeyboardInterrupt:
            armed = False
            stopped += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    deadline = time.monotonic() + 60  # a thread that has said goodbye needs a moment to go
    while left() != before and time.monotonic() < deadline:
        time.sleep(0.01)
    print(stopped, before, left())
    sys.exit(left() != before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that interrupts")
def test_two_hundred_interruptions_leave_nothing_open() -> None:
    """Ctrl-C at any moment, from before the first door to after the last: all is cleaned up."""
    said = _alone(INTERRUPTED)
    assert int(said.split()[0]) > 50, said


SCARCE = """
    import resource
    from pinlib.scenes.cast import story
    from pinlib.tls.sockets import bank_door

    cast, refused = story(), 0
    for files in range(39, 3, -1):  # downwards, for a loop that could not be made may leak
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, 64))
        try:
            bank_door(cast.bank).close()
        except OSError:
            refused += 1
    print(refused)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on files to set")
def test_a_machine_without_files_is_an_error_and_no_hang() -> None:
    """However few are left, from none to enough: a door opens, or OSError."""
    assert 0 < int(_alone(SCARCE)) < 36


def test_a_client_that_we_did_not_write_is_served(cast: Cast) -> None:
    """Python's own ssl, which knows nothing of us: fooled or not, by its own checks."""
    who = Interceptor(Forger(cast.proxy, Validity.days(TODAY, 9)))
    with bank_door(cast.bank) as vault, MiddleDoor(who, vault.address) as middle:
        heard = _heard(middle.address, LOGIN)
    assert b'"balance": 1250' in heard
    assert who.pages[0].request == LOGIN


@pytest.mark.skipif(
    CURL is None and not os.environ.get("CI"), reason="no curl here: its opinion is not asked"
)
@pytest.mark.parametrize(
    "named",
    ["bank.example", "my_host.example", "bank.example.", "*.bank.example"],
    ids=["plain", "underscore", "dot", "wildcard"],
)
def test_curl_takes_a_dot_and_an_underscore_as_we_do(named: str, tmp_path: Path) -> None:
    """A last dot in what is asked for or in the certificate, an underscore, a wildcard over it."""
    now = datetime.now(UTC).replace(microsecond=0)
    valid = Validity.days(now - timedelta(days=1), 30)
    root = Authority.root("Root", valid=valid)
    key, name = p256(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    public = key.public_key()
    builder = x509.CertificateBuilder(
        root.certificate.subject, name, public, 7, valid.starts, valid.ends
    ).add_extension(x509.SubjectAlternativeName([x509.DNSName(named)]), critical=False)
    for extension, critical in usual_extensions(public, root.key.public_key(), authority=False):
        builder = builder.add_extension(extension, critical)
    server = Identity((builder.sign(root.key, SHA256()),), key)
    phone, roots = Device("phone", (root.certificate,)), tmp_path / "roots.pem"
    roots.write_bytes(root.certificate.public_bytes(Encoding.PEM))
    hosts = ["bank.example", "bank.example.", "my_host.example", "my_host.example."]
    for host in (*hosts, "my_host.bank.example", "my_host.bank.example."):
        with bank_door(server) as door:
            here = f"{door.port}:127.0.0.1"
            found = ("--resolve", f"{host}:{here}", "--resolve", f"{host.rstrip('.')}:{here}")
            command = [str(CURL), "-s", *found, "--cacert", str(roots)]
            said = subprocess.run([*command, f"https://{host}:{door.port}/"], capture_output=True)
        assert said.returncode in (0, 60), said
        assert connect(phone, server, host, now).connected == (said.returncode == 0), host
