# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An export finds its cloud user, or is refused: facts §2, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import ad_user, anchor
from support.entra_process import Emulator

ADA, BEN = "ada.fuchs@contoso.com", "ben.hartmann@contoso.com"
HARDENED = "Hard match operation blocked due to security hardening. Review OnPremisesObjectIdentifier mapping."


def _code(result: dict[str, Any]) -> str:
    assert result["outcome"] == "error", result
    assert result["objectId"] is None
    code: str = result["error"]["code"]
    return code


def _stamp(entra: Emulator, upn: str, number: int = 1) -> str:
    """Give a cloud user the anchor of an AD object; returns the object id."""
    entra.change(upn, onPremisesImmutableId=anchor(number))
    return entra.user_id(upn)


def test_hard_match_comes_first_and_keeps_the_object(entra: Emulator) -> None:
    """Its anchor leads to Ada, its UPN to Ben: the anchor wins."""
    key = _stamp(entra, ADA)
    (result,) = entra.export(ad_user("ada.neu@contoso.com", mail="ada.neu@contoso.com"))
    assert (result["outcome"], result["objectId"]) == ("hard_matched", key)
    user = entra.raw("ada.neu@contoso.com")
    assert user["id"] == key
    assert user["onPremisesSyncEnabled"] is True
    assert user["onPremisesImmutableId"] == anchor(1)
    assert user["onPremisesDistinguishedName"] == "CN=ada.neu,OU=People,DC=ad,DC=contoso,DC=com"
    assert user["onPremisesSamAccountName"] == "ada.neu"
    assert user["onPremisesSecurityIdentifier"] == "S-1-5-21-1-2-3-1001"
    assert user["onPremisesDomainName"] == "ad.contoso.com"
    assert user["onPremisesUserPrincipalName"] == "ada.neu@contoso.com"
    assert user["onPremisesLastSyncDateTime"] > "2026-01-01"
    assert user["lab"]["onPremisesObjectIdentifier"] == "00000000-0000-0000-0000-000000000001"
    assert entra.raw(BEN).get("onPremisesSyncEnabled") is None


def test_a_value_in_ad_overwrites_and_an_empty_one_does_not(entra: Emulator) -> None:
    _stamp(entra, ADA)
    entra.export(ad_user(ADA, department="Vertrieb", jobTitle=None, accountEnabled=False))
    user = entra.raw(ADA)
    assert (user["displayName"], user["department"], user["accountEnabled"]) == ("ada.fuchs of AD", "Vertrieb", False)
    assert (user["usageLocation"], user["givenName"], user["mail"]) == ("DE", "Ada", ADA)
    assert user["proxyAddresses"] == [f"SMTP:{ADA}"]


def test_soft_match_by_primary_address_then_by_upn(entra: Emulator) -> None:
    """The primary address is Ada's and the UPN Ben's: the address is asked first, and Ben's UPN is a conflict then."""
    ada, ben = entra.user_id(ADA), entra.user_id(BEN)
    (result,) = entra.export(ad_user(BEN, mail=ADA))
    assert (result["outcome"], result["objectId"]) == ("soft_matched", ada)
    assert [problem["value"] for problem in result["quarantined"]] == [BEN]
    (result,) = entra.export(ad_user("clara.vogel@contoso.com", 2))
    assert (result["outcome"], result["objectId"]) == ("soft_matched", entra.user_id("clara.vogel@contoso.com"))
    assert entra.raw("clara.vogel@contoso.com")["onPremisesImmutableId"] == anchor(2)
    assert entra.user_id(BEN) == ben


def test_a_secondary_address_does_not_match(entra: Emulator) -> None:
    new = ad_user("new@contoso.com", proxyAddresses=["SMTP:new@contoso.com", f"smtp:{ADA}"])
    (result,) = entra.export(new)
    assert result["outcome"] == "quarantined"
    assert entra.raw(ADA).get("onPremisesSyncEnabled") is None


def test_soft_match_on_upn_can_be_off(entra: Emulator) -> None:
    entra.control("PUT", "switches", {"softMatchOnUpnEnabled": False})
    (result,) = entra.export(ad_user(ADA))
    assert result["outcome"] == "quarantined"
    assert result["objectId"] != entra.user_id(ADA)


