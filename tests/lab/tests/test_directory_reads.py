# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a preflight reads beside users: roles, groups, contacts, switches, source of authority, beta properties."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import ad_user
from support.entra_process import APPS, SEED, Emulator

from lab.entra import groups, seed
from lab.entra.call import Call
from lab.entra.journal import Journal
from lab.entra.store import Store
from lab.entra.tokens import Principal

ROLES = "/roleManagement/directory"
SWITCHES = "/directory/onPremisesSynchronization"
TENANT = "5d2c1e9a-7b34-4f0e-9a61-0c8f2b7d4e10"
CARLA, OMAR, NINA, MIA = (f"{name}@contoso.com" for name in ("carla.admin", "omar.haddad", "nina.krause", "mia.cloud"))
GLOBAL, USERS = "62e90394-69f5-4237-9190-012177145e10", "fe930be7-5e62-47db-91af-98c3a49a38b1"
PRIVILEGED = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
TIER0 = "22222222-cccc-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("path", "app", "status"),
    [
        (f"{ROLES}/roleDefinitions", "reader", 403),
        (f"{ROLES}/roleAssignments", "reader", 403),
        (f"{ROLES}/roleEligibilitySchedules", "reader", 403),
        ("/groups", "reader", 403),
        (f"/groups/{TIER0}/members", "reader", 403),
        (f"/groups/{TIER0}/owners", "reader", 403),
        ("/contacts", "reader", 403),
        (f"/applications(appId='{APPS['reader']}')/owners", "reader", 403),
        (f"/servicePrincipals(appId='{APPS['reader']}')/owners", "reader", 403),
        (f"/users/{MIA}/onPremisesSyncBehavior", "reader", 403),
        (SWITCHES, "preflight", 403),
        (f"{SWITCHES}/{TENANT}", "privileged", 403),
    ],
)
def test_who_may_not(entra: Emulator, path: str, app: str, status: int) -> None:
    answer = entra.graph("GET", path, app)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == "Authorization_RequestDenied"


def test_role_assignments_name_principal_and_definition(entra: Emulator) -> None:
    found = entra.values(f"{ROLES}/roleAssignments")
    pairs = {(each["principalId"], each["roleDefinitionId"]) for each in found}
    assert (entra.user_id(CARLA), GLOBAL) in pairs
    assert entra.user_id(OMAR) not in {principal for principal, _role in pairs}
    assert {each["directoryScopeId"] for each in found} == {"/"}
    (expanded,) = entra.values(f"{ROLES}/roleAssignments?$filter=roleDefinitionId eq '{GLOBAL}'&$expand=principal")
    assert expanded["principal"]["userPrincipalName"] == CARLA


def test_role_assignments_show_service_principals(entra: Emulator) -> None:
    path = f"{ROLES}/roleAssignments?$filter=roleDefinitionId eq '{PRIVILEGED}'&$expand=principal"
    (found,) = entra.values(path)
    assert found["principal"] == {
        "@odata.type": "#microsoft.graph.servicePrincipal",
        "id": "11111111-bbbb-4000-8000-000000000004",
        "appId": "11111111-aaaa-4000-8000-000000000004",
        "displayName": "privileged",
    }


def test_eligibilities_are_apart(entra: Emulator) -> None:
    (found,) = entra.values(f"{ROLES}/roleEligibilitySchedules?$expand=roleDefinition")
    assert (found["principalId"], found["roleDefinitionId"]) == (entra.user_id(OMAR), USERS)
    assert (found["memberType"], found["status"]) == ("Direct", "Provisioned")
    assert found["roleDefinition"]["displayName"] == "User Administrator"


def test_is_privileged_is_beta_only(entra: Emulator) -> None:
    path = f"{ROLES}/roleDefinitions?$select=displayName,isPrivileged"
    assert entra.graph("GET", path, "preflight").status_code == 400
    found = {each["displayName"]: each["isPrivileged"] for each in entra.values(path, version="beta")}
    assert found["Global Administrator"] is True
    assert found["Directory Readers"] is False
    some = entra.values(f"{ROLES}/roleDefinitions?$filter=isPrivileged eq true&$select=id", version="beta")
    assert {each["id"] for each in some} >= {GLOBAL, USERS}
    assert len(some) == sum(found.values())
    assert "isPrivileged" not in entra.values(f"{ROLES}/roleDefinitions")[0]


