# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the next sync would process although no run hard-matched them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..core.accepted_effects import EFFECTS
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
from ..core.review.shown_values import list_shown_values
from ..core.run_files.user_records import MatchRecord, UserRecord, cloud_name, name_of
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
    ``effects``: those that the run predicted, and ``shown`` their values. If it did not leave the user out, they were
    accepted.
    """

    status: str
    cloud_id: str | None
    effects: tuple[str, ...]
    shown: frozenset[str]

    @property
    def is_left_out(self) -> bool:
        return self.status in _LEFT_OUT


class RunUsers:
    """The AD users of an earlier run, by dashed objectGUID."""

    def __init__(self, users: Mapping[str, RunUser]) -> None:
        self.users = users
        self._matched = {each.cloud_id: guid for guid, each in users.items() if each.cloud_id and not each.is_left_out}

    def find(self, guid: str | None) -> RunUser | None:
        return self.users.get(guid or "")

    def matched_with(self, cloud_id: str) -> str | None:
        """Return the objectGUID of the AD user whom the run matched with a cloud user; None if there is none."""
        return self._matched.get(cloud_id)

    def accepted(self, guid: str | None, match: MatchRecord) -> tuple[str, ...]:
        """Return the effects that the run accepted for this user. With other values, they are others."""
        before = self.find(guid)
        if before is None or before.is_left_out or not before.shown.issuperset(list_shown_values(match)):
            return ()
        return before.effects


NO_RUN = RunUsers({})
"""Before a cycle without a run, and for all other plans."""


def read_run_users(result: Iterable[UserRecord]) -> RunUsers:
    """Return the AD users of a result.

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
            effects, shown = ((), frozenset()) if match is None else (tuple(match["effects"]), list_shown_values(match))
            cloud_id = None if cloud is None else cloud["id"]
            found[str(uuid.UUID(guid))] = RunUser(change["status"], cloud_id, effects, shown)
    return RunUsers(found)


def describe_unmatched(user: UserRecord, before: RunUsers) -> str | None:
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


def _describe_left_out(user: UserRecord, before: RunUsers) -> str | None:
    """Return why nobody wanted a hard match, as the end of a name; None if somebody did, or if nobody can say it."""
    ad, cloud, change = user["ad"], user["cloud"], user["change"]
    if change and change["status"] == EXCLUDED:
        return "who is excluded"
    guid = ad["object_guid"] if ad else None
    known = before.find(guid)
    if known and known.is_left_out:
        return _LEFT_OUT[known.status]
    if known and cloud and known.cloud_id and known.cloud_id != cloud["id"]:
        return "whom the run matched with another cloud user"
    if cloud and before.matched_with(cloud["id"]) not in (None, guid):
        return "whose cloud user the run matched with another account"
    if known and change and change["status"] == REFUSED and change["cause"] in EFFECTS:
        return f"who is refused now ({change['cause']})"
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
