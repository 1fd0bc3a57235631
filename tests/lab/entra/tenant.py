# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/domains`, `/organization` (facts §3) and `/directory/onPremisesSynchronization` (facts §2)."""

from __future__ import annotations

from typing import Any

from . import odata, permissions, schema
from .call import Call
from .errors import Reply, denied, malformed, not_found
from .store import Store


def _project(kind: str, record: dict[str, Any], raw_query: str) -> dict[str, Any]:
    known = schema.properties(kind)
    select = odata.parse_query(raw_query).get("$select")
    names = [name.strip() for name in select.split(",")] if select else list(known)
    for name in names:
        if name not in known:
            raise malformed(
                "Parsing OData Select and Expand failed: Could not find a property named "
                f"'{name}' on type 'microsoft.graph.{kind}'."
            )
    return {name: record.get(name, schema.empty_value(known[name])) for name in names}


def list_domains(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_DOMAINS)
    found = [_project("domain", record, call.query) for _key, record in sorted(store.of("domain").items())]
    return Reply(200, {"@odata.context": f"{call.origin}/{call.version}/$metadata#domains", "value": found})


def get_domain(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_DOMAINS)
    record = store.of("domain").get(call.segments[1].lower())
    if record is None:
        raise not_found(call.segments[1])
    context = f"{call.origin}/{call.version}/$metadata#domains/$entity"
    return Reply(200, {"@odata.context": context, **_project("domain", record, call.query)})


def _synchronization(store: Store, call: Call) -> dict[str, Any]:
    """Whether an app may read it is reported both ways (facts §20), so a setting decides.

    Every token of the emulator is an app's.
    """
    if not store.of("settings").get("current", {}).get("appsReadSynchronization"):
        raise denied()
    permissions.require(call.principal, permissions.READ_SYNCHRONIZATION)
    held = store.of("switches").get("features", {})
    features = schema.properties("onPremisesDirectorySynchronizationFeature")
    return {
        "id": next(iter(store.of("organization"))),
        "configuration": {
            # facts §5: 500 unless somebody changed it.
            "accidentalDeletionPrevention": {
                "synchronizationPreventionType": "enabledForCount",
                "alertThreshold": 500,
            }
        },
        "features": {name: bool(held.get(name)) for name in sorted(features)},
    }


def list_synchronization(store: Store, call: Call) -> Reply:
    context = f"{call.origin}/{call.version}/$metadata#directory/onPremisesSynchronization"
    return Reply(200, {"@odata.context": context, "value": [_synchronization(store, call)]})


def get_synchronization(store: Store, call: Call) -> Reply:
    found = _synchronization(store, call)
    if call.segments[2].lower() != found["id"]:
        raise not_found(call.segments[2])
    context = f"{call.origin}/{call.version}/$metadata#directory/onPremisesSynchronization/$entity"
    return Reply(200, {"@odata.context": context, **found})


def list_organization(store: Store, call: Call) -> Reply:
    permissions.require(call.principal, permissions.READ_ORGANIZATION)
    verified = [
        {
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": domain["isDefault"],
            "isInitial": domain["isInitial"],
            "name": domain["id"],
            "type": domain["authenticationType"],
        }
        for _key, domain in sorted(store.of("domain").items())
        if domain["isVerified"]
    ]
    found = [
        _project("organization", {**record, "verifiedDomains": verified}, call.query)
        for record in store.of("organization").values()
    ]
    return Reply(200, {"@odata.context": f"{call.origin}/{call.version}/$metadata#organization", "value": found})
