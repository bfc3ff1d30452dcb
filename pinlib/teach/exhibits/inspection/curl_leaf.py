"""Whose pin curl accepts: the machine's own curl, run against the story's bank on loopback.

Source of the rule: curl, docs/cmdline-opts/pinnedpubkey.md; of the exit codes: libcurl-errors.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.serialization import Encoding
from markupsafe import Markup

from pinlib import Notation, Room, key_pin
from pinlib.encoding.naming import subject_of, visible
from pinlib.scenes.cast import HOST
from pinlib.teach.drawing import blocks, typeset
from pinlib.teach.drawing.blocks import Headline, card
from pinlib.teach.drawing.typeset import Mono, paragraph
from pinlib.teach.drawing.view import View
from pinlib.tls.sockets import LOOPBACK

PATIENT = 10  # seconds
CONNECTED, PIN_REFUSED = 0, 90


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of curl: whose key was pinned, as what, and how it ended."""

    whose: str
    name: str
    pin: str
    status: int
    said: str

    @property
    def ended(self) -> str:
        return {CONNECTED: "connected", PIN_REFUSED: "refused by the pin"}.get(
            self.status, "failed for another reason"
        )


def curl_says(program: str = "curl") -> View:
    """Pin the leaf's key, then the intermediate's and the root's, and let curl connect each time.

    Both ends are on this machine.  Where there is no curl, or it can't be run, the view says so.
    """
    found = shutil.which(program)
    if found is None:
        return _without("curl is not installed here, so nothing was run.")
    try:
        with Room() as room, TemporaryDirectory(prefix="pinlib-curl-") as folder:
            roots = Path(folder) / "root.pem"
            roots.write_bytes(room.cast.root.certificate.public_bytes(Encoding.PEM))
            chain = zip(("leaf", "intermediate", "root"), room.cast.verified, strict=True)
            runs = []
            for whose, one in chain:
                pin = key_pin(one).write(Notation.CURL)
                done = _run(found, room.bank.port, roots, pin)
                runs.append(_Run(whose, subject_of(one), pin, *done))
    except (OSError, subprocess.TimeoutExpired) as error:
        return _without(f"curl could not be run: {type(error).__name__}.")
    return _told(runs)


def _run(program: str, port: int, roots: Path, pin: str) -> tuple[int, str]:
    # Without its settings file and proxies, it goes where it is told: to this machine.
    own = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and k != "SSLKEYLOGFILE"}
    done = subprocess.run(  # noqa: S603 (the program that the learner has installed)
        [
            *(program, "-q", "--silent", "--show-error", "--noproxy", "*"),
            *("--max-time", str(PATIENT), "--cacert", str(roots)),
            *("--resolve", f"{HOST}:{port}:{LOOPBACK}", "--pinnedpubkey", pin),
            f"https://{HOST}:{port}/",
        ],
        env=own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=2 * PATIENT,
        check=False,
    )
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return done.returncode, visible(said[-1]) if said and done.returncode else ""


def _told(runs: list[_Run]) -> View:
    expected = [CONNECTED, PIN_REFUSED, PIN_REFUSED]
    leaf_only = [one.status for one in runs] == expected
    told = ("This curl does otherwise", "Look at how each of its runs ended.")
    if leaf_only:
        told = ("curl looks at the leaf’s key alone", "All three keys are in the verified chain.")
    rows = [
        (
            typeset.inline(f"{one.whose}: {one.name}"),
            typeset.inline(Mono(one.pin, 26)),
            typeset.inline(f"{one.ended}, exit code {one.status}"),
            typeset.inline(one.said or "nothing"),
        )
        for one in runs
    ]
    at = f"--resolve {HOST}:PORT:{LOOPBACK} https://{HOST}:PORT/"
    command = f"curl --pinnedpubkey PIN --cacert root.pem {at}"
    picture = card(
        "Three runs, one server on this machine",
        paragraph((Mono(command),)),
        blocks.grid(("Key pinned", "PIN", "It ended", "curl said"), rows),
    )
    words = [
        f"Three runs of {command}, against one server on this machine.",
        *(
            f"Pinned: the key of the {one.whose}, {one.name}, as {one.pin}: {one.ended}, "
            f"exit code {one.status}{f', saying: {one.said}' if one.said else ''}."
            for one in runs
        ),
    ]
    return View(
        Headline(*told, signed=False),
        picture,
        "\n".join(words),
        {"outcome": "leaf_only" if leaf_only else "otherwise"},
    )


def _without(why: str) -> View:
    return View(
        Headline("No curl here", why, signed=False),
        Markup(""),
        "It accepts the pin of the leaf’s key alone. Nothing else in this lesson needs curl.",
        {"outcome": "absent"},
    )
