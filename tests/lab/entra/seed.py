# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeds and raw users: from short JSON to store entries."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from . import schema
from .errors import GraphError
from .journal import Entry
from .store import Record

_HIDDEN = {
    "roles",
    "eligibleRoles",
    "isCloudManaged",
    "onPremisesObjectIdentifier",
    "immutableIdFrom",
    "manager",
    "mailbox",
}
_GROUP_HIDDEN = {"members", "owners", "roles", "eligibleRoles", "lab"}
_LICENCE = "6fd2c87f-b296-42f0-b197-1e91e994b900"
_CREATED = "2024-03-01T08:00:00Z"


def raw_user(given: dict[str, Any], tenant_id: str, old: Record | None = None) -> Record:
    """A full record from a short one; with `old`, that record changed (null takes a value away).

    Only names and types are checked: an estate under test may break Graph's rules on purpose. Raises ValueError.
    """
    hidden = {**(old or {}).get("lab", {}), **(given.get("lab") or {})}
    if set(hidden) - _HIDDEN:
        raise ValueError(f"'lab' of a user may hold: {', '.join(sorted(_HIDDEN))}.")
    changes = {name: value for name, value in given.items() if name != "lab"}
    try:
        schema.check_object("user", changes)
    except GraphError as error:
        raise ValueError(f"User {given.get('userPrincipalName') or given.get('id')}: {error.message}") from None
    base: dict[str, Any] = old or {}
    if old is None:
        upn = changes.get("userPrincipalName")
        if not upn:
            raise ValueError("Every user needs a userPrincipalName.")
        mail = changes.get("mail")
        base = {
            "id": str(uuid.uuid5(uuid.UUID(tenant_id), upn.lower())),
            "createdDateTime": _CREATED,
            "accountEnabled": True,
            "userType": "Member",
            "mailNickname": upn.partition("@")[0],
            "proxyAddresses": [f"SMTP:{mail}"] if mail else [],
            # People of a company have a licence; a test takes it away with an empty list.
            "assignedLicenses": [{"disabledPlans": [], "skuId": _LICENCE}],
        }
    record = {name: value for name, value in {**base, **changes}.items() if value is not None}
    record["id"] = str(record["id"]).lower()
    record["lab"] = {name: value for name, value in hidden.items() if value is not None}
    if "@" in record["lab"].get("manager", ""):
        # By UPN, whether that user is there yet or not: ids of users without one of their own follow from the UPN.
        record["lab"]["manager"] = str(uuid.uuid5(uuid.UUID(tenant_id), record["lab"]["manager"].lower()))
    return record


def raw_object(kind: str, given: dict[str, Any], tenant_id: str, by_name: dict[str, str]) -> Record:
    """A group or a contact (`kind`) from a short record; `by_name` gives the ids of users by lower-case UPN.

    A group may hold `members` and `owners` (UPNs or ids) and, being role-assignable, `roles` and `eligibleRoles`.
    Only names and types are checked. Raises ValueError.
    """
    plain = {name: value for name, value in given.items() if name not in _GROUP_HIDDEN}
    name = given.get("id") or given.get("displayName")
    try:
        schema.check_object("group" if kind == "group" else "orgContact", plain)
    except GraphError as error:
        raise ValueError(f"The {kind} {name}: {error.message}") from None
    if not name:
        raise ValueError(f"Every {kind} needs a displayName.")
    record: Record = {
        "id": str(uuid.uuid5(uuid.UUID(tenant_id), f"{kind} {name}".lower())),
        "proxyAddresses": [f"SMTP:{given['mail']}"] if given.get("mail") else [],
        "lab": {},
        **given,
    }
    if kind == "group":
        for people in ("members", "owners"):
            record[people] = [by_name.get(each.lower(), each.lower()) for each in given.get(people, ())]
        record.setdefault("isAssignableToRole", False)
    record["id"] = str(record["id"]).lower()
    return record


def read_seed(path: Path) -> list[Entry]:
    """Store entries of a seed file. Raises ValueError with a sentence."""
    try:
        seed = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"The seed {path} cannot be read: {error.strerror}.") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"The seed {path} is not JSON: {error}.") from None
    organization = seed["organization"]
    tenant_id = organization["id"]
    entries: list[Entry] = [("organization", tenant_id, organization)]
    entries += [("domain", domain["id"].lower(), domain) for domain in seed["domains"]]
    entries += [("app", app["appId"].lower(), app) for app in seed["apps"]]
    entries.append(("switches", "features", seed.get("switches", {})))
    users = [raw_user(user, tenant_id) for user in seed["users"]]
    by_name = {user["userPrincipalName"].lower(): user["id"] for user in users}
    for kind in ("group", "contact"):
        found = [raw_object(kind, each, tenant_id, by_name) for each in seed.get(f"{kind}s", [])]
        entries += [(kind, each["id"], each) for each in found]
    entries += [("user", user["id"], user) for user in users]
    if len({user["id"] for user in users}) != len(users):
        raise ValueError(f"The seed {path} names one user twice.")
    return entries
