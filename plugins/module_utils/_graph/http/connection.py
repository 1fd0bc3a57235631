# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign in to Graph, and open the connection that a Transport sends its requests over."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from typing import Any
from urllib.parse import urlsplit

from ..._identity.core.answer_limits import MAX_GRAPH_ANSWER
from ..._identity.core.errors import IdentityError, InputError
from .bounded import ACCEPTED, bounded_answers
from .clouds import Endpoints, endpoints
from .credential import SignIn, sign_in
from .credential.sign_in_errors import sign_in_error
from .errors import APP_NOT_IN_TENANT, GraphError
from .pacing.pace import Pace
from .proxies import check_proxies
from .token import granted_by, tenant_of
from .transport import REPLICATION, Transport
from .watch import Watch


@asynccontextmanager
async def open_transport(options: Mapping[str, Any], watch: Watch | None = None) -> AsyncIterator[Transport]:
    """Sign in and yield a connection that sends up to ``concurrency`` requests at once.

    ``options`` are those of ``argspec.connection``. ``watch`` follows the progress of the requests.

    :raises InputError: if an option is missing or wrong; the network is not used then.
    :raises GraphError: if the sign-in fails.
    """
    for name in ("concurrency", "timeout", "max_wait"):
        if options[name] < 1:
            raise InputError(f"{name} is {options[name]}; it must be at least 1.")
    # Without a handler, Python writes azure-identity's warnings to standard error, next to our own message.
    # tests/upstream/test_azure_identity.py::test_a_refused_sign_in_is_written_to_standard_error
    logging.getLogger("azure").addHandler(logging.NullHandler())
    where = endpoints(options)
    check_proxies(os.environ)
    way = sign_in(options, where)
    context = trust(options)
    credential = _Credential(way, where, options)
    provider = _provider(credential, where)
    with closing(credential):
        pace = Pace(options["concurrency"], options["max_wait"], watch)
        # Sign in before the first request, so that a refused sign-in fails the task, whatever it reads first.
        token = await _first_token(provider, where, pace, credential.renew)
        client, http = _client(provider, where, options["timeout"], options["concurrency"], context)
        async with http:
            yield Transport(
                client, where, options["timeout"], pace, credential.renew, tenant_of(token), granted_by(token)
            )


async def _first_token(provider: Any, where: Endpoints, pace: Pace, renew: Callable[[], None]) -> str:
    """Sign in and return the token. If the tenant does not know the app yet, wait and try once more (facts §20).

    The second try uses a new credential, because the old one keeps a refusal (HTTP 400) for a minute:
    tests/upstream/test_azure_identity.py::test_a_refused_sign_in_is_remembered

    :raises GraphError: if the sign-in fails.
    """
    await pace.ready()
    try:
        token: str = await provider.access_token_provider.get_authorization_token(where.base_url)
    except GraphError as error:
        if error.cause != APP_NOT_IN_TENANT or not pace.pause(REPLICATION, 1):
            raise
        await pace.ready()
        renew()
        token = await provider.access_token_provider.get_authorization_token(where.base_url)
    return token


class _Credential:
    """A credential that raises GraphError if a token cannot be obtained or renewed."""

    def __init__(self, way: SignIn, where: Endpoints, options: Mapping[str, Any]) -> None:
        self._where = where
        self._options = {**options, "auth_source": way.name()}
        self._way = way
        self._credential: Any = None
        self.renew()

    def renew(self) -> None:
        """Discard the tokens in memory, so that the next request gets a new one.

        A credential of azure-identity cannot do this, so build a new one:
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
        except Exception as error:  # noqa: BLE001 - every library error becomes one of our messages
            raise self._translated(error) from None

    def _translated(self, error: BaseException) -> GraphError:
        return sign_in_error(error, self._options, self._where.authority)


def trust(options: Mapping[str, Any]) -> ssl.SSLContext | None:
    path = options.get("graph_ca_cert")
    if not path:
        return None
    # A PEM file may have comments in any encoding between its certificates.
    certificates = options["read_file"]("graph_ca_cert", path).decode("ascii", "ignore")
    try:
        return ssl.create_default_context(cadata=certificates or "-")
    except (ssl.SSLError, ValueError):
        raise InputError(f"graph_ca_cert {path} contains no certificate; use a PEM file.") from None


def _provider(credential: Any, where: Endpoints) -> Any:
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider

    return AzureIdentityAuthenticationProvider(
        credential, scopes=[where.scope], allowed_hosts=[str(urlsplit(where.graph_url).hostname)]
    )


def _client(
    provider: Any, where: Endpoints, timeout: float, connections: int, trust: ssl.SSLContext | None
) -> tuple[Any, Any]:
    import httpx
    from kiota_http.middleware.options import RedirectHandlerOption, RetryHandlerOption
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.graph_request_adapter import options as sdk_options
    from msgraph_core import GraphClientFactory

    # We retry ourselves (throttle.py): the SDK does not read a fractional Retry-After, and does not retry in a batch.
    # tests/upstream/test_graph_sdk.py::test_a_fractional_retry_after_is_not_read
    # The SDK follows redirects to other hosts, writes included:
    # tests/upstream/test_graph_sdk.py::test_a_write_is_redirected_to_another_host
    middleware = {
        **sdk_options,
        RetryHandlerOption.get_key(): RetryHandlerOption(should_retry=False),
        RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
    }
    http = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(
            verify=True if trust is None else trust,
            # No timeout for a free connection: a request that waits for one is not waiting for the service.
            # tests/upstream/test_graph_sdk.py::test_waiting_for_a_free_connection_counts_as_waiting_for_the_service
            timeout=httpx.Timeout(timeout, pool=None),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            headers={"Accept-Encoding": ACCEPTED},
            event_hooks={"response": [bounded_answers(MAX_GRAPH_ANSWER)]},
            follow_redirects=False,
        ),
        options=middleware,
    )
    adapter = GraphRequestAdapter(provider, http)
    adapter.base_url = where.base_url
    return GraphServiceClient(request_adapter=adapter), http
