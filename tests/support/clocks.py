# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks for the collection's own waits, which move at once to the moment that somebody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.clock import Clock
from support.wire import Wire

EPOCH = 1_800_000_000.0
"""When a test begins, in seconds since the epoch."""


class SteppingClock(Clock):
    """Stands still while a request is on the wire; else it moves to the next moment that somebody waits for.

    So a request takes no time, and a wait of an hour none of the machine's. `moved` is told of each step, in seconds,
    and can move the clock of the server as well.
    """

    def __init__(self, wire: Wire, moved: Callable[[float], None] | None = None) -> None:
        self.seconds = 0.0
        self._wire = wire
        self._moved = moved
        self._due: list[float] = []

    def now(self) -> float:
        return self.seconds

    def epoch(self) -> float:
        return EPOCH + self.seconds

    async def sleep(self, seconds: float) -> None:
        await self.wait(asyncio.Event(), seconds)

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        if seconds is None:
            await event.wait()
            return
        until = self.seconds + seconds
        self._due.append(until)
        try:
            while self.seconds < until and not event.is_set():
                await self._step()
        finally:
            self._due.remove(until)

    async def _step(self) -> None:
        for _turn in range(20):
            await asyncio.sleep(0)  # whoever can go on does so first
        if self._wire.busy:
            await self._wire.answered()
        elif min(self._due) > self.seconds:
            step = min(self._due) - self.seconds
            self.seconds = min(self._due)
            if self._moved:
                self._moved(step)
