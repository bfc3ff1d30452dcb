"""The small command line: `python -m pinlib COMMAND`.

A command is a function that adds its arguments and returns what runs it; COMMANDS lists them all.
What a command needs is imported when it runs, so that one broken part leaves the others standing.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pinlib.encoding.der import Document, Form
from pinlib.encoding.files import LIMIT, documents, spki
from pinlib.encoding.naming import key_name, title_of, visible
from pinlib.encoding.reading import read
from pinlib.errors import BadInput, PinlibError
from pinlib.pins.notations import Kind, Notation
from pinlib.pins.pins import Pin, PinSet, certificate_pin, is_authority, pins_of

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from pinlib.operations.expiry import Deadline

FOREVER = 1e6
"""Seconds: eleven days."""

Runner = Callable[[argparse.Namespace], int]
"""Runs a command, and returns its exit status."""


def guide(parser: argparse.ArgumentParser) -> Runner:
    """Print the instructor's run sheet of a lesson, a plan of a whole workshop, or all lessons."""
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="a number, such as 5 or 05")
    parser.add_argument(
        "--plan", type=int, metavar="MINUTES", help="60, 90, 180, or the minutes you have"
    )

    def run(given: argparse.Namespace) -> int:
        from pinlib.teach.guide import lesson_list, run_sheet, workshop_plan

        if given.plan is not None:
            print(workshop_plan(given.plan, given.lessons))
        else:
            print("\n".join(map(run_sheet, given.lessons)) or lesson_list())
        return 0

    return run


def pin(parser: argparse.ArgumentParser) -> Runner:
    """Print the pins of certificates, certificate requests, keys and bundles.

    Without --as: both pins of everything in the files.  With it: one set of pins as that tool wants
    it, on standard output, and nothing at all if a file cannot be read.  The exit status is 0 if
    every file was read, 1 if one was not, 2 for a wrong option.
    """
    parser.add_argument("files", nargs="+", metavar="FILE", help="PEM or DER; - is standard input")
    parser.add_argument(
        "--as",
        dest="tool",
        metavar="TOOL",
        choices=_TOOLS,
        type=str.lower,
        help=f"write only this tool's notation: {', '.join(_TOOLS)}",
    )
    parser.add_argument(
        "--of",
        choices=[kind.value for kind in Kind],
        help="what to hash (default: both, or with --as what that tool hashes)",
    )

    def run(given: argparse.Namespace) -> int:
        notation = _TOOLS.get(given.tool)
        wanted = [Kind(given.of)] if given.of else list(Kind)
        if notation and not given.of:
            wanted = [kind for kind in Kind if kind in notation.means][:1]
        pins: list[Pin] = []
        authorities: dict[Pin, str] = {}
        whole = True
        for file in given.files:
            try:
                found = _found(file, wanted, strict=bool(notation or given.of))
            except PinlibError as error:
                _complain(f"{visible(file)}: {error}")
                whole = False
                continue
            pins += [pin for _, some in found for pin in some]
            authorities |= {
                pin: title_of(one) for one, some in found if is_authority(one) for pin in some
            }
            if notation is None:
                print(f"{visible(file)}", *(_row(*one) for one in found), sep="\n")
        if notation and whole:
            print(PinSet(tuple(pins)).write(notation, authorities=authorities))
            if not set(wanted) <= notation.means:
                _complain(f"Note: {notation.value} never matches the pin of a {wanted[0].value}.")
            if authorities and notation.refuses_authorities:
                named = visible(", ".join(dict.fromkeys(authorities.values())))
                _complain(f"Note: {notation.refuses_authorities} on a CA’s pin ({named}).")
        return 0 if whole else 1

    return run


_TOOLS = {notation.name.lower().replace("_", "-"): notation for notation in Notation}


def _found(file: str, wanted: list[Kind], *, strict: bool) -> list[tuple[Document, list[Pin]]]:
    """Return everything in a file with its pins of the wanted kinds."""
    found = documents(_source(file))
    for one in found:
        if strict and Kind.CERTIFICATE in wanted and one.form is not Form.CERTIFICATE:
            certificate_pin(one.der)  # says in its own words why there is none
    pins = [pins_of(one) for one in found]
    return [
        (one, [each[kind] for kind in wanted if kind in each])
        for one, each in zip(found, pins, strict=True)
    ]


def _source(file: str) -> Path | bytes:
    return read(0, LIMIT + 1) if file == "-" else Path(file)


def _row(document: Document, pins: list[Pin]) -> str:
    """Return the lines that say what something is, and its pins."""
    about = f"  {title_of(document)}, {document.form.value}, {key_name(spki(document))}"
    if title_of(document) == document.form.value:
        about = f"  {document.form.value}, {key_name(spki(document))}"
    return "\n".join([about, *(f"    {f'{pin.kind.value} pin':17}{pin}" for pin in pins)])


def expiry(parser: argparse.ArgumentParser) -> Runner:
    """List what expires when, and what to do first: for a cron job.

    Reads certificates, bundles, signed pin sets and Android's XML.  The exit status is 0 if nothing
    expires within the days given, 1 if something does or has, 2 if a file cannot be read.
    """
    parser.add_argument("files", nargs="+", metavar="FILE", help="PEM, DER, JSON or XML")
    parser.add_argument(
        "--days", type=_days, default=30, help="how many days before expiry to warn (default: 30)"
    )

    def run(given: argparse.Namespace) -> int:
        from pinlib.operations.expiry import deadlines, in_order

        now, whole = datetime.now(UTC), True
        found: list[Deadline] = []
        for file in given.files:
            try:
                found += deadlines(
                    _source(file), "standard input" if file == "-" else visible(file)
                )
            except PinlibError as error:
                _complain(f"{visible(file)}: {error}")
                whole = False
        soon = False
        for one in in_order(found):
            print(_line(one, now))
            if one.left(now) < given.days:
                soon = True
                print(f"            {one.what.to_do}.")
        return 2 if not whole else int(soon)

    return run


