# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The prediction: every outcome and cause by name, and what one user's match means for the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from match_estate import DOMAINS, GUIDS, VALUES, ad, cloud, tenant

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import Overwrite
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.outcomes import OUTCOMES
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.refusal import Refusal
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import (
    ImmutableIdChange,
    plan_changes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import (
    request_matches,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.snapshot_user import (
    CONTACT,
    GROUP,
    AddressHolder,
    SnapshotUser,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import (
    ASPECTS,
    PERMISSIONS,
    RoleHolding,
    TenantSnapshot,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.anchor_owners import (
    add_owners,
    list_foreign_anchors,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import cloud_only, predict
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predictions import (
    AnchorOwner,
    Prediction,
    summarize,
)

MAIL: dict[str, Any] = {"mail": "box@contoso.com"}
BOX: dict[str, Any] = {"mail": "box@contoso.com", "proxyAddresses": ["SMTP:box@contoso.com"]}
ID = cloud(1).user.id
CONTACTS = [AddressHolder(CONTACT, "c1", "Box", ("SMTP:box@contoso.com",))]
GROUPS = [AddressHolder(GROUP, "g1", "Box", ("SMTP:box@contoso.com",))]
HARD_OFF: dict[str, Any] = {"switches": {"blockCloudObjectTakeoverThroughHardMatchEnabled": True}}
SOFT_OFF: dict[str, Any] = {"switches": {"blockSoftMatchEnabled": True}}


def role(how: str, name: str | None, privileged: bool | None, group: str | None = None) -> dict[str, Any]:
    return {"roles": {ID: [RoleHolding(how, name, privileged, group)]}}


def one(user: AdUser, snapshot: TenantSnapshot, **options: Any) -> Prediction:
    (found,) = predict([user], snapshot, **options)
    return found


def changes(
    users: list[AdUser],
    snapshot: TenantSnapshot,
    overwrite: bool = False,
    deleted: dict[str, str] | None = None,
) -> list[ImmutableIdChange]:
    """What a hard match of these AD users changes before the sync."""
    tenant_users = UserIndex(each.user for each in (*snapshot.users, *snapshot.deleted))
    requests = [replace(request, overwrite=overwrite) for request in request_matches(users)]
    return plan_changes(requests, tenant_users, deleted)


# outcome, cause, sync_action, AD user, tenant, a part of the sentence
CASES: list[tuple[str, str | None, str | None, AdUser, TenantSnapshot, str]] = [
    ("matched", None, "update", ad(1), tenant(cloud(1, 1, onPremisesSyncEnabled=True)), ""),
    ("hard_match", None, "hard_match", ad(1), tenant(cloud(1, 1)), VALUES[1]),
    ("hard_match", None, "hard_match", ad(1), tenant(cloud(1, 1, onPremisesSyncEnabled=False)), VALUES[1]),
    ("soft_match", "user_principal_name", "soft_match", ad(1), tenant(cloud(1)), "the UPN user1@contoso.com"),
    ("soft_match", "primary_smtp", "soft_match", ad(1, **MAIL), tenant(cloud(2, **BOX)), "address box@contoso.com"),
    ("new_cloud_user", None, "create", ad(1), tenant(cloud(2)), ""),
    ("conflict", "anchor_differs", "create", ad(1), tenant(cloud(1, 8)), VALUES[8]),
    ("conflict", "anchor_differs", "error", ad(1),
     tenant(cloud(1, 8), switches={"quarantineUponUpnConflictEnabled": False}), VALUES[8]),
    ("conflict", "anchor_differs", "create", ad(1, **MAIL), tenant(cloud(2, 8, **BOX)), VALUES[8]),
    ("type_mismatch", "held_by_contact", "error", ad(1, **MAIL), tenant(cloud(1), contacts=CONTACTS), "contact Box"),
    ("type_mismatch", "held_by_group", "error", ad(1, **MAIL), tenant(cloud(1), groups=GROUPS), "ObjectTypeMismatch"),
    ("blocked", "switch_hard_match", "error", ad(1), tenant(cloud(1, 1), **HARD_OFF), "Turn the switch off"),
    ("blocked", "switch_soft_match", "create", ad(1), tenant(cloud(1), **SOFT_OFF), "User1@contoso.com"),
    ("blocked", "switch_soft_match", "create", ad(1, **MAIL), tenant(contacts=CONTACTS, **SOFT_OFF), "contact Box"),
    ("new_cloud_user", None, "create", ad(1), tenant(**SOFT_OFF), ""),
    # The ImmutableId could not simply be set, so the switch is not what people must know.
    ("conflict", "anchor_differs", "create", ad(1), tenant(cloud(1, 8), **SOFT_OFF), "find out which AD account"),
    ("blocked", "formerly_synced_user", "create", ad(1),
     tenant(cloud(1, onPremisesSyncEnabled=False), **SOFT_OFF), "not null"),
    ("blocked", "privileged_role", "error", ad(1),
     tenant(cloud(1, 1), **role("direct", "Global Administrator", True)), "the privileged role Global Administrator"),
    ("blocked", "directory_role", "hard_match", ad(1),
     tenant(cloud(1, 1), **role("direct", "Directory Readers", False)), "at least if the role is privileged"),
    ("blocked", "eligible_role", "error", ad(1),
     tenant(cloud(1, 1), **role("eligible", "User Administrator", True)), "eligible for the privileged role"),
    ("blocked", "role_assignable_group", "error", ad(1),
     tenant(cloud(1, 1), **role("member", "User Administrator", True, "Tier 0")), "a member of the role-assignable"),
    ("blocked", "role_assignable_group", "hard_match", ad(1),
     tenant(cloud(1, 1), **role("owner", "User Administrator", True, "Tier 0")), "an owner of the role-assignable"),
    ("blocked", "role_assignable_group", "hard_match", ad(1),
     tenant(cloud(1, 1), **role("member", None, None, "Tier 0")), "group Tier 0."),
    ("blocked", "privileged_role", "create", ad(1),
     tenant(cloud(1), **role("direct", "Global Administrator", True)), "never soft-matched"),
    ("blocked", "directory_role", "create", ad(1),
     tenant(cloud(1), **role("direct", "Directory Readers", False)), "never soft-matched"),
    # Microsoft does not say that a sync refuses these; nobody shall get them by a look-alike of a name or an address.
    ("blocked", "eligible_role", "soft_match", ad(1),
     tenant(cloud(1), **role("eligible", "Global Administrator", True)), "eligible for the privileged role"),
    ("blocked", "app_owner", "soft_match", ad(1), tenant(cloud(1), **role("app_owner", None, None)), "owns the app"),
    ("blocked", "app_owner", "hard_match", ad(1), tenant(cloud(1, 1), **role("app_owner", None, None)), "by hand"),
    ("blocked", "other_object_identifier", "error", ad(1),
     tenant(cloud(1, 1), identifiers={ID: GUIDS[5]}), GUIDS[5]),
    ("hard_match", None, "hard_match", ad(1), tenant(cloud(1, 1), identifiers={ID: GUIDS[1]}), ""),
    ("hard_match", None, "hard_match", ad(1), tenant(
        cloud(1, 1), identifiers={ID: GUIDS[5]},
        switches={"allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled": True}), ""),
    ("blocked", "other_object_identifier", "error", ad(1),
     tenant(cloud(1, 1, onPremisesSyncEnabled=True), identifiers={ID: GUIDS[5]}), "mapped to another"),
    # Nobody shows here that the identifier is the GUID at all: a user that is synchronised is not accused of it.
    ("matched", None, "update", ad(1), tenant(
        cloud(1, 1, onPremisesSyncEnabled=True), identifiers={ID: GUIDS[5]}, identifiers_are_guids=None), ""),
    ("blocked", "cloud_source_of_authority", "leave", ad(1),
     tenant(cloud(1, 1), cloud_managed=frozenset([ID])), "isCloudManaged"),
    ("blocked", "cloud_source_of_authority", "leave", ad(1),
     tenant(cloud(1), cloud_managed=frozenset([ID])), "isCloudManaged"),
    ("blocked", "cloud_managed_account", None, ad(1, external_directory_object_id=f"User_{ID}"),
     tenant(cloud(1)), "Cloud Sync created"),
    # Entra Connect writes the same value for a user whom it synchronises (facts §19).
    ("matched", None, "update", ad(1, external_directory_object_id=f"User_{ID}"),
     tenant(cloud(1, 1, onPremisesSyncEnabled=True)), "already synchronised"),
    ("blocked", "deleted_holder", "hard_match", ad(1), tenant(cloud(2, 1, deleted=True), cloud(1)), "recycle bin"),
    ("blocked", "federated_domain", "create", ad(1, user_principal_name="user1@fed.contoso.com"),
     tenant(cloud(1, 8, userPrincipalName="user1@fed.contoso.com")), "federated domain"),
    ("hard_match", None, "hard_match", ad(1, user_principal_name="user1@fed.contoso.com"),
     tenant(cloud(1, 1, userPrincipalName="user1@fed.contoso.com")), ""),
    ("blocked", "formerly_synced_user", "soft_match", ad(1), tenant(cloud(1, onPremisesSyncEnabled=False)),
     "not null), and Graph does not support a change of the ImmutableId of such a user. Bring the old AD account back "
     "into the sync scope."),
    ("blocked", "formerly_synced_user", "create", ad(1), tenant(cloud(1, 8, onPremisesSyncEnabled=False)),
     "to mS-DS-ConsistencyGuid of the new AD account."),
    ("quarantine", "upn_taken", "hard_match", ad(1), tenant(cloud(1), cloud(2, 1)), "User1@contoso.com"),
    ("quarantine", "proxy_address_taken", "create", ad(1, proxy_addresses=["smtp:box@contoso.com"]),
     tenant(cloud(2, **BOX)), "belongs to the cloud user User2@contoso.com"),
    ("quarantine", "proxy_address_taken", "error", ad(1, proxy_addresses=["sip:box@contoso.com"]),
     tenant(cloud(2, proxyAddresses=["SIP:box@contoso.com"])), "sip:box"),
    ("quarantine", "proxy_address_taken", "create", ad(1, proxy_addresses=["smtp:box@contoso.com"]),
     tenant(groups=GROUPS), "the group Box"),
    ("invalid", "invalid_upn", "error", ad(1, user_principal_name=None, sam_account_name=None), tenant(),
     "has no userPrincipalName"),
    ("invalid", "unverified_suffix", "create", ad(1, user_principal_name=None), tenant(), "user1@ad.contoso.com"),
    ("invalid", "invalid_upn", "create", ad(1, user_principal_name="jürgen@contoso.com"), tenant(), "'ü'"),
    ("invalid", "invalid_upn", "hard_match", ad(1, user_principal_name="user$1@contoso.com"), tenant(cloud(1, 1)),
     "A sync would replace the UPN user$1@contoso.com with another one, because it contains '$'"),
    ("invalid", "invalid_proxy_address", "create", ad(1, proxy_addresses=["smtp:a b@contoso.com"]), tenant(), "' '"),
    ("invalid", "unverified_suffix", "create", ad(1, user_principal_name="user1@pending.com"), tenant(),
     "would become user1@contoso.onmicrosoft.com"),
    ("invalid", "unverified_suffix", "hard_match", ad(1, user_principal_name="user1@ad.local"),
     tenant(cloud(1, 1, mailNickname="nick")), "would become nick@contoso.onmicrosoft.com"),
    ("invalid", "ad_missing", None, ad(1, unresolved=Refusal("ad_missing", "No such thing.")), tenant(cloud(1)),
     "No such"),
    ("invalid", "no_anchor", None, ad(1, immutable_id=None, object_guid=None), tenant(cloud(1)), "add one of them"),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "cause", "action", "user", "snapshot", "words"), CASES)
def test_each_outcome(
    outcome: str, cause: str | None, action: str | None, user: AdUser, snapshot: TenantSnapshot, words: str
) -> None:
    found = one(user, snapshot)
    assert (found.outcome, found.cause, found.sync_action) == (outcome, cause, action), found
    assert words in (found.reason or "")
    assert found.ad is user
    record = found.record()
    assert {**record, "outcome": outcome, "cause": cause, "sync_action": action, "reason": found.reason} == record


def test_the_table_has_every_outcome_but_unknown() -> None:
    assert {case[0] for case in CASES} == set(OUTCOMES) - {"unknown"}


def test_all_causes_are_named_and_the_worst_comes_first() -> None:
    snapshot = tenant(cloud(1, 1), identifiers={ID: GUIDS[5]}, **HARD_OFF, **role("direct", "Helpdesk", True))
    found = one(ad(1, proxy_addresses=["smtp:a b@x"]), snapshot)
    assert found.causes == (
        "switch_hard_match", "privileged_role", "other_object_identifier",
    )  # fmt: skip
    held = one(ad(1, user_principal_name="user2@contoso.com"), tenant(cloud(1, 1, deleted=True), cloud(2)))
    assert (held.outcome, held.causes) == ("blocked", ("deleted_holder", "upn_taken"))


@pytest.mark.parametrize(
    ("aspect", "user", "snapshot", "expected"),
    [
        ("object_identifiers", ad(1), {}, "hard_match"),
        ("deleted_users", ad(1), {}, "hard_match"),
        ("contacts", ad(1, **MAIL), {}, "hard_match"),
        ("groups", ad(1, **MAIL), {}, "hard_match"),
        ("deleted_users", ad(2), {}, "new_cloud_user"),
        ("domains", ad(1, user_principal_name="user1@elsewhere.com"), {"domains": []}, "hard_match"),
    ],
)
def test_what_could_not_be_read_is_unknown_and_names_the_permission(
    aspect: str, user: AdUser, snapshot: dict[str, Any], expected: str
) -> None:
    found = one(user, tenant(cloud(1, 1), unknown=[aspect], **snapshot))
    assert (found.outcome, found.unknown, found.expected) == ("unknown", (aspect,), expected)
    assert PERMISSIONS[aspect] in str(found.reason)
    assert found.cause == f"unread_{aspect}"


@pytest.mark.parametrize("aspect", ["role_assignments", "role_eligibility", "role_assignable_groups"])
@pytest.mark.parametrize(("value", "expected"), [(1, "hard_match"), (None, "soft_match")])
def test_nobody_is_matched_if_it_cannot_be_read_who_is_an_administrator(
    aspect: str, value: int | None, expected: str
) -> None:
    found = one(ad(1), tenant(cloud(1, value), unknown=[aspect, "deleted_users"]))
    assert (found.outcome, found.cause, found.expected) == ("blocked", f"unread_{aspect}", expected)
    assert set(found.unknown) == {aspect, "deleted_users"}
    assert f"Grant the app {PERMISSIONS[aspect]}, or add {aspect} to skip_checks" in str(found.reason)


@pytest.mark.parametrize("aspect", ["tenant_switches", "source_of_authority", "app_owners"])
@pytest.mark.parametrize(("value", "expected"), [(1, "hard_match"), (None, "soft_match")])
def test_what_most_apps_cannot_read_changes_no_outcome(aspect: str, value: int | None, expected: str) -> None:
    known = tenant(cloud(1, value), unknown=[aspect])
    if aspect == "tenant_switches":
        known = TenantSnapshot(users=known.users, domains=DOMAINS, unknown=frozenset([aspect]))
    found = one(ad(1), known)
    assert (found.outcome, found.unknown, found.caveats) == (expected, (), (aspect,))


def test_unread_aspects_touch_only_those_whose_outcome_hangs_on_them() -> None:
    unread = set(ASPECTS) - {"object_identifiers"}
    snapshot = tenant(cloud(1, 1, onPremisesSyncEnabled=True), cloud(2, 8), unknown=unread)
    matched, conflict = predict([ad(1), ad(2)], snapshot)
    assert (matched.outcome, conflict.outcome) == ("matched", "conflict")
    assert matched.caveats == conflict.caveats == ()
    # facts §2, MC1263280: a joined user may be mapped to another AD object, and then refuses every update.
    assert one(ad(1), replace(snapshot, unknown=frozenset(ASPECTS))).unknown == ("object_identifiers",)
    # A cloud user's UPN shows that the domain is verified, whoever may not read domains.
    assert "domains" not in one(ad(3), snapshot).unknown


def test_a_value_given_up_is_free_for_the_next_and_one_taken_is_not() -> None:
    first = ad(1, proxy_addresses=["SMTP:new@contoso.com"])
    second = ad(2, proxy_addresses=["SMTP:box@contoso.com", "smtp:new@contoso.com"])
    snapshot = tenant(cloud(1, 1, **BOX))
    one_, two = predict([first, second], snapshot)
    assert (one_.outcome, two.outcome) == ("hard_match", "quarantine")
    assert [(held.value, held.holder) for held in two.quarantined] == [
        ("smtp:new@contoso.com", "the cloud user User1@contoso.com")
    ]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"proxy_addresses": ["smtp:other@contoso.com"]}, id="its address"),
        pytest.param({"user_principal_name": "user1@contoso.com"}, id="its UPN"),
        pytest.param({"user_principal_name": "box@contoso.com"}, id="the name that Entra makes of its nickname"),
    ],
)
def test_a_value_of_a_user_that_may_be_exported_is_not_called_free(values: dict[str, Any]) -> None:
    refused = ad(1, proxy_addresses=["SMTP:box@contoso.com", "smtp:other@contoso.com"])
    snapshot = tenant(contacts=CONTACTS)
    first, second = predict([refused, ad(2, **values)], snapshot)
    assert (first.sync_action, second.outcome) == ("error", "new_cloud_user")
    # Something that was not read may be why the first one is written after all, before the second one.
    second = predict([refused, ad(2, **values)], replace(snapshot, unknown=frozenset(["object_identifiers"])))[1]
    assert (second.outcome, second.unknown, second.expected) == ("unknown", ("object_identifiers",), "new_cloud_user")


