# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a run of ad_user needs, in the fewest requests: the schema, the containers and the existing accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..._identity.accounts.directory import NAMES
from ..._identity.accounts.managers import manager_upn
from ..._identity.accounts.paths import Paths
from ..._identity.accounts.plan import Names
from ..._identity.accounts.requests import AccountRequest
from ..._identity.accounts.values import MANAGER, UPN, WRITTEN, Schema
from ..._identity.ad import kinds
from ..._identity.ad.faults import has_guid, whole_number
from ..._identity.ad.marks import NO_MARKS, Marker
from ..._identity.ad.objects import AdObject
from ..._identity.core.errors import InputError
from ..._identity.core.identities.comparison import ad_key, entra_key
from ..._identity.core.identities.distinguished_names import dn_key
from ..._identity.core.records import AD_ATTRIBUTES
from ..._identity.core.scope.exclusions import Exclusions
from ..groups.named_objects import read_places
from ..session import filters
from ..session.connection import Session
from ..session.errors import NO_SUCH_OBJECT, LdapError
from ..session.forest import NamingContexts, naming_contexts, read_suffixes
from ..session.search import ONE_LEVEL, Entry, list_entries, paged_entries, read_entry

ATTRIBUTES = tuple(dict.fromkeys((*AD_ATTRIBUTES, *kinds.KIND_ATTRIBUTES, *WRITTEN, MANAGER)))

_LONGEST_PASSWORD = 256  # characters of unicodePwd: a longer minPwdLength is none

# The objects that a listing reads: everything with a sAMAccountName or an address, and contacts.
_ANYBODY = "(|(sAMAccountName=*)(mail=*)(proxyAddresses=*)(objectClass=contact))"


@dataclass(frozen=True)
class Domain:
    """A domain: its distinguished name, the attributes in its schema, and the shortest password that it accepts.

    ``contexts``: the naming contexts of its forest.
    """

    dn: str
    contexts: NamingContexts
    schema: Schema
    shortest_password: int


def read_domain(session: Session) -> Domain:
    """Read the domain's name, the longest values of the attributes that ad_user writes, and the password policy.

    :raises LdapError: if the server is not a domain controller, or does not show them.
    """
    contexts = naming_contexts(session)
    policy = read_entry(session, contexts.default, ("minPwdLength",))
    shortest = policy.text("minPwdLength") if policy else None
    schema = _schema(session, contexts.schema)
    return Domain(contexts.default, contexts, schema, whole_number(shortest, _LONGEST_PASSWORD) or 0)


def read_forest_suffixes(session: Session, domain: Domain, more: Iterable[str] = ()) -> frozenset[str]:
    """Return the UPN suffixes that accounts may have, as ``ad_key``; ``more`` count as well.

    :raises LdapError: if the account that signed in may not read them.
    """
    found = read_suffixes(session, domain.contexts)
    return frozenset(map(ad_key, (*found.listed, *found.domains, *more)))


def _schema(session: Session, base: str) -> Schema:
    wanted = filters.any_of(filters.equals("lDAPDisplayName", name) for name in (*WRITTEN, UPN))
    found: dict[str, int | None] = {}
    for entry in paged_entries(session, base, wanted, ("lDAPDisplayName", "rangeUpper"), ONE_LEVEL):
        longest = entry.text("rangeUpper")
        found[(entry.text("lDAPDisplayName") or "").lower()] = whole_number(longest, 2**31)
    return found


def check_paths(session: Session, paths: Paths, domain: str) -> None:
    """Check that every container exists in the server's domain.

    :raises InputError: if containers do not; the message names all of them.
    """
    named = paths.all()
    foreign = [path for path in named if not f"\x1f{dn_key(path)}".endswith(f"\x1f{dn_key(domain)}")]
    if foreign:
        raise InputError(f"{', '.join(foreign)} is not in {domain}, the domain of {session.server}. Correct the path.")
    missing = [path for path in named if not _is_there(session, path)]
    if missing:
        raise InputError(
            f"{', '.join(missing)} does not exist in {domain}. Create it first, or correct path and path_by. Nothing "
            "was written."
        )


def _is_there(session: Session, path: str) -> bool:
    try:
        return read_entry(session, path, ("objectClass",)) is not None
    except LdapError as error:
        if error.result_code != NO_SUCH_OBJECT:
            raise
        return False


