# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of the changes of a task that stopped in the middle."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Protocol, Self, TypeVar

INTERRUPTED = "interrupted"
"""The cause of a change whose outcome is not known, because the task met an exception that it does not know."""

INTERRUPTED_REASON = (
    "The task stopped before or during this change, so it is unknown whether the change was made. Run the task again; "
    "it makes the change if it is missing."
)


class Change(Protocol):
    """A change of one user."""

    def failed(self, cause: str, reason: str) -> Self:
        """Return the same change as failed."""


C = TypeVar("C", bound=Change)


def mark_interrupted(changes: Sequence[C], unfinished: Container[int]) -> list[C]:
    """Return the changes; those at the positions ``unfinished``, which have no outcome yet, have failed."""
    return [
        change.failed(INTERRUPTED, INTERRUPTED_REASON) if position in unfinished else change
        for position, change in enumerate(changes)
    ]
