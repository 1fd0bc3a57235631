# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sessions run side by side, and what becomes of their reports."""

from __future__ import annotations

import json
from pathlib import Path

import run_sessions
from run_sessions import Queue, longest_first, run_lane


def test_only_one_lane_has_the_lab_and_it_takes_the_lab_first() -> None:
    names = ["lint", "integration-2.16", "unit-2.19", "e2e-2.21"]
    queue = Queue(names, one_lab=True)
    taken = [queue.take(lab=True), queue.take(lab=False), queue.take(lab=True), queue.take(lab=True)]
    assert taken == ["e2e-2.21", "unit-2.19", "integration-2.16", "lint"]
    assert queue.take(lab=True) is None
    assert Queue(names[1:2], one_lab=True).take(lab=False) is None


def test_with_networks_of_their_own_labs_run_at_once() -> None:
    queue = Queue(["lint", "integration-2.16", "integration-2.21"], one_lab=False)
    taken = [queue.take(lab=False), queue.take(lab=True), queue.take(lab=False)]
    assert taken == ["integration-2.21", "integration-2.16", "lint"]


def test_long_sessions_start_first() -> None:
    names = ["lint", "unit-2.9", "unit-2.16", "sanity", "integration-2.9", "mypy", "integration-2.19", "powershell"]
    names += ["e2e-2.9", "e2e-2.19"]
    labs = ["e2e-2.19", "e2e-2.9", "integration-2.19", "integration-2.9"]
    assert longest_first(names) == [*labs, "sanity", "unit-2.16", "unit-2.9", "powershell", "lint", "mypy"]


def test_after_an_interrupt_no_session_starts() -> None:
    queue = Queue(["lint", "integration-2.16"], one_lab=True)
    queue.clear()
    assert queue.take(lab=True) is None


def test_a_lane_runs_what_is_left_and_keeps_each_exit_code() -> None:
    codes: list[int] = []
    run_lane(Queue(["lint", "mypy"], one_lab=True), False, {"lint": 0, "mypy": 3}.__getitem__, codes)
    assert codes == [0, 3]


def test_a_session_that_broke_down_adds_nothing(tmp_path: Path) -> None:
    there = tmp_path / "there.json"
    there.write_text(json.dumps({"sessions": [{"name": "lint"}]}))
    found = run_sessions.merged([there, tmp_path / "missing.json"], {"lint": 1.5})
    assert found == {"sessions": [{"name": "lint", "cpu": 1.5}]}
