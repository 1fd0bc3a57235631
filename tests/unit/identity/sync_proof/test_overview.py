# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people and playbooks see of all findings together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.expectations import Expectation
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.findings import Finding
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.overview import (
    describe_check_mode,
    describe_findings,
)

NOW = datetime(2026, 11, 29, 10, 15, 30, tzinfo=UTC)


def finding(status: str, number: int = 1, reason: str | None = None, cause: str | None = None) -> Finding:
    name = f"user{number}@contoso.com"
    return Finding(Expectation(name, name), status, cause, reason)


def test_all_are_proven() -> None:
    found = describe_findings([finding("verified"), finding("skipped", 2, "Admin.")], NOW)
    assert (found["open"], found["verdict"]) == (0, "")
    assert [" ".join(line.split()) for line in found["table"]] == ["verified in Entra ID 1", "not hard-matched 1"]


def test_open_users() -> None:
    waiting = [finding("pending", number, "Not yet.") for number in range(4)]
    found = describe_findings(
        [*waiting, finding("unknown", 5, "Unread."), finding("verified", 6), finding("skipped", 7)], NOW
    )
    assert found["wait_until"] is None
    assert (found["open"], found["summary"]["total"]) == (5, 7)
    assert found["verdict"] == (
        "5 of 6 users are not proven to be matched: user0@contoso.com, user1@contoso.com, user2@contoso.com and 1 "
        "more: Not yet. user5@contoso.com: Unread."
    )


@pytest.mark.parametrize(("waiting", "words"), [(1, "1 of these users waits"), (2, "2 of these users wait")])
def test_the_verdict_says_until_when_the_tenants_own_timer_runs(waiting: int, words: str) -> None:
    """Facts §3: the service looks every hour for conflicts that are gone."""
    users = [finding("pending", number, "In quarantine.", cause="quarantine_timer") for number in range(waiting)]
    found = describe_findings([*users, finding("pending", 8, "Not yet.", cause="not_synchronised")], NOW)
    assert found["wait_until"] == "2026-11-29T11:15:30Z"
    assert found["verdict"].endswith(
        f" {words} only for Entra ID, which checks every hour whether conflicts are resolved. Prove the users again "
        "after 2026-11-29 11:15 UTC."
    )


def test_the_verdict_says_where_the_others_are() -> None:
    others = [finding("not_found", number, f"Reason {number}.") for number in range(5)]
    assert describe_findings(others, NOW, "proof.jsonl")["verdict"].endswith("And 2 more: see proof.jsonl.")


def test_check_mode_has_the_same_keys() -> None:
    assert describe_check_mode().keys() == describe_findings([], NOW).keys()
    assert (describe_check_mode()["open"], describe_findings([], NOW)["open"]) == (None, 0)
