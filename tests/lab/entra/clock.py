# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's time: everything in this process that asks for the time asks here.

It follows the machine's clock. A test that needs another time stops it and advances it (`/lab/clock`), so that it never
waits for a token to expire or for a quota's window to end.
"""

from __future__ import annotations

import datetime
import math
import time
from typing import Any


class Clock:
    """Seconds since the epoch, never going back except by `reset`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Follow the machine's clock again."""
        self._ahead = time.time() - time.monotonic()
        self._stopped_at: float | None = None

    def now(self) -> float:
        return time.monotonic() + self._ahead if self._stopped_at is None else self._stopped_at

    def utc(self) -> str:
        """The time as Graph writes it: seconds, `Z`."""
        return datetime.datetime.fromtimestamp(self.now(), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def advance(self, seconds: float) -> None:
        if self._stopped_at is None:
            self._ahead += seconds
        else:
            self._stopped_at += seconds

    def change(self, body: Any) -> dict[str, Any]:
        """Take `{"stopped": bool, "advance": seconds}`, both optional. Raises ValueError, nothing changed."""
        if not isinstance(body, dict) or set(body) - {"stopped", "advance"}:
            raise ValueError("Send an object of 'stopped' (true or false) and 'advance' (seconds).")
        stopped, seconds = body.get("stopped", self._stopped_at is not None), body.get("advance", 0)
        if not isinstance(stopped, bool):
            raise ValueError("'stopped' is true or false.")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise ValueError("'advance' is a number of seconds, not negative.")
        # At a whole second, so that what is added to it is exact.
        now = float(math.ceil(self.now())) if stopped else self.now()
        self._stopped_at = now if stopped else None
        self._ahead = now - time.monotonic()
        self.advance(seconds)
        return self.shown()

    def shown(self) -> dict[str, Any]:
        return {"now": self.utc(), "seconds": self.now(), "stopped": self._stopped_at is not None}


CLOCK = Clock()
