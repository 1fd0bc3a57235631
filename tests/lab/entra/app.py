# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASGI application: login, Graph and the control plane under one HTTPS origin."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from .clock import CLOCK
from .control import Control
from .errors import Reply
from .oauth import LoginError, unknown_app
from .service import Outcome, Service

_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def _origin(request: Request) -> str:
    return f"https://{request.headers.get('host', 'localhost')}"


def _json(value: Any, status: int = 200, sort: bool = False) -> Response:
    data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort else None)
    return Response(data, status, media_type="application/json")


def _graph_response(reply: Reply) -> Response:
    headers = {"Cache-Control": "no-cache", "OData-Version": "4.0", **reply.headers}
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    if isinstance(reply.body, str):
        return Response(reply.body, reply.status, headers)
    headers.setdefault("Content-Type", _JSON)
    return Response(orjson.dumps(reply.body), reply.status, headers)


class _Cut(Response):
    """No answer, or the first half of one, and then the end of the connection."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self._outcome = outcome

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope["lab.transport"]
        if self._outcome.cut == "truncate":
            whole = _graph_response(self._outcome.reply)
            await send({"type": "http.response.start", "status": whole.status_code, "headers": whole.raw_headers})
            body = bytes(whole.body)
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            transport.close()  # once the half is sent
        else:
            raw: socket.socket = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        await receive()  # the disconnect: uvicorn then expects no more of us


def build(service: Service, control: Control) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The application. The wrapper around Starlette hands the connection's transport to injected failures."""

    async def graph(request: Request) -> Response:
        _slash, version, path = request.scope["raw_path"].decode("ascii").split("/", 2)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw}
        query = request.scope["query_string"].decode("latin-1")
        body = await request.body()
        outcome = await service.answer(request.method, path, query, headers, body, _origin(request), version)
        return _Cut(outcome) if outcome.cut else _graph_response(outcome.reply)

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        tenant, lifetime = request.path_params["tenant"], int(service.settings["tokenLifetimeSeconds"])
        refusal = service.faults.take_sign_in()

        def issue() -> dict[str, Any]:
            if refusal is not None:
                raise unknown_app(refusal, form.get("client_id", ""), tenant)
            return service.login.issue(tenant, form, _origin(request), lifetime)

        return _login(request, issue)

    async def discovery(request: Request) -> Response:
        return _login(request, lambda: service.login.discovery(request.path_params["tenant"], _origin(request)))

    async def keys(request: Request) -> Response:
        return _login(request, lambda: service.login.keys(request.path_params["tenant"]))

    async def lab(request: Request) -> Response:
        try:
            return await _lab(service, control, request)
        except ValueError as error:
            return _json({"error": str(error)}, 400)

    inner = Starlette(
        routes=[
            Route("/v1.0/{rest:path}", graph, methods=_METHODS),
            Route("/beta/{rest:path}", graph, methods=_METHODS),
            Route("/lab/{rest:path}", lab, methods=_METHODS),
            Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", discovery),
            Route("/{tenant}/discovery/v2.0/keys", keys),
        ]
    )

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["lab.transport"] = getattr(getattr(send, "__self__", None), "transport", None)

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(CLOCK.now(), usegmt=True).encode("ascii")
                message = {**message, "headers": [*message.get("headers", ()), (b"date", date)]}
            await send(message)

        await inner(scope, receive, dated)

    return outer


def _login(request: Request, work: Callable[[], dict[str, Any]]) -> Response:
    try:
        return _json(work())
    except LoginError as error:
        return _json(error.body(_origin(request)), error.status)


async def _lab(service: Service, control: Control, request: Request) -> Response:
    """`/lab/...`; anyone on this machine may use it, and no secret passes through it."""

    async def body() -> Any:
        try:
            return orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            raise ValueError("The body is not JSON.") from None

    match (request.method, request.path_params["rest"].strip("/")):
        case ("GET", "health"):
            return _json({"tenant": service.login.tenant_id, "users": len(service.store.active)})
        case ("GET", "dump"):
            return _json(control.dump(), sort=True)
        case ("GET", "requests"):
            return _json(service.recorder.requests)
        case ("DELETE", "requests"):
            service.recorder.requests = []
            return Response(status_code=204)
        case ("GET", "throttle"):
            return _json(service.throttle.report())
        case ("GET", "counters"):
            return _json(service.counters.shown())
        case ("DELETE", "counters"):
            service.counters.reset()
            return Response(status_code=204)
        case ("GET", "clock"):
            return _json(CLOCK.shown())
        case ("PUT", "clock"):
            return _json(CLOCK.change(await body()))
        case ("GET", "held"):
            return _json(service.holds.shown())
        case ("POST", "release"):
            service.holds.release()
            return Response(status_code=204)
        case ("GET", "settings"):
            return _json({**service.settings, "faults": service.faults.items})
        case ("PUT", "settings"):
            service.change_settings(await body())
            return _json({**service.settings, "faults": service.faults.items})
        case ("POST", "users"):
            return _json(control.load_users(await body(), merge=False))
        case ("PATCH", "users"):
            return _json(control.load_users(await body(), merge=True))
        case ("POST", "objects"):
            return _json(control.load_objects(await body()))
        case ("POST", "immutable-ids"):
            return _json(control.set_anchors(await body()))
        case ("POST", "provision"):
            return _json(control.provision(await body()))
        case ("POST", "quarantine"):
            return _json({"cleared": service.clear_quarantine()})
        case ("GET", "switches"):
            return _json(control.switches())
        case ("PUT", "switches"):
            return _json(control.switches(await body()))
        case ("POST", "reset"):
            control.reset()
            return Response(status_code=204)
        case (method, path):
            return _json({"error": f"The control plane has no {method} /lab/{path}."}, 404)
    raise AssertionError
