# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind entra_sync_info: read what a proof needs, prove, and read pending users again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._identity.core.errors import InputError
from .._identity.core.identities.cloud_identity import possible_upn
from .._identity.core.outcomes import PENDING
from .._identity.sync_proof.expectations import Expectation, read_time
from .._identity.sync_proof.findings import Finding
from .._identity.sync_proof.proof import prove, target_of
from .._identity.sync_proof.synced_tenant import (
    NAME,
    SYNC_PROPERTIES,
    SyncedTenant,
    SyncedUser,
    bare_address,
    make_synced_user,
)
from .http.batch import MAX_REQUESTS
from .http.connection import open_transport
from .http.errors import GraphError
from .http.watch import Watch
from .reads.queries import filters_by_address, filters_in, identity_filters, quarantined
from .reads.tenant_reader import note_listing, note_lookup
from .reads.users import Users


@dataclass(frozen=True)
class Question:
    """A task of the module. ``wait`` and ``interval``: seconds. ``since``: ISO 8601.

    ``tenant`` is the id of the tenant that must answer; None if any may.
    """

    expectations: Sequence[Expectation]
    since: str | None = None
    wait: float = 0
    interval: float = 10
    export_errors: Sequence[Mapping[str, Any]] = ()
    tenant: str | None = None


def run(options: Mapping[str, Any], question: Question, watch: Watch | None = None) -> list[Finding]:
    """Return one finding for each expectation, in order.

    ``options`` are those of ``argspec.connection``. Graph is not contacted if there is nothing to prove.

    :raises InputError: if an option is wrong, or if another tenant answers.
    :raises GraphError: if Graph cannot be reached or read.
    """
    if question.wait < 0 or question.interval < 1:
        raise InputError("wait_timeout must be 0 seconds or more, and poll_interval 1 second or more.")
    since = read_time(question.since) if question.since else None
    if all(expectation.left_out for expectation in question.expectations):
        return prove(question.expectations, SyncedTenant([]))
    return asyncio.run(_watch(options, since, question, watch))


async def _watch(
    options: Mapping[str, Any], since: datetime | None, question: Question, watch: Watch | None
) -> list[Finding]:
    expectations = question.expectations
    watch = watch or Watch()
    clock = watch.clock
    deadline = clock.now() + question.wait
    found: list[Finding | None] = [None] * len(expectations)
    async with open_transport(options, watch) as transport:
        if question.tenant is not None and question.tenant != transport.place()[1]:
            raise InputError(
                f"The result is of the tenant {question.tenant}, but this task is connected to {transport.place()[1]}. "
                "Connect to the tenant of the result, or choose the result of another run."
            )
        users = Users(transport, SYNC_PROPERTIES, make_synced_user)
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


async def read_tenant(users: Users[SyncedUser], expectations: Sequence[Expectation]) -> SyncedTenant:
    """Read what a proof needs of the tenant.

    Use filters for the users, the holders of their ImmutableIds and all users in quarantine if they fit into one batch,
    or need fewer batches than a listing has pages. Else list all users. Also list them if Graph refuses the filter for
    the quarantine: it is documented, but users report that it does not always work (facts §3).

    :raises GraphError: if the tenant cannot be read.
    """
    asked = [expectation for expectation in expectations if not expectation.left_out]
    filters = _filters(asked)
    total = await users.count() if len(filters) > MAX_REQUESTS else None
    if note_lookup(users, identities=len(asked), filters=len(filters), tenant_users=total):
        return SyncedTenant(await users.list_active(total))
    try:
        found = await users.list_matching(filters)
    except GraphError as error:
        if error.cause != "request_refused":
            raise
        note_listing(users)
        return SyncedTenant(await users.list_active())
    owners = _owner_filters(expectations, SyncedTenant(found))
    return SyncedTenant(found + await users.list_matching(owners) if owners else found)


def _filters(expectations: Sequence[Expectation]) -> list[str]:
    # If the object id is known, also find the user who has the UPN now.
    named = [identity for each in expectations for identity in (each.object_id, each.upn) if identity]
    values = [expectation.immutable_id for expectation in expectations if expectation.immutable_id]
    return [
        *identity_filters(named),
        *filters_in("onPremisesImmutableId", values),
        quarantined(),
    ]


def _owner_filters(expectations: Sequence[Expectation], tenant: SyncedTenant) -> list[str]:
    """Return filters for the users who hold the values that are in quarantine for the expected users."""
    targets = [target_of(expectation, tenant) for expectation in expectations]
    problems = [problem for target in targets if target for problem in target.provisioning_errors]
    names = [possible_upn(problem.value) for problem in problems if problem.property == NAME]
    addresses = [bare_address(problem.value) for problem in problems if problem.property != NAME and problem.value]
    return identity_filters(filter(None, names)) + filters_by_address(addresses)
