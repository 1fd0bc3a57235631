# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply a plan: read its users once more, check them again, write both directories, and look for other claimants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._graph.http.connection import open_transport
from .._graph.http.together import together
from .._graph.http.transport import Transport
from .._graph.http.watch import Watch
from .._graph.reads.queries import filters_in
from .._graph.reads.survey import Survey
from .._graph.reads.tenant_reader import read_again
from .._graph.reads.users import Users
from .._graph.writes.immutable_id_writer import ImmutableIdWriter
from .._identity.ad.users import AnchorChange
from .._identity.core.accepted_effects import Effect
from .._identity.core.errors import IdentityError, InputError
from .._identity.core.identities.cloud_identity import CloudIdentity, read_object_id
from .._identity.core.journal import JournalWriter
from .._identity.core.refusal import Refusal
from .._identity.core.review.changes import hash_writes, upns_of
from .._identity.core.run_files.user_records import ChangeRecord
from .._identity.entra.immutable_id_guards import ROLE_ASPECTS
from .._identity.entra.snapshot_user import SNAPSHOT_PROPERTIES, SnapshotUser, make_snapshot_user
from .._identity.entra.tenant_snapshot import DELETED_USERS, DOMAINS
from .._identity.entra.user_index import UserIndex
from .._identity.preflight.match_effects import list_effects
from .._identity.preflight.overwrites import compare
from .._ldap.session.connection import connected
from .._ldap.session.options import LdapOptions
from .applied_changes import (
    CHANGED_SINCE,
    Outcomes,
    after_anchor,
    after_clearing,
    changed_since,
    claimed_anchor,
    clearing,
    interrupted,
    with_anchor,
)
from .match_changes import (
    MatchChange,
    describe_hidden,
    find_claims,
    guard_matches,
    list_wanted_anchors,
    plan_matches,
    refuse_effects,
)
from .match_directory import MatchDirectory
from .match_records import list_writes
from .match_task import MatchTask
from .partners import PRIMARY_SMTP, choose_partners, guard_partners, list_partner_names, list_rival_names
from .planned_users import Place, Planned
from .set_apart import find_excluded, read_entra_groups


