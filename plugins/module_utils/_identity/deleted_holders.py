# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users in the recycle bin who hold an ImmutableId that is wanted elsewhere, and the ways to get it from them.

A sync may match such a user in place of the one that is meant (facts §1 "Soft-deleted holders").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import folded

RESTORE, PURGE = "restore", "purge"
RESTORED, CLEARED, PURGED, KEPT = "restored", "restored_and_cleared", "purged", "kept"

ATTRIBUTE, IN_BIN = "recycleBin", "deleted"
"""How a journal says that a user leaves the recycle bin: from IN_BIN to RESTORED or PURGED."""

_SHOWN = {RESTORED: "restored with {}", CLEARED: "restored without a value", PURGED: "purged"}


@dataclass(frozen=True)
class Holder:
    """A deleted user and what becomes of it: one of RESTORED, CLEARED (restored, and its value taken away), PURGED.

    KEPT where Graph did not take what was planned.
    """

    record: Record
    becomes: str

    @property
    def name(self) -> str:
        return original_upn(self.record)

    def now(self, becomes: str) -> Holder:
        return replace(self, becomes=becomes)

    @property
    def leaves_as(self) -> str:
        """What it is right after the recycle bin."""
        return PURGED if self.becomes == PURGED else RESTORED

    def diff_row(self) -> Record:
        """As ``diffs.users_diff`` takes it."""
        value = self.record["immutable_id"]
        return {
            "user_principal_name": f"{self.name} (in the recycle bin)",
            "changed": True,
            "before": f"deleted with {value}",
            "after": _SHOWN[self.becomes].format(value),
        }

    def result(self) -> Record:
        """As the module returns it."""
        return {"id": self.record["id"], "user_principal_name": self.name, "becomes": self.becomes}


def original_upn(record: Record) -> str:
    """The UPN of a deleted user as it was: some come with their object id, without dashes, in front (reported in
    microsoftgraph/msgraph-sdk-powershell issue 2256; Microsoft does not say which)."""
    name = str(record.get("user_principal_name") or record["id"])
    prefix = str(record["id"]).replace("-", "").lower()
    return name[len(prefix) :] if record["deleted"] and name.lower().startswith(prefix) else name


def named(identity: str, holders: Iterable[Record]) -> Record | None:
    """The deleted one of these users that an identity, a UPN or an object id, means."""
    wanted = folded(identity)
    for holder in holders:
        if holder["deleted"] and wanted in (folded(holder["id"]), folded(original_upn(holder))):
            return holder
    return None


def ways_out(holders: Sequence[Record], target: Record | None, way: str | None) -> tuple[Holder, ...] | str:
    """What becomes of deleted holders so that ``target`` can have their value; else a sentence that says why not.

    ``target`` is None where the only holder is the user that is meant: it comes back with its value.
    ``way`` is RESTORE or PURGE, or None where the caller allows neither.
    """
    first = holders[0]
    who = f"{original_upn(first)} ({first['id']}) in the recycle bin"
    held = f"{first['immutable_id']} belongs to {who}"
    if target is None and way != RESTORE:
        return f"{who} holds {first['immutable_id']} already; set restore_deleted to true to bring that user back."
    if way is None:
        return (
            f"{held}, which a sync could match instead; set restore_deleted to true to bring that user back without "
            "the value, or purge_deleted to true to delete it for good."
        )
    if way == PURGE:
        return tuple(Holder(holder, PURGED) for holder in holders)
    if len(holders) > 1:
        return f"{held} and to {len(holders) - 1} more there, and only one could be restored; purge those not needed."
    if target is None:
        return (Holder(first, RESTORED),)
    if first["sync_enabled"] is not None:
        # facts §1 "Who is eligible": only of a user that was never synchronised can the value be taken away.
        return (
            f"{held}, who was synchronised and so could not lose the value after being restored; set purge_deleted to "
            "true to delete that user for good, or bring its AD account back into scope."
        )
    if folded(original_upn(first)) == folded(target["user_principal_name"] or ""):
        return f"{held}, who cannot be restored beside {target['id']}, which has that UPN now; set purge_deleted."
    return (Holder(first, CLEARED),)
