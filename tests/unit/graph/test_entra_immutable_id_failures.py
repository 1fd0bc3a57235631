# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Throttling, lost connections and refused writes, on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_graph import PAGE, Reply, ScriptedGraph, error, found, object_id, records, user
from support.clocks import SteppingClock

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.refusals import WritesFailed

pytestmark = pytest.mark.usefixtures("plain_tenant")

DENIED = error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
THROTTLED = error(429, "TooManyRequests", "Too many requests.", **{"Retry-After": "0.125"})


def readable(graph: ScriptedGraph, count: int) -> None:
    """Answer the reads of a task for so many users, up to 15, none of whom has a value."""
    graph.expect_batch(found(*map(user, range(count))), found(), found())


def test_only_the_throttled_item_is_sent_again_after_a_fraction_of_a_second(
    graph: ScriptedGraph, options: dict[str, Any], clock: SteppingClock
) -> None:
    readable(graph, 3)
    graph.expect_batch(Reply(204), THROTTLED, Reply(204))
    graph.expect_batch(Reply(204))
    result = run(options, Task(records(3)), watch=Watch(clock=clock))
    assert result["summary"]["set"] == 3
    assert [item["url"] for item in graph.batches()[2]] == [f"/users/{object_id(1)}"]
    assert clock.seconds == 0.125


def test_the_longest_wait_of_a_batch_counts(
    graph: ScriptedGraph, options: dict[str, Any], clock: SteppingClock
) -> None:
    readable(graph, 3)
    longer = error(429, "TooManyRequests", **{"retry-after": "0.5"})
    graph.expect_batch(THROTTLED, longer, error(503, "ServiceUnavailable", **{"Retry-After": "0"}))
    graph.expect_batch(Reply(204), Reply(204), Reply(204))
    assert run(options, Task(records(3)), watch=Watch(clock=clock))["summary"]["set"] == 3
    assert clock.seconds == 0.5


@pytest.mark.parametrize("status", [429, 503, 504])
def test_a_throttled_request_outside_a_batch_is_sent_again(
    graph: ScriptedGraph, options: dict[str, Any], status: int
) -> None:
    graph.expect("GET", "/users/$count", error(status, "TooManyRequests", **{"Retry-After": "0.1"}))
    graph.expect("GET", "/users/$count", Reply(200, 120))
    graph.expect("GET", PAGE, found())
    assert run(options, Task(records(120), max_refused="100%"))["summary"]["not_found"] == 120


def test_without_retry_after_the_wait_grows(
    graph: ScriptedGraph, options: dict[str, Any], clock: SteppingClock
) -> None:
    readable(graph, 2)
    graph.expect_batch(error(504, "GatewayTimeout"), Reply(204))
    graph.expect_batch(Reply(204))
    assert run(options, Task(records(2)), watch=Watch(clock=clock))["summary"]["set"] == 2
    assert clock.seconds == 1.0


