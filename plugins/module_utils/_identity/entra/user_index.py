# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user index: cloud users, indexed for look-ups in constant time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..core.cloud_user import CloudUser
from ..core.identities.cloud_identity import CloudIdentity


class UserIndex:
    """All users of a tenant, or only those that a plan asks about.

    Users in the recycle bin are found only by their ImmutableId, because no sync matches them by name.
    """

    def __init__(self, users: Iterable[CloudUser]) -> None:
        self._ids: set[str] = set()
        self._active: dict[CloudIdentity, CloudUser] = {}
        self._holders: defaultdict[str, list[CloudUser]] = defaultdict(list)
        for user in users:
            self._add(user)

    def _add(self, user: CloudUser) -> None:
        if user.id in self._ids:
            return
        self._ids.add(user.id)
        if user.immutable_id:
            self._holders[user.immutable_id].append(user)
        if not user.deleted:
            for identity in user.identities():
                # Entra has each UPN once. If an answer has it twice, it is not known whose it is.
                twice = identity in self._active
                self._active[identity] = replace(user, unreadable=("userPrincipalName",)) if twice else user

    def find(self, identity: CloudIdentity) -> CloudUser | None:
        """Return the active user whom an identity names; None if there is none.

        The index may hold users who only look like them, because Graph's filters may fold more letters.
        """
        return self._active.get(identity)

    def holders(self, immutable_id: str) -> Sequence[CloudUser]:
        """Return all users, deleted ones included, that have exactly this ImmutableId (case-sensitive: facts §1)."""
        return self._holders.get(immutable_id, ())
