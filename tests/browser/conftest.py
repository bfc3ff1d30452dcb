"""A browser and a JupyterLab for the session, and a folder in it for each module that asks."""

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


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """Start a JupyterLab for each environment that is asked for; all end with the session."""
    running: dict[frozenset[tuple[str, str]], Lab] = {}

    def server(**environment: str) -> Lab:
        key = frozenset(environment.items())
        if key not in running:
            running[key] = Lab.start(tmp_path_factory.mktemp("lab"), **environment)
        return running[key]

    yield server
    for lab in running.values():
        lab.stop()


@pytest.fixture(scope="module")
def start_lab(
    servers: Callable[..., Lab], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Lab]]:
    """Serve copies of the given files; their kernels end with the module."""
    begun: list[Lab] = []

    def start(*files: Path, **environment: str) -> Lab:
        below = f"{request.path.stem}-{len(begun)}"
        begun.append(servers(**environment).serving(files, below))
        return begun[-1]

    yield start
    for lab in begun:
        lab.end_kernels()
