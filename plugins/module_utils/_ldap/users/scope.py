# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scope of a plan: which AD users it is about, and which of them are still in it later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..._identity.ad.lookup import Identity, guid_identity, upn_identity
from ..._identity.ad.users import AnchorChange
from ..._identity.core.errors import InputError
from ..._identity.core.identities.anchors import guid_text
from ..._identity.core.identities.comparison import entra_key
from ..session import filters
from .lookup import Lookup, Search

_FEW = filters.MOST_CONDITIONS
"""Up to so many users are looked for by their GUIDs, in one filter; for more, the whole scope is read again."""


@dataclass(frozen=True)
class Scope:
    """The users with these UPNs, or if that is None, those whom a search finds."""

    users: tuple[Identity, ...] | None
    search: Search

    @classmethod
    def from_option(cls, given: Mapping[str, Any]) -> Scope:
        """Read the option ``scope``, whose keys exclude each other as the argument spec of match_plan says.

        :raises InputError: if it names nobody, or if a UPN, a filter or a suffix is malformed.
        """
        users = given.get("users")
        if users is not None:
            if not users:
                raise InputError("scope.users is empty; name at least one UPN, or leave the task out.")
            return cls(tuple(map(upn_identity, users)), Search())
        if given.get("all") is False:
            raise InputError("scope.all is false, so nobody is in scope; name users, upn_suffixes or search_base.")
        if given.get("upn_suffixes") == []:
            raise InputError("scope.upn_suffixes is empty, so nobody is in scope; name a domain, or leave it out.")
        base = given.get("search_base")
        if base is not None and not base.strip():
            raise InputError("scope.search_base is empty, so nobody is in scope; name a container, or leave it out.")
        search = Search.from_params(
            {
                "search_base": base,
                "search_filter": given.get("search_filter"),
                "search_scope": "subtree",
                "upn_suffix": given.get("upn_suffixes"),
            }
        )
        return cls(None, search)

    def find(self, lookup: Lookup) -> list[AnchorChange]:
        """Return the users in scope; for a list of UPNs, one change for each, in order, also if there is no such user.

        :raises LdapError: if the directory cannot be read.
        """
        return lookup.search(self.search) if self.users is None else lookup.find(self.users)

    def find_again(self, lookup: Lookup, guids: Sequence[str]) -> dict[str, AnchorChange]:
        """Return those of these users who are still in scope, by GUID. ``guids`` are dashed.

        :raises LdapError: if the directory cannot be read.
        """
        if self.users is not None:
            names = {user.key for user in self.users}
            found = [
                user
                for user in lookup.find([guid_identity(guid) for guid in guids])
                if entra_key(user.user().user_principal_name or "") in names
            ]
        else:
            found = lookup.search(self.search if len(guids) > _FEW else self._narrowed(guids))
        wanted = set(guids)
        by_guid = {guid_text(user.found.guid): user for user in found if user.found}
        return {guid: user for guid, user in by_guid.items() if guid in wanted}

    def _narrowed(self, guids: Sequence[str]) -> Search:
        chosen = filters.any_of(filters.equals("objectGUID", guid_identity(guid).guid_bytes) for guid in guids)
        mine = self.search.filter_text
        return replace(self.search, filter_text=filters.all_of([mine, chosen]) if mine else chosen)
