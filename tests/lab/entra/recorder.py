# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked of Graph: every request, items of batches apart, never the Authorization header. In memory only."""

from __future__ import annotations

import base64
from typing import Any


class Recorder:
    """A list of requests, oldest first."""

    def __init__(self) -> None:
        self.enabled = True
        self.requests: list[dict[str, Any]] = []

    def add(
        self,
        method: str,
        path: str,
        query: str,
        headers: dict[str, str],
        body: bytes,
        batch: tuple[int, str] | None = None,
    ) -> int:
        """Record a request and return its number (-1 when off). `path`: raw, with the version.

        `batch`: (number of the $batch request, id of the item). A body that is not UTF-8 is kept as `body_base64`.
        """
        if not self.enabled:
            return -1
        entry: dict[str, Any] = {
            "method": method,
            "path": path,
            "query": query,
            "headers": {name: value for name, value in headers.items() if name != "authorization"},
        }
        try:
            entry["body"] = body.decode()
        except UnicodeDecodeError:
            entry["body_base64"] = base64.b64encode(body).decode()
        if batch:
            entry["batch"], entry["item"] = batch
        self.requests.append(entry)
        return len(self.requests) - 1

    def name(self, number: int, request_id: str) -> None:
        """Note the id that the answer to a request has; not of items of a batch, which have none of their own."""
        if 0 <= number < len(self.requests):
            self.requests[number]["request_id"] = request_id
