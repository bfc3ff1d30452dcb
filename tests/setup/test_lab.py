"""JupyterLab as the workshop starts it, on a machine that somebody else has configured."""

from __future__ import annotations

import asyncio
import json
import os
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import zmq
from jupyter_client.manager import KernelManager, start_new_kernel
from tornado.websocket import WebSocketClientConnection, websocket_connect

from pinlib.setup.lab import on_trial
from tests.setup.test_doctor import visit

pytestmark = pytest.mark.slow  # processes, servers and sockets of their own

OPEN_DOORS = {
    "IdentityProvider": {"token": ""},
    "PasswordIdentityProvider": {"hashed_password": "", "password_required": False},
    "ServerApp": {
        "token": "",
        "password": "",
        "ip": "0.0.0.0",  # noqa: S104 - what must not come about
        "allow_remote_access": True,
        "allow_origin": "*",
        "disable_check_xsrf": True,
        "base_url": "/elsewhere/",
        "identity_provider_class": "jupyter_server.auth.identity.PasswordIdentityProvider",
    },
    "LabApp": {"extension_manager": "pypi", "news_url": "https://news.invalid"},
    "KernelManager": {"transport_encryption": "disabled"},
}


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Configure Jupyter for the whole machine, as an administrator in a hurry does it."""
    folder = tmp_path_factory.mktemp("foreign")
    for name in ("jupyter_config", "jupyter_server_config", "jupyter_lab_config"):
        (folder / f"{name}.json").write_text(json.dumps(OPEN_DOORS), encoding="utf-8")
    private = folder / "private"
    private.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_CONFIG_PATH", str(folder))
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(private / name.lower()))
        yield folder


@pytest.fixture(scope="module")
def lab(foreign: Path) -> Iterator[tuple[str, str]]:
    """Start it there."""
    with on_trial(f"--ServerApp.root_dir={foreign}") as place:
        yield place


def status(address: str, **headers: str) -> int:
    """Return what a request is answered with."""
    try:
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


def test_no_foreign_configuration_opens_the_door(lab: tuple[str, str], foreign: Path) -> None:
    """Without the token, or with a wrong one, nobody gets in; nobody outside can even try."""
    address, token = lab
    assert address.startswith("http://127.0.0.1:")
    assert status(f"{address}api/contents") == 403
    assert status(f"{address}api/contents?token=") == 403
    assert status(f"{address}api/contents?token=wrong") == 403
    assert status(f"{address}api/contents", Authorization=f"token {token}") == 200
    (server,) = (one for one in psutil.Process().children() if "pinlib.setup.lab" in one.cmdline())
    listening = {it.laddr.ip for it in server.net_connections() if it.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}


def test_nobody_else_on_the_machine_can_read_the_token(lab: tuple[str, str], foreign: Path) -> None:
    """It is on no command line, where `ps` shows it to all, and in no file that others may open."""
    _, token = lab
    assert not any(token in " ".join(psutil.Process(pid).cmdline()) for pid in family())
    files = [path for path in (foreign / "private").rglob("*") if path.is_file()]
    holding = [path for path in files if token.encode() in path.read_bytes()]
    assert holding, "nothing was looked at"
    for path in holding:
        ways = [path, *path.parents]
        assert any(way.stat().st_mode & 0o077 == 0 for way in ways if foreign in way.parents), path


def family() -> list[int]:
    """Return our process and all below it."""
    return [os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))]


@pytest.mark.slow
def test_the_doctor_asks_without_the_token(foreign: Path) -> None:
    """It starts the server as the workshop does, and says how both requests were answered."""
    said = visit()
    assert said.returncode == 0, said.stdout
    assert "✓ token         JupyterLab answers 403 without it, 200 with it" in said.stdout


def settings(address: str, token: str) -> dict[str, Any]:
    """Read off the page what it was told by the server."""
    with urllib.request.urlopen(f"{address}lab?token={token}", timeout=60) as answer:  # noqa: S310 - loopback
        page = answer.read().decode()
    start = page.index('type="application/json">') + len('type="application/json">')
    return dict(json.loads(page[start : page.index("</script>", start)]))


def test_no_foreign_configuration_brings_news_or_extensions(lab: tuple[str, str]) -> None:
    """The page has no extension manager that installs, and asks for no news."""
    told = settings(*lab)
    assert told["news"] == {"disabled": True}
    assert told["extensionManager"]["can_install"] is False


# --- Between server and kernel ------------------------------------------------------------------


def overheard(connection: Path, speak: Callable[[], object]) -> bool:
    """Subscribe, as any user of the machine may, to what a kernel publishes; then let it speak."""
    port = json.loads(connection.read_text(encoding="utf-8"))["iopub_port"]
    with zmq.Context() as context, context.socket(zmq.SUB) as eavesdropper:
        eavesdropper.linger = 0
        eavesdropper.subscribe(b"")
        eavesdropper.connect(f"tcp://127.0.0.1:{port}")
        eavesdropper.poll(1000)  # until it is connected; a plain one hears something of a start
        speak()
        while eavesdropper.poll(1000):
            if b"my password" in b"".join(eavesdropper.recv_multipart()):
                return True
    return False


@pytest.mark.slow
def test_an_unencrypted_kernel_is_overheard(foreign: Path) -> None:
    """What the next test rules out does happen: every loopback port is open to every user."""
    manager, client = start_new_kernel(transport_encryption="disabled")
    try:
        assert isinstance(manager, KernelManager)
        file = Path(manager.connection_file)
        assert overheard(file, lambda: client.execute_interactive("'my password'", timeout=60))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.slow
def test_what_a_kernel_says_is_not_overheard(lab: tuple[str, str], foreign: Path) -> None:
    """Nor does a machine-wide configuration that forbids the encryption change it."""
    kernel = new_kernel(*lab)
    file = foreign / "private" / "jupyter_runtime_dir" / f"kernel-{kernel}.json"
    told = []
    assert not overheard(file, lambda: told.append(asyncio.run(first_cell(*lab, kernel))))
    assert "my password" in told[0]
    assert file.stat().st_mode & 0o077 == 0  # the keys are in there


def ask(method: str, address: str) -> Any:
    """Send a request to the server's own interface."""
    body = b'{"name": "python3"}' if method == "POST" else None
    request = urllib.request.Request(address, data=body, method=method)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
        return json.loads(answer.read() or b"null")


