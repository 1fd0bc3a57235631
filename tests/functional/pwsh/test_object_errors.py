# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What adsync_cycle and adsync_info say of the objects that a step failed on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from support.resident_powershell import PWSH

from cases import Cases
from pwsh_server import ENTRA, Server

ANCHOR = "3jFgh7G/i0+csBxnpglNPg=="
OTHER = "nlbGyIhGPE+EYq/E/2CBew=="
JANE = "CN=Jane Doe,OU=Staff,DC=ad,DC=contoso,DC=com"
# Of Windows in German, whose stack traces begin their lines with "bei".
STACK = (
    "FunctionEvaluationException: SourceAnchor attribute is not present.\r\n"
    "   bei SyncRulesEngine.Functions.Evaluate(Object[] arguments)\r\n   bei SyncRulesEngine.Flow()"
)
REASON = "FunctionEvaluationException: SourceAnchor attribute is not present."
UTILS = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
ODD = f"""<ma-discovery-errors><ma-object-error><dn>{JANE}</dn></ma-object-error>
<ma-object-error><error-type>missing-dn</error-type><retry-count>often</retry-count></ma-object-error></ma-discovery-errors>"""
SCRIPT = f"""
$ErrorActionPreference = 'Stop'
foreach ($name in 'ADSyncAdvice', 'ADSyncErrors', 'ConnectText') {{ Import-Module -Name "{UTILS}/_$name.psm1" }}
$step = [pscustomobject]@{{ ConnectorDiscoveryErrors = [pscustomobject]@{{ ConnectorDiscoveryErrorsXml = $args[0] }} }}
ConvertTo-Json -InputObject @(Get-ConnectStepError -Step $step -Connector 'x') -Compress
"""
CASES = Cases()
Ran = dict[str, Server]


def problem(stage: str, code: str, dn: str = JANE, **more: Any) -> dict[str, Any]:
    return {"stage": stage, "dn": dn, "object_id": "2819a5c8-be27-ec11-a970-000000000001", "code": code, **more}


def fails(server: Server, profile: str, *problems: dict[str, Any]) -> None:
    """A cycle whose run fails on these objects, and a look at it afterwards."""
    server.faults(problems={f"{ENTRA}/{profile}": list(problems)})
    server.cycle()
    server.task("adsync_info")


def same(server: Server, key: str) -> list[dict[str, Any]]:
    """The errors, which both modules give alike."""
    cycle, info = server.results
    assert cycle["failed"], cycle["shown"]
    assert not info["failed"], info["shown"]
    assert cycle[key] == info[key]
    assert cycle["runs"] == info["runs"]
    found: list[dict[str, Any]] = cycle[key]
    return found


@CASES
def synchronization(server: Server) -> None:
    code = "sync-rule-error-function-triggered"
    fails(server, "Delta Synchronization", problem("synchronization", code, stack=STACK))


def test_the_first_line_of_a_stack_trace_is_the_reason(ran: Ran) -> None:
    [error] = same(ran["synchronization"], "sync_errors")
    assert (error["stage"], error["message"], error["stack"]) == ("synchronization", REASON, STACK)
    assert error["details"]["extension-context"] == ["In from AD - User Join"]
    assert error["advice"].startswith("A synchronization rule refuses the object. The details (extension-context) or")
    message = ran["synchronization"].results[0]["msg"]
    assert f"The first object that failed: {JANE}: sync-rule-error-function-triggered: {REASON} A synchr" in message
    assert "bei SyncRulesEngine" not in message


@CASES
def not_reimported(server: Server) -> None:
    changed = problem("import", "exported-change-not-reimported", attribute="mS-DS-ConsistencyGuid", retry_count=7)
    fails(server, "Delta Import", changed)


def test_a_change_that_did_not_come_back_names_its_attribute(ran: Ran) -> None:
    [error] = same(ran["not_reimported"], "sync_errors")
    assert (error["stage"], error["attributes"], error["retry_count"]) == ("import", ["mS-DS-ConsistencyGuid"], 7)
    assert error["message"] == "The import did not confirm the change of mS-DS-ConsistencyGuid."
    assert error["advice"].startswith("The value exported to mS-DS-ConsistencyGuid was missing at the next import.")
    assert error["stack"] is None


@CASES
def discovery(server: Server) -> None:
    unread = [
        problem("discovery", "invalid-reference-value", attribute="manager", message="bad DN", directory_code="0x1"),
        problem("discovery", "missing-dn", dn=""),
    ]
    fails(server, "Delta Import", *unread)


