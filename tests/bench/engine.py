"""How fast the engine is: ratios inside one run, with what they were measured from beside them.

python -m tests.bench.engine
"""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

import certifi
import psutil

from pinlib import Strategy, Tls, connect, engine_mode, key_pins, story
from pinlib.operations.plans import Deployed, Plan, Released
from pinlib.operations.schedules import Rule
from pinlib.operations.sweep import Sweep, apps
from pinlib.scenes.cast import HOST, LOGIN, TODAY
from pinlib.tls import sockets
from pinlib.tls.certificates import Validity
from pinlib.tls.handshake import outcome_of
from pinlib.tls.interception import Forger, Interceptor
from pinlib.tls.openssl import client, server_context

ROOT = Path(__file__).parents[2]
PAIRS = 300
REQUEST = b"GET / HTTP/1.1\r\nHost: bank.example\r\n\r\n"


def rows() -> list[tuple[str, str, str]]:
    """Return what was measured, the figure, and the aim."""
    return [*_verdicts(), _pins(), _import(), *_sweeps(), *_interceptions()]


def _verdicts() -> Iterator[tuple[str, str, str]]:
    """Divide by two OpenSSLs that shake hands while nobody looks, in CPU time of this thread."""
    for tls in Tls:
        what = f"{tls.value}: bare handshake and path validation ÷ bare"
        bare, floor = _interleaved(_bare(tls), _floor(tls), thread_time)
        yield what, _divided(floor, bare), "–"
    for mode in ("opened", "headers"):
        with _mode(mode):
            for tls in Tls:
                for name, work, aim in (
                    ("verdict, all of it read", _verdict(tls), "≤ 1.65"),
                    ("outcome, as sweeps ask it", _outcome(tls), "≤ 1.5"),
                ):
                    what = f"{tls.value}, {mode}: {name} ÷ bare"
                    if engine_mode().name.lower() != mode:
                        yield what, "not on this Python", aim
                        continue
                    bare, whole = _interleaved(_bare(tls), work, thread_time)
                    yield what, _divided(whole, bare), aim


def _divided(whole: float, bare: float) -> str:
    return f"{whole / bare:.2f}  ({whole * 1e3:.2f} ms ÷ {bare * 1e3:.2f} ms)"


def _verdict(tls: Tls) -> Callable[[], object]:
    """Return a connection of which everything is read: ladder, reason, timeline, the other end."""
    cast = story()
    device = replace(cast.phone, tls=tls, pins=cast.pins(Strategy.LEAF_KEY_AND_BACKUP))

    def meet() -> object:
        met = connect(device, cast.bank, HOST, TODAY, request=REQUEST)
        return met.outcome, met.reason, met.ladder, met.timeline, met.eavesdropped, met.match

    return meet


def _outcome(tls: Tls) -> Callable[[], object]:
    """Return a connection of which the outcome alone is asked."""
    cast = story()
    device = replace(cast.phone, tls=tls, pins=cast.pins(Strategy.LEAF_KEY_AND_BACKUP))
    return lambda: outcome_of(device, cast.bank, HOST, TODAY)


def _floor(tls: Tls) -> Callable[[], object]:
    """Return what no verdict can do without: the handshake, and the path at the story's date."""
    shake, device, bank = _bare(tls), replace(story().phone, tls=tls), story().bank
    return lambda: (shake(), device.validate(bank.chain, HOST, TODAY))


def _bare(tls: Tls) -> Callable[[], object]:
    """Return the same two OpenSSLs shaking hands, and nobody looking."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    ours = client(tls).context
    context.minimum_version = context.maximum_version = ours.minimum_version
    server = server_context(story().bank)

    def shake() -> None:
        to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        phone = context.wrap_bio(to_client, to_server, server_hostname=HOST)
        bank = server.wrap_bio(to_server, to_client, server_side=True)
        for _ in range(2):
            for end in (phone, bank):
                with suppress(ssl.SSLWantReadError):
                    end.do_handshake()
        phone.do_handshake()
        phone.write(REQUEST)
        assert bank.read() == REQUEST

    return shake


def _interleaved(
    one: Callable[[], object],
    other: Callable[[], object],
    clock: Callable[[], float] = perf_counter,
) -> tuple[float, float]:
    """Return the median seconds of each, taken in turns, so that a busy moment strikes both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(PAIRS + 20):
        for work, times in zip((one, other), taken, strict=True):
            start = clock()
            work()
            if turn >= 20:  # the first ones find everything cold
                times.append(clock() - start)
    return median(taken[0]), median(taken[1])


def _sweeps() -> Iterator[tuple[str, str, str]]:
    """Time a calendar's handshakes: the same events over more days, and more events."""

    def plan(stretch: int) -> Plan:
        keys = ("key A", "key B", "key C", "key D", "key A", "key B")
        start = date(2020, 1, 2)
        deployed = [
            Deployed(start + timedelta(180 * number * stretch), key, days=200 * stretch)
            for number, key in enumerate(keys)
        ]
        release = Released(start, "v1", ("key A", "key B"))
        ends = start + timedelta(180 * len(keys) * stretch)
        return Plan("P", (*deployed, release), ends)

    def taken(of: Plan) -> tuple[float, int]:
        sweep, start = Sweep(of), perf_counter()
        for _ in sweep.work(apps(of, "v1")):
            pass
        return perf_counter() - start, sweep.handshakes

    short, long = plan(1), plan(10)  # three years, and thirty
    pairs = [(taken(short), taken(long)) for _ in range(9)][1:]
    three, thirty = (median(pair[at][0] for pair in pairs) for at in (0, 1))
    what = f"sweep of the same events over {long.days} ÷ {short.days} days"
    figure = f"{thirty / three:.2f}  ({thirty * 1e3:.0f} ms ÷ {three * 1e3:.0f} ms)"
    yield what, figure, "≤ 1.5"
    times = {}
    for days in (398, 6):
        seconds, count = taken(Rule(days, reuse=False, ends=date(2029, 12, 31)).plan())
        times[days] = seconds / count
        told = f"{seconds:.2f} s, {count:,} handshakes"
        yield f"sweep of three years of {days}-day certificates", f"{count}  ({told})", "–"
    figure = f"{times[6] / times[398]:.2f}  ({times[6] * 1e3:.2f} ms ÷ {times[398] * 1e3:.2f} ms)"
    yield "sweep, one handshake of 6-day ÷ of 398-day certificates", figure, "≤ 1.5"


