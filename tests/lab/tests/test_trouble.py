# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throttling and injected failures."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from support.entra_process import Emulator
from test_batches import _patch


def test_throttled_items_of_a_batch(entra: Emulator) -> None:
    """facts §4: each item is throttled by itself, with its own fractional Retry-After."""
    entra.control("PUT", "clock", {"stopped": True})
    entra.settings(throttle={"enabled": True, "limits": {"appTenantWrites": 3}})
    users = ["ada.fuchs", "ben.hartmann", "clara.vogel", "david.roth", "elif.kaya"]
    items = [_patch(number, f"{name}@contoso.com", f"v{number}") for number, name in enumerate(users)]
    answers = entra.batch(items)
    assert [answers[str(number)]["status"] for number in range(5)] == [204, 204, 204, 429, 429]
    refused = answers["3"]
    assert refused["body"]["error"]["code"] == "TooManyRequests"
    assert refused["headers"]["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert refused["headers"]["x-ms-throttle-scope"].startswith("Tenant_Application/Write/")
    wait = refused["headers"]["Retry-After"]
    assert wait == "150.000"
    assert answers["2"]["headers"]["x-ms-throttle-limit-percentage"] == "1.00"
    entra.advance(float(wait))
    again = entra.batch(items[3:])
    assert {answer["status"] for answer in again.values()} == {204}


def test_costs_of_reads(entra: Emulator) -> None:
    entra.settings(throttle={"enabled": True})
    for path, units in (
        ("/users", "2"),
        ("/users?$select=id", "1"),
        ("/users?$select=id&$top=5", "1"),
        ("/users?$top=19", "1"),
        ("/users/ada.fuchs@contoso.com", "1"),
        ("/users?$filter=startswith(displayName,'Ada')", "2"),
        ("/domains", "1"),
    ):
        assert entra.graph("GET", path).headers["x-ms-resource-unit"] == units
    entra.settings(throttle={"enabled": True, "limits": {"appTenantUnits": 5}})
    statuses = [entra.graph("GET", "/users").status_code for _time in range(3)]
    assert statuses == [200, 200, 429]
    assert entra.graph("GET", "/users", "reader").status_code == 200  # by app


def test_injected_status_counts_down(entra: Emulator) -> None:
    entra.settings(faults=[{"path": "^/users$", "count": 2, "status": 503, "headers": {"Retry-After": "0.2"}}])
    first = entra.graph("GET", "/users")
    assert (first.status_code, first.headers["retry-after"]) == (503, "0.2")
    assert first.json()["error"]["code"] == "ServiceUnavailable"
    assert entra.graph("GET", "/domains").status_code == 200
    assert [entra.graph("GET", "/users").status_code for _time in range(2)] == [503, 200]


def test_injected_status_inside_a_batch(entra: Emulator) -> None:
    fault = {"method": "PATCH", "path": "^/users/ben", "status": 429, "headers": {"Retry-After": "2.128"}}
    entra.settings(faults=[fault])
    items = [_patch(1, "ada.fuchs@contoso.com", "1"), _patch(2, "ben.hartmann@contoso.com", "2")]
    answers = entra.batch(items)
    assert answers["1"]["status"] == 204
    assert (answers["2"]["status"], answers["2"]["headers"]["Retry-After"]) == (429, "2.128")
    assert entra.batch(items)["2"]["status"] == 204


@pytest.mark.parametrize("kind", ["reset", "truncate"])
@pytest.mark.parametrize("after", [False, True])
def test_connection_ends(entra: Emulator, kind: str, after: bool) -> None:
    entra.settings(faults=[{"path": "batch", kind: True, "after": after}])
    items = [_patch(1, "ada.fuchs@contoso.com", "cut")]
    with pytest.raises(httpx.TransportError):
        entra.batch(items)
    done = after or kind == "truncate"  # half an answer comes of work that was done
    assert entra.immutable_id("ada.fuchs@contoso.com") == ("cut" if done else None)
    assert entra.batch(items)["1"]["status"] == 204


@pytest.mark.parametrize(
    "settings",
    [
        {"nosuch": 1},
        {"readLagReads": -1},
        {"provisionLagReads": 0.5},
        {"tokenLifetimeSeconds": "long"},
        {"throttle": {"timeScale": 0}},
        {"throttle": {"speed": 1}},
        {"faults": [{"pth": "x"}]},
        {"faults": {}},
        {"record": 1},
        [],
    ],
)
def test_bad_settings_change_nothing(entra: Emulator, settings: Any) -> None:
    before = entra.http.get("/lab/settings").json()
    answer = entra.http.put("/lab/settings", json=settings)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert entra.http.get("/lab/settings").json() == before
