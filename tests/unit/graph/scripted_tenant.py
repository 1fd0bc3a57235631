# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the survey of a tenant asks, and a tenant that answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scripted_graph import APP_OWNERS, ScriptedGraph, error, found, object_id

from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.snapshot_user import SNAPSHOT_PROPERTIES

SELECT = ",".join(SNAPSHOT_PROPERTIES)
HOLDER = "$select=id,displayName,proxyAddresses&$top=999"
ROLE, READER, GROUP = "62e90394-69f5-4237-9190-012177145e10", "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", object_id(900)
ASSIGNED = "$select=principalId,roleDefinitionId"
ROLES = [
    {"id": ROLE, "displayName": "Global Administrator", "isPrivileged": True},
    {"id": READER, "displayName": "Directory Readers", "isPrivileged": False},
]
SWITCHES = {
    "blockCloudObjectTakeoverThroughHardMatchEnabled": False,
    "blockSoftMatchEnabled": False,
    "softMatchOnUpnEnabled": True,
}
DENIED = error(403, "Authorization_RequestDenied")
PATHS = {
    "users": f"/users?$select={SELECT}&$top=999",
    "deleted": f"/directory/deletedItems/microsoft.graph.user?$select={SELECT}&$top=999",
    "domains": "/domains?$select=id,isVerified,isInitial,authenticationType",
    "switches": "/directory/onPremisesSynchronization",
    "organization": "/organization?$select=id,onPremisesSyncEnabled",
    "assignments": f"/roleManagement/directory/roleAssignments?{ASSIGNED}",
    "eligibility": f"/roleManagement/directory/roleEligibilitySchedules?{ASSIGNED}",
    "contacts": f"/contacts?{HOLDER}",
    "groups": "/groups?$filter=mailEnabled%20eq%20true&" + HOLDER,
    "principal": APP_OWNERS[0],
    "registration": APP_OWNERS[1],
    "role_groups": "/groups?$filter=isAssignableToRole%20eq%20true&$select=id,displayName&$top=999",
    "managed": "/users?$count=true&$filter=onPremisesSyncBehavior%2FisCloudManaged%20eq%20true&$select=id&$top=999",
    "definitions": "/roleManagement/directory/roleDefinitions?$select=id,displayName,isPrivileged",
    "identifiers": "/users?$select=id,onPremisesObjectIdentifier&$top=999",
}
"""The first page of each listing, by a short name."""
BETA = ("definitions", "identifiers")


def script(graph: ScriptedGraph, people: Sequence[dict[str, Any]], **answers: Any) -> None:
    """Expect the survey of a tenant. ``answers``, by a short name, take the place of empty ones; None: not asked."""
    given = {
        **dict.fromkeys(PATHS, found()),
        "users": found(*people),
        "domains": found({"id": "contoso.com", "isVerified": True, "authenticationType": "Managed"}),
        "switches": found({"id": object_id(1), "features": SWITCHES}),
        "definitions": found(*ROLES),
        **answers,
    }
    for name, answer in given.items():
        if answer is not None:
            graph.expect("GET", PATHS[name], answer, version="beta" if name in BETA else "v1.0")
