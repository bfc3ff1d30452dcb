"""Who stops whom: each attacker put where a real interception puts them."""

from __future__ import annotations

from pinlib import Ending, Middle, Scenario, Strategy
from pinlib.scenes.scenario import run
from pinlib.teach.exhibits.attack.scene_view import headline, stopped_by
from pinlib.teach.widgets.sorting import Placed

BY = {"tls": "TLS", "pin": "the pin", "nothing": "nothing here"}


def attackers() -> dict[str, Middle]:
    """Return everyone who answers in the bank's place, by how people call them."""
    return {middle.value: middle for middle in Middle if middle.interferes}


def where_stopped(middle: Middle) -> Placed:
    """Let an attacker try an app that pins the bank's key and a backup, and say what stops them."""
    scene = run(Scenario(middle, Strategy.LEAF_KEY_AND_BACKUP))
    said = headline(scene)
    by = "nothing" if scene.ending is Ending.INTERCEPTED else stopped_by(scene.verdict)
    return Placed(BY[by], f"{said.words}. {said.reason}")
