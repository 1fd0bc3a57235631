# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graph's error form, and the replies that handlers return."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from .clock import CLOCK

ADVANCED_HINT = (
    "is not supported because the required parameters might be missing. Try adding $count=true query parameter and "
    "ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information"
)


@dataclass
class Reply:
    """What one Graph request answers. `body`: None (no content), a JSON value, or text (`$count`)."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class GraphError(Exception):
    """An error answer: HTTP status, `error.code`, `error.message`, optional `error.details` (facts §1).

    `inner` stands in place of the usual `innerError`, if given.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
        inner: Any = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers or {}
        self.inner = inner

    def reply(self, client_request_id: str | None = None) -> Reply:
        """The answer in Graph's form; `request-id` is new each time, `client-request-id` echoes the caller's."""
        request_id = str(uuid.uuid4())
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        error["innerError"] = self.inner or {
            "date": CLOCK.utc()[:-1],
            "request-id": request_id,
            "client-request-id": client_request_id or request_id,
        }
        return Reply(self.status, {"error": error}, dict(self.headers))


def bad_request(message: str, details: list[dict[str, str]] | None = None) -> GraphError:
    """400 of the directory service (facts §1)."""
    return GraphError(400, "Request_BadRequest", message, details)


def malformed(message: str) -> GraphError:
    """400 of Graph's gateway: the URL or the body cannot be parsed."""
    return GraphError(400, "BadRequest", message)


def unsupported_query(message: str) -> GraphError:
    """400 for a query that the directory does not answer (graph-docs, aad-advanced-queries.md)."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def invalid_value(name: str) -> GraphError:
    """facts §1, row "Empty string instead of null"."""
    return bad_request(f"Invalid value specified for property '{name}' of resource 'User'.")


def denied() -> GraphError:
    """facts §1, row "Insufficient rights"."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def not_found(key: str) -> GraphError:
    """facts §1, row "No such user": the code is the standard one, the text is [NF] for this path (seen elsewhere)."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects are not present.",
    )


def conflict(name: str, other_id: str) -> GraphError:
    """facts §1, row "Value already on another active user": the other object's id is machine-readable."""
    message = f"Another object with the same value for property {name} already exists."
    return bad_request(
        message,
        [
            {"code": "ObjectConflict", "message": message, "target": name},
            {"code": "ConflictingObjects", "message": message, "target": f"User_{other_id}"},
        ],
    )
