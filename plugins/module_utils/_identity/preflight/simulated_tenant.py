# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated tenant: who holds what while a sync exports the AD users one after another, found in constant time.

The export of one user changes what the next one meets: an address that one gives up is free, one that it takes is not.
The order of a real export is not documented. Here it is the order of the list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.identities.comparison import entra_key
from ..core.records import Record
from ..entra.tenant_snapshot import TenantSnapshot
from .exported import Exported

CONTACT, GROUP = "contact", "group"
_Index = defaultdict[str, set[str]]


class SimulatedTenant:
    """Users, contacts and groups by the values that they hold. Only ImmutableIds are case-sensitive.

    A user is matched by exactly its UPN or address (``entra_key``). A value also counts as taken if another object has
    one that may be the same for Entra (``_alike``).
    """

    def __init__(self, tenant: TenantSnapshot, users: Iterable[Record]) -> None:
        self._users: dict[str, Record] = {}
        self._by_upn: _Index = defaultdict(set)
        self._by_address: _Index = defaultdict(set)
        self._by_anchor: _Index = defaultdict(set)
        self._bin: dict[str, str] = {}
        self._others: dict[str, tuple[str, Record]] = {}
        self._made = 0
        self._loose: set[str] = set()
        self._unnamed: set[str] = set()
        self._is_doubtful = bool(tenant.unknown)
        self._before = {user["id"]: user for user in users}
        for user in self._before.values():
            self._put(user)
        for user in tenant.deleted:
            self._before[user["id"]] = user
            self._users[user["id"]] = user
            if user.get("immutable_id"):
                self._bin[user["immutable_id"]] = user["id"]
        # Groups last: if a contact and a group hold the same address, the group is named.
        for kind, records in ((CONTACT, tenant.contacts), (GROUP, tenant.groups)):
            for record in records:
                for proxy in record.get("proxy_addresses") or ():
                    self._others[_alike(proxy)] = (kind, record)

    def holder(self, anchor: str) -> Record | None:
        """Return the active user with this ImmutableId, else the one in the recycle bin (facts §1 "Soft-deleted")."""
        active = self._by_anchor.get(anchor)
        key = min(active) if active else self._bin.get(anchor)
        return self._users[key] if key else None

    def named(self, upn: str) -> Record | None:
        """Return the user with exactly this UPN."""
        return self._first(
            {
                key
                for key in self._by_upn.get(_alike(upn), ())
                if entra_key(self._users[key]["user_principal_name"]) == entra_key(upn)
            }
        )

    def with_address(self, address: str) -> Record | None:
        """Return the user with exactly this SMTP address, given without prefix."""
        wanted = entra_key(f"smtp:{address}")
        return self._first(
            {
                key
                for key in self._by_address.get(_alike(wanted), ())
                if wanted in map(entra_key, self._users[key]["proxy_addresses"])
            }
        )

    def other_with_address(self, address: str) -> tuple[str, Record] | None:
        """Return the kind and the record of the contact or group with this SMTP address, given without prefix."""
        return self._others.get(_alike(f"smtp:{address}"))

    def before(self, user: Record) -> Record | None:
        """Return a user as it was before the sync; None for a user that the sync made."""
        return self._before.get(user["id"])

    def name_taken(self, upn: str, own: Record | None) -> str | None:
        """Return in words which other user has a UPN; None if there is none."""
        return self._taken(self._by_upn.get(_alike(upn)), own)

    def address_taken(self, proxy: str, own: Record | None) -> str | None:
        """Return in words which other object has an address, given with its prefix; None if there is none."""
        taken = self._taken(self._by_address.get(_alike(proxy)), own)
        if taken:
            return taken
        other = self._others.get(_alike(proxy))
        return f"the {other[0]} {other[1].get('name') or other[1]['id']}" if other else None

    def in_doubt(self, names: Iterable[str], addresses: Iterable[str]) -> bool:
        """Return whether it is in doubt that one of these values is free.

        It is in doubt if it is free only because of an earlier export that unknown aspects may prevent, or if it may
        belong to a user whose name in the cloud is unknown.
        """
        for name in names:
            if _loose_name(name) in self._loose or _alike(name.partition("@")[0]) in self._unnamed:
                return True
        return any(_alike(address) in self._loose for address in addresses)

    def export(
        self,
        old: Record | None,
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
            self._made += 1
            old = {"id": f"new-{self._made}"}
        else:
            self._remove(old)
        changed = {
            **old,
            "user_principal_name": upn,
            "immutable_id": user.anchor,
            "sync_enabled": True,
            "deleted": False,
            "object_identifier": identifier,
            "on_premises_user_principal_name": user.upn,
            "mail_nickname": user.nickname_for(old),
            "exported_for": user.name,
        }
        if user.addresses:
            changed["proxy_addresses"] = addresses
        if not is_named:
            self._unnamed.add(_alike(str(changed["mail_nickname"])))
        self._put(changed)
        if self._is_doubtful:
            self._loose |= _values(old) - _values(changed)

    def _put(self, user: Record) -> None:
        key = user["id"]
        self._users[key] = user
        for index, value in _keys(self, user):
            index[value].add(key)

    def _remove(self, user: Mapping[str, Any]) -> None:
        for index, value in _keys(self, user):
            index[value].discard(user["id"])
        anchor = user.get("immutable_id")
        if anchor and self._bin.get(anchor) == user["id"]:
            del self._bin[anchor]

    def _first(self, keys: set[str] | None) -> Record | None:
        return self._users[min(keys)] if keys else None

    def _taken(self, keys: set[str] | None, own: Record | None) -> str | None:
        others = (keys or set()) - {own["id"] if own else ""}
        if not others:
            return None
        user = self._users[min(others)]
        if user["id"] in self._before:
            name = self._before[user["id"]]["user_principal_name"]
            return f"the cloud user {name or user['id']}"
        return f"the cloud user of {user['exported_for']}" if "exported_for" in user else str(user["id"])


def _alike(text: str) -> str:
    """Return the form in which a value counts as taken. It is not documented whether Entra ignores the case of all
    letters when it looks for a conflict."""
    return text.lower()


def _loose_name(upn: str) -> str:
    return _alike(f"upn:{upn}")


def _values(user: Mapping[str, Any]) -> set[str]:
    values = {_alike(str(proxy)) for proxy in user.get("proxy_addresses") or ()}
    return values | ({_loose_name(user["user_principal_name"])} if user.get("user_principal_name") else set())


def _keys(simulated: SimulatedTenant, user: Mapping[str, Any]) -> list[tuple[_Index, str]]:
    keys = [(simulated._by_address, _alike(proxy)) for proxy in user.get("proxy_addresses") or ()]
    if user.get("user_principal_name"):
        keys.append((simulated._by_upn, _alike(user["user_principal_name"])))
    if user.get("immutable_id"):
        keys.append((simulated._by_anchor, user["immutable_id"]))
    return keys
