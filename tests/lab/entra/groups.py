# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/groups`, their members and owners, and `/contacts` (graph-docs group-list.md, group-list-members.md,
group-list-transitivemembers.md, group-list-owners.md, orgcontact-list.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import objects, odata, permissions, schema
from .call import Call
from .errors import ADVANCED_HINT, Reply, not_found, unsupported_query
from .store import Record, Store

# graph-docs resources/group.md: what is returned by default, of what the lab knows about a group.
_GROUP_DEFAULTS = (
    "id",
    "deletedDateTime",
    "createdDateTime",
    "description",
    "displayName",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "onPremisesLastSyncDateTime",
    "onPremisesProvisioningErrors",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "proxyAddresses",
    "securityEnabled",
    "visibility",
)


def list_groups(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_GROUPS)
    return objects.page(call, "group", store.of("group").values(), "groups", default=_GROUP_DEFAULTS)


def list_contacts(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_CONTACTS)
    return objects.page(call, "orgContact", store.of("contact").values(), "contacts")


def list_members(store: Store, call: Call) -> Reply:
    return _people(store, call, _group(store, call).get("members", ()))


def list_transitive_members(store: Store, call: Call) -> Reply:
    """Members of members too. A role-assignable group has no group in it (entra-docs groups-concept.md)."""
    return _people(store, call, _transitive(store, _group(store, call)))


def list_owners(store: Store, call: Call) -> Reply:
    return _people(store, call, _group(store, call).get("owners", ()))


def _group(store: Store, call: Call) -> dict[str, Any]:
    permissions.require(call.principal, permissions.READ_MEMBERS)
    group: dict[str, Any] | None = store.of("group").get(call.segments[1].lower())
    if group is None:
        raise not_found(call.segments[1])
    return group


def _transitive(store: Store, group: dict[str, Any]) -> list[str]:
    groups, seen, found = store.of("group"), {group["id"]}, dict[str, None]()
    waiting = [group]
    while waiting:
        for key in waiting.pop().get("members", ()):
            if key in groups and key not in seen:
                seen.add(key)
                waiting.append(groups[key])
            found[key] = None
    return list(found)


def _people(store: Store, call: Call, ids: Iterable[str]) -> Reply:
    ids = list(ids)
    users = [store.users[key] for key in ids if key in store.users]
    found = [_member(call, user) for user in users if not user.get("deletedDateTime")]
    if call.segments[-1] == "microsoft.graph.user":
        _require_advanced(call)
        return objects.page(call, "user", found, "directoryObjects", default=schema.DEFAULT_USER_PROPERTIES)
    groups = [store.of("group")[key] for key in ids if key in store.of("group")]
    found += [{**group, "@odata.type": "#microsoft.graph.group"} for group in groups]
    return objects.page(
        call,
        "user",
        found,
        "directoryObjects",
        # Objects of several types: properties of each may be selected.
        beta=schema.properties("group"),
        default=schema.DEFAULT_USER_PROPERTIES,
    )


def _member(call: Call, user: Record) -> Record:
    """group-list-members.md: what an app may not read of a member is null, except its type and its id."""
    readable = bool(call.principal.permissions & permissions.READ_USERS)
    return {**(user if readable else {"id": user["id"]}), "@odata.type": "#microsoft.graph.user"}


def _require_advanced(call: Call) -> None:
    """group-list-transitivemembers.md: ConsistencyLevel and $count are required with an OData cast."""
    counted = odata.parse_query(call.query).get("$count", "").lower() == "true"
    if call.headers.get("consistencylevel", "").lower() != "eventual" or not counted:
        raise unsupported_query(f"An OData cast {ADVANCED_HINT}")
