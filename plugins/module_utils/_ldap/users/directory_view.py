# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the AD objects that hold or claim given ImmutableIds, UPNs or addresses, and which of them are protected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..._identity.ad.faults import has_guid
from ..._identity.ad.kinds import kind_word
from ..._identity.ad.protected_accounts import ACCOUNT_ATTRIBUTES, Shield, why_kept_protected, why_protected
from ..._identity.ad.users import FoundUser
from ..._identity.core.identities.addresses import held_addresses
from ..._identity.core.identities.anchors import (
    CONSISTENCY_GUID,
    OBJECT_GUID,
    guid_text,
    immutable_id_of_bytes,
)
from ..._identity.core.records import AdUser
from ..._identity.core.text.shared import shared
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

Kept = TypeVar("Kept")


def read_view(
    session: Session,
    domain: str,
    immutable_ids: Sequence[str],
    names: Sequence[str],
    with_protection: bool,
    users: Iterable[FoundUser] = (),
) -> DirectoryView:
    """Return the objects of a domain with these ImmutableIds, or with these UPNs and addresses (``smtp:a@b``).

    Without ``names``, the addresses of the objects are not read. ``users`` were read before, so that their texts are
    used again. Without ``with_protection``, protected accounts are not looked for, and count as unread.

    :raises LdapError: if the directory cannot be read.
    """
    shield = try_read_shield(session, domain) if with_protection else None
    attributes = (*_ATTRIBUTES, *(_ADDRESSES if names else ()), *(ACCOUNT_ATTRIBUTES if with_protection else ()))
    known = {user.guid: user.user for user in users}
    found = _Reading(session, domain, attributes, shield, known).matching(immutable_ids, names)
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
    found = _Reading(session, domain, attributes, shield, {}).claiming(immutable_ids, known)
    others = list(filter(None, found))
    newer = {account.guid: account for account in others}
    accounts = [newer.pop(account.guid, account) for account in (_known_account(user, shield) for user in users)]
    accounts.extend(newer.values())
    return DirectoryView(accounts, claims_unread=len(others) < len(found), protection_unread=shield is None)


@dataclass(frozen=True)
class _Reading:
    """Reads the objects of a domain, and keeps of each only its account, or None if it has no usable GUID."""

    session: Session
    domain: str
    attributes: Sequence[str]
    shield: Shield | None
    known: Mapping[bytes, AdUser]

    def matching(self, immutable_ids: Sequence[str], names: Sequence[str]) -> Sequence[AdAccount | None]:
        """Read by filters, or by a listing of the domain if that takes no more requests."""
        # The values are only counted, because a large scope has so many that they take as much memory as its users.
        requests = _count_filters(sum(1 for _value in _values(immutable_ids, names)))
        listed = self._listed(_ANYTHING, requests, self._keep_account) if requests > 1 else None
        return list(self._filtered(_values(immutable_ids, names)).values()) if listed is None else listed

    def claiming(self, immutable_ids: Sequence[str], users: Collection[bytes]) -> Sequence[AdAccount | None]:
        """Read by filters, or read all objects with an anchor of their own, which are often few, if those are many.

        The objects with the GUIDs of ``users`` are looked for only by their anchors.
        """
        requests = _count_filters(sum(1 for _raw in raw_anchors(immutable_ids)))
        listed = self._listed(f"({CONSISTENCY_GUID}=*)", requests, self._keep) if requests > 1 else None
        values = (value for value in _values(immutable_ids) if value[0] == CONSISTENCY_GUID or value[1] not in users)
        if listed is None:
            return list(self._filtered(values).values())
        owners = (value for value in values if value[0] != CONSISTENCY_GUID)
        return list({**dict(listed), **self._filtered(owners)}.values())

    def _listed(self, filter_text: str, most_pages: int, keep: Callable[[Entry], Kept]) -> list[Kept] | None:
        return list_entries(self.session, self.domain, filter_text, self.attributes, most_pages, keep)

    def _filtered(self, values: Iterable[filters.HeldValue]) -> dict[str | bytes, AdAccount | None]:
        parts = filters.any_of_each(filters.equals(*value) for value in values)
        found = (paged_entries(self.session, self.domain, part, self.attributes) for part in parts)
        # An object may meet conditions of several parts. Its name may be another object's before the last one is read.
        return dict(self._keep(entry) for entries in found for entry in entries)

    def _keep(self, entry: Entry) -> tuple[str | bytes, AdAccount | None]:
        return entry.key, self._keep_account(entry)

    def _keep_account(self, entry: Entry) -> AdAccount | None:
        if not has_guid(entry.attributes):
            return None
        return _account(entry, self.shield, self.known.get(entry.attributes[OBJECT_GUID.lower()][0]))


def _values(immutable_ids: Iterable[str], names: Iterable[str] = ()) -> Iterator[filters.HeldValue]:
    """Return the values of which an object with one of the ImmutableIds or names has one."""
    yield from anchor_values(raw_anchors(immutable_ids))
    for name in names:
        yield from filters.address_values(name) if ":" in name else [("userPrincipalName", name)]


def _count_filters(conditions: int) -> int:
    return -(-conditions // filters.MOST_CONDITIONS)


def _known_account(user: FoundUser, shield: Shield | None) -> AdAccount:
    return AdAccount(
        user.user.object_guid or guid_text(user.guid),
        user.user.distinguished_name or "",
        user.user.user_principal_name,
        shared(immutable_id_of_bytes(user.guid), user.user.immutable_id),
        immutable_id_of_bytes(user.consistency) if user.consistency else None,
        protected=why_kept_protected(user.protection, shield) if shield else None,
    )


def _account(entry: Entry, shield: Shield | None, user: AdUser | None) -> AdAccount:
    """Return the account of an object, with the texts of ``user``, as whom it was read before, that are equal."""
    known = user or AdUser()
    texts = {address: address for address in known.proxy_addresses or ()}
    guid = entry.attributes[OBJECT_GUID.lower()][0]
    consistency = next(iter(entry.attributes.get(CONSISTENCY_GUID.lower(), ())), None)
    mail = entry.text("mail")
    return AdAccount(
        shared(guid_text(guid), known.object_guid),
        shared(entry.distinguished_name, known.distinguished_name),
        shared(entry.text("userPrincipalName"), known.user_principal_name),
        shared(immutable_id_of_bytes(guid), known.immutable_id),
        immutable_id_of_bytes(consistency) if consistency else None,
        kind_word(entry.attributes),
        why_protected(entry.attributes, shield) if shield else None,
        tuple(texts.get(address, address) for address in held_addresses(entry.texts("proxyAddresses"), mail)),
    )
