# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users whom another way of matching must neither forget nor describe wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest
from estate import IDS, Estate, upn
from forest_script import guid
from renamed import BY_ADDRESS, RENAMED, by_mapping, mapping_of
from scripted_graph import object_id, user

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.partners import MatchBy, describe_absent

SET, GROUP, RUN = ("set", None), 500, "20260101T000000Z-aaaaaa"


def test_a_prediction_of_now_counts_whom_the_way_does_not_match(addressed: Estate) -> None:
    """Nothing is written, so only what the next sync does counts. It takes them all by their addresses."""
    plan = addressed.plan(**by_mapping("anna"), predict="now")
    assert addressed.changes("plan") == dict.fromkeys(IDS, ("refused", "predicted_soft_match"))
    assert plan["summary"]["refused"] == 3


@pytest.mark.parametrize("fault", ["guest", "no such cloud user"])
def test_an_account_with_a_partner_is_no_service_account(addressed: Estate, fault: str) -> None:
    """It has a servicePrincipalName, but somebody says that it belongs to a person: the run must say what is wrong."""
    addressed.directory.change("anna", servicePrincipalName=["HTTP/anna"])
    if fault == "guest":
        addressed.graph.users[IDS["anna"]]["userType"] = "Guest"
        addressed.plan(**BY_ADDRESS, **RENAMED)
        cause = "guest_by_address"
    else:
        pairs = [{**each, "id": object_id(999)} for each in mapping_of("anna")]
        addressed.plan(match_by="mapping", mapping=[*pairs, *mapping_of("bob", "carl")], **RENAMED)
        cause = "no_such_cloud_user"
    assert addressed.changes("plan") == {"anna": ("refused", cause), "bob": SET, "carl": SET}


def test_an_account_without_a_pair_may_be_a_service_account(addressed: Estate) -> None:
    addressed.directory.change("anna", servicePrincipalName=["HTTP/anna"])
    addressed.plan(**by_mapping("bob", "carl"))
    assert addressed.changes("plan")["anna"] == ("service_account", "service_principal_name")


def test_members_whose_accounts_have_other_names_are_told(addressed: Estate) -> None:
    """A group of Entra names the people by their UPNs in the cloud."""
    addressed.directory.change("bob", userPrincipalName=["bob.cloud@contoso.com"])
    scope = {"group": addressed.graph.put_group(GROUP, *IDS.values())}
    told = "2 members of the group in Entra ID have no AD user with their UPN, so they are not in the scope: "
    plan = addressed.plan(**BY_ADDRESS, **RENAMED, scope=scope)
    assert addressed.changes("plan") == {"bob.cloud": SET}
    assert f"{told}anna.cloud@contoso.com, carl.cloud@contoso.com. Use a group of Active Directory" in str(
        plan["warnings"]
    )


@pytest.mark.parametrize("members", [None, {upn("anna")}])
def test_members_by_upn_are_people_without_accounts(members: set[str] | None) -> None:
    assert describe_absent(members, [], MatchBy()) == []
    assert len(describe_absent(members, [], MatchBy("mapping"))) == (1 if members else 0)


def test_sentences_name_the_cloud_user(addressed: Estate) -> None:
    addressed.graph.users[IDS["anna"]].update(userType="Guest", givenName="Xaver", surname="Young")
    addressed.directory.change("anna", givenName=["Anna"], sn=["Berg"])
    addressed.plan(**by_mapping(*IDS))
    reason = addressed.users("plan")["anna"]["change"]["reason"]
    assert f"The AD account {upn('anna')} and the cloud user anna.cloud@contoso.com seem to belong to two" in reason
    assert "anna.cloud@contoso.com is a guest in Entra ID" in reason


def test_a_mapping_in_the_home_folder(addressed: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As reviewed_plan and all other paths; the role takes such a path for an absolute one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    lines = ["object_guid,id", *(f"{each['object_guid']},{each['id']}" for each in mapping_of(*IDS))]
    (tmp_path / "pairs.csv").write_text("\n".join(lines))
    addressed.plan(match_by="mapping", mapping="~/pairs.csv", **RENAMED)
    assert addressed.changes("plan") == dict.fromkeys(IDS, SET)


def test_an_account_without_a_upn(addressed: Estate) -> None:
    """Connect sends a name that it makes of sAMAccountName. A mapping needs no UPN."""
    addressed.graph.listings["/domains"].append(
        {"id": "ad.contoso.com", "isVerified": True, "authenticationType": "Managed"}
    )
    addressed.directory.change("anna", userPrincipalName=[])
    assert addressed.apply(addressed.plan(**by_mapping(*IDS)))["verdict"] == ""
    assert addressed.plan(**by_mapping(*IDS))["summary"]["changes"] == 0


def test_a_second_user_with_the_address_in_a_large_tenant(addressed: Estate) -> None:
    """Users are then read by filters, not by a listing, before they are written."""
    addressed.plan(**BY_ADDRESS, **RENAMED)
    addressed.plan(**BY_ADDRESS, **RENAMED, **addressed.reviewed())
    plan = addressed.rewrite_plan(lambda header: {**header, "facts": {**header["facts"], "tenant_users": 90_000}})
    addressed.graph.put({**user(50, "zoe@contoso.com"), "mail": upn("ANNA")})
    addressed.graph.asked.clear()
    addressed.apply(plan)
    assert addressed.changes() == {"anna": ("refused", "changed_since"), "bob": SET, "carl": SET}
    assert any("mail in ('anna@contoso.com'," in each for each in addressed.graph.asked)


@pytest.mark.parametrize("pairs", ["own", "exchanged"])
def test_a_rollback_takes_both_objects_of_a_person_together(addressed: Estate, pairs: str) -> None:
    """The journal has the UPN of each object, so the anchor that both got must tell that they belong together."""
    given = mapping_of(*IDS)
    if pairs == "exchanged":
        for name in IDS:
            addressed.directory.change(name, mail=[], proxyAddresses=[])
            addressed.graph.users[IDS[name]].update(userPrincipalName=upn(name), mail=None, proxyAddresses=[])
        given[0]["id"], given[1]["id"] = given[1]["id"], given[0]["id"]
    outcomes = ["matched", "hard_match", "quarantine"]
    options = {"match_by": "mapping", "mapping": given, **RENAMED, "allowed_outcomes": outcomes}
    addressed.match(RUN, **options, write_consistency_guid="from_guid")
    addressed.graph.users[given[0]["id"]]["onPremisesSyncEnabled"] = True
    done = addressed.roll_back(RUN, max_refused="1")
    assert (done["summary"]["refused"], done["summary"]["put_back"], done["summary"]["total"]) == (1, 2, 3)
    assert [bool(addressed.directory.anchor_of(name)) for name in IDS] == [True, False, False]
    values = [addressed.graph.value_of(each["id"]) for each in given]
    assert values == [immutable_id_of_guid(guid(1)), None, None]


def test_pairs_of_one_run_that_another_account_left(addressed: Estate) -> None:
    plan = addressed.plan(**by_mapping(*IDS))
    addressed.directory.delete("anna")
    addressed.apply(plan)
    assert addressed.changes() == {"anna": ("refused", "changed_since"), "bob": SET, "carl": SET}
