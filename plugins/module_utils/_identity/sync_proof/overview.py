# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people and playbooks see of all findings together: counts, table, verdict, and whom a cycle takes unmatched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.outcomes import SKIPPED, VERIFIED
from ..core.text.outcome_table import outcome_lines
from ..core.text.sentences import join_reasons
from .findings import Finding, summarize

_NAMES = 5
UNPROVEN_IN_CHECK_MODE = (
    "In check mode nothing is proven: match_apply wrote no result, so there is nothing to compare with."
)


def describe_findings(findings: Sequence[Finding], where: str = "users") -> dict[str, Any]:
    """Return ``open, verdict, table, summary, unmatched``, as the module does.

    ``where`` says where the users are whom the verdict does not name.
    """
    still_open = [finding for finding in findings if finding.status not in (VERIFIED, SKIPPED)]
    skipped = (finding.expectation for finding in findings if finding.status == SKIPPED)
    taken = [expectation.taken for expectation in skipped if expectation.taken]
    summary = summarize(findings)
    return {
        "open": len(still_open),
        "verdict": _verdict(still_open, summary["total"] - summary[SKIPPED], where),
        "table": outcome_lines((finding.status, finding.expectation.name, finding.reason) for finding in findings),
        "summary": summary,
        "unmatched": {"count": len(taken), "cycle": taken[:_NAMES]},
    }


def describe_check_mode() -> dict[str, Any]:
    """Return the same for a task in check mode, in which nobody knows how many users are still to be proven."""
    return {**describe_findings([]), "open": None, "table": [UNPROVEN_IN_CHECK_MODE]}


def _verdict(still_open: Sequence[Finding], of: int, where: str) -> str:
    if not still_open:
        return ""
    reasons = join_reasons(((finding.expectation.name, str(finding.reason)) for finding in still_open), where)
    return f"{len(still_open)} of {of} users are not proven to be matched: {reasons}"
