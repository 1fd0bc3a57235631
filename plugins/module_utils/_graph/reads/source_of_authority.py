# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read for which users the cloud is the source of authority: they take nothing from AD (facts §15).

One filter lists them all. Microsoft does not say which permission it needs, so if Graph refuses it, each user who would
be matched is read instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from ..._identity.entra.graph_json import is_guid
from ..._identity.entra.tenant_snapshot import SOURCE_OF_AUTHORITY, TenantSnapshot
from ..http.batch import MAX_REQUESTS, Item, send_batch
from ..http.errors import GraphError
from ..http.pages import PAGE_SIZE, pages
from ..http.transport import ADVANCED, Transport

_CLOUD_MANAGED = "onPremisesSyncBehavior/isCloudManaged eq true"

# Graph refuses filters that it does not support with 400, and some with 500 or 501.
_REFUSALS = ("access_denied", "request_refused", "service_unavailable")

_ROUNDS = 3


async def list_cloud_managed(transport: Transport) -> frozenset[str] | None:
    """Return the ids of all users whose source of authority is the cloud; None if Graph refuses the filter.

    It is an "advanced query", so a change of the last minutes may be missing.

    :raises GraphError: if Graph cannot be reached.
    """
    users = transport.client.users
    request = transport.get(users, ADVANCED, filter=_CLOUD_MANAGED, select=["id"], count="true", top=PAGE_SIZE)
    try:
        found = [user.get("id") async for page, _more in pages(transport, request) for user in page]
    except GraphError as error:
        if error.cause not in _REFUSALS:
            raise
        return None
    return frozenset(map(str, found)) if all(map(is_guid, found)) else None


async def add_source_of_authority(
    transport: Transport, snapshot: TenantSnapshot, matched: Callable[[TenantSnapshot], Collection[str]]
) -> TenantSnapshot:
    """Return the snapshot with the source of authority of all users who would be matched.

    ``matched`` returns the ids of the users whom a sync would match if a snapshot were true. It is not called if the
    source of authority is not in ``snapshot.unknown``. Afterwards it is in there only if it could not be read for all
    of them.

    :raises GraphError: if Graph cannot be reached.
    """
    for _round in range(_ROUNDS):
        if SOURCE_OF_AUTHORITY not in snapshot.unknown:
            break
        # A user whom the cloud owns may leave a match to another user, who must then be read too. This rarely needs a
        # second round. After the third one, the remaining users stay unknown.
        known = replace(snapshot, unknown=snapshot.unknown - {SOURCE_OF_AUTHORITY})
        wanted = set(matched(known)) - snapshot.authority_read
        if not wanted:
            return known
        managed, read = await _read_each(transport, sorted(wanted))
        if not read:
            break
        snapshot = replace(
            snapshot, cloud_managed=snapshot.cloud_managed | managed, authority_read=snapshot.authority_read | read
        )
    return snapshot


async def _read_each(transport: Transport, ids: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of the users whose source of authority is the cloud, and of those for whom it could be read.

    Each batch reads 20 users. If the first one shows that the token may not read it, the others are not requested.
    """
    managed: set[str] = set()
    read: set[str] = set()
    for chunk in (ids[:MAX_REQUESTS], ids[MAX_REQUESTS:]):
        urls = [f"/users/{key}/onPremisesSyncBehavior?$select=isCloudManaged" for key in chunk]
        outcomes = await send_batch(transport, [Item("GET", url) for url in urls])
        for key, outcome in zip(chunk, outcomes, strict=True):
            if isinstance(outcome, GraphError):
                raise outcome
            if outcome.ok and isinstance(outcome.body, dict):
                answer = outcome.body.get("isCloudManaged")
                read |= {key} if isinstance(answer, bool) else set()
                managed |= {key} if answer is True else set()
        if any(not isinstance(outcome, GraphError) and outcome.status == 403 for outcome in outcomes):
            break
    return frozenset(managed), frozenset(read)
