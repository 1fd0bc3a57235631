# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's store without its file: thousands of estates, each for the length of a test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.entra.journal import Entry, Journal


class Memory(Journal):
    """A journal that keeps nothing."""

    def __init__(self) -> None:
        pass

    def load(self) -> Iterator[Entry]:
        return iter(())

    def append(self, entries: Iterable[Entry]) -> None:
        pass

    def rewrite(self, entries: Iterable[Entry]) -> None:
        pass

    def close(self) -> None:
        pass
