# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What entra_sync_info asks of Graph, byte for byte, and what it makes of the answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from scripted_graph import Reply, ScriptedGraph, error, found, object_id, user
from support.clocks import SteppingClock

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_sync_info import Question, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import GraphError
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.expectations import read_expectations
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.overview import describe_findings

SELECT = (
    "id,userPrincipalName,onPremisesImmutableId,onPremisesSyncEnabled,mail,proxyAddresses,accountEnabled,"
    "createdDateTime,onPremisesLastSyncDateTime,onPremisesProvisioningErrors,onPremisesSecurityIdentifier"
)
VALUE = "3jFgh7G/i0+csBxnpglNPg=="
SINCE = "2026-11-24T06:00:00Z"
OTHER_TENANT = "0f6f2d2a-1c52-4b0e-8f0a-6f1f6f2f9b99"
PAGE = f"/users?$select={SELECT}&$top=999"
QUARANTINE = "onPremisesProvisioningErrors/any(o:o/category eq 'PropertyConflict')"


def query(text: str) -> str:
    """The users query for a filter, encoded by another library than the SDK's."""
    return f"/users?$filter={quote(text, safe='')}&$select={SELECT}"


def synced(number: int, value: str | None = VALUE, **more: Any) -> dict[str, Any]:
    stamps = {
        "onPremisesSyncEnabled": True,
        "onPremisesLastSyncDateTime": SINCE,
        "onPremisesProvisioningErrors": [],
        "onPremisesSecurityIdentifier": f"S-1-5-21-1-2-3-{number}",
    }
    return user(number, immutable_id=value, **{**stamps, **more})


def unsynced(number: int, value: str | None = VALUE) -> dict[str, Any]:
    return synced(number, value, onPremisesSyncEnabled=None, onPremisesLastSyncDateTime=None)


def record(number: int, value: str = VALUE, status: str = "set") -> dict[str, Any]:
    """What entra_immutable_id returned for a user."""
    upn = f"user{number}@contoso.com"
    known = {"id": object_id(number), "user_principal_name": upn, "object_sid": f"S-1-5-21-1-2-3-{number}"}
    return {**known, "status": status, "before": None, "after": value}


def look(
    options: dict[str, Any], records: list[dict[str, Any]], watch: Watch | None = None, **question: Any
) -> dict[str, Any]:
    """Prove records as the module does."""
    findings = run(options, Question(read_expectations(records), **question), watch)
    users = [finding.result(record) for finding, record in zip(findings, records, strict=True)]
    return {"users": users, **describe_findings(findings, datetime.now(UTC))}


def urls(graph: ScriptedGraph, batch: int = 0) -> list[str]:
    return [item["url"] for item in graph.batches()[batch]]


def test_one_batch_for_a_few_users(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(synced(1)), found(synced(1)), found(synced(1)), found())
    result = look(options, [record(1)], since=SINCE)
    assert urls(graph) == [
        query(f"id in ('{object_id(1)}')"),
        query("userPrincipalName in ('user1@contoso.com')"),
        query(f"onPremisesImmutableId in ('{VALUE}')"),
        query(QUARANTINE),
    ]
    assert (result["users"][0]["changed"], result["users"][0]["status"]) == (False, "verified")
    assert result["users"][0]["last_sync"] == SINCE
    assert (result["summary"]["verified"], result["summary"]["total"]) == (1, 1)


def test_names_alone(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(synced(1), unsynced(2, None)), found())
    records = [{"user_principal_name": f"user{number}@contoso.com"} for number in (1, 2, 3)]
    result = look(options, records)
    assert [each["status"] for each in result["users"]] == ["verified", "not_matched", "not_found"]
    assert urls(graph)[0] == query("userPrincipalName in ('user1@contoso.com','user2@contoso.com','user3@contoso.com')")


