"""One value for everybody in this kernel, whoever asks first.

JupyterLab runs what a hand does in a thread beside the one that runs cells, so two of them may ask
for the story at once.  `functools.cache` would then make two, with keys of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import update_wrapper
from threading import RLock
from typing import Generic, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

# One lock for all: what is made for one value may ask for another, so two locks could be taken in
# two orders, and wait for each other for ever.
_lock = RLock()


class shared(Generic[_P, _R]):  # noqa: N801 - it is used as a decorator
    """Makes each value once, in whatever thread, and then gives the same one to everybody.

    It remembers the `most` that were made last, or all; arguments have to be hashable.
    """

    def __init__(self, make: Callable[_P, _R], *, most: int | None = None) -> None:
        self._make, self._most = make, most
        self._known: dict[object, _R] = {}
        update_wrapper(self, make)

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Return the value for these arguments."""
        asked = (args, *kwargs.items())
        with suppress(KeyError):
            return self._known[asked]  # what is known needs no lock
        with _lock:
            if asked not in self._known:
                value = self._make(*args, **kwargs)
                if len(self._known) == self._most:
                    del self._known[next(iter(self._known))]
                self._known[asked] = value
            return self._known[asked]

    def forget(self) -> None:
        """Make everything anew when it is next asked for."""
        with _lock:
            self._known.clear()
