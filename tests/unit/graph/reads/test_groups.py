# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The members of groups on the wire, and the cloud users whom entra_user_info leaves out or takes by their groups."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
from scripted_graph import ScriptedGraph, found, object_id, user

from ansible_collections.hybrid.identity.plugins.module_utils._graph import entra_user_info
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.connection import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.reads.groups import (
    GroupMembers,
    read_group_members,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.scope.exclusions import read_exclusions
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.scope.named_object import NamedObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_choice import (
    EXPAND,
    PROPERTIES,
    Choice,
    read_domains,
)

OUTER, INNER = object_id(800), object_id(801)
USER, GROUP = "#microsoft.graph.user", "#microsoft.graph.group"
SELECT = "$select=id,displayName,groupTypes,visibility"


def group(key: str, *kinds: str) -> dict[str, Any]:
    return {"id": key, "displayName": "A", "groupTypes": list(kinds), "visibility": None}


def listing(*ids: str) -> str:
    return f"/groups?$filter={quote('id in (' + ','.join(map(repr, ids)) + ')', safe='')}&{SELECT}"


def member(number: int) -> dict[str, Any]:
    return {"@odata.type": USER, "id": object_id(number), "userPrincipalName": f"user{number}@contoso.com"}


def expect_members(graph: ScriptedGraph, *members: dict[str, Any]) -> None:
    graph.expect("GET", listing(OUTER), found(group(OUTER)))
    graph.expect_batch(found(*members))


def read(options: dict[str, Any], *groups: str) -> dict[str, GroupMembers]:
    async def reading() -> dict[NamedObject, GroupMembers]:
        async with open_transport(options) as transport:
            return await read_group_members(transport, [NamedObject("scope.group", each) for each in groups])

    return {named.text: members for named, members in asyncio.run(reading()).items()}


def test_members_of_groups_in_a_group(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    device = {"@odata.type": "#microsoft.graph.device", "id": object_id(9)}
    expect_members(graph, member(1), {"@odata.type": GROUP, "id": INNER}, member(2), device)
    graph.expect("GET", listing(INNER), found(group(INNER)))
    (members,) = read(options, OUTER).values()
    assert members.upns == {object_id(number): f"user{number}@contoso.com" for number in (1, 2)}
    assert graph.batches()[0][0]["url"] == f"/groups/{OUTER}/transitiveMembers?$select=id,userPrincipalName&$top=999"


def test_pages_are_followed(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    more = "/groups/more?$skiptoken=abc"
    graph.expect("GET", listing(OUTER), found(group(OUTER)))
    graph.expect_batch({**found(member(1)), "@odata.nextLink": f"{graph.url}/v1.0{more}"})
    graph.expect("GET", more, found(member(2)))
    (members,) = read(options, OUTER).values()
    assert set(members.upns) == {object_id(1), object_id(2)}


def test_no_group_is_no_request(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    assert read(options) == {}
    assert graph.requests == []


@pytest.mark.parametrize(
    "broken",
    [
        {"id": object_id(1), "userPrincipalName": "a@contoso.com"},
        {"@odata.type": USER, "id": "x", "userPrincipalName": "a@contoso.com"},
        {"@odata.type": USER, "id": object_id(1), "userPrincipalName": None},
        {"@odata.type": GROUP, "id": INNER},
    ],
)
def test_a_member_who_cannot_be_told_stops_the_task(
    graph: ScriptedGraph, options: dict[str, Any], broken: dict[str, Any]
) -> None:
    expect_members(graph, member(2), broken)
    if broken["id"] == INNER:
        graph.expect("GET", listing(INNER), found())
    with pytest.raises(GraphError, match=rf"scope\.group names {OUTER}, but the members cannot be read"):
        read(options, OUTER)


def test_users_of_a_group_without_those_who_are_excluded(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect("GET", listing(INNER), found(group(INNER)))
    graph.expect_batch(found(member(2)))
    expect_members(graph, member(1), member(2), member(3))
    wanted = quote("id in (" + ",".join(repr(object_id(number)) for number in (1, 2, 3)) + ")", safe="")
    query = f"/users?$expand={quote(EXPAND, safe='')}&$filter={wanted}&$select={','.join(PROPERTIES)}"
    graph.expect("GET", query, found(*map(user, (1, 2, 3))))
    exclusions = read_exclusions({"groups": [INNER, "CN=A,DC=contoso,DC=com"], "users": ["USER3@contoso.com"]})
    question = entra_user_info.Question(Choice(), groups=[OUTER], exclusions=exclusions)
    result = entra_user_info.run(options, question)
    assert [(each["user_principal_name"], each["cause"]) for each in result["users"]] == [
        ("user1@contoso.com", None),
        ("user2@contoso.com", "excluded_group"),
        ("user3@contoso.com", "excluded_user"),
    ]
    assert result["without_users"] == []


def test_groups_and_domains_without_users_are_named(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    expect_members(graph)
    assert entra_user_info.run(options, entra_user_info.Question(Choice(), groups=[OUTER]))["without_users"] == [OUTER]
    select = f"$select={','.join(PROPERTIES)}"
    synced = {**user(1, "anna@Contoso.com"), "onPremisesSyncEnabled": True, "userType": "Guest"}
    graph.expect("GET", f"/users?$expand={quote(EXPAND, safe='')}&{select}&$top=999", found(synced))
    choice = Choice(domains=read_domains(["fabrikam.com", "contoso.com"]))
    result = entra_user_info.run(options, entra_user_info.Question(choice))
    assert (result["users"], result["without_users"]) == ([], ["fabrikam.com"])


def test_a_user_who_is_asked_for_and_excluded_is_left_out(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    wanted = quote("userPrincipalName in ('user1@contoso.com')", safe="")
    query = f"/users?$expand={quote(EXPAND, safe='')}&$filter={wanted}&$select={','.join(PROPERTIES)}"
    graph.expect("GET", query, found(user(1)))
    exclusions = read_exclusions({"users": ["user1@contoso.com"]})
    result = entra_user_info.run(
        options, entra_user_info.Question(Choice(), ["user1@contoso.com"], exclusions=exclusions)
    )
    (left,) = result["users"]
    assert (left["status"], left["cause"]) == ("left_out", "excluded_user")
    assert left["reason"].startswith("user1@contoso.com is excluded: exclude.users names user1@contoso.com.")


def test_a_dynamic_group_is_refused(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect("GET", listing(OUTER), found(group(OUTER, "DynamicMembership")))
    with pytest.raises(InputError, match="which is a dynamic group"):
        entra_user_info.run(options, entra_user_info.Question(Choice(), groups=[OUTER]))
