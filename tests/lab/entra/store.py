# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant in memory: objects by kind and key, indexes over active users, and what a lagging replica still sees.

A user is a flat dict of Graph properties (only those that hold a value, `deletedDateTime` when in the recycle bin),
plus `lab`: what Graph v1.0 does not show on a user (`roles`, `eligibleRoles`, `isCloudManaged`,
`onPremisesObjectIdentifier` (beta only, facts §2), `immutableIdFrom`). Records are never changed in place.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from .journal import Entry, Journal
from .lag import Lag, Record

KINDS = ("organization", "domain", "app", "group", "contact", "switches", "anchors", "settings", "user")


def index_keys(record: Record) -> list[tuple[str, str]]:
    """(property, key) pairs under which an active user is found.

    facts §1: ImmutableIds are case-sensitive; addresses and names are not. facts §2 "Uniqueness in Entra" names them.
    """
    keys: list[tuple[str, str]] = []
    for name in ("userPrincipalName", "mail", "onPremisesSecurityIdentifier"):
        if record.get(name):
            keys.append((name, record[name].lower()))
    if record.get("onPremisesImmutableId"):
        keys.append(("onPremisesImmutableId", record["onPremisesImmutableId"]))
    keys.extend(("proxyAddresses", address.lower()) for address in record.get("proxyAddresses") or [])
    return keys


class Store:
    """All state that survives a kill."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._objects: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        self.active: list[str] = []
        self.deleted: list[str] = []
        self._index: dict[tuple[str, str], set[str]] = {}
        self.lag = Lag()

    def open(self) -> bool:
        """Read the journal and compact it; False when there was nothing in it."""
        entries = list(self._journal.load())
        self._apply(entries)
        self._journal.rewrite(self._entries())
        return bool(entries)

    def close(self) -> None:
        self._journal.close()

    def of(self, kind: str) -> dict[str, Any]:
        """The objects of one kind, by key. Read only."""
        return self._objects[kind]

    @property
    def users(self) -> dict[str, Record]:
        """Active and deleted users by id. Read only."""
        return self._objects["user"]

    def put(self, kind: str, key: str, value: Any) -> None:
        """Store `value` (None: remove it). On return the write survives a kill of this process."""
        self.put_many([(kind, key, value)])

    def put_many(self, entries: list[Entry]) -> None:
        """Several `put` in one write."""
        self._journal.append(entries)
        self._apply(entries)

    def replace_all(self, entries: Iterable[Entry]) -> None:
        """Forget everything and hold `entries`."""
        entries = list(entries)
        self._objects = {kind: {} for kind in KINDS}
        self.active, self.deleted, self._index = [], [], {}
        self.lag.clear()
        self._apply(entries)
        self._journal.rewrite(self._entries())

    def _entries(self) -> Iterable[Entry]:
        return ((kind, key, value) for kind, held in self._objects.items() for key, value in held.items())

    def _apply(self, entries: list[Entry]) -> None:
        users = [entry for entry in entries if entry[0] == "user"]
        for kind, key, value in entries:
            if kind == "user":
                continue
            if value is None:
                self._objects[kind].pop(key, None)
            else:
                self._objects[kind][key] = value
        if len(users) > 1000:
            for _kind, key, value in users:
                self._set_user(key, value, ordered=False)
            self.active = sorted(key for key, user in self.users.items() if not user.get("deletedDateTime"))
            self.deleted = sorted(key for key, user in self.users.items() if user.get("deletedDateTime"))
        else:
            for _kind, key, value in users:
                self._set_user(key, value, ordered=True)

    def _set_user(self, key: str, record: Record | None, ordered: bool) -> None:
        old = self.users.get(key)
        self.lag.remember(key, old)
        old_keys = set(index_keys(old)) if old and not old.get("deletedDateTime") else set()
        new_keys = set(index_keys(record)) if record and not record.get("deletedDateTime") else set()
        for pair in old_keys - new_keys:
            held = self._index[pair]
            held.discard(key)
            if not held:
                del self._index[pair]
        for pair in new_keys - old_keys:
            self._index.setdefault(pair, set()).add(key)
        if ordered:
            self._reorder(key, old, record)
        if record is None:
            self.users.pop(key, None)
        else:
            self.users[key] = record

    def _reorder(self, key: str, old: Record | None, record: Record | None) -> None:
        was = None if old is None else self.deleted if old.get("deletedDateTime") else self.active
        now = None if record is None else self.deleted if record.get("deletedDateTime") else self.active
        if was is now:
            return
        if was is not None:
            del was[bisect.bisect_left(was, key)]
        if now is not None:
            bisect.insort(now, key)

    def holders(self, name: str, key: str) -> set[str]:
        """Ids of the active users indexed under (`name`, `key`); the key in the form of `index_keys`."""
        return self._index.get((name, key), set())

    @contextmanager
    def hidden_for(self, reads: int) -> Iterator[None]:
        """What is written inside is missed by so many reads of a user: a service that is slow to show it."""
        by_key, lists = self.lag.by_key, self.lag.lists
        self.lag.by_key, self.lag.lists = reads, max(lists, reads)
        try:
            yield
        finally:
            self.lag.by_key, self.lag.lists = by_key, lists

    def view(self, reading: set[str], deleted: bool = False, by_key: bool = False) -> View:
        """What reads see. Lists and filters may be behind where `by_key` is not (facts §1, last table row).

        `reading` gets the ids of the users that were shown as they were: `Lag.count` takes them after the request.
        """
        return View(self, reading, deleted, self.lag.seen(by_key))


class View:
    """Active or deleted users as one read sees them."""

    def __init__(self, store: Store, reading: set[str], deleted: bool, overrides: dict[str, Record | None]) -> None:
        self._store = store
        self._reading = reading
        self._deleted = deleted
        self._overrides = overrides

    @property
    def is_indexed(self) -> bool:
        """Whether `candidates` may be used: the recycle bin has no index."""
        return not self._deleted

    def get(self, key: str) -> Record | None:
        """The record as this view sees it, or None when it is not in it."""
        if key in self._overrides:
            self._reading.add(key)
            record = self._overrides[key]
        else:
            record = self._store.users.get(key)
        if record is None or bool(record.get("deletedDateTime")) is not self._deleted:
            return None
        return record

    def ids(self) -> list[str]:
        """Sorted ids."""
        base = self._store.deleted if self._deleted else self._store.active
        if not self._overrides:
            return base
        return sorted(key for key in {*base, *self._overrides} if self.get(key) is not None)

    def candidates(self, pairs: Iterable[tuple[str, str]]) -> list[str]:
        """Sorted ids of a superset of the users that hold one of the (property, key) pairs; active users only."""
        wanted = set(pairs)
        found = {key for key, old in self._overrides.items() if old and wanted.intersection(index_keys(old))}
        for name, key in wanted:
            if name == "id":
                found.add(key)
            else:
                found |= self._store.holders(name, key)
        return sorted(key for key in found if self.get(key) is not None)
