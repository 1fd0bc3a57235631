# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripted parts of a small forest that several tests share."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from ldap_wire import BASE, ONE, SUB, Answer, Bind, Done, Entry, Search, Turn

PASSWORD = "pa55-w0rd-that-nobody-may-see"
USER = "svc@ad.contoso.com"
DOMAIN = "DC=ad,DC=contoso,DC=com"
CONFIGURATION = f"CN=Configuration,{DOMAIN}"
PARTITIONS = f"CN=Partitions,{CONFIGURATION}"
ANYTHING = ("present", b"objectClass")
_CONTEXTS = (b"defaultNamingContext", b"rootDomainNamingContext", b"configurationNamingContext")
_CROSS_REFS = (
    "and",
    ("equal", b"objectClass", b"crossRef"),
    ("extensible", b"1.2.840.113556.1.4.803", b"systemFlags", b"2"),
)

BIND = Turn(Bind(USER.encode(), PASSWORD.encode()))
ROOT = Turn(
    Search(b"", BASE, ANYTHING, _CONTEXTS),
    (Entry("", dict(zip(map(bytes.decode, _CONTEXTS), ([DOMAIN], [DOMAIN], [CONFIGURATION]), strict=True))), Done()),
)

UNGUARDED = ["protected_accounts"]
"""``skip_checks`` of tests that are about something else."""


def suffixes(*listed: str, domains: Sequence[str] = ("ad.contoso.com",)) -> list[Turn]:
    """The two reads of a forest's suffixes."""
    found: list[Answer] = [Entry(f"CN=D{n},{PARTITIONS}", {"dnsRoot": [name]}) for n, name in enumerate(domains)]
    return [
        Turn(
            Search(PARTITIONS.encode(), BASE, ANYTHING, (b"uPNSuffixes",)),
            (Entry(PARTITIONS, {"uPNSuffixes": listed} if listed else {}), Done()),
        ),
        Turn(
            Search(PARTITIONS.encode(), ONE, _CROSS_REFS, (b"dnsRoot",), (1000, b"")),
            (*found, Done(cookie=b"")),
        ),
    ]


def carrier_filter(*names: str) -> object:
    ends = [("substrings", b"userPrincipalName", ("final", f"@{name}".encode())) for name in names]
    return ("and", ("equal", b"objectClass", b"user"), ends[0] if len(ends) == 1 else ("or", *ends))


def carriers(*upns: str, names: Sequence[str], base: str = DOMAIN) -> Turn:
    found: list[Answer] = [Entry(f"CN=u{n},{DOMAIN}", {"userPrincipalName": [upn]}) for n, upn in enumerate(upns)]
    return Turn(
        Search(base.encode(), SUB, carrier_filter(*names), (b"userPrincipalName",), (1000, b"")),
        (*found, Done(cookie=b"")),
    )


ATTRIBUTES = (
    b"objectGUID",
    b"mS-DS-ConsistencyGuid",
    b"userPrincipalName",
    b"sAMAccountName",
    b"mail",
    b"proxyAddresses",
    b"userAccountControl",
    b"msDS-ExternalDirectoryObjectId",
    b"msDS-ObjectSoa",
    b"objectSid",
    b"objectClass",
    b"isCriticalSystemObject",
    b"sAMAccountType",
    b"mailNickname",
    b"msExchRecipientTypeDetails",
    b"msExchMailboxGuid",
)


def guid(number: int) -> uuid.UUID:
    return uuid.UUID(int=0x876031DEBFB14F8B9CB01C67A6094D00 + number)


def by_guid_name(number: int) -> bytes:
    """The name under which an object is written."""
    return f"<GUID={guid(number)}>".encode()


def person(number: int, name: str, **changes: Sequence[bytes | str]) -> Entry:
    """A user's entry; keywords add attributes or, when empty, take them away."""
    values: dict[str, Sequence[bytes | str]] = {
        "objectGUID": [guid(number).bytes_le],
        "userPrincipalName": [f"{name}@contoso.com"],
        "sAMAccountName": [name],
        "userAccountControl": ["512"],
        "objectClass": ["top", "person", "organizationalPerson", "user"],
        "sAMAccountType": ["805306368"],
    }
    values.update({attribute.replace("_", "-"): value for attribute, value in changes.items()})
    return Entry(f"CN={name},OU=Staff,{DOMAIN}", {key: value for key, value in values.items() if value})


def names(text: bytes) -> tuple[object, ...]:
    """The three conditions of an identity that is neither a GUID nor a DN."""
    return tuple(("equal", attribute, text) for attribute in (b"userPrincipalName", b"mail", b"sAMAccountName"))


def look_up(conditions: Sequence[object], *entries: Answer) -> Turn:
    return Turn(
        Search(DOMAIN.encode(), SUB, ("or", *conditions), ATTRIBUTES, (1000, b"")), (*entries, Done(cookie=b""))
    )
