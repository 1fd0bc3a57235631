# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding AD users: identities in bulk over all object classes, a search over user accounts alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity import ad_kinds, ad_lookup, ad_users
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_lookup import Candidate, Identity
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdObject, AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchor_holders import Holder
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import guid_text
from ansible_collections.hybrid.identity.plugins.module_utils._identity.attribute_map import ldap_attributes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import AD_ATTRIBUTES
from ansible_collections.hybrid.identity.plugins.module_utils._ldap import filters
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.anchor_owners import anchor_holders
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.connection import Session
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.search import (
    BASE,
    ONE_LEVEL,
    SUBTREE,
    Entry,
    paged_entries,
)

SCOPES = {"base": BASE, "one_level": ONE_LEVEL, "subtree": SUBTREE}
CHUNK = 100
"""Identities looked up by one request; each makes at most three indexed conditions."""

_ATTRIBUTES = (*AD_ATTRIBUTES, *ad_kinds.KIND_ATTRIBUTES)
_UPN = ad_lookup.NAME_ATTRIBUTES[0]


@dataclass(frozen=True)
class Search:
    """Conditions that all must hold; without any, the whole domain."""

    base: str | None = None
    scope: str = SUBTREE
    filter_text: str | None = None
    upn_suffixes: tuple[str, ...] = ()

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Search:
        """Check what needs no network.

        :raises InputError: for a malformed filter or suffix.
        """
        wanted = params["search_filter"]
        return cls(
            base=(params["search_base"] or "").strip() or None,
            scope=SCOPES[params["search_scope"]],
            filter_text=None if wanted is None else filters.checked(wanted),
            upn_suffixes=tuple(_suffix(text) for text in params["upn_suffix"] or ()),
        )


class Lookup:
    """The users of one domain. ``source_anchor`` is what their ImmutableId is made from.

    With ``with_attributes``, those that a sync sends are read and belong to the answer.
    """

    def __init__(self, session: Session, domain: str, source_anchor: str, with_attributes: bool) -> None:
        self.domain = domain
        self._session = session
        self._anchor = source_anchor
        self._shown = with_attributes
        names = dict.fromkeys((*_ATTRIBUTES, *(ldap_attributes() if with_attributes else ())))
        self._names = tuple(names)

    def searched(self, search: Search) -> list[AdUser]:
        """The users of a search."""
        base = search.base or self.domain
        entries = paged_entries(self._session, base, _search_filter(search), self._names, search.scope)
        return ad_users.searched_users(map(self._object, entries), self._anchor)

    def asked(self, identities: Sequence[Identity]) -> list[AdUser]:
        """A user for each identity, in order; what is none is marked so."""
        objects = {guid_text(found.guid): found for found in self._looked_up(identities)}
        candidates = [_candidate(guid, found) for guid, found in objects.items()]
        matches = ad_lookup.match_identities(identities, candidates)
        return ad_users.asked_users(matches, objects, self._anchor, self.domain)

    def holders(self, users: Sequence[AdUser]) -> dict[bytes, list[Holder]]:
        """Who has the values that users would get, by value."""
        values = list(dict.fromkeys(user.after for user in users if user.changes and user.after))
        found: defaultdict[bytes, list[Holder]] = defaultdict(list)
        for raw, holder in anchor_holders(self._session, self.domain, values):
            found[raw].append(holder)
        return found

    def unknown(self, identity: Identity) -> AdUser:
        """A user who is not looked up at all."""
        return AdUser(ad_users.FOUND, self._anchor, identity=identity.text)

    def _looked_up(self, identities: Sequence[Identity]) -> Iterator[AdObject]:
        conditions = list(dict.fromkeys(condition for identity in identities for condition in _conditions(identity)))
        # Counted in conditions, so that requests are of one size whatever the identities' kinds.
        size = CHUNK * len(ad_lookup.NAME_ATTRIBUTES)
        for start in range(0, len(conditions), size):
            chosen = filters.any_of(conditions[start : start + size])
            yield from map(self._object, paged_entries(self._session, self.domain, chosen, self._names))

    def _object(self, entry: Entry) -> AdObject:
        return AdObject(entry.distinguished_name, entry.attributes, self._shown)


def _conditions(identity: Identity) -> list[str]:
    if identity.kind == ad_lookup.GUID:
        return [filters.equals("objectGUID", identity.guid_bytes)]
    if identity.kind == ad_lookup.DN:
        return [filters.equals("distinguishedName", identity.sought)]
    attributes = (_UPN,) if identity.kind == ad_lookup.UPN else ad_lookup.NAME_ATTRIBUTES
    return [filters.equals(attribute, identity.sought) for attribute in attributes]


def _search_filter(search: Search) -> str:
    names = "sAMAccountName"
    system = [
        "(isCriticalSystemObject=*)",
        *(filters.starts_with(names, prefix) for prefix in ad_kinds.SYSTEM_NAME_PREFIXES),
        *(filters.equals(names, name) for name in ad_kinds.SYSTEM_NAMES),
    ]
    # Only attributes that every directory has: a negated condition on one that the schema lacks is never true.
    conditions = [
        filters.equals("sAMAccountType", str(ad_kinds.NORMAL_USER_ACCOUNT)),
        *map(filters.negated, system),
    ]
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
    names = {name: _texts(found, name) for name in ad_lookup.NAME_ATTRIBUTES}
    return Candidate(guid, found.distinguished_name, tuple(sum(names.values(), ())), names[_UPN])


def _texts(found: AdObject, name: str) -> tuple[str, ...]:
    return tuple(value.decode("utf-8", "replace") for value in found.attributes.get(name.lower(), ()))
