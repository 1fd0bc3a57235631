# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the plan for mS-DS-ConsistencyGuid: the one place where such values are sent."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import CONSISTENCY_GUID, guid_text
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import (
    ABORTED,
    REFUSED,
    UNKNOWN,
    WRITTEN,
    Change,
    JournalError,
    Recorder,
    unfinished,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import consistency_text, record_name
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.connection import Session
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.errors import (
    ATTRIBUTE_OR_VALUE_EXISTS,
    CONSTRAINT_VIOLATION,
    NO_SUCH_ATTRIBUTE,
    ConnectionLost,
    LdapError,
)
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.search import read_entry

GROUP = 100
"""Changes that a journal flushes to the disk together; a kill leaves at most so many lines to be settled."""

# An add where a value is, and a delete of a value that is not there any more.
_OVERTAKEN = (NO_SUCH_ATTRIBUTE, CONSTRAINT_VIOLATION, ATTRIBUTE_OR_VALUE_EXISTS)


class Stamper:
    """Sends changes one by one, and tells a journal of each before and after.

    ``yields``: whether a value that somebody else writes first is as good. ``warnings`` holds a sentence once the
    journal could not take what came of a change.
    """

    def __init__(self, session: Session, domain: str, recorder: Recorder | None, yields: bool) -> None:
        self.warnings: list[str] = []
        self._session = session
        self._place = ("domain", domain)
        self._recorder = recorder
        self._yields = yields
        self._stop: tuple[str, str] | None = None

    def written(self, users: Sequence[AdUser]) -> list[AdUser]:
        """The users after the writes. What fails for one is that user's; a lost connection ends it for the rest.

        :raises JournalError: if the journal cannot be brought up to date first; nothing was written.
        """
        if self._recorder is not None:
            held = {guid_text(user.found.guid): consistency_text(user.before) for user in users if user.found}
            self._recorder.settle(CONSISTENCY_GUID, held)
        done = list(users)
        positions = [position for position, user in enumerate(users) if user.changes]
        for start in range(0, len(positions), GROUP):
            group = positions[start : start + GROUP]
            outcomes = self._group([users[position] for position in group])
            for position, outcome in zip(group, outcomes, strict=True):
                done[position] = outcome
        return done

    def _group(self, users: Sequence[AdUser]) -> list[AdUser]:
        tickets = self._begun(users)
        done = []
        for user, ticket in zip(users, tickets, strict=True):
            if self._stop:
                outcome, word = user.failed(*self._stop), ABORTED
            else:
                outcome, word = self._write(user)
            self._complete(ticket, word)
            done.append(outcome)
        return done

    def _begun(self, users: Sequence[AdUser]) -> Sequence[int | None]:
        if self._recorder is not None and not self._stop:
            try:
                return self._recorder.begin([self._change(user) for user in users])
            except JournalError as error:
                self._stop = ("journal_failed", error.message)
        return [None] * len(users)

    def _complete(self, ticket: int | None, word: str) -> None:
        if self._recorder is None or ticket is None:
            return
        try:
            # At once: what a kill finds completed needs no settling.
            self._recorder.complete({ticket: word})
        except JournalError as error:
            self.warnings = [unfinished(error)]

    def _change(self, user: AdUser) -> Change:
        record = user.result()
        return Change(
            str(record["object_guid"]),
            record["user_principal_name"],
            CONSISTENCY_GUID,
            before=record["before"],
            after=record["after"],
            place=self._place,
        )

    def _write(self, user: AdUser) -> tuple[AdUser, str]:
        """What became of the user, and what a journal says of the change."""
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

    def _modify(self, user: AdUser) -> None:
        import ldap3

        # Never a replace: the directory itself refuses it where the value is not what was read.
        changes = [(ldap3.MODIFY_DELETE, [user.before])] if user.before else []
        changes += [(ldap3.MODIFY_ADD, [user.after])] if user.after else []
        self._session.modify(_name(user), {CONSISTENCY_GUID: changes})

    def _lost(self, user: AdUser, error: ConnectionLost) -> AdUser:
        self._stop = ("not_tried", "Not tried, because the connection was lost before; run the task again.")
        return user.failed(error.cause, error.message)

    def _refused(self, user: AdUser, error: LdapError) -> AdUser:
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
            f"{CONSISTENCY_GUID} of {record_name(user.result())} became {consistency_text(value) or 'empty'} while "
            "this task ran, and stays so; find out who did it, then run the task again.",
        )


def _name(user: AdUser) -> str:
    return user.found.distinguished_name if user.found else ""
