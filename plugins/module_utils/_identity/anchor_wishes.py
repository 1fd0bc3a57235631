# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which AD users are to get the ImmutableIds of which cloud users, read and checked before any directory is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_lookup import (
    NAME,
    Identity,
    guid_identity,
    upn_identity,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import guid_of_immutable_id
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import (
    CLEARED,
    RESTORED,
    SET,
    UNCHANGED,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import Refusal

# By which entra_immutable_id says that ``after`` is what the cloud user has.
_OF_THE_CLOUD, _DIFFERENT = (SET, CLEARED, RESTORED, UNCHANGED), "different_immutable_id"


@dataclass(frozen=True)
class AnchorWish:
    """The bytes wanted in mS-DS-ConsistencyGuid of the AD user that ``identity`` means.

    ``known``: ``id`` and ``user_principal_name`` of the cloud user, as far as the record has them. With a ``refusal``
    the identity need not be one that can be looked up.
    """

    identity: Identity
    value: bytes
    known: Record
    refusal: Refusal | None = None


def read_anchor_wishes(records: Iterable[Mapping[str, Any]]) -> list[AnchorWish]:
    """Turn records of cloud users into wishes, in the order given.

    A record names its AD user by ``object_guid`` or else by ``user_principal_name``. What is wrong with a single one
    becomes that wish's refusal, so that the rest of a list can be planned and shown.

    :raises InputError: if a record names no user at all.
    """
    wishes = [_read(record, position) for position, record in enumerate(records, start=1)]
    times = Counter(wish.value for wish in wishes if not wish.refusal)
    return [_refuse_repeat(wish, times[wish.value]) for wish in wishes]


def _read(record: Mapping[str, Any], position: int) -> AnchorWish:
    known = {key: record[key] for key in ("id", "user_principal_name") if record.get(key)}
    guid, upn = (str(record.get(key) or "").strip() for key in ("object_guid", "user_principal_name"))
    if not guid and not upn:
        raise InputError(f"Record {position} of users names nobody; give it an object_guid or a user_principal_name.")
    identity = Identity(guid or upn, NAME, "")
    name = upn or guid
    if record.get("deleted"):
        reason = f"The cloud user {name} is in the recycle bin; restore that user first, or leave the record out."
        return AnchorWish(identity, b"", known, Refusal("deleted_user", reason))
    value = _immutable_id(record)
    if not value:
        reason = f"The cloud user {name} has no ImmutableId that could be written to AD; leave the record out."
        return AnchorWish(identity, b"", known, Refusal("no_immutable_id", reason))
    try:
        wanted = guid_of_immutable_id(str(value)).bytes_le
    except InputError as error:
        return AnchorWish(identity, b"", known, Refusal("malformed_immutable_id", error.message))
    try:
        return AnchorWish(guid_identity(guid) if guid else upn_identity(upn), wanted, known)
    except InputError as error:
        return AnchorWish(identity, wanted, known, Refusal("malformed_object_guid", error.message))


def _immutable_id(record: Mapping[str, Any]) -> Any:
    """The ImmutableId that the cloud user has.

    What entra_immutable_id and entra_match_info return has the one of the AD user as ``immutable_id``.
    """
    if record.get("status") in _OF_THE_CLOUD or record.get("cause") == _DIFFERENT:
        return record.get("after")
    return record["cloud_immutable_id"] if "cloud_immutable_id" in record else record.get("immutable_id")


def _refuse_repeat(wish: AnchorWish, times: int) -> AnchorWish:
    if wish.refusal or times == 1:
        return wish
    reason = f"The ImmutableId of {wish.identity.text} is wanted for {times} users; one cloud user has one AD account."
    return replace(wish, refusal=Refusal("value_wanted_twice", reason))