class MatchApplication:
    """One application of a plan.

    ``started``: whether the first write was tried. ``unproven``: why it is unknown whether an anchor that was written
    is claimed by somebody else. ``warnings`` are sentences.
    """

    def __init__(self, task: MatchTask, planned: Sequence[Planned], place: Place) -> None:
        self.warnings: list[str] = []
        self.unproven: str | None = None
        self.started = False
        self._task = task
        self._planned = planned
        self._place = place
        self._by_guid = {each.guid: each for each in planned}
        self._changes: list[MatchChange] = []
        # What happens to the changes if the run ends now.
        self._so_far: Callable[[], Iterable[MatchChange]] = lambda: self._changes
        self._gone: dict[str, Refusal] = {}

    def outcomes(self) -> Mapping[str, ChangeRecord]:
        """Return, at any time, what happened to the planned users, by dashed GUID; in check mode, what would."""
        return Outcomes({**{str(change.guid): change for change in self._so_far()}, **self._gone})

    def run(
        self,
        ldap: Mapping[str, Any],
        graph: Mapping[str, Any],
        journal_writer: JournalWriter | None = None,
        watch: Watch | None = None,
        check_mode: bool = False,
    ) -> None:
        """Check everything again and, unless in check mode, write it.

        :raises InputError: if an option is wrong, or if the plan is for another tenant or domain.
        :raises LdapError: if the directory cannot be read; nothing was written.
        :raises GraphError: if the tenant cannot be read; nothing was written.
        :raises JournalError: if the open lines of killed runs cannot be settled; nothing was written.
        """
        with connected(LdapOptions.from_params(ldap, writes=True)) as session:
            directory = MatchDirectory(session, self._task, for_plan=False)
            asyncio.run(self._run(directory, graph, journal_writer, watch, check_mode))

    async def _run(
        self,
        directory: MatchDirectory,
        graph: Mapping[str, Any],
        journal_writer: JournalWriter | None,
        watch: Watch | None,
        check_mode: bool,
    ) -> None:
        async with open_transport(graph, watch) as transport:
            self._check_place(directory.place[1], transport.place()[1])
            changes = await self._check_again(directory, transport, graph["client_id"])
            self._changes = [self._compared(change) for change in changes]
            self.warnings += directory.warnings
            if check_mode or not any(change.writes for change in self._changes):
                return
            await self._write(directory, transport, journal_writer)
            await self._refuse_claimed(directory, transport, journal_writer)

    def _check_place(self, domain: str, tenant: str) -> None:
        for what, now, then in (("domain", domain, self._place.domain), ("tenant", tenant, self._place.tenant)):
            if now != then:
                raise InputError(
                    f"The plan was made for the {what} {then}, but this task is connected to {now}. Connect to the "
                    f"{what} of the plan, or make a new plan."
                )

    async def _check_again(
        self, directory: MatchDirectory, transport: Transport, client_id: str | None
    ) -> list[MatchChange]:
        """Read the planned users in both directories, and plan and check them as the planner does."""
        terms, users = self._task.terms, Users(transport, SNAPSHOT_PROPERTIES, make_snapshot_user)
        groups = await read_entra_groups(transport, self._task)
        in_scope, cloud = await together(
            asyncio.to_thread(directory.find_again, [each.guid for each in self._planned], groups.scope),
            self._read_cloud(users),
        )
        cloud += await self._read_namesakes(users, in_scope.values())
        index = UserIndex(each.user for each in cloud)
        for each in self._planned:
            if each.guid not in in_scope:
                reason = (
                    f"The AD account of {each.name} is no longer in the scope of the plan, or was deleted. Make a new "
                    "plan."
                )
                self._gone[each.guid] = Refusal(CHANGED_SINCE, reason)
        by = self._task.by
        partnered = choose_partners(list(in_scope.values()), cloud, index, by)
        in_scope = dict(zip(in_scope, partnered, strict=True))
        for anchor, why in find_excluded(in_scope.values(), index, self._task, groups):
            self._gone[str(anchor.user().object_guid)] = changed_since(why)
        anchors = [in_scope[each.guid] for each in self._planned if each.guid not in self._gone]
        matches = plan_matches(anchors, index, self._task.matching)
        # It takes as much memory as the users, and so does the view that is read now.
        del index
        wanted = list_wanted_anchors(matches)
        if not wanted:
            return matches
        view, tenant = await together(
            asyncio.to_thread(
                directory.read_claims, [each.anchor for each in matches], wanted, list_partner_names(matches, by)
            ),
            Survey(transport, client_id).read_for_writing({DOMAINS, *ROLE_ASPECTS}),
        )
        if not users.bin_readable:
            tenant = replace(tenant, unknown=tenant.unknown | {DELETED_USERS})
        guarded = guard_partners(guard_matches(matches, tenant, view, terms), view, by)
        return refuse_effects(
            guarded,
            view,
            terms.accepted,
            {each.guid: each.effects for each in self._planned},
            self._list_effects(guarded, {each.user.id: each for each in cloud}),
        )

    def _list_effects(
        self, changes: Sequence[MatchChange], cloud: Mapping[str, SnapshotUser]
    ) -> dict[str, Sequence[Effect]]:
        """Return the effects that the users have by themselves now, by dashed GUID."""
        found: dict[str, Sequence[Effect]] = {}
        for change in changes:
            target, guid = change.immutable_id.target, str(change.guid)
            user = cloud.get(target.id) if target else None
            if change.writes and user:
                overwrites = compare(change.ad, user, self._by_guid[guid].future_upn)
                found[guid] = list_effects(change.ad, user, overwrites)
        return found

    async def _read_namesakes(self, users: Users[SnapshotUser], anchors: Iterable[AnchorChange]) -> list[SnapshotUser]:
        """Read the cloud users who have a UPN or primary address of the AD users, if users are matched by addresses.

        Entra ID has the primary address of a user in ``mail``.
        """
        if self._task.by.way != PRIMARY_SMTP:
            return []
        upns, addresses = list_rival_names(anchors)
        return await read_again(users, upns, self._place.tenant_users, addresses)

    async def _read_cloud(self, users: Users[SnapshotUser]) -> list[SnapshotUser]:
        identities: list[CloudIdentity] = [read_object_id(each.cloud_id) for each in self._planned]
        cloud = await read_again(users, identities, self._place.tenant_users)
        bin_ids = [bin_id for each in self._planned for bin_id in each.bin_ids]
        return cloud + await users.deleted(filters_in("id", bin_ids)) if bin_ids else cloud

    def _compared(self, change: MatchChange) -> MatchChange:
        """Refuse a user for whom the plan would be another one now."""
        planned = self._by_guid[str(change.guid)]
        if change.refusal:
            return change.refused(changed_since(change.refusal))
        target = change.immutable_id.target
        upns = upns_of(change.ad.user_principal_name, target.user_principal_name if target else None)
        if change.writes and (hash_writes(list_writes(change)) != planned.writes_hash or upns != planned.upns):
            reason = f"The values of {planned.name} changed after the plan was made. Make a new plan."
            return change.refused(Refusal(CHANGED_SINCE, reason))
        return change

    async def _write(
        self, directory: MatchDirectory, transport: Transport, journal_writer: JournalWriter | None
    ) -> None:
        planned = self._changes
        self._so_far = lambda: map(interrupted, planned)
        self.started = True
        anchor_writer = directory.anchor_writer(journal_writer)
        try:
            await asyncio.to_thread(anchor_writer.write, [change.anchor for change in planned])
        finally:
            self.warnings += anchor_writer.warnings
            anchors = anchor_writer.so_far()
            if anchors:
                self._so_far = lambda: map(with_anchor, map(interrupted, planned), anchors)
        stamped = [after_anchor(change, anchor) for change, anchor in zip(planned, anchors, strict=True)]
        writer = ImmutableIdWriter(transport, journal_writer, transport.place())
        try:
            await writer.write([change.immutable_id for change in stamped])
        finally:
            self.warnings += writer.warnings
            done = writer.so_far()
            if done:
                self._changes = [
                    replace(change, immutable_id=outcome) for change, outcome in zip(stamped, done, strict=True)
                ]
                self._so_far = lambda: self._changes

    async def _refuse_claimed(
        self, directory: MatchDirectory, transport: Transport, journal_writer: JournalWriter | None
    ) -> None:
        """Clear the ImmutableIds that were written for users whose anchor somebody else claims by now."""
        try:
            users = [change.anchor for change in self._changes]
            wanted = list_wanted_anchors(self._changes)
            view = await asyncio.to_thread(directory.read_claims, users, wanted, with_protection=False)
        except IdentityError as error:
            self.unproven = error.message
            return
        self.unproven = describe_hidden(view, self._task.terms)
        claims = find_claims(self._changes, view)
        positions = [position for position in claims if self._changes[position].immutable_id.changed]
        for position in claims.keys() - set(positions):
            self._changes[position] = claimed_anchor(self._changes[position], claims[position])
        writer = ImmutableIdWriter(transport, journal_writer, transport.place())
        cleared = await writer.write([clearing(self._changes[position].immutable_id) for position in positions])
        self.warnings += writer.warnings
        for position, outcome in zip(positions, cleared, strict=True):
            self._changes[position] = after_clearing(self._changes[position], outcome, claims[position])
