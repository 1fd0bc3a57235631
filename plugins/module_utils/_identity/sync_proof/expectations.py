# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expectations: what each user must be in Entra after a sync cycle, read from a result or from records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..core.errors import InputError
from ..core.given.record_types import check_records
from ..core.given.users import describe_keys
from ..core.identities.addresses import primary_address
from ..core.identities.anchors import immutable_id_of_guid
from ..core.identities.cloud_identity import CloudIdentity, possible_upn, read_object_id, read_upn
from ..core.outcomes import (
    ALREADY_DONE,
    CLEARED,
    FAILED,
    NOT_FOUND,
    REFUSED,
    RESTORED,
    SET,
    SKIPPED,
    STAMPED,
    UNCHANGED,
    UNRESOLVED,
)
from ..core.records import record_name
from ..core.run_files.user_records import UserRecord, WriteRecord, name_of

_IMMUTABLE_ID = "onPremisesImmutableId"
_TO_PROVE = (SET, STAMPED, RESTORED, UNCHANGED, ALREADY_DONE)
_HARD_MATCHED = (SET, UNCHANGED)
_NOT_HARD_MATCHED = (CLEARED, REFUSED, FAILED, NOT_FOUND, SKIPPED, *UNRESOLVED)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one user must be in Entra after a sync cycle.

    ``name`` is for sentences. ``object_id`` is the cloud user that was hard-matched, if that is known. ``upn`` is None
    if no cloud user can have the user's. ``immutable_id`` is the value that it must have, ``before`` the value that it
    had. ``object_sid`` is the SID of the AD account that must be joined to it. ``primary_address`` has no prefix: a
    second user would collide with this one by it. ``exported`` says that a cycle must have exported the user. This is
    False if the value was already there: the user may have been joined long ago, and a cycle exports only changes.
    ``left_out`` says why the user was not hard-matched.
    """

    name: str
    user_principal_name: str | None
    object_id: CloudIdentity | None = None
    upn: CloudIdentity | None = None
    immutable_id: str | None = None
    before: str | None = None
    object_sid: str | None = None
    primary_address: str | None = None
    exported: bool = True
    left_out: str | None = None


def expect_result(users: Iterable[UserRecord], proven: Collection[str] = ()) -> list[Expectation | None]:
    """Turn the users of a result file into expectations, in order; None for a cloud user without an AD user.

    ``proven``: objectGUIDs of AD users whom an earlier proof of the same run found matched. A later cycle exports only
    changes, so it need not export them again.

    :raises InputError: if a line of the file is not a record of a user, or if a user to prove has an id that is not
        an object id.
    """
    return [_of_line(user, line, proven) for line, user in enumerate(users, start=2)]


def read_expectations(records: Iterable[Mapping[str, Any]]) -> list[Expectation]:
    """Turn records, or what a module returned as ``users``, into expectations, in order.

    :raises InputError: if a record names no user, has a value of the wrong type, or an object_guid that is not a GUID.
    """
    records = list(records)
    check_records(records, ("before", "after"))
    return [_of_record(record, position) for position, record in enumerate(records, start=1)]


def _of_line(user: UserRecord, line: int, proven: Collection[str]) -> Expectation | None:
    """Return the expectation of a user in a result file, which may have been edited. ``line`` is where the user is."""
    try:
        change = user["change"]
        check_records(filter(None, (user["ad"], user["cloud"], change)), ("status", "reason"))
        check_records(change["writes"] if change else (), ("attribute", "before", "after"))
        return _of_result(user, proven)
    except (AttributeError, KeyError, TypeError, InputError) as error:
        raise InputError(f"Line {line} of the file is not a record of a user; create the file again.") from error


def _of_result(user: UserRecord, proven: Collection[str]) -> Expectation | None:
    change, ad, cloud = user["change"], user["ad"], user["cloud"]
    if change is None or ad is None:
        return None
    name, upn = name_of(user), ad["user_principal_name"]
    if change["status"] not in _TO_PROVE or cloud is None:
        reason = change["reason"] or f"{name} was not hard-matched ({change['status']})."
        return Expectation(name, upn, left_out=reason)
    return Expectation(
        name,
        upn,
        read_object_id(cloud["id"]),
        possible_upn(str(upn or "")),
        change["immutable_id"],
        before=_value_before(change["writes"], change["immutable_id"]),
        object_sid=ad["object_sid"],
        primary_address=_primary_address(ad),
        exported=change["status"] not in (UNCHANGED, ALREADY_DONE) and ad["object_guid"] not in proven,
    )


def _value_before(writes: Sequence[WriteRecord], after: str | None) -> str | None:
    return next((write["before"] for write in writes if write["attribute"] == _IMMUTABLE_ID), after)


def _of_record(record: Mapping[str, Any], position: int) -> Expectation:
    status, name, upn_text = record.get("status"), record_name(record), record.get("user_principal_name")
    if status in _NOT_HARD_MATCHED:
        reason = record.get("reason") or f"{name} was not hard-matched ({status})."
        return Expectation(name, upn_text, left_out=reason)
    given_id = record.get("id")
    if not given_id and not upn_text:
        raise InputError(
            f"Record {position} of users identifies no user; add user_principal_name or id. "
            f"{describe_keys(record)}".rstrip()
        )
    try:
        object_id = read_object_id(str(given_id)) if given_id else None
        upn = possible_upn(str(upn_text or "")) if object_id else read_upn(str(upn_text))
    except InputError as error:
        return Expectation(name, upn_text, left_out=error.message)
    matched = status in _HARD_MATCHED
    guid = record.get("object_guid")
    value = record.get("immutable_id") or (immutable_id_of_guid(str(guid)) if guid and not matched else None)
    return Expectation(
        name,
        upn_text,
        object_id,
        upn,
        record.get("after") if matched else value,
        before=record.get("before") if matched else None,
        object_sid=record.get("object_sid"),
        primary_address=_primary_address(record),
        exported=status != UNCHANGED,
    )


def _primary_address(record: Mapping[str, Any]) -> str | None:
    primary = primary_address(record.get("proxy_addresses") or ())
    return record.get("mail") if primary is None else primary


def read_time(text: str) -> datetime:
    """Read a time in ISO 8601 with its time zone, such as ``2026-11-24T06:20:26Z``.

    :raises InputError: if the text is anything else, or has no time zone.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(f"{text!r} is not a UTC time; write it as 2026-11-24T06:20:26Z.")
    return moment
