# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the next sync would process although nobody hard-matched them."""

from __future__ import annotations

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import make_cloud_user
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.user_records import (
    ChangeRecord,
    UserRecord,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.next_sync import (
    describe_unmatched,
    list_left_out,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predictions import Prediction

UPN = "ada.fuchs@contoso.com"
CLOUD = make_cloud_user({"id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "ada@contoso.com"}).record()


def user(action: str | None, cause: str | None = None, status: str = "unchanged") -> UserRecord:
    return UserRecord(
        ad=AdUser(user_principal_name=UPN).record(),
        cloud=CLOUD,
        match=Prediction(AdUser(), "blocked", action, cause).record(),
        change=ChangeRecord(status=status, cause=None, reason=None, immutable_id=None, writes=[], proposed=[]),
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (user("soft_match"), f"it soft-matches {UPN} to ada@contoso.com"),
        ({**user("soft_match"), "cloud": None}, f"it soft-matches {UPN} to a cloud user"),
        (user("create"), f"it creates a new cloud user for {UPN}"),
        (user(None, "duplicate_anchor"), f"it is unknown what it does with {UPN}"),
        (user("create", status="excluded"), f"it creates a new cloud user for {UPN}"),
        (user("hard_match"), None),
        (user("update"), None),
        (user("leave"), None),
        (user("error"), None),
        (user(None, "ad_system_account"), None),
        (user("create", status="service_account"), None),
        ({**user("create"), "match": None}, None),
        ({**user("create"), "ad": None}, None),
    ],
)
def test_what_the_next_sync_does(given: UserRecord, expected: str | None) -> None:
    assert describe_unmatched(given) == expected


def test_what_it_does_with_users_whom_a_run_left_out() -> None:
    """Nobody wanted this match; somebody else set the ImmutableId."""
    statuses = ("refused", "excluded", "not_reviewed", "changed_since_review", "set", "unchanged", "failed")
    users = [user("hard_match", status=status) for status in statuses]
    for number, each in enumerate(users):
        assert each["ad"]
        each["ad"]["object_guid"] = str(number)
    left_out = list_left_out([*users, {**users[0], "ad": None}, {**users[0], "change": None}])
    assert left_out == {"0", "1", "2", "3"}
    said = f"it hard-matches {UPN}, whom the run refused or excluded, to ada@contoso.com"
    assert [describe_unmatched(each, left_out) for each in users] == [said] * 4 + [None] * 3
