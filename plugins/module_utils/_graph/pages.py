# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a collection page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.errors import items
from ansible_collections.hybrid.identity.plugins.module_utils._graph.transport import Transport

PAGE_SIZE = 999
"""The largest ``$top`` that /users takes (facts §4)."""


async def pages(transport: Transport, first: Any) -> AsyncIterator[tuple[list[dict[str, Any]], bool]]:
    """Each page's items, and whether more pages follow.

    ``first`` is the request for the first page.

    :raises GraphError: as ``Transport.json`` does, and if a link leads elsewhere.
    """
    request = first
    while request is not None:
        body = await transport.json(request)
        found = items(body)
        link = body.get("@odata.nextLink")
        yield found, bool(link)
        request = transport.follow(link) if link else None
