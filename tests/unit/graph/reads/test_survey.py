# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The survey of a tenant on the wire: its two halves, and what of Graph's JSON is in memory while it is read."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from scripted_graph import Reply, ScriptedGraph, error, found, guid, object_id, user
from scripted_tenant import BETA, PATHS, script
from support.whole_tenant import read_tenant

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.connection import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.reads.survey import Survey
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import (
    SOURCE_OF_AUTHORITY,
    TenantSnapshot,
)

T = TypeVar("T")
MAPPED = found({"id": object_id(2), "onPremisesObjectIdentifier": guid(2)}, {"id": object_id(7)})
PAGES, PAGE = 4, 10


def surveyed(options: dict[str, Any], reading: Callable[[Survey], Awaitable[T]]) -> T:
    async def read() -> T:
        async with open_transport(options) as transport:
            return await reading(Survey(transport, options["client_id"]))

    return asyncio.run(read())


def test_users_are_one_listing_and_all_else_can_follow(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect("GET", PATHS["users"], found(user(1), user(2)))
    users = surveyed(options, lambda survey: survey.read_users())
    assert [each.user.id for each in users] == [object_id(1), object_id(2)]
    assert len(graph.requests) == 1
    script(graph, [], users=None, deleted=found(user(3)), identifiers=MAPPED, managed=found({"id": object_id(1)}))
    sides = surveyed(options, lambda survey: survey.read_sides())
    assert sides.identifiers == {object_id(2): guid(2)}
    assert [(each.user.id, each.user.deleted) for each in sides.deleted] == [(object_id(3), True)]
    assert sides.cloud_managed == {object_id(1)}
    assert sides.unknown == set()


@pytest.mark.parametrize("steps", range(4))
def test_a_survey_that_is_cancelled_leaves_nothing_behind(
    graph: ScriptedGraph, options: dict[str, Any], steps: int, recwarn: pytest.WarningsRecorder
) -> None:
    """As if the directory cannot be read, which is read at the same time. Python warns of what never began."""

    async def cancel(survey: Survey) -> None:
        reading = asyncio.ensure_future(survey.read_sides())
        for _step in range(steps):
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    surveyed(options, cancel)
    gc.collect()
    assert [str(each.message) for each in recwarn if each.category is RuntimeWarning] == []


@pytest.mark.parametrize(
    ("answer", "synchronizes"),
    [
        (found({"id": object_id(1), "onPremisesSyncEnabled": True}), True),
        # It was synchronized once.
        (found({"id": object_id(1), "onPremisesSyncEnabled": False}), False),
        # It never was.
        (found({"id": object_id(1), "onPremisesSyncEnabled": None}), False),
        (error(403, "Authorization_RequestDenied"), None),
        (found(), None),
    ],
)
def test_whether_a_sync_engine_is_connected(
    graph: ScriptedGraph, options: dict[str, Any], answer: Any, synchronizes: bool | None
) -> None:
    script(graph, [], users=None, organization=answer)
    sides = surveyed(options, lambda survey: survey.read_sides())
    assert sides.synchronizes is synchronizes
    assert sides.unknown == set()


def test_both_halves_make_the_snapshot(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    answers: dict[str, Any] = {"identifiers": MAPPED, "deleted": found(user(3)), "contacts": error(403, "denied")}

    async def halves(survey: Survey) -> TenantSnapshot:
        users = await survey.read_users()
        return replace(await survey.read_sides(), users=users)

    script(graph, [user(1), user(2)], **answers)
    whole = surveyed(options, read_tenant)
    assert len(graph.requests) == len(PATHS)
    script(graph, [user(1), user(2)], **answers)
    assert surveyed(options, halves) == whole
    assert whole.identifiers == {object_id(2): guid(2)}
    assert whole.unknown == {"contacts"}


@pytest.mark.parametrize("asked", [True, False])
def test_a_source_of_authority_that_is_not_listed_is_unknown(
    graph: ScriptedGraph, options: dict[str, Any], asked: bool
) -> None:
    script(graph, [user(1)], managed=error(400, "Request_UnsupportedQuery") if asked else None)
    tenant = surveyed(options, lambda survey: read_tenant(survey, source_of_authority=asked))
    assert tenant.unknown == {SOURCE_OF_AUTHORITY}
    assert tenant.cloud_managed == set()


def test_users_that_cannot_be_read_end_the_other_listings(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    script(graph, [], users=error(403, "Authorization_RequestDenied"))
    with pytest.raises(GraphError, match=r"User\.Read\.All"):
        surveyed(options, read_tenant)
    graph.forget()


@pytest.mark.parametrize("listing", ["users", "deleted", "contacts", "groups", "identifiers"])
def test_no_listing_is_in_memory_as_a_whole(graph: ScriptedGraph, options: dict[str, Any], listing: str) -> None:
    """While one page is asked for, Graph's JSON of the page before it is the only one that is kept."""
    kept: list[int] = []

    def count() -> None:
        # A property that is a list makes the garbage collector follow an object, and so find it here.
        kept.append(sum(isinstance(each, dict) and "fromGraph" in each for each in gc.get_objects()))

    def page(number: int) -> Reply:
        people = [user(number * PAGE + each, fromGraph=[], displayName="A") for each in range(PAGE)]
        body = found(*people)
        if number < PAGES - 1:
            body["@odata.nextLink"] = f"{graph.url}/{version}/next?page={number + 1}"
        return Reply(200, json.dumps(body).encode(), first=count)

    version = "beta" if listing in BETA else "v1.0"
    script(graph, [], **{listing: page(0)})
    for number in range(1, PAGES):
        graph.expect("GET", f"/next?page={number}", page(number), version=version)
    tenant = surveyed(options, read_tenant)
    if listing != "identifiers":
        assert len(getattr(tenant, listing)) == PAGES * PAGE
    assert len(kept) == PAGES
    assert kept[0] == 0
    assert max(kept) <= PAGE
