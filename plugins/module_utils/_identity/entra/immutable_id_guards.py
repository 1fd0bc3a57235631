# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users that Graph does not let an app change: those in federated domains, and administrators (facts §1).

They are found before the first write, so that a 403 does not stop a run halfway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core import outcome_words
from ..core.records import Record
from ..core.refusal import Refusal
from .deleted_holders import CLEARED, original_upn
from .domains import Domains
from .immutable_id_plan import ImmutableIdChange
from .tenant_snapshot import DOMAINS, PERMISSIONS, ROLE_ASSIGNMENTS, ROLE_GROUPS, RoleHolding, TenantSnapshot

OVER_EVERYBODY = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Privileged Authentication Administrator": "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
}
"""The roles that can change the sensitive properties of all users, and their ids, which are the same in every tenant
(facts §1 "Sensitive action list"; Microsoft, "Microsoft Entra built-in roles")."""

_LOW_ROLES = frozenset(
    {
        "Directory Readers",
        "Groups Administrator",
        "Guest Inviter",
        "Helpdesk Administrator",
        "Message Center Reader",
        "Password Administrator",
        "Reports Reader",
        "Usage Summary Reports Reader",
        "User Administrator",
    }
)
"""Roles whose holders a User Administrator can change (Microsoft, "Who can update sensitive attributes?"). Microsoft
does not document what that table means for an app without a role, so Graph's own answer decides."""

_ROLE_ASPECTS = frozenset({ROLE_ASSIGNMENTS, ROLE_GROUPS})
_CLEAR_OUTCOMES = (outcome_words.HARD_MATCH, outcome_words.UNKNOWN)


def wanted_aspects(changes: Iterable[ImmutableIdChange]) -> set[str]:
    """Return the aspects of the tenant that must be known before these changes; empty if nothing changes."""
    wanted: set[str] = set()
    for change in changes:
        if change.changed and not change.request.takes_back and not _known_to_be_no_admin(change):
            wanted |= _ROLE_ASPECTS
        if _loses_a_value(change):
            wanted.add(DOMAINS)
    return wanted


def _known_to_be_no_admin(change: ImmutableIdChange) -> bool:
    """Return whether a preflight looked at exactly this user and found no role: any role changes its outcome."""
    record = change.request.record
    return (
        record.get("outcome") in _CLEAR_OUTCOMES
        and record.get("id") == (change.target or {}).get("id")
        and not change.holders
        and not _ROLE_ASPECTS & set(record.get("unknown") or ())
        and record.get("expected") in (None, outcome_words.HARD_MATCH)
    )


def _loses_a_value(change: ImmutableIdChange) -> list[Record]:
    """Return the users whose ImmutableId is removed or replaced.

    A first value does not count, because a user in a federated domain must have one (facts §1).
    """
    found = [change.target] if change.target and change.writes and change.before else []
    return [*found, *(holder.record for holder in change.holders if holder.becomes == CLEARED)]


def refuse_guarded(
    changes: Sequence[ImmutableIdChange], tenant: TenantSnapshot, may_change_admins: bool | None
) -> list[ImmutableIdChange]:
    """Refuse the changes that Graph would refuse, and return all changes.

    ``tenant`` needs only ``domains`` and ``roles``. ``may_change_admins`` says whether the app's service principal
    holds one of OVER_EVERYBODY. If it is None (unknown), no change is refused because of a role.
    """
    domains = Domains(tenant)
    return [_refuse_guarded(change, tenant, domains, may_change_admins) for change in changes]


def has_admins(changes: Iterable[ImmutableIdChange], tenant: TenantSnapshot) -> bool:
    """Return whether these changes concern a user that only one of OVER_EVERYBODY can change."""
    return any(
        _admin_refusal(user, tenant) for change in changes if not change.request.takes_back for user in change.touched
    )


def _refuse_guarded(
    change: ImmutableIdChange, tenant: TenantSnapshot, domains: Domains, may_change_admins: bool | None
) -> ImmutableIdChange:
    refusals = [_federated_refusal(user) for user in _loses_a_value(change) if domains.is_federated(original_upn(user))]
    if may_change_admins is False and not change.request.takes_back:
        refusals += [refusal for user in change.touched if (refusal := _admin_refusal(user, tenant))]
    return change.refused(refusals[0].cause, refusals[0].reason) if refusals else change


def _federated_refusal(user: Record) -> Refusal:
    name = original_upn(user)
    return Refusal(
        "federated_domain",
        f"{name} has a UPN in a federated domain, where the ImmutableId cannot be changed or cleared; switch the UPN "
        "to a managed domain such as the tenant's onmicrosoft.com one, change the ImmutableId, and switch it back.",
    )


def _admin_refusal(user: Record, tenant: TenantSnapshot) -> Refusal | None:
    for holding in tenant.roles.get(user["id"], ()):
        if holding.group is not None:
            return _refusal(user, "role_assignable_group", _belonging(holding), "take the user out of the group")
        if holding.how == "direct" and holding.name not in _LOW_ROLES:
            return _refusal(user, "admin_role", f"holds the role {holding.name}", "take the role away")
    return None


def _belonging(holding: RoleHolding) -> str:
    return f"is {'an owner' if holding.how == 'owner' else 'a member'} of the role-assignable group {holding.group}"


def _refusal(user: Record, cause: str, why: str, way: str) -> Refusal:
    names = " or ".join(sorted(OVER_EVERYBODY, reverse=True))
    return Refusal(
        cause,
        f"{original_upn(user)} {why}, and Graph lets only an app with a higher role change such users; assign {names} "
        f"directly to the app's service principal, or {way} for the change.",
    )


def describe_doubts(
    changes: Sequence[ImmutableIdChange], tenant: TenantSnapshot, may_change_admins: bool | None
) -> list[str]:
    """Return a sentence for each thing that is unknown and because of which Graph may still refuse a write."""
    found = []
    unread = sorted(_ROLE_ASPECTS & tenant.unknown)
    if unread:
        rights = ", ".join(dict.fromkeys(PERMISSIONS[aspect] for aspect in unread))
        found.append(
            f"The app may not read {' and '.join(unread)}, so it is unknown whether a user to be changed is an "
            f"administrator, whose change Graph refuses unless the app holds a higher role; grant it {rights}."
        )
    if DOMAINS in tenant.unknown:
        found.append(
            "The app may not read domains, so it is unknown whether a user to be changed has a UPN in a federated "
            f"domain, where Graph refuses that; grant it {PERMISSIONS[DOMAINS]}."
        )
    if may_change_admins is None and has_admins(changes, tenant):
        found.append(
            "Some of the users to be changed are administrators, and it is unknown whether the app holds "
            f"{' or '.join(sorted(OVER_EVERYBODY, reverse=True))}, without which Graph refuses to change them; give "
            "client_id, or let the app read role assignments."
        )
    return found
