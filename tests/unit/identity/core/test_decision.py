# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision: who of a plan may be written, and when nobody may."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.decision import (
    Plan,
    Proposal,
    Terms,
    decide,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.limits import read_limit
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.outcomes import OUTCOMES
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.refusal import Refusal
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.review.changes import Write

WHERE = "/runs/1/plan.jsonl"
NO = Refusal("synced_user", "It is synchronised.")


def proposal(number: int, writes: int = 1, **more: Any) -> Proposal:
    written = tuple(Write(f"attribute{each}", f"id{number}", None, "x") for each in range(writes))
    return Proposal(f"user{number}@contoso.com", "set" if writes else "unchanged", written, **more)


def decided(*proposals: Proposal, **terms: Any) -> Plan:
    return decide(proposals, Terms(**terms), WHERE)


def test_a_plan_without_refusals_stays_as_it_is() -> None:
    users = [proposal(1), proposal(2, writes=0), proposal(3, outcome="hard_match")]
    plan = decided(*users)
    assert plan == Plan(users, "", 2, 0)


def test_an_empty_plan_may_be_applied() -> None:
    assert decided(max_changes="0") == Plan([], "", 0, 0)


def test_limits_count_users_and_not_values() -> None:
    users = [proposal(1, writes=2), proposal(2, writes=3), proposal(3, writes=0)]
    assert (decided(*users, max_changes="2").verdict, decided(*users).changes) == ("", 2)
    assert decided(*users, max_changes="1").verdict == (
        "Nothing was changed, because the run would change 2 users of 3 in scope, and max_changes allows 1. Check the "
        "plan in /runs/1/plan.jsonl, and raise max_changes only if you want all these changes."
    )


def test_deleted_holders_count_too() -> None:
    users = [proposal(1, also=2), proposal(2)]
    assert decided(*users).changes == 4
    assert decided(*users, max_changes="4").verdict == ""
    assert "would change 4 users of 2 in scope" in decided(*users, max_changes="3").verdict
    # They stay if the user is refused.
    refused = decided(proposal(1, also=2, refusal=NO), proposal(2), max_changes="1", max_refused="1")
    assert (refused.changes, refused.verdict, refused.users[0].also) == (1, "", 0)


@pytest.mark.parametrize(
    ("limit", "stops"), [("0%", True), ("9%", True), ("10%", False), ("100%", False), ("0", True), ("1", False)]
)
def test_a_percentage_is_of_the_users_in_scope(limit: str, stops: bool) -> None:
    users = [proposal(number, writes=number == 0) for number in range(10)]
    assert bool(decided(*users, max_changes=limit).verdict) is stops
    others = [proposal(number, refusal=NO if number == 0 else None) for number in range(10)]
    assert bool(decided(*others, max_refused=limit).verdict) is stops


def test_who_is_refused_is_not_written_and_stops_the_plan() -> None:
    plan = decided(proposal(1, refusal=NO), proposal(2))
    assert [(each.refusal, each.writes == ()) for each in plan.users] == [(NO, True), (None, False)]
    assert (plan.changes, plan.refused) == (1, 1)
    assert plan.verdict == (
        "Nothing was changed: 1 of 2 users is refused, and max_refused allows 0. user1@contoso.com: It is "
        "synchronised. Correct these users, remove them from the scope, or raise max_refused to write only the others."
    )
    others = decided(proposal(1, refusal=NO), proposal(2), max_refused="1")
    assert (others.verdict, others.changes, others.refused) == ("", 1, 1)


def test_a_reason_of_many_users_is_one_sentence_and_the_rest_is_in_the_file() -> None:
    same = [proposal(number, refusal=NO) for number in range(5)]
    other = [proposal(number, refusal=Refusal("x", f"Reason {number}.")) for number in range(5, 9)]
    verdict = decided(*same, *other).verdict
    assert verdict.count("It is synchronised.") == 1
    assert "user0@contoso.com, user1@contoso.com, user2@contoso.com and 2 more: It is synchronised." in verdict
    assert "And 2 more: see /runs/1/plan.jsonl." in verdict


