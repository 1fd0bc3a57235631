# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check that no AD account is taken away from, or changed under, a cloud user who is synchronised with it.

The next sync would delete the cloud user, with the mailbox (facts §1 "Soft-deleted holders"), or write the old values
to it. Which cloud users an account has is asked by all that a sync joins by: the ImmutableIds of its objectGUID and of
its mS-DS-ConsistencyGuid, and its security identifier (facts §2, §19).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..ad.users import AnchorChange
from ..core.cloud_user import CloudUser
from ..core.identities.anchors import immutable_id_of_bytes
from ..core.identities.sids import sid_text
from ..core.outcomes import DISABLED, REMOVED
from ..core.refusal import Refusal
from ..entra.graph_json import unreadable_sentence
from ..entra.tenant_snapshot import DELETED_USERS
from .account_restores import AccountRestore
from .user_rollback import UserRollback


@dataclass(frozen=True, slots=True)
class LinkedUser:
    """A cloud user who may be synchronised with an account. ``security_identifier``: onPremisesSecurityIdentifier."""

    user: CloudUser
    security_identifier: str | None


@dataclass(frozen=True)
class Links:
    """What joins an AD account with cloud users: ImmutableIds, and the text of its security identifier.

    ``loses_account``: whether the account is removed or disabled. Otherwise its values or its ImmutableId change.
    """

    name: str
    immutable_ids: tuple[str, ...]
    security_identifier: str | None
    loses_account: bool


def list_links(users: Iterable[UserRollback]) -> list[Links]:
    """Return the links of all accounts that are removed, disabled or get values back, or another ImmutableId."""
    return [links for user in users for links in _links(user)]


def refuse_linked(
    users: Sequence[UserRollback], linked: Iterable[LinkedUser], unread: Collection[str] = ()
) -> list[UserRollback]:
    """Refuse the people whose account a cloud user needs, and return all.

    A cloud user whose value the same rollback takes back does not count, unless that is itself refused in the end.
    ``unread`` are aspects of the tenant that could not be read and must be known.
    """
    by_value: defaultdict[str, list[LinkedUser]] = defaultdict(list)
    unclear = _refuse_unread(unread)
    for each in linked:
        sentence = unreadable_sentence(each.user)
        unclear = unclear or (Refusal("unreadable_user", sentence) if sentence else None)
        for value in filter(None, (each.user.immutable_id, each.security_identifier)):
            by_value[value].append(each)
    checked = list(users)
    while True:
        freed = {
            change.target.id for user in checked for change in user.immutable_ids if change.changed and change.target
        }
        refusals = [_refusal(user, by_value, freed, unclear) for user in checked]
        if not any(refusals):
            return checked
        checked = [user.refused(why) if why else user for user, why in zip(checked, refusals, strict=True)]


def _links(user: UserRollback) -> Iterator[Links]:
    for restore in user.accounts:
        if restore.found and restore.changed:
            yield _links_of_account(restore)
    for anchor in user.anchors:
        if anchor.changed and anchor.found and _changes_immutable_id(anchor):
            values = [value for value in (anchor.found.guid, anchor.before) if value]
            ids = tuple(map(immutable_id_of_bytes, values))
            yield Links(anchor.name, ids, anchor.found.user.object_sid, loses_account=False)


def _links_of_account(restore: AccountRestore) -> Links:
    found = restore.found
    sid = sid_text(next(iter(found.attributes.get("objectsid", ())), b"")) if found else None
    name = found.distinguished_name if found else ""
    loses = restore.status in (REMOVED, DISABLED)
    return Links(name, restore.immutable_ids, sid, loses_account=loses)


def _changes_immutable_id(anchor: AnchorChange) -> bool:
    own = anchor.found.guid if anchor.found else b""
    return (anchor.before or own) != (anchor.after or own)


def _refusal(
    user: UserRollback, by_value: Mapping[str, Sequence[LinkedUser]], freed: set[str], unclear: Refusal | None
) -> Refusal | None:
    for links in _links(user):
        if links.loses_account and unclear:
            return unclear
        if links.loses_account and links.security_identifier is None:
            reason = (
                f"The security identifier (objectSid) of {links.name} cannot be read, so it is unknown which cloud "
                "user has it. Sign in with an account that may read it."
            )
            return Refusal("unreadable_object", reason)
        for value in filter(None, (*links.immutable_ids, links.security_identifier)):
            for each in by_value.get(value, ()):
                why = _refuse_for(each, links, value, freed)
                if why:
                    return why
    return None


def _refuse_unread(unread: Collection[str]) -> Refusal | None:
    if DELETED_USERS not in unread:
        return None
    return Refusal(
        f"unread_{DELETED_USERS}",
        "The app may not read deleted users, so it is unknown whether one of them belongs to the account. The account "
        f"is not removed. Grant the app User.Read.All, or add {DELETED_USERS} to skip_checks.",
    )


def _refuse_for(each: LinkedUser, links: Links, value: str, freed: set[str]) -> Refusal | None:
    by = "security identifier" if value == links.security_identifier else f"ImmutableId {value}"
    if each.user.sync_enabled:
        harm = "delete or disable the cloud user" if links.loses_account else "change the cloud user too"
        return Refusal(
            "synchronised",
            f"{each.user.name} in Entra ID is synchronised with {links.name} by the {by}, so the account is not "
            f"changed: the next sync would {harm}. You can't roll back a user after the first sync.",
        )
    if not links.loses_account or (each.user.id in freed and value in links.immutable_ids):
        return None
    where = "in the recycle bin of Entra ID" if each.user.deleted else "in Entra ID"
    return Refusal(
        "has_cloud_user",
        f"{each.user.name} {where} has the {by} of {links.name}, and this rollback does not clear it, so the account "
        "is not removed. Find out whether the two belong together.",
    )
