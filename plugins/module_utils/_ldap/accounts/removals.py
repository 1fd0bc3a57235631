# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask whether a domain controller would remove accounts, which it says itself only after Entra ID was written."""

from __future__ import annotations

from collections.abc import Sequence

from ..._identity.ad.objects import AdObject
from ..._identity.ad.security_descriptor import Access, MalformedDescriptor, may_delete, read_access
from ..._identity.core.identities.distinguished_names import parent_dn
from ..._identity.core.refusal import Refusal
from ..._identity.rollback.account_restores import REMOVED, AccountRestore
from ..session import filters
from ..session.connection import Session
from ..session.errors import NO_SUCH_OBJECT, LdapError
from ..session.modifications import object_name
from ..session.search import ONE_LEVEL, paged_entries, read_descriptor, read_entry


class Removals:
    """The removals of accounts through one session. Each account takes two searches."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._own: Sequence[bytes] | None = None
        self._parents: dict[str, Access | None] = {}

    def refuse(self, restores: Sequence[AccountRestore]) -> list[AccountRestore]:
        """Refuse the accounts that would not be removed, and return all restores.

        An account whose access control list cannot be read is not refused for it.

        :raises LdapError: if the directory cannot be read.
        """
        return [self._checked(restore) if restore.status == REMOVED else restore for restore in restores]

    def _checked(self, restore: AccountRestore) -> AccountRestore:
        if restore.found is None:
            return restore
        why = self._refuse_parent(restore.found) or self._refuse_denied(restore.found)
        return restore.refused(why.cause, why.reason) if why else restore

    def _refuse_parent(self, account: AdObject) -> Refusal | None:
        """Refuse an account with objects below it, such as devices of Exchange ActiveSync (MS-ADTS 3.1.1.5.5.7)."""
        base, name = object_name(account.guid), account.distinguished_name
        try:
            below = next(paged_entries(self._session, base, filters.ANY, ("objectGUID",), ONE_LEVEL, page_size=1), None)
        except LdapError as error:
            if error.result_code != NO_SUCH_OBJECT:
                raise
            return Refusal("changed_meanwhile", f"{name} was deleted while this task ran. Run the task again.")
        if below is None:
            return None
        reason = f"{name} has objects below it, so it is not removed. Move or delete them, and run the task again."
        return Refusal("has_children", reason)

    def _refuse_denied(self, account: AdObject) -> Refusal | None:
        """Refuse an account that the account that signed in may not delete."""
        own, access = self._read_own(), self._read_access(object_name(account.guid))
        place = parent_dn(account.distinguished_name)
        if place not in self._parents:
            self._parents[place] = self._read_access(place)
        parent = self._parents[place]
        if not own or access is None or parent is None or may_delete(access, parent, own):
            return None
        name = account.distinguished_name
        return Refusal(
            "delete_denied",
            f"The account that signed in may not delete {name}, so it is not removed. Grant the right to delete it, or "
            "turn off its protection from accidental deletion, and run the task again.",
        )

    def _read_own(self) -> Sequence[bytes]:
        """Return the SIDs of the account that signed in and of its groups; empty if they are not shown."""
        if self._own is None:
            root = read_entry(self._session, "", ("tokenGroups",))
            self._own = root.attributes.get("tokengroups", ()) if root else ()
        return self._own

    def _read_access(self, name: str) -> Access | None:
        try:
            entry = read_descriptor(self._session, name, ())
        except LdapError as error:
            if error.result_code != NO_SUCH_OBJECT:
                raise
            return None
        raw = next(iter(entry.attributes.get("ntsecuritydescriptor", ())), None) if entry else None
        try:
            return read_access(raw) if raw else None
        except MalformedDescriptor:
            return None
