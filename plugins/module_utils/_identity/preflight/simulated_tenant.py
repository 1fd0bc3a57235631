# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated tenant: who holds what while a sync exports the AD users one after another, found in constant time.

The export of one user changes what the next one meets: an address that one gives up is free, one that it takes is not.
The order of a real export is not documented. Here it is the order of the list.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..core.cloud_user import CloudUser
from ..core.identities.comparison import entra_key
from ..core.text.shared import shared
from ..entra.snapshot_user import AddressHolder, SnapshotUser
from ..entra.tenant_snapshot import TenantSnapshot
from .exported import Exported

_Index = dict[str, list[str]]
_NOBODY = SnapshotUser(CloudUser("", None, None, None, None, (), None, False))
"""What a new user has before the sync gives it anything."""


class SimulatedTenant:
    """Users, contacts and groups by the values that they hold. Only ImmutableIds are case-sensitive.

    A user is matched by exactly its UPN or address (``entra_key``). A value also counts as taken if another object has
    one that may be the same for Entra (``_alike``).
    """

    def __init__(self, tenant: TenantSnapshot, users: Iterable[SnapshotUser]) -> None:
        self._users: dict[str, SnapshotUser] = {}
        self._by_upn: _Index = {}
        self._by_address: _Index = {}
        self._by_anchor: _Index = {}
        self._bin: dict[str, str] = {}
        self._others: dict[str, AddressHolder] = {}
        self._identifiers: dict[str, str | None] = {**tenant.identifiers}
        self._made_for: dict[str, str] = {}
        self._loose: set[str] = set()
        self._unnamed: set[str] = set()
        self._is_doubtful = bool(tenant.unknown)
        self._before = {each.user.id: each for each in users}
        for each in self._before.values():
            self._put(each)
        for each in tenant.deleted:
            self._before[each.user.id] = each
            self._users[each.user.id] = each
            if each.user.immutable_id:
                self._bin[each.user.immutable_id] = each.user.id
        # Groups last: if a contact and a group hold the same address, the group is named.
        for holder in (*tenant.contacts, *tenant.groups):
            for proxy in holder.proxy_addresses:
                self._others[_alike(proxy)] = holder

    def holder(self, anchor: str) -> SnapshotUser | None:
        """Return the active user with this ImmutableId, else the one in the recycle bin (facts §1 "Soft-deleted")."""
        active = self._by_anchor.get(anchor)
        key = min(active) if active else self._bin.get(anchor)
        return self._users[key] if key else None

    def named(self, upn: str) -> SnapshotUser | None:
        """Return the user with exactly this UPN."""
        return self._first(
            key
            for key in self._by_upn.get(_alike(upn), ())
            if entra_key(self._users[key].user.user_principal_name or "") == entra_key(upn)
        )

    def with_address(self, address: str) -> SnapshotUser | None:
        """Return the user with exactly this SMTP address, given without prefix."""
        wanted = entra_key(f"smtp:{address}")
        return self._first(
            key
            for key in self._by_address.get(_alike(wanted), ())
            if wanted in map(entra_key, self._users[key].user.proxy_addresses)
        )

    def other_with_address(self, address: str) -> AddressHolder | None:
        """Return the contact or group with this SMTP address, given without prefix."""
        return self._others.get(_alike(f"smtp:{address}"))

    def identifier(self, user: CloudUser) -> str | None:
        """Return the onPremisesObjectIdentifier of a user."""
        return self._identifiers.get(user.id)

    def before(self, user: SnapshotUser) -> SnapshotUser | None:
        """Return a user as it was before the sync; None for a user that the sync made."""
        return self._before.get(user.user.id)

    def name_taken(self, upn: str, own: SnapshotUser | None) -> str | None:
        """Return in words which other user has a UPN; None if there is none."""
        return self._taken(self._by_upn.get(_alike(upn), ()), own)

    def address_taken(self, proxy: str, own: SnapshotUser | None) -> str | None:
        """Return in words which other object has an address, given with its prefix; None if there is none."""
        taken = self._taken(self._by_address.get(_alike(proxy), ()), own)
        if taken:
            return taken
        other = self._others.get(_alike(proxy))
        return f"the {other}" if other else None

    def in_doubt(self, names: Iterable[str], addresses: Iterable[str]) -> bool:
        """Return whether it is in doubt that one of these values is free.

        It is in doubt if it is free only because of an earlier export that unknown aspects may prevent, or because an
        earlier user is not exported as far as is known, or if it may belong to a user whose name in the cloud is
        unknown.
        """
        for name in names:
            if _loose_name(name) in self._loose or _alike(name.partition("@")[0]) in self._unnamed:
                return True
        return any(_alike(address) in self._loose for address in addresses)

    def export(
        self,
        old: SnapshotUser | None,
        user: Exported,
        upn: str | None,
        addresses: list[str],
        identifier: str | None,
        is_named: bool = True,
    ) -> None:
        """Let a sync write a user: ``old``, or a new one if that is None.

        ``upn`` is None if the user gets a placeholder. ``is_named`` is False if the name of the user is unknown,
        because the domains of the tenant are: the name may then come from the nickname.
        """
        if old is None:
            key = f"new-{len(self._made_for) + 1}"
            self._made_for[key] = user.name
            old = _NOBODY
        else:
            key = old.user.id
            self._remove(old.user)
        nickname = user.nickname_for(old)
        # Not with ``replace``, which takes three times as long: each AD user comes here.
        written = CloudUser(
            key,
            user_principal_name=upn,
            immutable_id=user.anchor,
            sync_enabled=True,
            mail=old.user.mail,
            proxy_addresses=tuple(addresses) if user.addresses else old.user.proxy_addresses,
            enabled=old.user.enabled,
            deleted=False,
            unreadable=old.user.unreadable,
        )
        self._put(SnapshotUser(written, nickname, user.upn, old.upn_in_quarantine, old.attributes))
        self._identifiers[key] = identifier
        if not is_named:
            self._unnamed.add(_alike(nickname))
        if self._is_doubtful:
            given_up = _values(old.user.user_principal_name, old.user.proxy_addresses)
            self._loose |= given_up - _values(upn, written.proxy_addresses)

    def pass_over(self, old: SnapshotUser | None, user: Exported) -> None:
        """Let a sync not write a user. If that may be wrong, because of unknown aspects, its values are in doubt."""
        if self._is_doubtful:
            self._loose |= _values(user.upn, user.addresses)
            self._unnamed.add(_alike(user.nickname_for(old or _NOBODY)))

    def _put(self, user: SnapshotUser) -> None:
        key = user.user.id
        self._users[key] = user
        for index, value in _keys(self, user.user):
            index.setdefault(value, []).append(key)

    def _remove(self, user: CloudUser) -> None:
        for index, value in _keys(self, user):
            # A user in the recycle bin is in none.
            if user.id in (held := index.get(value, [])):
                held.remove(user.id)
        if user.immutable_id and self._bin.get(user.immutable_id) == user.id:
            del self._bin[user.immutable_id]

    def _first(self, keys: Iterable[str]) -> SnapshotUser | None:
        key = min(keys, default=None)
        return self._users[key] if key else None

    def _taken(self, keys: Iterable[str], own: SnapshotUser | None) -> str | None:
        key = min((each for each in keys if own is None or each != own.user.id), default=None)
        if key is None:
            return None
        known = self._before.get(key)
        return f"the cloud user {known.user.name}" if known else f"the cloud user of {self._made_for[key]}"


def _alike(text: str) -> str:
    """Return the form in which a value counts as taken. It is not documented whether Entra ignores the case of all
    letters when it looks for a conflict."""
    return shared(text.lower(), text)


def _loose_name(upn: str) -> str:
    return _alike(f"upn:{upn}")


def _values(upn: str | None, addresses: Iterable[str]) -> set[str]:
    values = {_alike(proxy) for proxy in addresses}
    return values | ({_loose_name(upn)} if upn else set())


def _keys(simulated: SimulatedTenant, user: CloudUser) -> list[tuple[_Index, str]]:
    keys = [(simulated._by_address, proxy) for proxy in {_alike(proxy) for proxy in user.proxy_addresses}]
    if user.user_principal_name:
        keys.append((simulated._by_upn, _alike(user.user_principal_name)))
    if user.immutable_id:
        keys.append((simulated._by_anchor, user.immutable_id))
    return keys