def test_a_listing_where_it_is_cheaper(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """200 users: 3 * 14 + 1 filters in 3 batches, or one page."""
    values = [f"{number:022d}==" for number in range(200)]
    graph.expect("GET", "/users/$count", 500)
    graph.expect("GET", PAGE, found(*(synced(number, value) for number, value in enumerate(values))))
    result = look(options, [record(number, value) for number, value in enumerate(values)], since=SINCE)
    assert result["summary"]["verified"] == 200
    assert len(graph.requests) == 2


def test_filters_where_a_listing_is_longer(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    values = [f"{number:022d}==" for number in range(195)]
    users = [synced(number, value) for number, value in enumerate(values)]
    graph.expect("GET", "/users/$count", 100_000)
    for _batch in range(2):
        graph.expect_batch(*([found(*users)] * 20))
    result = look(options, [record(number, value) for number, value in enumerate(values)], since=SINCE)
    assert result["summary"]["verified"] == 195


def test_only_the_pending_are_read_again(graph: ScriptedGraph, options: dict[str, Any], clock: SteppingClock) -> None:
    other = "nlbGyIhGPE+EYq/E/2CBew=="
    graph.expect_batch(found(synced(1), unsynced(2, other)), found(), found(), found())
    graph.expect_batch(found(unsynced(2, other)), found(), found(), found())
    graph.expect_batch(found(synced(2, other)), found(), found(), found())
    records = [record(1), record(2, other)]
    result = look(options, records, Watch(clock=clock), since=SINCE, wait=300, interval=10)
    assert clock.seconds == 20
    assert result["summary"]["verified"] == 2
    assert urls(graph, 1)[0] == query(f"id in ('{object_id(2)}')")


def test_waiting_ends(graph: ScriptedGraph, options: dict[str, Any], clock: SteppingClock) -> None:
    for _attempt in range(2):
        graph.expect_batch(found(unsynced(1)), found(), found(), found())
    result = look(options, [record(1)], Watch(clock=clock), since=SINCE, wait=45, interval=60)
    assert clock.seconds == 45
    assert (result["users"][0]["status"], result["users"][0]["cause"]) == ("pending", "not_synchronised")


def test_nobody_waits_for_a_refused_export(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(unsynced(1)), found(), found(), found())
    refused = [{"immutable_id": VALUE, "code": "InvalidHardMatch", "message": "Blocked.", "advice": None}]
    result = look(options, [record(1)], since=SINCE, wait=600, export_errors=refused)
    assert result["summary"]["export_error"] == 1
    assert result["users"][0]["reason"].endswith("was refused with InvalidHardMatch. Blocked.")


def test_nobody_waits_for_an_error(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(synced(1, "nlbGyIhGPE+EYq/E/2CBew==")), found(), found(), found())
    assert look(options, [record(1)], wait=600)["users"][0]["status"] == "different_immutable_id"


def test_who_has_what_is_in_quarantine_is_asked(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    problems = [
        {"category": "PropertyConflict", "propertyCausingError": name, "value": value, "occurredDateTime": SINCE}
        for name, value in (("UserPrincipalName", "d'arc@contoso.com"), ("ProxyAddress", "SMTP:desk@contoso.com"))
    ]
    mine = synced(1, onPremisesProvisioningErrors=problems)
    graph.expect_batch(found(mine), found(), found(), found(mine))
    graph.expect_batch(found(), found(synced(9, "eA==", proxyAddresses=["smtp:Desk@contoso.com"])))
    (result,) = look(options, [record(1)], since=SINCE)["users"]
    assert urls(graph, 1) == [
        query("userPrincipalName in ('d''arc@contoso.com')"),
        query("proxyAddresses/any(p:p eq 'smtp:desk@contoso.com')"),
    ]
    assert (result["status"], result["other"]["id"]) == ("provisioning_error", object_id(9))
    assert "SMTP:desk@contoso.com" in result["reason"]


def test_a_second_user_in_quarantine(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    problem = {
        "category": "PropertyConflict",
        "propertyCausingError": "UserPrincipalName",
        "value": "user1@contoso.com",
    }
    second = synced(
        7,
        "eA==",
        userPrincipalName="user1+4711@contoso.onmicrosoft.com",
        onPremisesProvisioningErrors=[{**problem, "occurredDateTime": SINCE}],
    )
    graph.expect_batch(found(unsynced(1)), found(), found(), found(second))
    (result,) = look(options, [record(1)], since=SINCE)["users"]
    assert (result["status"], result["other"]["id"]) == ("second_user", object_id(7))


def test_a_tenant_that_does_not_take_the_filter_is_listed(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    refused = error(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause.")
    graph.expect_batch(found(), found(), found(), refused)
    graph.expect("GET", PAGE, found(synced(1)))
    watch = Watch()
    assert look(options, [record(1)], since=SINCE, watch=watch)["users"][0]["status"] == "verified"
    assert watch.facts()["lookup"]["method"] == "listing"


def test_no_right_to_read(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    denied = error(403, "Authorization_RequestDenied")
    graph.expect_batch(denied, denied, denied, denied)
    with pytest.raises(GraphError, match=r"The app may not read users; grant it .*User\.Read\.All") as raised:
        look(options, [record(1)])
    assert raised.value.details["status_code"] == 403


def test_an_answer_without_a_property(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    partial = synced(1)
    del partial["onPremisesProvisioningErrors"]
    graph.expect_batch(found(partial), found(), found(), found())
    result = look(options, [record(1)])
    assert (result["users"][0]["status"], result["open"]) == ("unknown", 1)
    assert "Entra ID did not return onPremisesProvisioningErrors" in result["verdict"]


def test_nothing_to_ask(options: dict[str, Any]) -> None:
    """No server is scripted: a request would fail the test."""
    result = look(options, [{**record(1), "status": "refused", "reason": "Admin."}])
    assert (result["users"][0]["status"], result["users"][0]["reason"]) == ("skipped", "Admin.")
    assert (result["open"], result["verdict"]) == (0, "")
    assert look(options, [])["summary"]["total"] == 0


def test_another_tenant_proves_nothing(options: dict[str, Any]) -> None:
    """Only the sign-in is answered: a request for users would fail the test."""
    with pytest.raises(
        InputError, match=rf"^The result is of the tenant {OTHER_TENANT}, but this task is connected to "
    ):
        look(options, [record(1)], tenant=OTHER_TENANT)


@pytest.mark.parametrize("changes", [{"wait": -1}, {"interval": 0}, {"since": "today"}, {"records": [{}]}])
def test_input_is_checked_before_anything_is_asked(options: dict[str, Any], changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        look(options, **{"records": [record(1)], **changes})


def test_throttled(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(synced(1)), found(), found(), Reply(429, {}, {"Retry-After": "0.1"}))
    graph.expect_batch(found())
    assert look(options, [record(1)], since=SINCE)["users"][0]["status"] == "verified"
