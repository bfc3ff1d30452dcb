"""Contexts, keys on their way in, secrets on their way out."""

from __future__ import annotations

import os
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pinlib import Cast, Connection, Mode, Server, Strategy, Tls, connect, engine_mode
from pinlib.scenes.cast import HOST, TODAY
from pinlib.tls import openssl
from pinlib.tls.certificates import Validity, ed25519_key, rsa2048
from pinlib.tls.handshake import talk
from pinlib.tls.openssl import KeyLog, server_context

ROOT = Path(__file__).parents[2]


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a temporary folder that nobody else writes into."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next connection set up a client of its own."""
    monkeypatch.setattr(openssl, "_clients", {})


def watch_loading(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, bytes, int]]:
    """Read along what OpenSSL is given to read."""
    seen = []

    load = ssl.SSLContext.load_cert_chain

    def watched(self: ssl.SSLContext, certfile: Any, *args: Any, **more: Any) -> None:
        file = Path(certfile)
        seen.append((file, file.read_bytes(), stat.S_IMODE(file.parent.stat().st_mode)))
        load(self, certfile, *args, **more)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watched)
    return seen


@pytest.mark.parametrize("copied", [False, True])
def test_no_readable_private_key_lies_on_the_disk(
    cast: Cast, temp: Path, monkeypatch: pytest.MonkeyPatch, copied: bool
) -> None:
    """What OpenSSL reads is encrypted, in a folder of its owner's alone, and gone afterwards."""
    seen = watch_loading(monkeypatch)
    server_context.__wrapped__(cast.bank.copied() if copied else cast.bank)
    ((file, written, mode),) = seen
    assert temp in file.parents
    assert written.count(b"PRIVATE KEY-----") == 2
    with pytest.raises((TypeError, ValueError)):
        load_pem_private_key(written, password=None)
    assert b"ENCRYPTED" in written
    assert os.name != "posix" or mode == 0o700
    assert list(temp.iterdir()) == []


def test_every_key_is_sealed_under_another_password(cast: Cast, temp: Path) -> None:
    """The password is random and lives in memory only."""
    identity = cast.issuing.issue(HOST, valid=Validity.of(cast.bank.leaf), key=rsa2048)
    one, other = openssl._sealed(identity.key, "one"), openssl._sealed(identity.key, "other")
    assert one != other
    for sealed in (one, openssl._sealed(ed25519_key(), "one")):
        assert b"ENCRYPTED" in sealed
        with pytest.raises(TypeError, match="encrypted"):
            load_pem_private_key(sealed, password=None)
        assert load_pem_private_key(sealed, b"one")
    assert list(temp.iterdir()) == []


def test_only_a_p256_certificate_can_be_copied(cast: Cast) -> None:
    """The trick of the copied certificate is about one curve, and says so."""
    rsa = cast.issuing.issue(HOST, valid=Validity.of(cast.bank.leaf), key=rsa2048)
    with pytest.raises(ValueError, match="only a P-256"):
        server_context(rsa.copied())


@pytest.mark.usefixtures("fresh")
@pytest.mark.skipif(os.name != "posix", reason="an open file keeps its name elsewhere")
def test_the_key_log_has_no_name(cast: Cast, temp: Path) -> None:
    """On POSIX the key log is read by its descriptor, and lies in no folder."""
    assert cast.events["initial"].verdict().presented
    assert list(temp.iterdir()) == []


def secrets_of_a_handshake(cast: Cast, context: ssl.SSLContext) -> bytes:
    """Shake hands under a context, and return the ClientHello's random."""
    server = Server(cast.bank)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=HOST)
    random = b""
    for _ in range(3):
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        if said := outgoing.read():
            random = random or said[11:43]
            server.receive(said)
        incoming.write(server.send())
    return random


def careless() -> ssl.SSLContext:
    """Return a client context that asks nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.parametrize("unlinked", [True, False])
def test_secrets_are_looked_up_by_their_own_hello(cast: Cast, temp: Path, unlinked: bool) -> None:
    """Many handshakes share the log; each finds its own secrets, and a stranger finds none."""
    if unlinked and os.name != "posix":
        pytest.skip("an open file keeps its name here")
    context = careless()
    log = KeyLog(context, unlinked=unlinked)
    randoms = [secrets_of_a_handshake(cast, context) for _ in range(3)]
    found = [log.secrets(random, 0) for random in randoms]
    assert len({one["CLIENT_HANDSHAKE_TRAFFIC_SECRET"] for one in found}) == 3
    assert log.secrets(bytes(32), 0) == {}
    assert log.secrets(randoms[0], log.size) == {}
    assert bool(list(temp.iterdir())) == (not unlinked)
    log.close()
    assert list(temp.iterdir()) == []


def test_a_forgotten_log_closes_itself(temp: Path) -> None:
    """A log that nobody holds any more leaves neither a file nor a folder."""
    log = KeyLog(careless(), unlinked=False)
    assert list(temp.iterdir())
    del log
    assert list(temp.iterdir()) == []


@pytest.mark.usefixtures("fresh")
def test_a_full_log_is_replaced(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log does not grow without end, and a connection under way keeps the one it began with."""
    monkeypatch.setattr(openssl, "_FULL", 2)
    first = openssl.client(Tls.V1_3)
    waiting = Connection(cast.phone, HOST, TODAY)
    for _ in range(10):
        verdict = cast.events["initial"].verdict(Strategy.LEAF_KEY)
        assert verdict.connected
        assert all(m.detail != "not opened on this Python" for m in verdict.timeline)
    assert openssl.client(Tls.V1_3) is not first
    talk(waiting, Server(cast.bank))
    assert "Certificate" in [m.name for m in waiting.verdict.timeline]


