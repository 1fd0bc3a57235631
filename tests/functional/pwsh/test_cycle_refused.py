# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_cycle where nothing is started: what a person reads, and what a playbook can tell it by."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from cases import Cases
from pwsh_server import MODULES, Server

CASES = Cases()
Ran = dict[str, Server]


def assert_refused(server: Server, cause: str) -> dict[str, Any]:
    """The server's one task was refused for that cause and started nothing; return its result."""
    [result] = server.results
    assert result["failed"], result["shown"]
    assert (result["outcome"], result["cause"]) == ("refused", cause)
    assert not result["changed"]
    assert server.runs() == []
    return result


MODES = {"run": False, "check": True}


def suspended(check: bool, server: Server) -> None:
    server.scheduler(SchedulerSuspended=True)
    server.cycle(check=check)


for name, check in MODES.items():
    CASES.add(f"suspended_{name}", partial(suspended, check))


@pytest.mark.parametrize("mode", MODES)
def test_a_suspended_scheduler(ran: Ran, mode: str) -> None:
    result = assert_refused(ran[f"suspended_{mode}"], "suspended")
    assert result["msg"] == (
        "The scheduler is suspended. This is the case while the Entra Connect wizard is open on the server. Finish or "
        "close the wizard, and run the task again. If no wizard is open, open it and close it to resume the scheduler."
    )


TRANSLATED = "Das Anzeigen eines modalen Dialogfelds ist kein gültiger Vorgang."
DIALOGS = {
    "english": {"kind": "authentication"},
    "german": {"kind": "translated_authentication", "text": TRANSLATED},
}


def dialog(start: dict[str, str], server: Server) -> None:
    server.faults(start=start)
    server.cycle()


for name, start in DIALOGS.items():
    CASES.add(f"dialog_{name}", partial(dialog, start))


@pytest.mark.parametrize("language", DIALOGS)
def test_a_modal_dialog_is_a_failed_sign_in(ran: Ran, language: str) -> None:
    result = assert_refused(ran[f"dialog_{language}"], "authentication")
    assert result["msg"].startswith(
        "Entra Connect could not sign in to Entra ID. It tried to show a sign-in window "
        '("Showing a modal dialog box..."), but a service cannot do this. New terms of use, '
    )
    assert "Conditional Access" in result["msg"]
    assert DIALOGS[language].get("text", "Showing a modal dialog box or form") in result["error_text"]


UNKNOWN = "Unable to frobnicate <the> 'Überprüfung' {0x8023134a}"


@CASES
def unknown(server: Server) -> None:
    server.faults(start={"kind": "unknown", "text": UNKNOWN})
    server.cycle()


def test_an_unknown_exception_keeps_its_full_text(ran: Ran) -> None:
    result = assert_refused(ran["unknown"], "unknown")
    assert result["msg"].startswith(f"Start-ADSyncSyncCycle failed: System.InvalidOperationException: {UNKNOWN}")
    assert "Microsoft.MetadirectoryServices.Scheduler.Scheduler.StartSyncCycle" in result["error_text"]


def absent(timeout: int, server: Server) -> None:
    server.faults(start={"kind": "absent"})
    server.cycle(timeout=timeout)


for timeout in (4, 3600):
    CASES.add(f"absent_{timeout}", partial(absent, timeout))


@pytest.mark.parametrize(("timeout", "seconds"), [(4, 4), (3600, 120)])
def test_a_success_that_starts_nothing(ran: Ran, timeout: int, seconds: int) -> None:
    """A cycle that has not begun after two minutes does not begin, however long the task may wait."""
    result = assert_refused(ran[f"absent_{timeout}"], "not_started")
    assert result["msg"].startswith("Start-ADSyncSyncCycle reported success, but no cycle began")
    assert result["seconds"] == seconds


@CASES
def no_module(server: Server) -> None:
    server.environment["PSModulePath"] = str(server.folder)
    server.cycle()


def test_a_host_without_the_module(ran: Ran) -> None:
    result = assert_refused(ran["no_module"], "no_module")
    assert result["msg"].startswith("The PowerShell module ADSync cannot be loaded on this host (")
    assert result["msg"].endswith(
        "Run the task on the Entra Connect server, for example with delegate_to, or set module_path to the folder that "
        "contains ADSync.psd1."
    )


PATHS = {"folder": MODULES / "ADSync", "manifest": MODULES / "ADSync" / "ADSync.psd1"}


def module_path(of: str, server: Server) -> None:
    server.environment["PSModulePath"] = str(server.folder)
    server.cycle(check=True, module_path=str(PATHS[of]))


for name in PATHS:
    CASES.add(f"module_path_{name}", partial(module_path, name))


@pytest.mark.parametrize("of", PATHS)
def test_module_path_finds_it(ran: Ran, of: str) -> None:
    [result] = ran[f"module_path_{of}"].results
    assert result["outcome"] == "planned", result["shown"]


@CASES
def wrong_module_path(server: Server) -> None:
    server.cycle(module_path=str(server.folder / "nowhere"))


def test_a_wrong_module_path(ran: Ran) -> None:
    server = ran["wrong_module_path"]
    result = assert_refused(server, "no_module")
    assert result["msg"].startswith(
        f"There is no '{server.folder}/nowhere' on this host. Set module_path to the folder"
    )


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "poll_interval": ({"poll_interval": 0}, "poll_interval must be 1 second or more."),
    "timeout": ({"timeout": 0}, "timeout must be 1 second or more."),
    "policy_type": (
        {"policy_type": "full"},
        "value of policy_type must be one of: delta, initial. Got no match for: full",
    ),
}


def bad(option: str, server: Server) -> None:
    server.cycle(**BAD[option][0])


for name in BAD:
    CASES.add(f"bad_{name}", partial(bad, name))


@pytest.mark.parametrize("option", BAD)
def test_bad_options(ran: Ran, option: str) -> None:
    [result] = ran[f"bad_{option}"].results
    assert result["failed"]
    assert BAD[option][1] in result["msg"]
    assert ran[f"bad_{option}"].runs() == []
