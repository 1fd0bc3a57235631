# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users matched by their primary addresses or by a mapping, at the wire: who is matched, and who is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from estate import IDS, VALUES, Estate, upn
from forest_script import guid, person
from renamed import BY_ADDRESS, RENAMED, by_mapping, mapping_of
from scripted_graph import object_id, user

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)

SET = ("set", None)


def test_by_upn_nobody_of_them_is_found(addressed: Estate) -> None:
    addressed.plan()
    assert set(addressed.changes("plan").values()) == {("refused", "predicted_soft_match")}


def test_equal_addresses_write_only_after_a_review(addressed: Estate) -> None:
    plan = addressed.plan(**BY_ADDRESS, **RENAMED)
    assert addressed.changes("plan") == dict.fromkeys(IDS, SET)
    assert addressed.lines("plan")[0]["terms"]["match_by"] == "primary_smtp"
    assert plan["verdict"].startswith("Nothing was changed: with match_by: primary_smtp, a run writes only reviewed")
    assert plan["reviewable"] is True
    assert "cannot be applied" in addressed.apply(plan)["msg"]
    assert addressed.graph.writes == []

    reviewed = addressed.reviewed()
    plan = addressed.plan(**BY_ADDRESS, **RENAMED, **reviewed)
    assert plan["verdict"] == ""
    done = addressed.apply(plan)
    assert (done["verdict"], addressed.values()) == ("", VALUES)
    assert addressed.plan(**BY_ADDRESS, **RENAMED)["summary"]["changes"] == 0


def test_the_sign_in_name_that_changes_is_an_effect(addressed: Estate) -> None:
    addressed.plan(**BY_ADDRESS)
    assert set(addressed.changes("plan").values()) == {("refused", "sign_in_name_changed")}
    assert [each["match"]["future_user_principal_name"] for each in addressed.users("plan").values()] == [
        upn(name) for name in IDS
    ]


def test_a_review_of_another_way_is_refused(addressed: Estate) -> None:
    addressed.plan(**BY_ADDRESS, **RENAMED)
    refused = addressed.plan(**by_mapping(*IDS), **addressed.reviewed())
    assert "was made with other options than this run (match_by)" in refused["msg"]


def make_guest(estate: Estate) -> None:
    estate.graph.users[IDS["anna"]]["userType"] = "Guest"


def add_namesake(estate: Estate) -> None:
    estate.graph.put(user(50, upn("anna")))


def add_account_with_upn(estate: Estate) -> None:
    estate.directory.put(person(60, "anna.cloud"))


def add_account_with_alias(estate: Estate) -> None:
    estate.directory.put(person(60, "other", proxyAddresses=["SMTP:other@contoso.com", "smtp:Anna.Cloud@contoso.com"]))


def add_account_with_mail(estate: Estate) -> None:
    """The UPN of the cloud user is none of its addresses, and the mail of an account that is not in the scope."""
    estate.graph.users[IDS["anna"]]["proxyAddresses"] = [f"SMTP:{upn('anna')}"]
    estate.directory.change("anna", proxyAddresses=[])
    estate.directory.put(person(60, "other", mail=["Anna.Cloud@contoso.com"]))


def add_account_with_address_as_upn(estate: Estate) -> None:
    """An alias of the cloud user is the UPN of an account that is not in the scope and has no address."""
    estate.graph.users[IDS["anna"]]["proxyAddresses"].append("smtp:annab@contoso.com")
    estate.directory.change("anna", proxyAddresses=["smtp:anna.cloud@contoso.com", "smtp:annab@contoso.com"])
    estate.directory.put(person(60, "AnnaB"))


def put_first(estate: Estate, **values: Any) -> None:
    """Add a cloud user whom Graph lists before all others."""
    other = {**user(50, "zoe@contoso.com"), **values}
    estate.graph.users = {other["id"]: other, **estate.graph.users}


def add_guest_with_address(estate: Estate) -> None:
    put_first(estate, mail=upn("Anna"), userType="Guest")


