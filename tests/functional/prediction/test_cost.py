# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""10,000 AD users against 10,000 cloud users: what it costs, and that twice as many cost about twice as much."""

from __future__ import annotations

import gc
import time
import uuid
from collections import Counter
from typing import Any

from support.ad_users import ad_user

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core import outcomes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.snapshot_user import (
    CONTACT,
    AddressHolder,
    SnapshotUser,
    make_snapshot_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import (
    RoleHolding,
    TenantSnapshot,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight import predict

SWITCHES = {
    "blockCloudObjectTakeoverThroughHardMatchEnabled": False,
    "blockSoftMatchEnabled": False,
    "softMatchOnUpnEnabled": True,
    "quarantineUponUpnConflictEnabled": True,
    "quarantineUponProxyAddressesConflictEnabled": True,
    "allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled": False,
    "passwordSyncEnabled": True,
}
DOMAINS = [
    {"id": "contoso.onmicrosoft.com", "isVerified": True, "isInitial": True, "authenticationType": "Managed"},
    {"id": "contoso.com", "isVerified": True, "isInitial": False, "authenticationType": "Managed"},
]
PROFILE = {"department": "Sales", "job_title": "Clerk", "city": None}


def _pair(number: int) -> tuple[AdUser, SnapshotUser]:
    """An AD user and a cloud user; by number they match by anchor, address or name, are at odds, or are strangers."""
    guid = str(uuid.UUID(int=number + 1))
    case = number % 6
    name = f"user{number}"
    ad = ad_user(
        user_principal_name=f"{name}@contoso.com",
        sam_account_name=name,
        distinguished_name=f"CN={name},DC=ad,DC=contoso,DC=com",
        object_guid=guid,
        immutable_id=immutable_id_of_guid(guid),
        mail=f"{name}@contoso.com" if case != 2 else None,
        proxy_addresses=[f"SMTP:{name}@contoso.com", f"smtp:{name}.old@contoso.com"] if case == 1 else [],
        enabled=True,
        attributes=PROFILE,
    )
    own, foreign = immutable_id_of_guid(guid), immutable_id_of_guid(str(uuid.UUID(int=1 << 100 | number)))
    cloud: dict[str, Any] = {
        "id": str(uuid.UUID(int=(number + 1) << 64)),
        "userPrincipalName": f"{'other' if case == 5 else ''}{name}@contoso.com",
        "accountEnabled": True,
        "onPremisesImmutableId": {0: own, 4: own, 3: foreign}.get(case),
        "onPremisesSyncEnabled": True if case == 4 else None,
        "proxyAddresses": [f"SMTP:{name}@contoso.com"] if case in (0, 1, 3, 4) else [],
        "department": "Ops",
        "jobTitle": PROFILE["job_title"],
        "city": "Berlin",
    }
    return ad, make_snapshot_user(cloud)


def _estate(count: int) -> tuple[list[AdUser], TenantSnapshot]:
    pairs = [_pair(number) for number in range(count)]
    users = [cloud for _ad, cloud in pairs]
    roles = {each.user.id: [RoleHolding("direct", "Directory Readers", False)] for each in users[:: count // 20]}
    contacts = [AddressHolder(CONTACT, f"c{each}", "C", (f"SMTP:c{each}@x.com",)) for each in range(500)]
    snapshot = TenantSnapshot(users=users, domains=DOMAINS, switches=SWITCHES, roles=roles, contacts=contacts)
    return [ad for ad, _cloud in pairs], snapshot


def _seconds(ad_users: list[AdUser], snapshot: TenantSnapshot) -> float:
    """CPU time of one prediction, the list of cloud-only users included."""
    gc.collect()
    started = time.process_time()
    predict.cloud_only(predict.predict(ad_users, snapshot), snapshot)
    return time.process_time() - started


def test_every_case_is_in_the_ten_thousand() -> None:
    ad_users, snapshot = _estate(10_000)
    found = predict.predict(ad_users, snapshot)
    counts = Counter(each.outcome for each in found)
    assert counts[outcomes.HARD_MATCH] > 1500
    assert counts[outcomes.SOFT_MATCH] > 3000
    assert counts[outcomes.CONFLICT] > 1500
    assert counts[outcomes.MATCHED] > 1500
    assert counts[outcomes.NEW_CLOUD_USER] > 1500
    assert counts[outcomes.BLOCKED] > 0
    assert len(predict.cloud_only(found, snapshot)) == sum(1 for number in range(10_000) if number % 6 == 5)


def test_the_cost_is_linear_in_users() -> None:
    """A pairwise scan has a ratio of four on every machine. Others only add to a time, so the shortest ones count."""
    estates = _estate(5_000), _estate(10_000)
    half = whole = float("inf")
    for _attempt in range(10):
        half, whole = min(half, _seconds(*estates[0])), min(whole, _seconds(*estates[1]))
        if whole / half < 2.5:
            break
    print(f"5,000: {half:.2f} s, 10,000: {whole:.2f} s of CPU; ratio {whole / half:.2f}")
    assert whole / half < 3
