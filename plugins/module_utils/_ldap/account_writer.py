# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying a plan of accounts out: one add an account, over several connections, journaled before it is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from ansible_collections.hybrid.identity.plugins.module_utils._identity import journal
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_state import (
    ACCOUNT,
    journal_value,
    planned_state,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_steps import CREATED, Step
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_values import MANAGER, Values
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_lookup import dn_key
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import guid_text
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import Change, Recorder
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.connection import LdapOptions, Session, connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.errors import (
    CONSTRAINT_VIOLATION,
    ConnectionLost,
    LdapError,
)

CONNECTIONS = 4
CHUNK = 25
"""Changes that are journaled, and whose passwords are kept, together before the first of them is sent."""


class _Lost(IdentityError):
    """A connection is gone, and with it what was under way on it."""

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message, cause=cause)


class Keeper(Protocol):
    """Who keeps the passwords of new accounts."""

    def keep(self, passwords: Mapping[str, str]) -> None:
        """Have passwords, by UPN, on the disk before this returns."""


@dataclass
class Writer:
    """``new_password`` gives each new account its password; ``broken`` is what ended the run before its end."""

    options: LdapOptions
    domain: str
    new_password: Callable[[Step], str]
    must_change: bool = False
    recorder: Recorder | None = None
    keeper: Keeper | None = None
    broken: IdentityError | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, session: Session, steps: Sequence[Step]) -> list[Step]:
        """The steps as they came out: first all accounts, then the managers that did not exist before."""
        done = list(steps)
        self._all(session, done, [place for place, step in enumerate(done) if step.changes and _now(step)], _now)
        made = {dn_key(step.dn) for step in done if step.status == CREATED and step.dn}
        later = [place for place, step in enumerate(done) if step.changes and step.manager]
        orphans = [place for place in later if dn_key(done[place].manager or "") not in made]
        for place in orphans:
            done[place] = done[place].without_manager("the manager's account could not be made")
        self._all(session, done, [place for place in later if place not in set(orphans)], _later)
        return done

    def _all(self, session: Session, done: list[Step], places: Sequence[int], part: Callable[[Step], Values]) -> None:
        chunks = iter([places[start : start + CHUNK] for start in range(0, len(places), CHUNK)])
        if len(places) <= CHUNK:
            self._worker(session, chunks, done, part)
            return
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            more = [pool.submit(self._own, chunks, done, part) for _number in range(CONNECTIONS - 1)]
            self._worker(session, chunks, done, part)
            for future in more:
                future.result()

    def _own(self, chunks: Iterator[Sequence[int]], done: list[Step], part: Callable[[Step], Values]) -> None:
        # Where it cannot be opened, the other connections do its part.
        with suppress(LdapError), connected(self.options) as session:
            self._worker(session, chunks, done, part)

    def _worker(
        self, session: Session, chunks: Iterator[Sequence[int]], done: list[Step], part: Callable[[Step], Values]
    ) -> None:
        while True:
            with self._lock:
                chunk = next(chunks, None)
            if chunk is None:
                return
            try:
                self._chunk(session, chunk, done, part)
            except IdentityError as error:
                with self._lock:
                    self.broken = self.broken or error

    def _chunk(self, session: Session, chunk: Sequence[int], done: list[Step], part: Callable[[Step], Values]) -> None:
        unsent = list(chunk)
        tickets: dict[int, list[int]] = {}
        outcomes: dict[int, str] = {}
        try:
            if self.broken:
                raise self.broken
            passwords = self._passwords([done[place] for place in chunk], part)
            tickets = self._begin(chunk, done, part)
            while unsent:
                place = unsent.pop(0)
                outcome = self._outcome(session, place, done, part, passwords.get(done[place].wish.upn))
                outcomes.update(dict.fromkeys(tickets.get(place, ()), outcome))
                if outcome == journal.UNKNOWN:
                    raise _Lost(done[place].reason or "", done[place].cause or "connection_lost")
        finally:
            _give_up(done, unsent, part)
            outcomes.update({ticket: journal.ABORTED for place in unsent for ticket in tickets.get(place, ())})
            if self.recorder and outcomes:
                self.recorder.complete(outcomes)

    def _outcome(
        self, session: Session, place: int, done: list[Step], part: Callable[[Step], Values], password: str | None
    ) -> str:
        step = done[place]
        try:
            self._one(session, step, part, password)
        except LdapError as error:
            done[place] = _failed(step, part, error)
            return journal.UNKNOWN if isinstance(error, ConnectionLost) else journal.REFUSED
        return journal.WRITTEN

    def _passwords(self, steps: Sequence[Step], part: Callable[[Step], Values]) -> dict[str, str]:
        passwords = {step.wish.upn: self.new_password(step) for step in steps if _is_new(step, part)}
        if passwords and self.keeper:
            self.keeper.keep(passwords)
        return passwords

    def _begin(
        self, chunk: Sequence[int], done: Sequence[Step], part: Callable[[Step], Values]
    ) -> dict[int, list[int]]:
        """Journal the changes of each step; the tickets by place."""
        if self.recorder is None:
            return {}
        changes = {place: _changes(done[place], part, self.domain) for place in chunk}
        tickets = iter(self.recorder.begin([change for own in changes.values() for change in own]))
        return {place: [next(tickets) for _change in own] for place, own in changes.items()}

    def _one(self, session: Session, step: Step, part: Callable[[Step], Values], password: str | None) -> None:
        import ldap3

        values = {name: [value.encode() for value in given] for name, given in part(step).items()}
        if password is None:
            name = step.found.distinguished_name if step.found else step.dn or ""
            session.modify(name, {key: [(ldap3.MODIFY_REPLACE, given)] for key, given in values.items()})
            return
        # facts §13: quoted, in UTF-16LE, and in the add itself, so that there is never an account without one.
        values["unicodePwd"] = [f'"{password}"'.encode("utf-16-le")]
        if self.must_change:
            values["pwdLastSet"] = [b"0"]
        session.add(step.dn or "", "user", values)


