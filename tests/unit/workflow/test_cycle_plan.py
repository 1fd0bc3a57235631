# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for a cycle of an Entra Connect server: whom it processes although nobody hard-matched them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from estate import IDS, NAMES, STAFF, VALUES, Estate, upn
from forest_script import DOMAIN, guid, person
from ldap_wire import Entry
from renamed import by_mapping
from scripted_graph import object_id, user
from shield_script import account
from support.descriptors import of_domain

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)

QUARANTINED = {"allowed_outcomes": ["matched", "hard_match", "quarantine"]}
CREATES = "it creates a new cloud user for "


@pytest.fixture
def matched(estate: Estate) -> Estate:
    """The cloud users of all three accounts are hard-matched."""
    for name, key in IDS.items():
        estate.graph.users[key]["onPremisesImmutableId"] = VALUES[name]
    return estate


def predict(estate: Estate, *others: str) -> dict[str, Any]:
    """The plan for a server that synchronises the whole domain, and perhaps other domains."""
    filtering = [{"connector": name, "partition": name} for name in (DOMAIN, *others)]
    return estate.plan(scope={"filtering": filtering}, predict="now")


def unmatched(estate: Estate) -> list[str]:
    found: list[str] = predict(estate)["unmatched"]["cycle"]
    return found


def plan_after(estate: Estate, result: str | None = None) -> dict[str, Any]:
    """The plan for a cycle after a run, the last one or that of another result."""
    filtering = [{"connector": "ad", "partition": DOMAIN}]
    result = result or str(estate.folder / "result.jsonl")
    return estate.plan(scope={"filtering": filtering}, predict="now", result_file=result)


def predict_after(estate: Estate) -> dict[str, Any]:
    """Whom a cycle after the last run processes unmatched."""
    found: dict[str, Any] = plan_after(estate)["unmatched"]
    return found


def write_lines(estate: Estate, lines: list[Any]) -> str:
    """Write a result as somebody edited it, and return its path."""
    path = estate.folder / "altered.jsonl"
    path.touch(0o600)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return str(path)


def put_account(estate: Estate, name: str, **more: Any) -> str:
    """Put an account with this sAMAccountName and without a cloud user, and return its UPN."""
    estate.directory.put(person(9, name, **{"sAMAccountName": [name], **account(1609), **more}))
    return upn(name)


def test_nobody_is_named_if_all_accounts_are_matched(matched: Estate) -> None:
    assert unmatched(matched) == []


@pytest.mark.parametrize("name", ["msol_fan", "Aad_fan", "krbtgt_fan", "support_388945A0", "cas_fan}"])
def test_a_name_that_only_looks_like_that_of_a_system_account(matched: Estate, name: str) -> None:
    """The rules have the names in capitals, and no rule has krbtgt_ (facts §19)."""
    expected = [CREATES + put_account(matched, name)]
    assert unmatched(matched) == expected


@pytest.mark.parametrize(
    "more",
    [
        {"sAMAccountName": ["MSOL_0123"]},
        {"sAMAccountName": ["AAD_0123"]},
        {"sAMAccountName": ["CAS_{0123}"]},
        {"isCriticalSystemObject": ["FALSE"]},
        {"mailNickname": ["SystemMailbox{0123}"]},
        {"msExchRecipientTypeDetails": ["536870912"]},
        {"msExchRecipientTypeDetails": ["2"]},
        {"adminDescription": ["User_not synchronised"]},
    ],
)
def test_an_account_that_the_rules_filter_stops_no_cycle(matched: Estate, more: dict[str, Any]) -> None:
    put_account(matched, "other", **more)
    assert unmatched(matched) == []


def test_the_rules_for_inetorgperson_do_not_read_the_admin_description(matched: Estate) -> None:
    classes = ["top", "person", "organizationalPerson", "user", "inetOrgPerson"]
    name = put_account(matched, "other", objectClass=classes, adminDescription=["User_x"])
    assert unmatched(matched) == [CREATES + name]


