# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for something that another process does. Nothing else in the tests and the lab sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

PATIENCE = 600.0
"""Seconds: far above what anything here takes, even on a machine that is busy. It only ends a wait that hangs."""

_PAUSE = 0.02


def wait_until(condition: Callable[[], Found], what: str, deadline: float = PATIENCE) -> Found:
    """Return the first true value of `condition`, which is asked again and again.

    `what` completes "Gave up waiting until ...". `deadline` is seconds from now; it guards against a hang, so a result
    must never depend on it. What `condition` raises ends the wait.

    :raises TimeoutError: when the deadline is over.
    """
    end = time.monotonic() + deadline
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"Gave up waiting until {what}: {deadline:.0f} s are over.")
        time.sleep(_PAUSE)
    return found
