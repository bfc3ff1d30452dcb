"""The same ends over real sockets: a bank, a man in the middle and a phone, on loopback only.

No logic of theirs is here: bytes that arrive are fed to the objects of `ends`, `interception` and
`handshake`, and what they return is sent.  One thread serves all visitors of a `Door`, and ends
with its `with`.  Nothing binds, connects or relays beyond this machine: whoever wants to intercept
a stranger's connections will have to write that himself, and shall not learn it here.
"""

from __future__ import annotations

import _thread
import asyncio
import socket
import weakref
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from datetime import datetime
from ipaddress import ip_address
from math import inf
from types import TracebackType
from typing import Self

from pinlib.errors import NotLoopback, Silence
from pinlib.tls.certificates import Identity
from pinlib.tls.devices import Device
from pinlib.tls.endpoints import Application, Server
from pinlib.tls.handshake import Connection
from pinlib.tls.interception import Encounter, Interception, Interceptor, Page
from pinlib.tls.web import Bank

LOOPBACK = "127.0.0.1"
PATIENCE = 10.0
"""Seconds that a peer may stay silent before it is hung up on."""

_CHUNK = 1 << 16
_BLINK, _LOOK_EVERY = 0.0005, 0.02  # seconds between two looks: at a thread, into a notebook

Visit = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def only_here(host: str) -> str:
    """Return a loopback address, or raise NotLoopback: nothing else is bound or connected to."""
    with suppress(ValueError):
        if ip_address(host).is_loopback:
            return host
    raise NotLoopback(host)


class Door:
    """Somebody who answers on a port of this machine, until the `with` ends.

    `port` is 0 for a free one.  Raises NotLoopback, and OSError where the port is taken.
    """

    def __init__(self, visit: Visit, *, host: str = LOOPBACK, port: int = 0) -> None:
        listening = socket.create_server((only_here(host), port), backlog=128)
        self.address: tuple[str, int] = listening.getsockname()[:2]
        self._served = _Served(listening, visit)
        # The thread knows nothing of the door.  So a door that nobody holds any more, because an
        # interruption came before its `with`, is closed by whoever sweeps it up.
        weakref.finalize(self, self._served.end)
        self._served.start()

    @property
    def port(self) -> int:
        """Where it answers."""
        return self.address[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up on everybody and leave nothing behind; closing twice is no harm."""
        try:
            self._served.end()
        except BaseException:  # interrupted: finish first
            self._served.end()
            raise


class _Served:
    """The one thread behind a door: it hangs up on everybody when it ends.

    An interruption may come between any two lines.  So there is no lock here that one could leave
    held, and no `threading.Thread`, whose start and join have such locks: the thread says in plain
    attributes that it has begun and that it is over, and whoever waits looks at them.
    """

    def __init__(self, listening: socket.socket, visit: Visit) -> None:
        self._listening, self._visit = listening, visit
        self._begun = self._told_to_end = self._over = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._failure: OSError | None = None

    def start(self) -> None:
        """Begin to serve, in a thread of its own.  Raises OSError where files have run out."""
        _thread.start_new_thread(self._run, ())
        self._wait_until(lambda: self._ending is not None or self._over)
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Hang up on everybody, and leave neither thread nor socket behind; twice is no harm."""
        self._told_to_end = True
        if self._ending is not None and self._loop is not None:
            with suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._ending.set)
        # Interrupted while it was being started: a thread that begins only now ends at once.
        self._wait_until(lambda: self._begun, 0.1)
        if self._begun:
            self._wait_until(lambda: self._over)
        else:
            self._listening.close()

    @staticmethod
    def _wait_until(seen: Callable[[], bool], patience: float = inf) -> None:
        waited = 0.0
        while not seen() and waited < patience:
            waited += _pause(_BLINK)

    def _run(self) -> None:
        self._begun = True
        try:
            # Not Windows' own kind of loop, which cannot stop listening without closing.
            with closing(asyncio.SelectorEventLoop()) as loop:
                loop.run_until_complete(self._serve())
        except OSError as error:
            self._failure = error.with_traceback(None)  # or its frames keep files open
        finally:
            self._listening.close()
            self._over = True

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        visits: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

        def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            visit = asyncio.ensure_future(self._attend(reader, writer))
            visits[visit] = writer
            visit.add_done_callback(visits.pop)

        if self._told_to_end:
            return
        server = await asyncio.start_server(welcome, sock=self._listening)
        await self._ending.wait()
        self._loop.remove_reader(self._listening)
        us = asyncio.current_task()
        # Whoever is just being let in is let in, or nobody would ever close that connection.
        while entering := asyncio.all_tasks() - visits.keys() - {us}:
            await asyncio.wait(entering)
        server.close()
        for visit, writer in visits.items():
            writer.transport.abort()
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, TimeoutError):
                await self._visit(reader, writer)
        finally:  # an application may fail in its own way: that is told, and its visitor let go
            writer.close()