def test_a_service_account_that_a_sync_soft_matches_by_an_address(matched: Estate) -> None:
    """Nobody's ImmutableId and nobody's UPN, but the address of a person."""
    matched.graph.put(user(9, "eva@contoso.com", mail="eva@contoso.com", proxyAddresses=["SMTP:eva@contoso.com"]))
    services = {"servicePrincipalName": ["HTTP/eva"], "proxyAddresses": ["SMTP:eva@contoso.com"]}
    name = put_account(matched, "svc-eva", **services)
    assert unmatched(matched) == [f"it soft-matches {name} to eva@contoso.com"]


def test_a_service_account_without_a_cloud_user(matched: Estate) -> None:
    """It may be a person's, whose cloud user has another name. A managed one is not synchronised."""
    name = put_account(matched, "svc", servicePrincipalName=["HTTP/svc"])
    managed = {"objectClass": ["top", "computer", "msDS-GroupManagedServiceAccount"], "sAMAccountType": ["805306369"]}
    matched.directory.put(person(8, "gmsa", **{**account(1608), **managed}))
    assert unmatched(matched) == [CREATES + name]


def test_a_cloud_user_whom_a_sync_takes_out_of_the_recycle_bin(matched: Estate) -> None:
    """A second user of an earlier cycle, which somebody deleted, but not for good."""
    name = put_account(matched, "dora")
    matched.graph.put(user(8, "dora2@contoso.com", immutable_id_of_guid(guid(9))), deleted=True)
    assert unmatched(matched) == [f"it restores dora2@contoso.com from the recycle bin for {name}"]


def test_an_account_with_the_anchor_of_another_one(matched: Estate) -> None:
    """Carl's account is not synchronised yet, and another one has his GUID."""
    matched.directory.move("carl", f"OU=Later,{DOMAIN}")
    name = put_account(matched, "eve", **{"mS-DS-ConsistencyGuid": [guid(3).bytes_le]})
    matched.directory.move("eve", STAFF)
    filtering = [{"connector": "ad", "partition": DOMAIN, "included": [STAFF], "excluded": [DOMAIN]}]
    plan = matched.plan(scope={"filtering": filtering}, predict="now")
    assert plan["unmatched"]["cycle"] == [
        f"it hard-matches {name} to {upn('carl')}, whose ImmutableId another account has too"
    ]


def test_an_account_that_cannot_be_read(matched: Estate) -> None:
    put_account(matched, "hidden", objectGUID=[guid(9).bytes_le, guid(8).bytes_le])
    plan = predict(matched)
    assert plan["unmatched"] == {"count": 1, "cycle": [f"it is unknown what it does with CN=hidden,{STAFF}"]}


@pytest.mark.parametrize("how", ["excluded", "refused"])
def test_a_user_whom_the_run_left_out_and_the_cycle_would_hard_match(estate: Estate, how: str) -> None:
    """Somebody else set the ImmutableId. If the account is not in the scope of the server, nothing happens to it."""
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = VALUES["anna"]
    if how == "refused":
        estate.directory.change("anna", userAccountControl=["514"])
    estate.apply(estate.plan(**{"exclude": {"users": [upn("anna")]}} if how == "excluded" else {"max_refused": "1"}))
    assert estate.changes()["anna"][0] == how
    result = str(estate.folder / "result.jsonl")
    filtering: list[dict[str, Any]] = [{"connector": "ad", "partition": DOMAIN}]
    plan = estate.plan(scope={"filtering": filtering}, predict="now", result_file=result)
    who = "who is excluded" if how == "excluded" else "whom the run refused"
    assert plan["unmatched"] == {"count": 1, "cycle": [f"it hard-matches {upn('anna')}, {who}, to {upn('anna')}"]}
    estate.directory.move("anna", f"OU=Elsewhere,{DOMAIN}")
    filtering[0].update(included=[STAFF], excluded=[DOMAIN])
    plan = estate.plan(scope={"filtering": filtering}, predict="now", result_file=result)
    assert plan["unmatched"]["count"] == 0