def test_errors_of_discovery_are_read_and_counted(ran: Ran) -> None:
    reference, nameless = same(ran["discovery"], "sync_errors")
    assert (reference["stage"], reference["code"], reference["distinguished_name"]) == (
        "discovery",
        "invalid-reference-value",
        JANE,
    )
    assert (reference["message"], reference["directory_code"]) == ("bad DN", "0x1")
    assert reference["attributes"] == ["manager"]
    assert (nameless["code"], nameless["distinguished_name"], nameless["message"]) == ("missing-dn", None, None)
    [cycle, _info] = ran["discovery"].results
    run = cycle["runs"][0]
    assert (run["result"], run["discovery_errors"], run["failures"]) == ("completed-discovery-errors", 2, 0)
    assert run["steps"][0]["discovery_errors"] == 2
    assert "completed-discovery-errors, 2 could not be read. Some objects of the directory could not be" in cycle["msg"]


@CASES
def exports(server: Server) -> None:
    refused = [
        problem("export", "permission-issue", directory_code="8344", message="Insufficient access rights."),
        problem("export", "cd-error", directory_code="8344", message="Insufficient access rights."),
        problem("export", "dn-attributes-failure", details={"AttributeConflictName": ["manager"]}),
        problem("export", "DataValidationFailed", message="The value is invalid.\r\n   at Graph.Update(User user)"),
        problem("export", "FederatedDomainChangeError", message="Unable to change the domain"),
    ]
    fails(server, "Export", *refused)


def test_refused_objects_get_advice(ran: Ran) -> None:
    errors = same(ran["exports"], "export_errors")
    rights, also_rights, reference, data, domain = (error["advice"] for error in errors)
    assert rights == also_rights
    assert "Set-ADSyncMsDsConsistencyGuidPermissions" in rights
    assert reference.startswith("An object that manager refers to")
    assert data.startswith("Entra ID does not accept the characters or the suffix of the UPN")
    assert domain.startswith("The UPN changes from one federated domain to another")
    # A literal that has a stack trace in it.
    assert errors[3]["message"] == "The value is invalid."
    assert errors[3]["stack"] == "The value is invalid.\r\n   at Graph.Update(User user)"
    assert f"The first refused object: {JANE}: permission-issue: Insufficient" in ran["exports"].results[0]["msg"]


@CASES
def user(server: Server) -> None:
    server.pending(ANCHOR, OTHER)
    seen = {"RetryCount": 3, "InitialOccurrence": "2026-10-01T12:02:16", "LatestOccurrence": "2026-10-02T06:00:12"}
    change = f'<delta operation="update" dn="{JANE}"><attr name="mail" operation="add"/></delta>'
    server.faults(
        space_errors={
            ANCHOR: {"ErrorType": "7", "ErrorName": "sync-rule-error-function-triggered", **seen, "StackTrace": STACK},
            OTHER: {"ErrorType": "exported-change-not-reimported", **seen, "ExportedChangedNotReimported": change},
        }
    )
    server.cycle()
    server.task("adsync_info", immutable_ids=[ANCHOR, OTHER], runs=0)


def test_a_user_whom_the_server_cannot_synchronize(ran: Ran) -> None:
    _cycle, info = ran["user"].results
    assert not info["failed"], info["shown"]
    stopped, changed = info["users"]
    assert (stopped["status"], stopped["cause"]) == ("sync_error", "sync-rule-error-function-triggered")
    assert stopped["reason"].startswith(f"sync-rule-error-function-triggered: {REASON} A synchronization rule refuses")
    assert stopped["stack"] == STACK
    assert stopped["raw"] == {
        "ErrorType": "7",
        "ErrorName": "sync-rule-error-function-triggered",
        "RetryCount": "3",
        "InitialOccurrence": "2026-10-01T12:02:16",
        "LatestOccurrence": "2026-10-02T06:00:12",
    }
    assert (changed["cause"], changed["attributes"], changed["stack"]) == (
        "exported-change-not-reimported",
        ["mail"],
        None,
    )
    assert "The value exported to mail was missing at the next import" in changed["reason"]


@CASES
def silent(server: Server) -> None:
    server.pending(ANCHOR)
    server.faults(space_errors={ANCHOR: None})
    server.cycle()
    server.task("adsync_info", immutable_ids=[ANCHOR], runs=0)


def test_an_error_that_says_nothing_has_a_reason_all_the_same(ran: Ran) -> None:
    _cycle, info = ran["silent"].results
    [found] = info["users"]
    assert (found["status"], found["cause"]) == ("sync_error", None)
    assert found["reason"].startswith("The server has an error without a name. Open the object in the Synchr")


def test_an_error_without_a_type_or_a_number_is_not_lost(tmp_path: Path) -> None:
    script = tmp_path / "ask.ps1"
    script.write_text(SCRIPT)
    assert PWSH
    command = [PWSH, "-NoProfile", "-NonInteractive", "-File", str(script), ODD]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    typeless, numberless = json.loads(done.stdout)
    assert (typeless["stage"], typeless["code"], typeless["distinguished_name"]) == ("discovery", None, JANE)
    assert (numberless["code"], numberless["retry_count"]) == ("missing-dn", 0)
