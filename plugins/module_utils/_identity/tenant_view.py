# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a tenant before a sync: its users, and everything else that decides what becomes of an AD user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import (
    ENTRA_PROPERTIES,
    Record,
    entra_record,
)

# What may be unknown of a tenant, by the names that the module's ``unknown`` uses.
DELETED_USERS = "deleted_users"
DOMAINS = "domains"
SWITCHES = "tenant_switches"
ROLE_ASSIGNMENTS = "role_assignments"
ROLE_ELIGIBILITY = "role_eligibility"
ROLE_GROUPS = "role_assignable_groups"
OBJECT_IDENTIFIERS = "object_identifiers"
SOURCE_OF_AUTHORITY = "source_of_authority"
CONTACTS = "contacts"
GROUPS = "groups"

PERMISSIONS: Mapping[str, str] = {
    DELETED_USERS: "User.Read.All",
    DOMAINS: "Domain.Read.All",
    SWITCHES: "OnPremDirectorySynchronization.Read.All (documented only for a signed-in Global Administrator)",
    ROLE_ASSIGNMENTS: "RoleManagement.Read.Directory",
    ROLE_ELIGIBILITY: "RoleEligibilitySchedule.Read.Directory",
    ROLE_GROUPS: "GroupMember.Read.All",
    OBJECT_IDENTIFIERS: "User.Read.All",
    SOURCE_OF_AUTHORITY: "User-OnPremisesSyncBehavior.ReadWrite.All",
    CONTACTS: "OrgContact.Read.All",
    GROUPS: "GroupMember.Read.All",
}
"""The least permission that answers each (facts §2, §3; Microsoft: "Permissions" of each request's page)."""
ASPECTS = tuple(PERMISSIONS)

HARD_SWITCH = "blockCloudObjectTakeoverThroughHardMatchEnabled"
SOFT_SWITCH = "blockSoftMatchEnabled"
UPN_SWITCH = "softMatchOnUpnEnabled"
QUARANTINE_UPN_SWITCH = "quarantineUponUpnConflictEnabled"
QUARANTINE_PROXY_SWITCH = "quarantineUponProxyAddressesConflictEnabled"
IDENTIFIER_SWITCH = "allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled"

HASH_SYNC_SWITCH = "passwordSyncEnabled"
VIEW_PROPERTIES = (
    *ENTRA_PROPERTIES,
    "mailNickname",
    "onPremisesUserPrincipalName",
    "onPremisesProvisioningErrors",
)
"""What a user of a view is made of, without the attributes that a sync would overwrite."""


@dataclass(frozen=True)
class RoleHolding:
    """A directory role that a user has. ``name`` is the role's (for ``group`` without a role: the group's).

    ``how``: ``direct``, ``eligible`` (PIM), ``member`` or ``owner`` of a role-assignable group. ``group`` names that
    group. ``privileged`` is Entra's own mark ``isPrivileged``; None where the definition could not be read.
    ``name`` is None for a role-assignable group that holds no role.
    """

    how: str
    name: str | None
    privileged: bool | None
    group: str | None = None


@dataclass(frozen=True)
class TenantView:
    """A tenant as far as it was read. What was not is in ``unknown``: nothing follows from its emptiness.

    ``users``: active users as :func:`view_record` makes them (an ``entra_record`` will do; what it lacks counts as
    empty). ``deleted``: those of the recycle bin. ``domains``: Graph's own JSON (``id, isVerified, isInitial,
    authenticationType``). ``switches``: the tenant's ``features`` (facts §2); one that is missing is unknown.
    ``roles``: user id -> holdings. ``cloud_managed``: ids of the users whose source of authority is the cloud.
    ``authority_read``: ids of the users of whom that is known, though ``SOURCE_OF_AUTHORITY`` is in ``unknown``.
    ``contacts`` and ``groups``: ``{"id", "name", "proxy_addresses"}``.
    ``unknown``: aspects (``ASPECTS``) that could not be read.
    ``identifiers_are_guids``: whether ``onPremisesObjectIdentifier`` is known to be the GUID of the AD object, which
    Microsoft does not say; None: judge by the users that are synchronised already.
    """

    users: Sequence[Record]
    deleted: Sequence[Record] = ()
    domains: Sequence[Mapping[str, Any]] = ()
    switches: Mapping[str, bool] = field(default_factory=dict)
    roles: Mapping[str, Sequence[RoleHolding]] = field(default_factory=dict)
    cloud_managed: frozenset[str] = frozenset()
    authority_read: frozenset[str] = frozenset()
    contacts: Sequence[Record] = ()
    groups: Sequence[Record] = ()
    unknown: frozenset[str] = frozenset()
    identifiers_are_guids: bool | None = None


def view_record(user: Mapping[str, Any], deleted: bool = False) -> Record:
    """An Entra record with ``mail_nickname, on_premises_user_principal_name, upn_in_quarantine``, from Graph's JSON."""
    problems = user.get("onPremisesProvisioningErrors") or []
    return {
        **entra_record(user, deleted),
        "mail_nickname": user.get("mailNickname"),
        "on_premises_user_principal_name": user.get("onPremisesUserPrincipalName"),
        "upn_in_quarantine": any(problem.get("propertyCausingError") == "UserPrincipalName" for problem in problems),
    }
