# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What protects accounts, as a scripted server shows it: the domain's own object, who signed in, and the groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from forest_script import ANYTHING, DOMAIN
from ldap_wire import BASE, SUB, Answer, Done, Entry, Search, Turn
from support.descriptors import ALLOWED_OBJECT, DOMAIN_SID, ace, descriptor, of_domain, sid

GET_CHANGES_ALL = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
SYNC, SELF = 1700, 1800
"""RIDs: of an account that may replicate the domain, and of the one that signs in."""
DESCRIPTOR = descriptor(ace(of_domain(SYNC), 0x100, ALLOWED_OBJECT, right=GET_CHANGES_ALL))
MORE = (b"sIDHistory", b"primaryGroupID", b"memberOf", b"adminCount", b"msDS-AllowedToDelegateTo")
"""What is read of accounts whose protection matters, besides the rest."""
GROUP = (b"objectSid", b"sIDHistory", b"sAMAccountName", b"memberOf")


def group_dn(name: str) -> str:
    return f"CN={name},OU=Groups,{DOMAIN}"


def group(name: str, rid: int | bytes, *above: str) -> Entry:
    own = rid if isinstance(rid, bytes) else of_domain(rid)
    held: dict[str, Sequence[bytes | str]] = {"objectSid": [own], "sAMAccountName": [name]}
    return Entry(group_dn(name), {**held, **({"memberOf": list(map(group_dn, above))} if above else {})})


EVERYWHERE = [
    *(group(f"Domain {rid}", rid) for rid in (512, 517, 520)),
    *(group(f"Builtin {rid}", sid(32, rid)) for rid in (544, 548, 549, 550, 551)),
]
"""The powerful groups that every domain has."""


def with_everywhere(*groups: Entry) -> list[Entry]:
    """These groups, and those of EVERYWHERE whose SIDs they do not have."""
    given = {bytes(value) for each in groups for value in each.values.get("objectSid", ()) if isinstance(value, bytes)}
    return [*groups, *(each for each in EVERYWHERE if not given & set(each.values["objectSid"]))]


def account(rid: int, *groups: str, primary: int = 513) -> dict[str, Any]:
    """The attributes of an account, as keywords of ``forest_script.person``."""
    return {"objectSid": [of_domain(rid)], "primaryGroupID": [str(primary)], "memberOf": list(map(group_dn, groups))}


def shield(*levels: Sequence[Entry], domain: Mapping[str, Sequence[bytes]] | None = None) -> list[Turn]:
    """The reads of a shield. ``levels``: the powerful groups besides EVERYWHERE, then those in them, and so on."""
    shown = {"objectSid": [DOMAIN_SID], "nTSecurityDescriptor": [DESCRIPTOR]} if domain is None else domain
    own = {"tokenGroups": [of_domain(SELF), of_domain(513), sid(11)]}
    described = Search(DOMAIN.encode(), BASE, ANYTHING, (b"objectSid", b"nTSecurityDescriptor"), parts=5)
    turns = [Turn(described, (Entry(DOMAIN, shown), Done()))]
    if domain is not None:
        return turns
    root = Search(b"", BASE, ANYTHING, (b"tokenGroups",))
    turns.append(Turn(root, (Entry("", own), Done())))
    powerful = with_everywhere(*(levels[0] if levels else ()))
    turns.append(Turn(Search, (*powerful, Done(cookie=b""))))
    return [*turns, *(_members(above, *level) for above, level in pairwise([powerful, *levels[1:], ()]))]


def _members(above: Sequence[Entry], *answers: Answer) -> Turn:
    conditions = [("equal", b"memberOf", entry.name.encode()) for entry in above]
    chosen = conditions[0] if len(conditions) == 1 else ("or", *conditions)
    search = Search(DOMAIN.encode(), SUB, ("and", ("equal", b"objectClass", b"group"), chosen), GROUP, (1000, b""))
    return Turn(search, (*answers, Done(cookie=b"")))
