# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What msgraph-sdk, msgraph-core, kiota and httpx do that plugins/module_utils/_graph works around."""

from __future__ import annotations

import asyncio
import binascii
import json
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from kiota_abstractions.api_error import APIError
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from kiota_http.middleware import retry_handler
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.user import User
from msgraph.generated.models.user_collection_response import UserCollectionResponse
from msgraph_core import GraphClientFactory
from needed import gone, still_raises

Answer = Callable[[httpx.Request], httpx.Response]


class Credential:
    """Gives a new token each time it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        self.asked += 1
        return AccessToken(f"token-{self.asked}", 2**31)


def graph_client(answer: Answer, credential: Credential | None = None) -> GraphServiceClient:
    """The SDK with all of its middleware, and the network replaced by ``answer``."""
    http = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(transport=httpx.MockTransport(answer))
    )
    provider = AzureIdentityAuthenticationProvider(credential or Credential(), scopes=["https://graph/.default"])
    return GraphServiceClient(request_adapter=GraphRequestAdapter(provider, http))


@pytest.mark.parametrize(("claims", "error"), [("abc", binascii.Error), ("//79", UnicodeDecodeError)])
def test_a_challenge_that_cannot_be_read_is_an_exception(claims: str, error: type[Exception]) -> None:
    challenge = {"WWW-Authenticate": f'Bearer error="insufficient_claims", claims="{claims}"'}
    client = graph_client(lambda _request: httpx.Response(401, headers=challenge, json={}))
    with still_raises(
        error,
        news="The SDK checks the claims that an answer demands.",
        where="_graph/http/transport.py (the exceptions of Transport._attempt)",
    ):
        asyncio.run(client.users.get())


@pytest.mark.parametrize("entry", ["[::1]", "fe80::/10"])
def test_an_entry_of_no_proxy_is_an_exception(monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", entry)
    with still_raises(
        httpx.InvalidURL,
        news=f"httpx reads {entry} in NO_PROXY.",
        where="_graph/http/proxies.py (the entries of NO_PROXY)",
    ):
        httpx.AsyncClient()


def ok(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"value": []})


def test_a_null_gets_a_key_that_graph_does_not_know() -> None:
    user = User()
    user.on_premises_immutable_id = None
    request = graph_client(ok).users.by_user_id("1").to_patch_request_information(user)
    keys = set(json.loads(request.content or b"{}")) - {"@odata.type"}
    assert "onPremisesImmutableId" not in keys, gone(
        "The SDK's model of a user can send null in onPremisesImmutableId.",
        "_graph/writes/immutable_id_writer.py (bodies made by hand)",
    )


def test_a_page_of_users_costs_hundreds_of_calls_a_user() -> None:
    """Counted and not timed, so that it is the same on any machine."""
    count = 20
    users = [{"id": str(number), "userPrincipalName": f"u{number}@contoso.com"} for number in range(count)]

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"value": users})

    calls = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    async def read() -> UserCollectionResponse | None:
        client = graph_client(answer)
        await client.users.get()  # what is imported and cached once
        sys.setprofile(note)
        try:
            return await client.users.get()
        finally:
            sys.setprofile(None)

    page = asyncio.run(read())
    assert page is not None
    assert len(page.value or []) == count
    assert calls / count > 200, gone(
        f"The SDK's typed models take {calls / count:.0f} calls of functions a user.",
        "_graph/http/transport.py (bodies as bytes)",
    )


def test_a_cast_is_written_with_an_alias() -> None:
    client = graph_client(ok)
    builders = (client.directory.deleted_items.graph_user, client.groups.by_group_id("1").transitive_members.graph_user)
    for builder in builders:
        template = builder.to_get_request_information().url_template or ""
        assert "/graph.user{" in template, gone(
            f"The SDK writes a cast as {template}.",
            "_graph/reads/users.py, _graph/entra_user_info.py and _graph/reads/survey.py (url_template.replace)",
        )


def test_names_of_query_options_are_percent_encoded() -> None:
    client = graph_client(ok)
    request = client.users.to_get_request_information()
    request.query_parameters["%24filter"] = "displayName eq '$1'"
    client.request_adapter.set_base_url_for_request_information(request)
    assert "?%24filter=" in str(request.url), gone(
        f"The SDK writes {request.url}.", "_graph/http/transport.py (relative_url, and the %24 in get)"
    )


def test_a_request_that_is_sent_again_keeps_its_old_token() -> None:
    credential = Credential()
    tokens: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        tokens.append(request.headers["Authorization"])
        return ok(request)

    async def send_twice() -> None:
        client = graph_client(answer, credential)
        request = client.users.to_get_request_information()
        for _time in range(2):
            await client.request_adapter.send_primitive_async(request, "bytes", {})

    asyncio.run(send_twice())
    assert tokens == ["Bearer token-1", "Bearer token-1"], gone(
        f"The SDK sends a request again with a token of its own: {tokens}.",
        '_graph/http/transport.py (headers.remove("Authorization"))',
    )


def test_an_error_comes_without_the_words_of_the_service() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"error": {"code": "Request_BadRequest", "message": "The words."}})

    async def send() -> None:
        client = graph_client(answer)
        request = client.users.to_get_request_information()
        await client.request_adapter.send_primitive_async(request, "bytes", {})

    with pytest.raises(APIError) as raised:
        asyncio.run(send())
    assert "The words." not in f"{raised.value} {vars(raised.value)}", gone(
        "The SDK's own error holds the service's words.", "_graph/http/transport.py (_raw)"
    )


def test_a_fractional_retry_after_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    answers = [httpx.Response(429, headers={"Retry-After": "0.25"}), httpx.Response(200, json={"value": []})]

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def send() -> None:
        client = graph_client(lambda _request: answers.pop(0))
        await client.request_adapter.send_primitive_async(client.users.to_get_request_information(), "bytes", {})

    monkeypatch.setattr(retry_handler.asyncio, "sleep", sleep)
    asyncio.run(send())
    assert len(waits) == 1
    assert waits[0] > 1, gone(
        f"The SDK's middleware waits {waits} s for a Retry-After of 0.25.",
        "_graph/http/connection.py (should_retry=False)",
    )


def test_waiting_for_a_free_connection_counts_as_waiting_for_the_service() -> None:
    async def ask() -> None:
        asked, done = asyncio.Event(), asyncio.Event()

        async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.set()
            await done.wait()
            writer.close()

        server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        limits = httpx.Limits(max_connections=1)
        async with server, httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as client:
            first = asyncio.create_task(client.get(url))
            await asked.wait()
            try:
                await client.get(url, timeout=0.05)
            finally:
                first.cancel()
                done.set()

    with still_raises(
        httpx.PoolTimeout,
        news="httpx does not count the wait for a free connection any more.",
        where="_graph/http/connection.py (pool=None)",
    ):
        asyncio.run(ask())


def test_a_write_is_redirected_to_another_host() -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.host))
        moved = len(asked) == 1
        return httpx.Response(307, headers={"Location": "https://elsewhere.example/"}) if moved else ok(request)

    client = graph_client(answer)
    request = client.users.by_user_id("1").to_patch_request_information(User())
    asyncio.run(client.request_adapter.send_primitive_async(request, "bytes", {}))
    assert asked[1:] == [("PATCH", "elsewhere.example")], gone(
        "The SDK no longer follows a redirect of a write to another host.",
        "_graph/http/connection.py (if the SDK follows no redirect of a read either)",
    )
