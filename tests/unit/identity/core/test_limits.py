# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.limits import (
    LimitExceeded,
    check_max_changes,
    read_limit,
)


@pytest.mark.parametrize(
    ("text", "changes", "scope"),
    [
        (None, 10_000, 1),
        ("0", 0, 50),
        ("20", 20, 20_000),
        ("5%", 5, 100),
        ("5 %", 5, 119),
        ("2.5%", 1, 40),
        ("100%", 3, 3),
        ("5%", 0, 0),
        ("0%", 0, 7),
    ],
)
def test_changes_within_the_limit_pass(text: str | None, changes: int, scope: int) -> None:
    check_max_changes(text, changes, scope)


@pytest.mark.parametrize(
    ("text", "changes", "scope", "most"),
    [
        ("0", 1, 50, "allows 0."),
        ("20", 21, 20_000, "allows 20."),
        ("5%", 6, 119, "allows 5% of 119, so 5 at most."),
        ("2.5%", 1, 39, "allows 2.5% of 39, so 0 at most."),
        ("5%", 1, 10, "allows 5% of 10, so 0 at most."),
        ("0.1%", 3, 2_999, "allows 0.1% of 2999, so 2 at most."),
    ],
)
def test_one_more_is_refused_with_the_numbers(text: str, changes: int, scope: int, most: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        check_max_changes(text, changes, scope, lambda: {"users": ["shown"]})

    users = "1 user" if changes == 1 else f"{changes} users"
    assert f"would change {users} of {scope} in scope" in caught.value.message
    assert most in caught.value.message
    assert caught.value.details == {"users": ["shown"]}


@pytest.mark.parametrize("text", ["", "%", "-1", "1.5", "5%%", "five", "1e3", "101%", "100.1%", "٣", "5%\n5%", "nan"])
def test_other_texts_are_one_sentence(text: str) -> None:
    with pytest.raises(InputError, match=r"^max_changes: "):
        read_limit(text)