def test_block_soft_match_makes_a_second_user(entra: Emulator) -> None:
    entra.control("PUT", "switches", {"blockSoftMatchEnabled": True})
    (result,) = entra.export(ad_user(ADA, mail=ADA))
    assert result["outcome"] == "quarantined"
    causes = [problem["propertyCausingError"] for problem in result["quarantined"]]
    assert causes == ["UserPrincipalName", "ProxyAddress"]
    second = next(user for user in entra.control("GET", "dump")["user"] if user["id"] == result["objectId"])
    assert second["userPrincipalName"].startswith("ada.fuchs+")
    assert second["userPrincipalName"].endswith("@contoso.onmicrosoft.com")
    assert (second.get("mail"), second["proxyAddresses"]) == (None, [])
    assert entra.raw(ADA).get("onPremisesSyncEnabled") is None


def test_a_hard_match_is_not_touched_by_block_soft_match(entra: Emulator) -> None:
    key = _stamp(entra, ADA)
    entra.control("PUT", "switches", {"blockSoftMatchEnabled": True})
    (result,) = entra.export(ad_user(ADA))
    assert (result["outcome"], result["objectId"]) == ("hard_matched", key)


def test_provision_with_an_unverified_suffix(entra: Emulator) -> None:
    """facts §7: the prefix is mailNickname, else of the primary address, mail, UPN."""
    first = ad_user("pat.pending@pending.contoso.com")
    second = ad_user("quinn@pending.contoso.com", 2, mail="q.mail@contoso.com", mailNickname="qnick")
    results = entra.export(first, second, ad_user("not valid@contoso.com", 3, mail="valid@contoso.com"))
    assert [result["outcome"] for result in results] == ["provisioned"] * 3
    pat = entra.raw("pat.pending@contoso.onmicrosoft.com")
    assert pat["onPremisesUserPrincipalName"] == "pat.pending@pending.contoso.com"
    assert entra.raw("qnick@contoso.onmicrosoft.com")["mail"] == "q.mail@contoso.com"
    assert entra.raw("valid@contoso.onmicrosoft.com")["id"] == results[2]["objectId"]


def test_an_unverified_suffix_breaks_the_soft_match_by_upn_only(entra: Emulator) -> None:
    """facts §7. The calculated name is Ada's at the initial domain, not her UPN."""
    (result,) = entra.export(ad_user("ada.fuchs@pending.contoso.com"))
    assert (result["outcome"], result["objectId"] == entra.user_id(ADA)) == ("provisioned", False)
    key = _stamp(entra, BEN, 2)
    (result,) = entra.export(ad_user("ben.hartmann@pending.contoso.com", 2))
    assert (result["outcome"], result["objectId"]) == ("hard_matched", key)
    assert entra.user_id("ben.hartmann@contoso.onmicrosoft.com") == key


def test_invalid_soft_match_only_without_resiliency(entra: Emulator) -> None:
    """Jonas holds another anchor."""
    jonas = ad_user("jonas.weber@contoso.com", mail="jonas.weber@contoso.com")
    (result,) = entra.export(jonas)
    assert (result["outcome"], result["note"]) == ("quarantined", "InvalidSoftMatch")
    entra.control("POST", "reset")
    entra.control("PUT", "switches", {"quarantineUponProxyAddressesConflictEnabled": False})
    before = entra.control("GET", "dump")["user"]
    assert _code(entra.export(jonas)[0]) == "InvalidSoftMatch"
    assert entra.control("GET", "dump")["user"] == before


def test_an_admin_is_never_soft_matched(entra: Emulator) -> None:
    for number, upn in enumerate(("carla.admin@contoso.com", "greta.leser@contoso.com"), 1):
        (result,) = entra.export(ad_user(upn, number))
        assert (result["outcome"], result["note"]) == ("quarantined", "ExistingAdminRoleConflict")
        assert result["objectId"] != entra.user_id(upn)
    (result,) = entra.export(ad_user("omar.haddad@contoso.com", 3))  # eligible only: the rule speaks of roles held
    assert result["outcome"] == "soft_matched"


