# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of changes: its lines, as bytes and as values.

The format is JSON Lines in ASCII, with one line for each change. A line is in the file before its change is sent. The
outcome is filled in later, in place, so each outcome has seven letters and stands at the end of the line. Before it, a
change in Entra ID has room for the id that Graph gives to the request. Both are filled in by one write. A line without
an outcome says where the changes of a run come from; each process writes one before its first change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from .errors import IdentityError
from .identities.anchors import is_guid
from .run_files.origin import Origin, is_origin
from .text.counts import amount
from .text.unicode_text import is_text

PENDING, WRITTEN, REFUSED, UNKNOWN, ABORTED = "pending", "written", "refused", "unknown", "aborted"
OUTCOMES = (PENDING, WRITTEN, REFUSED, UNKNOWN, ABORTED)
"""In this order: possibly sent; done; refused by the service; sent without an answer; found later to have no effect."""

OPEN = (PENDING, UNKNOWN)
"""Outcomes after which only the directory can tell whether the change was made."""

_ENTRA = "tenant"
PLACES = (_ENTRA, "domain")
"""The keys that say where an object is: in an Entra tenant, or in an AD domain. Their values are ids, never names."""

OUTCOME_WIDTH = 7
REQUEST_WIDTH = 36
"""Characters of a GUID. Other ids are not kept."""

_BETWEEN = '","outcome":"'
_TAIL = '"}\n'
_START = '{"time":"'
_LAST = (b'"outcome":"', b'"note":"')


class JournalError(IdentityError):
    """A journal cannot be read or written. If a task names a journal, nothing is changed without it."""


@dataclass(frozen=True)
class JournalEntry:
    """One value that is about to change. ``before``, ``after``: JSON values; ``place``: one of PLACES and its value."""

    id: str
    user_principal_name: str | None
    attribute: str
    before: Any
    after: Any
    place: tuple[str, str | None]


@dataclass(frozen=True)
class Line:
    """A change as a journal holds it; ``position`` is the byte of the file at which its outcome begins.

    ``request_id`` is Graph's, None if there is none, or if it was not filled in.
    """

    time: str
    run: str
    rolls_back: tuple[str, ...]
    entry: JournalEntry
    outcome: str
    position: int
    request_id: str | None = None


@dataclass(frozen=True)
class Journal:
    """The lines of a journal in order. ``torn`` counts unfinished lines of killed runs: those changes were not sent.

    ``origins`` says where the changes come from, as pairs of a run's name and an origin.
    """

    lines: Sequence[Line]
    torn: int = 0
    origins: Sequence[tuple[str, Origin]] = ()


class JournalWriter(Protocol):
    """An object that writes a journal. A ticket identifies one line."""

    @property
    def run(self) -> str:
        """The name of this run."""

    def begin(self, entries: Sequence[JournalEntry]) -> list[int]:
        """Write changes to the disk as pending, before they are sent, and return the tickets of their lines.

        :raises JournalError: if that fails; the changes must not be sent then.
        """

    def complete(self, outcomes: Mapping[int, str], request_ids: Mapping[int, str] | None = None) -> None:
        """Fill in the outcomes of changes, and the ids of the requests to Graph that made them, by ticket.

        :raises JournalError: if that fails.
        """

    def settle(self, place: tuple[str, str], attribute: str, values: Mapping[str, Any]) -> None:
        """Fill in the outcomes of changes of killed runs in one tenant or domain.

        ``values`` holds what the objects have now, by object id.
        """


def describe_unfinished(error: JournalError) -> str:
    """Return the warning that outcomes could not be filled in."""
    return (
        f"{error.message} The journal lacks the results of the last changes. It shows them as pending until another "
        "run with this journal reads these users."
    )


def describe_damage(journal: Journal, run: str) -> list[str]:
    """Return the warning that a journal has lines that cannot be rolled back, or has none; an empty list otherwise."""
    if not journal.lines and not journal.torn:
        return [
            f"The journal of the run {run} has no changes, so there is nothing to roll back. If the run changed "
            "something, restore the journal from a copy and run the task again."
        ]
    if not journal.torn:
        return []
    return [
        f"The journal of the run {run} has {amount(journal.torn, 'incomplete line')}, which a rollback leaves out. If "
        "the run was killed while it wrote them, their changes were not made. If the file was damaged later, restore "
        "it from a copy and run the task again."
    ]


def encode(run: str, rolls_back: Sequence[str], entries: Iterable[JournalEntry]) -> list[bytes]:
    """Return the lines of pending changes."""
    now = _now()
    undone = {"rolls_back": list(rolls_back)} if rolls_back else {}
    return [
        _encoded(
            {
                "time": now,
                "run": run,
                **undone,
                entry.place[0]: entry.place[1],
                "id": entry.id,
                "user_principal_name": entry.user_principal_name,
                "attribute": entry.attribute,
                "before": entry.before,
                "after": entry.after,
                **({"request_id": " " * REQUEST_WIDTH} if entry.place[0] == _ENTRA else {}),
                "outcome": PENDING,
            }
        )
        for entry in entries
    ]


