# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much was asked of Graph, for measurements: always on, and nearly free, unlike the recorder."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Any

from .clock import CLOCK


class Counters:
    """`wire`: HTTP requests by method. `answers`: requests and items of batches, by method and status."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._wire: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()
        self._writes = array("d")

    def arrived(self, method: str) -> None:
        self._wire[method] += 1

    def answered(self, method: str, status: int) -> None:
        """Of a request, or of an item of a batch."""
        self._answers[f"{method} {status}"] += 1
        if method != "GET" and status < 300:
            self._writes.append(CLOCK.now())

    def shown(self) -> dict[str, Any]:
        """`writes`: seconds at which each write was accepted, after the first one."""
        first = self._writes[0] if self._writes else 0.0
        return {
            "wire": dict(self._wire),
            "answers": dict(self._answers),
            "writes": [round(moment - first, 4) for moment in self._writes],
        }
