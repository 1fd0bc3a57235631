# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cloud user each AD user is matched with: pure, for the plan and the apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .._identity.ad.users import AnchorChange, CloudName
from .._identity.core.attribute_map import primary_address, sent_addresses
from .._identity.core.cloud_user import CloudUser
from .._identity.core.identities.cloud_identity import possible_upn, read_object_id
from .._identity.core.identities.comparison import entra_key
from .._identity.core.refusal import Refusal
from .._identity.core.text.counts import amount, plural
from .._identity.core.text.sentences import join_names
from .._identity.entra.snapshot_user import SnapshotUser
from .._identity.entra.user_index import UserIndex
from .._identity.preflight.directory_view import DirectoryView
from .match_changes import MatchChange

USER_PRINCIPAL_NAME, PRIMARY_SMTP, MAPPING = "user_principal_name", "primary_smtp", "mapping"
MATCH_BY = (USER_PRINCIPAL_NAME, PRIMARY_SMTP, MAPPING)
"""What an AD user and its cloud user have in common: the UPN, the primary mail address, or a line of a mapping."""

NOT_IN_MAPPING, NO_SUCH_CLOUD_USER = "not_in_mapping", "no_such_cloud_user"
NO_PRIMARY_ADDRESS, SHARED_ADDRESS, NOBODY_HAS_ADDRESS = "no_primary_address", "shared_address", "nobody_has_address"
GUEST, UPN_OF_ANOTHER, OTHER_ACCOUNT_FITS = "guest_by_address", "upn_of_another_user", "other_account_fits"
CAUSES = (
    *(NOT_IN_MAPPING, NO_SUCH_CLOUD_USER, NO_PRIMARY_ADDRESS, SHARED_ADDRESS, NOBODY_HAS_ADDRESS),
    *(GUEST, UPN_OF_ANOTHER, OTHER_ACCOUNT_FITS),
)
"""Why an AD user is matched with nobody."""


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
    tenant, or those with the primary addresses and UPNs of the AD users. ``index`` is made of them.
    """
    if by.way == MAPPING:
        return [_mapped(user, by.mapping, index) for user in users]
    if by.way == PRIMARY_SMTP:
        return list(_addressed(users, cloud, index))
    return list(users)


def list_unused(users: Iterable[AnchorChange], by: MatchBy) -> list[str]:
    """Return the objectGUIDs of the mapping that no AD user in scope has, dashed."""
    known = {user.user().object_guid for user in users}
    return [guid for guid in by.mapping if guid not in known]


def describe_unused(guids: Sequence[str]) -> list[str]:
    """Return the warning about them, in a list; an empty list if there are none."""
    if not guids:
        return []
    return [
        f"{amount(len(guids), 'entry', 'entries')} of the mapping {plural(len(guids), 'has', 'have')} no AD user in "
        f"scope: {join_names(guids)}."
    ]


def list_partner_names(changes: Iterable[MatchChange], by: MatchBy) -> list[str]:
    """Return the UPNs and addresses of cloud users that no other AD account may have, each once."""
    if by.way != PRIMARY_SMTP:
        return []
    return list(dict.fromkeys(name for each in changes if each.writes for name in _names(each.immutable_id.target)))


def guard_partners(changes: Sequence[MatchChange], view: DirectoryView, by: MatchBy) -> list[MatchChange]:
    """Refuse users whose cloud user may be another AD account's, and return all users.

    Equal addresses are no proof if another account has the UPN or an address of the cloud user. ``view`` must hold all
    objects with one of ``list_partner_names``.
    """
    if by.way != PRIMARY_SMTP:
        return list(changes)
    holders: dict[str, dict[str, str]] = {}
    for account in view.accounts:
        for name in (*([account.upn] if account.upn else []), *account.addresses):
            holders.setdefault(entra_key(name), {})[account.guid] = account.distinguished_name
    return [_guarded(change, holders) if change.writes else change for change in changes]


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
    partners = {entra_key(address): each for each in cloud if (address := _cloud_address(each.user))}
    addresses = [_ad_address(user) for user in users]
    times = Counter(entra_key(address) for address in addresses if address)
    for user, address in zip(users, addresses, strict=True):
        if user.blocked:
            yield user
            continue
        partner = partners.get(entra_key(address or ""))
        refusal = _refuse_address(user, address, times[entra_key(address or "")], partner, index)
        if refusal or partner is None:
            yield user.refused(str(refusal and refusal.cause), str(refusal and refusal.reason))
        else:
            yield replace(user, known=CloudName(partner.user.id, partner.user.user_principal_name))


def _refuse_address(
    user: AnchorChange, address: str | None, times: int, partner: SnapshotUser | None, index: UserIndex
) -> Refusal | None:
    name, account = user.name, user.user()
    if not address:
        reason = f"{name} has no primary mail address in Active Directory. Set mail or proxyAddresses."
        return Refusal(NO_PRIMARY_ADDRESS, reason)
    if times > 1:
        reason = (
            f"{name} has the same primary address as another AD user in scope, {address}. Remove it from one of them."
        )
        return Refusal(SHARED_ADDRESS, reason)
    if partner is None:
        reason = (
            f"No active cloud user has the primary address {address} of {name}. Correct the address in Active "
            "Directory or in Entra ID, or remove the user from the scope."
        )
        return Refusal(NOBODY_HAS_ADDRESS, reason)
    if partner.is_guest:
        reason = (
            f"{partner.user.name} has the primary address of {name} but is a guest. Guests are not matched by their "
            "address. Remove the user from the scope."
        )
        return Refusal(GUEST, reason)
    upn = possible_upn(account.user_principal_name)
    other = index.find(upn) if upn else None
    if other and other.id != partner.user.id:
        reason = (
            f"{partner.user.name} has the primary address of {name}, but another cloud user has the UPN "
            f"{account.user_principal_name}. Find out which of the two belongs to the AD user, then correct the UPN or "
            "the address."
        )
        return Refusal(UPN_OF_ANOTHER, reason)
    return None


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
    if user is None:
        return []
    mail = [f"smtp:{user.mail}"] if user.mail else []
    return [*([user.user_principal_name] if user.user_principal_name else []), *user.proxy_addresses, *mail]


def _ad_address(user: AnchorChange) -> str | None:
    account = user.user()
    return primary_address(sent_addresses(account.proxy_addresses or (), account.mail))


def _cloud_address(user: CloudUser) -> str | None:
    return None if user.deleted else primary_address(sent_addresses(user.proxy_addresses, user.mail))
