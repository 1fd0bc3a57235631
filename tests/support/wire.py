# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests that httpx sends: how many are on the wire, and an answer that comes too late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest


class Wire:
    """What every asynchronous client of httpx sends from `tap` on."""

    def __init__(self) -> None:
        self.busy = 0
        """How many requests are on their way."""
        self.widths: list[int] = []
        """How many there were when each of them left, itself included."""
        self.timeouts: list[dict[str, float | None]] = []
        """The timeouts that each of them was given."""
        self.late: Callable[[httpx.Request], bool] = lambda _request: False
        """Whose answer comes after the client's patience, although the server did what it was asked."""
        self._waiting: list[asyncio.Future[None]] = []

    def tap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Know of every request until the test is over."""
        send = httpx.AsyncClient.send

        async def tapped(client: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:
            self.busy += 1
            self.widths.append(self.busy)
            self.timeouts.append(request.extensions["timeout"])
            try:
                answer = await send(client, request, **more)
            finally:
                self.busy -= 1
                waiting, self._waiting = self._waiting, []
                for future in waiting:
                    future.set_result(None)
            if self.late(request):
                raise httpx.ReadTimeout("The answer came too late.", request=request)
            return answer

        monkeypatch.setattr(httpx.AsyncClient, "send", tapped)

    async def answered(self) -> None:
        """Return once one of the requests that are on their way has an answer."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future
