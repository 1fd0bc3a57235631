# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The suffix plan: by example, and for whatever lists there may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.suffix_plan import (
    SuffixPlan,
    plan_suffixes,
    refuse_suffixes_in_use,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError

# Few names in many spellings, so that they meet.
NAMES = st.sampled_from(["a.com", "A.com", "b.org", "B.ORG", "c.example.net", "ad.a.com", "AD.A.com"])
LISTS = st.lists(NAMES, max_size=6)
STATES = st.sampled_from(["present", "absent", "exact"])


def unique(suffixes: list[str]) -> list[str]:
    """As a directory holds them: no two that differ in case alone."""
    return list({suffix.casefold(): suffix for suffix in suffixes}.values())


def keys(suffixes: list[str]) -> set[str]:
    return {suffix.casefold() for suffix in suffixes}


def applied(stored: list[str], plan: SuffixPlan) -> list[str]:
    """What a directory makes of the plan's two operations. It refuses to remove what is not there, or add what is."""
    assert set(plan.remove) <= set(stored)
    left = [suffix for suffix in stored if suffix not in plan.remove]
    assert not keys(plan.add) & keys(left)
    return left + plan.add


@given(LISTS, LISTS, LISTS, STATES)
def test_the_plan_leads_where_it_says_and_no_further(
    stored: list[str], wanted: list[str], implicit: list[str], state: str
) -> None:
    stored = unique(stored)
    plan = plan_suffixes(stored, wanted, implicit, state)
    result = applied(stored, plan)
    assert sorted(result) == sorted(plan.after)
    assert sorted(plan.before) == sorted(stored)
    assert plan.changed == (sorted(plan.before) != sorted(plan.after))
    again = plan_suffixes(result, wanted, implicit, state)
    assert not again.changed
    own = keys(implicit)
    assert not keys(plan.add) & own
    if state == "present":
        assert keys(wanted) - own <= keys(result)
        assert not plan.remove
    elif state == "absent":
        assert not keys(wanted) & keys(result)
        assert not plan.add
    else:
        assert keys(result) - own == keys(wanted) - own


@given(LISTS, LISTS)
def test_a_stored_spelling_stays(stored: list[str], wanted: list[str]) -> None:
    stored = unique(stored)
    assert set(stored) <= set(plan_suffixes(stored, wanted, [], "present").after)


@pytest.mark.parametrize(
    "name", ["", "a", "@a.com", "a b.com", "-a.com", "a-.com", "a..com", "x" * 64 + ".com", "10.0.0.1"]
)
def test_what_is_no_dns_name_is_refused(name: str) -> None:
    for state in ("present", "exact", "absent"):
        with pytest.raises(InputError):
            plan_suffixes([], [name], [], state)


def test_a_bad_value_that_is_stored_can_be_removed() -> None:
    assert plan_suffixes(["bad name"], ["BAD name"], [], "absent").remove == ["bad name"]


@given(st.dictionaries(NAMES, st.lists(st.just("u@x"), max_size=5), max_size=4))
def test_suffixes_in_use_are_refused_with_their_counts(carriers: dict[str, list[str]]) -> None:
    used = {suffix: len(upns) for suffix, upns in carriers.items() if upns}
    if not used:
        refuse_suffixes_in_use(carriers)
        return
    with pytest.raises(InputError) as caught:
        refuse_suffixes_in_use(carriers)
    assert caught.value.details["in_use"] == used
