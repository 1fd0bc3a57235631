# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom ``exclude`` leaves alone: in the plan, in its file, and once more when the plan is applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from estate import IDS, STAFF, VALUES, Estate, upn
from forest_script import DOMAIN, guid, person
from ldap_wire import Done, Request, Search
from live_graph import DENIED
from scripted_graph import object_id, user
from shield_script import account, group_dn

TIER0, INNER, RID = group_dn("Tier 0"), group_dn("Inner"), 1200
SET, NOBODY = ("set", None), object_id(777)


def put_groups(estate: Estate, *names: str) -> None:
    for number, name in enumerate(names):
        held = {
            "objectClass": [b"top", b"group"],
            "objectGUID": [guid(250 + number).bytes_le],
            "objectSid": account(RID + number)["objectSid"],
        }
        estate.directory.held[group_dn(name)] = held


def put_unit(estate: Estate, name: str) -> None:
    estate.directory.held[name] = {"objectClass": [b"top", b"organizationalUnit"], "objectGUID": [guid(260).bytes_le]}


def by_upn(_estate: Estate) -> dict[str, Any]:
    return {"users": ["ANNA@contoso.com"]}


def by_cloud_upn(estate: Estate) -> dict[str, Any]:
    """The cloud user who holds the account's ImmutableId has another UPN."""
    estate.graph.put(user(9, "anna.cloud@contoso.com", VALUES["anna"]))
    return {"users": ["anna.cloud@contoso.com"]}


def by_group(estate: Estate) -> dict[str, Any]:
    put_groups(estate, "Tier 0")
    estate.directory.change("anna", memberOf=[TIER0])
    return {"groups": [TIER0.lower().replace(",", ", ")]}


def by_nested_group(estate: Estate) -> dict[str, Any]:
    put_groups(estate, "Tier 0", "Inner", "Innermost")
    estate.directory.change("Inner", memberOf=[TIER0])
    # In a circle, as Active Directory allows it.
    estate.directory.change("Tier 0", memberOf=[group_dn("Innermost")])
    estate.directory.change("Innermost", memberOf=[INNER])
    estate.directory.change("anna", memberOf=[group_dn("Innermost")])
    return {"groups": [TIER0]}


def by_primary_group(estate: Estate) -> dict[str, Any]:
    put_groups(estate, "Tier 0", "Inner")
    estate.directory.change("Inner", memberOf=[TIER0])
    estate.directory.change("anna", primaryGroupID=[str(RID + 1)])
    return {"groups": [TIER0]}


def by_hidden_primary_group(estate: Estate) -> dict[str, Any]:
    put_groups(estate, "Tier 0")
    estate.directory.change("anna", primaryGroupID=[])
    return {"groups": [TIER0]}


def by_unit(estate: Estate) -> dict[str, Any]:
    put_unit(estate, f"OU=Board,{STAFF}")
    estate.directory.move("anna", f"OU=Chair,OU=Board,{STAFF}")
    return {"organizational_units": [f"ou=board, {STAFF}"]}


def by_entra_group(estate: Estate) -> dict[str, Any]:
    inner = estate.graph.put_group(801, IDS["anna"])
    return {"groups": [estate.graph.put_group(800, inner, NOBODY).upper()]}


Case = Callable[[Estate], dict[str, Any]]
WAYS: dict[str, tuple[Case, str]] = {
    "user": (by_upn, "excluded_user"),
    "cloud user": (by_cloud_upn, "excluded_user"),
    "group": (by_group, "excluded_group"),
    "nested group": (by_nested_group, "excluded_group"),
    "primary group": (by_primary_group, "excluded_group"),
    "hidden primary group": (by_hidden_primary_group, "excluded_group"),
    "unit": (by_unit, "excluded_organizational_unit"),
    "group of Entra": (by_entra_group, "excluded_group"),
}
OTHERS = {"bob": SET, "carl": SET}


@pytest.mark.parametrize("way", WAYS)
def test_who_is_excluded_leaves_the_scope(estate: Estate, way: str) -> None:
    prepare, cause = WAYS[way]
    exclude = prepare(estate)
    plan = estate.plan(exclude=exclude, max_changes="2", max_refused="0")
    assert (plan["verdict"], estate.changes("plan")) == ("", {"anna": ("excluded", cause), **OTHERS})
    counts = {name: plan["summary"][name] for name in ("total", "changes", "refused", "excluded")}
    assert counts == {"total": 2, "changes": 2, "refused": 0, "excluded": 1}
    assert ["excluded", "1"] in [line.split() for line in plan["table"]]
    assert estate.lines("plan")[0]["terms"]["exclude"] == exclude
    entry = next(iter(exclude.values()))[0]
    assert entry in estate.users("plan")["anna"]["change"]["reason"] or cause == "excluded_user"

    result = estate.apply(plan)
    assert (result["verdict"], estate.changes()) == ("", {"anna": ("excluded", cause), **OTHERS})
    assert result["summary"] == {"excluded": 1, "set": 2, "total": 3}
    assert estate.values() == {**VALUES, "anna": None}