def test_a_user_whom_only_an_effect_refuses_in_a_run_without_anything_to_write(estate: Estate) -> None:
    """The second run predicts nothing, because it writes nothing."""
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = VALUES["anna"]
    estate.directory.change("anna", userAccountControl=["514"])
    for who in ("whom the run refused", "who is refused now (account_disabled)"):
        estate.apply(estate.plan(max_refused="1"))
        said = f"it hard-matches {upn('anna')}, {who}, to {upn('anna')}"
        assert predict_after(estate) == {"count": 1, "cycle": [said]}
    assert estate.changes()["anna"][0] == "unchanged"
    estate.apply(estate.plan(accepted_effects={"account_disabled": [upn("anna")]}))
    assert predict_after(estate) == {"count": 0, "cycle": []}


def test_an_excluded_cloud_user_whom_an_account_outside_of_the_scope_of_the_run_would_take(matched: Estate) -> None:
    """The account has another UPN, and nobody looked at it. Its cloud user is excluded by name."""
    matched.graph.put(user(9, "emergency@contoso.com", immutable_id_of_guid(guid(9))))
    name = put_account(matched, "other")
    matched.directory.move("other", f"OU=Elsewhere,{DOMAIN}")
    exclude = {"users": ["emergency@contoso.com"]}
    matched.apply(matched.plan(scope={"search_base": STAFF}, exclude=exclude))
    said = f"it hard-matches {name}, who is excluded, to emergency@contoso.com"
    assert predict_after(matched) == {"count": 1, "cycle": [said]}
    header, *records, _end = matched.lines("plan")
    assert (header["facts"]["summary"]["excluded"], header["facts"]["summary"]["total"]) == (1, 4)
    statuses = {each["ad"]["user_principal_name"]: each["change"]["status"] for each in records if each["ad"]}
    assert statuses == {name: "excluded", **dict.fromkeys(map(upn, IDS), "unchanged")}
    # A synchronised user stays what it is.
    matched.graph.users[object_id(9)]["onPremisesSyncEnabled"] = True
    assert predict_after(matched)["count"] == 0


def test_a_user_whom_the_run_excluded_and_who_is_gone_or_renamed_is_named(matched: Estate) -> None:
    """A cycle does nothing with somebody who is gone, but it may do something with somebody who was renamed."""
    matched.graph.put(user(9, "emergency@contoso.com"))
    matched.apply(matched.plan(exclude={"users": ["emergency@contoso.com"]}))
    assert "emergency@contoso.com" not in str(plan_after(matched).get("warnings"))
    del matched.graph.users[object_id(9)]
    plan = plan_after(matched)
    assert plan.get("unmatched") == {"count": 0, "cycle": []}, plan
    assert "Nobody has the names of these excluded users: emergency@contoso.com." in str(plan["warnings"])


def test_a_group_that_the_run_excluded_and_that_is_gone_stops_the_cycle(matched: Estate) -> None:
    """Nobody knows any more who is excluded."""
    group = f"CN=Kept,{STAFF}"
    values: dict[str, list[bytes | str]] = {"objectClass": ["top", "group"], "objectGUID": [guid(50).bytes_le]}
    matched.directory.put(Entry(group, {**values, "objectSid": [of_domain(2050)]}))
    matched.apply(matched.plan(exclude={"groups": [group]}))
    matched.directory.delete("Kept")
    failed = plan_after(matched)
    assert failed["msg"].startswith(f"exclude.groups names {group}, ")
    run = matched.lines("result")[0]["run"]
    assert failed["msg"].endswith(f"This is an exclusion of the run {run}. Correct it, and run the hard match again.")


def test_a_user_whose_value_somebody_gives_another_cloud_user_after_the_run(estate: Estate) -> None:
    estate.apply(estate.plan())
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = None
    estate.graph.put(user(9, "eva@contoso.com", VALUES["anna"]))
    said = f"it hard-matches {upn('anna')}, whom the run matched with another cloud user, to eva@contoso.com"
    assert predict_after(estate) == {"count": 1, "cycle": [said]}


