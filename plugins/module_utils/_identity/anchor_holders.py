# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No AD user gets a source anchor that is another object's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import CONSISTENCY_GUID, OBJECT_GUID
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import consistency_text, record_name

ANCHOR_ATTRIBUTES = (OBJECT_GUID, CONSISTENCY_GUID)


@dataclass(frozen=True)
class Holder:
    """An object that has a value in one of ANCHOR_ATTRIBUTES. ``kind`` is one word, such as ``user`` or ``contact``."""

    guid: bytes
    attribute: str
    kind: str
    distinguished_name: str


def refuse_held(
    users: Sequence[AdUser],
    holders: Mapping[bytes, Sequence[Holder]],
    attributes: Sequence[str] = ANCHOR_ATTRIBUTES,
) -> list[AdUser]:
    """The plan without the users whose value another object has in one of ``attributes``.

    ``holders`` goes by value. A holder that gets another value by the same plan does not count, unless it is refused
    itself in the end.
    """
    planned = list(users)
    while True:
        leaving = {user.found.guid for user in planned if user.changes and user.found}
        checked = [_checked(user, holders, attributes, leaving) for user in planned]
        if sum(user.changes for user in checked) == sum(user.changes for user in planned):
            return checked
        planned = checked


def _checked(
    user: AdUser, holders: Mapping[bytes, Sequence[Holder]], attributes: Sequence[str], leaving: set[bytes]
) -> AdUser:
    if not user.changes or not user.after or user.found is None:
        return user
    for holder in holders.get(user.after, ()):
        stays = holder.attribute == OBJECT_GUID or holder.guid not in leaving
        if holder.guid != user.found.guid and holder.attribute in attributes and stays:
            return user.refused(
                f"held_by_{holder.kind}",
                f"{consistency_text(user.after)}, which {record_name(user.result())} would get, is the "
                f"{holder.attribute} of the {holder.kind.replace('_', ' ')} {holder.distinguished_name}; decide which "
                "of the two belongs to the cloud user.",
            )
    return user
