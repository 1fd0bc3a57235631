# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An estate that lacks nothing that a run needs, and what the doctor says of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from estate import STAFF, Estate
from forest_script import PARTITIONS, guid
from ldap_wire import Done, Entry, Request
from scripted_graph import TENANT_ID, Reply, object_id, user

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import ROWS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.permissions import TABLE

NOW = datetime(2026, 11, 30, 10, 15, tzinfo=UTC)
EVERYTHING = sorted({each for row in TABLE for each in row.permissions})
ATTRIBUTES = ["mS-DS-ConsistencyGuid", *(row.ad for row in ROWS)]
EMERGENCY = (object_id(81), object_id(82))
SERVER: dict[str, Any] = {
    "item": "connect1",
    "configured": True,
    "staging_mode": False,
    "source_anchor": "mS-DS-ConsistencyGuid",
    "scheduler": {"sync_cycle_enabled": True},
}
OPTIONS: dict[str, Any] = {
    "stages": ["upn_suffixes", "accounts", "hard_match", "sync"],
    "domains": ["contoso.com"],
    "paths": [STAFF],
    "write_consistency_guid": "from_guid",
    "connect_servers": [SERVER],
}
Refusal = Callable[[Request], Done | None]


def token(**claims: Any) -> Reply:
    """A sign-in that succeeds, with these claims in the token."""
    parts = ({"typ": "JWT"}, {"tid": TENANT_ID, **claims}, "signature")
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return Reply(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": text})


def aadsts(number: int, status: int = 400) -> Reply:
    return Reply(status, {"error": "refused", "error_description": f"AADSTS{number}: Said by the test."})


def ldap_time(time: datetime) -> str:
    return f"{time:%Y%m%d%H%M%S}.0Z"


def make_fine(estate: Estate) -> None:
    """Make everything in the estate fine. The time is NOW for both directories."""
    directory, graph = estate.directory, estate.graph
    directory.time = ldap_time(NOW)
    rights = {"allowedAttributes": ATTRIBUTES, "allowedAttributesEffective": ATTRIBUTES}
    for name in ("anna", "bob", "carl"):
        directory.change(name, **rights)
    directory.put(
        Entry(
            PARTITIONS,
            {
                "objectGUID": [guid(901).bytes_le],
                "objectClass": ["top", "crossRefContainer"],
                "uPNSuffixes": ["contoso.com"],
                "allowedAttributesEffective": ["uPNSuffixes"],
            },
        ),
        cross_ref(902, "ad.contoso.com"),
        Entry(
            STAFF,
            {
                "objectGUID": [guid(903).bytes_le],
                "objectClass": ["top", "organizationalUnit"],
                "allowedChildClassesEffective": ["user", "group"],
            },
        ),
    )
    graph.token_reply = token(roles=EVERYTHING)
    graph.put(*(user(number, f"emergency{number}@contoso.onmicrosoft.com") for number in (81, 82)))
    for key in EMERGENCY:
        graph.assign(key)
    graph.answers = lambda _method, path: dated(NOW) if path == "/" else None


def dated(time: datetime) -> Reply:
    return Reply(200, {"value": []}, {"Date": format_datetime(time, usegmt=True)})


def cross_ref(number: int, name: str) -> Entry:
    return Entry(
        f"CN=D{number},{PARTITIONS}",
        {
            "objectGUID": [guid(number).bytes_le],
            "objectClass": ["top", "crossRef"],
            "systemFlags": ["3"],
            "dnsRoot": [name],
        },
    )


def examine(estate: Estate, **options: Any) -> dict[str, Any]:
    return estate.examine(**{**OPTIONS, **options})


def statuses(result: dict[str, Any], status: str) -> list[str]:
    return [check["name"] for check in result["checks"] if check["status"] == status]


def only_wrong(result: dict[str, Any]) -> dict[str, Any]:
    """The one check that is wrong, after a look at what every result has."""
    wrong = [check for check in result["checks"] if check["status"] == "wrong"]
    assert len(wrong) == 1, result["table"]
    assert wrong[0]["advice"]
    assert wrong[0]["name"] in result["verdict"]
    assert any(line.startswith("wrong ") and wrong[0]["finding"] in line for line in result["table"])
    return dict(wrong[0])


def refuse(kind: type, done: Done) -> Refusal:
    return lambda request: done if isinstance(request, kind) else None
