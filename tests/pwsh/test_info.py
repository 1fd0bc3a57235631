# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_info: the report without a cycle, and single users by ImmutableId."""

from __future__ import annotations

from lab.sync.scripted import Cloud
from pwsh_server import ENTRA, Server

GOOD = "3jFgh7G/i0+csBxnpglNPg=="
# The pair that facts §5 checks the DN's spelling by.
BAD = "QF5HMK7n80qvdYsUPIHa9Q=="
BAD_DN = "CN={514635484D4B376E3830717664597355504948613951" + "3D3D}"
ABSENT = "nlbGyIhGPE+EYq/E/2CBew=="


def test_users_runs_and_scheduler(connect_server: Server, cloud: Cloud) -> None:
    connect_server.pending(GOOD, BAD)
    cloud.answers[BAD] = {
        "outcome": "error",
        "error": {
            "code": "AttributeValueMustBeUnique",
            "message": "Unable to update this object",
            "details": {"AttributeConflictName": ["ProxyAddresses"]},
        },
    }
    connect_server.cycle(fail_on_error=False)
    sent = len(cloud.requests)
    records = [{"immutable_id": BAD, "sam_account_name": "kept", "user_principal_name": "mine@contoso.com"}]
    result = connect_server.task("adsync_info", immutable_ids=[GOOD, ABSENT], users=records, runs=2)

    assert not result["failed"], result["shown"]
    assert not result["changed"]
    assert len(cloud.requests) == sent
    assert len(connect_server.runs()) == 3
    assert [run["run_profile"] for run in result["runs"]] == ["Delta Synchronization", "Export"]
    assert result["connectors"][0]["kind"] == "entra"
    assert result["source_anchor"] == "mS-DS-ConsistencyGuid"
    assert result["busy_connectors"] == []
    assert result["summary"] == {"exported": 1, "export_error": 1, "not_found": 1, "sync_error": 0}
    good, absent, bad = result["users"]
    assert (good["status"], good["reason"], good["user_principal_name"]) == ("exported", None, "user0@contoso.com")
    assert (absent["status"], absent["cause"]) == ("not_found", "not_in_connector_space")
    assert absent["reason"].startswith("The Entra connector holds no object for it: no cycle has synchronized it")
    assert bad["connector_distinguished_name"] == BAD_DN
    assert (bad["status"], bad["cause"]) == ("export_error", "AttributeValueMustBeUnique")
    assert bad["reason"].startswith("AttributeValueMustBeUnique: Unable to update this object. Another object in Entra")
    assert bad["details"] == {"AttributeConflictName": ["ProxyAddresses"]}
    assert bad["sam_account_name"] == "kept"
    assert result["export_errors"][0]["immutable_id"] == BAD


def test_a_cycle_in_progress_is_seen(connect_server: Server) -> None:
    connect_server.faults(never_ends=f"{ENTRA}/Delta Import")
    connect_server.cycle(wait=False)
    result = connect_server.task("adsync_info", "--check")
    assert result["scheduler"]["sync_cycle_in_progress"]
    assert result["busy_connectors"] == [ENTRA]
    assert [(run["outcome"], run["ended"]) for run in result["runs"]] == [("running", None)]


def test_bad_input(connect_server: Server) -> None:
    wrong = connect_server.task("adsync_info", immutable_ids=["not base64 at all"])
    assert wrong["failed"]
    assert wrong["msg"].startswith("'not base64 at all' is not an ImmutableId; it must be base64")


def test_a_record_without_an_immutable_id_is_not_found(connect_server: Server) -> None:
    records = [{"user_principal_name": "a@contoso.com", "immutable_id": None, "status": "missing"}]
    result = connect_server.task("adsync_info", users=records)
    [user] = result["users"]
    assert (user["user_principal_name"], user["status"], user["cause"]) == (
        "a@contoso.com",
        "not_found",
        "no_immutable_id",
    )
    assert result["summary"]["not_found"] == 1
