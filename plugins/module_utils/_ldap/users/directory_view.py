# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the AD objects that hold or claim given ImmutableIds, UPNs or addresses, and which of them are protected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..._identity.ad.faults import has_guid
from ..._identity.ad.kinds import kind_word
from ..._identity.ad.protected_accounts import ACCOUNT_ATTRIBUTES, Shield, why_protected
from ..._identity.ad.users import FoundUser
from ..._identity.core.identities.anchors import (
    CONSISTENCY_GUID,
    OBJECT_GUID,
    guid_text,
    immutable_id_of_bytes,
)
from ..._identity.preflight.directory_view import AdAccount, DirectoryView
from ..protection.shield import try_read_shield
from ..session import filters
from ..session.connection import Session
from ..session.search import Entry, list_entries, paged_entries
from .anchor_owners import anchor_values, raw_anchors

_ATTRIBUTES = (OBJECT_GUID, CONSISTENCY_GUID, "objectClass", "sAMAccountType", "userPrincipalName")
_ADDRESSES = ("mail", "proxyAddresses")
# The objects that a listing reads: all that can hold one of the values.
_ANYTHING = "(|(sAMAccountName=*)(mail=*)(proxyAddresses=*)(objectClass=contact)(mS-DS-ConsistencyGuid=*))"

_Kept: TypeAlias = "tuple[str | bytes, AdAccount | None]"
"""What identifies an object on all servers, and its account."""


def read_view(
    session: Session, domain: str, immutable_ids: Sequence[str], names: Sequence[str], with_protection: bool
) -> DirectoryView:
    """Return the objects of a domain with these ImmutableIds, or with these UPNs and addresses (``smtp:a@b``).

    Without ``names``, the addresses of the objects are not read. Without ``with_protection``, protected accounts are
    not looked for, and count as unread.

    :raises LdapError: if the directory cannot be read.
    """
    shield = try_read_shield(session, domain) if with_protection else None
    attributes = (*_ATTRIBUTES, *(_ADDRESSES if names else ()), *(ACCOUNT_ATTRIBUTES if with_protection else ()))
    values = dict.fromkeys((*anchor_values(raw_anchors(immutable_ids)), *_of_names(names)))
    found = _Reading(session, domain, attributes, shield).matching(values)
    accounts = list(filter(None, found))
    return DirectoryView(accounts, claims_unread=len(accounts) < len(found), protection_unread=shield is None)


def read_claims(
    session: Session, domain: str, users: Sequence[FoundUser], immutable_ids: Sequence[str], with_protection: bool
) -> DirectoryView:
    """Return users who were read before, and all other objects of the domain with one of these ImmutableIds.

    With ``with_protection``, the users were read with what protects them. Without it, they count as unread.

    :raises LdapError: if the directory cannot be read.
    """
    shield = try_read_shield(session, domain) if with_protection else None
    attributes = (*_ATTRIBUTES, *(ACCOUNT_ATTRIBUTES if with_protection else ()))
    known = {user.guid for user in users}
    values = [
        value
        for value in anchor_values(raw_anchors(immutable_ids))
        if value[0] == CONSISTENCY_GUID or value[1] not in known
    ]
    found = _Reading(session, domain, attributes, shield).claiming(values)
    others = list(filter(None, found))
    accounts = {account.guid: account for account in (*(_known_account(user, shield) for user in users), *others)}
    return DirectoryView(
        list(accounts.values()), claims_unread=len(others) < len(found), protection_unread=shield is None
    )


@dataclass(frozen=True)
class _Reading:
    """Reads the objects of a domain, and keeps of each only its account, or None if it has no usable GUID."""

    session: Session
    domain: str
    attributes: Sequence[str]
    shield: Shield | None

    def matching(self, values: Collection[filters.HeldValue]) -> Sequence[AdAccount | None]:
        """Read by filters, or by a listing of the domain if that takes no more requests."""
        requests = _count_filters(values)
        listed = self._listed(_ANYTHING, requests) if requests > 1 else None
        return list(self._filtered(values).values()) if listed is None else [account for _key, account in listed]

    def claiming(self, values: Sequence[filters.HeldValue]) -> Sequence[AdAccount | None]:
        """Read by filters, or read all objects with an anchor of their own, which are often few, if those are many."""
        claims = [value for value in values if value[0] == CONSISTENCY_GUID]
        requests = _count_filters(claims)
        listed = self._listed(f"({CONSISTENCY_GUID}=*)", requests) if requests > 1 else None
        if listed is None:
            return list(self._filtered(values).values())
        owners = [value for value in values if value[0] != CONSISTENCY_GUID]
        return list({**dict(listed), **self._filtered(owners)}.values())

    def _listed(self, filter_text: str, most_pages: int) -> list[_Kept] | None:
        return list_entries(self.session, self.domain, filter_text, self.attributes, most_pages, self._keep)

    def _filtered(self, values: Iterable[filters.HeldValue]) -> dict[str | bytes, AdAccount | None]:
        parts = filters.any_of_each(filters.equals(*value) for value in values)
        found = (paged_entries(self.session, self.domain, part, self.attributes) for part in parts)
        # An object may meet conditions of several parts. Its name may be another object's before the last one is read.
        return dict(self._keep(entry) for entries in found for entry in entries)

    def _keep(self, entry: Entry) -> _Kept:
        return entry.key, _account(entry, self.shield) if has_guid(entry.attributes) else None


def _of_names(names: Iterable[str]) -> Iterator[filters.HeldValue]:
    for name in names:
        yield from filters.address_values(name) if ":" in name else [("userPrincipalName", name)]


def _count_filters(values: Collection[filters.HeldValue]) -> int:
    return -(-len(values) // filters.MOST_CONDITIONS)


def _known_account(user: FoundUser, shield: Shield | None) -> AdAccount:
    return AdAccount(
        guid_text(user.guid),
        user.user.distinguished_name or "",
        user.user.user_principal_name,
        immutable_id_of_bytes(user.guid),
        immutable_id_of_bytes(user.consistency) if user.consistency else None,
        protected=why_protected(user.protection, shield) if shield else None,
    )


def _account(entry: Entry, shield: Shield | None) -> AdAccount:
    kind = kind_word(entry.attributes)
    guid = entry.attributes[OBJECT_GUID.lower()][0]
    consistency = next(iter(entry.attributes.get(CONSISTENCY_GUID.lower(), ())), None)
    mail = entry.text("mail")
    return AdAccount(
        guid_text(guid),
        entry.distinguished_name,
        entry.text("userPrincipalName"),
        immutable_id_of_bytes(guid),
        immutable_id_of_bytes(consistency) if consistency else None,
        kind,
        why_protected(entry.attributes, shield) if shield else None,
        (*entry.texts("proxyAddresses"), *([f"smtp:{mail}"] if mail else [])),
    )
