# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scripted HTTPS server in place of login and Graph: it answers what a test expects, and nothing else."""

from __future__ import annotations

import json
import ssl
import sys
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

TENANT = "contoso.com"
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
SECRET = "cl13nt~S3cret.Value"
TENANT_ID = "9d1c7f0a-53c4-4b8e-8f0e-2f6a1d7c4e11"
"""The id of the tenant whose domain is TENANT."""
TOKEN = "eyJ0eXAi.eyJ0aWQiOiAiOWQxYzdmMGEtNTNjNC00YjhlLThmMGUtMmY2YTFkN2M0ZTExIn0.c2lnbmF0dXJl"
SELECT = "id,userPrincipalName,onPremisesImmutableId,onPremisesSyncEnabled,mail,proxyAddresses,accountEnabled"
BIN = "/directory/deletedItems/microsoft.graph.user"
PAGE = f"/users?$select={SELECT}&$top=999"
DOMAINS = "/domains?$select=id,isVerified,isInitial,authenticationType"
ASSIGNMENTS = "/roleManagement/directory/roleAssignments?$select=principalId,roleDefinitionId"
DEFINITIONS = "/roleManagement/directory/roleDefinitions?$select=id,displayName,isPrivileged"
ELIGIBILITIES = "/roleManagement/directory/roleEligibilitySchedules?$select=principalId,roleDefinitionId"
ROLE_GROUPS = "/groups?$filter=isAssignableToRole%20eq%20true&$select=id,displayName&$top=999"
APP_OWNERS = tuple(
    f"/{kind}(appId='{CLIENT_ID}')/owners?$select=id&$top=999" for kind in ("servicePrincipals", "applications")
)
"""What is asked of a tenant before somebody is changed."""


@dataclass
class Reply:
    """What to answer. ``drop`` closes the connection in place of it; ``first`` is called before, and may wait."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    first: Callable[[], object] | None = None


@dataclass
class Request:
    method: str
    path: str
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class _Expected:
    method: str
    path: str
    body: bytes | None
    reply: Reply


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that the client gave up, or of a handshake that it refused."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class ScriptedGraph:
    """Expected requests may come in any order; those alike are answered in the order they were written down."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.requests: list[Request] = []
        self.sign_ins: list[Request] = []
        self.surprises: list[str] = []
        self.stood: list[Request] = []
        self.discovery_reply: Reply | None = None
        self.token_reply = Reply(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN})
        self._expected: list[_Expected] = []
        self._standing: dict[tuple[str, str], Reply] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake is the connection's own thread's: a client that never begins one must not stop the server.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def expect(
        self, method: str, path: str, reply: Reply | Any, body: bytes | None = None, version: str = "v1.0"
    ) -> None:
        """Expect a Graph request. ``path`` starts after the version and is compared as on the wire, query included."""
        answer = reply if isinstance(reply, Reply) else Reply(200, reply)
        self._expected.append(_Expected(method, f"/{version}{path}", body, answer))

    def stand(self, path: str, reply: Reply | Any, version: str = "v1.0") -> None:
        """Answer a GET as often as it comes, and do not miss it; it is kept in ``stood``, not in ``requests``."""
        self._standing["GET", f"/{version}{path}"] = reply if isinstance(reply, Reply) else Reply(200, reply)

    def expect_batch(self, *replies: Mapping[str, Any] | Reply, first: Callable[[], object] | None = None) -> None:
        """Expect a ``$batch``, whose item number n is answered with the n-th reply."""
        self.expect("POST", "/$batch", Reply(200, [*replies], first=first))

    def forget(self) -> None:
        """Expect nothing more: a task that failed may have left requests unsent."""
        with self._lock:
            self._expected.clear()

    def drop(self, path: str) -> None:
        """Expect a GET no more: what was answered before makes it needless."""
        with self._lock:
            self._expected = [each for each in self._expected if each.path != f"/v1.0{path}"]

    def missing(self) -> list[str]:
        return [f"{expected.method} {expected.path}" for expected in self._expected]

    def batches(self) -> list[list[dict[str, Any]]]:
        """The items of each batch sent."""
        return [request.json["requests"] for request in self.requests if request.path == "/v1.0/$batch"]

    def answer(self, request: Request) -> Reply:
        with self._lock:
            if not request.path.startswith(("/v1.0/", "/beta/")):
                self.sign_ins.append(request)
                return self._sign_in(request)
            standing = self._standing.get((request.method, request.path))
            (self.requests if standing is None else self.stood).append(request)
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                self.surprises.append(f"{request.method} {request.path} without the token")
                return Reply(
                    401, {"error": {"code": "InvalidAuthenticationToken", "message": "Access token is empty."}}
                )
            for expected in self._expected:
                if (expected.method, expected.path) == (request.method, request.path):
                    self._expected.remove(expected)
                    return self._checked(request, expected)
            if standing is not None:
                return standing
            self.surprises.append(f"{request.method} {request.path} {request.body!r}")
            return Reply(500, {"error": {"code": "surprise", "message": "The test did not expect this."}})

    def _checked(self, request: Request, expected: _Expected) -> Reply:
        if expected.body is not None and request.body != expected.body:
            self.surprises.append(f"{request.method} {request.path} sent {request.body!r}, not {expected.body!r}")
        if request.path == "/v1.0/$batch" and isinstance(expected.reply.body, list):
            return replace(expected.reply, body={"responses": self._batch(request, expected.reply.body)})
        return expected.reply

    def _batch(self, request: Request, replies: Sequence[Any]) -> list[dict[str, Any]]:
        items = request.json["requests"]
        if len(items) != len(replies):
            self.surprises.append(f"a batch of {len(items)} items, not {len(replies)}")
        answers = []
        for item, given in zip(items, replies, strict=False):
            reply = given if isinstance(given, Reply) else Reply(200, given)
            answers.append(
                {"id": item["id"], "status": reply.status, "headers": dict(reply.headers), "body": reply.body}
            )
        return answers[::-1]  # Graph promises no order.

    def _sign_in(self, request: Request) -> Reply:
        if request.path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            return self.discovery_reply or Reply(200, self._discovery())
        if (request.method, request.path) == ("POST", f"/{TENANT}/oauth2/v2.0/token"):
            return self.token_reply
        if self.discovery_reply:
            return self.discovery_reply
        self.surprises.append(f"{request.method} {request.path}")
        return Reply(404)

    def _discovery(self) -> dict[str, str]:
        return {
            "issuer": f"{self.url}/{TENANT}/v2.0",
            "token_endpoint": f"{self.url}/{TENANT}/oauth2/v2.0/token",
            "authorization_endpoint": f"{self.url}/{TENANT}/oauth2/v2.0/authorize",
        }


