# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan a hard match: read both directories at the same time, predict, check and decide. Nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._graph.http.connection import open_transport
from .._graph.http.together import together
from .._graph.http.transport import Transport
from .._graph.http.watch import Watch
from .._graph.reads.source_of_authority import add_source_of_authority
from .._graph.reads.survey import Survey
from .._identity.ad.account_history import AccountHistory
from .._identity.core.accepted_effects import DIFFERENT_PERSON, PROTECTED_ACCOUNTS
from .._identity.core.decision import decide
from .._identity.core.outcomes import HARD_MATCH, SOFT_MATCH
from .._identity.core.records import AdUser
from .._identity.core.refusal import Refusal
from .._identity.core.text.sentences import join_names
from .._identity.entra.domains import Domains
from .._identity.entra.snapshot_user import SnapshotUser
from .._identity.entra.tenant_snapshot import ANCHOR_CLAIMS, SOURCE_OF_AUTHORITY, TenantSnapshot
from .._identity.entra.user_index import UserIndex
from .._identity.preflight.anchor_owners import add_owners, list_foreign_anchors
from .._identity.preflight.directory_checks import judge_predictions, list_names
from .._identity.preflight.next_sync import describe_leaving
from .._identity.preflight.predict import cloud_only, predict
from .._identity.preflight.predictions import Prediction
from .._identity.preflight.result import describe_caveats, describe_unread, list_unread, skip_checks
from .._ldap.session.connection import connected
from .._ldap.session.options import LdapOptions
from .made_plan import MatchPlan
from .match_changes import MatchChange, Matching, guard_matches, list_wanted_anchors, plan_matches
from .match_directory import MatchDirectory
from .match_proposals import propose
from .match_records import Tenant
from .match_task import NOW, MatchTask
from .partners import (
    choose_partners,
    describe_absent,
    describe_unused,
    guard_partners,
    keep_partners,
    list_partner_names,
)
from .set_apart import (
    Apart,
    describe_gone,
    find_excluded,
    list_absent,
    nobody_named,
    read_entra_groups,
    set_apart,
)


@dataclass(frozen=True)
class _Seen:
    """What was read of everything around the users, and what follows from it for each of them."""

    matches: Sequence[MatchChange]
    found: Sequence[Prediction]
    snapshot: TenantSnapshot
    unread: set[str]
    histories: Mapping[str, AccountHistory]
    has_exchange: bool | None


def plan_match(
    ldap: Mapping[str, Any],
    graph: Mapping[str, Any],
    task: MatchTask,
    where: str,
    predict_all: bool = False,
    watch: Watch | None = None,
) -> MatchPlan:
    """Make a plan. ``ldap`` and ``graph`` are those of ``argspec.connection``.

    Outcomes are predicted only if somebody would be changed or refused, with a review if somebody is not synchronised
    yet, or with ``predict_all``. ``where`` says in messages where the plan is.

    :raises InputError: if an option is wrong, if nobody is in scope, or if an entry of ``exclude`` does not exist.
    :raises LdapError: if the directory cannot be read.
    :raises GraphError: if the tenant's users cannot be read.
    """
    options = LdapOptions.from_params(ldap, writes=task.predict != NOW)
    # Around asyncio.run, which waits for the threads that use the session.
    with connected(options) as session:
        directory = MatchDirectory(session, task, for_plan=True)
        return asyncio.run(_plan(directory, graph, task, where, predict_all, watch))


async def _plan(
    directory: MatchDirectory,
    graph: Mapping[str, Any],
    task: MatchTask,
    where: str,
    predict_all: bool,
    watch: Watch | None,
) -> MatchPlan:
    async with open_transport(graph, watch) as transport:
        place = transport.place()[1], directory.place[1]
        if task.terms.review:
            task.terms.review.check_place(*place)
        survey = Survey(transport, graph["client_id"])
        groups = await read_entra_groups(transport, task)
        in_scope, cloud = await together(asyncio.to_thread(directory.find, groups.scope), survey.read_users())
        index = _index(cloud)
        absent = await asyncio.to_thread(directory.list_unknown, list_absent(in_scope, index, task))
        if absent and not task.is_cycle:
            raise nobody_named(absent[0], directory.domain)
        unmatched = [
            *describe_gone(absent),
            *describe_unused(in_scope, task.by),
            *describe_absent(groups.scope.upns if groups.scope else None, in_scope, task.by),
        ]
        in_scope = choose_partners(in_scope, cloud, index, task.by)
        apart: list[Apart] = []
        excluded: dict[str, Refusal] = {}
        if task.is_cycle:
            in_scope = keep_partners(in_scope, task.before, index)
            anchors, found = in_scope, find_excluded(in_scope, index, task, groups)
            excluded = {str(anchor.user().object_guid): why for anchor, why in found}
        else:
            anchors, apart = set_apart(in_scope, index, task, groups)
        matching = Matching() if task.predict == NOW else task.matching
        matches = plan_matches(anchors, index, matching)
        # It takes as much memory as the users, and what follows takes more.
        del index
        full = predict_all or task.predict == NOW or _concerns(matches, task.terms.review is not None)
        seen = await _look_around(directory, transport, survey, task, matching, matches, cloud) if full else None
    others = task.scope.describe_others(directory.domain)
    warnings = [*directory.warnings, *others, *unmatched]
    shown = directory.domain_name, warnings
    plan = _build_plan(task, seen.matches if seen else matches, seen, excluded, where, place, cloud, *shown)
    partners = {each.cloud.id for each in apart if each.cloud}
    outside = [user for user in plan.outside if user.id not in partners]
    # The users of other domains are not in the scope, but nobody deletes them.
    leaving = [] if task.scope.filtering is None or others else describe_leaving(outside)
    said = [*plan.warnings, *leaving]
    return replace(plan, apart=apart, left_out=directory.left_out, outside=outside, warnings=said)


