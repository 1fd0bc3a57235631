# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people and playbooks see of all findings together: counts, table and verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ..core.outcomes import SKIPPED, VERIFIED
from ..core.text.counts import amount, plural
from ..core.text.outcome_table import outcome_lines
from ..core.text.sentences import join_reasons
from .findings import QUARANTINE_TIMER, Finding, summarize

_TIMER = timedelta(hours=1)
"""How often the service takes values without a conflict out of quarantine (facts §3)."""
UNPROVEN_IN_CHECK_MODE = "In check mode, nothing is proven, because match_apply wrote no result to compare with."


def describe_findings(findings: Sequence[Finding], now: datetime, where: str = "users") -> dict[str, Any]:
    """Return ``open, verdict, wait_until, table, summary``, as the module does.

    ``now``: when the tenant was read, in UTC. ``where`` says where the users are whom the verdict does not name.
    """
    still_open = [finding for finding in findings if finding.status not in (VERIFIED, SKIPPED)]
    summary = summarize(findings)
    waiting = sum(finding.cause == QUARANTINE_TIMER for finding in still_open)
    until = now + _TIMER if waiting else None
    verdict = _verdict(still_open, summary["total"] - summary[SKIPPED], where)
    return {
        "open": len(still_open),
        "verdict": f"{verdict} {_describe_wait(waiting, until)}" if until else verdict,
        "wait_until": f"{until:%Y-%m-%dT%H:%M:%SZ}" if until else None,
        "table": outcome_lines((finding.status, finding.expectation.name, finding.reason) for finding in findings),
        "summary": summary,
    }


def describe_check_mode() -> dict[str, Any]:
    """Return the same for a task in check mode, in which it is unknown how many users are still to be proven."""
    return {**describe_findings([], datetime.min), "open": None, "table": [UNPROVEN_IN_CHECK_MODE]}


def _describe_wait(waiting: int, until: datetime) -> str:
    """Return the sentence about the users for whom nobody has anything to do."""
    return (
        f"{waiting} of these users {plural(waiting, 'waits', 'wait')} only for Entra ID, which checks every hour "
        f"whether conflicts are resolved. Prove the users again after {until:%Y-%m-%d %H:%M} UTC."
    )


def _verdict(still_open: Sequence[Finding], of: int, where: str) -> str:
    if not still_open:
        return ""
    reasons = join_reasons(((finding.expectation.name, str(finding.reason)) for finding in still_open), where)
    verb = plural(len(still_open), "is", "are")
    return f"{len(still_open):,} of {amount(of, 'user')} {verb} not proven to be matched: {reasons}"
