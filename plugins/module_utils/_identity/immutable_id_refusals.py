# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a cloud user may not get a value, or lose it, as far as its record and the caller's tell."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record, cloud_managed
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import upn_fault
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import Refusal, Wish


def changed_since(wish: Wish, target: Record) -> Refusal | None:
    """A value that is none of those that the runs to be put back have left."""
    if wish.expected is None or target["immutable_id"] in wish.expected:
        return None
    return Refusal(
        "changed_since",
        f"{target['user_principal_name']} has {target['immutable_id'] or 'no ImmutableId'} now, and the run left "
        f"{wish.expected[-1] or 'none'}; somebody changed it since, so it is left for you to decide.",
    )


def mastered_elsewhere(target: Record) -> Refusal | None:
    """A user that is synchronised, or was."""
    name, before = target["user_principal_name"], target["immutable_id"]
    if target["sync_enabled"]:
        return Refusal(
            "synced_user",
            f"{name} is already synchronised with {before or 'no ImmutableId'}; its AD account is the authority, so "
            "take it out of the sync scope first if that is the wrong one.",
        )
    if target["sync_enabled"] is False:
        # facts §0.3: true, false and null are three states; false is "was synchronised once".
        return Refusal(
            "formerly_synced_user",
            f"{name} was synchronised once (onPremisesSyncEnabled is false, not null), and changing its ImmutableId "
            "through Graph is unsupported; bring its old AD account back into scope, or turn it into a cloud user "
            "first.",
        )
    return None


def not_to_be_set(wish: Wish, target: Record, overwrite: bool) -> Refusal | None:
    """What speaks against giving this user a value at all."""
    name, before = target["user_principal_name"], target["immutable_id"]
    if cloud_managed(wish.record):
        return Refusal(
            "cloud_managed_account",
            f"The AD account of {name} was made by Cloud Sync and the cloud owns it; it must not be hard-matched.",
        )
    if before and not overwrite:
        return Refusal(
            "different_immutable_id",
            f"{name} already has the ImmutableId {before}; replacing it hands the account to another AD user, so set "
            "replace to true only if that is meant.",
        )
    return None


def upn_not_kept(wish: Wish) -> Refusal | None:
    """A UPN of the AD account that a sync would replace at the cloud user, unless a preflight's caller allows that.

    Beside an id, a record that is not of ad_user_guid may have the cloud user's own UPN, which is not judged.
    """
    upn = str(wish.record.get("user_principal_name") or "").strip()
    of_ad = wish.identity == upn or wish.record.get("distinguished_name")
    fault = upn_fault(upn) if upn and of_ad and wish.record.get("allowed") is not True else None
    if not fault:
        return None
    return Refusal(
        "invalid_upn",
        f"{fault}; correct it in Active Directory. If only the cloud user is named so, name the user by its object id.",
    )


def not_allowed(wish: Wish) -> Refusal | None:
    """What a preflight found and its caller does not allow."""
    if wish.record.get("allowed") is not False:
        return None
    reason = wish.record.get("reason") or f"A sync would not match {wish.identity} as it is allowed to."
    return Refusal(f"predicted_{wish.record.get('outcome')}", reason)


def held(wish: Wish, target: Record, holders: Sequence[Record]) -> Refusal | None:
    """An active user among the other holders of the wanted value; Graph would call it a conflict (facts §1)."""
    active = [user for user in holders if user["id"] != target["id"] and not user["deleted"]]
    if not active:
        return None
    holder = active[0]
    return Refusal(
        "held_by_user",
        f"{wish.immutable_id} belongs to {holder['user_principal_name']} ({holder['id']}); clear it there first if "
        f"it should be on {target['user_principal_name']}.",
    )
