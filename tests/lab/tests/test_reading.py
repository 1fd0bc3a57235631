# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads: properties, filters, paging, counts (facts §1, §3, §4)."""

from __future__ import annotations

import subprocess
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from support.entra_process import Emulator

EVENTUAL = {"ConsistencyLevel": "eventual"}


def _upns(entra: Emulator, condition: str, advanced: bool = False) -> list[str]:
    query = f"/users?$select=userPrincipalName&$filter={quote(condition)}" + ("&$count=true" if advanced else "")
    answer = entra.graph("GET", query, headers=EVENTUAL if advanced else {})
    assert answer.status_code == 200, answer.text
    return sorted(user["userPrincipalName"] for user in answer.json()["value"])


def _refused(entra: Emulator, condition: str, **more: Any) -> tuple[str, str]:
    answer = entra.graph("GET", f"/users?$filter={quote(condition)}", **more)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
    return error["code"], error["message"]


def test_default_properties_leave_the_immutable_id_out(entra: Emulator) -> None:
    user = entra.graph("GET", "/users/jonas.weber@contoso.com").json()
    assert "onPremisesImmutableId" not in user
    assert set(user) == {
        "@odata.context", "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone",
        "officeLocation", "preferredLanguage", "surname", "userPrincipalName", "id",
    }  # fmt: skip
    chosen = entra.graph("GET", "/users/jonas.weber@contoso.com?$select=onPremisesImmutableId").json()
    assert {name for name in chosen if name[0] != "@"} == {"onPremisesImmutableId"}
    assert chosen["onPremisesImmutableId"] == "3jFgh7G/i0+csBxnpglNPg=="


def test_hidden_attributes_stay_hidden(entra: Emulator) -> None:
    answer = entra.graph("GET", "/users?$select=lab")
    assert answer.status_code == 400
    assert "'lab'" in answer.json()["error"]["message"]
    assert entra.graph("GET", "/users?$select=onPremisesObjectIdentifier").status_code == 400  # beta only, facts §2


def test_keys_of_a_user(entra: Emulator) -> None:
    key = entra.user_id("anna.berg@contoso.com")
    assert entra.graph("GET", f"/users/{key.upper()}").json()["userPrincipalName"] == "Anna.Berg@Contoso.com"
    assert entra.graph("GET", "/users/miles.o'brien%40contoso.com").status_code == 200
    assert entra.user_id("lars_partner.example#EXT#@contoso.onmicrosoft.com")
    missing = entra.graph("GET", "/users/no.body@contoso.com")
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "Request_ResourceNotFound"


def test_plus_in_a_url_is_a_space(entra: Emulator) -> None:
    raw = "/users?$select=id&$filter=onPremisesImmutableId%20eq%20'3jFgh7G/i0+csBxnpglNPg=='"
    assert entra.graph("GET", raw).json()["value"] == []
    assert len(entra.graph("GET", raw.replace("i0+cs", "i0%2Bcs")).json()["value"]) == 1


def test_with_curl(entra: Emulator) -> None:
    """A client that is not ours, and not Python's."""
    command = ["curl", "-sS", "--cacert", str(entra.tls["ca"]), "-K", "-", "-G", f"{entra.url}/v1.0/users"]
    command += ["--data-urlencode", "$filter=mail eq 'zoe+press@contoso.com'", "--data-urlencode", "$select=mail"]
    header = f'header = "Authorization: Bearer {entra.token()}"'
    done = subprocess.run(command, input=header, capture_output=True, text=True, check=True, timeout=20)
    assert '"value":[{"mail":"zoe+press@contoso.com"}]' in done.stdout


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("userPrincipalName eq 'ANNA.berg@contoso.com'", ["Anna.Berg@Contoso.com"]),
        ("userPrincipalName eq 'miles.o''brien@contoso.com'", ["miles.o'brien@contoso.com"]),
        ("userPrincipalName in ('kim.novak@contoso.com','x@y','lou.star@fabrikam.com')",
         ["kim.novak@contoso.com", "lou.star@fabrikam.com"]),
        ("onPremisesImmutableId in ('3jFgh7G/i0+csBxnpglNPg==')", ["jonas.weber@contoso.com"]),
        ("onPremisesImmutableId eq '3JFGH7G/i0+csBxnpglNPg=='", []),
        ("onPremisesSyncEnabled eq true", ["lena.fischer@contoso.com", "paul.adler@contoso.com"]),
        ("onPremisesSyncEnabled eq false", ["petra.lang@fabrikam.com", "rita.moser@fabrikam.com"]),
        ("accountEnabled eq false", ["rolf.zimmer@contoso.com"]),
        ("userType eq 'guest'", ["lars_partner.example#EXT#@contoso.onmicrosoft.com"]),
        ("proxyAddresses/any(p:p eq 'SMTP:ZOE+press@contoso.com')", ["zoe.park@contoso.com"]),
        ("startswith(userPrincipalName,'tom.') or startsWith(displayName,'dora klein (')",
         ["dora.klein.old@contoso.com", "tom.alder@contoso.com"]),
        ("(mail eq 'dora.klein@contoso.com' or mail eq 'ivan.petrov@contoso.com') and accountEnabled eq true",
         ["dora.klein@contoso.com", "ivan.petrov@contoso.com"]),
        ("onPremisesProvisioningErrors/any(o:o/category eq 'PropertyConflict')", []),
        ("onPremisesLastSyncDateTime ge 2026-09-01T00:00:00Z",
         ["lena.fischer@contoso.com", "paul.adler@contoso.com"]),
    ],
)  # fmt: skip
def test_filters(entra: Emulator, condition: str, expected: list[str]) -> None:
    assert _upns(entra, condition) == expected


