# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What azure-identity, azure-core and msal do that plugins/module_utils/_graph works around."""

from __future__ import annotations

import io
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import urllib3
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import CertificateCredential, ClientSecretCredential
from needed import gone, still_raises

AUTHORITY = "https://login.contoso.example"
SCOPE = "https://graph.microsoft.com/.default"


class Network(requests.adapters.BaseAdapter):
    """What azure-core sends its requests through, with the network replaced by ``answer``; no wait is waited."""

    def __init__(self, answer: Callable[[str], Any]) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.waits: list[float] = []
        self._answer = answer
        session = requests.Session()
        session.mount("https://", self)
        self.transport = RequestsTransport(session=session, session_owner=False)
        self.transport.sleep = self.waits.append  # type: ignore[method-assign, unused-ignore]

    def send(self, request: requests.PreparedRequest, *_arguments: Any, **_options: Any) -> requests.Response:
        self.urls.append(request.url or "")
        found = self._answer(self.urls[-1])
        response = requests.Response()
        response.status_code = found.pop("status", 200)
        response.headers["Content-Type"] = "application/json"
        response.request, response.url = request, self.urls[-1]
        response.raw = io.BytesIO(json.dumps(found).encode())
        return response

    def close(self) -> None:
        return


def credential(network: Network, **options: Any) -> ClientSecretCredential:
    options = {"authority": AUTHORITY, "disable_instance_discovery": True, **options}
    return ClientSecretCredential("contoso.com", "app", "secret", transport=network.transport, **options)


def sign_in_service(url: str) -> dict[str, Any]:
    """Endpoints, and a new token each time."""
    if "openid-configuration" in url:
        tenant = f"{AUTHORITY}/contoso.com"
        endpoints = {name: f"{tenant}/{name}" for name in ("authorization_endpoint", "token_endpoint")}
        return {**endpoints, "issuer": f"{tenant}/v2.0"}
    return {"token_type": "Bearer", "expires_in": 3600, "access_token": "token"}


def test_a_token_in_memory_cannot_be_passed_over() -> None:
    network = Network(sign_in_service)
    secret = credential(network)
    for _time in range(2):
        secret.get_token(SCOPE)
    tokens = [url for url in network.urls if url.endswith("token_endpoint")]
    assert len(tokens) == 1
    # A claims challenge is the one way to a new token that azure-identity documents, and Graph sends none with its 401.
    with still_raises(
        TypeError,
        news="azure-identity can be told to forget the tokens in memory.",
        where="_graph/http/connection.py (_Credential.renew)",
    ):
        secret.get_token(SCOPE, force_refresh=True)
        if len([url for url in network.urls if url.endswith("token_endpoint")]) == 1:
            raise TypeError("force_refresh was taken and had no effect")


def test_a_refused_sign_in_is_remembered() -> None:
    """For a minute (msal, throttled_http_client.py), and by one credential alone."""

    def refuse(url: str) -> dict[str, Any]:
        refusal = {"status": 400, "error": "unauthorized_client", "error_description": "AADSTS7000229: No."}
        return sign_in_service(url) if "openid-configuration" in url else refusal

    network = Network(refuse)
    for secret in [credential(network)] * 2:
        with pytest.raises(ClientAuthenticationError):
            secret.get_token(SCOPE)
    assert len([url for url in network.urls if url.endswith("token_endpoint")]) == 1, gone(
        "A credential asks again after a refusal.", "_graph/http/connection.py (_first_token)"
    )


def test_a_host_that_cannot_be_reached_is_tried_again_and_again() -> None:
    def refuse(_url: str) -> dict[str, Any]:
        raise requests.exceptions.ConnectTimeout(TimeoutError("nobody there"))

    network = Network(refuse)
    with pytest.raises(ClientAuthenticationError):
        credential(network).get_token(SCOPE)
    assert len(network.urls) > 2, gone(
        f"azure-core tries a host {len(network.urls)} times, each time for the whole timeout.",
        "_graph/http/credential/base.py (retry_total, retry_connect)",
    )


def plain_chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_what_a_connection_failed_on_is_no_cause_of_the_exception() -> None:
    failure = ssl.SSLCertVerificationError(1, "certificate verify failed")
    failure.verify_message = "unable to get local issuer certificate"

    def distrust(url: str) -> dict[str, Any]:
        # As urllib3 and requests raise it: by keyword and argument.
        retries = urllib3.exceptions.MaxRetryError(None, url, urllib3.exceptions.SSLError(failure))  # type: ignore[arg-type, unused-ignore]
        raise requests.exceptions.SSLError(retries)

    with pytest.raises(ClientAuthenticationError) as raised:
        credential(Network(distrust)).get_token(SCOPE)
    assert failure not in list(plain_chain(raised.value)), gone(
        "azure-core raises from what OpenSSL said.", "_graph/http/connection_errors.py (chain)"
    )


def test_an_unknown_authority_is_known_by_its_text_alone() -> None:
    def answer(_url: str) -> dict[str, Any]:
        return {"status": 400, "error": "invalid_instance", "error_description": "AADSTS50049: Unknown instance."}

    with still_raises(
        ClientAuthenticationError,
        news="azure-identity has an exception of its own for an authority that Microsoft does not know.",
        where="_graph/http/credential/sign_in_errors.py (the words of instance discovery)",
    ):
        credential(Network(answer), disable_instance_discovery=False).get_token(SCOPE)


@pytest.mark.parametrize("password", [None, "wrong"])
def test_an_unusable_certificate_is_a_bare_value_error(password: str | None) -> None:
    with still_raises(
        TypeError,
        ValueError,
        news="azure-identity has an exception of its own for a certificate that it cannot use.",
        where="_graph/http/credential/client_certificate.py (except TypeError, ValueError)",
    ):
        CertificateCredential("contoso.com", "app", certificate_data=b"neither PEM nor PKCS12", password=password)


_REFUSED = """
import sys
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential

secret = ClientSecretCredential(
    "contoso.com", "app", "secret", authority=sys.argv[1], disable_instance_discovery=True, retry_total=0
)
try:
    secret.get_token("https://graph.microsoft.com/.default")
except ClientAuthenticationError:
    print("refused")
"""


def test_a_refused_sign_in_is_written_to_standard_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        command = [sys.executable, "-c", _REFUSED, f"https://127.0.0.1:{taken.getsockname()[1]}"]
        process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert process.stdout.split() == ["refused"], process.stderr
    assert "get_token failed" in process.stderr, gone(
        "azure-identity writes nothing by itself when a sign-in is refused.", "_graph/http/connection.py (NullHandler)"
    )
