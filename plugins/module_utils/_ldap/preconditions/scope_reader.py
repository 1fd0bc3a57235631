# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users in scope, as far as the doctor needs them: some of them, and whether somebody is among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..._identity.ad.marks import Marker
from ..._identity.core.identities.comparison import entra_key
from ..._identity.core.scope.exclusions import Exclusions
from ..._identity.preconditions.directory import Rights
from ..groups.named_objects import member_conditions, read_places
from ..session import filters
from ..session.connection import Session
from ..users.lookup import Lookup, Search, search_filter
from ..users.scope import Members, Scope
from .rights import SAMPLE, sample_rights


@dataclass(frozen=True)
class ScopeReader:
    """Reads the scope in one domain. ``members`` are those of the group of Entra, if the scope is one."""

    session: Session
    domain: str
    scope: Scope
    exclusions: Exclusions
    members: Members | None = None

    def sample(self) -> list[Rights]:
        """Return the rights on some of the users in scope.

        :raises InputError: if the group of the scope does not exist.
        :raises LdapError: if the directory cannot be read.
        """
        found: list[Rights] = []
        for search in self._searches():
            if len(found) < SAMPLE:
                found += sample_rights(self.session, search.base or self.domain, search_filter(search))
        return found[:SAMPLE]

    def find(self, upns: Sequence[str]) -> set[str]:
        """Return those of these UPNs that users in scope have who are not excluded, by ``entra_key``.

        :raises InputError: if a group or an organizational unit that is named does not exist.
        :raises LdapError: if the directory cannot be read.
        """
        if not upns:
            return set()
        groups, units = self.exclusions.ad_groups, self.exclusions.units
        marker = Marker(read_places(self.session, self.domain, groups, units), services=False)
        lookup = Lookup(self.session, self.domain, "auto", with_attributes=False, marker=marker)
        wanted = set(map(entra_key, upns))
        named = filters.any_of(filters.equals("userPrincipalName", upn) for upn in upns)
        found = set()
        for search in self._searches():
            parts = [each for each in (search.filter_text, named) if each]
            for user in lookup.search(replace(search, filter_text=filters.all_of(parts))):
                if user.found and not user.found.marks.excluded:
                    found.add(entra_key(user.user().user_principal_name or ""))
        return found & wanted

    def _searches(self) -> list[Search]:
        """Return searches that together find the users in scope."""
        if self.scope.users is not None:
            conditions = [filters.equals("userPrincipalName", user.sought) for user in self.scope.users]
        elif self.scope.ad_group:
            conditions = member_conditions(self.session, self.domain, self.scope.ad_group)
        elif self.scope.entra_group:
            conditions = list(self.members.conditions) if self.members else []
        else:
            return [self.scope.search]
        return [replace(self.scope.search, filter_text=part) for part in filters.any_of_each(conditions)]