def encode_origin(run: str, origin: Origin) -> bytes:
    """Return the line that says where the changes of a run come from."""
    # The note is a text and comes last, so that this line ends as the others do.
    others = {name: value for name, value in origin.items() if name != "note"}
    return _encoded({"time": _now(), "run": run, **others, "note": origin["note"]})


def fill_in(outcome: str, request_id: str | None = None) -> tuple[int, bytes]:
    """Return what completes a line: how far before its outcome it begins, and the bytes."""
    if request_id is None or not is_guid(request_id):
        return 0, outcome.encode("ascii")
    return REQUEST_WIDTH + len(_BETWEEN), f"{request_id}{_BETWEEN}{outcome}".encode("ascii")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _encoded(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"


def outcome_offset(line: bytes) -> int:
    """Return the position in a line at which its outcome begins."""
    return len(line) - len(_TAIL) - OUTCOME_WIDTH


def decode(content: bytes, name: str) -> Journal:
    """Read a journal; errors call it ``name``.

    :raises JournalError: if a line is neither complete nor the beginning of one.
    """
    lines: list[Line] = []
    origins: list[tuple[str, Origin]] = []
    torn = 0
    start = 0
    for number, raw in enumerate(content.splitlines(keepends=True), start=1):
        line = _decoded(raw, start)
        if line is not None:
            lines.append(line)
        elif (origin := _decoded_origin(raw)) is not None:
            origins.append(origin)
        elif _is_torn(raw):
            torn += 1
        else:
            raise JournalError(
                f"Line {number} of {name} is not a line of a journal. Restore the file from a copy, or use "
                "another file."
            )
        start += len(raw)
    return Journal(lines, torn, origins)


def _decoded(raw: bytes, start: int) -> Line | None:
    try:
        values = json.loads(raw)
        place = next((key, values[key]) for key in PLACES if key in values)
        entry = JournalEntry(
            id=values["id"],
            user_principal_name=values["user_principal_name"],
            attribute=values["attribute"],
            before=values["before"],
            after=values["after"],
            place=place,
        )
        outcome = values["outcome"]
        if not _is_change(entry) or not all(map(is_text, (values["time"], values["run"]))):
            return None
        if not raw.endswith(f"{outcome}{_TAIL}".encode("ascii")) or outcome not in OUTCOMES:
            return None
        undone = values.get("rolls_back", [])
        if not isinstance(undone, list) or not all(map(is_text, undone)):
            return None
        position = start + outcome_offset(raw)
        # Blank if it was never filled in, and something else if the power went while it was.
        told = values.get("request_id")
        request_id = told if is_guid(told) else None
        return Line(values["time"], values["run"], tuple(undone), entry, outcome, position, request_id)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        return None


def _decoded_origin(raw: bytes) -> tuple[str, Origin] | None:
    try:
        values = json.loads(raw)
        time, run = values.pop("time"), values.pop("run")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    tenant = {"tenant": values.pop("tenant")} if "tenant" in values else {}
    if not raw.endswith(_TAIL.encode("ascii")) or not all(map(is_text, (time, run, *tenant.values()))):
        return None
    if not is_origin(values):
        return None
    values.update(tenant)
    return run, values


def _is_change(entry: JournalEntry) -> bool:
    """Return whether all values are of the types that a run writes. A file may hold anything."""
    optional = (entry.user_principal_name, entry.place[1])
    return (
        all(map(is_text, (entry.id, entry.attribute)))
        and all(each is None or is_text(each) for each in optional)
        and all(map(_is_value, (entry.before, entry.after)))
    )


def _is_value(value: Any) -> bool:
    """Return whether a value is a text, the values of an attribute, or the state of an account; None for none."""
    if isinstance(value, list):
        return all(map(is_text, value))
    if isinstance(value, dict):
        return all(map(is_text, value.values()))
    return value is None or is_text(value)


def _is_torn(raw: bytes) -> bool:
    """Return whether a kill or a power cut left this of a line: its beginning or nothing, perhaps followed by zeros."""
    text = raw.rstrip(b"\r\n").rstrip(b"\0")
    beginning = text.startswith(_START.encode("ascii")) or _START.encode("ascii").startswith(text)
    return beginning and not (raw.endswith(b"\n") and _is_whole(text))


def _is_whole(text: bytes) -> bool:
    """Return whether a line has its end. The state of an account, in the middle of a line, ends alike."""
    if not text.endswith(_TAIL.rstrip().encode("ascii")):
        return False
    if any(name in text for name in _LAST):
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
