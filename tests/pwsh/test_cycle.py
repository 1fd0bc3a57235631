# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_cycle: a cycle that runs, in every state of the scheduler that allows it."""

from __future__ import annotations

import datetime

from lab.sync.scripted import Cloud
from pwsh_server import ENTRA, Server

ANCHOR = "3jFgh7G/i0+csBxnpglNPg=="


def test_a_cycle_runs_and_is_reported(connect_server: Server, cloud: Cloud) -> None:
    connect_server.pending(ANCHOR, "nlbGyIhGPE+EYq/E/2CBew==")
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    result = connect_server.cycle()

    assert not result["failed"], result["shown"]
    assert result["changed"]
    assert result["outcome"] == "success"
    assert result["msg"].endswith("and ran 3 run profiles, all with success.")
    profiles = [(run["connector"], run["run_profile"], run["outcome"]) for run in result["runs"]]
    assert profiles == [
        (ENTRA, "Delta Import", "success"),
        (ENTRA, "Delta Synchronization", "success"),
        (ENTRA, "Export", "success"),
    ]
    assert result["runs"][-1]["adds"] == 2
    assert result["runs"][-1]["steps"][0]["adds"] == 2
    assert result["export_errors"] == result["sync_errors"] == []

    # What the proof later relies on: nothing was exported before `started`.
    started = datetime.datetime.fromisoformat(result["started"])
    exported = datetime.datetime.fromisoformat(cloud.requests[0]["cycleStarted"])
    assert before <= started <= exported
    after = result["scheduler"]["after"]
    assert not after["sync_cycle_in_progress"]
    assert after["next_sync_cycle_start_time"] > result["scheduler"]["before"]["next_sync_cycle_start_time"]
    assert after["currently_effective_sync_cycle_interval"] == "00:30:00"


def test_a_second_cycle_reports_its_own_runs_only(connect_server: Server, cloud: Cloud) -> None:
    connect_server.pending(ANCHOR)
    first = connect_server.cycle()
    second = connect_server.cycle(policy_type="initial")
    assert [run["run_profile"] for run in second["runs"]] == ["Full Import", "Full Synchronization", "Export"]
    assert not {run["run_history_id"] for run in first["runs"]} & {run["run_history_id"] for run in second["runs"]}
    assert len(cloud.requests) == 1, "nothing had changed, so nothing is exported again"


def test_check_mode_starts_nothing_and_says_what_would_run(connect_server: Server, cloud: Cloud) -> None:
    connect_server.pending(ANCHOR)
    result = connect_server.cycle("--check", policy_type="initial")
    assert result["outcome"] == "planned"
    assert result["changed"]
    assert result["started"] is None
    assert result["msg"] == (
        f"A cycle of type initial would run: '{ENTRA}' Full Import, '{ENTRA}' Full Synchronization, '{ENTRA}' Export."
    )
    assert connect_server.runs() == []
    assert cloud.requests == []


def test_without_wait_the_task_returns_at_once(connect_server: Server) -> None:
    connect_server.faults(step_seconds=2)
    result = connect_server.cycle(wait=False)
    assert result["changed"]
    assert result["outcome"] == "started"
    assert result["runs"] == []
    assert result["msg"].startswith("A cycle of type delta was started; wait is false")


def test_a_cycle_that_begins_late_is_waited_for(connect_server: Server) -> None:
    """The cmdlet has returned, the scheduler's flag is still down, and nothing has run: that is no end."""
    connect_server.faults(start_delay=3, gap_seconds=1)
    result = connect_server.cycle()
    assert result["outcome"] == "success"
    assert len(result["runs"]) == 3


def test_staging_mode_exports_nothing_and_says_so(connect_server: Server, cloud: Cloud) -> None:
    connect_server.pending(ANCHOR)
    connect_server.scheduler(StagingModeEnabled=True)
    result = connect_server.cycle()
    assert result["changed"]
    assert result["exports"] is False
    assert [run["run_profile"] for run in result["runs"]] == ["Delta Import", "Delta Synchronization"]
    assert "staging mode: the cycle reads and synchronizes, and exports nothing" in " ".join(result["shown"].split())
    assert cloud.requests == []


def test_a_disabled_scheduler_and_maintenance_warn(connect_server: Server) -> None:
    connect_server.scheduler(SyncCycleEnabled=False, MaintenanceEnabled=False)
    result = connect_server.cycle()
    shown = " ".join(result["shown"].split())
    assert result["outcome"] == "success"
    assert "The scheduler is disabled (SyncCycleEnabled is false): no cycle but this one runs." in shown
    assert "Maintenance is disabled (MaintenanceEnabled is false)" in shown
