"""What all tests share: the story's cast, and the guard that nothing leaves this machine."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, settings

from pinlib.scenes.cast import Cast, story
from pinlib.tls.openssl import Tls

# The same examples on every machine, and no failure because a machine is slow.
settings.register_profile(
    "workshop",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("workshop")


class LeftTheMachine(Exception):
    """Something reached for an address that is not loopback."""


_reached_for: list[str] = []


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "localhost"):
        return True
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _watch(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    elif event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"):
        if not isinstance(args[1], tuple):
            return  # a Unix socket, or one that is connected already
        host = args[1][0]
    else:
        return
    if not _is_loopback(host):
        _reached_for.append(f"{event} {host!r}")
        raise LeftTheMachine(_reached_for[-1])


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def reached_for() -> Iterator[list[str]]:
    """Fail the test that reached for the network, even where the code swallowed the exception."""
    _reached_for.clear()
    yield _reached_for
    assert not _reached_for, f"a test left the machine: {_reached_for}"


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> None:
    """Let our children hear Ctrl-C, however the run was started.

    A shell starts what it runs in the background (`command &`) with SIGINT ignored, and what is
    ignored, unlike what is handled, is handed on to every child.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Make ids that a person can type again, and that are the same in every process.

    A text shows the characters that mean nothing to a shell.  A long one, which may be a key of
    this very run, and a lambda, which has no name, are called after their argument.
    """
    if isinstance(val, bytes):
        val = val.decode("ascii", "backslashreplace")
    if isinstance(val, str):
        shown = re.sub(r"[^\w .,:/=+@-]+", "_", val, flags=re.ASCII).strip(" _")
        return shown if len(shown) <= 60 else argname
    return argname if getattr(val, "__name__", "") == "<lambda>" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take the browser's tests last: from the first of them on Playwright keeps a loop running.

    A panel that finds a loop around it draws in slices, and waits for somebody to turn it.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def cast() -> Cast:
    """Return the people of the story."""
    return story()


@pytest.fixture(params=Tls, ids=lambda tls: tls.value)
def tls(request: pytest.FixtureRequest) -> Tls:
    """Give both versions of TLS, one after the other."""
    version: Tls = request.param
    return version


@pytest.fixture(params=["opened", "headers"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Work in both of the engine's modes, one after the other."""
    if request.param == "headers":
        monkeypatch.setenv("PINLIB_ENGINE", "headers")
    else:
        monkeypatch.delenv("PINLIB_ENGINE", raising=False)
    return str(request.param)