def test_provisioning_errors(entra: Emulator) -> None:
    error = {
        "category": "PropertyConflict",
        "occurredDateTime": "2026-11-20T10:00:00Z",
        "propertyCausingError": "ProxyAddress",
        "value": "SMTP:x@contoso.com",
    }
    change = [{"userPrincipalName": "ada.fuchs@contoso.com", "onPremisesProvisioningErrors": [error]}]
    assert entra.http.patch("/lab/users", json=change).json() == {"written": 1}
    for condition in ("category eq 'PropertyConflict'", "propertyCausingError eq 'proxyaddress'"):
        found = _upns(entra, f"onPremisesProvisioningErrors/any(o:o/{condition})")
        assert found == ["ada.fuchs@contoso.com"]
    code, _message = _refused(entra, "onPremisesProvisioningErrors/any()")
    assert code == "Request_UnsupportedQuery"  # facts §3


def test_advanced_queries(entra: Emulator) -> None:
    for condition in (
        "endsWith(mail,'@fabrikam.com')",
        "not(accountEnabled eq true)",
        "accountEnabled ne true",
        "onPremisesSyncEnabled eq null",
    ):
        code, message = _refused(entra, condition)
        assert code == "Request_UnsupportedQuery"
        assert "ConsistencyLevel:eventual" in message
        assert _refused(entra, condition, headers=EVENTUAL)[0] == "Request_UnsupportedQuery"  # $count is missing
        assert _upns(entra, condition, advanced=True)
    assert "scanner@contoso.com" in _upns(entra, "onPremisesSyncEnabled eq null", advanced=True)


def test_null_of_the_immutable_id_is_not_supported(entra: Emulator) -> None:
    for operator in ("eq", "ne"):
        query = f"/users?$count=true&$filter=onPremisesImmutableId {operator} null"
        answer = entra.graph("GET", query, headers=EVENTUAL)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == (
            "Unsupported or invalid query filter clause specified for property 'onPremisesImmutableId' of resource "
            "'User'."
        )


def test_width_of_or_and_in(entra: Emulator) -> None:
    def names(number: int) -> str:
        return ",".join(f"'u{at}@contoso.com'" for at in range(number))

    assert _upns(entra, f"userPrincipalName in ({names(15)})") == []
    assert _refused(entra, f"userPrincipalName in ({names(16)})") == (
        "Request_UnsupportedQuery",
        "Too many child clauses specified in search filter expression containing 'OR' operators: 16. Max allowed: 15.",
    )
    assert _refused(entra, " or ".join(f"id eq 'x{at}'" for at in range(16)))[0] == "Request_UnsupportedQuery"
    assert _upns(entra, f"userPrincipalName in ({names(16)})", advanced=True) == []


@pytest.mark.parametrize(
    "condition",
    [
        "userPrincipalName eq 'miles.o'brien@contoso.com'",
        "userPrincipalName eq 'x' or",
        "userPrincipalName eq",
        "(userPrincipalName eq 'x'",
        "userPrincipalName in ()",
        "userPrincipalName eq 'x') or (accountEnabled eq true",
        "accountEnabled eq 'true'",
        "userPrincipalName eq 5",
        "nosuch eq 'x'",
        "('" * 60,
        "",
    ],
)
def test_malformed_filters(entra: Emulator, condition: str) -> None:
    code, message = _refused(entra, condition)
    assert code == "BadRequest"
    assert message.startswith("Invalid filter clause: ")


