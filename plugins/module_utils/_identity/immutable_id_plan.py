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

from ansible_collections.hybrid.identity.plugins.module_utils._identity.counts import counted
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record, cloud_managed
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant import Tenant
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import UNRESOLVED, Refusal, Wish

PROPERTY = "onPremisesImmutableId"

SET, CLEARED, UNCHANGED, NOT_FOUND, REFUSED, FAILED = "set", "cleared", "unchanged", "not_found", "refused", "failed"
STATUSES = (SET, CLEARED, UNCHANGED, NOT_FOUND, REFUSED, FAILED)


@dataclass(frozen=True)
class Step:
    """What happens to one user. ``before`` and ``after`` are ImmutableIds; they are equal unless the user changes."""

    wish: Wish
    status: str
    target: Record | None = None
    before: str | None = None
    after: str | None = None
    cause: str | None = None
    reason: str | None = None

    @property
    def changes(self) -> bool:
        return self.status in (SET, CLEARED)

    @property
    def blocked(self) -> bool:
        return self.status in (NOT_FOUND, REFUSED)

    def failed(self, cause: str, reason: str) -> Step:
        """The same step after the service refused the write."""
        return replace(self, status=FAILED, after=self.before, cause=cause, reason=reason)

    def result(self) -> Record:
        """The user as the module returns it: the record as given, with what became of it."""
        known = {"id": self.target["id"]} if self.target else {}
        return {
            **self.wish.record,
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


def plan(wishes: Sequence[Wish], tenant: Tenant, *, overwrite: bool = False) -> list[Step]:
    """Decide for each wish, in order.

    ``tenant`` must hold every user that a wish names and every holder, deleted ones included, of a value that a wish
    asks for. ``overwrite`` allows another value to be replaced by the wanted one. Values are cleared before others are
    set, so that one wish may have the value that another gives up.
    """
    clears = [_step(wish, tenant, overwrite) for wish in wishes if wish.immutable_id is None]
    released = frozenset(step.target["id"] for step in clears if step.changes and step.target)
    return _refuse_same_target([_step(wish, tenant, overwrite, released) for wish in wishes])


def summary(steps: Iterable[Step]) -> dict[str, int]:
    """Counts by status, zeros included, and ``total``."""
    return counted((step.status for step in steps), STATUSES)


def _step(wish: Wish, tenant: Tenant, overwrite: bool, released: frozenset[str] = frozenset()) -> Step:
    if wish.refusal:
        status = NOT_FOUND if wish.refusal.cause == f"ad_{UNRESOLVED[0]}" else REFUSED
        return Step(wish, status, cause=wish.refusal.cause, reason=wish.refusal.reason)
    target = tenant.find(wish.identity)
    if target is None:
        reason = f"No active cloud user is named {wish.identity}; check the UPN, or create or restore the user first."
        return Step(wish, NOT_FOUND, cause="no_cloud_user", reason=reason)
    before = target["immutable_id"]
    if before == wish.immutable_id:
        return Step(wish, UNCHANGED, target, before, before)
    refusal = _changed_since(wish, target) or _mastered_elsewhere(target)
    if wish.immutable_id is None:
        status = CLEARED
    else:
        status = SET
        refusal = refusal or _not_to_be_set(wish, target, overwrite) or _held(wish, target, tenant, released)
    if refusal:
        return Step(wish, REFUSED, target, before, before, refusal.cause, refusal.reason)
    return Step(wish, status, target, before, wish.immutable_id)


def _changed_since(wish: Wish, target: Record) -> Refusal | None:
    if wish.expected is None or target["immutable_id"] in wish.expected:
        return None
    return Refusal(
        "changed_since",
        f"{target['user_principal_name']} has {target['immutable_id'] or 'no ImmutableId'} now, and the run left "
        f"{wish.expected[-1] or 'none'}; somebody changed it since, so it is left for you to decide.",
    )


def _mastered_elsewhere(target: Record) -> Refusal | None:
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


def _not_to_be_set(wish: Wish, target: Record, overwrite: bool) -> Refusal | None:
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
    return _not_allowed(wish)


def _not_allowed(wish: Wish) -> Refusal | None:
    """What a preflight found and its caller does not allow."""
    if wish.record.get("allowed") is not False:
        return None
    reason = wish.record.get("reason") or f"A sync would not match {wish.identity} as it is allowed to."
    return Refusal(f"predicted_{wish.record.get('outcome')}", reason)


def _held(wish: Wish, target: Record, tenant: Tenant, released: frozenset[str]) -> Refusal | None:
    leaving = {target["id"], *released}
    others = [user for user in tenant.holders(wish.immutable_id or "") if user["id"] not in leaving]
    active = [user for user in others if not user["deleted"]]
    if active:
        holder = active[0]
        return Refusal(
            "held_by_user",
            f"{wish.immutable_id} belongs to {holder['user_principal_name']} ({holder['id']}); clear it there first if "
            f"it should be on {target['user_principal_name']}.",
        )
    if others:
        # Whether Graph's uniqueness check counts deleted users is not documented; a sync would match them (facts §1).
        holder = others[0]
        return Refusal(
            "held_by_deleted_user",
            f"{wish.immutable_id} belongs to {holder['user_principal_name']} ({holder['id']}) in the recycle bin, "
            "which a sync could match instead; restore or purge that user first.",
        )
    return None


def _refuse_same_target(steps: Sequence[Step]) -> list[Step]:
    """Two records, one by UPN and one by object id, may still mean one user."""
    targets = Counter(step.target["id"] for step in steps if step.target)
    return [_refuse_if_shared(step, targets) for step in steps]


def _refuse_if_shared(step: Step, targets: Counter[str]) -> Step:
    if not step.target or targets[step.target["id"]] == 1:
        return step
    name = step.target["user_principal_name"]
    reason = f"{targets[step.target['id']]} records of the list mean {name}; keep one record a user."
    return replace(step, status=REFUSED, after=step.before, cause="duplicate_record", reason=reason)
