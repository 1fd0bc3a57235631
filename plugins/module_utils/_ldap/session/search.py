# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""LDAP searches: paged, with raw values of only the requested attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from ..._identity.core.answer_limits import MAX_OBJECT, MAX_OBJECTS, SPARE_PAGES
from .connection import Session, translated
from .errors import SUCCESS, ConnectionLost, LdapError, result_error
from .filters import all_of, any_of_each
from .modifications import object_name
from .ranges import read_parts

BASE, ONE_LEVEL, SUBTREE = "BASE", "LEVEL", "SUBTREE"
PAGE_SIZE = 1000
"""Entries in one page: Active Directory's default limit (MaxPageSize)."""

Raw: TypeAlias = "Mapping[str, Sequence[bytes] | None]"
"""The raw values by attribute description; None for an attribute that came without values."""

Kept = TypeVar("Kept")

_PAGED_RESULTS = "1.2.840.113556.1.4.319"
_OWNER_AND_DACL = 0x1 | 0x4


@dataclass(frozen=True, slots=True)
class Entry:
    """An object: its name, and raw values by lower-case attribute name. Attributes without values are left out.

    An object that is too large has no attributes.
    """

    distinguished_name: str
    attributes: Mapping[str, Sequence[bytes]]

    @property
    def key(self) -> str | bytes:
        """What identifies an object on all servers: its objectGUID if that was read, else its name."""
        return next(iter(self.attributes.get("objectguid", ())), self.distinguished_name.lower())

    def text(self, attribute: str) -> str | None:
        """Return the first value as text, None if there is none."""
        values = self.attributes.get(attribute.lower())
        return values[0].decode("utf-8", "replace") if values else None

    def texts(self, attribute: str) -> list[str]:
        return [value.decode("utf-8", "replace") for value in self.attributes.get(attribute.lower(), ())]


def paged_entries(
    session: Session,
    base: str,
    filter_text: str,
    attributes: Sequence[str],
    scope: str = SUBTREE,
    page_size: int = PAGE_SIZE,
) -> Iterator[Entry]:
    """Return all objects that match. References to other domains are skipped.

    :raises LdapError: as ``entry_pages`` does.
    """
    for entries, _more in entry_pages(session, base, filter_text, attributes, scope, page_size):
        yield from entries


def group_entries(
    session: Session, domain: str, conditions: Iterable[str], attributes: Sequence[str]
) -> Iterator[Entry]:
    """Return the groups of a domain that meet any of these conditions, with ``memberOf`` too. One may come twice.

    :raises LdapError: as ``entry_pages`` does.
    """
    for chosen in any_of_each(conditions):
        groups = all_of(["(objectClass=group)", chosen])
        yield from paged_entries(session, domain, groups, (*attributes, "memberOf"))


def list_entries(
    session: Session,
    base: str,
    filter_text: str,
    attributes: Sequence[str],
    most_pages: int,
    keep: Callable[[Entry], Kept],
) -> list[Kept] | None:
    """Return what ``keep`` keeps of each object that matches, if they fit into so many pages; else None.

    :raises LdapError: as ``entry_pages`` does.
    """
    found: list[Kept] = []
    pages = entry_pages(session, base, filter_text, attributes, SUBTREE, PAGE_SIZE)
    for number, (entries, more) in enumerate(pages, start=1):
        found.extend(map(keep, entries))
        if more and number >= most_pages:
            return None
    return found


def entry_pages(
    session: Session, base: str, filter_text: str, attributes: Sequence[str], scope: str, page_size: int
) -> Iterator[tuple[list[Entry], bool]]:
    """Return each page (RFC 2696), and whether more pages follow, for callers that may stop early.

    Only the server that began a paged search can continue it. If that server is lost, the search begins again at the
    next one and leaves out the objects that it has already returned.

    :raises LdapError: if the server refuses, if it is lost and no other server answers, or if its pages have no end.
    """
    given: set[str | bytes] = set()
    losses = idle = 0
    again = False
    while True:
        try:
            for entries, more in _pages(session, base, filter_text, attributes, scope, page_size):
                new = [entry for entry in entries if not (again and entry.key in given)]
                known = len(given)
                given.update(entry.key for entry in new)
                losses = 0 if new else losses
                idle = 0 if len(given) > known else idle + 1
                if more and (idle >= SPARE_PAGES or len(given) > MAX_OBJECTS):
                    raise _endless(session, base)
                yield new, more
            return
        except ConnectionLost as lost:
            losses, again = _reopened(session, lost, losses), True


