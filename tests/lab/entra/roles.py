# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/roleManagement/directory`: definitions, assignments and PIM eligibilities (graph-docs rbacapplication-list-*.md).

They are made of `lab.roles` and `lab.eligibleRoles` of users, of `roles` and `eligibleRoles` of role-assignable groups,
and of `roles` of apps, which are those of their service principals (unifiedroleassignment.md: a principal is a user, a
role-assignable group or a service principal). A user in the recycle bin is left out: whether Graph lists its
assignments is [NF].
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import listing, objects, permissions
from .call import Call
from .errors import GraphError, Reply
from .store import Store

Record = dict[str, Any]
_BUILT_IN: dict[str, Record] = json.loads(Path(__file__).with_name("roles.json").read_text("utf-8"))["roles"]
# "isPrivileged is beta-only": v1.0 answers $select=isPrivileged with a 400 (GraphKit 0.2.0, DirectoryRoleDefinition;
# Microsoft Q&A 1356438; msgraph-sdk 1.65's model has no such property).
_BETA = {"isPrivileged": "Edm.Boolean"}
_NAMESPACE = uuid.UUID("6e0d1c1c-8f0b-5d7e-9c53-2f4bb6a1c001")
_SINCE = "2025-02-03T09:00:00Z"

PRIVILEGED = frozenset(name for name, role in _BUILT_IN.items() if role["isPrivileged"])
"""Names of the roles with the label PRIVILEGED."""


def definition_id(name: str) -> str:
    """Id of a role by its name; a name that is no built-in role is a custom one."""
    return str(_BUILT_IN[name]["id"]) if name in _BUILT_IN else str(uuid.uuid5(_NAMESPACE, f"role {name}"))


def list_definitions(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_ROLES)
    names = dict.fromkeys([*_BUILT_IN, *(name for _how, _key, name in _holdings(store))])
    beta = _BETA if call.version == "beta" else None
    context = "roleManagement/directory/roleDefinitions"
    return objects.page(call, "unifiedRoleDefinition", map(_definition, names), context, beta=beta)


def list_assignments(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_ROLES)
    found = [_scheduled(how, key, name) for how, key, name in _holdings(store) if how == "roles"]
    context = "roleManagement/directory/roleAssignments"
    return objects.page(call, "unifiedRoleAssignment", found, context, expand=_expansions(store))


def list_eligibilities(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_ELIGIBILITY)
    if not store.of("settings").get("current", {}).get("pimLicence", True):
        # facts §20; a 403 with the same code was seen too.
        raise GraphError(
            400,
            "AadPremiumLicenseRequired",
            "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
        )
    found = [
        {
            **_scheduled(how, key, name),
            "createdDateTime": _SINCE,
            "modifiedDateTime": _SINCE,
            "status": "Provisioned",
            "memberType": "Direct",
            "scheduleInfo": {
                "startDateTime": _SINCE,
                "recurrence": None,
                "expiration": {"type": "noExpiration", "endDateTime": None, "duration": None},
            },
        }
        for how, key, name in _holdings(store)
        if how == "eligibleRoles"
    ]
    context = "roleManagement/directory/roleEligibilitySchedules"
    return objects.page(call, "unifiedRoleEligibilitySchedule", found, context, expand=_expansions(store))


def _holdings(store: Store) -> Iterator[tuple[str, str, str]]:
    """(`roles` or `eligibleRoles`, id of the principal, name of the role)."""
    for how in ("roles", "eligibleRoles"):
        for key in store.active:
            for name in store.users[key].get("lab", {}).get(how, ()):
                yield how, key, name
        for key, group in store.of("group").items():
            for name in group.get(how, ()):
                yield how, key, name
        for app in store.of("app").values():
            for name in app.get(how, ()):
                yield how, app["id"], name


def _definition(name: str) -> Record:
    key = definition_id(name)
    return {
        "id": key,
        "displayName": name,
        "isBuiltIn": name in _BUILT_IN,
        "isEnabled": True,
        "templateId": key,
        "version": "1",
        "resourceScopes": ["/"],
        "isPrivileged": name in PRIVILEGED,
    }


def _scheduled(how: str, key: str, name: str) -> Record:
    return {
        "id": str(uuid.uuid5(_NAMESPACE, f"{how} {key} {name}")),
        "principalId": key,
        "roleDefinitionId": definition_id(name),
        "directoryScopeId": "/",
    }


def _expansions(store: Store) -> dict[str, Any]:
    apps = {app["id"]: app for app in store.of("app").values()}
    names = {definition_id(name): name for name in (*_BUILT_IN, *(name for _how, _key, name in _holdings(store)))}

    def principal(record: Record) -> Record:
        key = record["principalId"]
        if key in store.users:
            return {"@odata.type": "#microsoft.graph.user", **listing.project(store.users[key], None)}
        if key in apps:
            shown = {name: apps[key][name] for name in ("id", "appId", "displayName")}
            return {"@odata.type": "#microsoft.graph.servicePrincipal", **shown}
        group = store.of("group")[key]
        return {"@odata.type": "#microsoft.graph.group", "id": key, "displayName": group.get("displayName")}

    def definition(record: Record) -> Record:
        found = _definition(names[record["roleDefinitionId"]])
        return {name: value for name, value in found.items() if name not in _BETA}

    return {"principal": principal, "roleDefinition": definition}
