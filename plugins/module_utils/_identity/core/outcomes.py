# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every outcome of a prediction and every status of a user, in one table: words, group and order.

Tables for people, reports and the planner read it. Add a status here before you return it.
"""

from __future__ import annotations

from dataclasses import dataclass

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
CLOUD_ONLY = "cloud_only"
"""The outcome of cloud users whom no AD user matches."""

UPDATE, CREATE, LEAVE, ERROR = "update", "create", "leave", "error"
SYNC_ACTIONS = (UPDATE, HARD_MATCH, SOFT_MATCH, CREATE, LEAVE, ERROR)

UNCHANGED, REFUSED, FAILED = "unchanged", "refused", "failed"
"""What every module does that changes users."""
EXCLUDED = "excluded"
"""The status of users whom the caller excluded."""
SERVICE_ACCOUNT = "service_account"
"""The status of accounts that programs sign in with. They are no persons, and left alone."""

NOT_REVIEWED, CHANGED_SINCE_REVIEW, ALREADY_DONE = "not_reviewed", "changed_since_review", "already_done"
"""What match_plan finds if it compares a plan with a reviewed one."""

SET, CLEARED, RESTORED = "set", "cleared", "restored"
"""What entra_immutable_id does with the ImmutableId of a cloud user."""

FOUND, NOT_FOUND, LEFT_OUT = "found", "not_found", "left_out"
"""Whether there is a user, and whether the caller's conditions take the user."""
APART = (EXCLUDED, LEFT_OUT)
"""The statuses of people who get no account. They are neither changed nor refused, and limits do not count them."""

STAMPED, PUT_BACK = "stamped", "put_back"
"""What ad_user_guid does with the mS-DS-ConsistencyGuid of an AD user."""

MISSING, AMBIGUOUS, NOT_A_USER, SYSTEM_ACCOUNT = "missing", "ambiguous", "not_a_user", "system_account"
UNRESOLVED = (MISSING, AMBIGUOUS, NOT_A_USER, SYSTEM_ACCOUNT)
"""Statuses of ad_user_guid for an identity that is not exactly one AD user who can be matched."""

CREATED, UPDATED = "created", "updated"
"""What ad_user does with an account."""
REMOVED, DISABLED = "removed", "disabled"
"""What rollback does with an account that a run made."""

VERIFIED, PENDING, SKIPPED = "verified", "pending", "skipped"
WRONG_OBJECT, DIFFERENT_IMMUTABLE_ID, SECOND_USER = "wrong_object", "different_immutable_id", "second_user"
PROVISIONING_ERROR, EXPORT_ERROR, NOT_MATCHED = "provisioning_error", "export_error", "not_matched"
"""What entra_sync_info finds after a sync cycle."""

JOINS, CREATES, DONE, STOPS, UNCLEAR, OUTSIDE = "joins", "creates", "done", "stops", "unclear", "outside"
"""The groups: what happens to the user. Each has a colour in reports."""


@dataclass(frozen=True)
class Outcome:
    """An outcome or a status by its stable key.

    ``words`` are for people and can follow a count. ``group`` is one of the groups above. People look first at the
    lowest ``rank``. ``meaning`` is a sentence; only predictions have one.
    """

    key: str
    words: str
    group: str
    rank: int
    meaning: str = ""

    @property
    def label(self) -> str:
        """The words as a heading."""
        return self.words[:1].upper() + self.words[1:]

    @property
    def needs_attention(self) -> bool:
        """Whether a person has to look at the user, unless the caller allowed this outcome."""
        return self.group in (STOPS, UNCLEAR)


