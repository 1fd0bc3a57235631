# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of what happened to each user, for people: counts first, then the users that need attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..core import outcome_words
from ..core.records import Record, record_name
from ..core.text.sentences import join_names
from ..core.text.visible import visible

_WORDS = {
    "set": "matched (ImmutableId set)",
    "unchanged": "already matched",
    "empty": "without a value",
    "cleared": "cleared",
    "restored": "restored with its value",
    "put_back": "put back",
    "created": "account made",
    "updated": "account changed",
    "removed": "account removed",
    "not_found": "not found",
    "refused": "refused",
    "failed": "failed",
    "verified": "verified in Entra",
    "pending": "not seen yet",
    "wrong_object": "matched to another user",
    "different_immutable_id": "another ImmutableId",
    "provisioning_error": "value in quarantine",
    "second_user": "second user made",
    "export_error": "export refused",
    "not_matched": "will not be matched",
    "unknown": "not readable",
    "skipped": "not hard-matched",
    "matched": "synchronised already",
    "hard_match": "would be hard-matched",
    "soft_match": "would be soft-matched",
    "new_cloud_user": "would be a new cloud user",
    "conflict": "conflict",
    "type_mismatch": "type mismatch",
    "blocked": "blocked",
    "quarantine": "quarantine",
    "invalid": "invalid",
}
# What differs if the users are AD accounts (ad_user).
_ACCOUNT_WORDS = {**_WORDS, "unchanged": "account there already"}
# "skipped": entra_immutable_id has already named the users that entra_sync_info skips.
_FINE = (
    "set",
    "unchanged",
    "cleared",
    "restored",
    "found",
    "stamped",
    "put_back",
    "created",
    "updated",
    "removed",
    "verified",
    "skipped",
    *outcome_words.FINE,
)


def outcome_lines(users: Sequence[Record], limit: int = 100, accounts: bool = False) -> list[str]:
    """Return a line with the count for each status, then a line for each reason why users need attention.

    There are at most ``limit`` such lines, and a last one says how many more users there are. ``accounts`` says that
    the users are AD accounts, as ad_user returns them.
    """
    words = _ACCOUNT_WORDS if accounts else _WORDS
    counts = Counter(_status(user) for user in users)
    order = [*words, *sorted(set(counts) - set(words))]
    lines = [f"{words.get(status, status):<28}{counts[status]:>7}" for status in order if counts[status]]
    rank = {status: position for position, status in enumerate(order)}
    left = [user for user in users if user["status"] not in _FINE]
    left.sort(key=lambda user: (rank[user["status"]], record_name(user).casefold()))
    alike: dict[tuple[str, str], list[str]] = {}
    for user in left:
        alike.setdefault((user["status"], str(user["reason"])), []).append(record_name(user))
    for (status, reason), names in [*alike.items()][:limit]:
        lines.append(f"{words.get(status, status)}: {join_names(names)}: {reason}")
    more = sum(len(names) for names in [*alike.values()][limit:])
    if more:
        lines.append(f"... and {more} more")
    return [visible(line) for line in lines]


def _status(user: Record) -> str:
    """Return the status of a user, ``empty`` if it is unchanged without a value: that is not "already matched"."""
    empty = user["status"] == "unchanged" and user.get("after", user) is None
    return "empty" if empty else str(user["status"])
