# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof of a match: every way in which it fails, by name, and what holds for all proofs."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.cloud_identity import (
    read_object_id,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.expectations import (
    read_expectations,
    read_time,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.findings import STATUSES, summarize
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.proof import prove
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.synced_tenant import (
    SyncedTenant,
    SyncedUser,
    make_synced_user,
)

SINCE = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
IN_TIME, BEFORE = "2026-11-24T06:00:00Z", "2026-11-24T05:59:59Z"
VALUE, OTHER = "3jFgh7G/i0+csBxnpglNPg==", "nlbGyIhGPE+EYq/E/2CBew=="
GUID = "876031de-bfb1-4f8b-9cb0-1c67a6094d3e"
UPN = "ada.fuchs@contoso.com"
SID, OTHER_SID = "S-1-5-21-1-2-3-1600", "S-1-5-21-1-2-3-1609"


def object_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def cloud(number: int = 1, upn: str = UPN, value: str | None = VALUE, **more: Any) -> SyncedUser:
    """A user as it is after a good cycle."""
    graph_user = {
        "id": object_id(number),
        "userPrincipalName": upn,
        "onPremisesImmutableId": value,
        "onPremisesSyncEnabled": True,
        "onPremisesLastSyncDateTime": IN_TIME,
        "onPremisesProvisioningErrors": [],
        "proxyAddresses": [f"SMTP:{upn}"],
        "createdDateTime": "2024-03-01T08:00:00Z",
        "onPremisesSecurityIdentifier": SID,
    }
    return make_synced_user({**graph_user, **more})


def problem(value: str, name: str = "UserPrincipalName") -> dict[str, Any]:
    return {
        "onPremisesProvisioningErrors": [
            {"category": "PropertyConflict", "occurredDateTime": IN_TIME, "propertyCausingError": name, "value": value}
        ]
    }


def matched(status: str = "set", **more: Any) -> dict[str, Any]:
    """A record as entra_immutable_id returns it."""
    given = {"id": object_id(1), "user_principal_name": UPN, "mail": UPN, "proxy_addresses": [f"SMTP:{UPN}"]}
    given |= {"object_sid": SID}
    return {**given, "status": status, "before": None, "after": VALUE, "changed": status == "set", **more}


PLAIN = {"user_principal_name": UPN}
SECOND = "ada.fuchs+0815@contoso.onmicrosoft.com"
CASES: list[tuple[str, str | None, dict[str, Any], list[SyncedUser]]] = [
    ("verified", None, matched(), [cloud()]),
    ("verified", None, matched("unchanged"), [cloud(onPremisesLastSyncDateTime=BEFORE)]),
    ("verified", None, matched(), [cloud(upn="ada.f@contoso.onmicrosoft.com")]),
    ("verified", None, PLAIN, [cloud()]),
    ("verified", None, {**PLAIN, "object_guid": GUID, "object_sid": SID}, [cloud()]),
    ("verified", None, {**PLAIN, "immutable_id": VALUE, "object_sid": SID, "status": "pending"}, [cloud()]),
    ("unknown", "no_object_sid", {**PLAIN, "immutable_id": VALUE}, [cloud()]),
    ("unknown", "no_object_sid", matched(object_sid=None), [cloud()]),
    ("wrong_object", "other_ad_account", matched(), [cloud(onPremisesSecurityIdentifier=OTHER_SID)]),
    ("unknown", "no_object_sid", matched(object_sid=None), [cloud(onPremisesSecurityIdentifier=None)]),
    ("wrong_object", "other_ad_account", matched("unchanged"), [cloud(onPremisesSecurityIdentifier=OTHER_SID)]),
    ("wrong_object", "other_ad_account", {**PLAIN, "object_sid": SID}, [cloud(onPremisesSecurityIdentifier=OTHER_SID)]),
    (
        "wrong_object",
        "other_ad_account",
        matched(),
        [cloud(onPremisesSecurityIdentifier=OTHER_SID, onPremisesLastSyncDateTime=BEFORE)],
    ),
    ("pending", "no_security_identifier", matched(), [cloud(onPremisesSecurityIdentifier=None)]),
    (
        "pending",
        "not_synchronised",
        matched(),
        [cloud(onPremisesSyncEnabled=None, onPremisesSecurityIdentifier=OTHER_SID)],
    ),
    ("pending", "not_synchronised", matched(), [cloud(onPremisesSyncEnabled=None)]),
    ("pending", "not_synchronised", matched(), [cloud(onPremisesSyncEnabled=False)]),
    ("pending", "not_in_this_cycle", matched(), [cloud(onPremisesLastSyncDateTime=BEFORE)]),
    ("pending", "not_in_this_cycle", PLAIN, [cloud(onPremisesLastSyncDateTime=BEFORE)]),
    ("pending", "not_in_this_cycle", matched(), [cloud(onPremisesLastSyncDateTime=None)]),
    ("pending", "write_not_visible", matched(), [cloud(value=None, onPremisesSyncEnabled=None)]),
    ("pending", "quarantine_timer", matched(), [cloud(**problem("ada@contoso.com"))]),
    ("pending", "quarantine_timer", matched(), [cloud(**problem("smtp:ada@contoso.com", "ProxyAddress"))]),
    (
        "provisioning_error",
        "value_conflict",
        matched(),
        [cloud(**problem(UPN.upper())), cloud(2, value=None), cloud(1, SECOND, **problem(UPN))],
    ),
    (
        "provisioning_error",
        "value_conflict",
        matched(),
        [cloud(**problem("SMTP:B@contoso.com", "ProxyAddress")), cloud(2, "b@contoso.com", OTHER)],
    ),
    (
        "wrong_object",
        "value_on_other_object",
        matched(),
        [cloud(value=None, onPremisesSyncEnabled=None), cloud(2, "ada.old@contoso.com")],
    ),
    ("wrong_object", "value_on_other_object", matched(), [cloud(2, "ada.old@contoso.com")]),
    ("wrong_object", "value_on_other_object", {**PLAIN, "immutable_id": VALUE}, [cloud(2, "ada.old@contoso.com")]),
    ("wrong_object", "name_on_other_object", matched(), [cloud(2, value=None)]),
    ("wrong_object", "name_on_other_object", matched(), [cloud(upn="x@contoso.com"), cloud(2, value=OTHER)]),
    (
        "second_user",
        "second_user",
        matched(),
        [cloud(value=None, onPremisesSyncEnabled=None), cloud(2, SECOND, createdDateTime=IN_TIME, **problem(UPN))],
    ),
    ("second_user", "second_user", matched(), [cloud(), cloud(2, SECOND, OTHER, **problem(UPN))]),
    (
        "second_user",
        "second_user",
        matched(),
        [cloud(), cloud(2, "ada.fuchs@contoso.onmicrosoft.com", OTHER, **problem(f"SMTP:{UPN}", "ProxyAddress"))],
    ),
    (
        "verified",
        None,
        matched(),
        [cloud(), cloud(2, "desk@contoso.com", OTHER, **problem(f"SMTP:{UPN}", "ProxyAddress"))],
    ),
    ("different_immutable_id", "different_immutable_id", matched(), [cloud(value=OTHER)]),
    (
        "different_immutable_id",
        "different_immutable_id",
        matched("unchanged"),
        [cloud(value=None, onPremisesSyncEnabled=None)],
    ),
    ("different_immutable_id", "different_immutable_id", matched(), [cloud(value=VALUE.lower())]),
    ("not_found", "no_cloud_user", matched(), [cloud(2, "b@contoso.com", OTHER)]),
    ("not_found", "no_cloud_user", PLAIN, []),
    ("not_matched", "no_immutable_id", PLAIN, [cloud(value=None, onPremisesSyncEnabled=None)]),
    ("skipped", "not_hard_matched", matched("refused", reason="Ada is an administrator."), [cloud()]),
    ("skipped", "not_hard_matched", {"identity": "x", "status": "missing"}, []),
]


@pytest.mark.parametrize(("status", "cause", "record", "users"), CASES)
def test_each_finding(status: str, cause: str | None, record: dict[str, Any], users: list[SyncedUser]) -> None:
    (finding,) = prove(read_expectations([record]), SyncedTenant(users), SINCE)
    assert (finding.status, finding.cause) == (status, cause)
    assert (finding.reason is None) == (status == "verified")
    result = finding.result(record)
    assert result.items() >= {"status": status, "changed": False, "cause": cause}.items()
    assert result["before"] == result["after"]
    assert {name for name in record if name not in result} == set()


def test_a_user_without_a_name_has_no_second_user() -> None:
    """It ended in an AttributeError."""
    (finding,) = prove(read_expectations([{"id": object_id(1)}]), SyncedTenant([cloud(userPrincipalName=None)]), SINCE)
    assert (finding.status, finding.cause) == ("verified", None)


def test_nothing_is_asked_of_the_time_without_a_cycle() -> None:
    (finding,) = prove(read_expectations([matched()]), SyncedTenant([cloud(onPremisesLastSyncDateTime=BEFORE)]))
    assert finding.status == "verified"


@pytest.mark.parametrize(
    "name",
    [
        "onPremisesImmutableId",
        "onPremisesSyncEnabled",
        "onPremisesProvisioningErrors",
        "onPremisesSecurityIdentifier",
    ],
)
def test_what_is_not_answered_is_unknown(name: str) -> None:
    """Not the same as an answer of null."""
    graph_user = {
        "id": object_id(1),
        "userPrincipalName": UPN,
        "onPremisesImmutableId": VALUE,
        "onPremisesSyncEnabled": True,
        "onPremisesLastSyncDateTime": IN_TIME,
        "onPremisesProvisioningErrors": [],
        "onPremisesSecurityIdentifier": SID,
    }
    del graph_user[name]
    (finding,) = prove(read_expectations([matched()]), SyncedTenant([make_synced_user(graph_user)]))
    assert (finding.status, finding.cause) == ("unknown", "unreadable")
    assert name in str(finding.reason)


def test_the_reason_names_who_is_in_the_way() -> None:
    users = [cloud(1, SECOND, **problem(UPN)), cloud(2, value=None)]
    (finding,) = prove(read_expectations([matched()]), SyncedTenant(users), SINCE)
    other = {"id": object_id(2), "user_principal_name": UPN, "created": "2024-03-01T08:00:00Z"}
    assert finding.sync()["other"] == other
    assert f"because {UPN} ({object_id(2)}) has it" in str(finding.reason)
    assert "every hour" in str(finding.reason)
    assert finding.sync()["provisioning_errors"] == [
        {"property": "UserPrincipalName", "value": UPN, "occurred": IN_TIME}
    ]


@pytest.mark.parametrize(
    ("created", "since", "status", "words"),
    [
        (IN_TIME, SINCE, "second_user", "delete that user permanently and sync again"),
        ("2024-03-01T08:00:00Z", SINCE, "wrong_object", "has matched the AD account to the wrong user"),
        ("2024-03-01T08:00:00Z", None, "second_user", "find out whose user that is"),
        (None, SINCE, "second_user", "created at an unknown time"),
    ],
)
def test_an_older_user_is_not_said_to_be_deleted(
    created: str | None, since: datetime | None, status: str, words: str
) -> None:
    """Whoever holds the value under a placeholder's name may be a user of long ago, renamed by a conflict."""
    mine = cloud(value=None, onPremisesSyncEnabled=None)
    tenant = SyncedTenant([mine, cloud(2, SECOND, createdDateTime=created, **problem(UPN))])
    (finding,) = prove(read_expectations([matched()]), tenant, since)
    assert finding.status == status
    assert words in str(finding.reason)


def test_a_new_holder_of_the_value_is_a_second_user_by_any_name() -> None:
    tenant = SyncedTenant([cloud(2, "pat@contoso.onmicrosoft.com", createdDateTime=IN_TIME)])
    (finding,) = prove(read_expectations([matched()]), tenant, SINCE)
    assert (finding.status, "delete that user permanently" in str(finding.reason)) == ("second_user", True)


def test_what_was_found_is_taken_again() -> None:
    """A module's users are the next module's users."""
    tenant = SyncedTenant([cloud(), cloud(2, "b@contoso.com", OTHER)])
    records = [matched(immutable_id=VALUE), {"id": object_id(2)}]
    findings = prove(read_expectations(records), tenant)
    first = [finding.result(record) for finding, record in zip(findings, records, strict=True)]
    assert [finding.status for finding in prove(read_expectations(first), tenant)] == ["verified", "verified"]


def test_why_the_export_was_refused() -> None:
    """Only the Connect server knows; a user who is joined is not doubted for an update that was refused."""
    error = {
        "immutable_id": VALUE,
        "code": "InvalidHardMatch",
        "message": "It is blocked",
        "advice": "Remove the role.",
    }
    waiting, joined = cloud(onPremisesSyncEnabled=None), cloud(onPremisesLastSyncDateTime=BEFORE)
    expected = read_expectations([matched()])
    (finding,) = prove(expected, SyncedTenant([waiting]), SINCE, [{"immutable_id": None, "code": "x"}, error])
    assert (finding.status, finding.cause) == ("export_error", "export_error")
    assert finding.reason == f"The export of {UPN} was refused with InvalidHardMatch. It is blocked. Remove the role."
    (finding,) = prove(expected, SyncedTenant([waiting]), SINCE, [{"immutable_id": VALUE, "code": None}])
    assert finding.reason == f"The export of {UPN} was refused with an error."
    (finding,) = prove(expected, SyncedTenant([joined]), SINCE, [error])
    assert finding.cause == "not_in_this_cycle"
    (finding,) = prove(expected, SyncedTenant([waiting]), SINCE, [{**error, "immutable_id": OTHER}])
    assert finding.status == "pending"


@pytest.mark.parametrize("record", [{}, {"status": "set"}, {"mail": UPN}])
def test_a_record_that_names_nobody(record: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="Record 1 of users identifies no user"):
        read_expectations([record])


def test_times() -> None:
    assert read_time("2026-11-24T06:00:00Z") == read_time(" 2026-11-24T07:00:00+01:00") == SINCE
    for text in ("2026-11-24T06:00:00", "yesterday", ""):
        with pytest.raises(InputError, match="is not a UTC time; write it as"):
            read_time(text)


users_strategy = st.builds(
    cloud,
    st.integers(1, 4),
    st.sampled_from([UPN, "b@contoso.com", SECOND, "c@contoso.com"]),
    st.sampled_from([VALUE, OTHER, None]),
    onPremisesSyncEnabled=st.sampled_from([True, False, None]),
    onPremisesSecurityIdentifier=st.sampled_from([SID, SID, OTHER_SID, None]),
    onPremisesLastSyncDateTime=st.sampled_from([IN_TIME, BEFORE, None]),
    onPremisesProvisioningErrors=st.sampled_from(
        [[], *(problem(value)["onPremisesProvisioningErrors"] for value in (UPN, "x@contoso.com"))]
    ),
)
records_strategy = st.builds(
    matched,
    st.sampled_from(["set", "unchanged", "refused", "verified"]),
    id=st.sampled_from([None, object_id(1), object_id(2)]),
    user_principal_name=st.sampled_from([UPN, "b@contoso.com"]),
)


@given(st.lists(records_strategy, max_size=4), st.lists(users_strategy, max_size=5))
def test_what_holds_for_every_proof(records: list[dict[str, Any]], users: list[SyncedUser]) -> None:
    findings = prove(read_expectations(records), SyncedTenant(users), SINCE)
    assert [finding.expectation.name for finding in findings] == [record["user_principal_name"] for record in records]
    counts = summarize(findings)
    assert counts.pop("total") == len(records)
    assert set(counts) == set(STATUSES)
    assert Counter(finding.status for finding in findings) == Counter({name: n for name, n in counts.items() if n})
    for finding in findings:
        assert json.loads(json.dumps(finding.sync())) == finding.sync()
        if finding.status != "verified":
            assert finding.reason
            continue
        # Whatever else there is in the tenant: these are what "verified" promises.
        target = finding.target
        assert target
        assert target.user.sync_enabled is True
        assert target.provisioning_errors == ()
        assert finding.expectation.object_id in (None, read_object_id(target.user.id))
        assert finding.expectation.immutable_id in (None, target.user.immutable_id)
        assert finding.expectation.immutable_id is None or target.security_identifier == SID
        assert not finding.expectation.exported or target.last_sync == IN_TIME
        last = {each.user.id: each for each in users}
        others = [each for each in last.values() if each.user.id != target.user.id]
        upn = finding.expectation.user_principal_name
        assert not any(item.value == upn for each in others for item in each.provisioning_errors)