def new_kernel(address: str, token: str) -> str:
    """Start a kernel as a page does."""
    return str(ask("POST", f"{address}api/kernels?token={token}")["id"])


async def first_cell(address: str, token: str, kernel: str) -> str:
    """Run a cell the instant the websocket opens, and return all that it printed."""
    session = uuid.uuid4().hex
    place = f"{address.replace('http', 'ws', 1)}api/kernels/{kernel}/channels"
    socket = await websocket_connect(f"{place}?session_id={session}&token={token}")
    try:
        code = {"code": "print('my password')", "silent": False, "store_history": True}
        return await asyncio.wait_for(output(socket, session, code), 60)
    finally:
        socket.close()
        while await socket.read_message() is not None:
            pass


async def output(socket: WebSocketClientConnection, session: str, cell: dict[str, Any]) -> str:
    """Collect what a cell prints until its kernel is idle again."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": session}
    header |= {"username": "", "version": "5.3", "date": ""}
    request = {"header": header, "parent_header": {}, "metadata": {}, "content": cell}
    await socket.write_message(json.dumps({**request, "channel": "shell", "buffers": []}))
    printed = ""
    while True:
        message = json.loads(await socket.read_message() or "{}")
        if message["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        content = message["content"]
        if message["msg_type"] == "stream":
            printed += content["text"]
        if message["msg_type"] == "status" and content["execution_state"] == "idle":
            return printed


@pytest.mark.slow
def test_twenty_starts_lose_no_output(lab: tuple[str, str]) -> None:
    """The keys are exchanged before the first cell runs, however soon it is sent."""
    address, token = lab
    for start in range(20):
        kernel = new_kernel(address, token)
        assert asyncio.run(first_cell(address, token, kernel)) == "my password\n", f"start {start}"
        ask("DELETE", f"{address}api/kernels/{kernel}?token={token}")