def test_two_ad_users_for_one_cloud_user() -> None:
    first, second = predict([ad(1, **MAIL), ad(2, **MAIL)], tenant(cloud(7, **BOX)))
    assert (first.outcome, first.cloud and first.cloud.id) == ("soft_match", cloud(7).user.id)
    assert (second.outcome, second.sync_action) == ("quarantine", "create")
    third, fourth = predict([ad(3, **MAIL), ad(4, **MAIL)], tenant())
    assert (third.outcome, fourth.outcome) == ("new_cloud_user", "quarantine")
    assert fourth.quarantined[0].holder == "the cloud user of user3@contoso.com"


def test_one_anchor_twice() -> None:
    both = predict([ad(1), ad(2, immutable_id=VALUES[1])], tenant(cloud(1, 1)))
    assert {(each.outcome, each.cause) for each in both} == {("conflict", "duplicate_anchor")}


def test_whose_guid_the_other_value_is() -> None:
    snapshot = tenant(cloud(1, 2), cloud(3, 8))
    found = predict([ad(1), ad(2), ad(3)], snapshot)
    assert (found[0].cause, found[0].anchor_owner) == ("held_by_user", AnchorOwner("user", "user2@contoso.com"))
    assert list_foreign_anchors(found) == [VALUES[8]]
    for kind in ("contact", "nobody"):
        (told,) = add_owners([found[2]], {VALUES[8]: AnchorOwner(kind, "CN=X")})
        assert (told.cause, told.causes[:2]) == (f"held_by_{kind}", (f"held_by_{kind}", "anchor_differs"))
        assert "CN=X" in str(told.reason) or kind == "nobody"


