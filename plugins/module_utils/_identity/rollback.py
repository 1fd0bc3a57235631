# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback puts back: the lines of runs, folded to one undo an object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import (
    ABORTED,
    OPEN,
    REFUSED,
    Journal,
    Line,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import folded

LAST, ALL = "last", "all"
"""What ``rollback`` may name beside a run: the newest that is no rollback itself, or everything in the journal."""


@dataclass(frozen=True)
class Undo:
    """Put ``restore`` back on an object, where it holds one of ``expected`` now.

    ``expected`` is more than one value where nobody knows whether the last changes were made.
    """

    id: str
    user_principal_name: str | None
    attribute: str
    expected: tuple[Any, ...]
    restore: Any

    def holds_ours(self, value: Any) -> bool:
        """Whether a value is one that the runs left behind; any other is somebody else's since."""
        return value in self.expected


def chosen_lines(
    journal: Journal, rollback: str, attributes: Sequence[str], place: tuple[str, str | None]
) -> list[Line]:
    """The lines that a rollback is about, of those that changed one of ``attributes``: perhaps none.

    :raises InputError: if the journal has no such run, or the run changed another tenant or domain.
    """
    names = run_names(journal.lines)
    if rollback == LAST:
        names = run_names(line for line in journal.lines if not line.rolls_back)[-1:]
    elif rollback != ALL:
        if rollback not in names:
            raise InputError(f"The journal has no run {rollback!r}; {_shown(names)}")
        names = [rollback]
    lines = [line for line in journal.lines if line.run in names and line.change.attribute in attributes]
    for line in lines:
        if not _same_place(line.change.place, place):
            raise InputError(
                f"Run {line.run!r} changed the {line.change.place[0]} {line.change.place[1]}, and this task is for "
                f"{place[1]}; name the other one, written in the same way, or another run."
            )
    return lines


def undos(lines: Iterable[Line]) -> list[Undo]:
    """One undo an object and attribute, in the order in which the objects were changed first."""
    changes: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.outcome not in (REFUSED, ABORTED):
            changes[folded(line.change.id), line.change.attribute].append(line)
    return [_undo(found) for found in changes.values()]


def run_names(lines: Iterable[Line]) -> list[str]:
    """The runs that lines belong to, in their order."""
    return list(dict.fromkeys(line.run for line in lines))


def _undo(lines: Sequence[Line]) -> Undo:
    first, last = lines[0].change, lines[-1].change
    certain = max((number for number, line in enumerate(lines) if line.outcome not in OPEN), default=0)
    expected = tuple(line.change.after for line in lines[certain:])
    return Undo(first.id, last.user_principal_name, first.attribute, expected, first.before)


def _same_place(one: tuple[str, str | None], other: tuple[str, str | None]) -> bool:
    if one[0] != other[0]:
        return False
    return one[1] is None or other[1] is None or folded(one[1]) == folded(other[1])


def _shown(names: Sequence[str]) -> str:
    if not names:
        return "it is empty."
    shown = ", ".join(names[-5:])
    return f"it has {shown}." if len(names) <= 5 else f"the newest are {shown}."
