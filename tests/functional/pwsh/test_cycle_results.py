# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the results of runs and steps come to."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from support.resident_powershell import PWSH

from cases import Cases
from pwsh_server import ENTRA, Server

CASES = Cases()
Ran = dict[str, Server]
UTIL = Path(__file__).resolve().parents[3] / "plugins" / "module_utils" / "_ADSyncResults.psm1"
# Microsoft's schema of the run history, [MS-UPSMODS], WMI Provider Return Strings, MIIS_ManagementAgent.Execute, and
# those that only Entra Connect has (facts §5 and §20).
SUCCESS = ["success", "completed-no-objects", "completed-skipped-already-completed"]
WARNING = ["completed-warnings", "completed-transient-objects", "completed-export-warnings"]
RUNNING = ["in-progress", "completing-obsoletion", "completing-referential-updates", "completing-recomputation"]
ERRORS = """
completed-discovery-errors completed-export-errors completed-sync-errors
access-denied call-failure connection-failure embedded-null
no-start-bad-ma-configuration no-start-change-log-not-enabled no-start-concurrent-execution-not-support
no-start-connection no-start-credentials no-start-database-permission no-start-database-schema-mismatch
no-start-database-table no-start-delta-step-type-not-configured no-start-file-access-denied no-start-file-code-page
no-start-file-contains-incorrect-step-type no-start-file-not-found no-start-file-open no-start-file-sharing-violation
no-start-full-import-required no-start-header-row-mismatch no-start-ma no-start-ma-already-running
no-start-ma-update-in-progress no-start-ma-working-directory no-start-no-domain-controller no-start-no-partition-delete
no-start-no-steps-in-profile no-start-partition-delete no-start-partition-not-configured no-start-partition-rename
no-start-server no-start-unknown-profile-name
stopped-bad-ma-configuration stopped-change-log-out-of-order stopped-code-page-conversion stopped-connectivity
stopped-database-connection-lost stopped-database-disk-full stopped-deadlocked stopped-deletion-threshold-exceeded
stopped-disk-full stopped-error-limit stopped-export-write stopped-extension-dll-access
stopped-extension-dll-ambiguous stopped-extension-dll-exception stopped-extension-dll-file-not-found
stopped-extension-dll-instantiation stopped-extension-dll-invalid-assembly stopped-extension-dll-load
stopped-extension-dll-missing-dependency stopped-extension-dll-no-implementation
stopped-extension-dll-not-configured-for-ma stopped-extension-dll-not-configured-for-mv
stopped-extension-dll-updated-version stopped-file-embedded-nulls stopped-file-error stopped-import-read stopped-ma
stopped-object-limit stopped-out-of-memory stopped-parsing-errors stopped-server stopped-server-down
stopped-service-shutdown stopped-user-termination-from-extension stopped-user-termination-from-wmi-or-ui
"""
ERROR = ERRORS.split()
# Near a known name is not known: a pattern that takes these in would call a failure a success or a warning.
UNKNOWN = [
    "",
    "successful",
    "completed",
    "completed-warnings-of-tomorrow",
    "completed-no-objects-left",
    "no-start",
    "ok",
]
SCRIPT = f"""
$ErrorActionPreference = 'Stop'
Import-Module -Name '{UTIL}'
$found = foreach ($name in (ConvertFrom-Json -InputObject $args[0])) {{ Get-ConnectResult -Name $name -Kind 'entra' }}
ConvertTo-Json -InputObject @($found) -Compress
"""


