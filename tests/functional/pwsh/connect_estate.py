# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entra Connect servers in every condition, and what entra_connect_info must find on each."""

from __future__ import annotations

import copy
from typing import Any

from lab.sync import windows
from lab.sync.state import ENTRA_CONNECTOR_ID, prepare
from pwsh_server import ENTRA, Server

FORESTS = ("ad.contoso.com", "corp.fabrikam.com")
WIZARD: list[dict[str, Any]] = [
    {"name": FORESTS[0], "excluded": ["OU=Service Accounts,DC=ad,DC=contoso,DC=com"]},
    {
        "name": FORESTS[1],
        "search_base": "OU=Staff,DC=corp,DC=fabrikam,DC=com",
        "group": "CN=Synchronised,OU=Staff,DC=corp,DC=fabrikam,DC=com",
    },
]
"""What was chosen in the wizard."""
FILTERING = [
    {
        "connector": FORESTS[0],
        "partition": "DC=ad,DC=contoso,DC=com",
        "included": ["DC=ad,DC=contoso,DC=com"],
        "excluded": ["OU=Service Accounts,DC=ad,DC=contoso,DC=com"],
        "group": None,
    },
    {
        "connector": FORESTS[1],
        "partition": "DC=corp,DC=fabrikam,DC=com",
        "included": ["OU=Staff,DC=corp,DC=fabrikam,DC=com"],
        "excluded": ["DC=corp,DC=fabrikam,DC=com"],
        "group": WIZARD[1]["group"],
    },
]
SERVER = [
    "domain_joined",
    "operating_system",
    "desktop",
    "dotnet_framework",
    "execution_policy",
    "tls12",
    "memory",
    "disk",
]
CONNECT = [
    "installed",
    "version",
    "sync_service",
    "connectors",
    "source_anchor",
    "staging_mode",
    "scheduler",
    "password_hash_sync",
    "auto_upgrade",
    "entra_sign_in",
    "deletion_threshold",
]
Expected = dict[str, tuple[str, str]]
# The one finding that no server tells without a person.
THRESHOLD: Expected = {"deletion_threshold": ("unknown", "needs an interactive sign-in to read it")}


class Estate:
    """A finished Entra Connect server on a Windows server, to be changed before a task reads it."""

    def __init__(self, server: Server, **changes: Any) -> None:
        self.server = server
        self.state = prepare(server.state.folder, **{"forests": WIZARD, "cloud": {}, **changes})
        self.state.write(
            "connectors.json",
            [
                {"Name": FORESTS[0], "Identifier": "0f7e6a1c-9b0e-4b5e-a3d5-58f1d1f0a4c2", "Type": "AD"},
                {"Name": FORESTS[1], "Identifier": "5c1de5ac-5a0a-44b4-93d8-4d2ad6d7a3f0", "Type": "AD"},
                {"Name": ENTRA, "Identifier": ENTRA_CONNECTOR_ID, "Type": "Extensible2"},
            ],
        )
        self.windows = copy.deepcopy(windows.server())

    def system(self, **values: Any) -> Estate:
        self.windows["classes"]["Win32_OperatingSystem"].update(values)
        return self

    def computer(self, **values: Any) -> Estate:
        self.windows["classes"]["Win32_ComputerSystem"].update(values)
        return self

    def service(self, **values: Any) -> Estate:
        self.windows["classes"]["Win32_Service"][0].update(values)
        return self

    def key(self, key: str, values: Any) -> Estate:
        """Set values of a registry key (null: absent), or the code that reading it ends in, or drop it (null)."""
        registry = self.windows["registry"]
        if isinstance(values, dict):
            merged = {**registry.get(key, {}), **values}
            registry[key] = {name: value for name, value in merged.items() if value is not None}
        elif values is None:
            del registry[key]
        else:
            registry[key] = values
        return self

    def write(self, name: str, value: Any) -> Estate:
        self.state.write(name, value)
        return self

    def scheduler(self, **values: Any) -> Estate:
        return self.write("scheduler.json", {**self.state.read("scheduler.json"), **values})

    def read(self, **options: Any) -> None:
        """Plan the task that reads the server."""
        self.state.write("windows.json", self.windows)
        self.server.task("entra_connect_info", **options)


def check(result: dict[str, Any], expected: Expected, rest: str | None = None) -> None:
    """Each expected item has that status and a reason that begins or goes so; the others have the status `rest`."""
    assert not result["failed"], result["shown"]
    assert not result["changed"]
    items = {item["name"]: item for item in result["checks"]}
    assert [(item["name"], item["group"]) for item in result["checks"]] == [
        *((name, "server") for name in SERVER),
        *((name, "connect") for name in CONNECT),
    ]
    for name, item in items.items():
        assert set(item) == {"name", "group", "status", "value", "reason", "advice"}
        # What is wrong or unknown says what to do, what is right says nothing.
        assert bool(item["advice"]) == (item["status"] != "ok"), item
        if name in expected:
            status, reason = expected[name]
            assert (item["status"], reason in item["reason"]) == (status, True), item
        elif rest:
            assert item["status"] == rest, item
    counted = {
        status: sum(item["status"] == status for item in result["checks"]) for status in ("ok", "not_ok", "unknown")
    }
    assert result["summary"] == counted
