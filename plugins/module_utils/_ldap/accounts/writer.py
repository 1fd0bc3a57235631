# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a plan of accounts: one add for each account, over several connections, each journaled before it is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from ..._identity.accounts.changes import CREATED, AccountChange
from ..._identity.accounts.state import ACCOUNT, journal_value, planned_state
from ..._identity.accounts.values import MANAGER, Values
from ..._identity.core import journal
from ..._identity.core.errors import IdentityError, UnexpectedError
from ..._identity.core.identities.anchors import guid_text
from ..._identity.core.identities.distinguished_names import dn_key
from ..._identity.core.interrupted import INTERRUPTED, INTERRUPTED_REASON
from ..._identity.core.journal import JournalEntry, JournalWriter
from ..session.connection import Session, connected
from ..session.errors import CONSTRAINT_VIOLATION, ConnectionLost, LdapError
from ..session.modifications import OVERTAKEN, object_name, value_changes
from ..session.options import LdapOptions

CONNECTIONS = 4
CHUNK = 25
"""The number of changes that are journaled before the first of them is sent."""


class _Lost(IdentityError):
    """A connection was lost, and whether its last change was made is unknown."""

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message, cause=cause)


class Keeper(Protocol):
    """Saves the passwords of new accounts."""

    def keep(self, passwords: Mapping[str, str]) -> None:
        """Write passwords, by UPN, to the disk before returning."""


@dataclass
class AccountWriter:
    """Writes accounts to the directory.

    ``place`` is the domain in journal lines. ``new_password`` gives each new account its password. ``broken`` is the
    error that stopped the run, if any.
    """

    options: LdapOptions
    place: tuple[str, str]
    new_password: Callable[[AccountChange], str]
    must_change: bool = False
    journal_writer: JournalWriter | None = None
    keeper: Keeper | None = None
    broken: IdentityError | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _passwords: dict[str, str] = field(default_factory=dict, repr=False)

    def write(self, session: Session, changes: Sequence[AccountChange]) -> list[AccountChange]:
        """Write the changes and return them with their outcomes.

        All passwords are saved first. Then all accounts are written, then the managers that did not exist before.

        :raises IdentityError: if the passwords cannot be saved; nothing was written.
        """
        done = list(changes)
        self._passwords = {change.request.upn: self.new_password(change) for change in done if change.status == CREATED}
        if self._passwords and self.keeper:
            self.keeper.keep(self._passwords)
        self._all(session, done, [place for place, change in enumerate(done) if change.changed and _now(change)], _now)
        made = {dn_key(change.dn) for change in done if change.status == CREATED and change.dn}
        later = [place for place, change in enumerate(done) if change.changed and change.manager]
        orphans = [place for place in later if dn_key(done[place].manager or "") not in made]
        for place in orphans:
            done[place] = done[place].without_manager("the account of the manager could not be created")
        self._all(session, done, [place for place in later if place not in set(orphans)], _later)
        return done

    def _all(
        self,
        session: Session,
        done: list[AccountChange],
        places: Sequence[int],
        part: Callable[[AccountChange], Values],
    ) -> None:
        chunks = iter([places[start : start + CHUNK] for start in range(0, len(places), CHUNK)])
        if len(places) <= CHUNK:
            self._worker(session, chunks, done, part)
            return
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            more = [pool.submit(self._own, chunks, done, part) for _number in range(CONNECTIONS - 1)]
            self._worker(session, chunks, done, part)
            for future in more:
                future.result()

    def _own(
        self, chunks: Iterator[Sequence[int]], done: list[AccountChange], part: Callable[[AccountChange], Values]
    ) -> None:
        # If it cannot be opened, the other connections do its work.
        with suppress(LdapError), connected(self.options) as session:
            self._worker(session, chunks, done, part)

    def _worker(
        self,
        session: Session,
        chunks: Iterator[Sequence[int]],
        done: list[AccountChange],
        part: Callable[[AccountChange], Values],
    ) -> None:
        while True:
            with self._lock:
                chunk = next(chunks, None)
            if chunk is None:
                return
            try:
                self._chunk(session, chunk, done, part)
            except Exception as error:  # noqa: BLE001 - it ends the other connections' work too
                with self._lock:
                    self.broken = self.broken or (error if isinstance(error, IdentityError) else UnexpectedError(error))

    def _chunk(
        self, session: Session, chunk: Sequence[int], done: list[AccountChange], part: Callable[[AccountChange], Values]
    ) -> None:
        unsent = list(chunk)
        tickets: dict[int, list[int]] = {}
        outcomes: dict[int, str] = {}
        try:
            if self.broken:
                raise self.broken
            tickets = self._begin(chunk, done, part)
            while unsent:
                place = unsent.pop(0)
                outcome = self._outcome(session, place, done, part)
                outcomes.update(dict.fromkeys(tickets.get(place, ()), outcome))
                if outcome == journal.UNKNOWN:
                    raise _Lost(done[place].reason or "", done[place].cause or "connection_lost")
        finally:
            _give_up(done, unsent, part)
            outcomes.update({ticket: journal.ABORTED for place in unsent for ticket in tickets.get(place, ())})
            if self.journal_writer and outcomes:
                self.journal_writer.complete(outcomes)

    def _outcome(
        self,
        session: Session,
        place: int,
        done: list[AccountChange],
        part: Callable[[AccountChange], Values],
    ) -> str:
        change = done[place]
        try:
            self._one(session, change, part)
        except LdapError as error:
            done[place] = _failed(change, part, error)
            return journal.UNKNOWN if isinstance(error, ConnectionLost) else journal.REFUSED
        except Exception as error:
            done[place] = (
                change.without_manager(INTERRUPTED_REASON)
                if part is _later
                else change.failed(INTERRUPTED, INTERRUPTED_REASON)
            )
            raise UnexpectedError(error) from error
        return journal.WRITTEN

    def _begin(
        self, chunk: Sequence[int], done: Sequence[AccountChange], part: Callable[[AccountChange], Values]
    ) -> dict[int, list[int]]:
        """Write the journal lines of each change and return their tickets by the change's place in ``done``."""
        if self.journal_writer is None:
            return {}
        entries = {place: _entries(done[place], part, self.place) for place in chunk}
        tickets = iter(self.journal_writer.begin([entry for own in entries.values() for entry in own]))
        return {place: [next(tickets) for _entry in own] for place, own in entries.items()}

    def _one(self, session: Session, change: AccountChange, part: Callable[[AccountChange], Values]) -> None:
        values = {name: [value.encode() for value in given] for name, given in part(change).items()}
        if not _is_new(change, part):
            if change.found:
                changes = value_changes(change.found.attributes, values)
                session.modify(object_name(change.found.guid), changes, change.found.distinguished_name)
            else:
                # A new account gets its manager, under the name that this run gave it.
                session.modify(change.dn or "", value_changes({}, values))
            return
        # facts §13: quoted, in UTF-16LE, and part of the add, so that an account never exists without a password.
        values["unicodePwd"] = [f'"{self._passwords[change.request.upn]}"'.encode("utf-16-le")]
        if self.must_change:
            values["pwdLastSet"] = [b"0"]
        session.add(change.dn or "", "user", values)


