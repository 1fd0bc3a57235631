# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor of coverage holds for the pure logic, and nothing measured is not full coverage."""

from __future__ import annotations

from typing import Any

import coverage_floor
from coverage_floor import HELD


def files(**covered: int) -> dict[str, Any]:
    """Coverage of files of 100 lines each: anchors, match, and one module."""
    folders = {"module": "plugins/modules/"}
    return {
        f"{folders.get(name, HELD)}{name}.py": {
            "summary": {"num_statements": 100, "covered_lines": lines, "percent_covered": float(lines)}
        }
        for name, lines in covered.items()
    }


def test_at_the_floor_the_session_passes() -> None:
    text, case = coverage_floor.judge(files(anchors=100, match=90, module=50))
    assert case.failure is None
    assert text == f"Coverage by unit tests: plugins/ 80.0 %, {HELD} 95.0 % (at least 95 %)."


def test_below_the_floor_a_sentence_names_what_to_test() -> None:
    _text, case = coverage_floor.judge(files(anchors=99, match=90, module=100))
    assert case.failure is not None
    assert "94.5 % (at least 95 %). Add tests, first for those with the least: match.py 90 %, anchors.py 99 %." in (
        case.failure
    )


def test_nothing_measured_fails() -> None:
    text, case = coverage_floor.judge(files(module=100))
    assert text == case.failure == f"Coverage of {HELD} was not measured."
