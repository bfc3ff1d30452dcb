"""A second opinion: the pipeline that everybody copies, run step by step by openssl itself.

Source of the pipeline: RFC 7469, appendix A.
"""

from __future__ import annotations

import shutil
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from markupsafe import Markup

from pinlib import Pin, key_pin
from pinlib.errors import BadPin
from pinlib.teach.drawing import blocks, typeset
from pinlib.teach.drawing.blocks import Headline, card
from pinlib.teach.drawing.typeset import Mono
from pinlib.teach.drawing.view import View

SECONDS = 10  # longer than any of these takes; a program of that name that hangs is not waited for
STEPS = (
    ("x509 -pubkey -noout", "the public key, as PEM text"),
    ("pkey -pubin -outform der", "the SPKI, in DER: what a key pin hashes"),
    ("dgst -sha256 -binary", "its SHA-256"),
    ("enc -base64", "the same as text, and a newline"),
)
ONE_LINE = "cat server.pem | " + " | ".join(f"openssl {words}" for words, _ in STEPS)


def pipeline(certificate: x509.Certificate, program: str = "openssl") -> View:
    """Let openssl compute the key pin of a certificate, and hold it against ours.

    Also what it prints with its second step forgotten.  Where there is no openssl, or it fails, the
    view says so: ours stands without a second opinion.
    """
    found = shutil.which(program)
    ours = key_pin(certificate)
    if found is None:
        return _without("openssl isn’t on this machine, so there’s no second opinion.", ours)
    given = certificate.public_bytes(Encoding.PEM)
    try:
        whole = [given := _run(found, words, given) for words, _ in STEPS]
        given = whole[0]
        forgotten = [given := _run(found, words, given) for words, _ in STEPS[2:]][-1]
    except _Failed as failure:
        return _without(f"openssl {failure}.", ours)
    lines = [
        (f"openssl {words}", f"{len(out):,} bytes: {what}")
        for (words, what), out in zip(STEPS, whole, strict=True)
    ]
    return _compared(_text(whole[-1]), _text(forgotten), ours, lines)


class _Failed(Exception):
    """A program that did not do what it should; says what happened."""


def _run(program: str, words: str, given: bytes) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 (the program that the learner has installed)
            [program, *words.split()],
            input=given,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _Failed(f"{words} didn’t finish: {type(error).__name__}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _Failed(f"{words} failed: {said[-1] if said else 'no reason given'}")
    return done.stdout


def _text(printed: bytes) -> str:
    return printed.decode("ascii", "replace").strip()


def _compared(printed: str, forgotten: str, ours: Pin, lines: list[tuple[str, str]]) -> View:
    try:
        same = Pin.parse(printed) == ours
    except BadPin:
        same = False
    headline = (
        Headline("openssl says the same", "Four steps in a row, and the same 32 bytes.", "good")
        if same
        else Headline("openssl says otherwise", "One of us hashed different bytes.", "bad")
    )
    rows = [(typeset.inline(Mono(command)), typeset.inline(what)) for command, what in lines]
    pins = [
        ("openssl", Mono(printed)),
        ("pinlib", Mono(str(ours))),
        ("openssl, without its second step", Mono(forgotten)),
    ]
    picture = blocks.stack(
        card("Step by step", blocks.grid(("Command", "What comes out"), rows)),
        card("All in one line, for your terminal", typeset.command(ONE_LINE)),
        card("The pins", blocks.facts(pins)),
    )
    words = [
        *(f"{command}: {what}." for command, what in lines),
        f"In one line: {ONE_LINE}",
        *(f"{name}: {pin.full}." for name, pin in pins),
    ]
    return View(headline, picture, "\n".join(words), {"outcome": "same" if same else "differs"})


def _without(why: str, ours: Pin) -> View:
    return View(
        Headline("No second opinion here", why, signed=False),
        Markup(""),
        f"pinlib says {ours}. Nothing else in this lesson needs openssl.",
        {"outcome": "absent"},
    )
