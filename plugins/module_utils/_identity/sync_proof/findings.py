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
from ..core.records import Record
from ..core.run_files.user_records import SyncRecord
from ..core.text.counts import counted
from .expectations import Expectation

ERRORS = (
    WRONG_OBJECT,
    DIFFERENT_IMMUTABLE_ID,
    PROVISIONING_ERROR,
    SECOND_USER,
    EXPORT_ERROR,
    NOT_FOUND,
    NOT_MATCHED,
)
STATUSES = (VERIFIED, PENDING, *ERRORS, UNKNOWN, SKIPPED)


@dataclass(frozen=True)
class Finding:
    """What is true of one user. ``target`` is its cloud user, ``other`` the object that is in the way."""

    expectation: Expectation
    status: str
    cause: str | None = None
    reason: str | None = None
    target: Record | None = None
    other: Record | None = None

    def sync(self) -> SyncRecord:
        """Return what a proof file keeps of the user."""
        target = self.target or {}
        other = {key: self.other[key] for key in ("id", "user_principal_name", "created")} if self.other else None
        return SyncRecord(
            status=self.status,
            cause=self.cause,
            reason=self.reason,
            immutable_id=target.get("immutable_id"),
            sync_enabled=target.get("sync_enabled"),
            security_identifier=target.get("security_identifier"),
            last_sync=target.get("last_sync"),
            provisioning_errors=target.get("provisioning_errors", []),
            other=other,
        )

    def result(self, record: Mapping[str, Any]) -> Record:
        """Return the user as the module returns it: the record as given, with the finding."""
        target, asked, found = self.target or {}, self.expectation.object_id, self.sync()
        value = found["immutable_id"]
        return {
            **record,
            "id": target.get("id") or (asked.text if asked else None),
            "user_principal_name": self.expectation.user_principal_name or target.get("user_principal_name"),
            "before": value,
            "after": value,
            "changed": False,
            **{key: value for key, value in found.items() if key != "immutable_id"},
        }


def summarize(findings: Iterable[Finding]) -> dict[str, int]:
    """Return the counts by status, with zeros, and ``total``."""
    return counted((finding.status for finding in findings), STATUSES)
