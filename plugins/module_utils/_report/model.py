# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report is made of: rows, counts and the sentences that sum them up. The files are only views of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._identity.core.errors import InputError
from .._identity.core.outcomes import CLOUD_ONLY, CREATES, FAILED, JOINS, MATCHED, STOPS, UNCLEAR, Outcome, outcome
from .._identity.core.run_files.run_file import RESULT, Header
from .._identity.core.text.counts import amount, plural
from .head import describe_head
from .rows import Row, RowReader, shown
from .words import MARKS, MATCH_EFFECTS, OUTCOMES

NOW = "now"
"""The term ``predict`` of a plan that says what a sync would do if nobody wrote anything."""

CAVEAT = "caveat"
"""The effect of what could not be read if all users keep their outcome."""

_FIRST_RECORD = 2


@dataclass(frozen=True)
class Unread:
    """What could not be read, the permission that would answer it, and whether its check was skipped."""

    what: str
    permission: str
    is_skipped: bool


@dataclass(frozen=True)
class Report:
    """A report of a plan or, with ``is_result``, of what was done.

    ``head`` has the label and the value of each line that says where the file is from. ``verdict`` is that of the file:
    why the plan may not be applied, or who was not changed. ``by_status``: rows are counted and filtered by their
    status, otherwise by their prediction.
    ``rows`` are sorted by what a person should look at first, ``counts`` are by key, those without anybody too if
    outcomes are counted. ``total`` counts the AD users but ``apart``, which counts the excluded ones and the service
    accounts, and ``outside`` the cloud users without one.
    ``overwrites`` counts users by attribute and effect, ``effects`` by effect of their match, and ``marks`` by mark.
    """

    title: str
    note: str
    head: Sequence[tuple[str, str]]
    verdict: str
    caveats: Sequence[str]
    unread: Sequence[Unread]
    is_result: bool
    is_predicted: bool
    is_now: bool
    rows: Sequence[Row]
    counts: Mapping[str, int]
    overwrites: Mapping[tuple[str, str], int]
    effects: Mapping[str, int]
    marks: Mapping[str, int]
    total: int
    apart: int
    outside: int

    @property
    def by_status(self) -> bool:
        return self.is_result or not self.is_predicted

    def kind(self, row: Row) -> Outcome:
        """Return what the row is counted as."""
        return _kind(row, self.by_status)

    def other(self, row: Row) -> Outcome | None:
        """Return what else there is to say: the status of a prediction, and the prediction of a status."""
        return row.prediction if self.by_status else row.status

    def summary(self) -> dict[str, Any]:
        """Return the counts of users: ``total``, ``cloud_only``, and by key ``outcomes`` and ``statuses``."""
        outcomes = Counter(row.prediction.key for row in self.rows if row.prediction)
        statuses = Counter(row.status.key for row in self.rows if row.status)
        return {
            "total": self.total,
            "cloud_only": self.outside,
            "outcomes": dict(sorted(outcomes.items())),
            "statuses": dict(sorted(statuses.items())),
        }

    def headline(self) -> str:
        """Return the report in a sentence or two."""
        one = self.apart == 1
        who = "is excluded or a service account" if one else "are excluded or service accounts"
        apart = f" {amount(self.apart, 'more AD user')} {who}." if self.apart else ""
        return f"{self._headline()}{apart}"

    def _headline(self) -> str:
        if not self.total:
            return "There is no AD user in the scope."
        if self.is_result:
            return self._result()
        return self._prediction() if self.is_predicted else self._nothing()

    def _nothing(self) -> str:
        return f"None of {amount(self.total, 'AD user')} is changed or refused, so no outcomes were predicted."

    def _result(self) -> str:
        changed, refused = sum(row.is_changed for row in self.rows), sum(row.is_refused for row in self.rows)
        failed = sum(row.status is not None and row.status.key == FAILED for row in self.rows)
        rest = [
            f"{number(refused)} {'was' if refused == 1 else 'were'} refused" if refused else "",
            f"{number(failed)} failed" if failed else "",
        ]
        tail = " and ".join(part for part in rest if part)
        verb = "was" if changed == 1 else "were"
        return f"{number(changed)} of {amount(self.total, 'AD user')} {verb} changed." + (f" {tail}." if tail else "")

    def _prediction(self) -> str:
        # Excluded users have a prediction in the plan of a cycle.
        rows = [row for row in self.rows if not row.is_apart]
        groups = Counter(row.prediction.group for row in rows if row.prediction)
        joins, creates, stops, unknown = (groups[name] for name in (JOINS, CREATES, STOPS, UNCLEAR))
        matched = sum(row.prediction is not None and row.prediction.key == MATCHED for row in rows)
        unclear = (row for row in rows if row.prediction and row.prediction.group == UNCLEAR)
        hoped = sum(outcome(row.expected).group == JOINS for row in unclear)
        already = f" {number(matched)} {plural(matched, 'is', 'are')} matched already." if matched else ""
        users = f"{number(joins - matched)} of {amount(self.total, 'AD user')}"
        head = f"{users} would be matched to their cloud user.{already}"
        rest = [
            f"{number(creates)} would get a new cloud user" if creates else "",
            f"{number(stops)} would not be synchronised as {'it' if stops == 1 else 'they'} should" if stops else "",
            f"for {number(unknown)} the outcome is unknown, because the app may not read everything that decides it"
            if unknown
            else "",
            f"{number(hoped)} of these would be matched if nothing prevents it" if hoped else "",
        ]
        tail = "; ".join(part for part in rest if part)
        return (f"{head} {tail[:1].upper()}{tail[1:]}." if tail else f"{head} No user has a problem.") + self._plan()

    def _plan(self) -> str:
        changed, refused = sum(row.is_changed for row in self.rows), sum(row.is_refused for row in self.rows)
        if self.is_now:
            have = plural(refused, "has", "have")
            return f" {amount(refused, 'user')} {have} an outcome that is not allowed." if refused else ""
        end = f" and refuses {number(refused)}" if refused else ""
        left_out = sum(row.is_left_out for row in self.rows)
        rest = f" It omits {amount(left_out, 'change')}, because the reviewed plan differs." if left_out else ""
        return f" The plan changes {amount(changed, 'user')}{end}.{rest}"


