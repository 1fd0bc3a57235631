# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Graph's filters may find look-alikes: whoever has another name is no user of the task."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from scripted_graph import Reply, ScriptedGraph, found, guid, name_filter, object_id, records, user
from support.look_alikes import LOOK_ALIKES

from ansible_collections.hybrid.identity.plugins.module_utils._graph import (
    entra_immutable_id,
    entra_sync_info,
    entra_user_info,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_choice import (
    EXPAND,
    PROPERTIES,
    Choice,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.expectations import read_expectations

pytestmark = pytest.mark.usefixtures("plain_tenant")

PAIRS = [(real, look_alike) for real, look_alike, _character in LOOK_ALIKES]
GROUP = "displayName eq 'Sales'"
PROOF = ",".join(entra_sync_info.SYNC_PROPERTIES)


def record(upn: str, number: int) -> dict[str, Any]:
    return {"user_principal_name": upn, "object_guid": guid(number)}


def task(*given: dict[str, Any]) -> entra_immutable_id.Task:
    return entra_immutable_id.Task(given, max_refused="100%")


def patch(graph: ScriptedGraph, number: int, value: int) -> None:
    body = f'{{"onPremisesImmutableId":"{immutable_id_of_guid(guid(value))}"}}'.encode()
    graph.expect("PATCH", f"/users/{object_id(number)}", Reply(204), body)


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_only_the_user_with_exactly_this_upn_is_written(
    graph: ScriptedGraph, options: dict[str, Any], real: str, look_alike: str
) -> None:
    graph.expect_batch(found(user(2, look_alike), user(1, real.upper()), user(3, look_alike)), found(), found())
    patch(graph, 1, 1)
    result = entra_immutable_id.run(options, task(record(real, 1), record(look_alike, 2)))
    assert graph.batches()[0][0]["url"] == name_filter(real)
    assert [each["cause"] for each in result["users"]] == [None, "invalid_upn"]


@pytest.mark.parametrize("listed", [False, True])
def test_a_look_alike_that_graph_finds_is_not_written(
    graph: ScriptedGraph, options: dict[str, Any], listed: bool
) -> None:
    others = records(120 if listed else 0)
    if listed:
        graph.expect("GET", "/users/$count", Reply(200, 121))
        held = [user(number, immutable_id=immutable_id_of_guid(guid(number))) for number in range(120)]
        path = name_filter("x").partition("?")[0]
        select = name_filter("x").partition("&")[2]
        graph.expect("GET", f"{path}?{select}&$top=999", found(*held, user(500, "\u017fysadmin@contoso.com")))
    else:
        graph.expect_batch(found(user(500, "\u017fysadmin@contoso.com")), found(), found())
    result = entra_immutable_id.run(options, task(*others, record("sysadmin@contoso.com", 500)))
    assert (result["changed"], result["users"][-1]["cause"]) == (False, "no_cloud_user")


def test_an_object_id_as_the_upn_of_an_ad_account_writes_nobody(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(1)), found(), found())
    patch(graph, 1, 1)
    result = entra_immutable_id.run(options, task(record("user1@contoso.com", 1), record(object_id(7), 2)))
    assert [item["url"] for item in graph.batches()[0] if object_id(7) in item["url"]] == []
    assert [(each["status"], each["cause"]) for each in result["users"]] == [("set", None), ("refused", "invalid_upn")]


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_a_proof_does_not_take_what_graph_finds_for_another_name(
    graph: ScriptedGraph, options: dict[str, Any], real: str, look_alike: str
) -> None:
    synced: dict[str, Any] = {
        "onPremisesSyncEnabled": True,
        "onPremisesLastSyncDateTime": None,
        "onPremisesProvisioningErrors": [],
    }
    graph.expect_batch(found(user(1, look_alike, **synced)), found())
    expectations = read_expectations([{"user_principal_name": real}, {"user_principal_name": look_alike}])
    findings = entra_sync_info.run(options, entra_sync_info.Question(expectations))
    asked = quote(f"userPrincipalName in ('{real}')", safe="")
    assert graph.batches()[0][0]["url"] == f"/users?$filter={asked}&$select={PROOF}"
    assert [finding.status for finding in findings] == ["not_found", "skipped"]


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_a_cloud_user_is_read_by_exactly_the_upn(
    graph: ScriptedGraph, options: dict[str, Any], real: str, look_alike: str
) -> None:
    wanted = quote(f"userPrincipalName in ('{real}')", safe="")
    query = f"/users?$expand={quote(EXPAND, safe='')}&$filter={wanted}&$select={','.join(PROPERTIES)}"
    graph.expect("GET", query, found(user(1, look_alike)))
    result = entra_user_info.run(options, entra_user_info.Question(Choice(), [real]))
    assert [each["status"] for each in result["users"]] == ["not_found"]
    with pytest.raises(InputError, match="because it contains"):
        entra_user_info.run(options, entra_user_info.Question(Choice(), [look_alike]))


def test_a_group_is_found_by_exactly_its_name(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    query = f"/groups?$filter={quote(GROUP, safe='')}&$select=id,displayName,groupTypes,visibility"
    graph.expect("GET", query, found({"id": object_id(1), "displayName": "\u017fales"}))
    with pytest.raises(InputError, match="groups names Sales, but Entra ID has no such group"):
        entra_user_info.run(options, entra_user_info.Question(Choice(), groups=["Sales"]))
