"""The small command line: `python -m pinlib COMMAND`.

A command is a function that adds its arguments and returns what runs it; COMMANDS lists them all.
What a command needs is imported when it runs, so that one broken part leaves the others standing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from pinlib.errors import PinlibError

Run = Callable[[argparse.Namespace], int]
"""Runs a command, and returns its exit status."""


def guide(parser: argparse.ArgumentParser) -> Run:
    """Print the instructor's run sheet of a lesson, or a plan of a whole workshop."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("lesson", nargs="?", help="its two digits, such as 01")
    what.add_argument("--plan", type=int, metavar="MINUTES", help="60, 90, 180 or what you have")

    def run(given: argparse.Namespace) -> int:
        from pinlib.teach.guide import plan, run_sheet

        print(run_sheet(given.lesson) if given.plan is None else plan(given.plan))
        return 0

    return run


def check(parser: argparse.ArgumentParser) -> Run:  # noqa: ARG001 (it has no arguments)
    """Look whether everything that the workshop needs works on this machine."""

    def run(_: argparse.Namespace) -> int:
        from pinlib.doctor import main

        return main()

    return run


COMMANDS = (guide, check)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 2 for what was asked wrongly."""
    for stream in sys.stdout, sys.stderr:
        if hasattr(stream, "reconfigure"):  # Windows pipes cannot write every character
            stream.reconfigure(errors="replace")
    parser = argparse.ArgumentParser("python -m pinlib", description="The pinning workshop.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        meaning = command.__doc__ or ""
        child = commands.add_parser(command.__name__, help=meaning, description=meaning)
        child.set_defaults(run=command(child))
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except PinlibError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
