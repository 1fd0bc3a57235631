# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of the Graph modules against the quota of facts §4, in a time that the tests set on both sides."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

import pytest
from support.clocks import SteppingClock
from support.entra_process import Emulator
from support.wire import Wire

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import graph_options
from ansible_collections.hybrid.identity.plugins.module_utils._module.guarded_files import read_file

QUOTA, WINDOW = 3000, 150
COUNT = 2 * QUOTA + 100


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """What the collection sends to Graph."""
    wire = Wire()
    wire.tap(monkeypatch)
    return wire


@pytest.fixture
def watch(entra: Emulator, wire: Wire) -> Watch:
    """Waits take no time: the emulator's clock moves with the collection's, and both stand still while it works."""
    entra.control("PUT", "clock", {"stopped": True})
    # A millisecond more: who waits until a window is over comes after it.
    return Watch(clock=SteppingClock(wire, moved=lambda seconds: entra.advance(seconds + 0.001)))


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
        "read_file": read_file,
        **changes,
    }


def windows(entra: Emulator, limit: str = "appTenantWrites") -> list[dict[str, Any]]:
    (found,) = (each for each in entra.control("GET", "throttle") if each["limit"] == limit)
    return list(found["windows"])


def written(entra: Emulator) -> int:
    return sum(bool(user["onPremisesImmutableId"]) for user in entra.values("/users?$select=onPremisesImmutableId"))


def test_the_whole_quota_is_used_and_nobody_lost(entra: Emulator, watch: Watch) -> None:
    records = load(entra, COUNT)
    before = written(entra)
    entra.settings(record=False, throttle={"enabled": True})
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


def test_a_limit_that_others_use_as_well(entra: Emulator, watch: Watch) -> None:
    """Half of a small quota is gone before each window of ours begins: still nobody is lost, and little is refused."""
    records = load(entra, 260)
    entra.settings(throttle={"enabled": True, "limits": {"appTenantWrites": 100}})
    user = entra.user_id("user0@contoso.com")
    for _write in range(50):
        entra.graph("PATCH", f"/users/{user}", json={"onPremisesImmutableId": None})
    assert run(options(entra), Task(records), watch=watch)["summary"]["set"] == 260
    assert sum(window["refused"] for window in windows(entra)) <= 260


@pytest.mark.parametrize("cut", ["reset", "truncate"])
def test_everything_at_once_loses_nobody(entra: Emulator, watch: Watch, wire: Wire, cut: str) -> None:
    records = load(entra, 400)
    entra.settings(
        throttle={"enabled": True, "limits": {"appTenantWrites": 100}},
        readLagReads=5,
        faults=[
            {"path": "batch", cut: True, "after": True},
            {"path": "batch", "status": 503, "headers": {"Retry-After": "0.1"}},
            {"path": "batch", "status": 401},
            {"method": "PATCH", "path": "^/users/", "status": 504, "headers": {"Retry-After": "0.1"}, "count": 3},
            {"method": "PATCH", "path": "^/users/", "status": 429, "count": 2},
        ],
    )
    batches = itertools.count()
    wire.late = lambda request: request.url.path.endswith("batch") and next(batches) == 7
    result = run(options(entra), Task(records), watch=watch)
    assert result["summary"]["set"] == 400
    entra.settings(throttle={"enabled": False}, readLagReads=0)
    second = run(options(entra), Task(records), watch=watch)
    assert (second["changed"], second["summary"]["unchanged"]) == (False, 400)


def test_a_token_that_ends_during_the_work(entra: Emulator, watch: Watch) -> None:
    """azure-identity goes by the machine's clock, so only the service's refusal tells that the token has ended."""
    records = load(entra, 300)
    entra.settings(tokenLifetimeSeconds=100, throttle={"enabled": True, "limits": {"appTenantWrites": 150}})
    assert run(options(entra), Task(records), watch=watch)["summary"]["set"] == 300
    assert watch.waited >= WINDOW


def test_a_quota_that_never_opens_is_given_up(entra: Emulator, watch: Watch) -> None:
    records = load(entra, 100)
    entra.settings(throttle={"enabled": True, "limits": {"appTenantWrites": 30}})
    with pytest.raises(
        Exception, match=r"throttled requests for longer than max_wait allows.* 30 other user"
    ) as raised:
        run(options(entra, max_wait=2), Task(records), watch=watch)
    users = raised.value.details["users"]  # type: ignore[attr-defined]
    assert len(users) == 100
    assert {user["cause"] for user in users} == {None, "throttled"}
