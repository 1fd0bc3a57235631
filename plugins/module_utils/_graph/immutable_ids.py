# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind entra_immutable_id: read the wishes, read the tenant, plan, refuse early, write, report."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.guards import checked
from ansible_collections.hybrid.identity.plugins.module_utils._graph.refusals import (
    blocked_error,
    failed_error,
    unwritten,
)
from ansible_collections.hybrid.identity.plugins.module_utils._graph.tenant_reader import cleared_everywhere, planned
from ansible_collections.hybrid.identity.plugins.module_utils._graph.transport import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.users import Users
from ansible_collections.hybrid.identity.plugins.module_utils._graph.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writer import Writer
from ansible_collections.hybrid.identity.plugins.module_utils._identity.deleted_holders import PURGE, RESTORE
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import (
    FAILED,
    Step,
    change_count,
    plan,
    plan_diff,
    summary,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import Recorder
from ansible_collections.hybrid.identity.plugins.module_utils._identity.limits import check_max_changes, read_limit
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback import Undo
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant import Tenant
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import (
    Wish,
    read_wishes,
    rollback_wishes,
)

_BIN_UNKNOWN = (
    "The app may not read deleted users, so it is unknown whether one of them holds a wanted ImmutableId, which a sync "
    "could match instead; grant it the application permission User.Read.All or Directory.Read.All."
)


@dataclass(frozen=True)
class Task:
    """What a module is asked to do: a wish a record, or with ``undo`` the values to put back.

    ``clear`` sends null; ``everybody`` clears all who may be cleared, without records; ``overwrite`` allows a different
    value to be replaced; ``restore_deleted`` and ``purge_deleted`` get deleted holders of a value out of the way.
    ``max_changes`` is a text as ``limits.read_limit`` takes it.
    """

    records: Sequence[Mapping[str, Any]] = ()
    undo: Sequence[Undo] | None = None
    clear: bool = False
    overwrite: bool = False
    skip_refused: bool = False
    check_mode: bool = False
    everybody: bool = False
    max_changes: str | None = None
    restore_deleted: bool = False
    purge_deleted: bool = False

    @property
    def skips(self) -> bool:
        """Whether refused users are listed and left alone; of everybody, they are not who is meant."""
        return self.skip_refused or self.everybody

    @property
    def deleted(self) -> str | None:
        return RESTORE if self.restore_deleted else PURGE if self.purge_deleted else None

    def check(self) -> None:
        """:raises InputError: if the parts do not fit together."""
        if self.everybody and not self.clear:
            raise InputError("all_users only clears; set state to absent, or name the users to set in users.")
        if self.everybody and self.max_changes is None:
            raise InputError("all_users needs max_changes; say how many users it may clear at most, such as 20 or 5%.")
        if self.restore_deleted and self.purge_deleted:
            raise InputError("restore_deleted and purge_deleted exclude each other; set one of them to true.")
        if self.deleted and self.clear:
            raise InputError(f"{self.deleted}_deleted is of no use with state absent; leave one of them out.")
        if self.max_changes is not None:
            read_limit(self.max_changes)

    def wishes(self) -> list[Wish]:
        return read_wishes(self.records, clear=self.clear) if self.undo is None else rollback_wishes(self.undo)


def run(
    options: Mapping[str, Any], task: Task, recorder: Recorder | None = None, watch: Watch | None = None
) -> dict[str, Any]:
    """Do a task and return the module's result: ``changed, users, summary, diff`` and, if any, ``warnings``.

    ``options`` are the values of ``argspec.graph_options``; ``recorder`` is told of every change. Where the records
    alone already decide the outcome, the service is not contacted.

    :raises InputError: if a record or an option is wrong; nothing was read or written.
    :raises PlanBlocked: if users are blocked and not to be skipped; nothing was written.
    :raises LimitExceeded: if more users would change than ``max_changes`` allows; nothing was written.
    :raises WritesFailed: if Graph refused writes; the others were done.
    :raises GraphError: if Graph cannot be reached or read; nothing was written.
    """
    task.check()
    wishes = task.wishes()
    if not task.everybody and not _worth_asking(wishes, task):
        steps = plan([wish for wish in wishes if wish.refusal], Tenant([]))
        _refuse(steps, task, len(wishes), [])
        return _result(steps, [])
    return asyncio.run(_run(options, wishes, task, recorder, watch))


def _worth_asking(wishes: Sequence[Wish], task: Task) -> bool:
    refused = [wish for wish in wishes if wish.refusal]
    return len(refused) < len(wishes) and (task.skip_refused or not refused)


async def _run(
    options: Mapping[str, Any], wishes: Sequence[Wish], task: Task, recorder: Recorder | None, watch: Watch | None
) -> dict[str, Any]:
    async with open_transport(options, watch) as transport:
        users = Users(transport)
        if task.everybody:
            steps, scope = await cleared_everywhere(users)
        else:
            overwrite = task.overwrite or task.undo is not None
            steps = await planned(users, wishes, overwrite=overwrite, deleted=task.deleted)
            scope = len(steps)
        unknown = not users.bin_readable and any(step.changes and step.after for step in steps)
        steps, doubts = await checked(transport, steps, options["client_id"])
        warnings = [*([_BIN_UNKNOWN] if unknown else []), *doubts]
        _refuse(steps, task, scope, warnings)
        if not task.check_mode:
            writer = Writer(transport, recorder, ("tenant", options["tenant"]))
            steps = await writer.written(steps)
            warnings += writer.warnings
    result = _result(steps, warnings)
    if any(step.status == FAILED for step in steps):
        raise failed_error(steps, result)
    return result


def _refuse(steps: Sequence[Step], task: Task, scope: int, warnings: list[str]) -> None:
    """Raise what stops a task before its first write."""
    if not task.skips and any(step.blocked for step in steps):
        raise blocked_error(steps, scope, warnings)
    check_max_changes(task.max_changes, change_count(steps), scope, lambda: unwritten(steps, warnings))


def _result(steps: Sequence[Step], warnings: list[str]) -> dict[str, Any]:
    result = {
        "changed": any(step.changes or step.leaving for step in steps),
        "users": [step.result() for step in steps],
        "summary": summary(steps),
        "diff": plan_diff(steps),
    }
    return {**result, "warnings": warnings} if warnings else result
