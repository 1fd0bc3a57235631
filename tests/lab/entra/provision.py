# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud's half of a sync cycle: what a sync client exports becomes users, groups and contacts, or an export error.

The lab's own protocol (README.md); the rules in it are Microsoft's (facts §2, §7). It shares no code with the plugins,
so that what they predict is tested against a second implementation.
"""

from __future__ import annotations

import uuid
from typing import Any

from . import flows, matching
from .clock import CLOCK
from .cloud import OTHERS, Cloud
from .hardening import Refused
from .incoming import Incoming, read
from .store import Record, Store

Result = dict[str, Any]


def run(store: Store, settings: dict[str, Any], body: Any) -> dict[str, list[Result]]:
    """Take one export. Raises ValueError, nothing done, for what no sync client could send."""
    objects, deletes = read(body)
    cloud = Cloud(store, settings)
    with store.hidden_for(settings["provisionLagReads"]):
        # Deletes last: Connect's export names what is new first, and an anchor is never in both.
        results = [_provisioned(cloud, incoming) for incoming in objects]
        results += [_deleted(cloud, anchor) for anchor in deletes]
    key, organization = next(iter(store.of("organization").items()))
    # facts §3: the tenant's own flags; every export moves the time, one without objects too.
    tenant = {**organization, "onPremisesSyncEnabled": True, "onPremisesLastSyncDateTime": CLOCK.utc()}
    store.put("organization", key, tenant)
    return {"results": results}


def _provisioned(cloud: Cloud, incoming: Incoming) -> Result:
    try:
        return _user(cloud, incoming) if incoming.kind == "user" else _other(cloud, incoming)
    except Refused as error:
        return _failed(incoming.anchor, error)


def _user(cloud: Cloud, incoming: Incoming) -> Result:
    match = matching.match_user(cloud, incoming)
    if match.how == matching.CLOUD_MANAGED and match.target:
        return _result(incoming.anchor, match.how, match.target)
    fresh: Record = {
        "id": str(uuid.uuid4()),
        "createdDateTime": CLOCK.utc(),
        "userType": "Member",
        "accountEnabled": True,
        "proxyAddresses": [],
        "lab": {},
    }
    old = match.target or fresh
    after = flows.user_after(cloud, old, incoming)
    if after == old:
        return _result(incoming.anchor, "unchanged", old)
    after = flows.stamped(after)
    cloud.put_user(after)
    problems = after.get("onPremisesProvisioningErrors") or []
    how = "quarantined" if match.how == matching.NEW and problems else match.how
    return _result(incoming.anchor, how, after, match.note)


def _other(cloud: Cloud, incoming: Incoming) -> Result:
    match = matching.match_other(cloud, incoming)
    fresh: Record = {"id": str(uuid.uuid4()), "proxyAddresses": [], "lab": {}}
    if incoming.kind == "group":
        fresh |= {"isAssignableToRole": False, "members": [], "owners": []}
    old = match.target or fresh
    after = flows.other_after(cloud, old, incoming)
    if after == old:
        return _result(incoming.anchor, "unchanged", old)
    after = flows.stamped(after)
    cloud.store.put(incoming.kind, after["id"], after)
    how = "quarantined" if match.how == matching.NEW and after.get("onPremisesProvisioningErrors") else match.how
    return _result(incoming.anchor, how, after)


def _deleted(cloud: Cloud, anchor: str) -> Result:
    for kind in OTHERS:
        other = cloud.other_with_anchor(kind, anchor)
        if other:
            cloud.store.put(kind, other["id"], None)
            return _result(anchor, "deleted", other)
    user = cloud.user_with_anchor(anchor)
    if user is None or user.get("deletedDateTime"):
        return {"sourceAnchor": anchor, "outcome": "unchanged", "objectId": user["id"] if user else None}
    if user.get("lab", {}).get("isCloudManaged"):
        return _result(anchor, "unchanged", user)
    if user.get("onPremisesSyncEnabled") is not True:
        # facts §2, error 114: the cloud owns it.
        text = "This synchronization operation, Delete, is not valid. Contact Technical Support."
        return _failed(anchor, Refused("DeletingCloudOnlyObjectNotAllowed", text))
    # facts §1 "Soft-deleted holders": into the recycle bin, the anchor kept, DirSyncEnabled false.
    gone = {**user, "onPremisesSyncEnabled": False, "deletedDateTime": CLOCK.utc()}
    cloud.put_user(flows.stamped(gone))
    return _result(anchor, "deleted", user)


def _result(anchor: str, outcome: str, record: Record, note: str | None = None) -> Result:
    result: Result = {"sourceAnchor": anchor, "outcome": outcome, "objectId": record["id"]}
    if record.get("onPremisesProvisioningErrors"):
        result["quarantined"] = record["onPremisesProvisioningErrors"]
    return {**result, "note": note} if note else result


def _failed(anchor: str, error: Refused) -> Result:
    text = {"code": error.code, "message": error.message}
    return {"sourceAnchor": anchor, "outcome": "error", "objectId": None, "error": text}
