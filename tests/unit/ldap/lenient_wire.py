# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An LDAP server that answers whatever comes, for tests that alter what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from forest_script import CONFIGURATION, DOMAIN
from ldap_wire import Answer, Bind, Done, Entry, Extended, Request, Search, Turn, Wire

SCHEMA = f"CN=Schema,{CONFIGURATION}"
OU = f"OU=Staff,{DOMAIN}"
_ROOT = {
    "defaultNamingContext": [DOMAIN],
    "rootDomainNamingContext": [DOMAIN],
    "configurationNamingContext": [CONFIGURATION],
    "schemaNamingContext": [SCHEMA],
}
_SCHEMA = [Entry(f"CN={name},{SCHEMA}", {"lDAPDisplayName": [name]}) for name in ("displayName", "mail", "department")]


@dataclass
class LenientWire(Wire):
    """``people`` are the answer to every search of the domain; writes succeed, and are kept in ``writes``.

    ``domain`` and ``root`` are the answers to who may replicate and to who signed in. ``groups`` are all groups.
    """

    people: Sequence[Answer] = ()
    domain: Sequence[Answer] = ()
    root: Sequence[Answer] = ()
    groups: Sequence[Answer] = ()
    writes: list[Request] = field(default_factory=list)

    def _turn(self, request: Request) -> Turn | None:
        self.requests.append(request)
        if isinstance(request, Search):
            return Turn(Search, (*self._found(request), Done(cookie=b"" if request.page else None)))
        if not isinstance(request, (Bind, Extended)):
            self.writes.append(request)
        return Turn(type(request))

    def _found(self, request: Search) -> Sequence[Answer]:
        if request.attributes == (b"tokenGroups",):
            return self.root
        if request.parts is not None:
            return self.domain
        if b"sIDHistory" in request.attributes and b"objectGUID" not in request.attributes:
            return self.groups if ("present", b"sIDHistory") in request.filter[-1] else self._inside(request.filter[-1])
        if request.base == b"":
            return [Entry("", _ROOT)]
        if request.base == SCHEMA.encode():
            return _SCHEMA
        if request.base == OU.encode():
            return [Entry(OU, {"objectClass": ["top"]})]
        if request.attributes == (b"minPwdLength",):
            return [Entry(DOMAIN, {"minPwdLength": ["7"]})]
        return self.people

    def _inside(self, wanted: Any) -> Sequence[Answer]:
        """Return the groups in those whose names a filter has."""
        names = {each[-1].lower() for each in (wanted[1:] if wanted[0] == "or" else [wanted])}
        entries = [each for each in self.groups if isinstance(each, Entry)]
        return [each for each in entries if names & set(map(_lower, each.values.get("memberOf", ())))]


def _lower(value: bytes | str) -> bytes:
    return (value if isinstance(value, bytes) else value.encode()).lower()
