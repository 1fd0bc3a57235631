# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision with a reviewed plan: what stays, what is left out, and what an effect needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import (
    Effect,
    read_accepted_effects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.decision import (
    Plan,
    Proposal,
    Terms,
    decide,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.refusal import Refusal
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.review.changes import (
    Review,
    ReviewedUser,
    Write,
)

WHERE = "/runs/1/plan.jsonl"
NO = Refusal("synced_user", "It is synchronised.")
ADMIN, FOREIGN = "privileged_ad_account", "foreign_anchor"


def anchor(number: int) -> Write:
    return Write("mS-DS-ConsistencyGuid", f"guid{number}", None, f"guid{number}")


def value(number: int, before: str | None = None) -> Write:
    return Write("onPremisesImmutableId", f"id{number}", before, f"value{number}")


def effects(*keys: str, number: int = 1) -> tuple[Effect, ...]:
    return tuple(Effect(key, f"u{number}@x.com", f"It has {key}.") for key in keys)


def proposal(number: int, *writes: Write, **more: Any) -> Proposal:
    upns = (f"u{number}@x.com",) * 2
    known = {"outcome": "hard_match", "key": f"guid{number}", "cloud_id": f"id{number}", "upns": upns}
    return Proposal(f"u{number}@x.com", "set" if writes else "unchanged", writes, **{**known, **more})


def reviewed(number: int, *writes: Write, **more: Any) -> ReviewedUser:
    known = ReviewedUser(
        name=f"u{number}@x.com",
        key=f"guid{number}",
        objects=frozenset({f"guid{number}", f"id{number}"}),
        cloud_id=f"id{number}",
        outcome="hard_match",
        effects=frozenset(),
        writes=frozenset(writes),
        upns=(f"u{number}@x.com",) * 2,
    )
    return replace(known, **more)


def review(*users: ReviewedUser) -> Review:
    return Review("tenant", "domain", {user.key: user for user in users})


def decided(*proposals: Proposal, **terms: Any) -> Plan:
    return decide(proposals, Terms(**terms), WHERE)


def statuses(plan: Plan) -> list[tuple[str, int]]:
    return [(user.status, len(user.writes)) for user in plan.users]


def test_a_change_that_is_in_both_stays() -> None:
    plan = decided(proposal(1, anchor(1), value(1)), review=review(reviewed(1, anchor(1), value(1))))
    assert plan == Plan([proposal(1, anchor(1), value(1))], "", 1, 0)
    assert plan.count_reviewed() == {"not_reviewed": 0, "changed_since_review": 0, "already_done": 0}


def test_a_change_that_was_not_reviewed_is_left_out_and_stops_nobody() -> None:
    unchanged = reviewed(2, effects=frozenset({ADMIN}))
    plan = decided(proposal(1, value(1)), proposal(2, value(2), also=1), review=review(unchanged), max_changes="0")
    assert statuses(plan) == [("not_reviewed", 0)] * 2
    assert (plan.verdict, plan.changes, plan.refused, plan.users[1].also) == ("", 0, 0, 0)
    assert plan.users[0].proposed == (value(1),)
    assert plan.users[0].refusal == Refusal(
        "not_reviewed",
        "The reviewed plan does not change u1@x.com, so this run does not change the user. To change the "
        "user, make a new plan and have it reviewed.",
    )
    assert plan.count_reviewed()["not_reviewed"] == 2


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (reviewed(1, value(1, before="old")), "(the values)"),
        (reviewed(1, replace(value(1), after="x")), "(the values)"),
        (reviewed(1, replace(value(1), id="id2")), "(the values)"),
        (reviewed(1, replace(value(1), attribute="x")), "(the values)"),
        (reviewed(1, anchor(1)), "(the values)"),
        (reviewed(1, value(1), cloud_id="id2"), "(the cloud user)"),
        (reviewed(1, value(1), cloud_id=None), "(the cloud user)"),
        (reviewed(1, value(1), outcome="soft_match"), "(the outcome)"),
        # Whoever reviewed it saw these names.
        (reviewed(1, value(1), upns=("u2@x.com", "u1@x.com")), "(the user principal names)"),
        (reviewed(1, value(1), upns=("u1@x.com", "u2@x.com")), "(the user principal names)"),
        (reviewed(1, value(1), upns=(None, "u1@x.com")), "(the user principal names)"),
        (reviewed(1, value(1), effects=frozenset({ADMIN})), "(the effects)"),
        (reviewed(1, anchor(1), outcome="matched"), "(the outcome, the values)"),
    ],
)
def test_a_change_that_is_another_one_now_is_left_out(other: ReviewedUser, words: str) -> None:
    plan = decided(proposal(1, value(1)), review=review(other), max_changes="0")
    assert statuses(plan) == [("changed_since_review", 0)]
    assert (plan.verdict, plan.changes, plan.refused) == ("", 0, 0)
    assert words in str(plan.users[0].refusal)
    assert plan.users[0].proposed == (value(1),)