async def _look_around(
    directory: MatchDirectory,
    transport: Transport,
    survey: Survey,
    task: MatchTask,
    matching: Matching,
    matches: Sequence[MatchChange],
    cloud: Sequence[SnapshotUser],
) -> _Seen:
    users = [each.ad for each in matches]
    wanted = dict.fromkeys(user.immutable_id for user in users if user.immutable_id)
    wanted |= dict.fromkeys(list_wanted_anchors(matches))
    asks = SOURCE_OF_AUTHORITY not in task.terms.skip_checks
    sides = await survey.read_sides(asks)
    if _concern(sides.deleted, users):
        matches = plan_matches([each.anchor for each in matches], _index([*cloud, *sides.deleted]), matching)
    snapshot = replace(sides, users=cloud, switches={**sides.switches, **task.switches})
    assumed = skip_checks(snapshot, task.terms.skip_checks)
    planned = [] if task.predict == NOW else [each.immutable_id for each in matches]
    if asks:
        assumed = await add_source_of_authority(
            transport, assumed, lambda known: _matched(predict(users, known, planned))
        )
    found = predict(users, assumed, planned)
    # Not sooner, since the prediction takes the most memory.
    view = await asyncio.to_thread(
        directory.read_view,
        [each.anchor for each in matches],
        list(wanted),
        [*list_names(users), *list_partner_names(matches, task.by)],
    )
    owners = await asyncio.to_thread(directory.list_owners, list_foreign_anchors(found))
    guarded = guard_partners(guard_matches(matches, snapshot, view, task.terms), view, task.by)
    written = {str(each.guid) for each in guarded if each.writes}
    partners = {str(each.guid): each.anchor.known.id for each in matches if each.anchor.known.id}
    found = judge_predictions(add_owners(found, owners), view, written, task.terms.skip_checks, partners)
    # The predictions say whom an unknown source of authority concerns. If the check is skipped, it concerns nobody.
    known = snapshot.unknown - {SOURCE_OF_AUTHORITY} if asks else snapshot.unknown
    unread = list_unread(replace(snapshot, unknown=known), found)
    unread |= {PROTECTED_ACCOUNTS} if view.protection_unread else set()
    unread |= {ANCHOR_CLAIMS} if view.claims_unread else set()
    strangers = [str(each.ad.object_guid) for each in found if any(one.key == DIFFERENT_PERSON for one in each.effects)]
    histories = await asyncio.to_thread(directory.read_histories, strangers)
    return _Seen(guarded, found, assumed, unread, histories, await asyncio.to_thread(directory.has_exchange))


def _matched(found: Sequence[Prediction]) -> set[str]:
    """Return the ids of the cloud users whom a sync would match."""
    matches = (HARD_MATCH, SOFT_MATCH)
    return {each.cloud.id for each in found if each.cloud and each.sync_action in matches}


def _concerns(matches: Sequence[MatchChange], reviewed: bool) -> bool:
    """Return whether the outcomes of somebody must be predicted: of users who are changed or refused.

    A review accepts the effects that it shows. So with one, also of users who are not synchronised yet.
    """
    targets = (each.immutable_id.target for each in matches if reviewed)
    return any(each.writes or each.refusal for each in matches) or any(
        target is not None and target.sync_enabled is not True for target in targets
    )


def _index(users: Sequence[SnapshotUser]) -> UserIndex:
    return UserIndex(each.user for each in users)


def _concern(deleted: Sequence[SnapshotUser], users: Sequence[AdUser]) -> bool:
    """Return whether a deleted user holds the ImmutableId of one of the AD users."""
    held = {each.user.immutable_id for each in deleted if each.user.immutable_id}
    return bool(held) and any(user.immutable_id in held for user in users)


def _build_plan(
    task: MatchTask,
    matches: Sequence[MatchChange],
    seen: _Seen | None,
    excluded: Mapping[str, Refusal],
    where: str,
    place: tuple[str, str],
    cloud: Sequence[SnapshotUser],
    domain_name: str,
    warnings: Sequence[str],
) -> MatchPlan:
    found: Sequence[Prediction | None] = seen.found if seen else [None] * len(matches)
    may_write = task.predict != NOW
    compares = task.terms.review is not None
    proposals = [
        propose(change, None if change.guid in excluded else prediction, may_write, compares, task.before)
        for change, prediction in zip(matches, found, strict=True)
    ]
    decided, skipped = decide(proposals, task.terms, where), task.terms.skip_checks
    return MatchPlan(
        matches=matches,
        found=seen.found if seen else None,
        apart=(),
        outside=cloud_only(seen.found, seen.snapshot) if seen else (),
        known=Tenant(
            seen.snapshot.identifiers if seen else {},
            {each.user.id: each for each in cloud},
            seen.histories if seen else {},
        ),
        decided=decided,
        tenant=place[0],
        domain=place[1],
        names={"tenant": Domains(seen.snapshot).initial if seen else None, "domain": domain_name},
        caveats=describe_caveats(seen.found, seen.snapshot, seen.unread, skipped) if seen else (),
        unread=describe_unread(seen.unread, skipped) if seen else (),
        warnings=[*warnings, *_describe_missing(decided.missing)],
        tenant_users=len(cloud),
        is_reviewable=may_write and decided.is_reviewable,
        is_reviewed=compares,
        tenant_synchronizes=seen.snapshot.synchronizes if seen else None,
        has_exchange=seen.has_exchange if seen else None,
        excluded=excluded,
        shows_now=not may_write,
    )


def _describe_missing(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [f"The reviewed plan changes users who are no longer in the scope ({len(names)}): {join_names(names)}."]
