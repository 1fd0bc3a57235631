# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan of a hard match after it was decided: its records and its counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._identity.core.cloud_user import CloudUser
from .._identity.core.decision import Plan, Proposal
from .._identity.core.outcomes import EXCLUDED, OUTCOMES, SERVICE_ACCOUNT
from .._identity.core.refusal import Refusal
from .._identity.core.review.changes import list_write_records
from .._identity.core.run_files.user_records import ChangeRecord, UserRecord
from .._identity.core.text.counts import counted
from .._identity.preflight.predictions import Prediction
from .match_changes import MatchChange
from .match_records import Tenant, make_record
from .set_apart import Apart


@dataclass(frozen=True)
class MatchPlan:
    """A plan.

    ``matches``, ``found`` and the users of ``decided`` belong together. ``found`` has the predictions, None if nothing
    was predicted. ``apart``: users of the scope who are left alone. ``outside``: the cloud users without an AD user.
    ``known`` is what records have of the tenant besides. ``tenant`` and ``domain`` are ids, and ``names`` their names
    for people, in DNS: that of the tenant is its initial domain, None if it was not read. ``caveats`` are sentences.
    ``unread``: as ``describe_unread`` returns it. ``tenant_users`` counts the active users of the tenant.
    ``tenant_synchronizes``: whether a sync engine is connected to the tenant; None if that was not read.
    ``has_exchange``: whether AD's schema has Exchange's attributes; None if that was not read.
    ``is_reviewable``: whether the plan can be given to another run as its reviewed plan. ``is_reviewed``: whether it
    was compared with one. ``left_out``: the distinguished names of accounts in scope that could not be read.
    ``excluded``: for a plan of a cycle, which processes excluded users too, why users are excluded, by dashed GUID.
    ``shows_now``: whether it changes nothing, and shows the cloud users whom the next sync concerns.
    """

    matches: Sequence[MatchChange]
    found: Sequence[Prediction] | None
    apart: Sequence[Apart]
    outside: Sequence[CloudUser]
    known: Tenant
    decided: Plan
    tenant: str
    domain: str
    names: Mapping[str, str | None]
    caveats: Sequence[str]
    unread: Sequence[Mapping[str, Any]]
    warnings: Sequence[str]
    tenant_users: int
    is_reviewable: bool
    is_reviewed: bool
    tenant_synchronizes: bool | None
    has_exchange: bool | None
    left_out: Sequence[str] = ()
    excluded: Mapping[str, Refusal] = field(default_factory=dict)
    shows_now: bool = False

    def users(self) -> Iterator[UserRecord]:
        """Return the records of the AD users, of those left alone too, then those of the cloud users without one.

        They are made one after another, because together they are larger than all that was read.
        """
        found: Sequence[Prediction | None] = [None] * len(self.matches) if self.found is None else self.found
        for change, prediction, decided in zip(self.matches, found, self.decided.users, strict=True):
            yield self._record(change, prediction, decided)
        for each in self.apart:
            yield each.record(self.known)
        for user in self.outside:
            person = self.known.describe_person(None, user)
            yield UserRecord(ad=None, cloud=self.known.record(user), match=None, change=None, person=person)

    def summary(self) -> dict[str, Any]:
        """Return the counts of users, and of their outcomes and effects if they were predicted."""
        found = self.found
        statuses = Counter(each.status for each in self.apart)
        return {
            "total": len(self.matches),
            "changes": self.decided.changes,
            "refused": self.decided.refused,
            "excluded": statuses[EXCLUDED] + len(self.excluded),
            "service_accounts": statuses[SERVICE_ACCOUNT],
            "local_mailboxes": sum(each.ad.has_local_mailbox for each in self.matches),
            "cloud_only": len(self.outside),
            "outcomes": {} if found is None else counted((each.outcome for each in found), OUTCOMES),
            "effects": dict(Counter(effect.key for each in found or () for effect in each.effects)),
            **({"review": self.decided.count_reviewed()} if self.is_reviewed else {}),
        }

    def _record(self, change: MatchChange, prediction: Prediction | None, decided: Proposal) -> UserRecord:
        excluded = self.excluded.get(change.guid or "")
        refusal = excluded or decided.refusal
        made = ChangeRecord(
            status=EXCLUDED if excluded else decided.status,
            cause=refusal.cause if refusal else None,
            reason=refusal.reason if refusal else None,
            immutable_id=change.value,
            writes=list_write_records(decided.writes),
            proposed=list_write_records(decided.proposed),
        )
        partner = change.immutable_id.target
        cloud = prediction.cloud if prediction and (self.shows_now or not partner) else partner
        return make_record(change, prediction, made, self.known, cloud)