def add_cloud_user_with_upn_as_address(estate: Estate) -> None:
    estate.directory.change("anna", mail=["a.berg@contoso.com"])
    estate.graph.users[IDS["anna"]].update(mail="a.berg@contoso.com", proxyAddresses=["SMTP:a.berg@contoso.com"])
    put_first(estate, mail=upn("anna"), proxyAddresses=[f"SMTP:{upn('anna')}"])


def add_primary_address(estate: Estate) -> None:
    estate.directory.change("anna", proxyAddresses=["SMTP:zoe@contoso.com", f"SMTP:{upn('anna')}"])


def share_address(estate: Estate) -> None:
    estate.directory.change("bob", mail=[upn("anna")])


def take_address(estate: Estate) -> None:
    estate.directory.change("anna", mail=[], proxyAddresses=[])


def change_address(estate: Estate) -> None:
    estate.directory.change("anna", mail=["anna.berg@contoso.com"])


CASES: dict[str, tuple[Callable[[Estate], None], str]] = {
    "guest": (make_guest, "guest_by_address"),
    "cloud user with the UPN of the account": (add_namesake, "upn_of_another_user"),
    "account with the UPN of the cloud user": (add_account_with_upn, "other_account_fits"),
    "account with an address of the cloud user": (add_account_with_alias, "other_account_fits"),
    "account with the UPN of the cloud user as mail": (add_account_with_mail, "other_account_fits"),
    "account with an address of the cloud user as UPN": (add_account_with_address_as_upn, "other_account_fits"),
    "two cloud users with the address": (add_guest_with_address, "several_cloud_users"),
    "cloud user with the UPN of the account as address": (add_cloud_user_with_upn_as_address, "upn_of_another_user"),
    "two primary addresses": (add_primary_address, "several_primary_addresses"),
    "two accounts with the address": (share_address, "shared_address"),
    "no address": (take_address, "no_primary_address"),
    "address of nobody": (change_address, "nobody_has_address"),
}
SCOPE = {"scope": {"users": [upn("anna"), upn("bob")]}}


@pytest.mark.parametrize("case", CASES)
def test_who_is_not_matched_by_an_address(addressed: Estate, case: str) -> None:
    alter, cause = CASES[case]
    alter(addressed)
    addressed.plan(**BY_ADDRESS, **RENAMED, **SCOPE, max_refused="2")
    changes = addressed.changes("plan")
    assert changes["anna"] == ("refused", cause), addressed.users("plan")["anna"]["change"]
    assert changes["bob"] == (SET if case != "two accounts with the address" else ("refused", cause))


@pytest.mark.parametrize("case", [case for case in CASES if case != "two accounts with the address"])
def test_the_same_after_the_plan_was_made(addressed: Estate, case: str) -> None:
    addressed.plan(**BY_ADDRESS, **RENAMED, **SCOPE)
    plan = addressed.plan(**BY_ADDRESS, **RENAMED, **SCOPE, **addressed.reviewed())
    assert plan["verdict"] == ""
    CASES[case][0](addressed)
    addressed.apply(plan)
    assert addressed.changes()["anna"] == ("refused", "changed_since")
    assert addressed.values() == {"anna": None, "bob": VALUES["bob"], "carl": None}


def give_bob_the_upn_of_anna(estate: Estate) -> None:
    estate.directory.change("bob", proxyAddresses=[f"SMTP:{upn('bob')}", "smtp:Anna.Cloud@contoso.com"])


def test_a_user_of_the_scope_may_be_the_other_account_too(addressed: Estate) -> None:
    give_bob_the_upn_of_anna(addressed)
    addressed.plan(**BY_ADDRESS, **RENAMED, **SCOPE, max_refused="2")
    assert addressed.changes("plan")["anna"] == ("refused", "other_account_fits")


