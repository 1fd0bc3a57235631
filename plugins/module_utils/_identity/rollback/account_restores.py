# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rollback of AD accounts: which are removed, which values are put back, and what was changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..accounts.directory import AccountDirectory, texts
from ..accounts.made import MADE
from ..accounts.state import ACCOUNT, OBJECT_GUID, account_state, added_since, journal_value, without_manager
from ..accounts.touchable import refuse_kind
from ..accounts.values import CONTROL, MANAGER, UPN, WRITTEN
from ..accounts.values import DISABLED as DISABLED_BIT
from ..ad.objects import AdObject
from ..ad.protected_accounts import Shield
from ..core.identities.anchors import CONSISTENCY_GUID, guid_text, immutable_id_of_bytes, is_guid, parse_guid
from ..core.identities.comparison import entra_key
from ..core.identities.distinguished_names import dn_key
from ..core.outcomes import DISABLED, FAILED, PUT_BACK, REFUSED, REMOVED, UNCHANGED
from ..core.records import consistency_text
from ..core.refusal import Refusal
from ..core.restorable import refuse_renamed
from ..core.rollback import Undo
from .restorable_values import is_texts, refuse_value, restored_addresses
from .sign_ins import control_of, enabled_again, is_disabled, was_signed_in_to

ATTRIBUTES = (ACCOUNT, MADE, *WRITTEN, CONTROL, MANAGER)
"""The attributes that journal lines of ``ad_user`` name."""


@dataclass(frozen=True, slots=True)
class AccountRestore:
    """What a rollback does with one account.

    ``state`` is the journal's state of an account that is removed. ``before`` and ``after`` hold the attributes that
    are put back, None for an empty one; for an account that is disabled, userAccountControl. ``key`` is
    ``person_key`` of its undos. ``guid``: the dashed objectGUID, None if neither the directory nor the journal has it.
    """

    status: str
    user_principal_name: str | None
    found: AdObject | None = None
    state: Any = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    cause: str | None = None
    reason: str | None = None
    key: str = ""
    guid: str | None = None

    @property
    def changed(self) -> bool:
        return self.status in (REMOVED, DISABLED, PUT_BACK)

    @property
    def immutable_ids(self) -> tuple[str, ...]:
        """The ImmutableIds that a sync can make of the account: of its objectGUID and its mS-DS-ConsistencyGuid."""
        own = [parse_guid(self.guid).bytes_le] if self.guid else []
        held = self.found.attributes.get(CONSISTENCY_GUID.lower(), ()) if self.found else ()
        return tuple(map(immutable_id_of_bytes, (*own, *held)))

    def refused(self, cause: str, reason: str) -> AccountRestore:
        return replace(self, status=REFUSED, cause=cause, reason=reason, before={}, after={})

    def failed(self, cause: str, reason: str) -> AccountRestore:
        return replace(self, status=FAILED, cause=cause, reason=reason, before={}, after={})


def person_key(undo: Undo) -> str:
    """Return what is equal for the undos of one person: the UPN in the journal, or without one the object's id."""
    return entra_key(undo.user_principal_name or undo.id)


def is_made(undo: Undo) -> bool:
    """Return whether an undo is about an account that a run made: its id is then a UPN, not a GUID."""
    return "@" in undo.id


def plan_rollback(
    undos: Sequence[Undo], directory: AccountDirectory, domain: str, shield: Shield | None = None
) -> list[AccountRestore]:
    """Plan one restore for each account, in the order of the undos. ``directory`` has all attributes of the accounts.

    ``undos`` may have mS-DS-ConsistencyGuid of accounts that the run made, which are removed with it. ``domain``
    is the distinguished name of the domain. Without ``shield``, which says who is protected, nobody is enabled.

    If one run made an account and a later one filled it, which happens after a run was killed, there is one restore.
    """
    made = {entra_key(undo.id) for undo in undos if undo.attribute == ACCOUNT}
    groups: defaultdict[str, list[Undo]] = defaultdict(list)
    for undo in undos:
        name = entra_key(undo.user_principal_name or "")
        groups[name if name in made else entra_key(undo.id)].append(undo)
    planned = ((group, _planned(group, directory, domain, shield)) for group in groups.values())
    return [replace(each, key=person_key(group[0]), guid=_guid_of(each, group)) for group, each in planned]


