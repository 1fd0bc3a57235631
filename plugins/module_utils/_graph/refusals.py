# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of a task that could not be done, or not wholly: how many users, which, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import FAILED, Step, summary

_NAMED = 3


class PlanBlocked(IdentityError):
    """Users who may not be changed or found; nothing was written. ``details``: ``users, summary, changed``."""


class WritesFailed(IdentityError):
    """Users whose change Graph refused; the others were changed. ``details``: ``users, summary, changed, diff``."""


def blocked_error(steps: Sequence[Step], asked_of: int, warnings: Sequence[str]) -> PlanBlocked:
    """The error for a plan with blocked users, out of a task for ``asked_of`` users."""
    blocked = [step for step in steps if step.blocked]
    if asked_of == 1:
        message = f"Nothing was changed: {blocked[0].reason}"
    else:
        message = (
            f"Nothing was changed, because {len(blocked)} of {asked_of} users cannot be: {_named(blocked)} Correct "
            "them, or set on_refused to skip to do the others."
        )
    return PlanBlocked(message, **unwritten(steps, warnings))


def unwritten(steps: Sequence[Step], warnings: Sequence[str]) -> dict[str, Any]:
    """The result of a task that stopped before its first write: what users would have become was not done."""
    more: dict[str, Any] = {"warnings": list(warnings)} if warnings else {}
    users = [{**step.result(), "changed": False} for step in steps]
    return {"changed": False, "users": users, "summary": summary(steps), **more}


def failed_error(steps: Sequence[Step], result: Mapping[str, Any]) -> WritesFailed:
    """The error for writes that Graph refused, with the whole result of the task."""
    failed = [step for step in steps if step.status == FAILED]
    written = sum(step.changes for step in steps)
    reasons = dict.fromkeys(step.reason for step in failed)
    if len(failed) == 1:
        message = f"Graph did not take the change of {_name(failed[0])}: {failed[0].reason}"
    elif len(reasons) == 1:
        message = f"Graph did not take the changes of {len(failed)} users ({_names(failed)}): {failed[0].reason}"
    else:
        message = f"Graph did not take the changes of {len(failed)} users: {_named(failed)}"
    return WritesFailed(f"{message} {written} other user(s) were changed." if written else message, **result)


def _named(steps: Sequence[Step]) -> str:
    shown = " ".join(f"{_name(step)}: {step.reason}" for step in steps[:_NAMED])
    return f"{shown} And {len(steps) - _NAMED} more, in users." if len(steps) > _NAMED else shown


def _names(steps: Sequence[Step]) -> str:
    shown = ", ".join(_name(step) for step in steps[:_NAMED])
    return f"{shown} and {len(steps) - _NAMED} more" if len(steps) > _NAMED else shown


def _name(step: Step) -> str:
    return str(step.wish.record.get("user_principal_name") or step.wish.identity)