def make(header: Header, records: Iterable[Mapping[str, Any]], title: str | None = None, note: str = "") -> Report:
    """Return the report of a plan or a result, given the header and the records of its file.

    :raises InputError: if the header has other facts, or if a record is not a record of a user.
    """
    try:
        verdict, caveats, unread = _facts(header)
        is_now = header["terms"].get("predict") == NOW
        head = describe_head(header)
    except (AttributeError, TypeError, RecursionError) as error:
        raise InputError("The first line of the file is not valid; create the file again.") from error
    reader = RowReader()
    rows = [reader.read(record, line) for line, record in enumerate(records, _FIRST_RECORD)]
    is_result = header["kind"] == RESULT
    is_predicted = any(row.prediction for row in rows)
    by_status = is_result or not is_predicted
    rows.sort(
        key=lambda row: (not row.needs_decision, _kind(row, by_status).rank, row.cause, row.name.casefold(), row.name)
    )
    found = Counter(_kind(row, by_status).key for row in rows)
    order = sorted({*found, *(() if by_status else OUTCOMES)}, key=lambda key: (outcome(key).rank, key))
    overwrites = Counter((change.attribute, change.effect) for row in rows for change in row.overwrites)
    outside, apart = sum(row.is_outside for row in rows), sum(row.is_apart for row in rows)
    return Report(
        title=shown(title) or _title(is_result, is_now),
        note=shown(note),
        head=head,
        verdict=verdict,
        caveats=caveats,
        unread=unread,
        is_result=is_result,
        is_predicted=is_predicted,
        is_now=is_now,
        rows=rows,
        counts={key: found[key] for key in order},
        overwrites=dict(sorted(overwrites.items(), key=lambda item: (-item[1], item[0]))),
        effects=_counted((key for row in rows for key in row.effects), MATCH_EFFECTS),
        marks=_counted((key for row in rows for key in row.person.marks), MARKS),
        total=len(rows) - outside - apart,
        apart=apart,
        outside=outside,
    )


def _counted(keys: Iterable[str], known: Iterable[str]) -> dict[str, int]:
    """Return how often each key occurs, those that are known first and in their order."""
    found = Counter(keys)
    return {key: found[key] for key in (*known, *sorted(found.keys() - {*known})) if found[key]}


def _facts(header: Header) -> tuple[str, tuple[str, ...], tuple[Unread, ...]]:
    """Return the verdict, the caveats, and what could not be read and no caveat says."""
    facts = header["facts"]
    caveats = tuple(map(shown, facts.get("caveats") or ()))
    unread = tuple(_unread(entry) for entry in facts.get("unread") or () if not _is_told(entry, caveats))
    return shown(facts.get("verdict")), caveats, unread


def _kind(row: Row, by_status: bool) -> Outcome:
    if row.status is None:
        return outcome(CLOUD_ONLY)
    return row.status if by_status or row.prediction is None else row.prediction


def _title(is_result: bool, is_now: bool) -> str:
    if is_result:
        return "Result of the hard match"
    return "What the next sync would do" if is_now else "Plan of the hard match"


def _is_told(entry: Mapping[str, Any], caveats: Sequence[str]) -> bool:
    """Whether a caveat says already what could not be read."""
    permission = shown(entry.get("permission"))
    may_be = entry.get("effect") == CAVEAT or entry.get("skipped")
    return bool(permission and may_be) and any(permission in sentence for sentence in caveats)


def _unread(entry: Mapping[str, Any]) -> Unread:
    return Unread(shown(entry.get("what")), shown(entry.get("permission")), entry.get("skipped") is True)


def number(value: int) -> str:
    """A count for people."""
    return f"{value:,}"