def _handler(graph: ScriptedGraph) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # The head and the body are sent apart: without this, the body waits until the client has acknowledged the head.
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = graph.answer(Request(self.command, self.path, self.headers, body))
            if reply.first:
                reply.first()
            if reply.drop:
                self.close_connection = True
                return
            data = (
                b""
                if reply.body is None
                else reply.body
                if isinstance(reply.body, bytes)
                else json.dumps(reply.body).encode()
            )
            if "Date" in reply.headers:
                self.send_response_only(reply.status)
            else:
                self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    return Handler


def user(number: int, upn: str | None = None, immutable_id: str | None = None, **more: Any) -> dict[str, Any]:
    """A user as Graph answers it."""
    return {
        "id": object_id(number),
        "userPrincipalName": upn or f"user{number}@contoso.com",
        "onPremisesImmutableId": immutable_id,
        "onPremisesSyncEnabled": None,
        "mail": None,
        "proxyAddresses": [],
        "accountEnabled": True,
        **more,
    }


def object_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def found(*users: Mapping[str, Any]) -> dict[str, Any]:
    return {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users", "value": list(users)}


def error(status: int, code: str, message: str = "No.", details: Any = None, **headers: str) -> Reply:
    body = {"code": code, "message": message, "innerError": {"request-id": "5c0e7d4a-6d1f-4d1c-8a54-5a3a1f6c2b10"}}
    if details:
        body["details"] = details
    return Reply(status, {"error": body}, {name.replace("_", "-"): value for name, value in headers.items()})


def name_filter(*upns: str) -> str:
    """The users query for these UPNs, encoded by another library than the SDK's."""
    literals = ",".join("'" + upn.replace("'", "''") + "'" for upn in upns)
    return f"/users?$filter={quote(f'userPrincipalName in ({literals})', safe='')}&$select={SELECT}"


def guid(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


def records(count: int) -> list[dict[str, Any]]:
    return [
        {"user_principal_name": f"user{number}@contoso.com", "object_guid": guid(number)} for number in range(count)
    ]
