# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check that no AD user gets a source anchor that another object already has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.identities.anchors import CONSISTENCY_GUID, OBJECT_GUID
from ..core.records import consistency_text
from .users import AnchorChange

ANCHOR_ATTRIBUTES = (OBJECT_GUID, CONSISTENCY_GUID)


@dataclass(frozen=True)
class AnchorHolder:
    """An object that has a value in one of ANCHOR_ATTRIBUTES. ``kind`` is a word such as ``user`` or ``contact``."""

    guid: bytes
    attribute: str
    kind: str
    distinguished_name: str


def refuse_held(
    users: Sequence[AnchorChange],
    holders: Mapping[bytes, Sequence[AnchorHolder]],
) -> list[AnchorChange]:
    """Refuse the users whose planned value another object has in one of ANCHOR_ATTRIBUTES, and return all users.

    ``holders`` maps a value to the objects that have it. A value in mS-DS-ConsistencyGuid does not count if the same
    plan changes it, unless that change is itself refused in the end.
    """
    planned = list(users)
    while True:
        leaving = {user.found.guid for user in planned if user.changed and user.found}
        checked = [_checked(user, holders, leaving) for user in planned]
        if sum(user.changed for user in checked) == sum(user.changed for user in planned):
            return checked
        planned = checked


def _checked(user: AnchorChange, holders: Mapping[bytes, Sequence[AnchorHolder]], leaving: set[bytes]) -> AnchorChange:
    if not user.changed or not user.after or user.found is None:
        return user
    for holder in holders.get(user.after, ()):
        stays = holder.attribute == OBJECT_GUID or holder.guid not in leaving
        if holder.guid != user.found.guid and stays:
            return user.refused(
                f"held_by_{holder.kind}",
                f"{consistency_text(user.after)}, the new value of {user.name}, is already the {holder.attribute} of "
                f"the {holder.kind.replace('_', ' ')} {holder.distinguished_name}. Decide which of the two belongs to "
                "the cloud user, and correct the other one.",
            )
    return user
