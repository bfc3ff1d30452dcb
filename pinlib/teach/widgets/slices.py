"""Work that takes longer than a click, cut into slices: between two of them clicks are heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from time import perf_counter
from typing import Generic, TypeVar

_R = TypeVar("_R")

SLICE = 0.08
"""Seconds of work between two looks at what was clicked."""


class SlicedWork(Generic[_R]):
    """A piece of work that is shown while it is done, and may be stopped, taken up, or left off.

    Each step of `work` gives a way to make what there is so far, which `show` puts on the screen;
    `finish` is called when all is done.  `lock` is that of whoever owns the work, and `guard`
    takes care of what goes wrong in a slice.
    """

    def __init__(
        self,
        work: Iterator[Callable[[], _R]],
        *,
        show: Callable[[_R], None],
        finish: Callable[[], None],
        lock: AbstractContextManager[object],
        guard: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._work, self._show, self._finish = work, show, finish
        self._lock, self._guard = lock, guard
        self._show_next = 0.0
        self._task: asyncio.Task[None] | None = None  # kept, since a loop does not keep its tasks
        self._left_off = False
        self.stopped = False

    def go_on(self) -> None:
        """Work for a moment now, and for the rest whenever the kernel has one.

        Without a running event loop nobody could press Stop: then it is finished at once.
        """
        self.stopped = False
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel around us
            self._finish()
            return
        if self._slice():
            self._task = loop.create_task(self._rest())
        else:
            self._finish()

    def stop(self) -> None:
        """Do nothing more until `go_on`."""
        self.stopped = True

    def leave_off(self) -> None:
        """Do nothing more at all."""
        self._left_off = True

    async def _rest(self) -> None:
        while True:
            await asyncio.sleep(0)  # clicks are heard here
            with self._lock:
                if self._left_off or self.stopped:
                    return
                if not self._slice():
                    self._finish()
                    return

    def _slice(self) -> bool:
        """Work for a moment, and tell whether there is more to do."""
        more = False
        with self._guard():
            start = perf_counter()
            for so_far in self._work:
                if (now := perf_counter()) > start + SLICE:
                    more = True
                    if now > self._show_next:
                        self._show(so_far())
                        # To show what is not finished may take a tenth of the time, no more.
                        self._show_next = now + 10 * (perf_counter() - now)
                    break
        return more