def test_a_cloud_user_in_the_recycle_bin_although_another_one_has_the_name(matched: Estate) -> None:
    matched.graph.users[IDS["carl"]]["onPremisesImmutableId"] = None
    matched.graph.put(user(9, "old@contoso.com", VALUES["carl"]), deleted=True)
    assert unmatched(matched) == [f"it restores old@contoso.com from the recycle bin for {upn('carl')}"]


def test_an_account_that_is_disabled_after_the_run(estate: Estate) -> None:
    estate.apply(estate.plan())
    assert predict_after(estate)["count"] == 0
    estate.directory.change("anna", userAccountControl=["514"])
    said = f"it hard-matches {upn('anna')}, who is refused now (account_disabled), to {upn('anna')}"
    assert predict_after(estate) == {"count": 1, "cycle": [said]}


def test_an_effect_that_a_review_accepted_stops_no_cycle(estate: Estate) -> None:
    """Neither after the run that wrote, nor after one that had nothing to write. A later effect does."""
    estate.directory.change("anna", userAccountControl=["514"])
    reviewed = str(estate.folder / "reviewed.jsonl")
    first = estate.plan(plan_file=reviewed)
    review = {"reviewed_plan": reviewed, "reviewed_plan_sha256": first["plan_sha256"]}
    for status in ("set", "already_done"):
        estate.apply(estate.plan(**review))
        assert estate.changes()["anna"][0] == status
        assert predict_after(estate) == {"count": 0, "cycle": []}
    estate.directory.change("bob", userAccountControl=["514"])
    estate.apply(estate.plan(**review, max_refused="1"))
    said = f"it hard-matches {upn('bob')}, whom the run refused, to {upn('bob')}"
    assert predict_after(estate) == {"count": 1, "cycle": [said]}


@pytest.mark.parametrize("way", ["never", "from_guid", "from_cloud"])
def test_users_matched_by_a_mapping_stop_no_cycle(addressed: Estate, way: str) -> None:
    """In the second run, nothing is written and nothing predicted."""
    addressed.graph.users[IDS["anna"]]["onPremisesImmutableId"] = immutable_id_of_guid(guid(77))
    options = {**by_mapping(*NAMES), "write_consistency_guid": way, "replace": [upn("anna")]}
    for _run in (1, 2):
        plan = addressed.plan(**options)
        assert plan["verdict"] == ""
        addressed.apply(plan)
        assert predict_after(addressed) == {"count": 0, "cycle": []}


def test_an_exclusion_by_name_is_not_of_the_account_with_that_name_but_of_its_cloud_user(addressed: Estate) -> None:
    """Bob's account was matched with bob.cloud@. Somebody else has his name, and is in an excluded group of Entra."""
    addressed.graph.put(user(9, upn("bob")))
    group = addressed.graph.put_group(60, object_id(9))
    addressed.apply(addressed.plan(**by_mapping(*NAMES), exclude={"groups": [group]}, **QUARANTINED))
    assert addressed.changes()["bob"][0] == "set"
    assert predict_after(addressed) == {"count": 0, "cycle": []}


def test_a_reviewed_run_after_the_cycle_predicts_nothing(estate: Estate) -> None:
    """What happens to synchronised users later is no matter of the review."""
    reviewed = str(estate.folder / "reviewed.jsonl")
    review = {"reviewed_plan": reviewed, "reviewed_plan_sha256": estate.plan(plan_file=reviewed)["plan_sha256"]}
    estate.apply(estate.plan(**review))
    assert estate.plan(**review)["summary"]["outcomes"] != {}
    for key in IDS.values():
        estate.graph.users[key]["onPremisesSyncEnabled"] = True
    again = estate.plan(**review)
    assert (again["verdict"], again["summary"]["outcomes"]) == ("", {})