def test_a_role_of_a_group_and_a_custom_role(entra: Emulator) -> None:
    entra.change(MIA, lab={"roles": ["Printer Whisperer"]})
    group = {"id": TIER0, "displayName": "Tier 0", "isAssignableToRole": True, "roles": ["Security Reader"]}
    entra.control("POST", "objects", {"groups": [{**group, "members": [NINA], "owners": [MIA]}]})
    names = {each["id"]: each["displayName"] for each in entra.values(f"{ROLES}/roleDefinitions")}
    held = {each["principalId"]: names[each["roleDefinitionId"]] for each in entra.values(f"{ROLES}/roleAssignments")}
    assert held[TIER0] == "Security Reader"
    assert held[entra.user_id(MIA)] == "Printer Whisperer"
    (owner,) = entra.values(f"/groups/{TIER0}/owners?$select=id,userPrincipalName")
    assert owner["userPrincipalName"] == MIA


def test_members_of_members_and_what_a_cast_needs(entra: Emulator) -> None:
    inner = "22222222-cccc-4000-8000-000000000002"
    outer = {"displayName": "Outer", "id": "33333333-cccc-4000-8000-000000000001", "members": [inner, MIA]}
    entra.control("POST", "objects", {"groups": [outer, {"id": inner, "displayName": "Inner", "members": [NINA]}]})
    path = f"/groups/{outer['id']}/transitiveMembers/microsoft.graph.user?$select=id"
    found = entra.values(f"{path}&$count=true", headers={"ConsistencyLevel": "eventual"})
    assert {each["id"] for each in found} == {entra.user_id(NINA), entra.user_id(MIA)}
    assert entra.graph("GET", path, "preflight").json()["error"]["code"] == "Request_UnsupportedQuery"
    # Without a cast, the groups in it are members too.
    everything = entra.values(f"/groups/{outer['id']}/transitiveMembers?$select=id,userPrincipalName,groupTypes")
    typed = {each["id"]: (each["@odata.type"], each["userPrincipalName"]) for each in everything}
    assert typed == {
        inner: ("#microsoft.graph.group", None),
        **{entra.user_id(name): ("#microsoft.graph.user", name) for name in (MIA, NINA)},
    }
    kinds = entra.values(f"/groups?$filter=id in ('{inner}')&$select=id,groupTypes,visibility")
    assert kinds == [{"id": inner, "groupTypes": [], "visibility": None}]


def test_owners_of_an_app(entra: Emulator) -> None:
    paths = [f"/{kind}(appId='{APPS['reader']}')/owners?$select=id" for kind in ("applications", "servicePrincipals")]
    assert [entra.values(path) for path in paths] == [[], []]
    entra.control("POST", "objects", {"apps": [{"appId": APPS["reader"], "owners": [MIA]}]})
    for path in paths:
        assert [each["id"] for each in entra.values(path)] == [entra.user_id(MIA)]
    assert entra.graph("GET", f"/applications(appId='{TENANT}')/owners", "preflight").status_code == 404


def test_a_manager_is_expanded_in_a_listing(entra: Emulator) -> None:
    entra.change(NINA, lab={"manager": MIA})
    query = "$select=userPrincipalName&$expand=manager($select=id,userPrincipalName)"
    found = {each["userPrincipalName"]: each for each in entra.values(f"/users?{query}")}
    typed = {"@odata.type": "#microsoft.graph.user"}
    assert found[NINA]["manager"] == {**typed, "id": entra.user_id(MIA), "userPrincipalName": MIA}
    assert "manager" not in found[MIA]
    advanced = entra.graph("GET", f"/users?{query}&$count=true", headers={"ConsistencyLevel": "eventual"})
    assert advanced.json()["error"]["code"] == "Request_UnsupportedQuery"
    assert entra.graph("GET", "/users?$expand=memberOf").status_code == 400


def test_role_assignable_groups_and_their_members(entra: Emulator) -> None:
    (group,) = entra.values("/groups?$filter=isAssignableToRole eq true&$select=id,displayName")
    assert group == {"id": TIER0, "displayName": "Tier 0 operators"}
    eventual = {"ConsistencyLevel": "eventual"}
    for path in ("members", "transitiveMembers", "members/microsoft.graph.user"):
        (member,) = entra.values(f"/groups/{TIER0}/{path}?$select=id&$count=true", headers=eventual)
        assert member == {"@odata.type": "#microsoft.graph.user", "id": entra.user_id(NINA)}
    assert entra.values(f"/groups/{TIER0}/owners") == []
    missing = entra.graph("GET", "/groups/00000000-0000-0000-0000-000000000000/members", "preflight")
    assert missing.status_code == 404


def test_a_member_in_the_recycle_bin_is_not_listed(entra: Emulator) -> None:
    assert entra.graph("DELETE", f"/users/{NINA}", "privileged").status_code == 204
    assert entra.values(f"/groups/{TIER0}/members") == []


