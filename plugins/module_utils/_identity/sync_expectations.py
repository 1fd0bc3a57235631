# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is expected to be matched to what after a sync cycle, read from records before Entra is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import immutable_id_of_guid
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record, record_name
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import UNRESOLVED

_HARD_MATCHED = ("set", "unchanged")
_NOT_HARD_MATCHED = ("cleared", "refused", "failed", "not_found", "skipped", *UNRESOLVED)


@dataclass(frozen=True)
class Expectation:
    """One user.

    ``object_id`` is the cloud user that was hard-matched, where the record knows it; ``immutable_id`` the value it must
    have; ``before`` the value that it had. ``exported`` says that a cycle must have exported the user. It need not have
    where the value was there already: such a user may have been joined long ago, and a cycle exports changes only.
    ``left_out`` is why the record's user was not hard-matched at all.
    """

    record: Record
    object_id: str | None
    user_principal_name: str | None
    immutable_id: str | None
    before: str | None = None
    exported: bool = True
    left_out: str | None = None

    @property
    def name(self) -> str:
        return record_name(self.record)

    @property
    def primary_address(self) -> str | None:
        """The address by which a second user would collide with this one, without its prefix."""
        addresses = self.record.get("proxy_addresses") or []
        return next((text[5:] for text in addresses if text.startswith("SMTP:")), self.record.get("mail"))


def read_expectations(records: Iterable[Mapping[str, Any]]) -> list[Expectation]:
    """Turn records, or what a module returned as ``users``, into expectations, in order.

    :raises InputError: if a record names no user, or its GUID is none.
    """
    return [_read(dict(record), position) for position, record in enumerate(records, start=1)]


def _read(record: Record, position: int) -> Expectation:
    status = record.get("status")
    object_id, upn = record.get("id"), record.get("user_principal_name")
    if status in _NOT_HARD_MATCHED:
        reason = record.get("reason") or f"{record_name(record)} was not hard-matched ({status})."
        return Expectation(record, object_id, upn, None, left_out=reason)
    if not object_id and not upn:
        raise InputError(f"Record {position} of users names nobody; give it a user_principal_name or an id.")
    if status in _HARD_MATCHED:
        return Expectation(record, object_id, upn, record.get("after"), record.get("before"), status == "set")
    value, guid = record.get("immutable_id"), record.get("object_guid")
    return Expectation(record, object_id, upn, value or (immutable_id_of_guid(str(guid)) if guid else None))


def read_time(text: str) -> datetime:
    """A moment in ISO 8601 with its time zone, such as ``2026-11-24T06:20:26Z``.

    :raises InputError: for anything else; a time without a zone is nobody's time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(f"{text!r} is not a time in UTC; write it as 2026-11-24T06:20:26Z.")
    return moment