def test_an_effect_that_the_run_accepted_with_other_values(estate: Estate) -> None:
    """The account was somebody else's when the effect was accepted."""
    estate.graph.users[IDS["anna"]].update(givenName="Anna", surname="Meyer")
    estate.directory.change("anna", givenName=["Otto"], sn=["Kurz"])
    accepted = {"accepted_effects": {"different_person": [upn("anna")]}}
    estate.apply(estate.plan(**accepted))
    assert estate.changes()["anna"][0] == "set"
    assert predict_after(estate)["count"] == 0
    reviewed = str(estate.folder / "reviewed.jsonl")
    review = {"reviewed_plan": reviewed, "reviewed_plan_sha256": estate.plan(plan_file=reviewed)["plan_sha256"]}
    estate.directory.change("anna", givenName=["Max"], sn=["Lang"])
    # The account of the run is accepted by name, whoever it is.
    assert predict_after(estate)["count"] == 0
    estate.apply(estate.plan(**review, max_refused="1"))
    assert estate.changes()["anna"] == ("refused", "different_person")
    said = f"it hard-matches {upn('anna')}, whom the run refused, to {upn('anna')}"
    assert predict_after(estate) == {"count": 1, "cycle": [said]}


def test_a_user_without_a_reason_in_the_plan_gets_one(estate: Estate) -> None:
    """The role names only the first users, and the plan has the others."""
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = VALUES["anna"]
    estate.directory.change("anna", userAccountControl=["514"])
    estate.apply(estate.plan(max_refused="1"))
    estate.directory.change("anna", userAccountControl=["512"])
    said = f"it hard-matches {upn('anna')}, whom the run refused, to {upn('anna')}"
    assert predict_after(estate)["cycle"] == [said]
    (anna,) = (
        each["change"] for each in estate.lines("plan")[1:-1] if each["ad"]["user_principal_name"] == upn("anna")
    )
    assert (anna["status"], anna["cause"], anna["reason"]) == (
        "unchanged", "not_wanted", f"Nobody wants this match: {said}."
    )  # fmt: skip


def test_the_cloud_user_of_a_plan_for_a_cycle_is_the_one_whom_it_concerns(addressed: Estate) -> None:
    addressed.apply(addressed.plan(**by_mapping(*NAMES)))
    addressed.graph.users[IDS["anna"]].update(onPremisesImmutableId=None, mail=None, proxyAddresses=[])
    addressed.graph.users[IDS["bob"]]["onPremisesImmutableId"] = None
    addressed.graph.put(user(9, "eva@contoso.com", VALUES["bob"]))
    predict_after(addressed)
    records = [each for each in addressed.lines("plan")[1:-1] if each["ad"]]
    clouds = {
        each["ad"]["user_principal_name"]: each["cloud"] and each["cloud"]["user_principal_name"] for each in records
    }
    assert clouds == {upn("anna"): None, upn("bob"): "eva@contoso.com", upn("carl"): "carl.cloud@contoso.com"}


@pytest.mark.parametrize("options", [{"predict": "after_apply"}, {"scope": {"all": True}}])
def test_a_result_is_only_for_the_plan_of_a_cycle(matched: Estate, options: dict[str, Any]) -> None:
    matched.apply(matched.plan())
    given = {"scope": {"filtering": [{"connector": "ad", "partition": DOMAIN}]}, "predict": "now", **options}
    failed = matched.plan(**given, result_file=str(matched.folder / "result.jsonl"))
    assert failed["msg"].startswith("result_file is only for the plan of a cycle.")


def test_a_service_account_that_somebody_gives_a_cloud_user_after_the_run(matched: Estate) -> None:
    name = put_account(matched, "svc", servicePrincipalName=["HTTP/svc"])
    matched.apply(matched.plan())
    matched.graph.put(user(9, "eva@contoso.com", immutable_id_of_guid(guid(9))))
    said = f"it hard-matches {name}, whom the run treated as a service account, to eva@contoso.com"
    assert predict_after(matched) == {"count": 1, "cycle": [said]}


