# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guard rails on the wire: what is asked before a write, what is not, and deleted users on their way out of the bin."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from scripted_graph import (
    ASSIGNMENTS,
    CLIENT_ID,
    DEFINITIONS,
    DOMAINS,
    PAGE,
    ROLE_GROUPS,
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
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.transport import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.guards import check_guards
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.refusals import PlanBlocked, WritesFailed
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.anchors import immutable_id_of_guid
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.limits import LimitExceeded
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import entra_record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import (
    ImmutableIdChange,
    plan_changes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import read_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex

VALUE = immutable_id_of_guid(guid(0))
ADMIN = {"id": "29232cdf-9323-42fd-ade2-1d097af3e4de", "displayName": "Exchange Administrator", "isPrivileged": True}
STRONG = ("62e90394-69f5-4237-9190-012177145e10", "7be44c8a-adaf-4e2a-84d6-ab2649e08a13")
DENIED = error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def ask(graph: ScriptedGraph, **answers: Any) -> None:
    """Expect what is asked about administrators; ``answers`` take the place of empty ones."""
    graph.expect("GET", ASSIGNMENTS, answers.get("assignments", found()))
    graph.expect("GET", DEFINITIONS, answers.get("definitions", found(ADMIN)), version="beta")
    graph.expect("GET", ROLE_GROUPS, answers.get("groups", found()))


def ask_for_own_role(graph: ScriptedGraph, *holders: Mapping[str, Any]) -> None:
    for role, principals in zip(STRONG, (list(holders), []), strict=True):
        query = f"$expand=principal&$filter=roleDefinitionId%20eq%20%27{role}%27"
        graph.expect("GET", f"/roleManagement/directory/roleAssignments?{query}", found(*principals))


def own(app: str = CLIENT_ID, scope: str = "/") -> dict[str, Any]:
    principal = {"@odata.type": "#microsoft.graph.servicePrincipal", "id": object_id(500), "appId": app.upper()}
    return {"principalId": object_id(500), "directoryScopeId": scope, "principal": principal}


def is_admin(number: int) -> dict[str, Any]:
    return found({"principalId": object_id(number), "roleDefinitionId": ADMIN["id"]})


def readable(graph: ScriptedGraph, *active: Mapping[str, Any], deleted: Sequence[Mapping[str, Any]] = ()) -> None:
    graph.expect_batch(found(*active), found(), found(*deleted))


def test_a_second_run_asks_about_nobody(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(0, immutable_id=VALUE))
    assert run(options, Task(records(1)))["changed"] is False
    assert len(graph.requests) == 1


def test_an_administrator_fails_the_task_before_any_write(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(0), user(1))
    ask(graph, assignments=is_admin(1))
    ask_for_own_role(graph)
    with pytest.raises(PlanBlocked, match=r"user1@contoso\.com holds the role Exchange Administrator") as raised:
        run(options, Task(records(2)))
    assert [one["cause"] for one in raised.value.details["users"]] == [None, "admin_role"]
    assert raised.value.details["changed"] is False


def test_others_are_written_where_administrators_are_skipped(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(0), user(1))
    ask(graph, groups=found({"id": object_id(900), "displayName": "Tier 0"}))
    graph.expect_batch(found({"id": object_id(1)}), found())
    ask_for_own_role(graph)
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    result = run(options, Task(records(2), skip_refused=True))
    assert [one["status"] for one in result["users"]] == ["set", "refused"]
    assert result["users"][1]["cause"] == "role_assignable_group"


def test_an_app_with_a_role_above_them_may_change_administrators(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(0))
    ask(graph, assignments=is_admin(0))
    ask_for_own_role(graph, own())
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    result = run(options, Task(records(1)))
    assert (result["summary"]["set"], "warnings" in result) == (1, False)


@pytest.mark.parametrize("holder", [own(app=object_id(9)), own(scope="/administrativeUnits/x")])
def test_the_role_of_another_app_or_for_a_part_is_none(
    graph: ScriptedGraph, options: dict[str, Any], holder: dict[str, Any]
) -> None:
    readable(graph, user(0))
    ask(graph, assignments=is_admin(0))
    ask_for_own_role(graph, holder)
    with pytest.raises(PlanBlocked, match="Global Administrator directly to the app's service principal"):
        run(options, Task(records(1)))


def test_graph_decides_where_the_own_role_may_not_be_read(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(0))
    ask(graph, assignments=is_admin(0))
    for role in STRONG:
        query = f"$expand=principal&$filter=roleDefinitionId%20eq%20%27{role}%27"
        graph.expect("GET", f"/roleManagement/directory/roleAssignments?{query}", DENIED)
    graph.expect("PATCH", f"/users/{object_id(0)}", DENIED)
    with pytest.raises(WritesFailed, match="Privileged Authentication Administrator") as raised:
        run(options, Task(records(1)))
    assert "it is unknown whether the app holds" in raised.value.details["warnings"][0]


def test_graph_decides_where_the_app_is_not_known(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """As with a managed identity that is the machine's own."""
    ask(graph, assignments=is_admin(0))

    async def checked_without_id() -> tuple[list[ImmutableIdChange], list[str]]:
        changes = plan_changes(read_requests(records(1)), UserIndex([entra_record(user(0))]))
        async with open_transport(options) as transport:
            return await check_guards(transport, changes, None)

    (change,), (warning,) = asyncio.run(checked_without_id())
    assert change.status == "set"
    assert "give client_id" in warning


def test_what_may_not_be_read_is_a_warning_and_the_write_goes_ahead(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    graph.expect_batch(found(user(0, immutable_id="nlbGyIhGPE+EYq/E/2CBew==")), found(), found())
    ask(graph, assignments=DENIED, groups=DENIED)
    graph.expect("GET", DOMAINS, DENIED)
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    result = run(options, Task(records(1), overwrite=True))
    assert result["summary"]["set"] == 1
    roles, domains = result["warnings"]
    assert "GroupMember.Read.All, RoleManagement.Read.Directory" in roles
    assert "Domain.Read.All" in domains


def test_a_federated_user_is_refused_in_check_mode_too(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(0, immutable_id="nlbGyIhGPE+EYq/E/2CBew==")), found(), found())
    ask(graph)
    graph.expect("GET", DOMAINS, found({"id": "contoso.com", "isVerified": True, "authenticationType": "Federated"}))
    with pytest.raises(PlanBlocked, match=r"federated domain.*switch the UPN to a managed domain"):
        run(options, Task(records(1), overwrite=True, check_mode=True))


def test_a_preflight_is_not_asked_twice(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(0))
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    record = {**records(1)[0], "outcome": "hard_match", "status": "hard_match", "id": object_id(0), "unknown": []}
    assert run(options, Task([record]))["summary"]["set"] == 1


@pytest.mark.usefixtures("plain_tenant")
def test_all_users_are_listed_once_and_those_cleared_who_may_be(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    people = [
        user(0, immutable_id=VALUE),
        user(1),
        user(2, immutable_id="AAAAAAAAAAAAAAAAAAAAAA==", onPremisesSyncEnabled=True),
        user(3, immutable_id="AQAAAAAAAAAAAAAAAAAAAA==", onPremisesSyncEnabled=False),
    ]
    graph.expect("GET", PAGE, found(*people))
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204), b'{"onPremisesImmutableId":null}')
    result = run(options, Task(everybody=True, clear=True, max_changes="1"))
    assert [(one["user_principal_name"], one["status"], one["cause"]) for one in result["users"]] == [
        ("user0@contoso.com", "cleared", None),
        ("user2@contoso.com", "refused", "synced_user"),
        ("user3@contoso.com", "refused", "formerly_synced_user"),
    ]
    assert result["changed"] is True


@pytest.mark.usefixtures("plain_tenant")
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_percentage_of_all_active_users(graph: ScriptedGraph, options: dict[str, Any], check_mode: bool) -> None:
    people = [user(n, immutable_id=immutable_id_of_guid(guid(n)) if n < 2 else None) for n in range(10)]
    graph.expect("GET", PAGE, found(*people))
    with pytest.raises(
        LimitExceeded, match="2 users would be, of 10 in scope, and max_changes allows 10% of 10"
    ) as got:
        run(options, Task(everybody=True, clear=True, max_changes="10%", check_mode=check_mode))
    assert [one["changed"] for one in got.value.details["users"]] == [False, False]
    assert (got.value.details["changed"], got.value.details["summary"]["cleared"]) == (False, 2)


@pytest.mark.usefixtures("plain_tenant")
def test_records_are_the_scope_of_a_list(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(0), user(1, immutable_id=immutable_id_of_guid(guid(1))))
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    assert run(options, Task(records(2), max_changes="50%"))["summary"]["set"] == 1


@pytest.mark.usefixtures("plain_tenant")
@pytest.mark.parametrize(
    ("task", "words"),
    [
        (Task(everybody=True, max_changes="5"), "all_users only clears; set state to absent"),
        (Task(everybody=True, clear=True), "all_users needs max_changes"),
        (Task(records(1), max_changes="some"), "neither a count of users such as 20 nor a percentage"),
        (Task(records(1), restore_deleted=True, purge_deleted=True), "exclude each other"),
        (Task(records(1), clear=True, purge_deleted=True), "purge_deleted is of no use with state absent"),
    ],
)
def test_what_does_not_fit_together_asks_nobody(
    graph: ScriptedGraph, options: dict[str, Any], task: Task, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        run(options, task)
    assert graph.sign_ins == []
