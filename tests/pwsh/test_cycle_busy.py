# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_cycle beside a cycle that is in progress already, and when it runs out of time or is killed."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from pwsh_server import ENTRA, Server, start_cycle, wait_for_cycle


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, whatever session they are in."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, queue = [], [pid]
    while queue:
        for child in parents.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


def test_wait_lets_the_cycle_end_and_runs_its_own(connect_server: Server) -> None:
    connect_server.faults(step_seconds=1)
    start_cycle(connect_server)
    result = connect_server.cycle()
    assert result["outcome"] == "success"
    assert result["changed"]
    everything = [run["RunHistoryId"] for run in connect_server.runs()]
    assert len(everything) == 6
    assert [run["run_history_id"] for run in result["runs"]] == everything[3:]


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check"])
def test_fail_and_skip(connect_server: Server, arguments: tuple[str, ...]) -> None:
    connect_server.faults(never_ends=f"{ENTRA}/Delta Import")
    pid = start_cycle(connect_server)
    failed = connect_server.cycle(*arguments, when_busy="fail")
    assert failed["failed"]
    assert (failed["outcome"], failed["cause"]) == ("refused", "busy")
    assert failed["msg"] == "A cycle is in progress on this server. Wait for it to end, or set when_busy to wait."
    skipped = connect_server.cycle(*arguments, when_busy="skip")
    assert not skipped["failed"]
    assert not skipped["changed"]
    assert skipped["outcome"] == "skipped"
    assert skipped["msg"] == "A cycle is in progress on this server, so none was started."
    assert Path(f"/proc/{pid}").exists()


def test_a_run_profile_started_by_hand_counts_as_busy(connect_server: Server) -> None:
    connect_server.state.write("busy.json", ["ad.contoso.com"])
    failed = connect_server.cycle(when_busy="fail")
    assert failed["msg"].startswith("A run profile is in progress (ad.contoso.com) on this server.")
    late = connect_server.cycle(timeout=2)
    assert (late["outcome"], late["cause"]) == ("timeout", "busy")
    assert late["msg"].startswith(
        "What was in progress on this server did not end within 2 s, so no cycle was started."
    )
    assert not late["changed"]
    assert connect_server.runs() == []


@pytest.mark.parametrize(
    ("when_busy", "outcome", "runs"), [("wait", "success", 3), ("skip", "skipped", 0), ("fail", "refused", 0)]
)
def test_somebody_else_is_quicker(connect_server: Server, when_busy: str, outcome: str, runs: int) -> None:
    """Nothing was in progress when the module looked, and yet the cmdlet says busy."""
    connect_server.faults(start={"kind": "race", "text": ENTRA})
    result = connect_server.cycle(when_busy=when_busy)
    assert result["outcome"] == outcome
    assert result["failed"] == (outcome == "refused")
    assert len(connect_server.runs()) == runs
    if outcome == "refused":
        assert result["cause"] == "busy"
        assert f"Connector: {ENTRA} is busy." in result["error_text"]


def test_a_cycle_that_does_not_end_is_left_alone(connect_server: Server) -> None:
    connect_server.faults(never_ends=f"{ENTRA}/Export")
    result = connect_server.cycle(timeout=6)
    assert result["failed"]
    assert (result["outcome"], result["cause"], result["changed"]) == ("timeout", "timeout", True)
    assert result["msg"] == (
        f"The cycle did not end within 6 s. It is at '{ENTRA}' Export. It was left alone and goes on: raise timeout, "
        "or run the task again, which waits for it."
    )
    assert [run["outcome"] for run in result["runs"]] == ["success", "success", "running"]
    assert Path(f"/proc/{connect_server.state.read('cycle.json')['pid']}").exists()


def test_a_killed_task_leaves_the_cycle_alone_and_the_next_one_waits_for_it(connect_server: Server) -> None:
    connect_server.faults(step_seconds=4)
    command = connect_server.command("adsync_cycle", {"poll_interval": 1, "timeout": 60})
    with subprocess.Popen(
        command,
        env=connect_server.environment(),
        cwd=connect_server.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as playbook:
        cycle = wait_for_cycle(connect_server)
        # All of it at once: ansible-playbook, its worker, and the PowerShell that waits.
        for pid in [playbook.pid, *descendants(playbook.pid)]:
            os.kill(pid, signal.SIGKILL)
        assert playbook.wait(timeout=30) == -signal.SIGKILL

    assert connect_server.state.read("cycle.json")["pid"] == cycle
    assert Path(f"/proc/{cycle}").exists()
    connect_server.faults()
    result = connect_server.cycle()
    assert result["outcome"] == "success", result["shown"]
    history = connect_server.runs()
    assert [run["Result"] for run in history] == ["success"] * 6, "the first cycle ran to its end"
    assert [run["run_history_id"] for run in result["runs"]] == [run["RunHistoryId"] for run in history[3:]]
    assert history[2]["EndDate"] <= history[3]["StartDate"]
