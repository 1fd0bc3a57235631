# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table of outcomes, and the lines for people that come from it."""

from __future__ import annotations

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts import changes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad import users
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core import decision, outcomes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.outcome_table import outcome_lines
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra import immutable_id_plan, user_choice
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback import user_rollback
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof import findings

RETURNED = {
    *outcomes.OUTCOMES,
    outcomes.CLOUD_ONLY,
    outcomes.EXCLUDED,
    outcomes.SERVICE_ACCOUNT,
    *decision.REVIEWED,
    *changes.STATUSES,
    *user_rollback.STATUSES,
    *users.STATUSES,
    *immutable_id_plan.STATUSES,
    *user_choice.STATUSES,
    *findings.STATUSES,
}


def test_the_table_holds_what_is_returned_and_nothing_else() -> None:
    assert set(outcomes.TABLE) == RETURNED
    assert [outcome.rank for outcome in outcomes.TABLE.values()] == list(range(len(outcomes.TABLE)))


def test_no_two_have_the_same_words() -> None:
    words = [outcome.words for outcome in outcomes.TABLE.values()]
    assert len(set(words)) == len(words)
    # They fit into the column of a table.
    assert max(map(len, words)) < 28


@pytest.mark.parametrize("key", [*outcomes.OUTCOMES, outcomes.CLOUD_ONLY])
def test_a_prediction_has_a_meaning(key: str) -> None:
    assert outcomes.TABLE[key].meaning.endswith(".")


def test_the_worst_comes_first() -> None:
    assert outcomes.WORST_FIRST == ("type_mismatch", "blocked", "conflict", "invalid", "quarantine")
    assert set(outcomes.FINE) == {"matched", "hard_match", "soft_match", "new_cloud_user"}
    attention = [outcome.needs_attention for outcome in outcomes.TABLE.values()]
    assert attention == sorted(attention, reverse=True)


def test_what_is_not_in_the_table_comes_first() -> None:
    found = outcomes.outcome("brand_new")
    assert (found.label, found.needs_attention) == ("Brand new", True)
    assert found.rank < min(outcome.rank for outcome in outcomes.TABLE.values())


def test_lines_take_any_iterable_and_name_only_who_needs_attention() -> None:
    rows = [("excluded", "a", None), ("pending", "b", None), ("brand_new", "c", "Why."), ("unchanged", "d", "No.")]
    assert [" ".join(line.split()) for line in outcome_lines(iter(rows))] == [
        "brand new 1",
        "pending in Entra ID 1",
        "unchanged 1",
        "excluded 1",
        "brand new: c: Why.",
        "pending in Entra ID: b",
    ]
    assert outcome_lines([]) == []
