# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for spreadsheets and for letters to the users: a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from .._identity.core.outcomes import CLOUD_ONLY
from .model import Report
from .rows import VALUES, Row
from .words import attribute_label, written_label

_TOLD = ("cloud_user_principal_name", "future_user_principal_name")
"""Values that the columns for letters have."""
_PLACES = tuple(place for place, name in enumerate(VALUES) if name not in _TOLD)

COLUMNS = (
    "outcome",
    "status",
    "cause",
    "reason",
    "name",
    "address",
    "sign_in_name_before",
    "sign_in_name_after",
    "addresses_lost",
    "password",
    "marks",
    *(name for name in VALUES if name not in _TOLD),
    "organizational_unit",
    "account_made",
    "upn_changed",
    "expected",
    "causes",
    "effects",
    "writes",
    "overwrites",
)

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet take a cell for a formula, the full-width forms included."""


def csv_lines(report: Report) -> Iterator[str]:
    """A line for each user, safe to open in a spreadsheet.

    UTF-8 with a byte order mark, which spreadsheets need to read umlauts; every cell quoted. A cell that a spreadsheet
    would take for a formula gets an apostrophe in front, an ImmutableId that begins with ``+`` too: programs read the
    plan or the result.
    """
    last = _Last()
    writer = csv.writer(last, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    yield f"\ufeff{last.line}"
    for row in report.rows:
        writer.writerow([cell_text(cell) for cell in _cells(row)])
        yield last.line


class _Last:
    """What the csv module writes to: it keeps the last line."""

    line = ""

    def write(self, line: str) -> Any:
        self.line = line


def _cells(row: Row) -> tuple[str, ...]:
    person = row.person
    return (
        CLOUD_ONLY if row.is_outside else row.prediction.key if row.prediction else "",
        row.status.key if row.status else "",
        row.cause,
        row.reason,
        person.name,
        person.address,
        person.sign_in_before,
        person.sign_in_after,
        "; ".join(person.lost),
        person.password,
        "; ".join(person.marks),
        *(row.values[place] for place in _PLACES),
        *person.account,
        row.expected,
        "; ".join(row.causes),
        "; ".join(row.effects),
        "\n".join(f"{written_label(one.attribute)}: {one.before} -> {one.after}" for one in row.writes),
        "\n".join(f"{attribute_label(one.attribute)}: {one.effect}: {one.cloud} -> {one.ad}" for one in row.overwrites),
    )


def cell_text(text: str) -> str:
    """A value as a cell that no spreadsheet computes."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
