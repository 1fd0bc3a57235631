# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller wants for each user, read and checked before any directory is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import (
    CONSISTENCY_GUID,
    anchor_bytes,
    immutable_id_of_guid,
    parse_guid,
    swapped_immutable_id,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback import Undo
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import folded

UNRESOLVED = ("missing", "ambiguous", "not_a_user", "system_account")
"""Statuses by which ad_user_guid marks an identity that is no AD user to match."""


@dataclass(frozen=True)
class Refusal:
    """Why a user is left alone: a stable identifier for programs and a sentence for people."""

    cause: str
    reason: str


@dataclass(frozen=True)
class Wish:
    """One user's wish: the record as given, whom it means in Entra, and the ImmutableId wanted (None: clear it).

    ``expected`` holds the values that the user may have now; None allows any.
    """

    record: Record
    identity: str
    immutable_id: str | None
    refusal: Refusal | None = None
    expected: tuple[str | None, ...] | None = None


def read_wishes(records: Iterable[Mapping[str, Any]], clear: bool = False) -> list[Wish]:
    """Turn records into wishes, in the order given.

    A record names its user by ``id`` or ``user_principal_name`` and the value by ``immutable_id`` or ``object_guid``;
    whatever else it holds travels along untouched. What is wrong with a single record becomes that wish's refusal, so
    that the rest of a list can be planned and shown.

    :raises InputError: if a record names no user at all and says nothing of why.
    """
    wishes = [_read_wish(dict(record), position, clear) for position, record in enumerate(records, start=1)]
    return _refuse_repeats(wishes)


def rollback_wishes(undos: Iterable[Undo]) -> list[Wish]:
    """The wishes that put values back."""
    return [
        Wish(
            {"id": undo.id, "user_principal_name": undo.user_principal_name},
            undo.id,
            undo.restore,
            expected=undo.expected,
        )
        for undo in undos
    ]


def _read_wish(record: Record, position: int, clear: bool) -> Wish:
    unresolved = _unresolved(record)
    if unresolved:
        identity = str(record.get("user_principal_name") or record.get("identity") or "")
        return Wish(record, identity, None, Refusal(f"ad_{unresolved}", record.get("reason") or "No such AD user."))
    # The id that entra_match_info adds may be of a user that a sync would find by address: nobody asked for that one.
    given_id = None if "outcome" in record else record.get("id")
    identity = str(given_id or record.get("user_principal_name") or "").strip()
    if not identity:
        if record.get("distinguished_name"):
            reason = (
                f"The AD account {record['distinguished_name']} has no user principal name; give it the cloud user's."
            )
            return Wish(record, str(record["distinguished_name"]), None, Refusal("no_user_principal_name", reason))
        raise InputError(f"Record {position} of users names nobody; give it a user_principal_name or an id.")
    if clear:
        return Wish(record, identity, None)
    try:
        return Wish(record, identity, _wanted_value(record, identity))
    except InputError as error:
        return Wish(record, identity, None, Refusal("malformed_immutable_id", error.message))


def _unresolved(record: Mapping[str, Any]) -> str | None:
    """By which status an identity is no AD user to match, also after entra_match_info has put its own in place."""
    status = str(record.get("status"))
    if "outcome" in record:
        status = str(record.get("cause")).removeprefix("ad_")
    return status if status in UNRESOLVED else None


def _wanted_value(record: Mapping[str, Any], identity: str) -> str:
    value, guid_given = record.get("immutable_id"), record.get("object_guid")
    if not value and not guid_given:
        raise InputError(f"The record of {identity} has neither immutable_id nor object_guid; give one of them.")
    if not value:
        if record.get("source_anchor") == CONSISTENCY_GUID:
            raise InputError(
                f"mS-DS-ConsistencyGuid of {identity} is empty; stamp it first, or use source_anchor auto."
            )
        return immutable_id_of_guid(str(guid_given))
    value = str(value)
    raw = anchor_bytes(value)
    from_consistency_guid = record.get("source_anchor") == CONSISTENCY_GUID
    if len(raw) != 16 and not from_consistency_guid:
        raise InputError(f"{value!r} holds {len(raw)} bytes, not the 16 of a GUID; check where it was copied from.")
    if guid_given and not from_consistency_guid:
        guid = parse_guid(str(guid_given))
        if value == swapped_immutable_id(guid):
            raise InputError(
                f"{value!r} has the bytes of {guid} in the wrong order; the right ImmutableId is "
                f"{immutable_id_of_guid(guid)}."
            )
        if value != immutable_id_of_guid(guid):
            raise InputError(
                f"{value!r} is not the ImmutableId of object_guid {guid}; leave out the one that is wrong."
            )
    return value


def _refuse_repeats(wishes: Sequence[Wish]) -> list[Wish]:
    usable = [wish for wish in wishes if not wish.refusal]
    names = Counter(folded(wish.identity) for wish in usable)
    values = Counter(wish.immutable_id for wish in usable if wish.immutable_id)
    return [_refuse_repeat(wish, names, values) for wish in wishes]


def _refuse_repeat(wish: Wish, names: Counter[str], values: Counter[str]) -> Wish:
    if wish.refusal:
        return wish
    times = names[folded(wish.identity)]
    if times > 1:
        reason = f"{wish.identity} is in the list {times} times; keep one record a user."
        return replace(wish, refusal=Refusal("duplicate_record", reason))
    times = values[wish.immutable_id or ""]
    if times > 1:
        reason = f"{wish.immutable_id} is wanted for {times} users; one AD account can match only one."
        return replace(wish, refusal=Refusal("value_wanted_twice", reason))
    return wish