def test_every_documented_name_is_known_and_no_other(tmp_path: Path) -> None:
    names = [*SUCCESS, *WARNING, *RUNNING, *ERROR, *UNKNOWN]
    script = tmp_path / "ask.ps1"
    script.write_text(SCRIPT)
    assert PWSH
    command = [PWSH, "-NoProfile", "-NonInteractive", "-File", str(script), json.dumps(names)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    found = dict(zip(names, json.loads(done.stdout), strict=True))
    expected = [*["success"] * 3, *["warning"] * 3, *["running"] * 4, *["error"] * len(ERROR + UNKNOWN)]
    assert {name: result["outcome"] for name, result in found.items()} == dict(zip(names, expected, strict=True))
    for name in SUCCESS + RUNNING:
        assert found[name]["advice"] is None, name
    for name in WARNING + ERROR:
        assert found[name]["advice"], name
        assert "unknown" not in found[name]["advice"], name
    for name in UNKNOWN[1:]:
        said = found[name]["advice"]
        assert said.startswith("The collection does not know this result and treats it as an error. Open the run in"), (
            name
        )
        assert f"report the name '{name}' to the maintainers" in said
    assert found[""]["advice"].startswith("The server stored no result")


@CASES
def first_cycle(server: Server) -> None:
    """Of a server in a tenant that has only cloud users."""
    server.faults(steps={f"{ENTRA}/Full Import": "completed-no-objects"})
    server.cycle(policy_type="initial")
    server.task("adsync_info")


def test_a_first_cycle_that_finds_nothing_to_import_is_a_success(ran: Ran) -> None:
    cycle, info = ran["first_cycle"].results
    assert not cycle["failed"], cycle["shown"]
    assert cycle["outcome"] == "success"
    assert cycle["msg"].endswith("ran 3 run profiles, all with success.")
    for result in (cycle, info):
        run = result["runs"][0]
        assert (run["result"], run["outcome"], run["advice"]) == ("completed-no-objects", "success", None)


@CASES
def step_fails(server: Server) -> None:
    server.faults(steps={f"{ENTRA}/Export": "stopped-out-of-memory"}, run_results={f"{ENTRA}/Export": "success"})
    server.cycle()


def test_a_run_whose_step_fails_is_no_success(ran: Ran) -> None:
    [result] = ran["step_fails"].results
    assert result["failed"]
    run = result["runs"][-1]
    assert (run["result"], run["steps"][0]["result"], run["outcome"]) == ("success", "stopped-out-of-memory", "error")
    assert (
        f"'{ENTRA}' Export: success. A step ended in stopped-out-of-memory. The server ran out of disk space or memory"
        in result["msg"]
    )


@CASES
def cut_off(server: Server) -> None:
    server.faults(steps={f"{ENTRA}/Export": "in-progress"})
    server.cycle()


def test_a_run_that_ended_without_a_result_is_an_error(ran: Ran) -> None:
    [result] = ran["cut_off"].results
    assert result["failed"]
    assert f"'{ENTRA}' Export: in-progress. The run was interrupted before it stored its result" in result["msg"]


@CASES
def numbers(server: Server) -> None:
    at = "2026-10-02T06:00:12.006Z"
    for place, (connector, number) in enumerate([(ENTRA, 26148), ("ad.contoso.com", 26147)], start=1):
        run = {**RUN, "ConnectorName": connector, "RunNumber": number, "StartDate": at, "EndDate": at}
        server.state.write(f"runs/{place:06}.json", run)
    server.task("adsync_info", runs=2)


RUN = {
    "RunHistoryId": "81d206e6-392a-4485-9834-4c2417233300",
    "ConnectorId": "0f7e6a1c-9b0e-4b5e-a3d5-58f1d1f0a4c2",
    "RunProfileId": "e73df090-c632-4a61-961a-87ae04757000",
    "RunProfileName": "Export",
    "Username": "NT SERVICE\\ADSync",
    "IsRunComplete": True,
    "Result": "success",
    "CurrentStepNumber": 1,
    "TotalSteps": 1,
    "Steps": [],
}


def test_run_numbers_count_by_connector_and_do_not_order_runs(ran: Ran) -> None:
    [info] = ran["numbers"].results
    assert not info["failed"], info["shown"]
    assert [run["run_number"] for run in info["runs"]] == [26148, 26147]


@CASES
def step_silent(server: Server) -> None:
    at = "2026-10-02T06:00:12.006Z"
    run = {**RUN, "ConnectorName": ENTRA, "RunNumber": 1, "StartDate": at, "EndDate": at}
    step = {"StepHistoryId": RUN["RunHistoryId"], "StepNumber": 1, "StepResult": "", "StartDate": at, "EndDate": at}
    server.state.write("runs/000001.json", {**run, "Steps": [step]})
    server.task("adsync_info", runs=1)


def test_a_step_without_a_result_says_nothing_against_its_run(ran: Ran) -> None:
    """It made an error of a success: "A step ended in . The server stored no result"."""
    [info] = ran["step_silent"].results
    assert not info["failed"], info["shown"]
    [run] = info["runs"]
    assert ([step["result"] for step in run["steps"]], run["outcome"], run["advice"]) == ([""], "success", None)