def test_after_the_hard_match_of_the_module() -> None:
    snapshot = tenant(cloud(1), cloud(2, 8), cloud(3, onPremisesSyncEnabled=False))
    users = [ad(1), ad(2), ad(3), ad(4), ad(5, user_principal_name=None)]
    found = predict(users, snapshot, changes(users, snapshot))
    assert [each.outcome for each in found] == ["hard_match", "conflict", "blocked", "new_cloud_user", "invalid"]
    # The cloud user is shown as it is now.
    assert found[0].cloud == cloud(1).user
    assert predict(users, snapshot, changes(users, snapshot, overwrite=True))[1].outcome == "hard_match"
    federated = tenant(cloud(1, 8, userPrincipalName="user1@fed.contoso.com"))
    user = ad(1, user_principal_name="user1@fed.contoso.com")
    assert one(user, federated, planned=changes([user], federated, overwrite=True)).cause == "federated_domain"


def test_a_planned_change_that_is_not_made_changes_nothing() -> None:
    """A refused one, or one of a user who is not in the list."""
    snapshot = tenant(cloud(1), cloud(2, 1))
    held = changes([ad(1)], snapshot)
    assert [each.cause for each in held] == ["held_by_user"]
    assert predict([ad(1)], snapshot, held) == predict([ad(1)], snapshot)
    other = tenant(cloud(1), cloud(2))
    assert one(ad(1), other, planned=changes([ad(2)], other)).outcome == "soft_match"


