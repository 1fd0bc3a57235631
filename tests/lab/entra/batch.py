# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`$batch` (facts §4; graph-docs concepts/json-batching.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from .errors import GraphError, Reply, malformed

MAX_REQUESTS = 20
_WRITES = {"POST", "PATCH", "PUT"}
_METHODS = {*_WRITES, "GET", "DELETE"}

RunItem = Callable[[dict[str, Any]], Awaitable[Reply]]


def parse(body: bytes) -> list[dict[str, Any]]:
    """The batch's items, checked. Raises GraphError 400, which refuses the whole batch."""
    try:
        requests = orjson.loads(body)["requests"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise malformed("Invalid batch payload format.") from None
    if not isinstance(requests, list) or not requests or not all(isinstance(item, dict) for item in requests):
        raise malformed("Invalid batch payload format.")
    if len(requests) > MAX_REQUESTS:
        raise malformed(f"Number of batch request steps exceeds the maximum value of {MAX_REQUESTS}.")
    seen: set[str] = set()
    for item in requests:
        _check_item(item, seen)
    for item in requests:
        depends = item.get("dependsOn") or []
        if not isinstance(depends, list) or not all(str(name).lower() in seen for name in depends):
            raise malformed(f"Request id : {item['id']} depends on a request that is not in the batch.")
    return requests


def _check_item(item: dict[str, Any], seen: set[str]) -> None:
    key = item.get("id")
    if not isinstance(key, str) or not key:
        raise malformed("Every request of a batch needs an 'id' that is a string.")
    if key.lower() in seen:
        raise malformed(f"Request id : {key} is not unique in the batch.")  # json-batching.md: not case-sensitive
    seen.add(key.lower())
    method, url, headers = item.get("method"), item.get("url"), item.get("headers") or {}
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise malformed(f"Request id : {key} has no valid 'method'.")
    if not isinstance(url, str) or not url:
        raise malformed(f"Request id : {key} has no 'url'.")
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise malformed(f"Request id : {key} has invalid 'headers'.")
    has_type = any(name.lower() == "content-type" for name in headers)
    has_body = item.get("body") is not None
    if (method.upper() in _WRITES and not (has_type and has_body)) or (has_body and not has_type):
        # The text is as reported by callers of Graph (pnp/pnpcore, TeamExtensions).
        raise malformed(f"Write request id : {key} does not contain Content-Type header or body.")


async def run(body: bytes, run_item: RunItem) -> Reply:
    """Run the items, those that depend on others after them; 200 says nothing about the items (facts §4)."""
    waiting = parse(body)
    statuses: dict[str, int] = {}
    responses = []
    while waiting:
        ready = [item for item in waiting if all(name.lower() in statuses for name in item.get("dependsOn") or [])]
        if not ready:
            raise malformed("The requests of the batch depend on each other in a circle.")
        for item in ready:
            if any(statuses[name.lower()] >= 400 for name in item.get("dependsOn") or []):
                reply = GraphError(424, "FailedDependency", "A request that this one depends on failed.").reply()
            else:
                reply = await run_item(item)
            statuses[item["id"].lower()] = reply.status
            responses.append(_response(item["id"], reply))
        waiting = [item for item in waiting if item["id"].lower() not in statuses]
    return Reply(200, {"responses": responses})


def _response(key: str, reply: Reply) -> dict[str, Any]:
    headers = {"Cache-Control": "no-cache", **reply.headers}
    response: dict[str, Any] = {"id": key, "status": reply.status, "headers": headers}
    if reply.body is not None:
        headers.setdefault("Content-Type", "application/json")
        response["body"] = reply.body
    return response


def item_body(item: dict[str, Any]) -> bytes:
    """An item's body as the bytes that a request of its own would carry."""
    body = item.get("body")
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else orjson.dumps(body)
