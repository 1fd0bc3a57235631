# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests for ImmutableIds of cloud users, read and checked before any directory is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core.errors import InputError
from ..core.given.users import advise_names, describe_keys
from ..core.identities.anchors import (
    CONSISTENCY_GUID,
    anchor_bytes,
    immutable_id_of_guid,
    parse_guid,
    swapped_immutable_id,
)
from ..core.identities.cloud_identity import CloudIdentity, read_object_id, read_upn
from ..core.outcomes import UNRESOLVED
from ..core.records import AdUser, record_name
from ..core.refusal import Refusal
from ..core.restorable import refuse_immutable_id
from ..core.rollback import Undo
from ..core.text.counts import amount

_VALUES = ("immutable_id", "object_guid")
_MALFORMED = "malformed_immutable_id"


@dataclass(frozen=True, slots=True)
class ImmutableIdRequest:
    """The request for one user: the AD user, the identity in Entra, and the wanted ImmutableId (None: clear it).

    ``ad`` has what is known of the AD user. ``identity`` is None only if there is a ``refusal``. ``overwrite`` allows
    another value of the user to be replaced. ``expected`` has the values that the user may have now; None allows any. A
    request of a rollback has it, and ``named``, the UPN that the journal has for the user. ``given`` is the record that
    the caller gave, for the result; None if there was none.
    """

    ad: AdUser
    identity: CloudIdentity | None
    immutable_id: str | None
    refusal: Refusal | None = None
    expected: tuple[Any, ...] | None = None
    named: Any = None
    overwrite: bool = False
    given: Mapping[str, object] | None = None

    @property
    def takes_back(self) -> bool:
        """Whether this clears a value that a run of ours set, which is always allowed."""
        return self.expected is not None and self.immutable_id is None

    @property
    def name(self) -> str:
        """The name of the user in sentences."""
        if self.identity:
            return self.identity.text
        return self.ad.name if self.given is None else record_name(self.given)


def read_requests(
    records: Iterable[Mapping[str, object]], clear: bool = False, overwrite: bool = False
) -> list[ImmutableIdRequest]:
    """Turn records into requests, in the order given.

    A record names its user by ``id`` or ``user_principal_name`` and the value by ``immutable_id`` or ``object_guid``;
    its other keys are kept as they are. An error in one record becomes the refusal of its request, so that the rest of
    the list can be planned and shown.

    :raises InputError: if a record names no user, unless it is an identity that ad_user_guid could not resolve.
    """
    requests = [_read_record(record, position, clear) for position, record in enumerate(records, start=1)]
    return _refuse_repeats([replace(request, overwrite=overwrite) for request in requests] if overwrite else requests)


def request_matches(
    users: Iterable[AdUser], cloud_ids: Mapping[str | None, str] | None = None
) -> list[ImmutableIdRequest]:
    """Return the requests that give the cloud users of AD users their ImmutableIds, in order.

    ``cloud_ids`` has object ids of cloud users by dashed objectGUID. The cloud users of all others have their UPNs.
    """
    ids = cloud_ids or {}
    return _refuse_repeats([_request(user, ids.get(user.object_guid), clear=False) for user in users])


def request_restores(undos: Iterable[Undo]) -> list[ImmutableIdRequest]:
    """Return the requests that put values back. They name users by object id, whatever the journal calls them."""
    return [_request_restore(undo) for undo in undos]


def _request_restore(undo: Undo) -> ImmutableIdRequest:
    request = ImmutableIdRequest(
        AdUser(),
        None,
        None,
        expected=undo.expected,
        named=undo.user_principal_name,
        overwrite=True,
        given={"id": undo.id},
    )
    try:
        request = replace(request, identity=read_object_id(str(undo.id)))
    except InputError:
        reason = (
            f"The journal identifies a user by {undo.id!r}, which is not an object id. Find out who changed the "
            "journal."
        )
        return replace(request, refusal=Refusal("not_restorable", reason))
    refusal = refuse_immutable_id(undo.restore, str(undo.user_principal_name or undo.id))
    return replace(request, refusal=refusal) if refusal else replace(request, immutable_id=undo.restore)


def _read_record(record: Mapping[str, object], position: int, clear: bool) -> ImmutableIdRequest:
    user, given_id = _read_user(record), _text(record, "id")
    if not (user.unresolved or given_id or user.user_principal_name or user.distinguished_name):
        raise InputError(
            f"Record {position} of users identifies no user; add user_principal_name or id. "
            f"{describe_keys(record)}".rstrip()
        )
    request = replace(_request(user, given_id, clear), given=record)
    advice = "" if user.immutable_id or user.object_guid else advise_names(record, _VALUES)
    if request.refusal and request.refusal.cause == _MALFORMED and advice:
        return replace(request, refusal=Refusal(_MALFORMED, f"{request.refusal.reason} {advice}"))
    return request


