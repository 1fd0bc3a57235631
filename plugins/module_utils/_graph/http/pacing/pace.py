# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of requests: as fast as the service allows, slower as a limit fills, never stuck longer than ``max_wait``.

Graph reports how full a limit is in ``x-ms-throttle-limit-percentage`` (facts §4). The fuller it is, the fewer requests
are in flight. Once a limit is known, requests that would exceed it wait here.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..watch import Watch
from .quota import FULL, Quota
from .throttle import UNITS, WRITES, fullness, limit_met, retry_after, units

_NEARLY = 0.8
"""The fullness from which on Graph reports it (facts §4)."""

_LONGEST_BACKOFF = 30.0


@dataclass(frozen=True)
class Charge:
    """Requests that may be sent: ``count`` in all, ``writes`` of them writes. ``at`` is a time of the pace's clock."""

    count: int
    writes: int
    at: float


class Pace:
    """One pace for all requests of a task: a throttled request holds back the others, which would be throttled too.

    ``max_wait``: the seconds that the task may wait without progress.
    """

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
        """Wait until no pause is running."""
        if self._last_progress is None:
            self._last_progress = self.clock.now()
        while (left := self._resume - self.clock.now()) > 0:
            await self._held(left)

    async def admit(self, count: int, write: bool) -> Charge:
        """Wait until requests of one kind may be sent, and return a charge for at most ``count`` of them.

        The caller must pass the charge to ``returned`` afterwards.
        """
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
        """Take back a charge after its answers. ``served``: the headers of each answer that was not throttled."""
        now = self.clock.now()
        self._in_flight -= 1
        self._quotas[UNITS].answered(charge.count, sum(map(units, served)), charge.at, now)
        self._quotas[WRITES].answered(charge.writes, len(served) if charge.writes else 0, charge.at, now)
        if served:
            told = [said for said in map(fullness, served) if said is not None]
            # A service that has reported fullness before and does not now is below 0.8.
            if told or self._fullness is not None:
                self._fullness = max(told, default=0.0)
        self._ring()

    def refused(self, answers: Sequence[Mapping[str, str]], attempt: int) -> bool:
        """Hold back all requests for the longest ``Retry-After`` of ``answers``, the headers of throttled requests.

        Return False, and hold nothing back, if the task would wait longer than ``max_wait`` without progress.
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
        """Note that a request was answered, so that ``max_wait`` begins again."""
        self._last_progress = self.clock.now()

    def pause(self, seconds: float | None, attempt: int) -> bool:
        """Hold back all requests for ``seconds``; if None, for a time that doubles with each ``attempt`` from 1 on.

        Return False, and do not pause, if the task would wait longer than ``max_wait`` without progress.
        """
        delay = min(_LONGEST_BACKOFF, 0.5 * 2.0**attempt) if seconds is None else seconds
        until = self.clock.now() + delay
        started = until if self._last_progress is None else self._last_progress
        if until - started > self._max_wait:
            return False
        self._resume = max(self._resume, until)
        return True

    def time_for(self, writes: int) -> float | None:
        """Return the seconds that this many writes take under the limit for writes; None if it is not known."""
        return self._quotas[WRITES].time_for(writes, self.clock.now())

    def _told(self, headers: Mapping[str, str]) -> float | None:
        return retry_after(headers, self.clock.epoch())

    def _width(self) -> int:
        """Return how many charges may be in flight: ``concurrency`` below 0.8, down to one when a limit is used up."""
        if self._fullness is None or self._fullness < _NEARLY:
            return self.concurrency
        return max(1, int(self.concurrency * (FULL - self._fullness) / (FULL - _NEARLY)))

    def _room(self, limit: str, now: float) -> float:
        return self._quotas[limit].room(now, self._fullness)

    def _opens_in(self, limit: str, now: float) -> float:
        return self._quotas[limit].opens_in(now) if self._room(limit, now) < 1 else 0.0

    async def _held(self, seconds: float) -> None:
        """Wait for the service, and report the wait."""
        with self.watch.waiting(seconds):
            await self._rung(seconds)

    async def _rung(self, seconds: float | None) -> None:
        """Wait until a charge is returned, or until the seconds are over."""
        await self.clock.wait(self._bell, None if seconds is None else max(seconds, 0.001))

    def _ring(self) -> None:
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()
