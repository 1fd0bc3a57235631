# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the plan for mS-DS-ConsistencyGuid. Only this file sends such values."""

from __future__ import annotations

from collections.abc import Sequence

from ..._identity.ad.users import AnchorChange
from ..._identity.core.identities.anchors import CONSISTENCY_GUID, guid_text
from ..._identity.core.interrupted import mark_interrupted
from ..._identity.core.journal import (
    ABORTED,
    REFUSED,
    UNKNOWN,
    WRITTEN,
    JournalEntry,
    JournalError,
    JournalWriter,
    describe_unfinished,
)
from ..._identity.core.records import consistency_text
from ..session.connection import Session
from ..session.errors import CONSTRAINT_VIOLATION, ConnectionLost, LdapError
from ..session.modifications import OVERTAKEN, object_name, value_changes
from ..session.search import read_entry

GROUP = 100
"""Changes that the journal flushes to the disk together. A killed run leaves at most this many open lines."""

# The answers to adding a value if there already is one, and to deleting a value that is no longer there.
_OVERTAKEN = (*OVERTAKEN, CONSTRAINT_VIOLATION)


class AnchorWriter:
    """Sends changes one by one, and journals each before it is sent and after its answer.

    ``place`` is the domain in journal lines. ``yields``: whether a value that another writer sets first is accepted.
    ``warnings`` holds a sentence if the outcome of a change could not be journaled. ``so_far`` says, at any time, what
    happened to the changes.
    """

    def __init__(
        self, session: Session, place: tuple[str, str], journal_writer: JournalWriter | None, yields: bool
    ) -> None:
        self.warnings: list[str] = []
        self._session = session
        self._place = place
        self._journal_writer = journal_writer
        self._yields = yields
        self._stop: tuple[str, str] | None = None
        self._done: list[AnchorChange] = []
        self._open: set[int] = set()

    def write(self, users: Sequence[AnchorChange]) -> list[AnchorChange]:
        """Write the changes and return the users with their outcomes.

        If one write fails, the others go on. If the connection is lost or the journal cannot be written, they stop.

        :raises JournalError: if the open lines of killed runs cannot be settled; nothing was written.
        """
        if self._journal_writer is not None:
            held = {guid_text(user.found.guid): consistency_text(user.before) for user in users if user.found}
            self._journal_writer.settle(self._place, CONSISTENCY_GUID, held)
        self._done = list(users)
        positions = [position for position, user in enumerate(users) if user.changed]
        self._open = set(positions)
        for start in range(0, len(positions), GROUP):
            self._group(positions[start : start + GROUP])
        return self._done

    def so_far(self) -> list[AnchorChange]:
        """Return the users with their outcomes; a change without an outcome yet has failed."""
        return mark_interrupted(self._done, self._open)

    def _group(self, positions: Sequence[int]) -> None:
        users = [self._done[position] for position in positions]
        for position, user, ticket in zip(positions, users, self._begun(users), strict=True):
            if self._stop:
                outcome, word = user.failed(*self._stop), ABORTED
            else:
                outcome, word = self._write(user)
            self._done[position] = outcome
            self._open.discard(position)
            self._complete(ticket, word)

    def _begun(self, users: Sequence[AnchorChange]) -> Sequence[int | None]:
        if self._journal_writer is not None and not self._stop:
            try:
                return self._journal_writer.begin([self._entry(user) for user in users])
            except JournalError as error:
                self._stop = ("journal_failed", error.message)
        return [None] * len(users)

    def _complete(self, ticket: int | None, word: str) -> None:
        if self._journal_writer is None or ticket is None:
            return
        try:
            # At once, so that a killed run leaves as few open lines as possible.
            self._journal_writer.complete({ticket: word})
        except JournalError as error:
            self.warnings = [describe_unfinished(error)]

    def _entry(self, user: AnchorChange) -> JournalEntry:
        account = user.user()
        return JournalEntry(
            str(account.object_guid),
            account.user_principal_name,
            CONSISTENCY_GUID,
            before=consistency_text(user.before),
            after=consistency_text(user.after),
            place=self._place,
        )

    def _write(self, user: AnchorChange) -> tuple[AnchorChange, str]:
        """Write one change and return the user with its outcome, and the outcome for the journal."""
        try:
            self._modify(user)
        except ConnectionLost as error:
            return self._lost(user, error), UNKNOWN
        except LdapError as error:
            word = UNKNOWN if error.result_code is None else REFUSED
            try:
                return self._refused(user, error), word
            except ConnectionLost as lost:
                return self._lost(user, lost), word
            except LdapError as other:
                return user.failed(other.cause, other.message), word
        return user, WRITTEN

    def _modify(self, user: AnchorChange) -> None:
        held = {CONSISTENCY_GUID.lower(): [user.before] if user.before else []}
        changes = value_changes(held, {CONSISTENCY_GUID: [user.after] if user.after else []})
        self._session.modify(_name(user), changes, user.found.user.distinguished_name if user.found else None)

    def _lost(self, user: AnchorChange, error: ConnectionLost) -> AnchorChange:
        self._stop = ("not_tried", "Not tried, because the connection had been lost before. Run the task again.")
        return user.failed(error.cause, error.message)

    def _refused(self, user: AnchorChange, error: LdapError) -> AnchorChange:
        if error.result_code not in _OVERTAKEN:
            return user.failed(error.cause, error.message)
        entry = read_entry(self._session, _name(user), [CONSISTENCY_GUID])
        value = next(iter(entry.attributes.get(CONSISTENCY_GUID.lower(), ())), b"") if entry else user.before
        if value == user.before:
            return user.failed(error.cause, error.message)
        if self._yields or value == user.after:
            return user.overtaken(value)
        return user.failed(
            "changed_meanwhile",
            f"{CONSISTENCY_GUID} of {user.name} became {consistency_text(value) or 'empty'} while this task ran, so "
            "the task did not change it. Find out who changed it, then run the task again.",
        )


def _name(user: AnchorChange) -> str:
    return object_name(user.found.guid) if user.found else ""
