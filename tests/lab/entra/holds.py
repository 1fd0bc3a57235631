# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that are held until a test lets them go, so that a test can act at a counted point."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Ended(Exception):
    """The connection of a held request is to end without an answer."""


class Holds:
    """Holds requests, and counts those that are under way."""

    def __init__(self) -> None:
        self._under_way = 0
        self._held: list[asyncio.Future[None]] = []

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a request from its arrival until its answer is ready."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def wait(self) -> None:
        """Return after the next release. Raises Ended if the connection is to end instead."""
        held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._held.append(held)
        await held

    def release(self) -> None:
        """Let all that is held go on."""
        for held in self._taken():
            held.set_result(None)

    def end(self) -> None:
        """End the connections of all that is held."""
        for held in self._taken():
            held.set_exception(Ended())

    def shown(self) -> dict[str, int]:
        """`requests`: how many are held, items of batches included. `underWay`: how many whole requests are."""
        return {"requests": len(self._held), "underWay": self._under_way}

    def _taken(self) -> list[asyncio.Future[None]]:
        held, self._held = self._held, []
        return held