def _guid_of(restore: AccountRestore, group: Iterable[Undo]) -> str | None:
    """Return the objectGUID of an account, also of one that is gone."""
    if restore.found:
        return guid_text(restore.found.guid)
    return next(filter(None, map(_journaled_guid, group)), None)


def _journaled_guid(undo: Undo) -> str | None:
    """Return the objectGUID that a journal has of an account: as the id of a line, or in the state of a removed one."""
    if undo.attribute != ACCOUNT:
        return None if is_made(undo) else str(parse_guid(undo.id))
    guids = (value.get(OBJECT_GUID) for value in (undo.restore, *undo.expected) if isinstance(value, dict))
    return next((str(parse_guid(guid)) for guid in guids if is_guid(guid)), None)


def _planned(group: Sequence[Undo], directory: AccountDirectory, domain: str, shield: Shield | None) -> AccountRestore:
    account = next((undo for undo in group if undo.attribute == ACCOUNT), None)
    if account is not None:
        return _removal(account, [undo for undo in group if undo is not account], directory)
    first = group[0]
    found = directory.named(first.id) if is_made(first) else directory.of_guid(first.id)
    if len(found) != 1:
        reason = (
            f"The AD account {first.id} ({first.user_principal_name} in the journal) no longer exists, so there is "
            "nothing to roll back."
        )
        return AccountRestore(UNCHANGED, None).refused("account_gone", reason)
    restore = _found(found[0])
    refusal = _refuse_account(group, found[0])
    if refusal:
        return restore.refused(refusal.cause, refusal.reason)
    restore = _restored(restore, found[0], group)
    refusal = _refuse_values(restore, group, directory, domain, shield)
    return restore.refused(refusal.cause, refusal.reason) if refusal else restore


def _found(account: AdObject) -> AccountRestore:
    """Return a restore that names the account as the directory does now."""
    return AccountRestore(UNCHANGED, next(iter(texts(account, UPN)), None), account)


def _refuse_account(group: Sequence[Undo], account: AdObject) -> Refusal | None:
    now = next(iter(texts(account, UPN)), None)
    if not all(map(_is_ours, group)):
        reason = (
            f"The journal contains values for {now or account.distinguished_name} that ad_user never writes, so they "
            "are not restored. Find out who changed the journal, or set the values by hand if they are right."
        )
        return Refusal("not_restorable", reason)
    renamed = (refuse_renamed(undo.user_principal_name, now) for undo in group)
    return next(filter(None, renamed), None) or refuse_kind(now or account.distinguished_name, account)


def _refuse_values(
    restore: AccountRestore, group: Iterable[Undo], directory: AccountDirectory, domain: str, shield: Shield | None
) -> Refusal | None:
    """Refuse the values that would be put back if one of them is not ad_user's, or is another object's address."""
    if restore.found is None:
        return None
    name = restore.user_principal_name or restore.found.distinguished_name
    for undo in group:
        if undo.attribute not in restore.after:
            continue
        refusal = refuse_value(undo, restore.found, name, domain, shield)
        if refusal:
            return refusal
        holder = directory.holder_of(restored_addresses(undo), restore.found)
        if holder:
            reason = f"The address {holder[1]}, which {name} had, belongs to {holder[0].distinguished_name} now."
            return Refusal("address_of_other_account", f"{reason} Remove it from that account first.")
    return None


def _is_ours(undo: Undo) -> bool:
    """Return whether the values of an undo are of the kind that a run writes into a journal."""
    kind = {ACCOUNT: dict, MADE: str, CONSISTENCY_GUID: str}.get(undo.attribute, list)
    return all(value is None or isinstance(value, kind) for value in (*undo.expected, undo.restore))


