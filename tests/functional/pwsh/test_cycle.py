# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_cycle: a cycle that runs, in every state of the scheduler that allows it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from cases import Cases
from pwsh_server import ENTRA, Server

ANCHOR = "3jFgh7G/i0+csBxnpglNPg=="
CASES = Cases()
Ran = dict[str, Server]


@CASES
def plain(server: Server) -> None:
    server.pending(ANCHOR, "nlbGyIhGPE+EYq/E/2CBew==")
    server.cycle()


def test_a_cycle_runs_and_is_reported(ran: Ran) -> None:
    server = ran["plain"]
    [result] = server.results
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
    exported = datetime.datetime.fromisoformat(server.cloud.requests[0]["cycleStarted"])
    prepared = datetime.datetime.fromisoformat(result["scheduler"]["before"]["next_sync_cycle_start_time"])
    assert prepared <= started <= exported
    after = result["scheduler"]["after"]
    assert not after["sync_cycle_in_progress"]
    assert after["next_sync_cycle_start_time"] > result["scheduler"]["before"]["next_sync_cycle_start_time"]
    assert after["currently_effective_sync_cycle_interval"] == "00:30:00"


@CASES
def twice(server: Server) -> None:
    server.pending(ANCHOR)
    server.cycle()
    server.cycle(policy_type="initial")


def test_a_second_cycle_reports_its_own_runs_only(ran: Ran) -> None:
    first, second = ran["twice"].results
    assert [run["run_profile"] for run in second["runs"]] == ["Full Import", "Full Synchronization", "Export"]
    assert not {run["run_history_id"] for run in first["runs"]} & {run["run_history_id"] for run in second["runs"]}
    assert len(ran["twice"].cloud.requests) == 1, "nothing had changed, so nothing is exported again"


@CASES
def check_mode(server: Server) -> None:
    server.pending(ANCHOR)
    server.cycle(check=True, policy_type="initial")


def test_check_mode_starts_nothing_and_says_what_would_run(ran: Ran) -> None:
    server = ran["check_mode"]
    [result] = server.results
    assert result["outcome"] == "planned"
    assert result["changed"]
    assert result["started"] is None
    assert result["msg"] == (
        f"A cycle of type initial would run: '{ENTRA}' Full Import, '{ENTRA}' Full Synchronization, '{ENTRA}' Export."
    )
    assert server.runs() == []
    assert server.cloud.requests == []


@CASES
def without_wait(server: Server) -> None:
    server.faults(step_seconds=2)
    server.cycle(wait=False)


def test_without_wait_the_task_returns_at_once(ran: Ran) -> None:
    [result] = ran["without_wait"].results
    assert result["changed"]
    assert result["outcome"] == "started"
    assert result["seconds"] == 0
    assert result["runs"] == []
    assert result["msg"].startswith("A cycle of type delta was started. wait is false")
    assert ran["without_wait"].cycle_lives()


@CASES
def late(server: Server) -> None:
    server.faults(start_delay=3, step_seconds=0.5, gap_seconds=1)
    server.cycle()


def test_a_cycle_that_begins_late_is_waited_for(ran: Ran) -> None:
    """The cmdlet has returned, the scheduler's flag is still down, and nothing has run: that is no end."""
    [result] = ran["late"].results
    assert result["outcome"] == "success"
    assert len(result["runs"]) == 3
    # It begins after 3 s and takes 4.5 s, which is seen at the next full second.
    assert result["seconds"] == 8


@CASES
def slow(server: Server) -> Iterator[None]:
    server.faults(step_seconds=100)
    server.cycle(poll_interval=7, timeout=3600)
    yield
    server.cycle(poll_interval=7, timeout=299)


def test_poll_interval_and_timeout_are_those_asked_for(ran: Ran) -> None:
    slow, late = ran["slow"].results
    assert (slow["outcome"], slow["seconds"]) == ("success", 301)
    assert (late["outcome"], late["seconds"]) == ("timeout", 294)


@CASES
def staging(server: Server) -> None:
    server.pending(ANCHOR)
    server.scheduler(StagingModeEnabled=True)
    server.cycle()


def test_staging_mode_exports_nothing_and_says_so(ran: Ran) -> None:
    [result] = ran["staging"].results
    assert result["changed"]
    assert result["exports"] is False
    assert [run["run_profile"] for run in result["runs"]] == ["Delta Import", "Delta Synchronization"]
    assert "staging mode. The cycle imports and synchronizes, but exports nothing" in " ".join(result["shown"].split())
    assert ran["staging"].cloud.requests == []


@CASES
def disabled(server: Server) -> None:
    server.scheduler(SyncCycleEnabled=False, MaintenanceEnabled=False)
    server.cycle()


def test_a_disabled_scheduler_and_maintenance_warn(ran: Ran) -> None:
    [result] = ran["disabled"].results
    shown = " ".join(result["shown"].split())
    assert result["outcome"] == "success"
    assert "The scheduler is disabled (SyncCycleEnabled is false), so only this cycle runs." in shown
    assert "Maintenance is disabled (MaintenanceEnabled is false)" in shown
