# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Batches under everything that can go wrong on the way: none lost, each told once before and once after."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from scripted_graph import Reply, ScriptedGraph, error, found
from support.clocks import SteppingClock
from support.wire import Wire

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.batch import Item, Outcome, send_batch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.clock import Clock
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.connection import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.transport import Transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch

DONE = Reply(204)
THROTTLED = error(429, "TooManyRequests", **{"Retry-After": "0.125"})
EXPIRED = error(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
UNKNOWN_APP = error(401, "Authorization_IdentityNotFound")
HALF = b'{"responses":[{"id":"0","status":204},{"id":"1","sta'


class Witnessed:
    """Keeps what a witness is told."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.outcomes: dict[int, Outcome] = {}
        self.refuses = -1
        self.refused = threading.Event()

    async def sending(self, positions: Sequence[int]) -> None:
        if self.refuses in positions:
            self.refused.set()
            raise GraphError("journal_failed", "No space left.")
        assert not set(positions) & set(self.sent), "told twice"
        self.sent += positions

    async def settled(self, outcomes: Mapping[int, Outcome]) -> None:
        assert set(outcomes) <= set(self.sent), "settled before it was sent"
        assert not set(outcomes) & set(self.outcomes), "settled twice"
        self.outcomes.update(outcomes)


Send = Callable[..., tuple[list[Outcome], Witnessed, Watch]]


@pytest.fixture
def send(graph: ScriptedGraph, options: dict[str, Any], clock: SteppingClock) -> Send:
    """Send so many writes after a read that works, as every task does."""

    def run(
        count: int, witness: Witnessed | None = None, timed_by: Clock = clock, **changes: Any
    ) -> tuple[list[Outcome], Witnessed, Watch]:
        graph.expect("GET", "/domains", found())
        seen, watch = witness or Witnessed(), Watch(clock=timed_by)

        async def story() -> list[Outcome]:
            async with open_transport({**options, **changes}, watch) as transport:
                await transport.json(transport.get(transport.client.domains))
                return await send_batch(transport, items(count), seen)

        return asyncio.run(story()), seen, watch

    return run


def items(count: int) -> list[Item]:
    return [Item("PATCH", f"/users/{number}", {"onPremisesImmutableId": str(number)}) for number in range(count)]


def all_done(outcomes: Sequence[Outcome], witness: Witnessed) -> None:
    assert [getattr(outcome, "status", outcome) for outcome in outcomes] == [204] * len(outcomes)
    assert witness.outcomes == dict(enumerate(outcomes))


def later(status: int, code: str) -> Reply:
    return error(status, code, **{"Retry-After": "0.1"})


@pytest.mark.parametrize(
    ("trouble", "left", "renewals"),
    [
        pytest.param([Reply(200, [DONE, THROTTLED])], 1, 0, id="429-item"),
        pytest.param([Reply(200, [later(503, "ServiceUnavailable"), DONE])], 1, 0, id="503-item"),
        pytest.param([Reply(200, [later(504, "GatewayTimeout"), DONE])], 1, 0, id="504-item"),
        pytest.param([THROTTLED], 2, 0, id="429-whole"),
        pytest.param([later(503, "ServiceUnavailable")], 2, 0, id="503-whole"),
        pytest.param([later(504, "GatewayTimeout")], 2, 0, id="504-whole"),
        pytest.param([Reply(drop=True)], 2, 0, id="reset"),
        pytest.param([Reply(200, HALF)], 2, 0, id="half-json"),
        pytest.param([Reply(200, {"responses": [{"id": "0", "status": 204}]})], 1, 0, id="item-missing"),
        pytest.param([EXPIRED], 2, 1, id="401-whole"),
        pytest.param([Reply(200, [DONE, EXPIRED])], 1, 1, id="401-item"),
        pytest.param([Reply(drop=True), THROTTLED, Reply(200, HALF), EXPIRED], 2, 1, id="one-after-another"),
    ],
)
def test_nothing_is_lost(graph: ScriptedGraph, send: Send, trouble: list[Reply], left: int, renewals: int) -> None:
    for reply in trouble:
        graph.expect("POST", "/$batch", reply)
    graph.expect_batch(*[DONE] * left)
    outcomes, witness, watch = send(2)
    all_done(outcomes, witness)
    assert sorted(witness.sent) == [0, 1]
    assert sum(request.method == "POST" for request in graph.sign_ins) == 1 + renewals
    assert (watch.waited > 0) == (renewals == 0 or len(trouble) > 1)


def test_items_of_an_app_that_the_tenant_does_not_know_yet_are_tried_once_more(
    graph: ScriptedGraph, send: Send
) -> None:
    graph.expect_batch(UNKNOWN_APP, DONE, UNKNOWN_APP)
    graph.expect_batch(DONE, UNKNOWN_APP)
    outcomes, witness, watch = send(3)
    assert sorted(getattr(outcome, "status", 0) for outcome in outcomes) == [204, 204, 401]
    assert witness.outcomes == dict(enumerate(outcomes))
    assert watch.waited == 60
    # The first token has nothing in it that was consented to after it was issued.
    assert sum(request.method == "POST" for request in graph.sign_ins) == 2


def test_without_patience_an_app_that_the_tenant_does_not_know_yet_is_told_at_once(
    graph: ScriptedGraph, send: Send
) -> None:
    graph.expect_batch(DONE, UNKNOWN_APP)
    outcomes, _witness, watch = send(2, max_wait=59)
    assert [getattr(outcome, "status", 0) for outcome in outcomes] == [204, 401]
    assert watch.waited == 0


def test_a_batch_whose_answer_comes_too_late_is_sent_again(graph: ScriptedGraph, send: Send, wire: Wire) -> None:
    posts = itertools.count()
    wire.late = lambda request: request.method == "POST" and next(posts) == 0
    for _time in range(2):
        graph.expect_batch(DONE, DONE)
    outcomes, witness, watch = send(2)
    all_done(outcomes, witness)
    assert watch.waited == 1


def test_a_token_that_several_batches_find_expired_is_renewed_once(graph: ScriptedGraph, send: Send) -> None:
    all_are_there = threading.Barrier(3)
    for _slot in range(3):
        graph.expect("POST", "/$batch", Reply(EXPIRED.status, EXPIRED.body, first=all_are_there.wait))
    for _slot in range(3):
        graph.expect_batch(*[DONE] * 20)
    all_done(*send(60)[:2])
    assert sum(request.method == "POST" for request in graph.sign_ins) == 2


def test_a_token_that_is_refused_for_good_ends_the_work(graph: ScriptedGraph, send: Send) -> None:
    for _time in range(2):
        graph.expect("POST", "/$batch", EXPIRED)
    outcomes, witness, _watch = send(45, concurrency=1)
    assert {outcome.cause for outcome in outcomes if isinstance(outcome, GraphError)} == {"unauthorized"}
    assert len(outcomes) == 45
    assert sorted(witness.sent) == sorted(witness.outcomes) == list(range(20))


def test_a_batch_that_takes_long_keeps_no_other_from_being_sent(graph: ScriptedGraph, send: Send) -> None:
    last_is_there = threading.Event()
    graph.expect_batch(*[DONE] * 20, first=last_is_there.wait)
    first = [error(429, "TooManyRequests", **{"Retry-After": "0.05"}), *[DONE] * 19]
    graph.expect_batch(*first)
    graph.expect_batch(*[DONE] * 20)
    graph.expect_batch(DONE, first=last_is_there.set)
    # The refused item and the third batch go out meanwhile; the real clock, since a request is always on the wire.
    all_done(*send(60, timed_by=Clock(), concurrency=2)[:2])
    assert len(graph.batches()) == 4


def test_giving_up_keeps_what_was_done_and_says_so_of_the_rest(graph: ScriptedGraph, send: Send) -> None:
    graph.expect_batch(*[DONE] * 19, error(429, "TooManyRequests", **{"Retry-After": "3"}))
    outcomes, witness, _watch = send(60, concurrency=1, max_wait=2)
    assert [getattr(outcome, "status", None) for outcome in outcomes[:20]] == [204] * 19 + [429]
    assert {outcome.cause for outcome in outcomes[20:] if isinstance(outcome, GraphError)} == {"throttled"}
    assert len(outcomes) == 60
    assert sorted(witness.sent) == sorted(witness.outcomes) == list(range(20))


def test_a_witness_that_fails_ends_it_after_what_is_on_its_way(graph: ScriptedGraph, send: Send) -> None:
    witness = Witnessed()
    witness.refuses = 25
    graph.expect_batch(*[DONE] * 20, first=witness.refused.wait)
    outcomes, _witness, _watch = send(60, witness, concurrency=2)
    assert {outcome.cause for outcome in outcomes[20:] if isinstance(outcome, GraphError)} == {"journal_failed"}
    assert len(outcomes) == 60
    assert sorted(witness.sent) == sorted(witness.outcomes) == list(range(20))


def test_a_limit_that_was_met_is_not_run_into_again(graph: ScriptedGraph, send: Send, clock: SteppingClock) -> None:
    """Three windows of 40 writes: the first teaches how much fits, the others are filled without a refusal."""

    def said(percentage: str) -> Reply:
        return Reply(204, headers={"x-ms-throttle-limit-percentage": percentage})

    refused = error(
        429,
        "TooManyRequests",
        **{
            "Retry-After": "0.8",
            "x-ms-throttle-limit-percentage": "1.0",
            "x-ms-throttle-scope": "Tenant_Application/Write/a/b",
            "x-ms-throttle-information": "WriteLimitExceeded",
        },
    )
    graph.expect_batch(*[DONE] * 20)
    graph.expect_batch(*[said("1.0")] * 20)
    graph.expect_batch(*[refused] * 20)
    for _window in range(2):
        graph.expect_batch(*[DONE] * 20)
        graph.expect_batch(*[said("1.0")] * 20)
    outcomes, witness, watch = send(120, concurrency=1)
    all_done(outcomes, witness)
    assert len(graph.batches()) == 7
    assert clock.seconds == watch.waited == pytest.approx(1.6)


def test_fewer_are_in_flight_the_fuller_a_limit_is(graph: ScriptedGraph, send: Send, wire: Wire) -> None:
    nearly = Reply(204, headers={"x-ms-throttle-limit-percentage": "0.97"})
    for _batch in range(7):
        graph.expect_batch(*[nearly] * 20)
    all_done(*send(140)[:2])
    assert wire.widths[1:] == [1, 2, 3, 4, 1, 1, 1]


def test_no_request_waits_for_a_connection_as_if_it_waited_for_the_service(
    graph: ScriptedGraph, options: dict[str, Any], wire: Wire
) -> None:
    for _read in range(3):
        graph.expect("GET", "/domains", found())

    async def story(transport: Transport) -> list[Any]:
        reads = [transport.json(transport.get(transport.client.domains)) for _read in range(3)]
        return list(await asyncio.gather(*reads))

    async def run() -> list[Any]:
        async with open_transport({**options, "concurrency": 1}) as transport:
            return await story(transport)

    assert asyncio.run(run()) == [found()] * 3
    assert wire.widths == [1, 1, 1]
    assert wire.timeouts == [{**dict.fromkeys(("connect", "read", "write"), options["timeout"]), "pool": None}] * 3


@pytest.mark.parametrize("name", ["concurrency", "timeout", "max_wait"])
def test_numbers_that_cannot_be_meant(options: dict[str, Any], graph: ScriptedGraph, name: str) -> None:
    async def run() -> None:
        async with open_transport({**options, name: 0}):
            raise AssertionError

    with pytest.raises(Exception, match=f"{name} is 0; it must be at least 1"):
        asyncio.run(run())
    assert graph.sign_ins == []