def test_one_value_that_was_not_reviewed_leaves_the_whole_user_out() -> None:
    """Half a match is none: the ImmutableId is that of the anchor."""
    plan = decided(proposal(1, anchor(1), value(1)), review=review(reviewed(1, value(1))))
    assert statuses(plan) == [("changed_since_review", 0)]


def test_what_a_killed_run_left_over_is_done_now() -> None:
    plan = decided(proposal(1, value(1)), review=review(reviewed(1, anchor(1), value(1))))
    assert statuses(plan) == [("set", 1)]


HELD = (("mS-DS-ConsistencyGuid", "guid1", "guid1"), ("onPremisesImmutableId", "id1", "value1"))
PURGED = Write("recycleBin", "id70", "deleted", "purged")


@pytest.mark.parametrize(
    ("user", "held", "status"),
    [
        (reviewed(1, anchor(1), value(1)), HELD, "already_done"),
        # Who held the value does not matter any more.
        (reviewed(1, PURGED, value(1)), HELD, "already_done"),
        (reviewed(1, PURGED), HELD, "changed_since_review"),
        (reviewed(1, anchor(1), value(1)), HELD[1:], "changed_since_review"),
        (reviewed(1, anchor(1), replace(value(1), after="x")), HELD, "changed_since_review"),
        (reviewed(1, value(1), cloud_id="id2"), HELD, "changed_since_review"),
        (reviewed(1, value(1)), (), "changed_since_review"),
        # Nothing was to be changed.
        (reviewed(1, effects=frozenset({ADMIN})), HELD, "unchanged"),
        (reviewed(2, value(2)), HELD, "unchanged"),
    ],
)
def test_what_was_reviewed_and_is_not_to_be_changed_any_more(
    user: ReviewedUser, held: tuple[tuple[str, str, str | None], ...], status: str
) -> None:
    plan = decided(proposal(1, held=held), review=review(user))
    assert statuses(plan) == [(status, 0)]
    assert plan.verdict == ""


def test_reviewed_users_who_are_missing_changed_since_the_review() -> None:
    users = review(reviewed(1, value(1)), reviewed(2, value(2)), reviewed(3, effects=frozenset({ADMIN})))
    plan = decided(proposal(1, value(1)), review=users)
    assert (plan.missing, plan.changes, plan.verdict) == (("u2@x.com",), 1, "")
    assert plan.count_reviewed()["changed_since_review"] == 1


def test_who_is_refused_now_is_refused() -> None:
    """Whatever was reviewed. The reason says more than that something changed."""
    users = review(reviewed(1, value(1)), reviewed(2, value(2), outcome="blocked"))
    plan = decided(proposal(1, refusal=NO), proposal(2, value(2), outcome="blocked"), review=users)
    assert statuses(plan) == [("refused", 0)] * 2
    assert [str(user.refusal and user.refusal.cause) for user in plan.users] == ["synced_user", "predicted_blocked"]
    assert plan.verdict.startswith("Nothing was changed: 2 of 2 users are refused")


def test_the_limits_count_what_remains() -> None:
    proposals = [proposal(number, value(number)) for number in range(10)]
    three = review(*(reviewed(number, value(number)) for number in range(3)))
    assert decided(*proposals, review=three, max_changes="3").verdict == ""
    assert "would change 3 users of 10 in scope" in decided(*proposals, review=three, max_changes="2").verdict
    assert decided(*proposals, review=three, max_changes="30%").verdict == ""
    assert decided(*proposals, review=three, max_changes="29%").verdict


# --- Effects


