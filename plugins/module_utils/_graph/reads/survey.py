# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read everything in a tenant that decides what a sync would do, by listings that run at the same time.

Aspects that the token may not read, or that the tenant does not offer, become unknown. Only users must be readable.
Users are made page by page, so that Graph's JSON of a large tenant is never in memory as a whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any, ParamSpec, TypeVar

from ..._identity.entra import tenant_snapshot
from ..._identity.entra.graph_json import faults, is_guid
from ..._identity.entra.immutable_id_guards import ROLE_ASPECTS
from ..._identity.entra.role_holdings import RoleGroup, role_holdings
from ..._identity.entra.snapshot_user import (
    CONTACT,
    GROUP,
    SNAPSHOT_PROPERTIES,
    AddressHolder,
    SnapshotUser,
    make_address_holder,
    make_snapshot_user,
)
from ..._identity.entra.tenant_snapshot import TenantSnapshot
from ..http.batch import Item, Outcome, send_batch
from ..http.errors import LICENCE_REQUIRED, GraphError, not_graph, successful
from ..http.pages import PAGE_SIZE, pages
from ..http.together import wait_for_all
from ..http.transport import Transport
from .made_users import make_users
from .source_of_authority import list_cloud_managed

T = TypeVar("T")
P = ParamSpec("P")
Json = dict[str, Any]

_MALFORMED = "malformed_objects"
_UNREADABLE = ("access_denied", "request_refused", LICENCE_REQUIRED, _MALFORMED)
_SELECT = list(SNAPSHOT_PROPERTIES)
_HOLDER = ["id", "displayName", "proxyAddresses"]