def test_a_user_of_the_scope_may_become_the_other_account(addressed: Estate) -> None:
    addressed.plan(**BY_ADDRESS, **RENAMED, **SCOPE)
    plan = addressed.plan(**BY_ADDRESS, **RENAMED, **SCOPE, **addressed.reviewed())
    give_bob_the_upn_of_anna(addressed)
    addressed.apply(plan)
    assert addressed.changes()["anna"] == ("refused", "changed_since")
    assert addressed.values()["anna"] is None


def test_an_alias_matches_nobody(estate: Estate) -> None:
    """A sync looks for any address, but an alias is weaker than the address that a person writes with."""
    estate.directory.change("anna", mail=["a.berg@contoso.com"])
    estate.graph.users[IDS["anna"]].update(
        userPrincipalName="annab@contoso.com", proxyAddresses=["SMTP:annab@contoso.com", "smtp:a.berg@contoso.com"]
    )
    estate.plan(**BY_ADDRESS, scope={"users": [upn("anna")]})
    assert estate.changes("plan") == {"anna": ("refused", "nobody_has_address")}


def test_a_mapping_matches_exactly_its_pairs(addressed: Estate) -> None:
    plan = addressed.plan(**by_mapping("anna", "bob"), max_refused="1")
    assert addressed.changes("plan") == {"anna": SET, "bob": SET, "carl": ("refused", "not_in_mapping")}
    done = addressed.apply(plan)
    assert (done["verdict"], addressed.values()) == ("", {**VALUES, "carl": None})
    again = addressed.plan(**by_mapping("anna", "bob"), max_refused="1")
    assert again["summary"]["changes"] == 0


def test_a_mapping_wins_over_equal_names(estate: Estate) -> None:
    """Anna's account gets bob's cloud user, because the caller says so; the sync would take a name away."""
    given = {"object_guid": str(guid(1)), "id": IDS["bob"]}
    estate.plan(match_by="mapping", mapping=[given], scope={"users": [upn("anna")]}, **RENAMED)
    # Anna's UPN is the one of her cloud user.
    assert estate.changes("plan") == {"anna": ("refused", "predicted_quarantine")}


def test_a_mapping_keeps_the_values_of_the_cloud(addressed: Estate) -> None:
    addressed.graph.users[IDS["anna"]]["onPremisesImmutableId"] = immutable_id_of_guid(guid(77))
    options = {**by_mapping("anna"), "scope": {"users": [upn("anna")]}, "write_consistency_guid": "from_cloud"}
    addressed.apply(addressed.plan(**options))
    assert addressed.changes() == {"anna": ("stamped", None)}
    plan = addressed.plan(**options, predict_all=True)
    assert (plan["verdict"], plan["summary"]["effects"].get("foreign_anchor")) == ("", None)


def test_pairs_outside_the_scope_are_told(addressed: Estate) -> None:
    plan = addressed.plan(**by_mapping("anna", "carl"), scope={"users": [upn("anna")]})
    assert f"1 entry of the mapping has no AD user in scope: {guid(3)}." in str(plan["warnings"])


def test_a_cloud_user_of_a_mapping_who_does_not_exist(addressed: Estate) -> None:
    given = [{"object_guid": str(guid(1)), "id": object_id(999)}]
    addressed.plan(match_by="mapping", mapping=given, scope={"users": [upn("anna")]})
    change = addressed.users("plan")["anna"]["change"]
    assert change["cause"] == "no_such_cloud_user"
    assert f"the cloud user {object_id(999)} for anna@contoso.com, but Entra ID has no active user" in change["reason"]


@pytest.mark.parametrize("name", ["userPrincipalName", "account"])
def test_a_name_that_changed_since_the_plan_of_a_mapping(addressed: Estate, name: str) -> None:
    plan = addressed.plan(**by_mapping(*IDS))
    if name == "account":
        addressed.directory.change("anna", userPrincipalName=["anna.smith@contoso.com"])
    else:
        addressed.graph.users[IDS["anna"]][name] = "anna.smith@contoso.com"
    addressed.apply(plan)
    assert sorted(each for each in addressed.changes().values()) == [("refused", "changed_since"), SET, SET]
    assert addressed.values() == {**VALUES, "anna": None}


