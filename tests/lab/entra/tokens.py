# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Login: client credentials by secret or by certificate, and the check of access tokens at Graph's door.

Error codes: learn.microsoft.com/entra/identity-platform/reference-error-codes (90002, 700016, 7000215, 7000218,
700021, 700024, 700027, 500011, 1002012, 70003); forms and texts as recorded from the real service in public test
suites (azure-sdk, MSAL, Harness). A real tenant adds trace and correlation ids, as here.
"""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from .assertion import AUDIENCE_ENDS, check_assertion
from .clock import CLOCK
from .errors import GraphError
from .oauth import LoginError
from .signing import public_jwk
from .store import Store

_CLOUD_RESOURCES = {
    # facts §9 "Clouds"
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
}


@dataclass(frozen=True)
class Principal:
    """The app behind a token: its application permissions and the directory roles of its service principal."""

    app_id: str
    name: str
    permissions: frozenset[str]
    roles: frozenset[str]


class Login:
    """Issues and checks tokens. `credentials`: `{app name or id: {"secret": str, "certificate": PEM text}}`."""

    def __init__(self, store: Store, key: rsa.RSAPrivateKey, credentials: dict[str, dict[str, str]]) -> None:
        self._store = store
        self._key = key
        self._jwk = public_jwk(key)
        self._credentials = credentials
        self._checked: dict[str, tuple[float, str]] = {}

    @property
    def tenant_id(self) -> str:
        return next(iter(self._store.of("organization")))

    def require_tenant(self, tenant: str) -> None:
        """A tenant is named by its id or by any of its verified domains."""
        domains = self._store.of("domain")
        name = tenant.lower()
        if name == self.tenant_id.lower() or (name in domains and domains[name]["isVerified"]):
            return
        raise LoginError(
            400,
            "invalid_tenant",
            90002,
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
            "correct cloud. Check with your subscription administrator, this may happen if there are no active "
            "subscriptions for the tenant.",
        )

    def discovery(self, tenant: str, origin: str) -> dict[str, Any]:
        """The OpenID configuration that MSAL reads."""
        self.require_tenant(tenant)
        base = f"{origin}/{tenant}"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": f"{origin}/{self.tenant_id}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "tenant_region_scope": None,
            "cloud_instance_name": urlsplit(origin).netloc,
            "msgraph_host": urlsplit(origin).netloc,
        }

    def keys(self, tenant: str) -> dict[str, Any]:
        self.require_tenant(tenant)
        return {"keys": [self._jwk]}

    def issue(self, tenant: str, form: dict[str, str], origin: str, lifetime: int) -> dict[str, Any]:
        """Answer a token request. Raises LoginError."""
        self.require_tenant(tenant)
        if form.get("grant_type") != "client_credentials":
            raise LoginError(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        app = self._app(form.get("client_id", ""), tenant)
        if form.get("client_assertion"):
            audiences = [f"{origin}/{name}/{end}" for name in (tenant, self.tenant_id) for end in AUDIENCE_ENDS]
            check_assertion(app, self._credential(app, "certificate"), form, audiences)
        elif "client_secret" in form:
            self._check_secret(app, form["client_secret"])
        else:
            raise LoginError(
                401,
                "invalid_client",
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            )
        audience = self._audience(form.get("scope", ""), origin)
        now = int(CLOCK.now())
        claims = {
            "aud": audience,
            "iss": f"{origin}/{self.tenant_id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "appid": app["appId"],
            "app_displayname": app["displayName"],
            "oid": app["id"],
            "sub": app["id"],
            "tid": self.tenant_id,
            "idtyp": "app",
            "roles": sorted(app["permissions"]),
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        token = jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._jwk["kid"]})
        return {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}

    def _app(self, client_id: str, tenant: str) -> dict[str, Any]:
        app: dict[str, Any] | None = self._store.of("app").get(client_id.lower())
        if app is None:
            raise LoginError(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen "
                "if the application has not been installed by the administrator of the tenant or consented to by any "
                "user in the tenant. You may have sent your authentication request to the wrong tenant.",
            )
        return app

    def _credential(self, app: dict[str, Any], kind: str) -> str:
        for name in (app["displayName"], app["appId"]):
            if self._credentials.get(name, {}).get(kind):
                return self._credentials[name][kind]
        return ""

    def _check_secret(self, app: dict[str, Any], secret: str) -> None:
        expected = self._credential(app, "secret")
        if not expected or not hmac.compare_digest(expected.encode(), secret.encode()):
            raise LoginError(
                401,
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{app['appId']}'.",
            )

    def _audience(self, scope: str, origin: str) -> str:
        resource, found, rest = scope.strip().partition("/.default")
        if not found or rest:
            raise LoginError(
                400,
                "invalid_scope",
                1002012,
                f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value "
                "with /.default suffixed to the resource identifier (application ID URI).",
            )
        resource = resource.rstrip("/")
        if resource in _CLOUD_RESOURCES or _is_here(resource, origin):
            return resource
        raise LoginError(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {resource} was not found in the tenant named {self.tenant_id}.",
        )

    def authenticate(self, authorization: str | None, origin: str) -> Principal:
        """The principal of a Graph request. Raises GraphError 401 (`InvalidAuthenticationToken`)."""
        scheme, _space, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthenticated("Access token is empty.")
        token = token.strip()
        expires, app_id = self._checked.get(token, (0.0, ""))
        if not app_id:
            expires, app_id = self._verify(token, origin)
            self._checked[token] = (expires, app_id)
        if CLOCK.now() >= expires:
            del self._checked[token]
            raise _unauthenticated("Access token has expired or is not yet valid.")
        app = self._store.of("app").get(app_id)
        if app is None:
            raise _unauthenticated("Access token validation failure.")
        return Principal(app_id, app["displayName"], frozenset(app["permissions"]), frozenset(app.get("roles", ())))

    def _verify(self, token: str, origin: str) -> tuple[float, str]:
        try:
            # The times in it are this emulator's, which need not be the machine's: `authenticate` looks at the end.
            claims = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            raise _unauthenticated("Access token validation failure.") from None
        audience = str(claims.get("aud"))
        # facts §9: tokens aren't interchangeable between clouds.
        if not _is_here(audience, origin) and audience not in _CLOUD_RESOURCES:
            raise _unauthenticated("Access token validation failure. Invalid audience.")
        return float(claims["exp"]), str(claims["appid"])


def _unauthenticated(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": "Bearer"})


def _is_here(resource: str, origin: str) -> bool:
    """Whether a resource is this emulator, by any of its loopback names."""
    wanted, here = urlsplit(resource), urlsplit(origin)
    return (
        wanted.scheme == "https"
        and wanted.hostname in ("localhost", "127.0.0.1", "::1", here.hostname)
        and (wanted.port or 443) == (here.port or 443)
    )
