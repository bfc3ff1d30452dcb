"""A browser for the session and a JupyterLab for each module that asks for one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.lab import FLAGS, Lab


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as Debian packages it; without one, tests say why they are left out."""
    program = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if program is None:
        missing = "no chromium on PATH: the browser tests were left out"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def start_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """Start a JupyterLab on copies of the given files; it ends with the module."""
    running: list[Lab] = []

    def start(*files: Path, **environment: str) -> Lab:
        running.append(Lab.start(tmp_path_factory.mktemp("lab"), files, **environment))
        return running[-1]

    yield start
    for lab in running:
        lab.stop()
