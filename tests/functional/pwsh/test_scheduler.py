# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_scheduler: what it sets and refuses, and what it waits for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cases import Cases
from pwsh_server import ENTRA, Server

SUSPENDED = (
    "The scheduler is suspended. This is the case while the Entra Connect wizard is open on the server. Finish or "
    "close the wizard, and run the task again. If no wizard is open, open it and close it to resume the scheduler."
)
SET = {"next_policy_type": "initial", "custom_interval": "03:00:00"}
HOLD = {"state": "held", "run": "run-a", "controller": "ci-1"}
RELEASE = {"state": "released", "run": "run-a"}
UNSET = {"next_policy_type": "delta", "custom_interval": None}
DEFAULT = {"state": "released", **UNSET}
ALL = {"state": "held", **SET}
CASES = Cases()
Ran = dict[str, Server]


def plan(server: Server, *tasks: dict[str, Any]) -> None:
    for options in tasks:
        server.task("adsync_scheduler", **options)


def written(server: Server) -> tuple[bytes, int]:
    """What the scheduler's file holds, and when it was written."""
    path = server.state.folder / "scheduler.json"
    return path.read_bytes(), path.stat().st_mtime_ns


UNTOUCHED: dict[str, tuple[bytes, int]] = {}


@CASES
def check_mode(server: Server) -> None:
    UNTOUCHED[server.name] = written(server)
    plan(server, {**HOLD, **SET, "wait_for_cycle": True, "check": True, "diff": True})


def test_check_mode_shows_all_and_sets_nothing(ran: Ran) -> None:
    [planned] = ran["check_mode"].results
    assert written(ran["check_mode"]) == UNTOUCHED["check_mode"]
    assert not planned["failed"], planned["shown"]
    assert (planned["changed"], planned["changed_shown"]) == (True, True)
    assert (planned["before"], planned["after"]) == (DEFAULT, ALL)
    assert planned["scheduler"]["sync_cycle_enabled"]
    assert planned["msg"] == (
        "The scheduler would be changed: state from released to held, next_policy_type from delta to initial, "
        "custom_interval from none to 03:00:00. No cycle is in progress."
    )
    for line in '-    "state": "released"', '+    "state": "held"', '+    "custom_interval": "03:00:00"':
        assert line in planned["shown"]


BACK = {"next_policy_type": "delta", "custom_interval": "00:30:00"}


@CASES
def put_back(server: Server) -> None:
    made = {**HOLD, **SET}
    steps: list[dict[str, Any]] = [{}, made, made, {"next_policy_type": "initial"}, {**RELEASE, **BACK}]
    plan(server, *({**options, "diff": True} for options in steps))


def test_settings_are_made_once_and_put_back(ran: Ran) -> None:
    read, made, again, one, returned = ran["put_back"].results
    assert (read["changed"], read["before"], read["after"]) == (False, DEFAULT, DEFAULT)
    assert read["msg"] == "The scheduler already has these settings. No cycle is in progress."
    assert (made["changed"], made["before"], made["after"]) == (True, DEFAULT, ALL)
    assert made["scheduler"]["currently_effective_sync_cycle_interval"] == "03:00:00"
    assert not made["scheduler"]["sync_cycle_enabled"]
    assert (made["idle"], made["busy_connectors"], made["seconds_waited"]) == (True, [], 0)
    assert (again["changed"], again["before"], again["after"]) == (False, ALL, ALL)
    assert not one["changed"]
    assert (returned["changed"], returned["before"], returned["after"]) == (True, ALL, {"state": "released", **BACK})
    assert (ran["put_back"].settings(), ran["put_back"].enabled()) == (BACK, True)
    # Two tasks changed something, so two diffs are shown.
    assert read["shown"].count("+++ after") == 2


@CASES
def equal(server: Server) -> None:
    server.scheduler(CustomizedSyncCycleInterval="1.00:00:00")
    plan(server, {"custom_interval": "1.0:0:0"}, {"custom_interval": "7.00:00:00"})


def test_an_equal_interval_may_be_spelled_otherwise(ran: Ran) -> None:
    same, longest = ran["equal"].results
    assert not same["changed"]
    assert longest["after"]["custom_interval"] == "7.00:00:00"


