# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back of ImmutableIds: a value is cleared at once, and any other value is judged as a new match."""

from __future__ import annotations

from typing import Any

import pytest
from test_immutable_id_guards import FEDERATED, ROLES, deleted
from test_immutable_id_plan import VALUES, cloud

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import CloudUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.rollback import Undo
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_guards import (
    refuse_guarded,
    wanted_aspects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import (
    PROPERTY,
    ImmutableIdChange,
    plan_changes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import (
    request_restores,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import (
    RoleHolding,
    TenantSnapshot,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex

ADMIN = RoleHolding("direct", "Global Administrator", True)
UPN = "User1@contoso.com"


def undone(
    restore: Any, *users: CloudUser, left: Any = VALUES[1], named: Any = UPN, key: str = ""
) -> ImmutableIdChange:
    undo = Undo(key or cloud(1).id, named, PROPERTY, (left,), restore)
    (change,) = plan_changes(request_restores([undo]), UserIndex(users))
    return change


def test_a_value_of_ours_is_cleared_whoever_holds_it() -> None:
    change = undone(None, cloud(1, VALUES[1]))
    tenant = TenantSnapshot(users=[], roles={cloud(1).id: [ADMIN]})
    assert not wanted_aspects([change]) & ROLES
    (judged,) = refuse_guarded([change], tenant)
    assert (judged.status, judged.after) == ("cleared", None)


def test_another_value_is_judged_as_a_new_match() -> None:
    change = undone(VALUES[2], cloud(1, VALUES[1]))
    assert (change.status, change.after) == ("set", VALUES[2])
    assert wanted_aspects([change]) >= ROLES
    (admin,) = refuse_guarded([change], TenantSnapshot(users=[], roles={cloud(1).id: [ADMIN]}))
    assert (admin.status, admin.cause) == ("refused", "admin_role")
    (federated,) = refuse_guarded([change], TenantSnapshot(users=[], domains=FEDERATED))
    assert federated.cause == "federated_domain"
    assert undone(VALUES[2], cloud(1, VALUES[1]), cloud(2, VALUES[2])).cause == "held_by_user"
    assert undone(VALUES[2], cloud(1, VALUES[1]), deleted(3, 2)).cause == "held_by_deleted_user"
    assert undone(VALUES[2], cloud(1, VALUES[1], synced=True)).cause == "synced_user"
    assert undone(VALUES[2], cloud(1, VALUES[3])).cause == "changed_since"


@pytest.mark.parametrize("value", ["", "Zm9v", "victim", VALUES[2].rstrip("="), 7, ["x"], {"a": "b"}, False])
def test_only_canonical_values_of_a_guid_are_set(value: Any) -> None:
    change = undone(value, cloud(1, VALUES[1]))
    assert (change.status, change.cause) == ("refused", "not_restorable")


@pytest.mark.parametrize("restore", [None, VALUES[2]])
@pytest.mark.parametrize("named", [None, "boss@contoso.com", "User1@contoso.com ", 7])
def test_a_user_of_another_name_stays(restore: Any, named: Any) -> None:
    change = undone(restore, cloud(1, VALUES[1]), named=named)
    assert (change.status, change.cause) == ("refused", "renamed_since")
    assert change.result()["user_principal_name"] == UPN


def test_ascii_case_is_no_other_name_and_the_directorys_name_is_shown() -> None:
    change = undone(None, cloud(1, VALUES[1]), named="USER1@contoso.com")
    assert (change.status, change.result()["user_principal_name"]) == ("cleared", UPN)


def test_users_are_named_by_object_id_alone() -> None:
    change = undone(None, cloud(1, VALUES[1]), key=UPN)
    assert (change.status, change.cause) == ("refused", "not_restorable")
    assert "which is not an object id" in str(change.reason)
