# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings: what is true of each user after a sync cycle, and how it is returned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.outcomes import (
    DIFFERENT_IMMUTABLE_ID,
    EXPORT_ERROR,
    NOT_FOUND,
    NOT_MATCHED,
    PENDING,
    PROVISIONING_ERROR,
    SECOND_USER,
    SKIPPED,
    UNKNOWN,
    VERIFIED,
    WRONG_OBJECT,
)
from ..core.run_files.user_records import OtherRecord, SyncRecord
from ..core.text.counts import counted
from .expectations import Expectation
from .synced_tenant import SyncedUser

ERRORS = (
    WRONG_OBJECT,
    DIFFERENT_IMMUTABLE_ID,
    PROVISIONING_ERROR,
    SECOND_USER,
    EXPORT_ERROR,
    NOT_FOUND,
    NOT_MATCHED,
)
QUARANTINE_TIMER = "quarantine_timer"
"""The cause of a user who waits only for the service: it looks every hour for conflicts that are gone (facts §3)."""
STATUSES = (VERIFIED, PENDING, *ERRORS, UNKNOWN, SKIPPED)


@dataclass(frozen=True)
class Finding:
    """What is true of one user. ``target`` is its cloud user, ``other`` the object that is in the way."""

    expectation: Expectation
    status: str
    cause: str | None = None
    reason: str | None = None
    target: SyncedUser | None = None
    other: SyncedUser | None = None

    def sync(self) -> SyncRecord:
        """Return what a proof file keeps of the user."""
        target = self.target
        user = target.user if target else None
        return SyncRecord(
            status=self.status,
            cause=self.cause,
            reason=self.reason,
            immutable_id=user.immutable_id if user else None,
            sync_enabled=user.sync_enabled if user else None,
            security_identifier=target.security_identifier if target else None,
            last_sync=target.last_sync if target else None,
            provisioning_errors=[problem.record() for problem in target.provisioning_errors] if target else [],
            other=_other_record(self.other) if self.other else None,
        )

    def result(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the user as the module returns it: the record as given, with the finding."""
        user, asked, found = self.target.user if self.target else None, self.expectation.object_id, self.sync()
        value = found["immutable_id"]
        named = self.expectation.user_principal_name
        return {
            **record,
            "id": user.id if user else asked.text if asked else None,
            "user_principal_name": named or (user.user_principal_name if user else None),
            "before": value,
            "after": value,
            "changed": False,
            **{key: value for key, value in found.items() if key != "immutable_id"},
        }


def _other_record(other: SyncedUser) -> OtherRecord:
    user = other.user
    return OtherRecord(id=user.id, user_principal_name=user.user_principal_name, created=other.created)


def summarize(findings: Iterable[Finding]) -> dict[str, int]:
    """Return the counts by status, with zeros, and ``total``."""
    return counted((finding.status for finding in findings), STATUSES)
