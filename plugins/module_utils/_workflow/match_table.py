# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people see of a plan and of its result: the table, the counts and the diff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any, TypeAlias

from .._identity.core.accepted_effects import (
    ACCOUNT_DISABLED,
    ADDRESSES_REMOVED,
    PRIMARY_ADDRESS_CHANGED,
    SIGN_IN_NAME_CHANGED,
    WORDS,
)
from .._identity.core.attribute_map import Value
from .._identity.core.decision import REVIEWED
from .._identity.core.outcomes import FINE, HARD_MATCH, REFUSED
from .._identity.core.run_files.user_records import OverwriteRecord, UserRecord, name_of
from .._identity.core.text.diffs import SHOWN_IN_DIFF, Diff, describe_more, list_diff
from .._identity.core.text.log_reasons import log_reason
from .._identity.core.text.outcome_table import outcome_lines
from .._identity.core.text.sentences import count_clauses
from .._identity.preflight.next_sync import (
    NO_RUN,
    RunUsers,
    describe_unknown,
    describe_unmatched,
    read_run_users,
)

SHOWN_IN_TABLE = 10
"""Reasons in a table, so that the output of a run stays short. The file has the others."""

_CHANGES = {
    ACCOUNT_DISABLED: "enabled",
    SIGN_IN_NAME_CHANGED: "user_principal_name",
    PRIMARY_ADDRESS_CHANGED: "mail",
    ADDRESSES_REMOVED: "proxy_addresses",
}
"""The attribute of the cloud user that an effect changes."""

Row: TypeAlias = tuple[str, str, str | None]
"""The status, the name and the reason of one user."""


@dataclass
class Rows:
    """What the result of a plan needs of its users.

    A row for each user, how many users each effect has, and what the next sync does with those whom no run
    hard-matched, as ``describe_unmatched`` says it with ``before``.
    """

    before: RunUsers = NO_RUN
    rows: list[Row] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)
    unmatched: list[str] = field(default_factory=list)


def start_rows(result: Iterable[UserRecord]) -> Rows:
    """Return empty rows. ``result``: the users of an earlier run.

    :raises AttributeError, KeyError, TypeError or ValueError: as ``read_run_users`` does.
    """
    return Rows(read_run_users(result))


def plan_table(found: Rows) -> list[str]:
    """Return the lines of a plan: users by predicted outcome, or by what changes if nothing was predicted, and effects.

    The effects are those that the next sync has, whether the users are written or refused.
    """
    effects = [f"effect: {words:<20}{found.effects[key]:>7}" for key, words in WORDS.items() if found.effects[key]]
    return [*outcome_lines(found.rows, SHOWN_IN_TABLE), *effects]


def mailbox_lines(local: int, has_exchange: bool | None) -> list[str]:
    """Return what a table says of mailboxes: how many users have one on premises, and who keeps the addresses."""
    lines = [f"mark: {'mailbox on premises':<22}{local:>7}"] if local else []
    if has_exchange:
        lines.append("AD has Exchange's schema: after the sync, email addresses can be edited only in AD.")
    return lines


def keep_rows(users: Iterable[UserRecord], found: Rows) -> Iterator[UserRecord]:
    """Return the users of a plan, one after another, and add to ``found`` what its table needs of them."""
    for user in users:
        if user["change"]:
            found.rows.append(_row(user, _planned_status(user)))
            found.effects.update(user["match"]["effects"] if user["match"] else ())
            unmatched = describe_unmatched(user, found.before)
            if unmatched:
                found.unmatched.append(unmatched)
                user = _with_reason(user, unmatched) if found.before.users else user
        yield user


def _with_reason(user: UserRecord, unmatched: str) -> UserRecord:
    """Return a user of the plan of a cycle, with why nobody wants the hard match if the record gives no reason."""
    change, match = user["change"], user["match"]
    if not change or change["reason"] or not match or match["sync_action"] != HARD_MATCH:
        return user
    return {**user, "change": {**change, "cause": "not_wanted", "reason": f"Nobody wants this match: {unmatched}."}}


def count_unmatched(found: Rows, unread: Iterable[str]) -> dict[str, Any]:
    """Return whom the next sync processes unmatched, as ``count_clauses`` does. ``unread``: accounts not read."""
    return count_clauses([*found.unmatched, *map(describe_unknown, unread)])


class ShownResult:
    """What people see of a result: its table, its counts and its diff.

    The users are read once, and only those of the diff are kept. ``summary``: the counts by status with ``total``.
    """

    def __init__(self, users: Iterable[UserRecord]) -> None:
        self._rows: list[Row] = []
        self._statuses: Counter[str] = Counter()
        self._written = 0
        self._first = nsmallest(SHOWN_IN_DIFF, self._count(users), key=name_of)

    @property
    def table(self) -> list[str]:
        return outcome_lines(self._rows, SHOWN_IN_TABLE)

    @property
    def summary(self) -> dict[str, Any]:
        return {**dict(sorted(self._statuses.items())), "total": len(self._rows)}

    def diff(self, path: str) -> Diff:
        """Return the diff of all values that change, at most ``SHOWN_IN_DIFF`` users; ``path`` has the others."""
        before, after = [], []
        for user in self._first:
            for write in user["change"]["writes"] if user["change"] else ():
                name = f"{name_of(user)} {write['attribute']}"
                before.append(f"{name}: {_shown(write['before'])}")
                after.append(f"{name}: {_shown(write['after'])}")
            for change in _list_effect_changes(user):
                name = f"{name_of(user)} {change['attribute']} (at the sync)"
                before.append(f"{name}: {_shown(change['cloud'])}")
                after.append(f"{name}: {_shown(change['ad'])}")
        after += describe_more(self._written, path)
        return list_diff("Values in Active Directory and Entra ID", before, after)

    def _count(self, users: Iterable[UserRecord]) -> Iterator[UserRecord]:
        """Count the users of the run, and return those who are written."""
        for user in users:
            if change := user["change"]:
                self._rows.append(_row(user, change["status"]))
                self._statuses[change["status"]] += 1
                if change["writes"]:
                    self._written += 1
                    yield user


def _planned_status(user: UserRecord) -> str:
    change, match = user["change"], user["match"]
    if match and not (change and change["status"] in (REFUSED, *REVIEWED) and match["outcome"] in FINE):
        return match["outcome"]
    return change["status"] if change else ""


def _row(user: UserRecord, status: str) -> Row:
    change, match = user["change"], user["match"]
    reason, cause = (change["reason"], change["cause"]) if change else (None, None)
    if match and (not reason or cause == f"predicted_{match['outcome']}"):
        reason, cause = reason or match["reason"], match["cause"]
    return status, name_of(user), log_reason(reason, cause)


def _list_effect_changes(user: UserRecord) -> list[OverwriteRecord]:
    """Return the changes of the cloud user by the next sync that are effects of their own."""
    match = user["match"]
    wanted = [attribute for effect, attribute in _CHANGES.items() if match and effect in match["effects"]]
    return [each for each in match["overwrites"] if each["attribute"] in wanted] if match and wanted else []


def _shown(value: Value) -> str:
    if value is None or value == []:
        return "(none)"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, list) else value
