# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read users, by a listing or by filters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

from ..http.batch import MAX_REQUESTS, Item, send_batch
from ..http.errors import Answer, GraphError, not_graph, successful
from ..http.pages import PAGE_SIZE, pages
from ..http.transport import ADVANCED, Transport
from ..http.watch import Watch
from .made_users import MakeUser, U, make_users


class Users(Generic[U]):
    """Reads the users of a tenant, and the deleted users in its recycle bin, as objects of one class.

    ``bin_readable`` becomes False if the app may not read the recycle bin. Its users are unknown then, not absent.
    """

    def __init__(
        self,
        transport: Transport,
        properties: Sequence[str],
        make: MakeUser[U],
        expand: Sequence[str] = (),
    ) -> None:
        """``properties`` and ``expand`` become ``$select`` and ``$expand``; ``make`` makes a user of the answer."""
        self.bin_readable = True
        self._select = list(properties)
        self._active: dict[str, Any] = {"select": self._select, **({"expand": list(expand)} if expand else {})}
        self._make = make
        self._transport = transport

    @property
    def watch(self) -> Watch:
        """The task's watch, which notes how users are looked up."""
        return self._transport.pace.watch

    async def count(self) -> int:
        """Return the number of active users. It is an "advanced query", so the number may lag behind."""
        request = self._transport.get(self._transport.client.users.count, ADVANCED)
        count = await self._transport.json(request)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise not_graph("the number of users is not a number")
        return count

    async def list_active(
        self,
        total: int | None = None,
        keep: Callable[[U], bool] = lambda user: True,
        filter_text: str | None = None,
    ) -> list[U]:
        """Return the active users that match the filter, if any, and that ``keep`` accepts.

        Others are not kept in memory. ``total`` is the approximate number of users, for the progress.

        :raises GraphError: if the users cannot be read.
        """
        wanted: dict[str, Any] = {"filter": filter_text} if filter_text else {}
        first = self._transport.get(self._transport.client.users, **self._active, **wanted, top=PAGE_SIZE)
        stage = self.watch.stage("reading users", total)
        kept: list[U] = []
        async for found, _more in pages(self._transport, first, count=total):
            kept += filter(keep, self._made(found, False))
            stage.settled(len(found))
        return kept

    async def deleted(self, filters: Sequence[str]) -> list[U]:
        """Return at least the deleted users that match one of the filters.

        If the filters fill several batches, list the recycle bin instead, which is usually small, unless the listing
        has more pages than there are batches.

        :raises GraphError: if users cannot be read; a 403 for the recycle bin sets ``bin_readable`` instead.
        """
        if len(filters) > MAX_REQUESTS:
            listed = await self._listed_bin(-(-len(filters) // MAX_REQUESTS))
            if listed is not None:
                return listed
        return await self.list_matching([], filters)

    async def _listed_bin(self, most_pages: int) -> list[U] | None:
        first = self._bin(select=self._select, top=PAGE_SIZE)
        users: list[U] = []
        read = 0
        try:
            async for found, more in pages(self._transport, first):
                users.extend(self._made(found, True))
                read += 1
                if more and read >= most_pages:
                    return None
        except GraphError as error:
            if error.cause != "access_denied":
                raise
            self.bin_readable = False
            return []
        return users

    async def list_matching(self, active: Sequence[str], deleted: Sequence[str] = ()) -> list[U]:
        """Return the active users that match one of ``active``, and the deleted users that match one of ``deleted``.

        A single filter is sent as one GET, several through ``$batch``.

        :raises GraphError: if users cannot be read; a 403 for the recycle bin sets ``bin_readable`` instead.
        """
        users = self._transport.client.users
        requests = [self._transport.get(users, **self._active, filter=text) for text in active]
        requests += [self._bin(select=self._select, filter=text) for text in deleted]
        answers = await self._answers(requests)
        found = await asyncio.gather(
            *(
                self._users_of(request, answer, deleted=position >= len(active))
                for position, (request, answer) in enumerate(zip(requests, answers, strict=True))
            )
        )
        return [user for part in found for user in part]

    async def list_matching_advanced(self, filter_text: str) -> list[U]:
        """Return the active users that match a filter that only an "advanced query" may have.

        Its index lags behind a little.

        :raises GraphError: if the users cannot be read.
        """
        users = self._transport.client.users
        first = self._transport.get(users, ADVANCED, **self._active, filter=filter_text, count="true", top=PAGE_SIZE)
        return [user async for page, _more in pages(self._transport, first) for user in self._made(page, False)]

    async def _answers(self, requests: Sequence[Any]) -> Sequence[Answer | GraphError]:
        if len(requests) == 1:
            return [await self._transport.send(requests[0])]
        items = [Item("GET", self._transport.relative_url(request)) for request in requests]
        return await send_batch(self._transport, items)

    async def _users_of(self, request: Any, outcome: Answer | GraphError, deleted: bool) -> list[U]:
        if isinstance(outcome, GraphError):
            raise outcome
        if deleted and outcome.status == 403:
            self.bin_readable = False
            return []
        found = pages(self._transport, request, successful(outcome))
        return [user async for page, _more in found for user in self._made(page, deleted)]

    def _made(self, page: Sequence[Mapping[str, Any]], deleted: bool) -> list[U]:
        return make_users(page, self._make, deleted, self.watch)

    def _bin(self, **parameters: Any) -> Any:
        request = self._transport.get(self._transport.client.directory.deleted_items.graph_user, **parameters)
        # The SDK writes the cast with Graph's alias of the namespace. The documented path has the full namespace.
        # tests/upstream/test_graph_sdk.py::test_a_cast_is_written_with_an_alias
        request.url_template = request.url_template.replace("/graph.user", "/microsoft.graph.user")
        return request
