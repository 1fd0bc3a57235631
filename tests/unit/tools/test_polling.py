# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wait ends with the first true value, or says what did not come."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support.polling import wait_until


def test_the_first_true_value_is_returned_and_nothing_is_asked_after_it() -> None:
    answers = iter([None, "", "ready", "late"])
    assert wait_until(lambda: next(answers), "it is ready") == "ready"
    assert next(answers) == "late"


def test_a_wait_that_hangs_says_what_it_waited_for() -> None:
    asked: list[int] = []
    with pytest.raises(TimeoutError, match=r"^Gave up waiting until it is ready: 0 s are over\.$"):
        wait_until(lambda: asked.append(1), "it is ready", deadline=0)
    assert asked


def test_what_the_condition_raises_ends_the_wait() -> None:
    def broken() -> bool:
        raise AssertionError("the process ended")

    with pytest.raises(AssertionError, match="the process ended"):
        wait_until(broken, "it is ready")
