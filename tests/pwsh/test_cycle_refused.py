# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_cycle where nothing is started: what a person reads, and what a playbook can tell it by."""

from __future__ import annotations

from pathlib import Path

import pytest

from pwsh_server import MODULES, Server


def assert_refused(server: Server, result: dict[str, object], cause: str) -> None:
    assert result["failed"], result["shown"]
    assert (result["outcome"], result["cause"]) == ("refused", cause)
    assert not result["changed"]
    assert server.runs() == []


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check"])
def test_a_suspended_scheduler(connect_server: Server, arguments: tuple[str, ...]) -> None:
    connect_server.scheduler(SchedulerSuspended=True)
    result = connect_server.cycle(*arguments)
    assert_refused(connect_server, result, "suspended")
    assert result["msg"] == (
        "The scheduler is suspended, as it is while the Entra Connect wizard is open on the server: finish or close "
        "the wizard, then run again. If none is open, open it and close it, which resumes the scheduler."
    )


TRANSLATED = "Das Anzeigen eines modalen Dialogfelds ist kein gültiger Vorgang."


@pytest.mark.parametrize(
    "start",
    [{"kind": "authentication"}, {"kind": "translated_authentication", "text": TRANSLATED}],
    ids=["english", "german"],
)
def test_a_modal_dialog_is_a_failed_sign_in(connect_server: Server, start: dict[str, str]) -> None:
    connect_server.faults(start=start)
    result = connect_server.cycle()
    assert_refused(connect_server, result, "authentication")
    assert result["msg"].startswith("Entra Connect could not sign in to Entra ID: it wanted to show a sign-in window")
    assert "Conditional Access" in result["msg"]
    assert start.get("text", "Showing a modal dialog box or form") in result["error_text"]


def test_an_unknown_exception_keeps_its_full_text(connect_server: Server) -> None:
    text = "Unable to frobnicate <the> 'Überprüfung' {0x8023134a}"
    connect_server.faults(start={"kind": "unknown", "text": text})
    result = connect_server.cycle()
    assert_refused(connect_server, result, "unknown")
    assert result["msg"].startswith(f"Start-ADSyncSyncCycle failed: System.InvalidOperationException: {text}")
    assert "Microsoft.MetadirectoryServices.Scheduler.Scheduler.StartSyncCycle" in result["error_text"]


def test_a_success_that_starts_nothing(connect_server: Server) -> None:
    connect_server.faults(start={"kind": "absent"})
    result = connect_server.cycle(timeout=4)
    assert_refused(connect_server, result, "not_started")
    assert result["msg"].startswith("Start-ADSyncSyncCycle reported success, but no cycle began")


def test_a_host_without_the_module(connect_server: Server) -> None:
    connect_server.environment_changes["PSModulePath"] = str(connect_server.folder)
    result = connect_server.cycle()
    assert_refused(connect_server, result, "no_module")
    assert result["msg"].startswith("The ADSync PowerShell module cannot be loaded on this host (")
    assert result["msg"].endswith(
        "Run the task on the Entra Connect server, with delegate_to for instance, or set module_path to the folder "
        "that holds ADSync.psd1."
    )


@pytest.mark.parametrize("tail", [".", "ADSync.psd1"])
def test_module_path_finds_it(connect_server: Server, tail: str) -> None:
    connect_server.environment_changes["PSModulePath"] = str(connect_server.folder)
    result = connect_server.cycle("--check", module_path=str(MODULES / "ADSync" / tail))
    assert result["outcome"] == "planned", result["shown"]


def test_a_wrong_module_path(connect_server: Server, tmp_path: Path) -> None:
    result = connect_server.cycle(module_path=str(tmp_path / "nowhere"))
    assert_refused(connect_server, result, "no_module")
    assert result["msg"].startswith(f"There is no '{tmp_path}/nowhere' on this host: set module_path to the folder")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"poll_interval": 0}, "poll_interval must be 1 second or more."),
        ({"timeout": 0}, "timeout must be 1 second or more."),
        ({"policy_type": "full"}, "value of policy_type must be one of: delta, initial. Got no match for: full"),
    ],
)
def test_bad_options(connect_server: Server, options: dict[str, object], said: str) -> None:
    result = connect_server.cycle(**options)
    assert result["failed"]
    assert said in result["msg"]
    assert connect_server.runs() == []