def _now(step: Step) -> Values:
    """What is written in the first pass."""
    return {name: values for name, values in step.after.items() if name != MANAGER or not step.manager}


def _later(step: Step) -> Values:
    return {MANAGER: (step.manager,)} if step.manager else {}


def _is_new(step: Step, part: Callable[[Step], Values]) -> bool:
    return part is _now and step.status == CREATED


def _changes(step: Step, part: Callable[[Step], Values], domain: str) -> list[Change]:
    place = ("domain", domain)
    if _is_new(step, part):
        # Its GUID is the directory's to give, so the account goes by its UPN.
        return [Change(step.wish.upn, step.wish.upn, ACCOUNT, None, planned_state(step), place)]
    key = guid_text(step.guid) if step.guid else step.wish.upn
    return [
        Change(
            key, step.wish.upn, name, journal_value(name, step.before.get(name, ())), journal_value(name, values), place
        )
        for name, values in part(step).items()
    ]


def _failed(step: Step, part: Callable[[Step], Values], error: LdapError) -> Step:
    if part is _later:
        return step.without_manager(error.message)
    if error.result_code == CONSTRAINT_VIOLATION and step.status == CREATED:
        return step.failed(
            "constraint_violation",
            f"The directory refuses the password or another value of {step.wish.upn}: {error.message} Check the "
            "domain's password rules.",
        )
    return step.failed(error.cause, error.message)


def _give_up(done: list[Step], unsent: Sequence[int], part: Callable[[Step], Values]) -> None:
    """Mark what was not sent any more."""
    reason = "Not tried, because the run was ended before; run the task again."
    for place in unsent:
        step = done[place]
        done[place] = step.without_manager(reason) if part is _later else step.failed("not_tried", reason)
