# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Duplicate attribute resiliency (facts §0.4, §3), and what of a cycle can be read, and when."""

from __future__ import annotations

import re
from typing import Any

from conftest import ad_user, anchor
from support.entra_process import Emulator

ADA, BEN = "ada.fuchs@contoso.com", "ben.hartmann@contoso.com"
ERRORS = "$filter=onPremisesProvisioningErrors/any(o:o/category eq 'PropertyConflict')"


def _errors(entra: Emulator, key: str) -> list[tuple[str, str]]:
    path = f"/users/{key}?$select=onPremisesProvisioningErrors"
    found = entra.graph("GET", path).json()["onPremisesProvisioningErrors"]
    assert all(each["category"] == "PropertyConflict" and each["occurredDateTime"] for each in found)
    return [(each["propertyCausingError"], each["value"]) for each in found]


def _dora(entra: Emulator) -> dict[str, Any]:
    """Dora's anchor is on her old account: the old account takes her AD account's values, save those she holds."""
    entra.control("POST", "immutable-ids", {"dora.klein@contoso.com": anchor(1)})
    (result,) = entra.export(ad_user("dora.klein@contoso.com", mail="dora.klein@contoso.com"))
    return result


def test_a_conflict_does_not_fail_the_export(entra: Emulator) -> None:
    old = entra.user_id("dora.klein.old@contoso.com")
    result = _dora(entra)
    assert (result["outcome"], result["objectId"]) == ("hard_matched", old)
    upn = entra.graph("GET", f"/users/{old}").json()["userPrincipalName"]
    assert re.fullmatch(r"dora\.klein\+\d{4}@contoso\.onmicrosoft\.com", upn)
    assert _errors(entra, old) == [
        ("UserPrincipalName", "dora.klein@contoso.com"),
        ("ProxyAddress", "SMTP:dora.klein@contoso.com"),
    ]
    found = entra.graph("GET", f"/users?{ERRORS}&$select=id").json()["value"]
    assert [user["id"] for user in found] == [old]
    # The same export again: the same placeholder, the same moment, nothing to do.
    before = entra.raw(upn)
    assert _dora(entra)["outcome"] == "unchanged"
    assert entra.raw(upn) == before


def test_the_timer_gives_back_what_is_free_and_nothing_else(entra: Emulator) -> None:
    old = _dora(entra)["objectId"]
    assert entra.control("POST", "quarantine") == {"cleared": 0}
    key = entra.user_id("dora.klein@contoso.com")
    entra.change("dora.klein@contoso.com", id=key, userPrincipalName="dora.k@contoso.com")
    assert len(_errors(entra, old)) == 2  # resolved, and listed until the timer runs
    assert entra.control("POST", "quarantine") == {"cleared": 1}
    assert _errors(entra, old) == [("ProxyAddress", "SMTP:dora.klein@contoso.com")]
    assert entra.user_id("dora.klein@contoso.com") == old
    entra.change("dora.k@contoso.com", mail=None, proxyAddresses=[])
    assert entra.control("POST", "quarantine") == {"cleared": 1}
    assert _errors(entra, old) == []
    user = entra.raw("dora.klein@contoso.com")
    assert (user["mail"], "SMTP:dora.klein@contoso.com" in user["proxyAddresses"]) == ("dora.klein@contoso.com", True)


def test_the_timer_runs_by_itself(entra: Emulator) -> None:
    old = _dora(entra)["objectId"]
    entra.control("PUT", "clock", {"stopped": True})
    entra.control("POST", "quarantine")  # it runs an hour after this
    entra.change("dora.klein@contoso.com", deletedDateTime="2026-11-01T00:00:00Z")
    entra.advance(3599)
    assert len(_errors(entra, old)) == 2
    entra.advance(1)
    assert _errors(entra, old) == []


def test_the_second_of_two_with_one_address(entra: Emulator) -> None:
    shared = "desk@contoso.com"
    first, second = entra.export(
        ad_user("desk.one@contoso.com", 1, proxyAddresses=[f"SMTP:{shared}"]),
        ad_user("desk.two@contoso.com", 2, proxyAddresses=["SMTP:desk.two@contoso.com", f"smtp:{shared}"]),
    )
    assert (first["outcome"], second["outcome"]) == ("provisioned", "quarantined")
    assert _errors(entra, second["objectId"]) == [("ProxyAddress", f"smtp:{shared}")]
    assert entra.raw("desk.two@contoso.com")["proxyAddresses"] == ["SMTP:desk.two@contoso.com"]


def test_without_resiliency_a_conflict_is_an_error(entra: Emulator) -> None:
    names = ("quarantineUponUpnConflictEnabled", "quarantineUponProxyAddressesConflictEnabled", "softMatchOnUpnEnabled")
    entra.control("PUT", "switches", dict.fromkeys(names, False))
    shared = ad_user("two@contoso.com", 3, proxyAddresses=["SMTP:two@contoso.com", f"smtp:{ADA}"])
    for result in entra.export(ad_user(ADA, 2), shared):
        assert result["error"]["code"] == "AttributeValueMustBeUnique"


