# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleted holders of a value, and who may not be changed at all: the plan, without a tenant."""

from __future__ import annotations

from typing import Any

import pytest
from test_immutable_id_plan import VALUES, cloud, wish

from ansible_collections.hybrid.identity.plugins.module_utils._identity.deleted_holders import PURGE, RESTORE
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_guards import (
    doubts,
    guarded,
    has_admins,
    wanted_aspects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import (
    Step,
    change_count,
    plan,
    plan_diff,
    summary,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant import Tenant
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant_view import (
    DOMAINS,
    ROLE_ASSIGNMENTS,
    ROLE_GROUPS,
    RoleHolding,
    TenantView,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import read_wishes

FEDERATED = [{"id": "Contoso.com", "isVerified": True, "authenticationType": "Federated"}]
ROLES = {ROLE_ASSIGNMENTS, ROLE_GROUPS}


def planned(records: list[dict[str, Any]], users: list[Record], **options: Any) -> list[Step]:
    clear = options.pop("clear", False)
    return plan(read_wishes(records, clear=clear), Tenant(users), **options)


def deleted(number: int, value: int = 1, synced: bool | None = None, upn: str | None = None) -> Record:
    user = cloud(number, VALUES[value], synced=synced, deleted=True)
    return {**user, "user_principal_name": upn or user["user_principal_name"]}


@pytest.mark.parametrize(
    ("holders", "way", "words"),
    [
        ([deleted(2)], None, "set restore_deleted to true to bring that user back without the value, or purge_deleted"),
        ([deleted(2, synced=False)], RESTORE, "set purge_deleted to true to delete that user for good"),
        ([deleted(2, synced=True)], RESTORE, "bring its AD account back into scope"),
        ([deleted(2), deleted(3)], RESTORE, "only one could be restored"),
        ([deleted(2, upn="USER1@contoso.com")], RESTORE, "cannot be restored beside"),
    ],
)
def test_a_deleted_holder_refuses(holders: list[Record], way: str | None, words: str) -> None:
    (step,) = planned([wish(1, 1)], [cloud(1), *holders], deleted=way)
    assert (step.status, step.cause, step.holders) == ("refused", "held_by_deleted_user", ())
    assert words in str(step.reason)
    assert "User2@contoso.com" in str(step.reason) or "USER1@contoso.com" in str(step.reason)


@pytest.mark.parametrize(
    ("way", "becomes", "shown"),
    [(PURGE, "purged", "purged"), (RESTORE, "restored_and_cleared", "restored without a value")],
)
def test_a_deleted_holder_makes_way(way: str, becomes: str, shown: str) -> None:
    (step,) = planned([wish(1, 1)], [cloud(1), deleted(2)], deleted=way)
    result = step.result()
    assert (result["status"], result["after"]) == ("set", VALUES[1])
    assert result["deleted_holders"] == [
        {"id": cloud(2)["id"], "user_principal_name": "User2@contoso.com", "becomes": becomes}
    ]
    assert change_count([step]) == 2
    diff = plan_diff([step])
    assert diff["before"].splitlines() == [
        "user1@contoso.com: (none)",
        f"User2@contoso.com (in the recycle bin): deleted with {VALUES[1]}",
    ]
    assert diff["after"].splitlines()[1] == f"User2@contoso.com (in the recycle bin): {shown}"


def test_all_deleted_holders_of_a_value_are_purged() -> None:
    (step,) = planned([wish(1, 1)], [cloud(1), deleted(2), deleted(3)], deleted=PURGE)
    assert [holder.becomes for holder in step.holders] == ["purged", "purged"]
    assert change_count([step]) == 3


@pytest.mark.parametrize("synced", [None, False])
@pytest.mark.parametrize("upn", [None, "00000000000040008000000000000001User1@contoso.com"])
def test_the_very_user_comes_back_with_its_value(synced: bool | None, upn: str | None) -> None:
    """Also where Graph puts the object id in front of a deleted user's UPN."""
    (step,) = planned([wish(1, 1)], [deleted(1, synced=synced, upn=upn)], deleted=RESTORE)
    assert (step.status, step.before, step.after, step.writes) == ("restored", VALUES[1], VALUES[1], False)
    assert step.result()["deleted_holders"][0] == {
        "id": cloud(1)["id"],
        "user_principal_name": "User1@contoso.com",
        "becomes": "restored",
    }
    assert (change_count([step]), summary([step])["restored"]) == (1, 1)
    assert plan_diff([step])["after"] == f"User1@contoso.com (in the recycle bin): restored with {VALUES[1]}\n"


@pytest.mark.parametrize(
    ("users", "way", "more", "cause"),
    [
        ([deleted(1)], None, {}, "held_by_deleted_user"),
        ([deleted(1)], PURGE, {}, "held_by_deleted_user"),
        ([deleted(1), deleted(2)], RESTORE, {}, "held_by_deleted_user"),
        ([deleted(1), cloud(2, VALUES[1])], RESTORE, {}, "held_by_user"),
        ([deleted(1)], RESTORE, {"object_soa": "Cloud"}, "cloud_managed_account"),
        ([deleted(1)], RESTORE, {"allowed": False, "outcome": "blocked"}, "predicted_blocked"),
    ],
)
def test_the_very_user_stays_deleted(users: list[Record], way: str | None, more: dict[str, Any], cause: str) -> None:
    (step,) = planned([wish(1, 1, **more)], users, deleted=way)
    assert (step.status, step.cause, step.holders) == ("refused", cause, ())


def test_what_became_of_holders_before_is_no_news() -> None:
    (step,) = planned([wish(1, 1, deleted_holders=[{"id": "x"}])], [cloud(1, VALUES[1])])
    assert "deleted_holders" not in step.result()


@pytest.mark.parametrize(
    ("records", "users", "options", "wanted"),
    [
        ([wish(1, 1)], [cloud(1, VALUES[1])], {}, set()),
        ([wish(1, 1)], [cloud(1, synced=True)], {}, set()),
        ([wish(1, 1)], [cloud(1)], {}, ROLES),
        ([wish(1, 1)], [cloud(1, VALUES[2])], {"overwrite": True}, {*ROLES, DOMAINS}),
        ([wish(1, None)], [cloud(1, VALUES[2])], {"clear": True}, {*ROLES, DOMAINS}),
        ([wish(1, 1)], [cloud(1), deleted(2)], {"deleted": RESTORE}, {*ROLES, DOMAINS}),
        ([wish(1, 1)], [cloud(1), deleted(2)], {"deleted": PURGE}, ROLES),
        # What a preflight has seen of just this user is not asked again.
        ([wish(1, 1, outcome="hard_match", id=cloud(1)["id"])], [cloud(1)], {}, set()),
        (
            [wish(1, 1, outcome="unknown", id=cloud(1)["id"], unknown=["tenant_switches"], expected="hard_match")],
            [cloud(1)],
            {},
            set(),
        ),
        (
            [wish(1, 1, outcome="unknown", id=cloud(1)["id"], unknown=[ROLE_GROUPS], expected="hard_match")],
            [cloud(1)],
            {},
            ROLES,
        ),
        ([wish(1, 1, outcome="hard_match", id=cloud(2)["id"])], [cloud(1)], {}, ROLES),
        ([wish(1, 1, outcome="soft_match", id=cloud(1)["id"])], [cloud(1)], {}, ROLES),
    ],
)
def test_only_what_decides_is_asked(
    records: list[dict[str, Any]], users: list[Record], options: dict[str, Any], wanted: set[str]
) -> None:
    assert wanted_aspects(planned(records, users, **options)) == wanted


def test_a_value_in_a_federated_domain_stays() -> None:
    tenant = TenantView(users=[], domains=FEDERATED)
    steps = planned([wish(1, None), wish(2, None)], [cloud(1, VALUES[1]), cloud(2)], clear=True)
    first, second = guarded(steps, tenant, False)
    assert (first.status, first.cause, first.after) == ("refused", "federated_domain", VALUES[1])
    assert "switch the UPN to a managed domain" in str(first.reason)
    assert second.status == "unchanged"
    # A first value is what a federated user must have.
    (given,) = guarded(planned([wish(1, 1)], [cloud(1)]), tenant, False)
    assert given.status == "set"


def test_a_restored_user_cannot_lose_its_value_in_a_federated_domain() -> None:
    steps = planned([wish(1, 1)], [cloud(1), deleted(2)], deleted=RESTORE)
    (step,) = guarded(steps, TenantView(users=[], domains=FEDERATED), False)
    assert (step.cause, step.holders[0].becomes, step.leaving) == ("federated_domain", "kept", [])


HOLDINGS = [
    (RoleHolding("direct", "Exchange Administrator", True), "admin_role"),
    (RoleHolding("direct", "Printer Whisperer", None), "admin_role"),
    (RoleHolding("member", None, None, "Tier 0"), "role_assignable_group"),
    (RoleHolding("owner", "Directory Readers", False, "Tier 0"), "role_assignable_group"),
    (RoleHolding("direct", "Directory Readers", False), None),
    (RoleHolding("eligible", "Global Administrator", True), None),
]


@pytest.mark.parametrize(("holding", "cause"), HOLDINGS)
@pytest.mark.parametrize("may", [True, False, None])
def test_administrators(holding: RoleHolding, cause: str | None, may: bool | None) -> None:
    tenant = TenantView(users=[], roles={cloud(1)["id"]: [holding]})
    steps = planned([wish(1, 1)], [cloud(1)])
    assert has_admins(steps, tenant) is (cause is not None)
    (step,) = guarded(steps, tenant, may)
    assert step.cause == (cause if may is False else None)
    if step.cause:
        assert "Privileged Authentication Administrator or Global Administrator directly" in str(step.reason)
    said = doubts([step], tenant, may)
    assert bool(said) is (may is None and cause is not None)


def test_what_could_not_be_read_is_said_with_the_permission() -> None:
    tenant = TenantView(users=[], unknown=frozenset({ROLE_GROUPS, DOMAINS}))
    roles, domains = doubts(planned([wish(1, 1)], [cloud(1)]), tenant, False)
    assert "role_assignable_groups" in roles
    assert "GroupMember.Read.All" in roles
    assert "Domain.Read.All" in domains
