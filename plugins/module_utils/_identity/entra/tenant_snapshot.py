# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant snapshot: the users of a tenant before a sync, and all else that decides what happens to an AD user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.accepted_effects import PROTECTED_ACCOUNTS
from ..core.cloud_user import CloudUser
from ..core.identities.comparison import entra_key
from .snapshot_user import AddressHolder, SnapshotUser

# The aspects of a tenant that may be unknown, with the names in the module's ``unknown``.
DELETED_USERS = "deleted_users"
DOMAINS = "domains"
SWITCHES = "tenant_switches"
ROLE_ASSIGNMENTS = "role_assignments"
ROLE_ELIGIBILITY = "role_eligibility"
ROLE_GROUPS = "role_assignable_groups"
APP_OWNERS = "app_owners"
OBJECT_IDENTIFIERS = "object_identifiers"
SOURCE_OF_AUTHORITY = "source_of_authority"
CONTACTS = "contacts"
GROUPS = "groups"
ANCHOR_CLAIMS = "anchor_claims"

PERMISSIONS: Mapping[str, str] = {
    DELETED_USERS: "User.Read.All",
    DOMAINS: "Domain.Read.All",
    SWITCHES: "OnPremDirectorySynchronization.Read.All (documented only for a signed-in Global Administrator)",
    ROLE_ASSIGNMENTS: "RoleManagement.Read.Directory",
    ROLE_ELIGIBILITY: "RoleEligibilitySchedule.Read.Directory",
    ROLE_GROUPS: "GroupMember.Read.All",
    APP_OWNERS: "Application.Read.All",
    OBJECT_IDENTIFIERS: "User.Read.All",
    SOURCE_OF_AUTHORITY: "User-OnPremisesSyncBehavior.ReadWrite.All",
    CONTACTS: "OrgContact.Read.All",
    GROUPS: "GroupMember.Read.All",
    ANCHOR_CLAIMS: "no permission of Graph: sign in to Active Directory with an account that may read all objects",
    PROTECTED_ACCOUNTS: "no permission of Graph: sign in to Active Directory with an account that may read the access "
    "control list of the domain",
}
"""The least permission that reads each aspect (facts §2, §3; Microsoft: "Permissions" of each request's page)."""
ASPECTS = tuple(PERMISSIONS)

HARD_SWITCH = "blockCloudObjectTakeoverThroughHardMatchEnabled"
SOFT_SWITCH = "blockSoftMatchEnabled"
UPN_SWITCH = "softMatchOnUpnEnabled"
QUARANTINE_UPN_SWITCH = "quarantineUponUpnConflictEnabled"
QUARANTINE_PROXY_SWITCH = "quarantineUponProxyAddressesConflictEnabled"
IDENTIFIER_SWITCH = "allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled"

HASH_SYNC_SWITCH = "passwordSyncEnabled"

ALL_SWITCHES = frozenset(
    {
        HARD_SWITCH,
        SOFT_SWITCH,
        UPN_SWITCH,
        QUARANTINE_UPN_SWITCH,
        QUARANTINE_PROXY_SWITCH,
        IDENTIFIER_SWITCH,
        HASH_SYNC_SWITCH,
        "bypassDirSyncOverridesEnabled",
        "cloudPasswordPolicyForPasswordSyncedUsersEnabled",
        "concurrentCredentialUpdateEnabled",
        "concurrentOrgIdProvisioningEnabled",
        "deviceWritebackEnabled",
        "directoryExtensionsEnabled",
        "fopeConflictResolutionEnabled",
        "groupWriteBackEnabled",
        "passwordWritebackEnabled",
        "synchronizeUpnForManagedUsersEnabled",
        "unifiedGroupWritebackEnabled",
        "userForcePasswordChangeOnLogonEnabled",
        "userWritebackEnabled",
    }
)
"""All features of the directory synchronisation of a tenant (facts §2), also those that change no prediction."""


@dataclass(frozen=True)
class RoleHolding:
    """A directory role that a user has. ``name`` names the role, None for what is no role but as much as one.

    ``how`` is ``direct``, ``eligible`` (PIM), ``member`` or ``owner`` of a role-assignable group, which ``group``
    names, or ``app_owner``: an owner of the app that signs in, who can act as it. Entra's own mark ``isPrivileged`` is
    in ``privileged``; None if the definition could not be read.
    """

    how: str
    name: str | None
    privileged: bool | None
    group: str | None = None


@dataclass(frozen=True)
class TenantSnapshot:
    """A tenant as it was read. If an aspect is in ``unknown``, nothing follows from its values being empty.

    ``users``: active users. ``deleted``: users in the recycle bin. ``domains``: Graph's own JSON (``id, isVerified,
    isInitial, authenticationType``). ``switches``: the tenant's ``features`` (facts §2); a missing one is unknown.
    ``roles``: role holdings by user id, as ``entra_key``. ``identifiers``: ``onPremisesObjectIdentifier`` by user id;
    only the beta API has it (facts §2). ``cloud_managed``: ids of the users whose source of authority is the cloud.
    ``authority_read``: ids of the users whose source of authority is known although ``SOURCE_OF_AUTHORITY`` is in
    ``unknown``.
    ``unknown``: aspects (``ASPECTS``) that could not be read.
    ``identifiers_are_guids``: whether ``onPremisesObjectIdentifier`` is the GUID of the AD object, which Microsoft does
    not say; None: the users that are already synchronised decide.
    ``pim_licensed``: whether the tenant has a licence for PIM; without one nobody is eligible.
    ``synchronizes``: whether a sync engine is connected to the tenant; None if that is unknown.
    """

    users: Sequence[SnapshotUser]
    deleted: Sequence[SnapshotUser] = ()
    domains: Sequence[Mapping[str, Any]] = ()
    switches: Mapping[str, bool] = field(default_factory=dict)
    roles: Mapping[str, Sequence[RoleHolding]] = field(default_factory=dict)
    identifiers: Mapping[str, str] = field(default_factory=dict)
    cloud_managed: frozenset[str] = frozenset()
    authority_read: frozenset[str] = frozenset()
    contacts: Sequence[AddressHolder] = ()
    groups: Sequence[AddressHolder] = ()
    unknown: frozenset[str] = frozenset()
    identifiers_are_guids: bool | None = None
    pim_licensed: bool = True
    synchronizes: bool | None = None

    def holdings(self, user: CloudUser) -> Sequence[RoleHolding]:
        """Return the role holdings of a user."""
        return self.roles.get(entra_key(user.id), ())
