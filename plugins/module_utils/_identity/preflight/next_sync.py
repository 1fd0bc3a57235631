# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the next sync would process although no run hard-matched them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..core.cloud_user import CloudUser
from ..core.outcomes import (
    CHANGED_SINCE_REVIEW,
    CREATE,
    EXCLUDED,
    HARD_MATCH,
    NOT_REVIEWED,
    REFUSED,
    SERVICE_ACCOUNT,
    SOFT_MATCH,
    UNCHANGED,
)
from ..core.run_files.user_records import UserRecord, cloud_name, name_of
from ..core.text.counts import amount, plural
from ..core.text.sentences import join_names
from .directory_view import ANCHOR_CLAIMED

_LEFT_OUT = {
    REFUSED: "whom the run refused",
    EXCLUDED: "whom the run excluded",
    SERVICE_ACCOUNT: "whom the run treated as a service account",
    NOT_REVIEWED: "who was not reviewed",
    CHANGED_SINCE_REVIEW: "who changed after the review",
}
"""Whom a run did not want to match, by status, as the end of a name."""

_NOBODY: Mapping[str, str] = {}
_NEVER_SYNCHRONISED = ("ad_system_account", "ad_not_a_user")


def list_left_out(result: Iterable[UserRecord]) -> dict[str, str]:
    """Return the statuses of the AD users in a result whom the run did not want to match, by dashed objectGUID.

    A user whom the run left unchanged without a prediction is among them, because nobody has judged the match yet.

    :raises KeyError or TypeError: if one of them is not a record of a user, as in a file that somebody edited.
    """
    found = {}
    for user in result:
        if user["ad"] is None:
            continue
        guid, change = user["ad"]["object_guid"], user["change"]
        if change is None:
            raise TypeError("an AD user without a change")
        if guid and (change["status"] in _LEFT_OUT or (change["status"] == UNCHANGED and user["match"] is None)):
            found[guid.lower()] = change["status"]
    return found


def describe_unmatched(user: UserRecord, left_out: Mapping[str, str] = _NOBODY) -> str | None:
    """Return what the next sync does with an AD user whom no run hard-matched, as a plan predicted it.

    None if the user is matched or hard-matched, if a sync changes nothing, or for a service account, which is no
    person's. A hard match counts only if the cloud user is in use, if no other account has the same ImmutableId, and
    if nobody left the user out: neither the plan, which excludes the user, nor an earlier run. ``left_out`` is what
    ``list_left_out`` returned for that run. If it did not judge the match, the refusal of the plan counts.
    The sentence begins in lower case: ``it soft-matches a@contoso.com to b@contoso.com``.
    """
    match, cloud, change = user["match"], user["cloud"], user["change"]
    if not user["ad"] or not match or (change and change["status"] == SERVICE_ACCOUNT):
        return None
    name = name_of(user)
    whom = cloud_name(cloud) if cloud else "a cloud user"
    if match["sync_action"] == SOFT_MATCH:
        return f"it soft-matches {name} to {whom}"
    if match["sync_action"] == HARD_MATCH and cloud and cloud["deleted"]:
        return f"it restores {whom} from the recycle bin for {name}"
    if match["sync_action"] == HARD_MATCH and ANCHOR_CLAIMED in match["causes"]:
        return f"it hard-matches {name} to {whom}, whose ImmutableId another account has too"
    if match["sync_action"] == HARD_MATCH and (why := _describe_left_out(user, left_out)):
        return f"it hard-matches {name}, {why}, to {whom}"
    if match["sync_action"] == CREATE:
        return f"it creates a new cloud user for {name}"
    if match["sync_action"] is None and match["cause"] not in _NEVER_SYNCHRONISED:
        return describe_unknown(name)
    return None


def _describe_left_out(user: UserRecord, left_out: Mapping[str, str]) -> str | None:
    ad, change = user["ad"], user["change"]
    if change and change["status"] == EXCLUDED:
        return "who is excluded"
    before = left_out.get(ad["object_guid"] or "") if ad else None
    if before != UNCHANGED:
        return _LEFT_OUT.get(before or "")
    return f"who is refused ({change['cause']})" if change and change["status"] == REFUSED else None


def describe_unknown(name: str) -> str:
    """Return the same for an account of which it cannot be said."""
    return f"it is unknown what it does with {name}"


def describe_leaving(outside: Iterable[CloudUser]) -> list[str]:
    """Return a sentence about cloud users whom a sync may delete, because their accounts left the scope of the server.

    ``outside``: the cloud users without an account in that scope.
    """
    names = [user.name for user in outside if user.sync_enabled is True]
    if not names:
        return []
    return [
        f"{amount(len(names), 'cloud user')} {plural(len(names), 'is', 'are')} synchronised, but no account in the "
        f"scope of the server has the ImmutableId ({join_names(names)}). If this server synchronised them, the next "
        "cycle deletes them."
    ]