def test_exclusions_meet_the_partner(addressed: Estate) -> None:
    addressed.plan(**by_mapping(*IDS), exclude={"users": ["anna.cloud@contoso.com"]})
    assert addressed.changes("plan")["anna"] == ("excluded", "excluded_user")


def test_a_mapping_from_a_file(addressed: Estate, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    lines = [f"{{{each['object_guid'].upper()}}},Anna,{each['id']}" for each in mapping_of(*IDS)]
    path.write_bytes(("\ufeffobject_guid,name,id\r\n" + "\r\n".join(lines) + "\r\n").encode())
    plan = addressed.plan(match_by="mapping", mapping=str(path), **RENAMED)
    assert (plan["verdict"], addressed.changes("plan")) == ("", dict.fromkeys(IDS, SET))


PAIR = mapping_of("anna")[0]
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({"match_by": "mapping"}, "Set mapping to a list of pairs, or to the path of a CSV file"),
    "another way": ({"mapping": [PAIR]}, "mapping is set, but match_by is not mapping"),
    "a number": ({"match_by": "mapping", "mapping": 5}, "Set mapping to a list of pairs, or to"),
    "no pair": ({"match_by": "mapping", "mapping": ["x"]}, "Entry 1 of mapping must have object_guid and id."),
    "other keys": (
        {"match_by": "mapping", "mapping": [{"ObjectGUID": PAIR["object_guid"], "id": PAIR["id"]}]},
        "Entry 1 of mapping must have object_guid and id. Found: the keys 'ObjectGUID', 'id'. Rename 'ObjectGUID' to",
    ),
    "no GUID": ({"match_by": "mapping", "mapping": [{**PAIR, "object_guid": "x"}]}, "Entry 1 of mapping: 'x' is not a"),
    "no object id": (
        {"match_by": "mapping", "mapping": [{**PAIR, "id": "anna@contoso.com"}]},
        "Entry 1 of mapping: 'anna@contoso.com' is not the object id of a cloud user",
    ),
    "an account twice": (
        {"match_by": "mapping", "mapping": [PAIR, {**PAIR, "id": IDS["bob"]}]},
        "Entries 1 and 2 of mapping have the same account; keep one of them.",
    ),
    "a cloud user twice": (
        {"match_by": "mapping", "mapping": [PAIR, {**PAIR, "object_guid": str(guid(2))}]},
        "Entries 1 and 2 of mapping have the same cloud user; keep one of them.",
    ),
    "no file": ({"match_by": "mapping", "mapping": "/nonexistent.csv"}, "/nonexistent.csv"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_mapping(estate: Estate, case: str) -> None:
    options, words = WRONG[case]
    refused = estate.plan(**options)
    assert (refused["failed"], words in refused["msg"]) == (True, True), refused["msg"]
    assert estate.graph.asked == []


FILES = {
    "semicolons": (
        b"object_guid;id\n",
        "must contain the columns object_guid and id, separated by commas. Found: the key",
    ),
    "other columns": (b"ObjectGUID,ObjectId\n", "Rename 'ObjectGUID' to object_guid. Rename 'ObjectId' to id."),
    "empty": (b"", "The first line of mapping"),
    "not UTF-8": ("object_guid,id,näme\n".encode("latin-1"), "is not encoded in UTF-8; save it as CSV in UTF-8."),
    "a quotation mark": (b'object_guid,id\n"x"y,z\n', "is not valid CSV"),
    "a short line": (b"object_guid,id\nx\n", "has no value for id."),
}


@pytest.mark.parametrize("case", FILES)
def test_a_wrong_file(estate: Estate, tmp_path: Path, case: str) -> None:
    content, words = FILES[case]
    path = tmp_path / "pairs.csv"
    path.write_bytes(content)
    refused = estate.plan(match_by="mapping", mapping=str(path))
    assert (refused["failed"], words in refused["msg"]) == (True, True), refused["msg"]
