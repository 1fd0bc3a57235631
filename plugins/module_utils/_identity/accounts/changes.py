# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes: what happens to the AD account of each person, and how the module returns it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..ad.objects import AdObject
from ..core.accepted_effects import Effect
from ..core.decision import REVIEWED
from ..core.outcomes import APART, CREATED, FAILED, REFUSED, UNCHANGED, UPDATED
from ..core.records import AdUser, planned_ad_user, read_ad_user, record_name
from ..core.refusal import Refusal
from ..core.text.counts import amount, counted
from ..core.text.diffs import SHOWN_IN_DIFF, Diff, describe_more, list_diff
from ..core.text.log_reasons import log_reason
from ..core.text.outcome_table import outcome_lines
from ..core.text.sentences import join_names
from ..core.text.visible import visible
from .requests import AccountRequest
from .values import Values

STATUSES = (CREATED, UPDATED, UNCHANGED, REFUSED, FAILED)

LISTS = ("proxyAddresses",)
"""The written attributes that have several values, and are shown as lists."""

KEPT_PASSWORD, GIVEN_PASSWORD, AD_PASSWORD = "replaces_with_kept", "replaces_with_given", "replaces_with_existing"
"""What password hash sync does to the cloud password (facts §13), depending on where AD's password comes from."""


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What happens to the account of one person.

    ``before`` and ``after`` hold the attributes that change; for a new account, ``after`` has all except the password.
    If this run creates the manager's account too, ``manager`` is its DN, which a second pass writes. ``found`` is the
    account as the directory has it, also after it was created. ``effects`` are refused unless they are accepted.
    """

    request: AccountRequest
    status: str
    dn: str | None = None
    sam: str | None = None
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)
    manager: str | None = None
    found: AdObject | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    password_hash_sync: str | None = None
    effects: tuple[Effect, ...] = ()
    cause: str | None = None
    reason: str | None = None

    @property
    def name(self) -> str:
        return record_name(self.request.given)

    @property
    def changed(self) -> bool:
        return self.status in (CREATED, UPDATED)

    @property
    def guid(self) -> bytes | None:
        return self.found.guid if self.found else None

    def refused(self, cause: str, reason: str) -> AccountChange:
        return replace(self._untouched(), status=REFUSED, cause=cause, reason=reason)

    def left(self, status: str, why: Refusal | None) -> AccountChange:
        """Return the change as decided: not written, unless only the status changes."""
        if why is None:
            return replace(self, status=status)
        return replace(self._untouched(), status=status, cause=why.cause, reason=why.reason, effects=self.effects)

    def set_apart(self, status: str, why: Refusal) -> AccountChange:
        return replace(self._untouched(), status=status, cause=why.cause, reason=why.reason)

    def failed(self, cause: str, reason: str) -> AccountChange:
        """Return the same change after the directory refused it or was no longer asked."""
        return replace(self._untouched(), status=FAILED, cause=cause, reason=reason)

    def unplanned(self) -> AccountChange:
        """Return the same change as not made, because the whole plan was not carried out."""
        if not self.changed:
            return self
        reason = "Nothing was written, because of other users of the list; see msg."
        return replace(self._untouched(), status=UNCHANGED, cause="not_tried", reason=reason)

    def without_manager(self, why: str) -> AccountChange:
        """Return the same change after its manager could not be written."""
        after = {name: values for name, values in self.after.items() if name != "manager"}
        before = {name: values for name, values in self.before.items() if name != "manager"}
        status = UNCHANGED if self.status == UPDATED and not after else self.status
        left_out = {**self.left_out, "manager": why}
        return replace(self, status=status, before=before, after=after, manager=None, left_out=left_out)

    def _untouched(self) -> AccountChange:
        return replace(self, before={}, after={}, manager=None, password_hash_sync=None, effects=())

    def result(self) -> dict[str, object]:
        """Return the user as the module returns it: the record as given, overwritten by the account as it is now."""
        return {
            **self.request.given,
            **self.account().record(),
            "status": self.status,
            "before": None if self.status == CREATED else _shown(self.before),
            "after": _shown(self.after),
            "changed": self.changed,
            "cause": self.cause,
            "reason": self.reason,
            "left_out": dict(self.left_out),
            "password_hash_sync": self.password_hash_sync,
        }

    def account(self) -> AdUser:
        """Return the account as it is now, or as it will be."""
        if self.found is not None:
            return read_ad_user(self.found.distinguished_name, {**self.found.attributes, **_raw(self.after)})
        if self.status == CREATED:
            return planned_ad_user(self.dn or "", _raw(self.after))
        return AdUser(user_principal_name=self.request.upn or None)


def build_result(changes: Sequence[AccountChange]) -> dict[str, Any]:
    """Return ``users``, ``summary`` and ``table`` of a module's result."""
    return {"users": [change.result() for change in changes], **build_summary(changes)}


def build_summary(changes: Sequence[AccountChange], limit: int = 100) -> dict[str, Any]:
    """Return ``summary`` and ``table`` of a module's result. Each part of the table has ``limit`` reasons at most."""
    counts = Counter(change.status for change in changes)
    more = [status for status in (*APART, *REVIEWED) if counts[status]]
    summary = counted(counts.elements(), (*STATUSES, *more))
    rows = ((change.status, change.name, log_reason(change.reason, change.cause)) for change in changes)
    return {"summary": summary, "table": [*outcome_lines(rows, limit), *left_out_lines(changes, limit)]}


def left_out_lines(changes: Iterable[AccountChange], limit: int = 100) -> list[str]:
    """Return a line for each reason why a value of a record is not written as it is, with the users' names."""
    alike: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for change in changes:
        for key, why in change.left_out.items():
            alike[key, str(log_reason(why))].append(change.request.upn)
    lines = [f"{key}: {join_names(sorted(names))}: {why}" for (key, why), names in sorted(alike.items())]
    more = len(lines) - limit
    return [visible(line) for line in lines[:limit]] + ([f"... and {amount(more, 'more reason')}"] if more > 0 else [])


def count_scope(changes: Iterable[AccountChange]) -> int:
    """Return how many people may get accounts."""
    return sum(change.status not in APART for change in changes)


def diff_accounts(changes: Iterable[AccountChange], where: str = "users") -> Diff:
    """Return the diff: a line for each value that changes, sorted by user and attribute, without passwords.

    It has ``SHOWN_IN_DIFF`` users at most; ``where`` says where the others are.
    """
    changed = [change for change in changes if change.changed]
    changed.sort(key=lambda change: change.request.upn.casefold())
    before, after = [], []
    for change in changed[:SHOWN_IN_DIFF]:
        if change.status == CREATED:
            after.append(f"{change.request.upn}: {change.dn}")
        for name in sorted(change.after, key=str.lower):
            before += [f"{change.request.upn}: {name}: {value}" for value in change.before.get(name, ())]
            after += [f"{change.request.upn}: {name}: {value}" for value in change.after[name]]
    after += describe_more(len(changed), where)
    return list_diff("AD accounts", before, after)


def _shown(values: Values) -> dict[str, str | list[str] | None]:
    return {name: list(given) if name in LISTS else (given[0] if given else None) for name, given in values.items()}


def _raw(values: Values) -> dict[str, list[bytes]]:
    return {name.lower(): [value.encode() for value in given] for name, given in values.items()}
