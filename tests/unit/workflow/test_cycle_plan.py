# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for a cycle of an Entra Connect server: whom it processes although nobody hard-matched them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from estate import IDS, STAFF, VALUES, Estate, upn
from forest_script import DOMAIN, guid, person
from scripted_graph import user
from shield_script import account

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)

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


def plan_after(estate: Estate, result: str) -> dict[str, Any]:
    """The plan for a cycle after a run."""
    filtering = [{"connector": "ad", "partition": DOMAIN}]
    return estate.plan(scope={"filtering": filtering}, predict="now", result_file=result)


def predict_after(estate: Estate) -> dict[str, Any]:
    """Whom a cycle after the last run processes unmatched."""
    found: dict[str, Any] = plan_after(estate, str(estate.folder / "result.jsonl"))["unmatched"]
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
    for who in ("whom the run refused", "who is refused (account_disabled)"):
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
    assert (header["facts"]["summary"]["excluded"], header["facts"]["summary"]["total"]) == (1, 3)
    statuses = {each["ad"]["user_principal_name"]: each["change"]["status"] for each in records if each["ad"]}
    assert statuses == {name: "excluded", **dict.fromkeys(map(upn, IDS), "unchanged")}
    # A synchronised user stays what it is.
    matched.graph.users[user(9, "")["id"]]["onPremisesSyncEnabled"] = True
    assert predict_after(matched)["count"] == 0


def test_an_exclusion_of_the_run_that_is_gone_stops_no_cycle(matched: Estate) -> None:
    matched.graph.put(user(9, "emergency@contoso.com"))
    matched.apply(matched.plan(exclude={"users": ["emergency@contoso.com"]}))
    del matched.graph.users[user(9, "")["id"]]
    assert predict_after(matched)["count"] == 0


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