def read_marker(session: Session, domain: str, exclusions: Exclusions) -> Marker | None:
    """Read where excluded accounts are; None if nothing excludes by place."""
    if not exclusions.ad_groups and not exclusions.units:
        return None
    return Marker(read_places(session, domain, exclusions.ad_groups, exclusions.units), services=False)


class Reader:
    """Reads what concerns the accounts of people, by names and addresses. Repeats no condition and no listing.

    ``upns``: the UPNs of these people. ``attributes`` are read of their accounts. A listing has the whole domain, so of
    other objects only ``others`` are kept; none: they are left out. ``marker`` notes what concerns accounts.
    ``left_out`` names the objects that cannot be used.
    """

    def __init__(
        self,
        session: Session,
        domain: str,
        upns: Iterable[str],
        attributes: Iterable[str] = ATTRIBUTES,
        others: Iterable[str] = NAMES,
        marker: Marker | None = None,
    ) -> None:
        self._marker = marker
        self._attributes = tuple(dict.fromkeys((*attributes, *(marker.attributes if marker else ()))))
        self._session = session
        self._domain = domain
        self._others = tuple(map(str.lower, others))
        self._upns = tuple(upns)
        self._people = frozenset(map(entra_key, self._upns))
        self.left_out: list[str] = []
        self._asked: set[str] = set()
        self._is_listed = False

    def accounts(self) -> Iterator[AdObject]:
        """Return the objects that have one of the UPNs. Others may be among them."""
        return self._matching(filters.equals(UPN, upn) for upn in self._upns)

    def people(self, requests: Sequence[AccountRequest]) -> Iterator[AdObject]:
        """Return the objects that have the UPN, the manager's UPN or an address of one of the requests."""
        usable = [request for request in requests if not request.refusal]
        conditions = [filters.equals(UPN, request.upn) for request in usable]
        for request in usable:
            manager = manager_upn(request)
            conditions += [filters.equals(UPN, manager)] if manager else []
            for address in request.addresses:
                conditions += filters.has_address(address)
        return self._matching(conditions)

    def holders(self, names: Names) -> Iterator[AdObject]:
        """Return the objects that already have one of these names."""
        sams = [filters.equals("sAMAccountName", name) for name in sorted(names.sams)]
        cns = [filters.equals("cn", name) for name in sorted(names.cns)]
        yield from self._matching([*sams, *cns])
        if self._is_listed:
            # The listing lacks objects without sAMAccountName and address, such as containers and printers.
            yield from self._filtered(cns)

    def _matching(self, conditions: Iterable[str]) -> Iterator[AdObject]:
        """Read objects by filters, or by a listing of the domain if that takes no more requests."""
        fresh = [] if self._is_listed else self._fresh(conditions)
        requests = len(filters.any_of_each(fresh))
        listed = self._listing(requests) if requests > 1 else None
        if listed is not None:
            self._is_listed = True
            yield from listed
            return
        yield from self._filtered(fresh)

    def _fresh(self, conditions: Iterable[str]) -> list[str]:
        return [each for each in conditions if each not in self._asked]

    def _filtered(self, conditions: Iterable[str]) -> Iterator[AdObject]:
        fresh = self._fresh(conditions)
        self._asked.update(fresh)
        for chosen in filters.any_of_each(fresh):
            yield from self._objects(paged_entries(self._session, self._domain, chosen, self._attributes))

    def _listing(self, most_pages: int) -> list[AdObject] | None:
        entries = list_entries(self._session, self._domain, _ANYBODY, self._attributes, most_pages, self._kept)
        return None if entries is None else list(self._objects(filter(None, entries)))

    def _kept(self, entry: Entry) -> Entry | None:
        if any(entra_key(upn) in self._people for upn in entry.texts(UPN)):
            return entry
        if not self._others:
            return None
        held = {name: entry.attributes[name] for name in self._others if name in entry.attributes}
        return Entry(entry.distinguished_name, held)

    def _objects(self, entries: Iterable[Entry]) -> Iterator[AdObject]:
        for entry in entries:
            if has_guid(entry.attributes):
                marks = self._marker.mark(entry.distinguished_name, entry.attributes) if self._marker else NO_MARKS
                yield AdObject(entry.distinguished_name, entry.attributes, marks=marks)
            else:
                self.left_out.append(entry.distinguished_name)
