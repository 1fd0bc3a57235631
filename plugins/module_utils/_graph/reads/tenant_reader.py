# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a plan needs of a tenant, in the fewest requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ..._identity.core.cloud_user import CloudUser
from ..._identity.core.identities.cloud_identity import CloudIdentity
from ..._identity.core.identities.comparison import entra_key
from ..._identity.entra.immutable_id_plan import NOT_FOUND, ImmutableIdChange, plan_changes
from ..._identity.entra.immutable_id_requests import ImmutableIdRequest, read_requests
from ..._identity.entra.snapshot_user import SnapshotUser
from ..._identity.entra.user_index import UserIndex
from ..http.batch import MAX_REQUESTS
from ..http.pages import PAGE_SIZE
from .queries import filters_in, identity_filters
from .users import Users


async def plan_from_tenant(
    users: Users[CloudUser], requests: Sequence[ImmutableIdRequest], deleted: Mapping[str, str] | None = None
) -> list[ImmutableIdChange]:
    """Read the tenant and return the plan for requests.

    The cheapest of three ways is used:

    * Filters for the users and for the holders of their values, if all of them fit into one ``$batch``.
    * Else one listing of all users, if it has no more pages than there would be batches of filters. Pages are read one
      after another, so a longer listing would take longer.
    * Else filters for the users, in batches.

    The last two look up only the holders of values that would be written, so a second run looks up none. A listing
    already contains the active holders.

    :raises GraphError: if the tenant cannot be read.
    """
    asked = [request for request in requests if not request.refusal]
    named = identity_filters(request.identity for request in asked if request.identity)
    held = _holder_filters([request.immutable_id for request in asked])
    if not named:
        return plan_changes(requests, UserIndex([]), deleted)
    if len(named) + 2 * len(held) <= MAX_REQUESTS:
        note_lookup(users, identities=len(asked), filters=len(named) + 2 * len(held))
        found = await users.list_matching([*named, *held], held)
        return plan_changes(requests, UserIndex(found), deleted)

    total = await users.count()
    if note_lookup(users, identities=len(asked), filters=len(named) + len(held), tenant_users=total):
        listed, found = True, await users.list_active(total, _needed_by(asked))
    else:
        listed, found = False, await users.list_matching(named)
    changes = plan_changes(requests, UserIndex(found), deleted)
    # A user who was not found may be deleted and hold the value. Look for that user if deleted holders may be changed.
    absent = [change.request.immutable_id for change in changes if change.status == NOT_FOUND and deleted]
    pending = _holder_filters([change.after for change in changes if change.changed] + absent)
    if pending:
        found += await _holders(users, pending, listed)
        changes = plan_changes(requests, UserIndex(found), deleted)
    return changes


async def read_again(
    users: Users[SnapshotUser],
    identities: Sequence[CloudIdentity],
    tenant_users: int,
    addresses: Collection[str] = (),
) -> list[SnapshotUser]:
    """Read these active users once more, by filters or by a listing of the tenant, whichever takes fewer requests.

    ``tenant_users``: how many active users the tenant has, about. ``addresses``: also read the users with one of these
    in ``mail``.

    :raises GraphError: if they cannot be read.
    """
    filters = [*identity_filters(identities), *filters_in("mail", addresses)]
    if not note_lookup(users, identities=len(identities), filters=len(filters), tenant_users=tenant_users):
        return await users.list_matching(filters)
    wanted, mail = frozenset(identities), frozenset(map(entra_key, addresses))

    def needed(found: SnapshotUser) -> bool:
        user = found.user
        return entra_key(user.mail or "") in mail or any(each in wanted for each in user.identities())

    return await users.list_active(tenant_users, needed)


async def plan_clearing(users: Users[CloudUser]) -> tuple[list[ImmutableIdChange], int]:
    """Return the plan that clears every active user who has a value, and the number of active users.

    List all users: Graph has no filter for users who have a value (facts §1, "null value").

    :raises GraphError: if the tenant cannot be read.
    """
    everybody = await users.list_active()
    held = [user for user in everybody if user.immutable_id]
    records = [{"id": user.id, "user_principal_name": user.user_principal_name} for user in held]
    return plan_changes(read_requests(records, clear=True), UserIndex(held)), len(everybody)


async def _holders(users: Users[CloudUser], pending: Sequence[str], listed: bool) -> list[CloudUser]:
    if listed:
        return await users.deleted(pending)
    if 2 * len(pending) <= MAX_REQUESTS:
        return await users.list_matching(pending, pending)
    return await users.list_matching(pending) + await users.deleted(pending)


def note_lookup(users: Users[Any], *, identities: int, filters: int, tenant_users: int | None = None) -> bool:
    """Return whether one listing of all users takes no more requests than the filters, and note the choice.

    False if ``tenant_users`` is None.
    """
    batches = _ceiling(filters, MAX_REQUESTS)
    pages = None if tenant_users is None else _ceiling(tenant_users, PAGE_SIZE)
    listed = pages is not None and pages <= batches
    users.watch.lookup = {
        "method": "listing" if listed else "filters",
        "identities": identities,
        "tenant_users": tenant_users,
        "listing_requests": pages,
        "filter_requests": batches,
    }
    return listed


def note_listing(users: Users[Any]) -> None:
    """Note that all users are listed after all, because Graph refused the filters."""
    users.watch.lookup = {**(users.watch.lookup or {}), "method": "listing"}


def _needed_by(requests: Sequence[ImmutableIdRequest]) -> Callable[[CloudUser], bool]:
    """Return a function that says whether a request names a user, or the value that the user holds."""
    named = {request.identity for request in requests}
    values = {request.immutable_id for request in requests if request.immutable_id}

    def needed(user: CloudUser) -> bool:
        return user.immutable_id in values or any(identity in named for identity in user.identities())

    return needed


def _ceiling(count: int, size: int) -> int:
    return -(-count // size)


def _holder_filters(values: Sequence[str | None]) -> list[str]:
    return filters_in("onPremisesImmutableId", [value for value in values if value])
