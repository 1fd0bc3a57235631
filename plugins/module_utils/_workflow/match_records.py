# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of users in the form in which plan and result files keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .._identity.ad.account_history import AccountHistory
from .._identity.core.attribute_map import by_key
from .._identity.core.cloud_user import CloudRecord, CloudUser
from .._identity.core.identities.anchors import CONSISTENCY_GUID
from .._identity.core.identities.distinguished_names import parent_dn
from .._identity.core.outcomes import FAILED, REFUSED, STAMPED
from .._identity.core.records import AdUser, consistency_text
from .._identity.core.review.changes import Held, Write, list_write_records
from .._identity.core.run_files.user_records import (
    AccountRecord,
    ChangeRecord,
    PersonRecord,
    UserRecord,
    WriteRecord,
)
from .._identity.entra.deleted_holders import ATTRIBUTE as RECYCLE_BIN
from .._identity.entra.deleted_holders import IN_BIN, RESTORED
from .._identity.entra.immutable_id_plan import PROPERTY
from .._identity.entra.snapshot_user import SnapshotUser
from .._identity.preflight.predictions import Prediction
from .match_changes import MatchChange

GUEST_MARK, UNLICENSED_MARK, LOCAL_MAILBOX_MARK = "guest", "unlicensed", "local_mailbox"
"""Marks of users. The other marks of AD users are in ``kinds``."""


def status_of(change: MatchChange) -> str:
    """Return what happens to a user: the status of the change in Entra, unless only the anchor changes."""
    if change.anchor.status == FAILED:
        return FAILED
    if change.immutable_id.blocked:
        return REFUSED
    if change.anchor.changed and not change.immutable_id.changed and change.immutable_id.status != FAILED:
        return STAMPED
    return change.immutable_id.status


def list_writes(change: MatchChange) -> tuple[Write, ...]:
    """Return the values that change, in the order in which they are written."""
    writes = []
    anchor, wanted = change.anchor, change.immutable_id
    if anchor.changed:
        writes.append(
            Write(CONSISTENCY_GUID, str(change.guid), consistency_text(anchor.before), consistency_text(anchor.after))
        )
    writes += [Write(RECYCLE_BIN, each.user.id, IN_BIN, each.becomes) for each in wanted.leaving]
    # Not ``wanted.writes``: a value that could not be cleared again stays, and the change failed.
    if wanted.before != wanted.after and wanted.target:
        writes.append(Write(PROPERTY, wanted.target.id, wanted.before, wanted.after))
    return tuple(writes)


def list_held(change: MatchChange) -> tuple[Held, ...]:
    """Return the values that the two objects of a user have now."""
    target, found = change.immutable_id.target, change.anchor.found
    held: list[Held] = []
    if found:
        held.append((CONSISTENCY_GUID, str(change.guid), consistency_text(change.anchor.before)))
    if target:
        held.append((PROPERTY, target.id, target.immutable_id))
    if target and not target.deleted:
        held.append((RECYCLE_BIN, target.id, RESTORED))
    return tuple(held)


@dataclass(frozen=True)
class Tenant:
    """What a record has of the tenant besides the user itself.

    ``identifiers``: onPremisesObjectIdentifier by id of the cloud user. ``people``: the cloud users as they were read,
    by id. ``histories``: those of a few AD accounts, by dashed GUID.
    """

    identifiers: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, SnapshotUser] = field(default_factory=dict)
    histories: Mapping[str, AccountHistory] = field(default_factory=dict)

    def record(self, cloud: CloudUser | None) -> CloudRecord | None:
        """Return the record of a cloud user; None for nobody."""
        return cloud.record(self.identifiers.get(cloud.id)) if cloud else None

    def describe_person(self, ad: AdUser | None, cloud: CloudUser | None) -> PersonRecord:
        """Return what people call a user, and what the user is marked as."""
        known = self.people.get(cloud.id) if cloud else None
        names = [by_key(sent).get("display_name") for sent in (known and known.attributes, ad and ad.sent) if sent]
        marks = [
            GUEST_MARK if known and known.is_guest else None,
            UNLICENSED_MARK if known and known.is_licensed is False else None,
            ad.mailbox if ad else None,
            LOCAL_MAILBOX_MARK if ad and ad.has_local_mailbox else None,
        ]
        person = PersonRecord(display_name=next(filter(None, names), None), marks=[mark for mark in marks if mark])
        history = self.histories.get(ad.object_guid or "") if ad else None
        if ad and history:
            person["account"] = AccountRecord(
                organizational_unit=parent_dn(ad.distinguished_name or "") or None,
                created=history.created,
                upn_changed=history.upn_changed,
            )
        return person


def make_record(
    change: MatchChange,
    prediction: Prediction | None,
    decided: ChangeRecord,
    tenant: Tenant,
    cloud: CloudUser | None,
) -> UserRecord:
    """Return the record of a user. ``ad`` and ``cloud`` are as they were read; ``decided`` is what happens then."""
    return UserRecord(
        ad={**change.ad.record(), "consistency_guid": consistency_text(change.anchor.before)},
        cloud=tenant.record(cloud),
        match=prediction.record() if prediction else None,
        change=decided,
        person=tenant.describe_person(change.ad, cloud),
    )


def make_change(change: MatchChange) -> ChangeRecord:
    """Return what happens to a user."""
    failed = change.anchor if change.anchor.status == FAILED else change.immutable_id
    return ChangeRecord(
        status=status_of(change),
        cause=failed.cause,
        reason=failed.reason,
        immutable_id=change.value,
        writes=[_with_request(write, change) for write in list_write_records(list_writes(change))],
        proposed=[],
    )


def _with_request(write: WriteRecord, change: MatchChange) -> WriteRecord:
    """Return a value with the id of the request that wrote it, if Graph told one."""
    request_id = change.immutable_id.request_id
    return {**write, "request_id": request_id} if write["attribute"] == PROPERTY and request_id else write
