# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roll back a run: read what it changed in both directories, decide, and put it back, Entra first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol

from .._graph.http.connection import open_transport
from .._graph.http.transport import Transport
from .._graph.http.watch import Watch
from .._graph.reads.linked_users import find_linked_users
from .._graph.reads.tenant_reader import plan_from_tenant
from .._graph.reads.users import Users
from .._graph.writes.guards import check_guards
from .._graph.writes.immutable_id_writer import ImmutableIdWriter
from .._identity.ad.users import AnchorChange
from .._identity.core.cloud_user import ENTRA_PROPERTIES, make_cloud_user
from .._identity.core.decision import Terms
from .._identity.core.journal import JournalWriter
from .._identity.entra.immutable_id_guards import refuse_given_back
from .._identity.entra.immutable_id_plan import PROPERTY, ImmutableIdChange
from .._identity.entra.immutable_id_requests import request_restores
from .._identity.entra.tenant_snapshot import DELETED_USERS
from .._identity.rollback.account_restores import AccountRestore
from .._identity.rollback.linked_users import list_links, refuse_linked
from .._identity.rollback.result import decide_rollback, describe_failures
from .._identity.rollback.run_undos import RunUndos
from .._identity.rollback.user_rollback import (
    UserRollback,
    join_users,
    refuse_whole,
    with_accounts,
    with_anchors,
    with_immutable_ids,
)
from .._ldap.session.connection import connected
from .._ldap.session.options import LdapOptions
from .rollback_directory import RollbackDirectory

OTHER_VALUE_FAILED = "other_value_failed"
"""The cause if something of a user is left alone because something else could not be written."""


class Journals(Protocol):
    """Opens the journal of the run, in which lines that a kill left open are settled, and that of this rollback."""

    def of_the_run(self) -> AbstractContextManager[JournalWriter]:
        """Open the journal of the run.

        :raises InputError: if the run still writes it.
        :raises JournalError: if that fails.
        """

    def own(self) -> AbstractContextManager[JournalWriter]:
        """Start the journal of this rollback, which is called only if something goes back.

        :raises JournalError: if that fails.
        """


