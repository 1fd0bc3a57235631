# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the cloud users who may be synchronised with AD accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._identity.core.cloud_user import ENTRA_PROPERTIES, make_cloud_user
from ..._identity.rollback.linked_users import LinkedUser
from ..http.batch import MAX_REQUESTS
from ..http.pages import PAGE_SIZE
from ..http.transport import Transport
from .queries import filters_in
from .users import Users

_IDENTIFIER = "onPremisesSecurityIdentifier"


async def find_linked_users(
    transport: Transport, immutable_ids: Iterable[str], identifiers: Iterable[str]
) -> tuple[list[LinkedUser], bool]:
    """Return at least the users, deleted ones too, who have one of these ImmutableIds, and active ones by identifier.

    The second value is False if the app may not read the recycle bin. Without values, nothing is asked. Look-ups by
    identifier are an "advanced query" (facts §3), so for many values all users are listed if that takes no more
    requests.

    :raises GraphError: if users cannot be read.
    """
    by_id = filters_in("onPremisesImmutableId", immutable_ids)
    by_sid = filters_in(_IDENTIFIER, identifiers)
    if not by_id and not by_sid:
        return [], True
    users = Users(transport, (*ENTRA_PROPERTIES, _IDENTIFIER), _make)
    requests = -(-len(by_id) // MAX_REQUESTS) + len(by_sid)
    if requests > 2 and -(-await users.count() // PAGE_SIZE) <= requests:
        active = await users.list_active()
    else:
        active = await users.list_matching(by_id)
        for chosen in by_sid:
            active += await users.list_matching_advanced(chosen)
    deleted = await users.deleted(by_id)
    return [*active, *deleted], users.bin_readable


def _make(user: Mapping[str, Any], deleted: bool, unreadable: Sequence[str]) -> LinkedUser:
    return LinkedUser(make_cloud_user(user, deleted, unreadable), user.get(_IDENTIFIER))
