# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_match_info on the wire: a few listings for the tenant, what may not be read, and what is asked of few users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from scripted_graph import ScriptedGraph, error, found, guid, object_id, user
from scripted_tenant import DENIED, GROUP, READER, ROLE, ROLES, SWITCHES, script

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_match_info import NotAllowed, Question, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.directory_view import (
    AdAccount,
    DirectoryView,
    unread_view,
)


def ad(number: int, **more: Any) -> dict[str, Any]:
    value = immutable_id_of_guid(guid(number))
    return {
        "user_principal_name": f"user{number}@contoso.com",
        "object_guid": guid(number),
        "immutable_id": value,
        **more,
    }


def anchored(number: int, **more: Any) -> dict[str, Any]:
    return user(number, immutable_id=immutable_id_of_guid(guid(number)), **more)


def outcomes(result: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(each["outcome"], each["cause"]) for each in result["users"]]


def test_a_tenant_is_read_in_a_few_requests(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    users = [anchored(number) for number in range(1, 6)]
    script(
        graph,
        users,
        assignments=found({"principalId": object_id(1), "roleDefinitionId": ROLE}),
        eligibility=found({"principalId": GROUP, "roleDefinitionId": ROLE}),
        role_groups=found({"id": GROUP, "displayName": "Tier 0"}),
        identifiers=found({"id": object_id(3), "onPremisesObjectIdentifier": guid(77)}),
        contacts=found({"id": "c", "displayName": "Box", "proxyAddresses": ["smtp:box@contoso.com"]}),
        managed=found({"id": object_id(4)}),
    )
    graph.expect_batch(found({"id": object_id(2)}), found({"id": object_id(5)}))
    wanted = [ad(number) for number in range(1, 6)] + [ad(6, mail="box@contoso.com")]
    result = run(options, Question(wanted))
    assert outcomes(result) == [
        ("blocked", "privileged_role"),
        ("blocked", "role_assignable_group"),
        ("blocked", "other_object_identifier"),
        ("blocked", "cloud_source_of_authority"),
        ("blocked", "role_assignable_group"),
        ("type_mismatch", "held_by_contact"),
    ]
    assert (result["changed"], result["unknown"], result["cloud_only"]) == (False, [], [])
    assert len(graph.requests) == 15
    assert [[item["url"] for item in batch] for batch in graph.batches()] == [
        [f"/groups/{GROUP}/transitiveMembers?$select=id&$top=999", f"/groups/{GROUP}/owners?$select=id&$top=999"]
    ]


def test_users_are_asked_for_one_by_one_if_graph_does_not_list_them(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    script(
        graph,
        [anchored(number) for number in range(1, 4)],
        identifiers=found({"id": object_id(3), "onPremisesObjectIdentifier": guid(77)}),
        managed=error(400, "Request_UnsupportedQuery"),
    )
    # Who is refused by the sync anyway is not asked for.
    graph.expect_batch({"isCloudManaged": True}, {"isCloudManaged": False})
    result = run(options, Question([ad(number) for number in range(1, 4)]))
    assert outcomes(result) == [
        ("blocked", "cloud_source_of_authority"),
        ("hard_match", None),
        ("blocked", "other_object_identifier"),
    ]
    assert result["unknown"] == []
    assert len(graph.requests) == 15


def test_what_active_directory_says_decides(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """Whatever the records say: they are asked for, and the directory answers."""
    asked: list[Sequence[str]] = []

    def directory(anchors: Sequence[str], names: Sequence[str]) -> DirectoryView:
        asked.extend((anchors, names))
        own = [AdAccount(guid(n), f"CN=u{n}", f"user{n}@contoso.com", immutable_id_of_guid(guid(n))) for n in range(3)]
        own[1] = replace(own[1], protected="it belongs to Domain Admins")
        return DirectoryView(
            [*own, replace(own[0], guid=guid(9), upn="u9@contoso.com", own="x", consistency=own[2].own)]
        )

    script(graph, [anchored(number) for number in range(3)])
    question = Question([ad(number, effects=[], outcome="hard_match") for number in range(3)], allowed=["hard_match"])
    with pytest.raises(NotAllowed) as stopped:
        run(options, question, directory=directory)
    assert outcomes(stopped.value.details) == [
        ("hard_match", None),
        ("blocked", "privileged_ad_account"),
        ("conflict", "anchor_claimed"),
    ]
    assert [each["effects"] for each in stopped.value.details["users"]] == [[], ["privileged_ad_account"], []]
    assert asked[0] == [immutable_id_of_guid(guid(number)) for number in range(3)]
    assert asked[1] == [f"user{number}@contoso.com" for number in range(3)]


def test_a_directory_that_is_not_named_is_unread(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    script(graph, [anchored(0)])
    result = run(options, Question([ad(0)]), directory=unread_view)
    assert outcomes(result) == [("blocked", "unread_anchor_claims")]
    assert [each["what"] for each in result["unknown"]] == ["anchor_claims", "protected_accounts"]
    script(graph, [anchored(0)])
    skipped = run(
        options, Question([ad(0)], skip_checks=["anchor_claims", "protected_accounts"]), directory=unread_view
    )
    assert outcomes(skipped) == [("hard_match", None)]
    assert [each["skipped"] for each in skipped["unknown"]] == [True, True]
    caveat = "Active Directory did not say whether somebody else claims the anchor and whether the account is protected"
    assert any(each.startswith(caveat) for each in skipped["caveats"])


def test_what_may_not_be_read_is_unknown_and_the_authority_is_asked_for_once(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    denied = dict.fromkeys(
        (
            "deleted", "domains", "switches", "assignments", "eligibility", "contacts", "groups", "role_groups",
            "definitions", "identifiers", "principal",
            "registration", "managed",
        ),
        DENIED,
    )  # fmt: skip
    script(graph, [anchored(number) for number in range(30)], **denied)
    graph.expect("GET", "/roleManagement/directory/roleDefinitions?$select=id,displayName", DENIED)
    graph.expect_batch(*[DENIED] * 20)
    result = run(options, Question([ad(number) for number in range(30)]))
    assert {each["outcome"] for each in result["users"]} == {"blocked"}
    assert {each["cause"] for each in result["users"]} == {"unread_role_assignments"}
    assert {each["expected"] for each in result["users"]} == {"hard_match"}
    assert {each["what"]: each["permission"] for each in result["unknown"]} == {
        "deleted_users": "User.Read.All",
        "domains": "Domain.Read.All",
        "tenant_switches": "OnPremDirectorySynchronization.Read.All (documented only for a signed-in Global "
        "Administrator)",
        "role_assignments": "RoleManagement.Read.Directory",
        "role_eligibility": "RoleEligibilitySchedule.Read.Directory",
        "role_assignable_groups": "GroupMember.Read.All",
        "app_owners": "Application.Read.All",
        "object_identifiers": "User.Read.All",
        "source_of_authority": "User-OnPremisesSyncBehavior.ReadWrite.All",
        "contacts": "OrgContact.Read.All",
        "groups": "GroupMember.Read.All",
    }


@pytest.mark.parametrize("status", [400, 403])
def test_without_a_licence_for_pim_nobody_is_eligible(
    graph: ScriptedGraph, options: dict[str, Any], status: int
) -> None:
    """A permission would not help, so none is asked for."""
    script(graph, [anchored(1)], eligibility=error(status, "AadPremiumLicenseRequired"))
    watch = Watch()
    result = run(options, Question([ad(1)]), watch=watch)
    assert outcomes(result) == [("hard_match", None)]
    assert result["unknown"] == []
    said = [sentence for sentence in result["caveats"] if "PIM" in sentence]
    assert said == [
        "The tenant has no licence for Privileged Identity Management (Entra ID P2 or Entra ID Governance), so "
        "nobody is eligible through PIM."
    ]
    assert "notes" not in watch.facts()


@pytest.mark.parametrize("answered", [found(), found({"id": object_id(1), "features": None}), found({"features": "x"})])
def test_switches_that_are_not_among_those_answered_are_a_caveat(
    graph: ScriptedGraph, options: dict[str, Any], answered: dict[str, Any]
) -> None:
    script(graph, [anchored(1)], switches=answered)
    result = run(options, Question([ad(1)]))
    assert outcomes(result) == [("hard_match", None)]
    assert [each["what"] for each in result["unknown"]] == ["tenant_switches"]
    assert "say in tenant_switches what a Global Administrator sees" in result["caveats"][0]


def test_another_listing_that_needs_a_licence_is_unread(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """It failed the task, which a missing permission does not."""
    unlicensed = error(403, "AadPremiumLicenseRequired")
    script(graph, [anchored(1)], contacts=unlicensed, role_groups=unlicensed, definitions=unlicensed)
    graph.expect("GET", "/roleManagement/directory/roleDefinitions?$select=id,displayName", found(*ROLES))
    result = run(options, Question([ad(1)]))
    assert outcomes(result) == [("blocked", "unread_role_assignable_groups")]
    assert [each["what"] for each in result["unknown"]] == ["role_assignable_groups", "contacts"]


def test_a_check_that_is_skipped_is_named_all_the_same(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    script(graph, [anchored(1), user(2)], switches=DENIED, eligibility=DENIED, managed=DENIED)
    skipped = ["role_eligibility", "source_of_authority"]
    switches = {"blockSoftMatchEnabled": True}
    result = run(options, Question([ad(1), ad(2)], switches=switches, skip_checks=skipped))
    assert outcomes(result) == [("hard_match", None), ("blocked", "switch_soft_match")]
    assert any("so an administrator may be among these users" in sentence for sentence in result["caveats"])
    assert {(each["what"], each["skipped"]) for each in result["unknown"]} == {
        ("tenant_switches", False), ("role_eligibility", True), ("source_of_authority", True),
    }  # fmt: skip
    script(graph, [anchored(1), user(2)], switches=DENIED, managed=None)
    known = run(options, Question([ad(1)], switches=SWITCHES, ask_authority=False, skip_checks=["source_of_authority"]))
    assert outcomes(known) == [("hard_match", None)]
    assert [each["what"] for each in known["unknown"]] == ["source_of_authority"]


def test_a_skipped_check_counts_if_it_can_be_read(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    script(graph, [anchored(1)], managed=found({"id": object_id(1)}))
    result = run(options, Question([ad(1)], skip_checks=["source_of_authority"]))
    assert outcomes(result) == [("blocked", "cloud_source_of_authority")]
    assert result["unknown"] == []


def test_pages_are_followed_and_roles_without_beta_are_taken_for_harmful(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    more = "/users?$skiptoken=abc"
    script(
        graph,
        [],
        users={**found(user(1)), "@odata.nextLink": f"{graph.url}/v1.0{more}"},
        definitions=error(400, "Request_BadRequest"),
        assignments=found({"principalId": object_id(2), "roleDefinitionId": READER}),
    )
    graph.expect("GET", more, found(anchored(2)))
    names = [{"id": READER, "displayName": "Directory Readers"}]
    graph.expect("GET", "/roleManagement/directory/roleDefinitions?$select=id,displayName", found(*names))
    result = run(options, Question([ad(1), ad(2)]))
    assert outcomes(result) == [("soft_match", "user_principal_name"), ("blocked", "directory_role")]
    assert "Directory Readers" in result["users"][1]["reason"]


def test_users_that_cannot_be_read_fail_the_task(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    script(graph, [], users=DENIED)
    with pytest.raises(GraphError, match=r"User\.Read\.All"):
        run(options, Question([ad(1)]))
    # What else was under way when that came does not matter.
    graph.forget()


def test_outcomes_that_are_not_allowed(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    question = Question(
        [ad(1), ad(2)], ask_authority=False, skip_checks=["source_of_authority"], allowed=["hard_match"]
    )
    script(graph, [anchored(1)], managed=None)
    with pytest.raises(NotAllowed, match=r"1 of 2 users .* user2@contoso\.com \(new_cloud_user\)") as caught:
        run(options, question)
    assert [each["allowed"] for each in caught.value.details["users"]] == [True, False]
    assert caught.value.details["changed"] is False


def test_whose_guid_it_is_is_asked_of_active_directory_once(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    script(graph, [user(1, immutable_id=immutable_id_of_guid(guid(50))), user(2, immutable_id="Zm9v")])
    asked: list[Sequence[str]] = []

    def owners(values: Sequence[str]) -> dict[str, dict[str, Any]]:
        asked.append(values)
        return {value: {"kind": "contact", "name": "CN=X"} for value in values}

    result = run(options, Question([ad(1), ad(2)], skip_checks=["source_of_authority"]), owners)
    assert outcomes(result) == [("conflict", "held_by_contact")] * 2
    assert asked == [sorted([immutable_id_of_guid(guid(50)), "Zm9v"])]
    assert result["users"][0]["anchor_owner"] == {"kind": "contact", "name": "CN=X"}


def test_a_switch_is_true_or_false(options: dict[str, Any]) -> None:
    wrong: Any = {"blockSoftMatchEnabled": "maybe"}
    with pytest.raises(InputError, match="write true or false"):
        run(options, Question([], switches=wrong))
