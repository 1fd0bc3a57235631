# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""2,000 altered records, as a playbook or a task may have read them from any file: an answer, or a clear sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from support.alterations import altered_json, chance

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.given_passwords import GivenPasswords
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.requests import read_account_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.anchor_requests import read_anchor_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import make_cloud_user
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import IdentityError, InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.given.record_types import check_records
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.outcome_table import outcome_lines
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import plan_changes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import read_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.expectations import (
    expect_result,
    read_expectations,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.proof import prove
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.synced_tenant import (
    SyncedTenant,
    make_synced_user,
)

CASES = 400
VALUE, SID = "3jFgh7G/i0+csBxnpglNPg==", "S-1-5-21-1-2-3-1600"
CLOUD = {
    "id": "00000000-0000-4000-8000-000000000001",
    "userPrincipalName": "anna@contoso.com",
    "onPremisesImmutableId": VALUE,
    "onPremisesSyncEnabled": True,
    "onPremisesSecurityIdentifier": SID,
    "onPremisesProvisioningErrors": [],
    "onPremisesLastSyncDateTime": "2026-11-24T06:00:00Z",
}
AD: dict[str, Any] = {
    "user_principal_name": "anna@contoso.com",
    "sam_account_name": "anna",
    "distinguished_name": "CN=anna,DC=ad",
    "object_guid": "876031de-bfb1-4f8b-9cb0-1c67a6094d3e",
    "consistency_guid": None,
    "source_anchor": "objectGUID",
    "immutable_id": VALUE,
    "mail": "anna@contoso.com",
    "proxy_addresses": ["SMTP:anna@contoso.com", "smtp:b@contoso.com"],
    "enabled": True,
    "object_sid": SID,
    "attributes": {"display_name": "Anna", "mail_nickname": "anna"},
}
SET = {**AD, "id": CLOUD["id"], "status": "set", "before": None, "after": VALUE, "changed": True}
MATCH = {
    **AD,
    "id": CLOUD["id"],
    "outcome": "hard_match",
    "status": "hard_match",
    "causes": ["x"],
    "allowed": True,
    "quarantined": [{"attribute": "x", "value": "y", "holder": "z"}],
    "unknown": ["groups"],
    "effects": [],
    "overwrites": [{"attribute": "city", "cloud": None, "ad": "Ulm", "effect": "overwritten"}],
}
PERSON = {
    "user_principal_name": "anna@contoso.com",
    "display_name": "Anna",
    "mail": "anna@contoso.com",
    "enabled": True,
    "proxy_addresses": ["SMTP:anna@contoso.com"],
    "sam_account_name": "anna",
    "country": "Germany",
    "manager": {"id": CLOUD["id"], "user_principal_name": "boss@contoso.com"},
}


def planned(record: dict[str, Any]) -> None:
    free = make_cloud_user({**CLOUD, "onPremisesImmutableId": None, "onPremisesSyncEnabled": None})
    changes = plan_changes(read_requests([record]), UserIndex([free]))
    outcome_lines((change.status, change.name, change.reason) for change in changes)
    assert all(change.result() for change in changes)


def proven(record: dict[str, Any]) -> None:
    findings = prove(read_expectations([record]), SyncedTenant([make_synced_user(CLOUD)]))
    outcome_lines((each.status, each.expectation.name, each.reason) for each in findings)
    assert all(each.result(record) for each in findings)


RESULT = {
    "ad": AD,
    "cloud": {"id": CLOUD["id"], "user_principal_name": "anna@contoso.com", "immutable_id": None},
    "match": None,
    "change": {
        "status": "set",
        "cause": None,
        "reason": None,
        "immutable_id": VALUE,
        "writes": [{"attribute": "onPremisesImmutableId", "id": CLOUD["id"], "before": None, "after": VALUE}],
    },
}


def proven_result(record: Any) -> None:
    expectations = [each for each in expect_result([record]) if each]
    findings = prove(expectations, SyncedTenant([make_synced_user(CLOUD)]))
    outcome_lines((each.status, each.expectation.name, each.reason) for each in findings)
    assert all(each.sync() for each in findings)


TAKERS: dict[str, tuple[Callable[[dict[str, Any]], object], Mapping[str, Any]]] = {
    "entra_immutable_id": (planned, MATCH),
    "entra_sync_info": (proven, SET),
    "entra_sync_info of a file": (proven_result, RESULT),
    "ad_user_guid": (lambda record: read_anchor_requests([record]), SET),
    "ad_user": (lambda record: read_account_requests([record], GivenPasswords()), PERSON),
}


@pytest.mark.parametrize("name", sorted(TAKERS))
def test_altered_records(name: str) -> None:
    take, record = TAKERS[name]
    refused = 0
    for number in range(CASES):
        given = altered_json(record, chance(f"records of {name}", number))
        if not isinstance(given, dict):
            continue  # Ansible itself takes only dicts
        try:
            take(given)
        except IdentityError:
            refused += 1
        except Exception as error:
            raise AssertionError(f"case {number} of {name}: {given}") from error
    assert refused < CASES


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"user_principal_name": ["anna@contoso.com"]}, "user_principal_name in record 2 of users must be a text"),
        ({"immutable_id": 5}, "immutable_id in record 2 of users must be a text"),
        ({"proxy_addresses": "SMTP:a@b.c"}, "proxy_addresses in record 2 of users must be a list of strings"),
        ({"proxy_addresses": ["SMTP:a@b.c", None]}, "proxy_addresses in record 2 of users must be a list of strings"),
        ({"attributes": {"city": ["Ulm"]}}, "attributes in record 2 of users must be a dictionary of strings"),
        ({"after": {}}, "after in record 2 of users must be a text"),
    ],
)
def test_the_record_and_the_key_are_named(value: dict[str, Any], words: str) -> None:
    check_records([AD, {"user_principal_name": None, "proxy_addresses": None, "attributes": {"city": None}}], ["after"])
    with pytest.raises(InputError, match=words):
        check_records([AD, {**AD, **value}], ["after"])
