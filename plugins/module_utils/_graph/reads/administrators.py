# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read who holds the role Global Administrator, directly or through a group, without PIM eligibilities.

Whoever must first activate the role needs the tenant to be in order, so such people are no emergency accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..._identity.core.identities.anchors import is_guid
from ..._identity.core.identities.comparison import entra_key
from ..._identity.entra.graph_json import faults
from ..http.errors import GraphError, not_graph
from ..http.pages import PAGE_SIZE, pages
from ..http.transport import Transport
from .queries import filters_in

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
"""The template id of the role, which is the id of its definition in every tenant (facts §23)."""

_SELECT = ["id", "userPrincipalName", "onPremisesSyncEnabled", "accountEnabled"]
_ASSIGNMENT = ["principalId", "roleDefinitionId"]


@dataclass(frozen=True)
class GlobalAdministrator:
    """A user with the role."""

    id: str
    user_principal_name: str
    sync_enabled: bool | None
    enabled: bool


async def read_global_administrators(transport: Transport) -> list[GlobalAdministrator]:
    """Return the users who hold the role.

    :raises GraphError: if they cannot be read.
    """
    assignments = transport.client.role_management.directory.role_assignments
    held = await _all(transport, transport.get(assignments, select=_ASSIGNMENT), _ASSIGNMENT)
    principals = {
        entra_key(each["principalId"]) for each in held if entra_key(each["roleDefinitionId"]) == GLOBAL_ADMINISTRATOR
    }
    found = await _users(transport, principals)
    # The others are groups and apps.
    for group in sorted(principals - set(found)):
        found |= await _users(transport, await _members(transport, group))
    return list(found.values())


async def _users(transport: Transport, ids: set[str]) -> dict[str, GlobalAdministrator]:
    found = {}
    for text in filters_in("id", sorted(ids)):
        request = transport.get(transport.client.users, select=_SELECT, filter=text)
        for each in await _all(transport, request, ("id", "userPrincipalName")):
            found[entra_key(each["id"])] = GlobalAdministrator(
                each["id"],
                each["userPrincipalName"],
                each.get("onPremisesSyncEnabled"),
                each.get("accountEnabled") is True,
            )
    return found


async def _members(transport: Transport, group: str) -> set[str]:
    """Return the ids of the members of a group; nobody for what is no group, but the service principal of an app."""
    if not is_guid(group):
        raise not_graph("the id of a principal in the answer is not a GUID")
    url = f"/groups/{group}/transitiveMembers?$select=id&$top={PAGE_SIZE}"
    try:
        return {entra_key(each["id"]) for each in await _all(transport, transport.get_url(url), ("id",))}
    except GraphError as error:
        if error.details.get("status_code") != 404:
            raise
        return set()


async def _all(transport: Transport, request: Any, needed: tuple[str, ...] | list[str]) -> list[dict[str, Any]]:
    found = [each async for page, _more in pages(transport, request) for each in page]
    for each in found:
        wrong = faults(each, needed)
        if wrong:
            raise not_graph(f"{wrong[0]} of an object in the answer is not as documented")
    return found
