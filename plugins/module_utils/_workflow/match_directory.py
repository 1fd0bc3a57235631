# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The domain that a task reads, and writes, through one session; from one thread at a time."""

from __future__ import annotations

from collections.abc import Sequence

from .._identity.ad.account_history import AccountHistory
from .._identity.ad.faults import left_out_warnings
from .._identity.ad.marks import Marker, Places
from .._identity.ad.users import AnchorChange
from .._identity.core.accepted_effects import PROTECTED_ACCOUNTS
from .._identity.core.errors import InputError
from .._identity.core.identities.comparison import entra_key
from .._identity.core.identities.distinguished_names import domain_name
from .._identity.core.journal import JournalWriter
from .._identity.core.scope.filtering import read_filtering
from .._identity.core.scope.named_object import NamedObject
from .._identity.preflight.directory_view import DirectoryView
from .._identity.preflight.predictions import AnchorOwner
from .._ldap.groups.named_objects import find_upns, member_conditions, read_places
from .._ldap.session.connection import Session
from .._ldap.session.forest import domain_place, has_exchange, naming_contexts
from .._ldap.users.account_histories import read_histories
from .._ldap.users.anchor_owners import anchor_owners
from .._ldap.users.anchor_writer import AnchorWriter
from .._ldap.users.directory_view import read_claims, read_view
from .._ldap.users.lookup import Lookup
from .._ldap.users.scope import Members, members_of_filtering
from .match_task import MatchTask

EMPTY_SCOPE = "empty_scope"
"""The cause of the error if nobody is in scope."""


class MatchDirectory:
    """What a plan and its application need of one domain. All methods raise LdapError if it cannot be read."""

    def __init__(self, session: Session, task: MatchTask, for_plan: bool) -> None:
        """``for_plan``: do not read of each user what protects the account, since ``read_view`` does it."""
        self._session = session
        self._scope, excluded = task.scope, task.exclusions
        self._contexts = naming_contexts(session)
        self._domain = self._contexts.default
        self._protects = PROTECTED_ACCOUNTS not in task.terms.skip_checks
        named = bool(excluded.ad_groups or excluded.units)
        places = read_places(session, self._domain, excluded.ad_groups, excluded.units) if named else Places()
        # A server synchronises accounts with a service principal name like all others.
        services = task.scope.users is None and task.scope.filtering is None
        marker = Marker(places, services)
        protects = self._protects and not for_plan
        self._lookup = Lookup(session, self._domain, task.source_anchor, True, protects, marker)
        self.place = domain_place(session, self._domain)
        self.domain_name = domain_name(self._domain)

    def find(self, members: Members | None = None) -> list[AnchorChange]:
        """Return the users in scope. ``members`` are those of the group of Entra, if the scope is one.

        :raises InputError: if nobody is in scope, or if the filtering is of several servers.
        """
        found = self._scope.find(self._lookup, members or self._members())
        if not found:
            raise InputError(self._scope.describe_nobody(self._domain), cause=EMPTY_SCOPE)
        return found

    def find_again(self, guids: Sequence[str], members: Members | None = None) -> dict[str, AnchorChange]:
        """Return those of these users who are still in scope, by dashed GUID. ``members`` as for ``find``."""
        return self._scope.find_again(self._lookup, guids, members or self._members())

    def _members(self) -> Members | None:
        group, filtering = self._scope.ad_group, self._scope.filtering
        if filtering is not None:
            return members_of_filtering(read_filtering(filtering, self._domain))
        return Members(member_conditions(self._session, self._domain, group)) if group else None

    def list_unknown(self, users: Sequence[NamedObject]) -> list[NamedObject]:
        """Return those of these UPNs that no account of the domain has."""
        found = find_upns(self._session, self._domain, [user.text for user in users]) if users else set()
        return [user for user in users if entra_key(user.text) not in found]

    def read_view(self, users: Sequence[AnchorChange], anchors: Sequence[str], names: Sequence[str]) -> DirectoryView:
        """Return the objects with these ImmutableIds, UPNs or addresses. ``users`` are those of ``find``."""
        found = [user.found for user in users if user.found]
        return read_view(self._session, self._domain, anchors, names, self._protects, found)

    def read_histories(self, guids: Sequence[str]) -> dict[str, AccountHistory]:
        """Return the histories of the accounts with these dashed GUIDs, by GUID."""
        return read_histories(self._session, self._domain, guids) if guids else {}

    def has_exchange(self) -> bool | None:
        """Return whether the schema has Exchange's attributes; None if it cannot be seen."""
        return has_exchange(self._session, self._contexts)

    def read_claims(
        self,
        users: Sequence[AnchorChange],
        anchors: Sequence[str],
        names: Sequence[str] = (),
        with_protection: bool = True,
    ) -> DirectoryView:
        """Return these users, whom ``find_again`` has found, and all others with these ImmutableIds.

        With ``names``, also those with these UPNs or addresses.
        """
        if names:
            return self.read_view(users, anchors, names)
        found = [user.found for user in users if user.found]
        return read_claims(self._session, self._domain, found, anchors, with_protection and self._protects)

    def list_owners(self, immutable_ids: Sequence[str]) -> dict[str, AnchorOwner]:
        """Return the objects whose GUIDs these ImmutableIds are, as ``anchor_owners`` does."""
        return anchor_owners(self._session, self._domain, immutable_ids) if immutable_ids else {}

    def anchor_writer(self, journal_writer: JournalWriter | None) -> AnchorWriter:
        return AnchorWriter(self._session, self.place, journal_writer, yields=False)

    @property
    def domain(self) -> str:
        """The distinguished name of the domain."""
        return self._domain

    @property
    def left_out(self) -> list[str]:
        """The distinguished names of accounts in scope that could not be read."""
        return list(self._lookup.left_out)

    @property
    def warnings(self) -> list[str]:
        """What could not be read, each in one sentence."""
        return left_out_warnings(self._lookup.left_out)
