# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions run side by side, and what becomes of their reports."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import run_sessions


def test_what_needs_the_lab_is_a_lane_of_its_own() -> None:
    names = ["unit-3.13", "integration-2.16", "lint", "integration-2.21"]
    assert run_sessions.lanes(names) == {
        "rest": ["unit-3.13", "lint"],
        "lab": ["integration-2.16", "integration-2.21"],
    }
    assert run_sessions.lanes(["lint"]) == {"rest": ["lint"]}


def test_a_lane_that_broke_down_adds_nothing(tmp_path: Path) -> None:
    there = tmp_path / "there.json"
    there.write_text(json.dumps({"sessions": [{"name": "lint"}]}))
    assert run_sessions.merged([there, tmp_path / "missing.json"]) == {"sessions": [{"name": "lint"}]}
