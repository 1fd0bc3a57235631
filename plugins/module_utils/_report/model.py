# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report is made of: rows, counts and the sentence that sums them up. The files are only views of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._identity.core.errors import InputError
from .._identity.core.records import Record, record_name
from .._identity.core.text.visible import visible
from .words import CLOUD_ONLY, CREATES, JOINS, OUTCOMES, STOPS, UNKNOWN, Outcome, outcome

LONGEST = 10_000
"""The most characters of one value in a report; an account may have hundreds of addresses."""

_SOURCE = "give the records of a prediction, as they are"


@dataclass(frozen=True)
class Overwrite:
    """What a match would do to one attribute of a cloud user; values as text, empty where there is none."""

    attribute: str
    cloud: str
    ad: str
    effect: str


@dataclass(frozen=True)
class Row:
    """A user of the report: the record as it came, and what every view shows of it."""

    record: Record
    name: str
    outcome: Outcome
    causes: tuple[str, ...]
    reason: str
    overwrites: tuple[Overwrite, ...]
    allowed: bool | None

    def needs_decision(self) -> bool:
        """Whether somebody has to look: whoever ran the preflight did not allow the outcome, or it is no good one."""
        if self.allowed is None:
            return self.outcome.group in (STOPS, UNKNOWN)
        return not self.allowed

    @property
    def cause(self) -> str:
        """The cause that decided, empty where there is none."""
        return self.causes[0] if self.causes else ""

    def text(self, key: str) -> str:
        """A value of the record as text."""
        return shown(self.record.get(key))


@dataclass(frozen=True)
class Report:
    """A report.

    ``rows`` are sorted by what a person should look at first, ``counts`` hold every outcome, zeros included. ``total``
    counts the AD users; the ``outside`` cloud users that no AD user claims are the last rows.
    ``effects`` counts users by attribute and effect;
    ``unknown`` says what could not be read, the permission that would answer it, and whether the check was skipped.
    """

    title: str
    note: str
    rows: tuple[Row, ...]
    counts: Mapping[str, int]
    unknown: tuple[tuple[str, str, bool], ...]
    effects: Mapping[tuple[str, str], int]
    total: int
    outside: int

    def group(self, name: str) -> int:
        """How many users have an outcome of that group."""
        return sum(count for key, count in self.counts.items() if outcome(key).group == name)

    def verdict(self) -> str:
        """The report in a sentence or two."""
        joins, creates, stops, unknown = (self.group(name) for name in (JOINS, CREATES, STOPS, UNKNOWN))
        hoped = sum(outcome(row.text("expected")).group == JOINS for row in self.rows if row.outcome.group == UNKNOWN)
        if not self.total:
            return "There was no AD user to predict anything for."
        head = f"{number(joins)} of {people(self.total, 'AD user')} would be joined to their cloud user."
        rest = [
            f"{number(creates)} would get a new cloud user" if creates else "",
            f"{number(stops)} would not be synchronised as {'it' if stops == 1 else 'they'} should" if stops else "",
            f"for {number(unknown)} it is not known, since the app may not read enough" if unknown else "",
            f"{number(hoped)} of these would be joined if nothing of that stands against it" if hoped else "",
        ]
        tail = "; ".join(part for part in rest if part)
        refused = sum(row.allowed is False for row in self.rows)
        stop = f" What would become of {people(refused, 'user')} is not allowed." if refused else ""
        return (f"{head} {tail[:1].upper()}{tail[1:]}." if tail else f"{head} Nothing stands in the way.") + stop


def make(
    users: Sequence[Any],
    cloud_only: Sequence[Any] = (),
    unknown: Sequence[Any] = (),
    title: str = "",
    note: str = "",
) -> Report:
    """The report on predictions.

    :raises InputError: an entry is no prediction.
    """
    rows = [_row(record, f"users[{place}]", None) for place, record in enumerate(users)]
    rows += [_row(record, f"cloud_only[{place}]", CLOUD_ONLY) for place, record in enumerate(cloud_only)]
    order = list(OUTCOMES)
    rank = {key: place for place, key in enumerate(order)}
    # What we have no word for is looked at first.
    rows.sort(key=lambda row: (rank.get(row.outcome.key, -1), row.cause, row.name.casefold()))
    found = Counter(row.outcome.key for row in rows)
    counts = {key: found[key] for key in [*sorted(set(found) - set(order)), *order]}
    effects = Counter((change.attribute, change.effect) for row in rows for change in row.overwrites)
    return Report(
        title=shown(title),
        note=shown(note),
        rows=tuple(rows),
        counts=counts,
        unknown=tuple(_unread(entry, place) for place, entry in enumerate(unknown)),
        effects=dict(sorted(effects.items(), key=lambda item: (-item[1], item[0]))),
        total=len(users),
        outside=len(cloud_only),
    )


def _row(record: Any, where: str, fixed: str | None) -> Row:
    if not isinstance(record, dict):
        raise InputError(f"{where} is no record of a user; {_SOURCE}.")
    key = fixed or record.get("outcome")
    if not isinstance(key, str) or not key:
        raise InputError(f"{where} ({record_name(record)}) has no 'outcome'; {_SOURCE}.")
    changes = record.get("overwrites") or []
    # All of them where the record says so, the one that decided first.
    causes = [record.get("cause"), *(record.get("causes") or [])]
    if not isinstance(changes, list) or not all(isinstance(one, dict) and one.get("attribute") for one in changes):
        raise InputError(f"{where} ({record_name(record)}) has 'overwrites' that are no list of attributes; {_SOURCE}.")
    return Row(
        record=record,
        name=shown(record_name(record)),
        outcome=outcome(shown(key)),
        causes=tuple(dict.fromkeys(shown(cause) for cause in causes if cause)),
        reason=shown(record.get("reason")),
        allowed=record["allowed"] if isinstance(record.get("allowed"), bool) else None,
        overwrites=tuple(
            Overwrite(shown(one["attribute"]), shown(one.get("cloud")), shown(one.get("ad")), shown(one.get("effect")))
            for one in changes
        ),
    )


def _unread(entry: Any, place: int) -> tuple[str, str, bool]:
    if not isinstance(entry, dict) or not entry.get("what"):
        raise InputError(f"unknown[{place}] does not say 'what' could not be read; {_SOURCE}.")
    return shown(entry["what"]), shown(entry.get("permission")), entry.get("skipped") is True


def shown(value: Any) -> str:
    """A value of a record as visible text: nothing for null, the values of a list side by side."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return visible("; ".join(map(shown, value)) if isinstance(value, list | tuple) else str(value), LONGEST)


def number(value: int) -> str:
    """A count for people."""
    return f"{value:,}"


def people(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"
