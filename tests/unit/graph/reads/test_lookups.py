# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which users are read and how: by filters, by pages, and who holds a value, at the least cost."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from scripted_graph import (
    BIN,
    PAGE,
    SELECT,
    Reply,
    ScriptedGraph,
    error,
    found,
    guid,
    name_filter,
    object_id,
    records,
    user,
)

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.refusals import PlanBlocked
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)

pytestmark = pytest.mark.usefixtures("plain_tenant")

VALUE = "nlbGyIhGPE+EYq/E/2CBew=="


def test_filters_hold_at_most_fifteen_values(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(*[found()] * 6)
    with pytest.raises(PlanBlocked):
        run(options, Task(records(16)))
    urls = [item["url"] for item in graph.batches()[0]]
    assert urls[0] == name_filter(*(f"user{number}@contoso.com" for number in range(15)))
    assert urls[1] == name_filter("user15@contoso.com")


def big_tenant(count: int, matched: bool) -> list[dict[str, Any]]:
    return [user(n, immutable_id=immutable_id_of_guid(guid(n)) if matched else None) for n in range(count)]


def test_many_users_are_listed_in_pages_and_a_second_run_asks_nothing_else(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    users = big_tenant(120, matched=True)
    graph.expect("GET", "/users/$count", Reply(200, b"\xef\xbb\xbf120", {"Content-Type": "text/plain"}))
    link = f"{graph.url}/v1.0/users?$select=id&$skiptoken=RFNwdAoAAQ%2B'x"
    graph.expect("GET", PAGE, {**found(*users[:100]), "@odata.nextLink": link})
    graph.expect("GET", "/users?$select=id&$skiptoken=RFNwdAoAAQ%2B'x", found(*users[100:]))

    result = run(options, Task(records(120)))

    assert (result["changed"], result["summary"]["unchanged"]) == (False, 120)
    assert graph.requests[0].headers["ConsistencyLevel"] == "eventual"
    assert len(graph.sign_ins) == 2  # discovery and one token


def test_many_users_to_write_add_one_look_into_the_bin_and_the_writes(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    graph.expect("GET", "/users/$count", Reply(200, 120))
    graph.expect("GET", PAGE, found(*big_tenant(120, matched=False)))
    graph.expect_batch(*[found()] * 8)
    for _batch in range(6):
        graph.expect_batch(*[Reply(204)] * 20)

    result = run(options, Task(records(120)))

    assert result["summary"]["set"] == 120
    assert all(item["url"].startswith(BIN) for item in graph.batches()[0])
    patched = sorted(item["url"] for batch in graph.batches()[1:] for item in batch)
    assert patched == [f"/users/{object_id(number)}" for number in range(120)]


def test_a_tenant_with_more_pages_than_batches_is_not_listed(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    users = big_tenant(120, matched=True)
    graph.expect("GET", "/users/$count", Reply(200, 250_000))
    graph.expect_batch(*(found(*users[start : start + 15]) for start in range(0, 120, 15)))
    assert run(options, Task(records(120)))["summary"]["unchanged"] == 120


def test_values_are_looked_up_only_for_those_who_would_be_written(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    users = big_tenant(120, matched=True)
    users[5] = user(5)
    graph.expect("GET", "/users/$count", Reply(200, 250_000))
    graph.expect_batch(*(found(*users[start : start + 15]) for start in range(0, 120, 15)))
    graph.expect_batch(found(), found())
    graph.expect("PATCH", f"/users/{object_id(5)}", Reply(204))
    assert run(options, Task(records(120)))["summary"]["set"] == 1
    literal = quote(f"'{immutable_id_of_guid(guid(5))}'", safe="")
    assert (
        graph.batches()[1][0]["url"] == f"/users?$filter=onPremisesImmutableId%20in%20%28{literal}%29&$select={SELECT}"
    )


def test_a_large_bin_is_listed_up_to_the_cost_of_filters_and_then_filtered(
    graph: ScriptedGraph, options: dict[str, Any]
) -> None:
    count = 315  # 21 filters: two batches
    graph.expect("GET", "/users/$count", Reply(200, count))
    graph.expect("GET", PAGE, found(*big_tenant(count, matched=False)))
    next_page = f"{BIN}?$skiptoken=2"
    graph.expect(
        "GET", f"{BIN}?$select={SELECT}&$top=999", {**found(), "@odata.nextLink": f"{graph.url}/v1.0{next_page}"}
    )
    graph.expect("GET", next_page, {**found(), "@odata.nextLink": f"{graph.url}/v1.0{next_page}3"})
    graph.expect_batch(*[found()] * 20)
    graph.expect("POST", "/$batch", Reply(200, [found()]))
    result = run(options, Task(records(count), check_mode=True))
    assert result["summary"]["set"] == count


def test_a_link_to_another_host_gets_no_token(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect("GET", "/users/$count", Reply(200, 120))
    graph.expect("GET", PAGE, {**found(), "@odata.nextLink": "https://graph.example.net/v1.0/users?$skiptoken=1"})
    with pytest.raises(GraphError, match=r"leads to graph\.example\.net, not to graph_url") as raised:
        run(options, Task(records(120)))
    assert raised.value.cause == "foreign_link"


def test_a_page_of_a_filter_is_followed(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(1)), found(), {**found(), "@odata.nextLink": f"{graph.url}/v1.0{BIN}?$skiptoken=2"})
    graph.expect("GET", f"{BIN}?$skiptoken=2", found(user(9, "gone@contoso.com", VALUE)))
    with pytest.raises(PlanBlocked, match=r"gone@contoso\.com .* in the recycle bin"):
        run(options, Task([{"user_principal_name": "user1@contoso.com", "immutable_id": VALUE}]))


@pytest.mark.parametrize("many", [False, True])
def test_an_unreadable_bin_is_not_an_empty_one(graph: ScriptedGraph, options: dict[str, Any], many: bool) -> None:
    denied = error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    count = 315 if many else 1
    if many:
        graph.expect("GET", "/users/$count", Reply(200, count))
        graph.expect("GET", PAGE, found(*big_tenant(count, matched=False)))
        graph.expect("GET", f"{BIN}?$select={SELECT}&$top=999", denied)
    else:
        graph.expect_batch(found(user(0)), found(), denied)
    result = run(options, Task(records(count), check_mode=True, max_refused="100%"))
    assert {one["cause"] for one in result["users"]} == {"unread_deleted_users"}
