# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock that limits the wait for a lost server. A test passes its own clock."""

from __future__ import annotations

import time


class Clock:
    """The machine's clock."""

    def now(self) -> float:
        """Return seconds of a monotonic clock; only differences are meaningful."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
