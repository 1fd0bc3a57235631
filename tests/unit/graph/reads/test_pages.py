# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listings whose page tokens expire in use, on the wire."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import httpx
import pytest
from scripted_graph import PAGE, Reply, ScriptedGraph, found, user

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.connection import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.pages import pages
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.transport import ADVANCED
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.reads.users import Users
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import (
    ENTRA_PROPERTIES,
    make_cloud_user,
)

EXPIRED = Reply(
    400,
    {
        "error": {
            "code": "Directory_ExpiredPageToken",
            "message": "The specified page token value has expired and can no longer be included in your request.",
        }
    },
)


def page(graph: ScriptedGraph, numbers: range, token: str | None) -> dict[str, Any]:
    body = found(*(user(number) for number in numbers))
    return body if token is None else {**body, "@odata.nextLink": f"{graph.url}/v1.0/users?$skiptoken={token}"}


def listed(options: dict[str, Any], watch: Watch) -> list[str]:
    async def read() -> list[str]:
        async with open_transport(options, watch) as transport:
            return [user.id for user in await Users(transport, ENTRA_PROPERTIES, make_cloud_user).list_active()]

    return asyncio.run(read())


def test_a_listing_starts_again_and_shows_nobody_twice(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """2,100 users, three expired tokens: nobody twice, nobody missed."""
    ranges = (range(1000), range(1000, 2000), range(2000, 2100))
    for attempt in range(4):
        graph.expect("GET", PAGE, page(graph, ranges[0], f"{attempt}b"))
        if attempt == 1:
            graph.expect("GET", f"/users?$skiptoken={attempt}b", EXPIRED)
            continue
        graph.expect("GET", f"/users?$skiptoken={attempt}b", page(graph, ranges[1], f"{attempt}c"))
        last = page(graph, ranges[2], None) if attempt == 3 else EXPIRED
        graph.expect("GET", f"/users?$skiptoken={attempt}c", last)
    watch = Watch()
    ids = listed(options, watch)
    assert len(ids) == len(set(ids)) == 2100
    assert (
        watch.facts()["notes"]
        == ["The list of users was read again from the start, because Graph's page token had expired."] * 3
    )


def test_a_listing_that_never_comes_to_its_end(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    for _attempt in range(6):
        graph.expect("GET", PAGE, page(graph, range(3), "b"))
        graph.expect("GET", "/users?$skiptoken=b", EXPIRED)
    with pytest.raises(GraphError, match="expired 6 times while users were listed") as caught:
        listed(options, Watch())
    assert caught.value.cause == "page_token_expired"


def test_a_first_page_does_not_expire(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect("GET", PAGE, EXPIRED)
    with pytest.raises(GraphError) as caught:
        listed(options, Watch())
    assert caught.value.cause == "request_refused"


def test_a_page_that_comes_twice_and_one_that_leads_back_to_itself(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    """The second listing had no end."""
    graph.expect("GET", PAGE, page(graph, range(2), "b"))
    graph.expect("GET", "/users?$skiptoken=b", page(graph, range(2), "c"))
    graph.expect("GET", "/users?$skiptoken=c", page(graph, range(1, 3), None))
    assert listed(options, Watch()) == [user(number)["id"] for number in range(3)]
    graph.expect("GET", PAGE, page(graph, range(2), "b"))
    graph.expect("GET", "/users?$skiptoken=b", page(graph, range(2, 4), "b"))
    with pytest.raises(GraphError, match="list of users leads back to a page that was already read") as caught:
        listed(options, Watch())
    assert caught.value.cause == "endless_listing"


def test_each_page_of_an_advanced_query_has_its_header(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """Graph refuses the second page without it (facts §4 "Paging")."""
    graph.expect("GET", "/users?$count=true&$select=id", page(graph, range(2), "b"))
    graph.expect("GET", "/users?$skiptoken=b", page(graph, range(2, 4), None))

    async def read() -> int:
        async with open_transport(options) as transport:
            first = transport.get(transport.client.users, ADVANCED, select=["id"], count="true")
            return sum([len(found) async for found, _more in pages(transport, first)])

    assert asyncio.run(read()) == 4
    assert [request.headers["ConsistencyLevel"] for request in graph.requests] == ["eventual"] * 2


def test_users_found_by_a_filter_start_again_too(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """The first page of a filter comes in a batch, so its listing starts again by itself."""
    graph.expect_batch(Reply(200, page(graph, range(2), "b")), Reply(200, page(graph, range(5, 6), None)))
    graph.expect("GET", "/users?$skiptoken=b", EXPIRED)
    select = PAGE.removesuffix("&$top=999").partition("?")[2]
    graph.expect("GET", f"/users?$filter=mail%20eq%20%27a%27&{select}", page(graph, range(2), "c"))
    graph.expect("GET", "/users?$skiptoken=c", page(graph, range(2, 4), None))

    async def read() -> list[str]:
        async with open_transport(options, Watch()) as transport:
            return [
                user.id
                for user in await Users(transport, ENTRA_PROPERTIES, make_cloud_user).list_matching(
                    ["mail eq 'a'", "mail eq 'b'"]
                )
            ]

    assert asyncio.run(read()) == [user(number)["id"] for number in (0, 1, 2, 3, 5)]


def test_a_page_that_leads_back_to_the_first_one(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    first = {"value": [user(0)], "@odata.nextLink": f"{options['graph_url']}/v1.0{PAGE}"}
    graph.expect("GET", PAGE, Reply(200, first))
    with pytest.raises(GraphError, match="list of users leads back to a page that was already read"):
        listed(options, Watch())


def test_pages_are_gone_without_the_collector(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """It runs so rarely that a long listing would have hundreds of pages in memory."""
    for number, token in enumerate(("b", "c", None)):
        path = "/users?$skiptoken=" + "abc"[number] if number else PAGE
        graph.expect("GET", path, page(graph, range(number * 100, number * 100 + 100), token))
    gc.collect()
    gc.disable()
    try:
        assert len(listed(options, Watch())) == 300
        responses = [each for each in gc.get_objects() if isinstance(each, httpx.Response)]
        assert [each.url for each in responses if len(each.content) > 1000] == []
    finally:
        gc.enable()
