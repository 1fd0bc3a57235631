# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to Graph: the SDK builds, authenticates and sends them, and this reads what comes back.

Bodies are taken as bytes and read as JSON: the SDK's typed models cost 1,500 times as much for a page of users
(tests/upstream/test_graph_sdk.py::test_a_page_of_users_costs_hundreds_of_calls_a_user), and cannot write null into
onPremisesImmutableId (facts §0.8, §11).
"""

from __future__ import annotations

import logging
import math
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.hybrid.identity.plugins.module_utils._graph.clouds import Endpoints, endpoints
from ansible_collections.hybrid.identity.plugins.module_utils._graph.connection_errors import (
    certificate_problem,
    connection_error,
)
from ansible_collections.hybrid.identity.plugins.module_utils._graph.credential import SignIn, sign_in
from ansible_collections.hybrid.identity.plugins.module_utils._graph.errors import (
    APP_NOT_IN_TENANT,
    UNAUTHORIZED,
    Answer,
    GraphError,
    decoded,
    graph_error,
    successful,
)
from ansible_collections.hybrid.identity.plugins.module_utils._graph.pace import Pace
from ansible_collections.hybrid.identity.plugins.module_utils._graph.sign_in_errors import sign_in_error
from ansible_collections.hybrid.identity.plugins.module_utils._graph.throttle import RETRY_STATUSES
from ansible_collections.hybrid.identity.plugins.module_utils._graph.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError, InputError

_LOST_CONNECTIONS = 5

REPLICATION = 60.0
"""Seconds after which an app that the tenant did not know is tried once more: it may have been made just now."""


class Transport:
    """A signed-in connection to Graph v1.0."""

    def __init__(self, client: Any, where: Endpoints, timeout: float, pace: Pace, renew: Callable[[], None]) -> None:
        """``renew`` forgets the token in memory, whatever that says of itself."""
        self.client = client
        self.pace = pace
        self._renew = renew
        self._renewed_at = -math.inf
        self._where = where
        self._timeout = timeout
        self._answered = False

    async def json(self, request: Any) -> Any:
        """Send a kiota ``RequestInformation`` and return the JSON of its answer.

        :raises GraphError: if the answer is not a success, or none came.
        """
        return successful(await self.send(request))

    async def send(self, request: Any, alone: bool = True) -> Answer:
        """Send a request until it is answered with something other than "later".

        Whoever sends must not mind it being sent twice: where a connection is lost, nobody knows what came of the
        request. That holds for all requests here, PATCH of a value included. ``alone`` is False for a batch, whose
        items are counted and paced by whoever made it.

        :raises GraphError: if the service cannot be reached, or says "later" for too long.
        """
        attempt = 0
        renewed = replicated = False
        while True:
            attempt += 1
            sent_at, answer = await self._paced(request, attempt, alone)
            if answer is None:
                continue
            if answer.cause == APP_NOT_IN_TENANT:
                if replicated or not self.pace.pause(REPLICATION, attempt):
                    return answer
                # The token at hand has no permission yet that was consented to after it was issued.
                replicated = True
                self.renew(sent_at)
                continue
            if answer.status == UNAUTHORIZED and self._answered and not renewed:
                # It was taken before, so it has ended early; a fresh one tells whether that is all.
                renewed = True
                self.renew(sent_at)
                continue
            self._answered = self._answered or answer.status != UNAUTHORIZED
            if answer.status not in RETRY_STATUSES:
                if alone:
                    self.pace.progress()
                return answer
            if not self.pace.refused([answer.headers], attempt):
                raise graph_error(answer)

    def renew(self, sent_at: float) -> None:
        """Have the next request sign in anew, unless that happened after ``sent_at`` (of the pace's clock)."""
        if self._renewed_at < sent_at:
            self._renewed_at = self.pace.clock.now()
            self._renew()

    async def _paced(self, request: Any, attempt: int, alone: bool) -> tuple[float, Answer | None]:
        if not alone:
            await self.pace.ready()
            return self.pace.clock.now(), await self._attempt(request, attempt)
        charge = await self.pace.admit(1, write=request.http_method.value != "GET")
        answer: Answer | None = None
        try:
            answer = await self._attempt(request, attempt)
        finally:
            served = answer is not None and answer.status not in RETRY_STATUSES
            self.pace.returned(charge, [answer.headers] if answer and served else [])
        return charge.at, answer

    async def _attempt(self, request: Any, attempt: int) -> Answer | None:
        """One try. None after a lost connection, or half an answer, that is worth another one."""
        import httpx

        # A task may outlive its token; the credential keeps one in memory and renews it in time. The SDK would send
        # the old one: tests/upstream/test_graph_sdk.py::test_a_request_that_is_sent_again_keeps_its_old_token
        request.headers.remove("Authorization")
        try:
            response = await self.client.request_adapter.send_primitive_async(request, "bytes", {})
        except httpx.TransportError as error:
            final = not self._answered or attempt > _LOST_CONNECTIONS or certificate_problem(error) is not None
            if final or not self.pace.pause(None, attempt):
                raise connection_error(error, self._where.graph_url, self._timeout) from None
            return None
        body = decoded(response.content)
        # A gateway that lost its own connection ends the body in the middle, and says that this is all of it.
        half = body is None and response.content.lstrip()[:1] in (b"{", b"[") and response.is_success
        if half and attempt <= _LOST_CONNECTIONS and self.pace.pause(None, attempt):
            return None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, body, self.relative_url(request))

    def get(self, builder: Any, headers: Mapping[str, str] | None = None, **parameters: Any) -> Any:
        """A GET of an SDK request builder, such as ``client.users``; ``select=[...]`` becomes ``$select`` and so on."""
        request = builder.to_get_request_information()
        request.query_parameters.update({f"%24{name}": value for name, value in parameters.items()})
        for name, value in (headers or {}).items():
            request.headers.add(name, value)
        return self._raw(request)

    def beta(self, request: Any) -> Any:
        """The same request to the beta version, for what v1.0 does not have."""
        request.url_template = request.url_template.replace("{+baseurl}", f"{self._where.graph_url}/beta")
        return request

    def write(self, method: str, url_template: str, path_parameters: Mapping[str, Any], body: bytes) -> Any:
        """A request with a JSON body that is sent as it is."""
        from kiota_abstractions.method import Method
        from kiota_abstractions.request_information import RequestInformation

        request = RequestInformation(Method(method), url_template, dict(path_parameters))
        request.headers.add("Accept", "application/json")
        request.set_stream_content(body, "application/json")
        return self._raw(request)

    def follow(self, next_link: str) -> Any:
        """A GET of a page's ``@odata.nextLink``, which is opaque.

        :raises GraphError: if it leads to another host, which must not get the token.
        """
        if urlsplit(next_link)[:2] != urlsplit(self._where.graph_url)[:2]:
            raise GraphError(
                "foreign_link",
                f"The next page is said to be at {urlsplit(next_link).netloc}, not at graph_url; check graph_url "
                "and any proxy in between.",
            )
        return self._get(next_link)

    def get_url(self, relative_url: str) -> Any:
        """A GET of a URL as a ``$batch`` has it: from the version on, percent-encoded."""
        return self._get(f"{self._where.base_url}{relative_url}")

    def _get(self, url: str) -> Any:
        from kiota_abstractions.method import Method
        from kiota_abstractions.request_information import RequestInformation

        request = RequestInformation(Method.GET, "{+baseurl}/users", {})
        request.url = url
        request.headers.add("Accept", "application/json")
        return self._raw(request)

    def relative_url(self, request: Any) -> str:
        """The URL of a request as a ``$batch`` wants it: from the version on, percent-encoded by the SDK."""
        self.client.request_adapter.set_base_url_for_request_information(request)
        path, question_mark, query = str(request.url).removeprefix(self._where.base_url).partition("?")
        # %24 in names only: a filter's own text stays encoded.
        # tests/upstream/test_graph_sdk.py::test_names_of_query_options_are_percent_encoded
        return path + question_mark + "&".join(part.replace("%24", "$", 1) for part in query.split("&"))

    @staticmethod
    def _raw(request: Any) -> Any:
        """Have the SDK hand over the HTTP response itself: its own errors come without the service's words.

        tests/upstream/test_graph_sdk.py::test_an_error_comes_without_the_words_of_the_service
        """
        from kiota_abstractions.native_response_handler import NativeResponseHandler
        from kiota_http.middleware.options import ResponseHandlerOption

        request.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        return request


