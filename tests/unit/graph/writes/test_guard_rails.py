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
    APP_OWNERS,
    ASSIGNMENTS,
    DEFINITIONS,
    DOMAINS,
    ELIGIBILITIES,
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
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.connection import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.guards import check_guards
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.refusals import PlanBlocked
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import make_cloud_user
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.limits import LimitExceeded
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import (
    ImmutableIdChange,
    plan_changes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import read_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex

VALUE = immutable_id_of_guid(guid(0))
ADMIN = {"id": "29232cdf-9323-42fd-ade2-1d097af3e4de", "displayName": "Exchange Administrator", "isPrivileged": True}
DENIED = error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def ask(graph: ScriptedGraph, **answers: Any) -> None:
    """Expect what is asked about administrators; ``answers`` take the place of empty ones."""
    graph.expect("GET", ASSIGNMENTS, answers.get("assignments", found()))
    graph.expect("GET", ELIGIBILITIES, answers.get("eligibilities", found()))
    graph.expect("GET", DEFINITIONS, answers.get("definitions", found(ADMIN)), version="beta")
    graph.expect("GET", ROLE_GROUPS, answers.get("groups", found()))
    for path, name in zip(APP_OWNERS, ("principal", "registration"), strict=True):
        graph.expect("GET", path, answers.get(name, found()))


def is_admin(number: int, **more: str) -> dict[str, Any]:
    return found({"principalId": object_id(number), "roleDefinitionId": ADMIN["id"], **more})


def readable(graph: ScriptedGraph, *active: Mapping[str, Any], deleted: Sequence[Mapping[str, Any]] = ()) -> None:
    graph.expect_batch(found(*active), found(), found(*deleted))


def test_a_second_run_asks_about_nobody(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(0, immutable_id=VALUE))
    assert run(options, Task(records(1)))["changed"] is False
    assert len(graph.requests) == 1


HOW = [
    ({"assignments": is_admin(1)}, "admin_role", "has the role Exchange Administrator"),
    ({"assignments": is_admin(1, directoryScopeId="/administrativeUnits/x")}, "admin_role", "has the role Exchange"),
    ({"eligibilities": is_admin(1)}, "eligible_role", "is eligible for the role Exchange Administrator"),
    ({"eligibilities": is_admin(1, directoryScopeId=f"/{object_id(8)}")}, "eligible_role", "is eligible for the role"),
    ({"assignments": found({"principalId": object_id(1), "roleDefinitionId": "x"})}, "admin_role", "has the role x"),
    ({"principal": found({"id": object_id(1)})}, "app_owner", "owns the app that signs in"),
    ({"registration": found({"id": object_id(1)})}, "app_owner", "owns the app that signs in"),
]


@pytest.mark.parametrize(("answers", "cause", "words"), HOW)
def test_an_administrator_fails_the_task_before_any_write(
    graph: ScriptedGraph, options: dict[str, Any], answers: dict[str, Any], cause: str, words: str
) -> None:
    readable(graph, user(0), user(1))
    ask(graph, **answers)
    with pytest.raises(PlanBlocked, match=rf"user1@contoso\.com {words}.* must do it by hand") as raised:
        run(options, Task(records(2)))
    assert [one["cause"] for one in raised.value.details["users"]] == [None, cause]
    assert raised.value.details["changed"] is False


@pytest.mark.parametrize(("member", "owner"), [(1, 8), (8, 1)])
def test_others_are_written_where_administrators_are_skipped(
    graph: ScriptedGraph, options: dict[str, Any], member: int, owner: int
) -> None:
    """Members of a group in a role-assignable group count, though Microsoft says that there is no such group."""
    readable(graph, user(0), user(1))
    ask(graph, groups=found({"id": object_id(900), "displayName": "Tier 0"}))
    graph.expect_batch(found({"id": object_id(member)}), found({"id": object_id(owner)}))
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    result = run(options, Task(records(2), max_refused="100%"))
    assert [one["status"] for one in result["users"]] == ["set", "refused"]
    assert result["users"][1]["cause"] == "role_assignable_group"
    assert [item["url"] for item in graph.batches()[1]] == [
        f"/groups/{object_id(900)}/{people}?$select=id&$top=999" for people in ("transitiveMembers", "owners")
    ]


def test_what_a_record_says_of_its_user_hides_no_administrator(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(1))
    ask(graph, assignments=is_admin(1))
    claims = {"outcome": "hard_match", "status": "hard_match", "allowed": True, "unknown": [], "expected": "hard_match"}
    with pytest.raises(PlanBlocked, match="has the role Exchange Administrator"):
        run(options, Task([{**records(2)[1], **claims, "id": object_id(1)}]))


@pytest.mark.parametrize(
    ("unread", "aspect", "permission"),
    [
        ("assignments", "role_assignments", r"RoleManagement\.Read\.Directory"),
        ("eligibilities", "role_eligibility", r"RoleEligibilitySchedule\.Read\.Directory"),
        ("groups", "role_assignable_groups", r"GroupMember\.Read\.All"),
    ],
)
def test_nobody_is_written_if_it_cannot_be_read_who_is_an_administrator(
    graph: ScriptedGraph, options: dict[str, Any], unread: str, aspect: str, permission: str
) -> None:
    many = 40
    people = [found(*map(user, numbers)) for numbers in (range(15), range(15, 30), range(30, many))]
    graph.expect_batch(*people, *[found()] * 6)
    ask(graph, **{unread: DENIED})
    words = r"40 of 40 users cannot be changed: user0@contoso\.com, user1@contoso\.com, user2@contoso\.com and 37 more:"
    with pytest.raises(
        PlanBlocked, match=rf"{words} The app may not .* Grant the app {permission}, or add {aspect}"
    ) as raised:
        run(options, Task(records(many)))
    assert {one["cause"] for one in raised.value.details["users"]} == {f"unread_{aspect}"}


def test_a_check_that_is_skipped_is_said_in_a_warning(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    readable(graph, user(0))
    ask(graph, assignments=DENIED, groups=DENIED)
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    result = run(options, Task(records(1), skip_checks=["role_assignments", "role_assignable_groups"]))
    (warning,) = result["warnings"]
    assert "so one of these users might be an administrator" in warning
    assert "RoleManagement.Read.Directory and GroupMember.Read.All" in warning


@pytest.mark.parametrize("status", [400, 403])
def test_nobody_is_eligible_without_a_licence_for_pim(
    graph: ScriptedGraph, options: dict[str, Any], status: int
) -> None:
    readable(graph, user(0))
    ask(graph, eligibilities=error(status, "AadPremiumLicenseRequired"))
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    watch = Watch()
    assert run(options, Task(records(1)), watch=watch)["summary"]["set"] == 1
    (note,) = watch.facts()["notes"]
    assert "no user is eligible for a role through PIM" in note


@pytest.mark.parametrize(
    "answers",
    [
        {"principal": DENIED},
        {"registration": DENIED},
        {"principal": DENIED, "registration": error(404, "Request_ResourceNotFound")},
    ],
)
def test_unknown_owners_of_the_app_are_a_warning(
    graph: ScriptedGraph, options: dict[str, Any], answers: dict[str, Any]
) -> None:
    readable(graph, user(0))
    ask(graph, **answers)
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    (warning,) = run(options, Task(records(1)))["warnings"]
    assert "Application.Read.All" in warning


@pytest.mark.parametrize(("read", "unread"), [("principal", "registration"), ("registration", "principal")])
def test_an_owner_who_could_be_read_counts(
    graph: ScriptedGraph, options: dict[str, Any], read: str, unread: str
) -> None:
    readable(graph, user(0))
    ask(graph, **{read: found({"id": object_id(0)}), unread: DENIED})
    with pytest.raises(PlanBlocked, match="owns the app that signs in"):
        run(options, Task(records(1)))


def test_an_app_that_is_registered_in_another_tenant_has_no_owner_there(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    readable(graph, user(0))
    ask(graph, registration=error(404, "Request_ResourceNotFound"))
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    assert "warnings" not in run(options, Task(records(1)))


def test_the_owners_of_an_app_that_is_not_known(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """As with a managed identity that is the machine's own."""
    ask(graph)
    for path in APP_OWNERS:
        graph.drop(path)

    async def checked_without_id() -> tuple[list[ImmutableIdChange], list[str]]:
        changes = plan_changes(read_requests(records(1)), UserIndex([make_cloud_user(user(0))]))
        async with open_transport(options) as transport:
            return await check_guards(transport, changes, None)

    (change,), (warning,) = asyncio.run(checked_without_id())
    assert change.status == "set"
    assert "set client_id" in warning


def test_deleted_users_that_cannot_be_read_refuse_who_is_to_get_a_value(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    graph.expect_batch(found(user(0)), found(), DENIED)
    ask(graph)
    with pytest.raises(PlanBlocked, match="or add deleted_users to skip_checks"):
        run(options, Task(records(1)))
    graph.expect_batch(found(user(0)), found(), DENIED)
    ask(graph)
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    (warning,) = run(options, Task(records(1), skip_checks=["deleted_users"]))["warnings"]
    assert "may not read deleted users" in warning


def test_domains_that_cannot_be_read_are_a_warning(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(0, immutable_id="nlbGyIhGPE+EYq/E/2CBew==")), found(), found())
    ask(graph)
    graph.expect("GET", DOMAINS, DENIED)
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    (warning,) = run(options, Task(records(1), overwrite=True))["warnings"]
    assert "Domain.Read.All" in warning


def test_a_federated_user_is_refused_in_check_mode_too(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(0, immutable_id="nlbGyIhGPE+EYq/E/2CBew==")), found(), found())
    ask(graph)
    graph.expect("GET", DOMAINS, found({"id": "contoso.com", "isVerified": True, "authenticationType": "Federated"}))
    with pytest.raises(PlanBlocked, match=r"federated domain.*Change the UPN to a managed domain"):
        run(options, Task(records(1), overwrite=True, check_mode=True))


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
        LimitExceeded, match="would change 2 users of 10 in scope, and max_changes allows 10% of 10"
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
        (Task(everybody=True, max_changes="5"), "all_users can only clear ImmutableIds. Set state to absent"),
        (Task(everybody=True, clear=True), "all_users needs max_changes"),
        (Task(records(1), max_changes="some"), "neither a count of users such as 20 nor a percentage"),
        (
            Task(records(1), clear=True, deleted={object_id(1): "purge"}),
            "deleted_holders has no effect with state absent",
        ),
    ],
)
def test_what_does_not_fit_together_asks_nobody(
    graph: ScriptedGraph, options: dict[str, Any], task: Task, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        run(options, task)
    assert graph.sign_ins == []
