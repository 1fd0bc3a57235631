# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what a run of accounts has to know, in the fewest requests: the schema, the containers and other accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.hybrid.identity.plugins.module_utils._identity import ad_kinds
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_paths import Paths
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_plan import Names
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_values import (
    MANAGER,
    UPN,
    WRITTEN,
    Schema,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_wishes import AccountWish
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_lookup import dn_key
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.managers import manager_name
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import AD_ATTRIBUTES
from ansible_collections.hybrid.identity.plugins.module_utils._ldap import filters
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.connection import Session
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.errors import NO_SUCH_OBJECT, LdapError
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.search import (
    ONE_LEVEL,
    PAGE_SIZE,
    SUBTREE,
    Entry,
    entry_pages,
    paged_entries,
    read_entry,
)

CONDITIONS = 300
"""Conditions of one filter; each of them is looked up in an index."""

ATTRIBUTES = tuple(dict.fromkeys((*AD_ATTRIBUTES, *ad_kinds.KIND_ATTRIBUTES, *WRITTEN, MANAGER)))

# Whatever may hold one of our names or addresses.
_ANYBODY = "(|(sAMAccountName=*)(mail=*)(proxyAddresses=*)(objectClass=contact))"


@dataclass(frozen=True)
class Domain:
    """A domain: its distinguished name, what its schema knows, and the shortest password it takes."""

    dn: str
    schema: Schema
    shortest_password: int


def read_domain(session: Session) -> Domain:
    """Read the domain's name, the upper bounds of our attributes, and its password policy.

    :raises LdapError: if the server is no domain controller, or does not show them.
    """
    root = read_entry(session, "", ("defaultNamingContext", "schemaNamingContext"))
    dn, schema = (root.text(name) if root else None for name in ("defaultNamingContext", "schemaNamingContext"))
    if not dn or not schema:
        raise LdapError(
            f"{session.server} names no Active Directory domain; name a domain controller in server.",
            "not_active_directory",
        )
    policy = read_entry(session, dn, ("minPwdLength",))
    shortest = policy.text("minPwdLength") if policy else None
    return Domain(dn, _schema(session, schema), int(shortest or 0))


def _schema(session: Session, base: str) -> Schema:
    wanted = filters.any_of(filters.equals("lDAPDisplayName", name) for name in (*WRITTEN, UPN))
    found: dict[str, int | None] = {}
    for entry in paged_entries(session, base, wanted, ("lDAPDisplayName", "rangeUpper"), ONE_LEVEL):
        longest = entry.text("rangeUpper")
        found[(entry.text("lDAPDisplayName") or "").lower()] = int(longest) if longest else None
    return found


def check_paths(session: Session, paths: Paths, domain: str) -> None:
    """See that every container is there.

    :raises InputError: naming all that are not, or that are not in the domain of the server.
    """
    named = paths.all()
    foreign = [path for path in named if not f"\x1f{dn_key(path)}".endswith(f"\x1f{dn_key(domain)}")]
    if foreign:
        raise InputError(f"{', '.join(foreign)} is not in {domain}, the domain of {session.server}; correct the path.")
    missing = [path for path in named if not _is_there(session, path)]
    if missing:
        raise InputError(
            f"{', '.join(missing)} does not exist in {domain}; make it first, or correct path and path_by. Nothing was "
            "written."
        )


def _is_there(session: Session, path: str) -> bool:
    try:
        return read_entry(session, path, ("objectClass",)) is not None
    except LdapError as error:
        if error.result_code != NO_SUCH_OBJECT:
            raise
        return False


class Reader:
    """Reads accounts by what they hold, and remembers whether the whole domain was listed already."""

    def __init__(self, session: Session, domain: str) -> None:
        self._session = session
        self._domain = domain
        self._asked: set[str] = set()
        self._is_listed = False

    def people(self, wishes: Sequence[AccountWish]) -> Iterator[AdObject]:
        """Whoever has a UPN or an address of one of the wishes, and their managers."""
        usable = [wish for wish in wishes if not wish.refusal]
        conditions = [filters.equals(UPN, wish.upn) for wish in usable]
        for wish in usable:
            manager = manager_name(wish)
            conditions += [filters.equals(UPN, manager)] if manager else []
            for address in wish.addresses:
                conditions.append(filters.equals("proxyAddresses", address))
                kind, _colon, bare = address.partition(":")
                conditions += [filters.equals("mail", bare)] if kind.lower() == "smtp" else []
        return self._matching(conditions)

    def holders(self, names: Names) -> Iterator[AdObject]:
        """Whoever has one of these names already."""
        sams = [filters.equals("sAMAccountName", name) for name in sorted(names.sams)]
        return self._matching([*sams, *(filters.equals("cn", name) for name in sorted(names.cns))])

    def made(self, upns: Iterable[str]) -> Iterator[AdObject]:
        """The accounts with these UPNs as they are now."""
        self._asked.clear()
        self._is_listed = False
        return self._matching([filters.equals(UPN, upn) for upn in upns])

    def _matching(self, conditions: Iterable[str]) -> Iterator[AdObject]:
        """By filters, or by a listing of everybody for as long as that takes no more requests."""
        fresh = [] if self._is_listed else [each for each in dict.fromkeys(conditions) if each not in self._asked]
        if not fresh:
            return
        chunks = [fresh[start : start + CONDITIONS] for start in range(0, len(fresh), CONDITIONS)]
        listed = self._listing(len(chunks)) if len(chunks) > 1 else None
        if listed is not None:
            self._is_listed = True
            yield from listed
            return
        self._asked.update(fresh)
        for chunk in chunks:
            entries = paged_entries(self._session, self._domain, filters.any_of(chunk), ATTRIBUTES)
            yield from map(_object, entries)

    def _listing(self, most_pages: int) -> list[AdObject] | None:
        found: list[AdObject] = []
        pages = entry_pages(self._session, self._domain, _ANYBODY, ATTRIBUTES, SUBTREE, PAGE_SIZE)
        for number, (entries, more) in enumerate(pages, start=1):
            found.extend(map(_object, entries))
            if more and number >= most_pages:
                return None
        return found


def _object(entry: Entry) -> AdObject:
    return AdObject(entry.distinguished_name, entry.attributes)