class Survey:
    """Reads one tenant. ``unknown`` collects the aspects that could not be read.

    ``client_id`` is the app that signs in, None if unknown.
    """

    def __init__(self, transport: Transport, client_id: str | None) -> None:
        self.unknown: set[str] = set()
        self._pim_licensed = True
        self._client_id = client_id
        self._transport = transport
        self._client = transport.client

    async def read_users(self) -> list[SnapshotUser]:
        """Read the active users, by one listing.

        :raises GraphError: if the users cannot be read, or if Graph cannot be reached.
        """
        return await self._users(self._transport.get(self._client.users, select=_SELECT, top=PAGE_SIZE), deleted=False)

    async def read_switches(self) -> dict[str, bool]:
        """Read the tenant's switches by name. Those that cannot be read are missing.

        :raises GraphError: if Graph cannot be reached.
        """
        return await self._optional(tenant_snapshot.SWITCHES, self._switches) or {}

    async def read_sides(self, source_of_authority: bool = True) -> TenantSnapshot:
        """Read all but the active users, and return a snapshot without them.

        ``source_of_authority`` says whether to ask for it. If it is not asked for, or if Graph refuses to list it, it
        is unknown; ``add_source_of_authority`` can then still read it, user by user.

        :raises GraphError: if Graph cannot be reached.
        """
        deleted = asyncio.create_task(self._optional(tenant_snapshot.DELETED_USERS, self._deleted))
        domains = asyncio.create_task(self._optional(tenant_snapshot.DOMAINS, self._domains))
        switches = asyncio.create_task(self.read_switches())
        roles = asyncio.create_task(self._roles())
        contacts = asyncio.create_task(self._optional(tenant_snapshot.CONTACTS, self._contacts))
        groups = asyncio.create_task(self._optional(tenant_snapshot.GROUPS, self._groups))
        named = asyncio.create_task(self._optional(tenant_snapshot.OBJECT_IDENTIFIERS, self._identifiers))
        managed = asyncio.create_task(self._cloud_managed(source_of_authority))
        synchronizes = asyncio.create_task(self._synchronizes())
        await wait_for_all(deleted, domains, switches, roles, contacts, groups, named, managed, synchronizes)
        return TenantSnapshot(
            users=[],
            deleted=deleted.result() or [],
            domains=domains.result() or [],
            switches=switches.result(),
            roles=roles.result(),
            identifiers=named.result() or {},
            cloud_managed=managed.result(),
            contacts=contacts.result() or [],
            groups=groups.result() or [],
            unknown=frozenset(self.unknown),
            pim_licensed=self._pim_licensed,
            synchronizes=synchronizes.result(),
        )

    async def read_for_writing(self, aspects: Collection[str]) -> TenantSnapshot:
        """Read those of ``aspects`` that decide whether users may be changed: DOMAINS, and together ROLE_ASPECTS.

        :raises GraphError: if Graph cannot be reached.
        """
        domains: list[Json] = []
        roles: dict[str, list[tenant_snapshot.RoleHolding]] = {}
        if tenant_snapshot.DOMAINS in aspects:
            domains = await self._optional(tenant_snapshot.DOMAINS, self._domains) or []
        if ROLE_ASPECTS & set(aspects):
            roles = await self._roles()
        return TenantSnapshot(
            users=[], domains=domains, roles=roles, unknown=frozenset(self.unknown), pim_licensed=self._pim_licensed
        )

    async def _users(self, request: Any, deleted: bool) -> list[SnapshotUser]:
        return [
            user
            async for page, _more in pages(self._transport, request)
            for user in make_users(page, make_snapshot_user, deleted, self._transport.pace.watch)
        ]

    async def _deleted(self) -> list[SnapshotUser]:
        builder = self._client.directory.deleted_items.graph_user
        request = self._transport.get(builder, select=_SELECT, top=PAGE_SIZE)
        # The SDK writes the cast with Graph's alias of the namespace. The documented path has the full namespace.
        # tests/upstream/test_graph_sdk.py::test_a_cast_is_written_with_an_alias
        request.url_template = request.url_template.replace("/graph.user", "/microsoft.graph.user")
        return await self._users(request, deleted=True)

    async def _domains(self) -> list[Json]:
        return await self._list(self._client.domains, select=["id", "isVerified", "isInitial", "authenticationType"])

    async def _contacts(self) -> list[AddressHolder]:
        request = self._transport.get(self._client.contacts, select=_HOLDER, top=PAGE_SIZE)
        return [make_address_holder(CONTACT, each) async for each in self._checked(request)]

    async def _groups(self) -> list[AddressHolder]:
        """Read mail-enabled groups. Other groups have no addresses (Microsoft, "group resource type")."""
        request = self._transport.get(self._client.groups, select=_HOLDER, filter="mailEnabled eq true", top=PAGE_SIZE)
        return [make_address_holder(GROUP, each) async for each in self._checked(request)]

    async def _identifiers(self) -> dict[str, str]:
        """Read ``onPremisesObjectIdentifier`` by user id. Only beta has the property (facts §2 "Recovery")."""
        request = self._transport.get(self._client.users, select=["id", "onPremisesObjectIdentifier"], top=PAGE_SIZE)
        return {
            user["id"]: user["onPremisesObjectIdentifier"]
            async for user in self._checked(self._transport.beta(request))
            if user.get("onPremisesObjectIdentifier")
        }

    async def _cloud_managed(self, wanted: bool) -> frozenset[str]:
        managed = await list_cloud_managed(self._transport) if wanted else None
        if managed is None:
            self.unknown.add(tenant_snapshot.SOURCE_OF_AUTHORITY)
        return managed or frozenset()

    async def _synchronizes(self) -> bool | None:
        """Read ``onPremisesSyncEnabled`` of the tenant (facts §3). It is null if the tenant never synchronized."""
        try:
            found = await self._list(self._client.organization, select=["id", "onPremisesSyncEnabled"])
        except GraphError as error:
            if error.cause not in _UNREADABLE:
                raise
            return None
        return any(each.get("onPremisesSyncEnabled") is True for each in found) if found else None

    async def _switches(self) -> dict[str, bool]:
        found = await self._list(self._client.directory.on_premises_synchronization, ())
        features = found[0].get("features") if found else None
        known = features if isinstance(features, dict) else {}
        return {name: value for name, value in known.items() if isinstance(value, bool)}

    async def _roles(self) -> dict[str, list[tenant_snapshot.RoleHolding]]:
        directory = self._client.role_management.directory
        wanted = ["principalId", "roleDefinitionId"]
        assignments, eligibilities, definitions, groups, app_owners = await asyncio.gather(
            self._optional(
                tenant_snapshot.ROLE_ASSIGNMENTS, self._list, directory.role_assignments, wanted, select=wanted
            ),
            self._optional(tenant_snapshot.ROLE_ELIGIBILITY, self._eligibilities, wanted),
            self._definitions(),
            self._optional(tenant_snapshot.ROLE_GROUPS, self._role_groups),
            self._app_owners(),
        )
        return role_holdings(assignments or [], eligibilities or [], definitions, groups or [], app_owners)

    async def _eligibilities(self, wanted: list[str]) -> list[Json]:
        """Read PIM eligibilities. Without a licence for PIM there are none, and Graph returns an error (facts §20)."""
        try:
            schedules = self._client.role_management.directory.role_eligibility_schedules
            return await self._list(schedules, wanted, select=wanted)
        except GraphError as error:
            if error.cause != LICENCE_REQUIRED:
                raise
        self._pim_licensed = False
        return []

    async def _definitions(self) -> list[Json]:
        """Read the names of roles and, if beta answers, ``isPrivileged``, which only beta has (Microsoft Q&A 1356438).

        Without ``isPrivileged``, every role may be a privileged one.
        """
        builder = self._client.role_management.directory.role_definitions
        beta = self._transport.beta(self._transport.get(builder, select=["id", "displayName", "isPrivileged"]))
        try:
            return await self._all(beta)
        except GraphError as error:
            if error.cause not in _UNREADABLE:
                raise
        try:
            return await self._list(builder, select=["id", "displayName"])
        except GraphError as error:
            if error.cause not in _UNREADABLE:
                raise
        return []

    async def _role_groups(self) -> list[RoleGroup]:
        """Read role-assignable groups with their owners, and with their members, also those of groups in them.

        Microsoft says that they cannot be nested ("Use Microsoft Entra groups to manage roles"); nothing here relies
        on it.
        """
        found = await self._list(
            self._client.groups, select=["id", "displayName"], filter="isAssignableToRole eq true", top=PAGE_SIZE
        )
        urls = [
            f"/groups/{group['id']}/{people}?$select=id&$top={PAGE_SIZE}"
            for group in found
            for people in ("transitiveMembers", "owners")
            if is_guid(group["id"])
        ]
        if len(urls) < 2 * len(found):
            raise GraphError(_MALFORMED, not_graph("the id of a group in the answer is not a GUID").message)
        if not urls:
            return []
        outcomes = await send_batch(self._transport, [Item("GET", url) for url in urls])
        people = [await self._ids(url, outcome) for url, outcome in zip(urls, outcomes, strict=True)]
        return [
            RoleGroup(group["id"], group.get("displayName") or group["id"], people[2 * place], people[2 * place + 1])
            for place, group in enumerate(found)
        ]

    async def _app_owners(self) -> list[str]:
        """Read the ids of those who own the app that signs in, its service principal and its registration."""
        if not self._client_id or not is_guid(self._client_id):
            self.unknown.add(tenant_snapshot.APP_OWNERS)
            return []
        kinds = ("servicePrincipals", "applications")
        return [
            owner
            for kind in kinds
            for owner in await self._optional(tenant_snapshot.APP_OWNERS, self._owners, kind, self._client_id) or []
        ]

    async def _owners(self, kind: str, client_id: str) -> list[str]:
        """Read the owners of one of the two. An app that is registered in another tenant has no registration here."""
        url = f"/{kind}(appId='{client_id}')/owners?$select=id&$top={PAGE_SIZE}"
        try:
            return [str(each["id"]) for each in await self._all(self._transport.get_url(url))]
        except GraphError as error:
            if kind != "applications" or error.details.get("status_code") != 404:
                raise
            return []

    async def _ids(self, url: str, outcome: Outcome) -> list[str]:
        if isinstance(outcome, GraphError):
            raise outcome
        found = await self._all(self._transport.get_url(url), body=successful(outcome))
        return [str(each["id"]) for each in found]

    async def _list(self, builder: Any, needed: Collection[str] = ("id",), **parameters: Any) -> list[Json]:
        return await self._all(self._transport.get(builder, **parameters), needed)

    async def _all(self, request: Any, needed: Collection[str] = ("id",), body: Any = None) -> list[Json]:
        return [item async for item in self._checked(request, needed, body)]

    async def _checked(self, request: Any, needed: Collection[str] = ("id",), body: Any = None) -> AsyncIterator[Json]:
        """Return each item of a listing.

        :raises GraphError: if one of them cannot be read: whom it concerns is then unknown.
        """
        async for found, _more in pages(self._transport, request, body):
            for item in found:
                wrong = faults(item, needed)
                if wrong:
                    reason = not_graph(f"{wrong[0]} of an object in the answer is not as documented").message
                    raise GraphError(_MALFORMED, reason)
                yield item

    async def _optional(
        self, aspect: str, read: Callable[P, Awaitable[T]], *arguments: P.args, **options: P.kwargs
    ) -> T | None:
        """Return what ``read`` returns; None if it could not be read, which makes the aspect unknown."""
        # A function, because Python warns of a coroutine that never began, if this one is cancelled before.
        try:
            return await read(*arguments, **options)
        except GraphError as error:
            if error.cause not in _UNREADABLE:
                raise
            self.unknown.add(aspect)
            return None
