# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the accounts that a run made or filled, and put them back. Each change is journaled before it is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ..._identity.accounts.directory import AccountDirectory, texts
from ..._identity.accounts.made import MADE
from ..._identity.accounts.state import ACCOUNT, OBJECT_GUID, account_state, journal_value
from ..._identity.accounts.values import CONTROL, UPN
from ..._identity.ad.faults import has_guid
from ..._identity.ad.objects import AdObject
from ..._identity.core import journal
from ..._identity.core.identities.anchors import guid_text, parse_guid
from ..._identity.core.interrupted import mark_interrupted
from ..._identity.core.journal import JournalEntry, JournalError, JournalWriter, describe_unfinished
from ..._identity.core.rollback import Undo
from ..._identity.rollback.account_restores import REMOVED, AccountRestore, is_made, plan_rollback
from ..._identity.rollback.restorable_values import restored_addresses
from ..protection.shield import try_read_shield
from ..session import filters
from ..session.connection import Session
from ..session.errors import ConnectionLost, LdapError
from ..session.modifications import OVERTAKEN, object_name, value_changes
from ..session.search import paged_entries
from .writer import CHUNK

# All attributes of an account, and those that show whether it was changed since it was created.
_ALL = ("*", "whenCreated", "pwdLastSet", "memberOf")
_LOST = ("not_tried", "Not tried, because the connection had been lost before. Run the task again.")


class AccountRollback:
    """The accounts of one run in one domain.

    ``warnings`` holds a sentence if the outcome of a change could not be journaled. ``so_far`` says, at any time, what
    happened to the restores.
    """

    def __init__(self, session: Session, domain: str, place: tuple[str, str]) -> None:
        self.warnings: list[str] = []
        self._session = session
        self._domain = domain
        self._place = place
        self._directory = AccountDirectory()
        self._done: list[AccountRestore] = []
        self._open: set[int] = set()

    def plan(self, undos: Sequence[Undo]) -> list[AccountRestore]:
        """Read the accounts of these undos and return what happens to each.

        :raises LdapError: if the directory cannot be read.
        """
        if not undos:
            return []
        enables = any(undo.attribute == CONTROL for undo in undos)
        shield = try_read_shield(self._session, self._domain) if enables else None
        self._directory = AccountDirectory(self._read(undos))
        return plan_rollback(undos, self._directory, self._domain, shield)

    def settle(self, journal_writer: JournalWriter, undos: Sequence[Undo]) -> None:
        """Fill in, in the journal of the run, what came of the lines that a kill left open.

        :raises JournalError: if that fails.
        """
        held: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for undo in undos:
            found = self._found(undo)
            if undo.attribute == MADE:
                continue  # written after the account was made, and never open
            if len(found) == 1 or (not found and is_made(undo)):
                held[undo.attribute][undo.id] = _held(undo, next(iter(found), None))
        for attribute, values in held.items():
            journal_writer.settle(self._place, attribute, values)

    def write(self, restores: Sequence[AccountRestore], journal_writer: JournalWriter) -> list[AccountRestore]:
        """Carry out the restores and return them with their outcomes. After a lost connection or journal, stop."""
        self._done = list(restores)
        self._open = {position for position, restore in enumerate(restores) if restore.changed}
        positions = sorted(self._open)
        stop: tuple[str, str] | None = None
        for start in range(0, len(positions), CHUNK):
            chunk = positions[start : start + CHUNK]
            entries = {position: _entries(self._done[position], self._place) for position in chunk}
            tickets: Iterator[int] = iter(())
            if not stop:
                try:
                    tickets = iter(journal_writer.begin([each for own in entries.values() for each in own]))
                except JournalError as error:
                    stop = ("journal_failed", error.message)
            outcomes: dict[int, str] = {}
            for position in chunk:
                if stop:
                    word, self._done[position] = journal.ABORTED, self._done[position].failed(*stop)
                else:
                    word, self._done[position] = self._one(self._done[position])
                    stop = _LOST if word == journal.UNKNOWN else None
                self._open.discard(position)
                outcomes.update({ticket: word for _entry, ticket in zip(entries[position], tickets, strict=False)})
            self._complete(journal_writer, outcomes)
        return self._done

    def so_far(self) -> list[AccountRestore]:
        """Return the restores with their outcomes; one without an outcome yet has failed."""
        return mark_interrupted(self._done, self._open)

    def _complete(self, journal_writer: JournalWriter, outcomes: dict[int, str]) -> None:
        if not outcomes:
            return
        try:
            journal_writer.complete(outcomes)
        except JournalError as error:
            self.warnings = [describe_unfinished(error)]

    def _found(self, undo: Undo) -> list[AdObject]:
        return self._directory.named(undo.id) if is_made(undo) else self._directory.of_guid(undo.id)

    def _read(self, wanted: Sequence[Undo]) -> list[AdObject]:
        """Read the accounts of the undos, and the objects that hold addresses which would be put back."""
        conditions = dict.fromkeys(condition for undo in wanted for condition in _conditions(undo))
        return [
            AdObject(entry.distinguished_name, entry.attributes)
            for chosen in filters.any_of_each(conditions)
            for entry in paged_entries(self._session, self._domain, chosen, _ALL)
            if has_guid(entry.attributes)
        ]

    def _one(self, restore: AccountRestore) -> tuple[str, AccountRestore]:
        found = restore.found
        if found is None:
            raise ValueError("a restore without an account was to be carried out")
        name = object_name(found.guid)
        try:
            if restore.status == REMOVED:
                self._session.delete(name, found.distinguished_name)
            else:
                values = {key: [value.encode() for value in given or ()] for key, given in restore.after.items()}
                self._session.modify(name, value_changes(found.attributes, values), found.distinguished_name)
        except ConnectionLost as error:
            return journal.UNKNOWN, restore.failed(error.cause, error.message)
        except LdapError as error:
            if error.result_code in OVERTAKEN:
                reason = (
                    f"{found.distinguished_name} was changed while this task ran, so it is not removed. Run the task "
                    "again."
                )
                return journal.REFUSED, restore.failed("changed_meanwhile", reason)
            return journal.REFUSED, restore.failed(error.cause, error.message)
        return journal.WRITTEN, restore


def _held(undo: Undo, account: AdObject | None) -> Any:
    """Return what an account has now, as the journal keeps it."""
    if account is None:
        return None
    if undo.attribute == ACCOUNT:
        state = account_state(account.distinguished_name, account.attributes)
        removes = isinstance(undo.restore, dict) and OBJECT_GUID in undo.restore
        return {**state, OBJECT_GUID: guid_text(account.guid)} if removes else state
    return journal_value(undo.attribute, texts(account, undo.attribute))


def _conditions(undo: Undo) -> list[str]:
    return [
        filters.equals(UPN, undo.id) if is_made(undo) else filters.equals("objectGUID", parse_guid(undo.id).bytes_le),
        *(condition for address in restored_addresses(undo) for condition in filters.has_address(address)),
    ]


def _entries(restore: AccountRestore, place: tuple[str, str]) -> list[JournalEntry]:
    upn = restore.user_principal_name
    if restore.status == REMOVED:
        # With it, a rollback of this rollback knows whose ImmutableId belongs to the account.
        state = {**restore.state, OBJECT_GUID: restore.guid} if isinstance(restore.state, dict) else restore.state
        return [JournalEntry(upn or "", upn, ACCOUNT, state, None, place)]
    key = guid_text(restore.found.guid) if restore.found else ""
    return [JournalEntry(key, upn, name, restore.before[name], after, place) for name, after in restore.after.items()]
