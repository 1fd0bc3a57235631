# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time by which requests are paced. Whoever waits gets a clock, so that a test can hand in one that it moves."""

from __future__ import annotations

import asyncio
import contextlib
import time


class Clock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds that never go back; only differences between them mean something."""
        return time.monotonic()

    def epoch(self) -> float:
        """Seconds since the epoch, for times that others wrote or will read."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return once the event is set, or so many seconds are over; None waits for the event only."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
