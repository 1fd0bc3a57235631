# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which a sync looks for an AD user's cloud user: by anchor, by address, by UPN (facts §2 "Order")."""

from __future__ import annotations

from ..core import outcomes
from ..core.cloud_user import CloudUser
from ..entra.domains import Domains
from ..entra.immutable_id_refusals import formerly_synced
from ..entra.snapshot_user import AddressHolder, SnapshotUser
from ..entra.tenant_snapshot import (
    CONTACTS,
    DELETED_USERS,
    DOMAINS,
    GROUPS,
    OBJECT_IDENTIFIERS,
    QUARANTINE_PROXY_SWITCH,
    QUARANTINE_UPN_SWITCH,
    SOFT_SWITCH,
    SWITCHES,
    UPN_SWITCH,
    TenantSnapshot,
)
from . import names
from .blocks import Blocks, identifier_for
from .case import Case
from .simulated_tenant import SimulatedTenant

_ADDRESS, _NAME = "primary_smtp", "user_principal_name"
_WRITES = (outcomes.UPDATE, outcomes.HARD_MATCH, outcomes.SOFT_MATCH, outcomes.CREATE)


class Matcher:
    """Judges cases one after another. The export of each one changes the simulated tenant for the next."""

    def __init__(self, tenant: TenantSnapshot, simulated: SimulatedTenant, domains: Domains, blocks: Blocks) -> None:
        self._tenant = tenant
        self._simulated = simulated
        self._domains = domains
        self._blocks = blocks

    def judge(self, case: Case) -> None:
        target = self._simulated.holder(case.user.anchor or "")
        if target is None:
            if DELETED_USERS in self._tenant.unknown:
                case.doubts.add(DELETED_USERS)
            self._without_anchor(case)
        else:
            case.target, case.cloud = target, self._simulated.before(target)
            if target.user.sync_enabled is True and not target.user.deleted:
                self._joined(case, target.user)
            else:
                self._hard(case, target.user)
        addresses = None
        if case.action in _WRITES:
            addresses = names.settle(case, self._tenant, self._simulated, self._domains)
        if addresses is None:
            self._simulated.pass_over(case.target, case.user)
        else:
            self._simulated.export(
                case.target,
                case.user,
                case.future_upn,
                addresses,
                identifier_for(case.user),
                is_named=not self._domains.unknown or (case.future_upn is not None and DOMAINS not in case.doubts),
            )

    def _joined(self, case: Case, target: CloudUser) -> None:
        case.base, case.action = outcomes.MATCHED, outcomes.UPDATE
        case.reason = f"{target.name} is already synchronised with {case.user.name}."
        if case.block(self._blocks.authority(target)):
            case.action = outcomes.LEAVE
        elif case.block(self._blocks.update(target, case.user)):
            case.action = outcomes.ERROR
        case.doubts |= {OBJECT_IDENTIFIERS} & self._tenant.unknown

    def _hard(self, case: Case, target: CloudUser) -> None:
        case.base, case.action = outcomes.HARD_MATCH, outcomes.HARD_MATCH
        case.reason = f"{target.name} would be matched by its ImmutableId {case.user.anchor}."
        if case.block(self._blocks.authority(target)):
            case.action = outcomes.LEAVE
            return
        if target.deleted:
            # facts §1 "Soft-deleted holders": a sync would match and restore it.
            case.add(
                outcomes.BLOCKED,
                "deleted_holder",
                f"{target.name} in the recycle bin has the ImmutableId of {case.user.name}, and a sync would restore "
                "that user. Restore it yourself, or, if another cloud user is the right one, purge it.",
            )
        if case.block(self._blocks.hard(target, case.user)):
            case.action = outcomes.ERROR
        case.doubts |= self._blocks.doubts(target, hard=True)

    def _without_anchor(self, case: Case) -> None:
        switches = self._tenant.switches
        other = self._simulated.other_with_address(case.user.primary) if case.user.primary else None
        candidate, how = self._candidate(case)
        if switches.get(SOFT_SWITCH):
            if candidate or other:
                self._blocked_soft(case, candidate, how, other)
            return
        if other:
            case.action = outcomes.ERROR
            case.add(
                outcomes.TYPE_MISMATCH,
                f"held_by_{other.kind}",
                f"The primary address {case.user.primary} of {case.user.name} belongs to the {other}, so a sync would "
                "fail with ObjectTypeMismatch. Remove the address from one of the two.",
            )
            return
        if case.user.primary and how != _ADDRESS:
            case.doubts |= {CONTACTS, GROUPS} & self._tenant.unknown
        if candidate is not None:
            self._soft(case, candidate, how)
        else:
            case.reason = (
                f"No cloud user has the ImmutableId, the primary address or the UPN of {case.user.name}, so a sync "
                "would create a new cloud user."
            )

    def _blocked_soft(self, case: Case, candidate: SnapshotUser | None, how: str, other: AddressHolder | None) -> None:
        """Judge a case that a sync does not soft-match, because the tenant blocks that."""
        before = case.cloud = self._simulated.before(candidate) if candidate else None
        if before and before.user.immutable_id:
            self._conflict(case, before.user, how)
            return
        if before:
            self._say_formerly_synced(case, before.user)
        # facts §2 "Tenant switches": in place of a match, a sync makes a second, quarantined user.
        case.add(
            outcomes.BLOCKED,
            "switch_soft_match",
            f"The tenant blocks soft matches ({SOFT_SWITCH} is true), so a sync would create a second user in "
            f"addition to {candidate.user.name if candidate else other}. Set the ImmutableId first.",
        )

    def _candidate(self, case: Case) -> tuple[SnapshotUser | None, str]:
        user = case.user
        if user.primary:
            found = self._simulated.with_address(user.primary)
            if found:
                return found, _ADDRESS
        # If it was not read, it counts as on: tenants have it on, and cannot turn it off (facts §2).
        if user.upn and self._tenant.switches.get(UPN_SWITCH, True):
            return self._simulated.named(user.upn), _NAME
        return None, _NAME

    def _soft(self, case: Case, candidate: SnapshotUser, how: str) -> None:
        user, before = candidate.user, self._simulated.before(candidate)
        if before is None or (user.immutable_id and not before.user.immutable_id):
            # An earlier AD user of the list took or made this cloud user, so the value is quarantined.
            self._refuse_unless_quarantined(case, how)
            return
        case.cloud = before
        if case.block(self._blocks.authority(user)):
            case.action = outcomes.LEAVE
            return
        if case.block(self._blocks.assigned_roles(user)):
            self._say_formerly_synced(case, before.user)
            return
        if user.immutable_id:
            self._conflict(case, before.user, how)
            return
        self._say_formerly_synced(case, before.user)
        case.block(self._blocks.mapped_elsewhere(user, case.user, by_sync=False))
        case.base = case.action = outcomes.SOFT_MATCH
        case.target, case.cause = candidate, how
        by = f"the primary address {case.user.primary}" if how == _ADDRESS else f"the UPN {case.user.upn}"
        case.reason = (
            f"{before.user.name} has {by} and no ImmutableId, so a sync would match this user and set its ImmutableId."
        )
        case.doubts |= self._blocks.doubts(user, hard=False)
        unsaid = SOFT_SWITCH not in self._tenant.switches
        if unsaid or (how == _NAME and UPN_SWITCH not in self._tenant.switches):
            case.doubts.add(SWITCHES)

    def _conflict(self, case: Case, cloud: CloudUser, how: str) -> None:
        name, value = cloud.name, cloud.immutable_id
        self._say_formerly_synced(case, cloud)
        if self._domains.is_federated(cloud.user_principal_name):
            # facts §1 "Federated-domain UPN"
            case.add(
                outcomes.BLOCKED,
                "federated_domain",
                f"{name} has the ImmutableId {value} but needs {case.user.anchor}. Its UPN is in a federated domain, "
                "so the ImmutableId cannot be changed. Change the UPN to a managed domain for the time of the change.",
            )
        case.add(
            outcomes.CONFLICT,
            "anchor_differs",
            f"{name} has the ImmutableId {value}, not {case.user.anchor} of {case.user.name}. A sync would create a "
            "second user, in quarantine. Before you replace the ImmutableId, find out which AD account it belongs to.",
        )
        self._refuse_unless_quarantined(case, how)

    def _say_formerly_synced(self, case: Case, cloud: CloudUser) -> None:
        if cloud.sync_enabled is False:
            # facts §0.3
            case.add(
                outcomes.BLOCKED,
                "formerly_synced_user",
                formerly_synced(cloud.name, cloud.immutable_id),
            )

    def _refuse_unless_quarantined(self, case: Case, how: str) -> None:
        """Set the action to error if the tenant does not quarantine such conflicts (facts §2 "InvalidSoftMatch")."""
        switch = QUARANTINE_PROXY_SWITCH if how == _ADDRESS else QUARANTINE_UPN_SWITCH
        if not self._tenant.switches.get(switch, True):
            case.action = outcomes.ERROR
            held = names.taken(case, self._simulated)
            case.quarantined += held
            names.say_taken(case)
