# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expectations: what each user must be in Entra after a sync cycle, read from records before Entra is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..core.errors import InputError
from ..core.identities.anchors import immutable_id_of_guid
from ..core.identities.cloud_identity import CloudIdentity, possible_upn, read_object_id, read_upn
from ..core.outcome_words import UNRESOLVED
from ..core.record_types import check_records
from ..core.records import Record, record_name

_HARD_MATCHED = ("set", "unchanged")
_NOT_HARD_MATCHED = ("cleared", "refused", "failed", "not_found", "skipped", *UNRESOLVED)


@dataclass(frozen=True)
class Expectation:
    """What one user must be in Entra after a sync cycle.

    ``object_id`` is the cloud user that was hard-matched, if the record knows it. ``upn`` is None if no cloud user can
    have the record's. ``immutable_id`` is the value that it must have, ``before`` the value that it had. ``object_sid``
    is the SID of the AD account that must be joined to it. ``exported`` says that a cycle must have exported the user.
    This is False if the value was already there: the user may have been joined long ago, and a cycle exports only
    changes.
    ``left_out`` says why the record's user was not hard-matched.
    """

    record: Record
    object_id: CloudIdentity | None
    upn: CloudIdentity | None
    immutable_id: str | None
    before: str | None = None
    exported: bool = True
    left_out: str | None = None

    @property
    def object_sid(self) -> str | None:
        return self.record.get("object_sid")

    @property
    def name(self) -> str:
        return record_name(self.record)

    @property
    def user_principal_name(self) -> str | None:
        return self.record.get("user_principal_name")

    @property
    def primary_address(self) -> str | None:
        """The primary address without its prefix, else ``mail``: a second user would collide with this one by it."""
        addresses = self.record.get("proxy_addresses") or []
        return next((text[5:] for text in addresses if text.startswith("SMTP:")), self.record.get("mail"))


def read_expectations(records: Iterable[Mapping[str, Any]]) -> list[Expectation]:
    """Turn records, or what a module returned as ``users``, into expectations, in order.

    :raises InputError: if a record names no user, has a value of the wrong type, or an object_guid that is not a GUID.
    """
    records = list(records)
    check_records(records, ("before", "after"))
    return [_read(dict(record), position) for position, record in enumerate(records, start=1)]


def _read(record: Record, position: int) -> Expectation:
    status = record.get("status")
    if status in _NOT_HARD_MATCHED:
        reason = record.get("reason") or f"{record_name(record)} was not hard-matched ({status})."
        return Expectation(record, None, None, None, left_out=reason)
    given_id, name = record.get("id"), record.get("user_principal_name")
    if not given_id and not name:
        raise InputError(f"Record {position} of users names nobody; give it a user_principal_name or an id.")
    try:
        object_id = read_object_id(str(given_id)) if given_id else None
        upn = possible_upn(str(name or "")) if object_id else read_upn(str(name))
    except InputError as error:
        return Expectation(record, None, None, None, left_out=error.message)
    if status in _HARD_MATCHED:
        return Expectation(record, object_id, upn, record.get("after"), record.get("before"), status == "set")
    value, guid = record.get("immutable_id"), record.get("object_guid")
    return Expectation(record, object_id, upn, value or (immutable_id_of_guid(str(guid)) if guid else None))


def read_time(text: str) -> datetime:
    """Read a time in ISO 8601 with its time zone, such as ``2026-11-24T06:20:26Z``.

    :raises InputError: if the text is anything else, or has no time zone.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(f"{text!r} is not a time in UTC; write it as 2026-11-24T06:20:26Z.")
    return moment