@asynccontextmanager
async def open_transport(options: Mapping[str, Any], watch: Watch | None = None) -> AsyncIterator[Transport]:
    """Sign in and give a connection that can send ``concurrency`` requests at once.

    ``options`` are the values of ``argspec.graph_options``. ``watch`` sees how far the requests are.

    :raises InputError: if an option is missing or wrong; nothing is asked of the network then.
    :raises GraphError: if the sign-in fails.
    """
    for name in ("concurrency", "timeout", "max_wait"):
        if options[name] < 1:
            raise InputError(f"{name} is {options[name]}; it must be at least 1.")
    # Without a handler, Python writes azure-identity's warnings to stderr, beside the one sentence that is ours.
    # tests/upstream/test_azure_identity.py::test_a_refused_sign_in_is_written_to_standard_error
    logging.getLogger("azure").addHandler(logging.NullHandler())
    where = endpoints(options)
    way = sign_in(options, where)
    trust = _trust(options.get("ca_cert"))
    credential = _Credential(way, where, options)
    provider = _provider(credential, where)
    with closing(credential):
        pace = Pace(options["concurrency"], options["max_wait"], watch)
        # Before the first request: a refused sign-in is then the error of the whole task, whatever it was to read.
        await _first_token(provider, where, pace, credential.renew)
        client, http = _client(provider, where, options["timeout"], options["concurrency"], trust)
        async with http:
            yield Transport(client, where, options["timeout"], pace, credential.renew)


