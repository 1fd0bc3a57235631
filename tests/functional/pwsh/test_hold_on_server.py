# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hold of adsync_scheduler: its note and its task on the server, one run at a time, and how each hold ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cases import Cases
from pwsh_server import NOTE, Server

A = {"state": "held", "run": "run-a", "controller": "ci-1"}
# It gives up at once.
B = {"state": "held", "run": "run-b", "controller": "ci-2", "hold_wait": 0}
CASES = Cases()
Ran = dict[str, Server]
# What a case saw between two rounds.
SEEN: dict[str, Any] = {}


def plan(server: Server, *tasks: dict[str, Any]) -> None:
    for options in tasks:
        server.task("adsync_scheduler", **options)


def write_note(server: Server, **values: str) -> None:
    """Write values of the note as somebody with a registry editor could."""
    windows = server.state.read("windows.json")
    windows["registry"].setdefault(NOTE, {}).update(values)
    server.state.write("windows.json", windows)


def release(run: str) -> dict[str, Any]:
    return {"state": "released", "run": run}


@CASES
def two_runs(server: Server) -> Iterator[None]:
    plan(server, {**A, "diff": True})
    yield
    SEEN["two_runs"] = (server.note(), server.tasks(), server.enabled())
    plan(
        server, {**B, "hold_wait": 11}, release("run-b"), {**B, "check": True}, A, release("run-a"), B, release("run-b")
    )


def test_what_lies_on_the_server(ran: Ran) -> None:
    held = ran["two_runs"].results[0]
    assert (held["changed"], held["ended_hold"], held["after"]["state"]) == (True, None, "held")
    note, tasks, enabled = SEEN["two_runs"]
    assert not enabled
    shown = {"run": "run-a", "controller": "ci-1", "since": held["hold"]["since"], "expires": held["hold"]["expires"]}
    assert note == {**shown, "enabled": "true", "last_run": ""}
    assert held["hold"] == {**shown, "enabled": True}
    [task] = tasks.values()
    assert (task["account"], task["logon"], task["at"]) == ("CONTOSO\\ansible", "S4U", note["expires"])
    assert task["execute"] == "%SystemRoot%\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
    # A constant: nothing of the note is in it, and the quotation marks around it are its only ones.
    assert not [value for value in ("run-a", "ci-1", note["expires"], "%", "\n") if value in task["argument"]]
    assert task["argument"].startswith('-NoProfile -NonInteractive -Command "$ErrorActionPreference = ')
    assert task["argument"].count('"') == 2


def test_another_run_waits_then_names_the_holder(ran: Ran) -> None:
    _held, refused, left, planned, again, released, taken, last = ran["two_runs"].results
    text = "Run run-a on ci-1 has held the scheduler since "
    assert (refused["failed"], refused["cause"], refused["changed"], refused["seconds_waited"]) == (
        True,
        "held",
        False,
        10,
    )
    assert refused["msg"].startswith(text)
    assert "hold_wait (11 s) is up" in refused["msg"]
    assert refused["hold"]["run"] == "run-a"
    assert (left["failed"], left["changed"], left["hold"]["run"]) == (False, False, "run-a")
    assert left["msg"].startswith(f"The hold of another run is left alone. {text}")
    assert (planned["failed"], planned["changed"], planned["seconds_waited"]) == (False, True, 0)
    assert "the hold of run run-a to that of run run-b" in planned["msg"]
    assert (again["changed"], again["hold"]["run"]) == (False, "run-a")
    assert (released["changed"], released["hold"], released["ended_hold"]["run"]) == (True, None, "run-a")
    assert released["scheduler"]["sync_cycle_enabled"]
    # No cycle is asked for: the hold was not ended after its time.
    assert (taken["failed"], taken["hold"]["run"]) == (False, "run-b")
    assert last["changed"]
    server = ran["two_runs"]
    assert (server.note(), server.tasks(), server.enabled()) == (None, {}, True)


@CASES
def task(server: Server) -> Iterator[None]:
    plan(server, A)
    yield
    server.advance(3000)
    SEEN["before"] = server.enabled()
    server.advance(700)
    SEEN["after"] = (server.enabled(), server.tasks(), server.note())
    plan(server, B, release("run-b"))
    yield
    server.cycle()
    plan(server, B, release("run-b"))


def test_the_servers_task_ends_the_hold_of_a_dead_run(ran: Ran) -> None:
    enabled, tasks, note = SEEN["after"]
    assert (SEEN["before"], enabled, tasks) == (False, True, {})
    assert note["released"] > note["expires"]
    _held, early, released, cycle, taken, _last = ran["task"].results
    assert (early["failed"], early["cause"], early["changed"], early["hold"]) == (True, "no_cycle_since", False, None)
    assert "The hold of run run-a on ci-1 was ended because it expired." in early["msg"]
    assert (released["changed"], released["hold"]) == (False, None)
    assert cycle["outcome"] == "success", cycle["shown"]
    assert (taken["failed"], taken["hold"]["run"]) == (False, "run-b")


@CASES
def next_run(server: Server) -> Iterator[None]:
    plan(server, A)
    yield
    # As if somebody had removed the task.
    server.state.remove("tasks.json")
    server.advance(3700)
    SEEN["held"] = server.enabled()
    plan(server, B, A, {"state": "released"}, {"state": "released", "force": True}, {**B, "max_hold": 60})
    yield
    server.state.remove("tasks.json")
    server.advance(61)
    plan(server, {"state": "released"})


