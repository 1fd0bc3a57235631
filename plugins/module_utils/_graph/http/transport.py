# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to Graph: the SDK builds, authenticates and sends them; this file reads the answers.

Bodies are read as bytes and decoded as JSON. The SDK's typed models take 1,500 times as long for a page of users
(tests/upstream/test_graph_sdk.py::test_a_page_of_users_costs_hundreds_of_calls_a_user) and cannot write null to
onPremisesImmutableId (facts §0.8, §11).
"""

from __future__ import annotations

import binascii
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..._identity.preconditions.permissions import NOTHING, Granted
from .clouds import Endpoints
from .connection_errors import certificate_problem, connection_error
from .errors import APP_NOT_IN_TENANT, UNAUTHORIZED, Answer, GraphError, decoded, graph_error, not_graph, successful
from .pacing.pace import Pace
from .pacing.throttle import RETRY_STATUSES

_LOST_CONNECTIONS = 5
_LONGEST_HOST = 253  # RFC 1035

# No blanks and no control characters, which httpx refuses and urllib takes out.
_URL = re.compile(r"https?://[!-~]+")

ADVANCED = {"ConsistencyLevel": "eventual"}
"""The header of an "advanced query" (Microsoft: "Advanced query capabilities on Microsoft Entra ID objects")."""

REPLICATION = 60.0
"""Seconds to wait before one more try if the tenant does not know the app, which may have been created just now."""


class Transport:
    """A signed-in connection to Graph v1.0."""

    def __init__(
        self,
        client: Any,
        where: Endpoints,
        timeout: float,
        pace: Pace,
        renew: Callable[[], None],
        tenant_id: str | None = None,
        granted: Granted = NOTHING,
    ) -> None:
        """``timeout`` is in seconds. ``renew`` discards the token in memory, even if it has not expired.

        ``granted``: the permissions in the token.
        """
        self.granted = granted
        self._tenant_id = tenant_id
        self.client = client
        self.pace = pace
        self._renew = renew
        self._renewed_at = -math.inf
        self._where = where
        self._timeout = timeout
        self._answered = False

    def place(self) -> tuple[str, str]:
        """Return the tenant as journals and files name it: by the id in the token, not by a name that somebody typed.

        :raises GraphError: if the token has no tenant's id.
        """
        if self._tenant_id is None:
            raise GraphError(
                "no_tenant_id",
                "The access token has no tenant id (tid), which files and journals need. Check authority.",
            )
        return "tenant", self._tenant_id

    async def json(self, request: Any) -> Any:
        """Send a kiota ``RequestInformation`` and return the JSON of its answer.

        :raises GraphError: if the answer is not a success, or if there is none.
        """
        return successful(await self.send(request))

    async def send(self, request: Any, alone: bool = True) -> Answer:
        """Send a request, again if it is throttled or its connection is lost, and return the answer.

        A request may take effect twice, because a lost connection leaves its outcome unknown. So it must be safe to
        repeat, as a PATCH of a value is. ``alone`` is False for a batch, whose items ``send_batch`` counts and paces.

        :raises GraphError: if the service cannot be reached, or throttles for too long.
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
                # The present token lacks each permission that was granted after it was issued.
                replicated = True
                self.renew(sent_at)
                continue
            if answer.status == UNAUTHORIZED and self._answered and not renewed:
                # Graph accepted a token before, so this one may have been revoked: try once with a new one.
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
        """Make the next request sign in again, unless that was done after ``sent_at`` (of the pace's clock)."""
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
        """Send a request once. Return None if the connection was lost, or the answer cut off, and a retry is due."""
        import httpx

        # A task may run longer than its token is valid. The credential renews the token in time, but the SDK would send
        # the old one: tests/upstream/test_graph_sdk.py::test_a_request_that_is_sent_again_keeps_its_old_token
        request.headers.remove("Authorization")
        try:
            response = await self.client.request_adapter.send_primitive_async(request, "bytes", {})
        except httpx.TransportError as error:
            final = not self._answered or attempt > _LOST_CONNECTIONS or certificate_problem(error) is not None
            if final or not self.pace.pause(None, attempt):
                raise connection_error(error, self._where.graph_url, self._timeout) from None
            return None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise not_graph(f"the answer is not valid HTTP ({type(error).__name__})") from None
        except (binascii.Error, UnicodeDecodeError):
            # The SDK signs in again if an answer asks for it, and does not check how it asks:
            # tests/upstream/test_graph_sdk.py::test_a_challenge_that_cannot_be_read_is_an_exception
            raise not_graph("it requests another sign-in without a method") from None
        body = decoded(response.content)
        # If a gateway loses its own connection, it may cut the body off and still report success.
        half = body is None and response.content.lstrip()[:1] in (b"{", b"[") and response.is_success
        if half and attempt <= _LOST_CONNECTIONS and self.pace.pause(None, attempt):
            return None
        headers = {name.lower(): value for name, value in response.headers.items()}
        # A response and its stream refer to each other, so that the body would stay in memory for long.
        response.stream = httpx.ByteStream(b"")
        return Answer(response.status_code, headers, body, self.relative_url(request))

    def get(self, builder: Any, headers: Mapping[str, str] | None = None, **parameters: Any) -> Any:
        """Return a GET of an SDK request builder such as ``client.users``; ``select=[...]`` becomes ``$select``."""
        request = builder.to_get_request_information()
        request.query_parameters.update({f"%24{name}": value for name, value in parameters.items()})
        for name, value in (headers or {}).items():
            request.headers.add(name, value)
        return self._raw(request)

    def beta(self, request: Any) -> Any:
        """Change a request to the beta version, for properties that v1.0 does not have, and return it."""
        request.url_template = request.url_template.replace("{+baseurl}", f"{self._where.graph_url}/beta")
        return request

    def write(self, method: str, url_template: str, path_parameters: Mapping[str, Any], body: bytes) -> Any:
        """Return a request whose JSON body is sent unchanged."""
        from kiota_abstractions.method import Method
        from kiota_abstractions.request_information import RequestInformation

        request = RequestInformation(Method(method), url_template, dict(path_parameters))
        request.headers.add("Accept", "application/json")
        request.set_stream_content(body, "application/json")
        return self._raw(request)

    def follow(self, next_link: str, first: Any) -> Any:
        """Return a GET of a page's ``@odata.nextLink``, which is used unchanged. ``first`` asked for the first page.

        An advanced query needs its header for each page (facts §4 "Paging").

        :raises GraphError: if it is no URL, or leads to another host, which must not get the token.
        """
        if not _URL.fullmatch(next_link):
            raise not_graph("the link to the next page is not a URL")
        scheme, _empty, host = next_link.split("/")[:3]
        if [scheme, "", host] != self._where.graph_url.split("/")[:3]:
            raise GraphError(
                "foreign_link",
                f"The link to the next page leads to {host[:_LONGEST_HOST]}, not to graph_url; check graph_url and "
                "any proxy in between.",
            )
        request = self._get(next_link)
        if first.headers.get("ConsistencyLevel"):
            request.headers.add_all(ADVANCED)
        return request

    def get_url(self, relative_url: str) -> Any:
        """Return a GET of a URL in the form of ``$batch``: percent-encoded, beginning after the version."""
        return self._get(f"{self._where.base_url}{relative_url}")

    def _get(self, url: str) -> Any:
        from kiota_abstractions.method import Method
        from kiota_abstractions.request_information import RequestInformation

        request = RequestInformation(Method.GET, "{+baseurl}/users", {})
        request.url = url
        request.headers.add("Accept", "application/json")
        return self._raw(request)

    def relative_url(self, request: Any) -> str:
        """Return a request's URL in the form of ``$batch``: percent-encoded by the SDK, beginning after the version."""
        self.client.request_adapter.set_base_url_for_request_information(request)
        path, question_mark, query = str(request.url).removeprefix(self._where.base_url).partition("?")
        # Decode %24 only in the names of query options; in a filter's text it stays encoded.
        # tests/upstream/test_graph_sdk.py::test_names_of_query_options_are_percent_encoded
        return path + question_mark + "&".join(part.replace("%24", "$", 1) for part in query.split("&"))

    @staticmethod
    def _raw(request: Any) -> Any:
        """Make the SDK return the HTTP response itself. Its own errors do not contain the service's message.

        tests/upstream/test_graph_sdk.py::test_an_error_comes_without_the_words_of_the_service
        """
        from kiota_abstractions.native_response_handler import NativeResponseHandler
        from kiota_http.middleware.options import ResponseHandlerOption

        request.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        return request
