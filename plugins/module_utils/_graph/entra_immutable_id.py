# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind entra_immutable_id: read the requests and the tenant, plan, refuse, write, and report."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._identity.core.accepted_effects import NOTHING_ACCEPTED, AcceptedEffects
from .._identity.core.errors import IdentityError, InputError, telling
from .._identity.core.journal import JournalWriter, Line
from .._identity.core.limits import check_max_changes, read_limit
from .._identity.core.rollback import build_undos, check_place
from .._identity.entra.deleted_holders import PURGE, RESTORE
from .._identity.entra.immutable_id_plan import (
    FAILED,
    ImmutableIdChange,
    count_changes,
    diff_changes,
    plan_changes,
    summarize,
)
from .._identity.entra.immutable_id_requests import ImmutableIdRequest, read_requests, request_restores
from .._identity.entra.tenant_snapshot import ANCHOR_CLAIMS
from .._identity.entra.user_index import UserIndex
from .._identity.preflight.claimed import after_clearing, claimed_changes, clearing, is_unproven
from .._identity.preflight.directory_checks import planned_anchors, refuse_by_directory
from .._identity.preflight.directory_view import ANCHOR_CLAIMED, Directory, unread_view
from .http.transport import open_transport
from .http.watch import Watch
from .reads.tenant_reader import plan_clearing, plan_from_tenant
from .reads.users import Users
from .writes.guards import check_guards
from .writes.immutable_id_writer import ImmutableIdWriter
from .writes.refusals import blocked_error, claimed_error, failed_error, unproven_error, unwritten

NO_DIRECTORY = (
    "directory is not given, so neither whether somebody else claims an ImmutableId was checked, nor whether an AD "
    "account is protected; give it whenever a sync with that domain is to match these users."
)
_HIDDEN = (
    "Active Directory does not show the account of one of them any more, or it shows an object that may hold one "
    "without its objectGUID."
)


@dataclass(frozen=True)
class Task:
    """A task of the module: one request for each record, or with ``undo`` what a journal says of the runs to undo.

    ``clear`` sends null. ``everybody`` clears all users who may be cleared and needs no records. ``overwrite`` allows
    replacing another value. ``restore_deleted`` and ``purge_deleted`` say how to get a value from deleted holders.
    ``max_changes`` is a text as ``limits.read_limit`` takes it. ``skip_checks`` names aspects of the tenant and of AD
    that refuse nobody if they cannot be read. ``accepted`` says which effects of AD accounts are accepted.
    """

    records: Sequence[Mapping[str, Any]] = ()
    undo: Sequence[Line] | None = None
    clear: bool = False
    overwrite: bool = False
    skip_refused: bool = False
    check_mode: bool = False
    everybody: bool = False
    max_changes: str | None = None
    restore_deleted: bool = False
    purge_deleted: bool = False
    accepted: AcceptedEffects = NOTHING_ACCEPTED
    skip_checks: Collection[str] = ()

    @property
    def skips(self) -> bool:
        """Whether the task goes on without refused users. With ``everybody`` it always does."""
        return self.skip_refused or self.everybody

    @property
    def deleted(self) -> str | None:
        return RESTORE if self.restore_deleted else PURGE if self.purge_deleted else None

    def check(self) -> None:
        """Check the options.

        :raises InputError: if they do not fit together, or if ``max_changes`` is malformed.
        """
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

    def read_requests(self) -> list[ImmutableIdRequest]:
        return (
            read_requests(self.records, clear=self.clear)
            if self.undo is None
            else request_restores(build_undos(self.undo))
        )


def run(
    options: Mapping[str, Any],
    task: Task,
    journal_writer: JournalWriter | None = None,
    watch: Watch | None = None,
    directory: Directory | None = None,
) -> dict[str, Any]:
    """Do a task and return the module's result: ``changed, users, summary, diff`` and, if any, ``warnings``.

    ``options`` are those of ``argspec.connection``. ``journal_writer`` records every change. Graph is not
    contacted if the records alone decide the outcome. ``directory`` is asked before the first write and after the last
    one who holds the anchors. Without it, a rollback gives nobody a value, and nothing of AD is checked otherwise.

    :raises InputError: if a record or an option is wrong; nothing was read or written.
    :raises PlanBlocked: if users are blocked and must not be skipped; nothing was written.
    :raises LimitExceeded: if more users would change than ``max_changes`` allows; nothing was written.
    :raises WritesFailed: if Graph refused writes; the other changes were made.
    :raises GraphError: if Graph cannot be reached or read; nothing was written.
    :raises IdentityError: as ``directory`` does.
    """
    task.check()
    requests = task.read_requests()
    if not task.everybody and not _worth_asking(requests, task):
        changes = plan_changes([request for request in requests if request.refusal], UserIndex([]))
        _refuse(changes, task, len(requests), [])
        return _result(changes, [])
    return asyncio.run(_run(options, requests, task, journal_writer, watch, directory))


