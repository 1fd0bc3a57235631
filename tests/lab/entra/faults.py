# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Injected failures: an item of the setting `faults` acts on the next `count` requests that it matches.

`method`, `path` and `query` (regular expressions searched in the raw path after the version and in the raw query) say
what it matches, items of a batch included; `skip` lets so many of those pass first. Acts: `status` (with `code`,
`message`, `details`, `innerError`, `headers`), `reset` (of the connection, instead of an answer), `truncate` (half an
answer, then the connection ends), `hold` (until `POST /lab/release`), `latency` (seconds, real ones: for a look by
hand). `after: true` lets the request do its work first, so that the client cannot know that it did. `reset` and
`truncate` match whole requests only. `aadsts` refuses requests for a token with that number, and matches nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .errors import GraphError

_CODES = {
    401: "InvalidAuthenticationToken",
    403: "Authorization_RequestDenied",
    404: "Request_ResourceNotFound",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}


@dataclass(frozen=True)
class Fault:
    """One failure to inject now."""

    latency: float
    hold: bool
    error: GraphError | None
    reset: bool
    truncate: bool
    after: bool


class Faults:
    """The live list, counted down."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []

    def take(self, method: str, path: str, query: str, whole_request: bool) -> Fault | None:
        """The fault for this request, or None."""
        for item in self.items:
            if "aadsts" in item:
                continue
            cuts = bool(item.get("reset") or item.get("truncate"))
            if cuts and not whole_request:
                continue
            if item.get("method", method).upper() != method or not re.search(item.get("path", ""), path):
                continue
            if not re.search(item.get("query", ""), query):
                continue
            left = item.get("count", 1)
            if left <= 0:
                continue
            if item.get("skip", 0) > 0:
                item["skip"] -= 1
                continue
            item["count"] = left - 1
            return Fault(
                latency=float(item.get("latency", 0)),
                hold=bool(item.get("hold")),
                error=self._error(item),
                reset=bool(item.get("reset")),
                truncate=bool(item.get("truncate")),
                after=bool(item.get("after")),
            )
        return None

    @staticmethod
    def _error(item: dict[str, Any]) -> GraphError | None:
        if "status" not in item:
            return None
        status = int(item["status"])
        code = item.get("code", _CODES.get(status, "Request_BadRequest"))
        message = item.get("message", "Injected by the lab.")
        headers = dict(item.get("headers", {}))
        return GraphError(status, code, message, item.get("details"), headers, item.get("innerError"))

    def take_sign_in(self) -> int | None:
        """The AADSTS number that refuses this request for a token (`aadsts` of a fault), or None."""
        for item in self.items:
            if "aadsts" in item and item.get("count", 1) > 0:
                item["count"] = item.get("count", 1) - 1
                return int(item["aadsts"])
        return None
