# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock that paces requests. A test passes its own clock."""

from __future__ import annotations

import asyncio
import contextlib
import time


class Clock:
    """The machine's clock."""

    def now(self) -> float:
        """Return seconds of a monotonic clock; only differences are meaningful."""
        return time.monotonic()

    def epoch(self) -> float:
        """Return seconds since the epoch, for times that other programs write or read."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return once the event is set or the seconds are over; None waits only for the event."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
