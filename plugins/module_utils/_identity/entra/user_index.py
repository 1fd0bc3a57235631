# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user index: Entra records, indexed for look-ups in constant time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ..core.records import Record
from ..core.upn import folded
from .graph_json import UNREADABLE


class UserIndex:
    """All users of a tenant, or only those that a plan asks about.

    Users in the recycle bin are found only by their ImmutableId, because no sync matches them by name.
    """

    def __init__(self, users: Iterable[Record]) -> None:
        self._by_id: dict[str, Record] = {}
        self._by_upn: dict[str, Record] = {}
        self._holders: defaultdict[str, list[Record]] = defaultdict(list)
        for user in users:
            self._add(user)

    def _add(self, user: Record) -> None:
        key = folded(user["id"])
        if key in self._by_id:
            return
        self._by_id[key] = user
        if user["immutable_id"]:
            self._holders[user["immutable_id"]].append(user)
        if not user["deleted"] and user["user_principal_name"]:
            name = folded(user["user_principal_name"])
            # Entra has each UPN once. If an answer has it twice, nobody knows whose it is.
            twice = name in self._by_upn
            self._by_upn[name] = {**user, UNREADABLE: ["userPrincipalName"]} if twice else user

    def find(self, identity: str) -> Record | None:
        """Return the active user with this UPN or object id, in any case; None if there is none."""
        key = folded(identity)
        user = self._by_upn.get(key) or self._by_id.get(key)
        return user if user and not user["deleted"] else None

    def holders(self, immutable_id: str) -> Sequence[Record]:
        """Return all users, deleted ones included, that have exactly this ImmutableId (case-sensitive: facts §1)."""
        return self._holders.get(immutable_id, ())
