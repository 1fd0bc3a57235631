# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading just as much of a tenant as a plan needs, in the fewest requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ansible_collections.hybrid.identity.plugins.module_utils._graph.batch import MAX_REQUESTS
from ansible_collections.hybrid.identity.plugins.module_utils._graph.pages import PAGE_SIZE
from ansible_collections.hybrid.identity.plugins.module_utils._graph.queries import filters_in, is_object_id
from ansible_collections.hybrid.identity.plugins.module_utils._graph.users import Users
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import NOT_FOUND, Step, plan
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant import Tenant
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import folded
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import Wish, read_wishes


async def planned(users: Users, wishes: Sequence[Wish], *, overwrite: bool, deleted: str | None = None) -> list[Step]:
    """The plan for wishes, read from the tenant.

    Three ways, by cost:

    * So few wishes that the filters for their users, and for whoever holds their values, fit into one ``$batch``.
    * Else one listing of all users, where that has no more pages than there would be batches of filters. Pages come one
      after another, so a listing that is longer takes longer.
    * Else filters for the users, in batches.

    In the last two, who holds a value is asked only for values that would be written: a second run asks for none. A
    listing shows the active holders by itself.

    :raises GraphError: if the tenant cannot be read.
    """
    asked = [wish for wish in wishes if not wish.refusal]
    named = identity_filters([wish.identity for wish in asked])
    held = _holder_filters([wish.immutable_id for wish in asked])
    if not named:
        return plan(wishes, Tenant([]), overwrite=overwrite, deleted=deleted)
    if len(named) + 2 * len(held) <= MAX_REQUESTS:
        note_lookup(users, identities=len(asked), filters=len(named) + 2 * len(held))
        found = await users.matching([*named, *held], held)
        return plan(wishes, Tenant(found), overwrite=overwrite, deleted=deleted)

    total = await users.count()
    if note_lookup(users, identities=len(asked), filters=len(named) + len(held), tenant_users=total):
        listed, found = True, await users.all_active(total, _needed_by(asked))
    else:
        listed, found = False, await users.matching(named)
    steps = plan(wishes, Tenant(found), overwrite=overwrite, deleted=deleted)
    # Who is not there may be the deleted one that holds the value, which matters where that one may be restored.
    absent = [step.wish.immutable_id for step in steps if step.status == NOT_FOUND and deleted]
    pending = _holder_filters([step.after for step in steps if step.changes] + absent)
    if pending:
        found += await _holders(users, pending, listed)
        steps = plan(wishes, Tenant(found), overwrite=overwrite, deleted=deleted)
    return steps


async def cleared_everywhere(users: Users) -> tuple[list[Step], int]:
    """The plan that clears every active user who holds a value, and how many active users there are.

    One listing: Graph cannot be asked for the users that hold a value (facts §1, "null value").

    :raises GraphError: if the tenant cannot be read.
    """
    everybody = await users.all_active()
    held = [user for user in everybody if user["immutable_id"]]
    records = [{"id": user["id"], "user_principal_name": user["user_principal_name"]} for user in held]
    return plan(read_wishes(records, clear=True), Tenant(held)), len(everybody)


async def _holders(users: Users, pending: Sequence[str], listed: bool) -> list[Record]:
    if listed:
        return await users.deleted(pending)
    if 2 * len(pending) <= MAX_REQUESTS:
        return await users.matching(pending, pending)
    return await users.matching(pending) + await users.deleted(pending)


def note_lookup(users: Users, *, identities: int, filters: int, tenant_users: int | None = None) -> bool:
    """Whether one listing of all users costs no more than that many filters; the choice and its numbers are noted.

    Without ``tenant_users`` there is no choice.
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


def _needed_by(wishes: Sequence[Wish]) -> Callable[[Record], bool]:
    """Whether a wish names a user, or asks for the value that the user holds."""
    names = {folded(wish.identity) for wish in wishes}
    values = {wish.immutable_id for wish in wishes if wish.immutable_id}

    def needed(user: Record) -> bool:
        named = folded(user["user_principal_name"] or "") in names or folded(user["id"]) in names
        return named or user["immutable_id"] in values

    return needed


def _ceiling(count: int, size: int) -> int:
    return -(-count // size)


def identity_filters(identities: Sequence[str]) -> list[str]:
    """Filters for users by object id, where an identity looks like one, and by UPN."""
    ids = [identity for identity in identities if is_object_id(identity)]
    names = [identity for identity in identities if not is_object_id(identity)]
    return filters_in("id", ids) + filters_in("userPrincipalName", names)


def _holder_filters(values: Sequence[str | None]) -> list[str]:
    return filters_in("onPremisesImmutableId", [value for value in values if value])
