# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback may do, whatever a journal says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.restorable import (
    refuse_anchor,
    refuse_immutable_id,
    refuse_renamed,
)

GUID, IMMUTABLE_ID = "876031de-bfb1-4f8b-9cb0-1c67a6094d3e", "3jFgh7G/i0+csBxnpglNPg=="
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def cause(refusal: Any) -> str | None:
    return refusal.cause if refusal else None


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ("anna@contoso.com", "Anna@CONTOSO.com", None),
        (None, None, None),
        ("anna@contoso.com", "boss@contoso.com", "renamed_since"),
        ("anna@contoso.com", None, "renamed_since"),
        (None, "anna@contoso.com", "renamed_since"),
        ("strauss@contoso.com", "strau\u00df@contoso.com", "renamed_since"),
        ("anna@contoso.com ", "anna@contoso.com", "renamed_since"),
        (7, "7", "renamed_since"),
        ("\ud800", "anna@contoso.com", "renamed_since"),
    ],
)
def test_a_name_counts_but_for_ascii_case(then: Any, now: str | None, expected: str | None) -> None:
    assert cause(refuse_renamed(then, now)) == expected


@pytest.mark.parametrize("value", [None, IMMUTABLE_ID])
def test_immutable_ids_of_ad_accounts_are_put_back(value: Any) -> None:
    assert refuse_immutable_id(value, "anna") is None


@pytest.mark.parametrize(
    "value", ["", GUID, "Zm9v", f" {IMMUTABLE_ID}", IMMUTABLE_ID[:-2], IMMUTABLE_ID.replace("g==", "h=="), "\u00e9", 7]
)
def test_other_immutable_ids_are_not(value: Any) -> None:
    refusal = refuse_immutable_id(value, "anna@contoso.com")
    assert cause(refusal) == "not_restorable"
    assert refusal is not None
    assert "onPremisesImmutableId of anna@contoso.com was" in refusal.reason


@pytest.mark.parametrize(("value", "expected"), [(None, None), (GUID, None), (IMMUTABLE_ID, "not_restorable")])
def test_an_anchor_is_one_guid(value: Any, expected: str | None) -> None:
    assert cause(refuse_anchor(value, "anna")) == expected


@given(values, values)
def test_anything_a_file_can_hold_is_judged(then: Any, value: Any) -> None:
    for refusal in (
        refuse_renamed(then, "anna@contoso.com"),
        refuse_immutable_id(value, "anna"),
        refuse_anchor(value, "anna"),
    ):
        assert refusal is None or refusal.reason.endswith((".", "right."))