def test_an_address_of_another_kind_is_not_quarantined(entra: Emulator) -> None:
    """The page: UPN and SMTP addresses only."""
    one = ad_user("one@contoso.com", 1, proxyAddresses=["SMTP:one@contoso.com", "X500:/o=lab/cn=one"])
    two = ad_user("two@contoso.com", 2, proxyAddresses=["SMTP:two@contoso.com", "x500:/o=lab/cn=one"])
    _first, result = entra.export(one, two)
    assert result["error"]["code"] == "AttributeValueMustBeUnique"


def test_a_cycle_whose_results_come_late(entra: Emulator) -> None:
    entra.change(ADA, onPremisesImmutableId=anchor(1))
    key = entra.user_id(ADA)
    entra.settings(provisionLagReads=4)
    entra.export(ad_user("ada.neu@contoso.com"), ad_user("brand.new@contoso.com", 2))
    select = "$select=id,onPremisesSyncEnabled,userPrincipalName"
    filtered = f"/users?$filter=onPremisesImmutableId eq '{anchor(1)}'&{select}"
    assert entra.graph("GET", f"/users/{key}?{select}").json()["onPremisesSyncEnabled"] is None
    assert entra.graph("GET", filtered).json()["value"][0]["onPremisesSyncEnabled"] is None
    assert entra.user_id(ADA) == key
    assert entra.graph("GET", "/users/ada.neu@contoso.com").status_code == 404
    assert entra.graph("GET", filtered).json()["value"][0]["onPremisesSyncEnabled"] is True
    assert entra.user_id("ada.neu@contoso.com") == key
    answers = [entra.graph("GET", "/users/brand.new@contoso.com").status_code for _read in range(5)]
    assert answers == [404, 404, 404, 404, 200]


def test_the_tenant_says_that_it_is_synchronized(entra: Emulator) -> None:
    def tenant() -> dict[str, Any]:
        found = entra.graph("GET", "/organization").json()["value"][0]
        return {name: found[name] for name in ("onPremisesSyncEnabled", "onPremisesLastSyncDateTime")}

    assert tenant() == {"onPremisesSyncEnabled": None, "onPremisesLastSyncDateTime": None}
    assert entra.export() == []
    assert tenant()["onPremisesSyncEnabled"] is True
    assert tenant()["onPremisesLastSyncDateTime"] > "2026-01-01"


def test_a_kill_loses_nothing_of_a_cycle(own_entra: Emulator) -> None:
    own_entra.export(ad_user(ADA), {"type": "contact", "sourceAnchor": anchor(2), "mail": "c@contoso.com"})
    own_entra.control("PUT", "switches", {"blockSoftMatchEnabled": True})
    before = own_entra.control("GET", "dump")
    own_entra.stop(kill=True)
    own_entra.start()
    assert own_entra.control("GET", "dump") == before


def test_the_object_identifier_is_in_beta_alone(entra: Emulator) -> None:
    key = entra.export(ad_user(ADA))[0]["objectId"]
    headers = {"Authorization": f"Bearer {entra.token()}"}

    def beta(query: str) -> Any:
        return entra.http.get(f"/beta/users/{key}{query}", headers=headers)

    assert beta("?$select=id,onPremisesObjectIdentifier").json() == {
        "@odata.context": f"{entra.url}/beta/$metadata#users(id,onPremisesObjectIdentifier)/$entity",
        "id": key,
        "onPremisesObjectIdentifier": "00000000-0000-0000-0000-000000000001",
    }
    assert "onPremisesObjectIdentifier" not in beta("").json()
    assert beta("?$select=nothing").status_code == 400
    assert entra.graph("GET", f"/users/{key}?$select=onPremisesObjectIdentifier").status_code == 400
    assert entra.http.get("/beta/domains", headers=headers).status_code == 400
    assert entra.http.get(f"/beta/users/{key}").status_code == 401


def test_the_switches_are_not_for_an_app(entra: Emulator) -> None:
    """facts §0.5."""
    for app in ("hard-matcher", "privileged"):
        for path in ("/directory/onPremisesSynchronization", "/directory/onPremisesSynchronization/x"):
            answer = entra.graph("GET", path, app)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_switches_are_checked(entra: Emulator) -> None:
    before = entra.control("GET", "switches")
    everything: list[Any] = [{"blockEverything": True}, {"blockSoftMatchEnabled": "yes"}, []]
    for wrong in everything:
        assert entra.http.put("/lab/switches", json=wrong).status_code == 400
    assert entra.control("GET", "switches") == before
