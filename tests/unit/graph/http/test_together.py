# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two things at the same time: both results, or the first error once nothing of the other runs any more."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.together import together


def test_both_run_at_the_same_time() -> None:
    async def run() -> tuple[int, str]:
        first, second = asyncio.Event(), asyncio.Event()

        async def one() -> int:
            first.set()
            await second.wait()
            return 1

        async def other() -> str:
            second.set()
            await first.wait()
            return "x"

        return await together(one(), other())

    number, text = asyncio.run(run())
    assert (number, text) == (1, "x")


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_ends_the_other(failing: int) -> None:
    ended: list[str] = []

    async def fails() -> None:
        raise ZeroDivisionError

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    async def run() -> None:
        both = [waits(), waits()]
        both[failing].close()
        both[failing] = fails()
        await together(*both)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())
    assert ended == ["waits"]


def test_a_thread_is_waited_for() -> None:
    """It uses the session, which is closed afterwards."""
    go, ended = threading.Event(), threading.Event()

    def works() -> None:
        go.wait()
        ended.set()

    async def fails() -> None:
        asyncio.get_running_loop().call_later(0, go.set)
        raise ZeroDivisionError

    async def run() -> None:
        await together(asyncio.to_thread(works), fails())

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())
    assert ended.is_set()
