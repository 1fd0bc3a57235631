# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/applications(appId='…')/owners` and `/servicePrincipals(appId='…')/owners` (graph-docs application-list-owners.md,
serviceprincipal-list-owners.md).

Both give the `owners` of an app: registration and service principal are one here.
"""

from __future__ import annotations

import re

from . import objects, permissions, schema
from .call import Call
from .errors import Reply, not_found
from .store import Store


def list_owners(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_APPS)
    key = re.fullmatch(r"appId='([^']*)'", call.segments[1])
    app = store.of("app").get(key.group(1).lower()) if key else None
    if app is None:
        raise not_found(call.segments[1])
    owners = [store.users[owner] for owner in app.get("owners", ()) if owner in store.active]
    found = [{**owner, "@odata.type": "#microsoft.graph.user"} for owner in owners]
    return objects.page(call, "user", found, "directoryObjects", default=schema.DEFAULT_USER_PROPERTIES)
