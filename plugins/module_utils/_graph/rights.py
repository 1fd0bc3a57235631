# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a request reads, in words, and the least permission that it needs."""

from __future__ import annotations

import re

from ansible_collections.hybrid.identity.plugins.module_utils._identity import tenant_view
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant_view import PERMISSIONS

_ROLES = "/roleManagement/directory"
_READS: tuple[tuple[str, str, str], ...] = (
    (f"{_ROLES}/roleEligibilitySchedules", "PIM eligibilities", PERMISSIONS[tenant_view.ROLE_ELIGIBILITY]),
    (_ROLES, "directory roles", PERMISSIONS[tenant_view.ROLE_ASSIGNMENTS]),
    ("/directory/deletedItems", "deleted users", PERMISSIONS[tenant_view.DELETED_USERS]),
    ("/directory/onPremisesSynchronization", "the synchronization settings", PERMISSIONS[tenant_view.SWITCHES]),
    ("/domains", "domains", PERMISSIONS[tenant_view.DOMAINS]),
    ("/groups", "groups", PERMISSIONS[tenant_view.GROUPS]),
    ("/contacts", "contacts", PERMISSIONS[tenant_view.CONTACTS]),
    ("/organization", "the organization", "Organization.Read.All"),
    (
        r"/users/[^/?]+/onPremisesSyncBehavior",
        "users' source of authority",
        PERMISSIONS[tenant_view.SOURCE_OF_AUTHORITY],
    ),
    ("/users", "users", "User.Read.All or User.ReadWrite.All"),
)


def subject(path: str) -> str | None:
    """What a GET of this path, from the version on, reads: ``users``, say. None for a path that is not in the table."""
    return next((what for pattern, what, _permission in _READS if re.match(pattern, _unversioned(path))), None)


def permission(path: str) -> str | None:
    """The least application permission for a GET of this path. None for a path that is not in the table."""
    return next((needed for pattern, _what, needed in _READS if re.match(pattern, _unversioned(path))), None)


def _unversioned(path: str) -> str:
    """The path of a request to the beta version too, which is kept with its host."""
    return re.sub(r"^https?://.*?/beta(?=/)", "", path)
