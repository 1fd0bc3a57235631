# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find AD users: by identities, in bulk and over all object classes, or by a search, over user accounts only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..._identity.ad import kinds
from ..._identity.ad.anchor_holders import AnchorHolder
from ..._identity.ad.faults import has_guid
from ..._identity.ad.lookup import DN, GUID, NAME_ATTRIBUTES, UPN, Candidate, Identity, match_identities
from ..._identity.ad.marks import NO_MARKS, Marker
from ..._identity.ad.objects import AdObject
from ..._identity.ad.protected_accounts import ACCOUNT_ATTRIBUTES, Shield
from ..._identity.ad.service_accounts import MANAGED_CLASSES
from ..._identity.ad.users import FOUND, AnchorChange, list_asked, list_searched
from ..._identity.core.attribute_map import ldap_attributes
from ..._identity.core.errors import InputError
from ..._identity.core.identities.anchors import guid_text
from ..._identity.core.identities.comparison import entra_key
from ..._identity.core.identities.upn import upn_suffix
from ..._identity.core.records import AD_ATTRIBUTES
from ..protection.shield import read_shield
from ..session import filters
from ..session.connection import Session
from ..session.forest import domain_place
from ..session.search import BASE, ONE_LEVEL, SUBTREE, Entry, paged_entries
from .anchor_owners import anchor_holders

SCOPES = {"base": BASE, "one_level": ONE_LEVEL, "subtree": SUBTREE}

_ATTRIBUTES = (*AD_ATTRIBUTES, *kinds.KIND_ATTRIBUTES)
_UPN = NAME_ATTRIBUTES[0]


@dataclass(frozen=True)
class Search:
    """A search for users that meet all conditions. Without conditions, it finds all users of the domain."""

    base: str | None = None
    scope: str = SUBTREE
    filter_text: str | None = None
    upn_suffixes: tuple[str, ...] = ()
    with_managed: bool = False
    """Whether managed service accounts are found too."""
    exported: bool = False
    """Whether all accounts are found that a sync may export, also some that may be of the system."""

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Search:
        """Check the options without using the network.

        :raises InputError: if a filter or a suffix is malformed.
        """
        wanted = params["search_filter"]
        return cls(
            base=(params["search_base"] or "").strip() or None,
            scope=SCOPES[params["search_scope"]],
            filter_text=None if wanted is None else filters.checked(wanted),
            upn_suffixes=tuple(_suffix(text) for text in params["upn_suffix"] or ()),
        )


class Lookup:
    """Finds the users of one domain.

    ``source_anchor`` says what their ImmutableId is made from. With ``with_attributes``, the result contains the
    attributes that a sync sends. With ``with_protection``, what shows whether an account is protected is read too.
    ``marker`` notes what concerns accounts. ``left_out`` names the objects that cannot be used.
    """

    def __init__(
        self,
        session: Session,
        domain: str,
        source_anchor: str,
        with_attributes: bool,
        with_protection: bool = False,
        marker: Marker | None = None,
    ) -> None:
        self.domain = domain
        self.left_out: list[str] = []
        self._session = session
        self._place: tuple[str, str] | None = None
        self._anchor = source_anchor
        self._shown = with_attributes
        self._protects = with_protection
        sent = ldap_attributes() if with_attributes else ()
        protection = ACCOUNT_ATTRIBUTES if with_protection else ()
        self._marker = marker
        marked = marker.attributes if marker else ()
        self._names = tuple(dict.fromkeys((*_ATTRIBUTES, *sent, *protection, *marked)))

    def place(self) -> tuple[str, str]:
        """Return the domain as journals name it.

        :raises LdapError: if the server does not show its objectGUID.
        """
        self._place = self._place or domain_place(self._session, self.domain)
        return self._place

    def search(self, *searches: Search) -> list[AnchorChange]:
        """Return the users of these searches, each of them once.

        :raises LdapError: if the directory cannot be read.
        """
        if len(searches) == 1:
            return list_searched(self._searched(searches[0]), self._anchor, searches[0].exported)
        objects = {found.guid: found for search in searches for found in self._searched(search)}
        return list_searched(objects.values(), self._anchor, any(search.exported for search in searches))

    def find(self, identities: Sequence[Identity]) -> list[AnchorChange]:
        """Return one change for each identity, in order; its status says if the identity is not one user.

        :raises LdapError: if the directory cannot be read.
        """
        objects = {guid_text(found.guid): found for found in self._looked_up(identities)}
        candidates = [_candidate(guid, found) for guid, found in objects.items()]
        matches = match_identities(identities, candidates)
        return list_asked(matches, objects, self._anchor, self.domain)

    def find_holders(self, users: Sequence[AnchorChange]) -> dict[bytes, list[AnchorHolder]]:
        """Return the anchor holders of the values that users would get, by value.

        :raises LdapError: if the directory cannot be read.
        """
        values = list(dict.fromkeys(user.after for user in users if user.changed and user.after))
        found: defaultdict[bytes, list[AnchorHolder]] = defaultdict(list)
        for raw, holder in anchor_holders(self._session, self.domain, values):
            found[raw].append(holder)
        return found

    def read_shield(self) -> Shield:
        """Read what protects accounts in the domain.

        :raises LdapError: if a part of it cannot be read.
        """
        return read_shield(self._session, self.domain)

    def unknown(self, identity: Identity) -> AnchorChange:
        """Return the change for an identity that is not looked up."""
        return AnchorChange(FOUND, self._anchor, identity=identity.text)

    def _searched(self, search: Search) -> Iterator[AdObject]:
        base = search.base or self.domain
        names = (*self._names, kinds.EXPORT_ATTRIBUTE) if search.exported else self._names
        entries = paged_entries(self._session, base, search_filter(search), names, search.scope)
        suffixes = set(map(entra_key, search.upn_suffixes))
        return (each for each in self._objects(entries) if not suffixes or _may_end_in(each, suffixes))

    def _looked_up(self, identities: Sequence[Identity]) -> Iterator[AdObject]:
        for chosen in filters.any_of_each(each for identity in identities for each in _conditions(identity)):
            yield from self._objects(paged_entries(self._session, self.domain, chosen, self._names))

    def _objects(self, entries: Iterable[Entry]) -> Iterator[AdObject]:
        for entry in entries:
            if has_guid(entry.attributes):
                marks = self._marker.mark(entry.distinguished_name, entry.attributes) if self._marker else NO_MARKS
                yield AdObject(entry.distinguished_name, entry.attributes, self._shown, self._protects, marks)
            else:
                self.left_out.append(entry.distinguished_name)


