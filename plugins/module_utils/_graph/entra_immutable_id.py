# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind entra_immutable_id: read the requests and the tenant, plan, refuse, write, and report."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._identity.core.cloud_user import ENTRA_PROPERTIES, make_cloud_user
from .._identity.core.errors import InputError, telling
from .._identity.core.journal import JournalWriter
from .._identity.core.limits import check_max_changes, read_limit
from .._identity.core.scope.exclusions import NOBODY_EXCLUDED, Exclusions
from .._identity.core.text.outcome_table import users_table
from .._identity.entra.immutable_id_plan import (
    FAILED,
    ImmutableIdChange,
    count_changes,
    diff_changes,
    exclude_users,
    plan_changes,
    summarize,
)
from .._identity.entra.immutable_id_requests import ImmutableIdRequest, read_requests
from .._identity.entra.user_index import UserIndex
from .http.connection import open_transport
from .http.watch import Watch
from .reads.groups import read_excluded
from .reads.tenant_reader import plan_clearing, plan_from_tenant
from .reads.users import Users
from .writes.guards import check_guards
from .writes.immutable_id_writer import ImmutableIdWriter
from .writes.refusals import blocked_error, failed_error, unwritten


@dataclass(frozen=True)
class Task:
    """A task of the module: one request for each record.

    ``clear`` sends null. ``everybody`` clears all users who may be cleared and needs no records. ``overwrite`` allows
    replacing another value. ``deleted`` says how to get a value from deleted holders, as ``read_deleted_holders`` does.
    ``max_changes`` and ``max_refused`` are texts as ``limits.read_limit`` takes them. ``skip_checks`` names aspects of
    the tenant that refuse nobody if they cannot be read.
    """

    records: Sequence[Mapping[str, Any]] = ()
    clear: bool = False
    overwrite: bool = False
    max_refused: str = "0"
    check_mode: bool = False
    everybody: bool = False
    max_changes: str | None = None
    deleted: Mapping[str, str] = field(default_factory=dict)
    skip_checks: Collection[str] = ()
    exclusions: Exclusions = NOBODY_EXCLUDED

    def allows(self, refused: int, scope: int) -> bool:
        """Return whether the task goes on without so many refused users. With ``everybody`` it always does."""
        return self.everybody or refused <= read_limit(self.max_refused, "max_refused").most(scope)

    def check(self) -> None:
        """Check the options.

        :raises InputError: if they do not fit together, or if a limit is malformed.
        """
        if self.everybody and not self.clear:
            raise InputError("all_users can only clear ImmutableIds. Set state to absent, or list the users in users.")
        if self.everybody and self.max_changes is None:
            raise InputError(
                "all_users needs max_changes. Set it to the most users that may be cleared, such as 20 or 5%."
            )
        if self.deleted and self.clear:
            raise InputError("deleted_holders has no effect with state absent. Remove one of the two.")
        foreign = [*self.exclusions.ad_groups, *self.exclusions.units]
        if foreign:
            raise InputError(
                f"{foreign[0]} is in Active Directory, which this module does not read, so it is unknown whom it "
                "excludes. Exclude user principal names or groups of Entra ID instead."
            )
        if self.max_changes is not None:
            read_limit(self.max_changes)
        read_limit(self.max_refused, "max_refused")

    def read_requests(self) -> list[ImmutableIdRequest]:
        return read_requests(self.records, clear=self.clear, overwrite=self.overwrite)


def run(
    options: Mapping[str, Any],
    task: Task,
    journal_writer: JournalWriter | None = None,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Do a task and return the module's result: ``changed, users, summary, diff`` and, if any, ``warnings``.

    ``options`` are those of ``argspec.connection``. ``journal_writer`` records every change. Graph is not
    contacted if the records alone decide the outcome. Nothing of AD is checked.

    :raises InputError: if a record or an option is wrong; nothing was read or written.
    :raises PlanBlocked: if more users are blocked than ``max_refused`` allows; nothing was written.
    :raises LimitExceeded: if more users would change than ``max_changes`` allows; nothing was written.
    :raises WritesFailed: if Graph refused writes; the other changes were made.
    :raises GraphError: if Graph cannot be reached or read; nothing was written.
    """
    task.check()
    requests = task.read_requests()
    if not task.everybody and not _worth_asking(requests, task):
        changes = plan_changes([request for request in requests if request.refusal], UserIndex([]))
        _refuse(changes, task, len(requests), [])
        return _result(changes, [])
    return asyncio.run(_run(options, requests, task, journal_writer, watch))


def _worth_asking(requests: Sequence[ImmutableIdRequest], task: Task) -> bool:
    refused = [request for request in requests if request.refusal]
    return len(refused) < len(requests) and task.allows(len(refused), len(requests))


async def _run(
    options: Mapping[str, Any],
    requests: Sequence[ImmutableIdRequest],
    task: Task,
    journal_writer: JournalWriter | None,
    watch: Watch | None,
) -> dict[str, Any]:
    async with open_transport(options, watch) as transport:
        place = transport.place() if journal_writer else ("tenant", "")
        users = Users(transport, ENTRA_PROPERTIES, make_cloud_user)
        if task.everybody:
            changes, scope = await plan_clearing(users)
        else:
            changes = await plan_from_tenant(users, requests, task.deleted)
            scope = len(changes)
        changes = exclude_users(changes, await read_excluded(transport, task.exclusions))
        changes, warnings = await check_guards(
            transport, changes, options["client_id"], task.skip_checks, users.bin_readable
        )
        _refuse(changes, task, scope, warnings)
        if not task.check_mode:
            writer = ImmutableIdWriter(transport, journal_writer, place)
            with telling(lambda: _result(writer.so_far(), [*warnings, *writer.warnings])):
                changes = await writer.write(changes)
            warnings += writer.warnings
    result = _result(changes, warnings)
    if any(change.status == FAILED for change in changes):
        raise failed_error(changes, result)
    return result


def _refuse(changes: Sequence[ImmutableIdChange], task: Task, scope: int, warnings: list[str]) -> None:
    """Stop a task before its first write.

    :raises PlanBlocked: if more users are blocked than ``max_refused`` allows.
    :raises LimitExceeded: if more users would change than ``max_changes`` allows.
    """
    if not task.allows(sum(change.blocked for change in changes), scope):
        raise blocked_error(changes, scope, warnings)
    check_max_changes(task.max_changes, count_changes(changes), scope, lambda: unwritten(changes, warnings))


def _result(changes: Sequence[ImmutableIdChange], warnings: list[str]) -> dict[str, Any]:
    users = [change.result() for change in changes]
    result = {
        "changed": any(change.changed or change.leaving for change in changes),
        "users": users,
        "summary": summarize(changes),
        "table": users_table(users),
        "diff": diff_changes(changes),
    }
    return {**result, "warnings": warnings} if warnings else result
