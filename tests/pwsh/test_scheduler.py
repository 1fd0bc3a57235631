# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_scheduler: what it sets and refuses, and what it waits for."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

from pwsh_server import ENTRA, Server, start_cycle

SUSPENDED = (
    "The scheduler is suspended, as it is while the Entra Connect wizard is open on the server: finish or close the "
    "wizard, then run again. If none is open, open it and close it, which resumes the scheduler."
)
ALL = {"enabled": False, "next_policy_type": "initial", "custom_interval": "03:00:00"}
DEFAULT = {"enabled": True, "next_policy_type": "delta", "custom_interval": None}


def settings(server: Server) -> dict[str, Any]:
    stored = server.state.read("scheduler.json")
    return {
        "enabled": stored["SyncCycleEnabled"],
        "next_policy_type": stored["NextSyncCyclePolicyType"].lower(),
        "custom_interval": stored["CustomizedSyncCycleInterval"],
    }


def test_check_mode_shows_all_and_sets_nothing(connect_server: Server) -> None:
    path = connect_server.state.folder / "scheduler.json"
    untouched = (path.read_bytes(), path.stat().st_mtime_ns)
    [planned] = connect_server.steps("adsync_scheduler", [{**ALL, "wait_for_cycle": True}], "--check", "--diff")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == untouched
    assert not planned["failed"], planned["shown"]
    assert (planned["changed"], planned["changed_shown"]) == (True, True)
    assert (planned["before"], planned["after"]) == (DEFAULT, ALL)
    assert planned["scheduler"]["sync_cycle_enabled"]
    assert planned["msg"] == (
        "The scheduler would be changed: enabled from true to false, next_policy_type from delta to initial, "
        "custom_interval from none to 03:00:00. No cycle is in progress."
    )
    for line in '-    "enabled": true', '+    "enabled": false', '+    "custom_interval": "03:00:00"':
        assert line in planned["shown"]


def test_settings_are_made_once_and_put_back(connect_server: Server) -> None:
    back = {"enabled": True, "next_policy_type": "delta", "custom_interval": "00:30:00"}
    read, made, again, one, returned = connect_server.steps(
        "adsync_scheduler", [{}, ALL, ALL, {"next_policy_type": "initial"}, back], "--diff"
    )
    assert (read["changed"], read["before"], read["after"]) == (False, DEFAULT, DEFAULT)
    assert read["msg"] == "The scheduler is as asked. No cycle is in progress."
    assert (made["changed"], made["before"], made["after"]) == (True, DEFAULT, ALL)
    assert made["scheduler"]["currently_effective_sync_cycle_interval"] == "03:00:00"
    assert not made["scheduler"]["sync_cycle_enabled"]
    assert (made["idle"], made["busy_connectors"], made["seconds_waited"]) == (True, [], 0)
    assert (again["changed"], again["before"], again["after"]) == (False, ALL, ALL)
    assert not one["changed"]
    assert (returned["changed"], returned["before"], returned["after"]) == (True, ALL, back)
    assert settings(connect_server) == back
    # Two tasks changed something, so two diffs are shown.
    assert read["shown"].count("+++ after") == 2


def test_an_equal_interval_may_be_spelled_otherwise(connect_server: Server) -> None:
    connect_server.scheduler(CustomizedSyncCycleInterval="1.00:00:00")
    same, longest = connect_server.steps(
        "adsync_scheduler", [{"custom_interval": "1.0:0:0"}, {"custom_interval": "7.00:00:00"}]
    )
    assert not same["changed"]
    assert longest["after"]["custom_interval"] == "7.00:00:00"


def test_what_is_refused_changes_nothing(connect_server: Server) -> None:
    before = settings(connect_server)
    tries: list[dict[str, Any]] = [
        {"custom_interval": "7.00:00:01", "enabled": False},
        {"custom_interval": "00:29:59", "enabled": False},
        {"custom_interval": "25:00:00", "enabled": False},
        {"custom_interval": "3", "enabled": False},
        {"poll_interval": 0, "enabled": False},
        {"wait_timeout": 0, "enabled": False},
    ]
    long, short, hours, days, poll, timeout = results = connect_server.steps("adsync_scheduler", tries)
    assert all(result["failed"] and not result["changed"] for result in results)
    assert long["cause"] == "interval_too_long"
    assert long["msg"] == (
        "custom_interval 7.00:00:01 is longer than 7 days, within which Microsoft asks for a delta synchronization; "
        "set 7.00:00:00 or less."
    )
    assert short["cause"] == "interval_too_short"
    assert short["msg"] == (
        "custom_interval 00:29:59 is shorter than the 00:30:00 that Entra allows, which the scheduler would use in its "
        "place; set 00:30:00 or more."
    )
    assert hours["msg"].startswith("'25:00:00' is not an interval; write HH:MM:SS such as 03:00:00")
    assert days["msg"].startswith("'3' is not an interval")
    assert poll["msg"] == "poll_interval must be 1 second or more."
    assert timeout["msg"] == "wait_timeout must be 1 second or more."
    assert settings(connect_server) == before
    suspended = connect_server.task("adsync_scheduler", SchedulerSuspended=False)
    assert "Unsupported parameters" in suspended["msg"]