def _may_end_in(found: AdObject, suffixes: Collection[str]) -> bool:
    """Return whether a UPN ends in one of the suffixes, or cannot be read. Active Directory finds look-alikes too."""
    return bool(found.fault) or any(upn_suffix(upn) in suffixes for upn in _texts(found, _UPN))


def _conditions(identity: Identity) -> list[str]:
    if identity.kind == GUID:
        return [filters.equals("objectGUID", identity.guid_bytes)]
    if identity.kind == DN:
        return [filters.equals("distinguishedName", identity.sought)]
    attributes = (_UPN,) if identity.kind == UPN else NAME_ATTRIBUTES
    return [filters.equals(attribute, identity.sought) for attribute in attributes]


def search_filter(search: Search) -> str:
    """Return the filter of a search."""
    names = "sAMAccountName"
    system = ["(isCriticalSystemObject=*)"]
    if not search.exported:
        system += [
            *(filters.starts_with(names, prefix) for prefix in kinds.SYSTEM_NAME_PREFIXES),
            *(filters.equals(names, name) for name in kinds.SYSTEM_NAMES),
        ]
    # Use only attributes that every directory has: if the schema lacks one, a negated condition on it is never true.
    conditions = [
        filters.equals("sAMAccountType", str(kinds.NORMAL_USER_ACCOUNT)),
        *map(filters.negated, system),
    ]
    if search.with_managed:
        # As computers, they have isCriticalSystemObject too: FALSE.
        managed = [filters.equals("objectClass", name) for name in MANAGED_CLASSES]
        conditions = [filters.any_of([filters.all_of(conditions), *managed])]
    if search.upn_suffixes:
        conditions.append(
            filters.any_of(filters.ends_with("userPrincipalName", f"@{suffix}") for suffix in search.upn_suffixes)
        )
    if search.filter_text:
        conditions.append(search.filter_text)
    return filters.all_of(conditions)


def _suffix(text: str) -> str:
    suffix = text.strip().removeprefix("@")
    if not suffix or "@" in suffix:
        raise InputError(f"{text!r} is not a UPN suffix; write upn_suffix as contoso.com.")
    return suffix


def _candidate(guid: str, found: AdObject) -> Candidate:
    names = {name: _texts(found, name) for name in NAME_ATTRIBUTES}
    return Candidate(guid, found.distinguished_name, tuple(sum(names.values(), ())), names[_UPN])


def _texts(found: AdObject, name: str) -> tuple[str, ...]:
    return tuple(value.decode("utf-8", "replace") for value in found.attributes.get(name.lower(), ()))
