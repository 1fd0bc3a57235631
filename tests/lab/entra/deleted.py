# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/directory/deletedItems`: the recycle bin (facts §1 "Soft-deleted holders"; directory-deleteditems-*.md)."""

from __future__ import annotations

from . import listing, permissions, rules
from .call import Call
from .errors import Reply, not_found
from .store import Record, Store


def _find(store: Store, key: str) -> Record:
    record = store.users.get(key.lower())
    if record is None or not record.get("deletedDateTime"):
        raise not_found(key)
    return record


def list_deleted(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_USERS)
    options = listing.parse_options(call.query, call.headers)
    return listing.page(store.view(call.reading, deleted=True), options, call.origin, call.full_path, call.query)


def get_deleted(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_USERS)
    select = listing.parse_select(listing.odata.parse_query(call.query).get("$select"))
    body = {
        "@odata.context": f"{call.origin}/{call.version}/$metadata#directoryObjects/$entity",
        "@odata.type": "#microsoft.graph.user",
        **listing.project(_find(store, call.segments[2]), select),
    }
    return Reply(200, body)


def purge(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.DELETE_USERS)
    record = _find(store, call.segments[2])
    permissions.require_sensitive(store, call.principal, record)
    store.put("user", record["id"], None)
    return Reply(204)


def restore(store: Store, call: Call) -> Reply:
    """facts §0.3: a formerly synced user comes back as `onPremisesSyncEnabled` false, which it already is in the bin.
    A value that an active user took meanwhile is a conflict, since it may be held by one active user only (§1)."""
    permissions.require(call.principal, permissions.DELETE_USERS)
    record = _find(store, call.segments[2])
    permissions.require_sensitive(store, call.principal, record)
    alive = {name: value for name, value in record.items() if name != "deletedDateTime"}
    rules.check_unique(store, alive)
    store.put("user", record["id"], alive)
    context = f"{call.origin}/{call.version}/$metadata#directoryObjects/$entity"
    body = {"@odata.context": context, "@odata.type": "#microsoft.graph.user", **listing.project(alive, None)}
    return Reply(200, body)