def _interceptions() -> Iterator[tuple[str, str, str]]:
    """Time a man in the middle over real sockets against two plain TLS echoes, in turns."""
    cast, now = story(), datetime.now(UTC)
    valid = Validity.days(now - timedelta(days=1), 30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    identity = cast.issuing.renew(cast.bank, valid=valid)

    def ask(address: tuple[str, int], request: bytes, size: int, host: str = HOST) -> None:
        with (
            socket.create_connection(address) as plain,
            context.wrap_socket(plain, server_hostname=host) as tls,
        ):
            tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            tls.sendall(request)
            heard = 0
            while heard < size:
                heard += len(tls.recv(1 << 16))

    with (
        sockets.bank_door(identity, lambda: lambda data: data) as echo,
        sockets.bank_door(identity) as vault,
        sockets.MiddleDoor(Interceptor(Forger(cast.proxy, valid)), vault.address) as middle,
    ):

        def echoes() -> None:
            ask(echo.address, LOGIN, len(LOGIN))
            ask(echo.address, LOGIN, len(LOGIN))

        def intercepted() -> None:
            ask(middle.address, LOGIN, 60)

        cold = []
        for number in range(20):
            began = perf_counter()
            ask(middle.address, LOGIN, 60, f"h{number}.example")
            cold.append(perf_counter() - began)
        plain, warm = _interleaved(echoes, intercepted)
        first = f"first sight of a host {median(cold) * 1e3:.2f} ms"
        figure = f"{warm / plain:.2f}  ({warm * 1e3:.2f} ms ÷ {plain * 1e3:.2f} ms; {first})"
        yield "interception over sockets ÷ two TLS echoes", figure, "≤ 1.5"
        yield from _crowds(middle)


def _crowds(middle: sockets.MiddleDoor) -> Iterator[tuple[str, str, str]]:
    """Send fifty victims at once, a thousand who refuse, and two thousand in a row."""
    event = story().events["proxy CA in the device's store"]
    open_phone, pinned = event.device(), event.device(Strategy.LEAF_KEY)

    def fall_for_it(_: int) -> int:
        told = sockets.encounter(open_phone, middle, HOST, TODAY, request=LOGIN)
        return told.page.application_bytes

    middle.interceptor.shows = Forger(story().proxy, Validity.days(TODAY - timedelta(days=1), 30))
    began = perf_counter()
    with ThreadPoolExecutor(50) as crowd:
        read = sum(crowd.map(fall_for_it, range(50)))
    whole = read == 50 * len(LOGIN)
    yield "50 victims at once", f"{perf_counter() - began:.2f} s  (each read whole: {whole})", "–"

    leaked = 0
    for _ in range(1000):
        told = sockets.encounter(pinned, middle, HOST, TODAY, request=LOGIN)
        leaked += told.page.application_bytes
    yield "1,000 refused connections, bytes at the attacker", str(leaked), "≤ 0"

    process = psutil.Process()
    before: tuple[int, int, int] | None = None
    for number in range(2000):
        sockets.encounter(open_phone, middle, HOST, TODAY, request=LOGIN)
        middle.interceptor.pages.clear()
        if number == 200:
            before = process.num_fds(), process.num_threads(), process.memory_info().rss
    assert before is not None
    files, threads = process.num_fds() - before[0], process.num_threads() - before[1]
    grown = (process.memory_info().rss - before[2]) / 1e6
    yield (
        "files + threads after 2,000 on sockets",
        f"{files + threads}  (memory {grown:+.1f} MB since the 200th)",
        "≤ 0",
    )


def _pins() -> tuple[str, str, str]:
    bundle = Path(certifi.where()).read_bytes()
    count, times = len(key_pins(bundle)), []
    for _ in range(20):
        start = perf_counter()
        key_pins(bundle)
        times.append(perf_counter() - start)
    return f"key pins of certifi's {count} roots", f"{count / median(times):,.0f} per second", "–"


def _import() -> tuple[str, str, str]:
    def start(code: str) -> Callable[[], object]:
        command = [sys.executable, "-c", code]
        return lambda: subprocess.run(command, check=True, cwd=ROOT)

    nothing, whole = [], []
    for _ in range(7):
        for work, times in ((start("pass"), nothing), (start("import pinlib"), whole)):
            began = perf_counter()
            work()
            times.append(perf_counter() - began)
    seconds = median(whole) - median(nothing)
    return "import pinlib, in a fresh process", f"{seconds:.2f} s", "< 0.3 s"


@contextmanager
def _mode(mode: str) -> Iterator[None]:
    before = os.environ.pop("PINLIB_ENGINE", None)
    if mode == "headers":
        os.environ["PINLIB_ENGINE"] = "headers"
    try:
        yield
    finally:
        os.environ.pop("PINLIB_ENGINE", None)
        if before is not None:
            os.environ["PINLIB_ENGINE"] = before


def main() -> None:
    """Print the table."""
    for what, figure, aim in rows():
        print(f"{what:48} {figure:34} aim {aim}")


if __name__ == "__main__":
    main()
