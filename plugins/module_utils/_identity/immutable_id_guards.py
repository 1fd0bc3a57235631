# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom Graph does not let an app change: users in federated domains, and administrators (facts §1).

Found before the first write, so that nobody is stopped by a 403 half way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.hybrid.identity.plugins.module_utils._identity import predictions
from ansible_collections.hybrid.identity.plugins.module_utils._identity.deleted_holders import CLEARED, original_upn
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import Step
from ansible_collections.hybrid.identity.plugins.module_utils._identity.match_domains import Domains
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant_view import (
    DOMAINS,
    PERMISSIONS,
    ROLE_ASSIGNMENTS,
    ROLE_GROUPS,
    RoleHolding,
    TenantView,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import Refusal

OVER_EVERYBODY = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Privileged Authentication Administrator": "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
}
"""The roles that may change the sensitive properties of everybody, and their ids, which are the same in every tenant
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
"""Roles whose holders take no more than a User Administrator (Microsoft, "Who can update sensitive attributes?"). What
that table says of an app without a role is not documented, so these are left to Graph's own answer."""

_ROLE_ASPECTS = frozenset({ROLE_ASSIGNMENTS, ROLE_GROUPS})
_CLEAR_OUTCOMES = (predictions.HARD_MATCH, predictions.UNKNOWN)


def wanted_aspects(steps: Iterable[Step]) -> set[str]:
    """What has to be known of the tenant before these steps are done: nothing, where nothing changes."""
    wanted: set[str] = set()
    for step in steps:
        if step.changes and not _known_to_be_no_admin(step):
            wanted |= _ROLE_ASPECTS
        if _loses_a_value(step):
            wanted.add(DOMAINS)
    return wanted


def _known_to_be_no_admin(step: Step) -> bool:
    """Whether a preflight looked at just this user and found no role: any one is an outcome of its own there."""
    record = step.wish.record
    return (
        record.get("outcome") in _CLEAR_OUTCOMES
        and record.get("id") == (step.target or {}).get("id")
        and not step.holders
        and not _ROLE_ASPECTS & set(record.get("unknown") or ())
        and record.get("expected") in (None, predictions.HARD_MATCH)
    )


def _loses_a_value(step: Step) -> list[Record]:
    """Users whose ImmutableId is taken away or replaced; a first one is what a federated user must have (facts §1)."""
    found = [step.target] if step.target and step.writes and step.before else []
    return [*found, *(holder.record for holder in step.holders if holder.becomes == CLEARED)]


def guarded(steps: Sequence[Step], tenant: TenantView, may_change_admins: bool | None) -> list[Step]:
    """The steps, with those refused that Graph would refuse.

    ``tenant`` needs ``domains`` and ``roles`` only. ``may_change_admins`` says whether the app's service principal
    holds one of OVER_EVERYBODY; None where that is unknown, and then nobody is refused for a role.
    """
    domains = Domains(tenant)
    return [_guarded(step, tenant, domains, may_change_admins) for step in steps]


def has_admins(steps: Iterable[Step], tenant: TenantView) -> bool:
    """Whether these steps would change somebody who takes one of OVER_EVERYBODY."""
    return any(_admin_refusal(user, tenant) for step in steps for user in step.touched)


def _guarded(step: Step, tenant: TenantView, domains: Domains, may_change_admins: bool | None) -> Step:
    refusals = [_federated_refusal(user) for user in _loses_a_value(step) if domains.is_federated(original_upn(user))]
    if may_change_admins is False:
        refusals += [refusal for user in step.touched if (refusal := _admin_refusal(user, tenant))]
    return step.refused(refusals[0].cause, refusals[0].reason) if refusals else step


def _federated_refusal(user: Record) -> Refusal:
    name = original_upn(user)
    return Refusal(
        "federated_domain",
        f"{name} has a UPN in a federated domain, where the ImmutableId cannot be changed or cleared; switch the UPN "
        "to a managed domain such as the tenant's onmicrosoft.com one, change the ImmutableId, and switch it back.",
    )


def _admin_refusal(user: Record, tenant: TenantView) -> Refusal | None:
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


def doubts(steps: Sequence[Step], tenant: TenantView, may_change_admins: bool | None) -> list[str]:
    """Sentences on what is unknown of these steps, so that Graph may still refuse a write."""
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
    if may_change_admins is None and has_admins(steps, tenant):
        found.append(
            "Some of the users to be changed are administrators, and it is unknown whether the app holds "
            f"{' or '.join(sorted(OVER_EVERYBODY, reverse=True))}, without which Graph refuses to change them; give "
            "client_id, or let the app read role assignments."
        )
    return found