@pytest.mark.parametrize("place", ["tenant", "domain"])
def test_a_result_of_another_tenant_or_domain(matched: Estate, place: str) -> None:
    matched.apply(matched.plan())
    lines = matched.lines("result")
    lines[0][place] = "00000000-0000-4000-8000-00000000000f"
    path = write_lines(matched, lines)
    failed = plan_after(matched, path)
    assert f"result_file {path} is from another tenant or domain" in failed["msg"]


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (lambda lines: lines[0].update(module="ad_user"), "is not a result of match_apply"),
        (lambda lines: lines[1].pop("change"), "has a line that is not a record of a user"),
        (lambda lines: lines[1].update(ad="anna"), "has a line that is not a record of a user"),
        (lambda lines: lines[1].update(ad={}), "has a line that is not a record of a user"),
        (lambda lines: lines[1]["ad"].update(object_guid=1), "has a line that is not a record of a user"),
        (lambda lines: lines[1].update(change=None), "has a line that is not a record of a user"),
        (lambda lines: lines[1]["change"].update(status="SET"), "has a line that is not a record of a user"),
        (lambda lines: lines[1].update(cloud="anna"), "has a line that is not a record of a user"),
        (lambda lines: lines[1].update(match=[]), "has a line that is not a record of a user"),
        (lambda lines: lines[0]["terms"].update(exclude={"users": [5]}), "This is an exclusion of the run"),
        (lambda lines: lines[0]["terms"].pop("exclude"), "The terms in the first line of result_file"),
        (lambda lines: lines[0]["terms"].update(exclude=5), "The terms in the first line of result_file"),
        (lambda lines: lines[0]["terms"].update(accepted_effects=[]), "The terms in the first line of result_file"),
        (lambda lines: lines[0]["terms"].update(accepted_effects={"account_disabled": 5}), "accepted_effects"),
        (lambda lines: lines[0]["terms"].update(allowed_outcomes=5), "The terms in the first line of result_file"),
        (lambda lines: lines[0].update(kind="plan"), "contains a plan, but this task needs a result"),
    ],
)
def test_a_result_that_is_none(matched: Estate, alter: Callable[[list[Any]], None], words: str) -> None:
    matched.apply(matched.plan())
    lines = matched.lines("result")
    alter(lines)
    failed = plan_after(matched, write_lines(matched, lines))
    assert failed["failed"]
    assert words in failed["msg"]


def test_a_plan_does_not_replace_the_result_that_it_reads(matched: Estate) -> None:
    matched.apply(matched.plan())
    before, result = matched.lines("result"), str(matched.folder / "result.jsonl")
    scope = {"filtering": [{"connector": "ad", "partition": DOMAIN}]}
    failed = matched.plan(scope=scope, predict="now", result_file=result, plan_file=result)
    assert f"plan_file {result} is also the result_file. Use another file." in failed.get("msg", "")
    assert matched.lines("result") == before


def test_other_domains_of_the_server_are_named(matched: Estate) -> None:
    other = "DC=emea,DC=contoso,DC=com"
    sentence = f"The server also synchronises {other}. This plan does not include their accounts."
    assert sentence not in str(predict(matched).get("warnings"))
    assert sentence in str(predict(matched, other).get("warnings"))


def test_synchronised_cloud_users_without_an_account_in_the_scope_are_named(matched: Estate) -> None:
    """A cycle deletes them, if the server synchronised them before."""
    sentence = (
        "1 cloud user is synchronised, but no account in the scope of the server has the ImmutableId "
        "(eva@contoso.com). If this server synchronised them, the next cycle deletes them."
    )
    assert sentence not in str(predict(matched).get("warnings"))
    matched.graph.put(user(9, "eva@contoso.com", immutable_id_of_guid(guid(9)), onPremisesSyncEnabled=True))
    assert "deletes them" not in str(predict(matched, "DC=emea,DC=contoso,DC=com").get("warnings"))
    assert sentence in str(predict(matched).get("warnings"))
