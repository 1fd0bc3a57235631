# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the next sync would process although nobody hard-matched them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import (
    CloudRecord,
    make_cloud_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.user_records import (
    ChangeRecord,
    UserRecord,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.next_sync import (
    RunUsers,
    describe_unmatched,
    read_run_users,
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
    assert describe_unmatched(given, RunUsers({})) == expected


def result_of(*users: UserRecord) -> list[UserRecord]:
    """Give the users of a result their GUIDs, in capitals, as an editor may have written them."""
    for number, each in enumerate(users):
        assert each["ad"]
        each["ad"]["object_guid"] = guid(number).upper()
        each["cloud"] = cloud(number)
    return list(users)


def plan_of(*users: UserRecord) -> list[UserRecord]:
    for number, each in enumerate(users):
        assert each["ad"]
        each["ad"]["object_guid"] = guid(number)
        each["cloud"] = cloud(number)
    return list(users)


def cloud(number: int) -> CloudRecord:
    properties = {"id": f"00000000-0000-4000-8000-{number:012d}", "userPrincipalName": "ada@contoso.com"}
    return make_cloud_user(properties).record()


def guid(number: int) -> str:
    return f"abcdef00-0000-4000-8000-{number:012d}"


def test_what_it_does_with_users_whom_a_run_left_out() -> None:
    """Nobody wanted this match; somebody else set the ImmutableId."""
    words = {
        "refused": "whom the run refused",
        "excluded": "whom the run excluded",
        "service_account": "whom the run treated as a service account",
        "not_reviewed": "who was not reviewed",
        "changed_since_review": "who changed after the review",
        **dict.fromkeys(("set", "stamped", "restored", "unchanged", "already_done", "failed")),
    }
    result = result_of(*(user("hard_match", status=status) for status in words))
    before = read_run_users([*result, {**result[0], "ad": None, "change": None}])
    plan = plan_of(*(user("hard_match") for _status in words))
    assert [describe_unmatched(each, before) for each in plan] == [
        said and f"it hard-matches {UPN}, {said}, to ada@contoso.com" for said in words.values()
    ]


def test_what_it_does_with_users_whom_the_plan_excludes() -> None:
    said = f"it hard-matches {UPN}, who is excluded, to ada@contoso.com"
    assert describe_unmatched(user("hard_match", status="excluded"), RunUsers({})) == said


def test_what_it_does_with_a_user_whom_the_run_matched_with_another_cloud_user() -> None:
    (now,) = plan_of(user("hard_match"))
    now["cloud"] = cloud(2)
    said = f"it hard-matches {UPN}, whom the run matched with another cloud user, to ada@contoso.com"
    assert describe_unmatched(now, read_run_users(result_of(user("hard_match", status="set")))) == said


def test_what_it_does_with_a_user_whom_the_plan_refuses_for_an_outcome() -> None:
    """Not of the user, but of others, such as an account outside of the scope of the server."""
    (now,) = plan_of(user("hard_match", status="refused"))
    assert now["change"]
    now["change"]["cause"] = "predicted_quarantine"
    assert describe_unmatched(now, read_run_users(result_of(user("hard_match", status="set")))) is None


def test_what_it_does_with_a_user_whom_the_plan_refuses_now() -> None:
    """A user whom nobody has matched in the run may be another run's, with other terms."""
    (now,) = plan_of(user("hard_match", status="refused"))
    assert now["change"]
    now["change"]["cause"] = "account_disabled"
    said = f"it hard-matches {UPN}, who is refused now (account_disabled), to ada@contoso.com"
    assert describe_unmatched(now, read_run_users(result_of(user("hard_match")))) == said
    assert describe_unmatched(now, RunUsers({})) is None


def test_what_it_does_with_a_cloud_user_whom_the_run_matched_with_another_account() -> None:
    """The account with the value was not in the scope of the run."""
    before = read_run_users(result_of(user("hard_match", status="set")))
    _other, now = plan_of(user("hard_match"), user("hard_match"))
    now["cloud"] = cloud(0)
    said = f"it hard-matches {UPN}, whose cloud user the run matched with another account, to ada@contoso.com"
    assert describe_unmatched(now, before) == said
    left_out = read_run_users(result_of(user("hard_match", status="refused")))
    assert describe_unmatched(now, left_out) is None


@pytest.mark.parametrize("wrong", ["", "x", f"{guid(1)}x", 5, guid(1)[:-1]])
def test_a_guid_that_is_none(wrong: Any) -> None:
    (record,) = result_of(user("hard_match"))
    assert record["ad"]
    record["ad"]["object_guid"] = wrong
    with pytest.raises((AttributeError, ValueError)):
        read_run_users([record])


@pytest.mark.parametrize("wrong", ["REFUSED", None, 5, "", ["set"]])
def test_a_status_that_is_none(wrong: Any) -> None:
    with pytest.raises(ValueError, match="unknown"):
        read_run_users(result_of(user("hard_match", status=wrong)))


def test_an_account_without_a_change_is_no_record_of_a_result() -> None:
    with pytest.raises(ValueError, match="unknown"):
        read_run_users([{**user("hard_match"), "change": None}])
