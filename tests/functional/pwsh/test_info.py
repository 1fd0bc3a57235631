# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_info: the report without a cycle, and single users by ImmutableId."""

from __future__ import annotations

from collections.abc import Iterator

from cases import Cases
from pwsh_server import ENTRA, Server

GOOD = "3jFgh7G/i0+csBxnpglNPg=="
# The pair that facts §5 checks the DN's spelling by.
BAD = "QF5HMK7n80qvdYsUPIHa9Q=="
BAD_DN = "CN={514635484D4B376E3830717664597355504948613951" + "3D3D}"
ABSENT = "nlbGyIhGPE+EYq/E/2CBew=="
CASES = Cases()
Ran = dict[str, Server]


@CASES
def reported(server: Server) -> Iterator[None]:
    server.pending(GOOD, BAD)
    server.cloud.answers[BAD] = {
        "outcome": "error",
        "error": {
            "code": "AttributeValueMustBeUnique",
            "message": "Unable to update this object",
            "details": {"AttributeConflictName": ["ProxyAddresses"]},
        },
    }
    server.cycle(fail_on_error=False)
    yield
    server.cloud.requests.clear()
    records = [{"immutable_id": BAD, "sam_account_name": "kept", "user_principal_name": "mine@contoso.com"}]
    server.task("adsync_info", immutable_ids=[GOOD, ABSENT], users=records, runs=2)


def test_users_runs_and_scheduler(ran: Ran) -> None:
    server = ran["reported"]
    _cycle, result = server.results
    assert not result["failed"], result["shown"]
    assert not result["changed"]
    assert server.cloud.requests == []
    assert len(server.runs()) == 3
    assert [run["run_profile"] for run in result["runs"]] == ["Delta Synchronization", "Export"]
    assert result["connectors"][0]["kind"] == "entra"
    assert result["source_anchor"] == "mS-DS-ConsistencyGuid"
    assert result["busy_connectors"] == []
    assert result["summary"] == {"exported": 1, "export_error": 1, "not_found": 1, "sync_error": 0}
    good, absent, bad = result["users"]
    assert (good["status"], good["reason"], good["user_principal_name"]) == ("exported", None, "user0@contoso.com")
    assert (absent["status"], absent["cause"]) == ("not_found", "not_in_connector_space")
    assert absent["reason"].startswith(
        "The Entra ID connector has no object for this user. No cycle has synchronized the user"
    )
    assert bad["connector_distinguished_name"] == BAD_DN
    assert (bad["status"], bad["cause"]) == ("export_error", "AttributeValueMustBeUnique")
    assert bad["reason"].startswith("AttributeValueMustBeUnique: Unable to update this object. Another object in Entra")
    assert bad["details"] == {"AttributeConflictName": ["ProxyAddresses"]}
    assert bad["sam_account_name"] == "kept"
    assert result["export_errors"][0]["immutable_id"] == BAD


@CASES
def in_progress(server: Server) -> None:
    server.faults(never_ends=f"{ENTRA}/Delta Import")
    server.cycle(wait=False)
    server.task("adsync_info", check=True)


def test_a_cycle_in_progress_is_seen(ran: Ran) -> None:
    _cycle, result = ran["in_progress"].results
    assert result["scheduler"]["sync_cycle_in_progress"]
    assert result["busy_connectors"] == [ENTRA]
    assert [(run["outcome"], run["ended"]) for run in result["runs"]] == [("running", None)]


@CASES
def bad_input(server: Server) -> None:
    server.task("adsync_info", immutable_ids=["not base64 at all"])


def test_bad_input(ran: Ran) -> None:
    [wrong] = ran["bad_input"].results
    assert wrong["failed"]
    assert wrong["msg"].startswith("'not base64 at all' is not an ImmutableId; it must be base64")


@CASES
def no_immutable_id(server: Server) -> None:
    records = [{"user_principal_name": "a@contoso.com", "immutable_id": None, "status": "missing"}]
    server.task("adsync_info", users=records)


def test_a_record_without_an_immutable_id_is_not_found(ran: Ran) -> None:
    [result] = ran["no_immutable_id"].results
    [user] = result["users"]
    assert (user["user_principal_name"], user["status"], user["cause"]) == (
        "a@contoso.com",
        "not_found",
        "no_immutable_id",
    )
    assert result["summary"]["not_found"] == 1
