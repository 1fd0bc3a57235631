# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the groups, organizational units and users that ``scope`` and ``exclude`` name, in few searches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..._identity.ad.marks import Places
from ..._identity.core.errors import InputError
from ..._identity.core.identities.comparison import entra_key
from ..._identity.core.identities.distinguished_names import dn_key
from ..._identity.core.identities.sids import domain_rid, sid_text
from ..._identity.core.scope.named_object import NamedObject
from ..session import filters
from ..session.connection import Session
from ..session.errors import LdapError
from ..session.search import Entry, group_entries, paged_entries

_ATTRIBUTES = ("objectClass", "objectSid")
_UPN = "userPrincipalName"
_UNITS = ("organizationalunit", "container")


def read_places(session: Session, domain: str, groups: Sequence[NamedObject], units: Sequence[NamedObject]) -> Places:
    """Read where excluded accounts are: the groups, level by level those nested in them, and the units.

    :raises InputError: if there is no such group or unit.
    :raises LdapError: if one cannot be read.
    """
    found = _find(session, domain, [*groups, *units])
    nested = list(_with_nested(session, domain, [(found[group], group) for group in groups]))
    return Places(
        groups={dn_key(entry.distinguished_name): group for entry, group in nested},
        rids={rid: group for entry, group in nested if (rid := _rid(session, entry, group)) is not None},
        units={dn_key(found[unit].distinguished_name): unit for unit in units},
    )


def member_conditions(session: Session, domain: str, group: NamedObject) -> list[str]:
    """Return the conditions of which the members of a group meet one, also those of groups nested in it.

    ``memberOf`` lacks the primary group (facts §21).

    :raises InputError: if there is no such group.
    :raises LdapError: if it cannot be read.
    """
    found = _find(session, domain, [group])
    nested = [entry for entry, _group in _with_nested(session, domain, [(found[group], group)])]
    rids = [_rid(session, entry, group) for entry in nested]
    return [
        *(filters.equals("memberOf", entry.distinguished_name) for entry in nested),
        *(filters.equals("primaryGroupID", str(rid)) for rid in rids if rid is not None),
    ]


def find_upns(session: Session, domain: str, upns: Iterable[str]) -> set[str]:
    """Return those of these UPNs that objects of the domain have, by ``entra_key``.

    :raises LdapError: if the directory cannot be read.
    """
    return {
        entra_key(upn)
        for chosen in filters.any_of_each(filters.equals(_UPN, upn) for upn in upns)
        for entry in paged_entries(session, domain, chosen, (_UPN,))
        for upn in entry.texts(_UPN)
    }


def _find(session: Session, domain: str, named: Sequence[NamedObject]) -> Mapping[NamedObject, Entry]:
    """Return the object that each entry names."""
    by_key = {
        dn_key(entry.distinguished_name): entry
        for chosen in filters.any_of_each(filters.equals("distinguishedName", each.text) for each in named)
        for entry in paged_entries(session, domain, chosen, _ATTRIBUTES)
    }
    found = {each: by_key.get(dn_key(each.text)) for each in named}
    return {each: _checked(session, domain, each, entry) for each, entry in found.items()}


def _checked(session: Session, domain: str, named: NamedObject, entry: Entry | None) -> Entry:
    kind = "organizational unit" if named.option.endswith("units") else "group"
    if entry is None:
        raise InputError(
            f"{named}, but {session.server} shows no such {kind} in {domain}. Correct the entry or remove it, or sign "
            "in with an account that may read it."
        )
    classes = [text.lower() for text in entry.texts("objectClass")]
    if not classes:
        raise LdapError(
            f"{named}, but {session.server} does not show it. Sign in with an account that may read it.",
            "named_object_unread",
        )
    if not set(classes) & set(_UNITS if kind != "group" else ("group",)):
        raise InputError(f"{named}, which is a {classes[-1]}, not a {kind}. Correct the entry or remove it.")
    return entry


def _with_nested(
    session: Session, domain: str, groups: Sequence[tuple[Entry, NamedObject]]
) -> Iterator[tuple[Entry, NamedObject]]:
    """Return these groups and, level by level, the groups in them."""
    seen: dict[str, NamedObject] = {}
    level = list(groups)
    while level:
        new = {dn_key(entry.distinguished_name): (entry, group) for entry, group in level}
        new = {key: found for key, found in new.items() if key not in seen}
        seen |= {key: group for key, (_entry, group) in new.items()}
        yield from new.values()
        above = [filters.equals("memberOf", entry.distinguished_name) for entry, _group in new.values()]
        level = [(entry, _above(entry, seen)) for entry in group_entries(session, domain, above, _ATTRIBUTES)]


def _above(entry: Entry, seen: Mapping[str, NamedObject]) -> NamedObject:
    """Return the entry that a nested group comes from; if its memberOf is hidden, any of them."""
    keys = map(dn_key, entry.texts("memberOf"))
    return next((seen[key] for key in keys if key in seen), next(iter(seen.values())))


def _rid(session: Session, entry: Entry, group: NamedObject) -> int | None:
    """Return the RID by which accounts name their primary group; None for a group that can be nobody's primary one."""
    sid = next(iter(entry.attributes.get("objectsid", ())), b"")
    if sid_text(sid) is None:
        raise LdapError(
            f"{group}, and {session.server} does not show the objectSid of {entry.distinguished_name}, so some of its "
            "members might be unknown. Sign in with an account that may read it.",
            "named_object_unread",
        )
    return domain_rid(sid)
