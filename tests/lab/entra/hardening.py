# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a hard match: the tenant's switch, and the hardening of 2026 (facts §2)."""

from __future__ import annotations

from .cloud import Cloud
from .incoming import Incoming
from .permissions import direct_roles
from .roles import PRIVILEGED
from .store import Record


class Refused(Exception):
    """An export error: its code (facts §2 "Export errors") and a text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check_hard_match(cloud: Cloud, target: Record, incoming: Incoming) -> None:
    """Raise Refused InvalidHardMatch where the cloud user may not be taken over."""
    if cloud.switch("blockCloudObjectTakeoverThroughHardMatchEnabled"):
        # facts §2, "InvalidHardMatch": the text when the switch is on.
        raise Refused(
            "InvalidHardMatch",
            "Another cloud created object with the same source anchor already exists in Azure Active Directory.",
        )
    if _is_privileged(cloud, target):
        # facts §2 "Blocked when the target": a privileged role, eligibility for one, soft-deleted and privileged. The
        # text of this case is [NF].
        where = "deleted user" if target.get("deletedDateTime") else "user"
        raise Refused("InvalidHardMatch", f"Hard match operation blocked: the {where} holds a privileged role.")
    if _is_mapped_elsewhere(cloud, target, incoming):
        # facts §2, MC1263280: the text.
        raise Refused(
            "InvalidHardMatch",
            "Hard match operation blocked due to security hardening. Review OnPremisesObjectIdentifier mapping.",
        )


def check_update(cloud: Cloud, target: Record, incoming: Incoming) -> None:
    """facts §2, MC1263280 and "Numeric codes": a mapping, once made, does not change with an update either."""
    if _is_mapped_elsewhere(cloud, target, incoming):
        raise Refused("AttributeUpdateNotAllowed", "OnPremisesObjectIdentifier cannot be changed.")


def _is_mapped_elsewhere(cloud: Cloud, target: Record, incoming: Incoming) -> bool:
    held = target.get("lab", {}).get("onPremisesObjectIdentifier")
    allowed = cloud.switch("allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled")
    return bool(held) and held != incoming.identifier and not allowed


def _is_privileged(cloud: Cloud, target: Record) -> bool:
    """Assigned or eligible (PIM), directly or by a group that holds the role.

    facts §2: MC1262584 says "holds a Microsoft Entra role", the docs page "privileged role". The lab takes the page;
    with the setting `anyRoleBlocksHardMatch`, the message.
    """
    held = {*direct_roles(target), *target.get("lab", {}).get("eligibleRoles", ())}
    for group in cloud.store.of("group").values():
        if target["id"] in group.get("members", ()):
            held |= {*group.get("roles", ()), *group.get("eligibleRoles", ())}
    return bool(held) if cloud.settings["anyRoleBlocksHardMatch"] else bool(held & PRIVILEGED)
