# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind entra_immutable_id: read the wishes, read the tenant, plan, refuse early, write, report."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.refusals import blocked_error, failed_error
from ansible_collections.hybrid.identity.plugins.module_utils._graph.tenant_reader import planned
from ansible_collections.hybrid.identity.plugins.module_utils._graph.transport import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.users import Users
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writer import Writer
from ansible_collections.hybrid.identity.plugins.module_utils._identity.diffs import users_diff
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import (
    PROPERTY,
    Step,
    plan,
    summary,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import Recorder
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback import Undo
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant import Tenant
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import (
    Wish,
    read_wishes,
    rollback_wishes,
)

CONCURRENCY = 4
"""Batches in flight."""

_BIN_UNKNOWN = (
    "The app may not read deleted users, so it is unknown whether one of them holds a wanted ImmutableId, which a sync "
    "could match instead; grant it the application permission User.Read.All or Directory.Read.All."
)


@dataclass(frozen=True)
class Task:
    """What a module is asked to do: a wish a record, or with ``undo`` the values to put back.

    ``clear`` sends null; ``overwrite`` allows a different value to be replaced.
    """

    records: Sequence[Mapping[str, Any]] = ()
    undo: Sequence[Undo] | None = None
    clear: bool = False
    overwrite: bool = False
    skip_refused: bool = False
    check_mode: bool = False

    def wishes(self) -> list[Wish]:
        return read_wishes(self.records, clear=self.clear) if self.undo is None else rollback_wishes(self.undo)


def run(options: Mapping[str, Any], task: Task, recorder: Recorder | None = None) -> dict[str, Any]:
    """Do a task and return the module's result: ``changed, users, summary, diff`` and, if any, ``warnings``.

    ``options`` are the values of ``argspec.graph_options``; ``recorder`` is told of every change. Where the records
    alone already decide the outcome, the service is not contacted.

    :raises InputError: if a record or an option is wrong; nothing was read or written.
    :raises PlanBlocked: if users are blocked and not to be skipped; nothing was written.
    :raises WritesFailed: if Graph refused writes; the others were done.
    :raises GraphError: if Graph cannot be reached or read; nothing was written.
    """
    wishes = task.wishes()
    if not _worth_asking(wishes, task):
        steps = plan([wish for wish in wishes if wish.refusal], Tenant([]))
        return _finished(steps, task, asked_of=len(wishes), warnings=[])
    return asyncio.run(_run(options, wishes, task, recorder))


def _worth_asking(wishes: Sequence[Wish], task: Task) -> bool:
    refused = [wish for wish in wishes if wish.refusal]
    return len(refused) < len(wishes) and (task.skip_refused or not refused)


async def _run(
    options: Mapping[str, Any], wishes: Sequence[Wish], task: Task, recorder: Recorder | None
) -> dict[str, Any]:
    async with open_transport(options, CONCURRENCY) as transport:
        users = Users(transport, CONCURRENCY)
        steps = await planned(users, wishes, overwrite=task.overwrite or task.undo is not None)
        unknown = not users.bin_readable and any(step.changes and step.after for step in steps)
        warnings = [_BIN_UNKNOWN] if unknown else []
        blocked = any(step.blocked for step in steps) and not task.skip_refused
        if not blocked and not task.check_mode:
            writer = Writer(transport, CONCURRENCY, recorder, ("tenant", options["tenant"]))
            steps = await writer.written(steps)
            warnings += writer.warnings
    return _finished(steps, task, asked_of=len(steps), warnings=warnings)


def _finished(steps: Sequence[Step], task: Task, asked_of: int, warnings: list[str]) -> dict[str, Any]:
    blocked = [step for step in steps if step.blocked]
    if blocked and not task.skip_refused:
        raise blocked_error(steps, asked_of, warnings)
    result = _result(steps, warnings)
    if any(step.status == "failed" for step in steps):
        raise failed_error(steps, result)
    return result


def _result(steps: Sequence[Step], warnings: list[str]) -> dict[str, Any]:
    users = [step.result() for step in steps]
    result = {
        "changed": any(step.changes for step in steps),
        "users": users,
        "summary": summary(steps),
        "diff": users_diff(PROPERTY, users),
    }
    return {**result, "warnings": warnings} if warnings else result
