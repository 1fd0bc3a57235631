# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback puts back: the journal lines of runs, combined into one undo for each attribute of an object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import InputError
from .identities.comparison import entra_key
from .journal import ABORTED, OPEN, REFUSED, Line

LAST = "last"
"""In place of the name of a run: the newest run that is not itself a rollback."""


@dataclass(frozen=True)
class Undo:
    """What to put back on one attribute of an object: ``restore``, if it holds one of ``expected`` now.

    ``expected`` has more than one value if it is unknown whether the last changes were made.
    """

    id: str
    user_principal_name: str | None
    attribute: str
    expected: tuple[Any, ...]
    restore: Any

    def holds_ours(self, value: Any) -> bool:
        """Return whether a value is one that the runs left. Any other value is a later change by another writer."""
        return value in self.expected


def check_place(lines: Iterable[Line], place: tuple[str, str]) -> None:
    """Check that all lines are about objects of one tenant or domain.

    ``place`` is its kind and its id: the ``tid`` of the token, or the objectGUID of the domain. A line without an id
    fits no place.

    :raises InputError: if a line is about another tenant or domain.
    """
    for line in lines:
        kind, own = line.entry.place
        if kind != place[0] or not isinstance(own, str) or own.lower() != place[1].lower():
            raise InputError(
                f"Run {line.run!r} changed the {kind} {own or 'without an id'}, but this task is connected to the "
                f"{place[0]} {place[1]}. Change the connection, or choose another run."
            )


def build_undos(lines: Iterable[Line]) -> list[Undo]:
    """Return one undo for each attribute of an object, in the order of their first changes."""
    entries: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.outcome not in (REFUSED, ABORTED):
            entries[entra_key(line.entry.id), line.entry.attribute].append(line)
    return [_undo(found) for found in entries.values()]


def _undo(lines: Sequence[Line]) -> Undo:
    first, last = lines[0].entry, lines[-1].entry
    certain = max((number for number, line in enumerate(lines) if line.outcome not in OPEN), default=0)
    expected = tuple(line.entry.after for line in lines[certain:])
    return Undo(first.id, last.user_principal_name, first.attribute, expected, first.before)
