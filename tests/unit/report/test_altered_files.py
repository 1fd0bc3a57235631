# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""400 altered records and headers of a plan, as somebody may have edited the file: a report, or a clear sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.alterations import altered_json, chance

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import IdentityError, InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import (
    PLAN,
    Header,
    read_header,
)
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
    origin={"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""},
    scope={"all": True},
    terms={"predict": "after_apply"},
    time="2026-11-29T10:15:30Z",
    facts={
        "summary": {"total": 1},
        "verdict": "",
        "caveats": ["Something."],
        "unread": [{"what": "groups", "effect": "unknown", "permission": "Group.Read.All", "skipped": False}],
        "tenant_users": 1,
    },
)


def report_of(header: Header, record: dict[str, Any]) -> None:
    report = make(header, [record])
    joined(html_parts(report))
    joined(csv_lines(report))
    to_markdown(report)


def test_altered_records() -> None:
    refused = 0
    for number in range(CASES):
        given = altered_json(RECORD, chance("records of a plan", number))
        if not isinstance(given, dict):
            continue  # not a record of a file
        try:
            report_of(HEADER, given)
        except IdentityError:
            refused += 1
        except Exception as error:
            raise AssertionError(f"case {number}: {given}") from error
    assert 0 < refused < CASES


def test_altered_headers() -> None:
    refused = 0
    for number in range(CASES):
        given = altered_json(HEADER, chance("header of a plan", number))
        try:
            report_of(read_header(json.dumps(given).encode(), "plan.jsonl", [PLAN]), RECORD)
        except IdentityError:
            refused += 1
        except Exception as error:
            raise AssertionError(f"case {number}: {given}") from error
    assert 0 < refused < CASES


def test_a_value_that_is_nested_without_end() -> None:
    deep: Any = []
    for _level in range(100_000):
        deep = [deep]
    for header, record in (({**HEADER, "facts": {"caveats": deep}}, RECORD), (HEADER, {**RECORD, "match": deep})):
        with pytest.raises(InputError, match="create the file again"):
            report_of(header, record)  # type: ignore[arg-type]