def _removal(undo: Undo, filled: Sequence[Undo], directory: AccountDirectory) -> AccountRestore:
    if undo.restore is not None:
        reason = (
            f"The account of {undo.id} was removed and cannot be restored with its old values. Run ad_user to create "
            "a new account."
        )
        return AccountRestore(UNCHANGED, undo.id).refused("cannot_be_made_again", reason)
    found = directory.named(undo.id)
    made = [each for line in filled if line.attribute == MADE for each in directory.of_guid(line.id)]
    if made and made[0] not in found:  # its UPN was changed
        found = made
    if not found:
        return AccountRestore(UNCHANGED, undo.id)
    account = found[0]
    restore = _found(account)
    refusal = _refuse_account([undo, *filled], account)
    if refusal:
        return restore.refused(refusal.cause, refusal.reason)
    changed = _changed_since(account, undo, filled) if len(found) == 1 else ["userPrincipalName"]
    signed_in = was_signed_in_to(account)
    if changed and signed_in and is_disabled(account) and not _changed_since(enabled_again(account), undo, filled):
        return _disabling(restore, account)
    if changed:
        reason = (
            f"{account.distinguished_name} was changed after it was created ({', '.join(changed)}), so it is not "
            "removed. Check the account, and delete it by hand if you do not need it."
        )
        return restore.refused("changed_since", reason)
    return _disabling(restore, account) if signed_in else replace(restore, status=REMOVED, state=undo.expected[-1])


def _disabling(restore: AccountRestore, account: AdObject) -> AccountRestore:
    """Return the restore of an account that somebody signed in to: it stays, and is disabled if it is not yet."""
    control = control_of(account)
    reason = (
        f"Somebody has signed in to {account.distinguished_name}, so it is disabled but not removed. If nobody needs "
        "it, delete it by hand before a sync also disables its cloud user."
    )
    if control is None or control & DISABLED_BIT:
        return replace(restore, cause="signed_in", reason=reason)
    after = {CONTROL: [str(control | DISABLED_BIT)]}
    return replace(
        restore, status=DISABLED, before={CONTROL: [str(control)]}, after=after, cause="signed_in", reason=reason
    )


def _changed_since(account: AdObject, undo: Undo, filled: Sequence[Undo]) -> list[str]:
    attributes = _as_made(account, filled)
    held = texts(account, MANAGER)
    if not undo.holds_ours(account_state(account.distinguished_name, attributes)):
        if not undo.holds_ours(account_state(account.distinguished_name, without_manager(attributes))):
            return ["a name, an attribute or mS-DS-ConsistencyGuid"]
        managers = [values for each in filled if each.attribute == MANAGER for values in each.expected]
        if held and not any(_same(MANAGER, held, values) for values in managers):
            return [MANAGER]
    return added_since(account.attributes)


def _as_made(account: AdObject, filled: Sequence[Undo]) -> dict[str, Sequence[bytes]]:
    """Return the attributes of an account without the values that later runs wrote and that it still holds."""
    attributes = dict(account.attributes)
    for undo in filled:
        if undo.attribute == MADE:
            continue
        if undo.attribute == CONSISTENCY_GUID:
            raw = next(iter(account.attributes.get(undo.attribute.lower(), ())), b"")
            if undo.restore is None and undo.holds_ours(consistency_text(raw)):
                attributes[undo.attribute.lower()] = []
            continue
        held = journal_value(undo.attribute, texts(account, undo.attribute))
        restorable = undo.restore is None or is_texts(undo.restore)
        if (
            restorable
            and undo.attribute != MANAGER
            and any(_same(undo.attribute, held, value) for value in undo.expected)
        ):
            attributes[undo.attribute.lower()] = [value.encode() for value in undo.restore or ()]
    return attributes


def _restored(restore: AccountRestore, account: AdObject, group: Iterable[Undo]) -> AccountRestore:
    before, after = {}, {}
    for undo in group:
        held = journal_value(undo.attribute, texts(account, undo.attribute))
        if _same(undo.attribute, held, undo.restore):
            continue
        if not any(_same(undo.attribute, held, value) for value in undo.expected):
            reason = (
                f"{undo.attribute} of {restore.user_principal_name} was changed after the run, so no value of the "
                "account is restored. Decide which values are right, and set them by hand."
            )
            return restore.refused("changed_since", reason)
        before[undo.attribute], after[undo.attribute] = held, undo.restore
    return replace(restore, status=PUT_BACK if after else UNCHANGED, before=before, after=after)


def _same(attribute: str, one: Any, other: Any) -> bool:
    return bool(_comparable(attribute, one) == _comparable(attribute, other))


def _comparable(attribute: str, value: Any) -> Any:
    """Return the form in which values are compared. What is no list of texts equals nothing that AD holds."""
    if value is None:
        return []
    if not is_texts(value):
        return value
    return [dn_key(dn) for dn in value] if attribute == MANAGER else sorted(value)
