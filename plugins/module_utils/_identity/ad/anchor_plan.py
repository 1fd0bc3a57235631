# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plans for mS-DS-ConsistencyGuid: write the own GUID, write the cloud user's value, put back what a run changed.

The functions are pure, so that check mode, the diff and the writes follow the same plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..core.identities.anchors import CONSISTENCY_GUID
from ..core.outcomes import MISSING
from ..core.records import consistency_bytes, consistency_text
from ..core.restorable import refuse_anchor, refuse_renamed
from ..core.rollback import Undo
from .anchor_requests import AnchorRequest
from .users import FOUND, PUT_BACK, AnchorChange


def plan_stamps(users: Iterable[AnchorChange]) -> list[AnchorChange]:
    """Plan to write objectGUID into mS-DS-ConsistencyGuid only if that is empty, as Entra Connect does (facts §2)."""
    return [_stamped(user) for user in users]


def plan_requests(
    users: Sequence[AnchorChange], requests: Sequence[AnchorRequest], overwrite: bool
) -> list[AnchorChange]:
    """Plan to write each user's requested value if the attribute is empty, or with ``overwrite`` also if not."""
    return [_requested(user, request, overwrite) for user, request in zip(users, requests, strict=True)]


def plan_restores(users: Sequence[AnchorChange], undos: Sequence[Undo]) -> list[AnchorChange]:
    """Plan to restore the value of each user's undo if the attribute still has a value that a run left."""
    return [_put_back(user, undo) for user, undo in zip(users, undos, strict=True)]


def _stamped(user: AnchorChange) -> AnchorChange:
    if user.status != FOUND or user.found is None:
        return user
    refused = _refused_for_the_cloud(user)
    if refused:
        return refused
    return user if user.before else user.to(user.found.guid)


def _requested(user: AnchorChange, request: AnchorRequest, overwrite: bool) -> AnchorChange:
    if user.status != FOUND:
        return user
    refused = _refused_for_the_cloud(user)
    if refused or user.before == request.value:
        return refused or user
    if user.before and not overwrite:
        return user.refused(
            "different_consistency_guid",
            f"{CONSISTENCY_GUID} of {user.name} is {consistency_text(user.before)} and not "
            f"{consistency_text(request.value)}. A new value gives the account another source anchor. Set replace to "
            "true only if you intend this.",
        )
    return user.to(request.value)


def _put_back(user: AnchorChange, undo: Undo) -> AnchorChange:
    if user.status == MISSING:
        reason = (
            f"The AD account {undo.id} ({undo.user_principal_name or 'without a UPN'} in the journal) was deleted or "
            "moved out of this domain, so it cannot be rolled back."
        )
        return replace(user, reason=reason)
    now = consistency_text(user.before)
    if user.status != FOUND or now == undo.restore:
        return user
    account = user.user()
    name = account.name
    refusal = refuse_renamed(undo.user_principal_name, account.user_principal_name) or refuse_anchor(undo.restore, name)
    if refusal:
        return user.refused(refusal.cause, refusal.reason)
    refused = _refused_for_the_cloud(user)
    if refused:
        return refused
    if not undo.holds_ours(now):
        return user.refused(
            "changed_since",
            f"{CONSISTENCY_GUID} of {name} is {now or 'empty'} now, but after the run it was "
            f"{undo.expected[-1] or 'empty'}. Somebody has changed it since, so the rollback does not change it. "
            "Decide which value is right, and set it by hand.",
        )
    return user.to(consistency_bytes(undo.restore), PUT_BACK)


def _refused_for_the_cloud(user: AnchorChange) -> AnchorChange | None:
    account = user.user()
    if not account.cloud_managed:
        return None
    # facts §12
    return user.refused(
        "cloud_managed_account",
        f"Cloud Sync created the AD account of {account.name} and takes its values from the cloud user, so "
        f"{CONSISTENCY_GUID} must not be changed. Exclude the user.",
    )
