# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan proposes for each account, so that it is decided and recorded as a plan of hard matches is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core.cloud_user import CloudRecord
from ..core.decision import Plan, Proposal, Terms, decide
from ..core.identities.anchors import guid_text
from ..core.identities.comparison import entra_key
from ..core.identities.distinguished_names import dn_key
from ..core.outcomes import APART, REFUSED, UNCHANGED
from ..core.refusal import Refusal
from ..core.review.changes import Held, Write, hash_writes, list_write_records, read_writes, upns_of
from ..core.run_files.user_records import ChangeRecord, UserRecord, read_user
from .changes import AccountChange
from .directory import texts
from .values import CONTROL, MANAGER, SAM, UPN, WRITTEN

CHANGED_SINCE = "changed_since"
"""The cause of the refusal of a user for whom the plan would be another one now."""

_NAMED = ("cn", SAM, UPN, CONTROL, *WRITTEN, MANAGER)
"""All attributes that a run writes."""


@dataclass(frozen=True)
class AccountPlan:
    """The changes after the decision, in the order of the requests, and the plan that decided on them.

    ``proposed`` has, by position, the values of users who are not written because of effects or of a review.
    """

    changes: Sequence[AccountChange]
    decided: Plan
    proposed: Mapping[int, Sequence[Write]]

    def records(self) -> Iterable[UserRecord]:
        """Return the records of the users, one after another, because together they are larger than all else."""
        for position, change in enumerate(self.changes):
            yield make_record(change, self.proposed.get(position, ()))


def decide_accounts(changes: Sequence[AccountChange], terms: Terms, where: str) -> AccountPlan:
    """Refuse who may not be written, as ``decision.decide`` does. People who get no account are not counted."""
    positions = [position for position, change in enumerate(changes) if change.status not in APART]
    compares = terms.review is not None
    decided = decide([_propose(changes[position], compares) for position in positions], terms, where)
    found = list(changes)
    proposed = {}
    for position, proposal in zip(positions, decided.users, strict=True):
        change = changes[position]
        if proposal.status != change.status or proposal.refusal:
            found[position] = change.left(proposal.status, proposal.refusal)
        if proposal.proposed:
            proposed[position] = proposal.proposed
    return AccountPlan(found, decided, proposed)


def _propose(change: AccountChange, compares: bool) -> Proposal:
    refused = change.status == REFUSED
    return Proposal(
        name=change.request.upn,
        status=change.status,
        writes=list_writes(change),
        refusal=Refusal(change.cause or REFUSED, change.reason or "") if refused else None,
        effects=change.effects,
        key=change.request.key,
        cloud_id=change.request.cloud_id,
        held=_list_held(change) if compares and change.status == UNCHANGED else (),
        upns=upns_of(change.request.upn, change.request.upn if change.request.cloud_id else None),
    )


def list_writes(change: AccountChange) -> tuple[Write, ...]:
    """Return the values that change, one after another: of an attribute with several values only those that do."""
    if not change.changed:
        return ()
    key = guid_text(change.guid) if change.guid else _name(change.dn or "")
    writes = []
    for name, after in change.after.items():
        before = change.before.get(name, ())
        if len(before) == len(after) == 1:
            writes.append(Write(name, key, before[0], after[0]))
            continue
        writes += [Write(name, key, value, None) for value in before if value not in after]
        writes += [Write(name, key, None, value) for value in after if value not in before]
    return tuple(writes)


def _list_held(change: AccountChange) -> tuple[Held, ...]:
    """Return the values of an account that is there, under its GUID and under its name, as a plan had it before."""
    found = change.found
    if found is None:
        return ()
    ids = (guid_text(found.guid), _name(found.distinguished_name))
    return tuple((name, key, value) for key in ids for name in _NAMED for value in texts(found, name))


def _name(distinguished_name: str) -> str:
    """Return a name in the form in which names are compared."""
    return dn_key(distinguished_name).replace("\x1f", ", ")


def make_record(change: AccountChange, proposed: Sequence[Write] = ()) -> UserRecord:
    """Return the record of a user for a plan or a result file. It has no password."""
    account = change.account()
    return UserRecord(
        ad=account.record(),
        cloud=_cloud(change.request.given) if change.request.cloud_id else None,
        match=None,
        change=ChangeRecord(
            status=change.status,
            cause=change.cause,
            reason=change.reason,
            immutable_id=account.immutable_id,
            writes=list_write_records(list_writes(change)),
            proposed=list_write_records(proposed),
            effects=[effect.key for effect in change.effects],
            left_out=dict(change.left_out),
            password_hash_sync=change.password_hash_sync,
        ),
    )


def _cloud(given: Mapping[str, object]) -> CloudRecord:
    """Return the cloud user as the caller's record has it."""
    return CloudRecord(**{name: given.get(name) for name in CloudRecord.__annotations__})  # type: ignore[typeddict-item]


def refuse_changed(plan: AccountPlan, planned: Mapping[str, bytes]) -> AccountPlan:
    """Refuse users for whom the plan would be another one now. ``planned`` is what ``read_planned`` returns."""
    changes = []
    for change in plan.changes:
        writes = list_writes(change)
        if writes and hash_writes(writes) != planned.get(change.request.key):
            reason = (
                f"The change for {change.request.upn} is no longer the one in the plan, so nothing was written for "
                "this user. Make a new plan."
            )
            change = change.refused(CHANGED_SINCE, reason)
        changes.append(change)
    return replace(plan, changes=changes)


def read_planned(records: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """Return a hash of the values of each user of a plan file that a run of ours wrote, by key of the request."""
    found = {}
    for record in records:
        user = read_user(record)
        ad, change = user["ad"], user["change"]
        if ad and change and change["writes"]:
            found[entra_key(ad["user_principal_name"] or "")] = hash_writes(read_writes(change["writes"]))
    return found
