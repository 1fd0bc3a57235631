# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting when the service says "later", together for all requests in flight, and not for ever (facts §4)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

RETRY_STATUSES = frozenset({429, 503, 504})
"""What Microsoft's throttling guide says to send again; the SDK's middleware does the same, but not in a batch."""

MAX_WAIT = 300.0
"""Seconds without any progress after which a task gives up; twice the window of Graph's write quota (facts §4)."""

_LONGEST_BACKOFF = 30.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a ``Retry-After`` header, which may be fractional (facts §4) or a date; None without one."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


class Patience:
    """One pause for everybody: a throttled request holds back the others, which would be throttled as well."""

    def __init__(self, max_wait: float = MAX_WAIT) -> None:
        self._max_wait = max_wait
        self._resume = 0.0
        self._last_progress: float | None = None

    async def ready(self) -> None:
        """Return once no pause is running."""
        if self._last_progress is None:
            self._last_progress = time.monotonic()
        while (left := self._resume - time.monotonic()) > 0:  # noqa: ASYNC110 - others may lengthen the pause
            await asyncio.sleep(left)

    def progress(self) -> None:
        """Something got through."""
        self._last_progress = time.monotonic()

    def pause(self, seconds: float | None, attempt: int) -> bool:
        """Hold everything back for ``seconds``, or for a time that doubles with each ``attempt`` from 1 on.

        False, and no pause, where that would be longer than the task may go without progress.
        """
        delay = min(_LONGEST_BACKOFF, 0.5 * 2.0**attempt) if seconds is None else seconds
        until = time.monotonic() + delay
        started = until if self._last_progress is None else self._last_progress
        if until - started > self._max_wait:
            return False
        self._resume = max(self._resume, until)
        return True
