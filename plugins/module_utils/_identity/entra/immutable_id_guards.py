# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users whose ImmutableId is not to be touched: administrators, and those in federated domains (facts §1).

Whoever controls the AD account of a matched user is that user. So an administrator is never matched, whatever role the
app holds, and nobody is if it cannot be read who is one. What decides is read by the module that writes, and never
taken from a record that a caller passed in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..core.accepted_effects import PROTECTED_ACCOUNTS
from ..core.cloud_user import CloudUser
from ..core.refusal import Refusal
from . import unread
from .deleted_holders import CLEARED, original_upn
from .domains import Domains
from .immutable_id_plan import ImmutableIdChange
from .role_holdings import APP_OWNER
from .tenant_snapshot import (
    ANCHOR_CLAIMS,
    APP_OWNERS,
    DELETED_USERS,
    DOMAINS,
    PERMISSIONS,
    ROLE_ASSIGNMENTS,
    ROLE_ELIGIBILITY,
    ROLE_GROUPS,
    RoleHolding,
    TenantSnapshot,
)

ROLE_ASPECTS = frozenset({ROLE_ASSIGNMENTS, ROLE_ELIGIBILITY, ROLE_GROUPS, APP_OWNERS})
GUARD_ASPECTS = (DELETED_USERS, DOMAINS, ROLE_ASSIGNMENTS, ROLE_ELIGIBILITY, ROLE_GROUPS, APP_OWNERS)
"""The aspects that decide whether a user's ImmutableId may be changed."""

ROLLBACK_ASPECTS = (ANCHOR_CLAIMS, PROTECTED_ACCOUNTS)
"""The aspects of AD that decide whether a rollback may give a user an ImmutableId again."""


def wanted_aspects(changes: Iterable[ImmutableIdChange]) -> set[str]:
    """Return the aspects of the tenant that must be known before these changes; empty if nothing changes."""
    wanted: set[str] = set()
    for change in changes:
        if _is_judged(change):
            wanted |= ROLE_ASPECTS
        if _loses_a_value(change):
            wanted.add(DOMAINS)
    return wanted


def refuse_guarded(
    changes: Sequence[ImmutableIdChange], tenant: TenantSnapshot, skip_checks: Collection[str] = ()
) -> list[ImmutableIdChange]:
    """Refuse the changes of users who must not be changed, and return all changes.

    ``tenant`` needs only ``domains``, ``roles`` and ``unknown``. An aspect in ``unknown`` that protects people refuses
    all changes, unless ``skip_checks`` names it.
    """
    domains = Domains(tenant)
    missing = tenant.unknown - frozenset(skip_checks)
    return [_refuse_guarded(change, tenant, domains, missing) for change in changes]


def _refuse_guarded(
    change: ImmutableIdChange, tenant: TenantSnapshot, domains: Domains, missing: frozenset[str]
) -> ImmutableIdChange:
    refusals = [_federated_refusal(user) for user in _loses_a_value(change) if domains.is_federated(original_upn(user))]
    if _is_judged(change):
        refusals += [_admin_refusal(user, held[0]) for user in change.touched if (held := tenant.holdings(user))]
        refusals += [found for found in (unread.refusal(missing), _bin_refusal(change, missing)) if found]
    return change.refused(refusals[0].cause, refusals[0].reason) if refusals else change


def _is_judged(change: ImmutableIdChange) -> bool:
    """Return whether the change is refused for an administrator.

    A rollback always takes back a value that was set: that hands nobody over.
    """
    return change.changed and not change.request.takes_back


def _loses_a_value(change: ImmutableIdChange) -> list[CloudUser]:
    """Return the users whose ImmutableId is removed or replaced.

    A first value does not count, because a user in a federated domain must have one (facts §1).
    """
    found = [change.target] if change.target and change.writes and change.before else []
    return [*found, *(holder.user for holder in change.holders if holder.becomes == CLEARED)]


def _federated_refusal(user: CloudUser) -> Refusal:
    name = original_upn(user)
    return Refusal(
        "federated_domain",
        f"{name} has a UPN in a federated domain, so the ImmutableId cannot be changed or cleared. Change the UPN to "
        "a managed domain such as the tenant's onmicrosoft.com domain, change the ImmutableId, and then change the "
        "UPN back.",
    )


def _admin_refusal(user: CloudUser, holding: RoleHolding) -> Refusal:
    cause, why, way = _standing(holding)
    return Refusal(
        cause,
        f"{original_upn(user)} {why}, and this collection does not change the ImmutableIds of administrators. An "
        f"administrator must do it by hand, or {way} for the time of the change.",
    )


def _standing(holding: RoleHolding) -> tuple[str, str, str]:
    """Return the cause, what makes the user an administrator, and how that is taken away."""
    if holding.how == APP_OWNER:
        return "app_owner", "owns the app that signs in", "remove the ownership"
    if holding.group is not None:
        belongs = "an owner" if holding.how == "owner" else "a member"
        return (
            "role_assignable_group",
            f"is {belongs} of the role-assignable group {holding.group}",
            "remove the user from the group",
        )
    if holding.how == "eligible":
        return "eligible_role", f"is eligible for the role {holding.name}", "remove the eligibility"
    return "admin_role", f"has the role {holding.name}", "remove the role"


def _bin_refusal(change: ImmutableIdChange, missing: frozenset[str]) -> Refusal | None:
    if change.after is None or DELETED_USERS not in missing:
        return None
    return Refusal(
        f"unread_{DELETED_USERS}",
        "The app may not read deleted users, so it is unknown whether a deleted user has the new ImmutableId of this "
        "user. A sync could match the deleted user instead. Grant the app User.Read.All or Directory.Read.All, or add "
        f"{DELETED_USERS} to skip_checks.",
    )


def refuse_given_back(
    changes: Sequence[ImmutableIdChange], skip_checks: Collection[str] = ()
) -> list[ImmutableIdChange]:
    """Refuse the values that a rollback would give users again, because nobody asked AD who has them now.

    They are not refused if ``skip_checks`` names both checks of AD. A rollback may always take a value away.
    """
    if set(ROLLBACK_ASPECTS) <= set(skip_checks):
        return list(changes)
    return [_not_given_back(change) if change.writes and change.after is not None else change for change in changes]


def _not_given_back(change: ImmutableIdChange) -> ImmutableIdChange:
    return change.refused(
        "not_given_back",
        f"Before the run, {change.name} had the ImmutableId {change.after}. The rollback does not check which AD "
        "account has it now, so it does not restore it. Match the user with match_plan, or, if you know that the "
        f"value is right, add {ANCHOR_CLAIMS} and {PROTECTED_ACCOUNTS} to skip_checks.",
    )


def describe_doubts(
    changes: Sequence[ImmutableIdChange], tenant: TenantSnapshot, skip_checks: Collection[str] = ()
) -> list[str]:
    """Return a sentence for each thing that is unknown, and does not stop changes that are to be made."""
    judged = any(_is_judged(change) for change in changes)
    found = unread.caveats(tenant.unknown, skip_checks) if judged else []
    if DOMAINS in tenant.unknown and DOMAINS not in skip_checks:
        found.append(
            "The app may not read domains, so it is unknown whether a user has a UPN in a federated domain. Graph "
            f"refuses changes to such users. Grant the app {PERMISSIONS[DOMAINS]}."
        )
    return found
