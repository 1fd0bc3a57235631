# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users of the scope who are left alone, because they are excluded or because a service runs as them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .._graph.http.transport import Transport
from .._graph.reads.groups import list_member_ids, read_group_members
from .._identity.ad.service_accounts import MANAGED, describe_service
from .._identity.ad.users import AnchorChange
from .._identity.core.cloud_user import CloudUser
from .._identity.core.errors import InputError
from .._identity.core.identities.anchors import immutable_id_of_bytes
from .._identity.core.identities.cloud_identity import CloudIdentity, possible_upn, read_object_id
from .._identity.core.outcomes import EXCLUDED, SERVICE_ACCOUNT
from .._identity.core.records import consistency_text
from .._identity.core.refusal import Refusal
from .._identity.core.run_files.user_records import ChangeRecord, UserRecord
from .._identity.core.scope.exclusions import describe_exclusion, named_and_excluded
from .._identity.core.scope.named_object import NamedObject
from .._identity.core.text.sentences import join_names
from .._identity.entra.user_index import UserIndex
from .._ldap.users.scope import Members, members_of
from .match_records import Tenant
from .match_task import MatchTask
from .partners import WITH_CLOUD_USER


@dataclass(frozen=True)
class EntraGroups:
    """What Entra's groups say.

    ``scope`` has the members of the scope. ``excluded`` has entries of ``exclude`` by the identity of a member.
    """

    scope: Members | None = None
    excluded: Mapping[CloudIdentity, NamedObject] = field(default_factory=dict)


async def read_entra_groups(transport: Transport, task: MatchTask) -> EntraGroups:
    """Read the groups of Entra that the task names. Without one, nothing is asked.

    :raises InputError: if there is no such group, or if one may not be named.
    :raises GraphError: if the members of one cannot all be read.
    """
    chosen, excluded = task.scope.entra_group, task.exclusions.entra_groups
    found = await read_group_members(transport, [*([chosen] if chosen else ()), *excluded])
    return EntraGroups(
        scope=members_of(list(found[chosen].upns.values())) if chosen else None,
        excluded=list_member_ids({group: found[group] for group in excluded}),
    )


@dataclass(frozen=True, slots=True)
class Apart:
    """A user of the scope who is left alone. ``cloud`` is the cloud user, None if there is none."""

    anchor: AnchorChange
    cloud: CloudUser | None
    status: str
    why: Refusal

    def record(self, tenant: Tenant) -> UserRecord:
        """Return the user as plan and result files have it."""
        user = self.anchor.user()
        return UserRecord(
            ad={**user.record(), "consistency_guid": consistency_text(self.anchor.before)},
            cloud=tenant.record(self.cloud),
            match=None,
            change=ChangeRecord(
                status=self.status,
                cause=self.why.cause,
                reason=self.why.reason,
                immutable_id=user.immutable_id,
                writes=[],
                proposed=[],
            ),
            person=tenant.describe_person(user, self.cloud),
        )


def set_apart(
    anchors: Sequence[AnchorChange], cloud: UserIndex, task: MatchTask, groups: EntraGroups
) -> tuple[list[AnchorChange], list[Apart]]:
    """Return the users who stay in the scope, in order, and those who are left alone.

    ``cloud`` has all active users.

    :raises InputError: if ``scope.users`` names a user who is excluded.
    """
    entries = {**groups.excluded, **task.exclusions.users}
    kept: list[AnchorChange] = []
    apart: list[Apart] = []
    for anchor in anchors:
        service = anchor.found.marks.service if anchor.found else None
        partners = _partners(anchor, cloud) if entries or service else ()
        entry = _entry(anchor, partners, entries)
        if entry and task.scope.users is not None:
            raise named_and_excluded(anchor.name, entry)
        if entry:
            why = describe_exclusion(anchor.name, entry)
            apart.append(Apart(anchor, next(iter(partners), None), EXCLUDED, why))
        elif service and (service == MANAGED or not (partners or anchor.cause in WITH_CLOUD_USER)):
            why = Refusal(service, describe_service(anchor.name, service))
            apart.append(Apart(anchor, next(iter(partners), None), SERVICE_ACCOUNT, why))
        else:
            kept.append(anchor)
    return kept, apart


def find_excluded(
    anchors: Iterable[AnchorChange], cloud: UserIndex, task: MatchTask, groups: EntraGroups
) -> Iterator[tuple[AnchorChange, Refusal]]:
    """Return each user who is excluded, and why."""
    entries = {**groups.excluded, **task.exclusions.users}
    for anchor in anchors:
        entry = _entry(anchor, _partners(anchor, cloud) if entries else (), entries)
        if entry:
            yield anchor, describe_exclusion(anchor.name, entry)


def list_absent(anchors: Iterable[AnchorChange], cloud: UserIndex, task: MatchTask) -> list[NamedObject]:
    """Return the entries of ``exclude.users`` whose UPN neither a cloud user has nor an AD user in scope."""
    left = [(upn, entry) for upn, entry in task.exclusions.users.items() if not cloud.find(upn)]
    if not left:
        return []
    held = {possible_upn(anchor.user().user_principal_name) for anchor in anchors}
    return [entry for upn, entry in left if upn not in held]


def nobody_named(entry: NamedObject, domain: str) -> InputError:
    """Return the error for an entry of ``exclude.users`` whom neither the tenant nor the domain has."""
    return InputError(
        f"{entry}, but neither Entra ID nor {domain} has a user with this name. Correct the entry or remove it."
    )


def describe_gone(entries: Sequence[NamedObject]) -> list[str]:
    """Return the warning about excluded users who do not exist, or not by these names any more, in a list."""
    if not entries:
        return []
    return [
        f"Nobody has the names of these excluded users: {join_names([each.text for each in entries])}. If the users "
        "were renamed, correct the exclusions, and run the hard match again."
    ]


def _entry(
    anchor: AnchorChange, partners: Sequence[CloudUser], entries: Mapping[CloudIdentity, NamedObject]
) -> NamedObject | None:
    """Return the entry of ``exclude`` that an account meets, or that one of its cloud users does."""
    marked = anchor.found.marks.excluded if anchor.found else None
    if marked or not entries:
        return marked
    own = possible_upn(anchor.user().user_principal_name)
    identities = [*([own] if own else ()), *(each for partner in partners for each in partner.identities())]
    return next((entries[each] for each in identities if each in entries), None)


def _partners(anchor: AnchorChange, cloud: UserIndex) -> Sequence[CloudUser]:
    """Return the cloud users of an account: its partner, else the one with its UPN, and those with its ImmutableIds."""
    partner = anchor.known.id
    identity = read_object_id(partner) if partner else possible_upn(anchor.user().user_principal_name)
    named = cloud.find(identity) if identity else None
    values = [value for value in (anchor.found.guid, anchor.found.consistency) if value] if anchor.found else []
    held = [holder for value in values for holder in cloud.holders(immutable_id_of_bytes(value))]
    return [*([named] if named else ()), *held]
