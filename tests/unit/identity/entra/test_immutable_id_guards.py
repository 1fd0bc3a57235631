# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleted holders of a value, and who may not be changed at all: the plan, without a tenant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from test_immutable_id_plan import VALUES, cloud, request

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import (
    CloudUser,
    make_cloud_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.cloud_identity import (
    read_object_id,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.deleted_holders import (
    PURGE,
    RESTORE,
    read_deleted_holders,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_guards import (
    GUARD_ASPECTS,
    describe_doubts,
    refuse_guarded,
    wanted_aspects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import (
    ImmutableIdChange,
    count_changes,
    diff_changes,
    plan_changes,
    summarize,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import (
    ImmutableIdRequest,
    read_requests,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.role_holdings import (
    RoleGroup,
    role_holdings,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import (
    APP_OWNERS,
    ASPECTS,
    DELETED_USERS,
    DOMAINS,
    ROLE_ASSIGNMENTS,
    ROLE_ELIGIBILITY,
    ROLE_GROUPS,
    RoleHolding,
    TenantSnapshot,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex

FEDERATED = [{"id": "Contoso.com", "isVerified": True, "authenticationType": "Federated"}]
ROLES = {ROLE_ASSIGNMENTS, ROLE_ELIGIBILITY, ROLE_GROUPS, APP_OWNERS}


def planned(records: list[dict[str, Any]], users: list[CloudUser], **options: Any) -> list[ImmutableIdChange]:
    deleted = options.pop("deleted", None)
    return plan_changes(read_requests(records, **options), UserIndex(users), deleted)


def named(way: str | None) -> dict[str, str]:
    """What deleted_holders says of every deleted user of these tests."""
    return {cloud(number).id: way for number in (1, 2, 3)} if way else {}


def deleted(number: int, value: int = 1, synced: bool | None = None, upn: str | None = None) -> CloudUser:
    user = cloud(number, VALUES[value], synced=synced, deleted=True)
    return replace(user, user_principal_name=upn or user.user_principal_name)


@pytest.mark.parametrize(
    ("holders", "way", "words"),
    [
        ([deleted(2)], None, "to restore, to restore the user without the value, or to purge"),
        ([deleted(2, synced=False)], RESTORE, "to purge to delete the user permanently"),
        ([deleted(2, synced=True)], RESTORE, "bring its AD account back into the sync scope"),
        ([deleted(2), deleted(3)], RESTORE, "only one can be restored. Add the others to purge"),
        ([deleted(2, upn="USER1@contoso.com")], RESTORE, "cannot be restored, because"),
    ],
)
def test_a_deleted_holder_refuses(holders: list[CloudUser], way: str | None, words: str) -> None:
    (change,) = planned([request(1, 1)], [cloud(1), *holders], deleted=named(way))
    assert (change.status, change.cause, change.holders) == ("refused", "held_by_deleted_user", ())
    assert words in str(change.reason)
    assert "User2@contoso.com" in str(change.reason) or "USER1@contoso.com" in str(change.reason)


@pytest.mark.parametrize(
    ("way", "becomes", "shown"),
    [(PURGE, "purged", "purged"), (RESTORE, "restored_and_cleared", "restored without a value")],
)
def test_a_deleted_holder_makes_way(way: str, becomes: str, shown: str) -> None:
    (change,) = planned([request(1, 1)], [cloud(1), deleted(2)], deleted=named(way))
    result = change.result()
    assert (result["status"], result["after"]) == ("set", VALUES[1])
    assert result["deleted_holders"] == [
        {"id": cloud(2).id, "user_principal_name": "User2@contoso.com", "becomes": becomes}
    ]
    assert count_changes([change]) == 2
    diff = diff_changes([change])
    assert diff["before"].splitlines() == [
        "user1@contoso.com: (none)",
        f"User2@contoso.com (in the recycle bin): deleted with {VALUES[1]}",
    ]
    assert diff["after"].splitlines()[1] == f"User2@contoso.com (in the recycle bin): {shown}"


def test_only_who_is_named_leaves_the_recycle_bin() -> None:
    """It held for all deleted holders of the task, and nobody had to say whom it would delete."""
    users = [cloud(1), deleted(2), deleted(3)]
    (one,) = planned([request(1, 1)], users, deleted={cloud(2).id: PURGE})
    assert (one.status, one.cause, one.leaving) == ("refused", "held_by_deleted_user", [])
    assert f"Add {cloud(3).id} to deleted_holders" in str(one.reason)
    ways = {cloud(2).id: PURGE, cloud(3).id: RESTORE}
    (both,) = planned([request(1, 1)], users, deleted=ways)
    assert [(holder.user.id, holder.becomes) for holder in both.leaving] == [
        (cloud(2).id, "purged"), (cloud(3).id, "restored_and_cleared")
    ]  # fmt: skip
    # Somebody who holds no wanted value stays, whatever the caller says of it.
    (other,) = planned([request(1, 1)], [cloud(1), deleted(2, value=2)], deleted=named(PURGE))
    assert (other.status, other.leaving) == ("set", [])


@pytest.mark.parametrize(
    ("given", "ways"),
    [
        (None, {}),
        ({"restore": None, "purge": None}, {}),
        ({"restore": [cloud(1).id], "purge": [cloud(2).id]}, {cloud(1).id: RESTORE, cloud(2).id: PURGE}),
        ({"restore": ["ABCDEF00-0000-4000-8000-000000000001"] * 2}, {"abcdef00-0000-4000-8000-000000000001": RESTORE}),
    ],
)
def test_deleted_holders_are_named_by_object_id(given: dict[str, Any] | None, ways: dict[str, str]) -> None:
    assert read_deleted_holders(given) == ways


def test_deleted_holders_that_are_misspelt_or_named_twice() -> None:
    with pytest.raises(InputError, match="in restore and in purge; choose one"):
        read_deleted_holders({"restore": [cloud(1).id], "purge": [cloud(1).id.upper()]})
    with pytest.raises(InputError, match="is not the object id"):
        read_deleted_holders({"purge": ["user1@contoso.com"]})


def test_all_deleted_holders_of_a_value_are_purged() -> None:
    (change,) = planned([request(1, 1)], [cloud(1), deleted(2), deleted(3)], deleted=named(PURGE))
    assert [holder.becomes for holder in change.holders] == ["purged", "purged"]
    assert count_changes([change]) == 3


@pytest.mark.parametrize("synced", [None, False])
@pytest.mark.parametrize("upn", [None, "00000000000040008000000000000001User1@contoso.com"])
def test_the_very_user_comes_back_with_its_value(synced: bool | None, upn: str | None) -> None:
    """Also where Graph puts the object id in front of a deleted user's UPN."""
    (change,) = planned([request(1, 1)], [deleted(1, synced=synced, upn=upn)], deleted=named(RESTORE))
    assert (change.status, change.before, change.after, change.writes) == ("restored", VALUES[1], VALUES[1], False)
    assert change.result()["deleted_holders"][0] == {
        "id": cloud(1).id,
        "user_principal_name": "User1@contoso.com",
        "becomes": "restored",
    }
    assert (count_changes([change]), summarize([change])["restored"]) == (1, 1)
    assert diff_changes([change])["after"] == f"User1@contoso.com (in the recycle bin): restored with {VALUES[1]}\n"


@pytest.mark.parametrize(
    ("users", "way", "more", "cause"),
    [
        ([deleted(1)], None, {}, "held_by_deleted_user"),
        ([deleted(1)], PURGE, {}, "held_by_deleted_user"),
        ([deleted(1), deleted(2)], RESTORE, {}, "held_by_deleted_user"),
        ([deleted(1), cloud(2, VALUES[1])], RESTORE, {}, "held_by_user"),
        ([deleted(1)], RESTORE, {"object_soa": "Cloud"}, "cloud_managed_account"),
    ],
)
def test_the_very_user_stays_deleted(users: list[CloudUser], way: str | None, more: dict[str, Any], cause: str) -> None:
    (change,) = planned([request(1, 1, **more)], users, deleted=named(way))
    assert (change.status, change.cause, change.holders) == ("refused", cause, ())


def test_what_became_of_holders_before_is_no_news() -> None:
    (change,) = planned([request(1, 1, deleted_holders=[{"id": "x"}])], [cloud(1, VALUES[1])])
    assert "deleted_holders" not in change.result()


@pytest.mark.parametrize(
    ("records", "users", "options", "wanted"),
    [
        ([request(1, 1)], [cloud(1, VALUES[1])], {}, set()),
        ([request(1, 1)], [cloud(1, synced=True)], {}, set()),
        ([request(1, 1)], [cloud(1)], {}, ROLES),
        ([request(1, 1)], [cloud(1, VALUES[2])], {"overwrite": True}, {*ROLES, DOMAINS}),
        ([request(1, None)], [cloud(1, VALUES[2])], {"clear": True}, {*ROLES, DOMAINS}),
        ([request(1, 1)], [cloud(1), deleted(2)], {"deleted": named(RESTORE)}, {*ROLES, DOMAINS}),
        ([request(1, 1)], [cloud(1), deleted(2)], {"deleted": named(PURGE)}, ROLES),
        # What the caller's record says of the user is no answer.
        ([request(1, 1, outcome="hard_match", id=cloud(1).id, allowed=True, unknown=[])], [cloud(1)], {}, ROLES),
    ],
)
def test_only_what_decides_is_asked(
    records: list[dict[str, Any]], users: list[CloudUser], options: dict[str, Any], wanted: set[str]
) -> None:
    assert wanted_aspects(planned(records, users, **options)) == wanted


def test_each_check_that_may_be_skipped_is_one_that_is_made() -> None:
    """The option offered checks of other modules, which it then ignored."""
    everything = wanted_aspects(planned([request(1, 1)], [cloud(1, VALUES[2])], overwrite=True))
    # Deleted users are read with the users.
    assert everything | {DELETED_USERS} == set(GUARD_ASPECTS)


def test_a_value_in_a_federated_domain_stays() -> None:
    tenant = TenantSnapshot(users=[], domains=FEDERATED)
    changes = planned([request(1, None), request(2, None)], [cloud(1, VALUES[1]), cloud(2)], clear=True)
    first, second = refuse_guarded(changes, tenant)
    assert (first.status, first.cause, first.after) == ("refused", "federated_domain", VALUES[1])
    assert "Change the UPN to a managed domain" in str(first.reason)
    assert second.status == "unchanged"
    # A first value is what a federated user must have.
    (given,) = refuse_guarded(planned([request(1, 1)], [cloud(1)]), tenant)
    assert given.status == "set"


def test_a_restored_user_cannot_lose_its_value_in_a_federated_domain() -> None:
    changes = planned([request(1, 1)], [cloud(1), deleted(2)], deleted=named(RESTORE))
    (change,) = refuse_guarded(changes, TenantSnapshot(users=[], domains=FEDERATED))
    assert (change.cause, change.holders[0].becomes, change.leaving) == ("federated_domain", "kept", [])


HOLDINGS = [
    (RoleHolding("direct", "Exchange Administrator", True), "admin_role", "remove the role for the time of the change"),
    (RoleHolding("direct", "Printer Whisperer", None), "admin_role", "has the role Printer Whisperer"),
    (RoleHolding("direct", "Directory Readers", False), "admin_role", "has the role Directory Readers"),
    (
        RoleHolding("eligible", "Global Administrator", True),
        "eligible_role",
        "is eligible for the role Global Administ",
    ),
    (
        RoleHolding("eligible", "Directory Readers", False),
        "eligible_role",
        "remove the eligibility for the time of the change",
    ),
    (
        RoleHolding("member", None, None, "Tier 0"),
        "role_assignable_group",
        "is a member of the role-assignable group Tier",
    ),
    (RoleHolding("owner", "Directory Readers", False, "Tier 0"), "role_assignable_group", "remove the user from the"),
    (RoleHolding("app_owner", None, None), "app_owner", "owns the app that signs in"),
]


@pytest.mark.parametrize(("holding", "cause", "words"), HOLDINGS)
def test_administrators_are_left_to_a_person(holding: RoleHolding, cause: str, words: str) -> None:
    tenant = TenantSnapshot(users=[], roles={cloud(1).id: [holding]})
    first, second = refuse_guarded(planned([request(1, 1), request(2, 2)], [cloud(1), cloud(2)]), tenant)
    assert (first.status, first.cause) == ("refused", cause)
    assert words in str(first.reason)
    assert "An administrator must do it by hand" in str(first.reason)
    assert second.status == "set"
    assert describe_doubts([first, second], tenant) == []


def test_ids_of_administrators_are_compared_without_case() -> None:
    """As everywhere (core/identities/comparison.py): a proxy or an export may write them otherwise."""
    user, group = "AAAAAAAA-0000-4000-8000-000000000001", "BBBBBBBB-0000-4000-8000-000000000002"
    somebody = make_cloud_user({"id": user})
    role = {"principalId": user.lower(), "roleDefinitionId": "r"}
    for holdings in (
        role_holdings([role], [], [], []),
        role_holdings([], [role], [], []),
        role_holdings([], [], [], [], [user.lower()]),
        role_holdings([{**role, "principalId": group}], [], [], [RoleGroup(group.lower(), "g", [user.lower()], [])]),
    ):
        assert [each.how for each in TenantSnapshot(users=[], roles=holdings).holdings(somebody)] != []
    within = role_holdings([{**role, "principalId": group}], [], [], [RoleGroup(group.lower(), "g", [user], [])])
    assert [each.name for each in within[user.lower()]] == ["r"]


def test_no_check_that_is_skipped_hides_an_administrator_who_was_seen() -> None:
    tenant = TenantSnapshot(
        users=[], roles={cloud(1).id: [HOLDINGS[0][0]]}, unknown=frozenset({ROLE_GROUPS, ROLE_ELIGIBILITY})
    )
    (change,) = refuse_guarded(planned([request(1, 1)], [cloud(1)]), tenant, [*ASPECTS])
    assert change.cause == "admin_role"


@pytest.mark.parametrize("holding", [HOLDINGS[0][0], None])
@pytest.mark.parametrize("clear", [True, False])
def test_only_a_rollback_takes_a_value_from_an_administrator(holding: RoleHolding | None, clear: bool) -> None:
    """Also if it cannot be read who is one. A value that it puts back is judged as any other."""
    user = cloud(1)
    back = ImmutableIdRequest(
        AdUser(),
        read_object_id(user.id),
        None,
        None,
        (VALUES[1],),
        user.user_principal_name,
        overwrite=True,
    )
    if not clear:
        back = replace(back, immutable_id=VALUES[2])
    changes = plan_changes([back], UserIndex([cloud(1, VALUES[1])]))
    roles = {cloud(1).id: [holding]} if holding else {}
    tenant = TenantSnapshot(users=[], roles=roles, unknown=frozenset() if holding else frozenset({ROLE_ASSIGNMENTS}))
    (change,) = refuse_guarded(changes, tenant)
    refused = "admin_role" if holding else "unread_role_assignments"
    assert (change.status, change.cause) == (("cleared", None) if clear else ("refused", refused))
    (asked,) = refuse_guarded(planned([request(1, None)], [cloud(1, VALUES[1])], clear=True), tenant)
    assert asked.cause == refused


@pytest.mark.parametrize(
    ("aspect", "permission"),
    [
        (ROLE_ASSIGNMENTS, "RoleManagement.Read.Directory"),
        (ROLE_ELIGIBILITY, "RoleEligibilitySchedule.Read.Directory"),
        (ROLE_GROUPS, "GroupMember.Read.All"),
        (DELETED_USERS, "User.Read.All or Directory.Read.All"),
    ],
)
def test_what_protects_people_and_could_not_be_read_refuses_unless_it_is_skipped(aspect: str, permission: str) -> None:
    tenant = TenantSnapshot(users=[], unknown=frozenset({aspect}))
    changes = planned([request(1, 1), request(2, 2)], [cloud(1), cloud(2, VALUES[2])])
    first, second = refuse_guarded(changes, tenant)
    assert (first.status, first.cause, second.status) == ("refused", f"unread_{aspect}", "unchanged")
    assert f"Grant the app {permission}, or add {aspect} to skip_checks" in str(first.reason)
    assert describe_doubts([first, second], tenant) == []
    after = refuse_guarded(changes, tenant, [aspect])
    assert after[0].status == "set"
    (said,) = describe_doubts(after, tenant, [aspect])
    assert f"skip_checks contains {aspect}" in said


def test_what_most_apps_cannot_read_is_said_and_refuses_nobody() -> None:
    tenant = TenantSnapshot(users=[], unknown=frozenset({APP_OWNERS, DOMAINS}))
    after = refuse_guarded(planned([request(1, 1)], [cloud(1)]), tenant)
    owners, domains = describe_doubts(after, tenant)
    assert after[0].status == "set"
    assert "Application.Read.All" in owners
    assert "Domain.Read.All" in domains