def _now(change: AccountChange) -> Values:
    """Return the values that are written in the first pass."""
    return {name: values for name, values in change.after.items() if name != MANAGER or not change.manager}


def _later(change: AccountChange) -> Values:
    return {MANAGER: (change.manager,)} if change.manager else {}


def _is_new(change: AccountChange, part: Callable[[AccountChange], Values]) -> bool:
    return part is _now and change.status == CREATED


def _entries(
    change: AccountChange, part: Callable[[AccountChange], Values], where: tuple[str, str]
) -> list[JournalEntry]:
    if _is_new(change, part):
        # The directory chooses the GUID, so the journal names the account by its UPN.
        return [JournalEntry(change.request.upn, change.request.upn, ACCOUNT, None, planned_state(change), where)]
    key = guid_text(change.guid) if change.guid else change.request.upn
    return [
        JournalEntry(
            key,
            change.request.upn,
            name,
            journal_value(name, change.before.get(name, ())),
            journal_value(name, values),
            where,
        )
        for name, values in part(change).items()
    ]


def _failed(change: AccountChange, part: Callable[[AccountChange], Values], error: LdapError) -> AccountChange:
    if part is _later:
        return change.without_manager(error.message)
    if error.result_code in OVERTAKEN:
        return change.failed(
            "changed_meanwhile",
            f"The account of {change.request.upn} was changed while this task ran, so nothing was written to it. Run "
            "the task again; it reads the account again.",
        )
    if error.result_code == CONSTRAINT_VIOLATION and change.status == CREATED:
        return change.failed(
            "constraint_violation",
            f"The directory refuses the password or another value of {change.request.upn}: {error.message} Check the "
            "domain's password rules.",
        )
    return change.failed(error.cause, error.message)


def _give_up(done: list[AccountChange], unsent: Sequence[int], part: Callable[[AccountChange], Values]) -> None:
    """Mark the changes that were not sent."""
    reason = "Not tried, because the run had ended before. Run the task again."
    for place in unsent:
        change = done[place]
        done[place] = change.without_manager(reason) if part is _later else change.failed("not_tried", reason)
