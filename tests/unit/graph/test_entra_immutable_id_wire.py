# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes over the wire, byte for byte, and what does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scripted_graph import BIN, SELECT, TOKEN, Reply, ScriptedGraph, found, guid, name_filter, object_id, records, user

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.refusals import PlanBlocked
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)

pytestmark = pytest.mark.usefixtures("plain_tenant")

GUID = "c8c6569e-4688-4f3c-8462-afc4ff60817b"
VALUE = "nlbGyIhGPE+EYq/E/2CBew=="
VALUE_FILTER = "$filter=onPremisesImmutableId%20in%20%28%27nlbGyIhGPE%2BEYq%2FE%2F2CBew%3D%3D%27%29"
OTHER = "3jFgh7G/i0+csBxnpglNPg=="


def test_one_user_is_read_in_one_batch_and_written_by_one_patch(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(1)), found(), found())
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204), b'{"onPremisesImmutableId":"nlbGyIhGPE+EYq/E/2CBew=="}')

    result = run(options, Task([{"user_principal_name": "user1@contoso.com", "object_guid": GUID}]))

    assert [(item["method"], item["url"]) for item in graph.batches()[0]] == [
        ("GET", name_filter("user1@contoso.com")),
        ("GET", f"/users?{VALUE_FILTER}&$select={SELECT}"),
        ("GET", f"{BIN}?{VALUE_FILTER}&$select={SELECT}"),
    ]
    assert result["changed"] is True
    assert result["users"][0]["status"] == "set"
    assert result["diff"]["before"] == "user1@contoso.com: (none)\n"
    assert result["diff"]["after"] == f"user1@contoso.com: {VALUE}\n"


def test_clearing_sends_null_and_asks_for_the_user_alone(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect("GET", name_filter("user1@contoso.com"), found(user(1, immutable_id=VALUE)))
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204), b'{"onPremisesImmutableId":null}')

    result = run(options, Task([{"user_principal_name": "user1@contoso.com"}], clear=True))

    assert (result["users"][0]["status"], result["users"][0]["before"], result["users"][0]["after"]) == (
        "cleared",
        VALUE,
        None,
    )


