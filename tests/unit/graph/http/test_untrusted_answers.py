# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that Graph would not give: to other hosts, without an end, too large, and of other types."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_graph import (
    BIN,
    PAGE,
    SECRET,
    TOKEN,
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
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http import batch, bounded, connection, pages
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.connection import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError, graph_error
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.reads.users import Users
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.refusals import PlanBlocked, WritesFailed
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.answer_limits import (
    MOST_COUNTED,
    most_pages,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import (
    ENTRA_PROPERTIES,
    make_cloud_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.graph_json import is_user

ONE = {"user_principal_name": "user1@contoso.com", "object_guid": guid(1)}


@pytest.fixture
def elsewhere(tls: Path) -> Iterator[ScriptedGraph]:
    """Another host. Nothing must ever reach it."""
    server = ScriptedGraph(tls / "server.pem", tls / "server.key")
    yield server
    server.close()
    assert (server.requests, server.sign_ins) == ([], [])


def listed(options: dict[str, Any], total: int | None = None) -> list[str]:
    async def read() -> list[str]:
        async with open_transport(options, Watch()) as opened:
            return [user.id for user in await Users(opened, ENTRA_PROPERTIES, make_cloud_user).list_active(total)]

    return asyncio.run(read())


def refused(options: dict[str, Any], total: int | None = None) -> GraphError:
    with pytest.raises(GraphError) as caught:
        listed(options, total)
    return caught.value


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
def test_a_read_follows_no_redirect(
    graph: ScriptedGraph, elsewhere: ScriptedGraph, options: dict[str, Any], status: int
) -> None:
    graph.expect("GET", PAGE, Reply(status, headers={"Location": f"{elsewhere.url}/v1.0/users"}))
    caught = refused(options)
    assert caught.cause == "not_graph"
    assert (
        f"it redirects to another address (HTTP {status}), which the task does not follow; check graph_url"
    ) in caught.message


@pytest.mark.usefixtures("plain_tenant")
@pytest.mark.parametrize("count", [1, 2])
def test_a_write_follows_no_redirect(
    graph: ScriptedGraph, elsewhere: ScriptedGraph, options: dict[str, Any], count: int
) -> None:
    """Alone, and in a batch, where the other host's answer counted as ours."""
    away = Reply(307, headers={"Location": f"{elsewhere.url}/v1.0/$batch"})
    graph.expect_batch(found(*(user(number) for number in range(count))), found(), found())
    graph.expect(*(("PATCH", f"/users/{object_id(0)}") if count == 1 else ("POST", "/$batch")), away)
    with pytest.raises(WritesFailed, match="it redirects") as caught:
        run(options, Task(records(count)))
    assert {each["cause"] for each in caught.value.details["users"]} == {"not_graph"}
    assert caught.value.details["changed"] is False


@pytest.mark.usefixtures("plain_tenant")
def test_an_item_of_a_batch_that_redirects_is_not_written(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(*(user(number) for number in range(2))), found(), found())
    graph.expect_batch(Reply(204), Reply(308))
    with pytest.raises(WritesFailed) as caught:
        run(options, Task(records(2)))
    assert [each["cause"] for each in caught.value.details["users"]] == [None, "not_graph"]


def test_the_sign_in_follows_no_redirect(
    graph: ScriptedGraph, elsewhere: ScriptedGraph, options: dict[str, Any]
) -> None:
    """The request holds the client secret."""
    graph.token_reply = Reply(307, headers={"Location": f"{elsewhere.url}/token"})
    assert SECRET not in refused(options).message


def test_an_answer_is_bounded_after_decompression(
    graph: ScriptedGraph, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few KB of gzip become 20 MB; no more than the limit is unpacked."""
    monkeypatch.setattr(connection, "MAX_GRAPH_ANSWER", 1_000_000)
    packed = gzip.compress(b" " * 20_000_000)
    graph.expect("GET", PAGE, Reply(200, packed, {"Content-Encoding": "gzip"}))
    assert refused(options).cause == "answer_too_large"
    # The same limit for what comes unpacked.
    graph.expect("GET", PAGE, Reply(200, b" " * 1_000_001))
    assert refused(options).cause == "answer_too_large"
    whole = json.dumps(found(user(1))).encode().ljust(1_000_000)
    graph.expect("GET", PAGE, Reply(200, gzip.compress(whole), {"Content-Encoding": "gzip"}))
    assert listed(options) == [object_id(1)]


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "gzip", "deflate"])
def test_an_answer_that_cannot_be_unpacked(graph: ScriptedGraph, options: dict[str, Any], coding: str) -> None:
    graph.expect("GET", PAGE, Reply(200, b"\x00nothing of the kind", {"Content-Encoding": coding}))
    assert refused(options).cause == "not_graph"


def test_only_what_is_unpacked_is_asked_for(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect("GET", PAGE, found())
    assert listed(options) == []
    assert graph.requests[0].headers["Accept-Encoding"] == bounded.ACCEPTED


@pytest.mark.parametrize(
    ("link", "cause"),
    [
        (5, "not_graph"),
        (["x"], "not_graph"),
        ("", "not_graph"),
        ("/v1.0/users?$skiptoken=b", "not_graph"),
        ("https://[", "foreign_link"),
        ("https://elsewhere.example/v1.0/users", "foreign_link"),
        ("{url}@elsewhere.example/v1.0/users", "foreign_link"),
        ("{url}\\@elsewhere.example/v1.0/users", "foreign_link"),
        ("{url}/v1.0/users?a b", "not_graph"),
        ("{url}/v1.0/\nusers", "not_graph"),
    ],
)
def test_a_link_that_leads_elsewhere(graph: ScriptedGraph, options: dict[str, Any], link: Any, cause: str) -> None:
    told = link.replace("{url}", graph.url) if isinstance(link, str) else link
    graph.expect("GET", PAGE, {**found(user(1)), "@odata.nextLink": told})
    assert refused(options).cause == cause


@pytest.mark.parametrize(("total", "pages"), [(3, 101), (250, 103)])
def test_a_listing_without_an_end(graph: ScriptedGraph, options: dict[str, Any], total: int, pages: int) -> None:
    """Each page leads to a new one, more of them than the number of users explains."""
    graph.expect("GET", PAGE, {**found(), "@odata.nextLink": f"{graph.url}/v1.0/users?$skiptoken=1"})
    for number in range(1, pages):
        link = f"{graph.url}/v1.0/users?$skiptoken={number + 1}"
        graph.expect("GET", f"/users?$skiptoken={number}", {**found(), "@odata.nextLink": link})
    caught = refused(options, total)
    assert caught.cause == "endless_listing"
    assert f"has more than {pages} pages" in caught.message


@pytest.mark.parametrize("count", ["many", -1, 2.5, True, [3], {"value": 3}])
def test_a_number_of_users_that_is_none(graph: ScriptedGraph, options: dict[str, Any], count: Any) -> None:
    async def read() -> int:
        async with open_transport(options, Watch()) as opened:
            return await Users(opened, ENTRA_PROPERTIES, make_cloud_user).count()

    graph.expect("GET", "/users/$count", count)
    with pytest.raises(GraphError) as caught:
        asyncio.run(read())
    assert caught.value.cause == "not_graph"


@pytest.mark.usefixtures("plain_tenant")
@pytest.mark.parametrize("status", [None, "OK", [], 2.5, 99, 1000, True])
def test_an_item_of_a_batch_without_a_status(graph: ScriptedGraph, options: dict[str, Any], status: Any) -> None:
    graph.expect_batch(found(user(0), user(1)), found(), found())
    graph.expect_batch(Reply(204), Reply(status))
    with pytest.raises(WritesFailed) as caught:
        run(options, Task(records(2)))
    assert [each["cause"] for each in caught.value.details["users"]] == [None, "not_graph"]
    assert [each["status"] for each in caught.value.details["users"]] == ["set", "failed"]


@pytest.mark.parametrize("body", [{}, {"responses": 5}, [], {"responses": [None, 5]}])
def test_a_batch_without_answers(graph: ScriptedGraph, options: dict[str, Any], clock: Any, body: Any) -> None:
    graph.stand("/nothing", found())
    graph.expect("POST", "/$batch", Reply(200, body if body else {"x": 1}))
    for _again in range(10 if body == {"responses": [None, 5]} else 0):
        graph.expect("POST", "/$batch", Reply(200, body))
    with pytest.raises(GraphError):
        run({**options, "max_wait": 1}, Task([ONE]), watch=Watch(clock=clock))
    graph.forget()


WRONG = {
    "id": ["", "../groups/1", 5, None, f"{object_id(1)}/x"],
    "userPrincipalName": [5, ["user1@contoso.com"], {"a": 1}, True, "\ud800"],
    "onPremisesImmutableId": [5, False, ["x"], {}],
    "onPremisesSyncEnabled": ["true", 1, 0, [], {}],
    "proxyAddresses": ["smtp:a@b.c", 5, [5], [None], {"a": 1}, True],
    "accountEnabled": ["yes", 1, []],
}


@pytest.mark.usefixtures("plain_tenant")
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_bad_user_is_refused_and_the_others_are_written(
    graph: ScriptedGraph, options: dict[str, Any], name: str, value: Any
) -> None:
    bad = json.dumps(found(user(0), {**user(1), name: value})).encode()
    graph.expect_batch(json.loads(bad), found(), found())
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    watch = Watch()
    result = run(options, Task(records(2), max_refused="100%"), watch=watch)
    good, other = result["users"]
    assert good["status"] == "set"
    if name == "id":
        assert (other["status"], other["cause"]) == ("not_found", "no_cloud_user")
        assert "was skipped" in watch.notes[0]
    elif name == "userPrincipalName":
        assert (other["status"], other["cause"]) == ("not_found", "no_cloud_user")
    else:
        assert (other["status"], other["cause"]) == ("refused", "unreadable_user")
        assert f"({name} is not as documented)" in other["reason"]


@pytest.mark.usefixtures("plain_tenant")
@pytest.mark.parametrize("name", ["onPremisesImmutableId", "onPremisesSyncEnabled"])
def test_a_property_that_is_missing_is_not_an_empty_one(
    graph: ScriptedGraph, options: dict[str, Any], name: str
) -> None:
    """Empty, onPremisesSyncEnabled says that the user is no synchronised one."""
    there = user(1)
    del there[name]
    graph.expect_batch(found(there), found(), found())
    with pytest.raises(PlanBlocked, match=f"{name} is not as documented"):
        run(options, Task([ONE]))


@pytest.mark.usefixtures("plain_tenant")
def test_a_name_that_two_users_have_is_nobodys(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(1), user(2, upn="user1@contoso.com")), found(), found())
    with pytest.raises(PlanBlocked, match="userPrincipalName is not as documented"):
        run(options, Task([ONE]))


def test_what_a_server_says_shows_no_token() -> None:
    said = f"Bearer {TOKEN} is expired."
    from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import Answer

    for status in (400, 401, 500):
        reply = error(status, TOKEN, said)
        caught = graph_error(Answer(status, {"request-id": TOKEN}, reply.body))
        assert TOKEN not in json.dumps([caught.message, caught.details])


@pytest.mark.usefixtures("plain_tenant")
def test_deleted_holders_that_cannot_be_read_are_left_alone(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """An id goes into the URL of a purge."""
    from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
        immutable_id_of_guid,
    )

    holder = user(7, immutable_id=immutable_id_of_guid(guid(1)), id=f"{object_id(7)}/restore?")
    graph.expect_batch(found(user(1)), found(), found(holder))
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204))
    result = run(options, Task([ONE], deleted={object_id(7): "purge", f"{object_id(7)}/restore?": "purge"}))
    assert result["users"][0]["status"] == "set"
    assert graph.batches()[0][2]["url"].startswith(BIN)
    assert name_filter("user1@contoso.com") in graph.batches()[0][0]["url"]


@pytest.mark.parametrize("claims", ["abc", "//79", "%%%", "", "eyJhIjoxfQ=="])
def test_a_challenge_that_cannot_be_read(graph: ScriptedGraph, options: dict[str, Any], claims: str) -> None:
    """The SDK decodes what such an answer demands of the next sign-in."""
    challenge = {"WWW-Authenticate": f'Bearer error="insufficient_claims", claims="{claims}"'}
    for _try in range(2):
        graph.expect("GET", PAGE, Reply(401, {"error": {"code": "InvalidAuthenticationToken"}}, challenge))
    assert refused(options).cause in ("not_graph", "unauthorized")
    graph.forget()


def nested(depth: int) -> Any:
    value: Any = "x"
    for _level in range(depth):
        value = {"a": value}
    return value


def test_an_object_that_is_nested_without_end_is_no_user() -> None:
    """Python may read JSON that is nested as deeply as it can, and then cannot write it out any more."""
    deep = nested(100_000)
    assert not is_user({"id": object_id(1), "displayName": deep})
    with pytest.raises(GraphError, match="an object in the answer is nested too deeply"):
        pages._key({"id": deep})
    assert batch._replies({"responses": [{"id": deep}, {"id": 3}]}).keys() == {"", "3"}


def test_a_count_is_not_believed_without_end() -> None:
    assert most_pages(10**30) == most_pages(MOST_COUNTED) < 200_000
