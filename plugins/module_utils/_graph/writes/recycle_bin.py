# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restore and purge deleted users (facts §1 "Soft-deleted holders"; Microsoft: "Restore deleted item", "Permanently
delete an item")."""

from __future__ import annotations

from collections.abc import Sequence

from ..._identity.entra.deleted_holders import PURGED, DeletedHolder
from ..http.batch import Item, Outcome, Witness, send_batch
from ..http.conflicts import read_conflict
from ..http.errors import Answer, GraphError, graph_error
from ..http.transport import Transport


async def purge_holders(
    transport: Transport, holders: Sequence[DeletedHolder], witness: Witness | None = None
) -> list[GraphError | None]:
    """Restore or purge each holder, as its ``becomes`` says, and return its error, None for success.

    ``witness`` is told of each outcome as Graph sent it, also of a 404 that counts as success here.
    """
    if not holders:
        return []
    outcomes = await send_batch(transport, [_item(holder) for holder in holders], witness)
    problems = [_problem(holder, outcome) for holder, outcome in zip(holders, outcomes, strict=True)]
    doubtful = [
        place
        for place, outcome in enumerate(outcomes)
        if holders[place].becomes != PURGED and isinstance(outcome, Answer) and outcome.status == 404
    ]
    # A restore whose first answer was lost gets 404 when it is sent again: check whether the user is active now.
    items = [Item("GET", f"/users/{holders[place].user.id}?$select=id") for place in doubtful]
    found = await send_batch(transport, items) if items else []
    for place, outcome in zip(doubtful, found, strict=True):
        if isinstance(outcome, Answer) and outcome.ok:
            problems[place] = None
    return problems


def _item(holder: DeletedHolder) -> Item:
    url = f"/directory/deletedItems/{holder.user.id}"
    # In a batch, a POST must have a body, although this request has none on its own.
    return Item("DELETE", url) if holder.becomes == PURGED else Item("POST", f"{url}/restore", {})


def _problem(holder: DeletedHolder, outcome: Outcome) -> GraphError | None:
    if isinstance(outcome, GraphError):
        return outcome
    # A user who is no longer in the recycle bin need not be purged.
    if outcome.ok or (outcome.status == 404 and holder.becomes == PURGED):
        return None
    done = "purged" if holder.becomes == PURGED else "restored"
    if outcome.status == 403:
        return GraphError(
            "access_denied",
            f"The deleted user {holder.name} could not be {done}: grant the app the application permission "
            "User.DeleteRestore.All with admin consent. If the user had a role, an administrator must do it by hand.",
        )
    if outcome.status == 404:
        return GraphError(
            "user_vanished", f"The deleted user {holder.name} left the recycle bin in the meantime; run the task again."
        )
    conflict = read_conflict(outcome.error)
    if conflict:
        name = conflict.property_name or "an unnamed property"
        return GraphError(
            "restore_conflict",
            f"The deleted user {holder.name} could not be restored: its value of {name} belongs to "
            f"{conflict.holder or 'another object'} now. Change it there, or purge the deleted user.",
        )
    error = graph_error(outcome)
    return GraphError(error.cause, f"The deleted user {holder.name} could not be {done}: {error.message}")
