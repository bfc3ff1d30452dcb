"""The recipes that learners take home: short, complete, and right about every visitor."""

from __future__ import annotations

import ast
import inspect
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from pinlib import key_pin
from pinlib.scenes.cast import HOST, LOGIN
from pinlib.scenes.serving import Room
from pinlib.take_home import recipe
from pinlib.take_home.recipe import connect_pinned, connect_pinned_chain
from pinlib.tls.certificates import Authority

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
    context = room.trusting(*roots)
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
    """At most 25 lines, and no import of this package: whoever copies it has all of it."""
    assert len(inspect.getsource(function).splitlines()) <= 25  # type: ignore[arg-type]
    for node in ast.walk(ast.parse(inspect.getsource(recipe))):
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None
            assert not node.module.startswith("pinlib")


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
        function(address, HOST, set())
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
    with socket.create_server(("127.0.0.1", 0)) as mute:
        before = files()
        with pytest.raises(error) as refused:
            function(mute.getsockname(), "", set(), kind(ssl.PROTOCOL_TLS_CLIENT))
        assert files() == before
        visitor, _ = mute.accept()
        with visitor:
            visitor.settimeout(5)
            assert visitor.recv(1) == b""
        assert refused.value.__traceback__ is not None
