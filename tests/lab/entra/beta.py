# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/beta/users/{id}`: the one property that v1.0 does not have (facts §2 "Recovery")."""

from __future__ import annotations

from . import listing, permissions
from .call import Call
from .errors import Reply
from .store import Store
from .users import find_shown

IDENTIFIER = "onPremisesObjectIdentifier"


def get_user(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_USERS)
    text = listing.odata.parse_query(call.query).get("$select")
    names = [name.strip() for name in text.split(",")] if text else []
    known = [name for name in names if name != IDENTIFIER]
    record = find_shown(store, call.segments[1])
    # parse_select refuses a name that no user has. Without $select, v1.0's properties are what is known of beta's.
    select = listing.parse_select(",".join(known)) if known else None
    body = listing.project(record, select) if known or not names else {}
    if IDENTIFIER in names:
        body[IDENTIFIER] = record.get("lab", {}).get(IDENTIFIER)
    shown = f"({','.join(names)})" if names else ""
    context = f"{call.origin}/{call.version}/$metadata#users{shown}/$entity"
    return Reply(200, {"@odata.context": context, **body})