def test_paging(entra: Emulator) -> None:
    total = len([user for user in entra.http.get("/lab/dump").json()["user"] if not user.get("deletedDateTime")])
    url = "/users?$select=id&$top=7"
    seen: list[str] = []
    pages = 0
    while url:
        body = entra.graph("GET", url).json()
        seen += [user["id"] for user in body["value"]]
        pages += 1
        url = body.get("@odata.nextLink", "").replace(f"{entra.url}/v1.0", "")
        if url:
            assert len(body["value"]) == 7
            assert parse_qs(urlsplit(url).query)["$select"] == ["id"]
    assert len(seen) == len(set(seen)) == total
    assert pages == -(-total // 7)
    bad = entra.graph("GET", "/users?$skiptoken=abc")
    assert bad.json()["error"]["code"] == "Directory_ExpiredPageToken"
    for top in ("0", "1000", "-1", "x"):
        assert entra.graph("GET", f"/users?$top={top}").status_code == 400
    assert entra.graph("GET", "/users?$top=999").status_code == 200
    assert entra.graph("GET", "/users?$skip=5").status_code == 400


def test_sorting(entra: Emulator) -> None:
    url = "/users?$select=displayName&$orderby=displayName desc&$top=10"
    names: list[str] = []
    while url:
        body = entra.graph("GET", url).json()
        names += [user["displayName"].lower() for user in body["value"]]
        url = body.get("@odata.nextLink", "").replace(f"{entra.url}/v1.0", "")
    assert len(names) > 40
    assert names == sorted(names, reverse=True)


def test_counts(entra: Emulator) -> None:
    bare = entra.graph("GET", "/users/$count")
    assert bare.status_code == 400
    assert bare.json()["error"]["code"] == "Request_UnsupportedQuery"
    counted = entra.graph("GET", "/users/$count", headers=EVENTUAL)
    assert counted.headers["content-type"].startswith("text/plain")
    assert counted.text == str(entra.http.get("/lab/health").json()["users"])
    filtered = entra.graph("GET", "/users/$count?$filter=accountEnabled eq false", headers=EVENTUAL)
    assert filtered.text == "1"
    assert "@odata.count" not in entra.graph("GET", "/users?$count=true&$top=1").json()  # ignored in silence
    body = entra.graph("GET", "/users?$count=true&$top=1", headers=EVENTUAL).json()
    assert body["@odata.count"] == int(counted.text)


def test_domains_and_organization(entra: Emulator) -> None:
    domains = {item["id"]: item for item in entra.graph("GET", "/domains").json()["value"]}
    assert domains["federated.contoso.com"]["authenticationType"] == "Federated"
    assert not domains["pending.contoso.com"]["isVerified"]
    assert [name for name, item in domains.items() if item["isDefault"]] == ["contoso.com"]
    (organization,) = entra.graph("GET", "/organization").json()["value"]
    assert "pending.contoso.com" not in {item["name"] for item in organization["verifiedDomains"]}
    assert organization["onPremisesSyncEnabled"] is None


def test_permissions(entra: Emulator) -> None:
    for app, path, status in (
        ("nobody", "/users", 403),
        ("reader", "/users", 200),
        ("reader", "/domains", 403),
        ("reader", "/organization", 403),
        ("nobody", "/directory/deletedItems/microsoft.graph.user", 403),
        ("nobody", "/users/anna.berg@contoso.com", 403),
    ):
        answer = entra.graph("GET", path, app)
        assert answer.status_code == status, (app, path)
        if status == 403:
            assert answer.json()["error"]["code"] == "Authorization_RequestDenied"
            assert answer.json()["error"]["message"] == "Insufficient privileges to complete the operation."


def test_unknown_paths_and_methods(entra: Emulator) -> None:
    answer = entra.graph("GET", "/teams")
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "Resource not found for the segment 'teams'.",
    )
    assert entra.graph("PUT", "/users/x", json={}).status_code == 405
    assert entra.graph("DELETE", "/domains").status_code == 405


def test_read_lag(entra: Emulator) -> None:
    """facts §1: lists and filters may lag behind a write; a read by key does not, here."""
    entra.settings(readLagReads=2)
    value = "nlbGyIhGPE+EYq/E/2CBeA=="
    entra.graph("PATCH", "/users/ada.fuchs@contoso.com", json={"onPremisesImmutableId": value})
    entra.graph("DELETE", "/users/ben.hartmann@contoso.com")
    assert entra.immutable_id("ada.fuchs@contoso.com") == value
    find = f"onPremisesImmutableId eq '{value}'"
    assert _upns(entra, find) == []
    assert _upns(entra, "userPrincipalName eq 'ben.hartmann@contoso.com'") == ["ben.hartmann@contoso.com"]
    assert entra.graph("GET", "/directory/deletedItems/microsoft.graph.user").json()["value"][0]["surname"] == "Alder"
    assert _upns(entra, find) == ["ada.fuchs@contoso.com"]
    assert _upns(entra, "userPrincipalName eq 'ben.hartmann@contoso.com'") == []


def test_licences_and_what_a_mailbox_is_for(entra: Emulator) -> None:
    """facts §22."""
    name = "jonas.weber@contoso.com"
    licences = entra.graph("GET", f"/users/{name}?$select=assignedLicenses").json()["assignedLicenses"]
    assert [set(licence) for licence in licences] == [{"disabledPlans", "skuId"}]
    path = f"/users/{name}/mailboxSettings/userPurpose"
    assert entra.graph("GET", path).status_code == 403
    answer = entra.graph("GET", path, app="privileged")
    assert (answer.status_code, answer.json()["value"]) == (200, "user")
