# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source of authority on the wire: one filter, and one user at a time if Graph refuses it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import Any

import pytest
from scripted_graph import Reply, ScriptedGraph, error, found, object_id
from scripted_tenant import DENIED, PATHS

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.connection import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.reads.source_of_authority import (
    add_source_of_authority,
    list_cloud_managed,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import (
    DOMAINS,
    SOURCE_OF_AUTHORITY,
    TenantSnapshot,
)

UNKNOWN = TenantSnapshot(users=[], unknown=frozenset({SOURCE_OF_AUTHORITY, DOMAINS}))
YES, NO = {"isCloudManaged": True}, {"isCloudManaged": False}


def ids(numbers: Iterable[int]) -> frozenset[str]:
    return frozenset(map(object_id, numbers))


def listed(options: dict[str, Any]) -> frozenset[str] | None:
    async def read() -> frozenset[str] | None:
        async with open_transport(options) as transport:
            return await list_cloud_managed(transport)

    return asyncio.run(read())


class Matches:
    """Who would be matched, in each round; the last entry counts for all further rounds."""

    def __init__(self, *rounds: Collection[int]) -> None:
        self.rounds = [ids(numbers) for numbers in rounds]
        self.asked: list[TenantSnapshot] = []

    def __call__(self, snapshot: TenantSnapshot) -> frozenset[str]:
        self.asked.append(snapshot)
        return self.rounds[min(len(self.asked), len(self.rounds)) - 1]


def added(options: dict[str, Any], snapshot: TenantSnapshot, matches: Matches) -> TenantSnapshot:
    async def read() -> TenantSnapshot:
        async with open_transport(options) as transport:
            return await add_source_of_authority(transport, snapshot, matches)

    return asyncio.run(read())


def test_one_filter_lists_them_all(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    more = "/users?$skiptoken=abc"
    first = found(*({"id": object_id(number)} for number in range(999)))
    graph.expect("GET", PATHS["managed"], {**first, "@odata.nextLink": f"{graph.url}/v1.0{more}"})
    graph.expect("GET", more, found({"id": object_id(999)}))
    assert listed(options) == ids(range(1000))
    assert [request.headers["ConsistencyLevel"] for request in graph.requests] == ["eventual"] * 2


@pytest.mark.parametrize(
    "answer",
    [
        error(400, "Request_UnsupportedQuery"),
        error(404, "UnknownError"),
        error(500, "InternalServerError"),
        error(501, "NotImplemented"),
        DENIED,
        found({"id": "no GUID"}),
        found({"name": "no id"}),
    ],
)
def test_a_filter_that_graph_refuses(graph: ScriptedGraph, options: dict[str, Any], answer: Any) -> None:
    graph.expect("GET", PATHS["managed"], answer)
    assert listed(options) is None


def test_another_error_fails_the_task(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect("GET", PATHS["managed"], Reply(302, None, {"Location": "https://login.example"}))
    with pytest.raises(GraphError) as caught:
        listed(options)
    assert caught.value.cause == "not_graph"


def test_nobody_is_asked_for_if_it_is_known(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    known = TenantSnapshot(users=[], cloud_managed=ids([1]))
    matches = Matches([1, 2])
    assert added(options, known, matches) == known
    assert (matches.asked, graph.requests) == ([], [])


def test_each_user_who_would_be_matched_is_asked_for_once(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """User 0 takes nothing from AD, which leaves a match to user 30."""
    graph.expect_batch(YES, *[NO] * 19)
    graph.expect_batch(*[NO] * 5)
    graph.expect_batch(NO)
    matches = Matches(range(25), [*range(1, 25), 30])
    after = added(options, UNKNOWN, matches)
    assert (after.unknown, after.cloud_managed) == (frozenset({DOMAINS}), ids([0]))
    assert after.authority_read == ids((*range(25), 30))
    urls = [item["url"] for batch in graph.batches() for item in batch]
    assert sorted(urls) == [
        f"/users/{object_id(number)}/onPremisesSyncBehavior?$select=isCloudManaged" for number in (*range(25), 30)
    ]
    # Who would be matched is asked as if it were known.
    assert [each.unknown for each in matches.asked] == [{DOMAINS}] * 3


def test_without_the_permission_it_stays_unknown(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """The first 20 users tell."""
    graph.expect_batch(*[DENIED] * 20)
    assert added(options, UNKNOWN, Matches(range(25))) == UNKNOWN


def test_users_who_cannot_be_read_leave_it_unknown(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(NO, error(404, "Request_ResourceNotFound"), {"isCloudManaged": "yes"}, {})
    graph.expect_batch(*[error(404, "Request_ResourceNotFound")] * 3)
    after = added(options, UNKNOWN, Matches(range(4)))
    assert (after.unknown, after.authority_read) == (UNKNOWN.unknown, ids([0]))


def test_it_ends_after_three_rounds(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    for _round in range(3):
        graph.expect_batch(YES)
    after = added(options, UNKNOWN, Matches([0], [1], [2], [3]))
    assert after.unknown == UNKNOWN.unknown
    assert after.cloud_managed == after.authority_read == ids(range(3))
