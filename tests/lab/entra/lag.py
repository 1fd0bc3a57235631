# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replica that lags: what reads do not see yet of a write.

The lag counts reads, so that a test says when a write is seen, whatever the speed of the machine. A read is one HTTP
request, a `$batch` with all its items included: it counts for each user that it would have shown otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass
class _Hidden:
    """One write: what the user was before, and how many reads still see that; `by_key` reads and lists apart."""

    before: Record | None
    by_key: int
    lists: int


class Lag:
    """What is still hidden, by the id of the user. `by_key`, `lists`: how many reads miss a write from now on."""

    def __init__(self) -> None:
        self.by_key = 0
        self.lists = 0
        self._hidden: dict[str, list[_Hidden]] = {}

    def limit(self, by_key: int, lists: int) -> None:
        """No write stays hidden for more reads than these."""
        for writes in self._hidden.values():
            for write in writes:
                write.by_key, write.lists = min(write.by_key, by_key), min(write.lists, lists)
        self._forget(list(self._hidden))

    def clear(self) -> None:
        self._hidden.clear()

    def remember(self, key: str, before: Record | None) -> None:
        """Somebody writes a user that was `before`, None where it did not exist."""
        if self.by_key or self.lists:
            self._hidden.setdefault(key, []).append(_Hidden(before, self.by_key, self.lists))

    def seen(self, by_key: bool) -> dict[str, Record | None]:
        """The users that a read sees as they were, by id."""
        found: dict[str, Record | None] = {}
        for key, writes in self._hidden.items():
            for write in writes:
                if write.by_key if by_key else write.lists:
                    found[key] = write.before
                    break
        return found

    def count(self, keys: Iterable[str]) -> None:
        """One read of each of these users was answered."""
        keys = [key for key in keys if key in self._hidden]
        for key in keys:
            for write in self._hidden[key]:
                write.by_key, write.lists = max(0, write.by_key - 1), max(0, write.lists - 1)
        self._forget(keys)

    def _forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            left = [write for write in self._hidden[key] if write.by_key or write.lists]
            if left:
                self._hidden[key] = left
            else:
                del self._hidden[key]
