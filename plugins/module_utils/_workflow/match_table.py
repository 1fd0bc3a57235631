# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people see of a plan and of its result: the table, the counts and the diff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from .._identity.core.decision import REVIEWED
from .._identity.core.outcomes import FINE, REFUSED
from .._identity.core.run_files.user_records import UserRecord, count_statuses, name_of
from .._identity.core.text.diffs import SHOWN_IN_DIFF, Diff, describe_more, list_diff
from .._identity.core.text.outcome_table import outcome_lines

SHOWN_IN_TABLE = 10
"""Reasons in a table, so that the output of a run stays short. The file has the others."""

Row: TypeAlias = tuple[str, str, str | None]
"""The status, the name and the reason of one user."""


def plan_table(rows: Iterable[Row]) -> list[str]:
    """Return the lines of a plan: users by predicted outcome, or by what changes if nothing was predicted."""
    return outcome_lines(rows, SHOWN_IN_TABLE)


def keep_rows(users: Iterable[UserRecord], rows: list[Row]) -> Iterator[UserRecord]:
    """Return the users of a plan, one after another, and add to ``rows`` what its table needs of them."""
    for user in users:
        if user["change"]:
            rows.append(_row(user, _planned_status(user)))
        yield user


def apply_table(users: Iterable[UserRecord]) -> tuple[list[str], dict[str, Any]]:
    """Return the lines of a result, and the counts by status with ``total``."""
    changed = [user for user in users if user["change"]]
    rows = (_row(user, user["change"]["status"]) for user in changed if user["change"])
    lines = outcome_lines(rows, SHOWN_IN_TABLE)
    return lines, {**count_statuses(changed), "total": len(changed)}


def writes_diff(users: Sequence[UserRecord], path: str) -> Diff:
    """Return the diff of all values that change, at most ``SHOWN_IN_DIFF`` users; ``path`` has the others."""
    changed = sorted((user for user in users if user["change"] and user["change"]["writes"]), key=name_of)
    before, after = [], []
    for user in changed[:SHOWN_IN_DIFF]:
        for write in user["change"]["writes"] if user["change"] else ():
            name = f"{name_of(user)} {write['attribute']}"
            before.append(f"{name}: {_shown(write['before'])}")
            after.append(f"{name}: {_shown(write['after'])}")
    after += describe_more(len(changed), path)
    return list_diff("Values in Active Directory and Entra ID", before, after)


def _planned_status(user: UserRecord) -> str:
    change, match = user["change"], user["match"]
    if match and not (change and change["status"] in (REFUSED, *REVIEWED) and match["outcome"] in FINE):
        return match["outcome"]
    return change["status"] if change else ""


def _row(user: UserRecord, status: str) -> Row:
    change, match = user["change"], user["match"]
    return status, name_of(user), (change["reason"] if change else None) or (match["reason"] if match else None)


def _shown(value: str | None) -> str:
    return "(none)" if value is None else value
