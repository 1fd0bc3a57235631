# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``$batch``: many requests in one, several batches at once (facts §4, Microsoft: "Combine multiple requests")."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from .errors import APP_NOT_IN_TENANT, UNAUTHORIZED, Answer, GraphError, graph_error, not_graph, successful
from .pacing.throttle import RETRY_STATUSES
from .transport import REPLICATION, Transport

MAX_REQUESTS = 20
"""The most requests in one batch (facts §4)."""


_NO_HEADERS: Mapping[str, str] = {}
_REQUEST_ID = "request-id"


@dataclass(frozen=True, slots=True)
class Item:
    """One request of a batch. ``url`` is percent-encoded and begins after the version."""

    method: str
    url: str
    body: Mapping[str, Any] | None = None


Outcome: TypeAlias = "Answer | GraphError"
"""The outcome of one item: an answer, successful or not, or the error why there is none."""


class Witness(Protocol):
    """Is told of items before they are sent, and of their outcomes; a journal, for example."""

    async def sending(self, positions: Sequence[int]) -> None:
        """Take note that these items are about to be sent for the first time.

        :raises GraphError: if they must not be sent; no further batch is sent then.
        """

    async def settled(self, outcomes: Mapping[int, Outcome]) -> None:
        """Take note of the final outcomes of items, by position."""


async def send_batch(transport: Transport, items: Sequence[Item], witness: Witness | None = None) -> list[Outcome]:
    """Send items, 20 in a batch and several batches at once, and return their outcomes in order.

    Items must not depend on each other and must be safe to repeat. A throttled item is sent again, together with items
    that were not sent yet, after the longest ``Retry-After`` of its batch. If a batch as a whole cannot be sent, or if
    items were throttled for too long, no further batch is sent, and the remaining items have that error as outcome.
    ``witness`` is told of each item once before it is sent and once after its outcome, and not of items never sent.
    """
    sender = _Sender(transport, items, witness)
    await sender.run()
    return [sender.outcomes[position] for position in range(len(items))]


