# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for onPremisesImmutableId: what would change and what may not, from wishes and a tenant.

A pure function, so that check mode, the diff, the report and the writes all follow the same plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ansible_collections.hybrid.identity.plugins.module_utils._identity import immutable_id_refusals as refusals
from ansible_collections.hybrid.identity.plugins.module_utils._identity.counts import counted
from ansible_collections.hybrid.identity.plugins.module_utils._identity.deleted_holders import (
    KEPT,
    Holder,
    named,
    ways_out,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.diffs import Diff, users_diff
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant import Tenant
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import UNRESOLVED, Wish

PROPERTY = "onPremisesImmutableId"

SET, CLEARED, RESTORED, UNCHANGED = "set", "cleared", "restored", "unchanged"
NOT_FOUND, REFUSED, FAILED = "not_found", "refused", "failed"
STATUSES = (SET, CLEARED, RESTORED, UNCHANGED, NOT_FOUND, REFUSED, FAILED)

_IN_BIN = "held_by_deleted_user"


@dataclass(frozen=True)
class Step:
    """What happens to one user. ``before`` and ``after`` are ImmutableIds; they are equal unless the value changes.

    ``holders`` are the deleted users that have to be dealt with before.
    """

    wish: Wish
    status: str
    target: Record | None = None
    before: str | None = None
    after: str | None = None
    cause: str | None = None
    reason: str | None = None
    holders: tuple[Holder, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether the user gets another value, or none."""
        return self.status in (SET, CLEARED)

    @property
    def changes(self) -> bool:
        return self.writes or self.status == RESTORED

    @property
    def touched(self) -> list[Record]:
        """The users that this step writes to, each once."""
        if not self.changes:
            return []
        found = {user["id"]: user for user in (self.target, *(holder.record for holder in self.holders)) if user}
        return list(found.values())

    @property
    def blocked(self) -> bool:
        return self.status in (NOT_FOUND, REFUSED)

    @property
    def leaving(self) -> list[Holder]:
        """The deleted holders that leave the recycle bin, or have left it, also where the rest of the step failed."""
        return [holder for holder in self.holders if holder.becomes != KEPT]

    def failed(self, cause: str, reason: str) -> Step:
        """The same step after the service refused the write."""
        return replace(self, status=FAILED, after=self.before, cause=cause, reason=reason)

    def refused(self, cause: str, reason: str) -> Step:
        """The same step for a user who may not be changed."""
        kept = tuple(holder.now(KEPT) for holder in self.holders)
        return replace(self, status=REFUSED, after=self.before, cause=cause, reason=reason, holders=kept)

    def result(self) -> Record:
        """The user as the module returns it: the record as given, with what became of it.

        ``attributes`` stay behind: nobody after this has a use for them, and they are half of what tasks hand on.
        """
        known: Record = {"id": self.target["id"]} if self.target else {}
        if self.holders:
            known["deleted_holders"] = [holder.result() for holder in self.holders]
        # What a module returned before may be the record now; what became of holders then is no news.
        stay = ("attributes", "deleted_holders")
        given = {name: value for name, value in self.wish.record.items() if name not in stay}
        return {
            **given,
            **known,
            "user_principal_name": self._upn(),
            "status": self.status,
            "before": self.before,
            "after": self.after,
            "changed": self.changes,
            "cause": self.cause,
            "reason": self.reason,
        }

    @property
    def name(self) -> str:
        """What sentences call the user."""
        return str((self.target or {}).get("user_principal_name") or self.wish.identity)

    def _upn(self) -> str | None:
        given = self.wish.record.get("user_principal_name")
        if given or not self.target:
            return given
        return self.target["user_principal_name"]


def plan(wishes: Sequence[Wish], tenant: Tenant, *, overwrite: bool = False, deleted: str | None = None) -> list[Step]:
    """Decide for each wish, in order.

    ``tenant`` must hold every user that a wish names and every holder, deleted ones included, of a value that a wish
    asks for. ``overwrite`` allows another value to be replaced by the wanted one, ``deleted`` (RESTORE, PURGE) deleted
    holders of a wanted value to be dealt with. Values are cleared before others are set, so that one wish may have the
    value that another gives up.
    """
    clears = [_step(wish, tenant, overwrite, deleted) for wish in wishes if wish.immutable_id is None]
    released = frozenset(step.target["id"] for step in clears if step.changes and step.target)
    return _refuse_same_target([_step(wish, tenant, overwrite, deleted, released) for wish in wishes])


def change_count(steps: Iterable[Step]) -> int:
    """How many users the steps would write to, deleted holders included."""
    return sum(len(step.touched) for step in steps)


def plan_diff(steps: Sequence[Step]) -> Diff:
    """What changes: values, and who leaves the recycle bin."""
    users = [step.result() for step in steps if step.before != step.after]
    return users_diff(PROPERTY, [*users, *(holder.diff_row() for step in steps for holder in step.leaving)])


def summary(steps: Iterable[Step]) -> dict[str, int]:
    """Counts by status, zeros included, and ``total``."""
    return counted((step.status for step in steps), STATUSES)


def _step(
    wish: Wish, tenant: Tenant, overwrite: bool, deleted: str | None, released: frozenset[str] = frozenset()
) -> Step:
    if wish.refusal:
        status = NOT_FOUND if wish.refusal.cause == f"ad_{UNRESOLVED[0]}" else REFUSED
        return Step(wish, status, cause=wish.refusal.cause, reason=wish.refusal.reason)
    target = tenant.find(wish.identity)
    if target is None:
        return _without_target(wish, tenant, deleted)
    before = target["immutable_id"]
    step = Step(wish, UNCHANGED, target, before, before)
    if before == wish.immutable_id:
        return step
    refusal = refusals.changed_since(wish, target) or refusals.mastered_elsewhere(target)
    others: Sequence[Record] = ()
    if wish.immutable_id is not None:
        others = [user for user in tenant.holders(wish.immutable_id) if user["id"] not in released]
        refusal = refusal or refusals.not_to_be_set(wish, target, overwrite) or refusals.held(wish, target, others)
    if refusal:
        return step.refused(refusal.cause, refusal.reason)
    return _allowed(
        replace(step, status=SET if wish.immutable_id else CLEARED, after=wish.immutable_id), others, deleted
    )


def _allowed(step: Step, holders: Sequence[Record], deleted: str | None) -> Step:
    """The step with what becomes of deleted holders of its value; refused where that, or a preflight, is against it."""
    # Whether Graph's uniqueness check counts deleted users is not documented; a sync would match them (facts §1).
    found = ways_out(holders, step.target if step.writes else None, deleted) if holders else ()
    if isinstance(found, str):
        return step.refused(_IN_BIN, found)
    refusal = None
    if step.wish.immutable_id is not None:
        # The prediction last, since what is known for certain says more.
        refusal = refusals.upn_not_kept(step.wish) or refusals.not_allowed(step.wish)
    return step.refused(refusal.cause, refusal.reason) if refusal else replace(step, holders=found)


def _without_target(wish: Wish, tenant: Tenant, deleted: str | None) -> Step:
    """The step for somebody who is no active user, but may be the deleted one that holds the value."""
    holders = tenant.holders(wish.immutable_id or "")
    target = named(wish.identity, holders)
    if target is None:
        reason = f"No active cloud user is named {wish.identity}; check the UPN, or create or restore the user first."
        return Step(wish, NOT_FOUND, cause="no_cloud_user", reason=reason)
    value = wish.immutable_id
    refusal = (
        refusals.changed_since(wish, target)
        or refusals.not_to_be_set(wish, target, overwrite=True)
        or refusals.held(wish, target, [user for user in holders if user["id"] != target["id"]])
    )
    step = Step(wish, RESTORED, target, value, value)
    return step.refused(refusal.cause, refusal.reason) if refusal else _allowed(step, holders, deleted)


def _refuse_same_target(steps: Sequence[Step]) -> list[Step]:
    """Two records, one by UPN and one by object id, may still mean one user."""
    targets = Counter(step.target["id"] for step in steps if step.target)
    return [_refuse_if_shared(step, targets) for step in steps]


def _refuse_if_shared(step: Step, targets: Counter[str]) -> Step:
    if not step.target or targets[step.target["id"]] == 1:
        return step
    name = step.target["user_principal_name"]
    reason = f"{targets[step.target['id']]} records of the list mean {name}; keep one record a user."
    return step.refused("duplicate_record", reason)
