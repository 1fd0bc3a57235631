# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a directory that a run of ad_user needs, indexed."""

from __future__ import annotations

from collections.abc import Iterable

from ..ad.objects import AdObject
from ..core.identities.anchors import parse_guid
from ..core.identities.comparison import ad_key, entra_key
from ..core.identities.distinguished_names import dn_key
from .requests import AccountRequest, address_key

NAMES = ("objectGUID", "userPrincipalName", "sAMAccountName", "mail", "proxyAddresses")
"""The attributes by which objects are found."""


class AccountDirectory:
    """Objects by GUID, UPN, address, ``sAMAccountName`` and distinguished name. An object may be added twice."""

    def __init__(self, objects: Iterable[AdObject] = ()) -> None:
        self._by_guid: dict[bytes, AdObject] = {}
        self._by_upn: dict[str, list[AdObject]] = {}
        self._alike: dict[str, list[AdObject]] = {}
        self._by_address: dict[str, list[AdObject]] = {}
        self._by_dn: dict[str, AdObject] = {}
        self.sams: set[str] = set()
        """All values of ``sAMAccountName``, as ``ad_key``."""
        self.add(objects)

    def add(self, objects: Iterable[AdObject]) -> None:
        """Add objects."""
        for found in objects:
            if found.guid in self._by_guid:
                continue
            self._by_guid[found.guid] = found
            self._by_dn[dn_key(found.distinguished_name)] = found
            self.sams.update(map(ad_key, texts(found, "sAMAccountName")))
            upns = texts(found, "userPrincipalName")
            _file(found, self._by_upn, map(entra_key, upns))
            _file(found, self._alike, map(ad_key, upns))
            mails = [f"smtp:{mail}" for mail in texts(found, "mail")]
            _file(found, self._by_address, map(address_key, (*texts(found, "proxyAddresses"), *mails)))

    def named(self, upn: str) -> list[AdObject]:
        """Return the objects with this UPN."""
        return list(self._by_upn.get(entra_key(upn), ()))

    def similar(self, upn: str) -> list[AdObject]:
        """Return the objects with another UPN that Active Directory takes for this one."""
        own = {found.guid for found in self._by_upn.get(entra_key(upn), ())}
        return [found for found in self._alike.get(ad_key(upn), ()) if found.guid not in own]

    def has_sam(self, name: str) -> bool:
        return ad_key(name) in self.sams

    def of_guid(self, guid: str) -> list[AdObject]:
        found = self._by_guid.get(parse_guid(guid).bytes_le)
        return [found] if found else []

    def at(self, distinguished_name: str) -> AdObject | None:
        return self._by_dn.get(dn_key(distinguished_name))

    def other_holder(self, request: AccountRequest, own: AdObject | None = None) -> tuple[AdObject, str] | None:
        """Return an object other than ``own`` with an address of a request, and the address; None if there is none."""
        return self.holder_of(request.addresses, own)

    def holder_of(self, addresses: Iterable[str], own: AdObject | None = None) -> tuple[AdObject, str] | None:
        """Return an object other than ``own`` with one of these addresses, and the address; None if there is none."""
        for address in addresses:
            for found in self._by_address.get(address_key(address), ()):
                if own is None or found.guid != own.guid:
                    return found, address
        return None


def _file(found: AdObject, index: dict[str, list[AdObject]], keys: Iterable[str]) -> None:
    for key in set(keys):
        index.setdefault(key, []).append(found)


def texts(found: AdObject, attribute: str) -> list[str]:
    """Return the values of an attribute as texts."""
    return [value.decode("utf-8", "replace") for value in found.attributes.get(attribute.lower(), ())]