def test_fifty_threads_miss_no_secret(cast: Cast) -> None:
    """Fifty connections at once, and every one of them is opened."""
    closed, gate = [], threading.Barrier(50)

    def work() -> None:
        gate.wait()
        for _ in range(4):
            names = [m.name for m in connect(cast.phone, cast.bank, HOST, TODAY).timeline]
            if names.count("Finished") != 2:
                closed.append(names)

    threads = [threading.Thread(target=work) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert closed == []


def test_one_client_context_serves_everybody(cast: Cast) -> None:
    """Roots and pins never reach OpenSSL, so there is one client per version, and no tickets."""
    for tls in Tls:
        client = openssl.client(tls)
        cast.events["initial"].verdict(Strategy.ROOT_KEY, tls)
        assert openssl.client(tls) is client
        assert client.context.options & ssl.OP_NO_TICKET
    server = server_context(cast.bank)
    assert server.num_tickets == 0
    assert server_context(cast.bank) is server
    assert server_context.cache_info().maxsize == 64


# --- the probe


PROBED = """
import os, ssl, sys
from pathlib import Path
sys.executable = os.environ.get("PROBED_WITH", sys.executable)
sys.prefix = os.environ.get("PREFIX", sys.prefix)
sys.base_prefix = os.environ.get("BASE", sys.base_prefix)
import pinlib.tls.openssl
print(pinlib.tls.openssl.engine_mode().name)
"""


def probe(**environment: str) -> str:
    """Return the mode that a new process finds."""
    kept = {k: v for k, v in os.environ.items() if k != "PINLIB_ENGINE"}
    done = subprocess.run(
        [sys.executable, "-c", PROBED],
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


KNOWN = f"{sys.version} {ssl.OPENSSL_VERSION}"


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for a dying Python is a shell script")
@pytest.mark.parametrize("dies", ["exit 1", "kill -9 $$", None])
def test_a_python_that_dies_of_the_key_log_works_without(tmp_path: Path, dies: str | None) -> None:
    """The probe's death, of whatever kind, is not ours; and it is not remembered as survival."""
    fake = tmp_path / "python"
    if dies:
        fake.write_text(f"#!/bin/sh\n{dies}\n", encoding="utf-8")
        fake.chmod(0o755)
    assert probe(PROBED_WITH=str(fake), PREFIX=str(tmp_path), BASE="elsewhere") == "HEADERS"
    assert not (tmp_path / "pinlib-keylog-survived.txt").exists()


@pytest.mark.slow
def test_survival_is_remembered_for_this_very_python(tmp_path: Path) -> None:
    """A virtual environment remembers what its Python and OpenSSL survived, and no other's."""
    memory, gone = tmp_path / "pinlib-keylog-survived.txt", str(tmp_path / "no-such-python")
    assert probe(PREFIX=str(tmp_path), BASE="elsewhere") == "OPENED"
    assert memory.read_text(encoding="utf-8") == KNOWN
    assert probe(PROBED_WITH=gone, PREFIX=str(tmp_path), BASE="elsewhere") == "OPENED"
    memory.write_bytes(b"\xff another Python")
    assert probe(PROBED_WITH=gone, PREFIX=str(tmp_path), BASE="elsewhere") == "HEADERS"


def test_outside_a_virtual_environment_nothing_is_written(tmp_path: Path) -> None:
    """The system's own Python is left as it is."""
    assert probe(PREFIX=str(tmp_path), BASE=str(tmp_path)) == "OPENED"
    assert list(tmp_path.iterdir()) == []


def test_the_lesser_mode_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """PINLIB_ENGINE=headers shows what a learner on such a Python sees."""
    monkeypatch.setenv("PINLIB_ENGINE", "headers")
    assert engine_mode() is Mode.HEADERS
    assert openssl.client(Tls.V1_3).keylog is None
