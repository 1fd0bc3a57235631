# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of stamping share: users in both directories, what is asked and written, and the journal's lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from forest_script import ANYTHING, BIND, DOMAIN, ROOT, by_guid_name, guid, look_up, person
from ldap_wire import ADD, BASE, DELETE, SUB, Answer, Done, Entry, Modify, Search, Turn

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)

START = [BIND, ROOT]
ATTRIBUTE = b"mS-DS-ConsistencyGuid"
OWNED = (b"objectClass", b"sAMAccountType", b"objectGUID", ATTRIBUTE)
NAMES = ("anna", "bob", "carl", "dora", "emil")


def value(number: int) -> bytes:
    """What the cloud user of a number has: no object's GUID unless a script says so."""
    return guid(100 + number).bytes_le


def cloud(number: int, **changes: Any) -> dict[str, Any]:
    known = {"id": f"00000000-0000-4000-8000-{number:012d}", "user_principal_name": f"{NAMES[number - 1]}@contoso.com"}
    return {**known, "immutable_id": immutable_id_of_guid(guid(100 + number)), **changes}


def ad(number: int, held: bytes = b"", **changes: Any) -> Entry:
    return person(number, NAMES[number - 1], mS_DS_ConsistencyGuid=[held] if held else [], **changes)


def by_upn(*entries: Entry, count: int | None = None) -> Turn:
    names = NAMES[: len(entries) if count is None else count]
    conditions = [("equal", b"userPrincipalName", f"{name}@contoso.com".encode()) for name in names]
    turn = look_up(conditions, *entries)
    assert isinstance(turn.expected, Search)
    return turn if len(conditions) > 1 else Turn(Search(*_with(turn.expected, conditions[0])), turn.answers)


def by_guid(numbers: Sequence[int], *entries: Entry) -> Turn:
    conditions = [("equal", b"objectGUID", guid(number).bytes_le) for number in numbers]
    turn = look_up(conditions, *entries)
    assert isinstance(turn.expected, Search)
    return turn if len(conditions) > 1 else Turn(Search(*_with(turn.expected, conditions[0])), turn.answers)


def _with(search: Search, filter_: object) -> tuple[Any, ...]:
    return search.base, search.scope, filter_, search.attributes, search.page


def owners(values: Sequence[bytes], *entries: Entry) -> Turn:
    conditions = [("equal", name, raw) for raw in values for name in (b"objectGUID", ATTRIBUTE)]
    return Turn(Search(DOMAIN.encode(), SUB, ("or", *conditions), OWNED, (1000, b"")), (*entries, Done(cookie=b"")))


def unclaimed(*numbers: int) -> Turn:
    """Nobody else holds the GUIDs that these users would get."""
    return owners([guid(number).bytes_le for number in numbers])


def write(number: int, before: bytes, after: bytes, *answers: Answer) -> Turn:
    old = [(DELETE, ATTRIBUTE, (before,))] if before else []
    new = [(ADD, ATTRIBUTE, (after,))] if after else []
    return Turn(Modify(by_guid_name(number), (*old, *new)), answers or (Done(),))


def read_again(number: int, held: bytes) -> Turn:
    name = f"CN={NAMES[number - 1]},OU=Staff,{DOMAIN}"
    found = {"mS-DS-ConsistencyGuid": [held]} if held else {}
    return Turn(Search(by_guid_name(number), BASE, ANYTHING, (ATTRIBUTE,)), (Entry(name, found), Done()))


def lines(path: Path) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, path.read_text().splitlines()) if "outcome" in line]


def outcomes(path: Path) -> list[tuple[str, str]]:
    return [(line["user_principal_name"].partition("@")[0], line["outcome"]) for line in lines(path)]


def statuses(result: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    return [(user["status"], user["cause"]) for user in result["users"]]
