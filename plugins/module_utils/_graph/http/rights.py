# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a request reads, in words for messages, and the least permission that it needs."""

from __future__ import annotations

import re

from ..._identity.entra import tenant_snapshot
from ..._identity.entra.tenant_snapshot import PERMISSIONS

_ROLES = "/roleManagement/directory"
_READS: tuple[tuple[str, str, str], ...] = (
    (f"{_ROLES}/roleEligibilitySchedules", "PIM eligibilities", PERMISSIONS[tenant_snapshot.ROLE_ELIGIBILITY]),
    (_ROLES, "directory roles", PERMISSIONS[tenant_snapshot.ROLE_ASSIGNMENTS]),
    ("/directory/deletedItems", "deleted users", PERMISSIONS[tenant_snapshot.DELETED_USERS]),
    ("/directory/onPremisesSynchronization", "the synchronization settings", PERMISSIONS[tenant_snapshot.SWITCHES]),
    ("/domains", "domains", PERMISSIONS[tenant_snapshot.DOMAINS]),
    ("/groups", "groups", PERMISSIONS[tenant_snapshot.GROUPS]),
    ("/contacts", "contacts", PERMISSIONS[tenant_snapshot.CONTACTS]),
    ("/(applications|servicePrincipals)", "the app's owners", PERMISSIONS[tenant_snapshot.APP_OWNERS]),
    ("/organization", "the organization", "Organization.Read.All"),
    (
        r"/users/[^/?]+/onPremisesSyncBehavior",
        "the source of authority of users",
        PERMISSIONS[tenant_snapshot.SOURCE_OF_AUTHORITY],
    ),
    (r"/users/[^/?]+/mailboxSettings", "the mailbox settings of users", "MailboxSettings.Read"),
    ("/users", "users", "User.Read.All or User.ReadWrite.All"),
)


def subject(path: str) -> str | None:
    """Return what a GET of this path reads, such as ``users``; None if the path is not in the table.

    ``path`` begins after the version, or is a whole URL.
    """
    return next((what for pattern, what, _permission in _READS if re.match(pattern, _unversioned(path))), None)


def permission(path: str) -> str | None:
    """Return the least application permission for a GET of this path; None if the path is not in the table."""
    return next((needed for pattern, _what, needed in _READS if re.match(pattern, _unversioned(path))), None)


def _unversioned(path: str) -> str:
    """Return the path after the version. Requests to beta come as a whole URL."""
    return re.sub(r"^https?://.*?/beta(?=/)", "", path)