def test_the_cloud_user_of_an_excluded_account_is_no_user_without_one(estate: Estate) -> None:
    plan = estate.plan(exclude={"users": [upn("anna")]})
    assert plan["summary"]["cloud_only"] == 0
    record = estate.users("plan")["anna"]
    assert (record["cloud"]["id"], record["match"]) == (IDS["anna"], None)


def become_member(estate: Estate) -> None:
    estate.directory.change("anna", memberOf=[INNER])


def become_cloud_member(estate: Estate) -> None:
    estate.graph.groups[object_id(800)]["members"].append(IDS["anna"])


def move_below_the_unit(estate: Estate) -> None:
    estate.directory.move("anna", f"OU=Board,{STAFF}")


@pytest.mark.parametrize("change", [become_member, become_cloud_member, move_below_the_unit])
def test_who_became_excluded_since_the_plan_is_refused(estate: Estate, change: Callable[[Estate], None]) -> None:
    put_groups(estate, "Tier 0", "Inner")
    estate.directory.change("Inner", memberOf=[TIER0])
    put_unit(estate, f"OU=Board,{STAFF}")
    groups = [TIER0, estate.graph.put_group(800)]
    plan = estate.plan(exclude={"groups": groups, "organizational_units": [f"OU=Board,{STAFF}"]})
    assert plan["summary"]["changes"] == 3
    change(estate)
    result = estate.apply(plan)
    assert estate.changes() == {"anna": ("refused", "changed_since"), **OTHERS}
    assert "Something changed after the plan was made: anna@contoso.com is excluded" in result["verdict"]
    assert estate.values() == {**VALUES, "anna": None}


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (by_upn, "scope.users names anna@contoso.com, and anna@contoso.com is excluded by name (exclude.users)."),
        (by_group, "is excluded as a member of cn=tier 0"),
        (by_unit, "because the account is below ou=board"),
        (by_entra_group, f"is excluded as a member of {object_id(800)}"),
    ],
)
def test_a_user_who_is_named_may_not_be_excluded(estate: Estate, prepare: Case, words: str) -> None:
    result = estate.plan(scope={"users": [upn("bob"), upn("anna")]}, exclude=prepare(estate))
    assert result["failed"]
    assert words in result["msg"]
    assert "Remove the user from one of the two." in result["msg"]
    assert not (estate.folder / "plan.jsonl").exists()


def a_computer(estate: Estate) -> dict[str, Any]:
    estate.directory.put(person(30, "pc", objectClass=["top", "user", "computer"], sAMAccountType=["805306369"]))
    return {"groups": [estate.directory.name_of("pc")]}


@pytest.mark.parametrize(
    ("exclude", "words"),
    [
        ({"users": ["nobody@contoso.com"]}, "neither Entra ID nor DC=ad,DC=contoso,DC=com has a user with this name"),
        ({"groups": [TIER0]}, "shows no such group in DC=ad,DC=contoso,DC=com"),
        ({"groups": [NOBODY]}, "Entra ID has no such group"),
        ({"organizational_units": [f"OU=Nowhere,{DOMAIN}"]}, "shows no such organizational unit in DC=ad"),
        ({"organizational_units": ["Staff"]}, "exclude.organizational_units names Staff, which is not a distinguished"),
        (
            {"groups": ["Tier 0"]},
            "exclude.groups names Tier 0, which does not identify a group. Use the distinguished name",
        ),
        ({"users": ["anna"]}, "anna"),
        (a_computer, "which is a computer, not a group"),
    ],
)
def test_an_entry_that_nobody_has_stops_the_run(estate: Estate, exclude: Any, words: str) -> None:
    given = exclude(estate) if callable(exclude) else exclude
    result = estate.plan(exclude=given)
    assert result["failed"]
    assert words in result["msg"]


def test_an_emergency_account_is_only_in_the_cloud_or_only_in_active_directory(estate: Estate) -> None:
    estate.graph.put(user(40, "emergency@contoso.onmicrosoft.com"))
    estate.directory.put(person(41, "breakglass", **account(1641)))
    names = ["emergency@contoso.onmicrosoft.com", "breakglass@contoso.com"]
    plan = estate.plan(exclude={"users": names}, scope={"users": [upn("bob")]})
    assert (plan["verdict"], estate.changes("plan")) == ("", {"bob": SET})


def hide_the_sid(estate: Estate) -> dict[str, Any]:
    put_groups(estate, "Tier 0", "Inner")
    estate.directory.change("Inner", memberOf=[TIER0], objectSid=[])
    return {"groups": [TIER0]}


def hide_the_group(estate: Estate) -> dict[str, Any]:
    put_groups(estate, "Tier 0")
    estate.directory.change("Tier 0", objectClass=[], objectSid=[])
    return {"groups": [TIER0]}


