# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scope of a plan: which AD users it is about, and which of them are still in it later."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..._identity.ad.lookup import Identity, guid_identity, upn_identity
from ..._identity.ad.users import AnchorChange
from ..._identity.core.errors import InputError
from ..._identity.core.identities.anchors import parse_guid
from ..._identity.core.identities.comparison import entra_key
from ..._identity.core.scope.filtering import Filtering, list_other_partitions
from ..._identity.core.scope.named_object import NamedObject, is_entra_group
from ..._identity.core.text.sentences import join_names
from ..session import filters
from .lookup import Lookup, Search

_CHOICES = ("users", "upn_suffixes", "search_base", "group", "filtering", "all")
"""The keys of the option of which one must have a value. Without one, a search would find all users of the domain."""

_FEW = filters.MOST_CONDITIONS
"""Up to so many users are looked for by their GUIDs, in one filter; for more, the whole scope is read again."""

_MOST_FILTERS = 10
"""Members of a group are looked for by so many filters at most; for more, all users of the domain are read."""


@dataclass(frozen=True)
class Members:
    """Who is in scope if a group or the filtering of a server decides.

    ``conditions``: LDAP conditions of which each member meets one. ``upns``: the UPNs of the members by ``entra_key``,
    None if the conditions alone decide. ``filtering``: which containers they must be in, None if all count.
    """

    conditions: Sequence[str]
    upns: Collection[str] | None = None
    filtering: Filtering | None = None

    def have(self, user: AnchorChange) -> bool:
        """Return whether a user who meets a condition is a member."""
        if self.filtering and not self.filtering.covers(user.user().distinguished_name or ""):
            return False
        return self.upns is None or _upn_key(user) in self.upns


def members_of(upns: Collection[str]) -> Members:
    """Return the AD users who have these UPNs of cloud users, given as Graph has them."""
    keys = frozenset(map(entra_key, upns))
    return Members([filters.equals("userPrincipalName", upn) for upn in upns], keys)


def members_of_filtering(filtering: Filtering | None) -> Members:
    """Return the AD users whom a server synchronises. ``filtering`` is None if it does not synchronise the domain."""
    if filtering is None:
        return Members([])
    condition = filters.equals("memberOf", filtering.group) if filtering.group else filters.ANY
    return Members([condition], filtering=filtering)


