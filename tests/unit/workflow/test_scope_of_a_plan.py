# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is in the scope of a plan: the members of groups, nobody, and accounts that programs sign in with."""

from __future__ import annotations

from typing import Any

import pytest
from estate import IDS, STAFF, VALUES, Estate, upn
from forest_script import DOMAIN, guid, person
from scripted_graph import object_id, user
from shield_script import account, group_dn
from test_exclusions import INNER, RID, TIER0, dynamic, put_groups

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users import scope

SET = ("set", None)


@pytest.fixture
def group(estate: Estate) -> str:
    """anna is a member, bob is one through a group in it, and it holds that of carl as his primary group."""
    put_groups(estate, "Tier 0", "Inner")
    estate.directory.change("Inner", memberOf=[TIER0])
    estate.directory.change("anna", memberOf=[TIER0])
    estate.directory.change("bob", memberOf=[INNER])
    estate.directory.change("carl", primaryGroupID=[str(RID + 1)])
    estate.directory.put(person(9, "outside", **account(1609)))
    return TIER0


@pytest.fixture
def cloud_group(estate: Estate) -> str:
    """All are members, carl through a group in it, as is somebody without an account."""
    estate.graph.put(user(50, "cloud.only@contoso.com"))
    estate.directory.put(person(9, "outside", **account(1609)))
    estate.graph.put(user(9, "outside@contoso.com"))
    inner = estate.graph.put_group(801, IDS["carl"], object_id(50))
    return estate.graph.put_group(800, IDS["anna"], IDS["bob"], inner)


def test_a_group_of_entra_by_its_display_name(estate: Estate, cloud_group: str) -> None:
    plan = estate.plan(scope={"group": "gROUP 800"})
    assert plan["summary"]["changes"] == 3
    assert estate.apply(plan)["verdict"] == ""


def test_a_name_of_several_groups_names_them(estate: Estate, cloud_group: str) -> None:
    other = estate.graph.put_group(802, displayName="group 800")
    result = estate.plan(scope={"group": "Group 800"})
    assert result["msg"] == (
        f"scope.group names Group 800, and 2 groups of Entra ID have this name ({cloud_group}, {other}); use the "
        "object id of the group."
    )


@pytest.mark.parametrize(
    ("name", "words"), [("Group 900", "but Entra ID has no such group"), ("  ", "which does not identify a group. Use")]
)
def test_a_name_of_no_group_stops_the_run(estate: Estate, cloud_group: str, name: str, words: str) -> None:
    assert words in estate.plan(scope={"group": name})["msg"]


@pytest.mark.parametrize("kind", ["group", "cloud_group"])
def test_the_members_of_a_group_are_in_scope(estate: Estate, request: pytest.FixtureRequest, kind: str) -> None:
    plan = estate.plan(scope={"group": request.getfixturevalue(kind)})
    assert (plan["verdict"], estate.changes("plan")) == ("", dict.fromkeys(IDS, SET))
    assert estate.apply(plan)["verdict"] == ""
    assert {name: estate.values()[name] for name in IDS} == VALUES


@pytest.mark.parametrize("few", [0, 300])
@pytest.mark.parametrize("kind", ["group", "cloud_group"])
def test_who_left_the_group_since_the_plan_is_refused(
    estate: Estate, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, kind: str, few: int
) -> None:
    monkeypatch.setattr(scope, "_FEW", few)
    plan = estate.plan(scope={"group": request.getfixturevalue(kind)})
    estate.directory.change("anna", memberOf=[])
    if kind == "cloud_group":
        estate.graph.groups[object_id(800)]["members"].remove(IDS["anna"])
    estate.apply(plan)
    assert estate.changes() == {"anna": ("refused", "changed_since"), "bob": SET, "carl": SET}


def test_a_large_group_of_entra_is_found_by_a_listing_of_the_domain(
    estate: Estate, cloud_group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope, "_MOST_FILTERS", 0)
    estate.plan(scope={"group": cloud_group})
    assert estate.changes("plan") == dict.fromkeys(IDS, SET)


def test_members_are_compared_as_entra_does(estate: Estate, cloud_group: str) -> None:
    estate.directory.change("anna", userPrincipalName=["ANNA@contoso.com"])
    estate.directory.change("bob", userPrincipalName=["bob@contoſo.com"])
    estate.plan(scope={"group": cloud_group})
    assert set(estate.changes("plan")) == {"ANNA", "carl"}


def test_a_dynamic_group_is_no_scope(estate: Estate) -> None:
    result = estate.plan(scope={"group": dynamic(estate)["groups"][0]})
    assert "scope.group names" in result["msg"]
    assert "is a dynamic group" in result["msg"]


def test_members_whose_names_are_hidden_stop_the_run(estate: Estate, cloud_group: str) -> None:
    estate.graph.users[IDS["anna"]]["userPrincipalName"] = None
    result = estate.plan(scope={"group": cloud_group})
    assert "Graph does not show the user principal names of members; grant the app" in result["msg"]


@pytest.mark.parametrize("other", [{"users": ["anna@contoso.com"]}, {"all": True}, {"search_base": STAFF}])
def test_a_group_is_the_whole_scope(estate: Estate, other: dict[str, Any]) -> None:
    result = estate.plan(scope={"group": TIER0, **other})
    assert "mutually exclusive" in result["msg"]


