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
    SELECT,
    TENANT,
    TENANT_ID,
    Reply,
    ScriptedGraph,
    error,
    found,
    guid,
    name_filter,
    object_id,
    records,
    user,
)

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.refusals import PlanBlocked, WritesFailed
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.rollback import choose_lines
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile, read_journal

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


def roll_back(options: dict[str, Any], path: Path, rollback: str = "last", **how: Any) -> Any:
    chosen = choose_lines(read_journal(str(path)), rollback, [PROPERTY])
    with JournalFile(str(path), "back", tuple({line.run for line in chosen})) as journal:
        return run(options, Task(undo=chosen, **how), None if how.get("check_mode") else journal)


def ids_filter(*numbers: int) -> str:
    literals = "%2C".join(f"%27{object_id(number)}%27" for number in numbers)
    return f"/users?$filter=id%20in%20%28{literals}%29&$select={SELECT}"


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
    assert "No such file or directory. Nothing is changed without it" in caught.value.message
    assert not any(b"PATCH" in request.body or request.method == "PATCH" for request in graph.requests)


def test_a_rollback_puts_back_and_a_second_one_does_nothing(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "journal"
    set_values(graph, options, path, Reply(204), Reply(204))

    graph.expect("GET", ids_filter(0, 1), found(*(user(number, immutable_id=value(number)) for number in range(2))))
    preview = roll_back(options, path, check_mode=True)
    size = path.stat().st_size
    graph.expect("GET", ids_filter(0, 1), found(*(user(number, immutable_id=value(number)) for number in range(2))))
    graph.expect_batch(Reply(204), Reply(204))
    back = roll_back(options, path)
    assert [item["body"] for item in graph.batches()[-1]] == [{PROPERTY: None}] * 2
    assert preview == back
    assert path.stat().st_size > size
    assert (back["summary"]["cleared"], back["changed"]) == (2, True)
    assert lines(path)[-1]["rolls_back"] == ["set"]

    graph.expect("GET", ids_filter(0, 1), found(user(0), user(1)))
    again = roll_back(options, path)
    assert (again["summary"]["unchanged"], again["changed"]) == (2, False)


def test_a_value_that_somebody_changed_since_is_refused_and_stays(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "journal"
    set_values(graph, options, path, Reply(204), Reply(204))
    now = [user(0, immutable_id=value(7)), user(1, immutable_id=value(1))]

    graph.expect("GET", ids_filter(0, 1), found(*now))
    with pytest.raises(PlanBlocked, match=rf"user0@contoso\.com has {value(7).replace('+', '[+]')} now, and the run"):
        roll_back(options, path)

    graph.expect("GET", ids_filter(0, 1), found(*now))
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204), b'{"onPremisesImmutableId":null}')
    result = roll_back(options, path, skip_refused=True)
    assert [(done["status"], done["cause"]) for done in result["users"]] == [
        ("refused", "changed_since"),
        ("cleared", None),
    ]


def test_a_user_who_is_synchronised_by_now_is_refused(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "journal"
    set_values(graph, options, path, Reply(204), Reply(204))
    synced = user(0, immutable_id=value(0), onPremisesSyncEnabled=True)
    graph.expect("GET", ids_filter(0, 1), found(synced, user(1)))
    with pytest.raises(PlanBlocked) as caught:
        roll_back(options, path)
    assert [done["cause"] for done in caught.value.details["users"]] == ["synced_user", None]


def test_a_value_that_moved_goes_back_to_its_first_holder(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "journal"
    held = value(5)
    graph.expect("GET", name_filter("user0@contoso.com"), found(user(0, immutable_id=held)))
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    with JournalFile(str(path), "clear") as journal:
        run(options, Task([{"user_principal_name": "user0@contoso.com"}], clear=True), journal)
    graph.expect_batch(found(user(1)), found(), found())
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204))
    with JournalFile(str(path), "give") as journal:
        run(options, Task([{"user_principal_name": "user1@contoso.com", "immutable_id": held}]), journal)

    now = [user(0), user(1, immutable_id=held)]
    graph.expect_batch(found(*now), found(now[1]), found())
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204), b'{"onPremisesImmutableId":null}')
    graph.expect(
        "PATCH", f"/users/{object_id(0)}", Reply(204), json.dumps({PROPERTY: held}, separators=(",", ":")).encode()
    )
    back = roll_back(options, path, "all", skip_checks=["anchor_claims", "protected_accounts"])
    assert [request.path[-2:] for request in graph.requests if request.method == "PATCH"][-2:] == ["01", "00"]
    assert (back["summary"]["cleared"], back["summary"]["set"]) == (1, 1)


def test_a_value_is_not_given_back_unchecked(graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path) -> None:
    """Nothing here asks Active Directory, so the caller has to vouch for whose the value is."""
    path = tmp_path / "journal"
    graph.expect("GET", name_filter("user0@contoso.com"), found(user(0, immutable_id=value(0))))
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    with JournalFile(str(path), "clear") as journal:
        run(options, Task([{"user_principal_name": "user0@contoso.com"}], clear=True), journal)

    def back(**how: Any) -> Any:
        graph.expect_batch(found(user(0)), found(), found())
        chosen = choose_lines(read_journal(str(path)), "clear", [PROPERTY])
        with JournalFile(str(path), "back", ["clear"]) as journal:
            return run(options, Task(undo=chosen, **how), journal)

    for skipped in ([], ["anchor_claims"], ["protected_accounts"]):
        with pytest.raises(PlanBlocked, match="Active Directory now is not checked, so it is not given back"):
            back(skip_checks=skipped)
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    assert back(skip_checks=["anchor_claims", "protected_accounts"])["summary"]["set"] == 1


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


@pytest.mark.parametrize("tenant", [f'"{TENANT}"', "null", '"00000000-53c4-4b8e-8f0e-2f6a1d7c4e11"'])
def test_a_journal_of_another_tenant_is_refused(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path, tenant: str
) -> None:
    """The name of this very tenant is no id, and nothing at all fits no tenant."""
    path = tmp_path / "journal"
    set_values(graph, options, path, Reply(204), Reply(204))
    path.write_text(path.read_text().replace(f'"{TENANT_ID}"', tenant))
    with pytest.raises(InputError, match=f"this task is connected to the tenant {TENANT_ID}; connect to the other one"):
        roll_back(options, path)


@pytest.mark.parametrize("claims", [b"{}", b'{"tid":null}', b'{"tid":"contoso.com"}', b"[]", b"no JSON", b"\xff"])
def test_a_token_without_a_tenant_writes_no_journal(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path, claims: bytes
) -> None:
    token = f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.x"
    graph.token_reply = Reply(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": token})
    path = tmp_path / "journal"
    with (
        JournalFile(str(path), "one") as journal,
        pytest.raises(GraphError, match="does not say which tenant it is for"),
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
