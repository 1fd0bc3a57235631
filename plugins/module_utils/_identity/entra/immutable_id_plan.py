# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for onPremisesImmutableId: which requests become changes and which are refused, for a user index.

The functions are pure, so that check mode, the diff, the report and the writes follow the same plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core.cloud_user import CloudUser
from ..core.identities.cloud_identity import CloudIdentity
from ..core.outcomes import CLEARED, EXCLUDED, FAILED, NOT_FOUND, REFUSED, RESTORED, SET, UNCHANGED, UNRESOLVED
from ..core.records import record_name
from ..core.refusal import Refusal
from ..core.scope.exclusions import describe_exclusion
from ..core.scope.named_object import NamedObject
from ..core.text.counts import counted
from ..core.text.diffs import Diff, ValueChange, users_diff
from . import immutable_id_refusals as refusals
from .deleted_holders import KEPT, DeletedHolder, decide_holders, find_named
from .immutable_id_requests import ImmutableIdRequest
from .user_index import UserIndex

PROPERTY = "onPremisesImmutableId"

STATUSES = (SET, CLEARED, RESTORED, UNCHANGED, NOT_FOUND, REFUSED, FAILED)

_IN_BIN = "held_by_deleted_user"


@dataclass(frozen=True)
class ImmutableIdChange:
    """What happens to one user. ``before`` and ``after`` are ImmutableIds. They are equal unless the value changes.

    ``holders`` are the deleted holders to restore or purge first. ``request_id`` is what Graph called the write.
    """

    request: ImmutableIdRequest
    status: str
    target: CloudUser | None = None
    before: str | None = None
    after: str | None = None
    cause: str | None = None
    reason: str | None = None
    holders: tuple[DeletedHolder, ...] = ()
    request_id: str | None = None

    @property
    def writes(self) -> bool:
        """Whether the user gets another value, or loses its value."""
        return self.status in (SET, CLEARED)

    @property
    def changed(self) -> bool:
        return self.writes or self.status == RESTORED

    @property
    def touched(self) -> list[CloudUser]:
        """The users that this change writes to, each once."""
        if not self.changed:
            return []
        found = {user.id: user for user in (self.target, *(holder.user for holder in self.holders)) if user}
        return list(found.values())

    @property
    def blocked(self) -> bool:
        return self.status in (NOT_FOUND, REFUSED)

    @property
    def leaving(self) -> list[DeletedHolder]:
        """The deleted holders that leave the recycle bin, or have left it, even if the rest of the change failed."""
        return [holder for holder in self.holders if holder.becomes != KEPT]

    def failed(self, cause: str, reason: str) -> ImmutableIdChange:
        """Return the same change after the service refused the write."""
        return replace(self, status=FAILED, after=self.before, cause=cause, reason=reason)

    def refused(self, cause: str, reason: str) -> ImmutableIdChange:
        """Return the same change for a user that must not be changed."""
        kept = tuple(holder.now(KEPT) for holder in self.holders)
        return replace(self, status=REFUSED, after=self.before, cause=cause, reason=reason, holders=kept)

    def excluded(self, why: Refusal) -> ImmutableIdChange:
        """Return the same change for a user whom the caller excluded."""
        return replace(self.refused(why.cause, why.reason), status=EXCLUDED)

    def result(self) -> dict[str, Any]:
        """Return the user as the module returns it: the record as given, with what happened to it.

        ``attributes`` is left out, because no later task needs it, and it is half of what tasks pass on.
        """
        known: dict[str, Any] = {"id": self.target.id} if self.target else {}
        if self.holders:
            known["deleted_holders"] = [holder.result() for holder in self.holders]
        # The record may be an earlier result, and its ``deleted_holders`` do not belong to this change.
        stay = ("attributes", "deleted_holders")
        given = {name: value for name, value in (self.request.given or {}).items() if name not in stay}
        return {
            **given,
            **known,
            "user_principal_name": self._upn(),
            "status": self.status,
            "before": self.before,
            "after": self.after,
            "changed": self.changed,
            "cause": self.cause,
            "reason": self.reason,
        }

    @property
    def name(self) -> str:
        """The name of the user in sentences."""
        return (self.target.user_principal_name if self.target else None) or self.request.name

    def _upn(self) -> object:
        given = (self.request.given or {}).get("user_principal_name")
        if given or not self.target:
            return given
        return self.target.user_principal_name


def plan_changes(
    requests: Sequence[ImmutableIdRequest], tenant: UserIndex, deleted: Mapping[str, str] | None = None
) -> list[ImmutableIdChange]:
    """Plan one change for each request, in order.

    ``tenant`` must hold every user that a request names, and every holder of a value that a request asks for, deleted
    ones included. ``deleted`` says what to do with deleted holders of a wanted value: RESTORE or PURGE by object id. A
    request whose value another deleted user holds is refused. Values are cleared before others are set, so one
    request can have the value that another one clears.
    """
    ways = deleted or {}
    clears = [_change(request, tenant, ways) for request in requests if request.immutable_id is None]
    released = frozenset(change.target.id for change in clears if change.changed and change.target)
    return _refuse_same_target([_change(request, tenant, ways, released) for request in requests])


def exclude_users(
    changes: Iterable[ImmutableIdChange], entries: Mapping[CloudIdentity, NamedObject]
) -> list[ImmutableIdChange]:
    """Leave out the users whom ``entries`` of ``exclude`` name by their identities, and return all changes."""
    return [_excluded(change, entries) for change in changes]


