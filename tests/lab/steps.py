# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One line for each step of something long: its name when it starts, what came of it and the seconds when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

NAME_WIDTH = 14


class Steps:
    """Writes the lines to `out`, at once; without `out`, nowhere. `clock` counts seconds."""

    def __init__(self, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._began: float | None = None

    def say(self, text: str) -> None:
        """A line between the steps."""
        self._write(f"{text}\n")

    def begin(self, name: str) -> None:
        self._began = self._clock()
        self._write(f"  {name:<{NAME_WIDTH}}")

    def end(self, outcome: str) -> None:
        """Say what came of the step that has begun; without one, nothing."""
        if self._began is not None:
            self._write(f"{outcome} ({self._clock() - self._began:.0f} s)\n")
            self._began = None

    def _write(self, text: str) -> None:
        if self._out is not None:
            self._out.write(text)
            self._out.flush()
