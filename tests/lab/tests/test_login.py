# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: by curl's form, by azure-identity's two credentials, and through the SDK's request builders."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from typing import Any

import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support.entra_process import APPS, Emulator

from lab import ca
from lab.entra.assertion import ASSERTION_TYPE


def _login_error(answer: httpx.Response) -> tuple[int, str, int]:
    body = answer.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    return answer.status_code, body["error"], body["error_codes"][0]


def _options(entra: Emulator) -> dict[str, Any]:
    return {
        "authority": entra.url,
        "disable_instance_discovery": True,
        "connection_verify": str(entra.tls["ca"]),
    }


def test_secret_credential_of_azure_identity(entra: Emulator) -> None:
    # Closed, here and below: an open connection keeps the emulator from ending in order.
    with ClientSecretCredential(
        "contoso.onmicrosoft.com", APPS["hard-matcher"], entra.secrets["hard-matcher"], **_options(entra)
    ) as credential:
        token = credential.get_token(f"{entra.url}/.default").token
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["roles"] == [
        "Application.Read.All",
        "Domain.Read.All",
        "GroupMember.Read.All",
        "Organization.Read.All",
        "RoleEligibilitySchedule.Read.Directory",
        "RoleManagement.Read.Directory",
        "User.ReadWrite.All",
    ]
    answer = entra.http.get("/v1.0/organization", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["value"][0]["id"] == claims["tid"]


def test_certificate_credential_of_azure_identity(entra: Emulator) -> None:
    tenant = entra.http.get("/lab/health").json()["tenant"]
    with CertificateCredential(
        tenant, APPS["hard-matcher"], certificate_path=str(entra.app_certificate), **_options(entra)
    ) as credential:
        token = credential.get_token(f"{entra.url}/.default").token
    answer = entra.http.get("/v1.0/users?$top=1", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_unregistered_certificate(entra: Emulator) -> None:
    other = ca.write_app_certificate(entra.folder / "other.pem")
    with (
        CertificateCredential(
            "contoso.com", APPS["hard-matcher"], certificate_path=str(other), **_options(entra)
        ) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS700027"),
    ):
        credential.get_token(f"{entra.url}/.default")


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": 1}, 700024),
        ({"aud": "https://login.example/token"}, 700023),
        ({"iss": APPS["reader"]}, 700021),
    ],
)
def test_bad_assertions(entra: Emulator, claims: dict[str, Any], code: int) -> None:
    pem = entra.app_certificate.read_bytes()
    now = int(time.time())
    good = {
        "aud": f"{entra.url}/contoso.com/oauth2/v2.0/token",
        "iss": APPS["hard-matcher"],
        "sub": APPS["hard-matcher"],
        "exp": now + 60,
    }
    certificate = x509.load_pem_x509_certificate(pem)
    thumbprint = jwt.utils.base64url_encode(certificate.fingerprint(hashes.SHA256())).decode()
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    form = entra.token_form("hard-matcher", client_assertion_type=ASSERTION_TYPE)
    del form["client_secret"]
    for body, expected in ((good, None), ({**good, **claims}, code)):
        form["client_assertion"] = jwt.encode(body, key, algorithm="PS256", headers={"x5t#S256": thumbprint})
        answer = entra.post_token(form)
        if expected is None:
            assert answer.status_code == 200, answer.text
        else:
            assert _login_error(answer) == (401, "invalid_client", expected)


