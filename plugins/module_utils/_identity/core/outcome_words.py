# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words for what happens to a user, if more than one part of the collection uses them."""

from __future__ import annotations

MATCHED, HARD_MATCH, SOFT_MATCH, NEW_CLOUD_USER = "matched", "hard_match", "soft_match", "new_cloud_user"
CONFLICT, TYPE_MISMATCH, BLOCKED = "conflict", "type_mismatch", "blocked"
QUARANTINE, INVALID, UNKNOWN = "quarantine", "invalid", "unknown"
OUTCOMES = (
    MATCHED,
    HARD_MATCH,
    SOFT_MATCH,
    NEW_CLOUD_USER,
    CONFLICT,
    TYPE_MISMATCH,
    BLOCKED,
    QUARANTINE,
    INVALID,
    UNKNOWN,
)
"""What a preflight predicts for an AD user."""
FINE = (MATCHED, HARD_MATCH, SOFT_MATCH, NEW_CLOUD_USER)
"""Outcomes that need no action, unless the caller intended another one."""

UPDATE, CREATE, LEAVE, ERROR = "update", "create", "leave", "error"
SYNC_ACTIONS = (UPDATE, HARD_MATCH, SOFT_MATCH, CREATE, LEAVE, ERROR)

SET, CLEARED, RESTORED, UNCHANGED = "set", "cleared", "restored", "unchanged"
"""What happens to the ImmutableId of a cloud user."""

STAMPED = "stamped"
"""An AD user gets another mS-DS-ConsistencyGuid."""

MISSING, AMBIGUOUS, NOT_A_USER, SYSTEM_ACCOUNT = "missing", "ambiguous", "not_a_user", "system_account"
UNRESOLVED = (MISSING, AMBIGUOUS, NOT_A_USER, SYSTEM_ACCOUNT)
"""Statuses of ad_user_guid for an identity that is not exactly one AD user who can be matched."""