@CASES
def refused(server: Server) -> None:
    plan(
        server,
        {"custom_interval": "7.00:00:01", **HOLD},
        {"custom_interval": "00:29:59", **HOLD},
        {"custom_interval": "25:00:00", **HOLD},
        {"custom_interval": "3", **HOLD},
        {"poll_interval": 0, **HOLD},
        {"wait_timeout": 0, **HOLD},
        {"SchedulerSuspended": False},
        {**HOLD, "max_hold": 14401},
        {**HOLD, "max_hold": 59},
        {**HOLD, "hold_wait": -1},
        {**HOLD, "max_hold": 60, "wait_for_cycle": True, "wait_timeout": 61},
        {**HOLD, "run": "run a"},
        {**HOLD, "controller": "$(whoami)\n"},
        {"state": "held", "run": "run-a"},
    )


def test_what_is_refused_changes_nothing(ran: Ran) -> None:
    long, short, hours, days, poll, timeout, suspended, *holds = results = ran["refused"].results
    assert all(result["failed"] and not result.get("changed") for result in results)
    assert long["cause"] == "interval_too_long"
    assert long["msg"] == (
        "custom_interval 7.00:00:01 is longer than 7 days. Microsoft requires a delta synchronization within 7 days. "
        "Set 7.00:00:00 or less."
    )
    assert short["cause"] == "interval_too_short"
    assert short["msg"] == (
        "custom_interval 00:29:59 is shorter than the 00:30:00 that Entra ID allows. The scheduler would use 00:30:00 "
        "instead. Set 00:30:00 or more."
    )
    assert hours["msg"].startswith("'25:00:00' is not an interval; write HH:MM:SS such as 03:00:00")
    assert days["msg"].startswith("'3' is not an interval")
    assert poll["msg"] == "poll_interval must be 1 second or more."
    assert timeout["msg"] == "wait_timeout must be 1 second or more."
    assert "Unsupported parameters" in suspended["msg"]
    assert [result["msg"] for result in holds] == [
        "max_hold must be 60 to 14400 seconds (4 hours).",
        "max_hold must be 60 to 14400 seconds (4 hours).",
        "hold_wait must be 0 seconds or more.",
        "wait_timeout must not be more than max_hold. Otherwise the hold ends while the task waits for a cycle.",
        "run must be 1 to 100 letters, digits, dots, dashes and underscores.",
        "controller must be 1 to 100 letters, digits, dots, dashes and underscores.",
        "state is held but all of the following are missing: controller",
    ]
    assert (ran["refused"].settings(), ran["refused"].enabled()) == (UNSET, True)


@CASES
def suspended(server: Server) -> None:
    server.scheduler(SchedulerSuspended=True)
    plan(server, HOLD, RELEASE)


def test_a_suspended_scheduler_is_left_alone(ran: Ran) -> None:
    refused, as_it_is = ran["suspended"].results
    assert (refused["failed"], refused["cause"], refused["msg"]) == (True, "suspended", SUSPENDED)
    assert not refused["changed"]
    assert (as_it_is["failed"], as_it_is["changed"]) == (False, False)
    assert f"[WARNING]: {SUSPENDED}" in " ".join(as_it_is["shown"].split())
    assert (ran["suspended"].enabled(), ran["suspended"].note()) == (True, None)


@CASES
def lost(server: Server) -> None:
    server.faults(settings="ignored")
    plan(server, HOLD, SET)


def test_what_the_server_does_not_keep_is_a_failure(ran: Ran) -> None:
    held, set_ = ran["lost"].results
    assert (held["failed"], held["cause"], held["changed"]) == (True, "not_kept", False)
    assert held["msg"].startswith("Set-ADSyncScheduler reported success, but the server does not show the change.")
    # The next run may hold it.
    assert (ran["lost"].note(), ran["lost"].tasks()) == (None, {})
    assert (set_["failed"], set_["cause"], set_["changed"], set_["after"]) == (True, "not_kept", False, DEFAULT)
    assert "does not show the change of next_policy_type, custom_interval." in set_["msg"]


@CASES
def broken(server: Server) -> Iterator[None]:
    server.faults(cmdlets={"Set-ADSyncScheduler": "access_denied"})
    plan(server, SET, HOLD)
    yield
    server.faults(cmdlets={"Register-ScheduledTask": "access_denied"})
    plan(server, HOLD)
    yield
    server.faults(cmdlets={"Get-ADSyncScheduler": "The service is stopped."})
    plan(server, HOLD, {"module_path": "/nowhere"})


