# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plans for mS-DS-ConsistencyGuid: stamp the own GUID, stamp the cloud's value, put back what a run changed.

Pure, so that check mode, the diff and the writes follow the same plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import FOUND, MISSING, PUT_BACK, AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchor_wishes import AnchorWish
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import CONSISTENCY_GUID
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import (
    cloud_managed,
    consistency_bytes,
    consistency_text,
    record_name,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback import Undo


def plan_stamps(users: Iterable[AdUser]) -> list[AdUser]:
    """objectGUID goes into mS-DS-ConsistencyGuid only where that is empty, as Entra Connect does it (facts §2)."""
    return [_stamped(user) for user in users]


def plan_wishes(users: Sequence[AdUser], wishes: Sequence[AnchorWish], overwrite: bool) -> list[AdUser]:
    """The cloud's value goes where nothing is, or with ``overwrite`` where another value is. One wish a user."""
    return [_wished(user, wish, overwrite) for user, wish in zip(users, wishes, strict=True)]


def plan_restores(users: Sequence[AdUser], undos: Sequence[Undo]) -> list[AdUser]:
    """The value from before goes back where the value that a run left is still there. One undo a user."""
    return [_put_back(user, undo) for user, undo in zip(users, undos, strict=True)]


def _stamped(user: AdUser) -> AdUser:
    if user.status != FOUND or user.found is None:
        return user
    refused = _refused_for_the_cloud(user)
    if refused:
        return refused
    return user if user.before else user.to(user.found.guid)


def _wished(user: AdUser, wish: AnchorWish, overwrite: bool) -> AdUser:
    if user.status != FOUND:
        return user
    refused = _refused_for_the_cloud(user)
    if refused or user.before == wish.value:
        return refused or user
    if user.before and not overwrite:
        return user.refused(
            "different_consistency_guid",
            f"{CONSISTENCY_GUID} of {record_name(user.result())} is {consistency_text(user.before)} and not "
            f"{consistency_text(wish.value)}; replacing it gives the account another source anchor, so set replace to "
            "true only if that is meant.",
        )
    return user.to(wish.value)


def _put_back(user: AdUser, undo: Undo) -> AdUser:
    name = undo.user_principal_name or undo.id
    if user.status == MISSING:
        reason = (
            f"The AD account of {name} ({undo.id}) is not in this domain any more, so nothing of it can be put back; "
            "it was deleted or moved since."
        )
        return replace(user, reason=reason)
    now = consistency_text(user.before)
    if user.status != FOUND or now == undo.restore:
        return user
    refused = _refused_for_the_cloud(user)
    if refused:
        return refused
    if not undo.holds_ours(now):
        return user.refused(
            "changed_since",
            f"{CONSISTENCY_GUID} of {name} is {now or 'empty'} now, and the run left {undo.expected[-1] or 'it empty'};"
            " somebody changed it since, so it is left for you to decide.",
        )
    return user.to(consistency_bytes(undo.restore), PUT_BACK)


def _refused_for_the_cloud(user: AdUser) -> AdUser | None:
    record = user.result()
    if not cloud_managed(record):
        return None
    # facts §12
    return user.refused(
        "cloud_managed_account",
        f"The AD account of {record_name(record)} was made by Cloud Sync and the cloud owns it; it must not be "
        "stamped.",
    )
