# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to planned changes while they are applied: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from .._identity.ad.users import AnchorChange
from .._identity.core.interrupted import INTERRUPTED, INTERRUPTED_REASON
from .._identity.core.outcomes import CLEARED
from .._identity.core.refusal import Refusal
from .._identity.core.run_files.user_records import ChangeRecord
from .._identity.core.text.log_reasons import PROTECTIVE_CAUSES
from .._identity.entra.immutable_id_plan import FAILED, REFUSED, ImmutableIdChange
from .._identity.entra.immutable_id_requests import ImmutableIdRequest
from .match_changes import MatchChange
from .match_records import make_change

CHANGED_SINCE, ANCHOR_FAILED = "changed_since", "anchor_not_written"


class Outcomes(Mapping[str, ChangeRecord]):
    """What happened to users, by dashed GUID. Each record is made when it is asked for, to save memory."""

    def __init__(self, changes: Mapping[str, MatchChange | Refusal]) -> None:
        self._changes = changes

    def __getitem__(self, guid: str) -> ChangeRecord:
        change = self._changes[guid]
        return _refused_record(change) if isinstance(change, Refusal) else make_change(change)

    def __iter__(self) -> Iterator[str]:
        return iter(self._changes)

    def __len__(self) -> int:
        return len(self._changes)


def changed_since(why: Refusal) -> Refusal:
    # Logs show this reason, and not by its cause whether it tells of an administrator.
    reason = "The user is protected now; a new plan says why." if why.cause in PROTECTIVE_CAUSES else why.reason
    return Refusal(CHANGED_SINCE, f"Something changed after the plan was made: {reason}")


def interrupted(change: MatchChange) -> MatchChange:
    """Return a change of which it is unknown yet whether it was made."""
    anchor, wanted = change.anchor, change.immutable_id
    return MatchChange(
        anchor.failed(INTERRUPTED, INTERRUPTED_REASON) if anchor.changed else anchor,
        wanted.failed(INTERRUPTED, INTERRUPTED_REASON) if wanted.changed else wanted,
    )


def with_anchor(change: MatchChange, anchor: AnchorChange) -> MatchChange:
    return replace(change, anchor=anchor)


def after_anchor(change: MatchChange, anchor: AnchorChange) -> MatchChange:
    """Return a change after its anchor was written; if it was not, nothing is written in Entra."""
    if anchor.after == change.anchor.after:  # also if somebody else wrote that value first
        return with_anchor(change, anchor)
    reason = f"The anchor of {change.name} could not be written in Active Directory: {anchor.reason}"
    return MatchChange(anchor, change.immutable_id.refused(ANCHOR_FAILED, reason))


def clearing(change: ImmutableIdChange) -> ImmutableIdChange:
    target = replace(change.target, immutable_id=change.after) if change.target else None
    request = ImmutableIdRequest(change.request.ad, change.request.identity, None)
    return ImmutableIdChange(request, CLEARED, target, before=change.after, after=None)


def after_clearing(change: MatchChange, cleared: ImmutableIdChange, claim: Refusal) -> MatchChange:
    done = change.immutable_id
    if cleared.status == FAILED:
        reason = f"{claim.reason} This run set the ImmutableId and could not clear it again: {cleared.reason}"
        return replace(change, immutable_id=replace(done, status=FAILED, cause=claim.cause, reason=reason))
    reason = f"{claim.reason} This run set the ImmutableId and then cleared it again."
    return replace(change, immutable_id=replace(done, status=REFUSED, after=None, cause=claim.cause, reason=reason))


def claimed_anchor(change: MatchChange, claim: Refusal) -> MatchChange:
    """Return a change that wrote only the anchor. The cloud user had its ImmutableId before, and keeps it."""
    reason = f"{claim.reason} The anchor that this run wrote is still there. Roll the run back to remove it."
    return replace(change, immutable_id=change.immutable_id.refused(claim.cause, reason))


def _refused_record(refusal: Refusal) -> ChangeRecord:
    return ChangeRecord(
        status=REFUSED, cause=refusal.cause, reason=refusal.reason, immutable_id=None, writes=[], proposed=[]
    )
