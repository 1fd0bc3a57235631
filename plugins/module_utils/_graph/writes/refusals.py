# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of a task that was not done, or only in part: how many users, which ones, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._identity.core.errors import IdentityError
from ..._identity.core.text.counts import amount, plural
from ..._identity.core.text.outcome_table import users_table
from ..._identity.core.text.sentences import join_names, join_reasons
from ..._identity.entra.immutable_id_plan import FAILED, ImmutableIdChange, summarize


class PlanBlocked(IdentityError):
    """Users were not found or may not be changed; nothing was written. ``details``: ``users, summary, changed``."""


class WritesFailed(IdentityError):
    """Graph refused changes; the others were made. ``details``: ``users, summary, changed, diff``."""


def blocked_error(changes: Sequence[ImmutableIdChange], asked_of: int, warnings: Sequence[str]) -> PlanBlocked:
    """Return the error for a plan with blocked users. ``asked_of`` is the number of users in the task."""
    blocked = [change for change in changes if change.blocked]
    if asked_of == 1:
        message = f"Nothing was changed: {blocked[0].reason}"
    else:
        message = (
            f"Nothing was changed, because {len(blocked):,} of {amount(asked_of, 'user')} cannot be changed: "
            f"{_named(blocked)} Correct them, or raise max_refused to change only the others."
        )
    return PlanBlocked(message, **unwritten(changes, warnings))


def unwritten(changes: Sequence[ImmutableIdChange], warnings: Sequence[str]) -> dict[str, Any]:
    """Return the result of a task that stopped before its first write: no user has changed."""
    more: dict[str, Any] = {"warnings": list(warnings)} if warnings else {}
    users = [{**change.result(), "changed": False} for change in changes]
    return {"changed": False, "users": users, "summary": summarize(changes), "table": users_table(users), **more}


def failed_error(changes: Sequence[ImmutableIdChange], result: Mapping[str, Any]) -> WritesFailed:
    """Return the error for writes that Graph refused, with the whole result of the task."""
    failed = [change for change in changes if change.status == FAILED]
    written = sum(change.changed for change in changes)
    reasons = dict.fromkeys(change.reason for change in failed)
    if len(failed) == 1:
        message = f"Graph refused the change of {_name(failed[0])}: {failed[0].reason}"
    elif len(reasons) == 1:
        message = f"Graph refused the changes of {len(failed):,} users ({_names(failed)}): {failed[0].reason}"
    else:
        message = f"Graph refused the changes of {len(failed):,} users: {_named(failed)}"
    if written:
        message += f" {amount(written, 'other user')} {plural(written, 'was', 'were')} changed."
    return WritesFailed(message, **result)


def _named(changes: Sequence[ImmutableIdChange]) -> str:
    return join_reasons((_name(change), str(change.reason)) for change in changes)


def _names(changes: Sequence[ImmutableIdChange]) -> str:
    return join_names([_name(change) for change in changes])


def _name(change: ImmutableIdChange) -> str:
    return change.request.ad.user_principal_name or change.request.name
