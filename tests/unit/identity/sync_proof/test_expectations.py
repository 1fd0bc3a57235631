# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a result file says that its users must be after a cycle."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import make_cloud_user
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.cloud_identity import (
    read_object_id,
    read_upn,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.user_records import (
    ChangeRecord,
    UserRecord,
    WriteRecord,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.expectations import (
    Expectation,
    expect_result,
)

VALUE, OTHER = "3jFgh7G/i0+csBxnpglNPg==", "nlbGyIhGPE+EYq/E/2CBew=="
GUID = "876031de-bfb1-4f8b-9cb0-1c67a6094d3e"
CLOUD_ID = "00000000-0000-4000-8000-000000000001"
UPN = "ada.fuchs@contoso.com"
SID = "S-1-5-21-1-2-3-1600"
CLOUD = make_cloud_user({"id": CLOUD_ID, "userPrincipalName": "Ada.Fuchs@Contoso.com"}).record()
WRITE = WriteRecord(attribute="onPremisesImmutableId", id=CLOUD_ID, before=OTHER, after=VALUE)
STAMP = WriteRecord(attribute="mS-DS-ConsistencyGuid", id=GUID, before=None, after=GUID)


def user(status: str, *writes: WriteRecord, reason: str | None = None, **ad: Any) -> UserRecord:
    known = {"user_principal_name": UPN, "object_guid": GUID, "object_sid": SID, "mail": UPN, "proxy_addresses": []}
    return UserRecord(
        ad=AdUser(**{**known, **ad}).record(),
        cloud=CLOUD,
        match=None,
        change=ChangeRecord(
            status=status, cause=None, reason=reason, immutable_id=VALUE, writes=[*writes], proposed=[]
        ),
    )


def expect(given: UserRecord) -> Expectation:
    (found,) = expect_result([given])
    assert found
    return found


@pytest.mark.parametrize(
    ("given", "before", "exported"),
    [
        (user("set", WRITE), OTHER, True),
        (user("set", STAMP, {**WRITE, "before": None}), None, True),
        (user("stamped", STAMP), VALUE, True),
        (user("restored"), VALUE, True),
        (user("unchanged"), VALUE, False),
        (user("already_done"), VALUE, False),
    ],
)
def test_users_to_prove(given: UserRecord, before: str | None, exported: bool) -> None:
    assert expect(given) == Expectation(
        UPN,
        UPN,
        read_object_id(CLOUD_ID),
        read_upn(UPN),
        VALUE,
        before,
        SID,
        UPN,
        exported,
    )


def test_the_primary_address_is_that_of_the_ad_account() -> None:
    assert expect(user("set", proxy_addresses=["smtp:b@x.org", "SMTP:a@x.org"])).primary_address == "a@x.org"


@pytest.mark.parametrize("status", ["refused", "failed", "excluded", "missing", "cleared", "anything"])
def test_users_who_are_left_out(status: str) -> None:
    assert expect(user(status)).left_out == f"{UPN} was not hard-matched ({status})."
    assert expect(user(status, reason="Admin.")).left_out == "Admin."


def test_cloud_users_without_an_ad_user_are_no_matter_of_the_sync() -> None:
    only: UserRecord = {"ad": None, "cloud": CLOUD, "match": None, "change": None}
    found = expect_result([only, user("set"), only])
    assert [each and each.name for each in found] == [None, UPN, None]
