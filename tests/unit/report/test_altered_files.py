# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""400 altered records of a plan, as somebody may have edited the file: a report, or a sentence on what is wrong."""

from __future__ import annotations

from typing import Any

from support.alterations import altered_json, chance

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import Header
from ansible_collections.hybrid.identity.plugins.module_utils._report.csv_view import csv_lines
from ansible_collections.hybrid.identity.plugins.module_utils._report.encoding import joined
from ansible_collections.hybrid.identity.plugins.module_utils._report.markdown import to_markdown
from ansible_collections.hybrid.identity.plugins.module_utils._report.model import make
from ansible_collections.hybrid.identity.plugins.module_utils._report.page import html_parts

CASES = 400
RECORD: dict[str, Any] = {
    "ad": {"user_principal_name": "anna@contoso.com", "object_guid": "g", "immutable_id": "a=="},
    "cloud": {"id": "1", "user_principal_name": "anna@contoso.com", "immutable_id": None},
    "match": {
        "outcome": "hard_match",
        "cause": "x",
        "causes": ["x", "y"],
        "reason": "Because.",
        "effects": ["foreign_anchor"],
        "unknown": ["groups"],
        "expected": "matched",
        "quarantined": [{"attribute": "x", "value": "y", "holder": "z"}],
        "future_user_principal_name": "anna@contoso.com",
        "overwrites": [{"attribute": "city", "cloud": None, "ad": "Ulm", "effect": "overwritten"}],
    },
    "change": {
        "status": "set",
        "cause": None,
        "reason": None,
        "immutable_id": "a==",
        "writes": [{"attribute": "onPremisesImmutableId", "id": "1", "before": None, "after": "a=="}],
    },
}
HEADER = Header(
    version=1,
    kind="plan",
    tenant="t",
    domain="d",
    module="match_plan",
    run="r",
    host="localhost",
    scope={},
    terms={},
    time="2026-11-29T10:15:30Z",
    facts={},
)


def test_altered_records() -> None:
    refused = 0
    for number in range(CASES):
        given = altered_json(RECORD, chance("records of a plan", number))
        if not isinstance(given, dict):
            continue  # not a record of a file
        try:
            report = make(HEADER, [given])
            joined(html_parts(report))
            joined(csv_lines(report))
            to_markdown(report)
        except IdentityError:
            refused += 1
        except Exception as error:
            raise AssertionError(f"case {number}: {given}") from error
    assert 0 < refused < CASES
