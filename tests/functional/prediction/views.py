# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An estate as our own code reads it: AD records, and the tenant as an app with every permission sees it."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from dataclasses import replace
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core import attribute_map
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.outcomes import SET
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser, read_ad_user
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra import (
    tenant_snapshot as tenant_view_names,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import (
    ImmutableIdChange,
    plan_changes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import (
    request_matches,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.snapshot_user import (
    CONTACT,
    GROUP,
    AddressHolder,
    SnapshotUser,
    make_address_holder,
    make_snapshot_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import (
    RoleHolding,
    TenantSnapshot,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex
from lab.entra import rules
from lab.entra.errors import GraphError
from lab.entra.roles import PRIVILEGED
from lab.entra.store import Store
from lab.sync.directory import AdObject


def ad_users(users: list[AdObject]) -> list[AdUser]:
    """As a plan reads them."""
    return [read_ad_user(user.dn, user.values, sent=attribute_map.ad_attributes(user.values)) for user in users]


def tenant_view(store: Store) -> TenantSnapshot:
    """The store without what Graph does not show."""
    return TenantSnapshot(
        users=[_user(store, key) for key in store.active],
        deleted=[_user(store, key) for key in store.deleted],
        domains=list(store.of("domain").values()),
        switches=dict(store.of("switches")["features"]),
        roles=_roles(store),
        identifiers=_identifiers(store),
        cloud_managed=frozenset(key for key in store.active if store.users[key].get("lab", {}).get("isCloudManaged")),
        contacts=_others(store, CONTACT),
        groups=_others(store, GROUP),
        # What the lab makes of them; Microsoft does not say.
        identifiers_are_guids=True,
    )


def hide(snapshot: TenantSnapshot, aspects: frozenset[str]) -> TenantSnapshot:
    """The view of an app that may not read some of it."""
    changes: dict[str, Any] = {"unknown": aspects}
    for aspect, (name, nothing) in _NOTHING.items():
        if aspect in aspects:
            changes[name] = nothing
    gone = {how for aspect, hows in _ROLES.items() if aspect in aspects for how in hows}
    changes["roles"] = {
        key: [holding for holding in holdings if holding.how not in gone] for key, holdings in snapshot.roles.items()
    }
    return replace(snapshot, **changes)


_NOTHING: dict[str, tuple[str, Any]] = {
    tenant_view_names.DELETED_USERS: ("deleted", ()),
    tenant_view_names.DOMAINS: ("domains", ()),
    tenant_view_names.SWITCHES: ("switches", {}),
    tenant_view_names.OBJECT_IDENTIFIERS: ("identifiers", {}),
    tenant_view_names.SOURCE_OF_AUTHORITY: ("cloud_managed", frozenset()),
    tenant_view_names.CONTACTS: ("contacts", ()),
    tenant_view_names.GROUPS: ("groups", ()),
}
_ROLES = {
    tenant_view_names.ROLE_ASSIGNMENTS: {"direct"},
    tenant_view_names.ROLE_ELIGIBILITY: {"eligible"},
    tenant_view_names.ROLE_GROUPS: {"member", "owner"},
}


def planned(accounts: list[AdUser], users: list[SnapshotUser], overwrite: bool) -> list[ImmutableIdChange]:
    """What the hard match plans to write."""
    requests = request_matches(account for account in accounts if account.user_principal_name)
    index = UserIndex(each.user for each in users)
    return plan_changes([replace(request, overwrite=overwrite) for request in requests], index)


def stamp(store: Store, accounts: list[AdUser], overwrite: bool) -> None:
    """What the hard match writes: its plan, and the emulator's own rules for each PATCH."""
    users = [_user(store, key) for key in (*store.active, *store.deleted)]
    for change in planned(accounts, users, overwrite):
        if change.status == SET and change.target:
            old = store.users[change.target.id]
            changes = {"onPremisesImmutableId": change.after}
            # A refusal is a failure of that user's own: the others are written.
            with contextlib.suppress(GraphError):
                rules.check_not_mastered(old, changes)
                store.put("user", old["id"], rules.apply_changes(store, old, changes))


def _user(store: Store, key: str) -> SnapshotUser:
    user = store.users[key]
    return make_snapshot_user(user, deleted=bool(user.get("deletedDateTime")))


def _identifiers(store: Store) -> dict[str, str]:
    held = ((key, user["lab"].get("onPremisesObjectIdentifier")) for key, user in store.users.items())
    return {key: identifier for key, identifier in held if identifier}


def _others(store: Store, kind: str) -> list[AddressHolder]:
    return [make_address_holder(kind, {**each, "id": key}) for key, each in store.of(kind).items()]


def _roles(store: Store) -> dict[str, list[RoleHolding]]:
    found: defaultdict[str, list[RoleHolding]] = defaultdict(list)
    for key, user in store.users.items():
        for how, names in (
            ("direct", user["lab"].get("roles", ())),
            ("eligible", user["lab"].get("eligibleRoles", ())),
        ):
            found[key] += [RoleHolding(how, name, name in PRIVILEGED) for name in names]
    for group in store.of("group").values():
        if group.get("isAssignableToRole"):
            for people, how in (("members", "member"), ("owners", "owner")):
                for key in group.get(people, ()):
                    found[key] += _through(group, how)
    return dict(found)


def _through(group: dict[str, Any], how: str) -> list[RoleHolding]:
    name = group["displayName"]
    roles = [*group.get("roles", ()), *group.get("eligibleRoles", ())]
    return [RoleHolding(how, role, role in PRIVILEGED, name) for role in roles] or [RoleHolding(how, None, None, name)]
