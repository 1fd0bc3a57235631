# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""480 altered answers of Graph: no crash, no wrong match, no other host, no secret."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import requests
from scripted_graph import SECRET, TENANT, TOKEN, guid, object_id, user
from support.ad_users import prediction_dict
from support.alterations import FOREIGN, altered_bytes, altered_json, chance
from support.clocks import SteppingClock
from support.whole_tenant import read_tenant

from ansible_collections.hybrid.identity.plugins.module_utils._graph import (
    entra_immutable_id,
    entra_sync_info,
    entra_user_info,
)
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.connection import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.reads.survey import Survey
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import TenantSnapshot
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_choice import Choice
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import predict
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.expectations import read_expectations

# Thousands of runs, about what servers send: no ansible-core changes that.
pytestmark = pytest.mark.once

GRAPH = "graph.example"
CASES = 120
NAMES = [f"user{number}@contoso.com" for number in range(4)]
VALUES = [immutable_id_of_guid(guid(number)) for number in range(4)]


class Tenant:
    """Graph and the sign-in, below httpx and requests. ``alter`` changes the n-th answer of Graph."""

    def __init__(self) -> None:
        self.hosts: set[str] = set()
        self.patches: list[tuple[str, Any]] = []
        self.told: list[tuple[str, str]] = []
        """Object id and UPN of each user of an answer, as it was sent."""
        self.count = 0
        self.alter: Callable[[int, Any], httpx.Response | None] = lambda _number, _body: None
        extra: dict[str, Any] = {
            "displayName": "A User",
            "businessPhones": ["+49 1"],
            "onPremisesExtensionAttributes": {"extensionAttribute1": "x"},
            "onPremisesProvisioningErrors": [
                {
                    "propertyCausingError": "ProxyAddress",
                    "value": "smtp:a@contoso.com",
                    "occurredDateTime": "2026-11-01",
                }
            ],
            "createdDateTime": "2026-11-01T10:00:00Z",
            "onPremisesLastSyncDateTime": "2026-11-01T10:00:00Z",
            "userType": "Member",
            "manager": {"id": object_id(3), "userPrincipalName": NAMES[3]},
            "proxyAddresses": ["SMTP:a@contoso.com"],
        }
        self.users = [user(number, **extra) for number in range(3)]
        self.users.append(user(3, immutable_id=VALUES[3], onPremisesSyncEnabled=True))

    async def graph(self, _transport: Any, request: httpx.Request) -> httpx.Response:
        self.hosts.add(request.url.host)
        body = json.loads(request.content) if request.content else None
        sent = self._answer(request.method, unquote(str(request.url)).partition(f"{GRAPH}")[2], body)
        number, self.count = self.count, self.count + 1
        changed = self.alter(number, sent)
        answer = changed or httpx.Response(204 if sent is None else 200, json=sent)
        self._listen(answer)
        # As from a socket, so that the client unpacks and decodes it.
        return httpx.Response(answer.status_code, headers=answer.headers, stream=Chunks(answer.extensions["raw"]))

    def _listen(self, answer: httpx.Response) -> None:
        raw = answer.extensions.setdefault("raw", answer.content)
        text = gzip.decompress(raw) if answer.headers.get("content-encoding") == "gzip" else raw
        try:
            self._note(json.loads(text))
        except (ValueError, RecursionError):
            return

    def _note(self, value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("id"), str) and isinstance(value.get("userPrincipalName"), str):
                self.told.append((value["id"], value["userPrincipalName"]))
            for each in value.values():
                self._note(each)
        elif isinstance(value, list):
            for each in value:
                self._note(each)

    def _answer(self, method: str, path: str, body: Any) -> Any:
        path = re.sub(r"^/(v1\.0|beta)", "", path)
        if path == "/$batch":
            return {"responses": [self._reply(each) for each in body["requests"]]}
        if method == "PATCH":
            self.patches.append((path.removeprefix("/users/"), body["onPremisesImmutableId"]))
            return None
        if path.startswith("/users/$count"):
            return len(self.users)
        if "/onPremisesSyncBehavior?" in path:
            return {"isCloudManaged": False}
        if path.endswith("/userPurpose"):
            return {"value": "user"}
        if path.startswith("/users"):
            return {"value": [each for each in self.users if self._meant(path, each)]}
        if path.startswith("/domains"):
            return {"value": [{"id": "contoso.com", "isVerified": True, "authenticationType": "Managed"}]}
        if "roleAssignments" in path:
            return {"value": [{"principalId": object_id(77), "roleDefinitionId": object_id(78)}]}
        if "roleDefinitions" in path:
            return {"value": [{"id": object_id(78), "displayName": "Reader", "isPrivileged": False}]}
        if "onPremisesSynchronization" in path:
            return {"value": [{"id": object_id(9), "features": {"blockSoftMatchEnabled": False}}]}
        if path.startswith("/groups?") and ("isAssignableToRole" in path or "id in" in path):
            keys = [key for key in map(object_id, (80, 81)) if "id in" not in path or key in path]
            return {"value": [{"id": key, "displayName": "A", "groupTypes": []} for key in keys]}
        if path.startswith("/groups/"):
            kinds = {object_id(2): "user", object_id(81): "group"}
            members = [{"id": key, "@odata.type": f"#microsoft.graph.{kind}"} for key, kind in kinds.items()]
            return {"value": [{**each, "userPrincipalName": NAMES[0]} for each in members if "transitive" in path]}
        return {"value": []}

    def _reply(self, item: dict[str, Any]) -> dict[str, Any]:
        body = self._answer(item["method"], unquote(item["url"]), item.get("body"))
        return {"id": item["id"], "status": 204 if body is None else 200, "headers": {"a": "b"}, "body": body}

    @staticmethod
    def _meant(path: str, each: dict[str, Any]) -> bool:
        wanted = path.partition("$filter=")[2].partition("&$")[0]
        if not wanted or "PropertyConflict" in wanted:
            return True
        return any(f"'{each[name]}'" in wanted for name in ("id", "userPrincipalName", "onPremisesImmutableId"))

    def sign_in(self, request: requests.PreparedRequest, **_how: Any) -> requests.Response:
        self.hosts.add(str(httpx.URL(str(request.url)).host))
        body = {"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN}
        if "openid" in str(request.url):
            base = f"https://login.example/{TENANT}/oauth2/v2.0"
            body = {"issuer": base, "token_endpoint": f"{base}/token", "authorization_endpoint": f"{base}/authorize"}
        answer = requests.Response()
        answer.status_code, answer._content, answer.request = 200, json.dumps(body).encode(), request
        answer.headers["Content-Type"], answer.url = "application/json", str(request.url)
        answer.raw = SimpleNamespace(enforce_content_length=True)
        return answer


class Chunks(httpx.AsyncByteStream):
    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> Any:
        for start in range(0, len(self._data), 4096):
            yield self._data[start : start + 4096]


@pytest.fixture
def tenant(monkeypatch: pytest.MonkeyPatch) -> Tenant:
    tenant = Tenant()

    async def graph(transport: Any, request: httpx.Request) -> httpx.Response:
        return await tenant.graph(transport, request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", graph)
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", staticmethod(tenant.sign_in))
    return tenant


RECORDS = [
    {
        "user_principal_name": name,
        "immutable_id": VALUES[number],
        "object_guid": guid(number),
        "source_anchor": "objectGUID",
    }
    for number, name in enumerate(NAMES)
]

AD_USERS = [
    AdUser(user_principal_name=name, immutable_id=VALUES[number], object_guid=guid(number), source_anchor="objectGUID")
    for number, name in enumerate(NAMES)
]


def survey(options: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """What match_plan reads of a tenant, and what it predicts from that."""

    async def read() -> TenantSnapshot:
        async with open_transport(options, watch) as transport:
            reader = Survey(transport, options["client_id"])
            return await read_tenant(reader)

    return {"users": [prediction_dict(each) for each in predict(AD_USERS, asyncio.run(read()))]}


Run = Callable[[dict[str, Any], Watch], dict[str, Any]]


def prove(options: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Prove the records as the module does."""
    question = entra_sync_info.Question(read_expectations(RECORDS), since="2026-11-01T00:00:00Z")
    findings = entra_sync_info.run(options, question, watch)
    return {"users": [finding.result(record) for finding, record in zip(findings, RECORDS, strict=True)]}


RUNS: dict[str, Run] = {
    "entra_immutable_id": lambda options, watch: entra_immutable_id.run(
        options, entra_immutable_id.Task(RECORDS, max_refused="100%", deleted={object_id(7): "restore"}), watch=watch
    ),
    "survey": survey,
    "entra_sync_info": prove,
    "entra_user_info": lambda options, watch: entra_user_info.run(
        options,
        entra_user_info.Question(Choice(sync_states=frozenset({"cloud", "synced"})), groups=[object_id(80)]),
        watch=watch,
    ),
}


def alterations(by: random.Random, answers: int) -> Callable[[int, Any], httpx.Response | None]:
    """Return the alteration of one of the answers, in its JSON, its bytes, its status or its headers."""
    chosen = by.randrange(answers)
    kind = by.choice(("json",) * 7 + ("bytes", "status", "header", "link", "echo"))

    def alter(number: int, body: Any) -> httpx.Response | None:
        if number != chosen:
            return None
        raw = json.dumps(body).encode()
        if kind == "json":
            try:
                return httpx.Response(200, content=json.dumps(altered_json(body, by)).encode())
            except RecursionError:
                return httpx.Response(200, content=b"[" * 100_000)
        if kind == "bytes":
            return httpx.Response(200, content=altered_bytes(raw, by))
        if kind == "status":
            status = by.choice(
                (100, 201, 204, 206, 301, 302, 307, 308, 400, 401, 403, 404, 409, 418, 429, 500, 503, 599)
            )
            return httpx.Response(status, content=raw, headers={"Location": f"https://{FOREIGN}/"})
        if kind == "echo":
            said = {
                "code": TOKEN,
                "message": f"Bearer {TOKEN}",
                "details": [{"code": "ObjectConflict", "target": TOKEN}],
            }
            return httpx.Response(by.choice((400, 403, 404, 500)), json={"error": said}, headers={"request-id": TOKEN})
        if kind == "link":
            link = by.choice(
                (f"https://{FOREIGN}/v1.0/users", f"https://{GRAPH}@{FOREIGN}/", "//x", 5, "https://[", "")
            )
            linked = {**body, "@odata.nextLink": link} if isinstance(body, dict) else body
            return httpx.Response(200, json=linked)
        name = by.choice(("Retry-After", "x-ms-resource-unit", "x-ms-throttle-limit-percentage", "Content-Encoding"))
        value = by.choice(("", "-5", "nan", "1e400", "99999999", "gzip", "br", "Mon, 99 Foo", "x" * 5000))
        return httpx.Response(
            by.choice((200, 429)), headers={name: value}, stream=httpx.ByteStream(raw), extensions={"raw": raw}
        )

    return alter


@pytest.mark.parametrize("module", sorted(RUNS))
def test_altered_answers(module: str, tenant: Tenant, options: dict[str, Any], clock: SteppingClock) -> None:
    given = {**options, "authority": "https://login.example", "graph_url": f"https://{GRAPH}", "graph_ca_cert": None}
    RUNS[module](given, Watch(clock=clock))
    answers = tenant.count
    outcomes: dict[str, int] = {}
    written = 0
    for number in range(CASES):
        tenant.__init__()  # type: ignore[misc]
        tenant.alter = alterations(chance(module, number), answers)
        try:
            result = RUNS[module](given, Watch(clock=clock))
            outcomes["result"] = outcomes.get("result", 0) + 1
        except IdentityError as error:
            result = {"msg": error.message, **error.details}
            cause = str(error.details.get("cause", type(error).__name__))
            outcomes[cause] = outcomes.get(cause, 0) + 1
        except Exception as error:
            raise AssertionError(f"case {number} of {module}") from error
        printed = json.dumps(result)
        assert not any(secret in printed for secret in (TOKEN, SECRET)), f"case {number} of {module} shows a secret"
        assert tenant.hosts <= {GRAPH, "login.example"}, f"case {number} of {module} asked {tenant.hosts}"
        allowed = {(key, VALUES[NAMES.index(upn.lower())]) for key, upn in tenant.told if upn.lower() in NAMES}
        assert set(tenant.patches) <= allowed, f"case {number} of {module} wrote {tenant.patches}"
        written += len(tenant.patches)
    assert len(outcomes) > 3, outcomes
    assert (written > CASES / 2) is (module == "entra_immutable_id"), written