def test_contacts_and_groups_show_their_addresses(entra: Emulator) -> None:
    contact = {"displayName": "Printer Ltd", "mail": "printer@partner.example"}
    group = {"displayName": "All staff", "mail": "staff@contoso.com", "proxyAddresses": ["SMTP:staff@contoso.com"]}
    assert entra.control("POST", "objects", {"contacts": [contact], "groups": [group]}) == {"written": 2}
    (found,) = entra.values("/contacts?$select=id,displayName,proxyAddresses")
    assert (found["displayName"], found["proxyAddresses"]) == ("Printer Ltd", ["SMTP:printer@partner.example"])
    query = "$filter=proxyAddresses/any(p:p eq 'smtp:STAFF@contoso.com')&$select=displayName"
    assert entra.values(f"/groups?{query}") == [{"displayName": "All staff"}]
    # What a sync brings is there too.
    exported = ad_user("x@contoso.com", 7, type="contact", mail="kim@partner.example", displayName="Kim")
    entra.export({name: value for name, value in exported.items() if name != "userPrincipalName"})
    assert {each["displayName"] for each in entra.values("/contacts")} == {"Printer Ltd", "Kim"}


def test_pages(entra: Emulator) -> None:
    contacts = [{"displayName": f"Contact {number:03}"} for number in range(250)]
    entra.control("POST", "objects", {"contacts": contacts})
    first = entra.graph("GET", "/contacts?$select=id", "preflight").json()
    assert len(first["value"]) == 100
    assert len({each["id"] for each in entra.values("/contacts?$select=id")}) == 250
    assert len(entra.graph("GET", "/contacts?$top=999", "preflight").json()["value"]) == 250
    for top in ("0", "1000", "x"):
        assert entra.graph("GET", f"/contacts?$top={top}", "preflight").status_code == 400
    broken = entra.graph("GET", "/contacts?$skiptoken=bm8", "preflight")
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "Directory_ExpiredPageToken")
    counted = entra.graph("GET", "/contacts?$count=true", "preflight", headers={"ConsistencyLevel": "eventual"})
    assert counted.json()["@odata.count"] == 250


@pytest.mark.parametrize(
    "query", ["$select=nope", "$filter=nope eq 1", "$orderby=displayName", "$expand=members", "$filter=mail ne 'x'"]
)
def test_bad_queries(entra: Emulator, query: str) -> None:
    assert entra.graph("GET", f"/groups?{query}", "preflight").status_code == 400


def test_source_of_authority(entra: Emulator) -> None:
    for upn, managed in ((MIA, True), (CARLA, False)):
        body = entra.graph("GET", f"/users/{upn}/onPremisesSyncBehavior", "preflight").json()
        assert (body["id"], body["isCloudManaged"]) == (entra.user_id(upn), managed)
    assert entra.graph("GET", "/users/no@contoso.com/onPremisesSyncBehavior", "preflight").status_code == 404
    items = [{"id": "1", "method": "GET", "url": f"/users/{MIA}/onPremisesSyncBehavior"}]
    assert entra.batch(items, "preflight")["1"]["body"]["isCloudManaged"] is True


def test_who_is_cloud_managed_is_listed(entra: Emulator) -> None:
    """facts §15; a fault refuses it."""
    path = "/users?$filter=onPremisesSyncBehavior/isCloudManaged eq {}&$select=id&$top=1"
    eventual = {"ConsistencyLevel": "eventual"}
    answer = entra.graph("GET", f"{path.format('true')}&$count=true", "reader", headers=eventual).json()
    assert (answer["@odata.count"], answer["value"]) == (1, [{"id": entra.user_id(MIA)}])
    entra.change(CARLA, lab={"isCloudManaged": True})
    first = entra.graph("GET", f"{path.format('true')}&$count=true", headers=eventual).json()
    link = first["@odata.nextLink"]
    bearer = {"Authorization": f"Bearer {entra.token()}"}
    # Each page of an advanced query needs the header (facts §4 "Paging").
    assert entra.http.get(link, headers=bearer).status_code == 400
    second = entra.http.get(link, headers={**bearer, **eventual}).json()
    assert {each["id"] for each in first["value"] + second["value"]} == {entra.user_id(MIA), entra.user_id(CARLA)}
    others = entra.graph("GET", f"{path.format('false')}&$count=true", headers=eventual).json()
    assert others["@odata.count"] == len(entra.values("/users?$select=id")) - 2
    for query, headers in (("", eventual), ("&$count=true", {})):
        assert entra.graph("GET", f"{path.format('true')}{query}", headers=headers).status_code == 400
    for condition in ("eq 'yes'", "eq null", "in (true)"):
        refused = f"/users?$filter=onPremisesSyncBehavior/isCloudManaged {condition}&$count=true"
        assert entra.graph("GET", refused, headers=eventual).status_code == 400
    entra.settings(faults=[{"path": "^/users$", "query": "isCloudManaged", "status": 501, "count": 2}])
    assert entra.graph("GET", f"{path.format('true')}&$count=true", headers=eventual).status_code == 501
    assert entra.graph("GET", f"/users/{MIA}/onPremisesSyncBehavior", "preflight").status_code == 200