def test_refused_logins(entra: Emulator) -> None:
    form = entra.token_form("hard-matcher")
    assert _login_error(entra.post_token(form, "nowhere.example")) == (400, "invalid_tenant", 90002)
    assert _login_error(entra.post_token(form, "pending.contoso.com")) == (400, "invalid_tenant", 90002)
    unknown = entra.token_form("hard-matcher", client_id="99999999-aaaa-4000-8000-000000000009")
    assert _login_error(entra.post_token(unknown)) == (400, "unauthorized_client", 700016)
    wrong = entra.token_form("hard-matcher", client_secret="wrong")
    assert _login_error(entra.post_token(wrong)) == (401, "invalid_client", 7000215)
    del wrong["client_secret"]
    assert _login_error(entra.post_token(wrong)) == (401, "invalid_client", 7000218)
    assert _login_error(entra.post_token({**form, "scope": f"{entra.url}/User.Read"})) == (
        400,
        "invalid_scope",
        1002012,
    )
    other = {**form, "scope": "https://vault.azure.net/.default"}
    assert _login_error(entra.post_token(other)) == (400, "invalid_resource", 500011)
    password = {**form, "grant_type": "password"}
    assert _login_error(entra.post_token(password)) == (400, "unsupported_grant_type", 70003)
    assert _login_error(entra.http.get("/nowhere.example/v2.0/.well-known/openid-configuration"))[2] == 90002


def test_graph_refuses_bad_tokens(entra: Emulator) -> None:
    def ask(token: str | None) -> tuple[int, str, str]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = entra.http.get("/v1.0/users", headers=headers)
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]

    assert ask(None) == (401, "InvalidAuthenticationToken", "Access token is empty.")
    assert ask("abc")[:2] == (401, "InvalidAuthenticationToken")
    head, body, _signature = entra.token().split(".")
    assert ask(f"{head}.{body}.{'A' * 342}")[:2] == (401, "InvalidAuthenticationToken")


def test_expired_token(entra: Emulator) -> None:
    entra.settings(tokenLifetimeSeconds=600)
    token = entra.post_token(entra.token_form("reader")).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert entra.http.get("/v1.0/users?$top=1", headers=headers).status_code == 200
    entra.advance(600)
    answer = entra.http.get("/v1.0/users?$top=1", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "Access token has expired or is not yet valid."


def test_request_builders_of_the_sdk(entra: Emulator) -> None:
    """The way that the collection goes (facts §11): the SDK's builders and adapter, the body as bytes."""
    from azure.identity.aio import ClientSecretCredential as AsyncSecret
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from kiota_http.kiota_client_factory import KiotaClientFactory
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.user import User

    async def talk() -> tuple[dict[str, Any], dict[str, Any], ODataError]:
        credential = AsyncSecret("contoso.com", APPS["hard-matcher"], entra.secrets["hard-matcher"], **_options(entra))
        provider = AzureIdentityAuthenticationProvider(
            credential, scopes=[f"{entra.url}/.default"], allowed_hosts=["localhost"]
        )
        http = KiotaClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(
                verify=ssl.create_default_context(cafile=str(entra.tls["ca"])), base_url=f"{entra.url}/v1.0"
            )
        )
        adapter = GraphRequestAdapter(provider, client=http)
        adapter.base_url = f"{entra.url}/v1.0"
        client = GraphServiceClient(request_adapter=adapter)
        builder = client.users.by_user_id("anna.berg@contoso.com")
        query = builder.UserItemRequestBuilderGetQueryParameters(select=["id", "onPremisesImmutableId"])
        from kiota_abstractions.base_request_configuration import RequestConfiguration

        def read() -> Any:
            return builder.to_get_request_information(RequestConfiguration(query_parameters=query))

        before = json.loads(await adapter.send_primitive_async(read(), "bytes", {}))
        await builder.patch(User(on_premises_immutable_id="nlbGyIhGPE+EYq/E/2CBew=x"))
        after = json.loads(await adapter.send_primitive_async(read(), "bytes", {}))
        wrong = User()
        wrong.on_premises_immutable_id = "a_b"
        with pytest.raises(ODataError) as caught:
            await builder.patch(wrong)
        await http.aclose()
        await credential.close()
        return before, after, caught.value

    before, after, error = asyncio.run(talk())
    assert before["onPremisesImmutableId"] is None
    assert after == {**before, "onPremisesImmutableId": "nlbGyIhGPE+EYq/E/2CBew=x"}
    assert error.error is not None
    assert error.error.code == "Request_BadRequest"
