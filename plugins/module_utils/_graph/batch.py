# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``$batch``: many requests in one, several of them in flight (facts §4, Microsoft: "Combine multiple requests")."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ansible_collections.hybrid.identity.plugins.module_utils._graph.errors import Answer, GraphError, successful
from ansible_collections.hybrid.identity.plugins.module_utils._graph.throttle import RETRY_STATUSES, retry_after
from ansible_collections.hybrid.identity.plugins.module_utils._graph.transport import Transport

MAX_REQUESTS = 20
"""The most that one batch may hold (facts §4)."""


@dataclass(frozen=True)
class Item:
    """One request of a batch; ``url`` starts after the version, percent-encoded."""

    method: str
    url: str
    body: Mapping[str, Any] | None = None


Outcome: TypeAlias = "Answer | GraphError"
"""What came of one item: an answer, success or not, or why there is none."""


class Witness(Protocol):
    """Somebody who must know of items before they leave, and of their outcomes: a journal."""

    async def sending(self, positions: Sequence[int]) -> None:
        """These items are about to be sent for the first time.

        :raises GraphError: if they must not be; no other item is begun then.
        """

    async def settled(self, outcomes: Mapping[int, Outcome]) -> None:
        """These items have their final outcome."""


async def send_batch(
    transport: Transport, items: Sequence[Item], concurrency: int, witness: Witness | None = None
) -> list[Outcome]:
    """Send items, 20 in a batch and ``concurrency`` batches at once, and return their outcomes in order.

    An item that is told to wait is sent again by itself, after the longest ``Retry-After`` of its batch; the ones that
    were served are not. Items do not depend on each other and must not mind being sent twice. Once a batch as a whole
    cannot be sent, no other is begun, and the rest of the items have that error as outcome. A ``witness`` is told of
    each item that is sent, once before and once after, and of none that is not.
    """
    sender = _Sender(transport, items, concurrency, witness)
    await sender.run()
    return [sender.outcomes[position] for position in range(len(items))]


class _Sender:
    def __init__(self, transport: Transport, items: Sequence[Item], concurrency: int, witness: Witness | None) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self._witness = witness
        self._transport = transport
        self._items = items
        self._slots = asyncio.Semaphore(concurrency)
        self._broken: GraphError | None = None

    async def run(self) -> None:
        waiting = list(range(len(self._items)))
        attempt = 0
        while waiting:
            attempt += 1
            rounds = [self._send(chunk, attempt) for chunk in _chunks(waiting)]
            waiting = sorted(position for again in await asyncio.gather(*rounds) for position in again)

    async def _send(self, chunk: Sequence[int], attempt: int) -> list[int]:
        """Send one batch and return the positions of the items that have to be sent again."""
        async with self._slots:
            if self._broken is not None:
                # Of the first round none was sent; of a later one all were, and the witness knows of them.
                await self._settle(dict.fromkeys(chunk, self._broken), told=attempt > 1)
                return []
            told = attempt > 1
            try:
                if self._witness is not None and not told:
                    await self._witness.sending(chunk)
                    told = True
                answer = await self._transport.send(self._request(chunk), is_progress=False)
                replies = _replies(successful(answer))
            except GraphError as error:
                self._broken = error
                await self._settle(dict.fromkeys(chunk, error), told)
                return []
        outcomes, again = self._sorted_out(chunk, replies, attempt)
        await self._settle(outcomes)
        return again

    async def _settle(self, outcomes: Mapping[int, Outcome], told: bool = True) -> None:
        self.outcomes.update(outcomes)
        if self._witness is not None and outcomes and told:
            await self._witness.settled(outcomes)

    def _request(self, chunk: Sequence[int]) -> Any:
        requests = [self._entry(position) for position in chunk]
        body = json.dumps({"requests": requests}, separators=(",", ":")).encode()
        return self._transport.write("POST", "{+baseurl}/$batch", {}, body)

    def _entry(self, position: int) -> dict[str, Any]:
        item = self._items[position]
        entry: dict[str, Any] = {"id": str(position), "method": item.method, "url": item.url}
        if item.body is not None:
            entry["headers"] = {"Content-Type": "application/json"}
            entry["body"] = item.body
        return entry

    def _sorted_out(
        self, chunk: Sequence[int], replies: Mapping[str, Any], attempt: int
    ) -> tuple[dict[int, Outcome], list[int]]:
        """The final outcomes of a batch, and the positions of the items that have to be sent again."""
        again: dict[int, Answer] = {}
        final: dict[int, Outcome] = {}
        for position in chunk:
            # An item that was not answered at all is treated as one whose server was not there.
            outcome = _answer(replies.get(str(position)) or {"status": 503})
            if outcome.status in RETRY_STATUSES:
                again[position] = outcome
            else:
                final[position] = outcome
        if final:
            self._transport.patience.progress()
        if not again:
            return final, []
        asked = [
            seconds for seconds in (retry_after(outcome.headers) for outcome in again.values()) if seconds is not None
        ]
        if self._transport.patience.pause(max(asked, default=None), attempt):
            return final, list(again)
        return {**final, **again}, []


def _replies(body: Any) -> dict[str, Any]:
    """The answers of a batch by the id of their request; they come in any order."""
    responses = body.get("responses") if isinstance(body, dict) else None
    if not isinstance(responses, list):
        raise GraphError("not_graph", "What answered $batch is not Graph; check graph_url and any proxy in between.")
    return {str(reply.get("id")): reply for reply in responses}


def _answer(reply: Mapping[str, Any]) -> Answer:
    headers = {str(name).lower(): str(value) for name, value in (reply.get("headers") or {}).items()}
    return Answer(int(reply["status"]), headers, reply.get("body"))


def _chunks(positions: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(positions), MAX_REQUESTS):
        yield positions[start : start + MAX_REQUESTS]
