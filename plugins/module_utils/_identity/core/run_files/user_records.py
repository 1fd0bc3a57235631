# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of plan, result and proof files: what each stage says of one user (docs/files.md).

Writers and readers of the files share these types.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from ..attribute_map import Value
from ..cloud_user import CloudRecord
from ..records import AdRecord


class OverwriteRecord(TypedDict):
    """A value that a match overwrites; ``cloud`` and ``ad`` are None if there is none, or if it is a password."""

    attribute: str
    cloud: Value
    ad: Value
    effect: str


class HeldRecord(TypedDict):
    """A value that would be put into quarantine, because ``holder`` has it."""

    attribute: str
    value: str
    holder: str


class OwnerRecord(TypedDict):
    """The AD object whose GUID an ImmutableId is; ``name`` is None if it is nobody's."""

    kind: str
    name: str | None


class MatchRecord(TypedDict):
    """What a sync would do with the user; ``Prediction`` says what the keys mean."""

    outcome: str
    sync_action: str | None
    cause: str | None
    causes: list[str]
    reason: str | None
    effects: list[str]
    overwrites: list[OverwriteRecord]
    quarantined: list[HeldRecord]
    future_user_principal_name: str | None
    anchor_owner: OwnerRecord | None
    unknown: list[str]
    expected: str | None


class WriteRecord(TypedDict):
    """One value that changes: of the AD object or the cloud user ``id``. The id of a new account is its name.

    ``request_id`` is the id that Graph gave to the write. Only results have it, and only for the ImmutableId.
    """

    attribute: str
    id: str
    before: str | None
    after: str | None
    request_id: NotRequired[str]


class ChangeRecord(TypedDict):
    """What happens to the user. ``immutable_id``: what a sync makes of the AD user afterwards.

    ``proposed``: the values of a user who is refused only because of effects, or whom the review left out. They are not
    written. Only accounts have the last three keys: the causes of their effects, what of the record is not written as
    it is, and what password hash sync does to the cloud password.
    """

    status: str
    cause: str | None
    reason: str | None
    immutable_id: str | None
    writes: list[WriteRecord]
    proposed: list[WriteRecord]
    effects: NotRequired[list[str]]
    left_out: NotRequired[dict[str, str]]
    password_hash_sync: NotRequired[str | None]


class AccountRecord(TypedDict):
    """Where an AD account is, when it was made and when its UPN last changed; None if the directory does not tell it.

    Times are UTC, in ISO 8601.
    """

    organizational_unit: str | None
    created: str | None
    upn_changed: str | None


class PersonRecord(TypedDict):
    """What people call a user, and what the user is marked as.

    ``display_name`` is the cloud user's, else that of AD. Marks: ``guest``, ``unlicensed``, ``shared_mailbox``,
    ``room_mailbox``, ``equipment_mailbox``, ``local_mailbox``. What was not read is no mark.
    Only users who seem to be two people have ``account``.
    """

    display_name: str | None
    marks: list[str]
    account: NotRequired[AccountRecord]


class UserRecord(TypedDict):
    """One user of a plan or a result.

    ``ad`` and ``change`` are None for a cloud user without an AD user. ``cloud`` is None if there is no such user.
    ``match`` is None if nothing was predicted. Only plans and results of matches have ``person``.
    """

    ad: AdRecord | None
    cloud: CloudRecord | None
    match: MatchRecord | None
    change: ChangeRecord | None
    person: NotRequired[PersonRecord]


class ProblemRecord(TypedDict):
    """A value of a cloud user that is in quarantine."""

    property: str | None
    value: str | None
    occurred: str | None


class OtherRecord(TypedDict):
    """The cloud user who is in the way of another one."""

    id: str
    user_principal_name: str | None
    created: str | None


class SyncRecord(TypedDict):
    """What was found of the user in Entra after a sync.

    ``immutable_id``, ``sync_enabled``, ``security_identifier``, ``last_sync`` and ``provisioning_errors`` are the cloud
    user's, None or empty if there is no such user. ``other`` is the user who is in the way.
    """

    status: str
    cause: str | None
    reason: str | None
    immutable_id: str | None
    sync_enabled: bool | None
    security_identifier: str | None
    last_sync: str | None
    provisioning_errors: list[ProblemRecord]
    other: OtherRecord | None


class ProofRecord(UserRecord):
    """One user of a proof: the user of the result, and ``sync``, None for a cloud user without an AD user."""

    sync: SyncRecord | None


def read_user(record: Mapping[str, Any]) -> UserRecord:
    """Return the user of a record of a plan or a result file, without looking into its parts.

    :raises KeyError: if a part is missing.
    """
    user = UserRecord(ad=record["ad"], cloud=record["cloud"], match=record["match"], change=record["change"])
    if "person" in record:
        user["person"] = record["person"]
    return user


def name_of(user: UserRecord) -> str:
    """Return the name of a user for people."""
    ad, cloud = user["ad"], user["cloud"]
    name = None
    if ad:
        name = ad.get("user_principal_name") or ad.get("sam_account_name") or ad.get("distinguished_name")
    if cloud and not name:
        name = cloud_name(cloud)
    return str(name) if name else "(nameless)"


def cloud_name(cloud: CloudRecord) -> str | None:
    """Return the name of a cloud user for people; None if the record, which may have been edited, has none."""
    return cloud.get("user_principal_name") or cloud.get("id")
