# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cloud user each AD user is matched with: pure, for the plan and the apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .._identity.ad.users import AnchorChange, CloudName
from .._identity.core.cloud_user import CloudUser
from .._identity.core.identities.addresses import primary_addresses, sent_addresses
from .._identity.core.identities.cloud_identity import CloudIdentity, possible_upn, read_object_id
from .._identity.core.identities.comparison import entra_key
from .._identity.core.refusal import Refusal
from .._identity.core.text.counts import amount, plural
from .._identity.core.text.sentences import join_names
from .._identity.entra.snapshot_user import SnapshotUser
from .._identity.entra.user_index import UserIndex
from .._identity.preflight.directory_view import DirectoryView
from .._identity.preflight.next_sync import RunUser, RunUsers
from .match_changes import MatchChange

_SMTP = "smtp:"

USER_PRINCIPAL_NAME, PRIMARY_SMTP, MAPPING = "user_principal_name", "primary_smtp", "mapping"
MATCH_BY = (USER_PRINCIPAL_NAME, PRIMARY_SMTP, MAPPING)
"""What an AD user and its cloud user have in common: the UPN, the primary mail address, or a line of a mapping."""

NOT_IN_MAPPING, NO_SUCH_CLOUD_USER = "not_in_mapping", "no_such_cloud_user"
NO_PRIMARY_ADDRESS, SHARED_ADDRESS, NOBODY_HAS_ADDRESS = "no_primary_address", "shared_address", "nobody_has_address"
SEVERAL_ADDRESSES, SEVERAL_USERS = "several_primary_addresses", "several_cloud_users"
GUEST, UPN_OF_ANOTHER, OTHER_ACCOUNT_FITS = "guest_by_address", "upn_of_another_user", "other_account_fits"
WITHOUT_CLOUD_USER = (NOT_IN_MAPPING, NO_PRIMARY_ADDRESS, NOBODY_HAS_ADDRESS)
WITH_CLOUD_USER = (
    *(NO_SUCH_CLOUD_USER, SHARED_ADDRESS, SEVERAL_ADDRESSES, SEVERAL_USERS),
    *(GUEST, UPN_OF_ANOTHER, OTHER_ACCOUNT_FITS),
)
CAUSES = (*WITHOUT_CLOUD_USER, *WITH_CLOUD_USER)
"""Why an AD user is matched with nobody: because it has no cloud user, or although it seems to have one."""


@dataclass(frozen=True)
class MatchBy:
    """``way`` is one of MATCH_BY. ``mapping`` has object ids of cloud users by dashed objectGUID, for MAPPING."""

    way: str = USER_PRINCIPAL_NAME
    mapping: Mapping[str, str] = field(default_factory=dict)


def choose_partners(
    users: Sequence[AnchorChange], cloud: Sequence[SnapshotUser], index: UserIndex, by: MatchBy
) -> list[AnchorChange]:
    """Return AD users in order, each with its cloud user in ``known``; refused if there is none to match it with.

    By UPN, users are not changed, because requests look for the UPN. ``cloud`` must hold the active users of the
    tenant, or those who have a primary address or UPN of the AD users as UPN or primary address. ``index`` is made of
    them.
    """
    if by.way == MAPPING:
        return [_mapped(user, by.mapping, index) for user in users]
    if by.way == PRIMARY_SMTP:
        return list(_addressed(users, cloud, index))
    return list(users)


def keep_partners(users: Iterable[AnchorChange], before: RunUsers, index: UserIndex) -> list[AnchorChange]:
    """Return AD users in order, each with the cloud user whom an earlier run chose, if that user is still active."""
    return [_kept(user, before.find(user.user().object_guid), index) for user in users]


def describe_unused(users: Iterable[AnchorChange], by: MatchBy) -> list[str]:
    """Return the warning about entries of the mapping without an AD user in scope, in a list."""
    known = {user.user().object_guid for user in users} if by.mapping else ()
    guids = [guid for guid in by.mapping if guid not in known]
    if not guids:
        return []
    return [
        f"{amount(len(guids), 'entry', 'entries')} of the mapping {plural(len(guids), 'has', 'have')} no AD user in "
        f"scope: {join_names(guids)}."
    ]


