# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the next sync would process although no run hard-matched them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

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
)
from ..core.run_files.user_records import UserRecord, cloud_name, name_of
from ..core.text.counts import amount, plural
from ..core.text.sentences import join_names
from .directory_view import ANCHOR_CLAIMED

_LEFT_OUT = (REFUSED, EXCLUDED, NOT_REVIEWED, CHANGED_SINCE_REVIEW)
_NEVER_SYNCHRONISED = ("ad_system_account", "ad_not_a_user")


def list_left_out(result: Iterable[UserRecord]) -> frozenset[str]:
    """Return the objectGUIDs of the AD users in a result whom the run did not want to match."""
    return frozenset(
        user["ad"]["object_guid"]
        for user in result
        if user["ad"] and user["ad"]["object_guid"] and user["change"] and user["change"]["status"] in _LEFT_OUT
    )


def describe_unmatched(user: UserRecord, left_out: Collection[str] = ()) -> str | None:
    """Return what the next sync does with an AD user whom no run hard-matched, as a plan predicted it.

    None if the user is matched or hard-matched, if a sync changes nothing, or for a service account, which is no
    person's. A hard match counts only if the cloud user is in use, if no other account has the same ImmutableId, and
    if the objectGUID is not in ``left_out``.
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
    if match["sync_action"] == HARD_MATCH and user["ad"]["object_guid"] in left_out:
        return f"it hard-matches {name}, whom the run refused or excluded, to {whom}"
    if match["sync_action"] == CREATE:
        return f"it creates a new cloud user for {name}"
    if match["sync_action"] is None and match["cause"] not in _NEVER_SYNCHRONISED:
        return describe_unknown(name)
    return None


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