@pytest.mark.parametrize(
    ("active", "deleted", "way"),
    [
        ([], cloud(1, 1, deleted=True), "restore"),
        ([cloud(1)], cloud(7, 1, deleted=True), "restore"),
        ([cloud(1)], cloud(7, 1, deleted=True), "purge"),
    ],
)
def test_after_a_deleted_holder_has_left_the_recycle_bin(
    active: list[SnapshotUser], deleted: SnapshotUser, way: str
) -> None:
    snapshot = tenant(*active, deleted)
    planned = changes([ad(1)], snapshot, deleted={deleted.user.id: way})
    assert [each.changed for each in planned] == [True]
    before, after = one(ad(1), snapshot), one(ad(1), snapshot, planned=planned)
    assert (before.outcome, before.cloud) == ("blocked", deleted.user)
    assert (after.outcome, after.cause, after.sync_action) == ("hard_match", None, "hard_match")
    assert after.cloud
    assert after.cloud.id == ID


def test_cloud_only_and_summary() -> None:
    snapshot = tenant(cloud(1, 1), cloud(2), cloud(3))
    found = predict([ad(1), ad(2)], snapshot)
    rest = cloud_only(found, snapshot)
    assert [user.id for user in rest] == [cloud(3).user.id]
    counts = summarize(found, len(rest))
    assert counts == {**dict.fromkeys(OUTCOMES, 0), "hard_match": 1, "soft_match": 1, "cloud_only": 1, "total": 2}


def test_overwrites_of_a_match_and_of_nobody_else() -> None:
    cloud_user = cloud(1, 1, **BOX, jobTitle="Boss", city="Bonn", department="IT")
    user = ad(1, enabled=False, attributes={"job_title": "Clerk", "city": None, "department": "IT"})
    snapshot = tenant(cloud_user, switches={"passwordSyncEnabled": True})
    listed = {each.attribute: each for each in one(user, snapshot).overwrites}
    assert listed["job_title"] == Overwrite("job_title", cloud="Boss", ad="Clerk", effect="overwritten")
    assert listed["city"] == Overwrite("city", cloud="Bonn", ad=None, effect="at_risk")
    assert "department" not in listed
    assert {name: listed[name].effect for name in ("enabled", "mail", "password")} == {
        "enabled": "disabled", "mail": "at_risk", "password": "password",
    }  # fmt: skip
    assert one(ad(2), snapshot).overwrites == ()
    assert one(user, tenant(cloud_user)).overwrites[-1].attribute != "password"
