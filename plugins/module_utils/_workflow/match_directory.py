# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The domain that a task reads, and writes, through one session; from one thread at a time."""

from __future__ import annotations

from collections.abc import Sequence

from .._identity.ad.faults import left_out_warnings
from .._identity.ad.users import AnchorChange
from .._identity.core.accepted_effects import PROTECTED_ACCOUNTS
from .._identity.core.journal import JournalWriter
from .._identity.preflight.directory_view import DirectoryView
from .._identity.preflight.predictions import AnchorOwner
from .._ldap.session.connection import Session
from .._ldap.session.forest import domain_place, naming_contexts
from .._ldap.users.anchor_owners import anchor_owners
from .._ldap.users.anchor_writer import AnchorWriter
from .._ldap.users.directory_view import read_view
from .._ldap.users.lookup import Lookup
from .match_task import MatchTask


class MatchDirectory:
    """What a plan and its application need of one domain. All methods raise LdapError if it cannot be read."""

    def __init__(self, session: Session, task: MatchTask, with_attributes: bool) -> None:
        self._session = session
        self._scope = task.scope
        self._domain = naming_contexts(session).default
        self._protects = PROTECTED_ACCOUNTS not in task.terms.skip_checks
        self._lookup = Lookup(session, self._domain, task.source_anchor, with_attributes)
        self.place = domain_place(session, self._domain)

    def find(self) -> list[AnchorChange]:
        """Return the users in scope."""
        return self._scope.find(self._lookup)

    def find_again(self, guids: Sequence[str]) -> dict[str, AnchorChange]:
        """Return those of these users who are still in scope, by dashed GUID."""
        return self._scope.find_again(self._lookup, guids)

    def read_view(self, anchors: Sequence[str], names: Sequence[str] = ()) -> DirectoryView:
        """Return the objects with these ImmutableIds, UPNs or addresses."""
        return read_view(self._session, self._domain, anchors, names, self._protects)

    def read_claims(self, anchors: Sequence[str]) -> DirectoryView:
        """Return the objects with these ImmutableIds, without what protects them."""
        return read_view(self._session, self._domain, anchors, (), with_protection=False)

    def list_owners(self, immutable_ids: Sequence[str]) -> dict[str, AnchorOwner]:
        """Return the objects whose GUIDs these ImmutableIds are, as ``anchor_owners`` does."""
        return anchor_owners(self._session, self._domain, immutable_ids) if immutable_ids else {}

    def anchor_writer(self, journal_writer: JournalWriter | None) -> AnchorWriter:
        return AnchorWriter(self._session, self.place, journal_writer, yields=False)

    @property
    def warnings(self) -> list[str]:
        """What could not be read, each in one sentence."""
        return left_out_warnings(self._lookup.left_out)
