# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A domain controller that holds objects, finds them by filters, and changes them when it is told to."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forest_script import CONFIGURATION, DOMAIN
from ldap_wire import (
    ADD,
    BASE,
    DELETE,
    ONE,
    Answer,
    Bind,
    Delete,
    Done,
    Entry,
    Extended,
    Modify,
    Request,
    Search,
    Turn,
    Wire,
)
from shield_script import DESCRIPTOR, SELF
from support.descriptors import DOMAIN_SID, of_domain, sid

DOMAIN_GUID = uuid.UUID("0b6b1c1e-7d0c-4f0e-9a51-3f1f0a8e77d2")
NO_SUCH_OBJECT, NO_SUCH_ATTRIBUTE, VALUE_EXISTS = Done(32), Done(16), Done(20)
HAS_CHILDREN = Done(66)

_BINARY = {"objectguid", "ms-ds-consistencyguid", "objectsid", "sidhistory", "ntsecuritydescriptor"}
_ONLY_ON_REQUEST = {"ntsecuritydescriptor", "allowedattributes", "allowedattributeseffective"}
"""What a directory does not count among all attributes."""
_ROOT = Entry(
    "",
    {
        "defaultNamingContext": [DOMAIN],
        "rootDomainNamingContext": [DOMAIN],
        "configurationNamingContext": [CONFIGURATION],
        "tokenGroups": [of_domain(SELF), of_domain(513), sid(11)],
    },
)
_DOMAIN = Entry(
    DOMAIN,
    {
        "objectGUID": [DOMAIN_GUID.bytes_le],
        "objectClass": ["top", "domainDNS"],
        "objectSid": [DOMAIN_SID],
        "nTSecurityDescriptor": [DESCRIPTOR],
    },
)


@dataclass
class LiveDirectory(Wire):
    """``held``: the objects by distinguished name. ``answers`` may return another answer to a request."""

    held: dict[str, dict[str, list[bytes]]] = field(default_factory=dict)
    answers: Callable[[Request], Answer | None] = lambda _request: None
    time: str | None = None
    """The time that the rootDSE tells, such as 20261130101500.0Z."""

    def put(self, *entries: Entry) -> None:
        for entry in entries:
            values = {name: [_raw(value) for value in given] for name, given in entry.values.items()}
            self.held[entry.name] = values

    def change(self, name: str, **values: Sequence[bytes | str]) -> None:
        """Change attributes of the one object whose distinguished name begins with ``CN=<name>,``."""
        held = self.held[self.name_of(name)]
        held.update({attribute.replace("_", "-"): [*map(_raw, given)] for attribute, given in values.items()})

    def move(self, name: str, parent: str) -> None:
        self.held[f"CN={name},{parent}"] = self.held.pop(self.name_of(name))

    def delete(self, name: str) -> None:
        del self.held[self.name_of(name)]

    def name_of(self, name: str) -> str:
        (found,) = (each for each in self.held if each.startswith(f"CN={name},"))
        return found

    def anchor_of(self, name: str) -> bytes:
        """Return mS-DS-ConsistencyGuid of an object, empty if it has none."""
        return next(iter(self.held[self.name_of(name)].get("mS-DS-ConsistencyGuid", ())), b"")

    @property
    def writes(self) -> list[Request]:
        return [each for each in self.requests if not isinstance(each, (Search, Bind, Extended))]

    def _turn(self, request: Request) -> Turn | None:
        self.requests.append(request)
        refused = self.answers(request)
        if refused:
            return Turn(type(request), (refused,))
        if isinstance(request, Search):
            return Turn(Search, (*self._found(request), Done(cookie=b"" if request.page else None)))
        return Turn(type(request), (self._written(request),))

    def _found(self, search: Search) -> Sequence[Answer]:
        base = search.base.decode()
        if not base:
            time = {"currentTime": [self.time]} if self.time else {}
            return [_picked(Entry("", {**_ROOT.values, **time}), search)]
        entries = [_DOMAIN, *(Entry(name, values) for name, values in self.held.items())]
        if search.scope == BASE:
            entries = [each for each in entries if base in (each.name, _guid_name(each))]
        elif search.scope == ONE:
            parents = [base, *(each.name for each in entries if _guid_name(each) == base)]
            entries = [each for each in entries if _parent(each.name) in parents]
        else:
            entries = [each for each in entries if each.name.endswith(base)]
        return [_picked(each, search) for each in entries if _meets(search.filter, _lower(_named(each)))]

    def _written(self, request: Request) -> Done:
        if not isinstance(request, (Modify, Delete)):
            return Done()
        for name, values in self.held.items():
            if _guid_name(Entry(name, values)) == request.name.decode():
                if isinstance(request, Modify):
                    return _modify(values, request)
                if any(_parent(each) == name for each in self.held):
                    return HAS_CHILDREN
                del self.held[name]
                return Done()
        return NO_SUCH_OBJECT


