# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step a person: what is done to which account, and how the module tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_values import Values
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_wishes import (
    GIVEN,
    AccountWish,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.counts import counted
from ansible_collections.hybrid.identity.plugins.module_utils._identity.diffs import Diff, list_diff
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record, ad_record, record_name
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import folded

CREATED, UPDATED, UNCHANGED, REFUSED, FAILED = "created", "updated", "unchanged", "refused", "failed"
STATUSES = (CREATED, UPDATED, UNCHANGED, REFUSED, FAILED)

LISTS = ("proxyAddresses",)
"""The attributes of ours that hold several values, and are shown as lists."""

UNKNOWN_PASSWORD, KEPT_PASSWORD, GIVEN_PASSWORD, AD_PASSWORD = (
    "locks_out",
    "replaces_with_kept",
    "replaces_with_given",
    "replaces_with_existing",
)
"""What password hash sync does to the cloud password (facts §13), by where AD's password comes from."""

_NAMED = 3
_RECORD_KEYS = tuple(ad_record("", {"objectguid": [bytes(16)]}))


@dataclass(frozen=True)
class Step:
    """What becomes of one person.

    ``before`` and ``after`` hold the attributes that change, for a new account all of them save the password.
    ``manager``: a DN that is written once it exists, in a second pass. ``found``: the account as the directory has it,
    also after it was made.
    """

    wish: AccountWish
    status: str
    dn: str | None = None
    sam: str | None = None
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)
    manager: str | None = None
    found: AdObject | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    password_hash_sync: str | None = None
    cause: str | None = None
    reason: str | None = None

    @property
    def changes(self) -> bool:
        return self.status in (CREATED, UPDATED)

    @property
    def guid(self) -> bytes | None:
        return self.found.guid if self.found else None

    def refused(self, cause: str, reason: str) -> Step:
        return replace(self._untouched(), status=REFUSED, cause=cause, reason=reason)

    def failed(self, cause: str, reason: str) -> Step:
        """The same step after the directory refused it, or was not asked any more."""
        return replace(self._untouched(), status=FAILED, cause=cause, reason=reason)

    def unplanned(self) -> Step:
        """The same step where the plan as a whole was not carried out."""
        if not self.changes:
            return self
        reason = "Nothing was written, because of other users of the list; see msg."
        return replace(self._untouched(), status=UNCHANGED, cause="not_tried", reason=reason)

    def without_manager(self, why: str) -> Step:
        """The same step after its manager could not be written."""
        after = {name: values for name, values in self.after.items() if name != "manager"}
        before = {name: values for name, values in self.before.items() if name != "manager"}
        status = UNCHANGED if self.status == UPDATED and not after else self.status
        left_out = {**self.left_out, "manager": why}
        return replace(self, status=status, before=before, after=after, manager=None, left_out=left_out)

    def _untouched(self) -> Step:
        return replace(self, before={}, after={}, manager=None, password_hash_sync=None)

    def result(self) -> Record:
        """The user as the module returns it: the record as given, and over it the account as it is now."""
        return {
            **self.wish.record,
            **self._account(),
            "status": self.status,
            "before": None if self.status == CREATED else _shown(self.before),
            "after": _shown(self.after),
            "changed": self.changes,
            "cause": self.cause,
            "reason": self.reason,
            "left_out": dict(self.left_out),
            "password_hash_sync": self.password_hash_sync,
        }

    def _account(self) -> Record:
        if self.found is not None:
            attributes = {**self.found.attributes, **_raw(self.after)}
            return ad_record(self.found.distinguished_name, attributes)
        nothing: Record = dict.fromkeys(_RECORD_KEYS)
        if self.status != CREATED:
            return {**nothing, "user_principal_name": self.wish.upn or None}
        made = ad_record(self.dn or "", {"objectguid": [bytes(16)], **_raw(self.after)})
        # Known once the directory has made it.
        return {**made, "object_guid": None, "source_anchor": None, "immutable_id": None}


def password_effect(mode: str, kept: bool) -> str:
    """What password hash sync would do with the password of a new account."""
    if mode == GIVEN:
        return GIVEN_PASSWORD
    return KEPT_PASSWORD if kept else UNKNOWN_PASSWORD


def outcome(steps: Sequence[Step]) -> dict[str, Any]:
    """``users`` and ``summary`` of a module's result."""
    return {
        "users": [step.result() for step in steps],
        "summary": counted((step.status for step in steps), STATUSES),
    }


def refusal_sentence(steps: Sequence[Step]) -> str | None:
    """One sentence on the refused users, the first few with their reasons; None where there are none."""
    reasons = [step.reason or "" for step in steps if step.status == REFUSED]
    if not reasons:
        return None
    more = f" And {len(reasons) - _NAMED} more: see users." if len(reasons) > _NAMED else ""
    return (
        f"{len(reasons)} of {len(steps)} users cannot be taken, and nothing was written: {' '.join(reasons[:_NAMED])}"
        f"{more} Correct the list, or set on_refused to skip to go on without them."
    )


def accounts_diff(steps: Iterable[Step]) -> Diff:
    """The diff: a line for each attribute that changes, sorted by user and by attribute. No password is in it."""
    changed = sorted((step for step in steps if step.changes), key=lambda step: folded(record_name(step.wish.record)))
    before, after = [], []
    for step in changed:
        if step.status == CREATED:
            after.append(f"{step.wish.upn}: {step.dn}")
        for name in sorted(step.after, key=str.lower):
            before += [f"{step.wish.upn}: {name}: {value}" for value in step.before.get(name, ())]
            after += [f"{step.wish.upn}: {name}: {value}" for value in step.after[name]]
    return list_diff("AD accounts", before, after)


def _shown(values: Values) -> Record:
    return {name: list(given) if name in LISTS else (given[0] if given else None) for name, given in values.items()}


def _raw(values: Values) -> dict[str, list[bytes]]:
    return {name.lower(): [value.encode() for value in given] for name, given in values.items()}