@dataclass(frozen=True)
class Scope:
    """The users with these UPNs, or if that is None, those whom a search finds.

    With a group, only its members. With ``filtering``, as ``read_filtering`` takes it, only those whom it lets through.
    """

    users: tuple[Identity, ...] | None
    search: Search
    ad_group: NamedObject | None = None
    entra_group: NamedObject | None = None
    filtering: Sequence[Mapping[str, Any]] | None = None

    @classmethod
    def from_option(cls, given: Mapping[str, Any]) -> Scope:
        """Read the option ``scope``, whose keys exclude each other as the argument spec of match_plan says.

        :raises InputError: if it identifies no user, or if a UPN, a filter, a suffix or a group is malformed.
        """
        if all(given.get(name) is None for name in _CHOICES):
            # The argument spec takes a key without a value for one that has one.
            raise InputError(f"scope has no value; set {', '.join(_CHOICES[:-1])} or {_CHOICES[-1]}.")
        users = given.get("users")
        if users is not None:
            if not users:
                raise InputError("scope.users is empty. Add at least one UPN, or remove the task.")
            return cls(tuple(map(upn_identity, users)), Search())
        if given.get("all") is False:
            raise InputError(
                "scope.all is false, so nobody is in scope. Set users, upn_suffixes or search_base instead."
            )
        if given.get("upn_suffixes") == []:
            raise InputError("scope.upn_suffixes is empty, so nobody is in scope. Add a domain, or remove the option.")
        base = given.get("search_base")
        if base is not None and not base.strip():
            raise InputError(
                "scope.search_base is empty, so nobody is in scope. Set it to a container, or remove the option."
            )
        search = Search.from_params(
            {
                "search_base": base,
                "search_filter": given.get("search_filter"),
                "search_scope": "subtree",
                "upn_suffix": given.get("upn_suffixes"),
            }
        )
        search = replace(search, with_managed=True)
        if given.get("filtering") is not None:
            return cls(None, replace(search, exported=True), filtering=given["filtering"])
        if given.get("group") is None:
            return cls(None, search)
        group = NamedObject("scope.group", given["group"])
        if is_entra_group(group, by_name=True):
            return cls(None, search, entra_group=group)
        return cls(None, search, ad_group=group)

    def find(self, lookup: Lookup, members: Members | None = None) -> list[AnchorChange]:
        """Return the users in scope; for a list of UPNs, one change for each, in order, also if there is no such user.

        ``members`` are those of the group or of the filtering, if the scope is one.

        :raises LdapError: if the directory cannot be read.
        """
        if self.users is not None:
            return lookup.find(self.users)
        if members is None:
            return lookup.search(self.search)
        if not members.conditions:
            return []
        parts = filters.any_of_each(members.conditions)
        if members.upns is not None and len(parts) > _MOST_FILTERS:
            return _among(lookup.search(self.search), members)
        return _among(lookup.search(*(replace(self.search, filter_text=part) for part in parts)), members)

    def find_again(
        self, lookup: Lookup, guids: Sequence[str], members: Members | None = None
    ) -> dict[str, AnchorChange]:
        """Return those of these users who are still in scope, by GUID. ``guids`` are dashed.

        :raises LdapError: if the directory cannot be read.
        """
        if self.users is not None:
            names = {user.key for user in self.users}
            found = [user for user in lookup.find(list(map(guid_identity, guids))) if _upn_key(user) in names]
        elif len(guids) > _FEW:
            found = self.find(lookup, members)
        else:
            found = self._find_few(lookup, guids, members)
        # The caller's own texts are the keys, so that they are not there twice.
        wanted = {parse_guid(guid).bytes_le: guid for guid in guids}
        return {wanted[user.found.guid]: user for user in found if user.found and user.found.guid in wanted}

    def describe_nobody(self, domain: str) -> str:
        """Return the sentences that say why nobody is in scope."""
        what = "Correct the scope" if self.filtering is None else "Add the accounts to the scope of the server"
        return f"Nobody is in scope: {self._nobody(domain)}. {what}, or check the read permissions of the account."

    def describe_others(self, domain: str) -> list[str]:
        """Return a sentence about the other domains of the filtering, whose accounts the plan does not include."""
        others = list_other_partitions(self.filtering or (), domain)
        if not others:
            return []
        return [f"The server also synchronises {join_names(others)}. This plan does not include their accounts."]

    def _nobody(self, domain: str) -> str:
        if self.filtering is not None:
            return f"the Entra Connect server synchronises no user of {domain}"
        search, group = self.search, self.ad_group or self.entra_group
        if group:
            return f"no user of {domain} is a member of {group.text}"
        where = f"below {search.base}" if search.base else f"in {domain}"
        suffixes = " or ".join(f"@{suffix}" for suffix in search.upn_suffixes)
        conditions = [
            *([f"has a user principal name that ends in {suffixes}"] if suffixes else ()),
            *([f"meets {search.filter_text}"] if search.filter_text else ()),
        ]
        return f"no user {where} {' and '.join(conditions)}" if conditions else f"no user is {where}"

    def _find_few(self, lookup: Lookup, guids: Sequence[str], members: Members | None) -> list[AnchorChange]:
        chosen = filters.any_of(filters.equals("objectGUID", guid_identity(guid).guid_bytes) for guid in guids)
        if members is None or members.upns is not None:
            parts = [self.search.filter_text] if self.search.filter_text else [""]
        else:
            parts = filters.any_of_each(members.conditions)
        texts = [filters.all_of(filter(None, (part, chosen))) for part in parts]
        found = lookup.search(*(replace(self.search, filter_text=text) for text in texts))
        return found if members is None else _among(found, members)


def _among(users: Sequence[AnchorChange], members: Members) -> list[AnchorChange]:
    return list(filter(members.have, users))


def _upn_key(user: AnchorChange) -> str:
    return entra_key(user.user().user_principal_name or "")
