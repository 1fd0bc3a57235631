# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind entra_sync_info: read just enough of the tenant, prove, and look again for who is pending."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.batch import MAX_REQUESTS
from ansible_collections.hybrid.identity.plugins.module_utils._graph.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.queries import (
    filters_by_address,
    filters_in,
    quarantined,
)
from ansible_collections.hybrid.identity.plugins.module_utils._graph.tenant_reader import identity_filters, note_lookup
from ansible_collections.hybrid.identity.plugins.module_utils._graph.transport import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.users import Users
from ansible_collections.hybrid.identity.plugins.module_utils._graph.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError, InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_expectations import (
    Expectation,
    read_expectations,
    read_time,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_findings import (
    ERRORS,
    PENDING,
    UNKNOWN,
    Finding,
    summary,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof import prove, target_of
from ansible_collections.hybrid.identity.plugins.module_utils._identity.synced_tenant import (
    NAME,
    SYNC_PROPERTIES,
    SyncedTenant,
    bare_address,
    sync_record,
)

FAIL_ON: Mapping[str, Sequence[str]] = {"none": (), "errors": ERRORS, "unverified": (*ERRORS, PENDING, UNKNOWN)}
"""The statuses that fail a task, by what its option ``fail_on`` says."""
_NAMED = 3


class NotProven(IdentityError):
    """Users who are not matched as they should be. ``details``: ``users, summary, changed``."""


@dataclass(frozen=True)
class Question:
    """What a module is asked. ``wait`` and ``interval`` are seconds; ``since`` is ISO 8601; ``fail_on`` of FAIL_ON."""

    records: Sequence[Mapping[str, Any]]
    since: str | None = None
    wait: float = 0
    interval: float = 10
    fail_on: str = "none"
    export_errors: Sequence[Mapping[str, Any]] = ()


def run(options: Mapping[str, Any], question: Question, watch: Watch | None = None) -> dict[str, Any]:
    """Answer a question: ``changed`` (False), ``users`` and ``summary``.

    ``options`` are the values of ``argspec.graph_options``. Where no record has anything to prove, the service is not
    contacted.

    :raises InputError: if a record or an option is wrong.
    :raises NotProven: if ``fail_on`` says that what was found fails the task.
    :raises GraphError: if Graph cannot be reached or read.
    """
    if question.wait < 0 or question.interval < 1:
        raise InputError("wait_timeout is a number of seconds from 0 on, poll_interval one from 1 on.")
    since = read_time(question.since) if question.since else None
    expectations = read_expectations(question.records)
    if all(expectation.left_out for expectation in expectations):
        findings = prove(expectations, SyncedTenant([]))
    else:
        findings = asyncio.run(_watch(options, expectations, since, question, watch))
    result = {"changed": False, "users": [finding.result() for finding in findings], "summary": summary(findings)}
    wrong = [finding for finding in findings if finding.status in FAIL_ON[question.fail_on]]
    if wrong:
        raise NotProven(_message(wrong, len(findings)), **result)
    return result


async def _watch(
    options: Mapping[str, Any],
    expectations: Sequence[Expectation],
    since: datetime | None,
    question: Question,
    watch: Watch | None,
) -> list[Finding]:
    watch = watch or Watch()
    clock = watch.clock
    deadline = clock.now() + question.wait
    found: list[Finding | None] = [None] * len(expectations)
    async with open_transport(options, watch) as transport:
        users = Users(transport, SYNC_PROPERTIES, sync_record)
        open_positions = list(range(len(expectations)))
        while True:
            asked = [expectations[position] for position in open_positions]
            findings = prove(asked, await read_tenant(users, asked), since, question.export_errors)
            for position, finding in zip(open_positions, findings, strict=True):
                found[position] = finding
            open_positions = [
                position
                for position, finding in zip(open_positions, findings, strict=True)
                if finding.status == PENDING
            ]
            left = deadline - clock.now()
            if not open_positions or left <= 0:
                return [finding for finding in found if finding]
            await clock.sleep(min(question.interval, left))


async def read_tenant(users: Users, expectations: Sequence[Expectation]) -> SyncedTenant:
    """As much of the tenant as a proof needs.

    Filters for the users, the holders of their ImmutableIds and everybody in quarantine, where those fill one batch, or
    fewer than a listing has pages; else the listing. A listing too where Graph does not take the filter for the
    quarantine, which is documented but reported not to work everywhere (facts §3).

    :raises GraphError: if the tenant cannot be read.
    """
    asked = [expectation for expectation in expectations if not expectation.left_out]
    filters = _filters(asked)
    total = await users.count() if len(filters) > MAX_REQUESTS else None
    if note_lookup(users, identities=len(asked), filters=len(filters), tenant_users=total):
        return SyncedTenant(await users.all_active(total))
    try:
        found = await users.matching(filters)
    except GraphError as error:
        if error.cause != "request_refused":
            raise
        return SyncedTenant(await users.all_active())
    owners = _owner_filters(expectations, SyncedTenant(found))
    return SyncedTenant(found + await users.matching(owners) if owners else found)


def _filters(expectations: Sequence[Expectation]) -> list[str]:
    named = [expectation.object_id or expectation.user_principal_name or "" for expectation in expectations]
    # Where the object is known, whoever has its name by now is asked for as well.
    namesakes = [each.user_principal_name for each in expectations if each.object_id and each.user_principal_name]
    values = [expectation.immutable_id for expectation in expectations if expectation.immutable_id]
    return [
        *identity_filters([*named, *namesakes]),
        *filters_in("onPremisesImmutableId", values),
        quarantined(),
    ]


def _owner_filters(expectations: Sequence[Expectation], tenant: SyncedTenant) -> list[str]:
    """Filters for who has what is in quarantine of the users in question."""
    targets: list[Record | None] = [target_of(expectation, tenant) for expectation in expectations]
    problems = [
        problem for target in targets if target for problem in target["provisioning_errors"] if problem["value"]
    ]
    names = [problem["value"] for problem in problems if problem["property"] == NAME]
    addresses = [bare_address(problem["value"]) for problem in problems if problem["property"] != NAME]
    return filters_in("userPrincipalName", names) + filters_by_address(addresses)


def _message(wrong: Sequence[Finding], of: int) -> str:
    shown = " ".join(f"{finding.expectation.name}: {finding.reason}" for finding in wrong[:_NAMED])
    more = f" And {len(wrong) - _NAMED} more, in users." if len(wrong) > _NAMED else ""
    if of == 1:
        return str(wrong[0].reason)
    return f"{len(wrong)} of {of} users are not proven to be matched: {shown}{more}"