def test_a_wait_that_is_too_long_fails_those_items_and_keeps_the_rest(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    readable(graph, 3)
    graph.expect_batch(Reply(204), error(429, "TooManyRequests", **{"Retry-After": "4000"}), Reply(204))
    with pytest.raises(WritesFailed, match="throttled requests for longer than max_wait allows") as raised:
        run(options, Task(records(3)))
    assert [one["cause"] for one in raised.value.details["users"]] == [None, "throttled", None]
    assert raised.value.details["changed"] is True


def test_a_throttled_read_that_takes_too_long_fails_the_task(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect("GET", "/users/$count", error(429, "TooManyRequests", **{"Retry-After": "4000"}))
    with pytest.raises(GraphError) as raised:
        run(options, Task(records(120)))
    assert raised.value.details == {
        "cause": "throttled",
        "status_code": 429,
        "error_code": "TooManyRequests",
        "request_id": "5c0e7d4a-6d1f-4d1c-8a54-5a3a1f6c2b10",
    }


def test_a_batch_whose_connection_is_lost_is_sent_again(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, 2)
    graph.expect("POST", "/$batch", Reply(drop=True))
    graph.expect_batch(Reply(204), Reply(204))
    assert run(options, Task(records(2)))["summary"]["set"] == 2
    first, second = graph.batches()[1:]
    assert first == second


def test_an_item_without_an_answer_is_sent_again(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, 2)
    graph.expect("POST", "/$batch", Reply(200, {"responses": [{"id": "1", "status": 204, "body": None}]}))
    graph.expect_batch(Reply(204))
    assert run(options, Task(records(2)))["summary"]["set"] == 2
    assert [item["id"] for item in graph.batches()[2]] == ["0"]


def test_a_lost_connection_for_good_says_that_the_outcome_is_unknown(
    graph: ScriptedGraph, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = "ansible_collections.hybrid.identity.plugins.module_utils._graph.http.transport"
    monkeypatch.setattr(f"{transport}._LOST_CONNECTIONS", 1)
    readable(graph, 2)
    for _attempt in range(2):
        graph.expect("POST", "/$batch", Reply(drop=True))
    with pytest.raises(WritesFailed, match=r"It is unknown whether the ImmutableId was written\. Run") as raised:
        run(options, Task(records(2)))
    assert {one["cause"] for one in raised.value.details["users"]} == {"connection_lost"}


def test_refused_writes_are_named_and_the_others_kept(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, 3)
    conflict = [
        {"code": "ObjectConflict", "message": "Another object.", "target": "onPremisesImmutableId"},
        {"code": "ConflictingObjects", "message": "Another object.", "target": f"User_{object_id(77)}"},
    ]
    graph.expect_batch(Reply(204), error(400, "Request_BadRequest", "Another object.", conflict), DENIED)
    with pytest.raises(WritesFailed) as raised:
        run(options, Task(records(3)))
    details = raised.value.details
    assert [one["status"] for one in details["users"]] == ["set", "failed", "failed"]
    assert [one["cause"] for one in details["users"]] == [None, "held_by_user", "access_denied"]
    assert details["users"][1]["before"] is details["users"][1]["after"] is None
    assert details["summary"]["failed"] == 2
    assert details["changed"] is True
    assert details["diff"]["after"].count("\n") == 1
    assert f"belongs to user {object_id(77)}" in raised.value.message
    assert raised.value.message.endswith("1 other user was changed.")


def test_a_right_that_lacks_for_everybody_is_said_once(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, 5)
    graph.expect_batch(*[DENIED] * 5)
    with pytest.raises(WritesFailed) as raised:
        run(options, Task(records(5)))
    assert raised.value.message.startswith(
        "Graph refused the changes of 5 users (user0@contoso.com, user1@contoso.com, user2@contoso.com and 2 more): "
    )
    assert raised.value.message.count("User.ReadWrite.All") == 1
    assert (
        "If the user has a role or belongs to a role-assignable group, an administrator must change the user"
    ) in raised.value.message
    assert raised.value.details["changed"] is False


def test_a_single_refused_patch_is_a_failed_user(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, 1)
    graph.expect("PATCH", f"/users/{object_id(0)}", error(404, "Request_ResourceNotFound"))
    with pytest.raises(WritesFailed, match=r"user0@contoso\.com is no longer in Entra ID") as raised:
        run(options, Task(records(1)))
    assert raised.value.details["users"][0]["cause"] == "user_vanished"


def test_a_token_that_graph_does_not_take_stops_the_other_batches(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    graph.expect("GET", "/users/$count", error(401, "InvalidAuthenticationToken", "Access token validation failure."))
    with pytest.raises(GraphError, match="Graph does not accept the access token") as raised:
        run(options, Task(records(120)))
    assert raised.value.cause == "unauthorized"


def test_an_app_that_may_not_read_users_is_told_which_permission(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(DENIED, DENIED, DENIED)
    with pytest.raises(
        GraphError, match=r"may not read users; grant it the application permission User\.Read\.All"
    ) as raised:
        run(options, Task(records(1)))
    assert raised.value.details["status_code"] == 403


@pytest.mark.parametrize("body", [b"<html>proxy</html>", b"[]", b"{}", b'{"value": null}'])
def test_what_is_not_graph_is_said_to_be_so(graph: ScriptedGraph, options: dict[str, Any], body: bytes) -> None:
    graph.expect("POST", "/$batch", Reply(200, body))
    with pytest.raises(GraphError, match=r"does not come from Microsoft Graph.*check graph_url"):
        run(options, Task(records(1)))
