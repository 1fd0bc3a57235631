# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask whether a domain controller would put accounts back, which it says itself only after Entra ID was written."""

from __future__ import annotations

from collections.abc import Sequence

from ..._identity.accounts.values import CONTROL
from ..._identity.ad.objects import AdObject
from ..._identity.ad.security_descriptor import Access, MalformedDescriptor, may_delete, read_access
from ..._identity.core.identities.distinguished_names import parent_dn
from ..._identity.core.outcomes import DISABLED, REMOVED
from ..._identity.core.refusal import Refusal
from ..._identity.rollback.account_restores import AccountRestore
from ..preconditions.rights import read_rights
from ..protection.shield import read_own_sids
from ..session import filters
from ..session.connection import Session
from ..session.errors import NO_SUCH_OBJECT, LdapError
from ..session.modifications import object_name
from ..session.search import ONE_LEVEL, paged_entries, read_descriptor


class RestoreRights:
    """What the account that signed in may do with the accounts of a run, through one session.

    Each account that is removed takes two searches, and one that is disabled takes one. Values are put back with the
    rights with which they were written.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._own: Sequence[bytes] | None = None
        self._parents: dict[str, Access | None] = {}

    def refuse(self, restores: Sequence[AccountRestore]) -> list[AccountRestore]:
        """Refuse the accounts that would not be removed or disabled, and return all restores.

        If the directory does not show the rights on an account, the account is not refused.

        :raises LdapError: if the directory cannot be read.
        """
        return [self._checked(restore) for restore in restores]

    def _checked(self, restore: AccountRestore) -> AccountRestore:
        why, account = None, restore.found
        try:
            if account and restore.status == REMOVED:
                why = self._refuse_parent(account) or self._refuse_removal(account)
            elif account and restore.status == DISABLED:
                why = self._refuse_disabling(account)
        except LdapError as error:
            if error.result_code != NO_SUCH_OBJECT or account is None:
                raise
            name = account.distinguished_name
            why = Refusal("changed_meanwhile", f"{name} was deleted while this task ran. Run the task again.")
        return restore.refused(why.cause, why.reason) if why else restore

    def _refuse_parent(self, account: AdObject) -> Refusal | None:
        """Refuse an account with objects below it, such as devices of Exchange ActiveSync (MS-ADTS 3.1.1.5.5.7)."""
        base, name = object_name(account.guid), account.distinguished_name
        below = paged_entries(self._session, base, filters.ANY, ("objectGUID",), ONE_LEVEL, page_size=1)
        if next(below, None) is None:
            return None
        reason = f"{name} has objects below it, so it is not removed. Move or delete them, and run the task again."
        return Refusal("has_children", reason)

    def _refuse_removal(self, account: AdObject) -> Refusal | None:
        if self._own is None:
            self._own = read_own_sids(self._session)
        own, access = self._own, self._read_access(object_name(account.guid))
        parent = self._read_parent(parent_dn(account.distinguished_name))
        if not own or access is None or parent is None or may_delete(access, parent, own):
            return None
        return Refusal(
            "not_permitted",
            f"The account that signed in may not delete {account.distinguished_name}, so it is not removed. Grant the "
            "right to delete it, or turn off its protection from accidental deletion, and run the task again.",
        )

    def _refuse_disabling(self, account: AdObject) -> Refusal | None:
        if not read_rights(self._session, object_name(account.guid)).lacks([CONTROL]):
            return None
        return Refusal(
            "not_permitted",
            f"The account that signed in may not write userAccountControl of {account.distinguished_name}, so it is "
            "not disabled. Grant this right, and run the task again.",
        )

    def _read_parent(self, name: str) -> Access | None:
        if name not in self._parents:
            try:
                self._parents[name] = self._read_access(name)
            except LdapError as error:
                if error.result_code != NO_SUCH_OBJECT:  # as for those who may not see it
                    raise
                self._parents[name] = None
        return self._parents[name]

    def _read_access(self, name: str) -> Access | None:
        entry = read_descriptor(self._session, name, ())
        raw = next(iter(entry.attributes.get("ntsecuritydescriptor", ())), None) if entry else None
        try:
            return read_access(raw) if raw else None
        except MalformedDescriptor:
            return None
