# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the members of groups, those of nested groups included, in few requests however many members there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..._identity.core.errors import InputError
from ..._identity.core.identities.anchors import is_guid
from ..._identity.core.identities.cloud_identity import CloudIdentity, read_object_id
from ..._identity.core.identities.comparison import entra_key
from ..._identity.core.scope.exclusions import Exclusions
from ..._identity.core.scope.named_object import NamedObject
from ..._identity.core.text.sentences import join_names
from ..http.batch import Item, Outcome, send_batch
from ..http.errors import GraphError, not_graph, successful
from ..http.pages import PAGE_SIZE, pages
from ..http.transport import Transport
from .queries import filters_in, literal

_SELECT = ["id", "displayName", "groupTypes", "visibility"]
_DYNAMIC, _HIDDEN = "DynamicMembership", "HiddenMembership"
_USER, _GROUP = "#microsoft.graph.user", "#microsoft.graph.group"


@dataclass(frozen=True)
class GroupMembers:
    """The users of a group: the UPN as Graph has it by object id (as ``entra_key``)."""

    upns: Mapping[str, str]


async def read_group_members(transport: Transport, groups: Sequence[NamedObject]) -> dict[NamedObject, GroupMembers]:
    """Return the users who are members of each group, directly or through other groups.

    A group is named by its object id or by its display name, in which only the case of A to Z is ignored.

    A dynamic group is refused, also one that is nested: whoever may change the attributes of users decides about its
    members. So is a group with a hidden membership, whose members need a permission of their own (facts §21).

    :raises InputError: if there is no such group, if several have the name, or if one is refused.
    :raises GraphError: if the members of one cannot all be read.
    """
    if not groups:
        return {}
    try:
        return await _read(transport, groups)
    except GraphError as error:
        named = join_names([str(group) for group in groups])
        raise GraphError(
            error.cause, f"{named}, but the members cannot be read: {error.message}", **_rest(error)
        ) from None


async def _read(transport: Transport, groups: Sequence[NamedObject]) -> dict[NamedObject, GroupMembers]:
    known = await _find_groups(transport, groups)
    for group, answer in known.items():
        _check(answer, group)
    urls = [
        f"/groups/{entra_key(known[group]['id'])}/transitiveMembers?$select=id,userPrincipalName&$top={PAGE_SIZE}"
        for group in groups
    ]
    outcomes = await send_batch(transport, [Item("GET", url) for url in urls])
    members = {
        group: await _list_members(transport, url, outcome)
        for group, url, outcome in zip(groups, urls, outcomes, strict=True)
    }
    await _check_nested(transport, members)
    return {
        group: GroupMembers({entra_key(each["id"]): _upn(each) for each in found if each["@odata.type"] == _USER})
        for group, found in members.items()
    }


async def read_excluded(transport: Transport, exclusions: Exclusions) -> dict[CloudIdentity, NamedObject]:
    """Return the entry of ``exclude`` by each identity that it excludes. What it names in AD is left out.

    :raises InputError: if there is no such group, or if one may not be named.
    :raises GraphError: if the members of one cannot all be read.
    """
    members = await read_group_members(transport, exclusions.entra_groups)
    return {**list_member_ids(members), **exclusions.users}


def list_member_ids(found: Mapping[NamedObject, GroupMembers]) -> dict[CloudIdentity, NamedObject]:
    """Return the group of each member, by object id; of several groups the last one."""
    return {read_object_id(key): group for group, members in found.items() for key in members.upns}


async def _find_groups(transport: Transport, groups: Sequence[NamedObject]) -> dict[NamedObject, dict[str, Any]]:
    by_id = await _list_groups(transport, [group.text for group in groups if is_guid(group.text)])
    found: dict[NamedObject, dict[str, Any]] = {}
    for group in groups:
        key = entra_key(group.text)
        if is_guid(group.text):
            alike = [by_id[key]] if key in by_id else []
        else:
            named = await _filtered(transport, f"displayName eq {literal(group.text)}")
            # Graph's filter may find look-alikes too.
            alike = [each for each in named if entra_key(each.get("displayName") or "") == key]
        if not alike:
            raise InputError(f"{group}, but Entra ID has no such group. Correct the entry or remove it.")
        if len(alike) > 1:
            ids = join_names(sorted(entra_key(each["id"]) for each in alike))
            raise InputError(
                f"{group}, and {len(alike)} groups of Entra ID have this name ({ids}); use the object id of the group."
            )
        found[group] = alike[0]
    return found


async def _check_nested(transport: Transport, members: Mapping[NamedObject, Sequence[dict[str, Any]]]) -> None:
    outer = {
        entra_key(each["id"]): group
        for group, found in members.items()
        for each in found
        if each["@odata.type"] == _GROUP
    }
    known = await _list_groups(transport, outer)
    for key, group in outer.items():
        if key not in known:
            raise not_graph("the answer does not contain a group that is a member of another one")
        _check(known[key], group, nested=True)


async def _list_groups(transport: Transport, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return those of these groups that there are, by ``entra_key`` of their ids."""
    found = [each for text in filters_in("id", ids) for each in await _filtered(transport, text)]
    return {entra_key(each["id"]): each for each in found}


async def _filtered(transport: Transport, text: str) -> list[dict[str, Any]]:
    request = transport.get(transport.client.groups, select=_SELECT, filter=text)
    found = [each async for page, _more in pages(transport, request) for each in page]
    if not all(is_guid(each.get("id")) for each in found):
        raise not_graph("the id of a group in the answer is not a GUID")
    return found


async def _list_members(transport: Transport, url: str, outcome: Outcome) -> list[dict[str, Any]]:
    if isinstance(outcome, GraphError):
        raise outcome
    found = [
        each async for page, _more in pages(transport, transport.get_url(url), successful(outcome)) for each in page
    ]
    if not all(is_guid(each.get("id")) and isinstance(each.get("@odata.type"), str) for each in found):
        raise not_graph("the answer contains a member of a group without its id or its type")
    return found


def _check(group: Mapping[str, Any], named: NamedObject, nested: bool = False) -> None:
    kinds, name = group.get("groupTypes"), group.get("displayName") or group["id"]
    if not isinstance(kinds, list):
        raise not_graph("the answer contains a group without its groupTypes")
    what = f"{named}, and the group {name} in it" if nested else f"{named} ({name}), which"
    if _DYNAMIC in kinds:
        raise InputError(
            f"{what} is a dynamic group, whose members depend on attributes of users. Use a group with assigned "
            "members."
        )
    if group.get("visibility") == _HIDDEN:
        raise InputError(f"{what} has a hidden membership, so its members are unknown. Use another group.")


def _upn(member: Mapping[str, Any]) -> str:
    upn = member.get("userPrincipalName")
    if not isinstance(upn, str):
        raise GraphError(
            "access_denied",
            "Graph does not show the user principal names of members; grant the app the application permission "
            "User.Read.All and give admin consent.",
        )
    return upn


def _rest(error: GraphError) -> dict[str, Any]:
    return {name: value for name, value in error.details.items() if name != "cause"}