def test_clearing_several_sends_null_in_a_batch(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    ones = [user(number, immutable_id=immutable_id_of_guid(guid(number))) for number in range(2)]
    graph.expect("GET", name_filter("user0@contoso.com", "user1@contoso.com"), found(*ones))
    graph.expect_batch(Reply(204), Reply(204))

    run(options, Task(records(2), clear=True))

    assert graph.requests[1].body == (
        b'{"requests":['
        b'{"id":"0","method":"PATCH","url":"/users/00000000-0000-4000-8000-000000000000",'
        b'"headers":{"Content-Type":"application/json"},"body":{"onPremisesImmutableId":null}},'
        b'{"id":"1","method":"PATCH","url":"/users/00000000-0000-4000-8000-000000000001",'
        b'"headers":{"Content-Type":"application/json"},"body":{"onPremisesImmutableId":null}}]}'
    )


@pytest.mark.parametrize(
    ("upn", "encoded"),
    [
        ("miles.o'brien@contoso.com", "%27miles.o%27%27brien%40contoso.com%27"),
        ("lars_x#EXT#@contoso.onmicrosoft.com", "%27lars_x%23EXT%23%40contoso.onmicrosoft.com%27"),
        ("a+b@contoso.com", "%27a%2Bb%40contoso.com%27"),
        ("x')or(id-ne-'@a.com", "%27x%27%27%29or%28id-ne-%27%27%40a.com%27"),
        ("x@contoso.com&$top=1", "%27x%40contoso.com%26%24top%3D1%27"),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_names_are_quoted_and_encoded(
    graph: ScriptedGraph, options: dict[str, Any], upn: str, encoded: str, alone: bool
) -> None:
    query = f"/users?$filter=userPrincipalName%20in%20%28{encoded}%29&$select={SELECT}"
    if alone:
        graph.expect("GET", query, found(user(1, upn, VALUE)))
    else:
        graph.expect_batch(found(user(1, upn, VALUE)), found(user(1, upn, VALUE)), found())

    request = {"user_principal_name": upn} | ({} if alone else {"immutable_id": VALUE})
    result = run(options, Task([request], clear=alone, check_mode=True))

    if not alone:
        assert graph.batches()[0][0]["url"] == query
    assert result["users"][0]["status"] == ("cleared" if alone else "unchanged")


def test_a_user_can_be_named_by_object_id(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect("GET", f"/users?$filter=id%20in%20%28%27{object_id(7)}%27%29&$select={SELECT}", found(user(7)))
    assert (
        run(options, Task([{"id": object_id(7)}], clear=True))["users"][0]["user_principal_name"] == "user7@contoso.com"
    )


def test_check_mode_reads_and_does_not_write(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(1)), found(), found())
    result = run(options, Task([{"user_principal_name": "user1@contoso.com", "object_guid": GUID}], check_mode=True))
    assert result["changed"] is True
    assert result["diff"]["after"] == f"user1@contoso.com: {VALUE}\n"


def test_a_user_who_has_the_value_is_not_written(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(1, immutable_id=VALUE)), found(user(1, immutable_id=VALUE)), found())
    result = run(options, Task([{"user_principal_name": "USER1@contoso.com", "immutable_id": VALUE}]))
    assert (result["changed"], result["summary"]["unchanged"]) == (False, 1)


def test_several_users_are_written_in_one_batch_with_only_the_field(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    graph.expect_batch(found(user(0), user(1)), found(), found())
    graph.expect_batch(Reply(204), Reply(204))
    run(options, Task(records(2)))
    read, written = graph.batches()
    assert len(read) == 3
    assert written == [
        {
            "id": str(number),
            "method": "PATCH",
            "url": f"/users/{object_id(number)}",
            "headers": {"Content-Type": "application/json"},
            "body": {"onPremisesImmutableId": immutable_id_of_guid(guid(number))},
        }
        for number in range(2)
    ]


def test_blocked_users_fail_the_task_before_any_write(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(0), user(1, onPremisesSyncEnabled=True)), found(), found())
    with pytest.raises(PlanBlocked) as raised:
        run(options, Task(records(3)))
    assert raised.value.message.startswith(
        "Nothing was changed, because 2 of 3 users cannot be changed: user1@contoso.com: "
    )
    assert raised.value.details["changed"] is False
    assert [(one["status"], one["changed"]) for one in raised.value.details["users"]] == [
        ("set", False),
        ("refused", False),
        ("not_found", False),
    ]
    assert raised.value.details["summary"]["total"] == 3


def test_skip_goes_on_with_the_others(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(0), user(1, onPremisesSyncEnabled=False)), found(), found())
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    result = run(options, Task(records(3), max_refused="100%"))
    assert [one["status"] for one in result["users"]] == ["set", "refused", "not_found"]
    assert [one["cause"] for one in result["users"]] == [None, "formerly_synced_user", "no_cloud_user"]


BAD = {"user_principal_name": "bad@contoso.com", "object_guid": "not a guid"}


@pytest.mark.parametrize(
    ("task", "statuses"),
    [
        (Task([BAD, *records(2)]), ["refused"]),
        (Task([*records(1), *records(1)]), ["refused", "refused"]),
        (
            Task([{"user_principal_name": "x@contoso.com", "status": "missing", "reason": "No such user."}]),
            ["not_found"],
        ),
    ],
)
def test_wrong_records_fail_before_anybody_is_asked(
    graph: ScriptedGraph, options: dict[str, Any], task: Task, statuses: list[str]
) -> None:
    with pytest.raises(PlanBlocked) as raised:
        run(options, task)
    assert [one["status"] for one in raised.value.details["users"]] == statuses
    assert graph.sign_ins == graph.requests == []


def test_only_wrong_records_ask_nobody_when_skipped_either(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    result = run(options, Task([BAD], max_refused="100%"))
    assert (result["changed"], result["summary"]["refused"]) == (False, 1)
    assert graph.sign_ins == graph.requests == []


def test_no_records_ask_nobody(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    assert run(options, Task([])) == {
        "changed": False,
        "users": [],
        "summary": dict.fromkeys(
            ("set", "cleared", "restored", "unchanged", "not_found", "refused", "failed", "total"), 0
        ),
        "table": [],
        "diff": {
            "before_header": "onPremisesImmutableId",
            "after_header": "onPremisesImmutableId",
            "before": "",
            "after": "",
        },
    }
    assert graph.sign_ins == []


def test_what_a_record_holds_besides_travels_along(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(1, immutable_id=OTHER)), found(), found())
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204))
    record = {
        "user_principal_name": "user1@contoso.com",
        "immutable_id": VALUE,
        "sam_account_name": "u1",
        "team": ["x"],
    }
    result = run(options, Task([record], overwrite=True))
    assert result["users"] == [
        {
            **record,
            "id": object_id(1),
            "status": "set",
            "before": OTHER,
            "after": VALUE,
            "changed": True,
            "cause": None,
            "reason": None,
        }
    ]
    assert TOKEN not in json.dumps(result)
