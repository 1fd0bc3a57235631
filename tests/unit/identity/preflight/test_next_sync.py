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
    words = {
        "refused": "whom the run refused",
        "excluded": "whom the run excluded",
        "service_account": "whom the run treated as a service account",
        "not_reviewed": "who was not reviewed",
        "changed_since_review": "who changed after the review",
        **dict.fromkeys(("set", "unchanged", "already_done", "failed")),
    }
    result = [user("hard_match", status=status) for status in words]
    plan = [user("hard_match") for _status in words]
    for number, (before, now) in enumerate(zip(result, plan, strict=True)):
        assert before["ad"]
        assert now["ad"]
        # An editor may have changed the case.
        before["ad"]["object_guid"], now["ad"]["object_guid"] = f"A{number}", f"a{number}"
    left_out = list_left_out([*result, {**result[0], "ad": None, "change": None}])
    assert list(left_out) == ["a0", "a1", "a2", "a3", "a4"]
    assert [describe_unmatched(each, left_out) for each in plan] == [
        said and f"it hard-matches {UPN}, {said}, to ada@contoso.com" for said in words.values()
    ]


def test_what_it_does_with_users_whom_the_plan_excludes() -> None:
    said = f"it hard-matches {UPN}, who is excluded, to ada@contoso.com"
    assert describe_unmatched(user("hard_match", status="excluded")) == said


@pytest.mark.parametrize("judged", [True, False])
def test_what_it_does_with_users_whose_match_the_run_did_not_judge(judged: bool) -> None:
    """It had nothing to write, so it predicted nothing. Then the plan for the cycle refuses the user."""
    before, now = user("hard_match"), user("hard_match", status="refused")
    for each in (before, now):
        assert each["ad"]
        assert each["change"]
        each["ad"]["object_guid"], each["change"]["cause"] = "a", "account_disabled"
    left_out = list_left_out([before if judged else {**before, "match": None}])
    said = f"it hard-matches {UPN}, who is refused (account_disabled), to ada@contoso.com"
    assert describe_unmatched(now, left_out) == (None if judged else said)
    assert describe_unmatched({**now, "change": before["change"]}, left_out) is None


def test_an_account_without_a_change_is_no_record_of_a_result() -> None:
    with pytest.raises(TypeError):
        list_left_out([{**user("hard_match"), "change": None}])
