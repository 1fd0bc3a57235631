# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a collection page by page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from ..._identity.core.answer_limits import most_pages
from .errors import GraphError, items, not_graph
from .rights import subject
from .transport import Transport

PAGE_SIZE = 999
"""The largest ``$top`` that /users accepts (facts §4)."""

EXPIRED = "Directory_ExpiredPageToken"
"""Graph's error code for a page link whose token has expired; in large tenants this happens often (facts §20)."""

_RESTARTS = 5


async def pages(
    transport: Transport, first: Any, body: Any = None, count: int | None = None
) -> AsyncIterator[tuple[list[dict[str, Any]], bool]]:
    """Return each page's items, and whether more pages follow.

    ``first`` is the request for the first page, ``body`` its JSON if it was read already. ``count`` is the approximate
    number of items, None if it is not known. If the token of a later page has expired, the listing starts again, at
    most five times, and leaves out the items that it has already returned.

    :raises GraphError: as ``Transport.json`` does; also if a link leads to another host or to a page that was read
        before, if there are more pages than ``answer_limits`` allows, or if tokens keep expiring.
    """
    most = most_pages(count)
    restarts = 0
    beginning = transport.relative_url(first)
    followed: set[str | None] = set()
    seen: set[str] = set()
    request = first
    while request is not None:
        if body is None:
            try:
                body = await transport.json(request)
            except GraphError as error:
                if request is first or error.details.get("error_code") != EXPIRED:
                    raise
                if restarts == _RESTARTS:
                    raise _given_up(transport, first) from None
                restarts += 1
                transport.pace.watch.note(
                    f"The list of {_subject(transport, first)} was read again from the start, because Graph's page "
                    "token had expired."
                )
                request = first
                followed.clear()
                continue
        fresh = [item for item in items(body) if _key(item) not in seen]
        seen.update(map(_key, fresh))
        link = body.get("@odata.nextLink")
        request, body = (None if link is None else transport.follow(str(link), first)), None
        back = request is not None and (link in followed or transport.relative_url(request) == beginning)
        if request is not None and (back or len(followed) + 1 >= most):
            what = "leads back to a page that was already read" if back else f"has more than {most} pages"
            raise GraphError(
                "endless_listing", f"Graph's list of {_subject(transport, first)} {what}; run the task again later."
            )
        followed.add(link)
        yield fresh, request is not None


def _key(item: Mapping[str, Any]) -> str:
    """Return what identifies an item. Role assignments are read without their id."""
    key = item.get("id")
    try:
        return key if isinstance(key, str) else json.dumps(item, sort_keys=True)
    except RecursionError:
        raise not_graph("an object in the answer is nested too deeply") from None


def _subject(transport: Transport, request: Any) -> str:
    return subject(transport.relative_url(request)) or "a collection"


def _given_up(transport: Transport, first: Any) -> GraphError:
    return GraphError(
        "page_token_expired",
        f"Graph's page token expired {_RESTARTS + 1} times while {_subject(transport, first)} were listed, so the "
        "list is not complete. Run the task again when the tenant is less busy.",
        error_code=EXPIRED,
    )