def test_switches_for_an_app(entra: Emulator) -> None:
    """Reports differ on whether an app may read them (facts §20), so the lab can be set both ways."""
    assert entra.graph("GET", SWITCHES, "preflight").status_code == 403
    entra.settings(appsReadSynchronization=True)
    entra.control("PUT", "switches", {"blockSoftMatchEnabled": True})
    (found,) = entra.values(SWITCHES)
    assert found["id"] == TENANT
    features: dict[str, Any] = found["features"]
    assert (features["blockSoftMatchEnabled"], features["softMatchOnUpnEnabled"]) == (True, True)
    assert len(features) == 20
    assert features["userWritebackEnabled"] is False
    assert entra.graph("GET", f"{SWITCHES}/{TENANT}", "preflight").json()["features"] == features
    assert entra.graph("GET", f"{SWITCHES}/x", "preflight").status_code == 404
    assert entra.graph("GET", SWITCHES, "reader").status_code == 403


def test_object_identifiers_in_a_listing(entra: Emulator) -> None:
    """The property is beta's alone (facts §2); pages and filters are v1.0's."""
    entra.change(MIA, lab={"onPremisesObjectIdentifier": "abc"})
    assert entra.graph("GET", "/users?$select=onPremisesObjectIdentifier", "preflight").status_code == 400
    path = "/users?$select=userPrincipalName,onPremisesObjectIdentifier&$top=10"
    found = entra.values(path, version="beta")
    # Synchronized users of the seed hold none here, since no anchor of theirs was resolved.
    held = {each["userPrincipalName"]: each["onPremisesObjectIdentifier"] for each in found}
    assert len(found) == len(entra.values("/users?$select=id"))
    assert held[MIA] == "abc"
    assert held[CARLA] is None
    assert "id" not in found[0]
    only = entra.values("/users?$select=onPremisesObjectIdentifier", version="beta")
    assert {tuple(each) for each in only} == {("onPremisesObjectIdentifier",)}
    query = f"$filter=userPrincipalName eq '{MIA}'&$select=id,onPremisesObjectIdentifier"
    (one,) = entra.values(f"/users?{query}", version="beta")
    assert one == {"id": entra.user_id(MIA), "onPremisesObjectIdentifier": "abc"}


def test_a_batch_of_beta(entra: Emulator) -> None:
    url = f"/users/{MIA}?$select=onPremisesObjectIdentifier"
    body = {"requests": [{"id": "1", "method": "GET", "url": url}]}
    answer = entra.graph("POST", "/$batch", "preflight", version="beta", json=body)
    assert answer.json()["responses"][0]["body"]["onPremisesObjectIdentifier"] is None


def test_what_an_app_may_not_read_of_a_member_is_null(tmp_path: Path) -> None:
    """group-list-members.md; no app of the seed is so poor, so without HTTPS."""
    store = Store(Journal(tmp_path))
    store.replace_all(seed.read_seed(SEED))
    for permission, name in (("GroupMember.Read.All", None), ("Directory.Read.All", NINA)):
        app = Principal("a", "poor", frozenset({permission}), frozenset())
        call = Call("GET", f"/groups/{TIER0}/members", "", {}, b"", "https://localhost", app)
        (member,) = groups.list_members(store, call).body["value"]
        assert member["@odata.type"] == "#microsoft.graph.user"
        assert member["id"] in store.users
        assert member["userPrincipalName"] == name
    store.close()


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ([], "groups"),
        ({"users": []}, "groups"),
        ({"groups": {}}, "list"),
        ({"groups": [{}]}, "displayName"),
        ({"contacts": [{"displayName": 5}]}, "displayName"),
    ],
)
def test_raw_objects_are_checked(entra: Emulator, body: Any, word: str) -> None:
    answer = entra.http.post("/lab/objects", json=body)
    assert answer.status_code == 400
    assert word in answer.text


def test_a_tenant_without_a_licence_for_pim(entra: Emulator) -> None:
    entra.settings(pimLicence=False)
    answer = entra.graph("GET", "/roleManagement/directory/roleEligibilitySchedules", "preflight")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "AadPremiumLicenseRequired")
    assert entra.graph("GET", "/roleManagement/directory/roleAssignments", "preflight").status_code == 200
    assert entra.http.put("/lab/settings", json={"pimLicence": "no"}).status_code == 400