_ROWS = (
    # What went wrong already.
    (SECOND_USER, "second user created", STOPS),
    (WRONG_OBJECT, "matched to another user", STOPS),
    (DIFFERENT_IMMUTABLE_ID, "different ImmutableId", STOPS),
    (PROVISIONING_ERROR, "value in quarantine", STOPS),
    (EXPORT_ERROR, "export refused by Entra ID", STOPS),
    (NOT_MATCHED, "not matched", STOPS),
    (FAILED, "failed", STOPS),
    # What a sync would do wrong. The first of several is a user's outcome.
    (TYPE_MISMATCH, "type mismatch", STOPS, "A contact or a group has the primary address, so sync would fail."),
    (
        BLOCKED,
        "blocked",
        STOPS,
        "A rule of Entra ID, a role or a setting of the tenant prevents the match, or the match is not recommended. "
        "The cause says which.",
    ),
    (
        CONFLICT,
        "conflict",
        STOPS,
        "The ImmutableIds differ, so sync would create a second user; or two AD users have the same one, so sync would "
        "match only one of them.",
    ),
    (INVALID, "invalid", STOPS, "Entra ID doesn't accept the UPN or an address that the user has in Active Directory."),
    (
        QUARANTINE,
        "quarantine",
        STOPS,
        "Another object has the UPN or an address, so sync would not write this value and would not report an error.",
    ),
    # What is not done.
    (REFUSED, "refused", STOPS),
    (AMBIGUOUS, "several AD users found", STOPS),
    (NOT_A_USER, "not a user", STOPS),
    (SYSTEM_ACCOUNT, "system account", STOPS),
    (MISSING, "not found in AD", STOPS),
    (NOT_FOUND, "not found", STOPS),
    (LEFT_OUT, "left out", STOPS),
    (CHANGED_SINCE_REVIEW, "changed since the review", STOPS),
    (NOT_REVIEWED, "not reviewed", STOPS),
    (UNKNOWN, "unknown", UNCLEAR, "The app can't read something that decides the outcome."),
    (PENDING, "pending in Entra ID", UNCLEAR),
    (DISABLED, "account disabled", UNCLEAR),
    # What is done, or would be.
    (NEW_CLOUD_USER, "new cloud user", CREATES, "No cloud user fits, so sync would create one."),
    (
        SOFT_MATCH,
        "soft match",
        JOINS,
        "Sync would match the cloud user by an equal address or UPN, and set its ImmutableId.",
    ),
    (HARD_MATCH, "hard match", JOINS, "Sync would match the cloud user by its ImmutableId."),
    (CREATED, "account created", DONE),
    (UPDATED, "account updated", DONE),
    (REMOVED, "account removed", DONE),
    (STAMPED, "ConsistencyGuid written", DONE),
    (SET, "ImmutableId set", DONE),
    (CLEARED, "ImmutableId cleared", DONE),
    (RESTORED, "restored from recycle bin", DONE),
    (PUT_BACK, "previous values restored", DONE),
    (VERIFIED, "verified in Entra ID", DONE),
    # Where there is nothing to do.
    (MATCHED, "already matched", JOINS, "Sync has already matched the AD user and the cloud user."),
    (FOUND, "found", DONE),
    (ALREADY_DONE, "already done", DONE),
    (UNCHANGED, "unchanged", DONE),
    (EXCLUDED, "excluded", OUTSIDE),
    (SERVICE_ACCOUNT, "service account", OUTSIDE),
    (SKIPPED, "not hard-matched", OUTSIDE),
    (CLOUD_ONLY, "only in the cloud", OUTSIDE, "No AD user matches this cloud user, so sync would not change it."),
)

TABLE = {key: Outcome(key, words, group, rank, *meaning) for rank, (key, words, group, *meaning) in enumerate(_ROWS)}
"""All outcomes and statuses by key, in the order in which a person should look at them."""

FINE = tuple(key for key in OUTCOMES if not TABLE[key].needs_attention)
"""Outcomes that need no action, unless the caller intended another one."""
WORST_FIRST = tuple(key for key in TABLE if key in OUTCOMES and TABLE[key].group == STOPS)
"""Outcomes that something prevents: the first of a user's is the user's outcome."""


def outcome(key: str) -> Outcome:
    """Return the outcome of that key. A key that is not in the table comes first and needs attention."""
    return TABLE.get(key) or Outcome(
        key, key.replace("_", " "), UNCLEAR, -1, "This version of the report does not know this outcome."
    )