def test_failures_of_the_cmdlets(ran: Ran) -> None:
    denied, unheld, without_task, unread, absent = ran["broken"].results
    for result in (unheld, without_task):
        assert (result["failed"], result["cause"], result["changed"], result["hold"]) == (
            True,
            "access_denied",
            False,
            None,
        )
        assert result["msg"].startswith("Holding the scheduler was refused (Access is denied.).")
    assert (ran["broken"].note(), ran["broken"].tasks(), ran["broken"].enabled()) == (None, {}, True)
    assert (denied["failed"], denied["cause"], denied["changed"]) == (True, "access_denied", False)
    assert denied["msg"] == (
        "Set-ADSyncScheduler was refused (Access is denied.). Run the task as an administrator of the Entra Connect "
        "server."
    )
    assert (unread["failed"], unread["cause"]) == (True, "unknown")
    assert unread["msg"] == "Reading the scheduler of Entra Connect failed: The service is stopped."
    assert "before" not in unread
    assert (absent["failed"], absent["cause"]) == (True, "no_module")


@CASES
def held(server: Server) -> None:
    server.faults(step_seconds=10)
    server.start_cycle()
    wait = {"wait_for_cycle": True, "poll_interval": 3, "wait_timeout": 60}
    plan(server, {}, {**HOLD, **wait})


def test_a_running_cycle_is_seen_and_waited_for(ran: Ran) -> None:
    seen, held = ran["held"].results
    assert (seen["changed"], seen["idle"]) == (False, False)
    assert seen["msg"] == "The scheduler already has these settings. A cycle is in progress."
    assert seen["scheduler"]["sync_cycle_in_progress"]
    assert not held["failed"], held["shown"]
    assert (held["changed"], held["idle"], held["busy_connectors"]) == (True, True, [])
    assert held["msg"].startswith("The scheduler was changed: state from released to held. Run run-a on ci-1 has held ")
    assert held["msg"].endswith(" at the latest. No cycle is in progress.")
    # Three runs of 10 s, and one look more.
    assert held["seconds_waited"] == 33
    assert not ran["held"].cycle_lives()
    assert len(ran["held"].runs()) == 3


@CASES
def began(server: Server) -> None:
    server.faults(settings="late", start_delay=1, step_seconds=1)
    plan(server, {**HOLD, "wait_for_cycle": True, "poll_interval": 3, "wait_timeout": 60})


def test_a_cycle_that_began_as_it_was_disabled_is_waited_for(ran: Ran) -> None:
    [held] = ran["began"].results
    assert not held["failed"], held["shown"]
    assert held["idle"]
    assert held["seconds_waited"] == 6
    assert [run["Result"] for run in ran["began"].runs()] == ["success"] * 3


@CASES
def endless(server: Server) -> None:
    server.faults(never_ends=f"{ENTRA}/Delta Import")
    server.start_cycle()
    wait = {"wait_for_cycle": True, "poll_interval": 1, "wait_timeout": 2}
    plan(server, {**HOLD, **wait}, {**HOLD, **wait})


def test_what_does_not_end_is_left_alone(ran: Ran) -> None:
    first, second = ran["endless"].results
    assert (first["failed"], first["cause"], first["changed"], first["idle"]) == (True, "timeout", True, False)
    assert first["msg"] == (
        "The cycle or run profile in progress on this server did not end within 2 s and still runs. The settings were "
        "changed and stay changed. Raise wait_timeout, or run the task again."
    )
    assert first["after"]["state"] == "held"
    assert first["busy_connectors"] == [ENTRA]
    assert first["seconds_waited"] == 2
    assert (second["failed"], second["changed"]) == (True, False)
    assert "The settings were changed" not in second["msg"]
    assert ran["endless"].cycle_lives()
    assert not ran["endless"].enabled()


@CASES
def by_hand(server: Server) -> None:
    server.state.write("busy.json", ["ad.contoso.com"])
    plan(server, {}, {"wait_for_cycle": True, "poll_interval": 1, "wait_timeout": 1})


def test_a_run_profile_counts_as_in_progress(ran: Ran) -> None:
    seen, waited = ran["by_hand"].results
    assert (seen["idle"], seen["busy_connectors"]) == (False, ["ad.contoso.com"])
    assert seen["msg"] == "The scheduler already has these settings. A run profile is in progress (ad.contoso.com)."
    assert (waited["failed"], waited["cause"]) == (True, "timeout")