def _pages(
    session: Session, base: str, filter_text: str, attributes: Sequence[str], scope: str, page_size: int
) -> Iterator[tuple[list[Entry], bool]]:
    cookie: bytes | None = None
    while True:
        arguments = {"paged_size": page_size, "paged_criticality": True, "paged_cookie": cookie}
        entries = _search(session, base, filter_text, attributes, scope, arguments)
        # Before the values that are still missing are read, which replaces the result.
        cookie = _cookie(session.connection.result)
        yield [_completed(session, *entry) for entry in entries], bool(cookie)
        if not cookie:
            return


def _cookie(result: Mapping[str, Any]) -> bytes | None:
    control = (result.get("controls") or {}).get(_PAGED_RESULTS)
    value = control.get("value") if isinstance(control, dict) else None
    return value.get("cookie") if isinstance(value, dict) else None


def _endless(session: Session, base: str) -> LdapError:
    return LdapError(
        f"The answer of {session.server} to the search of {base or 'the forest'} does not end. Set server to another "
        "domain controller, or narrow the search.",
        "endless_listing",
    )


def _reopened(session: Session, lost: ConnectionLost, losses: int) -> int:
    """Continue at another server. Raise ``lost`` if as many connections as there are servers were lost in a row.

    ``losses`` counts the losses since the last new object. Return the new count.
    """
    if losses >= len(session.options.servers):
        raise lost
    session.reopen(lost)
    return losses + 1


def read_entry(session: Session, distinguished_name: str, attributes: Sequence[str]) -> Entry | None:
    """Return one object by name (empty for the rootDSE); None if the account that signed in may not see it.

    :raises LdapError: if the object does not exist.
    """
    return _base_entry(session, distinguished_name, attributes, {})


def _base_entry(
    session: Session, distinguished_name: str, attributes: Sequence[str], arguments: dict[str, Any]
) -> Entry | None:
    losses = 0
    while True:
        try:
            entries = _search(session, distinguished_name, "(objectClass=*)", attributes, BASE, arguments)
            return _completed(session, *entries[0]) if entries else None
        except ConnectionLost as lost:
            losses = _reopened(session, lost, losses)


def read_descriptor(session: Session, distinguished_name: str, attributes: Sequence[str]) -> Entry | None:
    """Return one object by name as ``read_entry`` does, with the owner and the access list of nTSecurityDescriptor.

    Without the control, a server sends the descriptor only to those who may read its audit list too (MS-ADTS
    3.1.1.3.4.1.11).

    :raises LdapError: if the object does not exist.
    """
    from ldap3.protocol.microsoft import security_descriptor_control

    control = security_descriptor_control(criticality=True, sdflags=_OWNER_AND_DACL)
    return _base_entry(session, distinguished_name, (*attributes, "nTSecurityDescriptor"), {"controls": control})


def _search(
    session: Session, base: str, filter_text: str, attributes: Sequence[str], scope: str, arguments: dict[str, Any]
) -> list[tuple[str, Raw]]:
    """Return the names of the objects found, with their raw values by attribute description."""
    doing = f"search {base}" if base else "read the directory's root" if scope == BASE else "search the forest"
    with session.bounded(doing), translated(session.server, doing):
        session.connection.search(base, filter_text, search_scope=scope, attributes=list(attributes), **arguments)
        result = session.connection.result
        if result["result"] != SUCCESS:
            raise result_error(result, session.server, doing)
        return [
            (item["raw_dn"].decode("utf-8", "replace"), item["raw_attributes"])
            for item in session.connection.response
            if item["type"] == "searchResEntry"
        ]


def _completed(session: Session, name: str, raw: Raw) -> Entry:
    """Return an object with the values that a server did not send at once, which are read here.

    :raises LdapError: if they cannot be read.
    """
    whole, parts = read_parts(raw)
    if any(part.first for part in parts):
        raise _values_missing(session, name, next(part.name for part in parts if part.first))
    size = sum(len(value) for values in raw.values() for value in values or ())
    while parts and size <= MAX_OBJECT:
        part = parts.pop()
        values = [*whole.get(part.name, ()), *part.values]
        if values:
            whole[part.name] = values
        if part.following is None:
            continue
        base = object_name(guid[0]) if len(guid := whole.get("objectguid", ())) == 1 and len(guid[0]) == 16 else name
        more = _search(session, base, "(objectClass=*)", [part.rest], BASE, {})
        _whole, found = read_parts(more[0][1] if more else {})
        ours = [each for each in found if each.name == part.name and each.first == part.following and each.values]
        if len(ours) != 1:
            raise _values_missing(session, name, part.name)
        size += sum(map(len, ours[0].values))
        parts += ours
    return Entry(name, whole if size <= MAX_OBJECT else {})


def _values_missing(session: Session, name: str, attribute: str) -> LdapError:
    return LdapError(
        f"{session.server} does not show all values of {attribute} of {name or 'its root'}; name another domain "
        "controller in server.",
        "values_missing",
    )
