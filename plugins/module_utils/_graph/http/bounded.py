# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bound the bytes of an answer, after decompression: 0.4 MB of gzip can hold 1.3 GB."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from .errors import GraphError, not_graph

_GZIP_OR_ZLIB = 47  # wbits of zlib's documentation: the largest window, and the kind is found out
_PACKED = ("gzip", "deflate")
ACCEPTED = "gzip, deflate"
"""The value of ``Accept-Encoding``: only what this file unpacks."""


def bounded_answers(most: int) -> Callable[[Any], Awaitable[None]]:
    """Return a response hook for an httpx client that unpacks each answer itself and stops after ``most`` bytes."""
    import httpx

    class Bounded(httpx.AsyncByteStream):
        def __init__(self, inner: Any, unpacked: Callable[[bytes, int], bytes]) -> None:
            self._inner = inner
            self._unpacked = unpacked

        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = most
            async for chunk in self._inner:
                data = self._unpacked(chunk, left + 1)
                left -= len(data)
                if left < 0:
                    raise GraphError(
                        "answer_too_large",
                        f"Graph's answer has more than {most} bytes; check graph_url and any proxy in between.",
                    )
                yield data

        async def aclose(self) -> None:
            await self._inner.aclose()

    async def bound(response: Any) -> None:
        coding = response.headers.pop("content-encoding", "identity").strip().lower()
        response.stream = Bounded(response.stream, _unpacker(coding))

    return bound


def _unpacker(coding: str) -> Callable[[bytes, int], bytes]:
    """Return a function that unpacks the next bytes of an answer, to as many bytes as it is told at most.

    :raises GraphError: if the answer is packed in a way that nobody asked for.
    """
    if coding in ("identity", ""):
        return lambda chunk, _most: chunk
    if coding not in _PACKED:
        raise not_graph("the answer has a compression that was not requested")
    unpacking = zlib.decompressobj(_GZIP_OR_ZLIB)

    def unpacked(chunk: bytes, most: int) -> bytes:
        try:
            return unpacking.decompress(chunk, most)
        except zlib.error:
            raise not_graph("the answer cannot be decompressed") from None

    return unpacked
