# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's clock, in seconds. It stands still until somebody who waits for the server moves it.

``clock.json`` holds its time. ``process.json`` says what a detached cycle does: {"pid", "until"}, where `until` is the
time up to which it pauses, "never", or null while it works. The stand-in's Wait-ConnectPoll moves the clock, and
returns when the cycle pauses again or has ended. So how far a cycle has come never depends on the machine's speed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from lab.sync.state import State

NEVER = "never"
# Seconds of real time: how often to look, and when to give up.
_LOOK = 0.02
_DEADLINE = 1800


class Clock:
    """The clock as a cycle uses it.

    A detached cycle pauses until somebody else has moved the clock. Nobody does for a cycle in the foreground, so it
    moves the clock by itself.
    """

    def __init__(self, state: State, *, detached: bool = False) -> None:
        self.state, self.detached = state, detached
        self.at = _time(state)

    def pause(self, seconds: float) -> None:
        """Let that many seconds of the lab's time pass."""
        if not seconds:
            return
        self.at += seconds
        if not self.detached:
            self.state.write("clock.json", self.at)
            return
        self._tell(self.at)
        _until(lambda: _time(self.state) >= self.at)
        self._tell(None)

    def stop(self) -> None:
        """Pause without end: somebody has to end the process."""
        self._tell(NEVER)
        _until(lambda: False)

    def _tell(self, until: float | str | None) -> None:
        self.state.write("process.json", {"pid": os.getpid(), "until": until})


def wait_for_rest(state: State) -> None:
    """Wait until the detached cycle pauses or has ended. Raises SystemExit if it does neither."""
    _until(lambda: _rests(state))


def _time(state: State) -> float:
    return float(state.read("clock.json", 0))


def _rests(state: State) -> bool:
    process = state.read("process.json")
    if not process or not Path(f"/proc/{process['pid']}").exists():
        return True
    until = process["until"]
    return until == NEVER or (until is not None and until > _time(state))


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _DEADLINE
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"The lab's clock was not moved, or a cycle did not come to rest, within {_DEADLINE} s.")
        time.sleep(_LOOK)