def _line(one: Deadline, now: datetime) -> str:
    """Return the day that the file gives, how far away it is, and what ends then."""
    left = one.left(now)
    days = "1 day" if abs(left) == 1 else f"{abs(left)} days"
    when = f"{one.day}  " + (f"expired {days} ago" if left < 0 else f"expires in {days}")
    if one.endless:
        when = "never       has no expiry date"
    mind = f", {one.mind}" if one.mind else ""
    return f"{when}: {one.what.value} {visible(one.name)} ({one.source}){mind}"


def _days(word: str) -> int:
    if word.isdecimal() and int(word) <= 36500:
        return int(word)
    raise argparse.ArgumentTypeError(f"give a number of days from 0 to 36500, not {word!r}")


def serve(parser: argparse.ArgumentParser) -> Runner:
    """Run the bank for other tools, on this machine only, until Ctrl-C.

    With --intercept Mallory sits in the middle, and what she reads is printed.
    """
    parser.add_argument("--intercept", action="store_true", help="also start the interceptor")
    parser.add_argument("--lie", action="store_true", help="let Mallory change the balance")
    parser.add_argument(
        "--port", type=_port, default=0, help="the bank's port (default: a free one)"
    )

    def run(given: argparse.Namespace) -> int:
        if given.lie and not given.intercept:
            parser.error("--lie needs --intercept: only an interceptor can change the balance")
        for name in ("SIGTERM", "SIGHUP"):  # a terminal that is closed, too, leaves nothing behind
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.default_int_handler)
        try:
            _serve(given)
        except KeyboardInterrupt:
            with suppress(OSError):  # whoever read our output may be gone
                print("Closed.")
        return 0

    return run


def _port(word: str) -> int:
    if word.isdecimal() and int(word) <= 65535:
        return int(word)
    raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {word!r}")


def _serve(given: argparse.Namespace) -> None:
    from pinlib.scenes.serving import Room, commands, told
    from pinlib.scratch import private_folder

    with ExitStack() as open_until_the_end:
        folder = open_until_the_end.enter_context(private_folder("room"))
        try:
            room = Room(lying=given.lie, bank_port=given.port)
        except OSError as error:
            wish = f"port {given.port}" if given.port else "a free port"
            free = "; leave out --port to use a free one" if given.port else ""
            why = error.strerror or str(error)
            raise BadInput(f"Can't open {wish}: {why}{free}.", seen=str(given.port)) from None
        open_until_the_end.enter_context(room)
        print(f"The bank listens on 127.0.0.1:{room.bank.port}. Press Ctrl-C to stop it.")
        if given.intercept:
            print(f"Mallory listens on 127.0.0.1:{room.middle.port}.")
        for command in commands(room, folder, windows=sys.platform == "win32"):
            if given.intercept or command.port == room.bank.port:
                print(f"\n# {command.shows}\n{command.line}")
        print(flush=True)
        for number in count():
            print(told(room.middle.page_after(number, FOREVER)), flush=True)


def check(parser: argparse.ArgumentParser) -> Runner:  # noqa: ARG001 (it has no arguments)
    """Check that everything the workshop needs works on this machine."""

    def run(_: argparse.Namespace) -> int:
        from pinlib.setup.doctor import main

        return main()

    return run


COMMANDS = (pin, expiry, serve, guide, check)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 2 for what was asked wrongly.

    It is 1 if the output cannot be written, and 0 if whoever reads it has had enough.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # as pinlib/__init__.py left it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        try:
            return _run(arguments)
        finally:
            print(end="", flush=True)  # a full disk is told now, or by Python itself at the end
    except PinlibError as error:
        _complain(str(error))
        return 2
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)  # so that a shell's loop ends, too
        raise
    except OSError as error:
        status = 0
        if not isinstance(error, BrokenPipeError):
            why = error.strerror or str(error)
            _complain(f"Can't write the output ({why}): free some space, or send it elsewhere.")
            status = 1
        if sys.stdout:
            _forget(sys.stdout)
        return status


class _Parser(argparse.ArgumentParser):
    """A parser that says so when its help cannot be written; the library's own keeps silent."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help to standard output, or to another file."""
        print(self.format_help(), end="", file=file)


def _run(arguments: Sequence[str] | None) -> int:
    for stream in sys.stdout, sys.stderr:
        if hasattr(stream, "reconfigure"):  # Windows pipes cannot write every character
            stream.reconfigure(errors="replace")
    parser = _Parser("python -m pinlib", description="The pinning workshop.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        meaning = command.__doc__ or ""
        first = meaning.partition("\n")[0]
        child = commands.add_parser(command.__name__, help=first, description=meaning)
        child.set_defaults(run=command(child))
    given = parser.parse_args(arguments)
    return int(given.run(given))


def _complain(sentence: str) -> None:
    if sys.stderr:  # closed, it is None, and `print` would take that for standard output
        try:
            print(sentence, file=sys.stderr, flush=True)
        except OSError:
            _forget(sys.stderr)


def _forget(stream: TextIO) -> None:
    """Let what a stream still holds not fail again when Python ends, which would be status 120."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
