# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/beta/users` and `/beta/users/{id}`: the one property that v1.0 does not have (facts §2 "Recovery")."""

from __future__ import annotations

from dataclasses import replace

from . import listing, odata, permissions
from .call import Call
from .errors import Reply
from .store import Store
from .users import find_shown

IDENTIFIER = "onPremisesObjectIdentifier"


def list_users(store: Store, call: Call) -> Reply:
    """With all that `/v1.0/users` can do; the identifier itself can be selected alone, not filtered."""
    permissions.require(call.principal, permissions.READ_USERS)
    names, known = _selected(call)
    # The same query without the identifier, which the schema of v1.0 does not know; pages keep the one that was asked.
    plain = [pair for pair in call.query.split("&") if odata.parse_query(pair).get("$select") is None]
    options = listing.parse_options("&".join(plain), call.headers)
    wanted = listing.parse_select(",".join(known)) if known else ("id",) if names else None
    fetched = (*wanted, "id") if wanted and "id" not in wanted else wanted
    view = store.view(call.reading)
    reply = listing.page(view, replace(options, select=fetched), call.origin, call.full_path, call.query)
    for shown in reply.body["value"]:
        record = view.get(shown["id"]) or {}
        if names and "id" not in names:
            del shown["id"]
        if IDENTIFIER in names:
            shown[IDENTIFIER] = record.get("lab", {}).get(IDENTIFIER)
    listed = f"({','.join(names)})" if names else ""
    reply.body["@odata.context"] = f"{call.origin}/{call.version}/$metadata#users{listed}"
    return reply


def _selected(call: Call) -> tuple[list[str], list[str]]:
    """What $select names, and that without the identifier."""
    text = odata.parse_query(call.query).get("$select")
    names = [name.strip() for name in text.split(",")] if text else []
    return names, [name for name in names if name != IDENTIFIER]


def get_user(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_USERS)
    names, known = _selected(call)
    record = find_shown(store, call)
    # parse_select refuses a name that no user has. Without $select, v1.0's properties are what is known of beta's.
    select = listing.parse_select(",".join(known)) if known else None
    body = listing.project(record, select) if known or not names else {}
    if IDENTIFIER in names:
        body[IDENTIFIER] = record.get("lab", {}).get(IDENTIFIER)
    shown = f"({','.join(names)})" if names else ""
    context = f"{call.origin}/{call.version}/$metadata#users{shown}/$entity"
    return Reply(200, {"@odata.context": context, **body})
