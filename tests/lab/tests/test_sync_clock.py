# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's clock: how far a cycle comes depends on it and on nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.sync.clock import Clock, wait_for_rest
from lab.sync.state import TESTS, State, prepare


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    state = prepare(tmp_path / "state", forests=[], cloud={})
    yield state
    cycle = state.read("cycle.json")
    if cycle:
        os.kill(cycle["pid"], 9)


def start(state: State, *arguments: str) -> None:
    command = [sys.executable, "-m", "lab.sync", "--state", str(state.folder), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    # A pipe that the cycle keeps open would hold this up until it ends.
    done = subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def results(state: State) -> list[str]:
    return [json.loads(path.read_text())["Result"] for path in sorted((state.folder / "runs").glob("*.json"))]


def move(state: State, to: float) -> None:
    state.write("clock.json", to)
    wait_for_rest(state)


def test_a_detached_cycle_goes_on_as_the_clock_does(state: State) -> None:
    state.write("faults.json", {"start_delay": 5, "step_seconds": 10, "gap_seconds": 1})
    start(state, "--detach")
    assert (results(state), state.read("cycle.json")) == ([], None)
    move(state, 4.9)
    assert (results(state), state.read("cycle.json")) == ([], None)
    move(state, 5)
    assert results(state) == ["in-progress"]
    assert state.read("running.json")
    move(state, 15)
    assert (results(state), state.read("running.json")) == (["success"], None)
    assert state.read("cycle.json")
    move(state, 30)
    assert results(state) == ["success", "success", "in-progress"]
    move(state, 1000)
    assert results(state) == ["success"] * 3
    assert (state.read("cycle.json"), state.read("process.json")) == (None, None)


def test_one_without_pauses_is_over_when_its_start_returns(state: State) -> None:
    start(state, "--detach")
    assert (results(state), state.read("cycle.json")) == (["success"] * 3, None)


def test_one_that_does_not_end_rests_until_it_is_ended(state: State) -> None:
    state.write("faults.json", {"never_ends": "contoso.onmicrosoft.com - AAD/Export"})
    start(state, "--detach")
    move(state, 1_000_000)
    assert results(state) == ["success", "success", "in-progress"]
    os.kill(state.read("cycle.json")["pid"], 9)
    state.remove("cycle.json")
    wait_for_rest(state)


def test_a_cycle_in_the_foreground_moves_the_clock(state: State) -> None:
    state.write("faults.json", {"start_delay": 5, "step_seconds": 10, "gap_seconds": 1})
    start(state)
    assert results(state) == ["success"] * 3
    assert state.read("clock.json") == 38
    assert Clock(state).at == 38
