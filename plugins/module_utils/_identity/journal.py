# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of changes: its lines, as bytes and as values.

JSON Lines, one line a change. A line is in the file before its change is sent; what came of the change is filled in
later, in place, which is why every outcome has seven letters and stands at the line's end. All of it is ASCII.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError

PENDING, WRITTEN, REFUSED, UNKNOWN, ABORTED = "pending", "written", "refused", "unknown", "aborted"
OUTCOMES = (PENDING, WRITTEN, REFUSED, UNKNOWN, ABORTED)
"""Perhaps sent; done; the service said no; sent without an answer; found later to have had no effect."""

OPEN = (PENDING, UNKNOWN)
"""Outcomes after which only the directory itself can tell whether the change was made."""

PLACES = ("tenant", "domain")
"""The key that says where an object lives: an Entra tenant, or the distinguished name of an AD domain."""

OUTCOME_WIDTH = 7
_TAIL = '"}\n'
_START = '{"time":"'


class JournalError(IdentityError):
    """A journal cannot be read or written; nothing is changed without one that was asked for."""


@dataclass(frozen=True)
class Change:
    """One value that is about to change. ``before`` and ``after`` are JSON values; ``place`` is one of PLACES."""

    id: str
    user_principal_name: str | None
    attribute: str
    before: Any
    after: Any
    place: tuple[str, str | None]


@dataclass(frozen=True)
class Line:
    """A change as it stands in a journal; ``position`` is the byte at which its outcome begins."""

    time: str
    run: str
    rolls_back: tuple[str, ...]
    change: Change
    outcome: str
    position: int


@dataclass(frozen=True)
class Journal:
    """The lines of a journal in their order, and how many there are that a killed run left unfinished: never sent."""

    lines: Sequence[Line]
    torn: int = 0


class Recorder(Protocol):
    """Who writes a journal. A ticket stands for one line."""

    @property
    def run(self) -> str:
        """The name of this run."""

    def begin(self, changes: Sequence[Change]) -> list[int]:
        """Put changes on the disk as pending, before they are sent, and give the tickets of their lines.

        :raises JournalError: if that cannot be; the changes must not be sent then.
        """

    def complete(self, outcomes: Mapping[int, str]) -> None:
        """Fill in what came of changes, by ticket.

        :raises JournalError: if that cannot be.
        """

    def settle(self, attribute: str, values: Mapping[str, Any]) -> None:
        """Fill in what came of the changes of runs that died, from what ``values`` says that the objects hold now."""


def unfinished(error: JournalError) -> str:
    """The warning where what came of changes could not be filled in."""
    return (
        f"{error.message} What came of the last changes is missing there: they read as pending, until another run with "
        "this journal looks at these users."
    )


def encoded(run: str, rolls_back: Sequence[str], changes: Iterable[Change]) -> list[bytes]:
    """The lines of pending changes."""
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    undone = {"rolls_back": list(rolls_back)} if rolls_back else {}
    return [
        _encoded(
            {
                "time": now,
                "run": run,
                **undone,
                change.place[0]: change.place[1],
                "id": change.id,
                "user_principal_name": change.user_principal_name,
                "attribute": change.attribute,
                "before": change.before,
                "after": change.after,
                "outcome": PENDING,
            }
        )
        for change in changes
    ]


def _encoded(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"


def outcome_offset(line: bytes) -> int:
    """Where in a line its outcome begins."""
    return len(line) - len(_TAIL) - OUTCOME_WIDTH


def decoded(content: bytes, name: str) -> Journal:
    """Read a journal; ``name`` is what errors call it.

    :raises JournalError: if a line is neither whole nor the beginning of one.
    """
    lines: list[Line] = []
    torn = 0
    start = 0
    for number, raw in enumerate(content.splitlines(keepends=True), start=1):
        line = _decoded(raw, start)
        if line is not None:
            lines.append(line)
        elif _is_torn(raw):
            torn += 1
        else:
            raise JournalError(
                f"Line {number} of {name} is no line of a journal; restore the file from a copy, or name another one."
            )
        start += len(raw)
    return Journal(lines, torn)


def _decoded(raw: bytes, start: int) -> Line | None:
    try:
        values = json.loads(raw)
        place = next((key, values[key]) for key in PLACES if key in values)
        change = Change(
            id=values["id"],
            user_principal_name=values["user_principal_name"],
            attribute=values["attribute"],
            before=values["before"],
            after=values["after"],
            place=place,
        )
        outcome = values["outcome"]
        if not raw.endswith(f"{outcome}{_TAIL}".encode("ascii")) or outcome not in OUTCOMES:
            return None
        undone = tuple(values.get("rolls_back", ()))
        return Line(values["time"], values["run"], undone, change, outcome, start + outcome_offset(raw))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return None


def _is_torn(raw: bytes) -> bool:
    """Whether this is what a kill or a power cut leaves of a line: its beginning, or nothing, and perhaps zeros."""
    text = raw.rstrip(b"\n").rstrip(b"\0")
    beginning = text.startswith(_START.encode("ascii")) or _START.encode("ascii").startswith(text)
    return beginning and not (raw.endswith(b"\n") and text.endswith(_TAIL.rstrip().encode("ascii")))
