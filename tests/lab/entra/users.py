# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/users`: list, count, create, read, change, delete (graph-docs api-reference/v1.0/api/user-*.md; facts §1)."""

from __future__ import annotations

import uuid

from . import listing, permissions, rules
from .call import Call
from .clock import CLOCK
from .errors import GraphError, Reply, not_found
from .store import Record, Store


def find(store: Store, key: str) -> Record:
    """The active user with this id or userPrincipalName. Raises GraphError 404. Reads by key do not lag."""
    record = store.users.get(key.lower())
    if record is not None and not record.get("deletedDateTime"):
        return record
    holders = store.holders("userPrincipalName", key.lower())
    if not holders:
        raise not_found(key)
    return store.users[min(holders)]


def find_shown(store: Store, call: Call) -> Record:
    """The same as reads see it: a provisioning cycle's results may still be hidden."""
    key = call.segments[1]
    view = store.view(call.reading, by_key=True)
    record = view.get(key.lower())
    if record is None:
        named = map(view.get, view.candidates([("userPrincipalName", key.lower())]))
        record = next((user for user in named if user and user["userPrincipalName"].lower() == key.lower()), None)
    if record is None:
        raise not_found(key)
    return record


def list_users(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_USERS)
    options = listing.parse_options(call.query, call.headers)
    return listing.page(store.view(call.reading), options, call.origin, call.full_path, call.query)


def count_users(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_USERS)
    options = listing.parse_options(call.query, call.headers, is_count_segment=True)
    return Reply(200, str(listing.count(store.view(call.reading), options)), {"Content-Type": "text/plain"})


def get_user(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_USERS)
    select = listing.parse_select(listing.odata.parse_query(call.query).get("$select"))
    return Reply(200, _entity(call, find_shown(store, call), select))


def get_sync_behavior(store: Store, call: Call) -> Reply:
    """facts §2 "SOA" (onpremisessyncbehavior-get.md): whether the cloud keeps the source of authority."""
    permissions.require(call.principal, permissions.READ_SYNC_BEHAVIOR)
    record = find_shown(store, call)
    context = f"{call.origin}/{call.version}/$metadata#users('{record['id']}')/onPremisesSyncBehavior/$entity"
    managed = bool(record.get("lab", {}).get("isCloudManaged"))
    return Reply(200, {"@odata.context": context, "id": record["id"], "isCloudManaged": managed})


def get_user_purpose(store: Store, call: Call) -> Reply:
    """facts §22 (user-get-mailboxsettings.md): what the user's mailbox is for; `lab.mailbox` says it, or "none"."""
    permissions.require(call.principal, permissions.READ_MAILBOX_SETTINGS)
    record = find_shown(store, call)
    purpose = record.get("lab", {}).get("mailbox", "user")
    if purpose == "none":
        raise GraphError(404, "MailboxNotEnabledForRESTAPI", "REST API is not yet supported for this mailbox.")
    context = f"{call.origin}/{call.version}/$metadata#users('{record['id']}')/mailboxSettings/userPurpose"
    return Reply(200, {"@odata.context": context, "value": purpose})


def create_user(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.WRITE_USERS)
    changes = call.json_object()
    rules.check_shape(changes)
    rules.check_create(store, changes)
    key = str(uuid.uuid4())
    fresh: Record = {"id": key, "createdDateTime": CLOCK.utc(), "userType": "Member", "proxyAddresses": [], "lab": {}}
    record = rules.apply_changes(store, fresh, changes)
    store.put("user", key, record)
    return Reply(201, _entity(call, record, None), {"Location": f"{call.origin}/{call.version}/users/{key}"})


def update_user(store: Store, call: Call) -> Reply:
    """204 without a body (facts §1, row "PATCH success")."""
    permissions.require(call.principal, permissions.WRITE_USERS)
    old = find(store, call.segments[1])
    changes = call.json_object()
    rules.check_shape(changes)
    if permissions.SENSITIVE & changes.keys():
        permissions.require_sensitive(store, call.principal, old)
    rules.check_not_mastered(old, changes)
    record = rules.apply_changes(store, old, changes)
    if record != old:
        store.put("user", record["id"], record)
    return Reply(204)


def delete_user(store: Store, call: Call) -> Reply:
    """Into the recycle bin, all values kept (facts §1 "Soft-deleted holders"; user-delete.md on admins)."""
    permissions.require(call.principal, permissions.DELETE_USERS)
    old = find(store, call.segments[1])
    permissions.require_sensitive(store, call.principal, old)
    store.put("user", old["id"], {**old, "deletedDateTime": CLOCK.utc()})
    return Reply(204)


def _entity(call: Call, record: Record, select: tuple[str, ...] | None) -> Record:
    shown = f"({','.join(select)})" if select else ""
    context = f"{call.origin}/{call.version}/$metadata#users{shown}/$entity"
    return {"@odata.context": context, **listing.project(record, select)}
