# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After the last write: whose anchor somebody else claims by now, and what is cleared again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core.accepted_effects import NOTHING_ACCEPTED
from ..core.outcome_words import CLEARED
from ..core.refusal import Refusal
from ..entra.immutable_id_plan import FAILED, REFUSED, ImmutableIdChange
from ..entra.immutable_id_requests import ImmutableIdRequest
from .directory_checks import account_guid, gives_anchor, planned_anchors
from .directory_view import AnchorJudge, DirectoryView


def claimed_changes(changes: Sequence[ImmutableIdChange], view: DirectoryView) -> dict[int, Refusal]:
    """Return the claims on the anchors that were written, by the position of their changes."""
    judge = AnchorJudge(view, planned_anchors(changes), NOTHING_ACCEPTED)
    claims = {
        position: judge.claim(change.name, str(change.after), account_guid(change.request.record))
        for position, change in enumerate(changes)
        if gives_anchor(change)
    }
    return {position: claim for position, claim in claims.items() if claim}


def is_unproven(changes: Sequence[ImmutableIdChange], view: DirectoryView) -> bool:
    """Return whether nobody can tell by this view who claims the anchors that were written."""
    return view.claims_unread or not all(map(view.holders, planned_anchors(changes)))


def clearing(change: ImmutableIdChange) -> ImmutableIdChange:
    """Return the change that takes back what a change wrote."""
    target = {**(change.target or {}), "immutable_id": change.after}
    request = ImmutableIdRequest(change.request.record, change.request.identity, None)
    return ImmutableIdChange(request, CLEARED, target, before=change.after, after=None)


def after_clearing(change: ImmutableIdChange, cleared: ImmutableIdChange, claim: Refusal) -> ImmutableIdChange:
    """Return the change whose anchor is claimed, after the attempt to clear it again."""
    if cleared.status == FAILED:
        reason = f"{claim.reason} What this run had written could not be cleared again: {cleared.reason}"
        return replace(change, status=FAILED, cause=claim.cause, reason=reason)
    reason = f"{claim.reason} What this run had written was cleared again."
    return replace(change, status=REFUSED, after=None, cause=claim.cause, reason=reason)
