"""The recipes that learners take home: short, complete, and right about every visitor."""

from __future__ import annotations

import ast
import inspect
import socket
import ssl
import sys
from collections.abc import Iterator

import pytest

from pinlib import key_pin
from pinlib.scenes.cast import HOST, LOGIN
from pinlib.scenes.serving import Room
from pinlib.take_home import recipe
from pinlib.take_home.recipe import connect_pinned, connect_pinned_chain

RECIPES = [connect_pinned]
if sys.version_info >= (3, 13):
    RECIPES.append(connect_pinned_chain)


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
def test_the_bank_is_let_in(room: Room, function: object) -> None:
    """With its pin, alone or beside a backup, and data flows both ways."""
    context = room.trusting(room.cast.root)
    for pins in ({str(room.pin)}, {str(key_pin(room.cast.backup)), str(room.pin)}):
        with function(room.bank.address, HOST, pins, context) as tls:  # type: ignore[operator]
            tls.sendall(LOGIN)
            assert b'"balance"' in b"".join(iter(lambda: tls.recv(1000), b""))


@pytest.mark.parametrize("function", RECIPES)
def test_an_interceptor_who_is_trusted_by_the_machine_gets_no_data(
    room: Room, function: object
) -> None:
    """He sees a finished handshake, no alert, and 0 bytes; the client says why."""
    context = room.trusting(room.cast.root, room.cast.proxy)
    known = len(room.notebook)
    with pytest.raises(ssl.SSLError, match="pin"):
        function(room.middle.address, HOST, {str(room.pin)}, context)  # type: ignore[operator]
    page = room.middle.page_after(known)
    assert page.established
    assert page.alert is None
    assert page.application_bytes == 0


@pytest.mark.parametrize("function", RECIPES)
@pytest.mark.parametrize("host", [HOST, "shop.example"])
def test_a_pin_does_not_replace_the_other_checks(room: Room, function: object, host: str) -> None:
    """An unknown authority or another name is refused by OpenSSL, whatever is pinned."""
    roots = (room.cast.impostor,) if host == HOST else (room.cast.root,)
    with pytest.raises(ssl.SSLCertVerificationError):
        function(room.bank.address, host, {str(room.pin)}, room.trusting(*roots))  # type: ignore[operator]


@pytest.mark.skipif(sys.version_info < (3, 13), reason="the verified chain is public from 3.13 on")
def test_the_second_recipe_takes_any_key_of_the_verified_chain(room: Room) -> None:
    """An intermediate or a root may be pinned; one that was only sent along counts for nothing."""
    context = room.trusting(room.cast.root)
    for one in (room.cast.issuing, room.cast.root):
        pins = {str(key_pin(one.certificate))}
        connect_pinned_chain(room.bank.address, HOST, pins, context).close()
    pins = {str(key_pin(room.cast.proxy.certificate))}
    with pytest.raises(ssl.SSLError, match="no key of the verified chain"):
        connect_pinned_chain(room.bank.address, HOST, pins, context)


def test_refusing_leaves_no_socket_open(room: Room) -> None:
    """Neither where OpenSSL refuses, nor where the pin does; unclosed ones would warn."""
    for roots in ((room.cast.root, room.cast.proxy), (room.cast.root,)):
        with pytest.raises(ssl.SSLError):
            connect_pinned(room.middle.address, HOST, {str(room.pin)}, room.trusting(*roots))
    with socket.socket() as held:  # bound, so that nobody else can listen there, and no more
        held.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            connect_pinned(held.getsockname(), HOST, set())
