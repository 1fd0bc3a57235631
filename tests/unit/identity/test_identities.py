# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The identities of cloud users: what they are, and that no module takes a look-alike for the real user."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.look_alikes import LOOK_ALIKES

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.changes import AccountChange
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.directory import AccountDirectory
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.given_passwords import GivenPasswords
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.paths import read_paths
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.plan import Rules, plan_accounts
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.requests import read_account_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.state import ACCOUNT, account_state
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.anchor_requests import read_anchor_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.lookup import (
    Candidate,
    match_identities,
    read_identities,
    upn_identity,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.objects import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import (
    CloudUser,
    make_cloud_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.cloud_identity import (
    OBJECT_ID,
    UPN,
    read_identity,
    read_object_id,
    read_upn,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.comparison import entra_key
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.upn import (
    is_possible_upn,
    upn_fault,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.rollback import Undo
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.deleted_holders import RESTORE
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.domains import Domains
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import plan_changes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import (
    read_requests,
    request_restores,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.snapshot_user import SnapshotUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import TenantSnapshot
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_choice import (
    Choice,
    choose_asked,
    make_described_user,
    read_domains,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import cloud_only, predict
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback.account_restores import plan_rollback
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.expectations import read_expectations
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.proof import prove
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.synced_tenant import (
    SyncedTenant,
    make_synced_user,
)

GUIDS = [str(uuid.uuid5(uuid.NAMESPACE_OID, f"identity {number}")) for number in range(4)]
VALUES = [immutable_id_of_guid(guid) for guid in GUIDS]
PAIRS = [(real, look_alike) for real, look_alike, _character in LOOK_ALIKES]
OU = "OU=Staff,DC=ad,DC=contoso,DC=com"


def cloud(upn: str, number: int = 1, value: str | None = None, deleted: bool = False) -> CloudUser:
    graph_user = {"id": GUIDS[number], "userPrincipalName": upn, "onPremisesImmutableId": value}
    return make_cloud_user(graph_user, deleted)


def snapshot(*users: CloudUser, **more: Any) -> TenantSnapshot:
    return TenantSnapshot([SnapshotUser(user) for user in users], **more)


SID = "S-1-5-21-1-2-3-1104"


def ad(upn: str, number: int) -> dict[str, Any]:
    name = f"CN=user {number},{OU}"
    return {"user_principal_name": upn, "distinguished_name": name, "immutable_id": VALUES[number], "status": "found"}


def ad_user(upn: str, number: int) -> AdUser:
    return AdUser(upn, distinguished_name=f"CN=user {number},{OU}", immutable_id=VALUES[number])


@pytest.mark.parametrize(("real", "look_alike", "character"), LOOK_ALIKES)
def test_a_look_alike_is_refused_and_the_real_user_is_not(real: str, look_alike: str, character: str) -> None:
    requests = read_requests([ad(real, 1), ad(look_alike, 2)])
    matched, refused = plan_changes(requests, UserIndex([cloud(real.upper())]))
    assert (matched.status, matched.after) == ("set", VALUES[1])
    assert (refused.status, refused.cause, refused.target) == ("refused", "invalid_upn", None)
    assert f"because it contains {character}" in str(refused.reason)


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_a_look_alike_alone_finds_nobody(real: str, look_alike: str) -> None:
    for record in (ad(look_alike, 2), {**ad(look_alike, 2), "outcome": "hard_match", "allowed": True}):
        (change,) = plan_changes(read_requests([record]), UserIndex([cloud(real)]))
        assert (change.cause, change.target, change.changed) == ("invalid_upn", None, False)
    (change,) = plan_changes(read_requests([ad(look_alike, 2)], clear=True), UserIndex([cloud(real, 1, VALUES[1])]))
    assert (change.target, change.changed) == (None, False)


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_a_cloud_user_whom_graph_finds_for_another_name_is_not_written(real: str, look_alike: str) -> None:
    # Graph may answer with the look-alike if it is asked for the real user.
    (change,) = plan_changes(read_requests([ad(real, 1)]), UserIndex([cloud(look_alike)]))
    assert (change.status, change.cause) == ("not_found", "no_cloud_user")
    both = UserIndex([cloud(look_alike, 1), cloud(real, 2), cloud(look_alike, 3)])
    (change,) = plan_changes(read_requests([ad(real, 1)]), both)
    assert change.target == cloud(real, 2)


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_a_deleted_user_is_not_restored_for_a_look_alike(real: str, look_alike: str) -> None:
    holder = cloud(GUIDS[1].replace("-", "") + look_alike, 1, VALUES[1], deleted=True)
    (change,) = plan_changes(read_requests([ad(real, 1)]), UserIndex([holder]), {GUIDS[1]: RESTORE})
    assert (change.status, change.changed) == ("not_found", False)
    holder = cloud(GUIDS[1].replace("-", "") + real.upper(), 1, VALUES[1], deleted=True)
    (change,) = plan_changes(read_requests([ad(real, 1)]), UserIndex([holder]), {GUIDS[1]: RESTORE})
    assert change.status == "restored"


def test_an_object_id_as_a_upn_finds_nobody() -> None:
    for upn in (GUIDS[1], GUIDS[1].upper(), f"{{{GUIDS[1]}}}", "anna", "anna@", "@contoso.com"):
        (change,) = plan_changes(read_requests([ad(upn, 2)]), UserIndex([cloud("anna@contoso.com")]))
        assert (change.cause, change.target) == ("invalid_upn", None)
        assert f"A sync would replace the UPN {upn}" in str(change.reason)
        assert "name@domain" in str(change.reason)


def test_a_upn_as_an_object_id_finds_nobody() -> None:
    record = {"id": "anna@contoso.com", "immutable_id": VALUES[1]}
    (change,) = plan_changes(read_requests([record]), UserIndex([cloud("anna@contoso.com")]))
    assert (change.cause, change.target) == ("malformed_object_id", None)
    assert "is not the object id of a cloud user" in str(change.reason)


def test_a_journal_names_cloud_users_by_object_id_only() -> None:
    undos = [Undo(key, "a@x.com", "onPremisesImmutableId", (None,), VALUES[2]) for key in (GUIDS[1], "b@x.com")]
    restored, refused = plan_changes(request_restores(undos), UserIndex([cloud("a@x.com"), cloud("b@x.com", 2)]))
    assert (restored.status, restored.after) == ("set", VALUES[2])
    assert (refused.cause, refused.target) == ("not_restorable", None)


@pytest.mark.parametrize("guid", ["11111111-1111-1111-1111-111111111111", "abbaabba-baab-abba-0123-456789abcdef"])
def test_a_guid_that_reads_the_same_in_both_orders(guid: str) -> None:
    record = {"id": GUIDS[1], "object_guid": guid, "immutable_id": immutable_id_of_guid(guid)}
    (change,) = plan_changes(read_requests([record]), UserIndex([cloud("anna@contoso.com")]))
    assert (change.status, change.after) == ("set", immutable_id_of_guid(guid))


@pytest.mark.parametrize("after_hard_match", [False, True])
@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_a_preflight_predicts_no_match_for_a_look_alike(real: str, look_alike: str, after_hard_match: bool) -> None:
    domains = [{"id": "Contoso.com", "isVerified": True}, {"id": "c.onmicrosoft.com", "isInitial": True}]
    tenant = snapshot(cloud(real.upper()), domains=domains)
    requests = read_requests([ad(real, 1), ad(look_alike, 2)])
    planned = plan_changes(requests, UserIndex([cloud(real.upper())])) if after_hard_match else []
    matched, refused = predict([ad_user(real, 1), ad_user(look_alike, 2)], tenant, planned)
    assert matched.cloud == cloud(real.upper())
    assert matched.sync_action == ("hard_match" if after_hard_match else "soft_match")
    assert (refused.outcome, refused.cause, refused.cloud) == ("invalid", "invalid_upn", None)
    assert [user.id for user in cloud_only([refused], tenant)] == [GUIDS[1]]


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_a_proof_is_of_the_user_with_exactly_this_name(real: str, look_alike: str) -> None:
    synced: dict[str, Any] = {
        "onPremisesSyncEnabled": True,
        "onPremisesLastSyncDateTime": None,
        "onPremisesProvisioningErrors": [],
        "onPremisesSecurityIdentifier": SID,
    }
    answer = {"id": GUIDS[1], "userPrincipalName": real, "onPremisesImmutableId": VALUES[1], **synced}
    tenant = SyncedTenant([make_synced_user(answer)])
    (found,) = prove(read_expectations([{**ad(real.upper(), 1), "object_sid": SID}]), tenant)
    assert found.status == "verified"
    (left_out,) = prove(read_expectations([ad(look_alike, 1)]), tenant)
    assert left_out.status == "skipped"
    assert "A sync would replace the UPN" in str(left_out.reason)
    other = SyncedTenant([make_synced_user({**answer, "userPrincipalName": look_alike, "onPremisesImmutableId": None})])
    (missing,) = prove(read_expectations([ad(real, 1)]), other)
    assert missing.status == "not_found"


def test_a_proof_takes_no_upn_for_an_object_id() -> None:
    records = [{"user_principal_name": GUIDS[1]}, {"id": "anna@contoso.com"}]
    tenant = SyncedTenant([make_synced_user({"id": GUIDS[1], "userPrincipalName": "anna@contoso.com"})])
    assert [finding.status for finding in prove(read_expectations(records), tenant)] == ["skipped", "skipped"]


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_cloud_users_are_chosen_by_exactly_their_names(real: str, look_alike: str) -> None:
    users = [make_described_user({"id": GUIDS[1], "userPrincipalName": look_alike})]
    (missing,) = choose_asked([read_identity(real)], users, Choice())
    assert (missing["status"], missing["id"]) == ("not_found", None)
    domains = Choice(domains=frozenset({"contoso.com"}))
    of_domain = domains.objection(users[0]) is None
    assert of_domain is (look_alike.endswith("@contoso.com"))


@pytest.mark.parametrize("text", ["conto\u017fo.com", "contoso.com\u00a0", " contoso.com", "a@contoso.com", "", "@"])
def test_a_domain_that_no_cloud_user_can_have(text: str) -> None:
    with pytest.raises(InputError, match=r"correct it|write it as"):
        read_domains(["@Contoso.com", text])


def test_domains_are_compared_without_folding() -> None:
    assert read_domains(["@Contoso.com"]) == {"contoso.com"}
    domains = Domains(TenantSnapshot([], domains=[{"id": "Contoso.COM", "isVerified": True}]))
    assert domains.is_verified("contoso.com")
    assert not domains.is_verified("conto\u017fo.com")


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_an_identity_means_the_ad_user_with_exactly_this_upn(real: str, look_alike: str) -> None:
    candidates = [
        Candidate(GUIDS[number], f"CN=user {number},{OU}", (upn,), (upn,))
        for number, upn in enumerate([real.upper(), look_alike])
    ]
    (match,) = match_identities(read_identities([real]), candidates)
    assert [candidate.object_guid for candidate in match.candidates] == [GUIDS[0]]
    (match,) = match_identities([upn_identity(real)], candidates)
    assert [candidate.object_guid for candidate in match.candidates] == [GUIDS[0]]
    if look_alike == look_alike.strip():
        (match,) = match_identities(read_identities([look_alike]), candidates)
        assert [candidate.object_guid for candidate in match.candidates] == [GUIDS[1]]
    else:
        with pytest.raises(InputError, match="begins or ends with"):
            read_identities([look_alike])


def test_accents_that_are_decomposed_mean_the_same_ad_user() -> None:
    candidate = Candidate(GUIDS[0], f"CN=a,{OU}", ("J\u00fcrgen@contoso.com",))
    (match,) = match_identities(read_identities(["Ju\u0308rgen@contoso.com"]), [candidate])
    assert match.candidates == (candidate,)


@pytest.mark.parametrize(("look_alike", "character"), [each[1:] for each in LOOK_ALIKES])
def test_an_anchor_is_not_stamped_for_a_look_alike(look_alike: str, character: str) -> None:
    records = [{"user_principal_name": upn, "immutable_id": VALUES[1]} for upn in (look_alike, GUIDS[1])]
    refused, no_upn = read_anchor_requests([{**records[0], "immutable_id": VALUES[2]}, records[1]])
    assert refused.refusal
    assert no_upn.refusal
    assert (refused.refusal.cause, no_upn.refusal.cause) == ("invalid_upn", "invalid_upn")
    assert f"because it contains {character}" in refused.refusal.reason


def account(upn: str, number: int = 1) -> AdObject:
    attributes = {
        "objectguid": [uuid.UUID(GUIDS[number]).bytes_le],
        "userprincipalname": [upn.encode()],
        "samaccountname": [f"user{number}".encode()],
        "objectclass": [b"top", b"person", b"organizationalPerson", b"user"],
        "samaccounttype": [b"805306368"],
        "useraccountcontrol": [b"512"],
    }
    return AdObject(f"CN=user {number},{OU}", attributes)


def plan(records: list[dict[str, Any]], *found: AdObject) -> list[AccountChange]:
    schema = {"userprincipalname": 1024, "displayname": 256}
    requests = read_account_requests(records, GivenPasswords())
    return plan_accounts(requests, AccountDirectory(found), Rules(read_paths(OU, ())), schema, lambda _text: None)


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_an_ad_account_is_found_by_exactly_its_upn(real: str, look_alike: str) -> None:
    (change,) = plan([{"user_principal_name": real}], account(look_alike), account(real.upper(), 2))
    assert (change.status, change.guid) == ("unchanged", uuid.UUID(GUIDS[2]).bytes_le)
    (change,) = plan([{"user_principal_name": real}], account(look_alike))
    assert change.found is None
    (change,) = plan([{"user_principal_name": look_alike}], account(real))
    assert (change.cause, change.found) == ("malformed_upn", None)


def test_an_account_is_not_made_beside_one_that_active_directory_takes_for_it() -> None:
    for look_alike in ("\u017fysadmin@contoso.com", "sysadmin@contoso.com\u00a0"):
        (change,) = plan([{"user_principal_name": "sysadmin@contoso.com"}], account(look_alike))
        assert (change.status, change.cause) == ("refused", "similar_upn")
        assert repr(look_alike) in str(change.reason)


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_a_manager_is_found_by_exactly_the_upn_or_the_object_id(real: str, look_alike: str) -> None:
    people = [{"user_principal_name": "a@x.com", "manager": real}, {"user_principal_name": "b@x.com"}]
    change, _other = plan(people, account(look_alike))
    assert "has no AD account" in change.left_out["manager"]
    change, _other = plan(people, account(real.upper()))
    assert change.after["manager"] == (f"CN=user 1,{OU}",)
    people = [{"user_principal_name": "a@x.com", "manager": "b"}, {"user_principal_name": "b@x.com", "id": "b"}]
    change, _other = plan(people)
    assert "neither a UPN (name@domain) nor an object id" in change.left_out["manager"]


@pytest.mark.parametrize(("real", "look_alike"), PAIRS)
def test_a_rollback_removes_the_account_with_exactly_the_upn_of_the_journal(real: str, look_alike: str) -> None:
    found = account(look_alike)
    undo = Undo(real, real, ACCOUNT, (account_state(found.distinguished_name, found.attributes),), None)
    (restore,) = plan_rollback([undo], AccountDirectory([found]), OU)
    assert (restore.status, restore.found) == ("unchanged", None)


TEXTS = st.one_of(
    st.text(max_size=12),
    st.builds("{}@{}".format, st.text(max_size=6), st.text(max_size=6)),
    st.sampled_from([*GUIDS, GUIDS[0].upper(), f" {GUIDS[0]}", *(upn for pair in PAIRS for upn in pair)]),
)


@given(TEXTS)
def test_no_text_is_both_a_upn_and_an_object_id(text: str) -> None:
    kinds = []
    for kind, read in ((UPN, read_upn), (OBJECT_ID, read_object_id)):
        with suppress(InputError):
            identity = read(text)
            assert (identity.kind, identity.text, "@" in text) == (kind, text, kind == UPN)
            kinds.append(kind)
    assert len(kinds) <= 1
    assert is_possible_upn(text) or upn_fault(text)
    if kinds:
        assert read_identity(text).kind == kinds[0]
    else:
        with pytest.raises(InputError):
            read_identity(text)


@given(TEXTS, TEXTS)
def test_only_the_case_of_ascii_letters_is_ignored(one: str, other: str) -> None:
    same = one.encode("utf-8", "surrogatepass").lower() == other.encode("utf-8", "surrogatepass").lower()
    assert (entra_key(one) == entra_key(other)) is same
    assert entra_key(entra_key(one)) == entra_key(one)


@given(TEXTS, TEXTS)
def test_whom_an_index_finds_has_the_identity(upn: str, asked: str) -> None:
    user = cloud(upn)
    try:
        found = UserIndex([user]).find(read_identity(asked))
    except InputError:
        return
    if found:
        assert entra_key(asked) in {identity.key for identity in found.identities()}


def test_a_value_that_may_be_the_same_for_entra_counts_as_taken() -> None:
    holder = replace(cloud("other@contoso.com", 2), proxy_addresses=("smtp:j\u00fcrgen@contoso.com",))
    user = replace(ad_user("anna@contoso.com", 1), proxy_addresses=["smtp:J\u00dcRGEN@contoso.com"])
    (found,) = predict([user], snapshot(cloud("anna@contoso.com"), holder))
    assert [held.value for held in found.quarantined] == ["smtp:J\u00dcRGEN@contoso.com"]
    primary = replace(user, proxy_addresses=["SMTP:J\u00dcRGEN@contoso.com"])
    (found,) = predict([primary], snapshot(holder))
    assert (found.cloud, found.sync_action) == (None, "create")