def _read_user(record: Mapping[str, object]) -> AdUser:
    """Return what a record says of the AD user."""
    status = str(record.get("status"))
    unresolved = None
    if status in UNRESOLVED:
        unresolved = Refusal(f"ad_{status}", _text(record, "reason") or "No such AD user.")
    return AdUser(
        user_principal_name=_text(record, "user_principal_name"),
        distinguished_name=_text(record, "distinguished_name"),
        object_guid=_text(record, "object_guid"),
        source_anchor=_text(record, "source_anchor"),
        immutable_id=_text(record, "immutable_id"),
        external_directory_object_id=_text(record, "external_directory_object_id"),
        object_soa=_text(record, "object_soa"),
        unresolved=unresolved,
    )


def _text(record: Mapping[str, object], key: str) -> str | None:
    value = record.get(key)
    return str(value) if value else None


def _request(user: AdUser, given_id: str | None, clear: bool) -> ImmutableIdRequest:
    """Return the request for a user who has an id or one of the names of an AD user."""
    upn = user.user_principal_name
    if user.unresolved:
        return ImmutableIdRequest(user, None, None, user.unresolved)
    if not given_id and not upn:
        reason = (
            f"The AD account {user.distinguished_name} has no user principal name; set it to the UPN of the cloud user."
        )
        return ImmutableIdRequest(user, None, None, Refusal("no_user_principal_name", reason))
    try:
        identity = read_object_id(given_id) if given_id else read_upn(str(upn))
    except InputError as error:
        cause = "malformed_object_id" if given_id else "invalid_upn"
        return ImmutableIdRequest(user, None, None, Refusal(cause, error.message))
    if clear:
        return ImmutableIdRequest(user, identity, None)
    try:
        return ImmutableIdRequest(user, identity, _wanted_value(user, identity.text))
    except InputError as error:
        return ImmutableIdRequest(user, identity, None, Refusal(_MALFORMED, error.message))


def _wanted_value(user: AdUser, identity: str) -> str:
    value = user.immutable_id
    if not value and not user.object_guid:
        raise InputError(f"The record of {identity} has neither immutable_id nor object_guid; add one of them.")
    from_consistency_guid = user.source_anchor == CONSISTENCY_GUID
    if not value:
        if from_consistency_guid:
            raise InputError(
                f"mS-DS-ConsistencyGuid of {identity} is empty. Write it first, or set source_anchor to auto."
            )
        return immutable_id_of_guid(str(user.object_guid))
    raw = anchor_bytes(value)
    if len(raw) != 16 and not from_consistency_guid:
        raise InputError(
            f"{value!r} holds {amount(len(raw), 'byte')}, but a GUID has 16; check the source of the value."
        )
    if user.object_guid and not from_consistency_guid:
        guid = parse_guid(user.object_guid)
        right = immutable_id_of_guid(guid)
        # Look for equality first: some GUIDs read the same in both orders.
        if value == right:
            return value
        if value == swapped_immutable_id(guid):
            raise InputError(f"{value!r} has the bytes of {guid} in the wrong order; the right ImmutableId is {right}.")
        raise InputError(f"{value!r} is not the ImmutableId of object_guid {guid}; remove the wrong one.")
    return value


def _refuse_repeats(requests: Sequence[ImmutableIdRequest]) -> list[ImmutableIdRequest]:
    usable = [request for request in requests if not request.refusal]
    names = Counter(request.identity for request in usable)
    values = Counter(request.immutable_id for request in usable)
    return [_refuse_repeat(request, names, values) for request in requests]


def _refuse_repeat(
    request: ImmutableIdRequest, names: Counter[CloudIdentity | None], values: Counter[str | None]
) -> ImmutableIdRequest:
    if request.refusal:
        return request
    times = names[request.identity]
    if times > 1:
        reason = f"{request.name} is in the list {times} times; keep one record for each user."
        return replace(request, refusal=Refusal("duplicate_record", reason))
    times = values[request.immutable_id]
    if request.immutable_id and times > 1:
        reason = f"{request.immutable_id} is requested for {times} users, but an AD account can match only one user."
        return replace(request, refusal=Refusal("value_wanted_twice", reason))
    return request
