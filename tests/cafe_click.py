"""Prints the modules that a click in the café first enters, in their order, a line each.

    python -m tests.cafe_click

A process of its own, as whatever another test has already made would not be made again.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from pinlib.scenes.scenario import Middle
from pinlib.teach.exhibits.attack.cafe import CafePanel


def modules_entered() -> list[str]:
    """What runs when the hijack is chosen for the first time, after two other clicks."""
    panel = CafePanel()
    for middle in (Middle.OTHER_CA, Middle.NOBODY):  # what is made once is made
        panel.control("middle").value = middle
    entered: list[str] = []

    def follow(frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_globals.get("__name__", "")
        if event == "call" and name.startswith("pinlib.") and name not in entered:
            entered.append(name)

    sys.setprofile(follow)
    panel.control("middle").value = Middle.HIJACK
    sys.setprofile(None)
    return [name.removeprefix("pinlib.").replace(".", "/") for name in entered]


if __name__ == "__main__":
    print("\n".join(modules_entered()))
