# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the mailboxes of users are for (facts §22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..http.batch import MAX_REQUESTS, Item, send_batch
from ..http.errors import GraphError
from ..http.transport import Transport

_NO_MAILBOX = 404
_DENIED = 403


@dataclass(frozen=True)
class Purposes:
    """``of``: the ``userPurpose`` of mailboxes, by user id. ``unread``: the ids of the users for whom it is unknown."""

    of: dict[str, str]
    unread: frozenset[str]


async def read_purposes(transport: Transport, ids: Sequence[str]) -> Purposes:
    """Read what the mailboxes of these users are for. A user without a mailbox is in neither part.

    Each batch reads 20 users. If the first one shows that the token may not read it, the others are not requested.

    :raises GraphError: if Graph cannot be reached.
    """
    found: dict[str, str] = {}
    unread = set(ids)
    for chunk in (ids[:MAX_REQUESTS], ids[MAX_REQUESTS:]):
        items = [Item("GET", f"/users/{key}/mailboxSettings/userPurpose") for key in chunk]
        outcomes = await send_batch(transport, items) if items else []
        for key, outcome in zip(chunk, outcomes, strict=True):
            if isinstance(outcome, GraphError):
                raise outcome
            value = outcome.body.get("value") if outcome.ok and isinstance(outcome.body, dict) else None
            if isinstance(value, str):
                found[key] = value
            if isinstance(value, str) or outcome.status == _NO_MAILBOX:
                unread.discard(key)
        if outcomes and all(not isinstance(each, GraphError) and each.status == _DENIED for each in outcomes):
            break
    return Purposes(found, frozenset(unread))
