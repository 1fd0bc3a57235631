# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a preflight to the write: whom entra_immutable_id leaves alone, and whom its records mean."""

from __future__ import annotations

from typing import Any

from match_estate import VALUES, ad, cloud, tenant

from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import plan_changes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import read_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import RoleHolding
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import predict
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.result import (
    assume,
    build_result,
    refusal_sentence,
)

BOX: dict[str, Any] = {"mail": "box@contoso.com", "proxyAddresses": ["SMTP:box@contoso.com"]}


def test_the_write_takes_what_is_allowed_and_says_why_not_of_the_rest() -> None:
    admin = cloud(2)
    roles = {admin["id"]: [RoleHolding("direct", "Global Administrator", True)]}
    # The fourth would be soft-matched by address to a cloud user of another name: nobody asked to write that one.
    users = [cloud(1), admin, cloud(3, 8), cloud(7, **BOX)]
    snapshot = tenant(*users, roles=roles)
    records = [ad(1), ad(2), ad(3), ad(4, mail="box@contoso.com"), ad(5, status="missing", reason="Not there.")]
    found = predict(records, snapshot, after_hard_match=True)
    answer = build_result(found, snapshot, (), allowed=["hard_match", "soft_match"])
    assert [user["allowed"] for user in answer["users"]] == [True, False, False, True, False]
    assert answer["users"][3]["id"] == cloud(7)["id"]
    changes = plan_changes(read_requests(answer["users"]), UserIndex(users))
    assert [(change.status, change.cause) for change in changes] == [
        ("set", None),
        ("refused", "predicted_blocked"),
        ("refused", "different_immutable_id"),
        ("not_found", "no_cloud_user"),
        ("not_found", "ad_missing"),
    ]
    assert (changes[0].after, changes[1].reason) == (VALUES[1], answer["users"][1]["reason"])
    sentence = refusal_sentence(answer["users"])
    assert str(sentence).startswith("Nothing was written, because a sync would do with 3 of 5 users")


def test_vouching_fills_only_what_could_not_be_read() -> None:
    snapshot = tenant(cloud(1), switches={"blockSoftMatchEnabled": True}, unknown=["deleted_users", "contacts"])
    assumed = assume(snapshot, ["tenant_switches", "contacts"])
    assert assumed.switches["blockSoftMatchEnabled"] is True
    assert assumed.unknown == {"deleted_users"}
