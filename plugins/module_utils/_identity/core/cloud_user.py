# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud users: as Graph answers them, and as files and results have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from .identities.cloud_identity import CloudIdentity, identities_of

ENTRA_PROPERTIES = (
    "id",
    "userPrincipalName",
    "onPremisesImmutableId",
    "onPremisesSyncEnabled",
    "mail",
    "proxyAddresses",
    "accountEnabled",
)
"""The Graph properties of a cloud user. Graph returns most of them only if they are selected (facts §1)."""


class CloudRecord(TypedDict):
    """A cloud user in files and results. ``sync_enabled`` has three values (facts §0.3)."""

    id: str
    user_principal_name: str | None
    immutable_id: str | None
    sync_enabled: bool | None
    object_identifier: str | None
    mail: str | None
    proxy_addresses: list[str]
    enabled: bool | None
    deleted: bool


@dataclass(slots=True)
class CloudUser:
    """A user as Graph answered it. What more a task reads of users is in a class of that task, which holds this one.

    Nobody changes one. It is not frozen only because making a frozen one takes three times as long.
    ``sync_enabled`` has three values (facts §0.3). ``proxy_addresses`` are sorted. ``deleted``: whether the user is in
    the recycle bin. ``unreadable`` names the properties that could not be read, so that the user must not be changed.
    """

    id: str
    user_principal_name: str | None
    immutable_id: str | None
    sync_enabled: bool | None
    mail: str | None
    proxy_addresses: tuple[str, ...]
    enabled: bool | None
    deleted: bool
    unreadable: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the user in sentences."""
        return self.user_principal_name or self.id

    def identities(self) -> list[CloudIdentity]:
        """Return the identities that name the user."""
        return identities_of(self.id, self.user_principal_name)

    def record(self, object_identifier: str | None = None) -> CloudRecord:
        """Return the user for a file or a result. ``object_identifier``: onPremisesObjectIdentifier, if it was read."""
        return CloudRecord(
            id=self.id,
            user_principal_name=self.user_principal_name,
            immutable_id=self.immutable_id,
            sync_enabled=self.sync_enabled,
            object_identifier=object_identifier,
            mail=self.mail,
            proxy_addresses=list(self.proxy_addresses),
            enabled=self.enabled,
            deleted=self.deleted,
        )


def make_cloud_user(user: Mapping[str, Any], deleted: bool = False, unreadable: Sequence[str] = ()) -> CloudUser:
    """Make a cloud user of Graph's JSON. ``unreadable`` names the properties that were taken out of it."""
    return CloudUser(
        user["id"],
        user.get("userPrincipalName"),
        user.get("onPremisesImmutableId"),
        user.get("onPremisesSyncEnabled"),
        user.get("mail"),
        tuple(sorted(user.get("proxyAddresses") or ())),
        user.get("accountEnabled"),
        deleted,
        tuple(unreadable),
    )
