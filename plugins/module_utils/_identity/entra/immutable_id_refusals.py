# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reasons to refuse a change of a cloud user's ImmutableId, from the user and the record in the request."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.cloud_user import CloudUser
from ..core.identities.cloud_identity import UPN
from ..core.identities.upn import upn_fault
from ..core.refusal import Refusal
from ..core.restorable import refuse_renamed
from .deleted_holders import original_upn
from .graph_json import unreadable_sentence
from .immutable_id_requests import ImmutableIdRequest


def changed_since(request: ImmutableIdRequest, target: CloudUser) -> Refusal | None:
    """Refuse a value that is not one of those that the runs to be rolled back have left."""
    if request.expected is None or target.immutable_id in request.expected:
        return None
    return Refusal(
        "changed_since",
        f"The ImmutableId of {target.user_principal_name} is {target.immutable_id or 'empty'} now, but after the run "
        f"it was {request.expected[-1] or 'empty'}. Somebody has changed it since, so the rollback does not change "
        "it. Decide which value is right, and set it by hand.",
    )


def unreadable(target: CloudUser) -> Refusal | None:
    """Refuse a user of whom Graph's answer cannot be read."""
    sentence = unreadable_sentence(target)
    return Refusal("unreadable_user", sentence) if sentence else None


def renamed_since(request: ImmutableIdRequest, target: CloudUser) -> Refusal | None:
    """Refuse to roll back a user who has another UPN in the journal."""
    if request.expected is None:
        return None
    upn = original_upn(target) if target.deleted else target.user_principal_name
    return refuse_renamed(request.named, upn)


def mastered_elsewhere(target: CloudUser) -> Refusal | None:
    """Refuse a user that is or was synchronised."""
    name, before = target.name, target.immutable_id
    if target.sync_enabled:
        return Refusal(
            "synced_user",
            f"{name} is already synchronised with {before or 'no ImmutableId'}. Its AD account is the source of "
            "authority. If that is the wrong account, remove it from the sync scope first.",
        )
    if target.sync_enabled is False:
        # facts §0.3: true, false and null are three states; false is "was synchronised once".
        return Refusal("formerly_synced_user", formerly_synced(name, before))
    return None


def formerly_synced(name: str, immutable_id: str | None) -> str:
    """Return why a user that was synchronised once gets no other ImmutableId, and what to do instead."""
    keep = f", or write {immutable_id} to mS-DS-ConsistencyGuid of the new AD account" if immutable_id else ""
    return (
        f"{name} was synchronised once (onPremisesSyncEnabled is false, not null), and Graph does not support a change "
        f"of the ImmutableId of such a user. Bring the old AD account back into the sync scope{keep}."
    )


def not_to_be_set(request: ImmutableIdRequest, target: CloudUser) -> Refusal | None:
    """Refuse to set a value if the cloud owns the AD account, or if the request may not replace the user's value."""
    name, before = target.user_principal_name, target.immutable_id
    if request.ad.cloud_managed:
        return Refusal(
            "cloud_managed_account",
            f"Cloud Sync created the AD account of {name} and takes its values from the cloud user, so the two must "
            "not be hard-matched. Remove the user from the task.",
        )
    if before and not request.overwrite:
        return Refusal(
            "different_immutable_id",
            f"{name} already has the ImmutableId {before}. A new value gives the cloud user to another AD account. "
            "Use replace only if you intend this.",
        )
    return None


def upn_not_kept(request: ImmutableIdRequest) -> Refusal | None:
    """Refuse a UPN of the AD account that a sync would replace.

    If the request names the user by id and the record is not of ad_user_guid, the UPN may be the cloud user's own. It
    is then not checked.
    """
    upn = request.ad.user_principal_name or ""
    by_name = request.identity is not None and request.identity.kind == UPN
    of_ad = by_name or request.ad.distinguished_name
    fault = upn_fault(upn) if upn and of_ad else None
    if not fault:
        return None
    return Refusal(
        "invalid_upn",
        f"{fault}. Correct it in Active Directory. If only the cloud user has this name, use the object id of the "
        "user.",
    )


def held(request: ImmutableIdRequest, target: CloudUser, holders: Sequence[CloudUser]) -> Refusal | None:
    """Refuse a value that another active user has; Graph would report a conflict (facts §1)."""
    active = [user for user in holders if user.id != target.id and not user.deleted]
    if not active:
        return None
    holder = active[0]
    return Refusal(
        "held_by_user",
        f"{request.immutable_id} belongs to {holder.user_principal_name} ({holder.id}). If "
        f"{target.user_principal_name} should have it, clear it there first.",
    )
