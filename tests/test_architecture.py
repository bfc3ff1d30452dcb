"""docs/architecture.md: its picture is that of the real imports, its click that of a real panel."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from pinlib.scenes import scenario
from pinlib.scenes.scenario import Middle
from pinlib.teach.exhibits.cafe import CafePanel
from pinlib.tls import openssl
from tests import house

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def test_the_picture_is_drawn_from_the_imports_of_today() -> None:
    """`python -m tests.house` would draw the same."""
    assert house.PICTURE.read_text("utf-8") == house.draw()


def test_every_module_that_the_page_names_is_there() -> None:
    """Whoever follows the page arrives."""
    named = set(re.findall(r"`((?:encoding|pins|tls|scenes|operations|teach)/[a-z_/]+)`", PAGE))
    assert len(named) > 30
    for name in named:
        place = ROOT / "pinlib" / name
        assert place.is_dir() or place.with_suffix(".py").is_file(), name


def test_a_real_click_runs_through_the_modules_that_the_page_lists() -> None:
    """Each module once, in the order in which it is first entered."""
    panel = CafePanel()
    for middle in (Middle.OTHER_CA, Middle.NOBODY):  # what is made once is made
        panel.control("middle").value = middle
    # The certificate is not: other tests may have shown it, so it is made and loaded anew.
    scenario._shown_by.forget()
    openssl.server_context.cache_clear()
    entered: list[str] = []

    def follow(frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_globals.get("__name__", "")
        if event == "call" and name.startswith("pinlib.") and name not in entered:
            entered.append(name)

    before = sys.getprofile()
    sys.setprofile(follow)
    try:
        panel.control("middle").value = Middle.HIJACK
    finally:
        sys.setprofile(before)
    told = PAGE.partition("<!-- café click -->")[2].partition("<!-- end -->")[0]
    listed = re.findall(r"`((?:[a-z_]+/)+[a-z_]+|data|shared|scratch)`", told)
    assert [name.removeprefix("pinlib.").replace(".", "/") for name in entered] == listed