def test_an_effect_refuses_and_the_proposed_change_stays_in_the_plan() -> None:
    plan = decided(proposal(1, anchor(1), value(1), effects=effects(ADMIN, FOREIGN)), proposal(2, value(2)))
    assert statuses(plan) == [("refused", 0), ("set", 1)]
    assert plan.users[0].refusal == Refusal(ADMIN, f"It has {ADMIN}. It has {FOREIGN}.")
    assert (plan.users[0].proposed, plan.users[1].proposed) == ((anchor(1), value(1)), ())
    assert plan.verdict.startswith("Nothing was changed: 1 of 2 users is refused")
    assert plan.is_reviewable


def test_every_effect_must_be_accepted() -> None:
    user = proposal(1, value(1), effects=effects(ADMIN, FOREIGN))
    one = read_accepted_effects({ADMIN: ["u1@x.com"]})
    assert decided(user, accepted=one).users[0].refusal == Refusal(FOREIGN, f"It has {FOREIGN}.")
    both = read_accepted_effects({ADMIN: ["U1@x.com"], FOREIGN: ["u1@x.com"]})
    assert statuses(decided(user, accepted=both)) == [("set", 1)]


def test_a_user_who_is_refused_for_something_else_proposes_nothing() -> None:
    refused = decided(proposal(1, value(1), effects=effects(ADMIN), refusal=NO), max_refused="0")
    assert (refused.users[0].refusal, refused.users[0].proposed, refused.is_reviewable) == (NO, (), False)
    blocked = decided(proposal(1, value(1), effects=effects(ADMIN), outcome="blocked"))
    assert (blocked.users[0].proposed, blocked.is_reviewable) == ((), False)


@pytest.mark.parametrize(
    ("terms", "is_reviewable"),
    [
        ({"max_refused": "0"}, False),
        ({"max_refused": "1"}, True),
        ({"max_refused": "2"}, True),
        ({"max_refused": "2", "max_changes": "0"}, False),
    ],
)
def test_a_plan_may_be_reviewed_if_only_effects_stand_against_it(terms: dict[str, str], is_reviewable: bool) -> None:
    users = [proposal(1, value(1), effects=effects(ADMIN)), proposal(2, refusal=NO), proposal(3, value(3))]
    assert decided(*users, **terms).is_reviewable is is_reviewable


def test_a_review_accepts_the_effects_that_it_shows_for_this_user() -> None:
    users = review(reviewed(1, value(1), effects=frozenset({ADMIN})), reviewed(2, value(2)))
    both = [proposal(number, value(number), effects=effects(ADMIN, number=number)) for number in (1, 2)]
    plan = decided(*both, review=users)
    assert statuses(plan) == [("set", 1), ("changed_since_review", 0)]
    assert plan.verdict == ""
    more = decided(replace(both[0], effects=effects(ADMIN, FOREIGN)), review=users)
    assert statuses(more) == [("changed_since_review", 0)]


@pytest.mark.parametrize(
    ("user", "status"),
    [
        (reviewed(1, effects=frozenset({ADMIN})), "unchanged"),
        (reviewed(1, effects=frozenset({FOREIGN})), "refused"),
        (reviewed(1, effects=frozenset({ADMIN}), cloud_id="id2"), "refused"),
        (reviewed(1, value(1), effects=frozenset({ADMIN})), "already_done"),
        (reviewed(1, value(1)), "refused"),
        (reviewed(2, value(2), effects=frozenset({ADMIN})), "refused"),
    ],
)
def test_an_effect_of_a_user_without_changes(user: ReviewedUser, status: str) -> None:
    """After a run that was killed, or before the next sync."""
    plan = decided(proposal(1, effects=effects(ADMIN), held=HELD), review=review(user))
    assert [each.status for each in plan.users] == [status]


def test_the_match_of_an_account_that_this_run_made_counts_as_reviewed() -> None:
    known = replace(review(), made={"guid1": "id1", "guid2": "other", "guid3": "id3"})
    plan = decided(
        proposal(1, value(1)),
        proposal(2, value(2)),
        proposal(3, value(3), effects=effects(FOREIGN, number=3)),
        proposal(4, value(4)),
        review=known,
        max_refused="100%",
    )
    assert statuses(plan) == [("set", 1), ("not_reviewed", 0), ("refused", 0), ("not_reviewed", 0)]
