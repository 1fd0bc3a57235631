# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Active Directory as the AD connector sees it: users, contacts and groups of a forest's domain, over LDAPS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

CONSISTENCY_GUID = "mS-DS-ConsistencyGuid"
ATTRIBUTES = (
    "objectGUID",
    "objectSid",
    "objectClass",
    CONSISTENCY_GUID,
    "sAMAccountName",
    "userPrincipalName",
    "userAccountControl",
    "isCriticalSystemObject",
    "mail",
    "mailNickname",
    "proxyAddresses",
    "displayName",
    "givenName",
    "sn",
    "cn",
    "department",
    "company",
    "title",
    "telephoneNumber",
    "mobile",
    "physicalDeliveryOfficeName",
    "streetAddress",
    "l",
    "st",
    "postalCode",
    "co",
    "employeeID",
    "facsimileTelephoneNumber",
    "preferredLanguage",
    *(f"extensionAttribute{number}" for number in range(1, 16)),
    "adminDescription",
    "groupType",
    "msExchRecipientTypeDetails",
    "msExchHideFromAddressLists",
    "msExchUsageLocation",
)
_PEOPLE = "(&(objectCategory=person)(|(objectClass=user)(objectClass=contact)))"
_FILTER = f"(|{_PEOPLE}(objectCategory=group))"


class Unreachable(Exception):
    """The directory cannot be reached or does not let us in: the run ends in `no-start-connection` (facts §5)."""


@dataclass
class AdObject:
    """One object: its kind is user, contact or group; values are raw bytes by lower-case attribute name."""

    dn: str
    kind: str
    guid: bytes
    values: dict[str, list[bytes]] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        found = self.values.get(name.lower())
        return found[0].decode("utf-8", "replace") if found else None

    def texts(self, name: str) -> list[str]:
        return [value.decode("utf-8", "replace") for value in self.values.get(name.lower(), [])]

    def number(self, name: str) -> int:
        return int(self.text(name) or 0)

    def raw(self, name: str) -> bytes | None:
        found = self.values.get(name.lower())
        return found[0] if found else None


@contextmanager
def connect(forest: dict[str, Any]) -> Iterator[ldap3.Connection]:
    """Bind over LDAPS with the certificate checked."""
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=forest["ca_cert"])
    server = ldap3.Server(
        forest["server"],
        port=int(forest.get("port", 636)),
        use_ssl=True,
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=10,
    )
    try:
        connection = ldap3.Connection(
            server,
            user=forest["username"],
            password=forest["password"],
            auto_bind=True,
            check_names=False,
            raise_exceptions=True,
            receive_timeout=60,
        )
    except LDAPException as error:
        raise Unreachable(str(error)) from error
    try:
        yield connection
    finally:
        connection.unbind()


def search_base(forest: dict[str, Any]) -> str:
    return forest.get("search_base") or ",".join(f"DC={label}" for label in forest["name"].split("."))


def read(connection: ldap3.Connection, forest: dict[str, Any]) -> list[AdObject]:
    """All objects of the three kinds below the forest's search base, in pages, without those in its `excluded` OUs.

    With a `group`, only its direct members (facts §19 "Who is exported").
    """
    found = []
    wanted = f"(&{_FILTER}(memberOf={escape_filter_chars(forest['group'])}))" if forest.get("group") else _FILTER
    base = search_base(forest)
    outside = tuple(f",{container}".lower() for container in forest.get("excluded", ()))
    entries = connection.extend.standard.paged_search(
        base, wanted, ldap3.SUBTREE, attributes=list(ATTRIBUTES), paged_size=500, generator=True
    )
    for entry in entries:
        if entry.get("type") != "searchResEntry" or entry["dn"].lower().endswith(outside):
            continue
        values = {name.lower(): list(raw) for name, raw in entry["raw_attributes"].items() if raw}
        classes = {value.decode().lower() for value in values.get("objectclass", [])}
        kind = next((name for name in ("group", "contact") if name in classes), "user")
        if "computer" in classes:
            continue
        found.append(AdObject(entry["dn"], kind, values["objectguid"][0], values))
    return found


def write_consistency_guid(connection: ldap3.Connection, dn: str, guid: bytes) -> None:
    """Write the anchor back as Entra Connect does, into an attribute that is empty (facts §2): add, never replace."""
    connection.modify(dn, {CONSISTENCY_GUID: [(ldap3.MODIFY_ADD, [guid])]})
