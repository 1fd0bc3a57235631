# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to give AD users the ImmutableIds of cloud users, read and checked before any directory is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..core.errors import InputError
from ..core.identities.anchors import guid_of_immutable_id
from ..core.outcomes import CLEARED, RESTORED, SET, UNCHANGED
from ..core.refusal import Refusal
from ..core.text.counts import amount
from .lookup import NAME, Identity, guid_identity, upn_identity
from .users import UNNAMED, CloudName

# With these statuses or this cause, ``after`` in a result of entra_immutable_id is what the cloud user has.
_OF_THE_CLOUD, _DIFFERENT = (SET, CLEARED, RESTORED, UNCHANGED), "different_immutable_id"


@dataclass(frozen=True, slots=True)
class AnchorRequest:
    """The bytes to write into mS-DS-ConsistencyGuid of the AD user that ``identity`` means.

    ``known`` is the cloud user, as far as the record names it. If there is a ``refusal``, it may be impossible to look
    up the identity.
    """

    identity: Identity
    value: bytes
    known: CloudName = UNNAMED
    refusal: Refusal | None = None


def read_anchor_requests(records: Iterable[Mapping[str, object]]) -> list[AnchorRequest]:
    """Turn records of cloud users into requests, in the order given.

    A record names its AD user by ``object_guid``, else by ``user_principal_name``. An error in one record becomes the
    refusal of its request, so that the rest of the list can be planned and shown.

    :raises InputError: if a record names no user.
    """
    requests = [_read(record, position) for position, record in enumerate(records, start=1)]
    times = Counter(request.value for request in requests if not request.refusal)
    return [_refuse_repeat(request, times[request.value]) for request in requests]


def _read(record: Mapping[str, object], position: int) -> AnchorRequest:
    guid, upn, key = (str(record.get(key) or "") for key in ("object_guid", "user_principal_name", "id"))
    known = CloudName(key or None, upn or None)
    if not guid and not upn:
        raise InputError(f"Record {position} of users identifies no user; add object_guid or user_principal_name.")
    identity = Identity(guid or upn, NAME, "")
    name = upn or guid
    if record.get("deleted"):
        reason = f"The cloud user {name} is in the recycle bin. Restore the user first, or remove the record."
        return AnchorRequest(identity, b"", known, Refusal("deleted_user", reason))
    value = _immutable_id(record)
    if not value:
        reason = f"The cloud user {name} has no ImmutableId that can be written to AD; remove the record."
        return AnchorRequest(identity, b"", known, Refusal("no_immutable_id", reason))
    try:
        wanted = guid_of_immutable_id(str(value)).bytes_le
    except InputError as error:
        return AnchorRequest(identity, b"", known, Refusal("malformed_immutable_id", error.message))
    try:
        return AnchorRequest(guid_identity(guid) if guid else upn_identity(upn), wanted, known)
    except InputError as error:
        cause = "malformed_object_guid" if guid else "invalid_upn"
        return AnchorRequest(identity, wanted, known, Refusal(cause, error.message))


def _immutable_id(record: Mapping[str, object]) -> object:
    """Return the ImmutableId that the cloud user has.

    In results of entra_immutable_id, ``immutable_id`` is that of the AD user.
    """
    if record.get("status") in _OF_THE_CLOUD or record.get("cause") == _DIFFERENT:
        return record.get("after")
    return record.get("immutable_id")


def _refuse_repeat(request: AnchorRequest, times: int) -> AnchorRequest:
    if request.refusal or times == 1:
        return request
    reason = (
        f"{amount(times, 'record')} have the ImmutableId of {request.identity.text}, but a cloud user can have only "
        "one AD account. Keep one of the records."
    )
    return replace(request, refusal=Refusal("value_wanted_twice", reason))
