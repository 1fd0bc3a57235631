# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AD users, cloud users and tenants in few words, for tests of the prediction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from support.ad_users import ad_user

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.snapshot_user import (
    SnapshotUser,
    make_snapshot_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import TenantSnapshot

GUIDS = [str(uuid.uuid5(uuid.NAMESPACE_OID, f"match {number}")) for number in range(9)]
VALUES = [immutable_id_of_guid(guid) for guid in GUIDS]
SWITCHES = {
    "blockCloudObjectTakeoverThroughHardMatchEnabled": False,
    "blockSoftMatchEnabled": False,
    "softMatchOnUpnEnabled": True,
    "quarantineUponUpnConflictEnabled": True,
    "quarantineUponProxyAddressesConflictEnabled": True,
    "allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled": False,
    "passwordSyncEnabled": False,
}
DOMAINS = [
    {"id": "contoso.onmicrosoft.com", "isVerified": True, "isInitial": True, "authenticationType": "Managed"},
    {"id": "contoso.com", "isVerified": True, "isInitial": False, "authenticationType": "Managed"},
    {"id": "fed.contoso.com", "isVerified": True, "isInitial": False, "authenticationType": "Federated"},
    {"id": "pending.com", "isVerified": False, "isInitial": False, "authenticationType": "Managed"},
]


def ad(number: int, **more: Any) -> AdUser:
    """user<number>@contoso.com of AD, without addresses."""
    known = {
        "user_principal_name": f"user{number}@contoso.com",
        "sam_account_name": f"user{number}",
        "distinguished_name": f"CN=User {number},DC=ad,DC=contoso,DC=com",
        "object_guid": GUIDS[number],
        "immutable_id": VALUES[number],
        "proxy_addresses": [],
        "enabled": True,
    }
    return ad_user(**{**known, **more})


def cloud(number: int, value: int | str | None = None, deleted: bool = False, **more: Any) -> SnapshotUser:
    """user<number>@contoso.com of Entra; ``more`` are Graph's properties."""
    return make_snapshot_user(
        {
            "id": f"00000000-0000-4000-8000-{number:012d}",
            "userPrincipalName": f"User{number}@contoso.com",
            "onPremisesImmutableId": VALUES[value] if isinstance(value, int) else value,
            "onPremisesSyncEnabled": None,
            "accountEnabled": True,
            "mailNickname": f"user{number}",
            **more,
        },
        deleted,
    )


def tenant(*users: SnapshotUser, unknown: Iterable[str] = (), **more: Any) -> TenantSnapshot:
    """A tenant of which everything is known, save ``unknown``."""
    switches = {**SWITCHES, **more.pop("switches", {})}
    return TenantSnapshot(
        users=[each for each in users if not each.user.deleted],
        deleted=[each for each in users if each.user.deleted],
        switches=switches,
        **{"domains": DOMAINS, "identifiers_are_guids": True, "unknown": frozenset(unknown), **more},
    )
