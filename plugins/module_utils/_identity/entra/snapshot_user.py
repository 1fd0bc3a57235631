# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a prediction needs of the objects of a tenant: its users, and all else that may hold an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.attribute_map import Sent, entra_attributes, entra_properties
from ..core.cloud_user import ENTRA_PROPERTIES, CloudUser, make_cloud_user
from ..core.identities.comparison import entra_key

SNAPSHOT_PROPERTIES = tuple(
    dict.fromkeys(
        (
            *ENTRA_PROPERTIES,
            "mailNickname",
            "onPremisesUserPrincipalName",
            "onPremisesProvisioningErrors",
            "userType",
            "assignedLicenses",
            *entra_properties(),
        )
    )
)
"""The Graph properties of a user in a snapshot."""

CONTACT, GROUP = "contact", "group"


@dataclass(slots=True)
class SnapshotUser:
    """A user of a tenant, as it was read, or as a sync would leave it.

    ``attributes``: what a sync would overwrite, as ``entra_attributes`` returns it; empty if it was not read.
    ``is_licensed``: None if that was not read.
    """

    user: CloudUser
    mail_nickname: str | None = None
    on_premises_user_principal_name: str | None = None
    upn_in_quarantine: bool = False
    attributes: Sent = ()
    is_guest: bool = False
    is_licensed: bool | None = None


@dataclass(slots=True)
class AddressHolder:
    """A contact or a group, which may hold an address that a user should get. ``kind`` is CONTACT or GROUP."""

    kind: str
    id: str
    name: str | None
    proxy_addresses: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.id}"


def make_snapshot_user(user: Mapping[str, Any], deleted: bool = False, unreadable: Sequence[str] = ()) -> SnapshotUser:
    """Make a snapshot user of Graph's JSON. ``unreadable`` names the properties that were taken out of it."""
    problems = user.get("onPremisesProvisioningErrors") or ()
    return SnapshotUser(
        make_cloud_user(user, deleted, unreadable),
        user.get("mailNickname"),
        user.get("onPremisesUserPrincipalName"),
        any(problem.get("propertyCausingError") == "UserPrincipalName" for problem in problems),
        entra_attributes(user),
        entra_key(user.get("userType") or "") == "guest",
        bool(user["assignedLicenses"]) if user.get("assignedLicenses") is not None else None,
    )


def make_address_holder(kind: str, found: Mapping[str, Any]) -> AddressHolder:
    """Make a contact or a group of Graph's JSON."""
    return AddressHolder(kind, found["id"], found.get("displayName"), tuple(sorted(found.get("proxyAddresses") or ())))
