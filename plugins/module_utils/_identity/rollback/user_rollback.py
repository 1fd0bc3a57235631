# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback does with one person: the ImmutableId in Entra, the anchor and the account in AD, as one.

A person is put back as a whole or not at all, so that no account is left without its match, and no match without its
account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from ..ad.users import AnchorChange
from ..core.errors import InputError
from ..core.identities.anchors import immutable_id_of_bytes, immutable_id_of_guid
from ..core.interrupted import INTERRUPTED, INTERRUPTED_REASON
from ..core.outcomes import DISABLED, FAILED, PUT_BACK, REFUSED, REMOVED, UNCHANGED
from ..core.records import consistency_bytes
from ..core.refusal import Refusal
from ..core.rollback import Undo
from ..entra.immutable_id_plan import ImmutableIdChange
from .account_restores import AccountRestore, person_key

STATUSES = (REMOVED, DISABLED, PUT_BACK, UNCHANGED, REFUSED, FAILED)

Part: TypeAlias = "ImmutableIdChange | AnchorChange | AccountRestore"
P = TypeVar("P", ImmutableIdChange, AnchorChange, AccountRestore)


@dataclass(frozen=True, slots=True)
class UserRollback:
    """What happens to one person. Rarely, the run changed several objects that had one UPN after another.

    ``name`` is the UPN in the journal.
    """

    name: str
    immutable_ids: tuple[ImmutableIdChange, ...] = ()
    anchors: tuple[AnchorChange, ...] = ()
    accounts: tuple[AccountRestore, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        return (*self.accounts, *self.immutable_ids, *self.anchors)

    @property
    def changed(self) -> bool:
        return any(part.changed for part in self.parts)

    @property
    def deciding(self) -> Part | None:
        """The part that says what happens to the person: what failed or was refused first, then what happens."""
        wrong = next((part for part in self.parts if part.status == FAILED), None) or self._blocked()
        changed = next((part for part in self.parts if part.changed), None)
        return wrong or changed or next((part for part in self.parts if part.reason), None)

    @property
    def status(self) -> str:
        part = self.deciding
        if part is None or not (part.changed or part.status == FAILED or _is_blocked(part)):
            return UNCHANGED
        if part.changed:
            return part.status if part.status in (REMOVED, DISABLED) else PUT_BACK
        return FAILED if part.status == FAILED else REFUSED

    @property
    def refusal(self) -> Refusal | None:
        """Why the person is left alone; None if nothing prevents it."""
        part = self._blocked()
        return Refusal(str(part.cause), str(part.reason)) if part else None

    def refused(self, why: Refusal) -> UserRollback:
        """Return the same person with nothing put back. What is refused already keeps its own reason."""
        return replace(
            self,
            immutable_ids=tuple(_refused(part, why) for part in self.immutable_ids),
            anchors=tuple(_refused(part, why) for part in self.anchors),
            accounts=tuple(_refused(part, why) for part in self.accounts),
        )

    def stopped(self, cause: str, reason: str) -> UserRollback:
        """Return the same person with what remains to be done in AD as failed."""
        return replace(
            self,
            anchors=tuple(_failed(part, cause, reason) for part in self.anchors),
            accounts=tuple(_failed(part, cause, reason) for part in self.accounts),
        )

    def interrupted(self) -> UserRollback:
        """Return the same person while it is unknown yet whether the changes were made."""
        unknown = tuple(_failed(part, INTERRUPTED, INTERRUPTED_REASON) for part in self.immutable_ids)
        return replace(self.stopped(INTERRUPTED, INTERRUPTED_REASON), immutable_ids=unknown)

    def failure(self) -> str | None:
        """Return why a change of this person failed; None if none did."""
        return next((part.reason or "" for part in self.parts if part.status == FAILED), None)

    def _blocked(self) -> Part | None:
        return next(filter(_is_blocked, self.parts), None)


def join_users(
    immutable_ids: Iterable[tuple[Undo, ImmutableIdChange]],
    anchors: Iterable[tuple[Undo, AnchorChange]],
    accounts: Iterable[AccountRestore],
) -> list[UserRollback]:
    """Return the people whom these changes are about, each with all changes of that person.

    The journal has the UPN that each object had, and the cloud user of an AD account may have another one. So an
    ImmutableId is of the person whose objectGUID it is, else of the one whose mS-DS-ConsistencyGuid it is, and only
    then of the one with its UPN. The anchor of an account that is removed, or that is gone already, goes with it.
    """
    users: dict[str, UserRollback] = {}
    of_guid: dict[str, str] = {}
    of_anchor: dict[str, str] = {}
    for restore in accounts:
        own = users.get(restore.key) or UserRollback(restore.user_principal_name or restore.key)
        users[restore.key] = replace(own, accounts=(*own.accounts, restore))
        if restore.guid:
            of_guid[immutable_id_of_guid(restore.guid)] = restore.key
        for value in restore.immutable_ids:
            of_anchor.setdefault(value, restore.key)
    for undo, anchor in anchors:
        key = of_guid.setdefault(immutable_id_of_guid(undo.id), person_key(undo))
        own = users.get(key) or UserRollback(undo.user_principal_name or undo.id)
        if not any(_goes(restore, anchor) for restore in own.accounts):
            own = replace(own, anchors=(*own.anchors, anchor))
        users[key] = own
        for value in _immutable_ids(undo):
            of_anchor.setdefault(value, key)
    for undo, change in immutable_ids:
        values = [value for value in (*undo.expected, undo.restore) if isinstance(value, str)]
        owners = (owner[value] for value in values for owner in (of_guid, of_anchor) if value in owner)
        key = next(owners, person_key(undo))
        own = users.get(key) or UserRollback(undo.user_principal_name or undo.id)
        users[key] = replace(own, immutable_ids=(*own.immutable_ids, change))
    return refuse_whole(users.values())


def with_immutable_ids(users: Sequence[UserRollback], done: Iterable[ImmutableIdChange]) -> list[UserRollback]:
    """Return the users with what happened to their ImmutableIds; ``done`` is in the order of the users."""
    left = iter(done)
    return [replace(user, immutable_ids=_taken(left, user.immutable_ids)) for user in users]


def with_anchors(users: Sequence[UserRollback], done: Iterable[AnchorChange]) -> list[UserRollback]:
    """Return the users with what happened to their anchors; ``done`` is in the order of the users."""
    left = iter(done)
    return [replace(user, anchors=_taken(left, user.anchors)) for user in users]


def with_accounts(users: Sequence[UserRollback], done: Iterable[AccountRestore]) -> list[UserRollback]:
    """Return the users with what happened to their accounts; ``done`` is in the order of the users."""
    left = iter(done)
    return [replace(user, accounts=_taken(left, user.accounts)) for user in users]


def refuse_whole(users: Iterable[UserRollback]) -> list[UserRollback]:
    """Refuse everything of the users of whom something is refused, and return all users."""
    return [user.refused(user.refusal) if user.refusal else user for user in users]


def _immutable_ids(undo: Undo) -> Iterator[str]:
    """Return the ImmutableIds of the anchors that an account had before and after a run."""
    for text in filter(None, (*undo.expected, undo.restore)):
        with suppress(InputError):  # somebody may have changed the journal
            yield immutable_id_of_bytes(consistency_bytes(str(text)))


def _taken(left: Iterator[P], parts: Sequence[P]) -> tuple[P, ...]:
    return tuple(next(left) for _part in parts)


def _refused(part: P, why: Refusal) -> P:
    return part if _is_blocked(part) else part.refused(why.cause, why.reason)


def _failed(part: P, cause: str, reason: str) -> P:
    return part.failed(cause, reason) if part.changed else part


def _goes(restore: AccountRestore, anchor: AnchorChange) -> bool:
    """Return whether an anchor goes with its account: now, or because neither is there any more."""
    return restore.status == REMOVED or (restore.status == UNCHANGED and not restore.found and not anchor.found)


def _is_blocked(part: Part) -> bool:
    return part.status == REFUSED if isinstance(part, AccountRestore) else part.blocked
