# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleted holders: users in the recycle bin with an ImmutableId that another user needs, and how to free it.

A sync may match such a user instead of the intended one (facts §1 "Soft-deleted holders").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from ..core.cloud_user import CloudUser
from ..core.errors import InputError
from ..core.identities.cloud_identity import CloudIdentity, read_object_id
from ..core.identities.comparison import entra_key
from ..core.text.counts import amount
from ..core.text.diffs import ValueChange

RESTORE, PURGE = "restore", "purge"
RESTORED, CLEARED, PURGED, KEPT = "restored", "restored_and_cleared", "purged", "kept"

ATTRIBUTE, IN_BIN = "recycleBin", "deleted"
"""How a journal says that a user leaves the recycle bin: ATTRIBUTE changes from IN_BIN to RESTORED or PURGED."""

_SHOWN = {RESTORED: "restored with {}", CLEARED: "restored without a value", PURGED: "purged"}


class HolderRecord(TypedDict):
    """A deleted holder in results."""

    id: str
    user_principal_name: str
    becomes: str


@dataclass(frozen=True)
class DeletedHolder:
    """A deleted holder and what happens to it: RESTORED, CLEARED (restored, and its value removed) or PURGED.

    It is KEPT if the change was refused, or if Graph refused it.
    """

    user: CloudUser
    becomes: str

    @property
    def name(self) -> str:
        return original_upn(self.user)

    def now(self, becomes: str) -> DeletedHolder:
        return replace(self, becomes=becomes)

    @property
    def leaves_as(self) -> str:
        """The state in which it leaves the recycle bin: RESTORED or PURGED."""
        return PURGED if self.becomes == PURGED else RESTORED

    def restored(self) -> CloudUser | None:
        """Return the active user that it becomes; None if it does not become one."""
        if self.becomes not in (RESTORED, CLEARED):
            return None
        value = self.user.immutable_id if self.becomes == RESTORED else None
        return replace(self.user, user_principal_name=self.name, deleted=False, immutable_id=value)

    def shown(self) -> ValueChange:
        """Return the change for ``diffs.users_diff``."""
        value = self.user.immutable_id
        name = f"{self.name} (in the recycle bin)"
        return ValueChange(name, f"deleted with {value}", _SHOWN[self.becomes].format(value))

    def result(self) -> HolderRecord:
        """Return the holder as the module returns it."""
        return HolderRecord(id=self.user.id, user_principal_name=self.name, becomes=self.becomes)


def original_upn(user: CloudUser) -> str:
    """Return the original UPN of a deleted user.

    Some have their object id, without dashes, in front (reported in microsoftgraph/msgraph-sdk-powershell issue 2256;
    Microsoft does not say which).
    """
    name = user.name
    prefix = entra_key(user.id).replace("-", "")
    return name[len(prefix) :] if user.deleted and entra_key(name).startswith(prefix) else name


def find_named(identity: CloudIdentity, holders: Iterable[CloudUser]) -> CloudUser | None:
    """Return the deleted user that an identity means; None if there is none."""
    for holder in holders:
        if holder.deleted and identity in replace(holder, user_principal_name=original_upn(holder)).identities():
            return holder
    return None


def decide_holders(
    holders: Sequence[CloudUser], target: CloudUser | None, ways: Mapping[str, str]
) -> tuple[DeletedHolder, ...] | str:
    """Decide what happens to deleted holders so that ``target`` can have their value.

    Return the decisions, or a sentence that says why it is not possible. ``target`` is None if the intended user is
    itself a deleted holder: it comes back with its value. ``ways``: RESTORE or PURGE by object id, for the deleted
    users whom the caller names.
    """
    way = {holder.id: ways.get(entra_key(holder.id)) for holder in holders}
    first = next((holder for holder in holders if way[holder.id] != PURGE), holders[0])
    who = f"{original_upn(first)} ({first.id}) in the recycle bin"
    held = f"{first.immutable_id} belongs to {who}"
    if target is None and way[first.id] != RESTORE:
        return (
            f"{who} already has {first.immutable_id}. To restore that user, add {first.id} to restore in "
            "deleted_holders."
        )
    if way[first.id] is None:
        return (
            f"{held}, and a sync could match that user instead. Add {first.id} to deleted_holders: to restore, to "
            "restore the user without the value, or to purge, to delete the user permanently."
        )
    purged = tuple(DeletedHolder(holder, PURGED) for holder in holders if way[holder.id] == PURGE)
    kept = len(holders) - len(purged)
    if not kept:
        return purged
    if kept > 1:
        return (
            f"{held} and to {amount(kept - 1, 'more user')} there, and only one can be restored. Add the others to "
            "purge."
        )
    if target is None:
        return (*purged, DeletedHolder(first, RESTORED))
    if first.sync_enabled is not None:
        # facts §1 "Who is eligible": the value can be removed only from a user that was never synchronised.
        return (
            f"{held}. That user was synchronised, so the value cannot be removed after a restore. Add {first.id} to "
            "purge to delete the user permanently, or bring its AD account back into the sync scope."
        )
    if entra_key(original_upn(first)) == entra_key(target.user_principal_name or ""):
        return (
            f"{held}. That user cannot be restored, because {target.id} has the same UPN now. Add {first.id} to purge."
        )
    return (*purged, DeletedHolder(first, CLEARED))


def read_deleted_holders(given: Mapping[str, Sequence[str] | None] | None) -> dict[str, str]:
    """Read the option ``deleted_holders``: ``{"restore": [ids], "purge": [ids]}``. Return the way by object id.

    :raises InputError: if a text is not an object id, or stands under both.
    """
    ways: dict[str, str] = {}
    for way in (RESTORE, PURGE):
        for text in (given or {}).get(way) or ():
            key = read_object_id(text).key
            if ways.setdefault(key, way) != way:
                raise InputError(f"deleted_holders has {text} in restore and in purge; choose one of the two.")
    return ways