def refuse_the_search(estate: Estate) -> dict[str, Any]:
    put_groups(estate, "Tier 0")

    def answers(request: Request) -> Done | None:
        return Done(50) if isinstance(request, Search) and "distinguishedName" in str(request.filter) else None

    estate.directory.answers = answers
    return {"groups": [TIER0]}


def deny_groups(estate: Estate) -> dict[str, Any]:
    estate.graph.answers = lambda _method, path: DENIED if "transitiveMembers" in path else None
    return {"groups": [estate.graph.put_group(800, IDS["anna"])]}


def dynamic(estate: Estate) -> dict[str, Any]:
    return {"groups": [estate.graph.put_group(800, IDS["anna"], groupTypes=["Unified", "DynamicMembership"])]}


def dynamic_inside(estate: Estate) -> dict[str, Any]:
    inner = estate.graph.put_group(801, IDS["anna"], groupTypes=["DynamicMembership"])
    return {"groups": [estate.graph.put_group(800, inner)]}


def hidden_membership(estate: Estate) -> dict[str, Any]:
    return {"groups": [estate.graph.put_group(800, visibility="HiddenMembership")]}


def without_types(estate: Estate) -> dict[str, Any]:
    return {"groups": [estate.graph.put_group(800, groupTypes=None)]}


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (hide_the_sid, "does not show the objectSid of CN=Inner"),
        (hide_the_group, "does not show it. Sign in with an account that may read it"),
        (refuse_the_search, "lacks the right to do this"),
        (deny_groups, "but the members cannot be read: The app may not read groups; grant it"),
        (dynamic, "(Group 800), which is a dynamic group, whose members depend on attributes of users"),
        (dynamic_inside, "and the group Group 801 in it is a dynamic group"),
        (hidden_membership, "has a hidden membership"),
        (without_types, "the answer contains a group without its groupTypes"),
    ],
)
def test_a_group_that_cannot_be_read_stops_the_run(estate: Estate, prepare: Case, words: str) -> None:
    exclude = prepare(estate)
    result = estate.plan(exclude=exclude)
    assert result["failed"]
    assert words in result["msg"]
    assert f"exclude.groups names {exclude['groups'][0]}" in result["msg"] or "lacks the right" in words


def test_a_group_that_was_deleted_since_the_plan_stops_the_run(estate: Estate) -> None:
    put_groups(estate, "Tier 0")
    plan = estate.plan(exclude={"groups": [TIER0]})
    estate.directory.delete("Tier 0")
    result = estate.apply(plan)
    assert result["failed"]
    assert "shows no such group" in result["msg"]
    assert estate.values() == dict.fromkeys(IDS)


def test_exclusions_are_terms_of_a_review(estate: Estate) -> None:
    estate.plan(exclude={"users": [upn("anna"), upn("bob")]})
    reviewed = estate.reviewed()
    other = estate.plan(exclude={"users": [upn("anna")]}, **reviewed)
    assert "was made with other options than this run (exclude)" in other["msg"]
    same = estate.plan(exclude={"users": [upn("bob"), upn("anna")], "groups": []}, **reviewed)
    assert (same["verdict"], estate.changes("plan")["carl"]) == ("", SET)


def test_a_reviewed_user_who_became_excluded_is_not_changed(estate: Estate) -> None:
    put_groups(estate, "Tier 0")
    estate.plan(exclude={"groups": [TIER0]})
    reviewed = estate.reviewed()
    estate.directory.change("anna", memberOf=[TIER0])
    plan = estate.plan(exclude={"groups": [TIER0]}, **reviewed)
    assert estate.changes("plan") == {"anna": ("excluded", "excluded_group"), **OTHERS}
    assert plan["summary"]["review"]["changed_since_review"] == 1


def test_groups_cost_few_requests(estate: Estate) -> None:
    """One listing for all of them, one batch for their members, and further pages; nothing for each user."""
    people = [user(number) for number in range(1000, 1040)]
    estate.graph.put(*people)
    estate.graph.page_size = 25
    groups = [estate.graph.put_group(800 + number, *(each["id"] for each in people)) for number in range(3)]
    estate.plan()
    before, searches = len(estate.graph.requests), len(estate.directory.requests)
    estate.plan()
    plain, plain_searches = len(estate.graph.requests) - before, len(estate.directory.requests) - searches
    put_groups(estate, "Tier 0", "Inner")
    estate.directory.change("Inner", memberOf=[TIER0])
    before, searches = len(estate.graph.requests), len(estate.directory.requests)
    estate.plan(exclude={"groups": [*groups, TIER0]})
    assert len(estate.graph.requests) - before == plain + 1 + 1 + len(groups)
    # The groups, and those in them, level by level.
    assert len(estate.directory.requests) - searches == plain_searches + 3
