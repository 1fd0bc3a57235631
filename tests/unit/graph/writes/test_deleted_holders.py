# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleted users who hold a wanted value: restored or purged before the write that needs it, and journaled."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted_graph import Reply, ScriptedGraph, error, found, guid, object_id, records, user

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.refusals import WritesFailed
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.limits import LimitExceeded
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile

pytestmark = pytest.mark.usefixtures("plain_tenant")

VALUE = immutable_id_of_guid(guid(0))
DENIED = error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
BIN = "/directory/deletedItems"
PURGE, RESTORE = ({object_id(number): way for number in (0, 70)} for way in ("purge", "restore"))


def readable(graph: ScriptedGraph, *active: Mapping[str, Any], deleted: Sequence[Mapping[str, Any]] = ()) -> None:
    graph.expect_batch(found(*active), found(), found(*deleted))


def told(path: Path) -> list[tuple[str, str, Any, Any, str]]:
    """(end of the user's id, attribute, before, after, outcome) of each line of a journal."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [(each["id"][-2:], each["attribute"], each["before"], each["after"], each["outcome"]) for each in lines]


def test_purged_before_the_write_and_journaled(graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path) -> None:
    readable(graph, user(0), deleted=[user(70, immutable_id=VALUE, onPremisesSyncEnabled=False)])
    graph.expect_batch(Reply(204))
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    with JournalFile(str(tmp_path / "journal"), "test") as journal:
        result = run(options, Task(records(1), deleted=PURGE), journal)
    assert [(item["method"], item["url"]) for item in graph.batches()[1]] == [("DELETE", f"{BIN}/{object_id(70)}")]
    assert graph.requests[-1].method == "PATCH"
    assert result["users"][0]["deleted_holders"][0]["becomes"] == "purged"
    assert told(tmp_path / "journal") == [
        ("70", "recycleBin", "deleted", "purged", "written"),
        ("00", "onPremisesImmutableId", None, VALUE, "written"),
    ]


def test_restored_and_cleared_before_the_write_and_journaled(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path
) -> None:
    readable(graph, user(0), deleted=[user(70, immutable_id=VALUE)])
    graph.expect_batch(Reply(200, {"id": object_id(70)}))
    graph.expect("PATCH", f"/users/{object_id(70)}", Reply(204), b'{"onPremisesImmutableId":null}')
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    with JournalFile(str(tmp_path / "journal"), "test") as journal:
        run(options, Task(records(1), deleted=RESTORE), journal)
    (item,) = graph.batches()[1]
    assert (item["method"], item["url"], item["body"]) == ("POST", f"{BIN}/{object_id(70)}/restore", {})
    assert [request.path[-2:] for request in graph.requests[-2:]] == ["70", "00"]
    assert told(tmp_path / "journal") == [
        ("70", "recycleBin", "deleted", "restored", "written"),
        ("70", "onPremisesImmutableId", VALUE, None, "written"),
        ("00", "onPremisesImmutableId", None, VALUE, "written"),
    ]


def test_the_user_itself_is_restored_and_nothing_else(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, deleted=[user(0, immutable_id=VALUE, onPremisesSyncEnabled=False)])
    graph.expect_batch(Reply(200, {"id": object_id(0)}))
    result = run(options, Task(records(1), deleted=RESTORE))
    assert (result["changed"], result["users"][0]["status"]) == (True, "restored")
    assert result["users"][0]["id"] == object_id(0)


@pytest.mark.parametrize("check_mode", [True, False])
def test_check_mode_and_the_limit_leave_the_bin_alone(
    graph: ScriptedGraph, options: dict[str, Any], check_mode: bool
) -> None:
    readable(graph, user(0), deleted=[user(70, immutable_id=VALUE)])
    if check_mode:
        result = run(options, Task(records(1), deleted=PURGE, check_mode=True, max_changes="2"))
        assert result["users"][0]["deleted_holders"][0]["becomes"] == "purged"
        assert "user70@contoso.com (in the recycle bin): purged" in result["diff"]["after"]
    else:
        with pytest.raises(LimitExceeded, match="would change 2 users of 1 in scope"):
            run(options, Task(records(1), deleted=PURGE, max_changes="1"))
    assert [request.method for request in graph.requests] == ["POST"]


@pytest.mark.parametrize(
    ("way", "refused", "cause", "words"),
    [
        ("purge", DENIED, "access_denied", "could not be purged: grant .* User.DeleteRestore.All"),
        ("restore", DENIED, "access_denied", "could not be restored: grant .* User.DeleteRestore.All"),
        (
            "restore",
            error(400, "Request_BadRequest", "x", [{"code": "ObjectConflict", "target": "proxyAddresses"}]),
            "restore_conflict",
            "its value of proxyAddresses belongs to another object now",
        ),
        (
            "purge",
            error(400, "Request_BadRequest", "Odd."),
            "request_refused",
            "could not be purged: .*Odd",
        ),
    ],
)
def test_a_failure_stops_only_who_needs_it(
    graph: ScriptedGraph, options: dict[str, Any], way: str, refused: Reply, cause: str, words: str
) -> None:
    readable(graph, user(0), user(1), deleted=[user(70, immutable_id=VALUE)])
    graph.expect_batch(refused)
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204))
    with pytest.raises(WritesFailed, match=words) as raised:
        run(options, Task(records(2), deleted={object_id(70): way}))
    first, second = raised.value.details["users"]
    assert (first["status"], first["cause"], second["status"]) == ("failed", cause, "set")
    assert first["deleted_holders"][0]["becomes"] == "kept"


def test_a_purged_holder_counts_as_a_change_where_the_write_fails(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    readable(graph, user(0), deleted=[user(70, immutable_id=VALUE)])
    graph.expect_batch(Reply(204))
    graph.expect("PATCH", f"/users/{object_id(0)}", DENIED)
    with pytest.raises(WritesFailed) as raised:
        run(options, Task(records(1), deleted=PURGE))
    assert raised.value.details["changed"] is True
    assert raised.value.details["users"][0]["deleted_holders"][0]["becomes"] == "purged"
    assert "user70@contoso.com (in the recycle bin): purged" in raised.value.details["diff"]["after"]


def test_a_holder_that_keeps_its_value_is_restored_and_said_so(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(0), deleted=[user(70, immutable_id=VALUE)])
    graph.expect_batch(Reply(200, {"id": object_id(70)}))
    graph.expect("PATCH", f"/users/{object_id(70)}", DENIED)
    with pytest.raises(WritesFailed) as raised:
        run(options, Task(records(1), deleted=RESTORE))
    assert raised.value.details["users"][0]["deleted_holders"][0]["becomes"] == "restored"


@pytest.mark.parametrize(("shown", "status"), [(Reply(200, {"id": object_id(0)}), "restored"), (None, "failed")])
def test_a_restore_that_was_done_before_counts(
    graph: ScriptedGraph, options: dict[str, Any], shown: Reply | None, status: str
) -> None:
    readable(graph, deleted=[user(0, immutable_id=VALUE)])
    gone = error(404, "Request_ResourceNotFound")
    graph.expect_batch(gone)
    graph.expect_batch(shown or gone)
    task = Task(records(1), deleted=RESTORE)
    if shown:
        assert run(options, task)["users"][0]["status"] == status
        return
    with pytest.raises(WritesFailed, match="left the recycle bin in the meantime") as raised:
        run(options, task)
    assert raised.value.details["users"][0]["status"] == status


def test_who_is_purged_already_need_not_be(graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path) -> None:
    readable(graph, user(0), deleted=[user(70, immutable_id=VALUE)])
    graph.expect_batch(error(404, "Request_ResourceNotFound"))
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    with JournalFile(str(tmp_path / "journal"), "test") as journal:
        assert run(options, Task(records(1), deleted=PURGE), journal)["summary"]["set"] == 1
    assert told(tmp_path / "journal")[0][-1] == "unknown"