def bank_door(
    identity: Identity, application: Callable[[], Application] = Bank, *, port: int = 0
) -> Door:
    """Open the bank's door: a real TLS server, and a new application for each visitor."""

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running = application()
        server = Server(identity, running)
        while not server.closed:
            server.receive(await _heard(reader))
            if getattr(running, "closed", False):
                server.hang_up()
            await _say(writer, server.send())

    return Door(visit, port=port)


class MiddleDoor(Door):
    """The door of somebody in the middle, who relays to a bank on this machine.

    Raises NotLoopback for a bank that is elsewhere.
    """

    def __init__(self, interceptor: Interceptor, bank: tuple[str, int], *, port: int = 0) -> None:
        self.interceptor = interceptor
        relay_to = (only_here(bank[0]), bank[1])

        async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            between = interceptor.meet(_port_of(writer.get_extra_info("peername")))
            try:
                await _relay(between, reader, writer, relay_to)
            finally:
                between.from_victim(b"")

        super().__init__(visit, port=port)

    def page_after(
        self, known: int, patience: float = PATIENCE, *, victim: str | None = None
    ) -> Page:
        """Return the first page after so many, of that victim if one is named.

        Raises Silence if there is none in time.
        """
        waited = 0.0
        while True:
            for page in self.interceptor.pages[known:]:
                if victim in {None, page.victim}:
                    return page
            if waited >= patience:
                raise Silence(self.address, patience)
            waited += _pause(min(0.001 + waited / 4, _LOOK_EVERY))


async def _relay(
    between: Interception,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    bank: tuple[str, int],
) -> None:
    while not between.closed and between.calls is None:
        between.from_victim(await _heard(reader))
        await _say(writer, between.to_victim())
    if between.closed:
        return
    from_bank, to_bank = await asyncio.open_connection(*bank)
    try:
        sides = {
            asyncio.ensure_future(_heard(reader)): (reader, between.from_victim),
            asyncio.ensure_future(_heard(from_bank)): (from_bank, between.from_bank),
        }
        await _say(to_bank, between.to_bank())
        while not between.closed:
            done, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                side, take = sides.pop(task)
                take(task.result())
                sides[asyncio.ensure_future(_heard(side))] = (side, take)
            await _say(to_bank, between.to_bank())
            await _say(writer, between.to_victim())
    finally:
        for task in sides:
            task.cancel()
        to_bank.close()


async def _heard(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(PATIENCE):
        return await reader.read(_CHUNK)


async def _say(writer: asyncio.StreamWriter, data: bytes) -> None:
    if data:
        writer.write(data)
        await writer.drain()


def dial(
    device: Device,
    address: tuple[str, int],
    host: str,
    date: datetime,
    *,
    request: bytes = b"",
    patience: float = PATIENCE,
) -> Connection:
    """Let a device connect over a real socket to `address`, asking for `host`; return its end.

    Reads until the other side hangs up, so the request should ask for that (Connection: close).
    Raises NotLoopback, Silence for a peer that says nothing for `patience` seconds, and OSError
    where nobody answers.
    """
    return _dial(Connection(device, host, date), address, request, patience)[0]


def encounter(
    device: Device,
    middle: MiddleDoor,
    host: str,
    date: datetime,
    *,
    request: bytes = b"",
    patience: float = PATIENCE,
) -> Encounter:
    """Let a device meet somebody in the middle over real sockets.  Raises as `dial`."""
    known = len(middle.interceptor.pages)  # a port number comes again, so older pages do not count
    connection = Connection(device, host, date)
    phone, victim = _dial(connection, middle.address, request, patience)
    page = middle.page_after(known, patience, victim=victim)
    return Encounter.of(phone.verdict, page, phone.received)


def _dial(
    phone: Connection, address: tuple[str, int], request: bytes, patience: float
) -> tuple[Connection, str]:
    with socket.create_connection((only_here(address[0]), address[1]), patience) as wire:
        victim = _port_of(wire.getsockname())
        try:
            _talk(phone, wire, request)
        except TimeoutError:
            raise Silence(address, patience) from None
    return phone, victim


def _pause(seconds: float) -> float:
    nobody_elses = _thread.allocate_lock()  # so that an interruption leaves nothing locked
    nobody_elses.acquire()
    nobody_elses.acquire(timeout=seconds)
    return seconds


def _port_of(address: tuple[str, int]) -> str:
    return f"port {address[1]}"


def _talk(phone: Connection, wire: socket.socket, request: bytes) -> None:
    wire.sendall(phone.send())
    while not phone.closed:
        try:
            phone.receive(wire.recv(_CHUNK))
        except ConnectionError:
            phone.receive(b"")
        if request and phone.established and not phone.closed:
            phone.write(request)
            request = b""
        with suppress(ConnectionError):
            wire.sendall(phone.send())