def test_the_next_run_ends_a_hold_whose_time_is_up(ran: Ran) -> None:
    _held, ended, late, nothing, forced, taken, other = ran["next_run"].results
    assert not SEEN["held"]
    assert (ended["failed"], ended["cause"], ended["ended_hold"]["run"]) == (True, "no_cycle_since", "run-a")
    assert (ended["changed"], ended["scheduler"]["sync_cycle_enabled"]) == (True, False)
    # It is not that run's any more.
    assert (late["failed"], late["cause"]) == (True, "no_cycle_since")
    assert not nothing["changed"]
    # A person may decide that no cycle is needed.
    assert (forced["failed"], taken["failed"], taken["hold"]["run"]) == (False, False, "run-b")
    assert (other["ended_hold"]["run"], other["changed"]) == ("run-b", True)
    assert "The hold of run run-b on ci-2 was ended." in other["msg"]
    assert ran["next_run"].enabled()


@CASES
def waits(server: Server) -> None:
    server.faults(cycle_every=100)
    plan(server, {**A, "max_hold": 60}, {**B, "hold_wait": 600, "poll_interval": 10})


def test_a_run_waits_for_the_task_and_for_the_cycle_after_it(ran: Ran) -> None:
    _held, taken = ran["waits"].results
    assert not taken["failed"], taken["shown"]
    # Whichever came first has ended the hold: the task, or this run.
    assert (taken["changed"], taken["hold"]["run"]) == (True, "run-b")
    assert taken["seconds_waited"] == 100
    assert [run["RunProfileName"] for run in ran["waits"].runs()][-1] == "Export"


@CASES
def disabled(server: Server) -> Iterator[None]:
    server.scheduler(SyncCycleEnabled=False)
    plan(server, A, release("run-a"), A)
    yield
    SEEN["disabled"] = server.note()
    server.advance(3700)
    SEEN["disabled_after"] = (server.enabled(), server.tasks())
    plan(server, B)
    yield
    server.state.remove("tasks.json")
    server.advance(3700)
    plan(server, {"state": "released"})


def test_what_an_administrator_disabled_stays_disabled(ran: Ran) -> None:
    _held, released, again, other, last = ran["disabled"].results
    assert (released["changed"], released["scheduler"]["sync_cycle_enabled"]) == (True, False)
    assert again["hold"]["enabled"] is False
    assert SEEN["disabled"]["enabled"] == "false"
    assert SEEN["disabled_after"] == (False, {})
    # It runs no cycles, so none is waited for.
    assert (other["failed"], other["hold"]["run"]) == (False, "run-b")
    assert last["ended_hold"]["run"] == "run-b"
    assert not ran["disabled"].enabled()


@CASES
def late_task(server: Server) -> Iterator[None]:
    plan(server, {**A, "max_hold": 60})
    yield
    # The task begins when the next run has just taken the hold.
    write_note(server, run="run-b", expires="2999-01-01T00:00:00Z")
    server.advance(61)
    SEEN["late"] = (server.enabled(), server.note(), server.tasks())


def test_a_task_ends_no_hold_before_its_time(ran: Ran) -> None:
    enabled, note, tasks = SEEN["late"]
    [task] = tasks.values()
    assert (enabled, note["run"], task["result"]) == (False, "run-b", "0")
    assert "released" not in note
    assert ran["late_task"].results[0]["changed"]


@CASES
def stopped_service(server: Server) -> Iterator[None]:
    plan(server, {**A, "max_hold": 60})
    yield
    server.faults(cmdlets={"Set-ADSyncScheduler": "The service is stopped."})
    server.advance(61)
    [task] = server.tasks().values()
    SEEN["stopped"] = (server.enabled(), task["result"])
    server.faults()
    server.advance(901)
    SEEN["started"] = (server.enabled(), server.tasks())


def test_the_task_comes_again_until_it_has_worked(ran: Ran) -> None:
    enabled, result = SEEN["stopped"]
    assert not enabled
    assert result.startswith("1 ")
    assert "The service is stopped." in result
    assert SEEN["started"] == (True, {})
    assert ran["stopped_service"].results[0]["changed"]


@CASES
def damaged(server: Server) -> Iterator[None]:
    # A run that was killed before the note was complete had disabled nothing.
    write_note(server, run="run-x", controller="ci-9")
    plan(server, A)
    yield
    write_note(server, run="\x1b[31m$(Stop-Computer)", expires="tomorrow")
    plan(server, B)
    yield
    write_note(server, released="", run="run-y", expires="2999-01-01T00:00:00Z", controller="\u202e%COMPUTERNAME%")
    plan(server, B)


def test_a_damaged_note_is_data_and_holds_nothing_up(ran: Ran) -> None:
    first, second, third = ran["damaged"].results
    assert (first["failed"], first["hold"]["run"], first["hold"]["enabled"]) == (False, "run-a", True)
    assert second["cause"] == "no_cycle_since"
    assert "The hold of run \\x1b[31m$(Stop-Computer) on ci-1 was ended" in second["msg"]
    assert third["msg"].startswith("Run run-y on \\u202e%COMPUTERNAME% has held the scheduler since ")


@CASES
def registry(server: Server) -> None:
    windows = server.state.read("windows.json")
    windows["registry"][NOTE] = 5
    server.state.write("windows.json", windows)
    plan(server, A)


def test_a_registry_that_cannot_be_read_stops_the_task(ran: Ran) -> None:
    [result] = ran["registry"].results
    assert result["failed"]
    assert f"The registry key HKLM\\{NOTE} cannot be read (Windows error 5)." in result["msg"]
    assert ran["registry"].enabled()