def _named(entry: Entry) -> Mapping[str, Sequence[bytes | str]]:
    return {**entry.values, "distinguishedName": [entry.name]}


def _modify(values: dict[str, list[bytes]], request: Modify) -> Done:
    changed = dict(values)
    for operation, raw_name, given in request.changes:
        name = raw_name.decode()
        if operation == DELETE:
            if changed.pop(name, None) != list(given):
                return NO_SUCH_ATTRIBUTE
        else:
            assert operation == ADD, operation
            if changed.get(name):
                return VALUE_EXISTS
            changed[name] = list(given)
    values.clear()
    values.update(changed)
    return Done()


def _raw(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _lower(values: Mapping[str, Sequence[bytes | str]]) -> dict[str, list[bytes]]:
    return {name.lower(): [*map(_raw, given)] for name, given in values.items()}


def _guid_name(entry: Entry) -> str:
    return f"<GUID={uuid.UUID(bytes_le=_raw(entry.values['objectGUID'][0]))}>"


def _parent(name: str) -> str:
    return name.partition(",")[2]


def _picked(entry: Entry, search: Search) -> Entry:
    wanted = {name.decode().lower() for name in search.attributes}
    everything = {name.lower() for name in entry.values} - _ONLY_ON_REQUEST if "*" in wanted else set()
    shown = {name: given for name, given in entry.values.items() if given and name.lower() in wanted | everything}
    return Entry(entry.name, shown)


def _meets(filter_: Any, values: Mapping[str, Sequence[bytes]]) -> bool:
    kind, *rest = filter_
    if kind == "and":
        return all(_meets(each, values) for each in rest)
    if kind == "or":
        return any(_meets(each, values) for each in rest)
    if kind == "not":
        return not _meets(rest[0], values)
    if kind == "extensible":
        rule, name, value = rest
        assert rule == b"1.2.840.113556.1.4.803", rule  # all these bits are set
        return any(int(each) & int(value) == int(value) for each in values.get(name.decode().lower(), ()))
    name = rest[0].decode().lower()
    held = values.get(name, ())
    if kind == "present":
        return bool(held)
    if kind == "equal":
        return any(_same(name, each, rest[1]) for each in held)
    if kind == "substrings":
        ((where, wanted),) = rest[1:]
        fits = bytes.endswith if where == "final" else bytes.startswith
        return any(fits(each.lower(), wanted.lower()) for each in held)
    raise AssertionError(f"The directory of these tests knows no filter {filter_}.")


def _same(name: str, one: bytes, other: bytes) -> bool:
    if name == "distinguishedname":
        return one.lower() == other.lower().replace(b", ", b",")
    if name == "objectcategory":
        return one.lower() == other.lower() or one.lower().startswith(b"cn=" + other.lower() + b",")
    return one == other if name in _BINARY else one.lower() == other.lower()
