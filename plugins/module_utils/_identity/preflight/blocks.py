# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stops a sync from taking over a cloud user: switches, roles, mappings, the source of authority (facts §2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..core.cloud_user import CloudUser
from ..core.errors import InputError
from ..core.identities.anchors import guid_of_immutable_id, immutable_id_of_guid
from ..core.identities.comparison import entra_key
from ..entra.role_holdings import APP_OWNER
from ..entra.tenant_snapshot import (
    APP_OWNERS,
    DELETED_USERS,
    HARD_SWITCH,
    IDENTIFIER_SWITCH,
    OBJECT_IDENTIFIERS,
    ROLE_ASSIGNMENTS,
    ROLE_ELIGIBILITY,
    ROLE_GROUPS,
    SOURCE_OF_AUTHORITY,
    SWITCHES,
    RoleHolding,
    TenantSnapshot,
)
from .exported import Exported
from .simulated_tenant import SimulatedTenant

_OWNER = "owner"


@dataclass(frozen=True)
class Block:
    """Why a cloud user may not be taken over.

    ``by_sync`` says whether the sync itself refuses it. If not, only this collection does, because Microsoft's pages
    leave it open or because a person should decide.
    """

    cause: str
    reason: str
    by_sync: bool


class Blocks:
    """The rules for one tenant. A target is a user of the simulated tenant."""

    def __init__(self, tenant: TenantSnapshot, simulated: SimulatedTenant, identifiers_are_guids: bool) -> None:
        self._tenant = tenant
        self._simulated = simulated
        self._guids = identifiers_are_guids

    def hard(self, target: CloudUser, user: Exported) -> list[Block]:
        """Return what prevents a hard match with a target that has the user's ImmutableId."""
        name = target.name
        blocks: list[Block] = []
        if self._tenant.switches.get(HARD_SWITCH):
            blocks.append(
                Block(
                    "switch_hard_match",
                    f"The tenant blocks hard matches ({HARD_SWITCH} is true), so {name} would not be matched. Turn "
                    "the switch off for the time of the sync.",
                    True,
                )
            )
        blocks += self.roles(target)
        blocks += self.mapped_elsewhere(target, user, by_sync=True)
        return blocks

    def roles(self, target: CloudUser) -> list[Block]:
        """Return a block for each role of the target, or what is as much as one (facts §2 "2026 hardening").

        Microsoft's page says "privileged role", the message "a Microsoft Entra role". So each role is a block, but the
        sync is certain to refuse only privileged ones, and not those of a group's owner.
        """
        return [_role_block(target.name, holding) for holding in self._holdings(target)]

    def assigned_roles(self, target: CloudUser) -> list[Block]:
        """Return what prevents a soft match: a directory role of any kind (facts §2 "Admin (soft match)")."""
        name = target.name
        blocks = []
        for holding in self._holdings(target):
            if holding.how == "direct":
                cause = "privileged_role" if holding.privileged else "directory_role"
                reason = (
                    f"{name} has the role {holding.name}, and users with a role are never soft-matched. The sync would "
                    "create a second user. Remove the role until the sync has ended."
                )
                blocks.append(Block(cause, reason, True))
            else:
                # Microsoft does not say whether a role that comes from a group, or may be activated, counts too.
                block = _role_block(name, holding)
                blocks.append(Block(block.cause, block.reason, False))
        return blocks

    def _holdings(self, target: CloudUser) -> Sequence[RoleHolding]:
        return sorted(self._tenant.holdings(target), key=_weight)

    def mapped_elsewhere(self, target: CloudUser, user: Exported, by_sync: bool) -> list[Block]:
        """Return a block if the target is mapped to another AD object: it stays mapped to it (facts §2, MC1263280)."""
        identifier = self._simulated.identifier(target)
        if not identifier or self._tenant.switches.get(IDENTIFIER_SWITCH) or is_identifier_of(identifier, user):
            return []
        return [
            Block(
                "other_object_identifier",
                f"{target.name} is mapped to another AD object (onPremisesObjectIdentifier {identifier}), and a sync "
                "cannot change this. If this is the right AD account, clear the property first.",
                by_sync,
            )
        ]

    def update(self, target: CloudUser, user: Exported) -> list[Block]:
        """Return what prevents an update of a user that is already joined: only a mapping to another object.

        Microsoft does not say what an identifier consists of, so this counts only if it is known to be the GUID.
        """
        return self.mapped_elsewhere(target, user, by_sync=True) if self._guids else []

    def authority(self, target: CloudUser) -> list[Block]:
        """Return a block if the source of authority is the cloud: the user takes nothing from AD (facts §2 "SOA")."""
        if target.id not in self._tenant.cloud_managed:
            return []
        return [
            Block(
                "cloud_source_of_authority",
                f"The source of authority of {target.name} is the cloud (isCloudManaged is true), so it takes no "
                "values from AD. If you want AD to manage this user, change the source of authority first.",
                True,
            )
        ]

    def doubts(self, target: CloudUser, hard: bool) -> set[str]:
        """Return the unknown aspects of the tenant that could prevent a match."""
        aspects = {ROLE_ASSIGNMENTS, ROLE_ELIGIBILITY, ROLE_GROUPS, APP_OWNERS, SOURCE_OF_AUTHORITY, OBJECT_IDENTIFIERS}
        # facts §1 "Soft-deleted holders": a deleted user may hold the same ImmutableId, and be matched instead.
        doubts = (aspects | {DELETED_USERS}) & self._tenant.unknown
        if target.id in self._tenant.authority_read:
            doubts.discard(SOURCE_OF_AUTHORITY)
        return doubts | ({SWITCHES} if hard and HARD_SWITCH not in self._tenant.switches else set())


