# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast to go: as fast as the service allows, slower before it refuses, and not for ever where it does.

Microsoft counts refused requests as well, and asks to slow down by ``x-ms-throttle-limit-percentage`` (facts §4). So
fewer requests are in flight the fuller a limit is, and once a limit is learned, what it has no room for waits here.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.hybrid.identity.plugins.module_utils._graph.quota import FULL, Quota
from ansible_collections.hybrid.identity.plugins.module_utils._graph.throttle import (
    UNITS,
    WRITES,
    fullness,
    limit_met,
    retry_after,
    units,
)
from ansible_collections.hybrid.identity.plugins.module_utils._graph.watch import Watch

_NEARLY = 0.8
"""Where Graph begins to tell how full a limit is (facts §4)."""

_LONGEST_BACKOFF = 30.0


@dataclass(frozen=True)
class Charge:
    """What was let through: ``count`` requests, of which ``writes`` write, at a time."""

    count: int
    writes: int
    at: float


class Pace:
    """One pace for everybody: a throttled request holds back the others, which would be throttled as well."""

    def __init__(self, concurrency: int, max_wait: float, watch: Watch | None = None) -> None:
        self.concurrency = concurrency
        self.watch = watch or Watch()
        self.clock = self.watch.clock
        self._max_wait = max_wait
        self._resume = 0.0
        self._last_progress: float | None = None
        self._fullness: float | None = None
        self._in_flight = 0
        self._quotas = {WRITES: Quota(), UNITS: Quota()}
        self._bell = asyncio.Event()

    async def ready(self) -> None:
        """Return once no pause is running."""
        if self._last_progress is None:
            self._last_progress = self.clock.now()
        while (left := self._resume - self.clock.now()) > 0:
            await self._held(left)

    async def admit(self, count: int, write: bool) -> Charge:
        """Wait until some of ``count`` requests of one kind may be sent together; ``returned`` must follow."""
        while True:
            await self.ready()
            if self._in_flight >= self._width():
                await self._rung(None)
                continue
            now = self.clock.now()
            room = min(self._room(UNITS, now), self._room(WRITES, now) if write else math.inf)
            if room >= 1:
                break
            await self._held(max(self._opens_in(UNITS, now), self._opens_in(WRITES, now) if write else 0.0))
        charge = Charge(int(min(count, room)), int(min(count, room)) if write else 0, self.clock.now())
        self._in_flight += 1
        self._quotas[UNITS].sent(charge.count)
        self._quotas[WRITES].sent(charge.writes)
        return charge

    def returned(self, charge: Charge, served: Sequence[Mapping[str, str]]) -> None:
        """What was let through came back: ``served`` are the headers of each request that was not refused."""
        now = self.clock.now()
        self._in_flight -= 1
        self._quotas[UNITS].answered(charge.count, sum(map(units, served)), charge.at, now)
        self._quotas[WRITES].answered(charge.writes, len(served) if charge.writes else 0, charge.at, now)
        if served:
            told = [said for said in map(fullness, served) if said is not None]
            # Who tells once tells always: silence means "below" then.
            if told or self._fullness is not None:
                self._fullness = max(told, default=0.0)
        self._ring()

    def refused(self, answers: Sequence[Mapping[str, str]], attempt: int) -> bool:
        """The service said "later" with these headers: hold everything back for as long as the longest of them says.

        False, and nothing held back, where that would be longer than the task may go without progress.
        """
        now = self.clock.now()
        asked = [seconds for seconds in map(self._told, answers) if seconds is not None]
        if not self.pause(max(asked, default=None), attempt):
            return False
        for limit, quota in self._quotas.items():
            waits = [self._told(headers) for headers in answers if limit_met(headers) == limit]
            longest = max((seconds for seconds in waits if seconds is not None), default=None)
            if longest is not None:
                quota.refused(longest, now)
        return True

    def progress(self) -> None:
        """Something got through."""
        self._last_progress = self.clock.now()

    def pause(self, seconds: float | None, attempt: int) -> bool:
        """Hold everything back for ``seconds``, or for a time that doubles with each ``attempt`` from 1 on.

        False, and no pause, where that would be longer than the task may go without progress.
        """
        delay = min(_LONGEST_BACKOFF, 0.5 * 2.0**attempt) if seconds is None else seconds
        until = self.clock.now() + delay
        started = until if self._last_progress is None else self._last_progress
        if until - started > self._max_wait:
            return False
        self._resume = max(self._resume, until)
        return True

    def time_for(self, writes: int) -> float | None:
        """Seconds that the limit for writes makes so many of them take, None while it is not known."""
        return self._quotas[WRITES].time_for(writes, self.clock.now())

    def _told(self, headers: Mapping[str, str]) -> float | None:
        return retry_after(headers, self.clock.epoch())

    def _width(self) -> int:
        """How many may be in flight: all at first, one by the time that a limit is used up."""
        if self._fullness is None or self._fullness < _NEARLY:
            return self.concurrency
        return max(1, int(self.concurrency * (FULL - self._fullness) / (FULL - _NEARLY)))

    def _room(self, limit: str, now: float) -> float:
        return self._quotas[limit].room(now, self._fullness)

    def _opens_in(self, limit: str, now: float) -> float:
        return self._quotas[limit].opens_in(now) if self._room(limit, now) < 1 else 0.0

    async def _held(self, seconds: float) -> None:
        """Wait for the service, and let it be known."""
        with self.watch.waiting(seconds):
            await self._rung(seconds)

    async def _rung(self, seconds: float | None) -> None:
        """Until something comes back, or so many seconds are over."""
        await self.clock.wait(self._bell, None if seconds is None else max(seconds, 0.001))

    def _ring(self) -> None:
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()
