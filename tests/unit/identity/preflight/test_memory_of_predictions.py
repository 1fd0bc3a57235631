# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a prediction takes of memory for each user, which bounds how many users one plan can have."""

from __future__ import annotations

import uuid

from match_estate import tenant
from support.memory import traced

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.snapshot_user import (
    SnapshotUser,
    make_snapshot_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import predict

USERS = 2000
MOST = 1500
"""Bytes a user. 1,258 were measured, and 1,902 with a set for each value that somebody holds."""


def test_a_prediction_takes_at_most_so_many_bytes_a_user() -> None:
    pairs = [_pair(number) for number in range(USERS)]
    around = tenant(*(cloud for _ad, cloud in pairs))
    users = [ad for ad, _cloud in pairs]
    predict(users[:2], around)
    found, _kept, peak = traced(lambda: predict(users, around))
    assert {each.outcome for each in found} == {"hard_match"}
    assert peak / USERS < MOST


def _pair(number: int) -> tuple[AdUser, SnapshotUser]:
    guid = str(uuid.UUID(int=number + 1))
    name = f"user{number:05d}@contoso.com"
    value = immutable_id_of_guid(guid)
    ad = AdUser(
        user_principal_name=name,
        sam_account_name=f"user{number:05d}",
        distinguished_name=f"CN=user{number:05d},OU=Staff,DC=ad,DC=contoso,DC=com",
        object_guid=guid,
        immutable_id=value,
        mail=name,
        proxy_addresses=(f"SMTP:{name}",),
        enabled=True,
    )
    cloud = {
        "id": guid[::-1],
        "userPrincipalName": name,
        "mail": name,
        "proxyAddresses": [f"SMTP:{name}"],
        "onPremisesImmutableId": value,
        "onPremisesSyncEnabled": None,
        "accountEnabled": True,
        "mailNickname": f"user{number:05d}",
    }
    return ad, make_snapshot_user(cloud, False)
