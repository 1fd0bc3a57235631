# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Graph request, alone or as an item of a batch."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import orjson

from .errors import GraphError, malformed
from .tokens import Principal

_KEYED = re.compile(r"(applications|servicePrincipals)\((.*)\)")


@dataclass
class Call:
    """`path` is raw, without the version and without the query; `headers` have lower-case names."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    origin: str
    principal: Principal
    version: str = "v1.0"
    reading: set[str] = field(default_factory=set)
    """Ids of users that the request was shown as they were, see lag.py; one set for all items of a batch."""
    segments: list[str] = field(init=False)
    """The parts of the path. An alternate key in parentheses is a part of its own."""

    def __post_init__(self) -> None:
        parts = [unquote(part) for part in self.path.strip("/").split("/")]
        keyed = [_KEYED.fullmatch(part) for part in parts]
        self.segments = [
            name for part, found in zip(parts, keyed, strict=True) for name in (found.groups() if found else [part])
        ]

    @property
    def full_path(self) -> str:
        return f"/{self.version}/{self.path.strip('/')}"

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises GraphError 400 (415 without a JSON content type)."""
        if not self.headers.get("content-type", "").lower().startswith("application/json"):
            raise GraphError(415, "BadRequest", "Write requests must have the header 'Content-Type: application/json'.")
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise malformed(
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
                "JSON format."
            )
        return value
