# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to an AD user's UPN and addresses in the cloud: accepted, replaced or quarantined (facts §3, §7)."""

from __future__ import annotations

from ..core import outcomes
from ..core.identities.comparison import entra_key
from ..core.identities.upn import upn_fault, upn_suffix
from ..entra.domains import Domains
from ..entra.tenant_snapshot import (
    CONTACTS,
    DOMAINS,
    GROUPS,
    QUARANTINE_PROXY_SWITCH,
    QUARANTINE_UPN_SWITCH,
    TenantSnapshot,
)
from .case import Case
from .exported import Exported, address_fault
from .predictions import Held
from .simulated_tenant import SimulatedTenant

_NAME, _ADDRESSES = "user_principal_name", "proxy_addresses"


def settle(case: Case, tenant: TenantSnapshot, simulated: SimulatedTenant, domains: Domains) -> list[str] | None:
    """Decide the UPN and the addresses of ``case.target``, or of a new user if that is None.

    Return the addresses that the user gets, and set ``case.future_upn`` (None for a placeholder). If the sync fails
    instead, return None and set ``case.action`` to ``error``.
    """
    if not case.user.upn:
        case.action = outcomes.ERROR
        case.add(
            outcomes.INVALID,
            "invalid_upn",
            f"The AD account {case.user.name} has no userPrincipalName, so a sync would fail. Set userPrincipalName.",
        )
        return None
    case.future_upn = _wanted_upn(case, case.user, domains)
    held_already = {entra_key(proxy) for proxy in case.target.user.proxy_addresses} if case.target else set()
    fresh = [address for address in case.user.addresses if entra_key(address) not in held_already]
    if fresh:
        case.doubts |= {CONTACTS, GROUPS} & tenant.unknown
    if simulated.in_doubt(filter(None, (case.user.upn, case.future_upn)), fresh):
        case.doubts |= tenant.unknown
    _say_address_faults(case)
    held = taken(case, simulated)
    if not held:
        return list(case.user.addresses)
    case.quarantined += held
    say_taken(case)
    if any(_is_refused(each, tenant) for each in held):
        case.action = outcomes.ERROR
        return None
    if any(each.attribute == _NAME for each in held):
        case.future_upn = None
    lost = {each.value for each in held if each.attribute == _ADDRESSES}
    return [address for address in case.user.addresses if address not in lost]


def taken(case: Case, simulated: SimulatedTenant) -> list[Held]:
    """Return the values of the case that another object has."""
    found = []
    upn = case.future_upn or case.user.upn
    holder = simulated.name_taken(upn, case.target) if upn else None
    if holder and upn:
        found.append(Held(_NAME, upn, holder))
    for address in case.user.addresses:
        holder = simulated.address_taken(address, case.target)
        if holder:
            found.append(Held(_ADDRESSES, address, holder))
    return found


def say_taken(case: Case) -> None:
    for held in case.quarantined:
        if held.attribute == _NAME:
            cause, what = "upn_taken", "UPN"
        else:
            cause, what = "proxy_address_taken", "address"
        case.add(
            outcomes.QUARANTINE,
            cause,
            f"{_other_target(case)}The {what} {held.value} of {case.user.name} belongs to {held.holder}, so a sync "
            "would put it into quarantine without an error. Remove it from one of the two.",
        )


def _other_target(case: Case) -> str:
    """Say whom the sync matches by the ImmutableId, if that is not the cloud user with the name of the AD user."""
    target, upn = case.target, case.user.upn
    if case.base != outcomes.HARD_MATCH or target is None or not upn:
        return ""
    if entra_key(target.user.user_principal_name or "") == entra_key(upn):
        return ""
    return (
        f"The cloud user {target.user.name} has the ImmutableId of {case.user.name}, so a sync would match that user. "
        "If it is the wrong one, clear its ImmutableId. "
    )


def _is_refused(held: Held, tenant: TenantSnapshot) -> bool:
    """Return whether an export fails (facts §2, AttributeValueMustBeUnique): resiliency is off, or it is not SMTP."""
    if held.attribute == _NAME:
        return not tenant.switches.get(QUARANTINE_UPN_SWITCH, True)
    return not entra_key(held.value).startswith("smtp:") or not tenant.switches.get(QUARANTINE_PROXY_SWITCH, True)


def _wanted_upn(case: Case, user: Exported, domains: Domains) -> str | None:
    upn, target = user.upn or "", case.target
    settled = target is not None and target.on_premises_user_principal_name == upn
    if target and settled and target.user.sync_enabled is True and not target.upn_in_quarantine:
        # facts §7: Entra calculates the UPN again only if AD's UPN changes.
        return str(target.user.user_principal_name)
    fault = upn_fault(upn)
    verified = domains.is_verified(upn_suffix(upn)) if not fault else False
    if verified is None:
        case.doubts.add(DOMAINS)
    if verified is not False:
        return upn
    future = f"{user.nickname_for(target)}@{domains.initial}" if domains.initial else None
    becomes = f"{future}" if future else "a name in the tenant's first domain"
    if fault:
        case.add(
            outcomes.INVALID,
            "invalid_upn",
            f"{fault}. The UPN of the cloud user would become {becomes}. Correct the UPN in Active Directory.",
        )
    else:
        case.add(
            outcomes.INVALID,
            "unverified_suffix",
            f"{_sent(case, upn)} is not a verified domain of the tenant, so the UPN of the cloud user would become "
            f"{becomes}. Verify the domain, or change the UPN suffix of the account.",
        )
    return future


def _sent(case: Case, upn: str) -> str:
    if case.user.ad.user_principal_name:
        return f"The suffix of {upn}"
    return f"{case.user.name} has no userPrincipalName, so that a sync sends {upn}, and its suffix"


def _say_address_faults(case: Case) -> None:
    for address in case.user.addresses:
        fault = address_fault(address)
        if fault:
            case.add(
                outcomes.INVALID,
                "invalid_proxy_address",
                f"Entra ID does not accept the address {address} of {case.user.name}, because {fault}; correct it.",
            )
