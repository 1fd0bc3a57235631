# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of the Graph modules against the quota of facts §4, its windows shortened and its counts kept."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from support.entra_process import Emulator

from ansible_collections.hybrid.identity.plugins.module_utils._graph.immutable_ids import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import graph_options

# 3,000 writes in 7.5 seconds instead of in 150.
SCALE = 0.05
QUOTA, WINDOW = 3000, 150 * SCALE
COUNT = 2 * QUOTA + 100


def load(entra: Emulator, count: int) -> list[dict[str, Any]]:
    """So many users, and records that want a value for each."""
    names = [f"user{number}@contoso.com" for number in range(count)]
    entra.control("POST", "users", [{"userPrincipalName": name, "displayName": name} for name in names])
    guids = [str(uuid.UUID(int=number + 1)) for number in range(count)]
    return [{"user_principal_name": name, "object_guid": guid} for name, guid in zip(names, guids, strict=True)]


def options(entra: Emulator, **changes: Any) -> dict[str, Any]:
    return {
        **{name: spec.get("default") for name, spec in graph_options().items()},
        **entra.options(),
        **changes,
    }


def windows(entra: Emulator, limit: str = "appTenantWrites") -> list[dict[str, Any]]:
    (found,) = (each for each in entra.control("GET", "throttle") if each["limit"] == limit)
    return list(found["windows"])


def written(entra: Emulator) -> int:
    return sum(bool(user["onPremisesImmutableId"]) for user in entra.values("/users?$select=onPremisesImmutableId"))


def test_the_whole_quota_is_used_and_nobody_lost(entra: Emulator) -> None:
    records = load(entra, COUNT)
    before = written(entra)
    entra.settings(record=False, throttle={"enabled": True, "timeScale": SCALE})
    watch = Watch()
    result = run(options(entra), Task(records), watch=watch)
    assert result["summary"]["set"] == COUNT
    found = windows(entra)
    entra.settings(throttle={"enabled": False})
    assert written(entra) - before == COUNT
    whole, last = found[:-1], found[-1]
    used = sum(window["used"] for window in whole)
    allowed = QUOTA * (last["start"] - found[0]["start"]) / WINDOW
    assert used / allowed >= 0.95, found
    # The first refusal teaches; from then on the work stops before it is refused.
    assert found[0]["refused"] <= 80, found
    assert sum(window["refused"] for window in found[1:]) <= 20, found
    assert 0 < watch.waited <= last["start"] + 1


def test_a_limit_that_others_use_as_well(entra: Emulator) -> None:
    """Half of a small quota is gone before each window of ours begins: still nobody is lost, and little is refused."""
    records = load(entra, 260)
    entra.settings(throttle={"enabled": True, "timeScale": 0.01, "limits": {"appTenantWrites": 100}})
    user = entra.user_id("user0@contoso.com")
    for _write in range(50):
        entra.graph("PATCH", f"/users/{user}", json={"onPremisesImmutableId": None})
    assert run(options(entra), Task(records))["summary"]["set"] == 260
    assert sum(window["refused"] for window in windows(entra)) <= 260


@pytest.mark.parametrize("cut", ["reset", "truncate"])
def test_everything_at_once_loses_nobody(entra: Emulator, cut: str) -> None:
    records = load(entra, 400)
    entra.settings(
        throttle={"enabled": True, "timeScale": 0.01, "limits": {"appTenantWrites": 100}},
        readLagSeconds=1,
        faults=[
            {"path": "batch", cut: True, "after": True},
            {"path": "batch", "status": 503, "headers": {"Retry-After": "0.1"}},
            {"path": "batch", "status": 401},
            {"path": "batch", "latency": 2.5, "count": 1},
            {"method": "PATCH", "path": "^/users/", "status": 504, "headers": {"Retry-After": "0.1"}, "count": 3},
            {"method": "PATCH", "path": "^/users/", "status": 429, "count": 2},
        ],
    )
    result = run(options(entra, timeout=2), Task(records))
    assert result["summary"]["set"] == 400
    entra.settings(throttle={"enabled": False}, readLagSeconds=0)
    second = run(options(entra), Task(records))
    assert (second["changed"], second["summary"]["unchanged"]) == (False, 400)


def test_a_token_that_ends_during_the_work(entra: Emulator) -> None:
    records = load(entra, 300)
    entra.settings(
        tokenLifetimeSeconds=2, throttle={"enabled": True, "timeScale": 0.02, "limits": {"appTenantWrites": 150}}
    )
    assert run(options(entra), Task(records))["summary"]["set"] == 300


def test_a_quota_that_never_opens_is_given_up(entra: Emulator) -> None:
    records = load(entra, 100)
    entra.settings(throttle={"enabled": True, "limits": {"appTenantWrites": 30}})
    with pytest.raises(Exception, match=r"kept throttling for longer than the task may wait.* 30 other user") as raised:
        run(options(entra, max_wait=2), Task(records))
    users = raised.value.details["users"]  # type: ignore[attr-defined]
    assert len(users) == 100
    assert {user["cause"] for user in users} == {None, "throttled"}