def test_invalid_hard_match_by_the_switch(entra: Emulator) -> None:
    _stamp(entra, ADA)
    entra.control("PUT", "switches", {"blockCloudObjectTakeoverThroughHardMatchEnabled": True})
    (result,) = entra.export(ad_user(ADA))
    assert _code(result) == "InvalidHardMatch"
    assert result["error"]["message"].startswith("Another cloud created object with the same source anchor")
    assert entra.raw(ADA).get("onPremisesSyncEnabled") is None


@pytest.mark.parametrize("upn", ["carla.admin@contoso.com", "omar.haddad@contoso.com"])
def test_invalid_hard_match_of_the_privileged_and_the_eligible(entra: Emulator, upn: str) -> None:
    _stamp(entra, upn)
    assert _code(entra.export(ad_user(upn))[0]) == "InvalidHardMatch"


def test_a_role_that_is_not_privileged(entra: Emulator) -> None:
    """facts §2: Microsoft's two texts differ, so the lab can play both."""
    _stamp(entra, "greta.leser@contoso.com")
    entra.settings(anyRoleBlocksHardMatch=True)
    assert _code(entra.export(ad_user("greta.leser@contoso.com"))[0]) == "InvalidHardMatch"
    entra.settings(anyRoleBlocksHardMatch=False)
    assert entra.export(ad_user("greta.leser@contoso.com"))[0]["outcome"] == "hard_matched"


def test_invalid_hard_match_by_another_object_identifier(entra: Emulator) -> None:
    _stamp(entra, ADA)
    entra.change(ADA, lab={"onPremisesObjectIdentifier": "00000000-0000-0000-0000-000000000099"})
    (result,) = entra.export(ad_user(ADA))
    assert _code(result) == "InvalidHardMatch"
    assert result["error"]["message"] == HARDENED
    entra.control("PUT", "switches", {"allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled": True})
    assert entra.export(ad_user(ADA))[0]["outcome"] == "hard_matched"


def test_the_same_object_identifier_is_no_obstacle(entra: Emulator) -> None:
    _stamp(entra, ADA)
    entra.change(ADA, lab={"onPremisesObjectIdentifier": "00000000-0000-0000-0000-000000000001"})
    assert entra.export(ad_user(ADA))[0]["outcome"] == "hard_matched"


def test_a_mapping_does_not_change_with_an_update(entra: Emulator) -> None:
    _stamp(entra, ADA)
    entra.export(ad_user(ADA))
    (result,) = entra.export(ad_user(ADA, objectIdentifier="00000000-0000-0000-0000-000000000099"))
    assert _code(result) == "AttributeUpdateNotAllowed"
    assert "OnPremisesObjectIdentifier cannot be changed" in result["error"]["message"]


def test_the_same_sid_with_another_anchor(entra: Emulator) -> None:
    entra.export(ad_user("one@contoso.com", 1))
    (result,) = entra.export(ad_user("two@contoso.com", 2, securityIdentifier="S-1-5-21-1-2-3-1001"))
    assert _code(result) == "AttributeValueMustBeUnique"
    assert "AttributeConflictName=OnPremiseSecurityIdentifier" in result["error"]["message"]


@pytest.mark.parametrize("kind", ["contact", "group"])
def test_object_type_mismatch(entra: Emulator, kind: str) -> None:
    other = {"type": kind, "sourceAnchor": anchor(1), "displayName": "Scanner", "mail": "scanner@contoso.com"}
    assert _code(entra.export(other)[0]) == "ObjectTypeMismatch"
    other = {**other, "mail": f"{kind}@contoso.com"}
    assert entra.export(other)[0]["outcome"] == "provisioned"
    (result,) = entra.export(ad_user("somebody@contoso.com", 2, mail=f"{kind}@contoso.com"))
    assert _code(result) == "ObjectTypeMismatch"
    assert entra.export(other)[0]["outcome"] == "unchanged"
    assert entra.export(deletes=(anchor(1),))[0]["outcome"] == "deleted"