def list_rival_names(users: Iterable[AnchorChange]) -> tuple[list[CloudIdentity], list[str]]:
    """Return the UPNs and the mail addresses that decide whether AD users have one cloud user by their addresses."""
    accounts = [user.user() for user in users]
    upns = [upn for account in accounts if (upn := possible_upn(account.user_principal_name))]
    addresses = [each for account in accounts for each in _primaries(account.proxy_addresses or (), account.mail)]
    return upns, list(dict.fromkeys((*(upn.text for upn in upns), *addresses)))


def describe_absent(members: Collection[str] | None, users: Iterable[AnchorChange], by: MatchBy) -> list[str]:
    """Return the warning about members of a group in Entra ID whose AD users have other UPNs, in a list.

    ``members`` has the UPNs by ``entra_key``, None without such a group. ``users`` are all in its scope. By UPN, a
    member without an AD user is a person who has none.
    """
    if by.way == USER_PRINCIPAL_NAME or members is None:
        return []
    absent = sorted(set(members) - {entra_key(user.user().user_principal_name or "") for user in users})
    if not absent:
        return []
    return [
        f"{amount(len(absent), 'member')} of the group in Entra ID {plural(len(absent), 'has', 'have')} no AD user "
        f"with their UPN, so they are not in the scope: {join_names(absent)}. Use a group of Active Directory, which "
        "also finds AD users with other UPNs."
    ]


def list_partner_names(changes: Iterable[MatchChange], by: MatchBy) -> list[str]:
    """Return the UPNs and addresses of cloud users that no other AD object may have, each once.

    A name is searched for as UPN and as address, because one person may have it as the other in Active Directory.
    """
    if by.way != PRIMARY_SMTP:
        return []
    names = (name for each in changes if each.writes for name in _names(each.immutable_id.target))
    return list(dict.fromkeys(way for name in names for way in ((name,) if ":" in name else (name, f"{_SMTP}{name}"))))


def guard_partners(changes: Sequence[MatchChange], view: DirectoryView, by: MatchBy) -> list[MatchChange]:
    """Refuse users whose cloud user may be another AD object's, and return all users.

    Equal addresses are no proof if another object has the UPN or an address of the cloud user. ``view`` must hold all
    objects with one of ``list_partner_names``.
    """
    if by.way != PRIMARY_SMTP:
        return list(changes)
    holders: dict[str, dict[str, str]] = {}
    for account in view.accounts:
        for name in (*([account.upn] if account.upn else []), *account.addresses):
            holders.setdefault(entra_key(_bare(name)), {})[account.guid] = account.distinguished_name
    return [_guarded(change, holders) if change.writes else change for change in changes]


def _kept(user: AnchorChange, known: RunUser | None, index: UserIndex) -> AnchorChange:
    partner = index.find(read_object_id(known.cloud_id)) if known and known.cloud_id else None
    return replace(user, known=CloudName(partner.id, partner.user_principal_name)) if partner else user


def _mapped(user: AnchorChange, mapping: Mapping[str, str], index: UserIndex) -> AnchorChange:
    account = user.user()
    if user.blocked or not account.object_guid:
        return user
    cloud_id = mapping.get(account.object_guid)
    if cloud_id is None:
        reason = (
            f"The mapping has no entry for {user.name} (objectGUID {account.object_guid}). Add an entry, or remove the "
            "user from the scope."
        )
        return user.refused(NOT_IN_MAPPING, reason)
    partner = index.find(read_object_id(cloud_id))
    if partner is None:
        reason = (
            f"The mapping contains the cloud user {cloud_id} for {user.name}, but Entra ID has no active user with "
            "this id. Correct the mapping, or restore the user."
        )
        return user.refused(NO_SUCH_CLOUD_USER, reason)
    return replace(user, known=CloudName(cloud_id, partner.user_principal_name))


def _addressed(
    users: Sequence[AnchorChange], cloud: Sequence[SnapshotUser], index: UserIndex
) -> Iterator[AnchorChange]:
    holders: dict[str, dict[str, SnapshotUser]] = {}
    for each in cloud:
        for address in [] if each.user.deleted else _primaries(each.user.proxy_addresses, each.user.mail):
            holders.setdefault(entra_key(address), {})[each.user.id] = each
    addresses = [_primaries(user.user().proxy_addresses or (), user.user().mail) for user in users]
    times = Counter(entra_key(address) for own in addresses for address in own)
    for user, own in zip(users, addresses, strict=True):
        if user.blocked:
            yield user
            continue
        found = _find_partner(user, own, times, holders, index)
        if isinstance(found, Refusal):
            yield user.refused(found.cause, found.reason)
        else:
            yield replace(user, known=CloudName(found.user.id, found.user.user_principal_name))


