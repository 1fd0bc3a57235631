# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make records of the users in an answer of Graph, and mark what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..._identity.core.records import Record
from ..._identity.entra.graph_json import UNREADABLE, is_user, readable_user
from ..http.watch import Watch


def user_records(
    users: Iterable[Mapping[str, Any]], record: Callable[[Mapping[str, Any]], Record], watch: Watch
) -> list[Record]:
    """Return the records of users. ``record`` makes one from Graph's JSON, without what cannot be read.

    The key ``unreadable`` names what could not be read of a user, who must not be changed then. Objects that are no
    users are left out, and ``watch`` notes it.
    """
    records = []
    for user in users:
        if not is_user(user):
            watch.note("An object in Graph's list of users has no object id, or is too large, and was left out.")
            continue
        left, unreadable = readable_user(user)
        made = record(left)
        if unreadable:
            made[UNREADABLE] = list(dict.fromkeys((*made.get(UNREADABLE, ()), *unreadable)))
        records.append(made)
    return records