def test_a_cloud_managed_user_is_left_alone(entra: Emulator) -> None:
    key = _stamp(entra, "mia.cloud@contoso.com")
    before = entra.raw("mia.cloud@contoso.com")
    (result,) = entra.export(ad_user("mia.cloud@contoso.com"))
    assert (result["outcome"], result["objectId"]) == ("unchanged", key)
    assert entra.export(deletes=(anchor(1),))[0]["outcome"] == "unchanged"
    assert entra.raw("mia.cloud@contoso.com") == before


def test_delete_and_come_back(entra: Emulator) -> None:
    """facts §1 "Soft-deleted holders": the anchor stays, so that the same object comes back from the bin."""
    key = _stamp(entra, ADA)
    entra.export(ad_user(ADA))
    (result,) = entra.export(deletes=(anchor(1),))
    assert (result["outcome"], result["objectId"]) == ("deleted", key)
    gone = entra.raw(ADA)
    assert (gone["onPremisesSyncEnabled"], gone["onPremisesImmutableId"]) == (False, anchor(1))
    assert entra.graph("GET", f"/users/{key}").status_code == 404
    assert entra.export(deletes=(anchor(1),))[0]["outcome"] == "unchanged"
    (result,) = entra.export(ad_user(ADA))
    assert (result["outcome"], result["objectId"]) == ("hard_matched", key)
    assert entra.graph("GET", f"/users/{key}?$select=onPremisesSyncEnabled").json()["onPremisesSyncEnabled"] is True


def test_a_deleted_and_privileged_user_does_not_come_back(entra: Emulator) -> None:
    _stamp(entra, "carla.admin@contoso.com")
    entra.change("carla.admin@contoso.com", deletedDateTime="2026-11-01T00:00:00Z", onPremisesSyncEnabled=False)
    (result,) = entra.export(ad_user("carla.admin@contoso.com"))
    assert _code(result) == "InvalidHardMatch"
    assert "deleted" in result["error"]["message"]


def test_a_cloud_user_is_not_deleted(entra: Emulator) -> None:
    _stamp(entra, ADA)
    assert _code(entra.export(deletes=(anchor(1),))[0]) == "DeletingCloudOnlyObjectNotAllowed"
    assert entra.export(deletes=(anchor(5),))[0]["outcome"] == "unchanged"


def test_a_matched_user_is_updated_or_unchanged(entra: Emulator) -> None:
    _stamp(entra, ADA)
    entra.export(ad_user(ADA))
    before = entra.raw(ADA)
    assert entra.export(ad_user(ADA))[0]["outcome"] == "unchanged"
    assert entra.raw(ADA) == before
    assert entra.export(ad_user(ADA, city="Ulm"))[0]["outcome"] == "updated"
    assert entra.raw(ADA)["city"] == "Ulm"


def test_a_lena_that_is_synchronized_already_is_updated(entra: Emulator) -> None:
    """Her mapping is that of the AD account that she is joined to, once the lab knows it."""
    assert entra.control("POST", "immutable-ids", {"lena.fischer@contoso.com": anchor(7)})["set"] == 1
    (result,) = entra.export(ad_user("lena.fischer@contoso.com", 7))
    assert (result["outcome"], result["objectId"]) == ("updated", entra.user_id("lena.fischer@contoso.com"))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ([], "'objects'"),
        ({"objects": [{"type": "device", "sourceAnchor": "eA=="}]}, "'type'"),
        ({"objects": [{"type": "user"}]}, "sourceAnchor"),
        ({"objects": [ad_user(ADA), ad_user(BEN)]}, "once"),
        ({"objects": [ad_user(ADA, colour="red")]}, "colour"),
        ({"objects": [ad_user(ADA, onPremisesSyncEnabled=False)]}, "onPremisesSyncEnabled"),
        ({"deletes": [5]}, "'deletes'"),
    ],
)
def test_what_no_sync_client_sends(entra: Emulator, body: Any, text: str) -> None:
    before = entra.control("GET", "dump")
    answer = entra.http.post("/lab/provision", json=body)
    assert answer.status_code == 400
    assert text in answer.json()["error"]
    assert entra.control("GET", "dump") == before


def test_a_user_without_a_name(entra: Emulator) -> None:
    nameless = ad_user(ADA)
    del nameless["userPrincipalName"]
    assert _code(entra.export(nameless)[0]) == "IdentityDataValidationFailed"