def test_counts_above_a_thousand_are_written_alike() -> None:
    plan = decided(*(proposal(number, refusal=NO) for number in range(1000)))
    assert plan.verdict.startswith("Nothing was changed: 1,000 of 1,000 users are refused")


def test_refusals_are_told_before_the_limit() -> None:
    verdict = decided(proposal(1, refusal=NO), proposal(2), max_changes="0").verdict
    assert "max_refused allows 0" in verdict
    assert "max_changes" not in verdict


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_only_allowed_outcomes_are_written(outcome: str) -> None:
    allowed = outcome in ("matched", "hard_match")
    (user,) = decided(proposal(1, outcome=outcome, outcome_reason="A sync would do this.")).users
    assert user.refusal == (None if allowed else Refusal(f"predicted_{outcome}", "A sync would do this."))
    assert bool(user.writes) is allowed
    (other,) = decided(proposal(1, outcome=outcome), allowed_outcomes=[outcome]).users
    assert (other.refusal, len(other.writes)) == (None, 1)


def test_an_outcome_without_a_reason_names_the_option() -> None:
    (user,) = decided(proposal(1, outcome="soft_match")).users
    assert user.refusal == Refusal(
        "predicted_soft_match",
        "The outcome soft_match is not in allowed_outcomes. Correct the cause, or add the outcome to allowed_outcomes.",
    )


def test_a_prediction_says_more_than_that_the_user_cannot_be_written() -> None:
    (user,) = decided(proposal(1, refusal=NO, outcome="blocked", outcome_reason="An administrator.")).users
    assert user.refusal == Refusal("predicted_blocked", "An administrator.")
    (fine,) = decided(proposal(1, refusal=NO, outcome="hard_match")).users
    assert fine.refusal == NO


def test_who_changes_nothing_is_refused_for_its_outcome_too() -> None:
    """The next sync would do that, whether or not anything is written."""
    plan = decided(proposal(1, writes=0, outcome="quarantine"))
    assert (plan.changes, plan.refused) == (0, 1)
    assert plan.verdict.startswith("Nothing was changed: 1 of 1 user is refused")


@pytest.mark.parametrize("name", ["max_changes", "max_refused"])
@pytest.mark.parametrize("text", ["some", "-1", "101%", "1.5", "٣"])
def test_a_limit_that_is_none(name: str, text: str) -> None:
    terms: dict[str, Any] = {name: text}
    with pytest.raises(InputError, match=rf"^{name}: "):
        Terms(**terms).check()


def test_limits_that_are_some() -> None:
    Terms().check()
    Terms(max_changes="5%", max_refused="100%").check()


proposals = st.lists(
    st.builds(
        proposal,
        st.integers(0, 9),
        st.integers(0, 3),
        also=st.integers(0, 2),
        refusal=st.sampled_from([None, NO]),
        outcome=st.sampled_from([None, *OUTCOMES]),
    ),
    max_size=12,
)
limits = st.sampled_from(["0", "1", "5", "30%", "100%"])


@given(proposals, limits, limits)
def test_what_holds_for_every_plan(users: list[Proposal], changes: str, refused: str) -> None:
    plan = decide(users, Terms(max_changes=changes, max_refused=refused), WHERE)
    assert [each.name for each in plan.users] == [each.name for each in users]
    for before, after in zip(users, plan.users, strict=True):
        assert after.refusal is None or after.writes == ()
        assert before.refusal is None or after.refusal is not None
        assert after.writes in (before.writes, ())
    if not plan.verdict:
        assert plan.changes <= read_limit(changes).most(len(users))
        assert plan.refused <= read_limit(refused).most(len(users))
    assert plan.changes == sum(1 + each.also for each in plan.users if each.writes)