def _worth_asking(requests: Sequence[ImmutableIdRequest], task: Task) -> bool:
    refused = [request for request in requests if request.refusal]
    return len(refused) < len(requests) and (task.skip_refused or not refused)


async def _run(
    options: Mapping[str, Any],
    requests: Sequence[ImmutableIdRequest],
    task: Task,
    journal_writer: JournalWriter | None,
    watch: Watch | None,
    directory: Directory | None,
) -> dict[str, Any]:
    async with open_transport(options, watch) as transport:
        place = transport.place() if journal_writer or task.undo else ("tenant", "")
        check_place(task.undo or (), place)
        users = Users(transport)
        if task.undo is not None:
            directory = directory or unread_view
        if task.everybody:
            changes, scope = await plan_clearing(users)
        else:
            overwrite = task.overwrite or task.undo is not None
            changes = await plan_from_tenant(users, requests, overwrite=overwrite, deleted=task.deleted)
            scope = len(changes)
        changes, warnings = await check_guards(
            transport, changes, options["client_id"], task.skip_checks, users.bin_readable
        )
        if directory and planned_anchors(changes):
            view = await asyncio.to_thread(directory, planned_anchors(changes), ())
            changes = refuse_by_directory(changes, view, task.accepted, task.skip_checks)
        _refuse(changes, task, scope, warnings)
        if not task.check_mode:
            if directory is None and planned_anchors(changes):
                warnings.append(NO_DIRECTORY)
            writer = ImmutableIdWriter(transport, journal_writer, place)
            with telling(lambda: _result(writer.so_far(), [*warnings, *writer.warnings])):
                changes = await writer.write(changes)
            if directory and planned_anchors(changes):
                with telling(lambda: _result(changes, [*warnings, *writer.warnings])):
                    changes = await _without_claimed(changes, writer, directory, task)
            warnings += writer.warnings
    result = _result(changes, warnings)
    if not task.skips and any(change.cause == ANCHOR_CLAIMED for change in changes):
        raise claimed_error(changes, result)
    if any(change.status == FAILED for change in changes):
        raise failed_error(changes, result)
    return result


async def _without_claimed(
    changes: Sequence[ImmutableIdChange], writer: ImmutableIdWriter, directory: Directory, task: Task
) -> list[ImmutableIdChange]:
    """Clear the values that somebody else claims by now, and return the changes.

    :raises WritesFailed: if the directory cannot be read any more, or does not show all that may claim a value; the
        other values that were written stay.
    """
    try:
        view = await asyncio.to_thread(directory, planned_anchors(changes), ())
    except IdentityError as error:
        raise unproven_error(error, _result(changes, writer.warnings)) from error
    claimed = claimed_changes(changes, view)
    cleared = await writer.write([clearing(changes[position]) for position in claimed])
    done = list(changes)
    for outcome, (position, refusal) in zip(cleared, claimed.items(), strict=True):
        done[position] = after_clearing(changes[position], outcome, refusal)
    if is_unproven(done, view) and ANCHOR_CLAIMS not in task.skip_checks:
        raise unproven_error(IdentityError(_HIDDEN), _result(done, writer.warnings))
    return done


def _refuse(changes: Sequence[ImmutableIdChange], task: Task, scope: int, warnings: list[str]) -> None:
    """Stop a task before its first write.

    :raises PlanBlocked: if users are blocked and must not be skipped.
    :raises LimitExceeded: if more users would change than ``max_changes`` allows.
    """
    if not task.skips and any(change.blocked for change in changes):
        raise blocked_error(changes, scope, warnings)
    check_max_changes(task.max_changes, count_changes(changes), scope, lambda: unwritten(changes, warnings))


def _result(changes: Sequence[ImmutableIdChange], warnings: list[str]) -> dict[str, Any]:
    result = {
        "changed": any(change.changed or change.leaving for change in changes),
        "users": [change.result() for change in changes],
        "summary": summarize(changes),
        "diff": diff_changes(changes),
    }
    return {**result, "warnings": warnings} if warnings else result