def test_a_suspended_scheduler_is_left_alone(connect_server: Server) -> None:
    connect_server.scheduler(SchedulerSuspended=True)
    refused, as_it_is = connect_server.steps("adsync_scheduler", [{"enabled": False}, {"enabled": True}])
    assert (refused["failed"], refused["cause"], refused["msg"]) == (True, "suspended", SUSPENDED)
    assert not refused["changed"]
    assert (as_it_is["failed"], as_it_is["changed"]) == (False, False)
    assert f"[WARNING]: {SUSPENDED}" in " ".join(as_it_is["shown"].split())
    assert settings(connect_server) == DEFAULT


def test_what_the_server_does_not_keep_is_a_failure(connect_server: Server) -> None:
    connect_server.faults(settings="ignored")
    lost = connect_server.task("adsync_scheduler", enabled=False)
    assert (lost["failed"], lost["cause"], lost["changed"]) == (True, "not_kept", False)
    assert lost["msg"].startswith("Set-ADSyncScheduler reported success, but the server does not show it of enabled.")
    assert lost["after"] == DEFAULT


def test_failures_of_the_cmdlets(connect_server: Server) -> None:
    connect_server.faults(cmdlets={"Set-ADSyncScheduler": "access_denied"})
    denied = connect_server.task("adsync_scheduler", enabled=False)
    assert (denied["failed"], denied["cause"], denied["changed"]) == (True, "access_denied", False)
    assert denied["msg"] == (
        "Set-ADSyncScheduler was refused (Access is denied.). Run the task as an administrator of the Entra Connect "
        "server."
    )
    connect_server.faults(cmdlets={"Get-ADSyncScheduler": "The service is stopped."})
    unread = connect_server.task("adsync_scheduler", enabled=False)
    assert (unread["failed"], unread["cause"]) == (True, "unknown")
    assert unread["msg"] == "Reading the scheduler of Entra Connect failed: The service is stopped."
    assert "before" not in unread
    absent = connect_server.task("adsync_scheduler", module_path="/nowhere")
    assert (absent["failed"], absent["cause"]) == (True, "no_module")


def end_once_disabled(server: Server, pid: int) -> None:
    """End the cycle 2 s after the scheduler was disabled, whatever the speed of the machine."""
    deadline = time.monotonic() + 120
    while settings(server)["enabled"] and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(2)
    os.kill(pid, signal.SIGTERM)


def test_a_running_cycle_is_seen_and_waited_for(connect_server: Server) -> None:
    connect_server.faults(never_ends=f"{ENTRA}/Delta Import")
    pid = start_cycle(connect_server)
    ending = threading.Thread(target=end_once_disabled, args=(connect_server, pid))
    ending.start()
    seen, held = connect_server.steps(
        "adsync_scheduler",
        [{"enabled": True}, {"enabled": False, "wait_for_cycle": True, "poll_interval": 1, "wait_timeout": 60}],
    )
    ending.join(timeout=130)
    assert (seen["changed"], seen["idle"]) == (False, False)
    assert seen["msg"] == "The scheduler is as asked. A cycle is in progress."
    assert seen["scheduler"]["sync_cycle_in_progress"]
    assert not held["failed"], held["shown"]
    assert (held["changed"], held["idle"], held["busy_connectors"]) == (True, True, [])
    assert held["msg"] == "The scheduler was changed: enabled from true to false. No cycle is in progress."
    assert held["seconds_waited"] > 1.5
    assert connect_server.state.read("cycle.json") is None


def test_a_cycle_that_began_as_it_was_disabled_is_waited_for(connect_server: Server) -> None:
    connect_server.faults(settings="late", start_delay=1, step_seconds=1)
    held = connect_server.task("adsync_scheduler", enabled=False, wait_for_cycle=True, poll_interval=3, wait_timeout=60)
    assert not held["failed"], held["shown"]
    assert held["idle"]
    assert [run["Result"] for run in connect_server.runs()] == ["success"] * 3


def test_what_does_not_end_is_left_alone(connect_server: Server) -> None:
    connect_server.faults(never_ends=f"{ENTRA}/Delta Import")
    pid = start_cycle(connect_server)
    wait = {"wait_for_cycle": True, "poll_interval": 1, "wait_timeout": 2}
    first, second = connect_server.steps("adsync_scheduler", [{"enabled": False, **wait}, {"enabled": False, **wait}])
    assert (first["failed"], first["cause"], first["changed"], first["idle"]) == (True, "timeout", True, False)
    assert first["msg"] == (
        "What was in progress on this server did not end within 2 s and goes on. The settings were made and stay. "
        "Raise wait_timeout, or run the task again."
    )
    assert first["after"]["enabled"] is False
    assert first["busy_connectors"] == [ENTRA]
    assert (second["failed"], second["changed"]) == (True, False)
    assert "The settings were made" not in second["msg"]
    assert Path(f"/proc/{pid}").exists()
    assert settings(connect_server)["enabled"] is False


def test_a_run_profile_counts_as_in_progress(connect_server: Server) -> None:
    connect_server.state.write("busy.json", ["ad.contoso.com"])
    seen, waited = connect_server.steps(
        "adsync_scheduler", [{}, {"wait_for_cycle": True, "poll_interval": 1, "wait_timeout": 1}]
    )
    assert (seen["idle"], seen["busy_connectors"]) == (False, ["ad.contoso.com"])
    assert seen["msg"] == "The scheduler is as asked. A run profile is in progress (ad.contoso.com)."
    assert (waited["failed"], waited["cause"]) == (True, "timeout")
