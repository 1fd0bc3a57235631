# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal and the way back, as the module does them on the wire."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted_graph import (
    TENANT_ID,
    Reply,
    ScriptedGraph,
    error,
    found,
    guid,
    object_id,
    records,
    user,
)

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.refusals import WritesFailed
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile

pytestmark = pytest.mark.usefixtures("plain_tenant")

PROPERTY = "onPremisesImmutableId"


def value(number: int) -> str:
    return immutable_id_of_guid(guid(number))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def told(path: Path) -> list[tuple[str, str]]:
    return [(line["user_principal_name"], line["outcome"]) for line in lines(path)]


def set_values(
    graph: ScriptedGraph,
    options: dict[str, Any],
    path: Path,
    *replies: Reply,
    again: Sequence[Reply] = (),
    run_name: str = "set",
) -> Any:
    """Set the values of as many users as there are replies, by one batch, and a second one for those sent again."""
    count = len(replies)
    graph.expect_batch(found(*(user(number) for number in range(count))), found(), found())
    graph.expect_batch(*replies)
    if again:
        graph.expect_batch(*again)
    with JournalFile(str(path), run_name) as journal:
        return run(options, Task(records(count)), journal)


def test_a_change_is_on_the_disk_when_its_request_arrives(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    seen: list[list[tuple[str, str]]] = []
    answer = graph.answer

    def look(request: Any) -> Reply:
        if b"PATCH" in request.body:
            seen.append(told(path))
        return answer(request)

    monkeypatch.setattr(graph, "answer", look)
    set_values(graph, options, path, Reply(204), Reply(204))
    assert seen == [[("user0@contoso.com", "pending"), ("user1@contoso.com", "pending")]]
    assert told(path) == [("user0@contoso.com", "written"), ("user1@contoso.com", "written")]
    assert lines(path)[1] | {"time": "", "run": ""} == {
        "time": "",
        "run": "",
        "tenant": TENANT_ID,
        "id": object_id(1),
        "user_principal_name": "user1@contoso.com",
        "attribute": PROPERTY,
        "before": None,
        "after": value(1),
        "request_id": " " * 36,
        "outcome": "written",
    }


def test_what_graph_refused_and_what_nobody_knows(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "journal"
    with pytest.raises(WritesFailed):
        set_values(graph, options, path, Reply(204), error(403, "Authorization_RequestDenied"), error(500, "Oops"))
    assert [outcome for _name, outcome in told(path)] == ["written", "refused", "unknown"]


def test_one_user_is_journaled_as_well(graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "journal"
    graph.expect_batch(found(user(0)), found(), found())
    graph.expect("PATCH", f"/users/{object_id(0)}", error(403, "Authorization_RequestDenied"))
    with JournalFile(str(path), "one") as journal, pytest.raises(WritesFailed):
        run(options, Task(records(1)), journal)
    assert told(path) == [("user0@contoso.com", "refused")]


def test_the_ids_of_requests_are_kept(graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path) -> None:
    """The item's own if it has one, also of a refusal, else that of the whole batch."""
    own, told, whole = object_id(71), object_id(72), object_id(73)
    refused = error(403, "Authorization_RequestDenied")
    refused.body["error"]["innerError"] = {"request-id": told}
    graph.expect_batch(found(user(0), user(1), user(2)), found(), found())
    replies = [Reply(204, headers={"request-id": own}), refused, Reply(204)]
    graph.expect("POST", "/$batch", Reply(200, replies, {"request-id": whole}))
    path = tmp_path / "journal"
    with JournalFile(str(path), "run") as journal, pytest.raises(WritesFailed):
        run(options, Task(records(3)), journal)
    assert [(line["outcome"], line["request_id"]) for line in lines(path)] == [
        ("written", own),
        ("refused", told),
        ("written", whole),
    ]


def test_one_user_has_the_id_of_its_request(graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "journal"
    graph.expect_batch(found(user(0)), found(), found())
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204, headers={"request-id": object_id(71)}))
    with JournalFile(str(path), "one") as journal:
        run(options, Task(records(1)), journal)
    assert [line["request_id"] for line in lines(path)] == [object_id(71)]


def test_an_item_that_is_sent_again_has_one_line(graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "journal"
    throttled = error(429, "TooManyRequests", Retry_After="0.01")
    set_values(graph, options, path, throttled, Reply(204), again=[Reply(204)])
    assert sorted(told(path)) == [("user0@contoso.com", "written"), ("user1@contoso.com", "written")]


@pytest.mark.parametrize("count", [1, 2])
def test_nothing_is_sent_that_the_journal_does_not_take(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path, count: int
) -> None:
    graph.expect_batch(found(*(user(number) for number in range(count))), found(), found())
    path = tmp_path / "folder" / "journal"
    path.parent.mkdir()
    with JournalFile(str(path), "run") as journal:
        path.parent.rmdir()
        with pytest.raises(WritesFailed) as caught:
            run(options, Task(records(count)), journal)
    assert {user["cause"] for user in caught.value.details["users"]} == {"journal_failed"}
    assert "No such file or directory. Without it, nothing is changed" in caught.value.message
    assert not any(b"PATCH" in request.body or request.method == "PATCH" for request in graph.requests)


def test_a_killed_run_is_settled_by_the_next(graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "journal"
    set_values(graph, options, path, Reply(204), Reply(204), run_name="killed")
    path.write_bytes(path.read_bytes().replace(b"written", b"pending"))
    graph.expect_batch(found(user(0, immutable_id=value(0)), user(1)), found(), found())
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204))
    with JournalFile(str(path), "next") as journal:
        run(options, Task(records(2)), journal)
    assert [(line["run"], line["id"][-1], line["outcome"]) for line in lines(path)] == [
        ("killed", "0", "written"),
        ("killed", "1", "aborted"),
        ("next", "1", "written"),
    ]


@pytest.mark.parametrize("claims", [b"{}", b'{"tid":null}', b'{"tid":"contoso.com"}', b"[]", b"no JSON", b"\xff"])
def test_a_token_without_a_tenant_writes_no_journal(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path, claims: bytes
) -> None:
    token = f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.x"
    graph.token_reply = Reply(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": token})
    path = tmp_path / "journal"
    with (
        JournalFile(str(path), "one") as journal,
        pytest.raises(GraphError, match="has no tenant id"),
    ):
        run(options, Task(records(1)), journal)
    assert not path.exists()


def test_a_journal_that_is_renamed_stops_the_writes(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    answer = graph.answer

    def rename(request: Any) -> Reply:
        if request.method == "PATCH" and path.exists():
            path.rename(tmp_path / "elsewhere")
        return answer(request)

    monkeypatch.setattr(graph, "answer", rename)
    graph.expect_batch(found(user(0)), found(), found())
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    with JournalFile(str(path), "one") as journal:
        result = run(options, Task(records(1)), journal)
        assert "was renamed, replaced or deleted while this run used it" in result["warnings"][-1]
        graph.expect_batch(found(user(1)), found(), found())
        with pytest.raises(WritesFailed, match="was renamed, replaced or deleted while this run used it") as caught:
            run(options, Task(records(2)[1:]), journal)
    assert caught.value.details["users"][0]["cause"] == "journal_failed"
