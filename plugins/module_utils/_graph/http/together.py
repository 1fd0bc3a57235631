# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do several things at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def wait_for_all(*tasks: asyncio.Future[Any]) -> None:
    """Wait for all tasks. If one fails, cancel the others and raise its error.

    A thread goes on although its task is cancelled; ``asyncio.run`` waits for it at the end.
    """
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def together(first: Awaitable[A], second: Awaitable[B]) -> tuple[A, B]:
    """Wait for both, as ``wait_for_all`` does, and return their results."""
    one, other = asyncio.ensure_future(first), asyncio.ensure_future(second)
    await wait_for_all(one, other)
    return one.result(), other.result()
