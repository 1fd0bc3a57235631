# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the next sync would process although no run hard-matched them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..core.cloud_user import CloudUser
from ..core.outcomes import (
    ALREADY_DONE,
    CHANGED_SINCE_REVIEW,
    CREATE,
    EXCLUDED,
    FAILED,
    HARD_MATCH,
    NOT_REVIEWED,
    REFUSED,
    RESTORED,
    SERVICE_ACCOUNT,
    SET,
    SOFT_MATCH,
    STAMPED,
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

_STATUSES = (*_LEFT_OUT, SET, STAMPED, RESTORED, UNCHANGED, ALREADY_DONE, FAILED)
_NEVER_SYNCHRONISED = ("ad_system_account", "ad_not_a_user")


@dataclass(frozen=True, slots=True)
class RunUser:
    """What an earlier run did with an AD user.

    ``status`` is that of the result. ``cloud_id`` is the object id of the cloud user, None if there was none.
    ``effects``: those that the run predicted. If it left the user in, they were accepted.
    """

    status: str
    cloud_id: str | None
    effects: tuple[str, ...]

    @property
    def is_left_out(self) -> bool:
        return self.status in _LEFT_OUT


def read_run_users(result: Iterable[UserRecord]) -> dict[str, RunUser]:
    """Return the AD users of a result, by dashed objectGUID.

    :raises AttributeError, KeyError, TypeError or ValueError: if one of them is not a record of a user, as in a file
        that somebody edited.
    """
    found = {}
    for user in result:
        if user["ad"] is None:
            continue
        guid, cloud, change, match = user["ad"]["object_guid"], user["cloud"], user["change"], user["match"]
        if change is None or change["status"] not in _STATUSES:
            raise ValueError("an AD user whose status is unknown")
        if guid is not None:
            effects = () if match is None else tuple(match["effects"])
            cloud_id = None if cloud is None else cloud["id"]
            found[str(uuid.UUID(guid))] = RunUser(change["status"], cloud_id, effects)
    return found


def describe_unmatched(user: UserRecord, before: Mapping[str, RunUser]) -> str | None:
    """Return what the next sync does with an AD user whom no run hard-matched, as a plan predicted it.

    None if the user is matched or hard-matched, if a sync changes nothing, or for a service account, which is no
    person's. A hard match counts only if the cloud user is in use, if no other account has the same ImmutableId, and
    if the user is not excluded. ``before`` are the users of an earlier run. A hard match of one of them counts only if
    that run wanted it, with the same cloud user, and if the plan does not refuse it now.
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
    if match["sync_action"] == HARD_MATCH and (why := _describe_left_out(user, before)):
        return f"it hard-matches {name}, {why}, to {whom}"
    if match["sync_action"] == CREATE:
        return f"it creates a new cloud user for {name}"
    if match["sync_action"] is None and match["cause"] not in _NEVER_SYNCHRONISED:
        return describe_unknown(name)
    return None


def _describe_left_out(user: UserRecord, before: Mapping[str, RunUser]) -> str | None:
    """Return why nobody wanted a hard match, as the end of a name; None if somebody did, or if nobody can say it."""
    ad, cloud, change = user["ad"], user["cloud"], user["change"]
    if change and change["status"] == EXCLUDED:
        return "who is excluded"
    known = before.get(ad["object_guid"] or "") if ad else None
    if known is None:
        return None
    if known.is_left_out:
        return _LEFT_OUT[known.status]
    if cloud and known.cloud_id and known.cloud_id != cloud["id"]:
        return "whom the run matched with another cloud user"
    return f"who is refused now ({change['cause']})" if change and change["status"] == REFUSED else None


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
