# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: application permissions, and the rule on sensitive actions.

Permissions: facts §1 "Permissions" and graph-docs api-reference pages of each path. Sensitive actions: facts §0.2, §1;
graph-docs api-reference/v1.0/resources/users.md, tables "Sensitive actions" and "Who can update sensitive attributes".
"""

from __future__ import annotations

from .errors import denied
from .store import Record, Store
from .tokens import Principal

_DIRECTORY = {"Directory.Read.All", "Directory.ReadWrite.All"}
READ_USERS = frozenset({"User.Read.All", "User.ReadWrite.All", *_DIRECTORY})
WRITE_USERS = frozenset({"User.ReadWrite.All", "Directory.ReadWrite.All"})
# facts §1: least permission of purge and restore is User.DeleteRestore.All.
DELETE_USERS = frozenset({"User.DeleteRestore.All", "User.ReadWrite.All"})
READ_DOMAINS = frozenset({"Domain.Read.All", "Domain.ReadWrite.All", *_DIRECTORY})
# rbacapplication-list-roleassignments.md, -roledefinitions.md and -roleeligibilityschedules.md, "Application".
_ROLES = {"RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"}
READ_ROLES = frozenset({*_ROLES, *_DIRECTORY})
READ_ELIGIBILITY = frozenset(
    {"RoleEligibilitySchedule.Read.Directory", "RoleEligibilitySchedule.ReadWrite.Directory", *_ROLES}
)
# group-list.md, group-list-members.md and group-list-owners.md name the same ones.
READ_GROUPS = frozenset(
    {"GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY}
)
READ_MEMBERS = READ_GROUPS
READ_CONTACTS = frozenset({"OrgContact.Read.All", *_DIRECTORY})
# facts §1: the only one that lists /users/{id}/onPremisesSyncBehavior, for reading too (onpremisessyncbehavior-get.md).
READ_SYNC_BEHAVIOR = frozenset({"User-OnPremisesSyncBehavior.ReadWrite.All"})
# facts §2, §20: Microsoft documents delegated ones only; graph-docs PR 22337 and a tool of 2025 name this one for apps.
READ_SYNCHRONIZATION = frozenset(
    {"OnPremDirectorySynchronization.Read.All", "OnPremDirectorySynchronization.ReadWrite.All"}
)
# application-list-owners.md and serviceprincipal-list-owners.md, without the permission for apps that one owns.
READ_APPS = frozenset({"Application.Read.All", "Application.ReadWrite.All", *_DIRECTORY})
# user-get-mailboxsettings.md (facts §22).
READ_MAILBOX_SETTINGS = frozenset({"MailboxSettings.Read", "MailboxSettings.ReadWrite"})
READ_ORGANIZATION = frozenset({"Organization.Read.All", "Organization.ReadWrite.All", *_DIRECTORY})

SENSITIVE = {
    "accountEnabled",
    "businessPhones",
    "mobilePhone",
    "onPremisesImmutableId",
    "otherMails",
    "passwordProfile",
    "userPrincipalName",
}
_OVER_EVERYBODY = {"Global Administrator", "Privileged Authentication Administrator"}
_AUTHENTICATION_ADMIN_OVER = {
    "Authentication Administrator",
    "Directory Readers",
    "Guest Inviter",
    "Message Center Reader",
    "Password Administrator",
    "Reports Reader",
    "Usage Summary Reports Reader",
}
_USER_ADMIN_OVER = {
    "Directory Readers",
    "Groups Administrator",
    "Guest Inviter",
    "Helpdesk Administrator",
    "Message Center Reader",
    "Password Administrator",
    "Reports Reader",
    "Usage Summary Reports Reader",
    "User Administrator",
}


def require(principal: Principal, any_of: frozenset[str]) -> None:
    """Raise GraphError 403 unless the app holds one of the permissions."""
    if not principal.permissions & any_of:
        raise denied()


def require_sensitive(store: Store, principal: Principal, target: Record) -> None:
    """Raise GraphError 403 when a sensitive action on `target` takes a higher role than the app's principal holds.

    Microsoft names no table for an app that has the permission and no role: such an app is given what a User
    Administrator has, the least that facts §1 ("most admin roles") demands.
    """
    if principal.roles & _OVER_EVERYBODY:
        return
    if is_in_role_assignable_group(store, target["id"]):
        raise denied()
    allowed = set(_USER_ADMIN_OVER)
    if "Authentication Administrator" in principal.roles:
        allowed |= _AUTHENTICATION_ADMIN_OVER
    if set(direct_roles(target)) - allowed:
        raise denied()


def direct_roles(user: Record) -> list[str]:
    """Names of the directory roles that a user is assigned (eligible ones are apart: `lab.eligibleRoles`)."""
    return list(user.get("lab", {}).get("roles", ()))


def is_in_role_assignable_group(store: Store, user_id: str) -> bool:
    """Whether the user is a member or an owner of a role-assignable group."""
    return any(
        group.get("isAssignableToRole") and user_id in (*group.get("members", ()), *group.get("owners", ()))
        for group in store.of("group").values()
    )
