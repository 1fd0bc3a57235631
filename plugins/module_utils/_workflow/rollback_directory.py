# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback needs of one domain, through one session; from one thread at a time."""

from __future__ import annotations

from collections.abc import Sequence

from .._identity.ad.anchor_holders import refuse_held
from .._identity.ad.anchor_plan import plan_restores
from .._identity.ad.faults import left_out_warnings
from .._identity.ad.lookup import guid_identity
from .._identity.ad.protection import gives_anchor, refuse_protected
from .._identity.ad.users import AnchorChange
from .._identity.core.accepted_effects import PROTECTED_ACCOUNTS
from .._identity.core.decision import Terms
from .._identity.core.identities.anchors import CONSISTENCY_GUID, guid_text
from .._identity.core.journal import JournalWriter
from .._identity.core.records import consistency_text
from .._identity.rollback.account_restores import AccountRestore
from .._identity.rollback.run_undos import RunUndos
from .._ldap.accounts.restore_rights import RestoreRights
from .._ldap.accounts.rollback import AccountRollback
from .._ldap.session.connection import Session
from .._ldap.session.forest import domain_place, naming_contexts
from .._ldap.users.anchor_writer import AnchorWriter
from .._ldap.users.lookup import Lookup


class RollbackDirectory:
    """Reads and writes what a run changed in one domain. All methods raise LdapError if it cannot be read."""

    def __init__(self, session: Session, undos: RunUndos, terms: Terms) -> None:
        """Check that the run changed this domain.

        :raises InputError: if it changed another one.
        """
        domain = naming_contexts(session).default
        self.place = domain_place(session, domain)
        undos.check_domain(self.place)
        self.accounts = AccountRollback(session, domain, self.place)
        self._session = session
        self._undos = undos
        self._terms = terms
        gives = any(undo.restore is not None for undo in undos.anchors)
        self._protects = gives and PROTECTED_ACCOUNTS not in terms.skip_checks
        self._lookup = Lookup(session, domain, "auto", False, self._protects)
        self._found: Sequence[AnchorChange] = ()

    def plan(self) -> tuple[list[AnchorChange], list[AccountRestore]]:
        """Return what happens to each anchor, in the order of its undos, and of each account."""
        return self._plan_anchors(), self.accounts.plan(self._undos.with_anchors())

    def check_rights(self, restores: Sequence[AccountRestore]) -> list[AccountRestore]:
        """Refuse the accounts that the directory would not remove or disable, and return all restores."""
        return RestoreRights(self._session).refuse(restores)

    def settle(self, journal_writer: JournalWriter) -> None:
        """Fill in, in the journal of the run, what came of the lines that a kill left open.

        :raises JournalError: if that fails.
        """
        held = {guid_text(each.found.guid): consistency_text(each.before) for each in self._found if each.found}
        journal_writer.settle(self.place, CONSISTENCY_GUID, held)
        self.accounts.settle(journal_writer, self._undos.accounts)

    def anchor_writer(self, journal_writer: JournalWriter) -> AnchorWriter:
        return AnchorWriter(self._session, self.place, journal_writer, yields=False)

    @property
    def warnings(self) -> list[str]:
        """What could not be read, each in one sentence."""
        return left_out_warnings(self._lookup.left_out)

    def _plan_anchors(self) -> list[AnchorChange]:
        undos = self._undos.anchors
        if not undos:
            return []
        self._found = self._lookup.find([guid_identity(undo.id) for undo in undos])
        users = plan_restores(self._found, undos)
        if self._protects and any(map(gives_anchor, users)):
            users = refuse_protected(users, self._lookup.read_shield(), self._terms.accepted)
        return refuse_held(users, self._lookup.find_holders(users))
