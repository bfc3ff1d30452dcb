"""What the tests of all exhibits share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let our own bugs raise."""
    monkeypatch.setenv("PINLIB_STRICT", "1")