def _find_partner(
    user: AnchorChange,
    addresses: Sequence[str],
    times: Mapping[str, int],
    holders: Mapping[str, Mapping[str, SnapshotUser]],
    index: UserIndex,
) -> SnapshotUser | Refusal:
    """Return the cloud user with the primary address of an AD user, or why the two are not matched.

    ``times`` counts the AD users with a primary address, and ``holders`` has the cloud users with it, by ``entra_key``.
    """
    name, account = user.name, user.user()
    if not addresses:
        reason = f"{name} has no primary mail address in Active Directory. Set mail or proxyAddresses."
        return Refusal(NO_PRIMARY_ADDRESS, reason)
    if len(addresses) > 1:
        reason = (
            f"{name} has several primary addresses in Active Directory: {join_names(addresses)}. Let only one "
            "value of proxyAddresses begin with SMTP: in capitals."
        )
        return Refusal(SEVERAL_ADDRESSES, reason)
    (address,) = addresses
    if times[entra_key(address)] > 1:
        reason = (
            f"{name} has the same primary address as another AD user in scope, {address}. Remove it from one of them."
        )
        return Refusal(SHARED_ADDRESS, reason)
    found = list(holders.get(entra_key(address), {}).values())
    if not found:
        reason = (
            f"No active cloud user has the primary address {address} of {name}. Correct the address in Active "
            "Directory or in Entra ID, or remove the user from the scope."
        )
        return Refusal(NOBODY_HAS_ADDRESS, reason)
    if len(found) > 1:
        reason = (
            f"Several cloud users have the primary address {address} of {name}: "
            f"{join_names(sorted(each.user.name for each in found))}. Remove it from all but one of them."
        )
        return Refusal(SEVERAL_USERS, reason)
    (partner,) = found
    if partner.is_guest:
        reason = (
            f"{partner.user.name} has the primary address of {name} but is a guest. Guests are not matched by their "
            "address. Remove the user from the scope."
        )
        return Refusal(GUEST, reason)
    upn = possible_upn(account.user_principal_name)
    named = index.find(upn) if upn else None
    others = {*([named.id] if named else ()), *(holders.get(upn.key, {}) if upn else ())} - {partner.user.id}
    if upn and others:
        reason = (
            f"{partner.user.name} has the primary address of {name}, but another cloud user has {upn} as UPN or "
            "primary address. Find out which of the two belongs to the AD user, then correct the UPN or the address."
        )
        return Refusal(UPN_OF_ANOTHER, reason)
    return partner


def _guarded(change: MatchChange, holders: Mapping[str, Mapping[str, str]]) -> MatchChange:
    target = change.immutable_id.target
    for name in _names(target):
        others = [dn for guid, dn in holders.get(entra_key(name), {}).items() if guid != change.guid]
        if others and target:
            reason = (
                f"{target.name} has {name}, but {join_names(others)} in Active Directory has it too, so the cloud user "
                f"might not belong to {change.name}. Remove the wrong value."
            )
            return change.refused(Refusal(OTHER_ACCOUNT_FITS, reason))
    return change


def _names(user: CloudUser | None) -> list[str]:
    """Return the UPN and the addresses of a cloud user, each once. Mail addresses have no prefix."""
    if user is None:
        return []
    names = (user.user_principal_name, *map(_bare, user.proxy_addresses), user.mail)
    return list({entra_key(name): name for name in names if name}.values())


def _bare(name: str) -> str:
    return name[len(_SMTP) :] if entra_key(name).startswith(_SMTP) else name


def _primaries(addresses: Sequence[str], mail: str | None) -> list[str]:
    """Return the primary addresses that a sync sends, without their prefix, each once."""
    found = primary_addresses(sent_addresses(addresses, mail))
    return list({entra_key(address): address for address in found if address}.values())