def _weight(holding: RoleHolding) -> tuple[bool, bool, str]:
    return (not _refused(holding), holding.how != "direct", str(holding.name or holding.group))


def _refused(holding: RoleHolding) -> bool:
    return holding.privileged is True and holding.how != _OWNER


def _role_block(name: str, holding: RoleHolding) -> Block:
    certain = _refused(holding)
    privileged = "privileged role" if holding.privileged else "role"
    advice = ". Remove it until the sync has ended."
    if holding.group is not None:
        belongs = "an owner" if holding.how == _OWNER else "a member"
        has = f", which holds the {privileged} {holding.name}" if holding.name else ""
        return Block(
            "role_assignable_group",
            f"{name} is {belongs} of the role-assignable group {holding.group}{has}. Remove the user from the group "
            "until the sync has ended.",
            certain,
        )
    if holding.how == APP_OWNER:
        return Block(
            "app_owner",
            f"{name} owns the app that signs in, so an attacker who takes over this user can act as the app. An "
            "administrator must match this user by hand, or remove the ownership until the sync has ended.",
            certain,
        )
    if holding.how == "eligible":
        return Block(
            "eligible_role",
            f"{name} is eligible for the {privileged} {holding.name}, and Entra ID refuses a hard match of such "
            f"users{'' if certain else ', at least if the role is privileged'}{advice}",
            certain,
        )
    return Block(
        "privileged_role" if holding.privileged else "directory_role",
        f"{name} has the {privileged} {holding.name}, and Entra ID refuses a hard match of such "
        f"users{'' if certain else ', at least if the role is privileged'}{advice}",
        certain,
    )


def is_identifier_of(identifier: str, user: Exported) -> bool:
    """Return whether an onPremisesObjectIdentifier is the AD user's GUID or the GUID of its anchor, in any form."""
    guids = [str(text) for text in (user.ad.object_guid, _anchor_guid(user)) if text]
    return entra_key(identifier) in map(entra_key, guids) or identifier in filter(None, map(_base64, guids))


def _base64(guid: str) -> str | None:
    try:
        return immutable_id_of_guid(guid)
    except InputError:
        return None


def _anchor_guid(user: Exported) -> str | None:
    try:
        return str(guid_of_immutable_id(user.anchor or ""))
    except InputError:
        return None


def identifier_for(user: Exported) -> str | None:
    """Return the identifier that a sync is assumed to write."""
    return _anchor_guid(user) or user.anchor


def identifiers_are_guids(tenant: TenantSnapshot, holders: Iterable[tuple[CloudUser, Exported]]) -> bool:
    """Return whether the snapshot or a synchronised user shows that the identifier is the AD object's GUID."""
    if tenant.identifiers_are_guids is not None:
        return tenant.identifiers_are_guids
    return any(
        is_identifier_of(tenant.identifiers[target.id], user)
        for target, user in holders
        if target.sync_enabled and target.id in tenant.identifiers
    )