def empty_group(estate: Estate) -> str:
    put_groups(estate, "Tier 0")
    return TIER0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"upn_suffixes": ["fabrikam.com", "@fabrikam.org"]},
            "no user in DC=ad,DC=contoso,DC=com has a user principal name that ends in @fabrikam.com or @fabrikam.org.",
        ),
        ({"search_base": f"OU=Empty,{DOMAIN}"}, f"no user is below OU=Empty,{DOMAIN}."),
        (
            {"search_base": STAFF, "search_filter": "(department=Sales)", "upn_suffixes": ["contoso.com"]},
            f"no user below {STAFF} has a user principal name that ends in @contoso.com and meets (department=Sales).",
        ),
        ({"group": group_dn("Tier 0")}, f"no user of DC=ad,DC=contoso,DC=com is a member of {TIER0}."),
        ({"group": object_id(800)}, f"no user of DC=ad,DC=contoso,DC=com is a member of {object_id(800)}."),
    ],
)
def test_a_scope_without_anybody_fails(estate: Estate, given: dict[str, Any], words: str) -> None:
    empty_group(estate)
    estate.graph.put_group(800)
    result = estate.plan(scope=given)
    assert (result["failed"], result["cause"]) == (True, "empty_scope")
    assert words in result["msg"]
    assert not (estate.folder / "plan.jsonl").exists()


def test_a_domain_without_users_is_no_scope(estate: Estate) -> None:
    for name in IDS:
        estate.directory.delete(name)
    assert "no user is in DC=ad,DC=contoso,DC=com." in estate.plan()["msg"]


@pytest.fixture
def services(estate: Estate) -> None:
    """A group managed service account, one with a service name, and a person who has one too."""
    kinds = ["top", "person", "user", "computer", "msDS-GroupManagedServiceAccount"]
    computer = {"sAMAccountType": ["805306369"], "isCriticalSystemObject": ["FALSE"]}
    estate.directory.put(
        person(60, "gmsa", objectClass=kinds, **computer, **account(1660)),
        person(61, "svc-sql", servicePrincipalName=["MSSQLSvc/db.contoso.com"], **account(1661)),
    )
    estate.directory.change("anna", servicePrincipalName=["HTTP/anna.contoso.com"])


@pytest.mark.usefixtures("services")
def test_service_accounts_are_listed_apart(estate: Estate) -> None:
    plan = estate.plan(max_changes="3")
    assert estate.changes("plan") == {
        **dict.fromkeys(IDS, SET),
        "gmsa": ("service_account", "managed_service_account"),
        "svc-sql": ("service_account", "service_principal_name"),
    }
    assert plan["verdict"] == ""
    assert (plan["summary"]["total"], plan["summary"]["refused"], plan["summary"]["service_accounts"]) == (3, 0, 2)
    assert ["service", "account", "2"] in [line.split() for line in plan["table"]]
    result = estate.apply(plan)
    assert (result["verdict"], result["summary"]["service_account"]) == ("", 2)


@pytest.mark.usefixtures("services")
def test_a_service_account_that_is_named_is_refused_as_a_user(estate: Estate) -> None:
    plan = estate.plan(scope={"users": [upn("svc-sql")]})
    assert estate.changes("plan") == {"svc-sql": ("refused", "predicted_new_cloud_user")}
    assert plan["summary"]["service_accounts"] == 0


@pytest.mark.usefixtures("services")
def test_an_account_that_a_cloud_user_holds_is_no_service_account(estate: Estate) -> None:
    """Also if the cloud user has another name."""
    estate.graph.put(user(62, "sql@contoso.com", immutable_id_of_guid(guid(61))))
    estate.plan(max_refused="1")
    assert estate.changes("plan")["svc-sql"][0] == "refused"


def filtering(**values: Any) -> dict[str, Any]:
    return {"filtering": [{"connector": "ad.contoso.com", "partition": DOMAIN} | values]}


def test_the_accounts_that_a_server_synchronises(estate: Estate) -> None:
    """Two of three, by their containers; and what the next sync would do with them."""
    estate.directory.move("carl", f"OU=Other,{DOMAIN}")
    chosen = filtering(included=[STAFF], excluded=[DOMAIN])
    plan = estate.plan(scope=chosen, predict="now", allowed_outcomes=["soft_match"])
    assert set(estate.users("plan")) == {"anna", "bob"}
    clauses = [f"it soft-matches {upn(name)} to {upn(name)}" for name in ("anna", "bob")]
    assert (plan["unmatched"]["count"], sorted(plan["unmatched"]["cycle"])) == (2, clauses)
    assert "unmatched" not in estate.plan(scope=chosen)


@pytest.mark.parametrize("few", [0, 300])
def test_a_plan_for_a_server_is_applied_to_those_who_are_still_in_its_containers(
    estate: Estate, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope, "_FEW", few)
    plan = estate.plan(scope=filtering(included=[STAFF], excluded=[DOMAIN]))
    assert plan["summary"]["changes"] == 3
    estate.directory.move("carl", f"OU=Other,{DOMAIN}")
    assert estate.apply(plan)["summary"]["refused"] == 1
    assert estate.values()["carl"] is None


def test_only_direct_members_of_the_group_of_a_server(estate: Estate, group: str) -> None:
    plan = estate.plan(scope=filtering(group=group), predict="now", allowed_outcomes=["soft_match"])
    assert set(estate.users("plan")) == {"anna"}
    assert plan["unmatched"]["count"] == 1


@pytest.mark.parametrize(
    "chosen", [{"filtering": []}, filtering(excluded=[DOMAIN]), filtering(partition="DC=x,DC=org")]
)
def test_a_server_that_synchronises_nobody_of_the_domain(estate: Estate, chosen: dict[str, Any]) -> None:
    result = estate.plan(scope=chosen, predict="now")
    assert result["msg"].startswith(f"Nobody is in scope: the Entra Connect server synchronises no user of {DOMAIN}.")
    assert result["cause"] == "empty_scope"