def count_changes(changes: Iterable[ImmutableIdChange]) -> int:
    """Return how many users the changes would write to, deleted holders included."""
    return sum(len(change.touched) for change in changes)


def diff_changes(changes: Sequence[ImmutableIdChange]) -> Diff:
    """Return the diff: values that change, and users that leave the recycle bin."""
    values = [
        ValueChange(record_name(change.result()), change.before, change.after)
        for change in changes
        if change.changed and change.before != change.after
    ]
    return users_diff(PROPERTY, [*values, *(holder.shown() for change in changes for holder in change.leaving)])


def summarize(changes: Iterable[ImmutableIdChange]) -> dict[str, int]:
    """Return the counts by status, with zeros, and ``total``; excluded users are counted only if there are any."""
    statuses = [change.status for change in changes]
    return counted(statuses, (*STATUSES, *((EXCLUDED,) if EXCLUDED in statuses else ())))


def _excluded(change: ImmutableIdChange, entries: Mapping[CloudIdentity, NamedObject]) -> ImmutableIdChange:
    own = [change.request.identity] if change.request.identity else []
    names = [*own, *(each for user in (change.target, *change.touched) if user for each in user.identities())]
    entry = next((entries[each] for each in names if each in entries), None)
    return change.excluded(describe_exclusion(change.name, entry)) if entry else change


def _change(
    request: ImmutableIdRequest,
    tenant: UserIndex,
    deleted: Mapping[str, str],
    released: frozenset[str] = frozenset(),
) -> ImmutableIdChange:
    if request.refusal:
        status = NOT_FOUND if request.refusal.cause == f"ad_{UNRESOLVED[0]}" else REFUSED
        return ImmutableIdChange(request, status, cause=request.refusal.cause, reason=request.refusal.reason)
    target = tenant.find(request.identity) if request.identity else None
    if target is None:
        return _without_target(request, tenant, deleted)
    before = target.immutable_id
    change = ImmutableIdChange(request, UNCHANGED, target, before, before)
    unreadable = refusals.unreadable(target)
    if unreadable:
        return change.refused(unreadable.cause, unreadable.reason)
    if before == request.immutable_id:
        return change
    refusal = (
        refusals.renamed_since(request, target)
        or refusals.changed_since(request, target)
        or refusals.mastered_elsewhere(target)
    )
    others: Sequence[CloudUser] = ()
    if request.immutable_id is not None:
        others = [user for user in tenant.holders(request.immutable_id) if user.id not in released]
        refusal = refusal or refusals.not_to_be_set(request, target) or refusals.held(request, target, others)
    if refusal:
        return change.refused(refusal.cause, refusal.reason)
    return _allowed(
        replace(change, status=SET if request.immutable_id else CLEARED, after=request.immutable_id), others, deleted
    )


def _allowed(change: ImmutableIdChange, holders: Sequence[CloudUser], deleted: Mapping[str, str]) -> ImmutableIdChange:
    """Add what happens to the deleted holders of the value. Refuse the change if they or the UPN prevent it."""
    # Microsoft does not say whether Graph's uniqueness check counts deleted users. A sync matches them (facts §1).
    found = decide_holders(holders, change.target if change.writes else None, deleted) if holders else ()
    if isinstance(found, str):
        return change.refused(_IN_BIN, found)
    refusal = None
    if change.request.immutable_id is not None:
        refusal = refusals.upn_not_kept(change.request)
    return change.refused(refusal.cause, refusal.reason) if refusal else replace(change, holders=found)


def _without_target(request: ImmutableIdRequest, tenant: UserIndex, deleted: Mapping[str, str]) -> ImmutableIdChange:
    """Return the change for an identity that is not an active user, but may be a deleted holder of the value."""
    holders = tenant.holders(request.immutable_id or "")
    target = find_named(request.identity, holders) if request.identity else None
    if target is None:
        refusal = refusals.upn_not_kept(request) if request.immutable_id is not None else None
        if refusal:
            return ImmutableIdChange(request, REFUSED, cause=refusal.cause, reason=refusal.reason)
        reason = f"There is no active cloud user {request.name}. Check the UPN, or create or restore the user first."
        return ImmutableIdChange(request, NOT_FOUND, cause="no_cloud_user", reason=reason)
    value = request.immutable_id
    refusal = (
        refusals.unreadable(target)
        or refusals.renamed_since(request, target)
        or refusals.changed_since(request, target)
        or refusals.not_to_be_set(replace(request, overwrite=True), target)
        or refusals.held(request, target, [user for user in holders if user.id != target.id])
    )
    change = ImmutableIdChange(request, RESTORED, target, value, value)
    return change.refused(refusal.cause, refusal.reason) if refusal else _allowed(change, holders, deleted)


def _refuse_same_target(changes: Sequence[ImmutableIdChange]) -> list[ImmutableIdChange]:
    """Refuse records that mean the same user, for example one by UPN and one by object id."""
    targets = Counter(change.target.id for change in changes if change.target)
    return [_refuse_if_shared(change, targets) for change in changes]


def _refuse_if_shared(change: ImmutableIdChange, targets: Counter[str]) -> ImmutableIdChange:
    if not change.target or targets[change.target.id] == 1:
        return change
    name = change.target.user_principal_name
    reason = f"{targets[change.target.id]} records of the list are for {name}; keep one record for each user."
    return change.refused("duplicate_record", reason)
