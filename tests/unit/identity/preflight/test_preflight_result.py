# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a preflight to the write: whom entra_immutable_id leaves alone, and whom its records mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from match_estate import VALUES, ad, cloud, tenant

from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import plan_changes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import read_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import (
    RoleHolding,
    TenantSnapshot,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import predict
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predictions import Prediction
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.result import (
    build_result,
    refusal_sentence,
    skip_checks,
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


def test_a_skipped_check_fills_only_what_could_not_be_read() -> None:
    snapshot = tenant(cloud(1), switches={"blockSoftMatchEnabled": True}, unknown=["deleted_users", "contacts"])
    skipped = skip_checks(snapshot, ["tenant_switches", "contacts"])
    assert skipped.switches["blockSoftMatchEnabled"] is True
    assert skipped.unknown == {"deleted_users"}


def prepared(count: int, unread: list[str], **more: Any) -> tuple[list[Prediction], TenantSnapshot]:
    users = [cloud(number, number) for number in range(1, count + 1)]
    snapshot = replace(tenant(*users, unknown=unread, switches={"passwordSyncEnabled": True}), **more)
    return predict([ad(number) for number in range(1, count + 1)], snapshot), snapshot


def test_what_most_apps_cannot_read_is_said_once_and_everybody_is_matched() -> None:
    unread = ["tenant_switches", "source_of_authority", "app_owners"]
    found, snapshot = prepared(8, unread, switches={}, pim_licensed=False)
    result = build_result(found, snapshot, unread, allowed=["matched", "hard_match"])
    assert {(user["outcome"], user["allowed"]) for user in result["users"]} == {("hard_match", True)}
    assert refusal_sentence(result["users"]) is None
    switches, owners, authority, hash_sync, pim = result["caveats"]
    assert "tenant_switches" in switches
    assert "Application.Read.All" in owners
    assert "check_source_of_authority" in authority
    assert "passwordSyncEnabled" in hash_sync
    assert "nobody is eligible" in pim
    assert {(each["what"], each["effect"], each["skipped"]) for each in result["unknown"]} == {
        (what, "caveat", False) for what in unread
    }
    # They concern nobody whose match is made already.
    joined = [cloud(1, 1, onPremisesSyncEnabled=True)]
    done = replace(snapshot, users=joined, pim_licensed=True)
    assert build_result(predict([ad(1)], done), done, unread)["caveats"] == []


def test_an_unread_role_is_one_sentence_however_many_users_it_stops() -> None:
    found, snapshot = prepared(8, ["role_eligibility"])
    result = build_result(found, snapshot, ["role_eligibility"], allowed=["matched", "hard_match"])
    sentence = str(refusal_sentence(result["users"]))
    assert "8 of 8 users" in sentence
    assert sentence.count("may not read who is eligible for a role") == 1
    assert (
        "user1@contoso.com (blocked), user2@contoso.com (blocked), user3@contoso.com (blocked) and 5 more: " in sentence
    )
    assert result["caveats"] == []


def test_a_skipped_check_is_a_caveat() -> None:
    read, names = ["role_assignments", "contacts"], ["role_assignments", "contacts", "groups"]
    found, snapshot = prepared(2, [])
    result = build_result(found, snapshot, read, names)
    roles, contacts = result["caveats"]
    assert "skip_checks names role_assignments, so an administrator may be among these users" in roles
    assert "skip_checks names contacts, so nothing of that stops a match" in contacts
    assert [each["skipped"] for each in result["unknown"]] == [True, True]