async def _first_token(provider: Any, where: Endpoints, pace: Pace, renew: Callable[[], None]) -> None:
    """Sign in; once more after a while, if the tenant does not know the app yet (facts §20).

    The second time with a new credential, since the old one keeps a refusal (HTTP 400) for a minute:
    tests/upstream/test_azure_identity.py::test_a_refused_sign_in_is_remembered

    :raises GraphError: if the sign-in fails.
    """
    await pace.ready()
    try:
        await provider.access_token_provider.get_authorization_token(where.base_url)
    except GraphError as error:
        if error.cause != APP_NOT_IN_TENANT or not pace.pause(REPLICATION, 1):
            raise
        await pace.ready()
        renew()
        await provider.access_token_provider.get_authorization_token(where.base_url)


class _Credential:
    """A credential whose errors are ours, at the first token and at each renewal."""

    def __init__(self, way: SignIn, where: Endpoints, options: Mapping[str, Any]) -> None:
        self._where = where
        self._options = {**options, "auth_source": way.name()}
        self._way = way
        self._credential: Any = None
        self.renew()

    def renew(self) -> None:
        """Forget the tokens in memory: the next request gets one that was issued for it.

        A credential cannot be told to, so there is a new one:
        tests/upstream/test_azure_identity.py::test_a_token_in_memory_cannot_be_passed_over
        """
        old = self._credential
        try:
            self._credential = self._way.build()
        except ValueError as error:
            raise self._translated(error) from None
        if old is not None:
            old.close()

    def close(self) -> None:
        """Close the connections to the authority."""
        self._credential.close()

    def get_token(self, *scopes: str, **arguments: Any) -> Any:
        try:
            return self._credential.get_token(*scopes, **arguments)
        except IdentityError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a library raises ends in one sentence of ours
            raise self._translated(error) from None

    def _translated(self, error: BaseException) -> GraphError:
        return sign_in_error(error, self._options, self._where.authority)


def _trust(ca_cert: str | None) -> ssl.SSLContext | None:
    if not ca_cert:
        return None
    try:
        return ssl.create_default_context(cafile=ca_cert)
    except ssl.SSLError:
        raise InputError(f"ca_cert {ca_cert} holds no certificate; give a PEM file.") from None
    except OSError as error:
        raise InputError(f"ca_cert {ca_cert} cannot be read: {error.strerror}.") from None


def _provider(credential: Any, where: Endpoints) -> Any:
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider

    return AzureIdentityAuthenticationProvider(
        credential, scopes=[where.scope], allowed_hosts=[str(urlsplit(where.graph_url).hostname)]
    )


def _client(
    provider: Any, where: Endpoints, timeout: float, connections: int, trust: ssl.SSLContext | None
) -> tuple[Any, Any]:
    import httpx
    from kiota_http.middleware.options import RetryHandlerOption
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.graph_request_adapter import options as sdk_options
    from msgraph_core import GraphClientFactory

    # Retries are ours (throttle.py): the SDK's do not read a fractional Retry-After, and know nothing of batches.
    # tests/upstream/test_graph_sdk.py::test_a_fractional_retry_after_is_not_read
    middleware = {**sdk_options, RetryHandlerOption.get_key(): RetryHandlerOption(should_retry=False)}
    http = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(
            verify=True if trust is None else trust,
            # No limit for the wait for a free connection: whoever waits there is not waiting for the service.
            # tests/upstream/test_graph_sdk.py::test_waiting_for_a_free_connection_counts_as_waiting_for_the_service
            timeout=httpx.Timeout(timeout, pool=None),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        ),
        options=middleware,
    )
    adapter = GraphRequestAdapter(provider, http)
    adapter.base_url = where.base_url
    return GraphServiceClient(request_adapter=adapter), http