class Rollback:
    """One rollback of one run.

    ``users`` says, at any time, what happens to the people. ``verdict`` is a sentence that says why nothing, or not
    all, was put back; empty if all was. ``allowed``: whether the plan may be carried out. ``warnings`` are sentences.
    """

    def __init__(self, undos: RunUndos, terms: Terms) -> None:
        self.users: Sequence[UserRollback] = ()
        self.verdict = ""
        self.allowed = False
        self.warnings: list[str] = []
        self._undos = undos
        self._terms = terms
        self._held: Sequence[ImmutableIdChange] = ()

    def run(
        self,
        ldap: Mapping[str, Any],
        graph: Mapping[str, Any],
        journals: Journals | None = None,
        watch: Watch | None = None,
    ) -> None:
        """Check everything in both directories, and put it back. Without ``journals``, nothing is written.

        Active Directory is asked only if the run changed it, and Entra always. What came of the lines that a kill left
        open in the journal of the run is settled, also if nothing goes back.

        :raises InputError: if an option is wrong, or if the run changed another tenant or domain.
        :raises LdapError: if the directory cannot be read; nothing was written.
        :raises GraphError: if the tenant cannot be read; nothing was written.
        :raises JournalError: if a journal cannot be opened or settled; nothing was written.
        """
        self._terms.check()
        with ExitStack() as stack:
            directory = None
            if self._undos.concerns_ad:
                session = stack.enter_context(connected(LdapOptions.from_params(ldap, writes=True)))
                directory = RollbackDirectory(session, self._undos, self._terms)
            asyncio.run(self._run(directory, graph, journals, watch))

    async def _run(
        self,
        directory: RollbackDirectory | None,
        graph: Mapping[str, Any],
        journals: Journals | None,
        watch: Watch | None,
    ) -> None:
        async with open_transport(graph, watch) as transport:
            self._undos.check_tenant(transport.place())
            anchors: Sequence[AnchorChange] = ()
            accounts: Sequence[AccountRestore] = ()
            if directory:
                anchors, accounts = await asyncio.to_thread(directory.plan)
                self.warnings += directory.warnings
            self._held = await self._plan_immutable_ids(transport, graph["client_id"])
            users = join_users(
                zip(self._undos.immutable_ids, self._held, strict=True),
                zip(self._undos.anchors, anchors, strict=True),
                accounts,
            )
            self.users = await self._check_accounts(transport, directory, users)
            self.verdict = decide_rollback(self.users, self._terms).verdict
            self.allowed = not self.verdict
            if journals is None or not self.allowed:
                return
            with journals.of_the_run() as of_the_run:
                await self._settle(transport, directory, of_the_run)
                if any(user.changed for user in self.users):
                    with journals.own() as own:
                        await self._write(transport, directory, own)
            self.verdict = describe_failures(self.users)

    async def _plan_immutable_ids(self, transport: Transport, client_id: str | None) -> list[ImmutableIdChange]:
        users = Users(transport, ENTRA_PROPERTIES, make_cloud_user)
        changes = await plan_from_tenant(users, request_restores(self._undos.immutable_ids))
        checks = self._terms.skip_checks
        changes, warnings = await check_guards(transport, changes, client_id, checks, users.bin_readable)
        self.warnings += warnings
        return refuse_given_back(changes, checks)

    async def _check_accounts(
        self, transport: Transport, directory: RollbackDirectory | None, users: Sequence[UserRollback]
    ) -> list[UserRollback]:
        """Refuse the people whose account a cloud user needs, or whose account the directory would not remove."""
        links = list_links(users)
        linked, bin_readable = await find_linked_users(
            transport,
            [value for each in links for value in each.immutable_ids],
            [each.security_identifier for each in links if each.security_identifier],
        )
        unread = set() if bin_readable else {DELETED_USERS} - set(self._terms.skip_checks)
        users = refuse_linked(users, linked, unread)
        if directory:
            restores = [restore for user in users for restore in user.accounts]
            kept = await asyncio.to_thread(directory.check_rights, restores)
            # Again, since those who are refused only now keep their ImmutableIds.
            users = refuse_linked(refuse_whole(with_accounts(users, kept)), linked, unread)
        return users

    async def _settle(
        self, transport: Transport, directory: RollbackDirectory | None, of_the_run: JournalWriter
    ) -> None:
        held = {change.target.id: change.before for change in self._held if change.target}
        await asyncio.to_thread(of_the_run.settle, transport.place(), PROPERTY, held)
        if directory:
            await asyncio.to_thread(directory.settle, of_the_run)

    async def _write(self, transport: Transport, directory: RollbackDirectory | None, own: JournalWriter) -> None:
        planned = list(self.users)
        self.users = [user.interrupted() for user in planned]
        planned = await self._write_immutable_ids(transport, planned, own)
        if directory:
            await asyncio.to_thread(self._write_ad, directory, planned, own)

    async def _write_immutable_ids(
        self, transport: Transport, planned: Sequence[UserRollback], journal_writer: JournalWriter
    ) -> list[UserRollback]:
        """Write Entra, and return the plan with what happened to it. Who could not be written stays as in AD too."""
        writer = ImmutableIdWriter(transport, journal_writer, transport.place())
        changes = [change for user in planned for change in user.immutable_ids]
        try:
            await writer.write(changes)
        finally:
            self.warnings += writer.warnings
            done = writer.so_far()
            if done or not changes:
                self.users = with_immutable_ids(self.users, done)
        return [_stopped(user) for user in with_immutable_ids(planned, done)]

    def _write_ad(
        self, directory: RollbackDirectory, planned: Sequence[UserRollback], journal_writer: JournalWriter
    ) -> None:
        writer = directory.anchor_writer(journal_writer)
        anchors = [change for user in planned for change in user.anchors]
        try:
            if anchors:
                writer.write(anchors)
        finally:
            self.warnings += writer.warnings
            done = writer.so_far()
            if done:
                self.users = with_anchors(self.users, done)
        planned = [_stopped(user) for user in with_anchors(planned, done)]
        accounts = [restore for user in planned for restore in user.accounts]
        try:
            directory.accounts.write(accounts, journal_writer)
        finally:
            self.warnings += directory.accounts.warnings
            self.users = with_accounts(self.users, directory.accounts.so_far())


def _stopped(user: UserRollback) -> UserRollback:
    """Return a user with nothing more to be done if a change of this user has failed."""
    why = user.failure()
    if why is None:
        return user
    reason = f"It was not restored, because another value of this user could not be restored: {why}"
    return user.stopped(OTHER_VALUE_FAILED, reason)
