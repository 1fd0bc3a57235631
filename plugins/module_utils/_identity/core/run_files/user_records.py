# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of plan, result and proof files: what each stage says of one user (docs/files.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ..cloud_user import CloudRecord
from ..records import AD_KEYS


class WriteRecord(TypedDict):
    """One value that changes: of the AD object or the cloud user ``id``."""

    attribute: str
    id: str
    before: str | None
    after: str | None


class ChangeRecord(TypedDict):
    """What happens to the user. ``immutable_id``: what a sync makes of the AD user afterwards."""

    status: str
    cause: str | None
    reason: str | None
    immutable_id: str | None
    writes: list[WriteRecord]


class UserRecord(TypedDict):
    """One user of a plan or a result.

    ``ad`` has AD_KEYS, None for a cloud user without an AD user. ``cloud`` is None if there is no such user. ``match``
    is the prediction, None if nothing was predicted. ``change`` is None for a cloud user without an AD user.
    """

    ad: Mapping[str, Any] | None
    cloud: CloudRecord | None
    match: Mapping[str, Any] | None
    change: ChangeRecord | None


class ProblemRecord(TypedDict):
    """A value of a cloud user that is in quarantine."""

    property: str | None
    value: str | None
    occurred: str | None


class OtherRecord(TypedDict):
    """The cloud user who is in the way."""

    id: str
    user_principal_name: str | None
    created: str | None


class SyncRecord(TypedDict):
    """What was found of the user in Entra after a sync.

    ``immutable_id``, ``sync_enabled``, ``security_identifier``, ``last_sync`` and ``provisioning_errors`` are the cloud
    user's, None or empty if there is no such user.
    """

    status: str
    cause: str | None
    reason: str | None
    immutable_id: str | None
    sync_enabled: bool | None
    security_identifier: str | None
    last_sync: str | None
    provisioning_errors: list[ProblemRecord]
    other: OtherRecord | None


class ProofRecord(UserRecord):
    """One user of a proof: the user of the result, and ``sync``, None for a cloud user without an AD user."""

    sync: SyncRecord | None


MATCH_KEYS = (
    "outcome",
    "sync_action",
    "cause",
    "causes",
    "reason",
    "effects",
    "overwrites",
    "quarantined",
    "future_user_principal_name",
    "anchor_owner",
    "unknown",
    "expected",
)
"""The keys of ``match``."""


def pick_ad(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: record.get(key) for key in AD_KEYS}


def pick_match(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: record[key] for key in MATCH_KEYS}


def name_of(user: UserRecord) -> str:
    """Return the name of a user for people."""
    parts: tuple[Mapping[str, Any] | None, ...] = (user["ad"], user["cloud"])
    for record in parts:
        for key in ("user_principal_name", "sam_account_name", "distinguished_name", "id"):
            if record and record.get(key):
                return str(record[key])
    return "(nameless)"


def count_statuses(users: Sequence[UserRecord]) -> dict[str, int]:
    """Return how many users have each status, sorted by status."""
    return dict(sorted(Counter(user["change"]["status"] for user in users if user["change"]).items()))
