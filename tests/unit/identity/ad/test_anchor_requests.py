# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of cloud users, read as requests for mS-DS-ConsistencyGuid."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.anchor_requests import read_anchor_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.users import CloudName
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError

GUID = uuid.UUID("876031de-bfb1-4f8b-9cb0-1c67a6094d3e")
VALUE = "3jFgh7G/i0+csBxnpglNPg=="
OTHER = "3jFgh7G/i0+csBxnpglNAQ=="
ANNA = "anna@contoso.com"


def record(**changes: Any) -> dict[str, Any]:
    return {"id": "6b1f1e5e", "user_principal_name": ANNA, "immutable_id": VALUE, **changes}


def test_a_guid_goes_before_a_upn() -> None:
    by_guid, by_upn = read_anchor_requests([record(object_guid=f"{{{str(GUID).upper()}}}"), record(immutable_id=OTHER)])
    assert (by_guid.identity.kind, by_guid.identity.guid_bytes) == ("guid", GUID.bytes_le)
    assert (by_upn.identity.kind, by_upn.identity.key) == ("upn", ANNA)
    assert by_guid.value == GUID.bytes_le
    assert by_guid.known == CloudName("6b1f1e5e", ANNA)


@pytest.mark.parametrize(
    ("changes", "cause", "words"),
    [
        ({"immutable_id": None}, "no_immutable_id", "has no ImmutableId"),
        ({"immutable_id": ""}, "no_immutable_id", "has no ImmutableId"),
        ({"immutable_id": "not base64"}, "malformed_immutable_id", "is not an ImmutableId"),
        ({"immutable_id": VALUE.rstrip("=")}, "malformed_immutable_id", "is not an ImmutableId"),
        ({"immutable_id": "3jFgh7G/i0+csBxnpglNPh=="}, "malformed_immutable_id", "is not an ImmutableId"),
        ({"immutable_id": str(GUID)}, "malformed_immutable_id", "It is a GUID"),
        ({"immutable_id": "YW55IGJ5dGVz"}, "malformed_immutable_id", "holds 9 bytes, but a GUID has 16"),
        ({"object_guid": "876031de"}, "malformed_object_guid", "is not a GUID"),
        ({"deleted": True}, "deleted_user", "is in the recycle bin"),
    ],
)
def test_what_is_wrong_with_one_record_is_its_refusal(changes: dict[str, Any], cause: str, words: str) -> None:
    good, bad = read_anchor_requests([record(immutable_id=OTHER), record(**changes)])
    assert good.refusal is None
    assert bad.refusal is not None
    assert bad.refusal.cause == cause
    assert words in bad.refusal.reason


def test_one_value_for_two_users_is_refused_for_both() -> None:
    requests = read_anchor_requests(
        [record(), record(user_principal_name="bob@contoso.com"), record(immutable_id=OTHER)]
    )
    assert [request.refusal and request.refusal.cause for request in requests] == ["value_wanted_twice"] * 2 + [None]


def test_a_record_that_names_nobody_is_an_error() -> None:
    with pytest.raises(InputError, match="Record 2 of users identifies no user"):
        read_anchor_requests([record(), {"id": "6b1f1e5e", "immutable_id": VALUE}])


@pytest.mark.parametrize(
    "results",
    [
        # entra_immutable_id: the AD user's own value is immutable_id
        {
            "immutable_id": OTHER,
            "status": "refused",
            "cause": "different_immutable_id",
            "before": VALUE,
            "after": VALUE,
        },
        {"immutable_id": OTHER, "status": "set", "before": OTHER, "after": VALUE},
        {"immutable_id": VALUE, "status": "unchanged", "before": VALUE, "after": VALUE},
        # entra_user_info
        {"immutable_id": VALUE, "sync_enabled": None, "deleted": False},
    ],
)
def test_the_value_of_the_cloud_user_counts_in_what_modules_return(results: dict[str, Any]) -> None:
    (request,) = read_anchor_requests([{"user_principal_name": ANNA, **results}])
    assert request.refusal is None
    assert request.value == GUID.bytes_le


def test_an_ad_value_is_never_taken_for_the_clouds() -> None:
    (request,) = read_anchor_requests([record(status="cleared", before=VALUE, after=None)])
    assert request.refusal is not None
    assert request.refusal.cause == "no_immutable_id"
