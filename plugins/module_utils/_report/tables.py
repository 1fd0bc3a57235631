# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for programs (JSON) and for spreadsheets (CSV)."""

from __future__ import annotations

import csv
import io
import json

from .model import Report, Row

_RECORD_COLUMNS = (
    "user_principal_name",
    "sam_account_name",
    "distinguished_name",
    "object_guid",
    "immutable_id",
    "id",
    "cloud_user_principal_name",
    "cloud_immutable_id",
    "future_user_principal_name",
    "expected",
    "allowed",
)
COLUMNS = ("outcome", "cause", "reason", *_RECORD_COLUMNS, "causes", "overwrites")

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet take a cell for a formula, the full-width forms included."""


def to_json(report: Report) -> bytes:
    """Everything as the module returned it, the records untouched."""
    rows = [row.record for row in report.rows]
    document = {
        "title": report.title,
        "note": report.note,
        "verdict": report.verdict(),
        "summary": {**report.counts, "total": report.total},
        "unknown": [
            {"what": what, "permission": permission, "skipped": skipped} for what, permission, skipped in report.unknown
        ],
        "overwrites": [
            {"attribute": attribute, "effect": effect, "users": count}
            for (attribute, effect), count in report.effects.items()
        ],
        "users": rows[: len(rows) - report.outside],
        "cloud_only": rows[len(rows) - report.outside :],
    }
    return encoded(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def to_csv(report: Report) -> bytes:
    """A row for each user, safe to open in a spreadsheet.

    UTF-8 with a byte order mark, which spreadsheets need to read umlauts; every cell quoted. A cell that a spreadsheet
    would take for a formula gets an apostrophe in front, an ImmutableId that begins with ``+`` too: programs read the
    JSON.
    """
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in report.rows:
        cells = (
            row.outcome.key,
            row.cause,
            row.reason,
            *map(row.text, _RECORD_COLUMNS),
            "; ".join(row.causes),
            _changes(row),
        )
        writer.writerow([cell_text(cell) for cell in cells])
    return encoded("\ufeff" + target.getvalue())


def cell_text(text: str) -> str:
    """A value as a cell that no spreadsheet computes."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def encoded(text: str) -> bytes:
    """Text as UTF-8; half a surrogate pair, which a directory may hold, becomes a question mark."""
    return text.encode("utf-8", "replace")


def _changes(row: Row) -> str:
    return "\n".join(f"{one.attribute}: {one.effect}: {one.cloud} -> {one.ad}" for one in row.overwrites)