class _Sender:
    """Workers that share one queue, so that a batch that waits does not delay the others."""

    def __init__(self, transport: Transport, items: Sequence[Item], witness: Witness | None) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self._witness = witness
        self._transport = transport
        self._pace = transport.pace
        self._items = items
        self._queue = deque(range(len(items)))
        self._attempts = [0] * len(items)
        self._busy = 0
        self._changed = asyncio.Event()
        self._broken: GraphError | None = None
        self._failure: BaseException | None = None
        writes = sum(item.method != "GET" for item in items)
        self._stage = self._pace.watch.stage(
            "writing" if writes else "looking up", len(items), self._pace.time_for if writes else None
        )

    async def run(self) -> None:
        workers = min(self._pace.concurrency, -(-len(self._items) // MAX_REQUESTS))
        await asyncio.gather(*(self._work() for _worker in range(workers)))
        if self._failure is not None:
            raise self._failure
        left = list(self._queue)
        if self._broken is not None and left:
            # The witness was not told of the items that were never sent.
            told = [position for position in left if self._attempts[position]]
            self.outcomes.update(dict.fromkeys(left, self._broken))
            await self._settle(dict.fromkeys(told, self._broken))

    async def _work(self) -> None:
        while not self._stopped:
            if self._queue:
                self._busy += 1
                try:
                    await self._send()
                except Exception as error:  # noqa: BLE001 - raised once the other workers' batches are done
                    self._failure = self._failure or error
                finally:
                    self._busy -= 1
                    self._changed.set()
            elif self._busy:
                self._changed.clear()
                await self._changed.wait()
            else:
                return

    @property
    def _stopped(self) -> bool:
        return self._broken is not None or self._failure is not None

    async def _send(self) -> None:
        """Send one batch. Items that must be sent again go back into the queue."""
        # A batch holds only reads or only writes, because each kind has its own limits.
        write = self._items[self._queue[0]].method != "GET"
        charge = await self._pace.admit(MAX_REQUESTS, write)
        chunk = [] if self._stopped else self._take(charge.count, write)
        if not chunk:
            self._pace.returned(charge, [])
            return
        served: list[Mapping[str, str]] = []
        try:
            try:
                await self._tell_first(chunk)
                answer = await self._transport.send(self._request(chunk), alone=False)
                replies = _replies(successful(answer))
            except GraphError as error:
                self._broken = error
                self._queue.extendleft(chunk)
                return
            named = {_REQUEST_ID: answer.headers[_REQUEST_ID]} if _REQUEST_ID in answer.headers else _NO_HEADERS
            outcomes = {
                position: _answer(replies.get(str(position), ()), self._items[position].url, named)
                for position in chunk
            }
            answers = {place: each for place, each in outcomes.items() if isinstance(each, Answer)}
            served += [each.headers for each in answers.values() if each.status not in RETRY_STATUSES]
        finally:
            self._pace.returned(charge, served)
        unclear = {place: each for place, each in outcomes.items() if isinstance(each, GraphError)}
        await self._settle({**unclear, **self._sorted_out(answers, charge.at)})

    def _take(self, most: int, write: bool) -> list[int]:
        chunk: list[int] = []
        while self._queue and len(chunk) < most and (self._items[self._queue[0]].method != "GET") == write:
            chunk.append(self._queue.popleft())
        return chunk

    async def _tell_first(self, chunk: Sequence[int]) -> None:
        first = [position for position in chunk if not self._attempts[position]]
        if self._witness is not None and first:
            await self._witness.sending(first)
        for position in chunk:
            self._attempts[position] += 1

    async def _settle(self, outcomes: Mapping[int, Outcome]) -> None:
        self.outcomes.update(outcomes)
        good = sum(not isinstance(outcome, GraphError) and outcome.ok for outcome in outcomes.values())
        self._stage.settled(good, len(outcomes) - good)
        if self._witness is not None and outcomes:
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

    def _sorted_out(self, outcomes: Mapping[int, Answer], sent_at: float) -> dict[int, Outcome]:
        """Return the final outcomes of a batch, and put the other items back into the queue."""
        later = {position: each for position, each in outcomes.items() if each.status in RETRY_STATUSES}
        # Large tasks keep tens of thousands of answers. Of the successful ones only the id of a write is needed.
        ids: dict[str, Mapping[str, str]] = {}
        final: dict[int, Outcome] = {
            position: self._kept(position, each, ids) if each.ok else each
            for position, each in outcomes.items()
            if position not in later
        }
        again = self._unauthorized(outcomes, sent_at)
        for position in again:
            del final[position]
        self._queue.extendleft(again)
        if final:
            self._pace.progress()
        if not later:
            return final
        attempt = max(self._attempts[position] for position in later)
        if self._pace.refused([each.headers for each in later.values()], attempt):
            self._queue.extendleft(sorted(later, reverse=True))
            return final
        # Give up: send no further batch.
        self._broken = graph_error(next(iter(later.values())))
        return {**final, **later}

    def _kept(self, position: int, answer: Answer, ids: dict[str, Mapping[str, str]]) -> Answer:
        """Return a successful answer with what is needed of it. ``ids`` has the headers that the batch has so far."""
        own = answer.headers.get(_REQUEST_ID)
        if self._items[position].method == "GET" or own is None:
            return Answer(answer.status, _NO_HEADERS, answer.body)
        return Answer(answer.status, ids.setdefault(own, {_REQUEST_ID: own}), answer.body)

    def _unauthorized(self, outcomes: Mapping[int, Answer], sent_at: float) -> list[int]:
        """Return the items of a batch that were answered with 401 and may succeed if they are sent once more."""
        once = {
            position: each
            for position, each in outcomes.items()
            if each.status == UNAUTHORIZED and self._attempts[position] == 1
        }
        # The token expired after the batch was accepted and before its items ran, or it was issued before somebody
        # consented to the app.
        again = [position for position, each in once.items() if each.cause != APP_NOT_IN_TENANT]
        early = [position for position in once if position not in again]
        if early and self._pace.pause(REPLICATION, 1):
            again += early
        if again:
            self._transport.renew(sent_at)
        return again


def _replies(body: Any) -> dict[str, list[Any]]:
    """Return the answers of a batch by the id of their request; they come in any order."""
    responses = body.get("responses") if isinstance(body, dict) else None
    if not isinstance(responses, list):
        raise not_graph("the answer to $batch contains no responses")
    replies: defaultdict[str, list[Any]] = defaultdict(list)
    for reply in responses:
        key = reply.get("id") if isinstance(reply, dict) else None
        replies[str(key) if isinstance(key, str | int) else ""].append(reply)
    return replies


def _answer(replies: Sequence[Mapping[str, Any]], url: str, named: Mapping[str, str]) -> Answer | GraphError:
    """Return one item's answer. A missing answer counts as 503, so that the item is sent again.

    ``named`` has the id of the whole batch, which an item has that got none of its own.
    """
    if not replies:
        return Answer(503, {}, None, url)
    status, headers = replies[0].get("status"), replies[0].get("headers") or {}
    if len(replies) > 1 or not isinstance(headers, dict) or not _is_status(status):
        return not_graph("the answer to an item of $batch has no valid status")
    texts = {str(name).lower(): str(value) for name, value in headers.items()}
    return Answer(int(str(status)), {**named, **texts}, replies[0].get("body"), url)


def _is_status(value: Any) -> bool:
    """Return whether a value is an HTTP status; some proxies write numbers as texts."""
    return isinstance(value, int | str) and bool(re.fullmatch("[1-5][0-9][0-9]", str(value)))
